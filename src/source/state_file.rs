//! The state that a simulation leaves behind, as a snapshot to go on from.
//!
//! Objects that nothing has changed stay as the input had them. What came or was changed is written from the state
//! ([`crate::decode::encode`]): a pod that got its node runs there since, as the simulation takes it to do.

use std::io;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::pack::Packer;
use super::snapshot::Snapshot;
use crate::api::{Name, ObjectKey, Timestamp, name};
use crate::decode::pod::{PodOwn, PodPhase, ReadyCondition};
use crate::decode::workload::{Workload, WorkloadKind};
use crate::decode::{Kind, encode};
use crate::state::{Cluster, NodeInfo, Pod};

/// A state, and what became of it.
pub struct Outcome<'a> {
    /// As the snapshot has it.
    pub before: &'a Cluster,
    /// As it is now.
    pub after: &'a Cluster,
    /// When that is.
    pub now: Timestamp,
    /// Pods that have a node and do not start there.
    pub not_started: &'a FxHashSet<ObjectKey>,
    /// Pods that are not ready where they are.
    pub unready: &'a FxHashSet<ObjectKey>,
    /// What was done.
    pub steps: Vec<String>,
}

/// What becomes of an object of the snapshot.
enum Change {
    Gone,
    Whole(Value),
    /// These fields, by their JSON pointers; null takes one away.
    Fields(Vec<(&'static str, Value)>),
}

#[derive(Default)]
struct Changes {
    changed: FxHashMap<(Kind, ObjectKey), Change>,
    new: Vec<(Kind, Value)>,
}

/// What tells objects of a kind apart.
#[derive(Deserialize)]
struct Identity {
    #[serde(default)]
    metadata: IdentityMetadata,
}

#[derive(Deserialize, Default)]
struct IdentityMetadata {
    #[serde(default)]
    name: Name,
    #[serde(default)]
    namespace: Option<Name>,
}

impl Snapshot {
    /// The snapshot is of the state as it became.
    ///
    /// # Errors
    /// It cannot be read back: it was changed in memory.
    pub fn advance(&mut self, outcome: Outcome<'_>) -> io::Result<()> {
        let changes = Changes::of(&outcome);
        self.packs.push(std::mem::take(&mut self.packer).finish()?);
        let mut packer = Packer::default();
        for pack in &self.packs {
            pack.each(|kind, object| Ok(changes.write(kind, object, &mut packer)?))?;
        }
        for (kind, object) in &changes.new {
            packer.add(*kind, &kind.api_version(), object.to_string().as_bytes())?;
        }
        // What objects show of the scheduler is in the record, or they show it once more.
        let first = self.packs.iter_mut().map(|pack| std::mem::take(&mut pack.seen));
        let mut seen = super::pack::PrunedFacts::default();
        first.for_each(|more| seen.merge(more));
        self.record.scheduler = self.record.scheduler.take().or(seen.scheduler);
        self.record.autoscaler = self.record.autoscaler.take().or(seen.autoscaler);
        self.packs.clear();
        self.packer = packer;
        self.record.simulated.extend(outcome.steps);
        Ok(())
    }
}

impl Changes {
    fn of(outcome: &Outcome<'_>) -> Self {
        let mut changes = Self::default();
        changes.pods(outcome);
        changes.nodes(outcome);
        changes.workloads(outcome);
        changes.storage(outcome);
        changes.counters(outcome);
        changes
    }

    fn change(&mut self, kind: Kind, key: ObjectKey, change: Change) {
        self.changed.insert((kind, key), change);
    }

    /// Writes what became of an object of the snapshot.
    fn write(&self, kind: Kind, object: &str, packer: &mut Packer) -> serde_json::Result<()> {
        let identity: Identity = serde_json::from_str(object)?;
        let IdentityMetadata { name: object_name, namespace } = identity.metadata;
        let namespace = match namespace.filter(|namespace| !namespace.is_empty()) {
            _ if !kind.is_namespaced() => Name::default(),
            Some(namespace) => namespace,
            None => name("default"),
        };
        let text = match self.changed.get(&(kind, ObjectKey::new(namespace, object_name))) {
            None => return packer.add(kind, &api_version(object)?, object.as_bytes()),
            Some(Change::Gone) => return Ok(()),
            Some(Change::Whole(value)) => value.to_string(),
            Some(Change::Fields(fields)) => {
                let mut value: Value = serde_json::from_str(object)?;
                for (pointer, field) in fields {
                    set(&mut value, pointer, field);
                }
                value.to_string()
            }
        };
        packer.add(kind, &api_version(&text)?, text.as_bytes())
    }

    fn pods(&mut self, outcome: &Outcome<'_>) {
        let Outcome { before, after, .. } = outcome;
        for pod in before.pods().iter().filter(|pod| before.has_pod(pod.id)) {
            let change = match after.pod_named(pod.key()) {
                None => Change::Gone,
                Some(now) if now.id == pod.id && now.own == pod.own && Arc::ptr_eq(&now.class, &pod.class) => {
                    continue;
                }
                Some(now) => Change::Whole(written(now, outcome)),
            };
            self.change(Kind::Pod, pod.key(), change);
        }
        let is_new = |pod: &&Pod| after.has_pod(pod.id) && before.pod_named(pod.key()).is_none();
        self.new.extend(after.pods().iter().filter(is_new).map(|pod| (Kind::Pod, written(pod, outcome))));
    }

    fn nodes(&mut self, outcome: &Outcome<'_>) {
        let Outcome { before, after, .. } = outcome;
        for info in before.nodes() {
            let node = &info.node;
            let change = match after.node_named(node.name) {
                None => Change::Gone,
                Some(now) if Arc::ptr_eq(&now.node, node) => continue,
                Some(now) if now.node.allocatable == node.allocatable && now.node.provider_id == node.provider_id => {
                    Change::Fields(vec![
                        ("/metadata/labels", json!(now.node.labels)),
                        ("/spec/taints", json!(encode::taints(&now.node))),
                        ("/spec/unschedulable", json!(now.node.unschedulable)),
                    ])
                }
                Some(now) => Change::Whole(encode::node(&now.node)),
            };
            self.change(Kind::Node, ObjectKey::new(Name::default(), node.name), change);
        }
        let is_new = |node: &&NodeInfo| before.node_named(node.name()).is_none();
        self.new.extend(after.nodes().iter().filter(is_new).map(|node| (Kind::Node, encode::node(&node.node))));
        for node in before.nodes().iter().chain(after.nodes()).map(NodeInfo::name) {
            match (before.storage().csi_node(node), after.storage().csi_node(node)) {
                (Some(_), None) => self.change(Kind::CsiNode, ObjectKey::new(Name::default(), node), Change::Gone),
                (None, Some(csi)) => self.new.push((Kind::CsiNode, encode::csi_node(csi))),
                _ => {}
            }
        }
    }

    fn workloads(&mut self, outcome: &Outcome<'_>) {
        let Outcome { before, after, .. } = outcome;
        let (had, has) = (pods_of_replica_sets(before), pods_of_replica_sets(after));
        for workload in &before.workloads {
            let kind = Kind::Workload(workload.kind);
            let Some(now) = after.workload(workload.identity()) else {
                self.change(kind, workload.key, Change::Gone);
                continue;
            };
            let (had, has) = (had.get(&now.key), has.get(&now.key));
            // Its Deployment's controller has written it down.
            let is_resized = now.kind == WorkloadKind::ReplicaSet && now.controller.is_some() && had != has;
            let is_same = Arc::ptr_eq(&now.template, &workload.template)
                && (now.replicas, now.strategy, now.paused) == (workload.replicas, workload.strategy, workload.paused);
            if is_resized {
                self.change(kind, workload.key, Change::Whole(encode::workload(&sized(now, has))));
            } else if !is_same {
                self.change(kind, workload.key, Change::Whole(encode::workload(now)));
            }
        }
        for workload in after.workloads.iter().filter(|workload| before.workload(workload.identity()).is_none()) {
            let of_deployment = workload.kind == WorkloadKind::ReplicaSet && workload.controller.is_some();
            let json = if of_deployment {
                encode::workload(&sized(workload, has.get(&workload.key)))
            } else {
                encode::workload(workload)
            };
            self.new.push((Kind::Workload(workload.kind), json));
        }
    }

    fn storage(&mut self, outcome: &Outcome<'_>) {
        let (before, after) = (outcome.before.storage(), outcome.after.storage());
        let kind = Kind::PersistentVolumeClaim;
        for claim in before.claims() {
            match after.claim(claim.key) {
                None => self.change(kind, claim.key, Change::Gone),
                // Unchanged objects are shared.
                Some(now) if std::ptr::eq(now, claim) => {}
                Some(now) => self.change(kind, claim.key, Change::Whole(encode::persistent_volume_claim(now))),
            }
        }
        let mut new: Vec<_> = after.claims().filter(|claim| before.claim(claim.key).is_none()).collect();
        new.sort_by_key(|claim| claim.key);
        self.new.extend(new.into_iter().map(|claim| (kind, encode::persistent_volume_claim(claim))));
        for volume in before.volumes() {
            let now = after.volume(volume.name).and_then(|now| now.claim);
            if now != volume.claim {
                let reference = now
                    .map(|claim| json!({ "namespace": claim.key.namespace, "name": claim.key.name, "uid": claim.uid }));
                let key = ObjectKey::new(Name::default(), volume.name);
                let fields = vec![("/spec/claimRef", json!(reference))];
                self.change(Kind::PersistentVolume, key, Change::Fields(fields));
            }
        }
        self.device_claims(outcome);
    }

    fn device_claims(&mut self, outcome: &Outcome<'_>) {
        let (before, after) = (&outcome.before.devices, &outcome.after.devices);
        let kind = Kind::ResourceClaim;
        for claim in before.claims() {
            match after.claim(claim.key) {
                None => self.change(kind, claim.key, Change::Gone),
                Some(now)
                    if (&now.allocation, &now.reserved_for, &now.requests)
                        == (&claim.allocation, &claim.reserved_for, &claim.requests) => {}
                Some(now) => self.change(kind, claim.key, Change::Whole(encode::resource_claim(now))),
            }
        }
        let mut new: Vec<_> = after.claims().filter(|claim| before.claim(claim.key).is_none()).cloned().collect();
        new.sort_by_key(|claim| claim.key);
        for mut claim in new {
            // One that the scheduler has not written to the API yet has no name of its own.
            if let Some(pod) = claim.key.name.strip_prefix("<extended-resources>/") {
                claim.key.name = name(&format!("{pod}-extended-resources"));
            }
            self.new.push((kind, encode::resource_claim(&claim)));
        }
    }

    /// What controllers count.
    fn counters(&mut self, outcome: &Outcome<'_>) {
        let Outcome { before, after, .. } = outcome;
        for (budget, now) in before.budgets.iter().zip(&after.budgets) {
            let is_same = (budget.disruptions_allowed, budget.counted) == (now.disruptions_allowed, now.counted);
            // Without a status it is counted when it is read.
            if is_same || !budget.has_status {
                continue;
            }
            let mut fields = vec![("/status/disruptionsAllowed", json!(now.disruptions_allowed))];
            if let Some(counted) = now.counted {
                fields.push(("/status/currentHealthy", json!(counted.healthy)));
                fields.push(("/status/desiredHealthy", json!(counted.desired)));
            }
            self.change(Kind::PodDisruptionBudget, budget.key, Change::Fields(fields));
        }
        for (quota, now) in before.quotas.iter().zip(&after.quotas) {
            if quota.used != now.used {
                let fields = vec![("/status/used", json!(now.used))];
                self.change(Kind::ResourceQuota, quota.key, Change::Fields(fields));
            }
        }
    }
}

/// A pod as it is in the API by then.
fn written(pod: &Pod, outcome: &Outcome<'_>) -> Value {
    let Outcome { now, not_started, unready, .. } = outcome;
    let mut own = PodOwn::clone(&pod.own);
    let is_fresh = own.phase == PodPhase::Pending && own.start_time.is_none() && own.ready.is_none();
    if own.node_name.is_some() && is_fresh && !not_started.contains(&own.key) {
        own.phase = PodPhase::Running;
        own.start_time = Some(*now);
        own.ready = Some(ReadyCondition { status: !unready.contains(&own.key), since: Some(*now) });
        own.creation_timestamp = own.creation_timestamp.or(Some(*now));
        own.scheduled = None;
    }
    encode::pod(&own, &pod.class.template)
}

/// With as many replicas as it has pods.
fn sized(workload: &Workload, pods: Option<&usize>) -> Workload {
    let pods = pods.copied().unwrap_or_default();
    Workload { replicas: Some(i32::try_from(pods).unwrap_or(i32::MAX)), ..workload.clone() }
}

fn pods_of_replica_sets(cluster: &Cluster) -> FxHashMap<ObjectKey, usize> {
    let mut pods: FxHashMap<ObjectKey, usize> = FxHashMap::default();
    for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id) && !pod.is_terminating()) {
        if let Some(owner) = pod.own.controller.filter(|owner| owner.kind == "ReplicaSet") {
            *pods.entry(ObjectKey::new(pod.key().namespace, owner.name)).or_default() += 1;
        }
    }
    pods
}

fn api_version(object: &str) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versioned {
        api_version: String,
    }
    serde_json::from_str::<Versioned>(object).map(|object| object.api_version)
}

/// Sets the field at `pointer`, and makes what is above it.
fn set(value: &mut Value, pointer: &str, field: &Value) {
    let (parents, last) = pointer.rsplit_once('/').unwrap_or_default();
    let mut place = value;
    for parent in parents.split('/').filter(|parent| !parent.is_empty()) {
        let Value::Object(fields) = place else { return };
        place = fields.entry(parent).or_insert_with(|| Value::Object(Map::new()));
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
    }
    if let Value::Object(fields) = place {
        if field.is_null() {
            fields.remove(last);
        } else {
            fields.insert(last.to_owned(), field.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example_files::example_files;
    use super::super::{Input, Manifests, read_manifests};
    use super::*;
    use crate::decode::Object;
    use crate::decode::storage::PersistentVolumeClaim;

    fn encoded(object: &Object) -> Option<Value> {
        match object {
            Object::Pod(object) => Some(encode::pod(&object.own, &object.template)),
            Object::Node(object) => Some(encode::node(object)),
            Object::Workload(object) => Some(encode::workload(object)),
            Object::PersistentVolumeClaim(object) => Some(encode::persistent_volume_claim(object)),
            Object::ResourceClaim(object) => Some(encode::resource_claim(object)),
            Object::CsiNode(object) => Some(encode::csi_node(object)),
            _ => None,
        }
    }

    /// A selector comes back as requirements, and what could not be compiled does not come back.
    fn comparable(mut object: Object) -> String {
        if let Object::PersistentVolumeClaim(claim) = &mut object {
            let selector = claim.selector.take().and_then(Result::ok).and_then(|selector| selector.to_requirements());
            return format!("{claim:?} {selector:?}");
        }
        match &mut object {
            // Commands are not written: they show how a scheduler or an autoscaler runs.
            Object::Pod(pod) => (pod.scheduler, pod.autoscaler) = (None, None),
            Object::ResourceClaim(claim) => {
                let allocation = claim.allocation.as_mut().and_then(|allocation| allocation.node_selector.take());
                let selector = allocation.and_then(Result::ok).map(|selector| selector.to_selector());
                return format!("{claim:?} {selector:?}");
            }
            _ => {}
        }
        format!("{object:?}")
    }

    /// Every object of the examples and of the tests' data.
    #[test]
    fn decoded_again_an_object_is_what_it_was() {
        let mut seen = std::collections::BTreeMap::new();
        for file in example_files() {
            let Ok(Manifests { objects, .. }) = read_manifests(&Input::from(file.clone())) else { continue };
            for manifest in objects {
                let Ok(object) = manifest.decode() else { continue };
                let Some(json) = encoded(&object) else { continue };
                let again = Object::decode(object.identity().0, json.to_string().as_bytes());
                let (again, _) = again.unwrap_or_else(|error| panic!("{}: {error}: {json}", file.display()));
                *seen.entry(object.identity().0.as_str()).or_insert(0) += 1;
                assert_eq!(comparable(again), comparable(object), "{}: {json}", file.display());
            }
        }
        for kind in
            ["Pod", "Node", "Deployment", "StatefulSet", "CronJob", "PersistentVolumeClaim", "CSINode", "ResourceClaim"]
        {
            assert!(seen.get(kind).is_some_and(|number| *number > 0), "{kind}: {seen:?}");
        }
    }

    #[test]
    fn a_claim_that_is_being_deleted_still_is() {
        let key = ObjectKey::new(crate::api::name("n"), crate::api::name("c"));
        let claim = PersistentVolumeClaim {
            terminating: true,
            ..PersistentVolumeClaim::new(key, &crate::api::volume::ClaimSpec::default())
        };
        assert!(encode::persistent_volume_claim(&claim).pointer("/metadata/deletionTimestamp").is_some());
    }
}
