//! Feature gates: which are on, and kube-scheduler's `--feature-gates`.
//!
//! Which gates a minor knows, with their stage, default and lock, stands in its table ([`super::versions`]). Here are those
//! that change an answer; a plugin asks for them as fields.

use std::collections::BTreeMap;

use super::kube_version::KubeVersion;
use super::versions::table::{Minor, Stage};
use super::versions::{MINORS, minor_of};

#[cfg_attr(test, expect(clippy::struct_field_names, reason = "the field of FeatureGates"))]
struct Field {
    name: &'static str,
    #[cfg(test)]
    field: &'static str,
    of: fn(&mut FeatureGates) -> &mut bool,
}

macro_rules! feature_gates {
    ($($field:ident: $name:literal;)*) => {
        /// Which of the feature gates that change an answer are on.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
        pub struct FeatureGates {
            $(#[doc = concat!("`", $name, "`")] pub $field: bool,)*
        }

        const FIELDS: &[Field] = &[$(Field {
            name: $name,
            #[cfg(test)]
            field: stringify!($field),
            of: |gates| &mut gates.$field,
        },)*];
    };
}

/// Gates and their fields.
#[cfg(test)]
pub(super) fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|field| (field.name, field.field))
}

feature_gates! {
    csi_migration_portworx: "CSIMigrationPortworx";
    composite_pod_group: "CompositePodGroup";
    dra_admin_access: "DRAAdminAccess";
    dra_consumable_capacity: "DRAConsumableCapacity";
    dra_derived_attributes: "DRADerivedAttributes";
    dra_device_binding_conditions: "DRADeviceBindingConditions";
    dra_device_compatibility_groups: "DRADeviceCompatibilityGroups";
    dra_device_taint_rules: "DRADeviceTaintRules";
    dra_device_taints: "DRADeviceTaints";
    dra_extended_resource: "DRAExtendedResource";
    dra_fractional_capacity_range: "DRAFractionalCapacityRange";
    dra_list_type_attributes: "DRAListTypeAttributes";
    dra_node_allocatable_resources: "DRANodeAllocatableResources";
    dra_optional_node_operations: "DRAOptionalNodeOperations";
    dra_partitionable_devices: "DRAPartitionableDevices";
    dra_prioritized_list: "DRAPrioritizedList";
    dra_resource_claim_device_status: "DRAResourceClaimDeviceStatus";
    dra_scheduler_filter_timeout: "DRASchedulerFilterTimeout";
    dra_workload_resource_claims: "DRAWorkloadResourceClaims";
    dynamic_resource_allocation: "DynamicResourceAllocation";
    gang_scheduling: "GangScheduling";
    generic_workload: "GenericWorkload";
    in_place_pod_level_resources_vertical_scaling: "InPlacePodLevelResourcesVerticalScaling";
    in_place_pod_vertical_scaling: "InPlacePodVerticalScaling";
    in_place_pod_vertical_scaling_scheduler_preemption: "InPlacePodVerticalScalingSchedulerPreemption";
    match_label_keys_in_pod_topology_spread: "MatchLabelKeysInPodTopologySpread";
    node_declared_features: "NodeDeclaredFeatures";
    node_inclusion_policy_in_pod_topology_spread: "NodeInclusionPolicyInPodTopologySpread";
    pod_group_preemption_policy: "PodGroupPreemptionPolicy";
    pod_level_resources: "PodLevelResources";
    storage_capacity_scoring: "StorageCapacityScoring";
    taint_toleration_comparison_operators: "TaintTolerationComparisonOperators";
    topology_aware_workload_scheduling: "TopologyAwareWorkloadScheduling";
    volume_attributes_class: "VolumeAttributesClass";
    volume_limit_scaling: "VolumeLimitScaling";
    workload_aware_preemption: "WorkloadAwarePreemption";
}

/// Why a gate that was set changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoEffect {
    /// Nothing that the scheduler is made of reads it.
    NotRead,
    /// It is what it was set to without that.
    Default,
}

/// A value of `--feature-gates` that kube-scheduler refuses, in its words
/// (`k8s.io/component-base/featuregate/feature_gate.go: Set, unsafeSetFromMap`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
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
    /// A gate that is locked in this version.
    #[error("cannot set feature gate {name} to {wanted}, feature is locked to {locked}")]
    Locked {
        /// The gate.
        name: String,
        /// What was asked for.
        wanted: bool,
        /// What it is.
        locked: bool,
    },
    /// A gate that is on needs others that are off.
    #[error("{name} is enabled, but depends on features that are disabled: [{}]", disabled.join(" "))]
    Needs {
        /// The gate.
        name: &'static str,
        /// What it needs.
        disabled: Vec<&'static str>,
    },
    /// Gates with and without the component in front (`k8s.io/component-base/compatibility/registry.go: SetFallback`).
    #[error("set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use")]
    Mixed,
    /// Another component than kube-scheduler's.
    #[error("component not registered: {0}")]
    Component(
        /// Its name.
        String,
    ),
    /// Several of these: kube-scheduler reports them all.
    #[error("[{}]", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Several(
        /// Sorted by gate.
        Vec<Self>,
    ),
}

impl FeatureGates {
    /// The defaults of `version`.
    pub fn defaults(version: KubeVersion) -> Self {
        Self::with(version, &BTreeMap::new())
    }

    /// The defaults of `version`, changed by `A=true,B=false`. `AllAlpha` and `AllBeta` set what is not named itself.
    ///
    /// # Errors
    /// See [`FeatureGateError`].
    pub fn parse(version: KubeVersion, text: &str) -> Result<Self, FeatureGateError> {
        let minor = minor_of(version);
        let set = effective(minor, &assignments(text)?)?;
        Ok(Self::with(version, &set))
    }

    /// The defaults of `version` with some gates set. A gate that the minor does not know any more is what it was when
    /// it was last known; one that it does not know yet is off.
    fn with(version: KubeVersion, set: &BTreeMap<&str, bool>) -> Self {
        let table = minor_of(version);
        let mut gates = Self::default();
        for field in FIELDS {
            let known =
                MINORS.iter().rev().filter(|minor| minor.minor <= table.minor).find_map(|minor| minor.gate(field.name));
            *(field.of)(&mut gates) = set.get(field.name).copied().or(known.map(|gate| gate.on)).unwrap_or_default();
        }
        gates
    }

    /// The gates named by a `--feature-gates` that was accepted and that change nothing, with why.
    pub fn without_effect(version: KubeVersion, text: &str) -> Vec<(&'static str, NoEffect)> {
        let minor = minor_of(version);
        let named = assignments(text).unwrap_or_default();
        let known = named.into_iter().filter_map(|(name, value)| Some((minor.gate(name)?, value)));
        known
            .filter(|(gate, _)| !gate.is_group())
            .filter_map(|(gate, value)| match (gate.read, gate.on == value) {
                (false, _) => Some((gate.name, NoEffect::NotRead)),
                (true, true) => Some((gate.name, NoEffect::Default)),
                (true, false) => None,
            })
            .collect()
    }

    /// Every gate that is read here, and whether it is on.
    pub fn all(&self) -> Vec<(&'static str, bool)> {
        let mut gates = self.clone();
        FIELDS.iter().map(|field| (field.name, *(field.of)(&mut gates))).collect()
    }

    /// Whether a gate is on that this minor knows, by its name; None for a gate that changes no answer.
    pub(super) fn by_name(&self, name: &str) -> Option<bool> {
        let field = FIELDS.iter().find(|field| field.name == name)?;
        Some(*(field.of)(&mut self.clone()))
    }
}

/// What `--feature-gates` names, the last of each name
/// (`k8s.io/component-base/featuregate/feature_gate.go: Set`; the component in front: `compatibility/registry.go`).
fn assignments(text: &str) -> Result<BTreeMap<&str, bool>, FeatureGateError> {
    let mut found = BTreeMap::new();
    let mut prefixed = None;
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (component, plain) =
            part.split_once(':').map_or((None, part), |(component, plain)| (Some(component), plain));
        if let Some(component) = component.filter(|component| *component != "kube") {
            return Err(FeatureGateError::Component(component.to_owned()));
        }
        if *prefixed.get_or_insert(component.is_some()) != component.is_some() {
            return Err(FeatureGateError::Mixed);
        }
        let (name, value) = assignment(plain)?;
        found.insert(name, value);
    }
    Ok(found)
}

/// What is set in the end, with what `AllAlpha` and `AllBeta` set (`feature_gate.go: unsafeSetFromMap`).
fn effective<'a>(minor: &Minor, named: &BTreeMap<&'a str, bool>) -> Result<BTreeMap<&'a str, bool>, FeatureGateError> {
    let mut errors = Vec::new();
    let mut set = named.clone();
    for (name, value) in named {
        let Some(gate) = minor.gate(name) else { return Err(FeatureGateError::Unrecognized((*name).to_owned())) };
        if gate.locked && gate.on != *value {
            let (name, wanted, locked) = ((*name).to_owned(), *value, gate.on);
            errors.push(FeatureGateError::Locked { name, wanted, locked });
        }
        let stage = match *name {
            "AllAlpha" => Stage::Alpha,
            "AllBeta" => Stage::Beta,
            _ => continue,
        };
        // Not one that is named itself, nor the other of the two.
        for gate in minor.gates.iter().filter(|gate| gate.stage == stage && !gate.is_group()) {
            set.entry(gate.name).or_insert(*value);
        }
    }
    if errors.is_empty() {
        let on = |name: &str| set.get(name).copied().or(minor.gate(name).map(|gate| gate.on)).unwrap_or_default();
        for gate in minor.gates.iter().filter(|gate| !gate.needs.is_empty() && on(gate.name)) {
            let disabled: Vec<_> = gate.needs.iter().copied().filter(|need| !on(need)).collect();
            if !disabled.is_empty() {
                errors.push(FeatureGateError::Needs { name: gate.name, disabled });
            }
        }
    }
    match errors.len() {
        0 => Ok(set),
        1 => Err(errors.remove(0)),
        _ => Err(FeatureGateError::Several(errors)),
    }
}

/// `Gate=true`.
fn assignment(part: &str) -> Result<(&str, bool), FeatureGateError> {
    let Some((name, value)) = part.split_once('=') else {
        return Err(FeatureGateError::MissingValue(part.trim().to_owned()));
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
        assert!(!reference.node_declared_features && new.node_declared_features);
        assert!(old.csi_migration_portworx && new.csi_migration_portworx, "locked, then removed");
    }

    #[test]
    fn sets_gates() {
        dynamic_resources(33, "DynamicResourceAllocation=true", true);
        dynamic_resources(34, " DynamicResourceAllocation = F ,", false);
        dynamic_resources(34, "kube:DynamicResourceAllocation=0,kube:ImageVolume=true", false);
        dynamic_resources(34, "DynamicResourceAllocation=false,DynamicResourceAllocation=true", true);
        dynamic_resources(35, "DynamicResourceAllocation=true", true);
        for locked in ["SidecarContainers=true", "PodSchedulingReadiness=true", "MatchLabelKeysInPodAffinity=true"] {
            parse(34, locked).unwrap();
        }
    }

    #[test]
    fn all_alpha_spares_what_is_named() {
        let gates = parse(34, "DRADeviceTaints=false,AllAlpha=true").unwrap();
        assert!(gates.dra_extended_resource && gates.storage_capacity_scoring);
        assert!(!gates.dra_device_taints);
        assert!(!gates.taint_toleration_comparison_operators, "not in v1.34 at all");
    }

    #[test]
    fn refuses_in_upstreams_words() {
        refused(34, "NoSuchGate=true", "unrecognized feature gate: NoSuchGate");
        refused(33, "DRAConsumableCapacity=true", "unrecognized feature gate: DRAConsumableCapacity");
        refused(37, "SidecarContainers=true", "unrecognized feature gate: SidecarContainers");
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
        refused(
            36,
            "WorkloadAwarePreemption=true",
            "WorkloadAwarePreemption is enabled, but depends on features that are disabled: [GangScheduling]",
        );
        refused(
            37,
            "PodLevelResources=false,TopologyAwareWorkloadScheduling=true",
            "[InPlacePodLevelResourcesVerticalScaling is enabled, but depends on features that are disabled: \
             [PodLevelResources], PodLevelResourcesFixDefaulting is enabled, but depends on features that are disabled: \
             [PodLevelResources], PodLevelResourcesFixKubeletQOSClass is enabled, but depends on features that are \
             disabled: [PodLevelResources], TopologyAwareWorkloadScheduling is enabled, but depends on features that are \
             disabled: [GenericWorkload]]",
        );
        refused(34, "kube:ImageVolume=true,PodLevelResources=true", &FeatureGateError::Mixed.to_string());
        refused(34, "other:ImageVolume=true", "component not registered: other");
    }

    #[test]
    fn gates_of_other_components_have_no_effect() {
        let version = KubeVersion { minor: 34, patch: None };
        let without_effect =
            FeatureGates::without_effect(version, "NodeSwap=true,PodLevelResources=true,AllAlpha=true");
        assert_eq!(without_effect, [("NodeSwap", NoEffect::NotRead), ("PodLevelResources", NoEffect::Default)]);
        assert!(FeatureGates::without_effect(version, "PodLevelResources=false").is_empty());
    }
}
