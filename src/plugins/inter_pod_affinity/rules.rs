//! The filter's terms with the pods of every domain, for the tables that explain them.

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::framework::topology_rule::MOST_EXAMPLES;
use crate::framework::{DomainCount, RuleKind, TopologyRule};
use crate::state::{Cluster, PodId};

use super::counts::TermCounts;
use super::filter::{Filter, keys_against};
use super::terms::{IncomingTerm, groups_of_all};

/// A rule for each term of the pod, and one for each key by which other pods keep it away.
pub(super) fn of(filter: &Filter<'_>) -> Vec<TopologyRule> {
    let Some(cluster) = filter.cluster else { return Vec::new() };
    let terms = &filter.terms;
    let first_pod_allowed = filter.affinity.is_empty() && terms.matches_itself;
    let mut rules = Vec::new();
    for (table, term) in terms.affinity.iter().enumerate() {
        let pods = groups_of_all(&terms.affinity, cluster).into_iter().flat_map(|group| group.pods.iter().copied());
        let domains = count(cluster, &filter.affinity, table, term.topology_key, pods, true);
        rules.push(of_term(term, RuleKind::Affinity { first_pod_allowed }, domains, first_pod_allowed));
    }
    for (table, term) in terms.anti_affinity.iter().enumerate() {
        let pods = term.groups(cluster).into_iter().flat_map(|group| group.pods.iter().copied());
        let domains = count(cluster, &filter.anti_affinity, table, term.topology_key, pods, false);
        rules.push(of_term(term, RuleKind::AntiAffinity, domains, true));
    }
    for (table, topology_key) in filter.existing.tables() {
        let against = cluster
            .groups()
            .with_affinity()
            .iter()
            .filter(|group| keys_against(&terms.seen, &group.class, group.namespace).contains(&topology_key))
            .flat_map(|group| group.pods.iter().copied());
        rules.push(TopologyRule {
            kind: RuleKind::ExistingAntiAffinity,
            topology_key,
            selector: Name::default(),
            namespaces: None,
            domains: count(cluster, &filter.existing, table, topology_key, against, false),
            allows_others: true,
        });
    }
    rules
}

fn of_term(term: &IncomingTerm, kind: RuleKind, domains: Vec<DomainCount>, allows_others: bool) -> TopologyRule {
    TopologyRule {
        kind,
        topology_key: term.topology_key,
        selector: term.printed,
        namespaces: term.namespace_list(),
        domains,
        allows_others,
    }
}

/// The filter's counts, with the first of `pods` in each domain.
fn count(
    cluster: &Cluster,
    counts: &TermCounts,
    table: usize,
    topology_key: Name,
    pods: impl Iterator<Item = PodId>,
    allowed: bool,
) -> Vec<DomainCount> {
    let mut in_domain: FxHashMap<Name, Vec<PodId>> = FxHashMap::default();
    for pod in pods {
        let node = cluster.node_of(pod).map(|node| cluster.node(node));
        if let Some(domain) = node.and_then(|node| node.node.labels.get(topology_key)) {
            in_domain.entry(domain).or_default().push(pod);
        }
    }
    let examples = |domain: Name| {
        let mut pods = in_domain.get(&domain).cloned().unwrap_or_default();
        // Ids follow the order of namespace and name.
        pods.sort_unstable();
        pods.into_iter().take(MOST_EXAMPLES).map(|pod| cluster.pod(pod).key()).collect()
    };
    let domains = counts.domains(table).into_iter();
    domains
        .map(|domain| DomainCount { domain, pods: counts.get(table, domain), allowed, examples: examples(domain) })
        .collect()
}
