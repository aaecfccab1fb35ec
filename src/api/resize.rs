//! What the kubelet reports of a pod's resources while they are resized in place.

use super::list::List;
use super::name::Name;
use super::resources::ResourceList;

/// The part of a pod's status that changes what it is counted with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResizeStatus {
    /// The wanted resize cannot be done on this node: the specification counts for nothing.
    pub infeasible: bool,
    /// Containers whose status names resources.
    pub containers: List<ContainerResize>,
}

/// One container's share of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerResize {
    /// The container's name.
    pub container: Name,
    /// `status…resources.requests`: what it runs with.
    pub actual: ResourceList,
    /// `status…allocatedResources`: what the node has set aside.
    pub allocated: ResourceList,
}

impl ResizeStatus {
    /// The status of `container`, if it names resources.
    pub fn of(&self, container: Option<Name>) -> Option<&ContainerResize> {
        let container = container?;
        self.containers.iter().find(|status| status.container == container)
    }
}
