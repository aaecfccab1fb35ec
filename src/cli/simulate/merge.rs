//! `kubectl sched simulate merge`.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueHint};

use crate::api::Timestamp;
use crate::cli::error::{Error, Result};
use crate::report::{Provenance, StateAge, sweep};
use crate::simulate::sweep::merge;
use crate::source::{Input, read_value};

use super::super::Status;
use super::super::help::TEMPLATE;
use super::super::output::{self, OutputFlags};
use super::sweep::print;

/// Combine the shards of a sweep
///
/// The files are the output of `simulate --runs NUMBER --shard INDEX/COUNT -o json` (or yaml), one
/// for each shard, in any order. The answer is exactly that of the same command without --shard. A
/// shard that is missing, given twice, incomplete or of another command is refused.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, sweep::PARTS)))]
#[command(help_template = TEMPLATE, after_help = "\
Examples:
  # Two halves of 200 runs, which could run on two machines
  kubectl sched simulate -f examples/pods/app.yaml --replicas 8 --runs 200 \\
      --shard 0/2 -o json --snapshot examples/clusters/prices.yaml > half-0.json
  kubectl sched simulate -f examples/pods/app.yaml --replicas 8 --runs 200 \\
      --shard 1/2 -o json --snapshot examples/clusters/prices.yaml > half-1.json
  kubectl sched simulate merge half-0.json half-1.json")]
pub(super) struct MergeArgs {
    /// The shards
    #[arg(value_name = "FILE|-", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Exit with status 1 when a pod does not fit in every run
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    output: OutputFlags,
}

/// Where shards come from.
const SHARD: &str = "expected what `simulate --shard 0/4 -o json` writes";

pub(super) fn run(arguments: &MergeArgs) -> Result<Status> {
    let mut shards = Vec::new();
    for file in &arguments.files {
        let input = Input::from(file.clone());
        let value = read_value(&input).map_err(Error::from_error)?;
        let sweep_result = sweep::read(value).map_err(|error| {
            let wrong = Error::new(format!("{input}: {error}"));
            if matches!(error, sweep::NotASweep::OtherKind) { wrong.hint(SHARD) } else { wrong }
        })?;
        shards.push((input.to_string(), sweep_result));
    }
    let whole = merge(shards).map_err(Error::from_error)?;
    let now = Timestamp::from(SystemTime::now());
    let provenance = Provenance {
        kube_version: whole.kube_version.clone(),
        age: whole.read_at.as_deref().and_then(|read_at| StateAge::recorded(read_at, now)),
        origin: "shards".to_owned(),
        as_of: whole.read_at.as_deref().and_then(|read_at| read_at.parse().ok()),
        node_names: None,
        asked_at: now,
    };
    print(&whole, &provenance, arguments.exit_code, &arguments.output)
}
