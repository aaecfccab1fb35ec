//! A group as a whole: what becomes of its pods when its turn comes, in the state as it is.
//!
//! A pod of a gang may fit where the gang does not. The pods that wait are scheduled as the version schedules groups,
//! ahead of all other pods, and everything is taken back.

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey, Timestamp};
use crate::config::PodGroupScheduling;
use crate::decode::pod_group::GroupCondition;
use crate::framework::NotEvaluated;
use crate::scheduler::Scheduler;
use crate::simulate::{Outcome, Simulation, Ties, queue};
use crate::state::{Cluster, PodId};

use super::GroupCycle;

/// What becomes of a group of pods.
#[derive(Clone, Debug)]
pub struct GroupPlacement {
    /// The group.
    pub group: GroupKey,
    /// Whether the state has its PodGroup or Workload.
    pub exists: bool,
    /// `minCount`; none for a group that is no gang.
    pub min_count: Option<usize>,
    /// The label of its topology constraint.
    pub topology_key: Option<Name>,
    /// Pods that exist, not those in a final phase.
    pub pods: usize,
    /// Those of them that have a node.
    pub on_nodes: usize,
    /// Those of them that wait for a node.
    pub pending: usize,
    /// Those of the waiting that are scheduled, with their nodes.
    pub placed: Vec<(ObjectKey, Name)>,
    /// Those that find a node and do not get it, as too few of the others find one.
    pub held: Vec<(ObjectKey, Name)>,
    /// Those that find none, and what kube-scheduler says of each.
    pub unplaced: Vec<UnplacedMember>,
    /// The group's cycle, where the version has one and it was run.
    pub cycle: Option<GroupCycle>,
    /// What kube-scheduler last wrote on the group.
    pub condition: Option<GroupCondition>,
    /// What could not be judged.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// A pod of a group that finds no node.
#[derive(Clone, Debug)]
pub struct UnplacedMember {
    /// The pod.
    pub pod: ObjectKey,
    /// kube-scheduler's message.
    pub message: String,
}

impl GroupPlacement {
    /// Whether every pod of the group has a node or would get one.
    pub fn fits(&self) -> bool {
        self.placed.len() == self.pending
    }

    /// Whether `pod` would get a node.
    pub fn places(&self, pod: ObjectKey) -> bool {
        self.placed.iter().any(|(placed, _)| *placed == pod)
    }

    /// Whether kube-scheduler's own condition says what this answer says; none where either says nothing.
    pub fn condition_agrees(&self) -> Option<bool> {
        let (theirs, ours) = (self.condition.as_ref()?, &self.cycle.as_ref()?.condition);
        let status = if ours.status { "True" } else { "False" };
        Some(theirs.r#type == ours.r#type && theirs.status == status && *theirs.message == *ours.message)
    }
}

/// The group that `pod` is in, as the version sees it.
pub fn group_of(scheduler: &Scheduler, cluster: &Cluster, pod: PodId) -> Option<GroupKey> {
    scheduler.behaviour().pod_groups().group_of(cluster.pod(pod))
}

/// The groups called `name`: PodGroups, or pod groups of Workloads.
pub fn groups_named(scheduler: &Scheduler, cluster: &Cluster, name: ObjectKey) -> Vec<GroupKey> {
    let scheduling = scheduler.behaviour().pod_groups();
    let mut found: Vec<GroupKey> = cluster.pods().iter().filter_map(|pod| scheduling.group_of(pod)).collect();
    if scheduling.has_group_cycle() {
        found.extend(cluster.pod_groups.iter().map(|group| GroupKey::PodGroup(group.key)));
    }
    found.retain(|group| group.is_called(name));
    found.sort();
    found.dedup();
    found
}

/// Schedules the pods of `group` that wait, and takes it back.
pub fn place(scheduler: &Scheduler, cluster: &mut Cluster, group: GroupKey, now: Timestamp) -> GroupPlacement {
    let (on_nodes, mut pods): (Vec<PodId>, Vec<PodId>) =
        cluster.group_members(group).map(|pod| pod.id).partition(|id| cluster.pod(*id).own.node_name.is_some());
    let object = match group {
        GroupKey::PodGroup(key) => cluster.pod_group(key).cloned(),
        GroupKey::Workload { .. } => None,
    };
    let (exists, min_count) = match group {
        GroupKey::PodGroup(_) => (object.is_some(), object.as_ref().and_then(|object| object.min_count)),
        GroupKey::Workload { workload, pod_group, .. } => {
            let found = cluster.group_workload(workload).and_then(|workload| workload.min_count(pod_group));
            (found.is_some(), found.flatten())
        }
    };
    let mut answer = GroupPlacement {
        group,
        exists,
        min_count,
        topology_key: object.as_ref().and_then(|object| object.topology_key),
        pods: on_nodes.len() + pods.len(),
        on_nodes: on_nodes.len(),
        pending: pods.len(),
        placed: Vec::new(),
        held: Vec::new(),
        unplaced: Vec::new(),
        cycle: None,
        condition: object.as_ref().and_then(|object| object.scheduled()).cloned(),
        not_evaluated: Vec::new(),
    };
    if pods.is_empty() || scheduler.behaviour().pod_groups() == PodGroupScheduling::None {
        return answer;
    }
    queue::sort(cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, cluster, now, Ties::First);
    let steps = simulation.run(&pods);
    let cycle = simulation.group_cycles().first().cloned();
    let found = |pod: ObjectKey| cycle.as_ref()?.found.iter().find(|(found, _)| *found == pod).map(|(_, node)| *node);
    for step in steps {
        match step.outcome {
            Outcome::Placed(place) => answer.placed.push((step.pod, place.name)),
            Outcome::Unplaced(unplaced) => match unplaced.holds.or_else(|| found(step.pod)) {
                Some(node) => answer.held.push((step.pod, node)),
                None => answer.unplaced.push(UnplacedMember { pod: step.pod, message: unplaced.message }),
            },
        }
    }
    answer.not_evaluated = simulation.not_evaluated();
    simulation.rewind();
    answer.cycle = cycle;
    answer
}
