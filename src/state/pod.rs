//! One pod of the state: what is its own, beside what it shares with the pods of its class.

use std::sync::Arc;

use super::pod_class::PodClass;
use crate::api::labels::Labels;
use crate::api::meta::ObjectKey;
use crate::api::pod_spec::PodSpec;
use crate::api::time::Timestamp;
use crate::decode::pod::PodOwn;

/// A pod's place in [`crate::state::Cluster`]; ids follow the order of namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodId(pub u32);

/// A pod.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Where in the state it stands.
    pub id: PodId,
    /// Everything but the class. Boxed as it was decoded: building the state moves no pods about.
    pub own: Box<PodOwn>,
    /// What it shares with its siblings: specification, requests, compiled terms.
    pub class: Arc<PodClass>,
}

impl Pod {
    /// `namespace/name`.
    pub fn key(&self) -> ObjectKey {
        self.own.key
    }

    /// The specification.
    pub fn spec(&self) -> &PodSpec {
        &self.class.template.spec
    }

    /// The labels.
    pub fn labels(&self) -> &Labels {
        &self.own.labels
    }

    /// The priority.
    pub fn priority(&self) -> i32 {
        self.spec().priority()
    }

    /// When it came to be on its node, as far as the state tells: never before it was created.
    pub fn placed_at(&self) -> Option<Timestamp> {
        let bound = self.own.scheduled.as_ref().filter(|condition| condition.status).and_then(|it| it.since);
        self.own.node_name.and(self.own.start_time.or(bound).max(self.own.creation_timestamp))
    }

    /// Whether the pod is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.own.deletion_timestamp.is_some()
    }
}
