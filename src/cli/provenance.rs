//! What an answer rests on: where the state comes from, how old it is, and how much is known of the cluster's scheduler.

use std::time::{Instant, SystemTime};

use crate::api::Timestamp;
use crate::config::KubeVersion;
use crate::explain::scheduler_messages::MessageBasis;
use crate::report::{Provenance, StateAge};

/// What the answers about one state rest on.
#[derive(Clone, Debug, Default)]
pub(crate) struct StateProvenance {
    /// Where the state came from, for sentences: `cluster.yaml`, `the cluster`.
    pub(crate) origin: String,
    /// When the state was read, as far as that is known.
    pub(crate) as_of: Option<Timestamp>,
    /// The same, for answers to tell.
    pub(crate) age: Option<Age>,
    /// How much is known of the cluster's scheduler.
    pub(crate) scheduler: MessageBasis,
}

impl StateProvenance {
    /// The same for an answer of `version` that is given now and was asked for at `asked_at`.
    pub(crate) fn by_now(&self, version: KubeVersion, asked_at: Timestamp) -> Provenance {
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
pub(crate) enum Age {
    /// By this program.
    Live {
        /// When the first list was asked for.
        at: Timestamp,
        since: Instant,
        /// How many objects changed while it was read.
        changed: Option<usize>,
    },
    /// As a snapshot records it, RFC 3339.
    Recorded(String),
}

impl Age {
    /// How old it is by now; none where what is recorded is no time.
    pub(crate) fn by_now(&self) -> Option<StateAge> {
        match self {
            Self::Live { at, since, changed } => {
                Some(StateAge { read_at: at.to_string(), age: since.elapsed(), changed: *changed })
            }
            Self::Recorded(read_at) => StateAge::recorded(read_at, Timestamp::from(SystemTime::now())),
        }
    }
}
