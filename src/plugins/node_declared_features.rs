//! NodeDeclaredFeatures: what a pod needs of its kubelet, the node must declare.
//!
//! Kubelets list in `status.declaredFeatures` what they support beyond every kubelet of their time. A pod needs a
//! feature by what its specification uses. <https://kubernetes.io/docs/concepts/scheduling-eviction/node-declared-features/>;
//! upstream plugins/nodedeclaredfeatures/nodedeclaredfeatures.go; the features are those of component-helpers
//! nodedeclaredfeatures/features.

use crate::api::name::{Name, name};
use crate::api::pod_spec::PodSpec;
use crate::config::Behaviour;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, points,
};
use crate::state::NodeInfo;

/// The plugin.
pub struct NodeDeclaredFeatures;

/// A feature that a pod may need before it is scheduled; others matter only when a running pod is changed.
struct Feature {
    name: &'static str,
    /// Whether this version's scheduler knows it.
    known: fn(&Behaviour) -> bool,
    /// Whether a pod needs it (upstream InferForScheduling).
    needed: fn(&PodSpec) -> bool,
}

/// Sorted by name.
const FEATURES: [Feature; 3] = [
    Feature {
        name: "RestartAllContainersOnContainerExits",
        known: |_| true,
        needed: |spec| spec.all_containers().any(crate::api::pod_spec::Container::restarts_all_containers),
    },
    Feature {
        name: "UserNamespacesHostNetworkSupport",
        known: |behaviour| behaviour.declared_features_know_user_namespaces_in_host_network,
        needed: |spec| spec.host_network == Some(true) && spec.host_users == Some(false),
    },
    Feature {
        name: "VolumeBindMountOptions",
        known: |behaviour| behaviour.declared_features_know_bind_mount_options,
        needed: |spec| {
            let mounts = spec.all_containers().flat_map(|container| &container.volume_mounts);
            mounts
                .chain(spec.ephemeral_containers.iter().flat_map(|container| &container.volume_mounts))
                .any(|mount| !mount.bind_mount_options.is_empty())
        },
    },
];

impl Plugin for NodeDeclaredFeatures {
    fn name(&self) -> &'static str {
        "NodeDeclaredFeatures"
    }

    points!(pre_filter, filter, incremental);
}

impl IncrementalPlugin for NodeDeclaredFeatures {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Filter::of(cycle).map_or(Incremental::Skip, Incremental::filter)
    }
}

impl PreFilterPlugin for NodeDeclaredFeatures {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        Filter::of(cycle).map_or(PreFilter::Skip, PreFilter::run)
    }
}

impl FilterPlugin for NodeDeclaredFeatures {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(WithoutPreFilter { enabled: cycle.behaviour.gates.node_declared_features })
    }
}

struct Filter {
    /// The features that the pod needs, sorted.
    needed: Vec<&'static str>,
    /// [`Behaviour::declared_features_reason_names_them`].
    named: bool,
}

impl Filter {
    /// None where the pod needs nothing, or the gate is off.
    fn of(cycle: Cycle<'_>) -> Option<Self> {
        if !cycle.behaviour.gates.node_declared_features {
            return None;
        }
        let spec = cycle.pod.spec();
        let needed = FEATURES.iter().filter(|feature| (feature.known)(cycle.behaviour) && (feature.needed)(spec));
        let needed: Vec<&'static str> = needed.map(|feature| feature.name).collect();
        let named = cycle.behaviour.declared_features_reason_names_them;
        (!needed.is_empty()).then_some(Self { needed, named })
    }
}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let declares = |feature: &str| node.node.declared_features.iter().any(|declared| *declared == feature);
        let missing: Vec<Name> =
            self.needed.iter().filter(|feature| !declares(feature)).map(|feature| name(feature)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Rejection::unresolvable(Reason::FeaturesNotDeclared { missing, named: self.named }))
    }
}

impl IncrementalFilter for Filter {}

/// The filter of a profile that takes the plugin out of PreFilter only. Upstream words this plugin's error differently
/// from the others' (getPreFilterState).
struct WithoutPreFilter {
    enabled: bool,
}

impl NodeFilter for WithoutPreFilter {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        if !self.enabled {
            return Ok(());
        }
        Err(Rejection::error("error reading \"PreFilterNodeDeclaredFeatures\" from cycle-state: not found"))
    }
}
