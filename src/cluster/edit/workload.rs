//! Changes of workloads and PodDisruptionBudgets.

use std::sync::Arc;

use super::super::Cluster;
use super::super::meta::ObjectKey;
use super::super::workload::{PodTemplateSpec, WorkloadKey};
use super::undo::{Before, Undo};
use super::{EditError, PodChange};

pub(super) fn patch(cluster: &mut Cluster, key: WorkloadKey, changes: &[PodChange]) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.get_mut(place).ok_or(EditError::NoSuchWorkload(key))?;
    let mut template = PodTemplateSpec::clone(&workload.template);
    for change in changes {
        change.apply(&mut template.spec).map_err(|error| error.of(format!("the template of {key}")))?;
    }
    let before = std::mem::replace(&mut workload.template, Arc::new(template));
    Ok(Undo(Before::Template(place, before)))
}

pub(super) fn delete(cluster: &mut Cluster, key: WorkloadKey) -> Result<Undo, EditError> {
    let place = place(cluster, key)?;
    let workload = cluster.workloads.remove(place);
    Ok(Undo(Before::Workload(place, Box::new(workload))))
}

pub(super) fn set_allowed(cluster: &mut Cluster, key: ObjectKey, allowed: i32) -> Result<Undo, EditError> {
    let place = cluster.budgets.iter().position(|budget| budget.key == key).ok_or(EditError::NoSuchBudget(key))?;
    let budget = cluster.budgets.get_mut(place).ok_or(EditError::NoSuchBudget(key))?;
    let before = std::mem::replace(&mut budget.disruptions_allowed, allowed);
    Ok(Undo(Before::Allowed(place, before)))
}

fn place(cluster: &Cluster, key: WorkloadKey) -> Result<usize, EditError> {
    let found = cluster.workloads.iter().position(|workload| workload.identity() == key);
    found.ok_or(EditError::NoSuchWorkload(key))
}
