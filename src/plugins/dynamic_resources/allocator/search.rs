//! The search itself: claim by claim, request by request, device by device, going back where it gets stuck
//! (upstream structured/internal/*/allocator_*.go, allocateOne, allocateDevice, rollbackDevice).

use rustc_hash::FxHashMap;

use crate::api::name::{Name, name};
use crate::decode::devices::claim::SharedDevice;
use crate::decode::devices::{AllocatedDevice, Device, DeviceId, ResourceSlice};

use super::super::claims::{ClaimInput, QueryInput};
use super::super::selection::{self, Matches, SearchEnd};
use super::capacity::{self, Amounts, Refusal};
use super::constraints::RequestName;
use super::counters::{self, Counters};
use super::groups::{self, Groups};
use super::pools::{Pool, Target};
use super::requests::PreparedClaim;
use super::{AllocatedClaim, Context, MAX_DEVICES};

/// Steps of the search for one node. Upstream stops after a time (`filterTimeout`, 10 seconds by default); a
/// count gives the same answer on every machine.
const MAX_STEPS: usize = 1_000_000;

/// A device by its place.
#[derive(Clone, Copy)]
pub(in crate::plugins::dynamic_resources) struct Candidate<'a> {
    pool: usize,
    pub(in crate::plugins::dynamic_resources) slice: &'a ResourceSlice,
    pub(in crate::plugins::dynamic_resources) device: &'a Device,
    pub(in crate::plugins::dynamic_resources) id: DeviceId,
}

impl<'a> Candidate<'a> {
    /// The device of `slice`, in the pool with this number.
    pub(in crate::plugins::dynamic_resources) fn new(
        pool: usize,
        slice: &'a ResourceSlice,
        device: &'a Device,
    ) -> Self {
        Self { pool, slice, device, id: DeviceId { pool: slice.pool, device: device.name } }
    }

    /// The number of its pool.
    pub(in crate::plugins::dynamic_resources) fn pool(&self) -> usize {
        self.pool
    }
}

/// Finds devices for all claims; none when there is no solution.
///
/// # Errors
/// The search ended without an answer.
pub(super) fn run(
    claims: &[&ClaimInput<'_>],
    pools: &[Pool<'_>],
    node: Target<'_>,
    context: Context<'_>,
    prepared: Vec<PreparedClaim<'_>>,
) -> Result<Option<Vec<AllocatedClaim>>, SearchEnd> {
    let mut search = Search {
        claims,
        pools,
        node,
        context,
        prepared,
        matches: Matches::default(),
        in_solution: FxHashMap::default(),
        shares: FxHashMap::default(),
        counters: Counters::default(),
        groups: Groups::default(),
        result: vec![Vec::new(); claims.len()],
        steps: 0,
    };
    match search.next(At::default(), false, Location::default()) {
        Ok(true) => Ok(Some(search.into_result())),
        Ok(false) | Err(Stuck::TooMany) => Ok(None),
        Err(Stuck::Stop(stop)) => Err(stop),
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

/// Where among the devices the search goes on within a request.
#[derive(Clone, Copy, Default)]
struct Location {
    pool: usize,
    slice: usize,
    device: usize,
}

/// Why a branch of the search ended in no answer.
enum Stuck {
    /// The claim would have more devices than it can be given; an alternative with fewer may do.
    TooMany,
    Stop(SearchEnd),
}

impl From<SearchEnd> for Stuck {
    fn from(stop: SearchEnd) -> Self {
        Self::Stop(stop)
    }
}

/// What a device changed, so that it can be undone (deviceRollbackState).
#[derive(Default)]
struct DeviceRollback {
    counters: bool,
    groups: Option<groups::GroupsBefore>,
    constraints: usize,
    is_marked: bool,
    /// What the share takes, and whether the device was shared before.
    share: Option<(Amounts, bool)>,
    has_result: bool,
}

struct Search<'a> {
    claims: &'a [&'a ClaimInput<'a>],
    pools: &'a [Pool<'a>],
    node: Target<'a>,
    context: Context<'a>,
    prepared: Vec<PreparedClaim<'a>>,
    matches: Matches,
    /// The claims that a device is given to for themselves in the solution so far.
    in_solution: FxHashMap<DeviceId, Vec<usize>>,
    /// What the shares in the solution so far take of a device.
    shares: FxHashMap<DeviceId, Amounts>,
    counters: Counters,
    groups: Groups,
    result: Vec<Vec<AllocatedDevice>>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn query(&self, at: At) -> &'a QueryInput<'a> {
        &self.claims[at.claim].requests[at.request].alternatives[at.alternative]
    }

    /// Finds what is missing from `at` on (allocateOne). `within` an alternative, its siblings are not tried.
    fn next(&mut self, at: At, within: bool, from: Location) -> Result<bool, Stuck> {
        self.step()?;
        let claims = self.claims;
        let Some(claim) = claims.get(at.claim) else { return Ok(true) };
        let Some(request) = claim.requests.get(at.request) else {
            let next = self.next(At { claim: at.claim + 1, ..At::default() }, false, Location::default());
            return match next {
                Err(Stuck::TooMany) => Ok(false),
                next => next,
            };
        };
        if request.is_list && !within {
            return self.alternatives(at, request.alternatives.len());
        }
        let data = &self.prepared[at.claim].requests[at.request][at.alternative];
        let wanted = data.wanted;
        let next_of_all = match &data.all {
            Some(all) if all.is_empty() => return Ok(false),
            Some(all) => Some(usize::try_from(at.device).ok().and_then(|index| all.get(index)).copied()),
            None => None,
        };
        if at.device >= wanted {
            let next = At { claim: at.claim, request: at.request + 1, ..At::default() };
            return self.next(next, false, Location::default());
        }
        if wanted - at.device > MAX_DEVICES - self.result[at.claim].len() as i64 {
            return Err(Stuck::TooMany);
        }
        match next_of_all {
            Some(Some(candidate)) => self.take_all(at, candidate, within),
            Some(None) => Ok(false),
            None => self.take_some(at, within, from),
        }
    }

    fn alternatives(&mut self, at: At, count: usize) -> Result<bool, Stuck> {
        let mut all_too_many = true;
        for alternative in 0..count {
            match self.next(At { alternative, ..at }, true, Location::default()) {
                Err(Stuck::TooMany) => {}
                Ok(false) => all_too_many = false,
                found => return found,
            }
        }
        if all_too_many { Err(Stuck::TooMany) } else { Ok(false) }
    }

    /// Takes the next device of a request of all.
    fn take_all(&mut self, at: At, candidate: Candidate<'a>, within: bool) -> Result<bool, Stuck> {
        if self.context.gates.behaviour.all_devices_crash_with_counters
            && self.context.gates.partitionable_devices
            && !candidate.device.consumes_counters.is_empty()
        {
            return Err(SearchEnd::Unknown {
                what: "a request for all devices, of which one takes counters".to_owned(),
                why: "this version of kube-scheduler crashes on it".to_owned(),
            }
            .into());
        }
        let Some(taken) = self.take(at, candidate, true)? else { return Ok(false) };
        // Upstream once went on with the first alternative, whichever it was working on.
        let alternative = if self.context.gates.behaviour.alternatives_are_mixed_up { 0 } else { at.alternative };
        let next = At { alternative, device: at.device + 1, ..at };
        let done = self.next(next, within, Location::default());
        if !matches!(done, Ok(true)) {
            self.give_back(at, candidate, taken);
        }
        done
    }

    /// Tries every device for the next one of a counted request.
    fn take_some(&mut self, at: At, within: bool, from: Location) -> Result<bool, Stuck> {
        let query = self.query(at);
        let gates = self.context.gates;
        let claim = self.claims[at.claim].key;
        let pools = self.pools;
        for (pool_index, pool) in pools.iter().enumerate().skip(from.pool) {
            if gates.behaviour.unsound_pools_are_passed_over {
                if !pool.is_sound() {
                    continue;
                }
            } else if let Some(reason) = &pool.invalid {
                return Err(SearchEnd::Error(format!("pool {} is invalid: {reason}", pool.id.pool)).into());
            }
            let first_slice = if pool_index == from.pool { from.slice } else { 0 };
            for (slice_index, slice) in pool.slices.iter().enumerate().skip(first_slice) {
                let is_first = pool_index == from.pool && slice_index == from.slice;
                let first_device = if is_first { from.device } else { 0 };
                for (device_index, device) in slice.devices.iter().enumerate().skip(first_device) {
                    self.step()?;
                    let candidate = Candidate::new(pool_index, slice, device);
                    let key = (at.claim, at.request, at.alternative);
                    if !self.is_free(at.claim, query, candidate.id)
                        || !self.matches.is_selectable(key, (query, claim), candidate, self.node, self.context)?
                        || !self.has_capacity(at, candidate, device)?
                    {
                        continue;
                    }
                    let Some(taken) = self.take(at, candidate, false)? else { continue };
                    let next = Location { pool: pool_index, slice: slice_index, device: device_index + 1 };
                    let next = if gates.tries_combinations { next } else { Location::default() };
                    let done = self.next(At { device: at.device + 1, ..at }, within, next);
                    if matches!(done, Ok(true)) {
                        return done;
                    }
                    self.give_back(at, candidate, taken);
                    done?;
                }
            }
        }
        Ok(false)
    }

    fn step(&mut self) -> Result<(), SearchEnd> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(SearchEnd::Unknown {
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
        let in_solution = self.in_solution.get(&id).map_or(&[][..], Vec::as_slice);
        if query.has_admin_access() {
            return !in_solution.contains(&claim);
        }
        let shares_count = self.context.gates.consumable_capacity;
        let usage = self.context.devices.usage(id);
        in_solution.is_empty() && !usage.is_some_and(|usage| usage.is_exclusive(shares_count))
    }

    /// Whether `device` has as much capacity as the request needs, beside what is taken of the candidate: they are the
    /// same, but for a slip of v1.34.
    fn has_capacity(&self, at: At, candidate: Candidate<'_>, device: &Device) -> Result<bool, SearchEnd> {
        let query = self.query(at);
        let gates = self.context.gates;
        if !gates.consumable_capacity {
            return Ok(true);
        }
        let id = DeviceId { device: device.name, ..candidate.id };
        let in_use = self.context.devices.usage(id).map(|usage| &usage.consumed);
        let taken: Vec<&Amounts> = in_use.into_iter().chain(self.shares.get(&id)).collect();
        match capacity::check(query.query.capacity.as_ref(), &device.capacity, &taken, gates) {
            Ok(()) => Ok(true),
            Err(Refusal::Error(error)) if gates.behaviour.capacity_errors_end_the_search => {
                let claim = self.claims[at.claim].key;
                let request = query.name;
                let text = format!("claim {claim}, request {request}: checking capacity for device {id}: {error}");
                Err(SearchEnd::Error(text))
            }
            Err(_) => Ok(false),
        }
    }

    /// Gives the device to the request if nothing stands against it (allocateDevice). Where it `must` be had, a
    /// constraint against it is an error.
    fn take(&mut self, at: At, candidate: Candidate<'a>, must: bool) -> Result<Option<DeviceRollback>, SearchEnd> {
        let query = self.query(at);
        let gates = self.context.gates;
        let device = candidate.device;
        let is_shared = gates.consumable_capacity && device.allows_multiple_allocations;
        let in_own_claim = self.in_solution.get(&candidate.id).is_some_and(|claims| claims.contains(&at.claim));
        let is_free = if query.has_admin_access() {
            is_shared || !in_own_claim
        } else {
            self.is_free(at.claim, query, candidate.id)
        };
        if !is_free
            || (!gates.partitionable_devices && !device.consumes_counters.is_empty())
            || (candidate.slice.skips_node_operations
                && !(gates.optional_node_operations && self.node.has_optional_operations))
        {
            return Ok(None);
        }
        let mut taken = DeviceRollback::default();
        match self.try_take(at, candidate, must, is_shared, &mut taken) {
            Ok(true) => Ok(Some(taken)),
            refused => {
                if !gates.behaviour.refused_devices_leave_traces {
                    self.give_back(at, candidate, taken);
                }
                refused.map(|_| None)
            }
        }
    }

    fn try_take(
        &mut self,
        at: At,
        candidate: Candidate<'a>,
        must: bool,
        is_shared: bool,
        taken: &mut DeviceRollback,
    ) -> Result<bool, SearchEnd> {
        let query = self.query(at);
        let (context, gates) = (self.context, self.context.gates);
        let (slice, device, id) = (candidate.slice, candidate.device, candidate.id);
        let pool = &self.pools[candidate.pool];
        let is_further_share = is_shared
            && gates.behaviour.further_shares_take_no_counters
            && (counters::is_shared(id, context.devices, gates) || self.shares.contains_key(&id));
        if !device.consumes_counters.is_empty() && !is_further_share {
            if gates.compatibility_groups {
                let Some(before) = self.groups.add(pool, device, context.devices) else { return Ok(false) };
                taken.groups = Some(before);
            }
            taken.counters = self.counters.take(pool, slice, device, context.devices, gates);
            if !taken.counters {
                return Ok(false);
            }
        }
        if context.taint_rules.untolerated(slice, device, &query.query.tolerations, gates).is_some() {
            return Ok(false);
        }
        if !self.satisfies_constraints(at, candidate, taken)? {
            if must {
                return Err(SearchEnd::Error(format!(
                    "claim {}, request {}: cannot add device {id} because a claim constraint would not be satisfied",
                    self.claims[at.claim].key, query.name
                )));
            }
            if gates.behaviour.refused_devices_leave_traces {
                self.leave_constraints(at, taken.constraints);
            }
            return Ok(false);
        }
        if !is_shared {
            self.in_solution.entry(id).or_default().push(at.claim);
            taken.is_marked = true;
        }
        let Some(rechecked) = self.device_to_recheck(at, candidate) else {
            return Err(SearchEnd::Unknown {
                what: format!("the capacity of device {id}"),
                why: "this version of kube-scheduler crashes on it".to_owned(),
            });
        };
        if !self.has_capacity(at, candidate, rechecked)? {
            return Ok(false);
        }
        let share = if is_shared { Some(self.add_share(at, candidate, taken)?) } else { None };
        let RequestName { request, subrequest } = self.name(at);
        self.result[at.claim].push(AllocatedDevice {
            request: subrequest.map_or(request, |subrequest| name(&format!("{request}/{subrequest}"))),
            id,
            admin_access: query.has_admin_access(),
            share,
            binding_conditions: conditions(&device.binding_conditions, gates.binding_conditions),
            binding_failure_conditions: conditions(&device.binding_failure_conditions, gates.binding_conditions),
            skips_node_operations: slice.skips_node_operations,
        });
        taken.has_result = true;
        Ok(true)
    }

    /// The device whose capacity is looked at a second time: v1.34 takes the number within the request for the place
    /// in the slice, and crashes where there is no such place.
    fn device_to_recheck(&self, at: At, candidate: Candidate<'a>) -> Option<&'a Device> {
        let gates = self.context.gates;
        if !gates.behaviour.capacity_recheck_takes_another_device || !gates.consumable_capacity {
            return Some(candidate.device);
        }
        candidate.slice.devices.get(usize::try_from(at.device).ok()?)
    }

    fn add_share(
        &mut self,
        at: At,
        candidate: Candidate<'a>,
        taken: &mut DeviceRollback,
    ) -> Result<SharedDevice, SearchEnd> {
        let query = self.query(at);
        let requested = query.query.capacity.as_ref();
        let consumed = match capacity::consumed(requested, &candidate.device.capacity, self.context.gates) {
            Ok(consumed) => consumed,
            Err(refusal) => {
                let error = if let Refusal::Error(error) = refusal { error } else { String::new() };
                return Err(SearchEnd::Error(format!(
                    "claim {}, request {}: computing consumed capacity for device {}: {error}",
                    self.claims[at.claim].key, query.name, candidate.id
                )));
            }
        };
        let was_shared = self.shares.contains_key(&candidate.id);
        let shares = self.shares.entry(candidate.id).or_default();
        for (capacity, amount) in &consumed {
            *shares.entry(*capacity).or_default() += *amount;
        }
        taken.share = Some((consumed.clone(), was_shared));
        Ok(SharedDevice { consumed })
    }

    /// Adds the device to all constraints of the claim, up to the first that forbids it.
    fn satisfies_constraints(
        &mut self,
        at: At,
        candidate: Candidate<'a>,
        taken: &mut DeviceRollback,
    ) -> Result<bool, SearchEnd> {
        let name = self.name(at);
        let query = self.query(at);
        let gates = self.context.gates;
        for constraint in &mut self.prepared[at.claim].constraints {
            if let Some(attribute) = constraint.attribute_for(name) {
                let value = selection::attribute(query, candidate, attribute)?;
                if !constraint.add(name, candidate.id, value.as_deref(), gates) {
                    return Ok(false);
                }
            }
            taken.constraints += 1;
        }
        Ok(true)
    }

    fn leave_constraints(&mut self, at: At, count: usize) {
        let name = self.name(at);
        for constraint in self.prepared[at.claim].constraints.iter_mut().take(count).rev() {
            constraint.remove(name);
        }
    }

    /// Undoes the last [`Search::take`].
    fn give_back(&mut self, at: At, candidate: Candidate<'a>, taken: DeviceRollback) {
        let gates = self.context.gates;
        if taken.has_result {
            self.result[at.claim].pop();
        }
        let is_share = taken.share.is_some();
        if let Some((consumed, was_shared)) = taken.share {
            self.remove_share(candidate.id, &consumed, was_shared);
        }
        if taken.is_marked
            && let Some(claims) = self.in_solution.get_mut(&candidate.id)
        {
            claims.retain(|claim| *claim != at.claim);
        }
        self.leave_constraints(at, taken.constraints);
        if let Some(before) = taken.groups {
            self.groups.restore(before);
        }
        // Counters of a shared device were once kept.
        if taken.counters && !(is_share && gates.behaviour.refused_devices_leave_traces) {
            let pool = &self.pools[candidate.pool];
            self.counters.give_back(pool, candidate.slice, candidate.device, gates);
        }
    }

    fn remove_share(&mut self, id: DeviceId, consumed: &Amounts, was_shared: bool) {
        let leaves_traces = self.context.gates.behaviour.refused_devices_leave_traces;
        if leaves_traces && consumed.is_empty() {
            return;
        }
        let Some(shares) = self.shares.get_mut(&id) else { return };
        for (capacity, amount) in consumed {
            if let Some(sum) = shares.get_mut(capacity) {
                *sum -= *amount;
            }
        }
        if shares.values().all(|amount| amount.is_zero()) {
            if was_shared && !leaves_traces {
                shares.clear();
            } else {
                self.shares.remove(&id);
            }
        }
    }

    fn name(&self, at: At) -> RequestName {
        let request = &self.claims[at.claim].requests[at.request];
        let subrequest = request.is_list.then(|| request.alternatives[at.alternative].name);
        RequestName { request: request.name, subrequest }
    }

    fn into_result(self) -> Vec<AllocatedClaim> {
        let claims = self.claims.iter();
        claims.zip(self.result).map(|(claim, devices)| AllocatedClaim { claim: claim.taken_as, devices }).collect()
    }
}

fn conditions(conditions: &[Name], count: bool) -> Box<[Name]> {
    if count { conditions.into() } else { Box::default() }
}
