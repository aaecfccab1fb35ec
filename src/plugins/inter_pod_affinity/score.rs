//! PreScore, Score and NormalizeScore (upstream plugins/interpodaffinity/scoring.go).

use crate::cluster::affinity_term::WeightedAffinityTerm;
use crate::cluster::{Name, NodeInfo};
use crate::framework::{Cycle, Fact, MAX_NODE_SCORE, NodeScorer};

use super::NAME;
use super::tally::{Columns, Domains};
use super::terms::IncomingTerm;

/// The weights of all terms that matched, added up by domain.
pub(super) struct Scorer {
    sums: Vec<Domains>,
}

impl Scorer {
    /// Adds up, for each pod on a node with the term's topology key (upstream processExistingPod):
    /// the weights of the incoming pod's preferred terms that it matches, and the weights of its
    /// own terms that match the incoming pod, each of its required affinity terms weighing
    /// `hard_weight`. Anti-affinity counts down.
    ///
    /// None when no term matched any pod; weights that cancel out are not none.
    pub(super) fn new(cycle: Cycle<'_>, hard_weight: i32, keeps_namespace_selector: bool) -> Option<Self> {
        let mut columns = Columns::default();
        incoming(cycle, keeps_namespace_selector, &mut columns);
        existing(cycle, hard_weight, &mut columns);
        let sums = columns.fold(cycle.cluster);
        (!sums.is_empty()).then_some(Self { sums })
    }

    /// The sums of the node's domains, key by key.
    fn domains<'s>(&'s self, node: &'s NodeInfo) -> impl Iterator<Item = (&'s Domains, Name, i64)> {
        self.sums.iter().filter_map(|domains| {
            let domain = node.node.labels.get(domains.topology_key)?;
            Some((domains, domain, domains.tallies.get(&domain).map_or(0, |tally| tally.sum)))
        })
    }
}

fn incoming(cycle: Cycle<'_>, keeps_namespace_selector: bool, columns: &mut Columns) {
    let own = &cycle.pod.class.affinity;
    for (terms, sign) in [(&own.preferred_affinity, 1), (&own.preferred_anti_affinity, -1)] {
        for WeightedAffinityTerm { term, weight } in terms {
            let term = IncomingTerm::new(term, cycle, keeps_namespace_selector);
            for group in term.groups(cycle.cluster) {
                columns.add(cycle.cluster, term.topology_key, &group.pods, sign * i64::from(*weight));
            }
        }
    }
}

fn existing(cycle: Cycle<'_>, hard_weight: i32, columns: &mut Columns) {
    let Cycle { cluster, pod, .. } = cycle;
    let namespace_labels = cluster.namespace_labels(pod.own.key.namespace);
    for group in cluster.groups().with_affinity() {
        let theirs = &group.class.affinity;
        let required = theirs.required_affinity.iter().map(|term| (term, i64::from(hard_weight)));
        let liked = theirs.preferred_affinity.iter().map(|liked| (&liked.term, i64::from(liked.weight)));
        let disliked =
            theirs.preferred_anti_affinity.iter().map(|disliked| (&disliked.term, -i64::from(disliked.weight)));
        for (term, weight) in required.filter(|_| hard_weight > 0).chain(liked).chain(disliked) {
            if term.matches(group.namespace, pod.own.key.namespace, pod.labels(), namespace_labels) {
                columns.add(cluster, term.topology_key, &group.pods, weight);
            }
        }
    }
}

impl NodeScorer for Scorer {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        Ok(self.domains(node).map(|(_, _, sum)| sum).sum())
    }

    /// Stretches the scores to 0 to 100, in floating point and then truncated; all equal, all are 0.
    fn normalize(&self, _nodes: &[&NodeInfo], scores: &mut [i64]) {
        let least = scores.iter().copied().min().unwrap_or_default();
        let span = scores.iter().copied().max().unwrap_or_default() - least;
        for score in scores {
            *score = match span {
                0 => 0,
                _ => (MAX_NODE_SCORE as f64 * ((*score - least) as f64 / span as f64)) as i64,
            };
        }
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        self.domains(node)
            .map(|(domains, domain, sum)| {
                Fact::value(format!("weights for {}={domain}", domains.topology_key), sum.to_string())
            })
            .collect()
    }
}

/// Score without PreScore: upstream misses its cycle state.
pub(super) struct Unscored;

impl NodeScorer for Unscored {
    fn score(&self, _node: &NodeInfo) -> Result<i64, String> {
        Err(format!("failed to read \"PreScore{NAME}\" from cycleState: not found"))
    }
}
