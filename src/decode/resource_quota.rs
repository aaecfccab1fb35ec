//! ResourceQuota: how much the pods of a namespace may request together.

use serde::Deserialize;

use crate::api::list::List;
use crate::api::meta::{Metadata, ObjectKey};
use crate::api::name::{Name, name};
use crate::api::resources::ResourceList;

/// A ResourceQuota.
#[derive(Clone, Debug, Hash)]
pub struct ResourceQuota {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `status.hard`, else `spec.hard`.
    pub hard: ResourceList,
    /// `status.used`, and what was charged since; none until it was counted.
    pub used: Option<ResourceList>,
    /// Which pods count: those that all of these select.
    pub scopes: Vec<ScopeRequirement>,
}

/// An entry of `spec.scopeSelector.matchExpressions`; also one of `spec.scopes`, with `Exists`.
#[derive(Clone, Debug, Deserialize, Hash)]
#[serde(rename_all = "camelCase")]
pub struct ScopeRequirement {
    /// The scope.
    pub scope_name: Name,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[serde(default)]
    pub operator: Name,
    /// Names of PriorityClasses or VolumeAttributesClasses.
    #[serde(default)]
    pub values: List<Name>,
}

/// A ResourceQuota on the wire.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WireResourceQuota {
    metadata: Metadata,
    spec: WireSpec,
    status: WireStatus,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireSpec {
    hard: ResourceList,
    scopes: List<Name>,
    scope_selector: Option<WireScopeSelector>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct WireScopeSelector {
    match_expressions: List<ScopeRequirement>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireStatus {
    hard: ResourceList,
    used: Option<ResourceList>,
}

impl WireResourceQuota {
    pub(crate) fn into_quota(self) -> ResourceQuota {
        let exists =
            |scope: &Name| ScopeRequirement { scope_name: *scope, operator: name("Exists"), values: List::default() };
        let selector = self.spec.scope_selector.unwrap_or_default();
        let scopes = self.spec.scopes.iter().map(exists).chain(selector.match_expressions.iter().cloned()).collect();
        let hard = if self.status.hard.is_empty() { self.spec.hard } else { self.status.hard };
        ResourceQuota { key: self.metadata.key(), hard, used: self.status.used, scopes }
    }
}
