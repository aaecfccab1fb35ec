//! Who occupies what the pod wants: host ports, devices.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::host_ports::UsedPorts;
use crate::api::name::Name;
use crate::decode::devices::DeviceId;
use crate::state::{Cluster, NodeInfo, Pod};

/// Holders of a cause that are kept.
pub const MOST_OCCUPANTS: usize = 50;

/// A pod that has a port of its node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PortOccupant {
    /// The port: `8080/TCP`, with the address where it has one.
    pub port: String,
    /// The pod.
    pub pod: ObjectKey,
    /// Its node.
    pub node: Name,
}

/// The pods on `nodes` that have a host port which `pod` wants; at most [`MOST_OCCUPANTS`].
pub fn of_ports<'a>(pod: &Pod, nodes: impl Iterator<Item = &'a NodeInfo>, cluster: &Cluster) -> Vec<PortOccupant> {
    let wanted = &pod.class.host_ports;
    nodes
        .flat_map(|node| node.pods.iter().map(move |holder| (node, cluster.pod(*holder))))
        .flat_map(|(node, holder)| holder.class.host_ports.iter().map(move |port| (node, holder, *port)))
        .filter(|(_, _, held)| {
            let mut used = UsedPorts::default();
            used.add(*held);
            wanted.iter().any(|port| used.conflict(*port).is_some())
        })
        .map(|(node, holder, port)| PortOccupant { port: port.to_string(), pod: holder.key(), node: node.name() })
        .take(MOST_OCCUPANTS)
        .collect()
}

/// A claim that has devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DeviceOccupant {
    /// The claim.
    pub claim: ObjectKey,
    /// How many devices it has that the nodes reach.
    pub devices: usize,
    /// The pods it is reserved for, as far as the state has them.
    pub pods: Vec<ObjectKey>,
}

/// The claims that have devices which `nodes` reach, the largest first; at most [`MOST_OCCUPANTS`].
pub fn of_devices<'a>(nodes: impl Iterator<Item = &'a NodeInfo>, cluster: &Cluster) -> Vec<DeviceOccupant> {
    let devices = &cluster.devices;
    let reached: FxHashSet<DeviceId> = nodes
        .flat_map(|node| devices.slices_near(node.name()))
        .flat_map(|slice| slice.devices.iter().map(|device| DeviceId { pool: slice.pool, device: device.name }))
        .collect();
    let mut held: BTreeMap<ObjectKey, usize> = BTreeMap::new();
    for (claim, device) in devices.allocated() {
        if reached.contains(&device.id) {
            *held.entry(claim).or_default() += 1;
        }
    }
    let mut occupants: Vec<(ObjectKey, usize)> = held.into_iter().collect();
    // Stable: of as many devices, in the order of names.
    occupants.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    occupants.truncate(MOST_OCCUPANTS);
    let by_uid = pods_by_uid(&occupants, cluster);
    occupants
        .into_iter()
        .map(|(claim, devices)| {
            let reserved = cluster.devices.claim(claim).map_or(&[][..], |claim| &claim.reserved_for);
            let pods = reserved.iter().filter_map(|uid| by_uid.get(uid)).copied().collect();
            DeviceOccupant { claim, devices, pods }
        })
        .collect()
}

/// The pods that the claims are reserved for, in one pass over all.
fn pods_by_uid(occupants: &[(ObjectKey, usize)], cluster: &Cluster) -> FxHashMap<Name, ObjectKey> {
    let reserved = occupants.iter().filter_map(|(claim, _)| cluster.devices.claim(*claim));
    let wanted: FxHashSet<Name> = reserved.flat_map(|claim| claim.reserved_for.iter().copied()).collect();
    if wanted.is_empty() {
        return FxHashMap::default();
    }
    let pods = cluster.pods().iter().filter(|pod| wanted.contains(&pod.own.uid));
    pods.map(|pod| (pod.own.uid, pod.key())).collect()
}
