//! How the allocation of devices differs between versions, beyond feature gates.
//!
//! Upstream has three allocators side by side in k8s.io/dynamic-resource-allocation/structured/internal: `stable`,
//! `incubating`, `experimental`. Which of them runs depends on the feature gates; what each of them does depends on
//! the release. Every difference has a name here, with its history as in [`super::behaviours`].

use super::behaviours::When::{Always, Never};
use super::behaviours::holds;
use crate::config::kube_version::KubeVersion;

macro_rules! device_behaviours {
    ($($(#[doc = $doc:literal])* $name:ident: [$($entry:expr),*];)*) => {
        /// What differs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(clippy::struct_excessive_bools, reason = "each is an independent difference with a name")]
        pub struct DeviceBehaviour {
            $($(#[doc = $doc])* pub $name: bool,)*
        }

        impl DeviceBehaviour {
            pub(super) fn of(version: KubeVersion) -> Self {
                Self { $($name: holds(&[$($entry),*], version),)* }
            }
        }
    };
}

device_behaviours! {
    // Which allocator runs.
    /// The `stable` allocator has what `incubating` had before: admin access, prioritized lists, partitionable devices and
    /// device taints; and `incubating` has consumable capacity and binding conditions. Since 1.36.
    incubating_has_consumable_capacity: [(36, Always)];
    /// `DRAResourceClaimDeviceStatus` by itself asks for the `experimental` allocator. Only 1.34.
    device_status_asks_for_experimental: [(34, Always), (35, Never)];

    // Pools (pools_*.go, GatherPools).
    /// Nothing is allocated from a pool that is incomplete or invalid; before, only requests for all devices minded, and
    /// an invalid pool ended the search. Since 1.35.
    unsound_pools_are_passed_over: [(35, Always)];
    /// Whether a pool is complete is decided by all its slices, not only by those that the node reaches. Since 1.35.
    pools_count_all_slices: [(35, Always)];
    /// Counter sets lie in slices of their own and belong to the whole pool; before, to their slice. Since 1.35.
    counter_sets_belong_to_pools: [(35, Always)];
    /// A slice with counter sets makes its pool a pool of every node. 1.35 and 1.36, and `stable` in 1.37.
    counter_slices_reach_every_node: [(35, Always), (37, Never)];
    /// The same in the `stable` allocator.
    counter_slices_reach_every_node_in_stable: [(35, Always)];
    /// Slices that have devices with binding conditions come last in their pool. Until 1.35.
    slices_with_binding_conditions_come_last: [(33, Always), (36, Never)];
    /// A slice with counter sets is not looked at while `DRAPartitionableDevices` is off. Not in 1.34.
    counter_slices_need_gate: [(33, Always), (34, Never), (35, Always)];
    /// Slices with compatibility groups are not looked at while their gate is off. Since 1.37.
    knows_compatibility_groups: [(37, Always)];

    // Requests (allocator_*.go, Allocate, validateDeviceRequest).
    /// An alternative that wants all devices gets those that match the alternative before it, where that one wants all,
    /// too; and from the second device on the first alternative is gone on with. Until 1.35.
    alternatives_are_mixed_up: [(33, Always), (36, Never)];
    /// All devices are those that have enough capacity left. Until 1.36; since then all that have enough by themselves.
    all_devices_need_capacity_left: [(33, Always), (37, Never)];
    /// A capacity that cannot be computed ends the search; before, it only ruled the device out. Since 1.37.
    capacity_errors_end_the_search: [(37, Always)];
    /// The text about too many devices names the request. Since 1.37.
    device_limit_names_request: [(37, Always)];
    /// A request with derived attributes is refused while their gate is off. Since 1.37.
    knows_derived_attributes: [(37, Always)];
    /// The text about capacity requests while their gate is off names the subrequest. Since 1.35.
    capacity_refusal_names_subrequest: [(35, Always)];

    // The search (allocator_*.go, allocateOne, allocateDevice).
    /// Within a request devices are tried in one order only, each once. Since 1.36, not in `stable`.
    search_tries_combinations: [(36, Always)];
    /// A device that was refused late leaves what it had taken behind. Until 1.35.
    refused_devices_leave_traces: [(33, Always), (36, Never)];
    /// The last look at a device's capacity takes the device at the position in its slice that the number within the
    /// request gives. Only 1.34.
    capacity_recheck_takes_another_device: [(34, Always), (35, Never)];
    /// Every effect of a taint keeps a device from being allocated, `None` too. Only 1.34.
    every_taint_effect_counts: [(33, Always), (35, Never)];
    /// A further share of a device takes no counters again. Since 1.35.
    further_shares_take_no_counters: [(35, Always)];
    /// A share without any capacity makes the device one in use. Since 1.37.
    shares_without_capacity_count: [(37, Always)];
    /// Counters of a shared device count as taken. Since 1.36.
    shares_take_counters: [(36, Always)];
    /// Counters are identified by the name of the pool alone, not by driver and pool. 1.35 and 1.36.
    counters_by_pool_name: [(35, Always), (37, Never)];
    /// A request for all devices crashes kube-scheduler if one of them takes counters. Only 1.35.
    all_devices_crash_with_counters: [(35, Always), (36, Never)];
    /// `distinctAttribute` remembers one value for each request. Until 1.36.
    distinct_attribute_by_request: [(33, Always), (37, Never)];
    /// `distinctAttribute` compares where values are stored, not what they are. Only 1.34.
    distinct_attribute_by_identity: [(33, Always), (35, Never)];
    /// The plugin tells the allocator of the gate `DRAListTypeAttributes`, so that constraints compare lists. Since 1.37:
    /// in 1.36 only CEL respects it.
    constraints_compare_lists: [(37, Always)];

    // CEL (cel/compile.go).
    /// Errors name the device, and give a hint where a key is missing. Since 1.37.
    cel_errors_name_device: [(37, Always)];
    /// Attributes that are lists have a value whatever the gate says. Since 1.37.
    list_values_need_no_gate: [(37, Always)];

    // DeviceTaintRules (resourceslice/tracker/tracker.go, applyPatches).
    /// They are read with the gate `DRADeviceTaints`, and may select by class and CEL. Only 1.33 and 1.34.
    taint_rules_select_by_class: [(33, Always), (35, Never)];
    /// One without a selector is about no device; before, about all. Since 1.37.
    taint_rules_need_selector: [(37, Always)];

    // The plugin (dynamicresources/, noderesources/).
    /// Text: `… was not created for Pod … (Pod is not owner)`. Since 1.36.
    owner_text_has_capitals: [(36, Always)];
    /// PostFilter gives no reason when it did nothing. Since 1.37.
    post_filter_is_silent: [(37, Always)];
    /// A class has its implicit extended resource beside the one it names. Since 1.35.
    implicit_resource_beside_named: [(35, Always)];
    /// A node whose allocatable amount of an extended resource is 0 has it by a class; before, one without an entry.
    /// Since 1.35.
    allocatable_zero_means_devices: [(35, Always)];
    /// Requests for extended resources: one for each container that asks, also for what a device plugin has. Only 1.34.
    extended_requests_per_container: [(33, Always), (35, Never)];
    /// NodeResourcesFit and NodeResourcesBalancedAllocation score extended resources of classes. Since 1.35.
    extended_resources_are_scored: [(35, Always)];
    /// The score takes the first results for the first claims, whether these were allocated before or not. Only 1.35.
    score_mixes_up_claims: [(35, Always), (36, Never)];
}
