//! What the volume plugins read: classes, drivers and their limits, volumes, claims, free space.

use std::collections::BTreeMap;

use super::{Facts, Object, condition_text, selector_text};
use crate::api::Name;
use crate::decode::Kind;
use crate::decode::storage::{CsiNode, PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::state::Cluster;

pub(super) fn classes(cluster: &Cluster) -> Vec<Object> {
    let facts = |class: &StorageClass| {
        let term = |term: &crate::decode::storage::TopologyTerm| {
            let conditions = term.match_label_expressions.iter();
            let conditions =
                conditions.map(|condition| condition_text(condition.key, crate::api::name("In"), &condition.values));
            conditions.collect::<Vec<_>>().join(" and ")
        };
        let topologies: Vec<String> = class.allowed_topologies.iter().map(term).collect();
        Facts::default()
            .text("provisioner", class.provisioner)
            .some("volumeBindingMode", class.binding_mode.map(|mode| format!("{mode:?}")))
            .some("allowedTopologies", Some(topologies.join(" or ")).filter(|_| !topologies.is_empty()))
            .flag("default class", class.is_default)
    };
    let classes = cluster.storage().classes();
    classes.map(|class| (Kind::StorageClass, class.name.to_string(), facts(class))).collect()
}

pub(super) fn drivers(cluster: &Cluster) -> Vec<Object> {
    let facts = |driver: &crate::decode::storage::CsiDriver| {
        Facts::default()
            .with("attachRequired", driver.attach_required)
            .with("storageCapacity", driver.storage_capacity)
            .flag("preventPodSchedulingIfMissing", driver.prevents_scheduling_if_missing)
    };
    let drivers = cluster.storage().drivers();
    drivers.map(|driver| (Kind::CsiDriver, driver.name.to_string(), facts(driver))).collect()
}

pub(super) fn csi_nodes(cluster: &Cluster) -> Vec<Object> {
    let limit = |node: &CsiNode, driver: Name| {
        node.limit(driver).map_or_else(|| "no limit".to_owned(), |count| format!("{count} volumes"))
    };
    let facts = |node: &CsiNode| {
        Facts::default()
            .each("driver", node.drivers.iter().map(|driver| (*driver, limit(node, *driver))))
            .list("migrated plugins", node.migrated_plugins.iter())
    };
    let nodes = cluster.storage().csi_nodes();
    nodes.map(|node| (Kind::CsiNode, node.name.to_string(), facts(node))).collect()
}

pub(super) fn volumes(cluster: &Cluster) -> Vec<Object> {
    let facts = |volume: &PersistentVolume| {
        Facts::default()
            .text("storageClassName", volume.class)
            .with("capacity", volume.capacity)
            .list("accessModes", volume.access_modes.iter())
            .text("volumeMode", volume.volume_mode)
            .text("volumeAttributesClassName", volume.attributes_class)
            .some("claim", volume.claim.map(|claim| claim.key))
            .terms("nodeAffinity", volume.topology.as_ref().map(crate::decode::storage::VolumeTopology::terms))
            .some("driver", volume.csi.map(|source| source.driver))
            .flag("available", volume.available)
            .flag("terminating", volume.terminating)
            .labels("label", &volume.labels)
    };
    let volumes = cluster.storage().volumes();
    volumes.map(|volume| (Kind::PersistentVolume, volume.name.to_string(), facts(volume))).collect()
}

pub(super) fn claims(cluster: &Cluster) -> Vec<Object> {
    let facts = |claim: &PersistentVolumeClaim| {
        let selector = claim.selector.as_ref().map(|selector| selector_text(selector.as_ref().ok().cloned()));
        Facts::default()
            .text("storageClassName", claim.class)
            .text("volume", claim.volume_name)
            .some("request", claim.request)
            .list("accessModes", claim.access_modes.iter())
            .text("volumeMode", claim.volume_mode)
            .text("volumeAttributesClassName", claim.attributes_class)
            .some("selector", selector)
            .some("selected node", claim.selected_node)
            .flag("bound", claim.bind_completed)
            .flag("lost", claim.lost)
            .flag("terminating", claim.terminating)
    };
    let claims = cluster.storage().claims();
    claims.map(|claim| (Kind::PersistentVolumeClaim, claim.key.to_string(), facts(claim))).collect()
}

pub(super) fn capacities(cluster: &Cluster) -> Vec<Object> {
    let facts = |capacity: &crate::decode::storage::CsiStorageCapacity| {
        Facts::default()
            .text("storageClassName", capacity.class)
            .some("capacity", capacity.capacity)
            .some("maximumVolumeSize", capacity.maximum_volume_size)
            .with("nodes", selector_text(capacity.node_topology().cloned()))
    };
    let capacities = cluster.storage().capacities();
    capacities.map(|capacity| (Kind::CsiStorageCapacity, capacity.key.to_string(), facts(capacity))).collect()
}

/// How many volumes each driver has attached to a node: their own names are drawn.
pub(super) fn attachments(cluster: &Cluster) -> Vec<Object> {
    let of = |node: Name| {
        let mut attached: BTreeMap<Name, usize> = BTreeMap::new();
        for attachment in cluster.storage().attachments(node) {
            *attached.entry(attachment.attacher).or_default() += 1;
        }
        (Kind::VolumeAttachment, node.to_string(), Facts::default().each("attached by", attached))
    };
    cluster.storage().attached_nodes().map(of).collect()
}
