//! Words for suggestions: what to do, what it costs.

use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::api::resources::STANDARD;
use crate::api::taint::{Taint, TaintEffect};
use crate::decode::devices::taint::{DeviceTaint, DeviceToleration};
use crate::edit::{ClaimChange, Edit, PodChange};
use crate::explain::Suggestion;
use crate::explain::suggest::{Move, Weakening, tells_of_condition};
use crate::framework::Amount;
use crate::report::text::list;
use crate::report::words;

/// What to do, in one line.
pub(in crate::report) fn summary(suggestion: &Suggestion) -> String {
    if let [Edit::Evict { .. }, ..] = suggestion.edits.as_slice() {
        let pods: Vec<String> = suggestion.moves.iter().map(|moved| moved.pod.to_string()).collect();
        return format!("move {} elsewhere", list(&pods, 3));
    }
    if let [Edit::AddNode { like, .. }, Edit::LabelNode { key, .. }] = suggestion.edits.as_slice() {
        let domain = match key.as_str() {
            "topology.kubernetes.io/zone" => "zone",
            "topology.kubernetes.io/region" => "region",
            other => other,
        };
        return format!("one more node like {like}, in a {domain} that has none yet");
    }
    if let [Edit::SetMaxUnavailable { workload, max_unavailable }, Edit::DeletePod { pod }] =
        suggestion.edits.as_slice()
    {
        return format!(
            "set maxUnavailable: {max_unavailable} on {workload}: its controller then deletes {pod}, and the rollout \
             completes"
        );
    }
    if let [Edit::SetStrategy { workload, strategy }, deleted @ ..] = suggestion.edits.as_slice()
        && !deleted.is_empty()
    {
        let pods: Vec<String> = deleted.iter().filter_map(Edit::deleted_pod).map(|pod| pod.to_string()).collect();
        return format!(
            "set strategy {} on {workload}: its controller then deletes {} before new pods start, and the rollout \
             completes",
            strategy.as_str(),
            list(&pods, 2)
        );
    }
    if let [Edit::DeletePod { pod }, Edit::CreatePod { workload, .. }] = suggestion.edits.as_slice() {
        return format!("delete pod {pod}: {workload} recreates it, and its missing claims with it");
    }
    if let [Edit::PatchPod { pod, changes }] = suggestion.edits.as_slice()
        && *pod != suggestion.pod
    {
        let changes: Vec<String> = changes.iter().map(|change| of_change(change, true)).collect();
        return format!("take the resize of {pod} back: {}", changes.join(", and "));
    }
    let mut parts: Vec<String> = Vec::new();
    let mut fixed: Vec<(String, Vec<String>)> = Vec::new();
    for edit in &suggestion.edits {
        match edit {
            // One condition may have two taints.
            Edit::RemoveTaint { node, taint } if tells_of_condition(taint) => {
                let what = fix(*node, taint);
                match fixed.iter_mut().find(|(known, _)| *known == what) {
                    Some((_, taints)) => taints.push(short(taint)),
                    None => fixed.push((what, vec![short(taint)])),
                }
            }
            other => parts.extend(of_edit(other, suggestion.several_containers)),
        }
    }
    let fixed = fixed.into_iter().map(|(what, taints)| format!("{what} (this removes {})", list(&taints, 3)));
    fixed.chain(parts).collect::<Vec<_>>().join(", and ")
}

/// Where the preempted pods would go.
pub(in crate::report) fn moves(moves: &[Move]) -> Option<String> {
    let placed: Vec<String> =
        moves.iter().filter_map(|moved| Some(format!("{} would go to {}", moved.pod, moved.node?))).collect();
    (!placed.is_empty()).then(|| list(&placed, 3))
}

/// What is given up.
pub(in crate::report) fn weakening(weakening: &Weakening) -> String {
    match weakening {
        Weakening::NodeCondition(taint) => format!("{} means that something is wrong with the node", short(taint)),
        Weakening::Eviction(taint) => format!("{} was set to empty the node", short(taint)),
        Weakening::ControlPlane(_) => "the node is reserved for the control plane".to_owned(),
        Weakening::Platform(key) => format!("the images must support the other {key}"),
        Weakening::AntiAffinity(key) => format!("pods that are kept apart by {key} could then run together"),
        Weakening::Spread(key) => format!("one {key} could then run more of these pods"),
        Weakening::SchedulingGates => "the gates' owner has not released the pod yet".to_owned(),
        Weakening::DeviceTaint(taint) => format!("taint {taint} keeps pods off the device"),
        Weakening::MatchAttribute(attribute) => format!("the devices may then differ in {attribute}"),
        Weakening::ClaimInUse(pods) => {
            let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
            format!("{} would lose its devices", list(&pods, 2))
        }
        Weakening::Cordon(node) => format!("{node} was cordoned to keep pods off it"),
        Weakening::NoPlaceFor(pod) => format!("{pod} would fit nowhere else"),
    }
}

/// One edit; of a pod's changes each.
pub(in crate::report) fn of_edit(edit: &Edit, several_containers: bool) -> Vec<String> {
    vec![match edit {
        Edit::PatchPod { changes, .. } => {
            return changes.iter().map(|change| of_change(change, several_containers)).collect();
        }
        Edit::Cordon { node } => format!("cordon {node}"),
        Edit::Uncordon { node } => format!("uncordon {node}"),
        Edit::RemoveTaint { node, taint } if tells_of_condition(taint) => fix_node(*node, taint),
        Edit::RemoveTaint { node, taint } => format!("remove taint {taint} from {node}"),
        Edit::LabelNode { node, key, value } => format!("label node {node} {key}={value}"),
        Edit::AddNode { like, .. } => format!("one more node like {like}"),
        Edit::FreeResource { node, resource, amount } => {
            format!("free {} {resource} on {node}", exact(*resource, *amount))
        }
        Edit::Evict { pod } => format!("move {pod}"),
        Edit::PatchClaim { claim, changes } => {
            return changes
                .iter()
                .map(|change| format!("ResourceClaim {}: {}", claim.name, of_claim(change)))
                .collect();
        }
        Edit::DeallocateClaim { claim, pods } if pods.is_empty() => {
            format!("delete ResourceClaim {claim}: no pod of the state uses it")
        }
        Edit::DeallocateClaim { claim, pods } => {
            let pods: Vec<String> = pods.iter().map(ToString::to_string).collect();
            format!("free the devices of ResourceClaim {claim}, which {} uses", list(&pods, 2))
        }
        other => words_of(other),
    }]
}

/// What to do about a node with a condition; its taint goes away by itself then.
fn fix_node(node: Name, taint: &Taint) -> String {
    format!("{} (this removes {})", fix(node, taint), short(taint))
}

fn fix(node: Name, taint: &Taint) -> String {
    match taint.key.rsplit_once('/').map_or("", |(_, condition)| condition) {
        "not-ready" => format!("get {node} ready: its kubelet, container runtime or network plugin is not"),
        "unreachable" => format!("bring {node} back: its kubelet no longer reports"),
        "memory-pressure" => format!("free memory on {node}"),
        "disk-pressure" => format!("free disk space on {node}"),
        "pid-pressure" => format!("stop processes on {node}"),
        "network-unavailable" => format!("get the network plugin to set up {node}"),
        "uninitialized" => format!("get the cloud controller manager to initialize {node}"),
        "shutdown" => format!("start {node}"),
        "out-of-service" => format!("bring {node} back into service"),
        _ => format!("make the component on {node} ready that {} waits for", taint.key),
    }
}

/// An edit in a few words, as a person would say it.
pub(in crate::report) fn words_of(edit: &Edit) -> String {
    match edit {
        Edit::AddTaint { node, taint } => format!("taint {node} {taint}"),
        Edit::UnlabelNode { node, key } => format!("remove label {key} from {node}"),
        Edit::CreateNode { object } => {
            let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str).unwrap_or("<none>");
            format!("add node {name}")
        }
        Edit::RemoveNode { node } => format!("remove {node}"),
        Edit::DeletePod { pod } => format!("delete pod {pod}"),
        Edit::CreatePod { workload, name, .. } => format!("create pod {name} of {workload}"),
        Edit::PatchWorkload { workload, changes } => {
            let changes: Vec<String> = changes.iter().map(|change| of_change(change, true)).collect();
            format!("patch {workload}: {}", changes.join(", and "))
        }
        Edit::SetMaxUnavailable { workload, max_unavailable } => {
            format!("set maxUnavailable: {max_unavailable} on {workload}")
        }
        Edit::SetStrategy { workload, strategy } => format!("set strategy {} on {workload}", strategy.as_str()),
        Edit::DeleteWorkload { workload } => format!("delete {workload}"),
        Edit::ApplyWorkload { workload } => format!("apply {}", workload.identity()),
        Edit::SetTemplate { workload, .. } => format!("change the template of {workload}"),
        Edit::SetReplicas { workload, replicas } => format!("scale {workload} to {replicas}"),
        Edit::SetDisruptionsAllowed { budget, allowed } | Edit::SetBudgetStatus { budget, allowed, .. } => {
            format!("allow {allowed} disruptions of PodDisruptionBudget {budget}")
        }
        Edit::PatchPod { pod, .. } => format!("patch pod {pod}: {}", of_edit(edit, true).join(", and ")),
        Edit::AddNode { like, name } => format!("add node {name} like {like}"),
        Edit::Evict { pod } => format!("evict pod {pod}"),
        Edit::PatchClaim { .. }
        | Edit::DeallocateClaim { .. }
        | Edit::Cordon { .. }
        | Edit::Uncordon { .. }
        | Edit::RemoveTaint { .. }
        | Edit::LabelNode { .. }
        | Edit::FreeResource { .. } => of_edit(edit, true).concat(),
    }
}

fn of_claim(change: &ClaimChange) -> String {
    match change {
        ClaimChange::DeviceClass { request, from, to } => {
            format!("request {request} with DeviceClass {to} instead of {from}")
        }
        ClaimChange::DeviceCount { request, from, to } => {
            format!("request {request} with count {to} instead of {from}")
        }
        ClaimChange::Selector { request, from, to } => {
            format!("request {request} with selector {to} instead of {from}")
        }
        ClaimChange::TolerateDevice { request, toleration } => {
            let DeviceToleration { key, value, effect, .. } = *toleration;
            format!("request {request} with a toleration of {}", DeviceTaint { key, value, effect })
        }
        ClaimChange::Capacity { request, capacity, from, to } => {
            format!("request {request} with {to} of {capacity} instead of {from}")
        }
        ClaimChange::DropMatchAttribute { attribute } => format!("remove the constraint matchAttribute {attribute}"),
    }
}

fn of_change(change: &PodChange, several_containers: bool) -> String {
    match change {
        PodChange::Request { container, resource, from, to } => {
            let place = match container {
                Some(container) if several_containers => format!(" in container {container}"),
                Some(_) => String::new(),
                None => " for the whole pod".to_owned(),
            };
            format!("request {resource} {} instead of {from}{place}", exact(*resource, *to))
        }
        PodChange::Tolerate { toleration } => {
            let effect = match toleration.effect.unwrap_or_default().as_str() {
                "NoExecute" => TaintEffect::NoExecute,
                "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
                _ => TaintEffect::NoSchedule,
            };
            let (key, value) = (toleration.key.unwrap_or_default(), toleration.value.unwrap_or_default());
            format!("tolerate {}", Taint { key, value, effect })
        }
        PodChange::DropNodeSelector { key } => format!("remove {key} from nodeSelector"),
        PodChange::ReplaceNodeSelector { key, to_key, to_value } => {
            let instead = if key == to_key { String::new() } else { format!(" instead of {key}") };
            format!("nodeSelector {to_key}={to_value}{instead}")
        }
        PodChange::PreferNodeAffinity => "make required node affinity preferred".to_owned(),
        PodChange::RaiseMaxSkew { topology_key, from, to } => {
            format!("maxSkew {to} instead of {from} over {topology_key}")
        }
        PodChange::LowerMinDomains { topology_key, from, to } => {
            format!("minDomains {to} instead of {from} over {topology_key}")
        }
        PodChange::HonorTaints { topology_key } => {
            format!("nodeTaintsPolicy: Honor for the spread over {topology_key}")
        }
        PodChange::ScheduleAnyway { topology_key } => {
            format!("whenUnsatisfiable: ScheduleAnyway for the spread over {topology_key}")
        }
        PodChange::PreferPodAffinity { topology_key, .. } => {
            format!("make pod affinity over {topology_key} preferred")
        }
        PodChange::PreferPodAntiAffinity { topology_key, .. } => {
            format!("make pod anti-affinity over {topology_key} preferred")
        }
        PodChange::RemoveSchedulingGates => "remove the scheduling gates".to_owned(),
        PodChange::Patch { patch } => {
            let fields = patch.get("spec").and_then(serde_json::Value::as_object);
            let fields: Vec<&str> = fields.into_iter().flat_map(|spec| spec.keys().map(String::as_str)).collect();
            format!("change {}", list(&fields, 3))
        }
    }
}

/// The exact quantity, to be typed; beside it a rounded one where the exact one is hard to read.
fn exact(resource: Name, quantity: Quantity) -> String {
    let exact = quantity.to_string();
    let value = if resource == STANDARD.cpu { quantity.milli_value() } else { quantity.value() };
    let rounded = words::amount(resource, Amount::new(resource, value));
    if rounded == exact || exact.len() <= 6 { exact } else { format!("{exact} ({rounded})") }
}

fn short(taint: &Taint) -> String {
    format!("{}:{}", taint.key, taint.effect.as_str())
}
