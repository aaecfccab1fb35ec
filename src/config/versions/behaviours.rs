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
    /// `DynamicResources` scores nodes by the rank of the `firstAvailable` request they satisfy (kubernetes#134711).
    dynamic_resources_scores: [(35, Always)];
    /// `DynamicResources` has arguments (`apis/config/v1/register.go: DynamicResourcesArgs`).
    dynamic_resources_has_args: [(34, Always)];
    /// `DynamicResourcesArgs` has a `bindingTimeout`.
    dynamic_resources_args_have_binding_timeout: [(35, Always)];
    /// Profiles have extension points for groups of pods, such as `placementScore`
    /// (`k8s.io/kube-scheduler/config/v1: Plugins`).
    plugins_have_group_points: [(36, Always)];
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
