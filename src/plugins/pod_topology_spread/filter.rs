//! `DoNotSchedule` constraints: PreFilter's counts, Filter, and what preemption changes
//! (upstream podtopologyspread/filtering.go).

use std::sync::Arc;

use crate::api::{Name, name};
use crate::framework::{
    Change, Cycle, DirtySet, DomainCount, Fact, IncrementalFilter, NodeFilter, Reason, Rejection, RuleKind,
    TopologyRule,
};
use crate::state::{NodeInfo, Pod};

use super::constraints::{CompiledConstraint, NodeDemands, add_domains, count_pods, domains_of, has_all_keys};
use super::domains::DomainCounts;

/// Rejects nodes whose domain the pod would make too full.
#[derive(Clone)]
pub(super) struct Filter {
    /// The pod's namespace: only pods there count.
    namespace: Name,
    demands: NodeDemands,
    constraints: Arc<[CompiledConstraint]>,
    /// In step with `constraints`.
    domains: Vec<DomainCounts>,
}

impl Filter {
    /// Counts the pods of every domain (upstream calPreFilterState).
    pub(super) fn new(cycle: Cycle<'_>, constraints: Vec<CompiledConstraint>) -> Self {
        let mut domains = domains_of(cycle.cluster, &constraints);
        add_domains(cycle, &constraints, &mut domains);
        count_pods(cycle, &constraints, true, &mut domains);
        Self {
            namespace: cycle.pod.key().namespace,
            demands: NodeDemands::of(cycle),
            constraints: constraints.into(),
            domains,
        }
    }

    fn rules(&self) -> impl Iterator<Item = (&CompiledConstraint, &DomainCounts)> {
        self.constraints.iter().zip(&self.domains)
    }

    /// Upstream updateWithPod. Terminating pods and the pods of an empty selector were not
    /// counted at first, but are here.
    fn change(&mut self, pod: &Pod, node: &NodeInfo, pods: i32) {
        let labels = &node.node.labels;
        if pod.key().namespace != self.namespace || !has_all_keys(labels, &self.constraints) {
            return;
        }
        let admission = self.demands.admission(node);
        for (constraint, domains) in self.constraints.iter().zip(&mut self.domains) {
            if !constraint.selector.matches(pod.labels()) || !constraint.includes(admission) {
                continue;
            }
            if let Some(value) = labels.get(constraint.topology_key) {
                domains.change(value, pods);
            }
        }
    }
}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        self.rules().try_for_each(|(constraint, domains)| judge(constraint, domains, node))
    }

    fn retain_admitted(&self, nodes: &mut Vec<&NodeInfo>) -> Option<()> {
        for (constraint, domains) in self.rules() {
            let minimum = minimum(constraint, domains);
            nodes.retain(|node| {
                let place = domains.place_of(node.id);
                place.is_some_and(|place| allows(constraint, domains.pods_at(place), minimum))
            });
        }
        Some(())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.rules().flat_map(|(constraint, domains)| domains.facts(constraint.topology_key, node)).collect()
    }

    fn topology_rules(&self) -> Vec<TopologyRule> {
        self.rules().map(|(constraint, domains)| rule(constraint, domains, self.namespace)).collect()
    }

    fn fork(&self) -> Option<Box<dyn NodeFilter + '_>> {
        Some(Box::new(self.clone()))
    }

    fn add_pod(&mut self, pod: &Pod, node: &NodeInfo) {
        self.change(pod, node, 1);
    }

    fn remove_pod(&mut self, pod: &Pod, node: &NodeInfo) {
        self.change(pod, node, -1);
    }
}

impl IncrementalFilter for Filter {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        let Change { pod, node, sign, .. } = change;
        let mut counted = self.constraints.iter().map(|constraint| constraint.counts_pod(pod, self.namespace));
        if !counted.any(|counts| counts) || !has_all_keys(&node.node.labels, &self.constraints) {
            return;
        }
        let admission = self.demands.admission(node);
        for (constraint, domains) in self.constraints.iter().zip(&mut self.domains) {
            if !constraint.counts_pod(pod, self.namespace) || !constraint.includes(admission) {
                continue;
            }
            let Some(value) = node.node.labels.get(constraint.topology_key) else { continue };
            let minimum = domains.minimum();
            domains.change(value, sign as i32);
            if domains.minimum() == minimum {
                dirty.domain(constraint.topology_key, value);
            } else {
                dirty.every_domain(constraint.topology_key);
            }
        }
    }

    fn parts(&self) -> usize {
        self.constraints.len()
    }

    fn filter_part(&self, part: usize, node: &NodeInfo) -> Result<(), Rejection> {
        self.rules().nth(part).map_or(Ok(()), |(constraint, domains)| judge(constraint, domains, node))
    }

    fn uniform_over(&self, part: usize) -> Option<Name> {
        self.constraints.get(part).map(|constraint| constraint.topology_key)
    }
}

/// Whether the constraint lets the pod onto the node.
fn judge(constraint: &CompiledConstraint, domains: &DomainCounts, node: &NodeInfo) -> Result<(), Rejection> {
    let topology_key = constraint.topology_key;
    let Some(domain) = node.node.labels.get(topology_key) else {
        return Err(Rejection::unresolvable(Reason::TopologyLabelMissing { topology_key }));
    };
    let minimum = minimum(constraint, domains);
    let matching = domains.pods(domain);
    if allows(constraint, matching, minimum) {
        return Ok(());
    }
    Err(Rejection::unschedulable(Reason::TopologySkew {
        topology_key,
        domain,
        matching,
        minimum,
        skew: skew(constraint, matching, minimum),
        max_skew: constraint.max_skew.into(),
    }))
}

/// Whether a domain with `matching` pods may have one more.
fn allows(constraint: &CompiledConstraint, matching: i64, minimum: i64) -> bool {
    skew(constraint, matching, minimum) <= i64::from(constraint.max_skew)
}

/// What the pods of a domain are measured against (upstream minMatchNum).
fn minimum(constraint: &CompiledConstraint, domains: &DomainCounts) -> i64 {
    let few_domains = (domains.len() as i64) < i64::from(constraint.min_domains);
    if few_domains { 0 } else { domains.minimum() }
}

/// By how much a domain with `matching` pods would be above the minimum with the pod in it.
fn skew(constraint: &CompiledConstraint, matching: i64, minimum: i64) -> i64 {
    matching + i64::from(constraint.selects_pod) - minimum
}

fn rule(constraint: &CompiledConstraint, domains: &DomainCounts, namespace: Name) -> TopologyRule {
    let printed = |text: String| if text.is_empty() { "<none>".into() } else { name(&text) };
    let minimum = minimum(constraint, domains);
    let allowed = |pods: i64| allows(constraint, pods, minimum);
    let count =
        |(domain, pods): (Name, i64)| DomainCount { domain, pods, allowed: allowed(pods), examples: Vec::new() };
    TopologyRule {
        kind: RuleKind::Spread {
            max_skew: constraint.max_skew.into(),
            min_domains: constraint.min_domains.into(),
            minimum,
            self_match: constraint.selects_pod,
            honors_node_affinity: constraint.honors.affinity,
            honors_node_taints: constraint.honors.taints,
            from_profile: constraint.from_profile,
        },
        topology_key: constraint.topology_key,
        // An empty selector counts no pod here, as upstream has it.
        selector: printed(constraint.selector.to_string()),
        namespaces: Some(vec![namespace]),
        domains: domains.by_name().into_iter().map(count).collect(),
        allows_others: allowed(0),
    }
}

/// The filter of a profile that takes the plugin out of PreFilter only. Upstream words this
/// plugin's error differently from the others' (getPreFilterState).
pub(super) struct WithoutPreFilter;

impl NodeFilter for WithoutPreFilter {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::error("reading \"PreFilterPodTopologySpread\" from cycleState: not found"))
    }
}
