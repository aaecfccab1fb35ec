//! Words for what stands beside a scheduling cycle.

use crate::explain::findings::{Finding, NominatedPod, QueueStatus};

use crate::report::text::{count, list};

/// Pods that are named.
const MOST: usize = 3;

/// A finding in a sentence or two.
pub(in crate::report) fn finding(finding: &Finding) -> String {
    match finding {
        Finding::NominatedPods { node, pods } => {
            let named = |pod: &NominatedPod| format!("{} (priority {})", pod.pod, pod.priority);
            let named: Vec<String> = pods.iter().map(named).collect();
            let are = if pods.len() == 1 { "is" } else { "are" };
            format!("{node} keeps room for {}, which {are} nominated to it and counted there", list(&named, MOST))
        }
        Finding::ResizePending { pod, node, state, resource, counted, allocated } => {
            let what = if *state == "Deferred" {
                "its resize is Deferred until the node has room"
            } else {
                "its resize is in progress"
            };
            format!("{pod} counts as {resource} {counted} on {node}, where {allocated} is allocated: {what}")
        }
        Finding::TerminatingPods { node, pods, deadline } => {
            let named: Vec<String> = pods.iter().map(ToString::to_string).collect();
            let are = if pods.len() == 1 { "is" } else { "are" };
            format!("{} on {node} {are} being deleted (deadline {deadline}) and counted until gone", list(&named, MOST))
        }
        Finding::DaemonSetShare { resource, requested, allocatable, daemons, left, node } => format!(
            "even an empty node like {node} has only {resource} {left} for other pods: its DaemonSets take {resource} \
             {daemons} of {allocatable}, and this pod asks {requested}; no further node of this size helps"
        ),
        Finding::RolloutBlocked { workload, pods, max_surge, max_unavailable } => {
            let named: Vec<String> = pods.iter().map(ToString::to_string).collect();
            let (are, hold, they) =
                if pods.len() == 1 { ("is", "holds", "it stays") } else { ("are", "hold", "they stay") };
            format!(
                "the rollout cannot continue: {} {are} of an older revision of the same Deployment ({workload}) and \
                 {hold} what this pod needs, and {they} until a new pod runs (maxSurge {max_surge}, maxUnavailable \
                 {max_unavailable})",
                list(&named, MOST)
            )
        }
        Finding::DevicesUnhealthy { node, resource, capacity, allocatable, nodes } => {
            let more = match nodes - 1 {
                0 => String::new(),
                more => format!(" (so have {})", count(more, "more node")),
            };
            format!(
                "{node} has {resource} {capacity} in capacity and {allocatable} allocatable{more}: the device plugin runs \
                 and reports devices as unhealthy; check its log on the node"
            )
        }
        Finding::OtherResourcesOffered { resource, offered } => {
            format!("no node offers {resource}; the nodes offer {}", list(offered, MOST))
        }
        Finding::EmptySelectorValue { key, values } => format!(
            "nodeSelector asks for {key} with an empty value, which only a label without a value meets; the nodes have {}",
            list(values, MOST)
        ),
        Finding::ClaimOfStatefulSet { claim, stateful_set, pod } => format!(
            "StatefulSet {stateful_set} creates claim {claim} together with its pod (since v1.26 also for a pod that \
             waits): check the events of the StatefulSet, or delete the pod to get both again: kubectl delete pod {} \
             -n {}",
            pod.name, pod.namespace
        ),
        Finding::ClaimMissing { claim, known } => {
            let place = if *known { "" } else { " in the input, which has no PersistentVolumeClaims" };
            format!(
                "claim {claim} does not exist{place}: whatever scheduler places this pod, it cannot start without it"
            )
        }
        Finding::DriverWithoutLimit { driver, nodes } => format!(
            "CSI driver {driver} reports no volume limit on {}: kube-scheduler enforces none, and attaching one more \
             volume can fail",
            count(*nodes, "node")
        ),
        Finding::WindowsNode { node, tolerated } => {
            let by = tolerated.as_ref().map_or_else(
                || "it has no taint that keeps pods off".to_owned(),
                |tolerated| format!("its taint {} is tolerated by {}", tolerated.taint, tolerated.toleration),
            );
            format!(
                "{node} is a Windows node; {by}, and nothing in the pod asks for linux: add nodeSelector \
                 kubernetes.io/os=linux"
            )
        }
        Finding::WaitsForItself { taint, node } => format!(
            "{taint} stays on {node} until this pod's own component has run there, and the pod does not tolerate it: it \
             waits for itself"
        ),
        Finding::OneDomain { topology_key, domain } => format!(
            "all nodes with the label {topology_key} have the value {domain}: there is only one domain, so the spread \
             constraint over {topology_key} spreads nothing"
        ),
        Finding::ManagedElsewhere { manager, by, command, gate, said, queue, hint } => {
            let what = if *gate {
                format!(
                    "{manager} holds this pod back (scheduling gate {by}) and removes the gate when the pod is admitted"
                )
            } else {
                format!("{manager} ({by}) decides when and where this pod runs")
            };
            let queue = queue.filter(|_| said.as_ref().is_none_or(|said| said.queue.is_none()));
            let queue = queue.map_or_else(String::new, |queue| format!(" It asks for queue {queue}."));
            let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            format!("{what}.{queue} {}{command}{hint}", queue_status(said.as_ref()))
        }
    }
}

/// What the queue says of the pod, up to the command that shows more of it.
fn queue_status(said: Option<&QueueStatus>) -> String {
    let Some(QueueStatus { object, queue, condition, status, message, since }) = said else {
        return "Look there first: ".to_owned();
    };
    let queue = queue.map_or_else(String::new, |queue| format!(" in queue {queue}"));
    let status = status.map_or_else(|| format!("phase {condition}"), |status| format!("{condition}={status}"));
    let since = since.map_or_else(String::new, |since| format!(" (since {since})"));
    let message = message.trim_end_matches('.');
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    format!("Its {object}{queue}: {status}{since}{message}. Look there first: ")
}
