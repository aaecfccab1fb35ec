//! What a user types: commands, flags, and the few lines of flow behind each.
//!
//! Flags only record what was typed; a command turns them into values, asks the engine, and
//! hands the answer to `report`. The answer goes to standard output, all talk to standard error.
//!
//! Exit status: 0 answered, 1 only with `--exit-code` (answered: a pod does not fit) and of `check` (the
//! change breaks placement), 2 the question could not be answered.

mod capacity;
mod check;
mod cluster_messages;
mod common_flags;
mod complete;
mod completion;
mod config;
mod config_args;
mod config_basis;
mod config_source;
mod config_warnings;
mod devices;
mod diff;
pub mod error;
mod explain;
mod help;
mod interrupt;
mod kube_flags;
mod kustomize;
mod manifest_files;
mod manifest_text;
mod manifests;
mod namespaces;
mod node_group_flags;
mod nodegroups;
mod output;
mod pending;
mod plugin_name;
mod progress;
mod reading;
mod resilience;
mod resolve;
mod scenario_args;
mod scheduler_facts;
mod scheduler_settings;
#[cfg(test)]
mod schema;
mod simulate;
mod snapshot;
mod snapshot_page;
mod state_flags;
mod state_reader;
mod strategy_args;
mod target;
mod usage;
mod verbosity;
mod version;
mod watch;
mod whole_file;
mod write_state;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::error::Result;
use crate::source::limits;

/// How a command ended that could answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Whatever the answer.
    Answered,
    /// `--exit-code`, and a pod does not fit; of `check`: the change breaks placement.
    DoesNotFit,
}

const EXAMPLES: &str = "\
Examples:
  # Why is the pod web-7 pending?
  kubectl sched explain web-7 -n shop --snapshot examples/clusters/mixed.yaml

  # What are all pending pods waiting for?
  kubectl sched pending --snapshot examples/clusters/mixed.yaml

  # Where do the pods of node-3 go when it is drained?
  kubectl sched simulate --drain node-3 --force \\
      --snapshot examples/clusters/mixed.yaml

Without --snapshot the state is read from the cluster of the current context.

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and a pod does not fit
  2  the question could not be answered";

/// Explain where kube-scheduler puts pods, and why
///
/// Re-runs kube-scheduler's pipeline on the state of a cluster, without changing it, and shows the
/// verdict and score of every plugin for every node.
#[derive(Debug, Parser)]
#[command(name = "kubectl-sched", bin_name = "kubectl sched", version, disable_version_flag = true)]
#[command(after_help = EXAMPLES, help_template = help::TEMPLATE, max_term_width = 100)]
struct Cli {
    /// Accept input up to N times the limits that protect against hostile files and servers
    #[arg(long, global = true, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(hide_short_help = true, hide_default_value = true, help_heading = "Output options")]
    input_limits: u32,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explain(Box<explain::ExplainArgs>),
    Simulate(Box<simulate::SimulateArgs>),
    Capacity(Box<capacity::CapacityArgs>),
    Pending(Box<pending::PendingArgs>),
    Devices(Box<devices::DevicesArgs>),
    Nodegroups(Box<nodegroups::NodegroupsArgs>),
    Resilience(Box<resilience::ResilienceArgs>),
    Check(Box<check::CheckArgs>),
    Diff(Box<diff::DiffArgs>),
    Snapshot(Box<snapshot::SnapshotArgs>),
    Config(Box<config::ConfigArgs>),
    Completion(completion::CompletionArgs),
    Version(version::VersionArgs),
}

/// The definition of the command line, from which help, completions and man pages are made.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program; `arguments` begin with its name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(program) = arguments.first() {
        plugin_name::set(program);
    }
    if let [_, command, words @ ..] = arguments.as_slice()
        && command == complete::COMMAND
    {
        return complete::main(words);
    }
    if let Some(asked) = help::asked(&arguments) {
        asked.print();
        return ExitCode::SUCCESS;
    }
    if let [_, flag] = arguments.as_slice()
        && flag == "--version"
    {
        arguments = ["kubectl-sched", "version"].map(OsString::from).into();
    }
    verbosity::joined(&mut arguments);
    diff::two_values(&mut arguments);
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, &arguments),
    };
    limits::raised_by("--input-limits=");
    limits::raise(cli.input_limits);
    match run(&cli.command) {
        Ok(Status::Answered) => ExitCode::SUCCESS,
        Ok(Status::DoesNotFit) => ExitCode::from(1),
        Err(error) => {
            output::say(&error.line());
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<Status> {
    match command {
        Command::Explain(arguments) => explain::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Capacity(arguments) => capacity::run(arguments),
        Command::Pending(arguments) => pending::run(arguments),
        Command::Devices(arguments) => devices::run(arguments),
        Command::Nodegroups(arguments) => nodegroups::run(arguments),
        Command::Resilience(arguments) => resilience::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Snapshot(arguments) => snapshot::run(arguments),
        Command::Config(arguments) => config::run(arguments),
        Command::Completion(arguments) => completion::run(arguments),
        Command::Version(arguments) => version::run(arguments),
    }
}
