//! The search for devices: claim by claim, request by request, device by device, going back where it gets stuck.
//!
//! Upstream structured/internal/experimental/allocator_experimental.go: with the gates of v1.34 at their defaults
//! (`DRAResourceClaimDeviceStatus` is on) that is the implementation which structured/allocator.go picks. The first full
//! solution counts, so the order of the search is part of the answer, and two slips of upstream's are kept: see
//! [`Search::validate_request`] and [`Search::take_all`].

use rustc_hash::FxHashMap;

use crate::api::ObjectKey;
use crate::decode::devices::claim::{AllocatedDevice, Count};
use crate::decode::devices::slice::Device;
use crate::decode::devices::{DeviceId, ResourceSlice};
use crate::state::NodeInfo;
use crate::state::devices::Devices;

use super::cel::DeviceInput;
use super::claims::{ClaimInput, QueryInput};
use super::constraints::{MatchAttribute, RequestName};
use super::gates::Gates;
use super::pools::{self, Pool};
use super::selection::{Stop, selects};

/// Devices that a claim can be given (upstream api/resource/v1, AllocationResultsMaxSize).
const MAX_DEVICES: i64 = 32;

/// Steps of the search for one node. Upstream stops after a time (`filterTimeout`, 10 seconds by default); a
/// count gives the same answer on every machine.
const MAX_STEPS: usize = 1_000_000;

/// The devices for one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClaimAllocation {
    /// The claim.
    pub(super) claim: ObjectKey,
    /// Its devices, in the order in which they were found.
    pub(super) devices: Vec<AllocatedDevice>,
}

/// Finds devices for all of `claims` on `node`; none when there is no solution. Looks at nothing but its
/// arguments: the devices that are taken are those of `devices`.
///
/// # Errors
/// The search ended without an answer.
pub(super) fn allocate(
    claims: &[ClaimInput<'_>],
    devices: &Devices,
    node: &NodeInfo,
    gates: &Gates,
) -> Result<Option<Vec<ClaimAllocation>>, Stop> {
    let pools = pools::gather(devices, node)
        .map_err(|(slice, why)| Stop::Unknown { what: format!("ResourceSlice {slice}: its node selector"), why })?;
    let mut search = Search {
        claims,
        devices,
        gates,
        pools: &pools,
        data: Vec::new(),
        constraints: Vec::new(),
        matches: FxHashMap::default(),
        allocating: FxHashMap::default(),
        result: vec![Vec::new(); claims.len()],
        steps: 0,
    };
    for claim in 0..claims.len() {
        search.validate_claim(claim)?;
    }
    // What was found out while validating is forgotten, as upstream does: the search asks with other keys.
    search.matches.clear();
    match search.next(At::default(), false) {
        Ok(true) => Ok(Some(search.into_result())),
        Ok(false) | Err(Stuck::TooMany) => Ok(None),
        Err(Stuck::Stop(stop)) => Err(stop),
    }
}

/// A device by its place.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    slice: &'a ResourceSlice,
    device: &'a Device,
    id: DeviceId,
}

impl<'a> Candidate<'a> {
    fn of(slice: &'a ResourceSlice, device: &'a Device) -> Self {
        Self { slice, device, id: DeviceId { pool: slice.pool, device: device.name } }
    }
}

/// What is looked for: a device of a request or of one of its alternatives.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct At {
    claim: usize,
    request: usize,
    /// 0 for a request without alternatives.
    alternative: usize,
    device: i64,
}

/// What is known of a request or alternative before the search.
struct QueryData<'a> {
    /// Devices to find.
    wanted: i64,
    /// Those that match, for a request of all.
    all: Option<Vec<Candidate<'a>>>,
}

/// Why a branch of the search ended in no answer.
enum Stuck {
    /// The claim would have more devices than it can be given; an alternative with fewer may do.
    TooMany,
    Stop(Stop),
}

impl From<Stop> for Stuck {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

struct Search<'a> {
    claims: &'a [ClaimInput<'a>],
    devices: &'a Devices,
    gates: &'a Gates,
    pools: &'a [Pool<'a>],
    /// By claim, request and alternative.
    data: Vec<Vec<Vec<QueryData<'a>>>>,
    /// By claim.
    constraints: Vec<Vec<MatchAttribute<'a>>>,
    /// Whether a device matches, by claim, request and alternative.
    matches: FxHashMap<((usize, usize, usize), DeviceId), bool>,
    /// The claims that a device is given to in the solution so far.
    allocating: FxHashMap<DeviceId, Vec<usize>>,
    result: Vec<Vec<AllocatedDevice>>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn query(&self, at: At) -> &'a QueryInput<'a> {
        &self.claims[at.claim].requests[at.request].alternatives[at.alternative]
    }

    /// Counts the devices of a claim and prepares its constraints (upstream Allocate).
    fn validate_claim(&mut self, index: usize) -> Result<(), Stop> {
        let claims = self.claims;
        let claim = &claims[index];
        let mut least: i64 = 0;
        let mut of_claim = Vec::with_capacity(claim.requests.len());
        for (request_index, request) in claim.requests.iter().enumerate() {
            if request.alternatives.iter().any(|alternative| alternative.query.has_capacity) {
                return Err(Stop::Error(format!(
                    "claim {}, request {}: has capacity requests, but the DRAConsumableCapacity feature is disabled",
                    claim.key, request.name
                )));
            }
            let mut of_request = Vec::with_capacity(request.alternatives.len());
            for alternative in 0..request.alternatives.len() {
                of_request.push(self.validate_request(At {
                    claim: index,
                    request: request_index,
                    alternative,
                    device: 0,
                })?);
            }
            least = least.saturating_add(of_request.iter().map(|data| data.wanted).min().unwrap_or_default());
            of_claim.push(of_request);
        }
        if least > MAX_DEVICES {
            return Err(Stop::Error(format!(
                "claim {}: number of requested devices {least} exceeds the claim limit of {MAX_DEVICES}",
                claim.key
            )));
        }
        self.data.push(of_claim);
        let mut constraints = Vec::with_capacity(claim.constraints.len());
        for (number, constraint) in claim.constraints.iter().enumerate() {
            let Some(attribute) = constraint.match_attribute else {
                return Err(Stop::Error(format!(
                    "claim {}, constraint #{number}: empty constraint (unsupported constraint type?)",
                    claim.key
                )));
            };
            constraints.push(MatchAttribute::new(constraint, attribute));
        }
        self.constraints.push(constraints);
        Ok(())
    }

    /// How many devices a request needs, and which for a request of all (upstream validateDeviceRequest).
    ///
    /// Upstream keeps what it learns of the second alternative under the key of the first, so where both want all devices
    /// the second gets those that match the first.
    fn validate_request(&mut self, at: At) -> Result<QueryData<'a>, Stop> {
        let claim = self.claims[at.claim].key;
        let query = self.query(at);
        let fail = |text: &str| Stop::Error(format!("claim {claim}, request {}{text}", query.name));
        if let Some(number) = query.selectors.iter().position(Option::is_none) {
            return Err(fail(&format!(", selector #{number}: CEL expression empty (unsupported selector type?)")));
        }
        if !self.gates.admin_access && query.query.admin_access.is_some() {
            return Err(fail(": admin access is requested, but the feature is disabled"));
        }
        match query.query.count {
            Count::Exactly(wanted) => Ok(QueryData { wanted, all: None }),
            Count::Unknown(mode) => Err(fail(&format!(": unsupported count mode {mode}"))),
            Count::All => {
                let key = (at.claim, at.request, at.alternative.saturating_sub(1));
                let mut all = Vec::new();
                for pool in self.pools {
                    let fault = match (pool.is_incomplete, pool.duplicate) {
                        (true, _) => "being updated",
                        (false, Some(_)) => "invalid",
                        (false, None) => "",
                    };
                    if !fault.is_empty() {
                        return Err(fail(&format!(
                            ": asks for all devices, but resource pool {} is currently {fault}",
                            pool.id
                        )));
                    }
                    for slice in &pool.slices {
                        for device in &slice.devices {
                            let candidate = Candidate::of(slice, device);
                            if self.is_selectable(key, query, candidate)? {
                                all.push(candidate);
                            }
                        }
                    }
                }
                Ok(QueryData { wanted: all.len() as i64, all: Some(all) })
            }
        }
    }

    /// Finds what is missing from `at` on (upstream allocateOne). `within` an alternative, its siblings are not tried.
    fn next(&mut self, at: At, within: bool) -> Result<bool, Stuck> {
        self.step()?;
        let claims = self.claims;
        let Some(claim) = claims.get(at.claim) else { return Ok(true) };
        let Some(request) = claim.requests.get(at.request) else {
            let next = self.next(At { claim: at.claim + 1, ..At::default() }, false);
            return match next {
                Err(Stuck::TooMany) => Ok(false),
                next => next,
            };
        };
        if request.is_list && !within {
            return self.alternatives(at, request.alternatives.len());
        }
        let data = &self.data[at.claim][at.request][at.alternative];
        let wanted = data.wanted;
        let next_of_all = match &data.all {
            Some(all) if all.is_empty() => return Ok(false),
            Some(all) => Some(usize::try_from(at.device).ok().and_then(|index| all.get(index)).copied()),
            None => None,
        };
        if at.device >= wanted {
            return self.next(At { claim: at.claim, request: at.request + 1, ..At::default() }, false);
        }
        if self.result[at.claim].len() as i64 + wanted - at.device > MAX_DEVICES {
            return Err(Stuck::TooMany);
        }
        match next_of_all {
            Some(Some(candidate)) => self.take_all(at, candidate, within),
            Some(None) => Ok(false),
            None => self.take_some(at, within),
        }
    }

    fn alternatives(&mut self, at: At, count: usize) -> Result<bool, Stuck> {
        let mut all_too_many = true;
        for alternative in 0..count {
            match self.next(At { alternative, ..at }, true) {
                Err(Stuck::TooMany) => {}
                Ok(false) => all_too_many = false,
                found => return found,
            }
        }
        if all_too_many { Err(Stuck::TooMany) } else { Ok(false) }
    }

    /// Takes the next device of a request of all.
    ///
    /// Upstream goes on with the first alternative after the first device, whichever alternative it was working on.
    fn take_all(&mut self, at: At, candidate: Candidate<'a>, within: bool) -> Result<bool, Stuck> {
        if !self.take(at, candidate, true)? {
            return Ok(false);
        }
        let next = self.next(At { alternative: 0, device: at.device + 1, ..at }, within);
        if !matches!(next, Ok(true)) {
            self.give_back(at, candidate);
        }
        next
    }

    /// Tries every device for the next one of a counted request.
    fn take_some(&mut self, at: At, within: bool) -> Result<bool, Stuck> {
        let query = self.query(at);
        let key = (at.claim, at.request, at.alternative);
        for pool in self.pools {
            if let Some(device) = pool.duplicate {
                let error = format!("pool {} is invalid: duplicate device name {device}", pool.id.pool);
                return Err(Stop::Error(error).into());
            }
            for slice in &pool.slices {
                for device in &slice.devices {
                    self.step()?;
                    let candidate = Candidate::of(slice, device);
                    if !self.is_free(at.claim, query, candidate.id)
                        || !self.is_selectable(key, query, candidate)?
                        || !self.take(at, candidate, false)?
                    {
                        continue;
                    }
                    let next = self.next(At { device: at.device + 1, ..at }, within);
                    if matches!(next, Ok(true)) {
                        return next;
                    }
                    self.give_back(at, candidate);
                    next?;
                }
            }
        }
        Ok(false)
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Stop::Unknown {
                what: "the search for devices".to_owned(),
                why: format!(
                    "it takes more than {MAX_STEPS} steps; kube-scheduler itself gives up after a time (filterTimeout)"
                ),
            });
        }
        Ok(())
    }

    /// Whether nothing stands against giving the device to the claim.
    fn is_free(&self, claim: usize, query: &QueryInput<'_>, id: DeviceId) -> bool {
        let allocating = self.allocating.get(&id).map_or(&[][..], Vec::as_slice);
        if query.has_admin_access() {
            !allocating.contains(&claim)
        } else {
            allocating.is_empty() && !self.devices.is_taken(id)
        }
    }

    /// Whether class and request select the device (upstream isSelectable).
    fn is_selectable(
        &mut self,
        key: (usize, usize, usize),
        query: &QueryInput<'_>,
        candidate: Candidate<'_>,
    ) -> Result<bool, Stop> {
        if candidate.device.has_binding_conditions {
            return Ok(false);
        }
        if let Some(known) = self.matches.get(&(key, candidate.id)) {
            return Ok(*known);
        }
        let input = DeviceInput::new(candidate.slice.pool.driver, candidate.device);
        let matches = selects(query, self.claims[key.0].key, &input)?;
        self.matches.insert((key, candidate.id), matches);
        Ok(matches)
    }

    /// Gives the device to the request if nothing stands against it (upstream allocateDevice). Where it `must` be had, a
    /// constraint against it is an error.
    fn take(&mut self, at: At, candidate: Candidate<'_>, must: bool) -> Result<bool, Stop> {
        let query = self.query(at);
        if !self.is_free(at.claim, query, candidate.id) || candidate.device.consumes_counters {
            return Ok(false);
        }
        let name = self.name(at);
        let driver = candidate.slice.pool.driver;
        let constraints = &mut self.constraints[at.claim];
        if let Some(failed) = constraints.iter_mut().position(|c| !c.add(name, driver, candidate.device)) {
            if must {
                return Err(Stop::Error(format!(
                    "claim {}, request {}: cannot add device {} because a claim constraint would not be satisfied",
                    self.claims[at.claim].key, query.name, candidate.id
                )));
            }
            for constraint in constraints.iter_mut().take(failed) {
                constraint.remove(name);
            }
            return Ok(false);
        }
        self.allocating.entry(candidate.id).or_default().push(at.claim);
        let request = match name.subrequest {
            Some(subrequest) => crate::api::name(&format!("{}/{subrequest}", name.request)),
            None => name.request,
        };
        self.result[at.claim].push(AllocatedDevice {
            request,
            id: candidate.id,
            admin_access: query.has_admin_access(),
        });
        Ok(true)
    }

    /// Undoes the last [`Search::take`].
    fn give_back(&mut self, at: At, candidate: Candidate<'_>) {
        let name = self.name(at);
        for constraint in &mut self.constraints[at.claim] {
            constraint.remove(name);
        }
        if let Some(claims) = self.allocating.get_mut(&candidate.id) {
            claims.retain(|claim| *claim != at.claim);
        }
        self.result[at.claim].pop();
    }

    fn name(&self, at: At) -> RequestName {
        let request = &self.claims[at.claim].requests[at.request];
        let subrequest = request.is_list.then(|| request.alternatives[at.alternative].name);
        RequestName { request: request.name, subrequest }
    }

    fn into_result(self) -> Vec<ClaimAllocation> {
        let claims = self.claims.iter();
        claims.zip(self.result).map(|(claim, devices)| ClaimAllocation { claim: claim.key, devices }).collect()
    }
}
