//! What DynamicResources reads: classes, the devices of each pool, claims, and rules that taint devices.

use std::collections::BTreeSet;

use super::{Facts, Object};
use crate::api::Name;
use crate::decode::Kind;
use crate::decode::devices::claim::{Count, DeviceQuery, DeviceRequest, RequestedDevices};
use crate::decode::devices::device::DeviceNodes;
use crate::decode::devices::{Device, DeviceClass, DeviceTaintRule, PoolId, ResourceClaim};
use crate::state::Cluster;

pub(super) fn classes(cluster: &Cluster) -> Vec<Object> {
    let facts = |class: &DeviceClass| {
        Facts::default()
            .list("selectors", class.selectors.iter().copied().map(expression))
            .some("extendedResourceName", class.extended_resource_name)
    };
    let classes = cluster.devices.classes();
    classes.map(|class| (Kind::DeviceClass, class.name.to_string(), facts(class))).collect()
}

fn expression(selector: Option<Name>) -> String {
    selector.map_or_else(|| "of an unknown type".to_owned(), |expression| expression.to_string())
}

/// The slices of a pool together: a driver names and cuts them as it likes, and only the newest edition counts.
pub(super) fn pools(cluster: &Cluster) -> Vec<Object> {
    let pools: BTreeSet<PoolId> = cluster.devices.slices().iter().map(|slice| slice.pool).collect();
    pools.into_iter().map(|pool| (Kind::ResourceSlice, pool.to_string(), pool_facts(cluster, pool))).collect()
}

fn pool_facts(cluster: &Cluster, pool: PoolId) -> Facts {
    let newest = cluster.devices.slices_of(pool).map(|slice| slice.generation).max();
    let slices: Vec<_> = cluster.devices.slices_of(pool).filter(|slice| Some(slice.generation) == newest).collect();
    let counters = slices
        .iter()
        .flat_map(|slice| &slice.shared_counters)
        .flat_map(|set| set.counters.iter().map(move |(counter, amount)| (format!("{}/{counter}", set.name), *amount)));
    let devices = slices.iter().flat_map(|slice| slice.devices.iter().map(move |device| (slice, device)));
    let complete = slices.first().is_none_or(|slice| usize::try_from(slice.slice_count) == Ok(slices.len()));
    Facts::default()
        .with("devices", slices.iter().map(|slice| slice.devices.len()).sum::<usize>())
        .some("incomplete", (!complete).then_some("true"))
        .each("counter", counters)
        .each("device", devices.map(|(slice, device)| (device.name, device_text(&slice.nodes, device))))
}

/// Everything about a device that claims and nodes are matched by.
fn device_text(of_slice: &DeviceNodes, device: &Device) -> String {
    let nodes = if device.nodes.is_set() { &device.nodes } else { of_slice };
    let nodes = match (nodes.named(), nodes.all_nodes, nodes.node_selector.as_deref()) {
        (Some(node), ..) => format!("on {node}"),
        (None, true, _) => "on all nodes".to_owned(),
        (None, false, Some(Ok(selector))) => {
            format!("on {}", Facts::default().terms("", Some(&selector.to_selector().node_selector_terms)).only())
        }
        (None, false, Some(Err(_))) => "on nodes of an invalid selector".to_owned(),
        (None, false, None) => "on no node".to_owned(),
    };
    let mut said = vec![nodes];
    said.extend(device.attributes.iter().map(|(name, value)| format!("{name}={value}")));
    said.extend(device.capacity.iter().map(|(name, capacity)| format!("{name}={}", capacity.value)));
    said.extend(device.taints.iter().map(|taint| format!("taint {taint}")));
    for consumed in &device.consumes_counters {
        let counters = consumed.counters.iter();
        said.extend(counters.map(|(counter, amount)| format!("takes {amount} of {}/{counter}", consumed.counter_set)));
        let groups = consumed.compatibility_groups.iter();
        said.extend(groups.map(|group| format!("compatible with {group}")));
    }
    if device.allows_multiple_allocations {
        said.push("shared".to_owned());
    }
    said.extend(device.binding_conditions.iter().map(|condition| format!("waits for {condition}")));
    said.join(", ")
}

impl Facts {
    /// The value of the one fact.
    fn only(self) -> String {
        self.0.into_values().next().unwrap_or_default()
    }
}

pub(super) fn taint_rules(cluster: &Cluster) -> Vec<Object> {
    let facts = |rule: &DeviceTaintRule| {
        let facts = Facts::default().with("taint", rule.taint);
        let Some(selector) = &rule.selector else { return facts };
        facts
            .some("driver", selector.driver)
            .some("pool", selector.pool)
            .some("device", selector.device)
            .some("deviceClassName", selector.class)
            .list("selectors", selector.selectors.iter().copied().map(expression))
    };
    let rules = cluster.devices.taint_rules().iter();
    rules.map(|rule| (Kind::DeviceTaintRule, rule.name.to_string(), facts(rule))).collect()
}

pub(super) fn claims(cluster: &Cluster) -> Vec<Object> {
    let facts = |claim: &ResourceClaim| {
        let allocation = claim.allocation.iter().flat_map(|allocation| &allocation.devices);
        Facts::default()
            .each("request", requests(&claim.requests))
            .list("constraints", claim.constraints.iter().map(constraint))
            .list("devices", allocation.map(|device| device.id))
            .with("pods", claim.reserved_for.len())
            .flag("terminating", claim.is_terminating)
    };
    let claims = cluster.devices.claims();
    claims.map(|claim| (Kind::ResourceClaim, claim.key.to_string(), facts(claim))).collect()
}

pub(super) fn templates(cluster: &Cluster) -> Vec<Object> {
    let facts = |template: &crate::decode::devices::ResourceClaimTemplate| {
        Facts::default()
            .each("request", requests(&template.requests))
            .list("constraints", template.constraints.iter().map(constraint))
    };
    let templates = cluster.devices.templates();
    templates.map(|template| (Kind::ResourceClaimTemplate, template.key.to_string(), facts(template))).collect()
}

fn constraint(constraint: &crate::decode::devices::claim::DeviceConstraint) -> String {
    let requests: Vec<&str> = constraint.requests.iter().map(Name::as_str).collect();
    let of = if requests.is_empty() { "all requests".to_owned() } else { requests.join("+") };
    match (constraint.match_attribute, constraint.distinct_attribute) {
        (Some(attribute), _) => format!("{of} have the same {attribute}"),
        (None, Some(attribute)) => format!("{of} have another {attribute} each"),
        (None, None) => format!("{of}: of an unknown type"),
    }
}

fn requests(requests: &[DeviceRequest]) -> impl Iterator<Item = (Name, String)> {
    requests.iter().map(|request| {
        let wanted = match &request.wanted {
            RequestedDevices::Exactly(query) => query_text(query),
            RequestedDevices::FirstAvailable(queries) => {
                let each = queries.iter().map(|(name, query)| format!("{name} ({})", query_text(query)));
                format!("first of {}", each.collect::<Vec<_>>().join(" or "))
            }
            RequestedDevices::Unknown => "of an unknown type".to_owned(),
        };
        (request.name, wanted)
    })
}

fn query_text(query: &DeviceQuery) -> String {
    let count = match query.count {
        Count::Exactly(count) => count.to_string(),
        Count::All => "all".to_owned(),
        Count::Unknown(mode) => mode.to_string(),
    };
    let mut said = vec![format!("{count} of class {}", query.class)];
    said.extend(query.selectors.iter().copied().map(expression));
    let capacity = query.capacity.iter().flatten();
    said.extend(capacity.map(|(name, amount)| format!("{name}={amount}")));
    let tolerations = query.tolerations.iter().filter_map(|toleration| serde_json::to_string(toleration).ok());
    said.extend(tolerations.map(|toleration| format!("tolerates {toleration}")));
    if query.admin_access == Some(true) {
        said.push("adminAccess".to_owned());
    }
    said.join(", ")
}
