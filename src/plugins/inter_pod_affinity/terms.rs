//! The incoming pod's terms, with their namespaces looked up.

use std::sync::Arc;

use crate::api::Labels;
use crate::api::affinity_term::AffinityTerm;
use crate::api::name::{Name, name};
use crate::api::selector::Selector;
use crate::framework::Cycle;
use crate::state::pod_groups::LabelGroup;
use crate::state::{Cluster, Pod};

/// A term of the incoming pod.
#[derive(Clone)]
pub(super) struct IncomingTerm {
    selector: Arc<Selector>,
    /// The node label that makes a domain.
    pub(super) topology_key: Name,
    reach: Reach,
    /// The pods it looks for: the selector as Kubernetes prints it, `<all>` or `<none>`.
    pub(super) printed: Name,
}

/// The namespaces whose pods a term looks at.
#[derive(Clone)]
enum Reach {
    Everywhere,
    /// Sorted, each once; they need not exist.
    Namespaces(Vec<Name>),
}

impl IncomingTerm {
    /// Adds the namespaces that the namespace selector finds to those listed by name (upstream
    /// plugin.go, mergeAffinityTermNamespacesIfNotEmpty).
    ///
    /// With `keeps_selector` the selector stays and is asked about pods without their
    /// namespace's labels: it matches every namespace if it matches no labels at all.
    pub(super) fn new(term: &AffinityTerm, cycle: Cycle<'_>, keeps_selector: bool) -> Self {
        let selector = &term.namespace_selector;
        let everywhere = selector.is_empty() || (keeps_selector && selector.matches(&Labels::default()));
        let reach = if everywhere {
            Reach::Everywhere
        } else {
            let selected = cycle.cluster.namespaces.iter().filter(|(_, labels)| selector.matches(labels));
            let mut namespaces: Vec<Name> = term.namespaces.iter().copied().chain(selected.map(|(n, _)| *n)).collect();
            if term.own_namespace {
                namespaces.push(cycle.pod.own.key.namespace);
            }
            namespaces.sort_unstable();
            namespaces.dedup();
            Reach::Namespaces(namespaces)
        };
        Self {
            selector: Arc::clone(&term.selector),
            topology_key: term.topology_key,
            reach,
            printed: printed(&term.selector),
        }
    }

    /// Every term of a list.
    pub(super) fn all(terms: &[AffinityTerm], cycle: Cycle<'_>, keeps_selector: bool) -> Vec<Self> {
        terms.iter().map(|term| Self::new(term, cycle, keeps_selector)).collect()
    }

    fn reaches(&self, namespace: Name) -> bool {
        match &self.reach {
            Reach::Everywhere => true,
            Reach::Namespaces(namespaces) => namespaces.contains(&namespace),
        }
    }

    /// Whether `pod` is meant.
    pub(super) fn matches(&self, pod: &Pod) -> bool {
        self.reaches(pod.own.key.namespace) && self.selector.matches(pod.labels())
    }

    fn matches_group(&self, group: &LabelGroup) -> bool {
        self.reaches(group.namespace) && self.selector.matches(&group.labels)
    }

    /// The groups of pods that are meant.
    pub(super) fn groups<'c>(&self, cluster: &'c Cluster) -> Vec<&'c LabelGroup> {
        let groups = cluster.groups();
        let selected = |group: &&LabelGroup| self.selector.matches(&group.labels);
        match &self.reach {
            Reach::Everywhere => groups.all().iter().filter(selected).collect(),
            Reach::Namespaces(namespaces) => {
                namespaces.iter().flat_map(|namespace| groups.in_namespace(*namespace)).filter(selected).collect()
            }
        }
    }

    /// The namespaces it looks in; none means all.
    pub(super) fn namespace_list(&self) -> Option<Vec<Name>> {
        match &self.reach {
            Reach::Everywhere => None,
            Reach::Namespaces(namespaces) => Some(namespaces.clone()),
        }
    }

    /// Where it looks for them.
    pub(super) fn namespaces(&self) -> String {
        match &self.reach {
            Reach::Everywhere => "in all namespaces".to_owned(),
            Reach::Namespaces(namespaces) => match namespaces.as_slice() {
                [] => "in no namespace".to_owned(),
                [one] => format!("in namespace {one}"),
                several => format!("in namespaces {}", several.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")),
            },
        }
    }
}

fn printed(selector: &Selector) -> Name {
    match selector {
        nothing if nothing.is_nothing() => name("<none>"),
        everything if everything.is_empty() => name("<all>"),
        selector => name(&selector.to_string()),
    }
}

/// Whether `pod` is meant by all `terms`; by none at all it is not (upstream filtering.go,
/// podMatchesAllAffinityTerms).
pub(super) fn all_match(terms: &[IncomingTerm], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(pod))
}

/// The groups of pods that are meant by all `terms`.
pub(super) fn groups_of_all<'c>(terms: &[IncomingTerm], cluster: &'c Cluster) -> Vec<&'c LabelGroup> {
    let Some((first, others)) = terms.split_first() else { return Vec::new() };
    let mut groups = first.groups(cluster);
    groups.retain(|group| others.iter().all(|term| term.matches_group(group)));
    groups
}

/// What terms of other pods see of the incoming pod.
#[derive(Clone)]
pub(super) struct IncomingPod {
    namespace: Name,
    labels: Arc<Labels>,
    namespace_labels: Labels,
}

impl IncomingPod {
    /// What they see of the pod of `cycle`.
    pub(super) fn of(cycle: Cycle<'_>) -> Self {
        let own = &cycle.pod.own;
        let namespace = own.key.namespace;
        let namespace_labels = cycle.cluster.namespace_labels(namespace).clone();
        Self { namespace, labels: Arc::clone(&own.labels), namespace_labels }
    }

    /// Its namespace.
    pub(super) fn namespace(&self) -> Name {
        self.namespace
    }

    /// Whether `term` of a pod in the namespace `owner` means it.
    pub(super) fn is_meant_by(&self, term: &AffinityTerm, owner: Name) -> bool {
        term.matches(owner, self.namespace, &self.labels, &self.namespace_labels)
    }
}
