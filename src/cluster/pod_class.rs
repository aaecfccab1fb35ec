//! What all pods of one template share.
//!
//! A cluster of 150,000 pods has a few thousand specifications. Each is kept, parsed and
//! compiled once; pods point at it.

use super::affinity_term::AffinityTerms;
use super::host_ports::{HostPort, host_ports};
use super::name::Name;
use super::pod_spec::{Container, PodSpec};
use super::requests::{self, ContainerInput, ExistingPod, PodResources};
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

    fn container<'a>(&'a self, container: &'a Container) -> ContainerInput<'a> {
        ContainerInput {
            requests: container.requests(),
            restartable: container.is_restartable(),
            status: self.resize.of(container.name).map(|status| (&status.actual, &status.allocated)),
        }
    }
}

/// How the version and the feature gates have a pod's requests counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRules {
    /// Gate `InPlacePodVerticalScaling`: the status of resized containers counts.
    pub in_place_resize: bool,
    /// Gate `PodLevelResources`: `spec.resources` counts.
    pub pod_level_resources: bool,
}

impl Default for RequestRules {
    /// As in v1.34.
    fn default() -> Self {
        Self { in_place_resize: true, pod_level_resources: true }
    }
}

/// A template with everything that can be computed from it alone.
#[derive(Debug)]
pub struct PodClass {
    /// What it was made from.
    pub template: PodTemplate,
    /// What each pod of the class takes from its node.
    pub requests: ExistingPod,
    /// The ports of the node it takes.
    pub host_ports: Box<[HostPort]>,
    /// Its pod (anti-)affinity terms; an error where a selector is invalid.
    pub affinity: Result<AffinityTerms, String>,
}

impl PodClass {
    /// Compiles `template`.
    pub fn new(template: PodTemplate, rules: RequestRules) -> Self {
        let requests = requests::existing_pod(&template.resources(), rules.in_place_resize, rules.pod_level_resources);
        let host_ports = host_ports(&template.spec);
        let affinity = template.spec.affinity.as_ref();
        let affinity = AffinityTerms::compile(
            affinity.and_then(|a| a.pod_affinity.as_ref()),
            affinity.and_then(|a| a.pod_anti_affinity.as_ref()),
        );
        Self { template, requests, host_ports, affinity }
    }

    /// Names of the claims the class's pods use (not those made for each pod).
    pub fn claim_names(&self) -> impl Iterator<Item = Name> + '_ {
        self.template.spec.volumes.iter().filter_map(super::volume::Volume::claim_name)
    }

    /// The compiled terms; none where a selector is invalid.
    pub fn affinity_terms(&self) -> Option<&AffinityTerms> {
        self.affinity.as_ref().ok()
    }
}
