//! A marker in every text that a kind has, and where markers are left once it is redacted.
//!
//! The objects are made from the table of kinds, so that a new kind, and a new field, is tried by itself. What may stay is what
//! the help of `snapshot` lists; fields that are kept as they are stand in one list below, to be looked at when one is added.

use serde_json::{Map, Value, json};

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::decode::fields::{self, FieldShape};
use crate::decode::prune;

/// An object with a marker in every text, and how many there are.
struct Marked {
    count: usize,
    /// Where each marker is that may stay.
    kept: BTreeMap<String, String>,
    /// Where the others are.
    hidden: BTreeMap<String, String>,
}

impl Marked {
    /// One that must not be left.
    fn marker(&mut self, path: &str) -> String {
        self.count += 1;
        let marker = format!("zq{}marker", self.count);
        self.hidden.insert(marker.clone(), path.to_owned());
        marker
    }

    /// One that stays: a word of the API, or what the help of `snapshot` lists.
    fn staying(&mut self, path: &str) -> String {
        let marker = self.marker(path);
        self.hidden.remove(&marker);
        self.kept.insert(marker.clone(), path.to_owned());
        marker
    }

    /// A value of this shape.
    fn of(&mut self, shape: &FieldShape, path: &str) -> Value {
        match shape {
            FieldShape::Kept | FieldShape::Text(Role::Uid | Role::Expression) => json!(self.staying(path)),
            FieldShape::Raw => json!({ "a": self.staying(path) }),
            FieldShape::Present => json!({ "a": self.marker(path) }),
            // A name without a domain is Kubernetes' own.
            FieldShape::Text(Role::Key | Role::Resource | Role::QuotaResource | Role::ApiVersion) => {
                json!(format!("{}.example/{}", self.marker(path), self.marker(path)))
            }
            FieldShape::Text(Role::Image) => {
                json!(format!("{}.example/{}:{}", self.marker(path), self.marker(path), self.marker(path)))
            }
            FieldShape::Prose | FieldShape::Text(_) => json!(self.marker(path)),
            FieldShape::Fields(fields) | FieldShape::Keyed(fields) => {
                let mut object: Map<String, Value> = fields
                    .iter()
                    .map(|(field, shape)| ((*field).to_owned(), self.of(shape, &format!("{path}.{field}"))))
                    .collect();
                let unknown = self.marker(path);
                object.insert("notOfTheTable".to_owned(), json!({ unknown.clone(): unknown }));
                Value::Object(object)
            }
            FieldShape::Each(shape) | FieldShape::Sources(shape) => {
                json!([self.of(shape, &format!("{path}[]")), self.of(shape, &format!("{path}[]"))])
            }
            FieldShape::Yaml(shape) => json!(self.of(shape, path).to_string()),
            FieldShape::Conditions(types) => {
                let condition = |kind: &&str| json!({ "type": kind, "status": "True", "message": self.marker(path) });
                types.iter().map(condition).collect()
            }
            FieldShape::Map(Role::Resource | Role::QuotaResource) => {
                json!({ format!("{}.example/{}", self.marker(path), self.marker(path)): "1" })
            }
            FieldShape::Limits => {
                let unknown = self.marker(path);
                json!({ "resources": self.of(&FieldShape::Map(Role::Resource), path), "other": { unknown.clone(): unknown } })
            }
            FieldShape::Map(_) => json!({ self.marker(path): "1" }),
            FieldShape::Labels => {
                json!({ format!("{}.example/{}", self.marker(path), self.marker(path)): self.marker(path) })
            }
            FieldShape::Requirements => json!([
                { "key": self.marker(path), "operator": "In", "values": [self.marker(path), self.marker(path)] },
                { "key": self.marker(path), "operator": "Exists", "unknown": self.marker(path) },
            ]),
        }
    }
}

/// The markers in `text`.
fn markers(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("zq").filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        let end = rest.find("marker")?;
        let number = rest.get(2..end)?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("zq{number}marker"))
    });
    starts.collect()
}

/// What is left of the markers of all kinds, redacted together: the fields of those that may stay, and the places of those
/// that may not.
fn left() -> (BTreeSet<String>, BTreeSet<String>) {
    let mut marked = Marked { count: 0, kept: BTreeMap::new(), hidden: BTreeMap::new() };
    let mut objects = Vec::new();
    for kind in Kind::ALL {
        let object = marked.of(fields::of(*kind), "");
        objects.push((*kind, prune::prune(*kind, object.to_string().as_bytes()).unwrap()));
    }
    let mut names = Names::default();
    for (kind, object) in &mut objects {
        names.collect(*kind, &mut object.clone());
    }
    let mut redaction = names.into_redaction();
    let (mut kept, mut leaked) = (BTreeSet::new(), BTreeSet::new());
    for (kind, object) in &mut objects {
        redaction.redact(*kind, object);
        for marker in markers(&object.to_string()) {
            match marked.kept.get(&marker) {
                Some(path) => kept.insert(path.rsplit('.').next().unwrap().to_owned()),
                None => leaked.insert(format!("{}{}", kind.as_str(), marked.hidden[&marker])),
            };
        }
    }
    (kept, leaked)
}

#[test]
fn no_marker_is_left_but_where_the_help_says_so() {
    let (kept, leaked) = left();
    assert_eq!(leaked.into_iter().collect::<Vec<_>>(), [""; 0]);
    insta::assert_snapshot!(kept.into_iter().collect::<Vec<_>>().join("\n"), @"
    accessModes[]
    action
    activeDeadlineSeconds
    adminAccess
    allNodes
    allocationMode
    allocationTimestamp
    allowMultipleAllocations
    apiVersion
    architecture
    attachRequired
    attributes
    autoscalerStatus
    bindMountOptions[]
    bindsToNode
    capacity
    cloudProviderTarget
    completions
    consumedCapacity
    consumesCounters
    containerPort
    controller
    count
    creationTimestamp
    currentHealthy
    declaredFeatures[]
    deletionTimestamp
    desiredHealthy
    disruptionMode
    disruptionsAllowed
    distinctAttribute
    driver
    effect
    errorCode
    expectedPods
    expression
    generation
    globalDefault
    group
    hostNetwork
    hostPort
    hostUsers
    io/bind-completed
    io/cluster-api-autoscaler-node-group-max-size
    io/cluster-api-autoscaler-node-group-min-size
    io/cpu
    io/daemonset-pod
    io/ephemeral-disk
    io/extended-resource-claim
    io/gpu-count
    io/is-default-class
    io/last-updated
    io/maxPods
    io/memory
    io/pod-deletion-cost
    io/pod-scale-up-delay
    key
    kind
    kubeletVersion
    lastTransitionTime
    longUnregistered
    matchAttribute
    maxSize
    maxSkew
    maxSurge
    maxUnavailable
    maximumVolumeSize
    minAvailable
    minCount
    minDomains
    minMember
    minSize
    name
    nodeAffinityPolicy
    nodeTaintsPolicy
    notStarted
    operatingSystem
    operator
    parallelism
    partition
    paused
    perDeviceNodeSelection
    phase
    podManagementPolicy
    preemptionPolicy
    preventPodSchedulingIfMissing
    price
    priceAdjustment
    priority
    protocol
    provisioningClassName
    readOnly
    ready
    reason
    replicas
    resourceSliceCount
    restartCount
    restartPolicy
    schedulerName
    scopeName
    scopes[]
    sharedCounters
    sizeBytes
    skipNodeOperations
    start
    startTime
    status
    storageCapacity
    suspend
    suspended
    time
    timeAdded
    tolerationSeconds
    total
    type
    unhealthyPodEvictionPolicy
    unschedulable
    value
    volumeBindingMode
    volumeMode
    weight
    whenUnsatisfiable
    ");
}
