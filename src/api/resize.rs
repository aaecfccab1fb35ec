//! What the kubelet reports of a pod's resources while they are resized in place.

use super::list::List;
use super::name::Name;
use super::requests::ReportedResources;
use super::resources::ResourceList;

/// The part of a pod's status that changes what it is counted with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResizeStatus {
    /// The wanted resize cannot be done on this node: the specification counts for nothing.
    pub infeasible: bool,
    /// The wanted resize waits for room on this node: the specification counts, though the node has not set it aside.
    pub deferred: bool,
    /// Containers whose status names resources.
    pub containers: List<ContainerResize>,
    /// What the status says of the pod as a whole.
    pub pod: ResizedResources,
}

/// What a status says of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResizedResources {
    /// Whether it has `resources`.
    pub has_resources: bool,
    /// `resources.requests`: what runs.
    pub actuated: Option<ResourceList>,
    /// `allocatedResources`: what the node has set aside.
    pub allocated: Option<ResourceList>,
}

impl ResizedResources {
    /// The same, to be counted with.
    pub fn reported(&self) -> ReportedResources<'_> {
        ReportedResources {
            has_resources: self.has_resources,
            actuated: self.actuated.as_ref(),
            allocated: self.allocated.as_ref(),
        }
    }
}

/// One container's share of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerResize {
    /// The container's name.
    pub container: Name,
    /// What its status says.
    pub resources: ResizedResources,
}

impl ResizeStatus {
    /// What the status of `container` says.
    pub fn of(&self, container: Option<Name>) -> ReportedResources<'_> {
        let status = self.containers.iter().find(|status| Some(status.container) == container);
        status.map(|status| status.resources.reported()).unwrap_or_default()
    }
}
