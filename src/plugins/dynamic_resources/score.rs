//! Scores: the better the alternatives that a pod gets on a node, the higher
//! (upstream dynamicresources.go, Score, computeScore, NormalizeScore).

use std::collections::BTreeSet;

use crate::api::UpstreamError;
use crate::api::name::{Name, name};
use crate::decode::devices::claim::{AllocatedDevice, DeviceRequest, RequestedDevices};
use crate::framework::{Incremental, IncrementalScorer, NodeScorer, Normalizer, ScoreRange, default_normalize};
use crate::state::NodeInfo;

use super::filter::Filter;

/// The best rank's points (upstream api/resource/v1, FirstAvailableDeviceRequestMaxSize).
const MAX_RANKS: i64 = 8;

/// The scorer of a pod; without claims every node has 0 points.
pub(super) struct Scorer<'a> {
    filter: Option<Filter<'a>>,
    is_on: bool,
}

impl<'a> Scorer<'a> {
    /// For the claims that `filter` knows.
    pub(super) fn new(filter: Option<Filter<'a>>) -> Self {
        let is_on = filter.as_ref().is_some_and(|filter| {
            let gates = &filter.plugin.gates;
            gates.enabled && gates.prioritized_list && filter.needs_allocation()
        });
        Self { filter, is_on }
    }

    /// The scorer of a pod without claims.
    pub(super) fn of_nothing() -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        Incremental::scorer(Self { filter: None, is_on: false })
    }

    /// Whether every node has 0 points, whatever it gives the pod.
    pub(super) fn is_level(&self) -> bool {
        let Some(filter) = self.filter.as_ref().filter(|_| self.is_on) else { return true };
        let has_alternatives = |request: &DeviceRequest| matches!(request.wanted, RequestedDevices::FirstAvailable(_));
        let may_fail = filter.plugin.gates.behaviour.score_mixes_up_claims
            && (filter.extended.is_some() || filter.to_allocate.len() < filter.claims.len());
        !may_fail && !filter.claims.iter().any(|claim| claim.requests.iter().any(has_alternatives))
    }

    fn points(filter: &Filter<'_>, node: &NodeInfo) -> Result<i64, String> {
        let Ok(Some(found)) = filter.judge(node) else { return Ok(0) };
        if filter.plugin.gates.behaviour.score_mixes_up_claims {
            return mixed_up_points(filter, &found.iter().map(|found| &*found.devices).collect::<Vec<_>>());
        }
        let mut found = found.iter().map(|found| &*found.devices);
        let mut points = 0;
        for claim in &filter.claims {
            let devices = match &claim.allocation {
                Some(allocation) => &*allocation.devices,
                None => found.next().unwrap_or_default(),
            };
            points += points_of(&claim.requests, devices);
        }
        // The claim for extended resources has no alternatives.
        Ok(points)
    }
}

/// v1.35 takes the results in order for all claims, those allocated before included, and fails where there are too few.
fn mixed_up_points(filter: &Filter<'_>, found: &[&[AllocatedDevice]]) -> Result<i64, String> {
    let mut points = 0;
    let extended = usize::from(filter.extended.is_some());
    for index in 0..filter.claims.len() + extended {
        let Some(devices) = found.get(index) else {
            return Err(format!("number of allocations {} is smaller than number of claims", found.len()));
        };
        if let Some(claim) = filter.claims.get(index) {
            points += points_of(&claim.requests, devices);
        }
    }
    Ok(points)
}

/// 8 for each request whose first alternative was taken, 7 for its second, and so on.
fn points_of(requests: &[DeviceRequest], devices: &[AllocatedDevice]) -> i64 {
    let taken: BTreeSet<Name> = devices.iter().map(|device| device.request).collect();
    let mut points = 0;
    for request in requests {
        let RequestedDevices::FirstAvailable(alternatives) = &request.wanted else { continue };
        for (rank, (alternative, _)) in (0..).zip(alternatives) {
            if taken.contains(&name(&format!("{}/{alternative}", request.name))) {
                points += MAX_RANKS - rank;
            }
        }
    }
    points
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        match &self.filter {
            Some(filter) if self.is_on => Ok(Self::points(filter, node)?),
            _ => Ok(0),
        }
    }

    fn normalizer(&self) -> Option<&dyn Normalizer> {
        Some(&BetterAlternatives)
    }
}

/// Brings the points into 0 to 100 (upstream NormalizeScore).
pub(super) struct BetterAlternatives;

impl Normalizer for BetterAlternatives {
    fn normalize(&self, score: i64, range: ScoreRange) -> i64 {
        default_normalize(score, range, false)
    }
}

impl IncrementalScorer for Scorer<'_> {}
