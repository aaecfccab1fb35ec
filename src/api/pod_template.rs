//! A pod's template: its specification, and what of its status changes what it requests.

use super::pod_spec::{Container, PodSpec};
use super::requests::{ContainerInput, PodResources, ReportedResources};
use super::resize::ResizeStatus;

/// A specification and a resize status as they were read: the key by which pods are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodTemplate {
    /// `spec`.
    pub spec: PodSpec,
    /// What of `status` changes the requests.
    pub resize: ResizeStatus,
}

impl PodTemplate {
    /// What the request sums are made from.
    pub fn resources(&self) -> PodResources<'_> {
        PodResources {
            containers: self.spec.containers.iter().map(|c| self.container(c)).collect(),
            init_containers: self.spec.init_containers.iter().map(|c| self.container(c)).collect(),
            pod_level: self.spec.resources.as_ref().map(|resources| &resources.requests),
            overhead: self.spec.overhead.as_ref(),
            status: self.resize.pod.reported(),
            resize_infeasible: self.resize.infeasible,
        }
    }

    /// The same of its limits, which the status says nothing of.
    pub fn limits(&self) -> PodResources<'_> {
        PodResources {
            containers: self.spec.containers.iter().map(limits).collect(),
            init_containers: self.spec.init_containers.iter().map(limits).collect(),
            pod_level: self.spec.resources.as_ref().map(|resources| &resources.limits),
            overhead: self.spec.overhead.as_ref(),
            status: ReportedResources::default(),
            resize_infeasible: false,
        }
    }

    fn container<'a>(&'a self, container: &'a Container) -> ContainerInput<'a> {
        ContainerInput {
            requests: container.requests(),
            restartable: container.is_restartable(),
            status: self.resize.of(container.name),
        }
    }
}

fn limits(container: &Container) -> ContainerInput<'_> {
    let status = ReportedResources::default();
    ContainerInput { requests: container.limits(), restartable: container.is_restartable(), status }
}
