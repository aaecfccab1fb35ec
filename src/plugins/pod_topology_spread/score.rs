//! `ScheduleAnyway` constraints: PreScore's counts, Score and NormalizeScore
//! (upstream podtopologyspread/scoring.go).

use rustc_hash::FxHashSet;

use crate::api::Name;
use crate::api::UpstreamError;
use crate::framework::{
    Change, Cycle, DirtySet, Fact, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, Normalizer, ScoreRange,
};
use crate::state::{Cluster, NodeId, NodeInfo, Pod};

use super::HOSTNAME;
use super::constraints::{CompiledConstraint, NodeDemands, count_pods, domains_of, has_all_keys};
use super::domains::DomainCounts;

/// Gives nodes the pods in their domains; the fewer, the better.
pub(super) struct Scorer<'a> {
    /// Where the other nodes' domains are found for the view of one; an incremental
    /// scorer has no such view.
    cluster: Option<&'a Cluster>,
    /// The pod's namespace: only pods there count.
    namespace: Name,
    demands: NodeDemands,
    require_all_keys: bool,
    constraints: Vec<CompiledConstraint>,
    /// In step with `constraints`.
    terms: Vec<Term>,
    /// Nodes that take part.
    scored: Vec<NodeId>,
    /// Nodes that lack a key: they get 0.
    ignored: FxHashSet<NodeId>,
}

/// A constraint's share of the score.
struct Term {
    topology_key: Name,
    max_skew: i32,
    counts: Counts,
    /// By node id, of the nodes there are to score: the place of the node's domain; none without the key.
    places: Vec<Option<u32>>,
    /// Natural logarithm of the number of domains and two: keeps few large domains from being
    /// drowned by many small ones (upstream topologyNormalizingWeight).
    weight: f64,
}

enum Counts {
    /// Each node is a domain of its own, whatever the inclusion policies: pods by node id, and
    /// how many nodes take part.
    Nodes { pods: Vec<i64>, scored: usize },
    /// Pods by domain, of the domains that a scored node is in, and the scored nodes of each.
    Domains { domains: DomainCounts, scored: Scored },
}

/// Nodes that take part, by the place of their domain.
#[derive(Clone, Default)]
struct Scored {
    nodes: Vec<usize>,
    /// Domains with such a node.
    domains: usize,
}

impl Scored {
    fn change(&mut self, domain: u32, joins: bool) {
        let domain = domain as usize;
        if self.nodes.len() <= domain {
            self.nodes.resize(domain + 1, 0);
        }
        let Some(nodes) = self.nodes.get_mut(domain) else { return };
        let before = *nodes;
        *nodes = if joins { before + 1 } else { before.saturating_sub(1) };
        match (before, *nodes) {
            (0, 1) => self.domains += 1,
            (1, 0) => self.domains -= 1,
            _ => {}
        }
    }
}

impl<'a> Scorer<'a> {
    /// Counts the pods of every domain that a feasible node is in (upstream initPreScoreState, PreScore).
    /// Without `require_all_keys` nodes that lack a key take part; they count as the domain `""` in the weight.
    pub(super) fn new(
        cycle: Cycle<'a>,
        constraints: Vec<CompiledConstraint>,
        feasible: &[&NodeInfo],
        require_all_keys: bool,
    ) -> Self {
        let scorer = Scorer::incremental(cycle, constraints, feasible, require_all_keys);
        Self { cluster: Some(cycle.cluster), ..scorer }
    }
}

impl Scorer<'static> {
    /// The same without the view of other nodes.
    pub(super) fn incremental(
        cycle: Cycle<'_>,
        constraints: Vec<CompiledConstraint>,
        feasible: &[&NodeInfo],
        require_all_keys: bool,
    ) -> Self {
        let (cluster, pod) = (cycle.cluster, cycle.pod);
        let mut domains = domains_of(cluster, &constraints);
        let takes_part = |node: &&&NodeInfo| {
            let value = |(constraint, domains): (&CompiledConstraint, &DomainCounts)| {
                place(cluster, node, constraint.topology_key, domains).is_some()
            };
            !require_all_keys || constraints.iter().zip(&domains).all(value)
        };
        let (scored, ignored): (Vec<&NodeInfo>, Vec<&NodeInfo>) = feasible.iter().partition(takes_part);
        let mut located = Vec::with_capacity(constraints.len());
        for (constraint, domains) in constraints.iter().zip(&mut domains) {
            located.push(locate(cluster, constraint.topology_key, &scored, domains));
        }
        count_pods(cycle, &constraints, require_all_keys, &mut domains);
        let terms = constraints
            .iter()
            .zip(domains.into_iter().zip(located))
            .map(|(constraint, (domains, (places, scored_in)))| {
                let counts = if constraint.topology_key == HOSTNAME {
                    Counts::Nodes { pods: pods_by_node(cluster, pod, constraint), scored: scored.len() }
                } else {
                    Counts::Domains { domains, scored: scored_in }
                };
                Term::new(constraint, counts, places)
            })
            .collect();
        Self {
            cluster: None,
            namespace: pod.key().namespace,
            demands: NodeDemands::of(cycle),
            require_all_keys,
            terms,
            scored: scored.into_iter().map(|node| node.id).collect(),
            ignored: ignored.into_iter().map(|node| node.id).collect(),
            constraints,
        }
    }
}

fn pods_by_node(cluster: &Cluster, pod: &Pod, constraint: &CompiledConstraint) -> Vec<i64> {
    let mut pods = vec![0; cluster.nodes().len()];
    for node in constraint.nodes_of_pods(cluster, pod.key().namespace) {
        if let Some(count) = pods.get_mut(node.index()) {
            *count += 1;
        }
    }
    pods
}

/// The domain that a node is in.
enum Place {
    /// At a place that the state's own nodes have.
    Known(u32),
    /// By the label of a copy of a node that an extender has changed.
    Value(Name),
}

/// Go's `math.Round`: to the nearest integer, halves away from zero. `f64::round` is a call
/// where the processor is not known to have an instruction for it.
fn rounded(sum: f64) -> i64 {
    let whole = sum as i64;
    let rest = sum - whole as f64;
    whole.saturating_add(i64::from(rest >= 0.5)).saturating_sub(i64::from(rest <= -0.5))
}

/// Where a node is; nowhere without the label.
fn place(cluster: &Cluster, node: &NodeInfo, key: Name, domains: &DomainCounts) -> Option<Place> {
    match cluster.get_node(node.id) {
        Some(own) if std::ptr::eq(own, node) => domains.place_of(node.id).map(Place::Known),
        _ => node.node.labels.get(key).map(Place::Value),
    }
}

/// Makes the domains of `nodes`: where each node's is, by its id, none without the key; and how many nodes each has. By
/// hostname each node is its own.
fn locate(cluster: &Cluster, key: Name, nodes: &[&NodeInfo], domains: &mut DomainCounts) -> (Vec<Option<u32>>, Scored) {
    let mut places = vec![None; nodes.iter().map(|node| node.id.index() + 1).max().unwrap_or(0)];
    let mut scored = Scored::default();
    for node in nodes {
        let found = place(cluster, node, key, domains);
        let has_key = found.is_some();
        let place = if key == HOSTNAME {
            node.id.0
        } else {
            let domain = match found {
                Some(Place::Known(place)) => {
                    domains.add_at(place);
                    place
                }
                Some(Place::Value(value)) => domains.add(value),
                None => domains.add(Name::default()),
            };
            scored.change(domain, true);
            domain
        };
        if let Some(known) = places.get_mut(node.id.index()) {
            *known = has_key.then_some(place);
        }
    }
    (places, scored)
}

impl Term {
    fn new(constraint: &CompiledConstraint, counts: Counts, places: Vec<Option<u32>>) -> Self {
        let topology_key = constraint.topology_key;
        let mut term = Self { topology_key, max_skew: constraint.max_skew, counts, places, weight: 0.0 };
        term.weigh();
        term
    }

    /// Computes the weight again; whether it has changed.
    fn weigh(&mut self) -> bool {
        let size = match &self.counts {
            Counts::Nodes { scored, .. } => *scored,
            Counts::Domains { scored, .. } => scored.domains,
        };
        let before = std::mem::replace(&mut self.weight, ((size + 2) as f64).ln());
        before.to_bits() != self.weight.to_bits()
    }

    /// The pods in the node's domain; none where the node lacks the key.
    fn pods(&self, node: &NodeInfo) -> Option<i64> {
        let place = self.places.get(node.id.index()).copied().flatten()?;
        Some(match &self.counts {
            // Not those of the state: a node that an extender gave back comes without its pods.
            Counts::Nodes { .. } if node.pods.is_empty() => 0,
            Counts::Nodes { pods, .. } => pods.get(place as usize).copied().unwrap_or_default(),
            Counts::Domains { domains, .. } => domains.pods_at(place),
        })
    }

    /// Upstream scoreForCount: from `maxSkew` on, differences weigh less.
    fn score(&self, node: &NodeInfo) -> f64 {
        let Some(pods) = self.pods(node) else { return 0.0 };
        pods as f64 * self.weight + f64::from(self.max_skew.wrapping_sub(1))
    }
}

impl Normalizer for Scorer<'_> {
    /// The fewest pods get 100, more get less.
    fn normalize(&self, score: i64, range: ScoreRange) -> i64 {
        match range.most.max(0) {
            0 => MAX_NODE_SCORE,
            most => MAX_NODE_SCORE.wrapping_mul(most.wrapping_add(range.least).wrapping_sub(score)) / most,
        }
    }

    /// Nodes that lack a key get 0.
    fn left_out(&self) -> Option<&FxHashSet<NodeId>> {
        (!self.ignored.is_empty()).then_some(&self.ignored)
    }
}

impl IncrementalScorer for Scorer<'_> {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        let Change { pod, node, sign, .. } = change;
        let mut admission = None;
        for (constraint, term) in self.constraints.iter().zip(&mut self.terms) {
            if !constraint.counts_pod(pod, self.namespace) {
                continue;
            }
            match &mut term.counts {
                Counts::Nodes { pods, .. } => {
                    if let Some(pods) = pods.get_mut(node.id.index()) {
                        *pods += sign;
                    }
                    dirty.node(node.id);
                }
                Counts::Domains { domains, .. } => {
                    let labels = &node.node.labels;
                    if self.require_all_keys && !has_all_keys(labels, &self.constraints) {
                        continue;
                    }
                    let admission = *admission.get_or_insert_with(|| self.demands.admission(node));
                    let value = labels.get(constraint.topology_key).unwrap_or_default();
                    if constraint.includes(admission) && domains.find(value).is_some() {
                        domains.change(value, sign as i32);
                        dirty.domain(constraint.topology_key, value);
                    }
                }
            }
        }
    }

    fn set_feasible(&mut self, nodes: &[(&NodeInfo, bool)], dirty: &mut DirtySet) {
        let ignored = &self.ignored;
        let scoring = || nodes.iter().filter(|(node, _)| !ignored.contains(&node.id));
        for term in &mut self.terms {
            match &mut term.counts {
                Counts::Nodes { scored, .. } => {
                    let joining = scoring().filter(|(_, feasible)| *feasible).count();
                    *scored = (*scored + 2 * joining).saturating_sub(scoring().count());
                }
                Counts::Domains { domains, scored } => {
                    for (node, feasible) in scoring() {
                        let place = term.places.get(node.id.index()).copied().flatten();
                        // Without the key the node counts as the domain "".
                        if let Some(domain) = place.or_else(|| domains.find(Name::default())) {
                            scored.change(domain, *feasible);
                        }
                    }
                }
            }
            if term.weigh() {
                dirty.everything();
            }
        }
    }

    fn uniform_over(&self) -> Option<Name> {
        match self.terms.as_slice() {
            [Term { counts: Counts::Domains { .. }, topology_key, .. }] => Some(*topology_key),
            _ => None,
        }
    }
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        if self.ignored.contains(&node.id) {
            return Ok(0);
        }
        Ok(rounded(self.terms.iter().fold(0.0, |sum, term| sum + term.score(node))))
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        Some(self)
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let of_node = |term: &Term, other: NodeId| {
            let other = self.cluster?.node(other);
            let topology_key = term.topology_key;
            Some(Fact::Domain {
                topology_key,
                domain: other.node.labels.get(topology_key)?,
                count: term.pods(other)?,
                on_this_node: other.id == node.id,
            })
        };
        self.terms
            .iter()
            .flat_map(|term| match &term.counts {
                Counts::Nodes { .. } => self.scored.iter().filter_map(|other| of_node(term, *other)).collect(),
                Counts::Domains { domains, .. } => domains.facts(term.topology_key, node),
            })
            .collect()
    }
}

/// The scorer of a profile that takes the plugin out of PreScore only. Upstream words this
/// plugin's error differently from the others' (getPreScoreState).
pub(super) struct WithoutPreScore;

impl NodeScorer for WithoutPreScore {
    fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
        Err("error reading \"PreScorePodTopologySpread\" from cycleState: not found".into())
    }
}

#[cfg(test)]
mod tests {
    use super::{Scored, rounded};

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let numbers =
            [0.0, 0.499_999_999_999_999_94, 0.5, 1.5, 2.4, 2.5, -0.5, -2.4, -2.5, 1e18, 1e300, -1e300, f64::NAN];
        for number in numbers {
            assert_eq!(rounded(number), number.round() as i64, "{number}");
        }
    }

    #[test]
    fn a_domain_counts_while_it_has_a_node() {
        let mut scored = Scored::default();
        let changes = [(0, true), (2, true), (2, true), (2, false), (0, false), (2, false)];
        let domains = changes.map(|(domain, joins)| {
            scored.change(domain, joins);
            scored.domains
        });
        assert_eq!(domains, [1, 2, 2, 2, 1, 0]);
    }
}
