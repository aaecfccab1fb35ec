//! RuntimeClass: what running a pod in a sandbox costs beside its containers, and where it can be done.

use serde::Deserialize;

use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::resources::ResourceList;
use crate::api::taint::Toleration;

/// A RuntimeClass.
#[derive(Clone, Debug, Hash)]
pub struct RuntimeClass {
    /// The name.
    pub name: Name,
    /// `overhead.podFixed`; none where the class has no overhead.
    pub overhead: Option<ResourceList>,
    /// `scheduling.nodeSelector`.
    pub node_selector: Labels,
    /// `scheduling.tolerations`.
    pub tolerations: List<Toleration>,
}

/// A RuntimeClass on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireRuntimeClass {
    metadata: Metadata,
    overhead: Option<WireOverhead>,
    scheduling: Option<WireScheduling>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireOverhead {
    pod_fixed: ResourceList,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireScheduling {
    node_selector: Labels,
    tolerations: List<Toleration>,
}

impl WireRuntimeClass {
    pub(crate) fn into_class(self) -> RuntimeClass {
        let scheduling = self.scheduling.unwrap_or_default();
        RuntimeClass {
            name: self.metadata.name.unwrap_or_default(),
            overhead: self.overhead.map(|overhead| overhead.pod_fixed),
            node_selector: scheduling.node_selector,
            tolerations: scheduling.tolerations,
        }
    }
}
