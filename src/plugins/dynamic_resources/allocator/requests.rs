//! What is known of each request before the search: how many devices it needs, and which, where it wants all
//! (upstream structured/internal/*/allocator_*.go, Allocate, validateDeviceRequest).

use crate::decode::devices::claim::Count;

use super::super::claims::{ClaimInput, QueryInput};
use super::super::selection::{Matches, SearchEnd};
use super::capacity::{self, Amounts, Refusal};
use super::constraints::ConstraintState;
use super::pools::{Pool, Target};
use super::search::Candidate;
use super::{Context, MAX_DEVICES};

/// What is known of a claim.
pub(super) struct PreparedClaim<'a> {
    /// By request and alternative.
    pub(super) requests: Vec<Vec<QueryData<'a>>>,
    pub(super) constraints: Vec<ConstraintState<'a>>,
}

/// What is known of a request or alternative.
pub(super) struct QueryData<'a> {
    /// Devices to find.
    pub(super) wanted: i64,
    /// Those that match, for a request of all.
    pub(super) all: Option<Vec<Candidate<'a>>>,
}

/// Prepares all claims.
///
/// # Errors
/// A request that no node can serve, or that is not understood.
pub(super) fn prepare<'a>(
    claims: &'a [&'a ClaimInput<'a>],
    pools: &'a [Pool<'a>],
    node: Target<'_>,
    context: Context<'a>,
) -> Result<Vec<PreparedClaim<'a>>, SearchEnd> {
    let mut preparation = Preparation { claims, pools, node, context, matches: Matches::default() };
    (0..claims.len()).map(|claim| preparation.claim(claim)).collect()
}

struct Preparation<'a, 'n> {
    claims: &'a [&'a ClaimInput<'a>],
    pools: &'a [Pool<'a>],
    node: Target<'n>,
    context: Context<'a>,
    /// Forgotten before the search, as upstream does.
    matches: Matches,
}

impl<'a> Preparation<'a, '_> {
    fn claim(&mut self, index: usize) -> Result<PreparedClaim<'a>, SearchEnd> {
        let claim: &'a ClaimInput<'a> = self.claims[index];
        let behaviour = self.context.gates.behaviour;
        let mut least: i64 = 0;
        let mut requests = Vec::with_capacity(claim.requests.len());
        for (request_index, request) in claim.requests.iter().enumerate() {
            self.check_capacity_gate(claim, request_index)?;
            let mut alternatives = Vec::with_capacity(request.alternatives.len());
            for alternative in 0..request.alternatives.len() {
                alternatives.push(self.query(index, request_index, alternative)?);
            }
            let wanted = alternatives.iter().map(|data| data.wanted).min().unwrap_or_default();
            if behaviour.device_limit_names_request && wanted > MAX_DEVICES - least {
                return Err(SearchEnd::Error(format!(
                    "claim {}, request {}: adding {wanted} devices exceeds the claim limit of {MAX_DEVICES}, with {least} already accounted for",
                    claim.key, request.name
                )));
            }
            least = least.saturating_add(wanted);
            requests.push(alternatives);
        }
        if least > MAX_DEVICES {
            return Err(SearchEnd::Error(format!(
                "claim {}: number of requested devices {least} exceeds the claim limit of {MAX_DEVICES}",
                claim.key
            )));
        }
        let mut constraints = Vec::with_capacity(claim.constraints.len());
        for (number, constraint) in claim.constraints.iter().enumerate() {
            constraints.push(ConstraintState::new(constraint, self.context.gates).ok_or_else(|| {
                SearchEnd::Error(format!(
                    "claim {}, constraint #{number}: empty constraint (unsupported constraint type?)",
                    claim.key
                ))
            })?);
        }
        Ok(PreparedClaim { requests, constraints })
    }

    /// An allocator that knows of capacity requests refuses them while the gate is off; one that does not overlooks them.
    fn check_capacity_gate(&self, claim: &ClaimInput<'_>, request: usize) -> Result<(), SearchEnd> {
        let gates = self.context.gates;
        if gates.consumable_capacity || !gates.knows_capacity {
            return Ok(());
        }
        let request = &claim.requests[request];
        let Some(asking) = request.alternatives.iter().find(|alternative| alternative.query.capacity.is_some()) else {
            return Ok(());
        };
        let (word, name) = if request.is_list && gates.behaviour.capacity_refusal_names_subrequest {
            ("subrequest", asking.name)
        } else {
            ("request", request.name)
        };
        Err(SearchEnd::Error(format!(
            "claim {}, {word} {name}: has capacity requests, but the DRAConsumableCapacity feature is disabled",
            claim.key
        )))
    }

    /// validateDeviceRequest
    fn query(&mut self, claim: usize, request: usize, alternative: usize) -> Result<QueryData<'a>, SearchEnd> {
        let gates = self.context.gates;
        let input = &self.claims[claim];
        let query = &input.requests[request].alternatives[alternative];
        let fail = |text: &str| SearchEnd::Error(format!("claim {}, request {}{text}", input.key, query.name));
        if gates.behaviour.knows_derived_attributes
            && !gates.derived_attributes
            && !query.query.derived_attributes.is_empty()
        {
            return Err(fail(": cannot handle request with derived attributes, the feature is disabled"));
        }
        if let Some(number) = query.selectors.iter().position(Option::is_none) {
            return Err(fail(&format!(", selector #{number}: CEL expression empty (unsupported selector type?)")));
        }
        if !gates.admin_access && query.query.admin_access.is_some() {
            return Err(fail(": admin access is requested, but the feature is disabled"));
        }
        match query.query.count {
            Count::Exactly(wanted) => Ok(QueryData { wanted, all: None }),
            Count::Unknown(mode) => Err(fail(&format!(": unsupported count mode {mode}"))),
            Count::All => {
                // Upstream once kept what it learned of one alternative under the key of the one before it.
                let key = if gates.behaviour.alternatives_are_mixed_up {
                    (claim, request, alternative.saturating_sub(1))
                } else {
                    (claim, request, alternative)
                };
                let all = self.all(key, query)?;
                Ok(QueryData { wanted: i64::try_from(all.len()).unwrap_or(i64::MAX), all: Some(all) })
            }
        }
    }

    /// The devices of a request for all.
    fn all(&mut self, key: (usize, usize, usize), query: &QueryInput<'_>) -> Result<Vec<Candidate<'a>>, SearchEnd> {
        let claim = self.claims[key.0].key;
        let fail = |text: &str| SearchEnd::Error(format!("claim {claim}, request {}: {text}", query.name));
        let mut all = Vec::new();
        for (index, pool) in self.pools.iter().enumerate() {
            let fault = match (pool.is_incomplete, &pool.invalid) {
                (true, _) => "being updated",
                (false, Some(_)) => "invalid",
                (false, None) => "",
            };
            if !fault.is_empty() {
                let text = format!("asks for all devices, but resource pool {} is currently {fault}", pool.id);
                return Err(fail(&text));
            }
            for slice in &pool.slices {
                for device in &slice.devices {
                    let candidate = Candidate::new(index, slice, device);
                    let class = (query, claim);
                    if !self.matches.is_selectable(key, class, candidate, self.node, self.context)? {
                        continue;
                    }
                    match self.has_capacity(query, candidate) {
                        Ok(()) => all.push(candidate),
                        Err(Refusal::Error(error)) if self.context.gates.behaviour.capacity_errors_end_the_search => {
                            return Err(fail(&format!("checking capacity for device {}: {error}", device.name)));
                        }
                        Err(_) => {}
                    }
                }
            }
        }
        Ok(all)
    }

    fn has_capacity(&self, query: &QueryInput<'_>, candidate: Candidate<'_>) -> Result<(), Refusal> {
        let gates = self.context.gates;
        if !gates.consumable_capacity {
            return Ok(());
        }
        let taken: Vec<&Amounts> = if gates.behaviour.all_devices_need_capacity_left {
            self.context.devices.usage(candidate.id).map(|usage| &usage.consumed).into_iter().collect()
        } else {
            Vec::new()
        };
        capacity::check(query.query.capacity.as_ref(), &candidate.device.capacity, &taken, gates)
    }
}
