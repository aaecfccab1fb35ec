//! One API object, decoded straight from JSON into what the state keeps of it.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::devices::{DeviceClass, ResourceClaim, ResourceSlice, claim, slice};
use super::gang::{Gang, WirePodGroup};
use super::limit_range::{LimitRange, WireLimitRange};
use super::node::{Node, WireNode};
use super::pod::{PodObject, WirePod};
use super::pod_group::{self, GroupWorkload, PodGroup};
use super::resource_quota::{ResourceQuota, WireResourceQuota};
use super::runtime_class::{RuntimeClass, WireRuntimeClass};
use super::storage::{self, StorageKind, StorageObject};
use super::wire;
use super::workload::{PodDisruptionBudget, PriorityClass, Service, Workload, WorkloadKind};
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::{Name, name};

/// Kinds the state keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// core/v1
    Pod,
    /// core/v1
    Node,
    /// core/v1
    Namespace,
    /// core/v1
    Service,
    /// policy/v1
    PodDisruptionBudget,
    /// scheduling.k8s.io/v1
    PriorityClass,
    /// core/v1
    LimitRange,
    /// core/v1
    ResourceQuota,
    /// node.k8s.io/v1
    RuntimeClass,
    /// scheduling.x-k8s.io/v1alpha1, of the coscheduling plugin
    PodGroup,
    /// scheduling.k8s.io PodGroup
    SchedulingGroup,
    /// scheduling.k8s.io Workload
    GroupWorkload,
    /// resource.k8s.io
    DeviceClass,
    /// resource.k8s.io
    ResourceClaim,
    /// resource.k8s.io
    ResourceSlice,
    /// Anything with a pod template.
    Workload(WorkloadKind),
    /// Volumes and what belongs to them.
    Storage(StorageKind),
}

impl Kind {
    /// The kind called `kind` in the group of `api_version` (`v1`, `apps/v1`, ...).
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        Some(match (group, kind) {
            ("", "Pod") => Self::Pod,
            ("", "Node") => Self::Node,
            ("", "Namespace") => Self::Namespace,
            ("", "Service") => Self::Service,
            ("", "ReplicationController") => Self::Workload(WorkloadKind::ReplicationController),
            ("apps" | "extensions", "ReplicaSet") => Self::Workload(WorkloadKind::ReplicaSet),
            ("apps" | "extensions", "Deployment") => Self::Workload(WorkloadKind::Deployment),
            ("apps" | "extensions", "DaemonSet") => Self::Workload(WorkloadKind::DaemonSet),
            ("apps", "StatefulSet") => Self::Workload(WorkloadKind::StatefulSet),
            ("batch", "Job") => Self::Workload(WorkloadKind::Job),
            ("batch", "CronJob") => Self::Workload(WorkloadKind::CronJob),
            ("policy", "PodDisruptionBudget") => Self::PodDisruptionBudget,
            ("scheduling.k8s.io", "PriorityClass") => Self::PriorityClass,
            ("", "LimitRange") => Self::LimitRange,
            ("", "ResourceQuota") => Self::ResourceQuota,
            ("node.k8s.io", "RuntimeClass") => Self::RuntimeClass,
            ("scheduling.x-k8s.io", "PodGroup") => Self::PodGroup,
            ("scheduling.k8s.io", "PodGroup") => Self::SchedulingGroup,
            ("scheduling.k8s.io", "Workload") => Self::GroupWorkload,
            ("resource.k8s.io", "DeviceClass") => Self::DeviceClass,
            ("resource.k8s.io", "ResourceClaim") => Self::ResourceClaim,
            ("resource.k8s.io", "ResourceSlice") => Self::ResourceSlice,
            _ => return StorageKind::of(group, kind).map(Self::Storage),
        })
    }

    /// The API's word for the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Node => "Node",
            Self::Namespace => "Namespace",
            Self::Service => "Service",
            Self::PodDisruptionBudget => "PodDisruptionBudget",
            Self::PriorityClass => "PriorityClass",
            Self::LimitRange => "LimitRange",
            Self::ResourceQuota => "ResourceQuota",
            Self::RuntimeClass => "RuntimeClass",
            Self::PodGroup | Self::SchedulingGroup => "PodGroup",
            Self::GroupWorkload => "Workload",
            Self::DeviceClass => "DeviceClass",
            Self::ResourceClaim => "ResourceClaim",
            Self::ResourceSlice => "ResourceSlice",
            Self::Workload(kind) => kind.as_str(),
            Self::Storage(kind) => kind.as_str(),
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub fn is_namespaced(self) -> bool {
        match self {
            Self::Node
            | Self::Namespace
            | Self::PriorityClass
            | Self::RuntimeClass
            | Self::DeviceClass
            | Self::ResourceSlice => false,
            Self::Storage(kind) => kind.is_namespaced(),
            _ => true,
        }
    }
}

/// What is kept of an object.
#[derive(Debug)]
pub enum Object {
    /// A Pod.
    Pod(Box<PodObject>),
    /// A Node.
    Node(Box<Node>),
    /// A Namespace and its labels.
    Namespace(Name, Labels),
    /// A Service.
    Service(Service),
    /// A PodDisruptionBudget.
    PodDisruptionBudget(PodDisruptionBudget),
    /// A PriorityClass.
    PriorityClass(PriorityClass),
    /// A LimitRange.
    LimitRange(LimitRange),
    /// A ResourceQuota.
    ResourceQuota(ResourceQuota),
    /// A RuntimeClass.
    RuntimeClass(RuntimeClass),
    /// A PodGroup.
    PodGroup(Gang),
    /// A PodGroup of scheduling.k8s.io.
    SchedulingGroup(Box<PodGroup>),
    /// A Workload of scheduling.k8s.io.
    GroupWorkload(Box<GroupWorkload>),
    /// A DeviceClass.
    DeviceClass(DeviceClass),
    /// A ResourceClaim.
    ResourceClaim(Box<ResourceClaim>),
    /// A ResourceSlice.
    ResourceSlice(Box<ResourceSlice>),
    /// Anything with a pod template.
    Workload(Box<Workload>),
    /// Volumes and what belongs to them.
    Storage(StorageObject),
}

impl Object {
    /// Decodes the object of `kind` that `json` begins with; also says how many bytes it took.
    ///
    /// # Errors
    /// What `serde_json` finds wrong; its category is `Eof` when `json` ends within the object.
    pub fn decode(kind: Kind, json: &[u8]) -> serde_json::Result<(Self, usize)> {
        Ok(match kind {
            Kind::Pod => {
                let pod = take::<WirePod>(json)?;
                let scheduler = pod.value.scheduler(json);
                pod.map(|pod| Self::Pod(Box::new(PodObject { scheduler, ..pod.into_object() })))
            }
            Kind::Node => take::<WireNode>(json)?.map(|node| Self::Node(Box::new(node.into_node()))),
            Kind::Namespace => take::<wire::WireMetadataOnly>(json)?.map(|namespace| {
                Self::Namespace(namespace.metadata.name.unwrap_or_default(), namespace.metadata.labels)
            }),
            Kind::Service => take::<wire::WireService>(json)?.map(|service| Self::Service(service.into_service())),
            Kind::PodDisruptionBudget => take::<wire::WirePodDisruptionBudget>(json)?
                .map(|budget| Self::PodDisruptionBudget(budget.into_budget())),
            Kind::PriorityClass => {
                take::<wire::WirePriorityClass>(json)?.map(|class| Self::PriorityClass(class.into_class()))
            }
            Kind::LimitRange => take::<WireLimitRange>(json)?.map(|limits| Self::LimitRange(limits.into_limit_range())),
            Kind::ResourceQuota => {
                take::<WireResourceQuota>(json)?.map(|quota| Self::ResourceQuota(quota.into_quota()))
            }
            Kind::RuntimeClass => take::<WireRuntimeClass>(json)?.map(|class| Self::RuntimeClass(class.into_class())),
            Kind::PodGroup => take::<WirePodGroup>(json)?.map(|group| Self::PodGroup(group.into_gang())),
            Kind::SchedulingGroup => take::<pod_group::WirePodGroup>(json)?
                .map(|group| Self::SchedulingGroup(Box::new(group.into_pod_group()))),
            Kind::GroupWorkload => take::<pod_group::WireGroupWorkload>(json)?
                .map(|workload| Self::GroupWorkload(Box::new(workload.into_workload()))),
            Kind::DeviceClass => {
                take::<claim::WireDeviceClass>(json)?.map(|class| Self::DeviceClass(class.into_class()))
            }
            Kind::ResourceClaim => {
                take::<claim::WireResourceClaim>(json)?.map(|claim| Self::ResourceClaim(Box::new(claim.into_claim())))
            }
            Kind::ResourceSlice => {
                take::<slice::WireResourceSlice>(json)?.map(|slice| Self::ResourceSlice(Box::new(slice.into_slice())))
            }
            Kind::Workload(WorkloadKind::ReplicationController) => take::<wire::WireReplicationController>(json)?
                .map(|controller| Self::Workload(Box::new(controller.into_workload()))),
            Kind::Workload(WorkloadKind::CronJob) => {
                take::<wire::WireCronJob>(json)?.map(|job| Self::Workload(Box::new(job.into_workload())))
            }
            Kind::Workload(kind) => {
                take::<wire::WireWorkload>(json)?.map(|workload| Self::Workload(Box::new(workload.into_workload(kind))))
            }
            Kind::Storage(kind) => storage::decode(kind, json)?.map(Self::Storage),
        }
        .into_parts())
    }

    /// Kind, namespace and name: what tells objects apart.
    pub fn identity(&self) -> (Kind, ObjectKey) {
        let unspaced = |kind, object: Name| (kind, ObjectKey::new(name(""), object));
        match self {
            Self::Pod(pod) => (Kind::Pod, pod.own.key),
            Self::Node(node) => unspaced(Kind::Node, node.name),
            Self::Namespace(namespace, _) => unspaced(Kind::Namespace, *namespace),
            Self::Service(service) => (Kind::Service, service.key),
            Self::PodDisruptionBudget(budget) => (Kind::PodDisruptionBudget, budget.key),
            Self::PriorityClass(class) => unspaced(Kind::PriorityClass, class.name),
            Self::LimitRange(limits) => (Kind::LimitRange, limits.key),
            Self::ResourceQuota(quota) => (Kind::ResourceQuota, quota.key),
            Self::RuntimeClass(class) => unspaced(Kind::RuntimeClass, class.name),
            Self::PodGroup(group) => (Kind::PodGroup, group.key),
            Self::SchedulingGroup(group) => (Kind::SchedulingGroup, group.key),
            Self::GroupWorkload(workload) => (Kind::GroupWorkload, workload.key),
            Self::DeviceClass(class) => unspaced(Kind::DeviceClass, class.name),
            Self::ResourceClaim(claim) => (Kind::ResourceClaim, claim.key),
            Self::ResourceSlice(slice) => unspaced(Kind::ResourceSlice, slice.name),
            Self::Workload(workload) => (Kind::Workload(workload.kind), workload.key),
            Self::Storage(object) => {
                let (kind, key) = object.identity();
                (Kind::Storage(kind), key)
            }
        }
    }
}

/// A decoded value and the bytes it took.
pub(crate) struct Taken<T> {
    value: T,
    bytes: usize,
}

impl<T> Taken<T> {
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Taken<U> {
        Taken { value: f(self.value), bytes: self.bytes }
    }

    pub(crate) fn into_parts(self) -> (T, usize) {
        (self.value, self.bytes)
    }
}

pub(crate) fn take<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<Taken<T>> {
    let mut stream = serde_json::Deserializer::from_slice(json).into_iter::<T>();
    match stream.next() {
        Some(Ok(value)) => Ok(Taken { value, bytes: stream.byte_offset() }),
        // After `-` or `1e` at the very end, serde_json misses a digit and not the input.
        Some(Err(error)) if error.is_syntax() && ends_in_number(&error, json) => Err(end_of_input().unwrap_or(error)),
        Some(Err(error)) => Err(error),
        // Nothing but white space: let serde_json word the end of input.
        None => serde_json::from_slice::<T>(json).map(|value| Taken { value, bytes: json.len() }),
    }
}

/// Whether `error` is about a number that is cut off at the end of `json`.
fn ends_in_number(error: &serde_json::Error, json: &[u8]) -> bool {
    if !matches!(json.last(), Some(b'-' | b'+' | b'e' | b'E' | b'.')) {
        return false;
    }
    let last_line = json.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let lines = json.split(|byte| *byte == b'\n').count();
    (error.line(), error.column()) == (lines, last_line.len())
}

/// The error for bytes that end too early.
fn end_of_input() -> Option<serde_json::Error> {
    serde_json::from_slice::<IgnoredAny>(&[]).err()
}

/// Skips the value that `json` begins with; says how many bytes it took.
///
/// # Errors
/// As [`Object::decode`].
pub fn skip(json: &[u8]) -> serde_json::Result<usize> {
    take::<IgnoredAny>(json).map(|taken| taken.bytes)
}

/// `apiVersion` and `kind` of the object that a JSON text begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeMeta {
    /// `apiVersion`.
    pub api_version: Option<String>,
    /// `kind`.
    pub kind: Option<String>,
}

impl TypeMeta {
    /// Reads no further than it must: kubectl and the API server write both fields first.
    pub fn peek(json: &[u8]) -> Self {
        let mut found = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        // Leaving the map early is an error to serde_json; what was found by then is the answer.
        let _ = Peek(&mut found).deserialize(&mut deserializer);
        found
    }
}

struct Peek<'a>(&'a mut TypeMeta);

impl<'de> DeserializeSeed<'de> for Peek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Peek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::ApiVersion => self.0.api_version = map.next_value()?,
                Field::Kind => self.0.kind = map.next_value()?,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.0.api_version.is_some() && self.0.kind.is_some() {
                break;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    ApiVersion,
    Kind,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn peeks(json: &str, api_version: Option<&str>, kind: Option<&str>) {
        let expected = TypeMeta { api_version: api_version.map(Into::into), kind: kind.map(Into::into) };
        assert_eq!(TypeMeta::peek(json.as_bytes()), expected, "{json}");
    }

    #[test]
    fn the_kind_is_found_wherever_it_stands() {
        peeks(r#"{"apiVersion":"v1","kind":"Pod","spec":{"broken"#, Some("v1"), Some("Pod"));
        peeks(r#"{"spec":{"kind":"inner"},"kind":"Pod"}"#, None, Some("Pod"));
        peeks("[1]", None, None);
        peeks("", None, None);
    }

    #[test]
    fn an_object_ends_where_the_next_begins() {
        let json = br#"{"metadata":{"name":"a","labels":{"x":"y"}}} {"metadata":{"name":"b"}}"#;
        let (object, bytes) = Object::decode(Kind::Namespace, json).unwrap();
        assert!(matches!(object, Object::Namespace(n, ref l) if n == "a" && l.len() == 1));
        assert_eq!(&json[bytes..bytes + 2], b" {");
    }

    #[test]
    fn a_cut_object_is_told_from_a_broken_one() {
        assert!(Object::decode(Kind::Pod, br#"{"metadata":{"na"#).unwrap_err().is_eof());
        assert!(Object::decode(Kind::Pod, br#"{"spec":{"priority":-"#).unwrap_err().is_eof());
        assert!(skip(b"{\n\"a\":1.5e-").unwrap_err().is_eof());
        assert!(skip(b"{\n\"a\":1.5e-}").unwrap_err().is_syntax());
        assert!(Object::decode(Kind::Pod, br#"{"metadata":{"name":1}}"#).unwrap_err().is_data());
    }
}
