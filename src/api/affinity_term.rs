//! Pod (anti-)affinity terms, compiled once for all pods of a class.

use std::sync::Arc;

use super::labels::Labels;
use super::name::Name;
use super::pod_spec::{PodAffinity, PodAffinityTerm};
use super::selector::Selector;
use super::validation::aggregate;

/// A compiled term (upstream framework/types.go, newAffinityTerm).
#[derive(Clone, Debug)]
pub struct AffinityTerm {
    /// Namespaces by name.
    pub namespaces: Box<[Name]>,
    /// Neither names nor a selector were given: the namespace of the pod that has the term.
    pub own_namespace: bool,
    /// Namespaces by label.
    pub namespace_selector: Selector,
    /// Pods by label.
    pub selector: Arc<Selector>,
    /// The node label that makes a domain.
    pub topology_key: Name,
}

impl AffinityTerm {
    fn compile(term: &PodAffinityTerm) -> Result<Self, String> {
        Ok(Self {
            namespaces: term.namespaces.iter().copied().collect(),
            own_namespace: term.namespaces.is_empty() && term.namespace_selector.is_none(),
            namespace_selector: Selector::new(term.namespace_selector.as_ref())?,
            selector: Arc::new(Selector::new(term.label_selector.as_ref())?),
            topology_key: term.topology_key,
        })
    }

    /// Whether a pod in `namespace` (whose labels are `namespace_labels`) with `labels` is meant
    /// by this term of a pod in `owner` (upstream staging kube-scheduler framework, AffinityTerm.Matches).
    pub fn matches(&self, owner: Name, namespace: Name, labels: &Labels, namespace_labels: &Labels) -> bool {
        (self.names(owner, namespace) || self.namespace_selector.matches(namespace_labels))
            && self.selector.matches(labels)
    }

    /// Whether the term of a pod in `owner` lists `namespace` by name.
    pub fn names(&self, owner: Name, namespace: Name) -> bool {
        (self.own_namespace && owner == namespace) || self.namespaces.contains(&namespace)
    }
}

/// A preferred term with its weight (1 to 100).
#[derive(Clone, Debug)]
pub struct WeightedAffinityTerm {
    /// The term.
    pub term: AffinityTerm,
    /// The weight.
    pub weight: i32,
}

/// The four lists of a pod's terms.
#[derive(Clone, Debug, Default)]
pub struct AffinityTerms {
    /// `podAffinity`, required.
    pub required_affinity: Box<[AffinityTerm]>,
    /// `podAntiAffinity`, required.
    pub required_anti_affinity: Box<[AffinityTerm]>,
    /// `podAffinity`, preferred.
    pub preferred_affinity: Box<[WeightedAffinityTerm]>,
    /// `podAntiAffinity`, preferred.
    pub preferred_anti_affinity: Box<[WeightedAffinityTerm]>,
    /// Whether `podAffinity` or `podAntiAffinity` is there at all, even if it is empty.
    pub any: bool,
    /// Selectors that are invalid, each with its list, which is then empty. A pod with such an
    /// error cannot be scheduled; on a node its other lists count.
    pub error: Option<String>,
}

impl AffinityTerms {
    /// Whether no term means a pod of another namespace than that of the pod that has it.
    pub fn stays_in_namespace(&self) -> bool {
        let required = self.required_affinity.iter().chain(&self.required_anti_affinity);
        let preferred = self.preferred_affinity.iter().chain(&self.preferred_anti_affinity);
        required.chain(preferred.map(|preferred| &preferred.term)).all(|term| term.own_namespace)
    }

    /// Compiles the terms of a specification (upstream framework/types.go, PodInfo.Update).
    pub fn compile(affinity: Option<&PodAffinity>, anti_affinity: Option<&PodAffinity>) -> Self {
        let mut errors = Vec::new();
        let terms = Self {
            required_affinity: sound(required(affinity), "requiredAffinityTerms", &mut errors),
            required_anti_affinity: sound(required(anti_affinity), "requiredAntiAffinityTerms", &mut errors),
            preferred_affinity: sound(preferred(affinity), "preferredAffinityTerms", &mut errors),
            preferred_anti_affinity: sound(preferred(anti_affinity), "preferredAntiAffinityTerms", &mut errors),
            any: affinity.is_some() || anti_affinity.is_some(),
            error: None,
        };
        Self { error: aggregate(&errors), ..terms }
    }
}

/// The list, empty where it is in error; the error is written down under the list's name.
fn sound<T>(list: Result<Box<[T]>, String>, name: &str, errors: &mut Vec<String>) -> Box<[T]> {
    list.unwrap_or_else(|error| {
        errors.push(format!("{name}: {error}"));
        Box::default()
    })
}

fn required(affinity: Option<&PodAffinity>) -> Result<Box<[AffinityTerm]>, String> {
    affinity.map_or(&[][..], |a| &a.required).iter().map(AffinityTerm::compile).collect()
}

fn preferred(affinity: Option<&PodAffinity>) -> Result<Box<[WeightedAffinityTerm]>, String> {
    affinity
        .map_or(&[][..], |a| &a.preferred)
        .iter()
        .map(|weighted| {
            Ok(WeightedAffinityTerm {
                term: AffinityTerm::compile(&weighted.pod_affinity_term)?,
                weight: weighted.weight,
            })
        })
        .collect()
}
