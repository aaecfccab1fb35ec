//! Reasons in the words of a reader: the one place where output looks at kinds of reasons.
//!
//! Upstream's own sentences stand in the event's text; here is what they leave out. A reason
//! without words of its own is shown by upstream's.

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::explain::{Cause, Miss, SharedLabel};
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{Amount, Reason};
use crate::report::text::{list, range};

pub(in crate::report) use devices::facts as device_facts;

pub(in crate::report) mod cluster_messages;
pub(in crate::report) mod devices;
pub(in crate::report) mod findings;
pub(in crate::report) mod help;
pub(in crate::report) mod life;
pub(in crate::report) mod need;
pub(in crate::report) mod new_nodes;
mod taints;
mod volumes;

/// The cause in a few words, for a group of nodes; and below, what is known beyond.
pub(in crate::report) fn cause(cause: &Cause) -> String {
    let mut lines = vec![what(cause)];
    lines.extend(cause.detail.taint.as_ref().and_then(taints::origin));
    if let (Some(scattered), Reason::InsufficientResource { resource, .. }) =
        (&cause.detail.fragmentation, &cause.reason)
    {
        let print = |value: Amount| amount(*resource, value);
        lines.push(format!(
            "free {} in all, at most {} on one ({})",
            print(scattered.total_free),
            print(scattered.largest_free),
            scattered.node
        ));
    }
    lines.join("\n")
}

fn what(cause: &Cause) -> String {
    match (&cause.reason, &cause.shortfall) {
        (Reason::InsufficientResource { resource, requested, .. }, Some((least, most))) => {
            let (least, most) = (amount(*resource, *least), amount(*resource, *most));
            if least == most {
                format!("{resource}: {} requested, short by {least}", amount(*resource, *requested))
            } else {
                format!("{resource}: {} requested, short by {least} to {most}", amount(*resource, *requested))
            }
        }
        (Reason::TopologySkew { topology_key, max_skew, .. }, _) => {
            format!("{topology_key}: skew would exceed {max_skew}")
        }
        (Reason::TooManyPods { .. }, _) => match range_of(cause, "allocatable") {
            Some(allowed) => format!("pods: full ({allowed} allowed)"),
            None => "pods: full".to_owned(),
        },
        (Reason::Volume(VolumeReason::VolumeLimitExceeded { driver, .. }), _) => {
            match (range_of(cause, "used"), range_of(cause, "limit")) {
                (Some(used), Some(limit)) => format!("{driver}: {used} volumes attached, {limit} allowed"),
                _ => brief(&cause.reason),
            }
        }
        (reason, _) => brief(reason),
    }
}

/// `5`, or `5 to 8` where it differs from node to node.
fn range_of(cause: &Cause, fact: &str) -> Option<String> {
    let range = cause.ranges.iter().find(|range| range.fact == fact)?;
    Some(if range.least == range.most { range.least.to_string() } else { format!("{} to {}", range.least, range.most) })
}

/// `text` broken into lines of about `width` characters.
pub(in crate::report) fn narrow(text: &str, width: usize) -> String {
    crate::report::text::break_long(text, width)
}

/// A condition on a label: `zone is a or b`.
pub(in crate::report) fn requirement(key: Name, operator: Name, values: &[Name]) -> String {
    let values: Vec<&str> = values.iter().map(Name::as_str).collect();
    match (operator.as_str(), values.as_slice()) {
        ("In", [one]) => format!("{key}={one}"),
        ("In", several) => format!("{key} in ({})", several.join(", ")),
        ("NotIn", [one]) => format!("{key}!={one}"),
        ("NotIn", several) => format!("{key} notin ({})", several.join(", ")),
        ("Exists", _) => format!("{key} present"),
        ("DoesNotExist", _) => format!("{key} absent"),
        ("Gt", several) => format!("{key} > {}", several.join(", ")),
        ("Lt", several) => format!("{key} < {}", several.join(", ")),
        (operator, several) => format!("{key} {operator} {}", several.join(", ")),
    }
}

/// The reason in a few words, without numbers of a node.
pub(crate) fn brief(reason: &Reason) -> String {
    match reason {
        Reason::NodeUnschedulable => "node is cordoned".to_owned(),
        Reason::NodeNameMismatch { node_name } => format!("requests node {node_name} by name"),
        Reason::UntoleratedTaint { taint, .. } => taint.to_string(),
        Reason::NodeAffinityMismatch { unmatched_labels, affinity } => match (unmatched_labels.as_slice(), affinity) {
            ([], true) => "required node affinity does not match".to_owned(),
            ([], false) => "nodeSelector does not match".to_owned(),
            ([label], false) => format!("nodeSelector {label} does not match"),
            (labels, false) => format!("nodeSelector {} do not match", list(labels, 3)),
            (labels, true) => format!("nodeSelector {} and required node affinity do not match", list(labels, 3)),
        },
        Reason::EnforcedNodeAffinityMismatch => "addedAffinity of the profile".to_owned(),
        Reason::FeaturesNotDeclared { missing, .. } => format!("kubelet does not declare {}", list(missing, 3)),
        Reason::HostPortConflict { ports } if !ports.is_empty() => format!("host port taken: {}", list(ports, 3)),
        Reason::TopologyLabelMissing { topology_key } | Reason::PodAffinityUnmet { topology_key, domain: None, .. } => {
            format!("node has no label {topology_key}")
        }
        Reason::PodAffinityUnmet { selector, .. } if selector == "<none>" => {
            "required affinity without a labelSelector, which selects no pod".to_owned()
        }
        Reason::PodAffinityUnmet { topology_key, selector, .. } => {
            format!("no pod with {} in the same {topology_key}", selected(selector))
        }
        Reason::PodAntiAffinityViolated { topology_key, selector, .. } => {
            format!("a pod with {} in the same {topology_key}", selected(selector))
        }
        Reason::ExistingPodAntiAffinity { topology_key, .. } => {
            format!("a pod in the same {topology_key} keeps this pod away")
        }
        Reason::ExcludedByPreFilter { plugins } | Reason::NoNodeLeftByPreFilter { plugins } => {
            format!("excluded by {}", list(plugins, 3))
        }
        Reason::Volume(volume) => volumes::brief(volume),
        Reason::Device(device) => devices::brief(device),
        other => other.to_string(),
    }
}

/// A miss: what holds for one node only is shown only where it holds for all nodes of the entry.
pub(in crate::report) fn miss(miss: &Miss) -> String {
    if miss.same { on_node(&miss.reason) } else { brief(&miss.reason) }
}

/// What a miss is about, in a word: the resource, or the plugin.
pub(crate) fn subject(plugin: Option<&'static str>, reason: &Reason) -> String {
    match reason {
        Reason::InsufficientResource { resource, .. } => resource.to_string(),
        Reason::TooManyPods { .. } => "pods".to_owned(),
        Reason::ExcludedByPreFilter { plugins } => plugins.join(", "),
        _ => plugin.unwrap_or("framework").to_owned(),
    }
}

/// The reason on one node, with its numbers.
pub(crate) fn on_node(reason: &Reason) -> String {
    match reason {
        Reason::InsufficientResource { resource, requested, used, allocatable, short } => {
            let print = |value: Amount| amount(*resource, value);
            let free = Amount::new(*resource, allocatable.value.saturating_sub(used.value));
            if allocatable.value == 0 {
                format!("needs {}, the node has none", print(*requested))
            } else if requested.value > allocatable.value {
                format!("needs {}, more than the node's {}", print(*requested), print(*allocatable))
            } else if free.value < 0 {
                let (requested, used, all, short) =
                    (print(*requested), print(*used), print(*allocatable), print(*short));
                format!("needs {requested}, in use {used} of {all}: {short} short")
            } else {
                format!(
                    "needs {}, free {} of {}: {} short",
                    print(*requested),
                    print(free),
                    print(*allocatable),
                    print(*short)
                )
            }
        }
        Reason::TooManyPods { used, allocatable } => format!("{used} of {allocatable} pods"),
        Reason::TopologySkew { topology_key, domain, matching, minimum, skew, max_skew } => format!(
            "{topology_key}={domain} has {matching}, the emptiest domain has {minimum}: skew {skew}, {max_skew} allowed"
        ),
        Reason::PodAffinityUnmet { topology_key, domain: Some(domain), selector, matching_elsewhere }
            if selector != "<none>" =>
        {
            format!("no pod with {} in {topology_key}={domain}, {matching_elsewhere} elsewhere", selected(selector))
        }
        Reason::PodAntiAffinityViolated { topology_key, domain, selector, matching, pod: Some(pod) } => {
            format!("{} with {} in {topology_key}={domain}", and_more(*pod, *matching), selected(selector))
        }
        Reason::ExistingPodAntiAffinity { topology_key, domain, pods, pod: Some(pod) } => {
            let keep = if *pods > 1 { "keep" } else { "keeps" };
            format!("{} in {topology_key}={domain} {keep} this pod away", and_more(*pod, *pods))
        }
        Reason::UntoleratedTaint { taint, .. } => format!("{taint} is not tolerated"),
        Reason::Volume(volume) => volumes::on_node(volume),
        Reason::Device(device) => devices::on_node(device),
        other => brief(other),
    }
}

pub(in crate::report) fn selected(selector: &str) -> &str {
    if selector == "<all>" { "any labels" } else { selector }
}

/// One of `count` pods, and how many there are beside it.
fn and_more(pod: ObjectKey, count: i64) -> String {
    if count > 1 { format!("{pod} and {} more", count - 1) } else { pod.to_string() }
}

/// `node pool gpu (gpu-1 … gpu-9)`, or the nodes' names.
pub(in crate::report) fn place(nodes: &[Name], label: Option<&SharedLabel>, all: bool) -> String {
    if all && nodes.len() > 1 {
        return "every node".to_owned();
    }
    match label {
        Some(label) => format!("{} ({})", shared(label), range(nodes)),
        None => list(nodes, 3),
    }
}

/// `zone a`, `instance type m5.large`: the last part of the key, read as words.
fn shared(label: &SharedLabel) -> String {
    let key = label.key.rsplit('/').next().unwrap_or_default().replace(['-', '_'], " ");
    let values: Vec<&str> = label.values.iter().map(Name::as_str).filter(|value| !value.is_empty()).collect();
    if label.values.is_empty() {
        return format!("nodes without {key}");
    }
    if values.is_empty() { key } else { format!("{key} {}", values.join(", ")) }
}

/// An amount as a person reads it: bytes to one decimal of the largest unit, anything else as it
/// is. The exact value is in the JSON.
pub(crate) fn amount(resource: Name, amount: Amount) -> String {
    const UNITS: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let bytes = resource == "memory" || resource == "ephemeral-storage" || resource.starts_with("hugepages-");
    let size = amount.value.unsigned_abs();
    let unit = UNITS.iter().enumerate().rev().find(|(index, _)| size >= 1 << (10 * (index + 1)));
    match unit {
        Some((index, unit)) if bytes => {
            let tenths = (u128::from(size) * 10 + (1 << (10 * (index + 1))) / 2) >> (10 * (index + 1));
            let sign = if amount.value < 0 { "-" } else { "" };
            match tenths % 10 {
                0 => format!("{sign}{}{unit}", tenths / 10),
                rest => format!("{sign}{}.{rest}{unit}", tenths / 10),
            }
        }
        _ => amount.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[track_caller]
    fn reads(resource: &str, value: i64, expected: &str) {
        assert_eq!(amount(name(resource), Amount::new(name(resource), value)), expected);
    }

    #[test]
    fn amounts_are_short() {
        reads("cpu", 1500, "1500m");
        reads("cpu", 2000, "2");
        reads("memory", 0, "0");
        reads("memory", 16_005_496_832, "14.9Gi");
        reads("memory", 2 << 30, "2Gi");
        reads("nvidia.com/gpu", 8, "8");
    }
}
