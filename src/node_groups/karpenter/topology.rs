//! Spread, affinity and anti-affinity among nodes that are not there yet
//! (sigs.k8s.io/karpenter v1.15 `pkg/controllers/provisioning/scheduling/topology.go`, `topologygroup.go`,
//! `topologynodefilter.go`, `topologydomaingroup.go`).
//!
//! Where upstream draws one of several domains out of a map, the first by name is taken here.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::InstanceType;
use super::nodes::StateNode;
use super::pods::{Candidate, untolerated};
use super::requirement::{HOSTNAME, Operator, Requirement, Requirements, Words};
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::pod_spec::{NodeInclusionPolicy, PodAffinityTerm, TopologySpreadConstraint, WhenUnsatisfiable};
use crate::api::selector::{LabelSelector, Selector, SelectorRequirement};
use crate::api::taint::{Taint, Toleration};
use crate::decode::autoscaling::karpenter::NodePool;
use crate::state::Cluster;
use crate::state::pod::PodId;

/// Which domains there may be of a label, and behind which taints.
pub(super) type Domains = BTreeMap<Name, BTreeMap<Name, Vec<Vec<Taint>>>>;

/// buildDomainGroups.
pub(super) fn domains<'a>(words: &Words, pools: impl Iterator<Item = (&'a NodePool, &'a [InstanceType])>) -> Domains {
    let mut found = Domains::new();
    for (pool, types) in pools {
        let mut own = Requirements::of_pool(words, &pool.node.requirements);
        own.add_all(&Requirements::of_labels(words, &pool.labels));
        let mut insert = |key: Name, domain: Name| {
            let taints = pool.node.taints.to_vec();
            let sets = found.entry(key).or_default().entry(domain).or_default();
            if sets.is_empty() || taints.is_empty() {
                *sets = vec![taints];
            } else if sets.first().is_some_and(|first| !first.is_empty()) {
                sets.push(taints);
            }
        };
        for instance in types {
            let mut all = own.clone();
            all.add_all(&instance.requirements);
            // Also the values that a condition rules out: upstream asks for the values alone.
            for requirement in all.iter() {
                requirement.values.iter().for_each(|domain| insert(requirement.key, *domain));
            }
        }
        for requirement in own.iter().filter(|requirement| requirement.operator() == Operator::In) {
            requirement.values.iter().for_each(|domain| insert(requirement.key, *domain));
        }
    }
    found
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Spread,
    Affinity,
    AntiAffinity,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Spread => "topology spread",
            Self::Affinity => "pod affinity",
            Self::AntiAffinity => "pod anti-affinity",
        }
    }
}

/// TopologyNodeFilter.
#[derive(Clone, Debug)]
struct NodeFilter {
    requirements: Vec<Requirements>,
    honors_taints: bool,
    honors_affinity: bool,
    tolerations: Vec<Toleration>,
}

impl NodeFilter {
    fn matches(&self, taints: &[Taint], requirements: &Requirements) -> bool {
        let affinity = !self.honors_affinity
            || self.requirements.is_empty()
            || self.requirements.iter().any(|own| requirements.compatible(own, None).is_ok());
        affinity && (!self.honors_taints || untolerated(&self.tolerations, taints).is_empty())
    }
}

/// The labels of its terms, whether taints and affinity count, and the pod's tolerations.
type FilterIdentity = (BTreeSet<Vec<Name>>, bool, bool, BTreeSet<String>);
/// Key, operator and values.
type Expression = (Name, Name, BTreeSet<Name>);

/// What makes two groups one: what `Hash` looks at. Of the conditions of a node filter it sees the labels alone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    key: Name,
    kind: Kind,
    namespaces: BTreeSet<Name>,
    max_skew: i32,
    filter: Option<FilterIdentity>,
    selector: Option<(Labels, BTreeSet<Expression>)>,
}

#[derive(Clone, Debug)]
struct TopologyGroup {
    identity: Identity,
    min_domains: Option<i32>,
    selector: Selector,
    /// What upstream lists pods by: without a selector, all.
    listed: Selector,
    filter: Option<NodeFilter>,
    owners: BTreeSet<PodId>,
    domains: BTreeMap<Name, i32>,
    empty: BTreeSet<Name>,
}

impl TopologyGroup {
    fn key(&self) -> Name {
        self.identity.key
    }

    fn selects(&self, pod: &Candidate) -> bool {
        self.identity.namespaces.contains(&pod.key.namespace) && self.selector.matches(&pod.labels)
    }

    fn counts(&self, pod: &Candidate, taints: &[Taint], requirements: &Requirements) -> bool {
        self.selects(pod) && self.filter.as_ref().is_none_or(|filter| filter.matches(taints, requirements))
    }

    fn record(&mut self, domains: impl IntoIterator<Item = Name>) {
        for domain in domains {
            *self.domains.entry(domain).or_default() += 1;
            self.empty.remove(&domain);
        }
    }

    fn register(&mut self, domain: Name) {
        if let Entry::Vacant(entry) = self.domains.entry(domain) {
            entry.insert(0);
            self.empty.insert(domain);
        }
    }

    fn count(&self, domain: Name) -> i32 {
        self.domains.get(&domain).copied().unwrap_or_default()
    }

    /// Get: the domains that would do.
    fn next(&self, pod: &Candidate, pods: &Requirement, nodes: &Requirement) -> Requirement {
        // A new node's name is no domain until a pod is on it.
        let host = (self.key() == HOSTNAME && nodes.values.len() == 1).then(|| nodes.values.first().copied()).flatten();
        let found = match self.identity.kind {
            Kind::Spread => return self.next_spread(pod, pods, nodes, host),
            Kind::Affinity => self.next_affinity(pod, pods, nodes, host),
            Kind::AntiAffinity => match host {
                Some(host) => (self.count(host) == 0).then_some(host).into_iter().collect(),
                None => self.empty.iter().copied().filter(|domain| nodes.has(*domain) && pods.has(*domain)).collect(),
            },
        };
        Requirement::is_in(self.key(), found)
    }

    /// nextDomainTopologySpread.
    fn next_spread(&self, pod: &Candidate, pods: &Requirement, nodes: &Requirement, host: Option<Name>) -> Requirement {
        let own = i32::from(self.selects(pod));
        let none = Requirement::does_not_exist(self.key());
        if let Some(host) = host {
            // Another host can always be had, so the least is 0.
            let fits = self.count(host) + own <= self.identity.max_skew;
            return if fits { Requirement::is_in(self.key(), [host]) } else { none };
        }
        let least = self.least(pods);
        let mut best: Option<(i32, Name)> = None;
        for (domain, count) in self.domains.iter().filter(|(domain, _)| nodes.has(**domain)) {
            let count = count.saturating_add(own);
            if count.saturating_sub(least) <= self.identity.max_skew && best.is_none_or(|(fewest, _)| count < fewest) {
                best = Some((count, *domain));
            }
        }
        best.map_or(none, |(_, domain)| Requirement::is_in(self.key(), [domain]))
    }

    /// domainMinCount.
    fn least(&self, pods: &Requirement) -> i32 {
        if self.key() == HOSTNAME {
            return 0;
        }
        let counts: Vec<i32> =
            self.domains.iter().filter(|(domain, _)| pods.has(**domain)).map(|(_, count)| *count).collect();
        let too_few = self.min_domains.is_some_and(|least| i32::try_from(counts.len()).is_ok_and(|it| it < least));
        if too_few { 0 } else { counts.into_iter().min().unwrap_or(i32::MAX) }
    }

    /// nextDomainAffinity.
    fn next_affinity(
        &self,
        pod: &Candidate,
        pods: &Requirement,
        nodes: &Requirement,
        host: Option<Name>,
    ) -> BTreeSet<Name> {
        let nowhere_yet = || {
            self.selects(pod)
                && (self.domains.len() == self.empty.len()
                    || !self.domains.iter().any(|(domain, count)| pods.has(*domain) && *count > 0))
        };
        if let Some(host) = host {
            let fits = pods.has(host) && (self.count(host) > 0 || nowhere_yet());
            return fits.then_some(host).into_iter().collect();
        }
        let taken =
            self.domains.iter().filter(|(domain, count)| **count > 0 && pods.has(**domain) && nodes.has(**domain));
        let mut found: BTreeSet<Name> = taken.map(|(domain, _)| *domain).collect();
        if found.is_empty() && nowhere_yet() {
            let both = pods.intersection(nodes);
            found.extend(self.domains.keys().copied().find(|domain| both.has(*domain)));
            if found.is_empty() {
                found.extend(self.domains.keys().copied().find(|domain| pods.has(*domain)));
            }
        }
        found
    }
}

/// Topology.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    groups: Vec<TopologyGroup>,
    /// Of pods that repel others.
    inverse: Vec<TopologyGroup>,
    domains: Domains,
    excluded: BTreeSet<PodId>,
    ignore_preferences: bool,
}

impl Topology {
    /// NewTopology. `nodes` are those that stay; `excluded` the pods that are to be given a node.
    pub(super) fn new(
        cluster: &Cluster,
        words: &Words,
        domains: Domains,
        nodes: &[StateNode],
        pods: &[Candidate],
        ignore_preferences: bool,
    ) -> Self {
        let excluded = pods.iter().map(|pod| pod.id).collect();
        let mut found = Self { groups: Vec::new(), inverse: Vec::new(), domains, excluded, ignore_preferences };
        for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)) {
            let repels = pod.spec().affinity.as_deref().and_then(|it| it.pod_anti_affinity.as_ref());
            if found.excluded.contains(&pod.id) || repels.is_none_or(|it| it.required.is_empty()) {
                continue;
            }
            if let Some(node) = cluster.node_of(pod.id) {
                let labels = cluster.node(node).node.labels.clone();
                found.update_inverse(cluster, &Candidate::of(pod), Some(&labels));
            }
        }
        for pod in pods {
            found.update(cluster, words, nodes, pod);
        }
        found
    }

    /// Update: what the pod asks for now.
    pub(super) fn update(&mut self, cluster: &Cluster, words: &Words, nodes: &[StateNode], pod: &Candidate) {
        for group in &mut self.groups {
            group.owners.remove(&pod.id);
        }
        if !pod.anti_affinity.is_empty() {
            self.update_inverse(cluster, pod, None);
        }
        let mut wanted = Vec::new();
        for spread in &pod.spread {
            if self.ignore_preferences && spread.when_unsatisfiable != WhenUnsatisfiable::DoNotSchedule {
                continue;
            }
            wanted.push(self.spread(words, pod, spread));
        }
        let soft = |terms: &[crate::api::pod_spec::WeightedPodAffinityTerm]| -> Vec<PodAffinityTerm> {
            if self.ignore_preferences {
                return Vec::new();
            }
            terms.iter().map(|term| term.pod_affinity_term.clone()).collect()
        };
        let near = pod.affinity.iter().cloned().chain(soft(&pod.preferred_affinity));
        let far = pod.anti_affinity.iter().cloned().chain(soft(&pod.preferred_anti_affinity));
        let near: Vec<_> = near.map(|term| self.affinity(cluster, pod, &term, Kind::Affinity)).collect();
        let far: Vec<_> = far.map(|term| self.affinity(cluster, pod, &term, Kind::AntiAffinity)).collect();
        for mut group in wanted.into_iter().chain(near).chain(far) {
            let known = self.groups.iter().position(|known| known.identity == group.identity);
            let place = known.unwrap_or(self.groups.len());
            if known.is_none() {
                self.count_domains(cluster, words, nodes, &mut group);
                self.groups.push(group);
            }
            if let Some(group) = self.groups.get_mut(place) {
                group.owners.insert(pod.id);
            }
        }
    }

    /// updateInverseAntiAffinity.
    fn update_inverse(&mut self, cluster: &Cluster, pod: &Candidate, labels: Option<&Labels>) {
        for term in &pod.anti_affinity {
            let group = self.affinity(cluster, pod, term, Kind::AntiAffinity);
            let place = self.inverse.iter().position(|known| known.identity == group.identity).unwrap_or_else(|| {
                self.inverse.push(group);
                self.inverse.len() - 1
            });
            let Some(group) = self.inverse.get_mut(place) else { continue };
            if let Some(domain) = labels.and_then(|labels| labels.get(group.key())) {
                group.record([domain]);
            }
            group.owners.insert(pod.id);
        }
    }

    fn spread(&self, words: &Words, pod: &Candidate, spread: &TopologySpreadConstraint) -> TopologyGroup {
        let mut selector = spread.label_selector.clone();
        let keys = spread.match_label_keys.iter().filter_map(|key| Some((*key, pod.labels.get(*key)?)));
        for (key, value) in keys {
            if let Some(selector) = &mut selector {
                let mut expressions = selector.match_expressions.to_vec();
                expressions.push(SelectorRequirement { key, operator: name("In"), values: [value].into() });
                selector.match_expressions = expressions.into();
            }
        }
        let own = Requirements::of_labels(words, &pod.selector);
        let terms = pod.required.as_ref().map(|terms| {
            let with = |term| {
                let mut all = own.clone();
                all.add_all(&Requirements::of_term(words, term));
                all
            };
            terms.iter().map(with).collect()
        });
        let filter = NodeFilter {
            requirements: terms.unwrap_or_else(|| vec![own]),
            honors_taints: spread.node_taints_policy == Some(NodeInclusionPolicy::Honor),
            honors_affinity: spread.node_affinity_policy.is_none_or(|policy| policy == NodeInclusionPolicy::Honor),
            tolerations: pod.tolerations.clone(),
        };
        let namespaces = BTreeSet::from([pod.key.namespace]);
        let group =
            self.group(Kind::Spread, spread.topology_key, pod, namespaces, selector, spread.max_skew, Some(filter));
        TopologyGroup { min_domains: spread.min_domains, ..group }
    }

    fn affinity(&self, cluster: &Cluster, pod: &Candidate, term: &PodAffinityTerm, kind: Kind) -> TopologyGroup {
        let selector = term.label_selector.clone();
        self.group(kind, term.topology_key, pod, namespaces(cluster, pod, term), selector, i32::MAX, None)
    }

    /// NewTopologyGroup.
    #[expect(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "as upstream's")]
    fn group(
        &self,
        kind: Kind,
        key: Name,
        pod: &Candidate,
        namespaces: BTreeSet<Name>,
        selector: Option<LabelSelector>,
        max_skew: i32,
        filter: Option<NodeFilter>,
    ) -> TopologyGroup {
        let ignores_taints = filter.as_ref().is_some_and(|filter| !filter.honors_taints);
        let known = self.domains.get(&key).into_iter().flatten();
        let reachable =
            known.filter(|(_, sets)| ignores_taints || sets.iter().any(|taints| pod.untolerated(taints).is_empty()));
        let empty: BTreeSet<Name> = reachable.map(|(domain, _)| *domain).collect();
        let identity = Identity {
            key,
            kind,
            namespaces,
            max_skew,
            filter: filter.as_ref().map(|filter| {
                let keys = filter.requirements.iter().map(|it| it.keys().collect()).collect();
                let tolerations = filter.tolerations.iter().map(|it| format!("{it:?}")).collect();
                (keys, filter.honors_taints, filter.honors_affinity, tolerations)
            }),
            selector: selector.as_ref().map(|selector| {
                let expressions = selector.match_expressions.iter();
                let expressions = expressions.map(|it| (it.key, it.operator, it.values.iter().copied().collect()));
                (selector.match_labels.clone(), expressions.collect())
            }),
        };
        let compiled = Selector::new(selector.as_ref());
        let listed = match (&selector, &compiled) {
            (None, _) => Selector::everything(),
            (Some(_), Ok(selector)) => selector.clone(),
            (Some(_), Err(_)) => Selector::nothing(),
        };
        TopologyGroup {
            identity,
            min_domains: None,
            selector: compiled.unwrap_or_else(|_| Selector::nothing()),
            listed,
            filter,
            owners: BTreeSet::new(),
            domains: empty.iter().map(|domain| (*domain, 0)).collect(),
            empty,
        }
    }

    /// countDomains.
    fn count_domains(&self, cluster: &Cluster, words: &Words, nodes: &[StateNode], group: &mut TopologyGroup) {
        let allowed = |taints: &[Taint], labels: &Labels, group: &TopologyGroup| {
            let filter = group.filter.as_ref();
            filter.is_none_or(|filter| filter.matches(taints, &Requirements::of_labels(words, labels)))
        };
        for node in nodes {
            let Some(object) = node.node.map(|id| &cluster.node(id).node) else { continue };
            if !allowed(&object.taints, &object.labels, group) {
                continue;
            }
            if let Some(domain) = node.labels.get(group.key()) {
                group.register(domain);
            }
        }
        for pod in cluster.pods().iter().filter(|pod| cluster.has_pod(pod.id)) {
            let Some(node) = cluster.node_of(pod.id).map(|id| &cluster.node(id).node) else { continue };
            let selected =
                group.identity.namespaces.contains(&pod.key().namespace) && group.listed.matches(pod.labels());
            if !selected || pod.is_terminating() || self.excluded.contains(&pod.id) {
                continue;
            }
            let domain = node.labels.get(group.key()).or_else(|| (group.key() == HOSTNAME).then_some(node.name));
            if let Some(domain) = domain.filter(|_| allowed(&node.taints, &node.labels, group)) {
                group.record([domain]);
            }
        }
    }

    /// Register: a host that is there.
    pub(super) fn register(&mut self, key: Name, domain: Name) {
        for group in self.groups.iter_mut().chain(&mut self.inverse).filter(|group| group.key() == key) {
            group.register(domain);
        }
    }

    /// Record: the pod is on such a node now.
    pub(super) fn record(&mut self, pod: &Candidate, taints: &[Taint], requirements: &Requirements) {
        for group in &mut self.groups {
            if !group.counts(pod, taints, requirements) {
                continue;
            }
            let domains = requirements.or_any(group.key());
            if group.identity.kind == Kind::AntiAffinity {
                group.record(domains.values);
            } else {
                group.record(domains.only());
            }
        }
        for group in self.inverse.iter_mut().filter(|group| group.owners.contains(&pod.id)) {
            let domains = requirements.or_any(group.key());
            group.record(domains.values);
        }
    }

    /// AddRequirements: what is left of the node's requirements.
    ///
    /// # Errors
    /// A sentence, if nothing is.
    pub(super) fn narrow(
        &self,
        pod: &Candidate,
        taints: &[Taint],
        strict: &Requirements,
        node: &Requirements,
    ) -> Result<Requirements, String> {
        let mut found = node.clone();
        let own = self.groups.iter().filter(|group| group.owners.contains(&pod.id));
        let others = self.inverse.iter().filter(|group| group.counts(pod, taints, node));
        for group in own.chain(others) {
            let (pods, nodes) = (strict.or_any(group.key()), node.or_any(group.key()));
            let next = group.next(pod, &pods, &nodes);
            if next.operator() == Operator::DoesNotExist {
                let mut counts: Vec<String> =
                    group.domains.iter().take(25).map(|(domain, count)| format!("{domain}: {count}")).collect();
                let more = group.domains.len().saturating_sub(25);
                if let Some(last) = counts.last_mut().filter(|_| more > 0) {
                    *last = format!("{last} and {more} other(s)");
                }
                return Err(format!(
                    "unsatisfiable topology constraint for {}, key={} (counts = {}, podDomains = {pods}, nodeDomains = {nodes}",
                    group.identity.kind.as_str(),
                    group.key(),
                    counts.join(", "),
                ));
            }
            found.add(next);
        }
        Ok(found)
    }
}

/// buildNamespaceList.
fn namespaces(cluster: &Cluster, pod: &Candidate, term: &PodAffinityTerm) -> BTreeSet<Name> {
    let Some(selector) = &term.namespace_selector else {
        return if term.namespaces.is_empty() {
            BTreeSet::from([pod.key.namespace])
        } else {
            term.namespaces.iter().copied().collect()
        };
    };
    let selector = Selector::new(Some(selector)).unwrap_or_else(|_| Selector::nothing());
    let selected = cluster.namespaces.iter().filter(|(_, labels)| selector.matches(labels)).map(|(name, _)| *name);
    selected.chain(term.namespaces.iter().copied()).collect()
}
