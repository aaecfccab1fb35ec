//! Whole Pods and Nodes as they were read, kept only when extenders are to be asked: they are
//! sent what kube-scheduler would send, and the state itself holds just what scheduling reads.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde_json::value::{RawValue, to_raw_value};

use super::node_info::NodeInfo;
use super::pod::Pod;
use super::pod_class::PodClass;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::name::Name;
use crate::decode::Kind;
use crate::decode::node::Node;

/// A JSON object whose values stay text, in the order they were read.
type Fields = IndexMap<String, Box<RawValue>>;

/// The text of one Pod or Node, as kube-scheduler has it of the API server: without `kind`,
/// `apiVersion` and `managedFields` (upstream scheduler.go, NewInformerFactory).
#[derive(Clone, Debug)]
pub struct RawObject(Box<RawValue>);

impl RawObject {
    /// The text of an object of `kind`; none for kinds that extenders are not sent, and for what
    /// is no JSON object.
    pub(crate) fn of(kind: Kind, json: &[u8]) -> Option<Self> {
        if !matches!(kind, Kind::Pod | Kind::Node) {
            return None;
        }
        let mut fields: Fields = serde_json::from_slice(json).ok()?;
        fields.shift_remove("kind");
        fields.shift_remove("apiVersion");
        change(&mut fields, "metadata", |metadata| {
            metadata.shift_remove("managedFields");
        })?;
        to_raw_value(&fields).ok().map(Self)
    }
}

/// The whole objects of a state. A node or pod that a what-if question has changed since it was
/// read, or made up, is not among them: nobody is sent an object that is not the one in question.
#[derive(Clone, Debug, Default)]
pub struct RawObjects {
    nodes: FxHashMap<Name, (Arc<Node>, RawObject)>,
    pods: FxHashMap<ObjectKey, (Arc<PodClass>, Arc<Labels>, RawObject)>,
}

impl RawObjects {
    pub(crate) fn keep_node(&mut self, node: &NodeInfo, raw: RawObject) {
        self.nodes.insert(node.name(), (Arc::clone(&node.node), raw));
    }

    pub(crate) fn keep_pod(&mut self, pod: &Pod, raw: RawObject) {
        self.pods.insert(pod.key(), (Arc::clone(&pod.class), Arc::clone(&pod.own.labels), raw));
    }

    /// The whole Node.
    pub fn node(&self, node: &NodeInfo) -> Option<&RawValue> {
        let (read, raw) = self.nodes.get(&node.name())?;
        Arc::ptr_eq(read, &node.node).then_some(&*raw.0)
    }

    /// The whole Pod, on the node where the state has it: without a node it is pending.
    pub fn pod(&self, pod: &Pod) -> Option<Cow<'_, RawValue>> {
        let (class, labels, raw) = self.pods.get(&pod.key())?;
        let unchanged = Arc::ptr_eq(class, &pod.class) && Arc::ptr_eq(labels, &pod.own.labels);
        unchanged.then(|| on_node(&raw.0, pod.own.node_name))?
    }
}

/// The pod `raw` with `spec.nodeName` as `node` says; `status.phase` is `Pending` without one.
fn on_node(raw: &RawValue, node: Option<Name>) -> Option<Cow<'_, RawValue>> {
    let mut fields: Fields = serde_json::from_str(raw.get()).ok()?;
    let mut same = false;
    change(&mut fields, "spec", |spec| {
        let written = spec.get("nodeName").and_then(|value| serde_json::from_str::<Option<String>>(value.get()).ok());
        let written = written.flatten().filter(|name| !name.is_empty());
        same = written.as_deref() == node.map(|name| name.as_str());
        match node.and_then(|name| to_raw_value(name.as_str()).ok()) {
            Some(name) => spec.insert("nodeName".to_owned(), name),
            None => spec.shift_remove("nodeName"),
        };
    })?;
    if same {
        return Some(Cow::Borrowed(raw));
    }
    if node.is_none() {
        change(&mut fields, "status", |status| {
            status.extend(to_raw_value("Pending").ok().map(|phase| ("phase".to_owned(), phase)));
        })?;
    }
    to_raw_value(&fields).ok().map(Cow::Owned)
}

/// Changes the object under `key`; an absent or null one is empty.
fn change(fields: &mut Fields, key: &str, edit: impl FnOnce(&mut Fields)) -> Option<()> {
    let mut inner: Fields = match fields.get(key) {
        Some(value) => serde_json::from_str::<Option<Fields>>(value.get()).ok()?.unwrap_or_default(),
        None => Fields::default(),
    };
    edit(&mut inner);
    fields.insert(key.to_owned(), to_raw_value(&inner).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;

    #[track_caller]
    fn kept(json: &str, expected: &str) {
        assert_eq!(RawObject::of(Kind::Node, json.as_bytes()).unwrap().0.get(), expected);
    }

    #[test]
    fn kept_is_what_the_scheduler_keeps() {
        kept(
            r#"{"kind":"Node","apiVersion":"v1","spec":{"x": 1.50},"metadata":{"name":"a","managedFields":[{}]}}"#,
            r#"{"spec":{"x": 1.50},"metadata":{"name":"a"}}"#,
        );
        assert!(RawObject::of(Kind::Service, b"{}").is_none());
    }

    #[track_caller]
    fn placed(json: &str, node: Option<&str>, expected: &str) {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        assert_eq!(on_node(&raw, node.map(name)).unwrap().get(), expected);
    }

    #[test]
    fn a_pod_is_sent_where_the_state_has_it() {
        let running = r#"{"spec":{"nodeName":"a","priority":1},"status":{"phase":"Running"}}"#;
        placed(running, Some("a"), running);
        placed(running, None, r#"{"spec":{"priority":1},"status":{"phase":"Pending"}}"#);
        placed(r#"{"spec":{}}"#, Some("b"), r#"{"spec":{"nodeName":"b"}}"#);
        placed(r#"{"spec":{"nodeName":""}}"#, None, r#"{"spec":{"nodeName":""}}"#);
    }
}
