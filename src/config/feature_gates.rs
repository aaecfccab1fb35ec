//! The feature gates that the scheduler reads, their defaults in every supported minor, and `--feature-gates`.
//!
//! Histories are those of `pkg/features/kube_features.go` of v1.34.1 for 1.33 and 1.34, and of the scheduler's own gate
//! list of 1.37 for the later minors: gates keep their history until they are removed. Three facts are inferred: when
//! `GangScheduling` went (1.37 has `GenericWorkload` in its place), that locked gates go three minors after they were
//! locked, and that `SchedulerAsyncAPICalls`, which changes no verdict and which sources date differently, stays on.

use super::behaviour::KubeVersion;
use super::gates_elsewhere::GATES_ELSEWHERE;

use Stage::{Alpha, Beta, Locked, Removed, Stable};

/// How far a gate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Alpha,
    Beta,
    /// Generally available, can still be set.
    Stable,
    /// Can only be set to what it is.
    Locked,
    /// Not known any more; what it gated stays as it was.
    Removed,
}

/// From which minor on a gate is at which stage, with which default.
type History = &'static [(u32, Stage, bool)];

struct Gate {
    name: &'static str,
    history: History,
    field: fn(&mut FeatureGates) -> &mut bool,
}

impl Gate {
    /// Stage and default in `version`; `None` before the gate existed.
    fn at(&self, version: KubeVersion) -> Option<(Stage, bool)> {
        self.history
            .iter()
            .rev()
            .find(|(minor, ..)| *minor <= version.minor)
            .map(|(_, stage, default)| (*stage, *default))
    }
}

macro_rules! feature_gates {
    ($($field:ident: $name:literal [$($entry:expr),*];)*) => {
        /// Which of the scheduler's feature gates are on.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct FeatureGates {
            $(#[doc = concat!("`", $name, "`")] pub $field: bool,)*
        }

        const GATES: &[Gate] = &[
            $(Gate { name: $name, history: &[$($entry),*], field: |gates| &mut gates.$field },)*
        ];
    };
}

feature_gates! {
    composite_pod_group: "CompositePodGroup" [(37, Alpha, false)];
    csi_migration_portworx: "CSIMigrationPortworx" [(31, Beta, true), (33, Locked, true), (36, Removed, true)];
    dra_admin_access: "DRAAdminAccess" [(32, Alpha, false), (34, Beta, true), (36, Locked, true)];
    dra_consumable_capacity: "DRAConsumableCapacity" [(34, Alpha, false), (36, Beta, true)];
    dra_derived_attributes: "DRADerivedAttributes" [(37, Alpha, false)];
    dra_device_binding_conditions: "DRADeviceBindingConditions" [(34, Alpha, false), (36, Beta, true)];
    dra_device_compatibility_groups: "DRADeviceCompatibilityGroups" [(37, Alpha, false)];
    dra_device_taint_rules: "DRADeviceTaintRules" [(35, Alpha, false), (36, Beta, false), (37, Stable, true)];
    dra_device_taints: "DRADeviceTaints" [(33, Alpha, false), (36, Beta, true), (37, Stable, true)];
    dra_extended_resource: "DRAExtendedResource" [(34, Alpha, false), (36, Beta, true), (37, Locked, true)];
    dra_fractional_capacity_range: "DRAFractionalCapacityRange" [(37, Beta, false)];
    dra_list_type_attributes: "DRAListTypeAttributes" [(36, Alpha, false)];
    dra_node_allocatable_resources: "DRANodeAllocatableResources" [(36, Alpha, false)];
    dra_optional_node_operations: "DRAOptionalNodeOperations" [(37, Alpha, false)];
    dra_partitionable_devices: "DRAPartitionableDevices" [(33, Alpha, false), (36, Beta, true)];
    dra_prioritized_list: "DRAPrioritizedList" [(33, Alpha, false), (34, Beta, true), (36, Stable, true), (37, Locked, true)];
    dra_resource_claim_device_status: "DRAResourceClaimDeviceStatus" [(32, Alpha, false), (33, Beta, true), (37, Locked, true)];
    dra_scheduler_filter_timeout: "DRASchedulerFilterTimeout" [(34, Beta, true)];
    dra_workload_resource_claims: "DRAWorkloadResourceClaims" [(36, Alpha, false), (37, Beta, false)];
    dynamic_resource_allocation: "DynamicResourceAllocation" [(32, Beta, false), (34, Stable, true), (35, Locked, true)];
    gang_scheduling: "GangScheduling" [(35, Alpha, false), (37, Removed, false)];
    generic_workload: "GenericWorkload" [(35, Alpha, false), (37, Beta, false)];
    in_place_pod_level_resources_vertical_scaling: "InPlacePodLevelResourcesVerticalScaling" [(35, Alpha, false), (36, Beta, true)];
    in_place_pod_vertical_scaling: "InPlacePodVerticalScaling" [(33, Beta, true), (35, Locked, true)];
    in_place_pod_vertical_scaling_scheduler_preemption: "InPlacePodVerticalScalingSchedulerPreemption" [(37, Alpha, false)];
    inter_pod_affinity_hostname_fast_path: "InterPodAffinityHostnameFastPath" [(37, Alpha, false)];
    match_label_keys_in_pod_affinity: "MatchLabelKeysInPodAffinity" [(31, Beta, true), (33, Locked, true), (36, Removed, true)];
    match_label_keys_in_pod_topology_spread: "MatchLabelKeysInPodTopologySpread" [(27, Beta, true)];
    match_label_keys_in_pod_topology_spread_selector_merge: "MatchLabelKeysInPodTopologySpreadSelectorMerge" [(34, Beta, true)];
    node_declared_features: "NodeDeclaredFeatures" [(35, Alpha, false), (36, Beta, true), (37, Locked, true)];
    node_inclusion_policy_in_pod_topology_spread: "NodeInclusionPolicyInPodTopologySpread" [(26, Beta, true), (33, Locked, true)];
    nominated_node_name_for_expectation: "NominatedNodeNameForExpectation" [(34, Alpha, false), (35, Beta, true)];
    opportunistic_batching: "OpportunisticBatching" [(35, Beta, true)];
    pod_group_preemption_policy: "PodGroupPreemptionPolicy" [(37, Alpha, false)];
    pod_level_resources: "PodLevelResources" [(32, Alpha, false), (34, Beta, true)];
    pod_scheduling_readiness: "PodSchedulingReadiness" [(30, Locked, true), (35, Removed, true)];
    scheduler_async_api_calls: "SchedulerAsyncAPICalls" [(34, Beta, true)];
    scheduler_async_preemption: "SchedulerAsyncPreemption" [(32, Alpha, false), (33, Beta, true)];
    scheduler_pop_from_backoff_queue: "SchedulerPopFromBackoffQ" [(33, Beta, true)];
    scheduler_pre_queueing_hints: "SchedulerPreQueueingHints" [(37, Alpha, false)];
    scheduler_queueing_hints: "SchedulerQueueingHints" [(32, Beta, true), (34, Locked, true), (37, Removed, true)];
    sidecar_containers: "SidecarContainers" [(29, Beta, true), (33, Locked, true), (36, Removed, true)];
    storage_capacity_scoring: "StorageCapacityScoring" [(33, Alpha, false), (37, Beta, true)];
    taint_toleration_comparison_operators: "TaintTolerationComparisonOperators" [(35, Alpha, false)];
    topology_aware_workload_scheduling: "TopologyAwareWorkloadScheduling" [(36, Alpha, false)];
    workload_aware_preemption: "WorkloadAwarePreemption" [(36, Alpha, false), (37, Removed, false)];
    volume_attributes_class: "VolumeAttributesClass" [(31, Beta, false), (34, Stable, true), (36, Locked, true)];
    volume_limit_scaling: "VolumeLimitScaling" [(35, Alpha, false), (37, Beta, true)];
}

/// A value of `--feature-gates` that kube-scheduler refuses, in its words
/// (`k8s.io/component-base/featuregate/feature_gate.go: Set, unsafeSetFromMap`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureGateError {
    /// No gate of this name in this version.
    #[error("unrecognized feature gate: {0}")]
    Unrecognized(
        /// The name.
        String,
    ),
    /// A name without `=true` or `=false`.
    #[error("missing bool value for {0}")]
    MissingValue(
        /// The name.
        String,
    ),
    /// Neither true nor false.
    #[error("invalid value of {name}={value}, err: strconv.ParseBool: parsing {value:?}: invalid syntax")]
    InvalidValue {
        /// The gate.
        name: String,
        /// What was given.
        value: String,
    },
    /// A gate that this version does not let anybody change.
    #[error("cannot set feature gate {name} to {wanted}, feature is locked to {locked}")]
    Locked {
        /// The gate.
        name: String,
        /// What was asked for.
        wanted: bool,
        /// What it is.
        locked: bool,
    },
}

impl FeatureGates {
    /// The defaults of `version`.
    pub fn defaults(version: KubeVersion) -> Self {
        let mut gates = Self::default();
        for gate in GATES {
            *(gate.field)(&mut gates) = gate.at(version).is_some_and(|(_, default)| default);
        }
        gates
    }

    /// The defaults of `version`, changed by `A=true,B=false`. `AllAlpha` and `AllBeta` set what is not named itself.
    ///
    /// # Errors
    /// See [`FeatureGateError`].
    pub fn parse(version: KubeVersion, text: &str) -> Result<Self, FeatureGateError> {
        let mut assignments = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            assignments.push(assignment(part)?);
        }
        let mut gates = Self::defaults(version);
        for (name, value) in &assignments {
            let stage = match *name {
                "AllAlpha" => Alpha,
                "AllBeta" => Beta,
                _ => continue,
            };
            for gate in GATES {
                if gate.at(version).is_some_and(|(at, _)| at == stage) {
                    *(gate.field)(&mut gates) = *value;
                }
            }
        }
        for (name, value) in assignments {
            gates.set(version, name, value)?;
        }
        Ok(gates)
    }

    fn set(&mut self, version: KubeVersion, name: &str, value: bool) -> Result<(), FeatureGateError> {
        let known = GATES.iter().find(|gate| gate.name == name).and_then(|gate| Some((gate, gate.at(version)?)));
        match known {
            Some((gate, (Alpha | Beta | Stable, _))) => *(gate.field)(self) = value,
            Some((_, (Locked, default))) if default == value => {}
            Some((_, (Locked, locked))) => {
                return Err(FeatureGateError::Locked { name: name.to_owned(), wanted: value, locked });
            }
            None if matches!(name, "AllAlpha" | "AllBeta") || GATES_ELSEWHERE.contains(&name) => {}
            Some((_, (Removed, _))) | None => {
                return Err(FeatureGateError::Unrecognized(name.to_owned()));
            }
        }
        Ok(())
    }
}

/// `Gate=true`, or with its component in front: `kube:Gate=true`.
fn assignment(part: &str) -> Result<(&str, bool), FeatureGateError> {
    let part = part.trim();
    let part = part.strip_prefix("kube:").unwrap_or(part);
    let Some((name, value)) = part.split_once('=') else {
        return Err(FeatureGateError::MissingValue(part.to_owned()));
    };
    let (name, value) = (name.trim(), value.trim());
    // Go `strconv.ParseBool`.
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok((name, true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok((name, false)),
        _ => Err(FeatureGateError::InvalidValue { name: name.to_owned(), value: value.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(minor: u32, text: &str) -> Result<FeatureGates, FeatureGateError> {
        FeatureGates::parse(KubeVersion { minor, patch: None }, text)
    }

    #[track_caller]
    fn refused(minor: u32, text: &str, expected: &str) {
        assert_eq!(parse(minor, text).unwrap_err().to_string(), expected);
    }

    #[track_caller]
    fn dynamic_resources(minor: u32, text: &str, expected: bool) {
        assert_eq!(parse(minor, text).unwrap().dynamic_resource_allocation, expected);
    }

    #[test]
    fn defaults_follow_the_minor() {
        dynamic_resources(33, "", false);
        dynamic_resources(34, "", true);
        let [old, reference, new] = [33, 34, 37].map(|minor| parse(minor, "").unwrap());
        assert!(!old.pod_level_resources && reference.pod_level_resources);
        assert!(!reference.storage_capacity_scoring && new.storage_capacity_scoring);
        assert!(old.sidecar_containers && new.sidecar_containers);
        assert!(!reference.node_declared_features && new.node_declared_features);
    }

    #[test]
    fn sets_gates() {
        dynamic_resources(33, "DynamicResourceAllocation=true", true);
        dynamic_resources(34, " DynamicResourceAllocation = F ,", false);
        dynamic_resources(34, "kube:DynamicResourceAllocation=0,ImageVolume=true", false);
        dynamic_resources(35, "DynamicResourceAllocation=true", true);
    }

    #[test]
    fn all_alpha_spares_what_is_named() {
        let gates = parse(34, "DRADeviceTaints=false,AllAlpha=true").unwrap();
        assert!(gates.dra_extended_resource && gates.storage_capacity_scoring);
        assert!(!gates.dra_device_taints);
        assert!(!gates.taint_toleration_comparison_operators, "not in 1.34 at all");
    }

    #[test]
    fn refuses_in_upstreams_words() {
        refused(34, "NoSuchGate=true", "unrecognized feature gate: NoSuchGate");
        refused(33, "DRAConsumableCapacity=true", "unrecognized feature gate: DRAConsumableCapacity");
        refused(36, "SidecarContainers=true", "unrecognized feature gate: SidecarContainers");
        refused(34, "PodLevelResources", "missing bool value for PodLevelResources");
        refused(
            34,
            "PodLevelResources=yes",
            "invalid value of PodLevelResources=yes, err: strconv.ParseBool: parsing \"yes\": invalid syntax",
        );
        refused(
            34,
            "SidecarContainers=false",
            "cannot set feature gate SidecarContainers to false, feature is locked to true",
        );
    }
}
