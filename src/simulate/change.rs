//! The one door through which a simulation changes the state: every change is written down, and
//! can be taken back.

use std::sync::Arc;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::control_plane::controller;
use crate::control_plane::volume_claims::{self, MadeClaims};
use crate::decode::pod::PodOwn;
use crate::edit::Undo;
use crate::framework::cache::DeviceReach;
use crate::state::pod_class::PodClass;
use crate::state::recreate::Recreated;
use crate::state::{Cluster, NodeId, PodId, Reservation, Take};

use super::{Simulation, Ties};

/// One change of the state.
#[derive(Debug)]
pub(super) enum Mutation {
    /// A pending pod takes its place, with what its Reserve plugins took.
    Place { pod: PodId, node: NodeId, takes: Vec<Take> },
    /// A pod that was just placed waits on permit, and with it the API for what its claims were given; or no longer.
    Wait { pod: PodId, waits: bool },
    /// A pod leaves its node and is pending again.
    Evict { pod: PodId },
    /// A pod on a node is being deleted, and stays there: its kubelet does not answer.
    Terminate { pod: PodId },
    /// A pending pod comes beside those that there are.
    Add { own: Box<PodOwn>, class: Arc<PodClass> },
    /// A pod on a node counts for nothing for a while.
    Detach { pod: PodId },
    /// Such a pod is back.
    Attach { pod: PodId },
    /// A pending pod is nominated to a node, or to none.
    Nominate { pod: PodId, node: Option<Name> },
    /// A PodDisruptionBudget, by its place in the state, allows so many disruptions from now on.
    Budget { place: usize, allowed: i32 },
}

/// How one thing was before.
#[derive(Debug)]
pub(super) enum SimulationBefore {
    Placed(PodId, Reservation),
    /// Claims that are in flight since, or no longer.
    InFlight(Vec<ObjectKey>, bool),
    /// A pod that was recreated, with `true` of another template than before.
    Recreated(Recreated, bool),
    Terminated(PodId, Option<Timestamp>),
    Added(MadeClaims),
    Detached(PodId),
    Attached(PodId),
    Nominated(PodId, Option<Name>),
    Budget(usize, i32),
    Edited(Undo),
    /// Edited in a way that no cached cycle depends on.
    EditedAside(Undo),
}

/// A moment of a simulation to roll back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Savepoint(usize);

/// Who else reaches the devices that the pod's claims have, while it is on `node`.
fn device_reach(cluster: &Cluster, pod: PodId, node: NodeId) -> DeviceReach {
    let node = cluster.node(node).name();
    let devices = cluster.claims_of(pod).filter_map(|claim| cluster.devices.claim(claim)?.allocation.as_ref());
    devices.flat_map(|allocation| &allocation.devices).fold(DeviceReach::Nowhere, |reach, device| {
        let is_local = cluster.devices.slices_of(device.id.pool).all(|slice| slice.nodes.named() == Some(node));
        if is_local && reach != DeviceReach::Everywhere { DeviceReach::Node } else { DeviceReach::Everywhere }
    })
}

impl Simulation<'_> {
    /// Changes the state.
    pub(super) fn change(&mut self, change: Mutation) {
        let cluster = &mut *self.cluster;
        let before = match change {
            Mutation::Place { pod, node, takes } => {
                self.lowest_priority = self.lowest_priority.min(cluster.pod(pod).priority());
                let reservation = cluster.reserve(takes);
                cluster.assume(pod, node);
                let devices = device_reach(cluster, pod, node);
                self.caches.pod_added(pod, node, devices);
                Some(SimulationBefore::Placed(pod, reservation))
            }
            Mutation::Wait { pod, waits } => {
                let of_pod = |before: &SimulationBefore| match before {
                    SimulationBefore::Placed(placed, reservation) if *placed == pod => {
                        Some(reservation.allocated_claims())
                    }
                    _ => None,
                };
                let claims = self.done.iter().rev().find_map(of_pod).unwrap_or_default();
                let changed = cluster.devices.set_in_flight(&claims, waits);
                // A cached cycle does not hear of it.
                if !changed.is_empty() {
                    self.caches.clear();
                }
                Some(SimulationBefore::InFlight(changed, !waits))
            }
            Mutation::Evict { pod } => {
                let was_terminating = cluster.pod(pod).is_terminating();
                let devices =
                    cluster.node_of(pod).map_or(DeviceReach::Nowhere, |node| device_reach(cluster, pod, node));
                let gates = self.scheduler.behaviour().request_gates();
                let class = controller::remade(cluster, cluster.pod(pod), gates);
                let changes = class.is_some();
                let recreated = cluster.recreate(pod, class);
                match &recreated {
                    // The log tells of the pod as it is now: one that counts where it did not before.
                    Some(_) if was_terminating || changes => self.caches.clear(),
                    Some(recreated) => self.caches.pod_removed(pod, recreated.node(), devices),
                    None => {}
                }
                recreated.map(|recreated| SimulationBefore::Recreated(recreated, changes))
            }
            Mutation::Terminate { pod } => {
                self.caches.clear();
                Some(SimulationBefore::Terminated(pod, cluster.set_deletion(pod, Some(self.now))))
            }
            Mutation::Add { own, class } => {
                let claims = volume_claims::make_ephemeral(cluster, &own, &class.template.spec);
                cluster.add_pending(own, class);
                Some(SimulationBefore::Added(claims))
            }
            // Who only counts for nothing keeps its devices.
            Mutation::Detach { pod } => cluster.detach(pod).map(|node| {
                self.caches.pod_removed(pod, node, DeviceReach::Nowhere);
                SimulationBefore::Detached(pod)
            }),
            Mutation::Attach { pod } => cluster.attach(pod).map(|node| {
                self.caches.pod_added(pod, node, DeviceReach::Nowhere);
                SimulationBefore::Attached(pod)
            }),
            Mutation::Nominate { pod, node } => {
                Some(SimulationBefore::Nominated(pod, cluster.set_nomination(pod, node)))
            }
            Mutation::Budget { place, allowed } => cluster.budgets.get_mut(place).map(|budget| {
                SimulationBefore::Budget(place, std::mem::replace(&mut budget.disruptions_allowed, allowed))
            }),
        };
        self.done.extend(before);
    }

    /// Somebody has changed the state in another way; `undo` takes it back.
    pub(super) fn edited(&mut self, undo: Undo) {
        self.caches.clear();
        self.done.push(SimulationBefore::Edited(undo));
    }

    /// This moment.
    pub(super) fn savepoint(&self) -> Savepoint {
        Savepoint(self.done.len())
    }

    /// Takes back what was changed since, the latest first.
    pub(super) fn rollback(&mut self, savepoint: Savepoint) {
        while self.done.len() > savepoint.0 {
            let Some(before) = self.done.pop() else { return };
            match before {
                SimulationBefore::Placed(pod, reservation) => {
                    if let Some(node) = self.cluster.node_of(pod) {
                        let devices = device_reach(self.cluster, pod, node);
                        self.caches.pod_removed(pod, node, devices);
                    }
                    self.cluster.forget(pod);
                    self.cluster.unreserve(reservation);
                }
                SimulationBefore::InFlight(claims, before) => {
                    self.caches.clear();
                    self.cluster.devices.set_in_flight(&claims, before);
                }
                SimulationBefore::Terminated(pod, since) => {
                    self.caches.clear();
                    self.cluster.set_deletion(pod, since);
                }
                SimulationBefore::Added(claims) => {
                    self.caches.clear();
                    self.cluster.remove_last();
                    claims.undo(self.cluster);
                }
                SimulationBefore::Recreated(recreated, changed) => {
                    let (pod, node) = (recreated.pod(), recreated.node());
                    self.cluster.undo_recreate(recreated);
                    // What it is like comes back with it. Older entries of the log fit a pod that counts
                    // as it did when they were written: not one that was being deleted, or of another template.
                    if changed || self.cluster.pod(pod).is_terminating() {
                        self.caches.clear();
                    } else {
                        let devices = device_reach(self.cluster, pod, node);
                        self.caches.pod_added(pod, node, devices);
                    }
                }
                SimulationBefore::Detached(pod) => {
                    if let Some(node) = self.cluster.attach(pod) {
                        self.caches.pod_added(pod, node, DeviceReach::Nowhere);
                    }
                }
                SimulationBefore::Attached(pod) => {
                    if let Some(node) = self.cluster.detach(pod) {
                        self.caches.pod_removed(pod, node, DeviceReach::Nowhere);
                    }
                }
                SimulationBefore::Edited(undo) => {
                    self.caches.clear();
                    undo.undo(self.cluster);
                }
                SimulationBefore::EditedAside(undo) => undo.undo(self.cluster),
                SimulationBefore::Nominated(pod, node) => {
                    self.cluster.set_nomination(pod, node);
                }
                SimulationBefore::Budget(place, allowed) => {
                    if let Some(budget) = self.cluster.budgets.get_mut(place) {
                        budget.disruptions_allowed = allowed;
                    }
                }
            }
        }
    }

    /// Takes everything back: the state is as it was at the beginning.
    pub fn rewind(mut self) {
        self.rollback(Savepoint(0));
    }

    /// Takes everything back, and begins again with other draws. As another simulation of the same
    /// state, but for the time that it takes, as cached cycles still hold; and it
    /// notes what could not be judged in all of them.
    pub fn again(&mut self, ties: Ties) {
        self.rollback(Savepoint(0));
        self.nominated.clear();
        self.group_cycles.clear();
        self.caches.reset_notes();
        self.ties = self.strategy.draws(ties);
        self.draw_start();
    }
}
