//! PreFilter and Filter (upstream plugins/interpodaffinity/filtering.go).

use std::sync::Arc;

use crate::api::ObjectKey;
use crate::api::affinity_term::AffinityTerm;
use crate::api::name::Name;
use crate::framework::{Change, Cycle, DirtySet, Fact, IncrementalFilter, NodeFilter, Reason, Rejection, TopologyRule};
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, NodeId, NodeInfo, Pod, PodId};

use super::counts::TermCounts;
use super::domain_column::DomainColumn;
use super::rules;
use super::tally::{Columns, DomainTallies, NodeTallies};
use super::terms::{IncomingPod, IncomingTerm, all_match, groups_of_all};

/// Judges nodes by required terms. A copy shares the terms and what was counted at first.
#[derive(Clone)]
pub(super) struct Filter<'a> {
    /// Where the pods that are named in reasons are found; an incremental
    /// filter names none.
    pub(super) cluster: Option<&'a Cluster>,
    pub(super) terms: Arc<Terms>,
    /// Pods that match all affinity terms; a table for each term.
    pub(super) affinity: TermCounts,
    /// Pods that match an anti-affinity term; a table for each term.
    pub(super) anti_affinity: TermCounts,
    /// Pods with anti-affinity against the incoming pod; a table for each topology key.
    pub(super) existing: TermCounts,
    /// The same for the nodes of the state, until a pod comes or goes; an incremental filter has none.
    columns: Option<Arc<AdmissionColumns>>,
}

/// In which domains a pod counts, by table.
struct AdmissionColumns {
    affinity: Vec<DomainColumn<bool>>,
    /// By the pod's own anti-affinity, and by that of others against it.
    anti_affinity: Vec<DomainColumn<bool>>,
    /// The pod may be the first of its kind.
    first_of_its_kind: bool,
}

impl AdmissionColumns {
    fn of(filter: &Filter<'_>, cluster: &Cluster) -> Self {
        let columns = |counts: &TermCounts| {
            let counting = |table| counts.counting(table).map(|domain| (domain, true));
            let column = |(table, topology_key)| DomainColumn::new(cluster, topology_key, counting(table));
            counts.tables().map(column).collect::<Vec<_>>()
        };
        let mut anti_affinity = columns(&filter.anti_affinity);
        anti_affinity.extend(columns(&filter.existing));
        Self { affinity: columns(&filter.affinity), anti_affinity, first_of_its_kind: filter.first_of_its_kind() }
    }

    fn admit(&self, node: NodeId) -> bool {
        let is_met = |column: &DomainColumn<bool>| column.get(node).is_some_and(|met| met || self.first_of_its_kind);
        let is_violated = |column: &DomainColumn<bool>| column.get(node) == Some(true);
        self.affinity.iter().all(is_met) && !self.anti_affinity.iter().any(is_violated)
    }
}

/// The incoming pod's required terms.
pub(super) struct Terms {
    pub(super) affinity: Vec<IncomingTerm>,
    pub(super) anti_affinity: Vec<IncomingTerm>,
    /// What other pods' terms see.
    pub(super) seen: IncomingPod,
    /// Whether the pod itself matches all of its affinity terms.
    pub(super) matches_itself: bool,
}

impl<'a> Filter<'a> {
    /// Counts the pods on nodes. None when there is nothing to check.
    pub(super) fn new(cycle: Cycle<'a>, keeps_namespace_selector: bool) -> Option<Self> {
        let filter = Filter::incremental(cycle, keeps_namespace_selector);
        let terms = &filter.terms;
        if filter.existing.is_empty() && terms.affinity.is_empty() && terms.anti_affinity.is_empty() {
            return None;
        }
        let columns = Some(Arc::new(AdmissionColumns::of(&filter, cycle.cluster)));
        Some(Self { cluster: Some(cycle.cluster), columns, ..filter })
    }
}

impl Filter<'static> {
    /// The same, also when there is nothing to check yet.
    pub(super) fn incremental(cycle: Cycle<'_>, keeps_namespace_selector: bool) -> Self {
        let seen = IncomingPod::of(cycle);
        let own = &cycle.pod.class.affinity;
        let affinity = IncomingTerm::all(&own.required_affinity, cycle, keeps_namespace_selector);
        let anti_affinity = IncomingTerm::all(&own.required_anti_affinity, cycle, keeps_namespace_selector);
        let matches_itself = all_match(&affinity, cycle.pod);
        Self {
            cluster: None,
            affinity: TermCounts::new(matching_all(&affinity, cycle)),
            anti_affinity: TermCounts::new(anti_affinity.iter().map(|term| matching(term, cycle)).collect()),
            existing: TermCounts::new(existing(cycle.cluster, &seen)),
            columns: None,
            terms: Arc::new(Terms { affinity, anti_affinity, seen, matches_itself }),
        }
    }
}

impl Filter<'_> {
    /// Every term needs a matching pod in the node's domain. Where no pod matches anywhere, a
    /// pod that matches itself may be the first, if only the node has all labels (upstream
    /// satisfyPodAffinity).
    fn unmet_affinity(&self, node: &NodeInfo) -> Option<Reason> {
        let mut unmet = None;
        for (table, term) in self.terms.affinity.iter().enumerate() {
            let Some(domain) = node.node.labels.get(term.topology_key) else {
                return Some(self.unmet(table, term, None));
            };
            if self.affinity.get(table, domain) <= 0 && unmet.is_none() {
                unmet = Some((table, term, domain));
            }
        }
        let (table, term, domain) = unmet?;
        (!self.first_of_its_kind()).then(|| self.unmet(table, term, Some(domain)))
    }

    fn first_of_its_kind(&self) -> bool {
        self.affinity.is_empty() && self.terms.matches_itself
    }

    fn unmet(&self, table: usize, term: &IncomingTerm, domain: Option<Name>) -> Reason {
        Reason::PodAffinityUnmet {
            topology_key: term.topology_key,
            domain,
            selector: term.printed,
            matching_elsewhere: self.affinity.total(table),
        }
    }

    /// No term may have a matching pod in the node's domain (upstream satisfyPodAntiAffinity).
    fn violated_anti_affinity(&self, node: &NodeInfo) -> Option<Reason> {
        self.terms.anti_affinity.iter().enumerate().find_map(|(table, term)| {
            let domain = node.node.labels.get(term.topology_key)?;
            let matching = self.anti_affinity.get(table, domain);
            (matching > 0).then(|| Reason::PodAntiAffinityViolated {
                topology_key: term.topology_key,
                domain,
                selector: term.printed,
                matching,
                pod: self.key(self.anti_affinity.sample(table, domain)),
            })
        })
    }

    /// No pod in any of the node's domains may have anti-affinity against this one (upstream
    /// satisfyExistingPodsAntiAffinity).
    fn existing_anti_affinity(&self, node: &NodeInfo) -> Option<Reason> {
        self.existing.tables().find_map(|(table, topology_key)| {
            let domain = node.node.labels.get(topology_key)?;
            let pods = self.existing.get(table, domain);
            (pods > 0).then(|| Reason::ExistingPodAntiAffinity {
                topology_key,
                domain,
                pods,
                pod: self.key(self.existing.sample(table, domain)),
            })
        })
    }

    fn key(&self, pod: Option<PodId>) -> Option<ObjectKey> {
        Some(self.cluster?.pod(pod?).key())
    }

    /// Upstream updateWithPod.
    fn change(&mut self, pod: &Pod, node: &NodeInfo, sign: i64) {
        self.columns = None;
        for topology_key in keys_against(&self.terms.seen, &pod.class, pod.own.key.namespace) {
            let table = self.existing.table_of(topology_key);
            self.existing.change(table, node, pod.id, sign);
        }
        if all_match(&self.terms.affinity, pod) {
            for table in 0..self.terms.affinity.len() {
                self.affinity.change(table, node, pod.id, sign);
            }
        }
        for (table, term) in self.terms.anti_affinity.iter().enumerate() {
            if term.matches(pod) {
                self.anti_affinity.change(table, node, pod.id, sign);
            }
        }
    }
}

/// Pods that match all of `terms`, by the domains of each (upstream getIncomingAffinityAntiAffinityCounts).
fn matching_all(terms: &[IncomingTerm], cycle: Cycle<'_>) -> Vec<DomainTallies> {
    let cluster = cycle.cluster;
    let mut column = NodeTallies::new(cluster);
    for group in groups_of_all(terms, cluster) {
        column.add(cluster, &group.pods, 1);
    }
    terms.iter().map(|term| column.fold(cluster, term.topology_key)).collect()
}

/// Pods that match `term`, by its domains.
fn matching(term: &IncomingTerm, cycle: Cycle<'_>) -> DomainTallies {
    let cluster = cycle.cluster;
    let mut column = NodeTallies::new(cluster);
    for group in term.groups(cluster) {
        column.add(cluster, &group.pods, 1);
    }
    column.fold(cluster, term.topology_key)
}

/// Pods with required anti-affinity that matches the incoming pod, by topology key and domain
/// (upstream getExistingAntiAffinityCounts).
fn existing(cluster: &Cluster, seen: &IncomingPod) -> Vec<DomainTallies> {
    let mut columns = Columns::default();
    for group in cluster.groups().with_affinity_to(seen.namespace()) {
        for topology_key in keys_against(seen, &group.class, group.namespace) {
            columns.add(cluster, topology_key, &cluster.listed_for_anti_affinity(&group.pods), 1);
        }
    }
    columns.fold(cluster)
}

/// Topology keys by which pods of `class` in `namespace` keep the incoming pod away, each once.
/// Upstream counts a pod for every term; whether any counts is all that matters.
pub(super) fn keys_against(seen: &IncomingPod, class: &PodClass, namespace: Name) -> Vec<Name> {
    let against = |term: &&AffinityTerm| seen.is_meant_by(term, namespace);
    let mut keys: Vec<Name> =
        class.affinity.required_anti_affinity.iter().filter(against).map(|term| term.topology_key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if let Some(reason) = self.unmet_affinity(node) {
            return Err(Rejection::unresolvable(reason));
        }
        match self.violated_anti_affinity(node).or_else(|| self.existing_anti_affinity(node)) {
            Some(reason) => Err(Rejection::unschedulable(reason)),
            None => Ok(()),
        }
    }

    fn admits(&self, node: &NodeInfo) -> Option<bool> {
        let unmet = self.unmet_affinity(node).is_some();
        Some(!unmet && self.violated_anti_affinity(node).is_none() && self.existing_anti_affinity(node).is_none())
    }

    fn retain_admitted(&self, nodes: &mut Vec<&NodeInfo>) -> Option<()> {
        nodes.retain(|node| match &self.columns {
            Some(columns) => {
                let admitted = columns.admit(node.id);
                debug_assert_eq!(Some(admitted), self.admits(node), "by the columns, and by the labels");
                admitted
            }
            None => self.admits(node) == Some(true),
        });
        Some(())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let mut facts = Vec::new();
        let lists = [
            ("required affinity", &self.terms.affinity, &self.affinity),
            ("required anti-affinity", &self.terms.anti_affinity, &self.anti_affinity),
        ];
        for (list, terms, counts) in lists {
            for (table, term) in terms.iter().enumerate() {
                facts.push(Fact::value(format!("{list}, pods {}", term.printed), term.namespaces()));
                facts.push(in_domain(counts, table, term.topology_key, node));
            }
        }
        if !self.terms.affinity.is_empty() && self.affinity.is_empty() {
            let itself =
                if self.terms.matches_itself { "matches itself: may be the first" } else { "does not match itself" };
            facts.push(Fact::value("no pod matches yet, and this one", itself));
        }
        for (table, topology_key) in self.existing.tables() {
            let Some(domain) = node.node.labels.get(topology_key) else { continue };
            let pod = self.key(self.existing.sample(table, domain));
            let pod = pod.map_or_else(|| "<none>".to_owned(), |pod| pod.to_string());
            facts.push(Fact::value("anti-affinity of other pods against this one, for instance of", pod));
            facts.push(in_domain(&self.existing, table, topology_key, node));
        }
        facts
    }

    fn topology_rules(&self) -> Vec<TopologyRule> {
        rules::of(self)
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

impl IncrementalFilter for Filter<'_> {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        let Change { pod, node, sign, .. } = change;
        for topology_key in keys_against(&self.terms.seen, &pod.class, pod.own.key.namespace) {
            let table = self.existing.table_of(topology_key);
            self.existing.settle(table, node, pod.id, sign);
            dirty.domain_of(node, topology_key);
        }
        if all_match(&self.terms.affinity, pod) {
            let none_before = self.affinity.is_empty();
            for (table, term) in self.terms.affinity.iter().enumerate() {
                self.affinity.settle(table, node, pod.id, sign);
                dirty.domain_of(node, term.topology_key);
            }
            // Whether the first of its kind may go anywhere.
            if none_before != self.affinity.is_empty() {
                dirty.everything();
            }
        }
        for (table, term) in self.terms.anti_affinity.iter().enumerate() {
            if term.matches(pod) {
                self.anti_affinity.settle(table, node, pod.id, sign);
                dirty.domain_of(node, term.topology_key);
            }
        }
    }

    fn uniform_over(&self, _part: usize) -> Option<Name> {
        let terms = self.terms.affinity.iter().chain(&self.terms.anti_affinity).map(|term| term.topology_key);
        let mut keys = self.existing.tables().map(|(_, key)| key).chain(terms);
        let key = keys.next()?;
        keys.all(|other| other == key).then_some(key)
    }
}

/// The node's domain and the pods that count there.
fn in_domain(counts: &TermCounts, table: usize, topology_key: Name, node: &NodeInfo) -> Fact {
    match node.node.labels.get(topology_key) {
        Some(domain) => Fact::Domain { topology_key, domain, count: counts.get(table, domain), on_this_node: true },
        None => Fact::value(format!("node label {topology_key}"), "<none>"),
    }
}
