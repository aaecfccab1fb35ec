//! What a [`Placement`] means, as data: judgement without words.
//!
//! A placement says everything of every node. This room finds what a reader wants to know of
//! it: which few causes stand behind the verdicts ([`causes`]), which nodes miss by the least
//! ([`near_misses`]), what would help ([`suggest`]), which plugin made the best node win ([`deciding`]), and how the node a
//! running pod is on compares with it ([`attribution`]). Words and tables are `report`'s.

pub mod attribution;
pub mod causes;
pub mod deciding;
pub mod near_misses;
pub mod node_detail;
pub mod shared_label;
pub mod suggest;

pub use attribution::{Attribution, Gap};
pub use causes::Cause;
pub use deciding::{Deciding, Decision, How, RunnerUp};
pub use near_misses::{Miss, NearMiss};
pub use node_detail::{FilterDetail, NodeDetail, ScoreDetail, Verdict};
pub use shared_label::SharedLabel;
pub use suggest::{Need, PreemptionDetail, Suggestion};

use crate::cluster::Cluster;
use crate::framework::Placement;

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
