//! A workload as a whole: all pods that it wants, placed in turn.
//!
//! One pod of a template may fit where forty do not. The pods that wait and those that are missing are
//! created as their controller and the API server would, in a copy of the state, and each is scheduled
//! against what its predecessors left.

use rustc_hash::{FxHashMap, FxHashSet};

use super::queue;
use super::{Outcome, Simulation, Ties};
use crate::api::requests::RequestGates;
use crate::api::taint::Taint;
use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::control_plane::controller::{self, Hold, WantedPods};
use crate::control_plane::{Created, NewPods, OnRefusal};
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::scheduler::Scheduler;
use crate::state::{Cluster, PodId};

/// What becomes of all pods of a workload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkloadPlacement {
    /// The workload.
    pub workload: WorkloadKey,
    /// How many pods it should have; of a DaemonSet one for each node that it is for.
    pub wanted: usize,
    /// Pods that exist, not those in a final phase.
    pub present: usize,
    /// Those of them that wait for a node.
    pub pending: usize,
    /// Those of them that are being deleted.
    pub terminating: Vec<TerminatingPod>,
    /// Those of them whose node is gone or does not report, with the node, and whether it is gone.
    pub stranded: Vec<(ObjectKey, Name, bool)>,
    /// Pods that do not exist.
    pub missing: usize,
    /// Of a StatefulSet the names of these.
    pub absent: Vec<ObjectKey>,
    /// How many of these belong to a rollout, beyond the pods that are wanted in the end.
    pub surge: usize,
    /// Whether they are those of a CronJob's next Job: nobody misses them yet.
    pub next_job: bool,
    /// Of a Deployment `spec.paused`: changes of its template are not rolled out.
    pub paused: bool,
    /// Why the controller creates none of them for now.
    pub hold: Option<Hold>,
    /// How many of the missing pods the API server would refuse, and why the first.
    pub refused: Option<(usize, String)>,
    /// How many of the pending and missing pods find a node, one after the other.
    pub placed: usize,
    /// Those that find none.
    pub unplaced: Vec<UnplacedReplica>,
    /// The nodes of those that find one, in the order in which they are placed.
    pub places: Vec<(ObjectKey, Name)>,
    /// Nodes that a DaemonSet is not for, by the reason.
    pub ineligible: Vec<(String, Vec<Name>)>,
}

/// A pod that is being deleted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TerminatingPod {
    /// The pod.
    pub pod: ObjectKey,
    /// When it is to be gone.
    pub deadline: Option<Timestamp>,
    /// Its node, if that does not report: no kubelet finishes the deletion.
    pub silent_node: Option<Name>,
}

/// A replica without a node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnplacedReplica {
    /// The pod; one that does not exist yet has a name that is made up.
    pub pod: ObjectKey,
    /// kube-scheduler's message.
    pub message: String,
    /// Of a DaemonSet's pod: its node, and why that does not take it.
    pub daemon: Option<(Name, Vec<String>)>,
}

impl WorkloadPlacement {
    /// Whether every pod that is wanted exists or would get a node.
    pub fn fits(&self) -> bool {
        self.unplaced.is_empty() && self.refused.is_none() && self.reported_refusal().is_none()
    }

    /// The API server's refusal as the controller reports it, unless the state shows that it no longer holds.
    pub fn reported_refusal(&self) -> Option<&str> {
        match &self.hold {
            Some(Hold::Refused { message, outdated: false, .. }) => Some(message),
            _ => None,
        }
    }

    /// Pods that still need a node.
    pub fn open(&self) -> usize {
        self.pending + self.missing
    }
}

/// Places what `workload` lacks in a copy of `cluster`, at the time `now`.
pub fn place(
    scheduler: &Scheduler,
    cluster: &Cluster,
    workload: &Workload,
    gates: RequestGates,
    now: Timestamp,
) -> WorkloadPlacement {
    let (mut answer, lacks) = counted(cluster, workload);
    if answer.open() > 0 {
        answer.find_places(lacks, scheduler, &mut cluster.clone(), gates, now);
    }
    answer
}

/// The workloads of `cluster` that lack pods for a known reason, each with where those pods could go that do
/// not exist; `is_wanted` says which namespaces count. A workload that another one manages is part of that one.
pub fn missing(
    scheduler: &Scheduler,
    cluster: &Cluster,
    is_wanted: impl Fn(Name) -> bool,
    gates: RequestGates,
    now: Timestamp,
) -> Vec<WorkloadPlacement> {
    let mut copy: Option<Cluster> = None;
    let mut found = Vec::new();
    for workload in short_of_pods(cluster).filter(|workload| is_wanted(workload.key.namespace)) {
        let (mut answer, lacks) = counted(cluster, workload);
        if answer.missing == 0 || answer.next_job {
            continue;
        }
        let lacks = Lacks { pods: Vec::new(), ..lacks };
        answer.find_places(lacks, scheduler, copy.get_or_insert_with(|| cluster.clone()), gates, now);
        let is_reported = !matches!(answer.hold, None | Some(Hold::Suspended))
            || answer.refused.is_some()
            || !answer.terminating.is_empty()
            || workload.kind == WorkloadKind::DaemonSet;
        if is_reported {
            found.push(answer);
        }
    }
    found
}

/// Workloads that may have fewer pods than they want: found by counting, as looking at the pods of each takes long.
fn short_of_pods(cluster: &Cluster) -> impl Iterator<Item = &Workload> {
    let mut present: FxHashMap<(Name, Name, Name), usize> = FxHashMap::default();
    let uids: FxHashMap<(Name, Name, Name), Name> =
        cluster.workloads.iter().map(|workload| (identity(workload), workload.uid)).collect();
    for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id) && !pod.is_terminating()) {
        if let Some(owner) = &pod.own.controller {
            // A pod of an object that was deleted is none of the one that has its name now.
            let uid = uids.get(&(pod.key().namespace, owner.kind, owner.name));
            if uid.is_some_and(|uid| !uid.is_empty() && !owner.uid.is_empty() && *uid != owner.uid) {
                continue;
            }
            *present.entry((pod.key().namespace, owner.kind, owner.name)).or_default() += 1;
        }
    }
    let names: FxHashSet<(Name, Name, Name)> = cluster.workloads.iter().map(identity).collect();
    // Pods of a Deployment belong to its ReplicaSets, each of which may lack some.
    let mut of_sets: FxHashMap<(Name, Name, Name), (usize, bool)> = FxHashMap::default();
    for set in &cluster.workloads {
        let Some(owner) = &set.controller else { continue };
        let count = present.get(&identity(set)).copied().unwrap_or_default();
        let (sum, lacks) = of_sets.entry((set.key.namespace, owner.kind, owner.name)).or_default();
        *sum += count;
        *lacks |= set.replicas.is_some() && controller::replicas(set) > count;
    }
    cluster.workloads.iter().filter(move |workload| {
        let namespace = workload.key.namespace;
        let is_part =
            workload.controller.as_ref().is_some_and(|owner| names.contains(&(namespace, owner.kind, owner.name)));
        let own = present.get(&identity(workload)).copied().unwrap_or_default();
        let (of_sets, lacks) = of_sets.get(&identity(workload)).copied().unwrap_or_default();
        let may_lack =
            lacks || workload.kind == WorkloadKind::DaemonSet || controller::replicas(workload) > own + of_sets;
        !is_part && workload.kind != WorkloadKind::CronJob && may_lack
    })
}

fn identity(workload: &Workload) -> (Name, Name, Name) {
    (workload.key.namespace, name(workload.kind.as_str()), workload.key.name)
}

/// What a workload still needs a node for.
struct Lacks {
    /// Pods that wait for one.
    pods: Vec<PodId>,
    /// Pods that do not exist.
    missing: Vec<NewPods>,
}

/// The figures of a workload, and what it lacks.
fn counted(cluster: &Cluster, workload: &Workload) -> (WorkloadPlacement, Lacks) {
    let WantedPods { wanted, present, missing, surge, next_job, hold } = controller::wanted(cluster, workload);
    let waits = |pod: &&PodId| {
        let pod = cluster.pod(**pod);
        pod.own.node_name.is_none() && !pod.is_terminating()
    };
    let pods: Vec<_> = present.iter().filter(waits).copied().collect();
    let terminating = present.iter().map(|pod| cluster.pod(*pod)).filter(|pod| pod.is_terminating());
    let terminating = terminating
        .map(|pod| TerminatingPod {
            pod: pod.key(),
            deadline: pod.own.deletion_timestamp,
            silent_node: pod.own.node_name.filter(|node| is_silent(cluster, *node)),
        })
        .collect();
    let on_nodes = present.iter().map(|pod| cluster.pod(*pod)).filter(|pod| !pod.is_terminating());
    let stranded = on_nodes
        .filter_map(|pod| Some((pod.key(), pod.own.node_name?)))
        .filter(|(_, node)| !cluster.nodes().is_empty() && is_silent(cluster, *node))
        .map(|(pod, node)| (pod, node, cluster.node_named(node).is_none()))
        .collect();
    let (present, pending) = (present.len(), pods.len());
    let absent: Vec<ObjectKey> = missing.iter().flat_map(|new| &new.own).map(|own| own.key).collect();
    let answer = WorkloadPlacement {
        workload: workload.identity(),
        wanted,
        present,
        pending,
        terminating,
        stranded,
        missing: absent.len(),
        absent: if workload.kind == WorkloadKind::StatefulSet { absent } else { Vec::new() },
        surge,
        next_job,
        paused: workload.paused,
        hold,
        refused: None,
        placed: 0,
        unplaced: Vec::new(),
        places: Vec::new(),
        ineligible: controller::ineligible_nodes(cluster, workload),
    };
    (answer, Lacks { pods, missing })
}

/// Whether the node is gone or its kubelet does not report.
fn is_silent(cluster: &Cluster, node: Name) -> bool {
    let silent =
        |taint: &Taint| matches!(taint.key.as_str(), "node.kubernetes.io/unreachable" | "node.kubernetes.io/not-ready");
    cluster.node_named(node).is_none_or(|info| info.node.taints.iter().any(silent))
}

impl WorkloadPlacement {
    /// Creates and places what is lacking, in `cluster`.
    fn find_places(
        &mut self,
        lacks: Lacks,
        scheduler: &Scheduler,
        cluster: &mut Cluster,
        gates: RequestGates,
        now: Timestamp,
    ) {
        let Lacks { mut pods, missing } = lacks;
        let mut created = Created::default();
        for new in missing {
            created.extend(cluster.create(new, gates, OnRefusal::LeaveOut));
        }
        let is_admitted = created.refused.is_empty() && !created.pods.is_empty();
        if let Some(Hold::Refused { message, outdated, .. }) = &mut self.hold {
            *outdated = is_admitted && is_judged_here(cluster, self.workload.key, message);
        }
        self.refused = created.refused.first().map(|first| (created.refused.len(), first.to_string()));
        queue::sort(cluster, &mut pods);
        pods.extend(created.pods);
        let is_daemon_set = self.workload.kind == WorkloadKind::DaemonSet;
        let steps = Simulation::new(scheduler, cluster, now, Ties::First).run(&pods);
        for step in steps {
            match step.outcome {
                Outcome::Placed(_) => {
                    self.placed += 1;
                    self.places.extend(step.place().map(|place| (step.pod, place.name)));
                }
                Outcome::Unplaced(unplaced) => {
                    let daemon = is_daemon_set.then(|| daemon(scheduler, cluster, step.pod, now)).flatten();
                    self.unplaced.push(UnplacedReplica { pod: step.pod, message: unplaced.message, daemon });
                }
            }
        }
    }
}

/// Whether what refused a pod is in the state, so that the state tells whether it still would.
fn is_judged_here(cluster: &Cluster, workload: ObjectKey, message: &str) -> bool {
    let quota = message.split_once("exceeded quota: ").and_then(|(_, rest)| rest.split(',').next());
    quota.is_some_and(|quota| {
        cluster.quotas.iter().any(|known| known.key.namespace == workload.namespace && known.key.name == quota.trim())
    })
}

/// The one node that a DaemonSet's pod is for, and why that does not take it.
fn daemon(scheduler: &Scheduler, cluster: &Cluster, pod: ObjectKey, now: Timestamp) -> Option<(Name, Vec<String>)> {
    let pod = cluster.pod_named(pod)?;
    let node = controller::pinned_node(pod.spec())?;
    let placement = scheduler.schedule(cluster, pod.id, now);
    let on_node = placement.nodes.iter().find(|other| other.name == node)?;
    Some((node, on_node.reasons().iter().map(ToString::to_string).collect()))
}
