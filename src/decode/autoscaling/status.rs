//! What the Cluster Autoscaler writes down about its node groups: a ConfigMap, `cluster-autoscaler-status` by default.
//!
//! Since v1.30 its text is YAML (cluster-autoscaler `clusterstate/api/types.go`), before it was lines for people; both are
//! read. Of all ConfigMaps only one that carries the autoscaler's own annotation is kept, and the one with the priorities
//! of node groups.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::priorities::{PRIORITIES_NAME, Priorities};
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::time::Timestamp;
use crate::decode::object::{DecodedPrefix, take};
use crate::decode::yaml;

/// The annotation by which the ConfigMap is known, whatever its name (cluster-autoscaler `clusterstate/utils/status.go`,
/// ConfigMapLastUpdatedKey).
pub const LAST_UPDATED: &str = "cluster-autoscaler.kubernetes.io/last-updated";
/// Its name, unless a flag of the autoscaler gives it another.
pub const DEFAULT_NAME: &str = "cluster-autoscaler-status";
/// Its namespace, unless the autoscaler runs in another.
pub const DEFAULT_NAMESPACE: &str = "kube-system";

/// The ConfigMap.
#[derive(Clone, Debug)]
pub struct AutoscalerStatus {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Whether it carries the annotation.
    pub is_status: bool,
    /// What it says, or why that cannot be read.
    pub content: Result<Status, String>,
    /// Of the ConfigMap with priorities of node groups: what it says, or why that cannot be read.
    pub priorities: Option<Result<Priorities, String>>,
}

/// What the autoscaler says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// When it said so.
    pub time: Option<Timestamp>,
    /// `autoscalerStatus`: `Running`, `Initializing`.
    pub state: Name,
    /// Whether the cluster as a whole is healthy, as it sees it.
    pub unhealthy: bool,
    /// The node groups, in its order.
    pub groups: Vec<NodeGroupStatus>,
}

/// What it says of one node group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeGroupStatus {
    /// The group's id.
    pub name: Name,
    /// Fewest nodes.
    pub min: i64,
    /// Most nodes.
    pub max: i64,
    /// How many nodes the cloud was asked for.
    pub target: i64,
    /// Nodes that are ready.
    pub ready: i64,
    /// Nodes that are not, long after they started.
    pub unready: i64,
    /// Nodes that are about to start.
    pub not_started: i64,
    /// Suspended nodes.
    pub suspended: i64,
    /// Machines that did not become nodes in time.
    pub long_unregistered: i64,
    /// All nodes.
    pub registered: i64,
    /// Whether the group counts as unhealthy.
    pub unhealthy: bool,
    /// `scaleUp.status`: `InProgress`, `Unhealthy`, `Backoff`, `NoActivity`.
    pub scale_up: Name,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// `scaleUp.backoffInfo.errorCode`.
    pub error_code: Box<str>,
    /// `scaleUp.backoffInfo.errorMessage`.
    pub error_message: Box<str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireConfigMap {
    metadata: WireMetadata,
    data: Option<WireData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireMetadata {
    name: Option<Name>,
    namespace: Option<Name>,
    annotations: Option<WireAnnotations>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireAnnotations {
    #[serde(rename = "cluster-autoscaler.kubernetes.io/last-updated")]
    last_updated: Option<Box<str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireData {
    status: Option<Box<str>>,
    priorities: Option<Box<str>>,
}

/// Whether the object that `json` begins with is one of the ConfigMaps that are kept.
///
/// # Errors
/// As [`crate::decode::Object::decode`].
pub(crate) fn is_kept(json: &[u8]) -> serde_json::Result<bool> {
    let metadata = take::<WireConfigMap>(json)?.into_parts().0.metadata;
    let is_priorities = metadata.name.is_some_and(|name| name == PRIORITIES_NAME);
    Ok(is_priorities || metadata.annotations.is_some_and(|annotations| annotations.last_updated.is_some()))
}

pub(crate) fn decode(json: &[u8]) -> serde_json::Result<DecodedPrefix<AutoscalerStatus>> {
    Ok(take::<WireConfigMap>(json)?.map(|map| {
        let last_updated = map.metadata.annotations.and_then(|annotations| annotations.last_updated);
        let data = map.data.unwrap_or_default();
        let is_priorities = map.metadata.name.is_some_and(|name| name == PRIORITIES_NAME);
        let priorities = is_priorities.then(|| Priorities::parse(data.priorities.as_deref()));
        let text = data.status.unwrap_or_default();
        let mut content = if last_updated.is_some() { parse(&text) } else { Err("it is another ConfigMap".to_owned()) };
        if let (Ok(status), Some(updated)) = (&mut content, &last_updated) {
            status.time = status.time.or_else(|| time(updated));
        }
        let namespace = map.metadata.namespace.filter(|namespace| !namespace.is_empty());
        let key = ObjectKey::new(namespace.unwrap_or_else(|| name("default")), map.metadata.name.unwrap_or_default());
        AutoscalerStatus { key, is_status: last_updated.is_some(), content, priorities }
    }))
}

/// Reads the text of `data.status`.
fn parse(text: &str) -> Result<Status, String> {
    let mut value = to_value(text)?;
    drop_nulls(&mut value);
    let wire: WireStatus = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let time = time(&wire.time);
    let groups = wire.node_groups.into_iter().map(|group| {
        let counts = group.health.node_counts;
        NodeGroupStatus {
            name: group.name,
            min: group.health.min_size,
            max: group.health.max_size,
            target: group.health.cloud_provider_target,
            ready: counts.registered.ready,
            unready: counts.registered.unready.total,
            not_started: counts.registered.not_started,
            suspended: counts.registered.suspended,
            long_unregistered: counts.long_unregistered,
            registered: counts.registered.total,
            unhealthy: group.health.status == "Unhealthy",
            scale_up: group.scale_up.status,
            since: group.scale_up.last_transition_time.parse().ok(),
            error_code: group.scale_up.backoff_info.error_code,
            error_message: group.scale_up.backoff_info.error_message,
        }
    });
    Ok(Status {
        time,
        state: wire.autoscaler_status,
        unhealthy: wire.cluster_wide.health.status == "Unhealthy",
        groups: groups.collect(),
    })
}

/// A time that was never set is null.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// The text as one value, of either form.
pub(crate) fn to_value(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with("Cluster-autoscaler status at") {
        return Ok(of_lines(text));
    }
    match yaml::parse(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it is not a map".to_owned()),
        Err(error) => Err(format!("line {}: {}", error.line, error.message)),
    }
}

/// `2026-08-20 10:00:00 +0000 UTC`, as Go prints a time, with or without a fraction of a second.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let mut words = text.split_whitespace();
    let (date, clock, zone) = (words.next()?, words.next()?, words.next()?);
    let (hours, minutes) = zone.split_at_checked(3)?;
    format!("{date}T{clock}{hours}:{minutes}").parse().ok()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    time: Box<str>,
    autoscaler_status: Name,
    cluster_wide: WireClusterWide,
    node_groups: Vec<WireGroup>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireClusterWide {
    health: WireHealth,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireGroup {
    name: Name,
    health: WireHealth,
    scale_up: WireScaleUp,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireHealth {
    status: Name,
    cloud_provider_target: i64,
    min_size: i64,
    max_size: i64,
    node_counts: WireCounts,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireCounts {
    registered: WireRegistered,
    long_unregistered: i64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireRegistered {
    total: i64,
    ready: i64,
    not_started: i64,
    suspended: i64,
    unready: WireUnready,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireUnready {
    total: i64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireScaleUp {
    status: Name,
    last_transition_time: Box<str>,
    backoff_info: WireBackoff,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireBackoff {
    error_code: Box<str>,
    error_message: Box<str>,
}

/// The older form: indented lines for people (cluster-autoscaler v1.29 `clusterstate/api/types.go`, GetReadableString).
/// Answers the same in the shape of the newer.
fn of_lines(text: &str) -> Value {
    let mut status = json!({ "autoscalerStatus": "Running", "clusterWide": {}, "nodeGroups": [] });
    if let Some(at) = text.trim_start().lines().next().and_then(|line| line.split_once(" at ")) {
        status["time"] = json!(at.1.trim().trim_end_matches(':'));
    }
    let mut part: Option<&'static str> = None;
    let mut groups: Vec<Value> = Vec::new();
    for line in text.lines() {
        let (word, rest) = line.trim().split_once(':').unwrap_or_default();
        let rest = rest.trim();
        let target = groups.last_mut().unwrap_or_else(|| &mut status["clusterWide"]);
        match word {
            "Name" => {
                groups.push(json!({ "name": rest, "health": {}, "scaleUp": {} }));
                part = None;
            }
            "Health" => {
                target["health"] = health_of(rest);
                part = Some("health");
            }
            "ScaleUp" => {
                target["scaleUp"] = json!({ "status": first_word(rest) });
                part = Some("scaleUp");
            }
            "ScaleDown" => part = None,
            "LastTransitionTime" => {
                if let (Some(part), Some(time)) = (part, time(rest)) {
                    target[part]["lastTransitionTime"] = json!(time.to_string());
                }
            }
            _ => {}
        }
    }
    status["nodeGroups"] = Value::Array(groups);
    status
}

/// `Healthy (ready=3 unready=0 … cloudProviderTarget=3 (minSize=1, maxSize=10))`.
fn health_of(text: &str) -> Value {
    let numbers: Map<String, Value> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
        .filter_map(|word| word.split_once('='))
        .filter_map(|(key, value)| Some((key.to_owned(), json!(value.parse::<i64>().ok()?))))
        .collect();
    let number = |key: &str| numbers.get(key).cloned().unwrap_or_else(|| json!(0));
    json!({
        "status": first_word(text),
        "cloudProviderTarget": number("cloudProviderTarget"),
        "minSize": number("minSize"),
        "maxSize": number("maxSize"),
        "nodeCounts": {
            "longUnregistered": number("longUnregistered"),
            "registered": {
                "total": number("registered"),
                "ready": number("ready"),
                "notStarted": number("notStarted"),
                "unready": { "total": number("unready") },
            },
        },
    })
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// [`LAST_UPDATED`], interned.
pub static LAST_UPDATED_NAME: LazyLock<Name> = LazyLock::new(|| name(LAST_UPDATED));

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn status(text: &str) -> Status {
        parse(text).unwrap()
    }

    #[test]
    fn both_forms_say_the_same() {
        let old = "Cluster-autoscaler status at 2026-08-20 10:00:00.123456 +0000 UTC:
Cluster-wide:
  Health:      Healthy (ready=3 unready=0 notStarted=0 longNotStarted=0 registered=3 longUnregistered=0)
               LastProbeTime:      2026-08-20 10:00:00 +0000 UTC
               LastTransitionTime: 2026-08-20 09:00:00 +0000 UTC
  ScaleUp:     NoActivity (ready=3 registered=3)

NodeGroups:
  Name:        ng-general
  Health:      Healthy (ready=2 unready=1 notStarted=0 longNotStarted=0 registered=3 longUnregistered=0 cloudProviderTarget=3 (minSize=1, maxSize=10))
               LastTransitionTime: 2026-08-20 09:00:00 +0000 UTC
  ScaleUp:     Backoff (ready=2 cloudProviderTarget=3)
               LastTransitionTime: 2026-08-20 09:30:00 +0000 UTC
  ScaleDown:   NoCandidates (candidates=0)
               LastTransitionTime: 2026-08-20 09:45:00 +0000 UTC
";
        let new = "autoscalerStatus: Running
time: 2026-08-20 10:00:00 +0000 UTC
clusterWide: {health: {status: Healthy}}
nodeGroups:
- name: ng-general
  health:
    status: Healthy
    cloudProviderTarget: 3
    minSize: 1
    maxSize: 10
    nodeCounts: {registered: {total: 3, ready: 2, unready: {total: 1}}}
  scaleUp: {status: Backoff, lastTransitionTime: '2026-08-20T09:30:00Z'}
";
        assert_eq!(status(old), status(new));
        assert_eq!(status(new).groups.first().unwrap().max, 10);
        assert_eq!(status(new).time.unwrap().to_string(), "2026-08-20T10:00:00Z");
    }

    #[test]
    fn what_is_no_status_is_said() {
        assert_eq!(parse("- a").unwrap_err(), "it is not a map");
        assert!(parse("a: [").unwrap_err().starts_with("line "));
        assert!(parse("nodeGroups: {}").is_err());
    }
}
