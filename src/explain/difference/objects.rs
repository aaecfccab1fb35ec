//! What changed of the objects that scheduling reads.

use std::collections::{BTreeMap, BTreeSet};

use super::fields;
use crate::api::{Name, ObjectKey};
use crate::decode::Kind;
use crate::state::{Cluster, Pod};

/// An object that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDifference {
    /// Its kind, with the group where two kinds have the same word.
    pub kind: String,
    /// Its name, with the namespace before it if it has one.
    pub name: String,
    /// What happened to it.
    pub how: How,
    /// What is different.
    pub fields: Vec<FieldDifference>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum How {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// It is different.
    Changed,
}

impl How {
    /// The word for it in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Removed => "Removed",
            Self::Changed => "Changed",
        }
    }
}

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldDifference {
    /// The field: `allocatable cpu`, `taint dedicated`, `label zone`.
    pub field: String,
    /// How it was; none where it was not there.
    pub before: Option<String>,
    /// How it is; none where it is gone.
    pub now: Option<String>,
}

/// The pods of a workload, of which there are more or fewer, or which are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodsDifference {
    /// Whose they are: `deployment/shop/web`, or `pod/shop/x`.
    pub owner: String,
    /// Those with a node, before and now.
    pub placed: (usize, usize),
    /// Those without one.
    pub pending: (usize, usize),
    /// Pods of the same name that are on another node.
    pub moved: Vec<(ObjectKey, Name, Name)>,
}

/// What changed of the objects that scheduling, admission and autoscalers read, beside pods.
pub fn objects(before: &Cluster, now: &Cluster) -> Vec<ObjectDifference> {
    let mut found = Vec::new();
    for (before, now) in fields::of(before).zip(fields::of(now)) {
        let objects: BTreeSet<&(Kind, String)> = before.keys().chain(now.keys()).collect();
        for object in objects {
            let (how, fields) = match (before.get(object), now.get(object)) {
                (None, _) => (How::Added, Vec::new()),
                (_, None) => (How::Removed, Vec::new()),
                (Some(was), Some(is)) if was == is => continue,
                (Some(was), Some(is)) => (How::Changed, different(was, is)),
            };
            let (kind, name) = object;
            found.push(ObjectDifference { kind: fields::word(*kind), name: name.clone(), how, fields });
        }
    }
    found
}

fn different(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Vec<FieldDifference> {
    let fields: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let difference = |field: &String| {
        let (before, now) = (was.get(field), is.get(field));
        (before != now).then(|| FieldDifference { field: field.clone(), before: before.cloned(), now: now.cloned() })
    };
    fields.into_iter().filter_map(difference).collect()
}

/// Whose pods came, went, moved, or wait.
pub fn pods(before: &Cluster, now: &Cluster) -> Vec<PodsDifference> {
    let mut owners: BTreeMap<String, PodsDifference> = BTreeMap::new();
    let mut count = |cluster: &Cluster, pod: &Pod, of: fn(&mut (usize, usize)) -> &mut usize| {
        let owner = owner(cluster, pod);
        let found = owners.entry(owner.clone()).or_insert_with(|| PodsDifference {
            owner,
            placed: (0, 0),
            pending: (0, 0),
            moved: Vec::new(),
        });
        *of(if cluster.node_of(pod.id).is_some() { &mut found.placed } else { &mut found.pending }) += 1;
    };
    for pod in before.pods() {
        count(before, pod, |pair| &mut pair.0);
    }
    for pod in now.pods() {
        count(now, pod, |pair| &mut pair.1);
    }
    for pod in now.pods() {
        let then = before.pod_named(pod.key()).and_then(|then| then.own.node_name);
        if let (Some(then), Some(node)) = (then, pod.own.node_name)
            && then != node
            && let Some(found) = owners.get_mut(&owner(now, pod))
        {
            found.moved.push((pod.key(), then, node));
        }
    }
    let differs = |pods: &PodsDifference| {
        pods.placed.0 != pods.placed.1 || pods.pending.0 != pods.pending.1 || !pods.moved.is_empty()
    };
    owners.into_values().filter(differs).collect()
}

/// The topmost object that manages the pod, or the pod.
pub(super) fn owner(cluster: &Cluster, pod: &Pod) -> String {
    let namespace = pod.key().namespace;
    let Some(owner) = &pod.own.controller else { return format!("pod/{}", pod.key()) };
    let above = cluster.owning_workload(namespace, owner).and_then(|workload| workload.controller.as_ref());
    let top = above.unwrap_or(owner);
    format!("{}/{namespace}/{}", top.kind.as_str().to_lowercase(), top.name)
}
