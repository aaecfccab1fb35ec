//! `kubectl sched explain`.

use std::sync::Arc;

use clap::Args;

use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::cli::error::{Error, Result};
use crate::control_plane::{OnRefusal, controller};
use crate::decode::workload::{Workload, WorkloadKind};
use crate::did_you_mean;
use crate::edit::{Edit, PodChange};
use crate::report::{Answer, Answered, ExplainAnswer, Part};
use crate::session::State;
use crate::session::explain::{ExplainExtras, Subject, answer};
use crate::simulate::workload::{self, WorkloadPlacement};
use crate::state::PodId;

use super::common_flags::CommonFlags;
use super::help::TEMPLATE;
use super::manifests::{AskedManifests, AskedObject, ManifestFlags};
use super::node_group_flags::NodeGroupFlags;
use super::reading::Request;
use super::target::{Named, Target, TargetWords};
use super::{Status, cluster_messages, resolve};

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
    let shown = match arguments.common.output.output.part() {
        Part::Names => false,
        Part::Screen => node.is_none(),
        _ => true,
    };
    let mut wanted = ExplainExtras::new(shown && !arguments.no_suggestions, shown);
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
