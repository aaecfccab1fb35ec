//! What arguments of in-tree plugins must be
//! (`pkg/scheduler/apis/config/validation/validation_pluginargs.go`).

use std::collections::HashSet;

use super::duration::GoDuration;
use super::error::{FieldError, Shown};
use super::field_path::FieldPath;
use super::qualified_name::qualified_name_problems;
use super::types::{
    DefaultPreemptionArgs, DynamicResourcesArgs, InterPodAffinityArgs, NodeResourcesBalancedAllocationArgs,
    NodeResourcesFitArgs, PodTopologySpreadArgs, ResourceSpec, ShapePoint, VolumeBindingArgs,
};
use super::versions::Behaviour;

type Errors = Vec<FieldError>;

pub(super) fn default_preemption(path: &FieldPath, args: &DefaultPreemptionArgs) -> Errors {
    let mut errors = Errors::new();
    let percentage = args.min_candidate_nodes_percentage.unwrap_or_default();
    let absolute = args.min_candidate_nodes_absolute.unwrap_or_default();
    let percentage_path = path.child("minCandidateNodesPercentage");
    let absolute_path = path.child("minCandidateNodesAbsolute");
    if !(0..=100).contains(&percentage) {
        errors.push(FieldError::invalid(percentage_path.clone(), percentage, "not in valid range [0, 100]"));
    }
    if absolute < 0 {
        errors.push(FieldError::invalid(absolute_path.clone(), absolute, "not in valid range [0, inf)"));
    }
    if percentage == 0 && absolute == 0 {
        errors.push(FieldError::invalid(
            percentage_path,
            percentage,
            "cannot be zero at the same time as minCandidateNodesAbsolute",
        ));
        errors.push(FieldError::invalid(
            absolute_path,
            absolute,
            "cannot be zero at the same time as minCandidateNodesPercentage",
        ));
    }
    errors
}

pub(super) fn inter_pod_affinity(path: &FieldPath, args: &InterPodAffinityArgs) -> Errors {
    let weight = args.hard_pod_affinity_weight.unwrap_or_default();
    if (0..=100).contains(&weight) {
        return Errors::new();
    }
    let path = path.child("hardPodAffinityWeight");
    vec![FieldError::invalid(path, weight, "not in valid range [0, 100]")]
}

pub(super) fn pod_topology_spread(path: &FieldPath, args: &PodTopologySpreadArgs, behaviour: &Behaviour) -> Errors {
    let mut errors = Errors::new();
    let type_path = path.child("defaultingType");
    match args.defaulting_type.as_str() {
        "List" => {}
        "System" if args.default_constraints.is_empty() => {}
        "System" => errors.push(FieldError::invalid(type_path, "System", "when .defaultConstraints are not empty")),
        other => errors.push(FieldError::not_supported(type_path, other, &["System", "List"])),
    }
    let list = path.child("defaultConstraints");
    let mut seen = HashSet::new();
    for (index, constraint) in args.default_constraints.iter().enumerate() {
        let path = list.index(index);
        if constraint.max_skew <= 0 {
            errors.push(FieldError::invalid(path.child("maxSkew"), constraint.max_skew, "not in valid range (0, inf)"));
        }
        let key = constraint.topology_key.as_str();
        if key.is_empty() {
            errors.push(FieldError::required(path.child("topologyKey"), "can not be empty"));
        } else {
            errors.extend(label_name(&path.child("topologyKey"), key, behaviour));
        }
        let action = constraint.when_unsatisfiable.as_str();
        let action_path = path.child("whenUnsatisfiable");
        match action {
            "DoNotSchedule" | "ScheduleAnyway" => {}
            "" => errors.push(FieldError::required(action_path, "can not be empty")),
            _ => errors.push(FieldError::not_supported(action_path, action, &["DoNotSchedule", "ScheduleAnyway"])),
        }
        if constraint.label_selector.is_some() {
            errors.push(FieldError::forbidden(
                path.child("labelSelector"),
                "constraint must not define a selector, as they deduced for each pod",
            ));
        }
        if !seen.insert((key, action)) {
            errors.push(FieldError::duplicate(path, format!("{{{key}, {action}}}").as_str()));
        }
    }
    errors
}

pub(super) fn node_resources_balanced_allocation(
    path: &FieldPath,
    args: &NodeResourcesBalancedAllocationArgs,
) -> Errors {
    let mut errors = Errors::new();
    let mut seen = HashSet::new();
    for (index, resource) in args.resources.iter().enumerate() {
        let path = path.child("resources").index(index);
        if !seen.insert(resource.name.as_str()) {
            errors.push(FieldError::duplicate(path.child("name"), resource.name.as_str()));
        }
        if resource.weight != 1 {
            errors.push(FieldError::invalid(path.child("weight"), resource.weight, "must be 1"));
        }
    }
    errors
}

pub(super) fn node_resources_fit(path: &FieldPath, args: &NodeResourcesFitArgs, behaviour: &Behaviour) -> Errors {
    let mut errors = Errors::new();
    for (index, resource) in args.ignored_resources.iter().enumerate() {
        errors.extend(label_name(&path.child("ignoredResources").index(index), resource, behaviour));
    }
    for (index, group) in args.ignored_resource_groups.iter().enumerate() {
        let path = path.child("ignoredResourceGroups").index(index);
        if group.contains('/') {
            errors.push(FieldError::invalid(path.clone(), group.as_str(), "resource group name can't contain '/'"));
        }
        errors.extend(label_name(&path, group, behaviour));
    }
    let Some(strategy) = &args.scoring_strategy else {
        return errors;
    };
    let path = path.child("scoringStrategy");
    let supported = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
    if !supported.contains(&strategy.kind.as_str()) {
        errors.push(FieldError::not_supported(path.child("type"), &strategy.kind, &supported));
    }
    errors.extend(resources(&path.child("resources"), &strategy.resources));
    let by_ratio = strategy.kind == "RequestedToCapacityRatio";
    let ratio_path = path.child("requestedToCapacityRatio");
    let checks_type = behaviour.capacity_ratio_is_checked_by_type;
    match &strategy.requested_to_capacity_ratio {
        Some(_) if checks_type && !by_ratio => {
            errors.push(FieldError::forbidden(ratio_path, "must be nil when type is not RequestedToCapacityRatio"));
        }
        Some(ratio) => {
            let path = if checks_type { &ratio_path } else { &path };
            errors.extend(function_shape(&path.child("shape"), &ratio.shape, behaviour));
        }
        None if by_ratio && checks_type => {
            errors.push(FieldError::required(ratio_path, "must be specified when type is RequestedToCapacityRatio"));
        }
        // Upstream dereferences what is not there and panics.
        None if by_ratio => errors.push(FieldError::required(ratio_path, "at least one point must be specified")),
        None => {}
    }
    errors
}

fn resources(path: &FieldPath, resources: &[ResourceSpec]) -> Errors {
    resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| !(1..=100).contains(&resource.weight))
        .map(|(index, resource)| {
            FieldError::invalid(
                path.index(index).child("weight"),
                resource.weight,
                format!("resource weight of {} not in valid range (0, 100]", resource.name),
            )
        })
        .collect()
}

fn function_shape(path: &FieldPath, shape: &[ShapePoint], behaviour: &Behaviour) -> Errors {
    let mut errors = Errors::new();
    if shape.is_empty() {
        return vec![FieldError::required(path.clone(), "at least one point must be specified")];
    }
    let unsorted = shape
        .iter()
        .zip(shape.iter().skip(1))
        .enumerate()
        .find(|(_, (before, after))| before.utilization >= after.utilization);
    if let Some((index, (_, after))) = unsorted {
        errors.push(FieldError::invalid(
            path.index(index + 1).child("utilization"),
            after.utilization,
            if behaviour.validation_texts_repeat_the_field {
                "utilization values must be sorted in increasing order"
            } else {
                "values must be sorted in increasing order"
            },
        ));
    }
    for (index, point) in shape.iter().enumerate() {
        let path = path.index(index);
        if !(0..=100).contains(&point.utilization) {
            errors.push(FieldError::invalid(
                path.child("utilization"),
                point.utilization,
                "not in valid range [0, 100]",
            ));
        }
        if !(0..=10).contains(&point.score) {
            errors.push(FieldError::invalid(path.child("score"), point.score, "not in valid range [0, 10]"));
        }
    }
    errors
}

pub(super) fn volume_binding(path: &FieldPath, args: &VolumeBindingArgs, behaviour: &Behaviour) -> Errors {
    let mut errors = Errors::new();
    let timeout = args.bind_timeout_seconds.unwrap_or_default();
    if timeout < 0 {
        errors.push(FieldError::invalid(
            path.child("bindTimeoutSeconds"),
            timeout,
            "invalid BindTimeoutSeconds, should not be a negative value",
        ));
    }
    let path = path.child("shape");
    if behaviour.gates.storage_capacity_scoring {
        errors.extend(function_shape(&path, args.shape.as_deref().unwrap_or_default(), behaviour));
    } else if let Some(shape) = &args.shape {
        let points: Vec<String> = shape
            .iter()
            .map(|point| format!(r#"{{"Utilization":{},"Score":{}}}"#, point.utilization, point.score))
            .collect();
        errors.push(FieldError::invalid(
            path,
            Shown::json(format!("[{}]", points.join(","))),
            "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
        ));
    }
    errors
}

pub(super) fn dynamic_resources(path: &FieldPath, args: &DynamicResourcesArgs, behaviour: &Behaviour) -> Errors {
    let gates = &behaviour.gates;
    let mut errors = Errors::new();
    let filter = path.child("filterTimeout");
    match args.filter_timeout {
        Some(_) if !gates.dra_scheduler_filter_timeout => {
            errors.push(FieldError::forbidden(filter, "DRASchedulingFilterTimeout feature gate is disabled"));
        }
        Some(timeout) if timeout.nanoseconds < 0 => {
            errors.push(FieldError::invalid(filter, timeout.to_string().as_str(), "must be zero or positive"));
        }
        _ => {}
    }
    let binding = path.child("bindingTimeout");
    match args.binding_timeout {
        Some(_) if !(gates.dra_device_binding_conditions && gates.dra_resource_claim_device_status) => {
            errors.push(FieldError::forbidden(
                binding,
                "DRADeviceBindingConditions or DRAResourceClaimDeviceStatus feature gate is disabled",
            ));
        }
        Some(timeout) if timeout < GoDuration::from_seconds(1) => {
            errors.push(FieldError::invalid(binding, timeout.to_string().as_str(), "must be at least 1 second"));
        }
        _ => {}
    }
    errors
}

/// apimachinery `ValidateLabelName`.
fn label_name(path: &FieldPath, label: &str, behaviour: &Behaviour) -> Errors {
    qualified_name_problems(label, behaviour.label_keys_have_their_own_texts)
        .into_iter()
        .map(|problem| FieldError::invalid(path.clone(), label, problem))
        .collect()
}
