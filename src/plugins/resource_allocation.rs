//! How full a node would be with the pod on it: shared by the two plugins that score resources
//! (upstream plugins/noderesources/resource_allocation.go, least_allocated.go, most_allocated.go,
//! requested_to_capacity_ratio.go, plugins/helper/shape_score.go).

use crate::api::name::Name;
use crate::api::requests::{RequestGates, score_request_list};
use crate::api::resources::{STANDARD, is_scalar_resource_name};
use crate::config::{ResourceWeight, ScoringStrategy};
use crate::framework::cache::SharedKey;
use crate::framework::{Amount, Fact, MAX_NODE_SCORE};
use crate::state::{NodeInfo, Pod};

use super::dynamic_resources::DeviceTotals;

/// The resources a plugin scores.
pub(super) struct ScoredResources(Vec<ScoredResource>);

/// One of them.
struct ScoredResource {
    name: Name,
    weight: i64,
    /// Where a node keeps its amounts: asked of every node, found once.
    column: Column,
    /// Counts only where the pod asks for it.
    is_scalar: bool,
}

/// Which field of a node's resources.
#[derive(Clone, Copy)]
enum Column {
    Cpu,
    Memory,
    EphemeralStorage,
    Scalar,
}

impl Column {
    fn of(resource: Name) -> Self {
        let columns = [
            (STANDARD.cpu, Self::Cpu),
            (STANDARD.memory, Self::Memory),
            (STANDARD.ephemeral_storage, Self::EphemeralStorage),
        ];
        columns.into_iter().find(|(name, _)| *name == resource).map_or(Self::Scalar, |(_, column)| column)
    }
}

impl ScoredResources {
    /// As the arguments list them.
    pub(super) fn new(resources: &[ResourceWeight]) -> Self {
        let scored = resources.iter().map(|scored| ScoredResource {
            name: scored.resource,
            weight: scored.weight,
            column: Column::of(scored.resource),
            is_scalar: is_scalar_resource_name(&scored.resource),
        });
        Self(scored.collect())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        self.0.iter().map(|scored| scored.name)
    }

    /// What `pod` asks for of them, ready to be laid on nodes; `earlier_readings` as in [`score_request_list`].
    pub(super) fn allocation<'a>(
        &'a self,
        pod: &Pod,
        gates: RequestGates,
        use_requested: bool,
        earlier_readings: usize,
    ) -> ResourceAllocation<'a> {
        let names = self.names();
        let requests =
            score_request_list(&pod.class.template.resources(), gates, names, use_requested, earlier_readings);
        ResourceAllocation { scored: self, requests, use_requested, devices: None }
    }
}

impl ScoredResources {
    /// All of `nodes` taken as one, with `pods` on them beside those that are there (upstream scorePlacement).
    pub(super) fn placement_shares<'c>(
        &self,
        pods: impl Iterator<Item = &'c Pod>,
        nodes: impl Iterator<Item = &'c NodeInfo>,
        gates: RequestGates,
    ) -> Vec<ResourceShare> {
        let mut requests = vec![0_i64; self.0.len()];
        for pod in pods {
            for (sum, request) in requests.iter_mut().zip(self.allocation(pod, gates, false, 0).requests) {
                *sum = sum.wrapping_add(request);
            }
        }
        let mut allocatable = vec![0_i64; self.0.len()];
        let mut all = ResourceAllocation { scored: self, requests, use_requested: false, devices: None };
        for node in nodes {
            for (place, scored) in self.0.iter().enumerate() {
                let (Some(request), Some(sum)) = (all.requests.get(place).copied(), allocatable.get_mut(place)) else {
                    continue;
                };
                let amounts = all.node_amounts(node, scored, request);
                let Some((of_node, used)) = amounts.filter(|(of_node, _)| *of_node != 0) else { continue };
                *sum = sum.wrapping_add(of_node);
                if let Some(request) = all.requests.get_mut(place) {
                    *request = request.wrapping_add(used);
                }
            }
        }
        self.0
            .iter()
            .zip(all.requests)
            .zip(allocatable)
            .filter(|(_, allocatable)| *allocatable != 0)
            .map(|((scored, requested), allocatable)| ResourceShare {
                resource: scored.name,
                weight: scored.weight,
                requested,
                allocatable,
                used: 0,
            })
            .collect()
    }
}

/// One resource with the pod on the node.
#[derive(Clone, Copy)]
pub(super) struct ResourceShare {
    /// Which resource.
    resource: Name,
    /// Its weight.
    weight: i64,
    /// What the pods on the node ask for.
    pub(super) used: i64,
    /// What they and this one ask for.
    pub(super) requested: i64,
    /// What the node has.
    pub(super) allocatable: i64,
}

/// A pod's requests, ready to be laid on nodes.
pub(super) struct ResourceAllocation<'a> {
    /// The resources.
    scored: &'a ScoredResources,
    /// What the pod asks for of each, in step.
    pub requests: Vec<i64>,
    /// Whether the pods on the node count with what they really request, not with the defaults.
    use_requested: bool,
    /// Devices that count as extended resources.
    devices: Option<DeviceTotals<'a>>,
}

impl<'a> ResourceAllocation<'a> {
    /// The same, with devices that stand for extended resources.
    pub(super) fn with_devices(self, devices: Option<DeviceTotals<'a>>) -> Self {
        Self { devices, ..self }
    }

    /// What the amounts on a node depend on, beside the node; devices are taken by pods anywhere.
    pub(super) fn shared_key(&self) -> Option<SharedKey> {
        self.devices.is_none().then(|| SharedKey::of(self.requests.clone()))
    }

    /// The resources that count on `node`: those the node has, and of scalar ones those the pod asks for.
    pub(super) fn shares<'s>(&'s self, node: &'s NodeInfo) -> impl Iterator<Item = ResourceShare> + Clone + 's {
        self.scored.0.iter().zip(&self.requests).filter_map(|(scored, request)| {
            let (allocatable, used) = self.node_amounts(node, scored, *request)?;
            (allocatable != 0).then_some(ResourceShare {
                resource: scored.name,
                weight: scored.weight,
                used,
                requested: used.wrapping_add(*request),
                allocatable,
            })
        })
    }

    /// What the node has of it and what is used; none of a scalar resource that the pod does not ask for.
    #[inline]
    fn node_amounts(&self, node: &NodeInfo, scored: &ScoredResource, request: i64) -> Option<(i64, i64)> {
        if request == 0 && scored.is_scalar {
            return None;
        }
        let (allocatable, requested) = (&node.node.allocatable, &node.requested);
        Some(match scored.column {
            Column::Cpu => {
                (allocatable.milli_cpu, if self.use_requested { requested.milli_cpu } else { node.non_zero_cpu })
            }
            Column::Memory => {
                (allocatable.memory, if self.use_requested { requested.memory } else { node.non_zero_memory })
            }
            Column::EphemeralStorage => (allocatable.ephemeral_storage, requested.ephemeral_storage),
            Column::Scalar => self.scalar_amounts(node, scored.name),
        })
    }

    /// A resource of which the node's device plugins have none may be served by devices.
    fn scalar_amounts(&self, node: &NodeInfo, resource: Name) -> (i64, i64) {
        let allocatable = node.node.allocatable.scalars.get(resource);
        let devices = self.devices.as_ref().filter(|_| allocatable == 0);
        devices
            .and_then(|devices| devices.on(node, resource))
            .unwrap_or_else(|| (allocatable, node.requested.scalars.get(resource)))
    }

    /// The arithmetic, a line a resource.
    pub(super) fn facts(&self, node: &NodeInfo, score: impl Fn(&ResourceShare) -> i64) -> Vec<Fact> {
        self.shares(node)
            .map(|share| Fact::Resource {
                resource: share.resource,
                requested: Amount::new(share.resource, share.requested.wrapping_sub(share.used)),
                used: Amount::new(share.resource, share.used),
                allocatable: Amount::new(share.resource, share.allocatable),
                score: Some(score(&share)),
                weight: Some(share.weight),
            })
            .collect()
    }
}

/// A scoring strategy of NodeResourcesFit.
pub(super) enum AllocationStrategy {
    /// Prefers empty nodes.
    LeastAllocated,
    /// Prefers full nodes.
    MostAllocated,
    /// Follows a broken line over utilization in percent; scores are 0 to 100.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

impl AllocationStrategy {
    /// As the arguments say. A point's score of 0 to 10 is scaled to 0 to 100.
    pub(super) fn of(strategy: &ScoringStrategy) -> Self {
        match strategy {
            ScoringStrategy::LeastAllocated => Self::LeastAllocated,
            ScoringStrategy::MostAllocated => Self::MostAllocated,
            ScoringStrategy::RequestedToCapacityRatio { shape } => Self::RequestedToCapacityRatio(
                shape.iter().map(|point| (i64::from(point.utilization), i64::from(point.score) * 10)).collect(),
            ),
        }
    }

    /// What one resource scores, in points.
    #[inline]
    pub(super) fn resource_score(&self, share: &ResourceShare) -> i64 {
        let ResourceShare { requested, allocatable, .. } = *share;
        match self {
            Self::LeastAllocated if requested > allocatable => 0,
            Self::LeastAllocated => {
                allocatable.wrapping_sub(requested).wrapping_mul(MAX_NODE_SCORE).wrapping_div(allocatable)
            }
            Self::MostAllocated => requested.min(allocatable).wrapping_mul(MAX_NODE_SCORE).wrapping_div(allocatable),
            Self::RequestedToCapacityRatio(shape) if requested > allocatable => broken_line(shape, 100),
            Self::RequestedToCapacityRatio(shape) => {
                broken_line(shape, requested.wrapping_mul(100).wrapping_div(allocatable))
            }
        }
    }

    /// The weighted mean: whole division for the first two; the third leaves resources that
    /// score 0 out of the weights and rounds half away from zero.
    pub(super) fn score(&self, shares: impl Iterator<Item = ResourceShare>) -> i64 {
        let ratio = matches!(self, Self::RequestedToCapacityRatio(_));
        let (mut sum, mut weights) = (0_i64, 0_i64);
        for share in shares {
            let score = self.resource_score(&share);
            if ratio && score <= 0 {
                continue;
            }
            sum = sum.wrapping_add(score.wrapping_mul(share.weight));
            weights = weights.wrapping_add(share.weight);
        }
        match weights {
            0 => 0,
            weights if ratio => (sum as f64 / weights as f64).round() as i64,
            weights => sum.wrapping_div(weights),
        }
    }
}

/// The value at `x` of the line through `shape`, flat outside it.
pub(super) fn broken_line(shape: &[(i64, i64)], x: i64) -> i64 {
    let mut before: Option<(i64, i64)> = None;
    for &(at, score) in shape {
        if x <= at {
            return match before {
                None => score,
                Some((at_before, score_before)) => {
                    score_before + (score - score_before) * (x - at_before) / (at - at_before)
                }
            };
        }
        before = Some((at, score));
    }
    before.map_or(0, |(_, score)| score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    fn share(requested: i64, allocatable: i64) -> ResourceShare {
        ResourceShare { resource: name("cpu"), weight: 1, used: 0, requested, allocatable }
    }

    #[track_caller]
    fn case(strategy: &AllocationStrategy, shares: &[(i64, i64)], expected: i64) {
        assert_eq!(strategy.score(shares.iter().map(|(r, a)| share(*r, *a))), expected, "{shares:?}");
    }

    #[test]
    fn strategies() {
        case(&AllocationStrategy::LeastAllocated, &[(25, 100)], 75);
        case(&AllocationStrategy::LeastAllocated, &[(101, 100)], 0);
        case(&AllocationStrategy::LeastAllocated, &[(0, 3), (1, 3)], 83);
        case(&AllocationStrategy::MostAllocated, &[(25, 100), (200, 100)], 62);
        let shape = AllocationStrategy::RequestedToCapacityRatio(vec![(0, 0), (100, 100)]);
        case(&shape, &[(0, 10), (5, 10)], 50); // the empty one does not count
        case(&shape, &[(1, 8), (1, 9)], 12); // 12 and 11: half rounds up
        case(&shape, &[], 0);
    }

    #[test]
    fn a_broken_line_is_flat_outside() {
        let shape = [(10, 0), (20, 100)];
        assert_eq!([0, 10, 15, 20, 99].map(|x| broken_line(&shape, x)), [0, 0, 50, 100, 100]);
    }
}
