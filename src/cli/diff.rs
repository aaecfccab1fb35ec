//! `kubectl sched diff`: two states compared, or two schedulers on one state.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::cli::error::{Error, Result};
use crate::config::KubeVersion;
use crate::explain::difference::{self, AskedState};
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::difference::{DifferenceAnswer, StatesDifference};
use crate::source::{ConfigSource, Input};

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::output;
use super::reading::Request;
use super::{Status, config_source};

/// Compare two states, or two schedulers on one state
///
/// With OLD and NEW it shows what changed that matters to scheduling (nodes, their allocatable
/// resources, taints and labels, pods, workloads, budgets, classes, quotas, volumes, devices, node
/// groups, the scheduler), and which pods fitted then and do not fit now, and why. Without NEW the
/// cluster is compared.
///
/// With two values of --kube-version or --scheduler-config both schedulers are asked about every
/// pod of one state: which verdicts and best nodes change, and which plugin makes the difference.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, DifferenceAnswer::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched diff OLD [NEW] [OPTIONS]\n  kubectl sched diff --kube-version OLD,NEW [STATE] [OPTIONS]")]
pub(crate) struct DiffArgs {
    /// Files or directories with the states, as --snapshot takes them
    #[arg(value_name = "STATE", num_args = 0..=2)]
    states: Vec<PathBuf>,
    /// The second version, as in --kube-version v1.34,v1.37
    #[arg(long, value_name = "VERSION")]
    to_kube_version: Option<KubeVersion>,
    /// The second configuration, as in --scheduler-config old.yaml,new.yaml
    #[arg(long, value_name = "FILE", value_parser = config_source::parser())]
    to_scheduler_config: Option<ConfigSource>,
    /// Exit with status 1 when a pod that fitted does not fit any more
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # What changed between two snapshots, and which pods do not fit any more?
  kubectl sched diff examples/diff/monday.yaml examples/diff/tuesday.yaml

  # What does an upgrade of kube-scheduler change?
  kubectl sched diff --kube-version v1.34,v1.37 examples/clusters/mixed.yaml

  # And another configuration?
  kubectl sched diff --to-scheduler-config examples/config/binpack.yaml \\
      examples/clusters/mixed.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: a pod that fitted does not fit any more
  2  the question could not be answered";

/// `--kube-version A,B` and `--scheduler-config A,B` of this command are two flags each.
pub(super) fn two_values(arguments: &mut Vec<OsString>) {
    if arguments.get(1).is_none_or(|command| command != "diff") {
        return;
    }
    for (flag, second) in [("--kube-version", "--to-kube-version"), ("--scheduler-config", "--to-scheduler-config")] {
        let split = |text: &str| text.split_once(',').map(|(old, new)| (old.to_owned(), new.to_owned()));
        let joined = format!("{flag}=");
        let of = |argument: &OsString| argument.to_str().map(str::to_owned).unwrap_or_default();
        let mut place = 2;
        while let Some(argument) = arguments.get(place).map(of) {
            let value = argument.strip_prefix(&joined).map(str::to_owned);
            let found = match value {
                Some(value) => split(&value).map(|pair| (place, pair, true)),
                None if argument == flag => {
                    let value = arguments.get(place + 1).map(of).unwrap_or_default();
                    split(&value).map(|pair| (place + 1, pair, false))
                }
                None => None,
            };
            if let Some((at, (old, new), is_joined)) = found {
                let old = if is_joined { format!("{joined}{old}") } else { old };
                if let Some(argument) = arguments.get_mut(at) {
                    *argument = OsString::from(old);
                }
                arguments.insert(at + 1, OsString::from(format!("{second}={new}")));
                break;
            }
            place += 1;
        }
    }
}

pub(super) fn run(arguments: &DiffArgs) -> Result<Status> {
    if arguments.common.state.snapshot.is_some() && !arguments.states.is_empty() {
        return Err(Error::new("diff takes its states as arguments").hint("write `kubectl sched diff OLD NEW`"));
    }
    let two_schedulers = arguments.to_kube_version.is_some() || arguments.to_scheduler_config.is_some();
    let answer = match (arguments.states.as_slice(), two_schedulers) {
        ([_, _], true) => {
            return Err(Error::new("two states and two schedulers cannot be compared at once")
                .hint("name one state with two versions, or two states"));
        }
        (states, true) => of_schedulers(arguments, states.first().cloned())?,
        ([], false) => {
            return Err(Error::new("you must say what to compare").hint(
                "write `kubectl sched diff OLD NEW`, `diff OLD` for the cluster, or `diff --kube-version v1.34,v1.37 STATE`",
            ));
        }
        ([old, rest @ ..], false) => of_states(arguments, old.clone(), rest.first().cloned())?,
    };
    let (answer, provenance) = answer;
    arguments.common.output.print(&Answered { answer: &answer, provenance: &provenance })?;
    Ok(if arguments.exit_code && answer.is_worse() { Status::DoesNotFit } else { Status::Answered })
}

/// The flags with the state that is read.
fn reading(arguments: &DiffArgs, state: Option<PathBuf>) -> CommonFlags {
    let mut common = arguments.common.clone();
    if let Some(state) = state {
        common.state.snapshot = Some(state);
    }
    common
}

fn of_states(
    arguments: &DiffArgs,
    old: PathBuf,
    new: Option<PathBuf>,
) -> Result<(DifferenceAnswer, crate::report::Provenance)> {
    let question = Request::Simulation { new_pods: false };
    let old_flags = reading(arguments, Some(old));
    let mut before = old_flags.load(question, |_| {})?;
    let new_flags = reading(arguments, new);
    let mut now = new_flags.load(question, |_| {})?;
    let objects = difference::objects(&before.cluster, &now.cluster);
    let pods = difference::pods(&before.cluster, &now.cluster);
    let settings = difference::settings(&before.scheduler, &now.scheduler);
    let (then, moment) = (old_flags.moment(&before), new_flags.moment(&now));
    let verdicts = difference::verdicts(
        &mut AskedState { cluster: &mut before.cluster, scheduler: &before.scheduler, now: then },
        &mut AskedState { cluster: &mut now.cluster, scheduler: &now.scheduler, now: moment },
    );
    let mut not_evaluated = before.notes.clone();
    NotEvaluated::join(&mut not_evaluated, &now.notes);
    let states =
        StatesDifference { old: before.basis.origin.clone(), new: now.basis.origin.clone(), objects, pods, verdicts };
    let provenance = now.provenance(arguments.common.now());
    Ok((
        DifferenceAnswer { states: Some(states), settings, asked: 0, schedulers: Vec::new(), not_evaluated },
        provenance,
    ))
}

fn of_schedulers(
    arguments: &DiffArgs,
    state: Option<PathBuf>,
) -> Result<(DifferenceAnswer, crate::report::Provenance)> {
    let flags = reading(arguments, state);
    let question = Request::Simulation { new_pods: false };
    let mut state = flags.load(question, |_| {})?;
    let mut second = flags.clone();
    if let Some(version) = arguments.to_kube_version {
        second.state.scheduler.kube_version = Some(version);
    }
    if let Some(config) = &arguments.to_scheduler_config {
        second.state.scheduler.scheduler_config = Some(config.clone());
    }
    if matches!(second.state.snapshot.clone().map(Input::from), Some(Input::Stdin)) {
        return Err(Error::new("diff reads the state twice, and standard input can be read once").hint("name a file"));
    }
    // The same state, with another scheduler.
    let other = second.load(question, |_| {})?;
    let moment = flags.moment(&state);
    let settings = difference::settings(&state.scheduler, &other.scheduler);
    let (asked, schedulers) =
        difference::compare_schedulers(&state.scheduler, &other.scheduler, &mut state.cluster, moment);
    let mut not_evaluated = state.notes.clone();
    NotEvaluated::join(&mut not_evaluated, &other.notes);
    let provenance = state.provenance(arguments.common.now());
    Ok((DifferenceAnswer { states: None, settings, asked, schedulers, not_evaluated }, provenance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(arguments: &str, expected: &str) {
        let mut words: Vec<OsString> = arguments.split(' ').map(OsString::from).collect();
        two_values(&mut words);
        let joined: Vec<String> = words.into_iter().map(|word| word.into_string().unwrap()).collect();
        assert_eq!(joined.join(" "), expected);
    }

    #[test]
    fn two_values_are_two_flags() {
        case(
            "kubectl-sched diff --kube-version v1.34,v1.37 s.yaml",
            "kubectl-sched diff --kube-version v1.34 --to-kube-version=v1.37 s.yaml",
        );
        case(
            "kubectl-sched diff s.yaml --scheduler-config=a,b",
            "kubectl-sched diff s.yaml --scheduler-config=a --to-scheduler-config=b",
        );
        case("kubectl-sched pending --kube-version v1.34,v1.37", "kubectl-sched pending --kube-version v1.34,v1.37");
        case("kubectl-sched diff --kube-version", "kubectl-sched diff --kube-version");
    }
}
