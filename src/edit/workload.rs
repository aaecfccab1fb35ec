//! Changes of workloads and PodDisruptionBudgets.

use std::sync::Arc;

use super::undo::{Before, Undo};
use super::{EditError, PodChange};
use crate::api::meta::ObjectKey;
use crate::api::update_strategy::{IntOrPercent, RollingUpdate, UpdateKind, UpdateStrategy};
use crate::control_plane::controller::{self, new_replica_set};
use crate::decode::workload::{BudgetCounts, PodTemplateSpec, Workload, WorkloadKey, WorkloadKind};
use crate::state::Cluster;

/// Changes the template; a patch of nothing is a restart.
pub(super) fn patch(cluster: &mut Cluster, key: WorkloadKey, changes: &[PodChange]) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.get(place).ok_or(EditError::NoSuchWorkload(key))?;
    let mut template = PodTemplateSpec::clone(&workload.template);
    for change in changes {
        change.apply(&mut template.spec).map_err(|error| error.of(format!("the template of {key}")))?;
    }
    set_template(cluster, key, Arc::new(template), changes.is_empty())
}

/// A Deployment's older ReplicaSets keep their template, and its pods with them. Where the template is that of one of
/// them, that is its ReplicaSet again (upstream pkg/controller/deployment/util/deployment_util.go, FindNewReplicaSet); a
/// restart always makes a new one.
pub(super) fn set_template(
    cluster: &mut Cluster,
    key: WorkloadKey,
    template: Arc<PodTemplateSpec>,
    restart: bool,
) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    // What admission adds shows in pods beside the template that they are of.
    controller::learn(cluster);
    let workload = cluster.workloads.get_mut(place).ok_or(EditError::NoSuchWorkload(key))?;
    let before = std::mem::replace(&mut workload.template, template);
    let deployment = cluster.workloads.get(place).filter(|_| key.kind == WorkloadKind::Deployment);
    let is_back = |deployment: &&Workload| !restart && controller::replica_set_of(cluster, deployment).is_some();
    let deployment = deployment.filter(|deployment| !is_back(deployment));
    let replica_set = deployment.and_then(|deployment| new_replica_set(cluster, deployment));
    let with_replica_set = replica_set.is_some();
    cluster.workloads.extend(replica_set);
    Ok(Undo(Before::Template(place, before, with_replica_set)))
}

/// Takes in a workload. One that is there keeps what says which one it is, what it runs, and how many of it.
pub(super) fn apply(cluster: &mut Cluster, new: &Workload) -> Undo {
    let found = cluster.workloads.iter().position(|workload| workload.identity() == new.identity());
    let Some((place, there)) = found.and_then(|place| Some((place, cluster.workloads.get_mut(place)?))) else {
        controller::learn(cluster);
        cluster.workloads.push(new.clone());
        return Undo(Before::NoWorkload);
    };
    let applied = Workload {
        uid: there.uid,
        controller: there.controller,
        replicas: there.replicas,
        created: there.created,
        creation_failure: there.creation_failure.clone(),
        end: there.end.clone(),
        template: Arc::clone(&there.template),
        ..new.clone()
    };
    Undo(Before::Applied(place, Box::new(std::mem::replace(there, applied))))
}

pub(super) fn set_max_unavailable(cluster: &mut Cluster, key: WorkloadKey, most: i32) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.get_mut(place).ok_or(EditError::NoSuchWorkload(key))?;
    let before = workload.strategy;
    let rolling = before.rolling_update.unwrap_or_default();
    workload.strategy.rolling_update =
        Some(RollingUpdate { max_unavailable: Some(IntOrPercent::Int(most)), ..rolling });
    Ok(Undo(Before::Strategy(place, before)))
}

pub(super) fn set_strategy(cluster: &mut Cluster, key: WorkloadKey, strategy: UpdateKind) -> Result<Undo, EditError> {
    // What the API server takes for each kind (upstream pkg/apis/apps/validation/validation.go).
    let is_known = match key.kind {
        WorkloadKind::Deployment => strategy != UpdateKind::OnDelete,
        WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => strategy != UpdateKind::Recreate,
        _ => false,
    };
    if !is_known {
        let what = format!("update strategy {}", strategy.as_str());
        return Err(EditError::NothingToChange { owner: key.to_string(), what });
    }
    let place = place(cluster, key)?;
    let workload = cluster.workloads.get_mut(place).ok_or(EditError::NoSuchWorkload(key))?;
    let before = workload.strategy;
    let rolling_update = before.rolling_update.filter(|_| strategy == UpdateKind::RollingUpdate);
    workload.strategy = UpdateStrategy { kind: strategy, rolling_update };
    Ok(Undo(Before::Strategy(place, before)))
}

pub(super) fn delete(cluster: &mut Cluster, key: WorkloadKey) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.remove(place);
    Ok(Undo(Before::Workload(place, Box::new(workload))))
}

pub(super) fn set_replicas(cluster: &mut Cluster, key: WorkloadKey, replicas: i32) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.get_mut(place).ok_or(EditError::NoSuchWorkload(key))?;
    let before = workload.replicas.replace(replicas);
    Ok(Undo(Before::Replicas(place, before)))
}

/// `counts` are how many pods are healthy, and how many must be, where that is known.
pub(super) fn set_allowed(
    cluster: &mut Cluster,
    key: ObjectKey,
    allowed: i32,
    counts: Option<(i32, i32)>,
) -> Result<Undo, EditError> {
    let place = cluster.budgets.iter().position(|budget| budget.key == key).ok_or(EditError::NoSuchBudget(key))?;
    let budget = cluster.budgets.get_mut(place).ok_or(EditError::NoSuchBudget(key))?;
    let before = (budget.disruptions_allowed, budget.counted);
    budget.disruptions_allowed = allowed;
    if let (Some(counted), Some((healthy, desired))) = (&mut budget.counted, counts) {
        *counted = BudgetCounts { healthy, desired, ..*counted };
    }
    Ok(Undo(Before::Allowed(place, before)))
}

fn place(cluster: &Cluster, key: WorkloadKey) -> Result<usize, EditError> {
    let found = cluster.workloads.iter().position(|workload| workload.identity() == key);
    found.ok_or(EditError::NoSuchWorkload(key))
}
