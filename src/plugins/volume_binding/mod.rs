//! VolumeBinding: bound volumes must be usable on the node, and for claims that wait for their
//! first consumer a volume must be found or made there.
//!
//! <https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode>; upstream
//! plugins/volumebinding/volume_binding.go. What a node would get is a plain function of pod,
//! node and state ([`binder::Binder::pod_volumes`]), for filtering, scoring and reserving alike.

pub mod binder;
pub mod claims;
mod matching;
mod scoring;

use crate::cluster::NodeInfo;
use crate::cluster::storage::StorageKind;
use crate::config::{Behaviour, VolumeBindingArgs};
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{
    Cycle, Fact, FilterPlugin, NodeFilter, NodeScorer, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin,
    Reason, Rejection, ScorePlugin,
};

use super::volume_state;
use binder::Binder;
use claims::PodClaims;
use scoring::Shape;

const NAME: &str = "VolumeBinding";

/// The plugin.
pub struct VolumeBinding {
    /// None with the gate `StorageCapacityScoring` off: then no node is scored.
    shape: Option<Shape>,
}

impl VolumeBinding {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &VolumeBindingArgs, behaviour: &Behaviour) -> Self {
        Self { shape: behaviour.gates.storage_capacity_scoring.then(|| Shape::new(args)) }
    }
}

impl Plugin for VolumeBinding {
    fn name(&self) -> &'static str {
        NAME
    }

    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        Some(self)
    }

    fn filter(&self) -> Option<&dyn FilterPlugin> {
        Some(self)
    }

    fn pre_score(&self) -> Option<&dyn PreScorePlugin> {
        Some(self)
    }

    fn score(&self) -> Option<&dyn ScorePlugin> {
        Some(self)
    }
}

impl PreFilterPlugin for VolumeBinding {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        match claims::check(cycle) {
            Ok(true) => {}
            Ok(false) => return PreFilter::Skip,
            Err(reason) => return PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason))),
        }
        let claims = match PodClaims::of(cycle) {
            Ok(claims) => claims,
            Err(error) => return PreFilter::Reject(Rejection::error(error)),
        };
        if !claims.immediate.is_empty() {
            let claims = claims.immediate.iter().map(|claim| claim.key).collect();
            let reason = VolumeReason::UnboundImmediateClaims { claims };
            return PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason)));
        }
        note_what_is_missing(cycle, &claims);
        PreFilter::run(Filter { binder: Binder::new(cycle, &claims) })
    }
}

/// New volumes are checked against what drivers report; without these kinds there is nothing to check.
fn note_what_is_missing(cycle: Cycle<'_>, claims: &PodClaims<'_>) {
    let mut provisioners = claims
        .delayed
        .iter()
        .filter_map(|claim| cycle.cluster.storage().class(claim.class))
        .filter(|class| class.provisions())
        .map(|class| class.provisioner)
        .peekable();
    if provisioners.peek().is_none() {
        return;
    }
    let effect = "VolumeBinding did not check whether there is space for new volumes";
    if !cycle.cluster.holds(StorageKind::CsiDriver) {
        volume_state::not_held(cycle, StorageKind::CsiDriver, effect);
    } else if !cycle.cluster.holds(StorageKind::CsiStorageCapacity) {
        let mut drivers = provisioners.filter_map(|provisioner| cycle.cluster.storage().driver(provisioner));
        if drivers.any(|driver| driver.storage_capacity) {
            volume_state::not_held(cycle, StorageKind::CsiStorageCapacity, effect);
        }
    }
}

impl FilterPlugin for VolumeBinding {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(WithoutState)
    }
}

/// The filter without its PreFilter: upstream passes on that the state was not found, and no more.
struct WithoutState;

impl NodeFilter for WithoutState {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::error("not found"))
    }
}

struct Filter<'a> {
    binder: Binder<'a>,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        self.binder.pod_volumes(node).map(|_| ())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let Ok(volumes) = self.binder.pod_volumes(node) else { return Vec::new() };
        let bound = volumes.static_bindings.iter().map(|binding| {
            let volume = format!("PersistentVolume {} ({})", binding.volume.name, binding.volume.capacity);
            Fact::value(format!("claim {}", binding.claim.key), volume)
        });
        let provisioned = volumes.dynamic_provisions.iter().map(|provision| {
            let volume = format!("a new volume of StorageClass {}", provision.claim.class);
            Fact::value(format!("claim {}", provision.claim.key), volume)
        });
        bound.chain(provisioned).collect()
    }
}

impl PreScorePlugin for VolumeBinding {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        match &self.shape {
            Some(_) => PreScore::Run(ScorePlugin::unprepared(self, cycle)),
            None => PreScore::Skip,
        }
    }
}

impl ScorePlugin for VolumeBinding {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        // PreFilter has run on the same claims: what it would not take never comes here.
        let claims = self.shape.as_ref().and_then(|shape| Some((shape, PodClaims::of(cycle).ok()?)));
        Box::new(Scorer { parts: claims.map(|(shape, claims)| (shape, Binder::new(cycle, &claims))) })
    }
}

/// Scores what the pod would take of the node's volumes.
struct Scorer<'a> {
    parts: Option<(&'a Shape, Binder<'a>)>,
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, String> {
        let Some((shape, binder)) = &self.parts else { return Ok(0) };
        Ok(binder.pod_volumes(node).map_or(0, |volumes| shape.score(&volumes)))
    }
}
