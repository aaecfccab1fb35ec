//! `kubectl sched resilience`.

use clap::Args;

use crate::api::{Name, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::resilience::{LossAnswer, ResilienceAnswer, ResilienceReport};
use crate::simulate::comparison::without_price;
use crate::simulate::resilience::consolidation::{self, Consolidation};
use crate::simulate::resilience::drain_plan::{DrainPlan, propose};
use crate::simulate::resilience::{By, sweep};
use crate::simulate::scenario::{NodeChoice, StepError};
use crate::simulate::{Simulation, Ties};
use crate::state::NodeInfo;

use super::Status;
use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::output;
use super::reading::Request;
use super::scenario_args::{self, ScenarioFlags};
use super::watch::Watch;
use crate::session::State;

/// Show which node or zone cannot be lost, or how to drain nodes
///
/// Removes every node, zone or label value, one at a time, and schedules the pods that their
/// controllers recreate on the rest, as kube-scheduler would. Shows which pods fit nowhere else and
/// why, which pods no controller recreates, and which PodDisruptionBudgets are violated. The worst
/// loss comes first.
///
/// With --drain-plan it proposes an order in which to drain nodes, and shows where each pod goes.
/// All of the nodes are cordoned first; pods are evicted in waves, never more at once than
/// PodDisruptionBudgets allow.
///
/// With --consolidate it finds the most nodes that can be drained and removed, with every pod placed
/// on the rest. Flags such as --add-nodes, --scale or --drain change the cluster first.
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, ResilienceAnswer::PARTS)))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched resilience [--by node|zone|LABEL-KEY | --drain-plan NODES | --consolidate] [OPTIONS]")]
pub(crate) struct ResilienceArgs {
    /// What is lost at once: a node, a zone, or all nodes with the same label value
    #[arg(long, value_name = "node|zone|LABEL-KEY", default_value = "node", hide_default_value = true)]
    by: String,
    /// Propose how to drain these nodes: NODE,NODE or a label selector, or zone=NAME
    #[arg(long, value_name = "NODES", conflicts_with = "by")]
    drain_plan: Option<String>,
    /// Find the most nodes that can go, with every pod placed and every budget kept; of all nodes, or of NODES
    #[arg(long, value_name = "NODES", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["by", "drain_plan"])]
    consolidate: Option<String>,
    /// With --consolidate: the label that says what a node costs
    #[arg(long, value_name = "LABEL-KEY", requires = "consolidate")]
    price_label: Option<String>,
    /// Exit with status 1 when pods cannot be rescheduled, or the drains cannot be completed
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    changes: ScenarioFlags,
    #[command(flatten)]
    common: CommonFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Which node's loss hurts most?
  kubectl sched resilience --snapshot examples/clusters/mixed.yaml

  # Can the pods of any one zone move to the others? (status 1 when not)
  kubectl sched resilience --by zone --exit-code \\
      --snapshot examples/clusters/zones.yaml

  # Which nodes could go?
  kubectl sched resilience --consolidate \\
      --snapshot examples/clusters/zones.yaml

  # In which order to drain three nodes, and where does each pod go?
  kubectl sched resilience --drain-plan a1-1,a2-1,b1-1 \\
      --snapshot examples/clusters/zones.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and pods cannot be rescheduled, or the
     drains cannot be completed
  2  the question could not be answered";

pub(super) fn run(arguments: &ResilienceArgs) -> Result<Status> {
    let question = Request::Simulation { new_pods: !arguments.changes.is_empty() };
    let mut state = arguments.common.load(question, |_| {})?;
    let now = arguments.common.now();
    let scenario = arguments.changes.scenario(&state.namespace, &state.cluster)?;
    let applied = scenario_args::apply(&mut state, &scenario, now)?;
    let mut answer = match (&arguments.drain_plan, &arguments.consolidate) {
        (Some(nodes), _) => {
            let force = arguments.changes.force();
            ResilienceAnswer::Drains(drain_plan(&mut state, nodes, force, now)?)
        }
        (None, Some(nodes)) => {
            let price = arguments.price_label.as_deref().map(name);
            ResilienceAnswer::Consolidation(consolidation(&mut state, nodes, price, now)?)
        }
        (None, None) => ResilienceAnswer::Losses(losses(&state, &arguments.by, now)?),
    };
    NotEvaluated::join(answer.not_evaluated_mut(), &state.notes);
    let answer = ResilienceReport { answer, applied };
    arguments.common.output.print(&Answered { answer: &answer, provenance: &state.provenance(now) })?;
    if let Some((done, of)) = answer.answer.stopped_after() {
        return Err(Error::new(format!("stopped after {done} of {of} losses")));
    }
    Ok(if arguments.exit_code && !answer.is_fine() { Status::DoesNotFit } else { Status::Answered })
}

/// Which nodes can go.
fn consolidation(state: &mut State, nodes: &str, price: Option<Name>, now: Timestamp) -> Result<Consolidation> {
    let candidates = if nodes.is_empty() {
        state.cluster.nodes().iter().map(NodeInfo::name).collect()
    } else {
        NodeChoice::parse(nodes)
            .map_err(StepError::from)
            .and_then(|choice| choice.nodes(&state.cluster))
            .map_err(|message| Error::new(format!("invalid value \"{nodes}\" for --consolidate: {message}")))?
    };
    let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, now, Ties::First);
    let mut found = consolidation::find(&mut simulation, &candidates, price).map_err(Error::from_error)?;
    simulation.rewind();
    found.not_evaluated.extend(price.and_then(|price| without_price(&state.cluster, price)));
    Ok(found)
}

/// What each loss does.
fn losses(state: &State, by: &str, now: Timestamp) -> Result<LossAnswer> {
    let by = match by {
        "node" => By::Node,
        "zone" => By::Zone,
        key => By::Label(name(key)),
    };
    let (units, unlabelled) = by.units(&state.cluster);
    if let Some(key) = by.label().filter(|_| units.is_empty()) {
        return Err(Error::new(format!("no node has the label {key} in {}", state.basis.origin))
            .hint("--by accepts node, zone, or the key of a label"));
    }
    let watch = Watch::over("losses");
    let sweep = sweep(&state.scheduler, &state.cluster, &units, now, &watch);
    watch.end();
    let sweep = sweep.map_err(Error::from_error)?;
    Ok(LossAnswer { by, sweep, unlabelled })
}

/// How to drain `nodes`.
fn drain_plan(state: &mut State, nodes: &str, force: bool, now: Timestamp) -> Result<DrainPlan> {
    let nodes = NodeChoice::parse(nodes)
        .map_err(StepError::from)
        .and_then(|choice| choice.nodes(&state.cluster))
        .map_err(|message| Error::new(format!("invalid value \"{nodes}\" for --drain-plan: {message}")))?;
    let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, now, Ties::First).preempting_briefly();
    propose(&mut simulation, &nodes, force).map_err(Error::from_error)
}
