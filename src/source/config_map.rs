//! The one ConfigMap that may be read: the one that `--scheduler-config` names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use super::Input;
use super::error::escaped;
use super::manifests::parse_value;
use super::scan::TypeMeta;
use crate::decode::autoscaling::status::{DEFAULT_NAME, DEFAULT_NAMESPACE};

/// Where `--scheduler-config` says that the configuration is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigSource {
    /// A file or standard input.
    Input(Input),
    /// A ConfigMap of the cluster whose state is asked about.
    ConfigMap(ConfigMapName),
}

impl TryFrom<OsString> for ConfigSource {
    type Error = ConfigMapError;

    /// What begins with `configmap/` is a ConfigMap; a file in a directory of that name is
    /// `./configmap/...`.
    fn try_from(text: OsString) -> Result<Self, ConfigMapError> {
        match text.to_str().filter(|text| text.starts_with(PREFIX)) {
            Some(text) => text.parse().map(Self::ConfigMap),
            None => Ok(Self::Input(Input::from(PathBuf::from(text)))),
        }
    }
}

const PREFIX: &str = "configmap/";

/// `configmap/NAMESPACE/NAME` or `configmap/NAMESPACE/NAME/KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMapName {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The key of its `data`; none for the only one that is a configuration.
    pub key: Option<String>,
}

impl Default for ConfigMapName {
    /// That of the Cluster Autoscaler.
    fn default() -> Self {
        Self { namespace: DEFAULT_NAMESPACE.to_owned(), name: DEFAULT_NAME.to_owned(), key: None }
    }
}

impl FromStr for ConfigMapName {
    type Err = ConfigMapError;

    fn from_str(text: &str) -> Result<Self, ConfigMapError> {
        let parts: Vec<&str> = text.strip_prefix(PREFIX).unwrap_or(text).split('/').collect();
        // As the API server has them: nothing that would change what a path says.
        let is_name = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        match parts.as_slice() {
            [namespace, name, key @ ..] if key.len() < 2 && parts.iter().all(is_name) => Ok(Self {
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
                key: key.first().map(|&key| key.to_owned()),
            }),
            _ => Err(ConfigMapError::NoName),
        }
    }
}

impl fmt::Display for ConfigMapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}/{}", self.namespace, self.name)?;
        match &self.key {
            Some(key) => write!(f, "/{key}"),
            None => Ok(()),
        }
    }
}

/// Why a ConfigMap gives no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigMapError {
    /// The flag's value does not name one.
    #[error("a ConfigMap is named configmap/NAMESPACE/NAME or configmap/NAMESPACE/NAME/KEY")]
    NoName,
    /// There is no such key.
    #[error("it has no key \"{key}\"; its keys are: {}", listed(.keys))]
    NoKey {
        /// The key that was asked for.
        key: String,
        /// The keys that there are.
        keys: Vec<String>,
    },
    /// No key was named, and none stands out.
    #[error("{} a KubeSchedulerConfiguration; name one with /KEY: {}", .count, listed(.keys))]
    Undecided {
        /// `no key is`, `2 keys are`.
        count: String,
        /// The keys that there are.
        keys: Vec<String>,
    },
    /// It has nothing in `data`.
    #[error("it has no data")]
    Empty,
    /// The text under the key is no JSON or YAML.
    #[error("key \"{key}\": {problem}")]
    Broken {
        /// The key.
        key: String,
        /// What is wrong.
        problem: String,
    },
}

fn listed(keys: &[String]) -> String {
    keys.iter().map(|key| escaped(key)).collect::<Vec<_>>().join(", ")
}

/// A ConfigMap's texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    metadata: Metadata,
    data: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Metadata {
    namespace: Option<String>,
    name: Option<String>,
}

impl ConfigMap {
    /// Whether objects of this type are ConfigMaps.
    pub(super) fn is_kind(object: TypeMeta<'_>) -> bool {
        object.kind == "ConfigMap" && matches!(object.api_version, "" | "v1")
    }

    /// The ConfigMap that `json` is, if it is the one called `wanted`.
    pub(super) fn read(json: &[u8], wanted: &ConfigMapName) -> Option<Self> {
        let map: Self = serde_json::from_slice(json).ok()?;
        let namespace = map.metadata.namespace.as_deref().unwrap_or("default");
        (namespace == wanted.namespace && map.metadata.name.as_deref() == Some(wanted.name.as_str())).then_some(map)
    }

    /// The configuration under `key`; without a key the only one there is.
    ///
    /// # Errors
    /// There is none or more than one, or the text makes no sense.
    pub fn configuration(&self, key: Option<&str>) -> Result<Value, ConfigMapError> {
        let data = self.data.as_ref().filter(|data| !data.is_empty()).ok_or(ConfigMapError::Empty)?;
        let keys = || data.keys().cloned().collect();
        if let Some(key) = key {
            let text = data.get(key).ok_or_else(|| ConfigMapError::NoKey { key: key.to_owned(), keys: keys() })?;
            return parse(key, text);
        }
        if let (1, Some((key, text))) = (data.len(), data.first_key_value()) {
            return parse(key, text);
        }
        let parsed = data.iter().filter_map(|(key, text)| parse(key, text).ok());
        let mut found: Vec<Value> = parsed.filter(is_configuration).collect();
        match (found.len(), found.pop()) {
            (1, Some(only)) => Ok(only),
            (0, _) => Err(ConfigMapError::Undecided { count: "no key is".to_owned(), keys: keys() }),
            (more, _) => Err(ConfigMapError::Undecided { count: format!("{more} keys are"), keys: keys() }),
        }
    }
}

fn parse(key: &str, text: &str) -> Result<Value, ConfigMapError> {
    parse_value(text).map_err(|problem| ConfigMapError::Broken { key: key.to_owned(), problem })
}

fn is_configuration(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("KubeSchedulerConfiguration")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn named(text: &str, expected: Option<&str>) {
        let source = ConfigSource::try_from(OsString::from(text)).ok();
        let shown = source.map(|source| match source {
            ConfigSource::Input(input) => format!("file {input}"),
            ConfigSource::ConfigMap(name) => name.to_string(),
        });
        assert_eq!(shown.as_deref(), expected);
    }

    #[test]
    fn names() {
        named("configmap/kube-system/my-scheduler", Some("configmap/kube-system/my-scheduler"));
        named("configmap/kube-system/my-scheduler/a.yaml", Some("configmap/kube-system/my-scheduler/a.yaml"));
        named("./configmap/a/b", Some("file ./configmap/a/b"));
        named("configmap.yaml", Some("file configmap.yaml"));
        named("configmap/a", None);
        named("configmap/a/", None);
        named("configmap/a/b/c/d", None);
        named("configmap/a/../../secrets", None);
        named("configmap/a/b?watch=1", None);
    }

    #[track_caller]
    fn chosen(data: &Value, key: Option<&str>, expected: Result<&str, &str>) {
        let map: ConfigMap = serde_json::from_value(json!({ "data": data })).unwrap();
        let found = map.configuration(key);
        let found = found.as_ref().map(|value| value["parallelism"].to_string()).map_err(ToString::to_string);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn the_key_that_is_the_configuration() {
        let config = |number: u8| format!("kind: KubeSchedulerConfiguration\nparallelism: {number}\n");
        chosen(&json!({"a": config(1)}), None, Ok("1"));
        chosen(&json!({"a": "parallelism: 3"}), None, Ok("3"));
        chosen(&json!({"a": config(1), "b": config(2)}), Some("b"), Ok("2"));
        chosen(&json!({"a": config(1), "policy": "x: [", "z": "kind: Policy"}), None, Ok("1"));
        chosen(
            &json!({"a": config(1), "b": config(2), "c": ""}),
            None,
            Err("2 keys are a KubeSchedulerConfiguration; name one with /KEY: a, b, c"),
        );
        chosen(
            &json!({"a": "1", "b": "2"}),
            None,
            Err("no key is a KubeSchedulerConfiguration; name one with /KEY: a, b"),
        );
        chosen(&json!({"a": config(1)}), Some("b"), Err("it has no key \"b\"; its keys are: a"));
        chosen(&json!({}), None, Err("it has no data"));
        chosen(&Value::Null, None, Err("it has no data"));
        assert!(matches!(
            serde_json::from_value::<ConfigMap>(json!({"data": {"a": "{"}})).unwrap().configuration(None),
            Err(ConfigMapError::Broken { .. })
        ));
    }

    #[test]
    fn only_the_one_that_is_named_is_read() {
        let wanted = "configmap/kube-system/x".parse().unwrap();
        let read = |json: &str| ConfigMap::read(json.as_bytes(), &wanted).is_some();
        assert!(read(r#"{"metadata":{"namespace":"kube-system","name":"x"},"data":{"a":"b"}}"#));
        assert!(!read(r#"{"metadata":{"namespace":"default","name":"x"},"data":{"a":"b"}}"#));
        assert!(!read(r#"{"metadata":{"namespace":"kube-system","name":"y"},"data":{"a":"b"}}"#));
    }
}
