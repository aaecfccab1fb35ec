//! A manifest is applied: what its controller does with pods that are there, and which it creates.
//!
//! Everything but the template and the number of pods is in force at once. A Deployment is scaled before it is rolled out
//! (upstream pkg/controller/deployment/deployment_controller.go, syncDeployment, isScalingEvent); a StatefulSet creates its
//! further pods of the new revision (pkg/controller/statefulset/stateful_set_utils.go, newVersionedStatefulSetPod), so it
//! is rolled out before it grows.

use std::sync::Arc;

use crate::api::name;
use crate::api::pod_spec::{Container, ContainerPort, PodSpec};
use crate::api::quantity::Quantity;
use crate::api::requests::ContainerResources;
use crate::api::resources::ResourceList;
use crate::control_plane::controller;
use crate::decode::workload::{PodTemplateSpec, Workload, WorkloadKey, WorkloadKind};
use crate::edit::Edit;

use super::super::StepError;
use super::super::report::StepReport;
use super::super::workloads;
use super::Runner;
use super::rollout::NewRevision;

impl Runner<'_, '_> {
    pub(super) fn apply(
        &mut self,
        workload: &Workload,
        restarts: bool,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        let key = workload.identity();
        let before = self.cluster().workload(key).map(|there| Arc::clone(&there.template));
        let had = before.as_ref().map(|_| self.replicas_of(key)).transpose()?;
        self.edit(&Edit::ApplyWorkload { workload: Box::new(workload.clone()) })?;
        let Some((before, had)) = before.zip(had) else { return self.create_pods(workload, report, later) };
        let changes = restarts || replaces_pods(&before, &workload.template);
        let size = wanted(workload).filter(|size| *size != had);
        match key.kind {
            WorkloadKind::CronJob => {
                self.edit(&revision_of(workload, restarts))?;
                if changes { self.create_pods(workload, report, later) } else { Ok(()) }
            }
            // Its template cannot be changed (upstream pkg/apis/batch/validation/validation.go, ValidateJobSpecUpdate).
            WorkloadKind::Job => self.resize_applied(key, size, report, later),
            WorkloadKind::StatefulSet => {
                let (less, more) = (size.filter(|size| *size < had), size.filter(|size| *size > had));
                self.resize_applied(key, less, report, later)?;
                self.replace_pods(workload, changes, restarts, report, later)?;
                self.resize_applied(key, more, report, later)
            }
            _ => {
                self.resize_applied(key, size, report, later)?;
                self.replace_pods(workload, changes, restarts, report, later)
            }
        }
    }

    fn replace_pods(
        &mut self,
        workload: &Workload,
        changes: bool,
        restarts: bool,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        if !changes {
            return Ok(());
        }
        let revision = NewRevision::Template { template: Arc::clone(&workload.template), restarts };
        self.roll_out(workload.identity(), revision, report, later)
    }

    fn resize_applied(
        &mut self,
        key: WorkloadKey,
        size: Option<u32>,
        report: &mut StepReport,
        later: bool,
    ) -> Result<(), StepError> {
        match size {
            Some(_) if key.kind == WorkloadKind::DaemonSet => Ok(()),
            Some(size) => {
                self.scale(key, size, report, later)?;
                // Its pods take their places before anything is rolled out.
                if !later {
                    self.schedule(false)?;
                    self.grow(usize::MAX)?;
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The pods of a workload that was not there; of a CronJob those of its next run.
    fn create_pods(&mut self, workload: &Workload, report: &mut StepReport, later: bool) -> Result<(), StepError> {
        let key = workload.identity();
        match key.kind {
            // As when it is rolled out, node by node.
            WorkloadKind::DaemonSet => {
                let revision = NewRevision::Template { template: Arc::clone(&workload.template), restarts: false };
                self.roll_out(key, revision, report, later)
            }
            WorkloadKind::CronJob => {
                let first = self.cluster().pods().len();
                for name in workloads::names(self.cluster(), workload, controller::replicas(workload)) {
                    self.create(&Edit::CreatePod { workload: key, name, node: None }, report)?;
                }
                self.count_created(first, report, later);
                Ok(())
            }
            _ => {
                let size = u32::try_from(controller::replicas(workload)).unwrap_or(u32::MAX);
                // A template of no containers is that of a manifest that is cut short: it has no pods.
                self.scale(key, size, report, later)
            }
        }
    }
}

fn revision_of(workload: &Workload, restart: bool) -> Edit {
    Edit::SetTemplate { workload: workload.identity(), template: Arc::clone(&workload.template), restart }
}

/// How many pods the manifest asks for; none where it leaves that to others, such as an autoscaler.
fn wanted(workload: &Workload) -> Option<u32> {
    let is_said = workload.replicas.is_some() || workload.suspended;
    is_said.then(|| u32::try_from(controller::replicas(workload)).unwrap_or(u32::MAX))
}

/// Whether pods of the one template would be replaced for the other: they differ in something that is read here. What the
/// API server fills in (upstream pkg/apis/core/v1/defaults.go) is no difference.
pub fn replaces_pods(before: &PodTemplateSpec, now: &PodTemplateSpec) -> bool {
    before.metadata.labels != now.metadata.labels || as_stored(&before.spec) != as_stored(&now.spec)
}

/// Quantities as the API server writes them: 0.1 is 100m, and 1024Mi is 1Gi.
fn canonical(list: &ResourceList) -> ResourceList {
    let written = |amount: Quantity| Quantity::parse(&amount.to_string()).unwrap_or(amount);
    list.iter().map(|(resource, amount)| (resource, written(amount))).collect()
}

fn as_stored(spec: &PodSpec) -> PodSpec {
    let mut spec = spec.clone();
    let scheduler = spec.scheduler_name();
    spec.scheduler_name = Some(scheduler);
    let container = |container: &Container| {
        let port = |port: &ContainerPort| ContainerPort {
            protocol: port.protocol.or(Some(name("TCP"))),
            host_port: port.host_port.or(port.container_port.filter(|_| spec.host_network == Some(true))),
            ..*port
        };
        let resources = container.resources.as_ref().map(|resources| ContainerResources {
            requests: canonical(&resources.requests),
            limits: canonical(&resources.limits),
        });
        Container { ports: container.ports.iter().map(port).collect(), resources, ..container.clone() }
    };
    spec.containers = spec.containers.iter().map(container).collect();
    spec.init_containers = spec.init_containers.iter().map(container).collect();
    spec
}
