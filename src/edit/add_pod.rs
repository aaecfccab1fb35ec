//! One more pod of a workload, as its controller and the API server would make it.

use std::sync::Arc;

use super::EditError;
use super::undo::{Before, Undo};
use crate::api::meta::{ObjectKey, OwnerReference};
use crate::api::name::Name;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::control_plane::NewPods;
use crate::control_plane::admission::{self, AdmissionRefusal, Admitted, Charged};
use crate::control_plane::controller;
use crate::control_plane::resource_claims;
use crate::control_plane::volume_claims::{self, MadeClaims};
use crate::decode::pod::PodOwn;
use crate::decode::workload::WorkloadKey;
use crate::state::Cluster;
use crate::state::pod::Pod;
use crate::state::pod_class::PodClass;

pub(super) fn apply(
    cluster: &mut Cluster,
    key: WorkloadKey,
    pod: Name,
    node: Option<Name>,
    gates: RequestGates,
) -> Result<Undo, EditError> {
    let workload = cluster.workload(key).ok_or(EditError::NoSuchWorkload(key))?;
    let node = match node {
        Some(node) => Some(cluster.node_named(node).ok_or(EditError::NoSuchNode(node))?),
        None => None,
    };
    let pod = ObjectKey::new(key.key.namespace, pod);
    if cluster.pod_named(pod).is_some() {
        return Err(EditError::PodExists(pod));
    }
    let daemon = node.and_then(|node| controller::daemon_on(cluster, workload, node));
    let daemon = daemon.filter(|_| key.kind == super::WorkloadKind::DaemonSet);
    let node = node.map(|node| node.id);
    let NewPods { own, template, claims, .. } =
        daemon.unwrap_or_else(|| controller::one_called(cluster, workload, pod.name));
    let Some(own) = own.into_iter().next() else { return Err(EditError::NoSuchWorkload(key)) };
    let mut own = PodOwn { key: pod, ..own }.with_uid();
    let Admitted { template, refused, .. } = admission::admit(&own, &template, cluster, gates);
    if let Some(why) = refused {
        return Err(EditError::Forbidden(AdmissionRefusal::of_pod(pod, why)));
    }
    let charged = Charged::of(cluster, pod.namespace);
    let (mut volumes, refused) = volume_claims::make_before(cluster, pod, claims);
    let let_in = refused.map_or_else(|| admission::charge(cluster, pod, &template, gates), Err);
    if let Err(refusal) = let_in {
        volumes.undo(cluster);
        charged.put_back(cluster);
        return Err(EditError::Forbidden(refusal));
    }
    let class = shared_class(cluster, own.controller.as_ref(), template, gates);
    let devices = resource_claims::make(cluster, &mut own, &class.template.spec);
    let devices = cluster.add_resource_claims(devices);
    volumes.extend(volume_claims::make_ephemeral(cluster, &own, &class.template.spec));
    let id = cluster.add_pending(Box::new(own), class);
    if let Some(node) = node {
        cluster.assume(id, node);
    }
    Ok(Undo(Before::NoPod(AddedClaims { volumes, devices }, charged)))
}

/// Claims that were made with a pod.
#[derive(Debug)]
pub(super) struct AddedClaims {
    volumes: MadeClaims,
    devices: Vec<ObjectKey>,
}

pub(super) fn undo(cluster: &mut Cluster, claims: AddedClaims, charged: Charged) {
    charged.put_back(cluster);
    cluster.remove_last();
    claims.volumes.undo(cluster);
    for claim in claims.devices {
        cluster.devices.set_claim(claim, None);
    }
}

/// The class of a sibling where one has it already: pods of one template are asked about once.
fn shared_class(
    cluster: &Cluster,
    controller: Option<&OwnerReference>,
    template: Arc<PodTemplate>,
    gates: RequestGates,
) -> Arc<PodClass> {
    let sibling = |pod: &&Pod| pod.own.controller.as_ref() == controller && pod.class.template == template;
    match cluster.pods.iter().rev().find(sibling) {
        Some(pod) => Arc::clone(&pod.class),
        None => Arc::new(PodClass::new(template, gates)),
    }
}
