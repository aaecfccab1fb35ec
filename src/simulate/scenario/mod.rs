//! What if the cluster were different: steps that change it, and the pods that then need a place.
//!
//! A step is what a person does (drain a node, lose a zone, scale a Deployment); it becomes
//! edits of the state ([`crate::edit`]), made one after the other through
//! [`super::Simulation::edit`]. Pods that lose their place, or are new, are placed right behind
//! the step, unless it says `place: later`. [`run()`] plays a scenario, [`read`] reads one.

pub mod budgets;
pub mod deletion_order;
pub mod drain;
mod error;
mod fields;
pub mod lost;
pub mod read;
mod report;
pub mod rollout;
mod run;
#[cfg(test)]
mod tests;
mod waiting;
pub mod workloads;

pub use error::{ScenarioError, StepError};
pub use report::{AppliedScenario, RefusedAction, StepReport, Waits};
pub(super) use run::run_with;
pub use run::{ScenarioRun, replaces_pods, run};

use crate::api::name::Name;
use crate::api::selector::Selector;
use crate::api::{ObjectKey, UpstreamError, name};
use crate::decode::workload::{Workload, WorkloadKey};
use crate::edit::{Edit, PodChange};
use crate::state::Cluster;

use super::new_nodes::NodeModel;

/// The label that tells a node's zone.
pub const ZONE: &str = "topology.kubernetes.io/zone";

/// Steps, in order.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Scenario {
    /// The steps.
    pub steps: Vec<ScenarioStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct ScenarioStep {
    /// Where it was said: `steps[2]`, `--drain node-1`.
    pub said: String,
    /// What is done.
    pub change: StepAction,
    /// When the pods that need a place because of it are placed.
    pub place: Placing,
}

/// When pods are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placing {
    /// Right behind the step.
    #[default]
    Now,
    /// At the next `Schedule` step, or at the end.
    Later,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Hash)]
#[non_exhaustive]
pub enum StepAction {
    /// One edit of the state, and what follows from it for the pods concerned.
    Edit(Edit),
    /// The same edit of each of the nodes; `node` in it is a place holder.
    OnNodes(NodeChoice, Edit),
    /// The nodes are cordoned and their pods evicted, as `kubectl drain` does.
    Drain {
        /// The nodes.
        nodes: NodeChoice,
        /// Whether pods without a controller are evicted, too: no controller recreates them.
        force: bool,
    },
    /// The nodes are gone, at once.
    RemoveNodes(NodeChoice),
    /// New nodes join, with the pods of their DaemonSets.
    AddNodes {
        /// How many.
        count: u32,
        /// What they are like.
        model: NodeModel,
        /// Their name; with a number behind it where there are several.
        name: Option<Name>,
    },
    /// A workload gets so many pods.
    Scale {
        /// The workload.
        workload: WorkloadKey,
        /// How many.
        replicas: u32,
    },
    /// A workload gets so many pods more than it has.
    AddReplicas {
        /// The workload.
        workload: WorkloadKey,
        /// How many.
        more: u32,
    },
    /// A workload's template changes, and its controller replaces the pods.
    PatchWorkload {
        /// The workload.
        workload: WorkloadKey,
        /// What is changed.
        changes: Vec<PodChange>,
    },
    /// A manifest is applied: the workload is new, or becomes like it, and its controller does what follows.
    Apply {
        /// The workload.
        workload: Box<Workload>,
        /// Its template differs from that of before in something that is not read here: its pods are replaced, too.
        restarts: bool,
    },
    /// A workload's controller replaces its pods, as `kubectl rollout restart` has it do.
    Restart(WorkloadKey),
    /// A workload is deleted with its pods.
    DeleteWorkload(WorkloadKey),
    /// All pods that their controllers recreate leave their nodes at once, to be placed again: no cluster does this, and
    /// no budget is asked. The largest come first among those of a priority.
    Repack,
    /// A pod is evicted because it lands better then.
    Rebalance {
        /// The pod.
        pod: ObjectKey,
        /// The node that it gets.
        to: Name,
        /// How uneven the nodes are before and after, in thousandths.
        imbalance: (u32, u32),
        /// Its node would not take it today.
        misplaced: bool,
    },
    /// All pods that wait are placed.
    Schedule,
}

/// Nodes that a step is about.
#[derive(Clone, Debug, PartialEq, Hash)]
#[non_exhaustive]
pub enum NodeChoice {
    /// One node.
    Named(Name),
    /// Several nodes, in this order.
    Listed(Vec<Name>),
    /// Those that a label selector selects.
    Selected {
        /// The selector as it was written.
        text: String,
        /// The same, compiled.
        selector: Selector,
    },
}

impl NodeChoice {
    /// Reads a node's name, several between commas, or a label selector: names have none of its other characters.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        if text.trim().is_empty() {
            return Err("a node's name must not be empty".into());
        }
        if text.contains(['=', '!', '(']) {
            return Self::selected(text);
        }
        let mut nodes: Vec<Name> = Vec::new();
        for node in text.split(',').map(str::trim) {
            if node.is_empty() {
                return Err("a node's name must not be empty".into());
            }
            if !nodes.contains(&name(node)) {
                nodes.push(name(node));
            }
        }
        Ok(if let [node] = nodes.as_slice() { Self::Named(*node) } else { Self::Listed(nodes) })
    }

    /// These and `others`, as one command has them.
    #[must_use]
    pub fn and(self, others: Self) -> Option<Self> {
        let names = |choice: Self| match choice {
            Self::Named(node) => Some(vec![node]),
            Self::Listed(nodes) => Some(nodes),
            Self::Selected { .. } => None,
        };
        let mut nodes = names(self)?;
        for node in names(others)? {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        Some(Self::Listed(nodes))
    }

    /// The nodes that `text` selects; `zone=...` stands for the well-known label.
    ///
    /// # Errors
    /// It is no label selector.
    pub fn selected(text: &str) -> Result<Self, UpstreamError> {
        let full = match text.split_once('=') {
            Some(("zone", zone)) => format!("{ZONE}={zone}"),
            _ => text.to_owned(),
        };
        let selector = crate::api::selector_text::parse(&full)?;
        Ok(Self::Selected { text: text.to_owned(), selector })
    }

    /// The names of the nodes, in the order of the state.
    ///
    /// # Errors
    /// There is none.
    pub fn nodes(&self, cluster: &Cluster) -> Result<Vec<Name>, StepError> {
        match self {
            Self::Named(node) => Ok(vec![there(cluster, *node)?]),
            Self::Listed(nodes) => nodes.iter().map(|node| there(cluster, *node)).collect(),
            Self::Selected { text, selector } => {
                let nodes = cluster.nodes().iter().filter(|node| selector.matches(&node.node.labels));
                let nodes: Vec<Name> = nodes.map(crate::state::NodeInfo::name).collect();
                if nodes.is_empty() { Err(StepError::NoNodeHas(text.clone())) } else { Ok(nodes) }
            }
        }
    }
}

/// The node, if the state has it.
fn there(cluster: &Cluster, node: Name) -> Result<Name, StepError> {
    if cluster.node_named(node).is_some() {
        return Ok(node);
    }
    let names = cluster.nodes().iter().map(|node| node.node.name.as_str());
    Err(StepError::NoSuchNode { node, near: crate::did_you_mean::question(&node, names) })
}

/// `base` with the first number behind it that makes no node's name.
fn free_node_name(cluster: &Cluster, base: &str) -> Name {
    let mut names = (1_u32..).map(|number| name(&format!("{base}-{number}")));
    // There are fewer nodes than numbers.
    names.find(|free| cluster.node_named(*free).is_none()).unwrap_or_default()
}
