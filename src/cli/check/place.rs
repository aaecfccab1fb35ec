//! Which field of a manifest asks too much: by the filter that rejects the pod, and for resources by the largest request.

use crate::api::Name;
use crate::decode::workload::WorkloadKind;
use crate::report::check::ManifestPlace;
use crate::simulate::check::{Change, FieldChange, Owner, Problem, ProblemKind};

use super::manifests::Origin;

/// The place in the manifest of `problem`; `change` is what the change does to its workload, `scarce` the resource that its pods ask most of.
pub(super) fn of(problem: &Problem, change: Option<&Change>, origin: &Origin, scarce: Option<Name>) -> ManifestPlace {
    let is_size = |field: &FieldChange| matches!(field, FieldChange::Replicas(..));
    // A quota that new replicas use up is about their number; else it is about what each asks for.
    let by_size = change.is_none_or(|change| change.fields.is_empty() || change.fields.iter().any(is_size));
    let spec = match problem.owner {
        Owner::Pod(_) => "spec",
        Owner::Workload(workload) if workload.kind == WorkloadKind::CronJob => "spec.jobTemplate.spec.template.spec",
        Owner::Workload(_) => "spec.template.spec",
    };
    let plugin = problem.kind.unplaced().and_then(|why| why.causes.iter().find_map(|cause| cause.plugin));
    let fields: Vec<String> = match (&problem.kind, plugin) {
        (kind, None) if kind.refusal().is_some_and(|refusal| refusal.quota.is_some()) => {
            let replicas = by_size.then(|| "spec.replicas".to_owned());
            replicas.into_iter().chain([request(origin, spec, scarce)]).collect()
        }
        (ProblemKind::Immutable, _) => vec!["spec.template".to_owned()],
        (ProblemKind::CannotStart(_), _) => vec!["spec.strategy".to_owned(), format!("{spec}.volumes")],
        (_, Some("NodeResourcesFit")) => vec![request(origin, spec, scarce)],
        (_, Some(plugin)) => rules(plugin).iter().map(|field| field.replace("SPEC", spec)).collect(),
        _ => Vec::new(),
    };
    match fields.iter().find(|field| origin.has(field)) {
        Some(field) => origin.at(field),
        None => origin.place(),
    }
}

/// The fields that a filter reads.
fn rules(plugin: &str) -> &'static [&'static str] {
    match plugin {
        "NodeAffinity" => &["SPEC.nodeSelector", "SPEC.affinity.nodeAffinity", "SPEC.affinity"],
        "NodeName" => &["SPEC.nodeName"],
        "TaintToleration" | "NodeUnschedulable" => &["SPEC.tolerations", "SPEC.nodeSelector", "SPEC"],
        "PodTopologySpread" => &["SPEC.topologySpreadConstraints"],
        "InterPodAffinity" => &["SPEC.affinity.podAntiAffinity", "SPEC.affinity.podAffinity", "SPEC.affinity"],
        "NodePorts" => &["SPEC.hostNetwork", "SPEC.containers"],
        "SchedulingGates" => &["SPEC.schedulingGates"],
        "DynamicResources" => &["SPEC.resourceClaims"],
        "VolumeBinding" | "VolumeZone" | "VolumeRestrictions" | "NodeVolumeLimits" => {
            &["SPEC.volumes", "spec.volumeClaimTemplates"]
        }
        _ => &["SPEC"],
    }
}

/// The request of `resource` in the first container that has one, or its limit: an absent request is that.
fn request(origin: &Origin, spec: &str, resource: Option<Name>) -> String {
    let Some(resource) = resource else { return format!("{spec}.containers") };
    let containers = (0..100).map(|index| format!("{spec}.containers.{index}"));
    let containers: Vec<String> = containers.take_while(|container| origin.has(container)).collect();
    for of in ["requests", "limits"] {
        let field = |container: &String| format!("{container}.resources.{of}.{resource}");
        if let Some(found) = containers.iter().map(field).find(|field| origin.has(field)) {
            return found;
        }
    }
    let resources = |container: &String| format!("{container}.resources");
    containers.iter().map(resources).find(|field| origin.has(field)).unwrap_or_else(|| format!("{spec}.containers"))
}
