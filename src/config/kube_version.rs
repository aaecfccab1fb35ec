//! A Kubernetes version, and which of them are known.

use std::fmt;
use std::str::FromStr;

use super::versions::{MINORS, minor_of};

/// A Kubernetes version 1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KubeVersion {
    /// 34 in v1.34.1.
    pub minor: u32,
    /// 1 in v1.34.1; `None` in v1.34, which stands for the patch release that its recorded verdicts come from.
    pub patch: Option<u32>,
}

impl KubeVersion {
    /// The version of the cases that all minors are compared with.
    pub const REFERENCE: Self = Self { minor: 34, patch: Some(1) };
    /// The oldest supported minor.
    pub const OLDEST_MINOR: u32 = MINORS[0].minor;
    /// The newest supported minor.
    pub const NEWEST_MINOR: u32 = MINORS[MINORS.len() - 1].minor;

    /// The newest supported minor, of no particular patch release.
    pub const NEWEST: Self = Self { minor: Self::NEWEST_MINOR, patch: None };

    /// Whether the differences of this minor are known.
    pub fn is_supported(self) -> bool {
        (Self::OLDEST_MINOR..=Self::NEWEST_MINOR).contains(&self.minor)
    }

    /// The supported version that behaves most like this one: itself, or the nearest minor.
    #[must_use]
    pub fn nearest(self) -> Self {
        if self.is_supported() { self } else { Self { minor: minor_of(self).minor, patch: None } }
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
    fn others_have_a_nearest_supported_version() {
        let nearest = |text: &str| text.parse::<KubeVersion>().unwrap().nearest().to_string();
        assert_eq!(nearest("v1.29.4"), "v1.33");
        assert_eq!(nearest("v1.33.2"), "v1.33.2");
        assert_eq!(nearest("v1.41.0"), "v1.37");
    }
}
