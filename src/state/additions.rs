//! What admission gave the pods of a workload beyond its template: sidecars, node selectors, tolerations.
//!
//! Webhooks are not known here, but what they did to running pods is. It is found by comparing those with their
//! template ([`crate::control_plane::controller`]) when it is first asked for, before anything has changed.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::api::labels::Labels;
use crate::api::name::Name;
use crate::api::pod_spec::{Container, PodSpec};
use crate::api::quantity::Quantity;
use crate::api::requests::ContainerResources;
use crate::api::resources::ResourceList;
use crate::api::taint::Toleration;
use crate::decode::workload::WorkloadKey;

/// What a running pod has and its template has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Additions {
    /// Containers.
    pub containers: Vec<Container>,
    /// Init containers.
    pub init_containers: Vec<Container>,
    /// Requests of containers of the template: the container, the resource, how much.
    pub requests: Vec<(Name, Name, Quantity)>,
    /// Entries of the node selector.
    pub node_selector: Vec<(Name, Name)>,
    /// Tolerations.
    pub tolerations: Vec<Toleration>,
    /// `runtimeClassName`, and the overhead that came with it.
    pub runtime_class: Option<(Name, Option<ResourceList>)>,
    /// `schedulerName`.
    pub scheduler_name: Option<Name>,
    /// `priorityClassName`.
    pub priority_class: Option<Name>,
}

/// The additions of the workloads that have any, found once.
pub(crate) type Found = OnceLock<Arc<FxHashMap<WorkloadKey, Arc<Additions>>>>;

impl Additions {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Gives the same to a pod that is made of a template, which may have changed since.
    pub fn add_to(&self, spec: &mut PodSpec) {
        spec.containers = joined(&spec.containers, &self.containers, &self.requests);
        spec.init_containers = joined(&spec.init_containers, &self.init_containers, &self.requests);
        let own = spec.node_selector.iter();
        spec.node_selector = self.node_selector.iter().copied().chain(own).collect::<Labels>();
        let added = self.tolerations.iter().filter(|added| !spec.tolerations.contains(added));
        spec.tolerations = spec.tolerations.iter().chain(added).copied().collect();
        if let Some((class, overhead)) = &self.runtime_class
            && spec.runtime_class_name.is_none()
        {
            spec.runtime_class_name = Some(*class);
            spec.overhead.clone_from(overhead);
        }
        spec.scheduler_name = spec.scheduler_name.or(self.scheduler_name);
        spec.priority_class_name = spec.priority_class_name.or(self.priority_class);
    }
}

/// The containers of the template, with what they did not request, and then those that were added.
fn joined(
    own: &[Container],
    added: &[Container],
    requests: &[(Name, Name, Quantity)],
) -> crate::api::list::List<Container> {
    let with_requests = |container: &Container| {
        let more = requests.iter().filter(|(of, ..)| Some(*of) == container.name);
        let more: Vec<(Name, Quantity)> = more.map(|(_, resource, amount)| (*resource, *amount)).collect();
        if more.is_empty() {
            return container.clone();
        }
        let ContainerResources { requests, limits } = container.resources.clone().unwrap_or_default();
        let requests = requests.iter().chain(more).collect();
        Container { resources: Some(ContainerResources { requests, limits }), ..container.clone() }
    };
    let is_new = |container: &&Container| own.iter().all(|other| other.name != container.name);
    own.iter().map(with_requests).chain(added.iter().filter(is_new).cloned()).collect()
}
