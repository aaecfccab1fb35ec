//! What a [`Placement`] means, as data: judgement without words.
//!
//! A placement says everything of every node. This room finds what a reader wants to know of
//! it: which few causes stand behind the verdicts ([`causes`]) and what is known of each
//! ([`cause_detail`], [`domains`], [`claim_state`]), which nodes miss by the least ([`near_misses`]),
//! what would help ([`suggest`]), which plugin made the best node win ([`deciding`]), what another
//! would need to win ([`counterfactual`]), which rules are not in the manifest ([`implicit_rules`]), and how
//! the node a running pod is on compares with the best ([`attribution`]). Of many pods it finds which
//! wait for the same ([`pending`]). Beside it stands what the cluster itself says: its scheduler's
//! words ([`scheduler_messages`]), and whether any scheduler looks at the pod at all ([`scheduling_status`]). Words and
//! tables are `report`'s.

pub mod attribution;
pub mod cause_detail;
pub mod causes;
pub mod claim_state;
pub mod counterfactual;
pub mod deciding;
pub mod difference;
pub mod discriminating_labels;
pub mod domains;
pub mod ended;
pub mod findings;
pub mod fragmentation;
pub mod implicit_rules;
pub mod label_demand;
pub mod near_misses;
pub mod node_detail;
pub mod obstacles;
pub mod occupants;
pub mod pending;
pub mod ranges;
pub mod reported_events;
pub mod scheduler_messages;
pub mod scheduling_status;
pub mod shared_facts;
pub mod shared_label;
pub mod suggest;
pub mod taint_origin;

pub use attribution::{Attribution, Gap};
pub use cause_detail::CauseDetail;
pub use causes::Cause;
pub use claim_state::ClaimState;
pub use counterfactual::{Counterfactual, Position, WinningChange};
pub use deciding::{Deciding, Decision, How, RunnerUp};
pub use domains::{Domain, DomainTable, LeftOut};
pub use ended::{EndedBy, EndedPod, Rejections};
pub use findings::Finding;
pub use implicit_rules::ImplicitRule;
pub use near_misses::{Miss, NearMiss};
pub use node_detail::{FilterDetail, FilterVerdict, NodeDetail, ScoreDetail};
pub use scheduler_messages::SchedulerMessages;
pub use scheduling_status::SchedulingStatus;
pub use shared_label::SharedLabel;
pub use suggest::{Need, PreemptionDetail, Suggestion};
pub use taint_origin::{TaintKind, TaintOrigin};

use crate::api::Timestamp;
use crate::decode::event::Event;
use crate::framework::{Cycle, Notes, Placement};
use crate::scheduler::Scheduler;
use crate::state::Cluster;

/// What the cluster itself says of the pod, beside what the cycle says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ClusterMessages {
    /// Its scheduler's words.
    pub words: Option<SchedulerMessages>,
    /// Whether schedulers look at the pod at all.
    pub scheduling_status: Option<SchedulingStatus>,
    /// Siblings that kubelets rejected on nodes that this pod could get.
    pub rejections: Vec<Rejections>,
    /// What others reported of the pod and its claims, or of the workload that it would be created by; the newest first.
    pub events: Vec<Event>,
    /// When the state was read, where that is known: what "ago" is counted from.
    pub as_of: Option<Timestamp>,
}

/// Everything this room finds in one placement.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    /// The rules over topology domains that filter this pod, with every domain.
    pub domains: Vec<DomainTable>,
    /// The claims of storage that reasons speak of.
    pub claims: Vec<ClaimState>,
    /// Rules that the answer rests on and that are not in the pod's manifest.
    pub implicit_rules: Vec<ImplicitRule>,
    /// What stands beside the cycle and decides it.
    pub findings: Vec<Finding>,
}

impl Explanation {
    /// Explains `placement`, whose nodes are those of `cluster`, by what it says itself: without
    /// domain tables, claims, implicit rules and the details of causes.
    pub fn of(placement: &Placement, cluster: &Cluster) -> Self {
        Self {
            causes: causes::find(placement, cluster),
            near_misses: near_misses::find(placement),
            needed: suggest::needed(placement, cluster),
            decision: deciding::find(placement),
            attribution: attribution::find(placement),
            domains: Vec::new(),
            claims: Vec::new(),
            implicit_rules: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The same with everything that the state, the profile and the filters can tell beyond the
    /// placement, which `scheduler` made of `cluster` at the time `now`.
    pub fn in_full(scheduler: &Scheduler, cluster: &Cluster, placement: &Placement, now: Timestamp) -> Self {
        let mut explanation = Self::of(placement, cluster);
        explanation.findings = findings::find(placement, cluster);
        if !placement.errors.is_empty() {
            return explanation;
        }
        explanation.claims = claim_state::find(placement, cluster);
        let pod = cluster.pod(placement.pod_id);
        let Some((profile, framework)) = scheduler.framework_for(pod) else { return explanation };
        // What could not be judged was noted by the cycle itself.
        let notes = Notes::default();
        let cycle = Cycle { cluster, pod, behaviour: scheduler.behaviour(), now, notes: &notes };
        for cause in &mut explanation.causes {
            cause.detail = cause_detail::find(cause, profile, cycle, placement);
        }
        explanation.domains = domains::find(&framework, cycle, placement);
        explanation.implicit_rules = implicit_rules::find(profile, cycle, placement);
        explanation
    }
}
