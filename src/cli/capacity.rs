//! `kubectl sched capacity`.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;

use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::explain::findings::{self, Finding};
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::capacity::{CapacityAnswer, CapacityNeeds};
use crate::simulate::capacity::{CapacityResult, Copies, Template, measure, nodes_for};
use crate::state::PodId;

use super::help::TEMPLATE;
use super::kube_flags::KubeFlags;
use super::manifests::AskedManifests;
use super::output::{self, OutputFlags};
use super::reading::Request;
use super::state::State;
use super::state_flags::StateFlags;
use super::target::Target;
use super::{Status, resolve};

/// Where counting ends when nothing else ends it: more pods than a cluster may have.
const LIMIT: usize = 200_000;

/// Show how many more pods fit, and what runs out first
///
/// Places copies of a pod one after the other, as kube-scheduler would, until the next copy fits on
/// no node. Then it shows how many copies each node took, and what stops the next one there. The
/// pod itself does not have to fit, to be pending or to exist.
///
/// Several pods, or several manifests, are placed in sets: one copy of each, or as given by
/// --ratio.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, CapacityAnswer::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched capacity (POD | TYPE/NAME | TYPE NAME | -f FILE) [OPTIONS]")]
pub(crate) struct CapacityArgs {
    /// POD, TYPE/NAME or TYPE NAME
    #[arg(value_name = "TARGET")]
    target: Vec<String>,
    /// Count copies of the pods in a manifest, which does not have to exist in the cluster
    #[arg(short, long, value_name = "FILE|-", value_delimiter = ',')]
    filename: Vec<PathBuf>,
    /// Copies of each pod per set, in the order given: 3:1
    #[arg(long, value_name = "N:N", value_delimiter = ':')]
    ratio: Vec<usize>,
    /// Stop after this many copies
    #[arg(long, value_name = "NUMBER", default_value_t = LIMIT, hide_default_value = true, hide_short_help = true)]
    limit: usize,
    /// Show how many more nodes this number of copies needs
    #[arg(long, value_name = "NUMBER")]
    want: Option<usize>,
    /// The node to copy for --want [default: the node that takes most copies]
    #[arg(long, value_name = "NODE", requires = "want")]
    like: Option<String>,
    /// Exit with status 1 when no copy fits, or fewer than --want
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    state: StateFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    kube: KubeFlags,
}

const EXAMPLES: &str = "\
Examples:
  # How many more pods like mailer-1 fit, and what stops the next one?
  kubectl sched capacity mailer-1 -n shop --snapshot examples/clusters/mixed.yaml

  # How many more nodes like node-1 do 40 replicas of a deployment need?
  kubectl sched capacity deployment/web -n shop --want 40 --like node-1 \\
      --snapshot examples/clusters/mixed.yaml

  # Two copies of the first pod for each copy of the second
  kubectl sched capacity pod/web-7 pod/mailer-1 --ratio 2:1 -n shop \\
      --snapshot examples/clusters/mixed.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and no copy fits, or fewer than --want
  2  the question could not be answered";

pub(super) fn run(arguments: &CapacityArgs) -> Result<Status> {
    let target = Target::parse(&arguments.target, &arguments.filename)?;
    let mut from_files = target.manifests()?;
    let others = std::mem::take(&mut from_files.others);
    let question = Request::of(&target, &from_files.objects);
    let mut state =
        arguments.state.load(&arguments.kube, &arguments.output, question, |builder| others.join(builder))?;
    let pods = pods(&mut state, &target, from_files)?;
    let shares = shares(&arguments.ratio, pods.len())?;
    let now = Timestamp::from(SystemTime::now());
    let findings = pods.first().map(|pod| findings_of(&mut state, *pod, now)).unwrap_or_default();
    let asked: Vec<ObjectKey> = pods.iter().map(|pod| state.cluster.pod(*pod).key()).collect();
    let mut copies = Copies::of(pods.into_iter().zip(shares).map(|(pod, share)| Template { pod, share }));
    let capacity = measure(&state.scheduler, &mut state.cluster, &mut copies, arguments.limit, now);
    let wanted = wanted(arguments, &mut state, &capacity, &mut copies, &findings, now)?;
    let mut not_evaluated = capacity.not_evaluated.clone();
    NotEvaluated::join(&mut not_evaluated, &state.notes);
    not_evaluated.extend(asked.into_iter().flat_map(|pod| state.not_let_in(pod)));
    let answer = CapacityAnswer { capacity, limit: arguments.limit, wanted, not_evaluated, findings };
    arguments.output.print(&Answered { answer: &answer, provenance: &state.provenance(now) })?;
    Ok(if arguments.exit_code && !answer.is_enough() { Status::DoesNotFit } else { Status::Answered })
}

/// What keeps the pod off the nodes, beside its scheduling cycle.
fn findings_of(state: &mut State, pod: PodId, now: Timestamp) -> Vec<Finding> {
    let lifted = state.cluster.lift(pod);
    let placement = state.scheduler.explain_lifted(&state.cluster, &lifted, now);
    let found = findings::find(&placement, &state.cluster);
    state.cluster.restore(lifted);
    found
}

/// The largest node, where not even that has room after its DaemonSets.
fn largest(findings: &[Finding]) -> Option<Name> {
    findings.iter().find_map(|finding| match finding {
        Finding::DaemonSetShare { node, .. } => Some(*node),
        _ => None,
    })
}

/// One pod for each thing that was named: a workload's pods are all alike.
fn pods(state: &mut State, target: &Target, from_files: AskedManifests) -> Result<Vec<PodId>> {
    let mut pods = Vec::new();
    match target {
        Target::Files(_) => {
            state.cluster.admit_claims(&from_files.claims);
            for asked in from_files.objects {
                pods.extend(resolve::asked(state, asked).into_iter().next());
            }
        }
        Target::Named(named) => {
            for named in named {
                pods.extend(resolve::named(state, named)?.into_iter().next());
            }
        }
    }
    Ok(pods)
}

/// The shares of `pods` templates, 1 each unless `ratio` says otherwise.
fn shares(ratio: &[usize], pods: usize) -> Result<Vec<usize>> {
    if ratio.is_empty() {
        return Ok(vec![1; pods]);
    }
    if ratio.len() != pods {
        return Err(Error::new(format!("--ratio has {} numbers for {pods} pods", ratio.len()))
            .hint("write one number for each pod, such as 3:1 for two pods"));
    }
    if ratio.contains(&0) {
        return Err(Error::new("--ratio has a 0").hint("remove that pod, or write at least 1"));
    }
    Ok(ratio.to_vec())
}

fn wanted(
    arguments: &CapacityArgs,
    state: &mut State,
    capacity: &CapacityResult,
    copies: &mut Copies,
    findings: &[Finding],
    now: Timestamp,
) -> Result<Option<CapacityNeeds>> {
    let Some(number) = arguments.want else { return Ok(None) };
    let like = match &arguments.like {
        Some(like) => name(like),
        None => most(capacity).or_else(|| largest(findings)).ok_or_else(|| {
            Error::new("no node can host a copy, so the size of additional nodes is unknown")
                .hint("choose a node to copy with --like NODE")
        })?,
    };
    let needed = nodes_for(&state.scheduler, &mut state.cluster, copies, number, like, now)
        .map_err(|error| Error::new(format!("{error} in {}", state.basis.origin)))?;
    Ok(Some(CapacityNeeds { copies: number, like, needed }))
}

/// The node that took most copies, the first of those that took as many.
fn most(capacity: &CapacityResult) -> Option<Name> {
    let took = |copies: &[usize]| copies.iter().sum::<usize>();
    let most = capacity.nodes.iter().map(|room| took(&room.copies)).max().filter(|most| *most > 0)?;
    capacity.nodes.iter().find(|room| took(&room.copies) == most).map(|room| room.node)
}
