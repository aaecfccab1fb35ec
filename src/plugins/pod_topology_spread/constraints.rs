//! Constraints as a cycle uses them, and which nodes and pods one counts.

use std::sync::Arc;

use crate::api::Name;
use crate::api::labels::Labels;
use crate::api::pod_spec::{NodeInclusionPolicy, TopologySpreadConstraint};
use crate::api::selector::Selector;
use crate::api::taint::tolerated;
use crate::config::{Behaviour, SpreadConstraint};
use crate::framework::Cycle;
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, NodeId, NodeInfo, Pod};

use super::domains::DomainCounts;

/// The feature gates that say which fields of a constraint are applied. Without inclusion policies
/// upstream leaves out nodes off the pod's affinity and looks at no taint, as their defaults say too.
#[derive(Clone, Copy)]
pub(super) struct ConstraintGates {
    node_inclusion_policy: bool,
    match_label_keys: bool,
}

impl ConstraintGates {
    pub(super) fn of(behaviour: &Behaviour) -> Self {
        Self {
            node_inclusion_policy: behaviour.gates.node_inclusion_policy_in_pod_topology_spread,
            match_label_keys: behaviour.gates.match_label_keys_in_pod_topology_spread,
        }
    }
}

/// A constraint with its selector compiled and its defaults filled in
/// (upstream common.go, topologySpreadConstraint).
pub(super) struct CompiledConstraint {
    /// The largest allowed difference between domains, in pods.
    pub(super) max_skew: i32,
    /// The node label that makes a domain.
    pub(super) topology_key: Name,
    /// Which pods are counted.
    pub(super) selector: Selector,
    /// Whether the pod to be placed is one of them.
    pub(super) selects_pod: bool,
    /// With fewer domains than this the minimum is 0.
    pub(super) min_domains: i32,
    /// The inclusion policies.
    pub(super) honors: Honors,
    /// It is the profile's and not the pod's.
    pub(super) from_profile: bool,
}

/// Which nodes that the pod could not go to make no domain.
#[derive(Clone, Copy)]
pub(super) struct Honors {
    /// Nodes off the pod's node affinity.
    pub(super) affinity: bool,
    /// Nodes with a taint that it does not tolerate.
    pub(super) taints: bool,
}

impl Honors {
    /// Whether a node counts that the pod can(not) go to in these respects (upstream common.go, matchNodeInclusionPolicies).
    /// Asks only about what is honored.
    fn include(self, affinity: impl FnOnce() -> bool, taints: impl FnOnce() -> bool) -> bool {
        (!self.affinity || affinity()) && (!self.taints || taints())
    }
}

impl CompiledConstraint {
    /// A constraint that `pod` has itself. `matchLabelKeys` are merged here whether or not the
    /// API server has merged them too: twice asked is as good as once.
    pub(super) fn of_pod(
        constraint: &TopologySpreadConstraint,
        pod: &Pod,
        gates: ConstraintGates,
    ) -> Result<Self, String> {
        let mut selector = Selector::new(constraint.label_selector.as_ref())?;
        if gates.match_label_keys {
            for key in constraint.match_label_keys.iter().copied() {
                if let Some(value) = pod.labels().get(key) {
                    selector = selector.with_in(key, value);
                }
            }
        }
        let (affinity, taints) = (constraint.node_affinity_policy, constraint.node_taints_policy);
        Ok(Self {
            max_skew: constraint.max_skew,
            topology_key: constraint.topology_key,
            selects_pod: selector.matches(pod.labels()),
            selector,
            min_domains: constraint.min_domains.unwrap_or(1),
            honors: Honors {
                affinity: !gates.node_inclusion_policy || affinity != Some(NodeInclusionPolicy::Ignore),
                taints: gates.node_inclusion_policy && taints == Some(NodeInclusionPolicy::Honor),
            },
            from_profile: false,
        })
    }

    /// A default constraint of the profile, counting what `selector` selects; upstream's own
    /// selector replaces what `matchLabelKeys` would add.
    pub(super) fn from_profile(
        default: &SpreadConstraint,
        selector: Selector,
        pod: &Pod,
        gates: ConstraintGates,
    ) -> Self {
        Self {
            max_skew: default.max_skew,
            topology_key: default.topology_key,
            selects_pod: selector.matches(pod.labels()),
            selector,
            min_domains: default.min_domains.unwrap_or(1),
            honors: Honors {
                affinity: !gates.node_inclusion_policy || default.honor_node_affinity,
                taints: gates.node_inclusion_policy && default.honor_node_taints,
            },
            from_profile: true,
        }
    }

    /// Whether nodes that would have the pod in these respects count.
    pub(super) fn includes(&self, admission: Admission) -> bool {
        self.honors.include(|| admission.affinity, || admission.taints)
    }

    /// Whether pods with `labels` count, in the pod's own namespace. An empty selector counts
    /// nothing, as upstream has it, although it selects everything.
    fn counts(&self, labels: &Labels) -> bool {
        !self.selector.is_empty() && self.selector.matches(labels)
    }

    /// Whether `pod` counts for a pod in `namespace` (upstream common.go, countPodsMatchSelector).
    pub(super) fn counts_pod(&self, pod: &Pod, namespace: Name) -> bool {
        pod.key().namespace == namespace && !pod.is_terminating() && self.counts(pod.labels())
    }

    /// The nodes of the pods in `namespace` that count, each node once for every such pod; nodes
    /// that do not count included.
    pub(super) fn nodes_of_pods<'a>(
        &'a self,
        cluster: &'a Cluster,
        namespace: Name,
    ) -> impl Iterator<Item = NodeId> + 'a {
        cluster
            .groups()
            .in_namespace(namespace)
            .filter(|group| self.counts(&group.labels))
            .flat_map(|group| &group.pods)
            .filter(|pod| !cluster.pod(**pod).is_terminating())
            .filter_map(|pod| cluster.node_of(*pod))
    }
}

/// Whether a node has the keys of all constraints; if not, it counts for none of them
/// (upstream common.go, nodeLabelsMatchSpreadConstraints).
pub(super) fn has_all_keys(node: &Labels, constraints: &[CompiledConstraint]) -> bool {
    constraints.iter().all(|constraint| node.contains_key(constraint.topology_key))
}

/// In which respects a node would have the pod.
#[derive(Clone, Copy)]
pub(super) struct Admission {
    affinity: bool,
    taints: bool,
}

/// What a pod says about nodes.
#[derive(Clone)]
pub(super) struct NodeDemands {
    class: Arc<PodClass>,
    /// Whether tolerations with `Gt` and `Lt` compare.
    comparisons: bool,
}

impl NodeDemands {
    pub(super) fn of(cycle: Cycle<'_>) -> Self {
        let comparisons = cycle.behaviour.gates.taint_toleration_comparison_operators;
        Self { class: Arc::clone(&cycle.pod.class), comparisons }
    }

    pub(super) fn admission(&self, node: &NodeInfo) -> Admission {
        Admission { affinity: self.is_selected(node), taints: self.is_tolerated(node) }
    }

    fn is_selected(&self, node: &NodeInfo) -> bool {
        self.class.required_node_affinity.matches(node)
    }

    fn is_tolerated(&self, node: &NodeInfo) -> bool {
        let keeps_away = |taint| !tolerated(&self.class.template.spec.tolerations, taint, self.comparisons);
        !node.node.taints.iter().any(|taint| taint.effect.rejects() && keeps_away(taint))
    }

    /// Whether the constraint counts a node by its inclusion policies.
    fn counts(&self, constraint: &CompiledConstraint, node: &NodeInfo) -> bool {
        constraint.honors.include(|| self.is_selected(node), || self.is_tolerated(node))
    }
}

/// None of the domains of each constraint counts yet.
pub(super) fn domains_of(cluster: &Cluster, constraints: &[CompiledConstraint]) -> Vec<DomainCounts> {
    constraints.iter().map(|constraint| DomainCounts::new(cluster.domains(constraint.topology_key))).collect()
}

/// Makes a domain, one [`DomainCounts`] for a constraint, of every value that nodes with all keys have where they count.
pub(super) fn add_domains(cycle: Cycle<'_>, constraints: &[CompiledConstraint], domains: &mut [DomainCounts]) {
    let demands = NodeDemands::of(cycle);
    let nodes = cycle.cluster.nodes().iter();
    let with_keys: Vec<&NodeInfo> = nodes.filter(|node| is_in_all(domains, node.id)).collect();
    for (constraint, domains) in constraints.iter().zip(domains) {
        for node in with_keys.iter().filter(|node| demands.counts(constraint, node)) {
            if let Some(place) = domains.place_of(node.id) {
                domains.add_at(place);
            }
        }
    }
}

/// Whether a node of the state is in a domain of each constraint.
fn is_in_all(domains: &[DomainCounts], node: NodeId) -> bool {
    domains.iter().all(|domains| domains.place_of(node).is_some())
}

/// Counts the pods of every domain that there is. With `require_all_keys` nodes that lack a key are left out; without, a
/// key that is missing reads as empty.
pub(super) fn count_pods(
    cycle: Cycle<'_>,
    constraints: &[CompiledConstraint],
    require_all_keys: bool,
    domains: &mut [DomainCounts],
) {
    let (cluster, demands) = (cycle.cluster, NodeDemands::of(cycle));
    // Found for all constraints before the first one is changed.
    let of_pods: Vec<Vec<u32>> = constraints
        .iter()
        .zip(&*domains)
        .map(|(constraint, counted)| {
            if counted.len() == 0 {
                return Vec::new();
            }
            // The pods that count are on few of many nodes: only those are looked at, each once.
            let mut asked: Vec<Option<Option<u32>>> = vec![None; cluster.nodes().len()];
            let domain_of = |id: NodeId| {
                let ask = || {
                    if require_all_keys && !is_in_all(domains, id) {
                        return None;
                    }
                    let place = match counted.place_of(id) {
                        Some(place) => Some(place).filter(|place| counted.has(*place)),
                        None => counted.find(Name::default()),
                    };
                    place.filter(|_| demands.counts(constraint, cluster.node(id)))
                };
                *asked.get_mut(id.index())?.get_or_insert_with(ask)
            };
            constraint.nodes_of_pods(cluster, cycle.pod.key().namespace).filter_map(domain_of).collect()
        })
        .collect();
    for (domains, of_pods) in domains.iter_mut().zip(of_pods) {
        if domains.len() > 0 {
            domains.count(of_pods.into_iter());
        }
    }
}
