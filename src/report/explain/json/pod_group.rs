//! The group that a pod is scheduled with, as data.

use serde::Serialize;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey};
use crate::simulate::groups::Condition;
use crate::simulate::groups::whole::GroupPlacement;

/// The group of the pod: how many of its pods find a node together, where, and what holds the rest.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct PodGroupObject<'a> {
    /// `NAMESPACE/NAME`; of a Workload `NAMESPACE/WORKLOAD/NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    name: GroupKey,
    /// Whether its PodGroup or Workload exists.
    exists: bool,
    /// So many of its pods must have a node; missing for a group that is no gang.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_count: Option<usize>,
    /// The label of its topology constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    topology_key: Option<Name>,
    /// The domain that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Name>,
    current: usize,
    /// Pods that have a node.
    scheduled: usize,
    pending: usize,
    /// Whether all pending pods would be scheduled.
    fits: bool,
    /// Pending pods that would be scheduled, if the group had its turn now.
    placed: Vec<PlacedObject>,
    /// Pending pods that find a node and do not get it, as too few of the group find one.
    held: Vec<PlacedObject>,
    /// Pending pods that find none.
    unplaced: Vec<UnplacedMemberObject<'a>>,
    /// Pods that would be preempted for the group.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    evicted: &'a [ObjectKey],
    /// What kube-scheduler last wrote on the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<ConditionObject<'a>>,
    /// What it would write now.
    #[serde(skip_serializing_if = "Option::is_none")]
    predicted_condition: Option<ConditionObject<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PlacedObject {
    pod: ObjectKey,
    node: Name,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct UnplacedMemberObject<'a> {
    pod: ObjectKey,
    message: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ConditionObject<'a> {
    r#type: &'a str,
    status: &'a str,
    reason: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_transition_time: Option<String>,
}

impl<'a> PodGroupObject<'a> {
    pub(super) fn new(group: &'a GroupPlacement) -> Self {
        let placed = |pods: &[(ObjectKey, Name)]| {
            pods.iter().map(|(pod, node)| PlacedObject { pod: *pod, node: *node }).collect::<Vec<_>>()
        };
        let cycle = group.cycle.as_ref();
        Self {
            name: group.group,
            exists: group.exists,
            min_count: group.min_count,
            topology_key: group.topology_key,
            domain: cycle.and_then(|cycle| cycle.domain),
            current: group.pods,
            scheduled: group.on_nodes,
            pending: group.pending,
            fits: group.fits(),
            placed: placed(&group.placed),
            held: placed(&group.held),
            unplaced: group
                .unplaced
                .iter()
                .map(|member| UnplacedMemberObject { pod: member.pod, message: &member.message })
                .collect(),
            evicted: cycle.map_or(&[], |cycle| &cycle.evicted),
            condition: group.condition.as_ref().map(|condition| ConditionObject {
                r#type: condition.r#type.as_str(),
                status: condition.status.as_str(),
                reason: condition.reason.as_str(),
                message: &condition.message,
                last_transition_time: condition.last_transition_time.map(|at| at.to_string()),
            }),
            predicted_condition: cycle.map(|cycle| ConditionObject::predicted(&cycle.condition)),
        }
    }
}

impl<'a> ConditionObject<'a> {
    fn predicted(Condition { r#type, status, reason, message }: &'a Condition) -> Self {
        let status = if *status { "True" } else { "False" };
        Self { r#type, status, reason, message, last_transition_time: None }
    }
}
