//! DeviceClasses: what devices of one kind have in common, and the extended resource they stand for.

use serde::Deserialize;

use crate::api::list::List;
use crate::api::meta::Metadata;
use crate::api::name::Name;
use crate::api::time::Timestamp;

use super::selector::{WireSelector, expressions};

/// A DeviceClass.
#[derive(Clone, Debug, Hash)]
pub struct DeviceClass {
    /// The name.
    pub name: Name,
    /// CEL expressions that must all be true of a device; none stands for a selector of an unknown type.
    pub selectors: Box<[Option<Name>]>,
    /// The extended resource that pods can ask for instead of a claim (gate `DRAExtendedResource`).
    pub extended_resource_name: Option<Name>,
    /// When it was created: of two classes for one extended resource the newer counts.
    pub created: Option<Timestamp>,
}

/// A DeviceClass on the wire.
#[derive(Deserialize)]
pub(crate) struct WireDeviceClass {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: WireClassSpec,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireClassSpec {
    selectors: List<WireSelector>,
    extended_resource_name: Option<Name>,
}

impl WireDeviceClass {
    pub(crate) fn into_class(self) -> DeviceClass {
        DeviceClass {
            name: self.metadata.name.unwrap_or_default(),
            selectors: expressions(&self.spec.selectors),
            extended_resource_name: self.spec.extended_resource_name,
            created: self.metadata.creation_timestamp,
        }
    }
}
