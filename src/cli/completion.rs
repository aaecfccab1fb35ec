//! `kubectl sched completion SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::error::{Error, Result};

use super::help::TEMPLATE;
use super::{Cli, Status, output};

/// Print the completion script for a shell
///
/// The script completes `kubectl-sched`. For `kubectl sched`, kubectl itself completes commands,
/// flags, pods and nodes, once a program called `kubectl_complete-sched` is in the PATH.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, after_help = "\
Examples:
  # For this bash session
  source <(kubectl sched completion bash)

  # For every zsh session
  kubectl sched completion zsh > \"${fpath[1]}/_kubectl-sched\"

  # For every fish session
  kubectl sched completion fish > ~/.config/fish/completions/kubectl-sched.fish

  # For kubectl itself (bash, zsh or fish), in a directory of the PATH
  printf '%s\\n' '#!/bin/sh' 'exec kubectl sched __complete \"$@\"' > ~/.local/bin/kubectl_complete-sched
  chmod +x ~/.local/bin/kubectl_complete-sched")]
pub(crate) struct CompletionArgs {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", value_parser = shell, hide_possible_values = true)]
    shell: Shell,
}

/// The shells that kubectl has scripts for, too.
pub(super) const SHELLS: [(&str, Shell); 4] =
    [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish), ("powershell", Shell::PowerShell)];

fn shell(text: &str) -> Result<Shell> {
    SHELLS.iter().find(|(name, _)| *name == text).map(|(_, shell)| *shell).ok_or_else(|| {
        Error::new(format!("unsupported shell type \"{text}\"")).hint("use bash, zsh, fish or powershell")
    })
}

pub(super) fn run(arguments: &CompletionArgs) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command().bin_name("kubectl-sched"),
        "kubectl-sched",
        &mut script,
    );
    output::print_bytes(&script)?;
    Ok(Status::Answered)
}
