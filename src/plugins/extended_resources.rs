//! Extended resources that devices stand for: which DeviceClass serves a resource, and on which nodes
//! (upstream dynamic-resource-allocation/deviceclass/extendedresourcecache/extendedresourcecache.go,
//! pkg/scheduler/framework/plugins/dynamicresources/extended/util.go of v1.34).

use crate::api::name::{Name, name};
use crate::api::resources::{ScalarResources, is_extended_resource_name};
use crate::config::{Behaviour, DeviceBehaviour};
use crate::decode::devices::DeviceClass;
use crate::state::devices::{Devices, IMPLICIT_EXTENDED_RESOURCE_PREFIX};

/// Whether the gate `DRAExtendedResource` is on.
pub(super) fn is_on(behaviour: &Behaviour) -> bool {
    behaviour.gates.dynamic_resource_allocation && behaviour.gates.dra_extended_resource
}

/// Whether a class may serve the resource, by its name (upstream pkg/scheduler/util/utils.go, IsDRAExtendedResourceName).
pub(super) fn may_be_served(resource: Name, behaviour: &DeviceBehaviour) -> bool {
    is_extended_resource_name(&resource)
        || (behaviour.implicit_resource_beside_named && resource.starts_with(IMPLICIT_EXTENDED_RESOURCE_PREFIX))
}

/// The class that serves the resource (GetDeviceClass).
pub(super) fn class_of<'a>(
    devices: &'a Devices,
    resource: Name,
    behaviour: &DeviceBehaviour,
) -> Option<&'a DeviceClass> {
    if !devices.has_classes() {
        return None;
    }
    if let Some(class) = resource.strip_prefix(IMPLICIT_EXTENDED_RESOURCE_PREFIX) {
        let class = devices.class(name(class))?;
        return has_implicit_resource(devices, class, behaviour).then_some(class);
    }
    let named =
        devices.classes_with_extended_resource().filter(|(_, named)| *named == resource).map(|(class, _)| class);
    if behaviour.implicit_resource_beside_named {
        // The newest; of two that are equally old the first by name.
        named.reduce(|best, class| if class.created > best.created { class } else { best })
    } else {
        // Any of them, by the order of a hash map.
        named.last()
    }
}

/// Whether the class stands for the resource that carries its name. Upstream takes classes in as they come, at its start
/// in the order of names; one that loses against a newer or equally old class before it is not taken in at all
/// (updateResourceName2class).
fn has_implicit_resource(devices: &Devices, class: &DeviceClass, behaviour: &DeviceBehaviour) -> bool {
    let Some(resource) = class.extended_resource_name else { return true };
    behaviour.implicit_resource_beside_named
        && !devices
            .classes_with_extended_resource()
            .any(|(other, named)| named == resource && other.name < class.name && other.created >= class.created)
}

/// Whether a node with these allocatable amounts has none of the resource by itself, so that a class serves it.
pub(super) fn is_left_to_devices(allocatable: &ScalarResources, resource: Name, behaviour: &DeviceBehaviour) -> bool {
    if behaviour.allocatable_zero_means_devices {
        allocatable.get(resource) == 0
    } else {
        allocatable.find(resource).is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugins::volume_state;

    /// Which of these classes, each with the second of its creation, serves the resource that they all name.
    #[track_caller]
    fn case(classes: &[(&str, u8)], expected: &str) {
        let class = |(class, second): &(&str, u8)| {
            json!({"apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass",
                "metadata": {"name": class, "creationTimestamp": format!("2026-01-01T00:00:{second:02}Z")},
                "spec": {"extendedResourceName": "example.com/gpu"}})
        };
        let cluster = volume_state::cluster(&classes.iter().map(class).collect::<Vec<_>>());
        let behaviour = Behaviour::new("v1.35".parse().unwrap()).devices;
        let found = class_of(&cluster.devices, name("example.com/gpu"), &behaviour).map(|class| class.name);
        assert_eq!(found, Some(name(expected)), "{classes:?}");
        assert!(class_of(&cluster.devices, name("example.com/other"), &behaviour).is_none());
    }

    #[test]
    fn the_newest_class_serves_a_resource() {
        case(&[("a", 1), ("b", 2)], "b");
        case(&[("a", 2), ("b", 1)], "a");
        case(&[("a", 1), ("b", 1)], "a");
        case(&[("c", 1), ("b", 2), ("a", 2)], "a");
    }
}
