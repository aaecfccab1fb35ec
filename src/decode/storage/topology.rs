//! The nodes a volume can be used on; and for an in-tree volume, the same in its CSI driver's
//! terms (upstream csi-translation-lib plugins/in_tree_volume.go,
//! translateTopologyFromInTreeToCSI).

use std::collections::BTreeSet;

use super::super::csi_migration::{BETA_REGION, BETA_ZONE, REGION, ZONE, ZONE_DELIMITER};
use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::node_selector::{LazyErrorNodeSelector, NodeSelector, NodeSelectorTerm};
use crate::api::selector::SelectorRequirement;

/// `spec.nodeAffinity.required` of a PersistentVolume.
#[derive(Clone, Debug, Hash)]
pub struct VolumeTopology {
    selector: NodeSelector,
    compiled: LazyErrorNodeSelector,
    /// Each requirement of any term by itself, with its own selector.
    requirements: Box<[(SelectorRequirement, LazyErrorNodeSelector)]>,
}

impl VolumeTopology {
    /// Compiles `selector`.
    pub fn new(selector: NodeSelector) -> Self {
        let compiled = LazyErrorNodeSelector::new(&selector);
        let all = selector.node_selector_terms.iter().flat_map(|term| &term.match_expressions);
        let requirements = all.map(|requirement| {
            let alone = NodeSelectorTerm { match_expressions: [requirement.clone()].into(), ..Default::default() };
            (requirement.clone(), LazyErrorNodeSelector::new(&NodeSelector { node_selector_terms: [alone].into() }))
        });
        Self { compiled, requirements: requirements.collect(), selector }
    }

    /// The alternatives, as they were written.
    pub fn terms(&self) -> &[NodeSelectorTerm] {
        &self.selector.node_selector_terms
    }

    /// Whether the volume can be used on a node with `labels` (upstream component-helpers
    /// storage/volume/helpers.go, CheckNodeAffinity, which hands over a node without a name, so
    /// that `matchFields` say nothing, and takes an invalid selector for one that does not match).
    pub fn matches(&self, labels: &Labels) -> bool {
        self.compiled.matches(Name::default(), labels).unwrap_or(false)
    }

    /// The requirements that a node with `labels` does not fulfil, of all terms.
    pub fn unmatched<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = &'a SelectorRequirement> {
        let unmatched = self
            .requirements
            .iter()
            .filter(|(_, selector)| !selector.matches(Name::default(), labels).unwrap_or(false));
        unmatched.map(|(requirement, _)| requirement)
    }
}

/// The node affinity that an in-tree volume with `labels` has once its zones go by `driver_key`.
pub(super) fn translated(selector: Option<&NodeSelector>, labels: &Labels, driver_key: Name) -> Option<NodeSelector> {
    let beta = uses_beta_labels(selector, labels);
    let zone = name(if beta { BETA_ZONE } else { ZONE });
    let mut translated = selector.cloned();
    if has_values(selector, zone) {
        replace_key(translated.as_mut(), zone, driver_key);
    } else if let Some(zones) = labels.get(zone) {
        translated = add_zones(translated, driver_key, zones);
    }
    if beta && has_values(selector, name(BETA_REGION)) {
        replace_key(translated.as_mut(), name(BETA_REGION), name(REGION));
    }
    translated
}

fn requirements(selector: Option<&NodeSelector>) -> impl Iterator<Item = &SelectorRequirement> {
    selector.into_iter().flat_map(|selector| &selector.node_selector_terms).flat_map(|term| &term.match_expressions)
}

/// Upstream getTopologyLabel: the affinity is looked at before the labels, stable keys before beta ones.
fn uses_beta_labels(selector: Option<&NodeSelector>, labels: &Labels) -> bool {
    let in_selector = |key: &str| requirements(selector).any(|requirement| requirement.key == key);
    let in_labels = |key: &str| labels.contains_key(name(key));
    !in_selector(ZONE) && (in_selector(BETA_ZONE) || (!in_labels(ZONE) && in_labels(BETA_ZONE)))
}

/// Upstream getTopologyValues, which sees nothing of `Exists`.
fn has_values(selector: Option<&NodeSelector>, key: Name) -> bool {
    requirements(selector).any(|requirement| requirement.key == key && !requirement.values.is_empty())
}

fn replace_key(selector: Option<&mut NodeSelector>, old: Name, new: Name) {
    let terms = selector.into_iter().flat_map(|selector| &mut selector.node_selector_terms);
    for requirement in terms.flat_map(|term| &mut term.match_expressions) {
        if requirement.key == old {
            requirement.key = new;
        }
    }
}

/// Upstream addTopology: every term gets the requirement; without any term there will be one.
fn add_zones(selector: Option<NodeSelector>, key: Name, zones: Name) -> Option<NodeSelector> {
    let zones: BTreeSet<&str> =
        zones.as_str().split(ZONE_DELIMITER).map(str::trim).filter(|zone| !zone.is_empty()).collect();
    if zones.is_empty() {
        return selector;
    }
    let added = SelectorRequirement { key, operator: name("In"), values: zones.into_iter().map(name).collect() };
    let mut terms = selector.unwrap_or_default().node_selector_terms.into_vec();
    if terms.is_empty() {
        terms.push(NodeSelectorTerm::default());
    }
    for term in &mut terms {
        let mut expressions = std::mem::take(&mut term.match_expressions).into_vec();
        expressions.push(added.clone());
        term.match_expressions = expressions.into();
    }
    Some(NodeSelector { node_selector_terms: terms.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(affinity: Option<&str>, labels: &[(&str, &str)], expected: &str) {
        let labels = labels.iter().map(|(key, value)| (name(key), name(value))).collect();
        let selector: Option<NodeSelector> = affinity.map(|json| {
            let term = format!(r#"{{"nodeSelectorTerms":[{{"matchExpressions":{json}}}]}}"#);
            serde_json::from_str(&term).unwrap()
        });
        let translated = translated(selector.as_ref(), &labels, name("csi/zone"));
        let texts: Vec<String> = requirements(translated.as_ref())
            .map(|r| {
                format!("{} {} {}", r.key, r.operator, r.values.iter().map(Name::as_str).collect::<Vec<_>>().join(","))
            })
            .collect();
        assert_eq!(texts.join(" and "), expected);
    }

    #[test]
    fn the_zone_gets_the_drivers_key() {
        let zone = r#"[{"key":"topology.kubernetes.io/zone","operator":"In","values":["a"]}]"#;
        let beta = r#"[{"key":"failure-domain.beta.kubernetes.io/zone","operator":"In","values":["a"]},
            {"key":"failure-domain.beta.kubernetes.io/region","operator":"In","values":["r"]}]"#;
        let exists = r#"[{"key":"topology.kubernetes.io/zone","operator":"Exists"}]"#;
        let other = r#"[{"key":"x","operator":"In","values":["y"]}]"#;
        case(Some(zone), &[], "csi/zone In a");
        case(Some(zone), &[(BETA_ZONE, "b")], "csi/zone In a");
        case(Some(beta), &[], "csi/zone In a and topology.kubernetes.io/region In r");
        case(Some(exists), &[(ZONE, "a")], "topology.kubernetes.io/zone Exists  and csi/zone In a");
        case(None, &[(ZONE, "b__a")], "csi/zone In a,b");
        case(None, &[(BETA_ZONE, "b")], "csi/zone In b");
        case(Some(other), &[(ZONE, "a")], "x In y and csi/zone In a");
        case(Some(other), &[], "x In y");
        case(None, &[], "");
    }
}
