//! How the allocation of devices differs between versions, beyond feature gates.
//!
//! Upstream has three allocators side by side in k8s.io/dynamic-resource-allocation/structured/internal: `stable`,
//! `incubating`, `experimental`. Which of them runs depends on the feature gates; what each of them does depends on
//! the release. Every difference has a name here.

use super::behaviour::KubeVersion;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent difference with a name")]
pub struct DeviceBehaviour {
    // Which allocator runs.
    /// The `stable` allocator has what `incubating` had before: admin access, prioritized lists, partitionable devices and
    /// device taints; and `incubating` has consumable capacity and binding conditions. Since 1.36.
    pub incubating_has_consumable_capacity: bool,
    /// `DRAResourceClaimDeviceStatus` by itself asks for the `experimental` allocator. Only 1.34.
    pub device_status_asks_for_experimental: bool,

    // Pools (pools_*.go, GatherPools).
    /// Nothing is allocated from a pool that is incomplete or invalid; before, only requests for all devices minded, and
    /// an invalid pool ended the search. Since 1.35.
    pub unsound_pools_are_passed_over: bool,
    /// Whether a pool is complete is decided by all its slices, not only by those that the node reaches. Since 1.35.
    pub pools_count_all_slices: bool,
    /// Counter sets lie in slices of their own and belong to the whole pool; before, to their slice. Since 1.35.
    pub counter_sets_belong_to_pools: bool,
    /// A slice with counter sets makes its pool a pool of every node. 1.35 and 1.36, and `stable` in 1.37.
    pub counter_slices_reach_every_node: bool,
    /// The same in the `stable` allocator.
    pub counter_slices_reach_every_node_in_stable: bool,
    /// Slices that have devices with binding conditions come last in their pool. Until 1.35.
    pub slices_with_binding_conditions_come_last: bool,
    /// A slice with counter sets is not looked at while `DRAPartitionableDevices` is off. Not in 1.34.
    pub counter_slices_need_gate: bool,
    /// Slices with compatibility groups are not looked at while their gate is off. Since 1.37.
    pub knows_compatibility_groups: bool,

    // Requests (allocator_*.go, Allocate, validateDeviceRequest).
    /// An alternative that wants all devices gets those that match the alternative before it, where that one wants all,
    /// too; and from the second device on the first alternative is gone on with. Until 1.35.
    pub alternatives_are_mixed_up: bool,
    /// All devices are those that have enough capacity left. Until 1.36; since then all that have enough by themselves.
    pub all_devices_need_capacity_left: bool,
    /// A capacity that cannot be computed ends the search; before, it only ruled the device out. Since 1.37.
    pub capacity_errors_end_the_search: bool,
    /// The text about too many devices names the request. Since 1.37.
    pub device_limit_names_request: bool,
    /// A request with derived attributes is refused while their gate is off. Since 1.37.
    pub knows_derived_attributes: bool,
    /// The text about capacity requests while their gate is off names the subrequest. Since 1.35.
    pub capacity_refusal_names_subrequest: bool,

    // The search (allocator_*.go, allocateOne, allocateDevice).
    /// Within a request devices are tried in one order only, each once. Since 1.36, not in `stable`.
    pub search_tries_combinations: bool,
    /// A device that was refused late leaves what it had taken behind. Until 1.35.
    pub refused_devices_leave_traces: bool,
    /// The last look at a device's capacity takes the device at the position in its slice that the number within the
    /// request gives. Only 1.34.
    pub capacity_recheck_takes_another_device: bool,
    /// Every effect of a taint keeps a device from being allocated, `None` too. Only 1.34.
    pub every_taint_effect_counts: bool,
    /// A further share of a device takes no counters again. Since 1.35.
    pub further_shares_take_no_counters: bool,
    /// A share without any capacity makes the device one in use. Since 1.37.
    pub shares_without_capacity_count: bool,
    /// Counters of a shared device count as taken. Since 1.36.
    pub shares_take_counters: bool,
    /// Counters are told apart by the name of the pool alone, not by driver and pool. 1.35 and 1.36.
    pub counters_by_pool_name: bool,
    /// A request for all devices crashes kube-scheduler if one of them takes counters. Only 1.35.
    pub all_devices_crash_with_counters: bool,
    /// `distinctAttribute` remembers one value for each request. Until 1.36.
    pub distinct_attribute_by_request: bool,
    /// `distinctAttribute` compares where values are stored, not what they are. Only 1.34.
    pub distinct_attribute_by_identity: bool,
    /// What attributes that are lists have in common is not put back when the search goes back. Only 1.36.
    pub common_values_are_not_put_back: bool,

    // CEL (cel/compile.go).
    /// Errors name the device, and give a hint where a key is missing. Since 1.37.
    pub cel_errors_name_device: bool,
    /// Attributes that are lists have a value whatever the gate says. Since 1.37.
    pub list_values_need_no_gate: bool,

    // DeviceTaintRules (resourceslice/tracker/tracker.go, applyPatches).
    /// They are read with the gate `DRADeviceTaints`, and may select by class and CEL. Only 1.33 and 1.34.
    pub taint_rules_select_by_class: bool,
    /// One without a selector is about no device; before, about all. Since 1.37.
    pub taint_rules_need_selector: bool,

    // The plugin (dynamicresources/, noderesources/).
    /// Text: `… was not created for Pod … (Pod is not owner)`. Since 1.36.
    pub owner_text_has_capitals: bool,
    /// PostFilter gives no reason when it did nothing. Since 1.37.
    pub post_filter_is_silent: bool,
    /// A class has its implicit extended resource beside the one it names. Since 1.35.
    pub implicit_resource_beside_named: bool,
    /// A node whose allocatable amount of an extended resource is 0 has it by a class; before, one without an entry.
    /// Since 1.35.
    pub allocatable_zero_means_devices: bool,
    /// Requests for extended resources: one for each container that asks, also for what a device plugin has. Only 1.34.
    pub extended_requests_per_container: bool,
    /// NodeResourcesFit and NodeResourcesBalancedAllocation score extended resources of classes. Since 1.35.
    pub extended_resources_are_scored: bool,
    /// The score takes the first results for the first claims, whether these were allocated before or not. Only 1.35.
    pub score_mixes_up_claims: bool,
}

impl DeviceBehaviour {
    pub(super) fn of(version: KubeVersion) -> Self {
        let minor = version.minor;
        Self {
            incubating_has_consumable_capacity: minor >= 36,
            device_status_asks_for_experimental: minor == 34,
            unsound_pools_are_passed_over: minor >= 35,
            pools_count_all_slices: minor >= 35,
            counter_sets_belong_to_pools: minor >= 35,
            counter_slices_reach_every_node: (35..=36).contains(&minor),
            counter_slices_reach_every_node_in_stable: minor >= 35,
            slices_with_binding_conditions_come_last: minor <= 35,
            counter_slices_need_gate: minor != 34,
            knows_compatibility_groups: minor >= 37,
            alternatives_are_mixed_up: minor <= 35,
            all_devices_need_capacity_left: minor <= 36,
            capacity_errors_end_the_search: minor >= 37,
            device_limit_names_request: minor >= 37,
            knows_derived_attributes: minor >= 37,
            capacity_refusal_names_subrequest: minor >= 35,
            search_tries_combinations: minor >= 36,
            refused_devices_leave_traces: minor <= 35,
            capacity_recheck_takes_another_device: minor == 34,
            every_taint_effect_counts: minor <= 34,
            further_shares_take_no_counters: minor >= 35,
            shares_without_capacity_count: minor >= 37,
            shares_take_counters: minor >= 36,
            counters_by_pool_name: (35..=36).contains(&minor),
            all_devices_crash_with_counters: minor == 35,
            distinct_attribute_by_request: minor <= 36,
            distinct_attribute_by_identity: minor <= 34,
            common_values_are_not_put_back: minor == 36,
            cel_errors_name_device: minor >= 37,
            list_values_need_no_gate: minor >= 37,
            taint_rules_select_by_class: minor <= 34,
            taint_rules_need_selector: minor >= 37,
            owner_text_has_capitals: minor >= 36,
            post_filter_is_silent: minor >= 37,
            implicit_resource_beside_named: minor >= 35,
            allocatable_zero_means_devices: minor >= 35,
            extended_requests_per_container: minor <= 34,
            extended_resources_are_scored: minor >= 35,
            score_mixes_up_claims: minor == 35,
        }
    }
}
