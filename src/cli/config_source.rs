//! `--scheduler-config`: a file, or a ConfigMap of the cluster in question.

use clap::builder::{OsStringValueParser, TypedValueParser};
use serde_json::Value;

use crate::cli::error::{Error, Result};
use crate::source::{self, ConfigMap, ConfigMapName, ConfigSource, live};

/// Reads the flag.
pub(super) fn parser() -> impl TypedValueParser<Value = ConfigSource> {
    OsStringValueParser::new().try_map(ConfigSource::try_from)
}

/// The ConfigMap that `source` names, if it names one.
pub(super) fn config_map(source: Option<&ConfigSource>) -> Option<&ConfigMapName> {
    match source? {
        ConfigSource::ConfigMap(name) => Some(name),
        ConfigSource::Input(_) => None,
    }
}

/// The configuration that `source` names, and what to call it; a ConfigMap comes from `cluster`.
///
/// # Errors
/// It cannot be read, or the ConfigMap has none.
pub(super) fn read(
    source: &ConfigSource,
    cluster: impl FnOnce(&ConfigMapName) -> Result<ConfigMap>,
) -> Result<(Value, String)> {
    match source {
        ConfigSource::Input(input) => {
            let value = source::read_value(input).map_err(Error::from_error)?;
            let is_map = value.get("kind").and_then(Value::as_str) == Some("ConfigMap");
            let value = if is_map { of_manifest(&value, &input.to_string())? } else { value };
            Ok((value, input.to_string()))
        }
        ConfigSource::ConfigMap(name) => {
            let map = cluster(name)?;
            let value =
                map.configuration(name.key.as_deref()).map_err(|error| Error::new(format!("{name}: {error}")))?;
            Ok((value, name.to_string()))
        }
    }
}

/// The configuration in the manifest of a ConfigMap: the one entry that is one.
fn of_manifest(map: &Value, origin: &str) -> Result<Value> {
    let entries = map.get("data").and_then(Value::as_object);
    let texts = entries.into_iter().flatten().filter_map(|(_, text)| text.as_str());
    let mut found: Vec<Value> = texts
        .filter_map(|text| source::read_value(&source::Input::memory(origin, text.as_bytes())).ok())
        .filter(|value| value.get("kind").and_then(Value::as_str) == Some("KubeSchedulerConfiguration"))
        .collect();
    match (found.pop(), found.len()) {
        (Some(value), 0) => Ok(value),
        (None, _) => Err(Error::new(format!("{origin}: the ConfigMap has no KubeSchedulerConfiguration in its data"))),
        (Some(_), _) => Err(Error::new(format!("{origin}: the ConfigMap has several KubeSchedulerConfigurations"))
            .hint("pass one of them as a file")),
    }
}

/// The ConfigMap, asked of the API server.
///
/// # Errors
/// As [`live::config_map`].
pub(super) fn from_cluster(connection: &live::Connection, name: &ConfigMapName) -> Result<ConfigMap> {
    live::config_map(connection, name).map_err(Error::from)
}

/// The ConfigMap, found in what was read from files; `recorded` says that a snapshot has a
/// configuration of its own.
///
/// # Errors
/// There is none.
pub(super) fn from_files(
    found: Option<&ConfigMap>,
    name: &ConfigMapName,
    origin: &str,
    recorded: bool,
) -> Result<ConfigMap> {
    let missing = || {
        let error = Error::new(format!("configmaps \"{}\" not found in {origin}", name.name));
        if recorded {
            error.hint("the snapshot already contains the scheduler's configuration: remove --scheduler-config")
        } else {
            error.hint(
                "snapshots contain no ConfigMaps: pass --scheduler-config when you write the snapshot, or name a file",
            )
        }
    };
    found.cloned().ok_or_else(missing)
}
