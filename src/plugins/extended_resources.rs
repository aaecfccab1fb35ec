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
