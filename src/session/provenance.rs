//! What an answer rests on: where the state comes from, how old it is, and how much is known of the cluster's scheduler.

use std::time::Instant;

use crate::api::Timestamp;
use crate::config::KubeVersion;
use crate::explain::scheduler_messages::MessageBasis;
use crate::report::{Provenance, StateAge};

/// What the answers about one state rest on.
#[derive(Clone, Debug, Default)]
pub struct StateProvenance {
    /// Where the state came from, for sentences: `cluster.yaml`, `the cluster`.
    pub origin: String,
    /// When the state was read, as far as that is known.
    pub as_of: Option<Timestamp>,
    /// The same, for answers to tell.
    pub age: Option<Age>,
    /// How much is known of the cluster's scheduler.
    pub scheduler: MessageBasis,
}

impl StateProvenance {
    /// The same for an answer of `version` that is given now and was asked for at `asked_at`.
    pub fn by_now(&self, version: KubeVersion, asked_at: Timestamp) -> Provenance {
        Provenance {
            kube_version: version.to_string(),
            age: self.age.as_ref().and_then(Age::by_now),
            origin: self.origin.clone(),
            as_of: self.as_of,
            asked_at,
            node_names: None,
        }
    }
}

/// When a state was read.
#[derive(Clone, Debug)]
pub enum Age {
    /// By this program.
    Live {
        /// When the first list was asked for.
        at: Timestamp,
        /// The same on a clock that only runs forwards.
        since: Instant,
        /// How many objects changed while it was read.
        changed: Option<usize>,
    },
    /// As a snapshot records it, when the state was read from that.
    Recorded(StateAge),
}

impl Age {
    /// How old it is by now; none where what is recorded is no time.
    pub fn by_now(&self) -> Option<StateAge> {
        match self {
            Self::Live { at, since, changed } => {
                Some(StateAge { read_at: at.to_string(), age: since.elapsed(), changed: *changed })
            }
            Self::Recorded(age) => Some(age.clone()),
        }
    }
}
