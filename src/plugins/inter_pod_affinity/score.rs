//! PreScore, Score and NormalizeScore (upstream plugins/interpodaffinity/scoring.go).

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::api::Name;
use crate::api::UpstreamError;
use crate::api::affinity_term::AffinityTerms;
use crate::framework::{
    Change, Cycle, DirtySet, Fact, IncrementalScorer, MAX_NODE_SCORE, NodeScorer, Normalizer, ScoreRange,
};
use crate::state::{NodeInfo, Pod};

use super::NAME;
use super::domain_column::DomainColumn;
use super::tally::{Columns, DomainTallies};
use super::terms::{IncomingPod, IncomingTerm};

/// The weights of all terms that matched, added up by domain.
pub(super) struct Scorer {
    sums: Vec<DomainTallies>,
    /// The same for the nodes of the state; an incremental scorer, whose sums change, has none.
    columns: Vec<DomainColumn<i64>>,
    terms: Terms,
}

/// Whose terms weigh how much.
struct Terms {
    /// The incoming pod's preferred terms; anti-affinity weighs less than nothing.
    own: Vec<(IncomingTerm, i64)>,
    /// What existing pods' terms see of the incoming pod.
    seen: IncomingPod,
    /// What each required affinity term of an existing pod weighs.
    hard_weight: i64,
}

impl Scorer {
    /// Adds up, for each pod on a node with the term's topology key (upstream processExistingPod):
    /// the weights of the incoming pod's preferred terms that it matches, and the weights of its
    /// own terms that match the incoming pod, each of its required affinity terms weighing
    /// `hard_weight`. Anti-affinity counts down.
    ///
    /// None when no term matched any pod; weights that cancel out are not none.
    pub(super) fn new(cycle: Cycle<'_>, hard_weight: i32, keeps_namespace_selector: bool) -> Option<Self> {
        let scorer = Self::incremental(cycle, hard_weight, keeps_namespace_selector);
        let column = |domains: &DomainTallies| {
            let sums = domains.tallies.iter().map(|(domain, tally)| (*domain, tally.sum));
            DomainColumn::new(cycle.cluster, domains.topology_key, sums)
        };
        let columns: Vec<_> = scorer.sums.iter().map(column).collect();
        (!columns.is_empty()).then_some(Self { columns, ..scorer })
    }

    /// The same, also when no term matched any pod yet.
    pub(super) fn incremental(cycle: Cycle<'_>, hard_weight: i32, keeps_namespace_selector: bool) -> Self {
        let terms = Terms::of(cycle, hard_weight, keeps_namespace_selector);
        let cluster = cycle.cluster;
        let mut columns = Columns::default();
        for (term, weight) in &terms.own {
            for group in term.groups(cluster) {
                columns.add(cluster, term.topology_key, &group.pods, *weight);
            }
        }
        for group in cluster.groups().with_affinity_to(terms.seen.namespace()) {
            // With terms of its own, upstream goes through all nodes.
            let pods =
                if terms.own.is_empty() { cluster.listed_for_affinity(&group.pods) } else { Cow::from(&group.pods) };
            for (topology_key, weight) in terms.of_existing(&group.class.affinity, group.namespace) {
                columns.add(cluster, topology_key, &pods, weight);
            }
        }
        Self { sums: columns.fold(cluster), columns: Vec::new(), terms }
    }

    /// The sums of the node's domains, key by key.
    fn domains<'s>(&'s self, node: &'s NodeInfo) -> impl Iterator<Item = (&'s DomainTallies, Name, i64)> {
        self.sums.iter().filter_map(|domains| {
            let domain = node.node.labels.get(domains.topology_key)?;
            Some((domains, domain, domains.tallies.get(&domain).map_or(0, |tally| tally.sum)))
        })
    }
}

impl Terms {
    fn of(cycle: Cycle<'_>, hard_weight: i32, keeps_namespace_selector: bool) -> Self {
        let own = &cycle.pod.class.affinity;
        let liked = own.preferred_affinity.iter().map(|liked| (&liked.term, i64::from(liked.weight)));
        let disliked = own.preferred_anti_affinity.iter().map(|disliked| (&disliked.term, -i64::from(disliked.weight)));
        let incoming = |(term, weight)| (IncomingTerm::new(term, cycle, keeps_namespace_selector), weight);
        Self {
            own: liked.chain(disliked).map(incoming).collect(),
            seen: IncomingPod::of(cycle),
            hard_weight: i64::from(hard_weight),
        }
    }

    /// Topology key and weight of each term of an existing pod in `namespace` that matches the incoming pod.
    fn of_existing<'t>(&'t self, theirs: &'t AffinityTerms, namespace: Name) -> impl Iterator<Item = (Name, i64)> + 't {
        let required = theirs.required_affinity.iter().map(|term| (term, self.hard_weight));
        let liked = theirs.preferred_affinity.iter().map(|liked| (&liked.term, i64::from(liked.weight)));
        let disliked =
            theirs.preferred_anti_affinity.iter().map(|disliked| (&disliked.term, -i64::from(disliked.weight)));
        required
            .filter(|_| self.hard_weight > 0)
            .chain(liked)
            .chain(disliked)
            .filter(move |(term, _)| self.seen.is_meant_by(term, namespace))
            .map(|(term, weight)| (term.topology_key, weight))
    }

    /// Topology key and weight of each term that the pod matches or that it has.
    fn of_pod<'t>(&'t self, pod: &'t Pod) -> impl Iterator<Item = (Name, i64)> + 't {
        let own = self.own.iter().filter(|(term, _)| term.matches(pod));
        own.map(|(term, weight)| (term.topology_key, *weight))
            .chain(self.of_existing(&pod.class.affinity, pod.own.key.namespace))
    }
}

impl Normalizer for Scorer {
    /// Stretches the scores to 0 to 100, in floating point and then truncated; all equal, all are 0.
    fn normalize(&self, score: i64, range: ScoreRange) -> i64 {
        match range.most - range.least {
            0 => 0,
            span => (MAX_NODE_SCORE as f64 * ((score - range.least) as f64 / span as f64)) as i64,
        }
    }
}

impl IncrementalScorer for Scorer {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        let Change { pod, node, sign, .. } = change;
        for (topology_key, weight) in self.terms.of_pod(pod) {
            let Some(domain) = node.node.labels.get(topology_key) else { continue };
            let place = self.sums.iter().position(|domains| domains.topology_key == topology_key);
            let place = place.unwrap_or_else(|| {
                self.sums.push(DomainTallies { topology_key, tallies: FxHashMap::default() });
                self.sums.len() - 1
            });
            if let Some(domains) = self.sums.get_mut(place) {
                domains.tallies.entry(domain).or_default().sum += sign * weight;
                dirty.domain_of(node, topology_key);
            }
        }
    }

    fn uniform_over(&self) -> Option<Name> {
        match self.sums.as_slice() {
            [domains] => Some(domains.topology_key),
            _ => None,
        }
    }
}

impl NodeScorer for Scorer {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        Ok(self.domains(node).map(|(_, _, sum)| sum).sum())
    }

    fn score_all(&self, nodes: &[&NodeInfo], scores: &mut [i64]) -> Result<(), UpstreamError> {
        for (score, node) in scores.iter_mut().zip(nodes) {
            *score = if self.columns.is_empty() {
                self.score(node)?
            } else {
                self.columns.iter().filter_map(|column| column.get(node.id)).sum()
            };
        }
        Ok(())
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        Some(self)
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
pub(super) struct MissingPreScore;

impl NodeScorer for MissingPreScore {
    fn score(&self, _node: &NodeInfo) -> Result<i64, UpstreamError> {
        Err(format!("failed to read \"PreScore{NAME}\" from cycleState: not found").into())
    }
}
