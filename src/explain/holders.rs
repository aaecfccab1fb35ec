//! Who has what the pod wants: host ports, devices.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::host_ports::UsedPorts;
use crate::api::name::Name;
use crate::decode::devices::DeviceId;
use crate::state::{Cluster, NodeInfo, Pod};

/// Holders of a cause that are kept.
pub const MOST_HOLDERS: usize = 50;

/// A pod that has a port of its node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortHolder {
    /// The port: `8080/TCP`, with the address where it has one.
    pub port: String,
    /// The pod.
    pub pod: ObjectKey,
    /// Its node.
    pub node: Name,
}

/// The pods on `nodes` that have a host port which `pod` wants; at most [`MOST_HOLDERS`].
pub fn of_ports<'a>(pod: &Pod, nodes: impl Iterator<Item = &'a NodeInfo>, cluster: &Cluster) -> Vec<PortHolder> {
    let wanted = &pod.class.host_ports;
    nodes
        .flat_map(|node| node.pods.iter().map(move |holder| (node, cluster.pod(*holder))))
        .flat_map(|(node, holder)| holder.class.host_ports.iter().map(move |port| (node, holder, *port)))
        .filter(|(_, _, held)| {
            let mut used = UsedPorts::default();
            used.add(*held);
            wanted.iter().any(|port| used.conflict(*port).is_some())
        })
        .map(|(node, holder, port)| PortHolder { port: port.to_string(), pod: holder.key(), node: node.name() })
        .take(MOST_HOLDERS)
        .collect()
}

/// A claim that has devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceHolder {
    /// The claim.
    pub claim: ObjectKey,
    /// How many devices it has that the nodes reach.
    pub devices: usize,
    /// The pods it is reserved for, as far as the state has them.
    pub pods: Vec<ObjectKey>,
}

/// The claims that have devices which `nodes` reach, the largest first; at most [`MOST_HOLDERS`].
pub fn of_devices<'a>(nodes: impl Iterator<Item = &'a NodeInfo>, cluster: &Cluster) -> Vec<DeviceHolder> {
    let devices = &cluster.devices;
    let reached: FxHashSet<DeviceId> = nodes
        .flat_map(|node| devices.slices_near(node.name()))
        .flat_map(|slice| slice.devices.iter().map(|device| DeviceId { pool: slice.pool, device: device.name }))
        .collect();
    let mut held: BTreeMap<ObjectKey, usize> = BTreeMap::new();
    for (claim, device) in devices.allocated() {
        if reached.contains(&device) {
            *held.entry(claim).or_default() += 1;
        }
    }
    let mut holders: Vec<(ObjectKey, usize)> = held.into_iter().collect();
    // Stable: of as many devices, in the order of names.
    holders.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    holders.truncate(MOST_HOLDERS);
    let by_uid = pods_by_uid(&holders, cluster);
    holders
        .into_iter()
        .map(|(claim, devices)| {
            let reserved = cluster.devices.claim(claim).map_or(&[][..], |claim| &claim.reserved_for);
            let pods = reserved.iter().filter_map(|uid| by_uid.get(uid)).copied().collect();
            DeviceHolder { claim, devices, pods }
        })
        .collect()
}

/// The pods that the claims are reserved for, in one pass over all.
fn pods_by_uid(holders: &[(ObjectKey, usize)], cluster: &Cluster) -> FxHashMap<Name, ObjectKey> {
    let reserved = holders.iter().filter_map(|(claim, _)| cluster.devices.claim(*claim));
    let wanted: FxHashSet<Name> = reserved.flat_map(|claim| claim.reserved_for.iter().copied()).collect();
    if wanted.is_empty() {
        return FxHashMap::default();
    }
    let pods = cluster.pods().iter().filter(|pod| wanted.contains(&pod.own.uid));
    pods.map(|pod| (pod.own.uid, pod.key())).collect()
}
