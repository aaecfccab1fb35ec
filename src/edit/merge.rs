//! A strategic-merge patch of a pod's specification, as `kubectl patch` takes it: of the fields
//! that scheduling reads. What else a patch has is refused, not ignored.
//!
//! Objects are merged by field, `null` takes a field away. Containers and scheduling gates are
//! merged by name and spread constraints by topology key, as the API's types say
//! (k8s.io/api/core/v1/types.go, `patchMergeKey`); all other lists are replaced as a whole.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::decode_error::plain;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::name::{Name, name};
use crate::api::node_selector::{NodeSelector, PreferredSchedulingTerm};
use crate::api::pod_spec::{
    Affinity, Container, NodeAffinity, PodAffinity, PodAffinityTerm, PodSpec, SchedulingGate, TopologySpreadConstraint,
    WeightedPodAffinityTerm,
};
use crate::api::quantity::Quantity;
use crate::api::requests::ContainerResources;
use crate::api::resources::ResourceList;
use crate::api::selector::LabelSelector;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// What is wrong: `spec.tolerations: invalid type: ...`.
type Result<T = ()> = std::result::Result<T, String>;

/// Merges `patch`, an object with a `spec`, into `spec`.
///
/// # Errors
/// The first field that cannot be merged, and why; `spec` is then as it may be.
pub(super) fn merge(spec: &mut PodSpec, patch: &Value) -> Result {
    for (field, value) in fields(patch, "the patch")? {
        match field.as_str() {
            "spec" => merge_spec(spec, value)?,
            _ => return Err(format!("{field}: cannot be patched: only spec affects scheduling")),
        }
    }
    Ok(())
}

fn merge_spec(spec: &mut PodSpec, patch: &Value) -> Result {
    for (field, value) in fields(patch, "spec")? {
        let path = format!("spec.{field}");
        match field.as_str() {
            "schedulerName" => spec.scheduler_name = read(value, &path)?,
            "priority" => spec.priority = read(value, &path)?,
            "preemptionPolicy" => spec.preemption_policy = read(value, &path)?,
            "hostNetwork" => spec.host_network = read(value, &path)?,
            "nodeSelector" => spec.node_selector = merge_labels(&spec.node_selector, value, &path)?,
            "tolerations" => spec.tolerations = read(value, &path)?,
            "affinity" => merge_affinity(&mut spec.affinity, value, &path)?,
            "topologySpreadConstraints" => {
                spec.topology_spread_constraints = merge_spread(&spec.topology_spread_constraints, value, &path)?;
            }
            "schedulingGates" => spec.scheduling_gates = merge_gates(&spec.scheduling_gates, value, &path)?,
            "resources" => spec.resources = merge_resources(spec.resources.as_ref(), value, &path)?,
            "containers" => spec.containers = merge_containers(&spec.containers, value, &path)?,
            "initContainers" => spec.init_containers = merge_containers(&spec.init_containers, value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(())
}

fn unread(path: &str) -> String {
    format!("{path}: cannot be patched: it does not affect scheduling")
}

/// The fields of an object; `null` has none.
fn fields<'a>(value: &'a Value, path: &str) -> Result<Vec<(&'a String, &'a Value)>> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Object(fields) => Ok(fields.iter().collect()),
        _ => Err(format!("{path}: must be an object")),
    }
}

fn items<'a>(value: &'a Value, path: &str) -> Result<&'a [Value]> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(format!("{path}: must be a list")),
    }
}

/// A value as a whole; `null` is nothing.
fn read<T: DeserializeOwned + Default>(value: &Value, path: &str) -> Result<T> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|error| format!("{path}: {}", plain(&error)))
}

fn merge_labels(labels: &Labels, patch: &Value, path: &str) -> Result<Labels> {
    if patch.is_null() {
        return Ok(Labels::default());
    }
    let mut labels: Vec<(Name, Name)> = labels.iter().collect();
    for (key, value) in fields(patch, path)? {
        labels.retain(|(other, _)| *other != key.as_str());
        if !value.is_null() {
            labels.push((name(key), read(value, &format!("{path}[{key}]"))?));
        }
    }
    Ok(labels.into_iter().collect())
}

fn merge_affinity(affinity: &mut Option<Box<Affinity>>, patch: &Value, path: &str) -> Result {
    if patch.is_null() {
        *affinity = None;
        return Ok(());
    }
    let affinity = affinity.get_or_insert_with(Box::default);
    for (field, value) in fields(patch, path)? {
        let path = format!("{path}.{field}");
        match field.as_str() {
            "nodeAffinity" => merge_rules(&mut affinity.node_affinity, node_rules, value, &path)?,
            "podAffinity" => merge_rules(&mut affinity.pod_affinity, pod_rules, value, &path)?,
            "podAntiAffinity" => merge_rules(&mut affinity.pod_anti_affinity, pod_rules, value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(())
}

/// Affinity to nodes or to pods: `rules` are what it requires and what it prefers.
fn merge_rules<T: Default, R: DeserializeOwned + Default, P: DeserializeOwned + Default>(
    affinity: &mut Option<T>,
    rules: fn(&mut T) -> (&mut R, &mut P),
    patch: &Value,
    path: &str,
) -> Result {
    if patch.is_null() {
        *affinity = None;
        return Ok(());
    }
    let (required, preferred) = rules(affinity.get_or_insert_default());
    for (field, value) in fields(patch, path)? {
        let path = format!("{path}.{field}");
        match field.as_str() {
            REQUIRED => *required = read(value, &path)?,
            PREFERRED => *preferred = read(value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(())
}

fn node_rules(own: &mut NodeAffinity) -> (&mut Option<NodeSelector>, &mut List<PreferredSchedulingTerm>) {
    (&mut own.required, &mut own.preferred)
}

fn pod_rules(own: &mut PodAffinity) -> (&mut List<PodAffinityTerm>, &mut List<WeightedPodAffinityTerm>) {
    (&mut own.required, &mut own.preferred)
}

fn merge_spread(
    constraints: &[TopologySpreadConstraint],
    patch: &Value,
    path: &str,
) -> Result<List<TopologySpreadConstraint>> {
    let mut merged = if patch.is_null() { Vec::new() } else { constraints.to_vec() };
    for (index, item) in items(patch, path)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let key = merge_key(item, "topologyKey", &path)?;
        match merged.iter_mut().find(|constraint| constraint.topology_key == key) {
            Some(constraint) => merge_constraint(constraint, item, &path)?,
            None => {
                merged
                    .push(serde_json::from_value(item.clone()).map_err(|error| format!("{path}: {}", plain(&error)))?);
            }
        }
    }
    Ok(merged.into_iter().collect())
}

fn merge_constraint(constraint: &mut TopologySpreadConstraint, patch: &Value, path: &str) -> Result {
    for (field, value) in fields(patch, path)? {
        let path = format!("{path}.{field}");
        match field.as_str() {
            "topologyKey" => {}
            "maxSkew" => constraint.max_skew = read(value, &path)?,
            "whenUnsatisfiable" => {
                constraint.when_unsatisfiable =
                    serde_json::from_value(value.clone()).map_err(|error| format!("{path}: {}", plain(&error)))?;
            }
            "labelSelector" => merge_selector(&mut constraint.label_selector, value, &path)?,
            "minDomains" => constraint.min_domains = read(value, &path)?,
            "nodeAffinityPolicy" => constraint.node_affinity_policy = read(value, &path)?,
            "nodeTaintsPolicy" => constraint.node_taints_policy = read(value, &path)?,
            "matchLabelKeys" => constraint.match_label_keys = read(value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(())
}

fn merge_selector(selector: &mut Option<LabelSelector>, patch: &Value, path: &str) -> Result {
    if patch.is_null() {
        *selector = None;
        return Ok(());
    }
    let selector = selector.get_or_insert_with(LabelSelector::default);
    for (field, value) in fields(patch, path)? {
        let path = format!("{path}.{field}");
        match field.as_str() {
            "matchLabels" => selector.match_labels = merge_labels(&selector.match_labels, value, &path)?,
            "matchExpressions" => selector.match_expressions = read(value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(())
}

fn merge_gates(gates: &[SchedulingGate], patch: &Value, path: &str) -> Result<List<SchedulingGate>> {
    let mut merged = if patch.is_null() { Vec::new() } else { gates.to_vec() };
    for (index, item) in items(patch, path)?.iter().enumerate() {
        let key = merge_key(item, "name", &format!("{path}[{index}]"))?;
        if merged.iter().all(|gate| gate.name != key) {
            merged.push(SchedulingGate { name: key });
        }
    }
    Ok(merged.into_iter().collect())
}

/// A container that is not there is not added: it would be read without its defaults.
fn merge_containers(containers: &[Container], patch: &Value, path: &str) -> Result<List<Container>> {
    let mut merged = containers.to_vec();
    for (index, item) in items(patch, path)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let key = merge_key(item, "name", &path)?;
        let container = merged.iter_mut().find(|container| container.name == Some(key));
        let container = container.ok_or_else(|| format!("{path}.name: there is no container \"{key}\""))?;
        for (field, value) in fields(item, &path)? {
            let path = format!("{path}.{field}");
            match field.as_str() {
                "name" => {}
                "image" => container.image = read(value, &path)?,
                "resources" => container.resources = merge_resources(container.resources.as_ref(), value, &path)?,
                _ => return Err(unread(&path)),
            }
        }
    }
    Ok(merged.into_iter().collect())
}

fn merge_resources(
    resources: Option<&ContainerResources>,
    patch: &Value,
    path: &str,
) -> Result<Option<ContainerResources>> {
    if patch.is_null() {
        return Ok(None);
    }
    let mut merged = resources.cloned().unwrap_or_default();
    for (field, value) in fields(patch, path)? {
        let path = format!("{path}.{field}");
        match field.as_str() {
            "requests" => merged.requests = merge_list(&merged.requests, value, &path)?,
            "limits" => merged.limits = merge_list(&merged.limits, value, &path)?,
            _ => return Err(unread(&path)),
        }
    }
    Ok(Some(merged))
}

fn merge_list(list: &ResourceList, patch: &Value, path: &str) -> Result<ResourceList> {
    if patch.is_null() {
        return Ok(ResourceList::default());
    }
    let mut list: Vec<(Name, Quantity)> = list.iter().collect();
    for (resource, value) in fields(patch, path)? {
        list.retain(|(other, _)| *other != resource.as_str());
        if !value.is_null() {
            list.push((name(resource), read(value, &format!("{path}[{resource}]"))?));
        }
    }
    Ok(list.into_iter().collect())
}

/// The value by which an item of a list is found.
fn merge_key(item: &Value, key: &str, path: &str) -> Result<Name> {
    let item: &Map<String, Value> = item.as_object().ok_or_else(|| format!("{path}: must be an object"))?;
    let value = item.get(key).and_then(Value::as_str);
    value.map(name).ok_or_else(|| format!("{path}.{key}: is required to identify the list item"))
}
