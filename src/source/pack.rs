//! Objects that wait, pruned and packed in our own form: equal parts take no more room than one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Value, json};

use super::packed::{self, PackedWriter};

use crate::decode::Kind;
use crate::decode::autoscaling::process::AutoscalerProcess;
use crate::decode::prune::prune;
use crate::decode::scheduler_process::SchedulerProcess;

/// Takes objects.
#[derive(Default)]
pub(super) struct Packer {
    pub(super) packed: PackedWriter,
    /// How many of each kind.
    pub(super) count: BTreeMap<Kind, usize>,
    pub(super) seen: PrunedFacts,
}

/// An object that was pruned.
pub(super) struct PrunedObject {
    kind: Kind,
    object: Value,
    seen: PrunedFacts,
}

impl PrunedObject {
    /// The object of `kind` that `json` is, pruned, with its `apiVersion` and `kind`, which the API leaves out in a
    /// list of one kind.
    pub(super) fn of(kind: Kind, api_version: &str, json: &[u8]) -> serde_json::Result<Self> {
        let mut object = prune(kind, json)?;
        if let Value::Object(fields) = &mut object {
            fields.insert("apiVersion".to_owned(), json!(api_version));
            fields.insert("kind".to_owned(), json!(kind.as_str()));
        }
        let mut seen = PrunedFacts::default();
        if kind == Kind::Pod {
            seen.pod(&object, json);
        }
        Ok(Self { kind, object, seen })
    }
}

/// What the objects tell before they are pruned.
#[derive(Default)]
pub(super) struct PrunedFacts {
    /// Namespace and name of the pods that have not started.
    pub(super) waiting: BTreeSet<(String, String)>,
    /// The kube-scheduler that one of the pods is.
    pub(super) scheduler: Option<SchedulerProcess>,
    /// The same of the Cluster Autoscaler.
    pub(super) autoscaler: Option<AutoscalerProcess>,
}

impl PrunedFacts {
    /// Adds what others found.
    pub(super) fn merge(&mut self, other: Self) {
        self.waiting.extend(other.waiting);
        self.autoscaler = self.autoscaler.take().or(other.autoscaler);
        self.scheduler = match (self.scheduler.take(), other.scheduler) {
            (Some(one), Some(another)) => Some(one.newer(another)),
            (one, another) => one.or(another),
        };
    }

    /// What `pod`, the pruned form of `json`, shows.
    fn pod(&mut self, pod: &Value, json: &[u8]) {
        let text = |path: &str| pod.pointer(path).and_then(Value::as_str).unwrap_or_default();
        if text("/spec/nodeName").is_empty() || text("/status/phase") == "Pending" {
            let namespace = Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty());
            self.waiting.insert((namespace.unwrap_or("default").to_owned(), text("/metadata/name").to_owned()));
        }
        if SchedulerProcess::is_likely_value(pod) {
            self.merge(Self { scheduler: SchedulerProcess::of(json), ..Self::default() });
        }
        if self.autoscaler.is_none() && AutoscalerProcess::is_likely_value(pod) {
            self.autoscaler = AutoscalerProcess::of(json);
        }
    }
}

impl Packer {
    /// Takes the object of `kind` that `json` is.
    pub(super) fn add(&mut self, kind: Kind, api_version: &str, json: &[u8]) -> serde_json::Result<()> {
        self.push(PrunedObject::of(kind, api_version, json)?).map_err(serde_json::Error::io)
    }

    /// Takes an object.
    pub(super) fn push(&mut self, object: PrunedObject) -> io::Result<()> {
        self.seen.merge(object.seen);
        *self.count.entry(object.kind).or_default() += 1;
        self.packed.add(object.object)
    }

    /// All objects that it took.
    pub(super) fn finish(self) -> io::Result<Pack> {
        let mut file = Vec::new();
        self.packed.finish(&mut file)?;
        Ok(Pack { file, count: self.count.values().sum(), seen: self.seen })
    }
}

/// Objects, packed.
pub(super) struct Pack {
    file: Vec<u8>,
    pub(super) count: usize,
    /// What they found.
    pub(super) seen: PrunedFacts,
}

impl Pack {
    /// Gives the JSON text of every object to `take`.
    pub(super) fn each(&self, mut take: impl FnMut(Kind, &str) -> io::Result<()>) -> io::Result<()> {
        packed::texts(&self.file, |of, text| match Kind::of(of.api_version, of.kind) {
            Some(kind) => take(kind, text),
            None => Ok(()),
        })
    }
}
