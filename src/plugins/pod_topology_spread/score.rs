//! `ScheduleAnyway` constraints: PreScore's counts, Score and NormalizeScore
//! (upstream podtopologyspread/scoring.go).

use rustc_hash::FxHashSet;

use crate::cluster::{Cluster, NodeId, NodeInfo, Pod};
use crate::framework::{Fact, MAX_NODE_SCORE, NodeScorer};

use super::HOSTNAME;
use super::constraints::{Constraint, count_pods, has_all_keys};
use super::domains::Domains;

/// Gives nodes the pods in their domains; the fewer, the better.
pub(super) struct Scorer<'a> {
    cluster: &'a Cluster,
    terms: Vec<Term>,
    /// Nodes that take part.
    scored: Vec<NodeId>,
    /// Nodes that lack a key: they get 0.
    ignored: FxHashSet<NodeId>,
}

/// A constraint's share of the score.
struct Term {
    constraint: Constraint,
    counts: Counts,
    /// Natural logarithm of the number of domains and two: keeps few large domains from being
    /// drowned by many small ones (upstream topologyNormalizingWeight).
    weight: f64,
}

enum Counts {
    /// Each node is a domain of its own, whatever the inclusion policies: pods by node id.
    Nodes(Vec<i64>),
    /// Pods by domain, of the domains that a scored node is in.
    Domains(Domains),
}

impl<'a> Scorer<'a> {
    /// Counts the pods of every domain that a feasible node is in (upstream initPreScoreState, PreScore).
    /// Without `require_all_keys` nodes that lack a key take part; they count as the domain `""` in the weight.
    pub(super) fn new(
        cluster: &'a Cluster,
        pod: &Pod,
        constraints: Vec<Constraint>,
        feasible: &[&NodeInfo],
        require_all_keys: bool,
    ) -> Self {
        let (scored, ignored): (Vec<&NodeInfo>, Vec<&NodeInfo>) =
            feasible.iter().partition(|node| !require_all_keys || has_all_keys(&node.node.labels, &constraints));
        let mut domains = vec![Domains::default(); constraints.len()];
        for (constraint, domains) in constraints.iter().zip(&mut domains) {
            if constraint.topology_key != HOSTNAME {
                for node in &scored {
                    domains.add(node.node.labels.get(constraint.topology_key).unwrap_or_default());
                }
            }
        }
        count_pods(cluster, pod, &constraints, require_all_keys, &mut domains, |domains, value| domains.find(value));
        let terms = constraints
            .into_iter()
            .zip(domains)
            .map(|(constraint, domains)| {
                let (size, counts) = if constraint.topology_key == HOSTNAME {
                    (scored.len(), Counts::Nodes(pods_by_node(cluster, pod, &constraint)))
                } else {
                    (domains.len(), Counts::Domains(domains))
                };
                Term { constraint, counts, weight: ((size + 2) as f64).ln() }
            })
            .collect();
        Self {
            cluster,
            terms,
            scored: scored.into_iter().map(|node| node.id).collect(),
            ignored: ignored.into_iter().map(|node| node.id).collect(),
        }
    }
}

fn pods_by_node(cluster: &Cluster, pod: &Pod, constraint: &Constraint) -> Vec<i64> {
    let mut pods = vec![0; cluster.nodes().len()];
    for node in constraint.nodes_of_pods(cluster, pod.key().namespace) {
        if let Some(count) = pods.get_mut(node.index()) {
            *count += 1;
        }
    }
    pods
}

impl Term {
    /// The pods in the node's domain; none where the node lacks the key.
    fn pods(&self, node: &NodeInfo) -> Option<i64> {
        let value = node.node.labels.get(self.constraint.topology_key)?;
        Some(match &self.counts {
            // Not those of the state: a node that an extender gave back comes without its pods.
            Counts::Nodes(_) if node.pods.is_empty() => 0,
            Counts::Nodes(pods) => pods.get(node.id.index()).copied().unwrap_or_default(),
            Counts::Domains(domains) => domains.pods(value),
        })
    }

    /// Upstream scoreForCount: from `maxSkew` on, differences weigh less.
    fn score(&self, node: &NodeInfo) -> f64 {
        let Some(pods) = self.pods(node) else { return 0.0 };
        pods as f64 * self.weight + f64::from(self.constraint.max_skew.wrapping_sub(1))
    }
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        if self.ignored.contains(&node.id) {
            return Ok(0);
        }
        let sum = self.terms.iter().fold(0.0, |sum, term| sum + term.score(node));
        Ok(sum.round() as i64)
    }

    /// The fewest pods get 100, more get less, nodes that lack a key get 0.
    fn normalize(&self, nodes: &[&NodeInfo], scores: &mut [i64]) {
        let ignored = |node: &NodeInfo| self.ignored.contains(&node.id);
        let counted = || nodes.iter().zip(&*scores).filter(|(node, _)| !ignored(node)).map(|(_, score)| *score);
        let minimum = counted().min().unwrap_or_default();
        let maximum = counted().max().unwrap_or_default().max(0);
        for (node, score) in nodes.iter().zip(scores) {
            *score = if ignored(node) {
                0
            } else if maximum == 0 {
                MAX_NODE_SCORE
            } else {
                MAX_NODE_SCORE.wrapping_mul(maximum.wrapping_add(minimum).wrapping_sub(*score)) / maximum
            };
        }
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let of_node = |term: &Term, other: NodeId| {
            let other = self.cluster.node(other);
            let topology_key = term.constraint.topology_key;
            Some(Fact::Domain {
                topology_key,
                domain: other.node.labels.get(topology_key)?,
                count: term.pods(other)?,
                here: other.id == node.id,
            })
        };
        self.terms
            .iter()
            .flat_map(|term| match &term.counts {
                Counts::Nodes(_) => self.scored.iter().filter_map(|other| of_node(term, *other)).collect(),
                Counts::Domains(domains) => domains.facts(term.constraint.topology_key, node),
            })
            .collect()
    }
}

/// The scorer of a profile that takes the plugin out of PreScore only. Upstream words this
/// plugin's error differently from the others' (getPreScoreState).
pub(super) struct WithoutPreScore;

impl NodeScorer for WithoutPreScore {
    fn score(&self, _node: &NodeInfo) -> Result<i64, String> {
        Err("error reading \"PreScorePodTopologySpread\" from cycleState: not found".to_owned())
    }
}
