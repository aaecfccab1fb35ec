//! Pods that land where nobody meant them to: on Windows nodes, or all in one domain.

use super::{Finding, ToleratedTaint};
use crate::api::pod_spec::WhenUnsatisfiable;
use crate::api::taint::Toleration;
use crate::api::{Name, name};
use crate::explain::suggest::removed_by;
use crate::framework::{Placement, Reason};
use crate::state::{Cluster, NodeInfo, Pod};

const OS: &str = "kubernetes.io/os";
const BETA_OS: &str = "beta.kubernetes.io/os";
const WINDOWS: &str = "windows";

/// Windows nodes in a cluster that has others: the pod is on one, or would be, and nothing in it asks for an
/// operating system.
pub(super) fn windows(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    let is_windows = |node: &&NodeInfo| os(node) == Some(name(WINDOWS));
    if asks_for_os(pod) || !cluster.nodes().iter().any(|node| !is_windows(&node)) {
        return Vec::new();
    }
    let chosen =
        placement.current.as_ref().map(|current| current.node).into_iter().chain(placement.picks.iter().copied());
    let Some(node) = chosen.filter_map(|node| cluster.node_named(node)).find(is_windows) else { return Vec::new() };
    let tolerated = node.node.taints.iter().filter(|taint| taint.effect.rejects()).find_map(|taint| {
        let by = pod.spec().tolerations.iter().find(|toleration| toleration.tolerates(taint, true))?;
        Some(ToleratedTaint { taint: taint.to_string(), toleration: shown(by) })
    });
    vec![Finding::WindowsNode { node: node.name(), tolerated }]
}

fn os(node: &NodeInfo) -> Option<Name> {
    let labels = &node.node.labels;
    labels.get(name(OS)).or_else(|| labels.get(name(BETA_OS)))
}

/// By `nodeSelector` or required node affinity. `spec.os` is no matter to the scheduler.
fn asks_for_os(pod: &Pod) -> bool {
    let is_os = |key: Name| key == OS || key == BETA_OS;
    let spec = pod.spec();
    spec.node_selector.iter().any(|(key, _)| is_os(key))
        || spec.required_node_affinity().is_some_and(|required| {
            let mut terms = required.node_selector_terms.iter();
            terms.any(|term| {
                term.match_expressions.iter().any(|wanted| is_os(wanted.key)) || !term.match_fields.is_empty()
            })
        })
}

/// As YAML has it: `{key: a, operator: Exists}`.
fn shown(toleration: &Toleration) -> String {
    let fields = [
        ("key", toleration.key),
        ("operator", toleration.operator),
        ("value", toleration.value),
        ("effect", toleration.effect),
    ];
    let given: Vec<String> = fields
        .into_iter()
        .filter_map(|(field, value)| Some(format!("{field}: {}", value.filter(|value| !value.is_empty())?)))
        .collect();
    format!("{{{}}}", given.join(", "))
}

/// A taint that keeps the pod off and that its own component is to take away.
pub(super) fn waits_for_itself(placement: &Placement, pod: &Pod) -> Option<Finding> {
    placement.nodes.iter().find_map(|node| {
        let mut reasons = node.filters.iter().flat_map(|filter| &filter.rejection.reasons);
        reasons.find_map(|reason| match reason {
            Reason::UntoleratedTaint { taint, .. } if removed_by(taint.key, pod) => {
                Some(Finding::WaitsForItself { taint: taint.to_string(), node: node.name })
            }
            _ => None,
        })
    })
}

/// Constraints of the pod's own whose key is on several nodes at most as one value: the skew is always 0 (upstream
/// podtopologyspread/filtering.go: the smallest domain is the only one), unless more domains are asked for.
pub(super) fn one_domain(placement: &Placement, cluster: &Cluster, pod: &Pod) -> Vec<Finding> {
    let mut found = Vec::new();
    if cluster.nodes().len() < 2 || placement.nodes.is_empty() {
        return found;
    }
    for constraint in &pod.spec().topology_spread_constraints {
        let filters = constraint.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule;
        if !filters || constraint.min_domains.is_some_and(|least| least > 1) {
            continue;
        }
        let mut values = cluster.nodes().iter().filter_map(|node| node.node.labels.get(constraint.topology_key));
        let Some(domain) = values.next() else { continue };
        if values.all(|value| value == domain) {
            found.push(Finding::OneDomain { topology_key: constraint.topology_key, domain });
        }
    }
    found
}
