//! What a change does to a workload or pod: which fields that placement depends on it changes, and what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::pod_template::PodTemplate;
use crate::api::requests::RequestGates;
use crate::api::resources::{Resources, STANDARD};
use crate::api::update_strategy::UpdateKind;
use crate::api::{Name, ObjectKey};
use crate::control_plane::controller;
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::framework::Amount;
use crate::state::Cluster;
use crate::state::pod_class::PodClass;

use super::super::scenario::replaces_pods;
use super::super::scenario::rollout::{Bounds, Rollout};
use super::side::{CheckSide, Owner, Tally};

/// What a change does to a workload, or to a pod of a manifest.
#[derive(Clone, Debug)]
pub struct Change {
    /// The workload or pod.
    pub owner: Owner,
    /// What is done.
    pub kind: ChangeKind,
    /// The workload as the change has it; none for a pod, and where it is removed.
    pub manifest: Option<Box<Workload>>,
    /// Its template differs in something that is not read here: its pods are replaced, and are as before.
    pub restarts: bool,
    /// What is different, as far as placement goes.
    pub fields: Vec<FieldChange>,
    /// How far its pods came to be placed, with the change.
    pub tally: Tally,
    /// How far its rollout came, if there was one.
    pub rollout: Option<Rollout>,
}

/// What is done to a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is there and becomes different.
    Changed,
    /// It is there and is the same, as far as is read here.
    Unchanged,
    /// It goes.
    Removed,
}

impl ChangeKind {
    /// The word for it in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Unchanged => "Unchanged",
            Self::Removed => "Removed",
        }
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldChange {
    /// How many pods there are to be.
    Replicas(usize, usize),
    /// What one pod requests of a resource.
    Request {
        /// The resource.
        resource: Name,
        /// Before.
        before: Amount,
        /// Now.
        now: Amount,
    },
    /// A field of the pod template, or of the workload, under its own name.
    Field(&'static str),
    /// Something that placement does not depend on: the pods are replaced nevertheless.
    Other,
}

impl Change {
    /// What `manifest` does, where `before` was there. `other_fields` says that the templates differ as they are written,
    /// where that is known.
    pub fn new(before: Option<&Workload>, manifest: Workload, other_fields: bool, gates: RequestGates) -> Self {
        let fields = before.map(|before| fields(before, &manifest, other_fields, gates)).unwrap_or_default();
        let kind = match before {
            None => ChangeKind::Added,
            Some(_) if fields.is_empty() => ChangeKind::Unchanged,
            Some(_) => ChangeKind::Changed,
        };
        let restarts =
            before.is_some_and(|before| other_fields && !replaces_pods(&before.template, &manifest.template));
        Self {
            owner: Owner::Workload(manifest.identity()),
            kind,
            restarts,
            fields,
            manifest: Some(Box::new(manifest)),
            tally: Tally::default(),
            rollout: None,
        }
    }

    /// The workload goes.
    pub fn removed(workload: WorkloadKey) -> Self {
        Self::bare(Owner::Workload(workload), ChangeKind::Removed)
    }

    /// A pod of a manifest, which is there already or not: what runs is not changed.
    pub fn pod(pod: ObjectKey, kind: ChangeKind) -> Self {
        Self::bare(Owner::Pod(pod), kind)
    }

    /// The workload, if it is one.
    pub fn workload(&self) -> Option<WorkloadKey> {
        self.owner.workload()
    }

    fn bare(owner: Owner, kind: ChangeKind) -> Self {
        Self {
            owner,
            kind,
            manifest: None,
            restarts: false,
            fields: Vec::new(),
            tally: Tally::default(),
            rollout: None,
        }
    }

    /// Whether the API server refuses it: the template of a Job is immutable (upstream
    /// pkg/apis/batch/validation/validation.go, ValidateJobSpecUpdate).
    pub fn is_refused(&self) -> bool {
        let template = |field: &FieldChange| !matches!(field, FieldChange::Replicas(..));
        let is_job = self.workload().is_some_and(|workload| workload.kind == WorkloadKind::Job);
        is_job && self.kind == ChangeKind::Changed && self.fields.iter().any(template)
    }
}

/// What of `now` differs from `before` as far as placement goes.
pub fn fields(before: &Workload, now: &Workload, other_fields: bool, gates: RequestGates) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let (from, to) = (controller::replicas(before), controller::replicas(now));
    let is_said = now.replicas.is_some() || before.suspended != now.suspended;
    if from != to && is_said && now.kind != WorkloadKind::DaemonSet {
        changes.push(FieldChange::Replicas(from, to));
    }
    changes.extend(requests(before, now, gates));
    let (old, new) = (&before.template.spec, &now.template.spec);
    let affinity = |workload: &Workload| workload.template.spec.affinity.clone();
    let images = |workload: &Workload| {
        let spec = &workload.template.spec;
        spec.all_containers().map(|container| container.image).collect::<Vec<_>>()
    };
    let different = [
        ("nodeSelector", old.node_selector != new.node_selector),
        ("affinity", affinity(before) != affinity(now)),
        ("tolerations", old.tolerations != new.tolerations),
        ("topologySpreadConstraints", old.topology_spread_constraints != new.topology_spread_constraints),
        ("volumes", old.volumes != new.volumes),
        ("volumeClaimTemplates", before.claim_templates.len() != now.claim_templates.len()),
        ("resourceClaims", old.resource_claims != new.resource_claims),
        ("priorityClassName", old.priority_class_name != new.priority_class_name),
        ("schedulerName", old.scheduler_name() != new.scheduler_name()),
        ("schedulingGates", old.scheduling_gates != new.scheduling_gates),
        ("image", images(before) != images(now)),
        ("labels", before.template.metadata.labels != now.template.metadata.labels),
        ("strategy", !replaces_alike(before, now)),
        ("paused", before.paused != now.paused),
    ];
    changes.extend(different.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| FieldChange::Field(field)));
    let is_named = changes.iter().any(|change| !matches!(change, FieldChange::Replicas(..)));
    if !is_named && (other_fields || replaces_pods(&before.template, &now.template)) {
        changes.push(FieldChange::Other);
    }
    changes
}

/// Whether both replace their pods in the same way: what is not written is what the API server writes
/// (upstream pkg/apis/apps/v1/defaults.go).
fn replaces_alike(before: &Workload, now: &Workload) -> bool {
    let partition =
        |workload: &Workload| workload.strategy.rolling_update.and_then(|update| update.partition).unwrap_or(0);
    // Shares of so many pods that rounding hides no difference.
    let bounds = |workload: &Workload| Bounds::of(workload.kind, &workload.strategy, 1000, true);
    let rolls = before.strategy.kind == UpdateKind::RollingUpdate;
    before.strategy.kind == now.strategy.kind
        && (!rolls || partition(before) == partition(now) && bounds(before) == bounds(now))
}

fn requests(before: &Workload, now: &Workload, gates: RequestGates) -> Vec<FieldChange> {
    let of = |workload: &Workload| requested(workload, gates);
    let (old, new) = (of(before), of(now));
    let scalars = old.scalars.iter().chain(new.scalars.iter()).map(|(resource, _)| resource);
    let standard = [STANDARD.cpu, STANDARD.memory, STANDARD.ephemeral_storage];
    let resources: BTreeSet<Name> = scalars.filter(|resource| !standard.contains(resource)).collect();
    let changed = |resource: Name| {
        let (before, now) = (amount(&old, resource), amount(&new, resource));
        (before != now).then(|| FieldChange::Request {
            resource,
            before: Amount::new(resource, before),
            now: Amount::new(resource, now),
        })
    };
    standard.into_iter().chain(resources).filter_map(changed).collect()
}

/// What one pod of the workload requests.
pub(super) fn requested(workload: &Workload, gates: RequestGates) -> Resources {
    let template = PodTemplate { spec: workload.template.spec.clone(), ..PodTemplate::default() };
    PodClass::new(Arc::new(template), gates).requests.requested
}

/// The amount of one resource, in the scheduler's unit.
pub(super) fn amount(resources: &Resources, resource: Name) -> i64 {
    match resource.as_str() {
        "cpu" => resources.milli_cpu,
        "memory" => resources.memory,
        "ephemeral-storage" => resources.ephemeral_storage,
        _ => resources.scalars.get(resource),
    }
}

/// The changes with what came of them.
pub(super) fn with_outcome(changes: Vec<Change>, head: &CheckSide) -> Vec<Change> {
    let outcome = |change: Change| {
        let report = change.workload().and_then(|workload| head.report(workload));
        let tally = head.tallies.get(&change.owner).copied().unwrap_or_default();
        Change { rollout: report.and_then(|report| report.rollout.clone()), tally, ..change }
    };
    changes.into_iter().map(outcome).collect()
}

/// The resource of which one pod of the workload asks for most of what the largest node has; none where it requests nothing.
pub fn largest_request(cluster: &Cluster, workload: &Workload, gates: RequestGates) -> Option<Name> {
    let requested = requested(workload, gates);
    let scalars = requested.scalars.iter().map(|(resource, _)| resource);
    let all = [STANDARD.cpu, STANDARD.memory, STANDARD.ephemeral_storage].into_iter().chain(scalars);
    let share = |resource: &Name| {
        let has =
            cluster.nodes().iter().map(|node| amount(&node.node.allocatable, *resource)).max().unwrap_or_default();
        i128::from(amount(&requested, *resource)) * 1_000_000 / i128::from(has.max(1))
    };
    all.filter(|resource| amount(&requested, *resource) > 0).max_by_key(share)
}
