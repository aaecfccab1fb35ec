//! Words for what would be needed beyond any change of pod or node.

use crate::api::name::Name;
use crate::explain::Need;
use crate::report::text::list;

/// What is needed, in one line.
pub(in crate::report) fn need(need: &Need) -> String {
    match need {
        Need::Scheduler { name } => format!("a scheduler, or a profile of kube-scheduler, named {name}"),
        Need::PersistentVolumeClaim { claim, namespaces } if namespaces.is_empty() => {
            format!("a PersistentVolumeClaim {}", claim.name)
        }
        Need::PersistentVolumeClaim { claim, namespaces } => format!(
            "a PersistentVolumeClaim {} in namespace {}: there is one in {}",
            claim.name,
            claim.namespace,
            list(namespaces, 2)
        ),
        Need::DefaultStorageClass { claim } => {
            format!("a default StorageClass, or one named in claim {claim}")
        }
        Need::StorageClass { claim, class } => format!("a StorageClass {class}, which claim {claim} names"),
        Need::VolumeProvisioning { claim, provisioner } => {
            format!("a volume for claim {claim}: {provisioner} has not provisioned one yet; the claim's events say why")
        }
        Need::PersistentVolume { claim, class, size } => {
            let size = size.map(|size| format!(" of {size} or more")).unwrap_or_default();
            format!("a PersistentVolume{size} of class {class} for claim {claim}: the class provisions none")
        }
        Need::LostVolume { claim, volume } => {
            format!("PersistentVolume {volume} back, or a new claim {claim}")
        }
        Need::InInput { resource } => {
            format!("the {resource} of the cluster to be judged: the input has none; add {resource} to the dump")
        }
        Need::NewClaim { claim } => format!("a new claim {claim}"),
        Need::NodeForVolume { claim, volume, label, values } => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            let values = if values.is_empty() { String::new() } else { format!("={}", list(&values, 3)) };
            format!("a node with {label}{values}, where volume {volume} of claim {claim} can be used")
        }
        Need::NodeForStorageClass { claim, class, label, values } => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            format!(
                "a node with {label}={}, where class {class} provisions volumes for claim {claim}",
                list(&values, 3)
            )
        }
        Need::VolumeForOtherNode { claim, node } => {
            format!(
                "the provisioning of a volume for claim {claim} on {node} to finish or fail: another pod was bound there"
            )
        }
        Need::ExclusiveClaim { claim, pods } => {
            let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
            format!("claim {claim} to be released: only one pod at a time can use it, now {}", list(&pods, 3))
        }
        Need::StorageCapacity { claim, class, size } => {
            format!("{size} of free storage of class {class} for claim {claim}")
        }
        Need::ResourceClaim { claim } => format!("a ResourceClaim for {claim}"),
        Need::DeviceClass { class } => format!("a DeviceClass {class}"),
        Need::DeviceDriver { class } => {
            format!("devices of class {class}: no ResourceSlice of any node offers one; is the driver running?")
        }
        Need::FreeDevice { class, missing } => {
            let missing = missing.map_or_else(|| "all devices".to_owned(), |missing| format!("{missing} more"));
            format!("{missing} of class {class} to be freed: other claims have them")
        }
        Need::MatchingDevice { class } => {
            format!("devices of class {class} that match the request: no existing one does")
        }
        Need::MoreDevices { classes, match_attributes } => {
            let common = if match_attributes.is_empty() {
                String::new()
            } else {
                format!(" that have {} in common", list(match_attributes, 3))
            };
            format!("more devices of {}{common} on one node: the requests compete for the same ones", list(classes, 3))
        }
        Need::NodeResource { resource, offered } if offered.is_empty() => {
            format!("a node that offers {resource}: no node does; is the device plugin running?")
        }
        Need::NodeResource { resource, offered } => {
            format!("a node that offers {resource}: the nodes offer {} instead", list(offered, 3))
        }
        Need::HealthyDevices { resource } => {
            format!("{resource} to become allocatable: nodes have it, and none of it is healthy")
        }
        Need::LargerNode { resource, requested, largest } => {
            format!("a node with {requested} {resource} for pods: the largest has {largest}")
        }
        Need::TopologyLabel { label } => format!("the label {label} on nodes: no node has it"),
        Need::AffinityPods { selector } => format!("pods with {selector}, to run near: there are none"),
        Need::Priority { priority, node } => {
            format!(
                "a priority above {priority}: kube-scheduler could then preempt pods on {node}, the only possible node"
            )
        }
    }
}
