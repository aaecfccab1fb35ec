//! YAML as kubectl reads it. The one file that knows which YAML library is used.
//!
//! One document at a time becomes a JSON value: objects are decoded from JSON alone, so the
//! library's generic code is compiled once and both formats mean the same.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_yaml::options::DuplicateKeyPolicy;

use super::limits::Limit;

/// Deeper than any object of the API, a CustomResourceDefinition's schema included; the library
/// takes a stack frame or more a level.
const DEEPEST: usize = 64;

/// So many bytes more than a text has may come of its aliases.
const SMALL: usize = 1 << 20;

/// What is wrong with a YAML text, and on which of its lines, counted from 1.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) line: u64,
    pub(crate) message: String,
}

/// Reads the one document that `text` is.
///
/// The library's limits guard against aliases that multiply; its limits on size are set to what
/// a text of this length can hold, as a cluster's is longer than they foresee.
pub(crate) fn parse(text: &str) -> Result<Value, YamlError> {
    read(text, DuplicateKeyPolicy::Error)
}

/// The JSON text of the one document that `text` is. A key that a map has twice is there twice: who reads the text
/// decides what to make of it.
pub(crate) fn to_json_as_written(text: &str) -> Result<Vec<u8>, YamlError> {
    let written: Written = read(text, DuplicateKeyPolicy::PassThrough)?;
    serde_json::to_vec(&written).map_err(|error| YamlError { line: 1, message: error.to_string() })
}

fn read<T: DeserializeOwned>(text: &str, duplicate_keys: DuplicateKeyPolicy) -> Result<T, YamlError> {
    let size = text.len() + 16;
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_events: Limit::YamlValues.length() * 3,
            max_nodes: Limit::YamlValues.length(),
            // Aliases may repeat some of it.
            max_total_scalar_bytes: size * 2 + SMALL,
            max_depth: DEEPEST,
            max_anchors: size,
            max_aliases: size,
        },
        // 0644 is 420, as in Kubernetes.
        legacy_octal_numbers: true,
        duplicate_keys: duplicate_keys,
        with_snippet: false,
    };
    serde_yaml::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map_or(1, |location| location.line()).max(1);
        let text = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
        // An error in what an alias stands for holds the one that says why.
        if text.contains("limits breached") {
            return YamlError { line, message: Limit::YamlValues.to_string() };
        }
        YamlError { line, message: message(&text) }
    })
}

/// The first line of an error's text, without the place, which comes first.
fn message(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(words, _)| words).to_owned()
}

/// A value as it is written, with every entry of its maps.
#[derive(Debug)]
enum Written {
    Scalar(Value),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Written, E> {
        Ok(Written::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Written, E> {
        Ok(Written::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Written, E> {
        Ok(Written::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Written, E> {
        Ok(Written::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Written, E> {
        Ok(Written::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Written, E> {
        Ok(Written::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        Written::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Written, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Written::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Written, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Written::Map(map))
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(yaml: &str, json: &str) {
        assert_eq!(parse(yaml).unwrap().to_string(), json, "{yaml}");
    }

    #[test]
    fn scalars_are_what_kubectl_takes_them_for() {
        case(
            "{a: yes, b: on, c: \"yes\", d: 0644, e: 1_0, f: 12:30, g: ~, h: 2026-01-31}",
            r#"{"a":true,"b":true,"c":"yes","d":420,"e":10,"f":"12:30","g":null,"h":"2026-01-31"}"#,
        );
        case("a: 0.1\nb: 1e3\nc: 500m\nd: |\n  x\n  y\n", r#"{"a":0.1,"b":1000.0,"c":"500m","d":"x\ny\n"}"#);
    }

    #[test]
    fn what_is_written_twice_is_there_twice() {
        let json = |yaml| String::from_utf8(to_json_as_written(yaml).unwrap()).unwrap();
        assert_eq!(json("a: 1\nb: [x, {c: yes}]\na: ~\n"), r#"{"a":1,"b":["x",{"c":true}],"a":null}"#);
        assert_eq!(json("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n"), r#"{"a":{"x":1,"y":2},"b":{"y":3,"x":1}}"#);
        assert!(parse("a: 1\na: 2\n").is_err());
    }

    #[test]
    fn merge_keys_are_merged() {
        case("a: &a {x: 1}\nb:\n  <<: *a\n", r#"{"a":{"x":1},"b":{"x":1}}"#);
    }
}
