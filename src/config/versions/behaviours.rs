//! What differs between versions and cannot be read off a table: one name each. A plugin asks for a behaviour by its
//! name, never for a version number.
//!
//! A behaviour has a history: from which minor on it holds `Always` or `Never`, or in which patch releases of a minor
//! (`From(2)`: from v1.NN.2 on; `Until(2)`: in v1.NN.0 and v1.NN.1). An entry holds until the next one. A minor that has
//! no entry before it does not have the behaviour.

use super::devices::DeviceBehaviour;
use super::minor_of;
use crate::config::feature_gates::{FeatureGateError, FeatureGates};
use crate::config::kube_version::KubeVersion;

use When::{Always, From, Never, Until};

/// In which patch releases of a minor a behaviour holds.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the words of histories, whether one uses them today or not")]
pub(super) enum When {
    Always,
    Never,
    /// From this patch release on.
    From(u32),
    /// Before this patch release.
    Until(u32),
}

/// Whether a behaviour holds in a version. A minor without a patch release, and one that is not known, stand for the
/// release that the (nearest) table was written from.
pub(super) fn holds(history: &[(u32, When)], version: KubeVersion) -> bool {
    let table = minor_of(version);
    let patch = version.patch.filter(|_| version.minor == table.minor).unwrap_or(table.patch);
    match history.iter().rev().find(|(minor, _)| *minor <= table.minor) {
        Some((_, Always)) => true,
        None | Some((_, Never)) => false,
        Some((minor, From(first))) => *minor < table.minor || patch >= *first,
        Some((minor, Until(first))) => *minor == table.minor && patch < *first,
    }
}

macro_rules! behaviours {
    ($($(#[doc = $doc:literal])* $name:ident: [$($entry:expr),*];)*) => {
        /// What differs between versions and feature gates.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct Behaviour {
            /// The version.
            pub version: KubeVersion,
            /// Its feature gates.
            pub gates: FeatureGates,
            /// How devices are allocated.
            pub devices: DeviceBehaviour,
            $($(#[doc = $doc])* pub $name: bool,)*
        }

        impl Behaviour {
            fn of(version: KubeVersion, gates: FeatureGates) -> Self {
                Self { version, gates, devices: DeviceBehaviour::of(version), $($name: holds(&[$($entry),*], version),)* }
            }

            /// Every named behaviour, and whether it holds.
            pub fn named(&self) -> Vec<(&'static str, bool)> {
                vec![$((stringify!($name), self.$name)),*]
            }
        }
    };
}

behaviours! {
    /// `InterPodAffinity` keeps the incoming pod's `namespaceSelector` beside the namespaces it expanded it to, and so
    /// matches every namespace when the selector is negative. Came with v1.34 (kubernetes#132457); fixed after v1.37.0
    /// (kubernetes#141563).
    namespace_selector_kept_after_expansion: [(34, Always), (37, Until(1))];
    /// `TaintToleration`'s reason says which taint: `node(s) had untolerated taint {key: value}`. Since v1.35.0 it says
    /// `node(s) had untolerated taint(s)` (kubernetes#134740); backported to v1.34.2 (kubernetes#135023).
    taint_reason_names_taint: [(33, Always), (34, Until(2)), (35, Never)];
    /// The queue computes the signature of each new pod (`backend/queue/scheduling_queue.go: signPod`; gate
    /// OpportunisticBatching, on by default).
    queue_signs_pods: [(36, Always)];
    /// `DynamicResources` scores nodes by the rank of the `firstAvailable` request they satisfy (kubernetes#134711).
    dynamic_resources_scores: [(35, Always)];
    /// `DynamicResources` has arguments (`apis/config/v1/register.go: DynamicResourcesArgs`).
    dynamic_resources_has_args: [(34, Always)];
    /// `DynamicResourcesArgs` has a `bindingTimeout`.
    dynamic_resources_args_have_binding_timeout: [(35, Always)];
    /// Profiles have extension points for groups of pods, such as `placementScore`
    /// (`k8s.io/kube-scheduler/config/v1: Plugins`).
    plugins_have_group_points: [(36, Always)];
    /// `podGroupPostFilter` is one of them.
    plugins_have_pod_group_post_filter: [(37, Always)];
    /// Pods of a gang are scheduled one by one and wait on permit for each other; what group a pod is in,
    /// `spec.workloadRef` says (`plugins/gangscheduling`).
    gangs_are_scheduled_pod_by_pod: [(35, Always), (36, Never)];
    /// A group of pods has a cycle of its own, in which Permit says whether enough of its pods have a node
    /// (`schedule_one_podgroup.go`).
    groups_are_scheduled_by_permit: [(36, Always), (37, Never)];
    /// Pods assumed within the cycle of a group are missing from the lists that the snapshot keeps beside its nodes
    /// (`backend/cache/snapshot.go: AssumePod`).
    group_cycle_keeps_snapshot_lists: [(36, Always), (37, Never)];
    /// A group of pods has its own place in the queue, and a cycle that PlacementFeasible ends.
    groups_are_scheduled_by_feasibility: [(37, Always)];
    /// Texts about a configuration's `queueSort` and `utilization` name the field once more (`validation.go`,
    /// `validation_pluginargs.go`).
    validation_texts_repeat_the_field: [(33, Always), (34, Never)];
    /// A bad label key is a bad label key, no longer a bad qualified name (apimachinery `api/validate/content/kube.go`).
    label_keys_have_their_own_texts: [(35, Always)];
    /// `requestedToCapacityRatio` must be there when the strategy is of that type, and only then
    /// (`validation_pluginargs.go: ValidateNodeResourcesFitArgs`).
    capacity_ratio_is_checked_by_type: [(36, Always)];
    /// `NodeResourcesFit` says UnschedulableAndUnresolvable where a request is above what the node has at all
    /// (kubernetes#131345).
    request_above_allocatable_is_unresolvable: [(34, Always)];
    /// `NodeResourcesFit` does not compare requests for extended resources that are negative after they wrapped in 64 bits
    /// (`noderesources/fit.go: fitsRequest`).
    negative_scalar_requests_are_ignored: [(37, Always)];
    /// `NodeResourcesBalancedAllocation` scores by how much the pod changes the balance (kubernetes#135573).
    balanced_allocation_scores_change: [(36, Always)];
    /// `ImageLocality` counts image volumes (kubernetes#130231) ...
    image_locality_counts_volumes: [(36, Always)];
    /// ... and takes them into the maximum (kubernetes#138951).
    image_locality_expects_volumes: [(37, Always)];
    /// The StatefulSet controller heeds `maxUnavailable` (gate MaxUnavailableStatefulSet of kube-controller-manager, on by
    /// default).
    stateful_sets_have_max_unavailable: [(37, Always)];
    /// `NodeName` narrows the search down to `spec.nodeName` in PreFilter.
    node_name_narrows: [(37, Always)];
    /// The largest of what spec and status say of a pod's resources is taken of whole pods, not container by container
    /// (component-helpers `resource/helpers.go: AggregateContainerRequests`).
    maximum_of_whole_pods: [(37, Always)];
    /// A potential victim that breaks one PodDisruptionBudget draws on no further one
    /// (`framework/preemption/util.go: FilterVictimsWithPDBViolation`).
    pdb_counting_stops_at_violation: [(37, Always)];
    /// The event of a pod for which preemption found a node says so (kubernetes#140180).
    preemption_names_node: [(37, Always)];
    /// A pod that fits nowhere loses its nomination where the profile has no PostFilter plugin (`schedule_one.go`:
    /// `clearNominatedNode` in place of an empty result).
    no_post_filter_clears_nomination: [(35, Always)];
    /// `NodeDeclaredFeatures`' reason names the features that are missing.
    declared_features_reason_names_them: [(35, Always), (36, Never)];
    /// `NodeDeclaredFeatures` knows `UserNamespacesHostNetworkSupport` (component-helpers `nodedeclaredfeatures/features`) ...
    declared_features_know_user_namespaces_in_host_network: [(36, Always)];
    /// ... and `VolumeBindMountOptions`.
    declared_features_know_bind_mount_options: [(37, Always)];
    /// Portworx's volumes are CSI volumes everywhere; the gate `CSIMigrationPortworx` is gone.
    portworx_migration_is_complete: [(36, Always)];
    /// With `VolumeLimitScaling`, a node needs only drivers whose CSIDriver says `preventPodSchedulingIfMissing`
    /// (`nodevolumelimits/csi.go: checkCSIDriverOnNode`).
    required_drivers_are_marked: [(36, Always)];
    /// `VolumeRestrictions`' reason for a claim that one pod at a time may use speaks of a claim with the same name.
    read_write_once_pod_reason_names_same_claim: [(33, Always), (34, Never)];
}

impl Behaviour {
    /// The behaviour of `version` with its feature gates at their defaults.
    pub fn new(version: KubeVersion) -> Self {
        Self::of(version, FeatureGates::defaults(version))
    }

    /// Whether DeviceTaintRules are read, and taint devices (upstream pkg/scheduler/scheduler.go, New).
    pub fn reads_device_taint_rules(&self) -> bool {
        let gate = if self.devices.taint_rules_select_by_class {
            self.gates.dra_device_taints
        } else {
            self.gates.dra_device_taint_rules
        };
        self.gates.dra_device_taints && gate
    }

    /// The behaviour of `version` with feature gates as kube-scheduler's `--feature-gates` takes them: `A=true,B=false`.
    ///
    /// # Errors
    /// As kube-scheduler: a gate it does not know, one that is locked, one that needs another, or a value that is no
    /// boolean.
    pub fn with_feature_gates(version: KubeVersion, feature_gates: &str) -> Result<Self, FeatureGateError> {
        Ok(Self::of(version, FeatureGates::parse(version, feature_gates)?))
    }
}

impl Default for Behaviour {
    /// The reference version.
    fn default() -> Self {
        Self::new(KubeVersion::REFERENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(history: &[(u32, When)], holding: &[&str], not: &[&str]) {
        let in_version = |text: &&str| holds(history, text.parse().unwrap());
        assert!(holding.iter().all(in_version), "{history:?} in {holding:?}");
        assert!(!not.iter().any(in_version), "{history:?} in {not:?}");
    }

    #[test]
    fn histories_go_down_to_the_patch_release() {
        case(&[(35, Always)], &["v1.35", "v1.36.0", "v1.40"], &["v1.29", "v1.34.9"]);
        case(&[(34, From(2))], &["v1.34.2", "v1.34", "v1.35.0"], &["v1.33", "v1.34.1"]);
        case(&[(33, Always), (34, Until(2)), (35, Never)], &["v1.29", "v1.33", "v1.34.1"], &["v1.34.2", "v1.34"]);
        case(&[(34, Always), (37, Until(1))], &["v1.36.9", "v1.37.0"], &["v1.33", "v1.37.1", "v1.37", "v1.38.0"]);
    }
}
