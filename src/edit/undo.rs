//! What takes an edit back.

use std::sync::Arc;

use super::add_pod::AddedClaims;
use super::remove_node::Removed;
use super::{EditError, PodChange};
use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::api::pod_template::PodTemplate;
use crate::api::quantity::Quantity;
use crate::api::requests::RequestGates;
use crate::api::resources::{Resources, STANDARD};
use crate::api::update_strategy::UpdateStrategy;
use crate::control_plane::admission::Charged;
use crate::decode::devices::ResourceClaim;
use crate::decode::node::Node;
use crate::decode::workload::{BudgetCounts, PodTemplateSpec, Workload};
use crate::state::Cluster;
use crate::state::node_info::NodeId;
use crate::state::pod::PodId;
use crate::state::pod_class::PodClass;
use crate::state::recreate::{Departure, Recreated};

/// Takes one edit back. Edits are undone in the opposite order.
#[derive(Debug)]
#[must_use = "the state stays changed until the edit is undone"]
pub struct Undo(pub(super) Before);

/// What was before the edit.
#[derive(Debug)]
pub(super) enum Before {
    Node(NodeId, Arc<Node>),
    Requested(NodeId, Resources),
    Class(PodId, Arc<PodClass>),
    /// The claim of this name was like this; or there was none.
    Claim(ObjectKey, Option<ResourceClaim>),
    /// A pod that was recreated.
    Recreated(Recreated),
    /// A pod that has left the state, and what quotas counted with it.
    Left(Box<Departure>, Charged),
    /// The node was not there: it is the last one, and so are this many pods on it.
    NoNode(usize),
    /// The same for a node that brought these slices.
    NoBuiltNode(usize, Vec<Name>),
    /// The node that was there, and what went with it.
    RemovedNode(Box<Removed>),
    /// The pod was not there: it is the last one. Neither were these claims of its; quotas counted
    /// without it.
    NoPod(AddedClaims, Charged),
    /// The workload at this place had this template; with `true` the last one was not there.
    Template(usize, Arc<PodTemplateSpec>, bool),
    /// The workload at this place replaced its pods in this way.
    Strategy(usize, UpdateStrategy),
    /// This workload was at this place.
    Workload(usize, Box<Workload>),
    /// The last workload was not there.
    NoWorkload,
    /// The workload at this place was this one.
    Applied(usize, Box<Workload>),
    /// The workload at this place had so many replicas.
    Replicas(usize, Option<i32>),
    /// The budget at this place allowed so many disruptions, and this was counted.
    Allowed(usize, (i32, Option<BudgetCounts>)),
}

impl Undo {
    /// Puts everything back as it was.
    pub fn undo(self, cluster: &mut Cluster) {
        match self.0 {
            Before::Node(id, node) => {
                if let Some(info) = cluster.nodes.get_mut(id.index()) {
                    info.node = node;
                    cluster.node_index.clear();
                }
            }
            Before::Requested(id, requested) => {
                if let Some(info) = cluster.nodes.get_mut(id.index()) {
                    info.requested = requested;
                }
            }
            Before::Class(pod, class) => set_class(cluster, pod, class),
            Before::Claim(key, claim) => {
                cluster.devices.set_claim(key, claim);
            }
            Before::Recreated(recreated) => cluster.undo_recreate(recreated),
            Before::Left(left, charged) => {
                cluster.put_back(*left);
                charged.put_back(cluster);
            }
            Before::NoNode(pods) => super::add_node::undo(cluster, pods),
            Before::NoBuiltNode(pods, slices) => {
                cluster.devices.remove_slices(&slices);
                super::add_node::undo(cluster, pods);
            }
            Before::RemovedNode(removed) => removed.undo(cluster),
            Before::NoPod(claims, charged) => super::add_pod::undo(cluster, claims, charged),
            Before::Template(place, template, with_replica_set) => {
                if with_replica_set {
                    cluster.workloads.pop();
                }
                if let Some(workload) = cluster.workloads.get_mut(place) {
                    workload.template = template;
                }
            }
            Before::Strategy(place, strategy) => {
                if let Some(workload) = cluster.workloads.get_mut(place) {
                    workload.strategy = strategy;
                }
            }
            Before::Workload(place, workload) => cluster.workloads.insert(place, *workload),
            Before::NoWorkload => {
                cluster.workloads.pop();
            }
            Before::Applied(place, before) => {
                if let Some(workload) = cluster.workloads.get_mut(place) {
                    *workload = *before;
                }
            }
            Before::Replicas(place, replicas) => {
                if let Some(workload) = cluster.workloads.get_mut(place) {
                    workload.replicas = replicas;
                }
            }
            Before::Allowed(place, before) => {
                if let Some(budget) = cluster.budgets.get_mut(place) {
                    (budget.disruptions_allowed, budget.counted) = before;
                }
            }
        }
    }

    /// Undoes all of them, the last one first.
    pub fn all(undos: Vec<Self>, cluster: &mut Cluster) {
        for undo in undos.into_iter().rev() {
            undo.undo(cluster);
        }
    }

    pub(super) fn node(cluster: &mut Cluster, node: Name, change: impl FnOnce(&mut Node)) -> Result<Self, EditError> {
        let info = cluster.node_named(node).ok_or(EditError::NoSuchNode(node))?;
        let (id, before) = (info.id, Arc::clone(&info.node));
        cluster.change_node(id, change);
        Ok(Self(Before::Node(id, before)))
    }

    pub(super) fn free(cluster: &mut Cluster, node: Name, resource: Name, amount: Quantity) -> Result<Self, EditError> {
        let id = cluster.node_named(node).ok_or(EditError::NoSuchNode(node))?.id;
        let info = cluster.nodes.get_mut(id.index()).ok_or(EditError::NoSuchNode(node))?;
        let before = info.requested.clone();
        let mut freed = Resources::default();
        freed.add([(resource, amount)].into_iter().filter(|(resource, _)| *resource != STANDARD.pods));
        info.requested.add_resources(&freed, true);
        Ok(Self(Before::Requested(id, before)))
    }

    pub(super) fn patch(
        cluster: &mut Cluster,
        key: ObjectKey,
        changes: &[PodChange],
        gates: RequestGates,
    ) -> Result<Self, EditError> {
        let pod = cluster.pod_named(key).ok_or(EditError::NoSuchPod(key))?;
        let before = Arc::clone(&pod.class);
        let mut template = PodTemplate::clone(&before.template);
        for change in changes {
            change.apply(&mut template.spec).map_err(|error| error.of(format!("pod \"{key}\"")))?;
        }
        let id = pod.id;
        set_class(cluster, id, Arc::new(PodClass::new(Arc::new(template), gates)));
        Ok(Self(Before::Class(id, before)))
    }
}

/// A pod on a node is counted under its class: it is taken off while that changes.
fn set_class(cluster: &mut Cluster, id: PodId, class: Arc<PodClass>) {
    let node = cluster.node_of(id);
    if node.is_some() {
        cluster.forget(id);
    }
    if let Some(pod) = cluster.pods.get_mut(id.0 as usize) {
        pod.class = class;
    }
    if let Some(node) = node {
        cluster.assume(id, node);
    }
}
