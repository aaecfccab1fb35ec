//! Whose behaviour is reproduced: a Kubernetes version, its feature gates, and what else differs between versions.
//! A plugin asks for a behaviour by name, never for a version number.

use std::fmt;
use std::str::FromStr;

use super::feature_gates::{FeatureGateError, FeatureGates};
use super::pod_group_scheduling::PodGroupScheduling;

/// A Kubernetes version 1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KubeVersion {
    /// 34 in v1.34.1.
    pub minor: u32,
    /// 1 in v1.34.1; `None` in v1.34, which stands for the patch release this tool was checked against.
    pub patch: Option<u32>,
}

impl KubeVersion {
    /// The version whose source and recorded verdicts this tool is checked against.
    pub const REFERENCE: Self = Self { minor: 34, patch: Some(1) };
    /// The oldest supported minor.
    pub const OLDEST_MINOR: u32 = 33;
    /// The newest supported minor.
    pub const NEWEST_MINOR: u32 = 37;

    /// The newest supported minor, of no particular patch release.
    pub const NEWEST: Self = Self { minor: Self::NEWEST_MINOR, patch: None };

    /// Whether the differences of this minor are known.
    pub fn is_supported(self) -> bool {
        (Self::OLDEST_MINOR..=Self::NEWEST_MINOR).contains(&self.minor)
    }
}

impl fmt::Display for KubeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}", self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}

/// Text that is no Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Kubernetes version such as v1.34 or v1.34.1")]
pub struct VersionError(String);

impl FromStr for KubeVersion {
    type Err = VersionError;

    /// Reads `v1.34`, `1.34`, `v1.34.1`, and with what vendors add: `v1.33.2-gke.100`, `v1.34.1+k3s1`, and the `34+`
    /// that some API servers report as minor.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let error = || VersionError(text.to_owned());
        let plain = text.trim();
        let plain = plain.strip_prefix('v').unwrap_or(plain);
        let core = plain.split(['-', '+']).next().unwrap_or(plain);
        let number = |part: &str| {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(error());
            }
            part.parse().map_err(|_| error())
        };
        match core.split('.').collect::<Vec<_>>().as_slice() {
            ["1", minor] => Ok(Self { minor: number(minor)?, patch: None }),
            ["1", minor, patch] => Ok(Self { minor: number(minor)?, patch: Some(number(patch)?) }),
            _ => Err(error()),
        }
    }
}

/// What differs between versions and feature gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The version.
    pub version: KubeVersion,
    /// Its feature gates.
    pub gates: FeatureGates,
    /// `InterPodAffinity` keeps the incoming pod's `namespaceSelector` beside the namespaces it expanded it to, and so
    /// matches every namespace when the selector is negative. Came with 1.34 (kubernetes#132457); the fix
    /// (kubernetes#141563, after 1.37.0) was not in a release of 1.34 to 1.37 when this was written.
    pub namespace_selector_kept_after_expansion: bool,
    /// `TaintToleration`'s reason says which taint: `node(s) had untolerated taint {key: value}`. Since 1.35.0 it says
    /// `node(s) had untolerated taint(s)` (kubernetes#134740); backported to 1.34 after v1.34.1 (kubernetes#135023).
    pub taint_reason_names_taint: bool,
    /// `DynamicResources` scores nodes by the rank of the `firstAvailable` request they satisfy. Since 1.35
    /// (kubernetes#134711).
    pub dynamic_resources_scores: bool,
    /// What is done with groups of pods (`scheduling.k8s.io`).
    pub pod_groups: PodGroupScheduling,
}

impl Behaviour {
    /// The behaviour of `version` with its feature gates at their defaults.
    pub fn new(version: KubeVersion) -> Self {
        Self::of(version, FeatureGates::defaults(version))
    }

    /// The behaviour of `version` with feature gates as kube-scheduler's `--feature-gates` takes them: `A=true,B=false`.
    ///
    /// # Errors
    /// As kube-scheduler: a gate it does not know, one that is locked, or a value that is no boolean.
    pub fn with_feature_gates(version: KubeVersion, feature_gates: &str) -> Result<Self, FeatureGateError> {
        Ok(Self::of(version, FeatureGates::parse(version, feature_gates)?))
    }

    fn of(version: KubeVersion, gates: FeatureGates) -> Self {
        let patch = version.patch.or(KubeVersion::REFERENCE.patch);
        Self {
            version,
            pod_groups: PodGroupScheduling::of(version, &gates),
            gates,
            namespace_selector_kept_after_expansion: version.minor >= 34,
            taint_reason_names_taint: version.minor < 34 || (version.minor == 34 && patch <= Some(1)),
            dynamic_resources_scores: version.minor >= 35,
        }
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
    fn case(text: &str, expected: Option<(u32, Option<u32>)>) {
        let version = text.parse::<KubeVersion>().ok();
        assert_eq!(version.map(|version| (version.minor, version.patch)), expected, "{text}");
    }

    #[test]
    fn reads_versions() {
        case("v1.34", Some((34, None)));
        case("1.34", Some((34, None)));
        case("v1.34.1", Some((34, Some(1))));
        case("v1.33.2-gke.100", Some((33, Some(2))));
        case("v1.34.1+k3s1", Some((34, Some(1))));
        case("1.34+", Some((34, None)));
        case("1.29", Some((29, None)));
        case("", None);
        case("v1", None);
        case("v2.34", None);
        case("1.x", None);
        case("1.", None);
        case("1.34.1.2", None);
        case("1.99999999999", None);
    }

    #[test]
    fn the_taint_reason_changed_in_a_patch_release() {
        let names_taint = |text: &str| Behaviour::new(text.parse().unwrap()).taint_reason_names_taint;
        assert!(names_taint("v1.33.9"));
        assert!(names_taint("v1.34"));
        assert!(names_taint("v1.34.1"));
        assert!(!names_taint("v1.34.2"));
        assert!(!names_taint("v1.35.0"));
    }

    #[test]
    fn only_known_minors_are_supported() {
        let supported: Vec<u32> =
            (30..40).filter(|minor| KubeVersion { minor: *minor, patch: None }.is_supported()).collect();
        assert_eq!(supported, [33, 34, 35, 36, 37]);
    }
}
