//! `kubectl sched completion SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::error::{Error, Result};

use super::{Cli, Status, TEMPLATE, output};

/// Print the completion script for a shell
///
/// The script completes `kubectl-sched`. For `kubectl sched`, kubectl asks a program called
/// `kubectl_complete-sched`.
#[derive(Debug, Args)]
#[command(help_template = TEMPLATE, after_help = "\
Examples:
  # For this bash session
  source <(kubectl sched completion bash)

  # For every zsh session
  kubectl sched completion zsh > \"${fpath[1]}/_kubectl-sched\"

  # For every fish session
  kubectl sched completion fish > ~/.config/fish/completions/kubectl-sched.fish")]
pub(crate) struct CompletionArgs {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", value_parser = shell, hide_possible_values = true)]
    shell: Shell,
}

fn shell(text: &str) -> Result<Shell> {
    match text {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        "powershell" => Ok(Shell::PowerShell),
        other => {
            Err(Error::new(format!("unsupported shell type \"{other}\"")).hint("use bash, zsh, fish or powershell"))
        }
    }
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
