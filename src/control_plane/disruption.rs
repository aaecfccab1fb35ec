//! What the disruption controller writes into the status of a PodDisruptionBudget, for one that has no status: a manifest,
//! or a dump that was cut down (upstream pkg/controller/disruption/disruption.go, trySync).

use std::collections::BTreeMap;

use crate::api::meta::ObjectKey;
use crate::api::update_strategy::IntOrPercent;
use crate::decode::workload::{BudgetCounts, PodDisruptionBudget, WorkloadKey, WorkloadKind};
use crate::state::{Cluster, Pod};

/// Kinds whose size it looks up.
const HAVE_SIZE: [WorkloadKind; 4] = [
    WorkloadKind::Deployment,
    WorkloadKind::ReplicaSet,
    WorkloadKind::ReplicationController,
    WorkloadKind::StatefulSet,
];

/// What it counts of the pods of the budget, and how many disruptions it allows. Where it cannot count it allows none
/// (failSafe).
pub fn count(cluster: &Cluster, budget: &PodDisruptionBudget) -> (Option<BudgetCounts>, i32) {
    let Some(selector) = budget.eviction_selector() else { return (None, 0) };
    let selected = |pod: &&Pod| pod.key().namespace == budget.key.namespace && selector.matches(pod.labels());
    let pods: Vec<&Pod> = cluster.pods().iter().filter(selected).collect();
    let Some((expected, desired)) = wanted(cluster, budget, &pods) else { return (None, 0) };
    let is_healthy = |pod: &&&Pod| {
        let is_disrupted = budget.disrupted_pods.contains(&pod.key().name);
        let is_ready = pod.own.ready.map_or(pod.own.node_name.is_some(), |ready| ready.status);
        !pod.is_terminating() && !is_disrupted && is_ready
    };
    let healthy = pods.iter().filter(is_healthy).count();
    let allowed = if expected == 0 { 0 } else { healthy.saturating_sub(desired) };
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let counts = BudgetCounts { healthy: number(healthy), desired: number(desired), expected: number(expected) };
    (Some(counts), number(allowed))
}

/// How many pods there are to be, and how many of them healthy (getExpectedPodCount).
fn wanted(cluster: &Cluster, budget: &PodDisruptionBudget, pods: &[&Pod]) -> Option<(usize, usize)> {
    match (budget.max_unavailable, budget.min_available) {
        (Some(most), _) => {
            let expected = scale(cluster, pods)?;
            Some((expected, expected.saturating_sub(most.rounded_up(expected))))
        }
        (None, Some(least @ IntOrPercent::Int(_))) => Some((pods.len(), least.rounded_up(0))),
        (None, Some(least)) => {
            let expected = scale(cluster, pods)?;
            Some((expected, least.rounded_up(expected)))
        }
        (None, None) => Some((0, 0)),
    }
}

/// The sizes of all controllers that have one of `pods`, summed; pods without a controller do not count. None where a
/// controller has no size, or the state does not have it (getExpectedScale).
fn scale(cluster: &Cluster, pods: &[&Pod]) -> Option<usize> {
    let mut sizes: BTreeMap<WorkloadKey, usize> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = &pod.own.controller else { continue };
        let kind = WorkloadKind::from_resource(&owner.kind.to_ascii_lowercase())?;
        let controller =
            cluster.workload(WorkloadKey { kind, key: ObjectKey::new(pod.key().namespace, owner.name) })?;
        // A ReplicaSet of a Deployment counts as that (getPodDeployment).
        let above = controller.controller.as_ref().filter(|owner| owner.kind == "Deployment");
        let sized = match above {
            Some(owner) => cluster.workload(WorkloadKey {
                kind: WorkloadKind::Deployment,
                key: ObjectKey::new(pod.key().namespace, owner.name),
            })?,
            None => controller,
        };
        if !HAVE_SIZE.contains(&sized.kind) {
            return None;
        }
        sizes.insert(sized.identity(), usize::try_from(sized.replicas.unwrap_or(1)).unwrap_or(0));
    }
    Some(sizes.values().sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// Two ready pods of a ReplicaSet `w`, which belongs to a Deployment of four, and one of nobody: how many pods there are
    /// to be, how many of them healthy, and how many disruptions are allowed.
    #[track_caller]
    fn case(budget: &str, sizes: &[&str], expected: Option<(i32, i32)>, allowed: i32) {
        let pod = |pod: &str, owner: &str| {
            format!(
                r#"{{"metadata": {{"name": "{pod}", "namespace": "n", "labels": {{"app": "w"}}, "ownerReferences": [{owner}]}},
                    "spec": {{"nodeName": "a"}}}}"#
            )
        };
        let owner = r#"{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "w", "controller": true}"#;
        let budget = format!(
            r#"{{"metadata": {{"name": "b", "namespace": "n"}},
                "spec": {{"selector": {{"matchLabels": {{"app": "w"}}}}, {budget}}}}}"#
        );
        let (one, other, alone) = (pod("one", owner), pod("other", owner), pod("alone", ""));
        let mut objects = vec![
            (Kind::Pod, one.as_str()),
            (Kind::Pod, &other),
            (Kind::Pod, &alone),
            (Kind::PodDisruptionBudget, &budget),
        ];
        let kinds = [WorkloadKind::ReplicaSet, WorkloadKind::Deployment].map(Kind::Workload);
        objects.extend(kinds.into_iter().zip(sizes.iter().copied()));
        let mut builder = ClusterBuilder::default();
        for (kind, json) in objects {
            builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(RequestGates::OFF);
        let (counts, found) = count(&cluster, &cluster.budgets[0]);
        assert_eq!(counts.map(|counts| (counts.expected, counts.desired)), expected, "{budget}");
        assert_eq!(found, allowed, "{budget}");
    }

    #[test]
    fn a_percentage_is_of_what_the_controllers_are_to_have() {
        let of_a_deployment = [
            r#"{"metadata": {"name": "w", "namespace": "n",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "controller": true}]},
                "spec": {"replicas": 2}}"#,
            r#"{"metadata": {"name": "d", "namespace": "n"}, "spec": {"replicas": 4}}"#,
        ];
        case(r#""maxUnavailable": "50%""#, &of_a_deployment, Some((4, 2)), 1);
        case(r#""maxUnavailable": 2"#, &of_a_deployment, Some((4, 2)), 1);
        case(r#""minAvailable": "25%""#, &of_a_deployment, Some((4, 1)), 2);
        let alone = [r#"{"metadata": {"name": "w", "namespace": "n"}, "spec": {"replicas": 2}}"#];
        case(r#""minAvailable": "100%""#, &alone, Some((2, 2)), 1);
        // A number that has to be available needs no size of a controller.
        case(r#""minAvailable": 2"#, &[], Some((3, 2)), 1);
        case(r#""maxUnavailable": 1"#, &[], None, 0);
        case(r#""maxUnavailable": 1"#, &of_a_deployment[..1], None, 0);
    }
}
