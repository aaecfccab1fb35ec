//! `kubectl sched nodegroups`.

use clap::Args;

use crate::cli::error::Result;
use crate::report::node_groups::NodeGroupsAnswer;
use crate::report::{Answered, Part};

use super::Status;
use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::node_group_flags::NodeGroupFlags;
use super::output::{self, say};
use super::reading::Request;

/// Show node groups and NodePools, and why none grows
///
/// For each node group of the Cluster Autoscaler and each NodePool of Karpenter: its nodes and
/// limits, its state (ready, at its maximum, in backoff, not ready), what a new node of it has for
/// pods once the pods of DaemonSets are on it, and how many pending pods it would take. The
/// autoscaler's own loop is run again on the state. With -o wide also labels, taints, requirements,
/// and how the nodes of a group were found.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, NodeGroupsAnswer::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched nodegroups [OPTIONS]")]
pub(crate) struct NodegroupsArgs {
    #[command(flatten)]
    node_groups: NodeGroupFlags,
    #[command(flatten)]
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Which node groups are there, and why does none grow?
  kubectl sched nodegroups --at 2026-08-20T10:00:24Z \\
      --snapshot examples/clusters/nodegroups.yaml

  # The NodePools of Karpenter, with the provider's instance types
  kubectl sched nodegroups --instance-types examples/instance-types.json \\
      --snapshot examples/clusters/karpenter.yaml

  # Everything that is known of each, and of its new nodes
  kubectl sched nodegroups -o wide --at 2026-08-20T10:00:24Z \\
      --snapshot examples/clusters/nodegroups.yaml";

pub(super) fn run(arguments: &NodegroupsArgs) -> Result<Status> {
    let NodegroupsArgs { common, node_groups } = arguments;
    let output = &common.output;
    let state = common.load(Request::NodeGroups, |_| {})?;
    let pending: Vec<_> = state.cluster.pending().map(|pod| pod.id).collect();
    let finder = node_groups.finder(common, &state, &pending)?;
    let autoscaler = finder.run(&state);
    let answer = NodeGroupsAnswer {
        status_age: autoscaler.as_ref().and_then(|run| run.status_age(finder.now())),
        autoscaler,
        karpenter: finder.pools(&state).cloned(),
        pending: state.cluster.pending().map(|pod| (pod.id, pod.key())).collect(),
        notes: finder.notes(&state),
        not_evaluated: state.notes.clone(),
    };
    let is_empty = answer.autoscaler.is_none() && answer.karpenter.is_none() && answer.notes.is_empty();
    if is_empty && answer.not_evaluated.is_empty() && matches!(output.output.part(), Part::Screen | Part::Names) {
        say("No node groups found: there is no status of the Cluster Autoscaler and no NodePool of Karpenter.");
        return Ok(Status::Answered);
    }
    output.print(&Answered { answer: &answer, provenance: &state.provenance(common.now()) })?;
    Ok(Status::Answered)
}
