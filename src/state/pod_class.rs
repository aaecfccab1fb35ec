//! What all pods of one template share.
//!
//! A cluster of 150,000 pods has a few thousand specifications. Each is kept, parsed and
//! compiled once; pods point at it.

use std::sync::Arc;

use super::node_affinity::{self, PreferredNodeAffinity, RequiredNodeAffinity};
use super::node_volumes::MountedVolumes;
use crate::api::affinity_term::AffinityTerms;
use crate::api::host_ports::{HostPort, host_ports};
use crate::api::name::Name;
use crate::api::pod_template::PodTemplate;
use crate::api::requests::{self, ExistingPod, RequestGates};

/// A template with everything that can be computed from it alone.
#[derive(Debug)]
pub struct PodClass {
    /// What it was made from.
    pub template: Arc<PodTemplate>,
    /// What each pod of the class takes from its node.
    pub requests: ExistingPod,
    /// The ports of the node it takes.
    pub host_ports: Box<[HostPort]>,
    /// The volumes it mounts that may have to be attached.
    pub mounted_volumes: MountedVolumes,
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
        let mounted_volumes = MountedVolumes::of(&template.spec.volumes);
        let affinity = template.spec.affinity.as_ref();
        let affinity = AffinityTerms::compile(
            affinity.and_then(|a| a.pod_affinity.as_ref()),
            affinity.and_then(|a| a.pod_anti_affinity.as_ref()),
        );
        let required_node_affinity = RequiredNodeAffinity::new(&template.spec);
        let preferred_node_affinity = node_affinity::preferred(&template.spec);
        Self {
            template,
            requests,
            host_ports,
            mounted_volumes,
            required_node_affinity,
            preferred_node_affinity,
            affinity,
        }
    }

    /// Names of the claims the class's pods use (not those made for each pod).
    pub fn claim_names(&self) -> impl Iterator<Item = Name> + '_ {
        self.template.spec.volumes.iter().filter_map(crate::api::volume::Volume::claim_name)
    }
}
