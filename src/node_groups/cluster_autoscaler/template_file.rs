//! Templates that somebody saved: what `/snapshotz` of the autoscaler answers, or nodes by group.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::template::{From, Template};
use crate::api::name::Name;
use crate::api::requests::RequestGates;
use crate::decode::{Kind, Object};
use crate::edit::{BuiltNode, BuiltPod};
use crate::state::Cluster;
use crate::state::pod_class::PodClass;

/// Templates by the group's id.
#[derive(Clone, Debug, Default)]
pub struct TemplateFile(BTreeMap<String, Saved>);

#[derive(Clone, Debug)]
struct Saved {
    node: crate::decode::node::Node,
    pods: Vec<crate::decode::pod::PodObject>,
}

#[derive(Deserialize)]
struct WireSaved {
    #[serde(rename = "Node", alias = "node")]
    node: Value,
    #[serde(rename = "Pods", alias = "pods", default)]
    pods: Option<Vec<Value>>,
}

impl TemplateFile {
    /// Reads the answer of `/snapshotz`, or a map from group to `Node` and `Pods`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(value: &Value) -> Result<Self, String> {
        let groups = match value.get("TemplateNodes") {
            Some(groups) => groups,
            None => value,
        };
        let Value::Object(groups) = groups else {
            return Err("it is no map from node groups to nodes, and has no TemplateNodes".to_owned());
        };
        let mut found = BTreeMap::new();
        for (group, saved) in groups {
            let at = |error: String| format!("{group}: {error}");
            let wire = WireSaved::deserialize(saved).map_err(|error| at(error.to_string()))?;
            let Object::Node(node) = decoded(Kind::Node, &wire.node).map_err(at)? else {
                return Err(at("Node is not a Node".to_owned()));
            };
            let mut pods = Vec::new();
            for pod in wire.pods.unwrap_or_default() {
                if let Object::Pod(pod) = decoded(Kind::Pod, &pod).map_err(at)? {
                    pods.push(*pod);
                }
            }
            found.insert(group.clone(), Saved { node: *node, pods });
        }
        Ok(Self(found))
    }

    /// The groups it has.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The template of a group. What a template file cannot hold, devices and CSI drivers, is taken from the node that
    /// it was made from, if that is there.
    pub(super) fn get(&self, group: Name, cluster: &Cluster, gates: RequestGates, csi_aware: bool) -> Option<Template> {
        let saved = self.0.get(group.as_str())?;
        let origin = saved.node.provider_id.and_then(|id| {
            cluster.nodes().iter().find(|node| node.node.provider_id == Some(id)).map(crate::state::NodeInfo::name)
        });
        let slices = cluster.devices.slices().iter();
        let slices = slices.filter(|slice| origin.is_some() && slice.nodes.named() == origin).cloned().collect();
        let csi_node = origin.filter(|_| csi_aware).and_then(|node| cluster.storage().csi_node(node)).cloned();
        let pods: Vec<BuiltPod> = saved
            .pods
            .iter()
            .map(|pod| BuiltPod {
                own: (*pod.own).clone(),
                class: Arc::new(PodClass::new(Arc::clone(&pod.template), gates)),
            })
            .collect();
        let daemons = pods.len();
        let built = BuiltNode { node: saved.node.clone(), pods, csi_node, slices };
        Some(Template { from: From::File, built, daemons })
    }
}

fn decoded(kind: Kind, value: &Value) -> Result<Object, String> {
    Object::decode(kind, value.to_string().as_bytes()).map(|(object, _)| object).map_err(|error| error.to_string())
}
