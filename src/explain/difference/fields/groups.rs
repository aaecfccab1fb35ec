//! Pods that are scheduled together, and how far queues have let them.

use super::{Facts, Object};
use crate::decode::Kind;
use crate::decode::pod_group::PodGroup;
use crate::state::Cluster;

pub(super) fn pod_groups(cluster: &Cluster) -> Vec<Object> {
    let facts = |group: &PodGroup| {
        Facts::default()
            .some("minCount", group.min_count)
            .some("topology key", group.topology_key)
            .with("priority", group.priority)
            .flag("disrupted as one", group.disrupted_as_one)
            .some("preemptionPolicy", group.preemption_policy.map(crate::api::pod_spec::PreemptionPolicy::as_str))
            .some("parent", group.parent)
            .each("condition", group.conditions.iter().map(|condition| (condition.r#type, condition.status)))
    };
    cluster.pod_groups.iter().map(|group| (Kind::PodGroup, group.key.to_string(), facts(group))).collect()
}

pub(super) fn workloads(cluster: &Cluster) -> Vec<Object> {
    let count = |least: Option<usize>| least.map_or_else(|| "no gang".to_owned(), |count| count.to_string());
    let workloads = cluster.group_workloads.iter();
    workloads
        .map(|workload| {
            let groups = workload.pod_groups.iter().map(|(group, least)| (*group, count(*least)));
            (Kind::SchedulingWorkload, workload.key.to_string(), Facts::default().each("minCount", groups))
        })
        .collect()
}

pub(super) fn coscheduling(cluster: &Cluster) -> Vec<Object> {
    let groups = cluster.gangs.iter();
    groups
        .map(|group| {
            let facts = Facts::default().with("minMember", group.min_member).text("phase", group.phase);
            (Kind::CoschedulingPodGroup, group.key.to_string(), facts)
        })
        .collect()
}

pub(super) fn queueing(cluster: &Cluster) -> Vec<Object> {
    let objects = cluster.queueing.iter();
    objects
        .map(|object| {
            let conditions = object.conditions.iter().map(|condition| (condition.r#type, condition.status));
            let facts =
                Facts::default().text("queue", object.queue).text("phase", object.phase).each("condition", conditions);
            (Kind::Queueing(object.kind), object.key.to_string(), facts)
        })
        .collect()
}
