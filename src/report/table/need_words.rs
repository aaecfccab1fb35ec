//! Words for what would be needed beyond any change of pod or node.

use crate::api::name::Name;
use crate::explain::Need;

use super::super::text::list;

/// What is needed, in one line.
pub(in crate::report) fn need(need: &Need) -> String {
    match need {
        Need::Scheduler { name } => format!("a scheduler, or a profile of this one, called {name}"),
        Need::Claim { claim, namespaces } if namespaces.is_empty() => {
            format!("a PersistentVolumeClaim {}", claim.name)
        }
        Need::Claim { claim, namespaces } => format!(
            "a PersistentVolumeClaim {} in namespace {}: there is one in {}",
            claim.name,
            claim.namespace,
            list(namespaces, 2)
        ),
        Need::ClassOfClaim { claim } => {
            format!("a StorageClass for claim {claim}: it names none, and was given no default")
        }
        Need::StorageClass { claim, class } => format!("a StorageClass {class}, which claim {claim} names"),
        Need::Provisioning { claim, provisioner } => {
            format!("a volume for claim {claim}: {provisioner} has made none yet; the claim's events say why")
        }
        Need::Volume { claim, class, size } => {
            let size = size.map(|size| format!(" of {size} or more")).unwrap_or_default();
            format!("a PersistentVolume{size} of class {class} for claim {claim}: the class makes none")
        }
        Need::LostVolume { claim, volume } => {
            format!("PersistentVolume {volume} back, or a new claim {claim}")
        }
        Need::NewClaim { claim } => format!("a new claim {claim}"),
        Need::NodeNearVolume { claim, volume, label, values } => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            let values = if values.is_empty() { String::new() } else { format!("={}", list(&values, 3)) };
            format!("a node with {label}{values}, where volume {volume} of claim {claim} can be used")
        }
        Need::NodeOfClass { claim, class, label, values } => {
            let values: Vec<&str> = values.iter().map(Name::as_str).collect();
            format!("a node with {label}={}, where class {class} makes volumes for claim {claim}", list(&values, 3))
        }
        Need::OtherNodeForVolume { claim, node } => {
            format!("an end to the making of a volume for claim {claim} on {node}, to where a pod was bound")
        }
        Need::UnusedClaim { claim, pods } => {
            let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
            format!("claim {claim} unused: it is for one pod at a time, and used by {}", list(&pods, 3))
        }
        Need::Storage { claim, class, size } => format!("{size} of free storage of class {class} for claim {claim}"),
        Need::ResourceClaim { claim } => format!("a ResourceClaim for {claim}"),
        Need::DeviceClass { class } => format!("a DeviceClass {class}"),
        Need::DeviceDriver { class } => {
            format!("devices of class {class}: no ResourceSlice near any node offers one; is the driver running?")
        }
        Need::FreeDevice { class, missing } => {
            let missing = missing.map_or_else(|| "all devices".to_owned(), |missing| format!("{missing} more"));
            format!("{missing} of class {class} free: other claims have them")
        }
        Need::OtherDevice { class } => {
            format!("other devices of class {class}: none that there are is what is asked for")
        }
        Need::MoreDevices { classes, match_attributes } => {
            let common = if match_attributes.is_empty() {
                String::new()
            } else {
                format!(" that have {} in common", list(match_attributes, 3))
            };
            format!("more devices of {}{common} near one node: the requests compete for the same", list(classes, 3))
        }
        Need::ResourceOffered { resource } => {
            format!("a node that offers {resource}: none does; is its device plugin running?")
        }
        Need::LargerNode { resource, requested, largest } => {
            format!("a node with {requested} {resource} for pods: the largest has {largest}")
        }
        Need::TopologyLabel { label } => format!("the label {label} on nodes: none has it"),
        Need::PodsToBeNear { selector } => format!("pods with {selector} to be near: there are none"),
        Need::Priority { priority, node } => {
            format!("a priority above {priority}: pods on {node}, the only node for it, would then make way")
        }
    }
}
