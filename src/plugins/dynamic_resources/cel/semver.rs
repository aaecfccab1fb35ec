//! Semantic versions as Kubernetes' CEL has them: strict to parse, build metadata ignored to compare.

use std::cmp::Ordering;
use std::fmt;

/// A version.
#[derive(Clone, Debug)]
pub(super) struct Semver {
    /// Major, minor, patch.
    pub(super) numbers: [u64; 3],
    /// What follows `-`.
    pre_release: Vec<Identifier>,
    /// What follows `+`.
    build: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    /// Numbers come before texts.
    Number(u64),
    Text(String),
}

impl Semver {
    /// Reads `1.2.3-alpha.1+build`; no `v`, no missing parts, no leading zeros.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (text, pre_release) = match text.split_once('-') {
            Some((text, pre_release)) => (text, Some(pre_release)),
            None => (text, None),
        };
        if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
            return None;
        }
        let pre_release = match pre_release {
            Some(parts) => parts.split('.').map(Identifier::parse).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        let mut parts = text.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self { numbers, pre_release, build: build.map(str::to_owned) })
    }

    /// The same after common omissions and prefixes are normalized: `v1.02` reads as `1.2.0`
    /// (upstream apiserver/pkg/cel/library/semverlib.go, normalizeAndParse).
    pub(super) fn parse_normalized(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts: Vec<String> = text.splitn(3, '.').map(without_leading_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return None;
        }
        parts.resize(3, "0".to_owned());
        Self::parse(&parts.join("."))
    }

    /// Which is older. A version before its release is older than the release.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.pre_release.cmp(&other.pre_release),
            }
        })
    }
}

impl Identifier {
    fn parse(text: &str) -> Option<Self> {
        if !is_identifier(text) {
            None
        } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
            number(text).map(Self::Number)
        } else {
            Some(Self::Text(text.to_owned()))
        }
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        for (index, identifier) in self.pre_release.iter().enumerate() {
            f.write_str(if index == 0 { "-" } else { "." })?;
            match identifier {
                Identifier::Number(number) => write!(f, "{number}")?,
                Identifier::Text(text) => f.write_str(text)?,
            }
        }
        match &self.build {
            Some(build) => write!(f, "+{build}"),
            None => Ok(()),
        }
    }
}

fn without_leading_zeros(part: &str) -> String {
    let stripped = part.trim_start_matches('0');
    if part.len() <= 1 {
        part.to_owned()
    } else if stripped.starts_with(|first: char| first.is_ascii_digit()) {
        stripped.to_owned()
    } else {
        format!("0{stripped}")
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn order(older: &str, newer: &str) {
        let (older, newer) = (Semver::parse(older).unwrap(), Semver::parse(newer).unwrap());
        assert_eq!((older.compare(&newer), newer.compare(&older)), (Ordering::Less, Ordering::Greater));
    }

    #[test]
    fn versions() {
        order("1.9.0", "1.10.0");
        order("1.0.0-alpha.1", "1.0.0-alpha.beta");
        order("1.0.0-alpha", "1.0.0");
        let [a, b] = ["1.0.0+x", "1.0.0+y"].map(|text| Semver::parse(text).unwrap());
        assert_eq!(a.compare(&b), Ordering::Equal);
        for (text, expected) in [("v1", "1.0.0"), ("1.02", "1.2.0"), ("01.2.003-a+b", "1.2.3-a+b"), ("1.00.x", "")] {
            let version = Semver::parse_normalized(text).map(|version| version.to_string());
            assert_eq!(version.unwrap_or_default(), expected, "{text}");
        }
        for text in ["", "1.2", "v1.2.3", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3+", "1.2.3-01", "1.2.-3"] {
            assert!(Semver::parse(text).is_none(), "{text}");
        }
    }
}
