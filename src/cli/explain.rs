//! `kubectl sched explain`.

use std::sync::Arc;

use clap::Args;

use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::control_plane::{OnRefusal, controller};
use crate::decode::workload::{Workload, WorkloadKind};
use crate::did_you_mean;
use crate::edit::{Edit, PodChange};
use crate::explain::suggest::{self, PreemptionDetail, Suggestion};
use crate::explain::{Explanation, NodeDetail, counterfactual, reported_events};
use crate::framework::{Cycle, NotEvaluated, Notes, Placement};
use crate::report::explain::Refused;
use crate::report::{Answer, Answered, ExplainAnswer, Part};
use crate::simulate::groups::whole::{self, GroupPlacement};
use crate::simulate::workload::{self, WorkloadPlacement};
use crate::state::{NodeId, PodId};

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::manifests::{AskedManifests, AskedObject, ManifestFlags};
use super::node_group_flags::{NewNodesFinder, NodeGroupFlags};
use super::reading::Request;
use super::state::State;
use super::target::{Named, Target, TargetWords};
use super::{Status, cluster_messages, firmness, resolve};

/// Explain why a pod is pending, or why it is where it is
///
/// Runs one scheduling cycle for the pod, as kube-scheduler would, and shows the verdict and score
/// of every plugin for every node. A pod that already runs on a node is first removed from it and
/// explained as if it were pending.
///
/// For a workload (deployment, statefulset, daemonset, replicaset, replicationcontroller, job,
/// cronjob) its pending pods are explained, or, if it has none, a new pod from its template. For a
/// podgroup of scheduling.k8s.io its pending pods are explained, below the outcome of the group.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched explain (POD | TYPE/NAME | TYPE NAME | -l LABELS | -f FILE) [OPTIONS]")]
#[command(mut_arg("filename", |file| file.help("Explain the pods of manifests, which do not have to exist in the cluster")))]
pub(crate) struct ExplainArgs {
    /// POD, TYPE/NAME or TYPE NAME
    #[arg(value_name = "TARGET")]
    target: Vec<String>,
    /// Explain all pods, or all objects of a TYPE, with these labels: app=web,tier!=db
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    #[command(flatten)]
    manifests: ManifestFlags,
    /// Show only one node, with every detail of every plugin
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Exit with status 1 when a pod does not fit
    #[arg(long)]
    exit_code: bool,
    /// Do not search for changes that would help (faster)
    #[arg(long)]
    no_suggestions: bool,
    /// Explain pods of other schedulers by kube-scheduler's default profile
    #[arg(long)]
    as_default_scheduler: bool,
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
  # Why is the pod web-7 pending?
  kubectl sched explain web-7 -n shop --snapshot examples/clusters/mixed.yaml

  # Why are the pods with these labels pending, in all namespaces?
  kubectl sched explain -l app=web -A --snapshot examples/clusters/mixed.yaml

  # The same for all pending pods of a deployment
  kubectl sched explain deployment/web -n shop \\
      --snapshot examples/clusters/mixed.yaml

  # Why is a running pod where it is, and would it go there again?
  kubectl sched explain cache-0 -n shop \\
      --snapshot examples/clusters/zones.yaml

  # What does every plugin say about one node, with the numbers?
  kubectl sched explain trainer-1 -n ml --node gpu-a100-2 \\
      --snapshot examples/clusters/gpu.yaml

  # Would this manifest fit? (status 1 when it would not)
  kubectl sched explain -f examples/pods/batch.yaml --exit-code \\
      --snapshot examples/clusters/mixed.yaml

Exit status:
  0  the question was answered, whatever the answer
  1  with --exit-code only: answered, and a pod does not fit
  2  the question could not be answered";

pub(super) fn run(arguments: &ExplainArgs) -> Result<Status> {
    let target = Target::parse(TargetWords {
        arguments: &arguments.target,
        manifests: arguments.manifests.any(),
        selector: arguments.selector.as_deref(),
        all_namespaces: arguments.common.kube.all_namespaces,
    })?;
    let mut from_files = arguments.manifests.read()?;
    let others = std::mem::take(&mut from_files.others);
    let question = Request::of(&target, &from_files.objects);
    let mut state = arguments.common.load(question, |builder| others.join(builder))?;
    from_files.check_namespaces(&state)?;
    let now = arguments.common.now();
    let subjects = subjects(&mut state, &target, from_files, now)?;
    let pods: Vec<PodId> = subjects.iter().map(|subject| subject.pod).collect();
    cluster_messages::read_events(&mut state, &pods);
    let foreign = if arguments.as_default_scheduler { as_default_scheduler(&mut state, &pods) } else { Vec::new() };
    let node = arguments.node.as_deref();
    if let Some(node) = node
        && state.cluster.node_named(name(node)).is_none()
    {
        let error = Error::new(format!("nodes \"{node}\" not found in {}", state.basis.origin));
        let names = state.cluster.nodes().iter().map(|node| node.node.name.as_str());
        return Err(match did_you_mean::question(node, names) {
            Some(near) => error.hint(near),
            None => error,
        });
    }
    let mut wanted = ExplainExtras::of(arguments);
    let finder = arguments.node_groups.finder(&arguments.common, &state, &pods)?;
    let answers: Vec<Answer> =
        subjects.into_iter().map(|subject| answer(&mut state, subject, node, &mut wanted, &finder, now)).collect();
    let answers: Vec<Answer> = answers
        .into_iter()
        .map(|answer| {
            let own = foreign.iter().find(|(pod, _)| *pod == answer.placement.pod_id).map(|(_, own)| *own);
            Answer { evaluated_for: own, ..answer }
        })
        .collect();
    let answer = ExplainAnswer { answers: &answers, cluster: &state.cluster };
    let report = Answered { answer: &answer, provenance: &state.provenance(now) };
    arguments.common.output.print_with(&report, arguments.commands)?;
    let fits = answers.iter().all(Answer::fits);
    Ok(if arguments.exit_code && !fits { Status::DoesNotFit } else { Status::Answered })
}

/// A pod to be explained.
struct Subject {
    pod: PodId,
    /// Pods of its workload that are placed before it, and their nodes: it is the first that fits nowhere.
    after: Vec<(PodId, NodeId)>,
    /// The workload as a whole, where one was asked about.
    workload: Option<Arc<WorkloadPlacement>>,
}

fn subjects(state: &mut State, target: &Target, from_files: AskedManifests, now: Timestamp) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    match target {
        Target::Files => {
            state.cluster.admit_claims(&from_files.claims);
            for asked in from_files.objects {
                let workload = match &asked {
                    AskedObject::Workload(workload) => Some(resolve::in_namespace(state, (**workload).clone())),
                    AskedObject::Pod(..) => None,
                };
                let whole = workload.as_ref().map(|workload| Arc::new(as_a_whole(state, workload, now)));
                if let (Some(workload), Some(whole)) = (&workload, &whole)
                    && let Some(subject) = first_unplaced(state, workload, whole)
                {
                    subjects.push(subject);
                    continue;
                }
                let pods = resolve::asked(state, asked);
                subjects.extend(pods.into_iter().map(|pod| Subject {
                    pod,
                    after: Vec::new(),
                    workload: whole.clone(),
                }));
            }
        }
        Target::Named(named) => named_subjects(state, named, now, &mut subjects)?,
        Target::Selected(selection) => {
            let named = resolve::selected(state, selection)?;
            named_subjects(state, &named, now, &mut subjects)?;
        }
    }
    Ok(subjects)
}

fn named_subjects(state: &mut State, named: &[Named], now: Timestamp, subjects: &mut Vec<Subject>) -> Result<()> {
    for named in named {
        let workload = resolve::workload(state, named)?;
        let whole = workload.as_ref().map(|workload| Arc::new(as_a_whole(state, workload, now)));
        if named.kind.workload().is_some()
            && let (Some(workload), Some(whole)) = (&workload, &whole)
            && let Some(subject) = first_unplaced(state, workload, whole)
        {
            subjects.push(subject);
            continue;
        }
        let pods = resolve::named(state, named)?;
        subjects.extend(pods.into_iter().map(|pod| Subject { pod, after: Vec::new(), workload: whole.clone() }));
    }
    Ok(())
}

/// Where some pods fit that a workload lacks and others do not, the first that does not: why, is what was asked. The
/// pods before it are created as well.
fn first_unplaced(state: &mut State, workload: &Workload, whole: &Arc<WorkloadPlacement>) -> Option<Subject> {
    let first = whole.unplaced.first()?.pod;
    if whole.pending > 0 || whole.places.is_empty() || workload.kind == WorkloadKind::DaemonSet {
        return None;
    }
    let before: Vec<(ObjectKey, Name)> = whole.places.clone();
    let wanted = controller::wanted(&state.cluster, workload);
    for new in wanted.missing {
        state.cluster.create(new, state.gates, OnRefusal::LeaveOut);
    }
    let pod = state.cluster.pod_named(first)?.id;
    let places = before.into_iter().filter_map(|(pod, node)| {
        let (pod, node) = (state.cluster.pod_named(pod)?.id, state.cluster.node_named(node)?.id);
        Some((pod, node))
    });
    let after = places.collect();
    Some(Subject { pod, after, workload: Some(Arc::clone(whole)) })
}

fn as_a_whole(state: &State, workload: &Workload, now: Timestamp) -> WorkloadPlacement {
    workload::place(&state.scheduler, &state.cluster, workload, state.gates, now)
}

/// Gives the pods that no profile is for the name of the first profile; answers which they were, and the name that
/// each had.
fn as_default_scheduler(state: &mut State, pods: &[PodId]) -> Vec<(PodId, Name)> {
    let Some(profile) = state.scheduler.config().profiles.first().map(|profile| profile.scheduler_name) else {
        return Vec::new();
    };
    let mut changed = Vec::new();
    for pod in pods {
        let asked = state.cluster.pod(*pod);
        let own = asked.spec().scheduler_name();
        if state.scheduler.framework_for(asked).is_some() {
            continue;
        }
        let patch = serde_json::json!({"spec": {"schedulerName": profile.as_str()}});
        let edit = Edit::PatchPod { pod: asked.key(), changes: vec![PodChange::Patch { patch }] };
        // Kept to the end: the state is that of this one question.
        if edit.apply(&mut state.cluster, state.gates).is_ok() {
            changed.push((*pod, own));
        }
    }
    changed
}

/// What costs more cycles, and is done only where it is shown.
struct ExplainExtras {
    suggestions: bool,
    preemption: bool,
    /// The pods that were searched for, with what was found: siblings need not be searched again.
    found: Vec<(PodId, Vec<Suggestion>)>,
    /// Groups of pods that were placed.
    groups: Vec<Arc<GroupPlacement>>,
}

impl ExplainExtras {
    fn of(arguments: &ExplainArgs) -> Self {
        let shown = match arguments.common.output.output.part() {
            Part::Names => false,
            Part::Screen => arguments.node.is_none(),
            _ => true,
        };
        Self {
            suggestions: shown && !arguments.no_suggestions,
            preemption: shown,
            found: Vec::new(),
            groups: Vec::new(),
        }
    }

    fn suggestions(&mut self, state: &mut State, placement: &Placement, now: Timestamp) -> Option<Vec<Suggestion>> {
        if !self.suggestions {
            return None;
        }
        let pod = placement.pod_id;
        let sibling = self.found.iter().find(|(other, _)| suggest::is_equal_but_for_name(&state.cluster, *other, pod));
        if let Some((other, found)) = sibling {
            let other = state.cluster.pod(*other).key();
            return Some(found.iter().map(|suggestion| suggestion.for_sibling(other, placement.pod)).collect());
        }
        let found = suggest::find(&state.scheduler, &mut state.cluster, placement, now)?;
        self.found.push((pod, found.clone()));
        Some(found)
    }

    /// The group of `pod` as a whole, where any of its pods waits.
    fn group(&mut self, state: &mut State, pod: PodId, now: Timestamp) -> Option<Arc<GroupPlacement>> {
        let group = whole::group_of(&state.scheduler, &state.cluster, pod)?;
        let known = self.groups.iter().find(|known| known.group == group).cloned();
        let placed = known.unwrap_or_else(|| {
            let placed = Arc::new(whole::place(&state.scheduler, &mut state.cluster, group, now));
            self.groups.push(Arc::clone(&placed));
            placed
        });
        (placed.pending > 0).then_some(placed)
    }

    fn preemption(&self, state: &mut State, placement: &Placement, now: Timestamp) -> Option<PreemptionDetail> {
        let (scheduler, cluster) = (&state.scheduler, &mut state.cluster);
        if self.preemption { suggest::explain_preemption(scheduler, cluster, placement, now) } else { None }
    }
}

/// Each pod is explained by itself, against the state as it was found.
fn answer(
    state: &mut State,
    subject: Subject,
    node: Option<&str>,
    wanted: &mut ExplainExtras,
    finder: &NewNodesFinder,
    now: Timestamp,
) -> Answer {
    let Subject { pod, after, workload } = subject;
    for (pod, node) in &after {
        state.cluster.assume(*pod, *node);
    }
    let is_pending = state.cluster.pod(pod).own.node_name.is_none();
    let mut new_nodes = if is_pending { finder.find(state, pod) } else { None };
    if let Some(new_nodes) = new_nodes.as_mut().filter(|_| wanted.suggestions) {
        finder.try_tolerations(state, new_nodes);
    }
    let group = wanted.group(state, pod, now);
    let lifted = state.cluster.lift(pod);
    let mut placement = state.scheduler.explain_lifted(&state.cluster, &lifted, now);
    NotEvaluated::join(&mut placement.not_evaluated, &state.notes);
    if let Some(group) = &group {
        NotEvaluated::join(&mut placement.not_evaluated, &group.not_evaluated);
    }
    let fits_if_admitted = placement.schedulable;
    let is_new =
        state.cluster.pod(pod).own.creation_timestamp.is_none() && state.cluster.pod(pod).own.sequence == u32::MAX;
    // What a webhook refuses only the controller can tell.
    let reported = workload.as_ref().filter(|_| is_new).and_then(|workload| workload.reported_refusal());
    let refused = state.refusal(placement.pod).or_else(|| reported.map(ToOwned::to_owned));
    let refused = refused.map(|message| Refused { message, fits_if_admitted });
    if let Some(new_nodes) = &mut new_nodes {
        new_nodes.compare(&state.cluster, &placement);
    }
    let mut suggestions = wanted.suggestions(state, &placement, now);
    if is_pending {
        finder.name_makers(state, suggestions.iter_mut().flatten());
    }
    let mut answer = Answer {
        suggestions,
        preemption: wanted.preemption(state, &placement, now),
        explanation: Explanation::in_full(&state.scheduler, &state.cluster, &placement, now),
        detail: node.and_then(|node| detail(state, &placement, node, now)),
        cluster_messages: cluster_messages::find(state, &placement),
        new_nodes,
        nodes: state.cluster.nodes().len(),
        filters: filters(state, pod),
        refused,
        is_new,
        placed_before: after.len(),
        workload,
        evaluated_for: None,
        group,
        placement,
    };
    let fits = answer.placement.schedulable;
    answer.placement.not_evaluated.iter_mut().for_each(|item| item.judge(fits));
    firmness::judge(state, pod, &mut answer, now);
    if let Some(workload) = answer.workload.as_ref().filter(|_| answer.is_made_up()) {
        let known = state.cluster.workload(workload.workload);
        answer.cluster_messages.events =
            known.map(|workload| reported_events::of_workload(&state.cluster, workload)).unwrap_or_default();
    }
    // Whatever a cycle would say: a pod that is not admitted is not scheduled.
    answer.placement.schedulable &= answer.refused.is_none();
    state.cluster.restore(lifted);
    for (pod, _) in after.into_iter().rev() {
        state.cluster.forget(pod);
    }
    answer
}

fn filters(state: &State, pod: PodId) -> Vec<&'static str> {
    let framework = state.scheduler.framework_for(state.cluster.pod(pod));
    framework.map(|(_, framework)| framework.filter.iter().map(|(plugin, _)| *plugin).collect()).unwrap_or_default()
}

fn detail(state: &mut State, placement: &Placement, node: &str, now: Timestamp) -> Option<NodeDetail> {
    let pod = state.cluster.pod(placement.pod_id);
    let (_, framework) = state.scheduler.framework_for(pod)?;
    // What could not be judged was noted by the cycle itself.
    let notes = Notes::default();
    let behaviour = state.scheduler.behaviour();
    let cycle = Cycle { cluster: &state.cluster, pod, behaviour, now, notes: &notes };
    let info = state.cluster.node_named(name(node))?;
    let mut detail = NodeDetail::of(&framework, cycle, placement, info);
    detail.counterfactual = counterfactual::find(&state.scheduler, &mut state.cluster, placement, name(node), now);
    Some(detail)
}
