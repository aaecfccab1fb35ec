//! `kubectl sched capacity`.

use clap::Args;

use crate::api::{Name, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::control_plane::controller;
use crate::decode::workload::{Workload, WorkloadKind};
use crate::explain::findings::{self, Finding};
use crate::framework::NotEvaluated;
use crate::report::Answered;
use crate::report::capacity::{CapacityAnswer, CapacityNeeds};
use crate::report::text::count;
use crate::simulate::capacity::{CapacityResult, Copies, Model, Template, best_model, measure, nodes_for};
use crate::simulate::new_nodes::NodeModel;
use crate::simulate::{Assumption, Simulation, Ties};

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::manifests::{AskedManifests, AskedObject, ManifestFlags};
use super::node_group_flags::NodeGroupFlags;
use super::output;
use super::reading::Request;
use super::scenario_args::{self, ScenarioFlags};
use super::target::{NamedKind, Target, TargetWords};
use super::{Status, resolve};
use crate::session::State;
use crate::session::new_nodes::NewNodesFinder;
use crate::state::PodId;

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
#[command(mut_arg("filename", |file| file.help("Count copies of the pods in manifests, which do not have to exist in the cluster")))]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched capacity (POD | TYPE/NAME | TYPE NAME | -f FILE) [OPTIONS]")]
pub(crate) struct CapacityArgs {
    /// POD, TYPE/NAME or TYPE NAME
    #[arg(value_name = "TARGET")]
    target: Vec<String>,
    #[command(flatten)]
    manifests: ManifestFlags,
    /// Copies of each pod per set, in the order given: 3:1
    #[arg(long, value_name = "N:N", value_delimiter = ':')]
    ratio: Vec<usize>,
    /// Stop after this many copies
    #[arg(long, value_name = "NUMBER", default_value_t = LIMIT, hide_default_value = true, hide_short_help = true)]
    limit: usize,
    /// Show how many more nodes this number of copies needs
    #[arg(long, value_name = "NUMBER")]
    want: Option<usize>,
    /// Show how many more nodes all pods of the manifests need, as many as these have replicas
    #[arg(long, conflicts_with_all = ["want", "ratio"])]
    want_all: bool,
    /// The node to copy for --want, or a file with a Node [default: the node that takes most copies]
    #[arg(long, value_name = "NODE|SELECTOR|FILE")]
    like: Option<String>,
    /// Exit with status 1 when no copy fits, fewer than --want, or a change of the cluster cannot be made
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    node_groups: NodeGroupFlags,
    #[command(flatten)]
    changes: ScenarioFlags,
    #[command(flatten)]
    common: CommonFlags,
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
  1  with --exit-code only: answered, and no copy fits, fewer than --want, or
     a change of the cluster cannot be made
  2  the question could not be answered";

pub(super) fn run(arguments: &CapacityArgs) -> Result<Status> {
    let target = Target::parse(TargetWords {
        arguments: &arguments.target,
        manifests: arguments.manifests.any(),
        ..TargetWords::default()
    })?;
    if arguments.want_all && !arguments.manifests.any() {
        return Err(Error::new("--want-all requires -f or -k"));
    }
    let mut from_files = arguments.manifests.read()?;
    let others = std::mem::take(&mut from_files.others);
    // Steps of a scenario may need whatever any pod needs.
    let question = if arguments.changes.is_empty() {
        Request::Copies(&target, &from_files.objects)
    } else {
        Request::Simulation { new_pods: true }
    };
    let mut state = arguments.common.load(question, |builder| others.join(builder))?;
    from_files.check_namespaces(&state)?;
    if arguments.like.is_some() && arguments.want.is_none() && !arguments.want_all {
        return Err(Error::new("--like requires --want or --want-all").hint("it is the node that more are made like"));
    }
    let scenario = arguments.changes.scenario(&state.namespace, &state.cluster)?;
    let now = arguments.common.now();
    let applied = scenario_args::apply(&mut state, &scenario, now)?;
    let (models, replicas, daemons) = models(&mut state, &target, from_files, now)?;
    let first = models.iter().find_map(|model| if let Model::Pod(pod) = model { Some(*pod) } else { None });
    let findings = first.map(|pod| findings_of(&mut state, pod, now)).unwrap_or_default();
    let shares = if arguments.want_all { replicas } else { shares(&arguments.ratio, models.len())? };
    let all: usize = shares.iter().sum();
    let mut copies = Copies::of(models.iter().zip(shares).map(|(model, share)| Template { model: *model, share }));
    for (template, model) in models.iter().enumerate() {
        let Model::Pod(pod) = model else { continue };
        let pod = state.cluster.pod(*pod).key();
        // A quota is asked for each copy; what else refuses the pod of a manifest refuses every copy.
        let refusal = state.refused.iter().find(|refusal| refusal.pod == pod && refusal.quota.is_none());
        if let Some(refusal) = refusal {
            copies.refuse(template, refusal.clone());
        }
    }
    let limit = if arguments.want_all { all } else { arguments.limit };
    // Before there are copies, which are no pods of the cluster.
    let finder = if arguments.want.is_some() || arguments.want_all { Some(finder(arguments, &state)?) } else { None };
    let capacity = measure(&state.scheduler, &mut state.cluster, &mut copies, limit, now);
    let number = arguments.want.or_else(|| arguments.want_all.then_some(all));
    let wanted = number
        .map(|number| wanted(arguments, &mut state, &capacity, &mut copies, number, finder.as_ref(), now))
        .transpose()?;
    let mut not_evaluated = capacity.not_evaluated.clone();
    NotEvaluated::join(&mut not_evaluated, &state.notes);
    let mut assumptions = assumptions(&state, &models);
    assumptions.extend(daemons);
    let answer = CapacityAnswer { capacity, limit, wanted, applied, assumptions, not_evaluated, findings };
    arguments.common.output.print(&Answered { answer: &answer, provenance: &state.provenance(now) })?;
    Ok(if arguments.exit_code && !answer.is_enough() { Status::DoesNotFit } else { Status::Answered })
}

/// Who makes nodes, as the state is.
fn finder(arguments: &CapacityArgs, state: &State) -> Result<NewNodesFinder> {
    let finder = arguments.node_groups.finder(&arguments.common, state, &[])?;
    finder.run(state);
    finder.pools(state);
    Ok(finder)
}

/// What keeps the pod off the nodes, beside its scheduling cycle.
fn findings_of(state: &mut State, pod: PodId, now: Timestamp) -> Vec<Finding> {
    let lifted = state.cluster.lift(pod);
    let placement = state.scheduler.explain_lifted(&state.cluster, &lifted, now);
    let found = findings::find(&placement, &state.cluster);
    state.cluster.restore(lifted);
    found
}

/// What each thing that was named is made of, and how many pods it is to have. DaemonSets of manifests are not counted:
/// their pods take their nodes first, which is listed as an assumption.
fn models(
    state: &mut State,
    target: &Target,
    from_files: AskedManifests,
    now: Timestamp,
) -> Result<(Vec<Model>, Vec<usize>, Vec<Assumption>)> {
    let (mut models, mut replicas, mut daemons) = (Vec::new(), Vec::new(), Vec::new());
    match target {
        Target::Files => {
            state.cluster.admit_claims(&from_files.claims);
            for asked in from_files.objects {
                match asked {
                    AskedObject::Workload(workload) if workload.kind == WorkloadKind::DaemonSet => {
                        let workload = resolve::in_namespace(state, *workload);
                        daemons.push(daemon_set(state, workload, now)?);
                    }
                    AskedObject::Workload(workload) => {
                        let workload = resolve::in_namespace(state, *workload);
                        replicas.push(controller::replicas(&workload).max(1));
                        models.push(Model::Workload(state.cluster.apply_workload(workload)));
                    }
                    pod @ AskedObject::Pod(..) => {
                        models.extend(resolve::asked(state, pod).into_iter().next().map(Model::Pod));
                        replicas.push(1);
                    }
                }
            }
        }
        Target::Named(_) | Target::Selected(_) => {
            let named = match target {
                Target::Selected(selection) => resolve::selected(state, selection)?,
                Target::Named(named) => named.clone(),
                Target::Files => Vec::new(),
            };
            for named in &named {
                if named.kind == NamedKind::Workload(WorkloadKind::DaemonSet) {
                    return Err(no_copies(&named.name));
                }
                models.extend(match resolve::workload(state, named)? {
                    Some(workload) => Some(Model::Workload(state.cluster.apply_workload(workload))),
                    None => resolve::named(state, named)?.into_iter().next().map(Model::Pod),
                });
                replicas.push(1);
            }
        }
    }
    if models.is_empty()
        && let Some(daemon) = daemons.first()
    {
        return Err(no_copies(&daemon.subject));
    }
    Ok((models, replicas, daemons))
}

/// A DaemonSet has no number of copies.
fn no_copies(daemon_set: &str) -> Error {
    Error::new(format!("a DaemonSet runs one pod on each eligible node: copies of {daemon_set} cannot be counted"))
        .hint("kubectl sched simulate -f FILE, --restart or --set-resources shows on which nodes its pods fit")
}

/// The pods of a DaemonSet take their nodes, in the place of those that it has there.
fn daemon_set(state: &mut State, workload: Workload, now: Timestamp) -> Result<Assumption> {
    let key = workload.identity();
    let created = resolve::replicas(state, AskedObject::Workload(Box::new(workload)), None)?;
    let mut simulation = Simulation::new(&state.scheduler, &mut state.cluster, now, Ties::First);
    let steps = simulation.run(&created.pods);
    let placed = steps.iter().filter(|step| step.place().is_some()).count();
    Ok(Assumption {
        subject: key.to_string(),
        assumption: format!("runs on {placed} of {} first", count(steps.len(), "eligible node")),
        pods: Vec::new(),
    })
}

/// What the copies get beyond their templates.
fn assumptions(state: &State, models: &[Model]) -> Vec<Assumption> {
    let makers = models.iter().filter_map(|model| match model {
        Model::Workload(workload) => state.cluster.workload(*workload),
        Model::Pod(_) => None,
    });
    makers.filter_map(|maker| Assumption::of_admission(&state.cluster, maker)).collect()
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
    number: usize,
    finder: Option<&NewNodesFinder>,
    now: Timestamp,
) -> Result<CapacityNeeds> {
    let like = match &arguments.like {
        Some(like) => Some(
            scenario_args::model(like, &state.cluster)
                .map_err(|message| Error::new(format!("invalid value \"{like}\" for --like: {message}")))?,
        ),
        None => most(capacity)
            .or_else(|| best_model(&state.scheduler, &mut state.cluster, copies, number, now))
            .map(NodeModel::Like),
    };
    let notes = finder.map(|finder| finder.notes(state)).unwrap_or_default();
    let Some(like) = like else {
        return Ok(CapacityNeeds { copies: number, like: None, needed: None, maker: None, notes });
    };
    let needed = nodes_for(&state.scheduler, &mut state.cluster, copies, number, &like, now)
        .map_err(|error| Error::new(format!("{error} in {}", state.basis.origin)))?;
    let maker = match &like {
        NodeModel::Like(like) => finder.and_then(|finder| finder.maker(state, *like)),
        NodeModel::Object(_) => None,
    };
    let like = Some(name(like.base()));
    Ok(CapacityNeeds { copies: number, like, needed: Some(needed), maker, notes })
}

/// The node that took most copies, the first of those that took as many.
fn most(capacity: &CapacityResult) -> Option<Name> {
    let took = |copies: &[usize]| copies.iter().sum::<usize>();
    let most = capacity.nodes.iter().map(|room| took(&room.copies)).max().filter(|most| *most > 0)?;
    capacity.nodes.iter().find(|room| took(&room.copies) == most).map(|room| room.node)
}
