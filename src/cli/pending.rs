//! `kubectl sched pending`.

use clap::Args;

use crate::cli::error::{Error, Result};
use crate::decode::Kind;
use crate::explain::pending::Root;
use crate::report::{self, Answered, Part};
use crate::session::pending::{answer, pods};
use crate::simulate::WorkloadPlacement;
use crate::state::Cluster;

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::node_group_flags::NodeGroupFlags;
use super::output::{self, say};
use super::reading::Request;
use super::{Status, cluster_messages, namespaces};

/// Show all pending pods, grouped by root cause
///
/// Runs one scheduling cycle for every pending pod of the cluster, each on the current state, and
/// groups the pods that miss the same things on their closest node. The largest group comes first,
/// each with the one change that helps most. Each change is tested: it is applied to a copy of the
/// state, and the pods of the group are scheduled one after the other.
///
/// With -n only the pods of one namespace are shown.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, report::pending::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched pending [OPTIONS]")]
pub(crate) struct PendingArgs {
    /// Exit with status 1 when a pod does not fit
    #[arg(long)]
    exit_code: bool,
    /// Do not search for changes that would help (faster)
    #[arg(long)]
    no_suggestions: bool,
    /// Show the commands that make each suggested change
    #[arg(long)]
    commands: bool,
    #[command(flatten)]
    node_groups: NodeGroupFlags,
    #[command(flatten)]
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # What are the pending pods of the cluster waiting for?
  kubectl sched pending --snapshot examples/clusters/mixed.yaml

  # Those of one namespace, with what kube-scheduler says
  kubectl sched pending -n ml -o wide --snapshot examples/clusters/gpu.yaml

  # Figures to watch over time, for the textfile collector of node_exporter
  kubectl sched pending -o openmetrics --snapshot examples/clusters/mixed.yaml

  # Is anything pending that does not fit? (status 1 when there is)
  kubectl sched pending --no-suggestions --exit-code \\
      --snapshot examples/clusters/zones.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and a pod does not fit
  2  the question could not be answered";

pub(super) fn run(arguments: &PendingArgs) -> Result<Status> {
    let CommonFlags { output, kube, .. } = &arguments.common;
    let namespace = kube.namespace.as_deref().filter(|_| !kube.all_namespaces);
    let mut state = arguments.common.load(Request::Pending, |_| {})?;
    let pods = pods(&state.cluster, namespace);
    // Names and figures alone need no advice.
    let is_bare = matches!(output.output.part(), Part::Names | Part::Metrics);
    let advise = !arguments.no_suggestions && !is_bare;
    let now = arguments.common.now();
    cluster_messages::read_events(&mut state, &pods);
    let finder = if is_bare { None } else { Some(arguments.node_groups.finder(&arguments.common, &state, &pods)?) };
    let pending = answer(&mut state, namespace, &pods, advise, finder.as_ref(), now);
    let is_empty = pods.is_empty()
        && pending.missing.is_empty()
        && pending.rejections.is_empty()
        && pending.not_started.is_empty();
    // A mistyped namespace is not reported as one without pending pods.
    if is_empty && let Some(missing) = namespace.and_then(|namespace| namespaces::missing(&state, namespace)) {
        return Err(Error::new(missing));
    }
    if is_empty && matches!(output.output.part(), Part::Screen | Part::Names) {
        let within = namespace.map_or_else(String::new, |namespace| format!(" in {namespace} namespace"));
        say(&format!(
            "No pending pods found{within}{}.",
            namespace.map_or_else(String::new, |namespace| doubt(&state.cluster, namespace))
        ));
        return Ok(Status::Answered);
    }
    output.print_with(&Answered { answer: &pending, provenance: &state.provenance(now) }, arguments.commands)?;
    let fits = pending.groups.iter().all(|group| matches!(group.root, Root::Fits))
        && pending.missing.iter().all(WorkloadPlacement::fits);
    Ok(if arguments.exit_code && !fits { Status::DoesNotFit } else { Status::Answered })
}

/// What may be wrong with a namespace without pods in a state that has no Namespaces.
fn doubt(cluster: &Cluster, namespace: &str) -> String {
    if cluster.holds(Kind::Namespace) || cluster.pods().is_empty() || namespaces::has_pods(cluster, namespace) {
        return String::new();
    }
    let near = namespaces::near(cluster, namespace)
        .map_or_else(String::new, |near| format!("; {}", near.trim_end_matches('?')));
    format!(": no pod of the state is in that namespace{near}")
}
