//! Pods that fitted then and do not fit now, or the other way round, and why: what each node that took the pod says of it
//! on the other side.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::framework::Placement;
use crate::scheduler::Scheduler;
use crate::state::pod_class::PodClass;
use crate::state::{Cluster, Pod, PodId};

use super::objects::owner;

/// How a pod stands on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It runs on this node.
    Runs(Name),
    /// It waits, or is not there, and would fit.
    Fits,
    /// It fits nowhere.
    DoesNotFit,
}

impl Standing {
    /// The word for it in data.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Runs(_) => "Runs",
            Self::Fits => "Fits",
            Self::DoesNotFit => "DoesNotFit",
        }
    }
}

/// Pods of one template whose verdict changed.
#[derive(Clone, Debug)]
pub struct VerdictChange {
    /// Whose they are.
    pub owner: String,
    /// The pod that was asked about: the others have the same template.
    pub pod: ObjectKey,
    /// How many there are.
    pub pods: usize,
    /// Before.
    pub before: Standing,
    /// Now.
    pub now: Standing,
    /// What kube-scheduler says of it where it does not fit.
    pub message: String,
    /// What the nodes that fit on one side say on the other.
    pub because: Vec<Because>,
}

/// Why nodes that took the pod on one side do not take it on the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The nodes; empty where the pod is rejected whatever the node.
    pub nodes: Vec<Name>,
    /// The filter; none where the node is not there.
    pub plugin: Option<&'static str>,
    /// Its reason in upstream's words; empty where the node is not there.
    pub reason: String,
}

/// A state and its scheduler.
pub struct AskedState<'a> {
    /// The state.
    pub cluster: &'a mut Cluster,
    /// Its scheduler.
    pub scheduler: &'a Scheduler,
    /// Its moment.
    pub now: Timestamp,
}

/// Pods that fit on one side only: those that wait on either side are asked about on both.
pub fn verdicts(before: &mut AskedState<'_>, now: &mut AskedState<'_>) -> Vec<VerdictChange> {
    let mut found = Vec::new();
    for group in waiting(now.cluster) {
        let placement = now.scheduler.explain(now.cluster, group.first, now.now);
        if placement.schedulable {
            continue;
        }
        let pod = now.cluster.pod(group.first);
        let (then, standing) = on_the_other_side(before, pod);
        if standing == Standing::DoesNotFit {
            continue;
        }
        found.push(VerdictChange {
            owner: group.owner,
            pod: placement.pod,
            pods: group.count,
            before: standing,
            now: Standing::DoesNotFit,
            message: placement.message.clone().unwrap_or_default(),
            because: because(&then, &placement),
        });
    }
    for group in waiting(before.cluster) {
        let then = before.scheduler.explain(before.cluster, group.first, before.now);
        if then.schedulable {
            continue;
        }
        let pod = before.cluster.pod(group.first);
        let (placement, standing) = on_the_other_side(now, pod);
        if standing == Standing::DoesNotFit || found.iter().any(|change| change.pod == then.pod) {
            continue;
        }
        found.push(VerdictChange {
            owner: group.owner,
            pod: then.pod,
            pods: group.count,
            before: Standing::DoesNotFit,
            now: standing,
            message: then.message.clone().unwrap_or_default(),
            because: because(&placement, &then),
        });
    }
    found
}

/// Pods of one owner and template that wait.
pub(super) struct PodsOfOne {
    pub(super) owner: String,
    pub(super) first: PodId,
    pub(super) count: usize,
}

fn waiting(cluster: &Cluster) -> Vec<PodsOfOne> {
    let waits = cluster.pods().iter().filter(|pod| pod.own.node_name.is_none() && !pod.is_terminating());
    by_template(cluster, waits)
}

/// Groups pods whose questions are the same but for their names.
pub(super) fn by_template<'c>(cluster: &Cluster, pods: impl Iterator<Item = &'c Pod>) -> Vec<PodsOfOne> {
    let mut groups: BTreeMap<(String, *const PodClass), PodsOfOne> = BTreeMap::new();
    for pod in pods {
        let owner = owner(cluster, pod);
        groups
            .entry((owner.clone(), Arc::as_ptr(&pod.class)))
            .or_insert(PodsOfOne { owner, first: pod.id, count: 0 })
            .count += 1;
    }
    let mut groups: Vec<PodsOfOne> = groups.into_values().collect();
    groups.sort_by(|a, b| (&a.owner, a.first.0).cmp(&(&b.owner, b.first.0)));
    groups
}

/// What the other side says of a pod: of the one of its name, else of another like it.
fn on_the_other_side(state: &mut AskedState<'_>, pod: &Pod) -> (Placement, Standing) {
    let there = state.cluster.pod_named(pod.key()).map(|there| (there.id, there.own.node_name));
    if let Some((id, node)) = there {
        let placement = state.scheduler.explain(state.cluster, id, state.now);
        let fits = if placement.schedulable { Standing::Fits } else { Standing::DoesNotFit };
        return (placement, node.map_or(fits, Standing::Runs));
    }
    let mut own = pod.own.clone();
    own.node_name = None;
    own.nominated_node_name = None;
    let id = state.cluster.add_pending(own, Arc::clone(&pod.class));
    let placement = state.scheduler.explain(state.cluster, id, state.now);
    state.cluster.remove_last();
    let standing = if placement.schedulable { Standing::Fits } else { Standing::DoesNotFit };
    (placement, standing)
}

/// What the nodes that are feasible in `fits` say in `does_not`.
pub(super) fn because(fits: &Placement, does_not: &Placement) -> Vec<Because> {
    let text =
        |reasons: &[crate::framework::Reason]| reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if let Some(turned_away) = does_not.pre_enqueue.as_ref().or(does_not.pre_filter.as_ref()) {
        return vec![Because {
            nodes: Vec::new(),
            plugin: turned_away.plugin,
            reason: text(&turned_away.rejection.reasons),
        }];
    }
    let mut found: Vec<Because> = Vec::new();
    let mut ran = fits.current.as_ref().map(|current| current.node);
    for node in fits.feasible().map(|node| node.name).chain(ran.take()) {
        let says = does_not.nodes.iter().find(|other| other.name == node);
        let (plugin, reason) = match says.map(|says| says.rejection.as_ref()) {
            None => (None, String::new()),
            Some(Some(rejection)) => (rejection.plugin, text(&rejection.rejection.reasons)),
            // It takes the pod there, too: something else decides.
            Some(None) => continue,
        };
        match found.iter_mut().find(|because| because.plugin == plugin && because.reason == reason) {
            Some(because) if because.nodes.contains(&node) => {}
            Some(because) => because.nodes.push(node),
            None => found.push(Because { nodes: vec![node], plugin, reason }),
        }
    }
    found.sort_by_key(|because| std::cmp::Reverse(because.nodes.len()));
    found
}
