//! The in-tree plugins, one file each, under upstream's names; and the registry.
//!
//! Plugins know nothing of each other. What two of them need lies in `cluster`.

use crate::config::{Behaviour, Profile};
use crate::framework::Plugin;

pub mod default_preemption;
pub mod dynamic_resources;
mod extended_resources;
pub mod gang_scheduling;
pub mod image_locality;
pub mod inter_pod_affinity;
pub mod node_affinity;
pub mod node_declared_features;
pub mod node_name;
pub mod node_ports;
pub mod node_resources_balanced_allocation;
pub mod node_resources_fit;
pub mod node_unschedulable;
pub mod node_volume_limits;
pub mod pod_group_pods_count;
pub mod pod_topology_spread;
mod resource_allocation;
pub mod scheduling_gates;
pub mod taint_toleration;
pub mod topology_placement_generator;
pub mod volume_binding;
pub mod volume_restrictions;
mod volume_state;
pub mod volume_zone;

/// Builds every in-tree plugin with the profile's arguments. Which of them are asked, and in
/// which order, [`crate::framework::Framework`] takes from the profile.
pub fn build(profile: &Profile, behaviour: &Behaviour) -> Vec<Box<dyn Plugin>> {
    let args = &profile.args;
    vec![
        Box::new(scheduling_gates::SchedulingGates),
        Box::new(node_unschedulable::NodeUnschedulable),
        Box::new(node_name::NodeName::new(behaviour)),
        Box::new(taint_toleration::TaintToleration),
        Box::new(node_affinity::NodeAffinity::new(&args.node_affinity)),
        Box::new(node_ports::NodePorts),
        Box::new(node_resources_fit::NodeResourcesFit::new(&args.node_resources_fit, behaviour)),
        Box::new(node_resources_balanced_allocation::NodeResourcesBalancedAllocation::new(
            &args.node_resources_balanced_allocation,
            behaviour,
        )),
        Box::new(inter_pod_affinity::InterPodAffinity::new(&args.inter_pod_affinity, behaviour)),
        Box::new(image_locality::ImageLocality),
        Box::new(pod_topology_spread::PodTopologySpread::new(&args.pod_topology_spread, behaviour)),
        Box::new(volume_restrictions::VolumeRestrictions),
        Box::new(node_volume_limits::NodeVolumeLimits::new(behaviour)),
        Box::new(volume_binding::VolumeBinding::new(&args.volume_binding, behaviour)),
        Box::new(volume_zone::VolumeZone),
        Box::new(dynamic_resources::DynamicResources::new(args.dynamic_resources, behaviour)),
        Box::new(default_preemption::DefaultPreemption::new(args.default_preemption)),
        Box::new(gang_scheduling::GangScheduling::new(behaviour)),
        Box::new(topology_placement_generator::TopologyPlacementGenerator),
        Box::new(pod_group_pods_count::PodGroupPodsCount),
        Box::new(node_declared_features::NodeDeclaredFeatures),
    ]
}
