//! What extenders are sent (k8s.io/kube-scheduler/extender/v1/types.go; the names have no tags
//! there, so they are Go's own, and what is not set is `null`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::name::Name;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExtenderArgs<'a> {
    pub(super) pod: &'a RawValue,
    pub(super) nodes: Option<NodeList<'a>>,
    pub(super) node_names: Option<Vec<Name>>,
}

/// A v1.NodeList.
#[derive(Serialize)]
pub(super) struct NodeList<'a> {
    metadata: ListMeta,
    items: Vec<&'a RawValue>,
}

#[derive(Serialize)]
struct ListMeta {}

impl<'a> NodeList<'a> {
    pub(super) fn new(items: Vec<&'a RawValue>) -> Self {
        Self { metadata: ListMeta {}, items }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExtenderPreemptionArgs<'a> {
    pub(super) pod: &'a RawValue,
    pub(super) node_name_to_victims: Option<BTreeMap<Name, SentVictims<Cow<'a, RawValue>>>>,
    pub(super) node_name_to_meta_victims: Option<BTreeMap<Name, SentVictims<MetaPod>>>,
}

/// Victims with whole pods, MetaVictims with [`MetaPod`]s.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SentVictims<P> {
    pub(super) pods: Vec<P>,
    #[serde(rename = "NumPDBViolations")]
    pub(super) violations: i64,
}

#[derive(Serialize)]
pub(super) struct MetaPod {
    #[serde(rename = "UID")]
    pub(super) uid: Name,
}
