//! The scheduling cycle: extension points, the vocabulary of their answers, and the run.
//!
//! Knows no plugin by name: `plugins::build` hands it those of a profile, and everything a
//! cycle says ends up in one [`Placement`].

pub mod amount;
pub mod cache;
pub mod context;
pub mod cycle;
pub mod device_reason;
pub mod device_refusal;
pub mod extender;
pub mod fact;
pub mod filter_set;
pub mod fit_error;
pub mod group_notes;
pub mod group_points;
pub mod group_reason;
pub mod group_status;
pub mod not_evaluated;
pub mod parallel_search;
pub mod placement;
pub mod plugin;
pub mod post_filter;
pub mod prepared;
pub mod profile;
pub mod reason;
pub mod reserve;
pub mod sampling;
pub mod scoring;
pub mod status;
pub mod topology_rule;
pub mod totals;
pub mod victim;
pub mod volume_reason;

pub use amount::Amount;
pub use cache::{Change, CycleCache, DirtySet, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer};
pub use context::{Cycle, Depth};
pub use cycle::run;
pub use device_reason::{DeviceReason, DeviceShortage, InvalidPool, NotReadyDevice};
pub use extender::Extender;
pub use fact::Fact;
pub use filter_set::FilterSet;
pub use group_points::{
    FailedGroup, GroupPlacement, GroupProgress, Permit, PermitPlugin, PlacementFeasiblePlugin, PlacementGeneratePlugin,
    PlacementScorePlugin, PodGroupPostFilter, PodGroupPostFilterPlugin, Proposed,
};
pub use group_reason::GroupReason;
pub use group_status::{GroupCode, GroupStatus};
pub use not_evaluated::{NotEvaluated, Notes, PolicyRule, Turns};
pub use placement::{NodePlacement, Placement};
pub(crate) use plugin::points;
pub use plugin::{
    FilterPlugin, MAX_NODE_SCORE, NodeFilter, NodeScorer, Normalizer, Plugin, PostFilterPlugin, PreEnqueuePlugin,
    PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, ReservePlugin, ScorePlugin, Unprepared, Unscored,
    default_normalize,
};
pub use post_filter::{Candidate, CandidateSampling, FailedCycle, PostFilter, Preemption};
pub use profile::Framework;
pub use reason::Reason;
pub use scoring::ScoreRange;
pub use status::{Code, PluginRejection, Rejection};
pub use topology_rule::{DomainCount, RuleKind, TopologyRule};
pub use volume_reason::{BindObstacle, VolumeReason};
