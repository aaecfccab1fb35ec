//! Which nodes belong to which group. The autoscaler asks the cloud; here labels and ids have to tell.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::decode::autoscaling::cluster_api::{Machine, ScalableResource};
use crate::decode::autoscaling::{Provisioning, ProvisioningKind};
use crate::decode::node::Node;
use crate::state::Cluster;

/// Who is a member of what, and how that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    /// The group of each node that has one, by its place in the status.
    group_of: FxHashMap<Name, usize>,
    /// How the members of a group were found.
    found_by: BTreeMap<usize, String>,
    /// Nodes that several groups claim.
    pub ambiguous: Vec<Name>,
}

impl Membership {
    /// Finds the members of `groups`, which are ids; `label` names one more label whose value is the id.
    pub(super) fn of(cluster: &Cluster, groups: &[Name], label: Option<Name>) -> Self {
        let machines = Machines::of(cluster);
        let mut found = Self::default();
        for node in cluster.nodes() {
            let mut claims = groups.iter().enumerate().filter_map(|(place, group)| {
                let by = by_label(&node.node, *group, label).or_else(|| {
                    machines.group_of(&node.node).filter(|own| own == group.as_str()).map(|_| "Cluster API")
                })?;
                Some((place, by.to_owned()))
            });
            if let Some((place, by)) = claims.next() {
                if claims.next().is_some() {
                    found.ambiguous.push(node.name());
                    continue;
                }
                found.group_of.insert(node.name(), place);
                found.found_by.entry(place).or_insert(by);
            }
        }
        found
    }

    /// The group of a node.
    pub(super) fn group_of(&self, node: Name) -> Option<usize> {
        self.group_of.get(&node).copied()
    }

    /// How the members of a group were found; none where none was.
    pub(super) fn found_by(&self, group: usize) -> Option<&str> {
        self.found_by.get(&group).map(String::as_str)
    }
}

/// What of a node says that it belongs to `group`.
fn by_label(node: &Node, group: Name, label: Option<Name>) -> Option<&'static str> {
    let value = |key: &str| node.labels.get(name(key));
    if label.is_some_and(|label| node.labels.get(label) == Some(group)) {
        return label.map(|label| label.as_str());
    }
    if let Some(pool) = value("eks.amazonaws.com/nodegroup")
        && is_eks_group(&group, &pool)
    {
        return Some("eks.amazonaws.com/nodegroup");
    }
    if value("cloud.google.com/gke-nodepool").is_some() && is_gke_group(&group, node) {
        return Some("cloud.google.com/gke-nodepool");
    }
    if node.provider_id.is_some_and(|id| scale_set(&id).is_some_and(|set| set.eq_ignore_ascii_case(&group))) {
        return Some("kubernetes.azure.com/agentpool");
    }
    None
}

/// `eks-NAME-UUID`: names may begin alike.
fn is_eks_group(group: &str, pool: &str) -> bool {
    let rest =
        group.strip_prefix("eks-").and_then(|rest| rest.strip_prefix(pool)).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|uuid| {
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    })
}

/// `…/zones/ZONE/instanceGroups/gke-CLUSTER-POOL-HASH-grp`: a node's name begins with the last part.
fn is_gke_group(group: &str, node: &Node) -> bool {
    let Some(manager) = group.rsplit('/').next().and_then(|last| last.strip_suffix("-grp")) else { return false };
    let named =
        node.name.strip_prefix(manager).and_then(|rest| rest.strip_prefix('-')).is_some_and(|rest| !rest.contains('-'));
    let zone = ["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];
    let zone = zone.iter().find_map(|key| node.labels.get(name(key)));
    named && zone.is_none_or(|zone| !group.contains("/zones/") || group.contains(&format!("/zones/{zone}/")))
}

/// The scale set in `azure:///…/virtualMachineScaleSets/NAME/virtualMachines/0`.
fn scale_set(provider_id: &str) -> Option<&str> {
    let at = provider_id.to_ascii_lowercase().find("/virtualmachinescalesets/")?;
    provider_id.get(at + "/virtualmachinescalesets/".len()..)?.split('/').next()
}

/// Node → Machine → MachineSet → MachineDeployment (cloudprovider/clusterapi `clusterapi_controller.go`).
struct Machines<'a> {
    /// By normalised provider id.
    by_id: FxHashMap<String, (ObjectKey, &'a Machine)>,
    by_node: FxHashMap<Name, (ObjectKey, &'a Machine)>,
    sets: FxHashMap<ObjectKey, &'a ScalableResource>,
    pools: Vec<(ObjectKey, &'a ScalableResource)>,
}

impl<'a> Machines<'a> {
    fn of(cluster: &'a Cluster) -> Self {
        let mut machines = Self {
            by_id: FxHashMap::default(),
            by_node: FxHashMap::default(),
            sets: FxHashMap::default(),
            pools: Vec::new(),
        };
        for object in cluster.autoscaling.objects.iter() {
            match (&object.data, object.kind) {
                (Provisioning::Machine(machine), _) => {
                    if let Some(id) = machine.provider_id {
                        machines.by_id.insert(normalized(&id), (object.key, machine));
                    }
                    if let Some(node) = machine.node {
                        machines.by_node.insert(node, (object.key, machine));
                    }
                }
                (Provisioning::Scalable(set), ProvisioningKind::MachineSet) => {
                    machines.sets.insert(object.key, set);
                }
                (Provisioning::Scalable(pool), ProvisioningKind::MachinePool) => {
                    machines.pools.push((object.key, pool));
                }
                _ => {}
            }
        }
        machines
    }

    fn group_of(&self, node: &Node) -> Option<String> {
        let id = node.provider_id.map(|id| normalized(&id));
        let by_id = id.as_ref().and_then(|id| self.by_id.get(id));
        if let Some((machine, found)) = by_id.or_else(|| self.by_node.get(&node.name)) {
            let set = found.owner?;
            let owner = self.sets.get(&ObjectKey::new(machine.namespace, set)).and_then(|set| set.owner);
            return Some(match owner {
                Some(deployment) => format!("MachineDeployment/{}/{deployment}", machine.namespace),
                None => format!("MachineSet/{}/{set}", machine.namespace),
            });
        }
        let id = id?;
        let pool = self.pools.iter().find(|(_, pool)| pool.provider_ids.iter().any(|own| normalized(own) == id));
        pool.map(|(key, _)| format!("MachinePool/{key}"))
    }
}

/// Upstream clusterapi_utils.go, normalizedProviderString.
fn normalized(id: &str) -> String {
    if id.starts_with("azure://") && id.contains("virtualMachineScaleSets") {
        return id.to_owned();
    }
    id.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_alike_are_kept_apart() {
        let uuid = "25899842-5a85-479e-a17f-59dba784bfde";
        assert!(is_eks_group(&format!("eks-general-{uuid}"), "general"));
        assert!(!is_eks_group(&format!("eks-general-b-{uuid}"), "general"));
        assert!(is_eks_group(&format!("eks-general-b-{uuid}"), "general-b"));
        assert!(!is_eks_group("eks-general", "general"));
    }

    #[test]
    fn a_scale_set_is_part_of_the_provider_id() {
        let id = "azure:///subscriptions/a/resourceGroups/b/providers/Microsoft.Compute/virtualMachineScaleSets/aks-x-1-vmss/virtualMachines/0";
        assert_eq!(scale_set(id), Some("aks-x-1-vmss"));
        assert_eq!(scale_set("aws:///eu/i-1"), None);
    }
}
