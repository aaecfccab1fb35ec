//! StorageClass.

use serde::Deserialize;

use super::wire::WireStorageMetadata;
use crate::api::labels::Labels;
use crate::api::list::List;
use crate::api::name::Name;
use crate::api::time::Timestamp;

/// The scheduling-relevant part of a StorageClass.
#[derive(Clone, Debug, Hash)]
pub struct StorageClass {
    /// The name.
    pub name: Name,
    /// Who makes its volumes; empty or `kubernetes.io/no-provisioner` for nobody.
    pub provisioner: Name,
    /// When its claims are bound; none only where no API server filled in the default.
    pub binding_mode: Option<BindingMode>,
    /// Where its volumes can be made: anywhere when empty.
    pub allowed_topologies: List<TopologyTerm>,
    /// Whether claims that name no class get this one.
    pub is_default: bool,
    /// When it was created.
    pub creation_timestamp: Option<Timestamp>,
}

/// `volumeBindingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Hash)]
#[non_exhaustive]
pub enum BindingMode {
    /// As soon as the claim is there.
    Immediate,
    /// When a pod that uses the claim is scheduled.
    WaitForFirstConsumer,
}

/// A term of `allowedTopologies`: all requirements must hold.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyTerm {
    /// `matchLabelExpressions`; an empty list matches no node.
    pub match_label_expressions: List<TopologyRequirement>,
}

/// A label of the node and the values it may have.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub struct TopologyRequirement {
    /// `key`.
    pub key: Name,
    /// `values`.
    pub values: List<Name>,
}

impl TopologyRequirement {
    /// Whether a node with `labels` fulfils it.
    pub fn matches(&self, labels: &Labels) -> bool {
        labels.get(self.key).is_some_and(|value| self.values.contains(&value))
    }
}

impl StorageClass {
    /// Whether volumes can be made for claims of this class at all.
    pub fn provisions(&self) -> bool {
        !self.provisioner.is_empty() && self.provisioner != "kubernetes.io/no-provisioner"
    }

    /// Whether a volume for a node with `labels` can be made (upstream pkg/apis/core/v1/helper,
    /// MatchTopologySelectorTerms).
    pub fn allows(&self, labels: &Labels) -> bool {
        self.allowed_topologies.is_empty()
            || self.allowed_topologies.iter().any(|term| {
                let requirements = &term.match_label_expressions;
                !requirements.is_empty() && requirements.iter().all(|requirement| requirement.matches(labels))
            })
    }
}

/// A StorageClass on the wire.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireStorageClass {
    metadata: WireStorageMetadata,
    provisioner: Option<Name>,
    volume_binding_mode: Option<BindingMode>,
    allowed_topologies: List<TopologyTerm>,
}

impl WireStorageClass {
    pub(crate) fn into_class(self) -> StorageClass {
        // Upstream pkg/volume/util/storageclass.go, IsDefaultAnnotation.
        let annotations = self.metadata.annotations();
        let is_default = [annotations.default_class, annotations.beta_default_class]
            .into_iter()
            .any(|marked| marked.is_some_and(|marked| marked == "true"));
        StorageClass {
            name: self.metadata.name,
            is_default,
            creation_timestamp: self.metadata.creation_timestamp,
            provisioner: self.provisioner.unwrap_or_default(),
            binding_mode: self.volume_binding_mode,
            allowed_topologies: self.allowed_topologies,
        }
    }
}
