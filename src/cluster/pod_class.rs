//! What all pods of one template share.
//!
//! A cluster of 150,000 pods has a few thousand specifications. Each is kept, parsed and
//! compiled once; pods point at it.

use std::sync::Arc;

use super::affinity_term::AffinityTerms;
use super::host_ports::{HostPort, host_ports};
use super::name::Name;
use super::node_affinity::{self, PreferredNodeAffinity, RequiredNodeAffinity};
use super::pod_spec::{Container, PodSpec};
use super::requests::{self, ContainerInput, ExistingPod, PodResources, RequestGates};
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
            resize_infeasible: false,
        }
    }

    fn container<'a>(&'a self, container: &'a Container) -> ContainerInput<'a> {
        ContainerInput {
            requests: container.requests(),
            restartable: container.is_restartable(),
            status: self.resize.of(container.name).map(|status| (&status.actual, &status.allocated)),
        }
    }
}

fn limits(container: &Container) -> ContainerInput<'_> {
    ContainerInput { requests: container.limits(), restartable: container.is_restartable(), status: None }
}

/// A template with everything that can be computed from it alone.
#[derive(Debug)]
pub struct PodClass {
    /// What it was made from.
    pub template: Arc<PodTemplate>,
    /// What each pod of the class takes from its node.
    pub requests: ExistingPod,
    /// The ports of the node it takes.
    pub host_ports: Box<[HostPort]>,
    /// What it requires of a node's labels and name.
    pub required_node_affinity: RequiredNodeAffinity,
    /// What it prefers of them.
    pub preferred_node_affinity: PreferredNodeAffinity,
    /// Its pod (anti-)affinity terms.
    pub affinity: AffinityTerms,
}

impl PodClass {
    /// Compiles `template`.
    pub fn new(template: Arc<PodTemplate>, gates: RequestGates) -> Self {
        let requests = requests::existing_pod(&template.resources(), gates);
        let host_ports = host_ports(&template.spec);
        let affinity = template.spec.affinity.as_ref();
        let affinity = AffinityTerms::compile(
            affinity.and_then(|a| a.pod_affinity.as_ref()),
            affinity.and_then(|a| a.pod_anti_affinity.as_ref()),
        );
        let required_node_affinity = RequiredNodeAffinity::new(&template.spec);
        let preferred_node_affinity = node_affinity::preferred(&template.spec);
        Self { template, requests, host_ports, required_node_affinity, preferred_node_affinity, affinity }
    }

    /// Names of the claims the class's pods use (not those made for each pod).
    pub fn claim_names(&self) -> impl Iterator<Item = Name> + '_ {
        self.template.spec.volumes.iter().filter_map(super::volume::Volume::claim_name)
    }
}
