//! The feature gates that this plugin heeds, and those it does not know how to.

use crate::config::Behaviour;
use crate::framework::{NotEvaluated, Notes};

/// Feature gates (upstream dynamicresources.go, New).
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent gate with a name")]
pub(super) struct Gates {
    /// `DynamicResourceAllocation`: off, the plugin does nothing.
    pub enabled: bool,
    /// `DRAAdminAccess`
    pub admin_access: bool,
    /// `DRAPrioritizedList`
    pub prioritized_list: bool,
    /// Nodes are scored as well, since 1.35; not reproduced.
    scores: bool,
    /// Gates that are on and change what is allocated in a way that is not reproduced here.
    not_reproduced: Vec<&'static str>,
}

impl Gates {
    /// As the version and its gates have them. Those not reproduced are off by default in v1.34.
    pub(super) fn of(behaviour: &Behaviour) -> Self {
        let gates = &behaviour.gates;
        let not_reproduced = [
            ("DRAConsumableCapacity", gates.dra_consumable_capacity),
            ("DRADeviceBindingConditions", gates.dra_device_binding_conditions),
            ("DRADeviceCompatibilityGroups", gates.dra_device_compatibility_groups),
            ("DRADeviceTaints", gates.dra_device_taints),
            ("DRAExtendedResource", gates.dra_extended_resource),
            ("DRAListTypeAttributes", gates.dra_list_type_attributes),
            ("DRANodeAllocatableResources", gates.dra_node_allocatable_resources),
            ("DRAPartitionableDevices", gates.dra_partitionable_devices),
        ];
        Self {
            enabled: gates.dynamic_resource_allocation,
            admin_access: gates.dra_admin_access,
            prioritized_list: gates.dra_prioritized_list,
            scores: behaviour.dynamic_resources_scores,
            not_reproduced: not_reproduced.into_iter().filter(|(_, on)| *on).map(|(gate, _)| gate).collect(),
        }
    }

    /// Notes the gates that are on and not reproduced; for a pod that devices are to be found for.
    pub(super) fn note(&self, notes: &Notes) {
        for gate in &self.not_reproduced {
            notes.add(NotEvaluated::new(
                format!("feature gate {gate}"),
                "it is on, and its effect on device allocation is not reproduced",
                "DynamicResources was evaluated as if it were off",
            ));
        }
        if self.scores {
            notes.add(NotEvaluated::new(
                "the score of DynamicResources",
                "the rank of the firstAvailable request that a node satisfies is not reproduced",
                "totals leave it out",
            ));
        }
    }
}
