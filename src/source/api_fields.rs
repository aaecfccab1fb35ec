//! Kubernetes' own API: which kinds it has in which versions, and the fields of the kinds that are read.
//!
//! A manifest is checked against it as the API server does where it is asked for strict field validation: a field that
//! the type does not have, and one that is written twice, are reported with their path. `api_fields.txt` is written by
//! `tests/versions/fields.py` from the API descriptions of the supported minors; what any of them has is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::sync::LazyLock;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::did_you_mean;

static TABLE: LazyLock<ApiFields> = LazyLock::new(|| ApiFields::parse(include_str!("api_fields.txt")));

/// The names of all kinds and fields.
#[derive(Debug, Default)]
struct ApiFields {
    /// The type of a kind in a version; none where its fields are not in the table.
    kinds: BTreeMap<(&'static str, &'static str), Option<&'static str>>,
    types: BTreeMap<&'static str, Fields>,
}

/// The fields of a type.
type Fields = BTreeMap<&'static str, Option<FieldType>>;

/// What a field holds, in lists too.
#[derive(Clone, Copy, Debug)]
struct FieldType {
    name: &'static str,
    /// The field is a map of these, its keys are free.
    in_map: bool,
}

impl ApiFields {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next()) {
                (Some("kind"), Some(version)) => {
                    let kind = words.next().unwrap_or_default();
                    table.kinds.insert((version, kind), words.next());
                }
                (Some("type"), Some(name)) => {
                    table.types.insert(name, words.map(field).collect());
                }
                _ => {}
            }
        }
        table
    }

    fn fields(&self, of: Option<&FieldType>) -> Option<&Fields> {
        self.types.get(of?.name)
    }
}

/// `name`, `name:Type` or `name:Type{}`.
fn field(text: &'static str) -> (&'static str, Option<FieldType>) {
    let Some((field, of)) = text.split_once(':') else { return (text, None) };
    let name = of.trim_end_matches("{}");
    (field, Some(FieldType { name, in_map: name.len() < of.len() }))
}

/// What a version of a group is to Kubernetes' own API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KnownKind {
    /// It has the kind.
    Yes,
    /// The group is somebody else's: nothing is known of its kinds.
    OtherGroup,
    /// The group is Kubernetes' own, and has no such kind in this version; where it is instead, or what it may be.
    No { instead: Option<String> },
}

/// Whether Kubernetes' API has `kind` in `api_version`.
pub(super) fn kind(api_version: &str, kind: &str) -> KnownKind {
    let kinds = &TABLE.kinds;
    if kinds.keys().any(|known| *known == (api_version, kind)) {
        return KnownKind::Yes;
    }
    let group = |version: &str| version.rsplit_once('/').map_or_else(String::new, |(group, _)| group.to_owned());
    // Workloads left it for apps/v1.
    let is_own =
        group(api_version) == "extensions" || kinds.keys().any(|(version, _)| group(version) == group(api_version));
    if !is_own {
        return KnownKind::OtherGroup;
    }
    // Stable versions come first: `apps/v1` before `resource.k8s.io/v1beta1`.
    let elsewhere = kinds
        .keys()
        .filter(|(_, known)| *known == kind)
        .map(|(version, _)| *version)
        .min_by_key(|version| version.len());
    let instead = elsewhere.map(|version| format!("did you mean {version}?"));
    let here = kinds.keys().filter(|(version, _)| *version == api_version).map(|(_, kind)| *kind);
    let anywhere = || {
        let near = *did_you_mean::near(kind, kinds.keys().map(|(_, kind)| *kind)).first()?;
        let (version, _) = kinds.keys().find(|(_, known)| *known == near)?;
        Some(format!("did you mean {near} of {version}?"))
    };
    KnownKind::No { instead: instead.or_else(|| did_you_mean::question(kind, here)).or_else(anywhere) }
}

/// A field that the API server would object to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FieldProblem {
    /// The type has no such field.
    Unknown {
        /// Where it is: `spec.template.spec.nodeSelektor`.
        path: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// It is written more than once; the last one counts.
    Duplicate { path: String },
}

impl fmt::Display for FieldProblem {
    /// The API server's words (upstream sigs.k8s.io/json internal/golang/encoding/json/kubernetes_patch.go).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { path, meant } => {
                write!(f, "unknown field \"{path}\"")?;
                meant.as_ref().map_or(Ok(()), |meant| write!(f, "; {meant}"))
            }
            Self::Duplicate { path } => write!(f, "duplicate field \"{path}\""),
        }
    }
}

/// The fields of the object that `json` is, of a kind of Kubernetes' own API, that the API server would object to.
pub(super) fn check(api_version: &str, kind: &str, json: &[u8]) -> Vec<FieldProblem> {
    let known = TABLE.kinds.iter().find(|(known, _)| **known == (api_version, kind)).and_then(|(_, of)| *of);
    let mut found = Found::default();
    let of = known.map(|name| FieldType { name, in_map: false });
    // What is not JSON is reported when it is decoded.
    let _ = Check { of, found: &mut found }.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found.problems
}

/// The way to the value that is looked at, and what was found so far.
#[derive(Default)]
struct Found {
    path: String,
    /// The objects on that way: where each begins in the path's text, and its type.
    parents: Vec<(usize, Option<FieldType>)>,
    problems: Vec<FieldProblem>,
}

impl Found {
    /// Where else a field of this name is: in an object around this one, as a wrong indentation leaves it, or in one
    /// that this one has; else what it may be a misspelling of.
    fn meant(&self, name: &str, of: &Fields) -> Option<String> {
        if let Some(near) = did_you_mean::question(name, of.keys().copied()) {
            return Some(near);
        }
        let has = |of: Option<&FieldType>| TABLE.fields(of).is_some_and(|fields| fields.contains_key(name));
        let around = self.parents.iter().rev().skip(1).find(|(_, of)| has(of.as_ref()));
        if let Some((end, _)) = around {
            let path = self.path.get(..*end).unwrap_or_default();
            return Some(if path.is_empty() {
                format!("{name} is a field of the object itself")
            } else {
                format!("{name} is a field of {path}")
            });
        }
        let mut below = of.iter().filter(|(_, of)| has(of.as_ref()));
        let (field, _) = below.next()?;
        let here = self.parents.last().and_then(|(end, _)| self.path.get(..*end)).unwrap_or_default();
        let dot = if here.is_empty() { "" } else { "." };
        below.next().is_none().then(|| format!("{name} is a field of {here}{dot}{field}"))
    }
}

/// Looks at one value.
struct Check<'a> {
    of: Option<FieldType>,
    found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { of, found } = self;
        let end = found.path.len();
        let free = of.is_some_and(|of| of.in_map);
        let fields = if free { None } else { TABLE.fields(of.as_ref()) };
        let mut seen = BTreeSet::new();
        found.parents.push((end, of.filter(|_| !free)));
        while let Some(key) = map.next_key::<String>()? {
            let of = match fields.map(|fields| (fields, fields.get(key.as_str()))) {
                Some((_, Some(of))) => *of,
                Some((fields, None)) => {
                    let meant = found.meant(&key, fields);
                    push(&mut found.path, &key);
                    found.problems.push(FieldProblem::Unknown { path: found.path.clone(), meant });
                    found.path.truncate(end);
                    None
                }
                None => of.filter(|_| free).map(|of| FieldType { in_map: false, ..of }),
            };
            push(&mut found.path, &key);
            if !seen.insert(key) {
                found.problems.push(FieldProblem::Duplicate { path: found.path.clone() });
            }
            map.next_value_seed(Check { of, found })?;
            found.path.truncate(end);
        }
        found.parents.pop();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { of, found } = self;
        let end = found.path.len();
        for index in 0.. {
            let _ = write!(found.path, "[{index}]");
            let next = items.next_element_seed(Check { of, found })?;
            found.path.truncate(end);
            if next.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

fn push(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(object: &str, expected: &[&str]) {
        let kind: serde_json::Value = serde_json::from_str(object).unwrap();
        let word = |key: &str| kind.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        let found = check(word("apiVersion"), word("kind"), object.as_bytes());
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_that_no_type_has() {
        case(
            r#"{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replcias": 2, "template": {"spec": {"containers": [
                {"name": "c", "resources": {"request": {"cpu": 1}}, "nodeSelector": {"a": "b"}}, {"name": "d", "requests": {}}]}}}}"#,
            &[
                r#"unknown field "spec.replcias"; did you mean replicas?"#,
                r#"unknown field "spec.template.spec.containers[0].resources.request"; did you mean requests?"#,
                r#"unknown field "spec.template.spec.containers[0].nodeSelector"; nodeSelector is a field of spec.template.spec"#,
                r#"unknown field "spec.template.spec.containers[1].requests"; requests is a field of spec.template.spec.containers[1].resources"#,
            ],
        );
    }

    #[test]
    fn fields_that_are_written_twice() {
        case(
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b", "a": "c"}}, "spec": {"nodeName": "x", "nodeName": "y"}}"#,
            &[r#"duplicate field "metadata.labels.a""#, r#"duplicate field "spec.nodeName""#],
        );
    }

    #[test]
    fn what_the_api_has_passes() {
        case(
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"x.y/z": "1"}}, "spec": {"overhead": {"cpu": "1"},
                "volumes": [{"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "x"}}}}]}}"#,
            &[],
        );
        case(r#"{"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"anything": 1}}"#, &[]);
    }

    #[test]
    fn kinds() {
        assert_eq!(kind("apps/v1", "Deployment"), KnownKind::Yes);
        assert_eq!(kind("example.com/v1", "Thing"), KnownKind::OtherGroup);
        let instead = |api_version: &str, name: &str| match kind(api_version, name) {
            KnownKind::No { instead } => instead,
            other => panic!("{other:?}"),
        };
        assert_eq!(instead("v1", "Deployment").as_deref(), Some("did you mean apps/v1?"));
        assert_eq!(instead("extensions/v1beta1", "Deployment").as_deref(), Some("did you mean apps/v1?"));
        assert_eq!(instead("apps/v1", "Deploymnet").as_deref(), Some("did you mean Deployment?"));
        assert_eq!(instead("v1", "StatefulSets").as_deref(), Some("did you mean StatefulSet of apps/v1?"));
        assert_eq!(instead("v1", "Xyz"), None);
    }
}
