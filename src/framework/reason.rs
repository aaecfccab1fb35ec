//! Why a pod cannot be on a node: a value with the facts, whose `Display` is upstream's text.
//!
//! Every output derives from these values; nothing parses the text. A plugin with many
//! reasons of its own keeps them in an enum beside its code and joins here with one variant.

use std::fmt;

use serde::Serialize;

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::taint::Taint;

use super::amount::Amount;
use super::device_reason::DeviceReason;
use super::group_reason::GroupReason;
use super::volume_reason::VolumeReason;

/// Why a plugin rejects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Reason {
    /// SchedulingGates: the pod is held back on purpose.
    SchedulingGates {
        /// The gates, in the pod's order.
        gates: Vec<Name>,
    },
    /// NodeUnschedulable: the node is cordoned.
    NodeUnschedulable,
    /// NodeName: the pod asks for another node by name.
    NodeNameMismatch {
        /// The node it asks for.
        node_name: Name,
    },
    /// TaintToleration: the first taint that the pod does not tolerate.
    UntoleratedTaint {
        /// The taint.
        taint: Taint,
        /// Whether the version's text names it ([`crate::config::Behaviour`]).
        #[serde(skip)]
        named: bool,
    },
    /// NodeAffinity: `nodeSelector` or required node affinity does not match.
    NodeAffinityMismatch {
        /// Keys of `nodeSelector` for which the node has another value or none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unmatched_labels: Vec<Name>,
        /// Whether required node affinity does not match.
        #[serde(rename = "nodeAffinity")]
        affinity: bool,
    },
    /// NodeAffinity: `addedAffinity` of the profile does not match.
    EnforcedNodeAffinityMismatch,
    /// NodeAffinity: the terms name nodes, and no node is in all of them.
    NodeAffinityConflict,
    /// NodeDeclaredFeatures: the node's kubelet does not declare what the pod needs.
    FeaturesNotDeclared {
        /// The features that are missing, sorted.
        missing: Vec<Name>,
        /// Whether the version's text names them ([`crate::config::Behaviour`]).
        #[serde(skip)]
        named: bool,
    },
    /// NodePorts: a port of the node is taken.
    HostPortConflict {
        /// The ports the pod wants that are taken.
        ports: Vec<String>,
    },
    /// NodeResourcesFit: the node has as many pods as it may.
    TooManyPods {
        /// Pods on the node.
        used: i64,
        /// Pods it may have.
        allocatable: i64,
    },
    /// NodeResourcesFit: too little of a resource is free.
    InsufficientResource {
        /// Which.
        resource: Name,
        /// What the pod asks for.
        requested: Amount,
        /// What other pods take.
        used: Amount,
        /// What the node has for pods.
        allocatable: Amount,
        /// By how much it falls short.
        short: Amount,
    },
    /// PodTopologySpread: placing the pod would make a domain too full.
    TopologySkew {
        /// The constraint's key.
        topology_key: Name,
        /// The node's domain.
        domain: Name,
        /// Matching pods in it.
        matching: i64,
        /// Matching pods in the emptiest domain.
        minimum: i64,
        /// The difference the pod would make.
        skew: i64,
        /// The difference allowed.
        max_skew: i64,
    },
    /// PodTopologySpread: the node lacks the label that makes a domain.
    TopologyLabelMissing {
        /// The label's key.
        topology_key: Name,
    },
    /// InterPodAffinity: required affinity finds no pod in the node's domain.
    PodAffinityUnmet {
        /// The term's topology key.
        topology_key: Name,
        /// The node's domain; none when the node lacks the label.
        domain: Option<Name>,
        /// The pods it looks for: the term's label selector, `<all>` or `<none>`.
        selector: Name,
        /// Pods in other domains that match (all of the pod's terms).
        matching_elsewhere: i64,
    },
    /// InterPodAffinity: the pod's own anti-affinity finds a pod in the node's domain.
    PodAntiAffinityViolated {
        /// The term's topology key.
        topology_key: Name,
        /// The node's domain.
        domain: Name,
        /// The pods it keeps away from: the term's label selector, or `<all>`.
        selector: Name,
        /// Pods in the domain that match.
        matching: i64,
        /// One of them.
        pod: Option<ObjectKey>,
    },
    /// InterPodAffinity: a pod in the node's domain has anti-affinity against this one.
    ExistingPodAntiAffinity {
        /// The term's topology key.
        topology_key: Name,
        /// The node's domain.
        domain: Name,
        /// Pods in the domain that keep this one away by that key.
        pods: i64,
        /// One of them.
        pod: Option<ObjectKey>,
    },
    /// The framework: PreFilter plugins narrowed the search down to other nodes.
    ExcludedByPreFilter {
        /// These plugins.
        plugins: Vec<&'static str>,
    },
    /// The framework: PreFilter plugins left no node over.
    NoNodeLeftByPreFilter {
        /// These plugins.
        plugins: Vec<&'static str>,
    },
    /// DefaultPreemption: no pod of lower priority is on the node.
    NoPreemptionVictims,
    /// DefaultPreemption: the node was rejected for a reason that no removal of pods changes.
    PreemptionNotHelpful,
    /// An extender turned the node down.
    Extender {
        /// Which.
        extender: Name,
        /// Its own words.
        text: String,
    },
    /// An extender left the node out of its answer and did not say why; upstream has no text for
    /// that, and its event does not count such nodes.
    NotReturnedByExtender {
        /// Which.
        extender: Name,
    },
    /// The framework: the node is not in the domain that the pod's group is tried in.
    OutsidePlacement,
    /// A plugin's reason that has no facts beside its text, or none that anything here uses yet.
    Other {
        /// Upstream's text.
        #[serde(skip)]
        text: String,
    },
    /// A text with no facts beside it: a plugin's error.
    Error {
        /// In upstream's words.
        #[serde(skip)]
        text: String,
    },
    /// The plugins that look at volumes; written as if it stood here itself.
    #[serde(untagged)]
    Volume(VolumeReason),
    /// DynamicResources: claims of devices.
    #[serde(untagged)]
    Device(DeviceReason),
    /// GangScheduling: the pod's group.
    #[serde(untagged)]
    Group(GroupReason),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SchedulingGates { gates } => {
                write!(f, "waiting for scheduling gates: ")?;
                go_list(f, gates)
            }
            Self::NodeUnschedulable => f.write_str("node(s) were unschedulable"),
            Self::NodeNameMismatch { .. } => f.write_str("node(s) didn't match the requested node name"),
            Self::UntoleratedTaint { taint, named: true } => {
                write!(f, "node(s) had untolerated taint {{{}: {}}}", taint.key, taint.value)
            }
            Self::UntoleratedTaint { named: false, .. } => f.write_str("node(s) had untolerated taint(s)"),
            Self::NodeAffinityMismatch { .. } => f.write_str("node(s) didn't match Pod's node affinity/selector"),
            Self::EnforcedNodeAffinityMismatch => f.write_str("node(s) didn't match scheduler-enforced node affinity"),
            Self::NodeAffinityConflict => f.write_str("pod affinity terms conflict"),
            Self::FeaturesNotDeclared { missing, named: true } => {
                f.write_str("node declared features check failed - unsatisfied requirements: ")?;
                for (index, feature) in missing.iter().enumerate() {
                    write!(f, "{}{feature}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::FeaturesNotDeclared { named: false, .. } => {
                f.write_str("node(s) didn't match Pod's required features")
            }
            Self::HostPortConflict { .. } => f.write_str("node(s) didn't have free ports for the requested pod ports"),
            Self::TooManyPods { .. } => f.write_str("Too many pods"),
            Self::InsufficientResource { resource, .. } => write!(f, "Insufficient {resource}"),
            Self::TopologySkew { .. } => f.write_str("node(s) didn't match pod topology spread constraints"),
            Self::TopologyLabelMissing { .. } => {
                f.write_str("node(s) didn't match pod topology spread constraints (missing required label)")
            }
            Self::PodAffinityUnmet { .. } => f.write_str("node(s) didn't match pod affinity rules"),
            Self::PodAntiAffinityViolated { .. } => f.write_str("node(s) didn't match pod anti-affinity rules"),
            Self::ExistingPodAntiAffinity { .. } => {
                f.write_str("node(s) didn't satisfy existing pods anti-affinity rules")
            }
            Self::ExcludedByPreFilter { plugins } => {
                f.write_str("node(s) didn't satisfy plugin(s) ")?;
                go_list(f, plugins)
            }
            Self::NoNodeLeftByPreFilter { plugins } => match plugins.as_slice() {
                [plugin] => write!(f, "node(s) didn't satisfy plugin {plugin}"),
                plugins => {
                    f.write_str("node(s) didn't satisfy plugin(s) ")?;
                    go_list(f, plugins)?;
                    f.write_str(" simultaneously")
                }
            },
            Self::NoPreemptionVictims => f.write_str("No preemption victims found for incoming pod"),
            Self::PreemptionNotHelpful => f.write_str("Preemption is not helpful for scheduling"),
            Self::NotReturnedByExtender { extender } => {
                write!(f, "node(s) were not in the answer of extender {extender}")
            }
            Self::Other { text } | Self::Error { text } | Self::Extender { text, .. } => f.write_str(text),
            Self::Volume(reason) => reason.fmt(f),
            Self::Device(reason) => reason.fmt(f),
            Self::Group(reason) => reason.fmt(f),
            Self::OutsidePlacement => f.write_str("node(s) are not in the placement of the pod group"),
        }
    }
}

/// `[a b c]`, as Go prints a slice.
fn go_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { " " })?;
    }
    f.write_str("]")
}
