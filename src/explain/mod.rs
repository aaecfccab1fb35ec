//! What a [`Placement`] means, as data: judgement without words.
//!
//! A placement says everything of every node. This room finds what a reader wants to know of
//! it: which few causes stand behind the verdicts ([`causes`]), which nodes miss by the least
//! ([`near_misses`]), what would help ([`suggest`]), which plugin made the best node win ([`deciding`]), and how the node a
//! running pod is on compares with it ([`attribution`]). Of many pods it finds which wait for the same
//! ([`pending`]). Beside it stands what the cluster itself says: its scheduler's words ([`own_words`]),
//! and whether any scheduler looks at the pod at all ([`standing`]). Words and tables are `report`'s.

pub mod attribution;
pub mod causes;
pub mod deciding;
pub mod near_misses;
pub mod node_detail;
pub mod own_words;
pub mod pending;
pub mod shared_label;
pub mod standing;
pub mod suggest;
pub mod telling_labels;

pub use attribution::{Attribution, Gap};
pub use causes::Cause;
pub use deciding::{Deciding, Decision, How, RunnerUp};
pub use near_misses::{Miss, NearMiss};
pub use node_detail::{FilterDetail, NodeDetail, ScoreDetail, Verdict};
pub use own_words::OwnWords;
pub use shared_label::SharedLabel;
pub use standing::Standing;
pub use suggest::{Need, PreemptionDetail, Suggestion};

use crate::cluster::{Cluster, Timestamp};
use crate::framework::Placement;

/// What the cluster itself says of the pod, beside what the cycle says.
#[derive(Clone, Debug, Default)]
pub struct ClusterSays {
    /// Its scheduler's words.
    pub words: Option<OwnWords>,
    /// Whether schedulers look at the pod at all.
    pub standing: Option<Standing>,
    /// When the state was read, where that is known: what "ago" is counted from.
    pub as_of: Option<Timestamp>,
}

/// Everything this room finds in one placement.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Why nodes were rejected, the most common cause first.
    pub causes: Vec<Cause>,
    /// Rejected nodes, the closest first.
    pub near_misses: Vec<NearMiss>,
    /// What would be needed that no change of pod or node brings about.
    pub needed: Vec<Need>,
    /// How the best node came to be the best; none without a feasible node.
    pub decision: Option<Decision>,
    /// How the node that the pod runs on compares; none for a pending pod.
    pub attribution: Option<Attribution>,
}

impl Explanation {
    /// Explains `placement`, whose nodes are those of `cluster`.
    pub fn of(placement: &Placement, cluster: &Cluster) -> Self {
        Self {
            causes: causes::find(placement, cluster),
            near_misses: near_misses::find(placement),
            needed: suggest::needed(placement, cluster),
            decision: deciding::find(placement),
            attribution: attribution::find(placement),
        }
    }
}
