//! DynamicResources: devices that pods claim, found and reserved by structured parameters.
//!
//! PreFilter looks at the pod's claims; the filter looks for devices on each node for those that have none yet, and
//! keeps the others to the nodes that reach what they were given. Every no is final, so preemption never helps; PostFilter
//! instead gives back an allocation that is in the way.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/>;
//! upstream plugins/dynamicresources/dynamicresources.go.
//!
//! Not reproduced, as it is off by default in v1.34 and noted where it is on: extended resources backed by devices,
//! partitionable devices, consumable capacity, device taints, binding conditions.

mod allocator;
mod cel;
mod claims;
mod constraints;
mod gates;
mod pools;
mod selection;
mod shortage;

#[cfg(test)]
mod tests;

use allocator::ClaimAllocation;

use crate::config::Behaviour;
use crate::decode::Kind;
use crate::decode::devices::ResourceClaim;
use crate::framework::{
    Cycle, DeviceReason, FailedCycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter,
    NodePlacement, NotEvaluated, Plugin, PostFilter, PostFilterPlugin, PreEnqueuePlugin, PreFilter, PreFilterPlugin,
    Reason, Rejection, ReservePlugin,
};
use crate::state::{NodeInfo, Take};

use claims::{ClaimInput, reject};
use gates::Gates;
use selection::Stop;

const NAME: &str = "DynamicResources";

/// The plugin.
pub struct DynamicResources {
    gates: Gates,
    selectors: cel::Cache,
}

impl DynamicResources {
    /// With the feature gates of `behaviour`.
    pub fn new(behaviour: &Behaviour) -> Self {
        Self { gates: Gates::of(behaviour), selectors: cel::Cache::default() }
    }

    /// What PreFilter finds out about the pod's claims.
    fn prepare<'a>(&self, cycle: Cycle<'a>, claims: Vec<&'a ResourceClaim>) -> Result<Filter<'a>, Rejection>
    where
        Self: 'a,
    {
        let devices = &cycle.cluster.devices;
        if claims.iter().any(|claim| claim.allocation.is_none()) {
            note_missing(cycle, &[Kind::DeviceClass, Kind::ResourceSlice]);
            self.gates.note(cycle.notes);
        }
        let mut to_allocate = Vec::new();
        for claim in &claims {
            match &claim.allocation {
                Some(allocation) => {
                    if let Some(Err(error)) = &allocation.node_selector {
                        return Err(Rejection::error(error.clone()));
                    }
                }
                None => to_allocate.push(ClaimInput::new(claim, devices, &self.gates, &self.selectors)?),
            }
        }
        Ok(Filter { cycle, gates: self.gates.clone(), claims, to_allocate })
    }
}

impl Plugin for DynamicResources {
    fn name(&self) -> &'static str {
        NAME
    }

    fn pre_enqueue(&self) -> Option<&dyn PreEnqueuePlugin> {
        Some(self)
    }

    fn pre_filter(&self) -> Option<&dyn PreFilterPlugin> {
        Some(self)
    }

    fn filter(&self) -> Option<&dyn FilterPlugin> {
        Some(self)
    }

    fn post_filter(&self) -> Option<&dyn PostFilterPlugin> {
        Some(self)
    }

    fn reserve(&self) -> Option<&dyn ReservePlugin> {
        Some(self)
    }

    fn incremental(&self) -> Option<&dyn IncrementalPlugin> {
        Some(self)
    }
}

impl IncrementalPlugin for DynamicResources {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::skip_only_if(matches!(PreFilterPlugin::pre_filter(self, cycle), PreFilter::Skip))
    }
}

impl PreEnqueuePlugin for DynamicResources {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Result<(), Rejection> {
        if self.gates.enabled {
            claims::of_pod(cycle.pod, &cycle.cluster.devices).map_err(reject)?;
        }
        Ok(())
    }
}

impl PreFilterPlugin for DynamicResources {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        if !self.gates.enabled {
            return PreFilter::Skip;
        }
        if !cycle.pod.spec().resource_claims.is_empty() {
            note_missing(cycle, &[Kind::ResourceClaim]);
        }
        let claims = match claims::of_pod(cycle.pod, &cycle.cluster.devices) {
            Ok(claims) => claims,
            Err(reason) => return PreFilter::Reject(reject(reason)),
        };
        if claims.is_empty() {
            return PreFilter::Skip;
        }
        match self.prepare(cycle, claims) {
            Ok(filter) => PreFilter::run(filter),
            Err(rejection) => PreFilter::Reject(rejection),
        }
    }
}

/// A kind that the input does not speak of is not known to be empty.
fn note_missing(cycle: Cycle<'_>, kinds: &[Kind]) {
    for kind in kinds.iter().filter(|kind| !cycle.cluster.kinds.contains(kind)) {
        cycle.notes.add(NotEvaluated::of_kind(
            *kind,
            "the input has no object of this kind and no empty list of it",
            "DynamicResources was evaluated as if there were none",
        ));
    }
}

impl FilterPlugin for DynamicResources {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unready { enabled: self.gates.enabled })
    }
}

/// The filter when PreFilter did not run: upstream fails for want of its cycle state (getStateData).
struct Unready {
    enabled: bool,
}

impl NodeFilter for Unready {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        if self.enabled { Err(Rejection::error("not found")) } else { Ok(()) }
    }
}

struct Filter<'a> {
    cycle: Cycle<'a>,
    gates: Gates,
    /// All claims of the pod.
    claims: Vec<&'a ResourceClaim>,
    /// Those that have no devices yet.
    to_allocate: Vec<ClaimInput<'a>>,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        self.judge(node).map(|_| ())
    }
}

impl Filter<'_> {
    /// Upstream Filter: first the devices that are still to be found, then those that were given.
    fn judge(&self, node: &NodeInfo) -> Result<Vec<ClaimAllocation>, Rejection> {
        let found = if self.to_allocate.is_empty() { Vec::new() } else { self.find(node)? };
        let mut elsewhere = Vec::new();
        for claim in &self.claims {
            let selector = claim.allocation.as_ref().and_then(|allocation| allocation.node_selector.as_ref());
            if let Some(Ok(selector)) = selector
                && !selector.matches(node.name(), &node.node.labels).map_err(Rejection::error)?
            {
                elsewhere.push(claim.key);
            }
        }
        if elsewhere.is_empty() {
            Ok(found)
        } else {
            Err(reject(DeviceReason::ResourceClaimElsewhere { claims: elsewhere }))
        }
    }

    fn find(&self, node: &NodeInfo) -> Result<Vec<ClaimAllocation>, Rejection> {
        let devices = &self.cycle.cluster.devices;
        match allocator::allocate(&self.to_allocate, devices, node, &self.gates) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(reject(shortage::explain(&self.to_allocate, devices, node))),
            Err(Stop::Error(text)) => Err(Rejection::error(text)),
            Err(Stop::Unknown { what, why }) => {
                self.cycle.notes.add(NotEvaluated::new(
                    what,
                    why,
                    "DynamicResources accepts nodes where this would decide",
                ));
                Ok(Vec::new())
            }
        }
    }
}

impl ReservePlugin for DynamicResources {
    /// The devices that the pod's claims are given on `node`, for those that have none yet (upstream Reserve). None
    /// where that cannot be said, which the notes of the cycle then tell.
    fn reserve(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Result<Vec<Take>, Rejection> {
        if !self.gates.enabled {
            return Ok(Vec::new());
        }
        let claims = claims::of_pod(cycle.pod, &cycle.cluster.devices).map_err(reject)?;
        let found = self.prepare(cycle, claims)?.judge(node)?;
        Ok(found.into_iter().map(|found| Take::Devices { claim: found.claim, devices: found.devices }).collect())
    }
}

impl PostFilterPlugin for DynamicResources {
    /// Gives back an allocation that keeps the pod from a node, if no other pod uses it
    /// (upstream PostFilter).
    fn post_filter(&self, failed: &FailedCycle<'_>) -> PostFilter {
        if !self.gates.enabled {
            return PostFilter::Unschedulable("plugin disabled".to_owned());
        }
        if !failed.prepared.ran.contains(&NAME) {
            return PostFilter::Final("not found".to_owned());
        }
        let cycle = failed.cycle;
        let turned_away = failed.pre_filter.is_some_and(|rejection| rejection.plugin == Some(NAME));
        let claims = claims::of_pod(cycle.pod, &cycle.cluster.devices).unwrap_or_default();
        if turned_away || claims.is_empty() {
            return PostFilter::Unschedulable("no new claims to deallocate".to_owned());
        }
        let is_only_ours = |claim: &ResourceClaim| match *claim.reserved_for {
            [] => true,
            [uid] => uid == cycle.pod.own.uid,
            _ => false,
        };
        let in_the_way = failed.nodes.iter().flat_map(NodePlacement::reasons).any(|reason| match reason {
            Reason::Device(DeviceReason::ResourceClaimElsewhere { claims: keys }) => {
                claims.iter().any(|claim| keys.contains(&claim.key) && is_only_ours(claim))
            }
            _ => false,
        });
        let text = if in_the_way { "deallocation of ResourceClaim completed" } else { "still not schedulable" };
        PostFilter::Unschedulable(text.to_owned())
    }
}
