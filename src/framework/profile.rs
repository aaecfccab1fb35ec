//! A profile with its plugins built: what a cycle runs.

use crate::api::name::Name;
use crate::config::{DEFAULT_PARALLELISM, Enabled, ExtensionPoint, Profile};

use super::extender::Extender;
use super::group_points::{
    PermitPlugin, PlacementFeasiblePlugin, PlacementGeneratePlugin, PlacementScorePlugin, PodGroupPostFilterPlugin,
};
use super::plugin::{
    FilterPlugin, Plugin, PostFilterPlugin, PreEnqueuePlugin, PreFilterPlugin, PreScorePlugin, ReservePlugin,
    ScorePlugin,
};
use super::sampling::ComparedNodes;

/// The plugins of a profile at each extension point, in order.
pub struct Framework<'a> {
    /// The scheduler name that the profile answers to.
    pub scheduler_name: Name,
    /// PreEnqueue.
    pub pre_enqueue: Vec<(&'static str, &'a dyn PreEnqueuePlugin)>,
    /// PreFilter.
    pub pre_filter: Vec<(&'static str, &'a dyn PreFilterPlugin)>,
    /// Filter.
    pub filter: Vec<(&'static str, &'a dyn FilterPlugin)>,
    /// PostFilter.
    pub post_filter: Vec<(&'static str, &'a dyn PostFilterPlugin)>,
    /// PreScore.
    pub pre_score: Vec<(&'static str, &'a dyn PreScorePlugin)>,
    /// Score, with weights.
    pub score: Vec<(&'static str, i64, &'a dyn ScorePlugin)>,
    /// Reserve.
    pub reserve: Vec<(&'static str, &'a dyn ReservePlugin)>,
    /// Permit.
    pub permit: Vec<(&'static str, &'a dyn PermitPlugin)>,
    /// PlacementGenerate.
    pub placement_generate: Vec<(&'static str, &'a dyn PlacementGeneratePlugin)>,
    /// PlacementScore, with weights.
    pub placement_score: Vec<(&'static str, i64, &'a dyn PlacementScorePlugin)>,
    /// PlacementFeasible: no configuration has this point, a plugin that is enabled anywhere takes part.
    pub placement_feasible: Vec<(&'static str, &'a dyn PlacementFeasiblePlugin)>,
    /// PodGroupPostFilter.
    pub pod_group_post_filter: Vec<(&'static str, &'a dyn PodGroupPostFilterPlugin)>,
    /// The scheduler's extenders, in the order they are asked.
    pub extenders: &'a [Extender],
    /// How many percent of the nodes are looked at; 0 adapts to their number.
    pub percentage_of_nodes_to_score: i32,
    /// How many workers filter nodes side by side.
    pub parallelism: usize,
    /// Which of the feasible nodes are compared.
    pub compared: ComparedNodes,
    /// All plugins that were built.
    plugins: &'a [Box<dyn Plugin>],
}

impl<'a> Framework<'a> {
    /// Arranges `plugins` as `profile` says. A plugin the profile enables that is not among
    /// them (an out-of-tree one) is skipped here; the answer names it. There are no extenders.
    pub fn new(profile: &Profile, plugins: &'a [Box<dyn Plugin>]) -> Self {
        Self {
            scheduler_name: profile.scheduler_name,
            pre_enqueue: arrange(&profile.pre_enqueue, plugins, Plugin::pre_enqueue),
            pre_filter: arrange(&profile.pre_filter, plugins, Plugin::pre_filter),
            filter: arrange(&profile.filter, plugins, Plugin::filter),
            post_filter: arrange(&profile.post_filter, plugins, Plugin::post_filter),
            pre_score: arrange(&profile.pre_score, plugins, Plugin::pre_score),
            score: profile
                .score
                .iter()
                .filter_map(|enabled| {
                    let plugin = find(&enabled.plugin, plugins)?;
                    Some((plugin.name(), enabled.weight, plugin.score()?))
                })
                .collect(),
            reserve: arrange(&profile.reserve, plugins, Plugin::reserve),
            permit: arrange(&profile.permit, plugins, Plugin::permit),
            placement_generate: arrange(&profile.placement_generate, plugins, Plugin::placement_generate),
            placement_score: profile
                .placement_score
                .iter()
                .filter_map(|enabled| {
                    let plugin = find(&enabled.plugin, plugins)?;
                    Some((plugin.name(), enabled.weight, plugin.placement_score()?))
                })
                .collect(),
            placement_feasible: plugins
                .iter()
                .filter(|plugin| is_enabled(profile, plugin.name()))
                .filter_map(|plugin| Some((plugin.name(), plugin.placement_feasible()?)))
                .collect(),
            pod_group_post_filter: arrange(&profile.pod_group_post_filter, plugins, Plugin::pod_group_post_filter),
            extenders: &[],
            percentage_of_nodes_to_score: profile.percentage_of_nodes_to_score.unwrap_or(0),
            parallelism: DEFAULT_PARALLELISM,
            compared: ComparedNodes::All,
            plugins,
        }
    }

    /// The same with the extenders of the scheduler.
    #[must_use]
    pub fn with_extenders(mut self, extenders: &'a [Extender]) -> Self {
        self.extenders = extenders;
        self
    }

    /// The plugin called `name`.
    pub fn plugin(&self, name: &str) -> Option<&'a dyn Plugin> {
        find(name, self.plugins)
    }
}

/// Whether the profile enables the plugin at any extension point.
fn is_enabled(profile: &Profile, plugin: &str) -> bool {
    ExtensionPoint::ALL.iter().any(|point| profile.at(*point).iter().any(|enabled| enabled.plugin == plugin))
}

fn find<'a>(name: &str, plugins: &'a [Box<dyn Plugin>]) -> Option<&'a dyn Plugin> {
    plugins.iter().find(|plugin| name == plugin.name()).map(AsRef::as_ref)
}

fn arrange<'a, T: ?Sized>(
    order: &[Enabled],
    plugins: &'a [Box<dyn Plugin>],
    point: impl Fn(&'a dyn Plugin) -> Option<&'a T>,
) -> Vec<(&'static str, &'a T)> {
    order
        .iter()
        .filter_map(|enabled| {
            let plugin = find(&enabled.plugin, plugins)?;
            Some((plugin.name(), point(plugin)?))
        })
        .collect()
}
