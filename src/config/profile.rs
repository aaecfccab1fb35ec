//! The effective configuration: what runs, in which order, with which weight and arguments.
//!
//! The steps are upstream's, so that of several errors the same one is reported: strict decoding
//! (`cmd/kube-scheduler/app/options/configfile.go`), defaults (`apis/config/v1/defaults.go`), validation
//! (`apis/config/validation`), extenders (`scheduler.go: buildExtenders`), then each profile
//! (`profile/profile.go: NewMap`, `framework/runtime/framework.go: NewFramework`).

use serde_json::Value;

use super::decode::{Decode, wrong_type};
use super::defaults::default_multi_point;
use super::error::{ConfigError, ProfileError};
use super::extender::{self, ExtenderConfig};
use super::extension_points::{ExtensionPoint, of_point};
use super::field_path::FieldPath;
use super::merge::{Expanded, MultiPointPlugin, OutOfTree, expand, merge_multi_point};
use super::plugin_args::PluginArgs;
use super::plugin_config::WrittenArgs;
use super::types::{API_VERSION, KIND, KubeSchedulerConfiguration, PluginSet, Profile as WrittenProfile};
use super::validation::validate;
use super::validation_plugin_args;
use super::versions::Behaviour;
use crate::api::name::{Name, name};

/// The scheduler that pods are for unless they say otherwise (`core/v1.DefaultSchedulerName`).
pub const DEFAULT_SCHEDULER_NAME: &str = "default-scheduler";

/// What one kube-scheduler does.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct SchedulerConfig {
    /// Its profiles, in the order written; at least one.
    pub profiles: Vec<Profile>,
    /// Its extenders, in the order they are asked.
    pub extenders: Vec<ExtenderConfig>,
    /// How many percent of the nodes are looked at; 0 lets the scheduler choose by cluster size.
    pub percentage_of_nodes_to_score: Option<i32>,
    /// How many workers filter nodes side by side.
    pub parallelism: usize,
}

/// `parallelism` where the configuration sets none (upstream framework/parallelize/parallelism.go, DefaultParallelism).
pub const DEFAULT_PARALLELISM: usize = 16;

/// One way to schedule, for the pods that ask for it by `schedulerName`.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct Profile {
    /// Its name.
    pub scheduler_name: Name,
    /// As [`SchedulerConfig::percentage_of_nodes_to_score`], which it overrides.
    pub percentage_of_nodes_to_score: Option<i32>,
    /// What keeps a pod out of the active queue.
    pub pre_enqueue: Vec<Enabled>,
    /// What orders the queue: one plugin.
    pub queue_sort: Vec<Enabled>,
    /// What prepares filtering.
    pub pre_filter: Vec<Enabled>,
    /// What filters nodes.
    pub filter: Vec<Enabled>,
    /// What runs when no node is left.
    pub post_filter: Vec<Enabled>,
    /// What prepares scoring.
    pub pre_score: Vec<Enabled>,
    /// What scores nodes; the only place where weights count.
    pub score: Vec<Enabled>,
    /// What takes resources on the chosen node.
    pub reserve: Vec<Enabled>,
    /// What may hold a pod back before binding.
    pub permit: Vec<Enabled>,
    /// What prepares binding.
    pub pre_bind: Vec<Enabled>,
    /// What binds.
    pub bind: Vec<Enabled>,
    /// What runs after binding.
    pub post_bind: Vec<Enabled>,
    /// What says on which nodes a group of pods may go together.
    pub placement_generate: Vec<Enabled>,
    /// What compares such choices; weights count here too.
    pub placement_score: Vec<Enabled>,
    /// What runs when a group of pods fits nowhere.
    pub pod_group_post_filter: Vec<Enabled>,
    /// The arguments of the plugins.
    pub args: PluginArgs,
    /// Enabled plugins that are not in tree. They are in none of the lists above: what they do is not known.
    pub out_of_tree: Vec<OutOfTree>,
}

/// A plugin at an extension point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enabled {
    /// The plugin.
    pub plugin: Name,
    /// What its scores are multiplied with, never 0.
    pub weight: i64,
    /// Who enabled it here.
    pub origin: Origin,
}

/// Who enabled a plugin at an extension point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Kubernetes.
    Default,
    /// `plugins.multiPoint.enabled`.
    MultiPoint,
    /// `plugins.<extension point>.enabled`.
    ExtensionPoint,
}

impl SchedulerConfig {
    /// What kube-scheduler does without a configuration file.
    pub fn default_for(behaviour: &Behaviour) -> Self {
        let multi_point = merge_multi_point(default_multi_point(behaviour), &PluginSet::default());
        let mut args = WrittenArgs::default();
        args.set_defaults(behaviour);
        // The default plugins are no user's mistake: nothing in them collides.
        let expanded = expand(&super::types::Plugins::default(), &multi_point, behaviour).unwrap_or_default();
        Self {
            profiles: vec![Profile::new(name(DEFAULT_SCHEDULER_NAME), None, expanded, args.into())],
            extenders: Vec::new(),
            percentage_of_nodes_to_score: Some(0),
            parallelism: DEFAULT_PARALLELISM,
        }
    }

    /// Reads a `KubeSchedulerConfiguration`.
    ///
    /// # Errors
    /// Whatever kube-scheduler refuses to start with, except a plugin that is not in tree: a scheduler of one's own
    /// may have it, so it is kept in [`Profile::out_of_tree`].
    pub fn parse(value: &Value, behaviour: &Behaviour) -> Result<Self, ConfigError> {
        check_kind(value)?;
        let mut unknown = Vec::new();
        let mut config = KubeSchedulerConfiguration::decode(value, &FieldPath::default(), &mut unknown)?;
        unknown.extend(points_not_yet(value, behaviour));
        set_profile_defaults(&mut config);
        let mut args = Vec::with_capacity(config.profiles.len());
        for (index, profile) in config.profiles.iter().enumerate() {
            let path = FieldPath::new("profiles").index(index).child("pluginConfig");
            args.push(WrittenArgs::read(&profile.plugin_config, &path, behaviour, &mut unknown)?);
        }
        if !unknown.is_empty() {
            return Err(ConfigError::UnknownFields(unknown));
        }
        for args in &mut args {
            args.set_defaults(behaviour);
        }
        let errors = validate(&config, &args, behaviour);
        if !errors.is_empty() {
            return Err(ConfigError::Invalid(errors));
        }
        let (extenders, ignored) = extender::build(&config.extenders)?;
        let mut profiles: Vec<WiredProfile> = config
            .profiles
            .iter()
            .zip(args)
            .map(|(written, args)| WiredProfile::new(written, args, behaviour))
            .collect();
        if !ignored.is_empty() {
            for profile in &mut profiles {
                profile.leave_to_extenders(&ignored)?;
            }
        }
        Ok(Self {
            profiles: profiles.into_iter().map(|profile| profile.build(behaviour)).collect::<Result<_, _>>()?,
            extenders,
            percentage_of_nodes_to_score: config.percentage_of_nodes_to_score.or(Some(0)),
            parallelism: config.parallelism.and_then(|workers| workers.try_into().ok()).unwrap_or(DEFAULT_PARALLELISM),
        })
    }

    /// The profile for pods with this `schedulerName`.
    pub fn profile_for(&self, scheduler_name: Name) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.scheduler_name == scheduler_name)
    }
}

impl Profile {
    /// The plugins of an extension point, in the order they run.
    pub fn at(&self, point: ExtensionPoint) -> &[Enabled] {
        of_point!(self, point)
    }

    fn new(scheduler_name: Name, percentage: Option<i32>, expanded: Expanded, args: PluginArgs) -> Self {
        let Expanded { mut points, out_of_tree } = expanded;
        let mut take = |point| points.remove(&point).unwrap_or_default();
        Self {
            scheduler_name,
            percentage_of_nodes_to_score: percentage,
            pre_enqueue: take(ExtensionPoint::PreEnqueue),
            queue_sort: take(ExtensionPoint::QueueSort),
            pre_filter: take(ExtensionPoint::PreFilter),
            filter: take(ExtensionPoint::Filter),
            post_filter: take(ExtensionPoint::PostFilter),
            pre_score: take(ExtensionPoint::PreScore),
            score: take(ExtensionPoint::Score),
            reserve: take(ExtensionPoint::Reserve),
            permit: take(ExtensionPoint::Permit),
            pre_bind: take(ExtensionPoint::PreBind),
            bind: take(ExtensionPoint::Bind),
            post_bind: take(ExtensionPoint::PostBind),
            placement_generate: take(ExtensionPoint::PlacementGenerate),
            placement_score: take(ExtensionPoint::PlacementScore),
            pod_group_post_filter: take(ExtensionPoint::PodGroupPostFilter),
            args,
            out_of_tree,
        }
    }
}

/// A written profile with its merged `multiPoint` and defaulted arguments.
struct WiredProfile<'a> {
    written: &'a WrittenProfile,
    multi_point: Vec<MultiPointPlugin>,
    args: WrittenArgs,
}

impl<'a> WiredProfile<'a> {
    fn new(written: &'a WrittenProfile, args: WrittenArgs, behaviour: &Behaviour) -> Self {
        Self {
            written,
            multi_point: merge_multi_point(default_multi_point(behaviour), &written.plugins.multi_point),
            args,
        }
    }

    fn uses(&self, plugin: &str) -> bool {
        self.multi_point.iter().any(|enabled| enabled.plugin.name == plugin)
            || ExtensionPoint::ALL
                .iter()
                .flat_map(|point| &self.written.plugins.at(*point).enabled)
                .any(|enabled| enabled.name == plugin)
    }

    /// What extenders manage replaces what `NodeResourcesFit` is configured to ignore.
    fn leave_to_extenders(&mut self, ignored: &[String]) -> Result<(), ConfigError> {
        const FIT: &str = "NodeResourcesFit";
        let has_args = self.uses(FIT) || self.written.plugin_config.iter().any(|entry| entry.name == FIT);
        if !has_args {
            return Err(ConfigError::Extenders("can't find NodeResourcesFitArgs in plugin config"));
        }
        self.args.node_resources_fit.ignored_resources = ignored.to_vec();
        Ok(())
    }

    fn build(self, behaviour: &Behaviour) -> Result<Profile, ConfigError> {
        let scheduler_name = self.written.scheduler_name.clone().unwrap_or_default();
        let expanded = self
            .check_args(behaviour)
            .and_then(|()| expand(&self.written.plugins, &self.multi_point, behaviour))
            .and_then(|expanded| check_points(expanded, &scheduler_name))
            .map_err(|cause| ConfigError::Profile { scheduler_name: scheduler_name.clone(), cause })?;
        Ok(Profile::new(name(&scheduler_name), self.written.percentage_of_nodes_to_score, expanded, self.args.into()))
    }

    /// Without a path: upstream does not know it any more when it builds the plugin (`noderesources/fit.go: NewFit`).
    fn check_args(&self, behaviour: &Behaviour) -> Result<(), ProfileError> {
        if !self.uses("NodeResourcesFit") {
            return Ok(());
        }
        let errors =
            validation_plugin_args::node_resources_fit(&FieldPath::default(), &self.args.node_resources_fit, behaviour);
        if errors.is_empty() {
            return Ok(());
        }
        Err(ProfileError::PluginArgs { plugin: "NodeResourcesFit".to_owned(), errors })
    }
}

/// One plugin sorts the queue and at least one binds. One that is not in tree counts.
fn check_points(expanded: Expanded, scheduler_name: &str) -> Result<Expanded, ProfileError> {
    let in_tree = |point| expanded.points.get(&point).map_or(0, Vec::len);
    let named = |point| {
        let at_point = expanded.out_of_tree.iter().filter(|plugin| plugin.points.contains(&point));
        at_point.count()
    };
    let anywhere = expanded.out_of_tree.iter().any(|plugin| plugin.multi_point);
    let sorting = in_tree(ExtensionPoint::QueueSort) + named(ExtensionPoint::QueueSort);
    if sorting > 1 || (sorting == 0 && !anywhere) {
        return Err(ProfileError::QueueSortPlugins { scheduler_name: scheduler_name.to_owned(), count: sorting });
    }
    if in_tree(ExtensionPoint::Bind) + named(ExtensionPoint::Bind) == 0 && !anywhere {
        return Err(ProfileError::NoBindPlugin { scheduler_name: scheduler_name.to_owned() });
    }
    Ok(expanded)
}

fn check_kind(value: &Value) -> Result<(), ConfigError> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if !value.is_object() {
        return Err(wrong_type(&FieldPath::new(KIND), "an object", value));
    }
    if api_version != API_VERSION || kind != KIND {
        return Err(ConfigError::NotRegistered { kind: kind.to_owned(), api_version: api_version.to_owned() });
    }
    Ok(())
}

/// Extension points that `plugins` of this version does not have yet.
fn points_not_yet(value: &Value, behaviour: &Behaviour) -> Vec<FieldPath> {
    let points = [
        (ExtensionPoint::PlacementGenerate, behaviour.plugins_have_group_points),
        (ExtensionPoint::PlacementScore, behaviour.plugins_have_group_points),
        (ExtensionPoint::PodGroupPostFilter, behaviour.plugins_have_pod_group_post_filter),
    ];
    let profiles = value.get("profiles").and_then(Value::as_array);
    let mut found = Vec::new();
    for (index, profile) in profiles.into_iter().flatten().enumerate() {
        let Some(plugins) = profile.get("plugins") else { continue };
        let path = FieldPath::new("profiles").index(index).child("plugins");
        let unknown = points.iter().filter(|(point, has)| !has && plugins.get(point.field()).is_some());
        found.extend(unknown.map(|(point, _)| path.child(point.field())));
    }
    found
}

/// One profile needs no name; several need one each.
fn set_profile_defaults(config: &mut KubeSchedulerConfiguration) {
    if config.profiles.is_empty() {
        config.profiles.push(WrittenProfile::default());
    }
    if let [only] = config.profiles.as_mut_slice() {
        only.scheduler_name.get_or_insert_with(|| DEFAULT_SCHEDULER_NAME.to_owned());
    }
}
