//! Object metadata: what scheduling reads of it, nothing else.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::labels::Labels;
use super::list::List;
use super::name::{Name, name};
use super::time::Timestamp;

/// `namespace/name` of a namespaced object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The namespace.
    pub namespace: Name,
    /// The name.
    pub name: Name,
}

impl ObjectKey {
    /// The key of `name` in `namespace`.
    pub fn new(namespace: Name, name: Name) -> Self {
        Self { namespace, name }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl Serialize for ObjectKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectKey {
    /// From `namespace/name`; a name alone is in `default`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let (namespace, object) = text.split_once('/').unwrap_or(("default", &text));
        Ok(Self::new(name(namespace), name(object)))
    }
}

/// The scheduling-relevant part of `metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// `name`; required of every object but a pod template.
    pub name: Option<Name>,
    /// `namespace`.
    pub namespace: Option<Name>,
    /// `generateName`, for pods made from a manifest.
    pub generate_name: Option<Name>,
    /// `uid`.
    pub uid: Option<Name>,
    /// `labels`.
    pub labels: Labels,
    /// `creationTimestamp`.
    pub creation_timestamp: Option<Timestamp>,
    /// `deletionTimestamp`.
    pub deletion_timestamp: Option<Timestamp>,
    /// `ownerReferences`.
    pub owner_references: List<OwnerReference>,
    /// `annotations`, those that scheduling of pods is explained with.
    pub annotations: Option<Annotations>,
}

impl Metadata {
    /// Name and namespace; an object without a namespace is in `default`, as kubectl has it.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            namespace: self.namespace.filter(|n| !n.is_empty()).unwrap_or_else(|| name("default")),
            name: self.name.or(self.generate_name).unwrap_or_default(),
        }
    }

    /// The owner with `controller: true`.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }
}

/// Annotations of pods.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotations {
    /// `kubernetes.io/limit-ranger`: admission has set requests or limits by a LimitRange
    /// (upstream plugin/pkg/admission/limitranger/admission.go). Only its presence matters.
    #[serde(rename = "kubernetes.io/limit-ranger")]
    pub limit_ranger: Option<IgnoredAny>,
    /// `resource.kubernetes.io/extended-resource-claim`: `true` on a claim that a scheduler made for a pod's extended
    /// resources (upstream api/resource/v1, ExtendedResourceClaimAnnotation).
    #[serde(rename = "resource.kubernetes.io/extended-resource-claim")]
    pub extended_resource_claim: Option<Name>,
    /// `kubernetes.io/config.mirror`: the pod stands for one that a kubelet runs by itself. Only its presence matters.
    #[serde(rename = "kubernetes.io/config.mirror")]
    pub mirror: Option<IgnoredAny>,
    /// How old the pod must be before the Cluster Autoscaler makes room for it.
    #[serde(rename = "cluster-autoscaler.kubernetes.io/pod-scale-up-delay")]
    pub scale_up_delay: Option<Name>,
    /// The ProvisioningRequest that the pod consumes, under its present key and its old one.
    #[serde(rename = "autoscaling.x-k8s.io/consume-provisioning-request")]
    pub provisioning_request: Option<Name>,
    /// The same under the old key.
    #[serde(rename = "cluster-autoscaler.kubernetes.io/consume-provisioning-request")]
    pub old_provisioning_request: Option<Name>,
    /// `true`: the Cluster Autoscaler takes the pod for one of a DaemonSet.
    #[serde(rename = "cluster-autoscaler.kubernetes.io/daemonset-pod")]
    pub daemon_set_pod: Option<Name>,
    /// `controller.kubernetes.io/pod-deletion-cost`: pods with less go first when a ReplicaSet is scaled down.
    #[serde(rename = "controller.kubernetes.io/pod-deletion-cost")]
    pub deletion_cost: Option<Name>,
    /// Volcano's PodGroup of the pod.
    #[serde(rename = "scheduling.k8s.io/group-name")]
    pub volcano_group: Option<Name>,
    /// The same under its other key.
    #[serde(rename = "scheduling.volcano.sh/group-name")]
    pub volcano_own_group: Option<Name>,
    /// KAI Scheduler's PodGroup of the pod.
    #[serde(rename = "pod-group-name")]
    pub kai_group: Option<Name>,
    /// `vpaUpdates`: a VerticalPodAutoscaler has set its requests at admission. Only its presence matters.
    #[serde(rename = "vpaUpdates")]
    pub vpa_updates: Option<IgnoredAny>,
}

/// Of the same fields as the hash.
impl PartialEq for Annotations {
    fn eq(&self, other: &Self) -> bool {
        let of =
            |one: &Self| (one.limit_ranger.is_some(), one.mirror.is_some(), one.scale_up_delay, one.daemon_set_pod);
        of(self) == of(other)
    }
}

impl Eq for Annotations {}

impl Hash for Annotations {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.limit_ranger.is_some(), self.mirror.is_some()).hash(state);
        (self.scale_up_delay, self.daemon_set_pod).hash(state);
    }
}

/// One of an object's `ownerReferences`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// `apiVersion`, such as `apps/v1`.
    #[serde(default)]
    pub api_version: Name,
    /// `kind`.
    pub kind: Name,
    /// `name`.
    pub name: Name,
    /// `uid`.
    #[serde(default)]
    pub uid: Name,
    /// Whether this owner manages the object.
    #[serde(default)]
    pub controller: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether pods with these annotations may be of one class.
    #[track_caller]
    fn case(one: &str, other: &str, equal: bool) {
        let read = |json: &str| serde_json::from_str::<Annotations>(json).unwrap();
        assert_eq!(read(one) == read(other), equal, "{one} {other}");
    }

    #[test]
    fn annotations_that_tell_pods_apart() {
        case("{}", "{}", true);
        for (key, only_presence) in [
            ("kubernetes.io/limit-ranger", true),
            ("kubernetes.io/config.mirror", true),
            ("cluster-autoscaler.kubernetes.io/pod-scale-up-delay", false),
            ("cluster-autoscaler.kubernetes.io/daemonset-pod", false),
        ] {
            let (one, other) = (format!(r#"{{"{key}": "1"}}"#), format!(r#"{{"{key}": "2"}}"#));
            case(&one, "{}", false);
            case(&one, &one, true);
            case(&one, &other, only_presence);
        }
        case(r#"{"controller.kubernetes.io/pod-deletion-cost": "1"}"#, "{}", true);
    }
}
