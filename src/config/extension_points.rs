//! Which plugin takes part where: the extension points, and what each in-tree plugin implements.
//!
//! Upstream asks Go's type system (`framework/runtime/framework.go: updatePluginList`, `reflect.Type.Implements`); the
//! table of a minor says the same by the methods that its plugins have.

use std::fmt;

use super::versions::{Behaviour, minor_of};

/// An extension point of the scheduling framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ExtensionPoint {
    /// Before a pod enters the active queue.
    PreEnqueue,
    /// The order of the queue.
    QueueSort,
    /// Once a pod, before the nodes are looked at.
    PreFilter,
    /// Whether a node is feasible.
    Filter,
    /// When no node is feasible.
    PostFilter,
    /// Once a pod, before nodes are scored.
    PreScore,
    /// How good a feasible node is.
    Score,
    /// A node was chosen, resources are taken.
    Reserve,
    /// Last word before binding.
    Permit,
    /// What must be done before binding.
    PreBind,
    /// The binding.
    Bind,
    /// After the binding.
    PostBind,
    /// On which nodes a group of pods may go together (v1.36 on).
    PlacementGenerate,
    /// How good such a choice is (v1.36 on).
    PlacementScore,
    /// When a group of pods fits nowhere (v1.37 on).
    PodGroupPostFilter,
}

impl ExtensionPoint {
    /// All of them, in the order a pod meets them.
    pub const ALL: [Self; 15] = [
        Self::PreEnqueue,
        Self::QueueSort,
        Self::PreFilter,
        Self::Filter,
        Self::PostFilter,
        Self::PreScore,
        Self::Score,
        Self::Reserve,
        Self::Permit,
        Self::PreBind,
        Self::Bind,
        Self::PostBind,
        Self::PlacementGenerate,
        Self::PlacementScore,
        Self::PodGroupPostFilter,
    ];

    /// In the order in which upstream sets them up (`framework.go: getExtensionPoints`), which
    /// decides which of several errors is reported.
    pub(super) const SETUP_ORDER: [Self; 15] = [
        Self::PreFilter,
        Self::Filter,
        Self::PostFilter,
        Self::Reserve,
        Self::PreScore,
        Self::Score,
        Self::PreBind,
        Self::Bind,
        Self::PostBind,
        Self::Permit,
        Self::PreEnqueue,
        Self::QueueSort,
        Self::PlacementGenerate,
        Self::PlacementScore,
        Self::PodGroupPostFilter,
    ];

    /// The field of `plugins` in a configuration.
    pub fn field(self) -> &'static str {
        match self {
            Self::PreEnqueue => "preEnqueue",
            Self::QueueSort => "queueSort",
            Self::PreFilter => "preFilter",
            Self::Filter => "filter",
            Self::PostFilter => "postFilter",
            Self::PreScore => "preScore",
            Self::Score => "score",
            Self::Reserve => "reserve",
            Self::Permit => "permit",
            Self::PreBind => "preBind",
            Self::Bind => "bind",
            Self::PostBind => "postBind",
            Self::PlacementGenerate => "placementGenerate",
            Self::PlacementScore => "placementScore",
            Self::PodGroupPostFilter => "podGroupPostFilter",
        }
    }

    /// The Go interface, by which upstream's errors call it.
    pub(super) fn interface(self) -> &'static str {
        match self {
            Self::PreEnqueue => "PreEnqueuePlugin",
            Self::QueueSort => "QueueSortPlugin",
            Self::PreFilter => "PreFilterPlugin",
            Self::Filter => "FilterPlugin",
            Self::PostFilter => "PostFilterPlugin",
            Self::PreScore => "PreScorePlugin",
            Self::Score => "ScorePlugin",
            Self::Reserve => "ReservePlugin",
            Self::Permit => "PermitPlugin",
            Self::PreBind => "PreBindPlugin",
            Self::Bind => "BindPlugin",
            Self::PostBind => "PostBindPlugin",
            Self::PlacementGenerate => "PlacementGeneratePlugin",
            Self::PlacementScore => "PlacementScorePlugin",
            Self::PodGroupPostFilter => "PodGroupPostFilterPlugin",
        }
    }
}

impl fmt::Display for ExtensionPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field())
    }
}

/// The extension points that an in-tree plugin of this version implements; `None` for a plugin that is not in tree.
pub fn extension_points(plugin: &str, behaviour: &Behaviour) -> Option<&'static [ExtensionPoint]> {
    minor_of(behaviour.version).points(plugin)
}

/// The field of `$owner` for an extension point: configuration and profiles have one for each.
macro_rules! of_point {
    ($owner:expr, $point:expr) => {
        match $point {
            $crate::config::ExtensionPoint::PreEnqueue => &$owner.pre_enqueue,
            $crate::config::ExtensionPoint::QueueSort => &$owner.queue_sort,
            $crate::config::ExtensionPoint::PreFilter => &$owner.pre_filter,
            $crate::config::ExtensionPoint::Filter => &$owner.filter,
            $crate::config::ExtensionPoint::PostFilter => &$owner.post_filter,
            $crate::config::ExtensionPoint::PreScore => &$owner.pre_score,
            $crate::config::ExtensionPoint::Score => &$owner.score,
            $crate::config::ExtensionPoint::Reserve => &$owner.reserve,
            $crate::config::ExtensionPoint::Permit => &$owner.permit,
            $crate::config::ExtensionPoint::PreBind => &$owner.pre_bind,
            $crate::config::ExtensionPoint::Bind => &$owner.bind,
            $crate::config::ExtensionPoint::PostBind => &$owner.post_bind,
            $crate::config::ExtensionPoint::PlacementGenerate => &$owner.placement_generate,
            $crate::config::ExtensionPoint::PlacementScore => &$owner.placement_score,
            $crate::config::ExtensionPoint::PodGroupPostFilter => &$owner.pod_group_post_filter,
        }
    };
}

pub(super) use of_point;
