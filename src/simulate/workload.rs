//! A workload as a whole: all pods that it wants, placed in turn.
//!
//! One pod of a template may fit where forty do not. The pods that wait and those that are missing are
//! created as their controller and the API server would, in a copy of the state, and each is scheduled
//! against what its predecessors left.

use super::queue;
use super::{Outcome, Simulation, Ties};
use crate::api::requests::RequestGates;
use crate::api::{Name, ObjectKey, Timestamp};
use crate::control_plane::controller::{self, Hold, WantedPods};
use crate::control_plane::{Created, OnRefusal};
use crate::decode::workload::{Workload, WorkloadKey};
use crate::scheduler::Scheduler;
use crate::state::Cluster;

/// What becomes of all pods of a workload.
#[derive(Clone, Debug)]
pub struct WorkloadPlacement {
    /// The workload.
    pub workload: WorkloadKey,
    /// How many pods it should have; of a DaemonSet one for each node that it is for.
    pub wanted: usize,
    /// Pods that exist, not those in a final phase.
    pub present: usize,
    /// Those of them that wait for a node.
    pub pending: usize,
    /// Those of them that are being deleted, and when each is to be gone.
    pub terminating: Vec<(ObjectKey, Option<Timestamp>)>,
    /// Pods that do not exist.
    pub missing: usize,
    /// Why the controller creates none of them for now.
    pub hold: Option<Hold>,
    /// How many of the missing pods the API server would refuse, and why the first.
    pub refused: Option<(usize, String)>,
    /// How many of the pending and missing pods find a node, one after the other.
    pub placed: usize,
    /// Those that find none.
    pub unplaced: Vec<UnplacedReplica>,
    /// Nodes that a DaemonSet is not for.
    pub ineligible: Vec<Name>,
}

/// A replica without a node.
#[derive(Clone, Debug)]
pub struct UnplacedReplica {
    /// The pod; one that does not exist yet has a name that is made up.
    pub pod: ObjectKey,
    /// kube-scheduler's message.
    pub message: String,
}

impl WorkloadPlacement {
    /// Whether every pod that is wanted exists or would get a node.
    pub fn fits(&self) -> bool {
        self.unplaced.is_empty() && self.refused.is_none() && !matches!(self.hold, Some(Hold::Refused(_)))
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
    let WantedPods { wanted, present, missing, hold } = controller::wanted(cluster, workload);
    let waits = |pod: &&crate::state::PodId| {
        let pod = cluster.pod(**pod);
        pod.own.node_name.is_none() && !pod.is_terminating()
    };
    let mut pods: Vec<_> = present.iter().filter(waits).copied().collect();
    let terminating = present.iter().map(|pod| cluster.pod(*pod)).filter(|pod| pod.is_terminating());
    let terminating = terminating.map(|pod| (pod.key(), pod.own.deletion_timestamp)).collect();
    let (present, pending) = (present.len(), pods.len());
    let absent: usize = missing.iter().map(|new| new.own.len()).sum();
    let mut answer = WorkloadPlacement {
        workload: workload.identity(),
        wanted,
        present,
        pending,
        terminating,
        missing: absent,
        hold,
        refused: None,
        placed: 0,
        unplaced: Vec::new(),
        ineligible: controller::ineligible_nodes(cluster, workload),
    };
    if answer.open() == 0 {
        return answer;
    }
    let mut copy = cluster.clone();
    let mut created = Created::default();
    for new in missing {
        created.extend(copy.create(new, gates, OnRefusal::LeaveOut));
    }
    answer.refused = created.refused.first().map(|first| (created.refused.len(), first.to_string()));
    queue::sort(&copy, &mut pods);
    pods.extend(created.pods);
    let steps = Simulation::new(scheduler, &mut copy, now, Ties::First).run(&pods);
    for step in steps {
        match step.outcome {
            Outcome::Placed(_) => answer.placed += 1,
            Outcome::Unplaced(unplaced) => {
                answer.unplaced.push(UnplacedReplica { pod: step.pod, message: unplaced.message });
            }
        }
    }
    answer
}
