//! What this plugin's answers depend on beside the state: feature gates, the behaviour of the version, and which of
//! upstream's allocators they select (upstream dynamicresources.go, New, AllocatorFeatures; structured/allocator.go,
//! NewAllocator).

use crate::config::{Behaviour, DeviceBehaviour};
use crate::framework::{NotEvaluated, Notes, Turns};

use super::cel::View;

/// Feature gates and behaviour.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent gate with a name")]
pub(super) struct Gates {
    /// `DynamicResourceAllocation`: off, the plugin does nothing.
    pub enabled: bool,
    /// `DRAAdminAccess`
    pub admin_access: bool,
    /// `DRAConsumableCapacity`
    pub consumable_capacity: bool,
    /// `DRADerivedAttributes`
    pub derived_attributes: bool,
    /// `DRADeviceBindingConditions` and `DRAResourceClaimDeviceStatus`
    pub binding_conditions: bool,
    /// `DRADeviceCompatibilityGroups`
    pub compatibility_groups: bool,
    /// `DRADeviceTaints`
    pub taints: bool,
    /// DeviceTaintRules are read.
    pub taint_rules: bool,
    /// `DRAExtendedResource`
    pub extended_resources: bool,
    /// `DRAFractionalCapacityRange`
    pub fractional_capacity_range: bool,
    /// `DRAListTypeAttributes`
    pub list_attributes: bool,
    /// The same, as far as constraints are concerned.
    pub compares_lists: bool,
    /// `DRAOptionalNodeOperations`
    pub optional_node_operations: bool,
    /// `DRAPartitionableDevices`
    pub partitionable_devices: bool,
    /// `DRAPrioritizedList`
    pub prioritized_list: bool,
    /// Nodes are scored by the rank of alternatives.
    pub scores: bool,
    /// The allocator in use knows consumable capacity, `distinctAttribute` included.
    pub knows_capacity: bool,
    /// Within a request devices are tried in one order only.
    pub tries_combinations: bool,
    /// A slice with counter sets makes its pool a pool of every node.
    pub counter_slices_reach_every_node: bool,
    /// What else differs between versions.
    pub behaviour: DeviceBehaviour,
    /// Gates that are on and change what is allocated in a way that is not reproduced here.
    not_reproduced: Vec<&'static str>,
}

/// Upstream's allocators, the oldest code first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allocator {
    Stable,
    Incubating,
    Experimental,
}

impl Gates {
    /// As the version and its gates have them.
    pub(super) fn of(behaviour: &Behaviour) -> Self {
        let gates = &behaviour.gates;
        let devices = behaviour.devices;
        let binding_conditions = gates.dra_device_binding_conditions && gates.dra_resource_claim_device_status;
        let allocator = allocator(behaviour, binding_conditions);
        let not_reproduced = [
            ("DRANodeAllocatableResources", gates.dra_node_allocatable_resources),
            ("DRAWorkloadResourceClaims", gates.dra_workload_resource_claims),
        ];
        Self {
            enabled: gates.dynamic_resource_allocation,
            admin_access: gates.dra_admin_access,
            consumable_capacity: gates.dra_consumable_capacity,
            derived_attributes: gates.dra_derived_attributes,
            binding_conditions,
            compatibility_groups: gates.dra_device_compatibility_groups,
            taints: gates.dra_device_taints,
            taint_rules: behaviour.reads_device_taint_rules(),
            extended_resources: gates.dynamic_resource_allocation && gates.dra_extended_resource,
            fractional_capacity_range: gates.dra_fractional_capacity_range,
            list_attributes: gates.dra_list_type_attributes,
            compares_lists: gates.dra_list_type_attributes && devices.constraints_compare_lists,
            optional_node_operations: gates.dra_optional_node_operations,
            partitionable_devices: gates.dra_partitionable_devices,
            prioritized_list: gates.dra_prioritized_list,
            scores: behaviour.dynamic_resources_scores,
            knows_capacity: match allocator {
                Allocator::Stable => false,
                Allocator::Incubating => devices.incubating_has_consumable_capacity,
                Allocator::Experimental => true,
            },
            tries_combinations: devices.search_tries_combinations && allocator != Allocator::Stable,
            counter_slices_reach_every_node: match allocator {
                Allocator::Stable => devices.counter_slices_reach_every_node_in_stable,
                Allocator::Incubating | Allocator::Experimental => devices.counter_slices_reach_every_node,
            },
            behaviour: devices,
            not_reproduced: not_reproduced.into_iter().filter(|(_, on)| *on).map(|(gate, _)| gate).collect(),
        }
    }

    /// How the allocator shows devices to CEL.
    pub(super) fn view(&self) -> View {
        View { sharing: self.knows_capacity, lists: self.shows_lists() }
    }

    /// How others than the allocator show devices to CEL: without saying whether they can be shared.
    pub(super) fn view_elsewhere(&self) -> View {
        View { sharing: false, lists: self.shows_lists() }
    }

    fn shows_lists(&self) -> bool {
        self.list_attributes || self.behaviour.list_values_need_no_gate
    }

    /// Notes the gates that are on and not reproduced; for a pod with claims, allocated or not: with
    /// DRANodeAllocatableResources devices that others hold count on the node as well.
    pub(super) fn note(&self, notes: &Notes) {
        for gate in &self.not_reproduced {
            notes.add(
                NotEvaluated::new(
                    format!("feature gate {gate}"),
                    "it is on, and its effect on device allocation is not reproduced",
                    "DynamicResources was evaluated as if it were off",
                )
                .turning(Turns::Either),
            );
        }
    }
}

/// The first allocator that has everything that is on (upstream structured/allocator.go, NewAllocator).
fn allocator(behaviour: &Behaviour, binding_conditions: bool) -> Allocator {
    let gates = &behaviour.gates;
    let devices = behaviour.devices;
    let of_experimental = gates.dra_consumable_capacity
        || gates.dra_fractional_capacity_range
        || binding_conditions
        || (devices.device_status_asks_for_experimental
            && (gates.dra_device_binding_conditions || gates.dra_resource_claim_device_status));
    let newest = (gates.dra_list_type_attributes && devices.constraints_compare_lists)
        || gates.dra_optional_node_operations
        || gates.dra_derived_attributes
        || gates.dra_device_compatibility_groups;
    // What was experimental has become incubating, and what was incubating stable. Before, these two differ in nothing that
    // is asked of them here.
    let moved = devices.incubating_has_consumable_capacity;
    if newest || (of_experimental && !moved) {
        Allocator::Experimental
    } else if of_experimental {
        Allocator::Incubating
    } else {
        Allocator::Stable
    }
}
