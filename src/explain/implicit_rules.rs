//! Rules that an answer rests on and that do not stand in the pod's manifest.
//!
//! Weights and default constraints are the profile's, assumed requests the scheduler's, overhead,
//! priorities and limits admission's. Each is listed only where it concerns this pod.

use serde::Serialize;

use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::api::requests::{DEFAULT_MEMORY_REQUEST, DEFAULT_MILLI_CPU_REQUEST};
use crate::api::resources::STANDARD;
use crate::config::{DefaultConstraints, Origin, Profile};
use crate::framework::{Amount, Cycle, Placement, Reason};
use crate::plugins::pod_topology_spread;
use crate::state::Pod;
use crate::state::default_selector::default_selector;

/// A rule that is not in the pod's manifest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ImplicitRule {
    /// The pod has no spread constraints, so it gets the profile's.
    DefaultSpread {
        /// Kubernetes' own and not the configuration's.
        system: bool,
        /// The constraints.
        constraints: Vec<DefaultConstraint>,
        /// The pods they count: those of the pod's Services and controller.
        selector: Name,
    },
    /// Scoring assumes a request for containers that have none.
    AssumedRequests {
        /// The containers.
        containers: Vec<Name>,
        /// What is assumed of each of them.
        assumed: Vec<AssumedRequest>,
    },
    /// Weights of score plugins, largest first.
    Weights {
        /// Whether the configuration changed any of them.
        configured: bool,
        /// Plugin and weight.
        weights: Vec<Weight>,
    },
    /// The profile wants something of nodes in addition to the pod's own.
    AddedAffinity {
        /// Whether it closes nodes (`required`), or only scores (`preferred`).
        required: bool,
        /// The same for `preferred`.
        preferred: bool,
    },
    /// The RuntimeClass adds to the pod's requests.
    Overhead {
        /// The RuntimeClass.
        #[serde(skip_serializing_if = "Option::is_none")]
        runtime_class: Option<Name>,
        /// What it adds.
        overhead: Vec<OverheadAmount>,
    },
    /// The priority comes from a PriorityClass.
    PriorityClass {
        /// The class.
        class: Name,
        /// The priority.
        priority: i32,
        /// The class is the cluster's default.
        default: bool,
    },
    /// A LimitRange set some of the requests or limits (annotation `kubernetes.io/limit-ranger`).
    LimitRange,
}

/// What scoring assumes that a container requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AssumedRequest {
    /// The resource.
    pub resource: Name,
    /// How much.
    pub amount: Amount,
}

/// A default spread constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DefaultConstraint {
    /// The node label.
    pub topology_key: Name,
    /// The difference it allows, or from which on it weighs less.
    pub max_skew: i32,
    /// It filters and does not only score.
    pub do_not_schedule: bool,
}

/// A score plugin's weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Weight {
    /// The plugin.
    pub plugin: Name,
    /// What its points are multiplied with.
    pub weight: i64,
    /// The configuration set it.
    pub configured: bool,
}

/// What a RuntimeClass adds of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OverheadAmount {
    /// The resource.
    pub resource: Name,
    /// How much.
    pub amount: Quantity,
}

/// The rules that `placement`, which `cycle` gave with `profile`, rests on.
pub fn find(profile: &Profile, cycle: Cycle<'_>, placement: &Placement) -> Vec<ImplicitRule> {
    let pod = cycle.pod;
    let scores = placement.feasible().count() > 1;
    let mut rules = Vec::new();
    rules.extend(default_spread(profile, cycle, placement, scores));
    rules.extend(added_affinity(profile, placement));
    if scores {
        rules.extend(assumed_requests(pod));
        rules.extend(weights(profile));
    }
    rules.extend(overhead(pod));
    rules.extend(priority(cycle));
    rules.extend(pod.own.limit_ranged.then_some(ImplicitRule::LimitRange));
    rules
}

/// Upstream podtopologyspread/common.go, buildDefaultConstraints.
fn default_spread(profile: &Profile, cycle: Cycle<'_>, placement: &Placement, scores: bool) -> Option<ImplicitRule> {
    let runs = |plugins: &[crate::config::Enabled]| plugins.iter().any(|enabled| enabled.plugin == "PodTopologySpread");
    if !cycle.pod.spec().topology_spread_constraints.is_empty() || !(runs(&profile.filter) || runs(&profile.score)) {
        return None;
    }
    let (system, constraints) = match &profile.args.pod_topology_spread.default_constraints {
        DefaultConstraints::System => (true, &pod_topology_spread::system_defaults()),
        DefaultConstraints::List(list) => (false, list),
    };
    let filters = !placement.skipped_filters.contains(&"PodTopologySpread");
    let scored = scores && !placement.skipped_scores.contains(&"PodTopologySpread");
    let constraints: Vec<DefaultConstraint> = constraints
        .iter()
        .filter(|one| if one.do_not_schedule { filters } else { scored })
        .map(|one| DefaultConstraint {
            topology_key: one.topology_key,
            max_skew: one.max_skew,
            do_not_schedule: one.do_not_schedule,
        })
        .collect();
    let selector = default_selector(cycle.cluster, cycle.pod);
    // Without a Service or a controller the constraints select nothing and do nothing.
    (!constraints.is_empty() && !selector.is_empty()).then(|| ImplicitRule::DefaultSpread {
        system,
        constraints,
        selector: selector.to_string().as_str().into(),
    })
}

fn added_affinity(profile: &Profile, placement: &Placement) -> Option<ImplicitRule> {
    let added = profile.args.node_affinity.added_affinity.as_ref()?;
    let has = |field: &str| added.get(field).is_some_and(|value| !value.is_null());
    let closes = placement
        .nodes
        .iter()
        .flat_map(|node| &node.filters)
        .flat_map(|filter| &filter.rejection.reasons)
        .any(|reason| *reason == Reason::EnforcedNodeAffinityMismatch);
    let required = has("requiredDuringSchedulingIgnoredDuringExecution") && closes;
    let preferred = has("preferredDuringSchedulingIgnoredDuringExecution");
    (required || preferred).then_some(ImplicitRule::AddedAffinity { required, preferred })
}

/// Upstream util/pod_resources.go, GetNonzeroRequests: for a container that does not name the
/// resource, even for none of it.
fn assumed_requests(pod: &Pod) -> Vec<ImplicitRule> {
    let spec = pod.spec();
    let defaults = [(STANDARD.cpu, DEFAULT_MILLI_CPU_REQUEST), (STANDARD.memory, DEFAULT_MEMORY_REQUEST)];
    let mut rules: Vec<(Vec<AssumedRequest>, Vec<Name>)> = Vec::new();
    for container in spec.containers.iter().chain(&spec.init_containers) {
        let assumed: Vec<AssumedRequest> = defaults
            .iter()
            .filter(|(resource, _)| container.requests().get(*resource).is_none())
            .map(|(resource, amount)| AssumedRequest { resource: *resource, amount: Amount::new(*resource, *amount) })
            .collect();
        let name = container.name.unwrap_or_default();
        match rules.iter_mut().find(|(other, _)| *other == assumed) {
            Some((_, containers)) => containers.push(name),
            None => rules.push((assumed, vec![name])),
        }
    }
    rules.retain(|(assumed, _)| !assumed.is_empty());
    rules.into_iter().map(|(assumed, containers)| ImplicitRule::AssumedRequests { containers, assumed }).collect()
}

fn weights(profile: &Profile) -> Option<ImplicitRule> {
    let mut weights: Vec<Weight> = profile
        .score
        .iter()
        .map(|enabled| Weight {
            plugin: enabled.plugin,
            weight: enabled.weight,
            configured: enabled.origin != Origin::Default,
        })
        .collect();
    // Stable: equal weights stay in the profile's order.
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.weight));
    let configured = weights.iter().any(|weight| weight.configured);
    let differ = weights.iter().any(|weight| weight.weight != 1);
    (configured || differ).then_some(ImplicitRule::Weights { configured, weights })
}

fn overhead(pod: &Pod) -> Option<ImplicitRule> {
    let overhead = pod.spec().overhead.as_ref().filter(|overhead| !overhead.is_empty())?;
    let overhead = overhead.iter().map(|(resource, amount)| OverheadAmount { resource, amount }).collect();
    Some(ImplicitRule::Overhead { runtime_class: pod.spec().runtime_class_name, overhead })
}

fn priority(cycle: Cycle<'_>) -> Option<ImplicitRule> {
    let spec = cycle.pod.spec();
    let class = spec.priority_class_name.filter(|class| !class.is_empty())?;
    let default = cycle.cluster.priority_classes.iter().any(|known| known.name == class && known.global_default);
    Some(ImplicitRule::PriorityClass { class, priority: spec.priority(), default })
}
