//! DynamicResources: devices that pods claim, found and reserved by structured parameters.
//!
//! PreFilter looks at the pod's claims; the filter looks for devices on each node for those that have none yet, and
//! keeps the others to the nodes that reach what they were given. Every no is final, so preemption never helps; PostFilter
//! instead gives back an allocation that blocks it.
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/>;
//! upstream plugins/dynamicresources/dynamicresources.go.

mod allocator;
mod binding;
mod cel;
mod claims;
mod extended;
mod facts;
mod filter;
mod gates;
mod obstacles;
pub mod overview;
mod pod_group;
pub mod remedies;
mod score;
mod selection;
mod shortage;
mod totals;

#[cfg(test)]
mod tests;

use crate::config::{Behaviour, DynamicResourcesArgs, GoDuration};
use crate::decode::Kind;
use crate::decode::devices::ResourceClaim;
use crate::framework::cache::{Change, DirtySet, RepeatedScorer, mark_devices};
use crate::framework::{
    Cycle, DeviceReason, FailedCycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin,
    IncrementalScorer, NodeFilter, NodePlacement, NodeScorer, NotEvaluated, Plugin, PostFilter, PostFilterPlugin,
    PreEnqueuePlugin, PreFilter, PreFilterPlugin, Reason, Rejection, ReservePlugin, ScorePlugin, Turns, points,
};
use crate::state::{NodeInfo, Take};

use allocator::taints::TaintRules;
use claims::{ClaimInput, reject};
use extended::ExtendedClaim;
use filter::Filter;
use gates::Gates;
use score::Scorer;

pub(super) use totals::{DeviceCounter, DeviceTotals};

const NAME: &str = "DynamicResources";

/// The time that a device may take to become ready (upstream apis/config, DynamicResourcesBindingTimeoutDefault).
const BINDING_TIMEOUT: GoDuration = GoDuration::from_seconds(600);

/// The plugin.
pub struct DynamicResources {
    gates: Gates,
    selectors: cel::Cache,
    binding_timeout: GoDuration,
}

impl DynamicResources {
    /// With the profile's arguments and the feature gates of `behaviour`.
    pub fn new(args: DynamicResourcesArgs, behaviour: &Behaviour) -> Self {
        Self {
            gates: Gates::of(behaviour),
            selectors: cel::Cache::default(),
            binding_timeout: args.binding_timeout.unwrap_or(BINDING_TIMEOUT),
        }
    }

    /// What PreFilter finds out about the pod's claims; none where it has nothing to claim.
    fn prepare<'a>(&'a self, cycle: Cycle<'a>) -> Result<Option<Filter<'a>>, Rejection> {
        let devices = &cycle.cluster.devices;
        if !cycle.pod.spec().resource_claims.is_empty() {
            note_missing(cycle, &[Kind::ResourceClaim]);
        }
        let claims = claims::of_pod(cycle.pod, devices, &self.gates).map_err(reject)?;
        let extended = ExtendedClaim::of_pod(cycle, &self.gates);
        let mut filter = Filter {
            plugin: self,
            cycle,
            claims,
            to_allocate: Vec::new(),
            extended,
            taint_rules: TaintRules::default(),
        };
        if filter.claims.is_empty() && filter.extended.is_none() {
            return Ok(None);
        }
        let is_unallocated = |claim: &&ResourceClaim| claim.allocation.is_none();
        if filter.claims.iter().any(is_unallocated) || filter.extended.is_some() {
            note_missing(cycle, &[Kind::DeviceClass, Kind::ResourceSlice]);
            if self.gates.taint_rules {
                note_missing(cycle, &[Kind::DeviceTaintRule]);
            }
        }
        self.gates.note(cycle.notes);
        let mut to_allocate = Vec::new();
        for claim in filter.all_claims() {
            if devices.is_in_flight(claim.key) {
                return Err(reject(DeviceReason::ResourceClaimInFlight { claim: claim.key }));
            }
            match &claim.allocation {
                Some(allocation) => {
                    if let Some(Err(error)) = &allocation.node_selector {
                        return Err(Rejection::error(error.clone()));
                    }
                }
                // Of the one for extended resources nothing is known before there is a node.
                None if claim.is_for_extended_resources && !filter.claims.iter().any(|own| own.key == claim.key) => {}
                None => to_allocate.push(ClaimInput::new(claim, devices, &self.gates, &self.selectors)?),
            }
        }
        filter.to_allocate = to_allocate;
        filter.taint_rules = TaintRules::new(devices, &self.gates, &self.selectors);
        Ok(Some(filter))
    }
}

impl Plugin for DynamicResources {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_enqueue, pre_filter, filter, post_filter);
    fn score(&self) -> Option<&dyn ScorePlugin> {
        if self.gates.scores { Some(self) } else { None }
    }

    points!(reserve, pod_group_post_filter, incremental);
}

impl IncrementalPlugin for DynamicResources {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        if !self.gates.enabled {
            return Incremental::Skip;
        }
        match self.prepare(cycle) {
            Ok(None) => Incremental::Skip,
            Ok(Some(_)) => Incremental::filter(RepeatedFilter { plugin: self }),
            Err(_) => Incremental::Uncached,
        }
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        let filter = if self.gates.enabled { self.prepare(cycle).ok() } else { Some(None) };
        let is_level = filter.is_some_and(|filter| Scorer::new(filter).is_level());
        if is_level {
            return Scorer::of_nothing();
        }
        Incremental::scorer(RepeatedScorer::new(
            self,
            |plugin, cycle| Some(Box::new(Scorer::new(plugin.prepare(cycle).ok()?))),
            Some(&score::BetterAlternatives),
        ))
    }
}

/// The filter of equal pods: it is prepared again for each, as the claims are other ones, and keeps nothing but which
/// nodes are to be judged again.
struct RepeatedFilter<'a> {
    plugin: &'a DynamicResources,
}

impl NodeFilter for RepeatedFilter<'_> {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::error("not prepared"))
    }
}

impl IncrementalFilter for RepeatedFilter<'_> {
    fn update(&mut self, change: Change<'_>, dirty: &mut DirtySet) {
        mark_devices(change, dirty);
    }

    fn now<'c>(&'c self, cycle: Cycle<'c>) -> Option<Box<dyn NodeFilter + 'c>> {
        let filter = self.plugin.prepare(cycle).ok()??;
        Some(Box::new(filter))
    }

    fn hears_of_reserve(&self) -> bool {
        true
    }
}

impl PreEnqueuePlugin for DynamicResources {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Result<(), Rejection> {
        if self.gates.enabled {
            claims::of_pod(cycle.pod, &cycle.cluster.devices, &self.gates).map_err(reject)?;
        }
        Ok(())
    }
}

impl PreFilterPlugin for DynamicResources {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        if !self.gates.enabled {
            return PreFilter::Skip;
        }
        match self.prepare(cycle) {
            Ok(None) => PreFilter::Skip,
            Ok(Some(filter)) => PreFilter::run(filter),
            Err(rejection) => PreFilter::Reject(rejection),
        }
    }
}

/// A kind that the input does not speak of is not known to be empty.
fn note_missing(cycle: Cycle<'_>, kinds: &[Kind]) {
    for kind in kinds.iter().filter(|kind| !cycle.cluster.kinds.contains(kind)) {
        cycle.notes.add(
            NotEvaluated::of_kind(
                *kind,
                "the input has no object of this kind and no empty list of it",
                "DynamicResources was evaluated as if there were none",
            )
            .turning(if *kind == Kind::DeviceTaintRule { Turns::Fits } else { Turns::DoesNotFit }),
        );
    }
}

impl FilterPlugin for DynamicResources {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Unready { enabled: self.gates.enabled })
    }
}

/// The filter when PreFilter did not run: upstream fails because its cycle state is missing (getStateData).
struct Unready {
    enabled: bool,
}

impl NodeFilter for Unready {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        if self.enabled { Err(Rejection::error("not found")) } else { Ok(()) }
    }
}

impl ScorePlugin for DynamicResources {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        let filter = if self.gates.enabled { self.prepare(cycle).unwrap_or_default() } else { None };
        Box::new(Scorer::new(filter))
    }
}

impl ReservePlugin for DynamicResources {
    /// The pod's claims as they are once it is on `node`. A claim of which it cannot be said whether it can be had there
    /// stays as it is; the notes of the cycle say so.
    fn reserve(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Result<Vec<Take>, Rejection> {
        if !self.gates.enabled {
            return Ok(Vec::new());
        }
        let Some(filter) = self.prepare(cycle)? else { return Ok(Vec::new()) };
        filter.takes(node)
    }
}

impl PostFilterPlugin for DynamicResources {
    /// Gives back an allocation that keeps the pod from a node, if no other pod uses it
    /// (upstream PostFilter, deallocateOrDeletePodClaims).
    fn post_filter(&self, failed: &FailedCycle<'_>) -> PostFilter {
        let did_nothing = |text: &str| {
            let silent = self.gates.behaviour.post_filter_is_silent;
            PostFilter::Unschedulable(if silent { String::new() } else { text.to_owned() })
        };
        if !self.gates.enabled {
            return did_nothing("plugin disabled");
        }
        if !failed.prepared.ran.contains(&NAME) {
            return PostFilter::Final("not found".to_owned());
        }
        let cycle = failed.cycle;
        // Claims that PreFilter refused are refused here again.
        let Some(filter) = self.prepare(cycle).ok().flatten() else {
            return did_nothing("no new claims to deallocate");
        };
        let is_only_ours = |claim: &ResourceClaim| match *claim.reserved_for {
            [] => true,
            [uid] => uid == cycle.pod.own.uid,
            _ => false,
        };
        let in_the_way = failed.nodes.iter().flat_map(NodePlacement::reasons).any(|reason| match reason {
            Reason::Device(DeviceReason::ResourceClaimElsewhere { claims: keys, .. }) => {
                filter.claims.iter().any(|claim| keys.contains(&claim.key) && is_only_ours(claim))
            }
            _ => false,
        });
        let left_over = filter.extended.as_ref().is_some_and(|extended| extended.left_over.is_some());
        if in_the_way {
            PostFilter::Unschedulable("deallocation of ResourceClaim completed".to_owned())
        } else if left_over {
            PostFilter::Unschedulable("deletion of ResourceClaim completed".to_owned())
        } else {
            did_nothing("still not schedulable")
        }
    }
}
