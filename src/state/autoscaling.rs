//! What the state has of programs that make nodes. kube-scheduler looks at none of it.

use std::sync::Arc;

use super::objects::Store;
use crate::api::meta::ObjectKey;
use crate::decode::Object;
use crate::decode::autoscaling::priorities::Priorities;
use crate::decode::autoscaling::process::AutoscalerProcess;
use crate::decode::autoscaling::status::{AutoscalerStatus, DEFAULT_NAME, Status};
use crate::decode::autoscaling::{Provisioning, ProvisioningKind, ProvisioningObject};

/// Objects of the Cluster Autoscaler, of Karpenter, and of Cluster API; shared by all copies of the state.
#[derive(Clone, Debug, Default)]
pub struct Autoscaling {
    /// ConfigMaps in which the Cluster Autoscaler writes its status.
    pub statuses: Arc<[AutoscalerStatus]>,
    /// ConfigMaps with priorities of node groups: what they say, or why that cannot be read.
    pub priorities: Arc<[(ObjectKey, Result<Priorities, String>)]>,
    /// All other objects, in the order of namespace and name.
    pub objects: Arc<[ProvisioningObject]>,
    /// The Cluster Autoscaler that runs as a pod of the state.
    pub process: Option<Arc<AutoscalerProcess>>,
}

impl Autoscaling {
    pub(super) fn of(objects: &mut Store<Object>) -> Self {
        let maps: Vec<AutoscalerStatus> = objects.take();
        let (statuses, others): (Vec<_>, Vec<_>) = maps.into_iter().partition(|map| map.is_status);
        let priorities = others.into_iter().filter_map(|map| Some((map.key, map.priorities?))).collect();
        Self { statuses: statuses.into(), priorities, objects: objects.take().into(), process: None }
    }

    /// The status that counts: the one called `named`, else the one with the usual name, else the newest.
    pub fn status(&self, named: Option<ObjectKey>) -> Option<&AutoscalerStatus> {
        let by = |wanted: &dyn Fn(&&AutoscalerStatus) -> bool| self.statuses.iter().find(wanted);
        let time = |status: &&AutoscalerStatus| status.content.as_ref().ok().and_then(|content| content.time);
        match named {
            Some(key) => by(&|status| status.key == key),
            None => {
                by(&|status| status.key.name == DEFAULT_NAME).or_else(|| self.statuses.iter().max_by_key(|it| time(it)))
            }
        }
    }

    /// What that status says.
    pub fn readable_status(&self, named: Option<ObjectKey>) -> Option<&Status> {
        self.status(named)?.content.as_ref().ok()
    }

    /// The priorities of node groups: the ConfigMap is in the namespace of the status.
    pub fn priorities(&self, named: Option<ObjectKey>) -> Option<&Result<Priorities, String>> {
        let namespace = self.status(named)?.key.namespace;
        self.priorities.iter().find(|(key, _)| key.namespace == namespace).map(|(_, content)| content)
    }

    /// Whether there is a NodePool.
    pub fn has_pools(&self) -> bool {
        self.objects.iter().any(|object| object.kind == ProvisioningKind::NodePool)
    }

    /// Objects of one kind, in the order of namespace and name.
    pub fn of_kind(&self, kind: ProvisioningKind) -> impl Iterator<Item = &ProvisioningObject> {
        self.objects.iter().filter(move |object| object.kind == kind)
    }

    /// The object of this kind and name.
    pub fn get(&self, kind: ProvisioningKind, key: ObjectKey) -> Option<&Provisioning> {
        self.of_kind(kind).find(|object| object.key == key).map(|object| &object.data)
    }
}
