//! How many new nodes of a group the pods need: first-fit, the largest first (`estimator/binpacking_estimator.go`).

use std::collections::BTreeSet;

use super::sandbox::Sandbox;
use super::template::Template;
use crate::api::name::name;
use crate::framework::Reason;
use crate::state::node_info::NodeId;
use crate::state::pod::PodId;

/// Nodes needed, and the pods that they help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Estimate {
    /// How many nodes.
    pub nodes: i64,
    /// Which pods.
    pub pods: Vec<PodId>,
}

struct Packing<'a, 's> {
    sandbox: &'a mut Sandbox<'s>,
    template: &'a Template,
    group: &'a str,
    /// How many nodes may be added; none without a limit.
    limit: Option<i64>,
    added: Vec<NodeId>,
    used: BTreeSet<NodeId>,
    scheduled: Vec<PodId>,
}

/// Packs `pods`, which come in groups of alike ones, onto new nodes of `group`.
pub(super) fn estimate(
    sandbox: &mut Sandbox<'_>,
    pods: &[&[PodId]],
    template: &Template,
    group: &str,
    limit: Option<i64>,
) -> Estimate {
    let mark = sandbox.mark();
    let ordered = largest_first(sandbox, pods, template);
    let mut packing =
        Packing { sandbox, template, group, limit, added: Vec::new(), used: BTreeSet::new(), scheduled: Vec::new() };
    let mut open = true;
    for pods in ordered {
        let rest = packing.on_added_nodes(pods);
        if open {
            open = packing.on_new_nodes(rest);
        }
    }
    let estimate = Estimate { nodes: packing.used.len() as i64, pods: packing.scheduled };
    sandbox.rollback(mark);
    estimate
}

/// DecreasingPodOrderer: by the share of a node's CPU and memory that a pod asks for.
fn largest_first<'a>(sandbox: &Sandbox<'_>, groups: &[&'a [PodId]], template: &Template) -> Vec<&'a [PodId]> {
    let node = &template.built.node.allocatable;
    let share = |request: i64, all: i64| if all > 0 { request as f64 / all as f64 } else { 0.0 };
    let score = |pods: &[PodId]| {
        let requested = pods.first().map(|pod| &sandbox.cluster().pod(*pod).class.requests.requested);
        requested.map_or(0.0, |it| share(it.milli_cpu, node.milli_cpu) + share(it.memory, node.memory))
    };
    let mut ordered = groups.to_vec();
    ordered.sort_by(|a, b| score(b).total_cmp(&score(a)));
    ordered
}

impl Packing<'_, '_> {
    /// tryToScheduleOnExistingNodes: as many as find room before the first that does not; answers with the rest.
    fn on_added_nodes<'p>(&mut self, pods: &'p [PodId]) -> &'p [PodId] {
        for (index, pod) in pods.iter().enumerate() {
            let nodes = self.added.clone();
            match self.sandbox.place_on_any(*pod, nodes.into_iter()) {
                Some(node) => self.track(*pod, node),
                None => return pods.get(index..).unwrap_or_default(),
            }
        }
        &[]
    }

    /// tryToScheduleOnNewNodes: answers whether more nodes may be added.
    fn on_new_nodes(&mut self, pods: &[PodId]) -> bool {
        for pod in pods {
            if let Some(last) = self.added.last().copied() {
                match self.sandbox.place(*pod, last) {
                    Ok(()) => {
                        self.track(*pod, last);
                        continue;
                    }
                    Err(rejection) => {
                        let skewed = |reason: &Reason| matches!(reason, Reason::TopologySkew { .. });
                        if self.spreads_by_host(*pod) && rejection.rejection.reasons.iter().any(skewed) {
                            let count = self.sandbox.cluster().nodes().len();
                            let others = (0..count as u32).map(NodeId).filter(|node| *node != last);
                            if let Some(node) = self.sandbox.place_on_any(*pod, others) {
                                self.track(*pod, node);
                                continue;
                            }
                        }
                    }
                }
                // An empty node of the kind was no help: another one would not be, either.
                if !self.used.contains(&last) {
                    return true;
                }
            }
            if self.limit.is_some_and(|limit| self.added.len() as i64 >= limit) {
                return false;
            }
            let called = format!("template-node-for-{}-e-{}", self.group, self.added.len());
            let node = self.sandbox.add(&self.template.built, name(&called));
            self.added.push(node);
            if self.sandbox.place(*pod, node).is_err() {
                return true;
            }
            self.track(*pod, node);
        }
        true
    }

    fn spreads_by_host(&self, pod: PodId) -> bool {
        let constraints = &self.sandbox.cluster().pod(pod).spec().topology_spread_constraints;
        constraints.iter().any(|constraint| constraint.topology_key == "kubernetes.io/hostname")
    }

    fn track(&mut self, pod: PodId, node: NodeId) {
        self.used.insert(node);
        self.scheduled.push(pod);
    }
}
