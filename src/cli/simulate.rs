//! `kubectl sched simulate`.

mod compare;
mod merge;
mod sweep;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::api::name;
use crate::cli::error::{Error, Result};
use crate::control_plane::Created;
use crate::control_plane::admission::AdmissionRefusal;
use crate::decode::workload::WorkloadKey;

use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::comparison::ComparisonAnswer;
use crate::report::simulation::SimulationAnswer;
use crate::session::State;
use crate::session::simulation::{self, SimulationError, SimulationQuestion};
use crate::simulate::scenario::{self, Placing, ScenarioStep, StepAction};
use crate::simulate::sweep::SweepSpec;
use crate::simulate::{Simulation, Strategy, Ties, queue};
use crate::simulate::{autoscale, missing, rebalance};
use crate::state::PodId;

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::manifests::{AskedManifests, ManifestFlags};
use super::node_group_flags::NodeGroupFlags;
use super::progress::PlacingPods;
use super::reading::Request;
use super::scenario_args::ScenarioFlags;
use super::strategy_args::StrategyFlags;
use super::write_state::StateWriter;
use super::{Status, resolve};

/// Show where pods would go, one after the other
///
/// Schedules pods as kube-scheduler would, in the order of its queue: higher priority first, then
/// older pods first. Each pod takes its node, volumes and devices before the next one is scheduled;
/// a pod that fits nowhere stays pending. With --preempt it may preempt pods of lower priority;
/// those that their controllers recreate go back to the queue. Pods of a PodGroup are placed
/// together or not at all. The cluster is not changed.
///
/// Pods of a manifest are created as their controllers and the API server would create them: with
/// the claims of a StatefulSet, on every node of a DaemonSet, with priority, overhead and defaults.
/// Pods that a LimitRange or ResourceQuota forbids are refused.
///
/// --drain, --remove-node, --add-nodes, --scale and similar flags change the cluster first, in the
/// order given. Pods that lose their node are recreated by their controllers and scheduled again
/// right away. --scenario reads such steps from a file.
///
/// If several nodes are equally good, the first by name is used, so that a run can be repeated;
/// kube-scheduler picks one of them at random. The column TIES shows how many others there are.
/// With --seed a random one is picked. --runs repeats the simulation with many seeds and shows how
/// often each pod fits, and where.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched simulate (--pending | -f FILE | CHANGES) [OPTIONS]\n  kubectl sched simulate merge FILE [FILE...]")]
#[command(mut_arg("filename", |file| file.help("Schedule the pods of manifests, as many as these have replicas")))]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct SimulateArgs {
    #[command(subcommand)]
    command: Option<SimulateCommand>,
    /// Schedule all pending pods, of all namespaces
    #[arg(long)]
    pending: bool,
    #[command(flatten)]
    manifests: ManifestFlags,
    /// Schedule this number of copies of each pod in -f instead
    #[arg(long, value_name = "NUMBER")]
    replicas: Option<u32>,
    /// Workloads to which --add adds replicas
    #[arg(value_name = "TYPE/NAME")]
    target: Vec<String>,
    /// Add this number of replicas to each workload that is named
    #[arg(long, value_name = "NUMBER", requires = "target")]
    add: Option<u32>,
    /// Show which pods would land better if they were evicted, at most NUMBER [default: 10]
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, default_missing_value = "10")]
    rebalance: Option<usize>,
    /// Place all pods again, on as few nodes as possible
    #[arg(long)]
    repack: bool,
    /// Show only the differences from the unchanged cluster
    #[arg(long)]
    diff: bool,
    /// Allow preemption of pods of lower priority
    #[arg(long)]
    preempt: bool,
    /// Pick at random among equally good nodes; the same seed gives the same run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Let the Cluster Autoscaler and Karpenter add nodes for pods that fit nowhere, until nothing changes
    #[arg(long, conflicts_with_all = ["compare", "runs", "rebalance", "diff", "preempt"])]
    autoscale: bool,
    /// How the autoscaler chooses a group: least-waste, most-pods, least-nodes, priority, price [default: its flag]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "autoscale")]
    expander: Vec<String>,
    /// Write the resulting state to FILE; --snapshot FILE goes on from it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["compare", "runs"])]
    write_state: Option<PathBuf>,
    /// Exit with status 1 when a pod does not fit
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    node_groups: NodeGroupFlags,
    #[command(flatten)]
    sweep: sweep::SweepFlags,
    #[command(flatten)]
    strategies: StrategyFlags,
    #[command(flatten)]
    changes: ScenarioFlags,
    #[command(flatten)]
    common: CommonFlags,
}

#[derive(Debug, Subcommand)]
enum SimulateCommand {
    Merge(merge::MergeArgs),
}

const EXAMPLES: &str = "\
Examples:
  # Where would all pending pods go?
  kubectl sched simulate --pending --snapshot examples/clusters/mixed.yaml

  # Where would ten replicas of this job's pod go?
  kubectl sched simulate -f examples/pods/batch.yaml --replicas 10 \\
      --snapshot examples/clusters/mixed.yaml

  # Would this urgent pod fit if it may preempt others, and where would those go?
  kubectl sched simulate -f examples/pods/batch.yaml --preempt \\
      --snapshot examples/clusters/mixed.yaml

  # The same after all pending pods, for a script (status 1 when one does not fit)
  kubectl sched simulate --pending -f examples/pods/batch.yaml --exit-code \\
      -o json --snapshot examples/clusters/mixed.yaml

  # Where do the pods of node-3 go when it is drained?
  kubectl sched simulate --drain node-3 --force \\
      --snapshot examples/clusters/mixed.yaml

  # Which pods would not fit if two nodes were added and zone a were lost?
  kubectl sched simulate --add-nodes 2=b1-1 --remove-nodes zone=a --diff \\
      --snapshot examples/clusters/zones.yaml

  # Which node groups would grow for the pending pods, and by how many nodes?
  kubectl sched simulate --pending --autoscale --at 2026-08-20T10:00:24Z \\
      --snapshot examples/clusters/nodegroups.yaml

  # Would eight replicas of this pod cost less if they were packed on fewer nodes?
  kubectl sched simulate -f examples/pods/app.yaml --replicas 8 \\
      --compare default,best-fit,least-load --price-label example.com/price \\
      --snapshot examples/clusters/prices.yaml

  # Do all replicas fit, whichever of equally good nodes kube-scheduler picks?
  kubectl sched simulate -f examples/pods/app.yaml --replicas 8 --runs 100 \\
      --exit-code --snapshot examples/clusters/prices.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and a pod does not fit (in every run)
  2  the question could not be answered";

pub(super) fn run(arguments: &SimulateArgs) -> Result<Status> {
    match &arguments.command {
        Some(SimulateCommand::Merge(arguments)) => merge::run(arguments),
        None => simulate(arguments),
    }
}

fn simulate(arguments: &SimulateArgs) -> Result<Status> {
    let changes =
        !arguments.changes.is_empty() || arguments.add.is_some() || arguments.rebalance.is_some() || arguments.repack;
    if let (Some(target), None) = (arguments.target.first(), arguments.add) {
        return Err(Error::new(format!("\"{target}\" requires --add NUMBER, which adds replicas to it"))
            .hint("use --pending for all pending pods, or -f FILE for manifests"));
    }
    if !arguments.pending && !arguments.manifests.any() && !changes && arguments.autoscale {
        return Err(Error::new("--autoscale: you must say which pods need nodes")
            .hint("add --pending for the pending pods, -f FILE for new ones, or a change such as --drain NODE"));
    }
    if !arguments.pending && !arguments.manifests.any() && !changes {
        return Err(Error::new("you must say what to schedule")
            .hint("use --pending, -f FILE, or a change of the cluster such as --drain NODE"));
    }
    if arguments.diff && !changes {
        return Err(Error::new("--diff compares with the unchanged cluster, but no change was given")
            .hint("use it with --scenario FILE or a flag such as --drain NODE"));
    }
    if arguments.replicas.is_some() && !arguments.manifests.any() {
        return Err(Error::new("--replicas requires -f or -k"));
    }
    let strategy = arguments.strategies.strategy()?;
    let compared = arguments.strategies.compared()?;
    let by_price = arguments.expander.iter().any(|name| name == "price");
    if arguments.strategies.price().is_some() && compared.is_empty() && !by_price {
        return Err(
            Error::new("--price-label requires --compare").hint("add --compare, such as --compare default,best-fit")
        );
    }
    let plan = arguments.sweep.plan(arguments.seed, &arguments.common.output)?;
    if !compared.is_empty() {
        arguments.common.output.check(ComparisonAnswer::PARTS, "--compare shows figures")?;
    }
    let mut from_files = arguments.manifests.read()?;
    let others = std::mem::take(&mut from_files.others);
    // Steps of a scenario make pods, too.
    let new_pods = arguments.manifests.any() || changes;
    let question = Request::Simulation { new_pods };
    let configured =
        arguments.strategies.configuration().map(|file| arguments.common.state.configured(file)).transpose()?;
    let mut common = arguments.common.clone();
    common.state = configured.unwrap_or(common.state);
    let mut writer = match &arguments.write_state {
        Some(target) => {
            let (writer, of_what_was_read) = StateWriter::open(target, &common, &others)?;
            common = of_what_was_read;
            Some(writer)
        }
        None => None,
    };
    let mut state = common.load(question, |builder| others.join(builder))?;
    if let Some(writer) = &mut writer {
        writer.begins(&state.cluster);
    }
    from_files.check_namespaces(&state)?;
    let (pods, refused) = pods(&mut state, arguments, from_files)?;
    let mut scenario = arguments.changes.scenario(&state.namespace, &state.cluster)?;
    let ties = arguments.seed.map_or(Ties::First, Ties::seeded);
    let now = arguments.common.now();
    scenario.steps.extend(added(arguments, &state)?);
    if arguments.repack {
        scenario.steps.push(ScenarioStep {
            said: "--repack".to_owned(),
            change: StepAction::Repack,
            place: Placing::Now,
        });
    }
    // Packed by another rule than kube-scheduler's, unless one was named.
    let strategy = if arguments.repack && strategy == Strategy::Default { Strategy::BestFit } else { strategy };
    let rebalance = match arguments.rebalance {
        None => None,
        Some(most) => {
            let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, now, ties);
            scenario::run(&mut simulation, &scenario, &[]).map_err(Error::from_error)?;
            let found = rebalance::find(&mut simulation, most).map_err(Error::from_error)?;
            let notes = simulation.not_evaluated();
            NotEvaluated::join(&mut state.notes, &notes);
            simulation.rewind();
            scenario.steps.extend(found.steps.iter().cloned());
            Some(found)
        }
    };
    if !compared.is_empty() {
        let asked = compare::ComparisonQuestion { arguments, scenario: &scenario, pods: &pods, ties, now };
        return compare::run(&mut state, &asked, &compared, refused);
    }
    if let Some(plan) = plan {
        let question = SweepSpec { scenario: &scenario, pods: &pods, strategy, preempts: arguments.preempt, now };
        let asked = sweep::SweepQuestion { question, plan, refused, exit_code: arguments.exit_code };
        return sweep::run(&state, asked, &arguments.common.output);
    }
    let autoscaler = if arguments.autoscale { Some(autoscaler(arguments, &state)?) } else { None };
    let placing = PlacingPods::on_terminal();
    let question = SimulationQuestion {
        scenario: &scenario,
        pods: &pods,
        strategy,
        preempts: arguments.preempt,
        ties,
        now,
        diff: arguments.diff,
        autoscaler: autoscaler.as_ref(),
    };
    let mut written = Ok(());
    let answered = simulation::answer(&mut state, &question, Some(&placing), |cluster, run| {
        if let Some(writer) = writer {
            written = writer.write(cluster, &scenario, run, now);
        }
    });
    placing.end();
    let answer = match answered {
        Ok(answer) => answer,
        Err(SimulationError::Scenario(error)) => return Err(Error::from_error(error)),
        Err(SimulationError::NoAutoscaler) => {
            return Err(Error::new("--autoscale: the state has no readable status of the Cluster Autoscaler and no NodePool")
                .hint("add the ConfigMap kube-system/cluster-autoscaler-status or the NodePools of Karpenter; --autoscaler-status names another ConfigMap"));
        }
    };
    written?;
    let answer = SimulationAnswer { refused, rebalance, ..answer };
    arguments.common.output.print(&Answered { answer: &answer, provenance: &state.provenance(now) })?;
    Ok(if arguments.exit_code && !answer.fits() { Status::DoesNotFit } else { Status::Answered })
}

/// What the programs are like that `--autoscale` follows.
fn autoscaler(arguments: &SimulateArgs, state: &State) -> Result<autoscale::Options> {
    const KNOWN: [&str; 6] = ["least-waste", "most-pods", "least-nodes", "priority", "price", "random"];
    let finder = arguments.node_groups.finder(&arguments.common, state, &[])?;
    let mut options = finder.options().clone();
    if let Some(unknown) = arguments.expander.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Error::new(format!("invalid value \"{unknown}\" for --expander")).hint(
            "use least-waste, most-pods, least-nodes, priority, price or random; others decide by what is not in the state",
        ));
    }
    options.price_label = arguments.strategies.price();
    if arguments.expander.iter().any(|name| name == "price") && options.price_label.is_none() {
        return Err(Error::new("--expander price requires --price-label").hint("it is a node label with a price"));
    }
    let by_priority = arguments.expander.iter().any(|name| name == "priority");
    if by_priority && state.cluster.autoscaling.priorities(options.status).is_none() {
        return Err(Error::new("--expander priority: the state does not have the priorities of the node groups")
            .hint("they are in the ConfigMap cluster-autoscaler-priority-expander, beside the autoscaler's status"));
    }
    if !arguments.expander.is_empty() {
        options.flags.expanders.clone_from(&arguments.expander);
    }
    let notes = finder.notes(state);
    Ok(autoscale::Options { autoscaler: options, karpenter: finder.karpenter().clone(), notes })
}

/// The steps of `--add`.
fn added(arguments: &SimulateArgs, state: &State) -> Result<Vec<ScenarioStep>> {
    let Some(more) = arguments.add else { return Ok(Vec::new()) };
    let step = |target: &String| {
        let workload = WorkloadKey::parse(target, name(&state.namespace)).ok_or_else(|| {
            Error::new(format!("\"{target}\" is not a workload")).hint("write TYPE/NAME, such as deploy/web")
        })?;
        let change = StepAction::AddReplicas { workload, more };
        Ok(ScenarioStep { said: format!("{target} --add {more}"), change, place: Placing::Now })
    };
    arguments.target.iter().map(step).collect()
}

/// The pods in the order of the queue, and those that the API server would refuse.
fn pods(
    state: &mut State,
    arguments: &SimulateArgs,
    from_files: AskedManifests,
) -> Result<(Vec<PodId>, Vec<AdmissionRefusal>)> {
    let of_state = state.cluster.pods().len();
    state.cluster.admit_claims(&from_files.claims);
    let mut added = Created::default();
    let count = arguments.replicas.map(|replicas| replicas as usize);
    for asked in from_files.objects {
        added.extend(resolve::replicas(state, asked, count)?);
    }
    let cluster = &state.cluster;
    let mut pods = Vec::new();
    if arguments.pending {
        // A pod that a manifest has replaced is in the state no more, whatever its place there.
        let is_there = |pod: &PodId| cluster.pod_named(cluster.pod(*pod).key()).is_some_and(|named| named.id == *pod);
        let pending = cluster.pods().iter().take(of_state).filter(|pod| pod.own.node_name.is_none());
        pods.extend(pending.map(|pod| pod.id).filter(is_there));
    }
    if !added.pods.is_empty() {
        let mut missing: Vec<NotEvaluated> = missing::of_new_pods(cluster).collect();
        missing.retain(|note| !state.notes.iter().any(|known| known.kind == note.kind));
        state.notes.extend(missing);
    }
    pods.extend(added.pods);
    queue::sort(cluster, &mut pods);
    Ok((pods, added.refused))
}
