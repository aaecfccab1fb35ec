//! LimitRange: what a namespace's containers and pods request by default, and may request at all.

use serde::Deserialize;

use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::Name;
use crate::api::resources::ResourceList;

/// A LimitRange.
#[derive(Clone, Debug, Hash)]
pub struct LimitRange {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `spec.limits`, defaulted.
    pub limits: Vec<LimitRangeItem>,
}

/// An entry of `spec.limits`.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(rename_all = "camelCase", default)]
pub struct LimitRangeItem {
    /// `type`: `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub of: Name,
    /// `max`.
    pub max: ResourceList,
    /// `min`.
    pub min: ResourceList,
    /// `default`: limits of containers that have none.
    pub default: ResourceList,
    /// `defaultRequest`: requests of containers that have none.
    pub default_request: ResourceList,
    /// `maxLimitRequestRatio`.
    pub max_limit_request_ratio: ResourceList,
}

/// A LimitRange on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireLimitRange {
    metadata: Metadata,
    spec: WireSpec,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireSpec {
    limits: List<LimitRangeItem>,
}

impl WireLimitRange {
    pub(crate) fn into_limit_range(self) -> LimitRange {
        let limits = self.spec.limits.iter().map(LimitRangeItem::defaulted).collect();
        LimitRange { key: self.metadata.key(), limits }
    }
}

impl LimitRangeItem {
    /// Upstream pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem.
    fn defaulted(&self) -> Self {
        let mut item = self.clone();
        if item.of == "Container" {
            item.default = over(&item.max, &item.default);
            // The minimum counts least, then the default limit.
            item.default_request = over(&over(&item.min, &item.default), &item.default_request);
        }
        item
    }
}

/// Both lists; of a resource that both have the quantity of `upper` counts.
pub(crate) fn over(lower: &ResourceList, upper: &ResourceList) -> ResourceList {
    lower.iter().chain(upper.iter()).collect()
}
