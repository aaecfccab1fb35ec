//! Changes after which a claim might be had on a node: guesses from what keeps each device from each request. Whether
//! one helps is found out by asking the scheduler again.

use std::collections::BTreeMap;

use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::api::quantity::Quantity;
use crate::config::DynamicResourcesArgs;
use crate::decode::devices::DeviceClass;
use crate::decode::devices::attribute::RequestPolicy;
use crate::decode::devices::claim::Count;
use crate::decode::devices::taint::DeviceToleration;
use crate::edit::{ClaimChange, Edit, PodChange};
use crate::framework::Cycle;
use crate::state::{NodeInfo, Pod};

use super::DynamicResources;
use super::allocator::capacity::Refusal;
use super::allocator::{Candidate, Context, pools};
use super::cel::{Cache, CelSelector, DeviceInput, variants};
use super::claims::{ClaimInput, QueryInput};
use super::extended;
use super::filter::target;
use super::obstacles::{self, DeviceObstacle, DeviceObstacles};

/// Other classes that are tried.
const MOST_CLASSES: usize = 16;
/// Variants of a selector that are evaluated, and that are kept.
const MOST_VARIANTS: usize = 64;
const MOST_SELECTORS: usize = 2;
/// Devices of a node that are looked at.
const MOST_DEVICES: usize = 4096;
/// Claims that could give devices back.
const MOST_CLAIMS: usize = 4;

/// Changes of the pod's claims, and claims that could give devices back, for `node`.
pub fn remedies(cycle: Cycle<'_>, node: &NodeInfo) -> Vec<Edit> {
    let arguments = DynamicResourcesArgs { filter_timeout: None, binding_timeout: None };
    let plugin = DynamicResources::new(arguments, cycle.behaviour);
    let Ok(Some(filter)) = plugin.prepare(cycle) else { return Vec::new() };
    let context =
        Context { devices: &cycle.cluster.devices, taint_rules: &filter.taint_rules, gates: &filter.plugin.gates };
    let Ok(pools) = pools::gather(context.devices, target(node), context.gates) else { return Vec::new() };
    let extended = filter.extended_input(filter.extended_requests(node).ok().flatten());
    let mut remedies = Remedies {
        context,
        selectors: &plugin.selectors,
        obstacles: DeviceObstacles::new(&pools, target(node), context),
        changes: Vec::new(),
        holders: Vec::new(),
    };
    for claim in &filter.to_allocate {
        remedies.of_claim(claim);
    }
    if let Some(claim) = &extended {
        // Nobody can change this claim but by what the containers ask for; others can give devices back.
        let before = remedies.changes.len();
        remedies.of_claim(claim);
        let changes = remedies.changes.split_off(before);
        let fewer = changes.iter().filter_map(|(_, change)| fewer_of_extended_resource(cycle, change));
        return fewer.chain(remedies.edits(cycle)).collect();
    }
    remedies.edits(cycle)
}

struct Remedies<'a> {
    context: Context<'a>,
    selectors: &'a Cache,
    obstacles: DeviceObstacles<'a>,
    changes: Vec<(ObjectKey, ClaimChange)>,
    holders: Vec<ObjectKey>,
}

impl<'a> Remedies<'a> {
    fn of_claim(&mut self, claim: &ClaimInput<'_>) {
        let before = self.changes.len();
        let mut is_short = false;
        for request in &claim.requests {
            for query in &request.alternatives {
                let request =
                    if request.is_list { name(&format!("{}/{}", request.name, query.name)) } else { query.name };
                is_short |= self.of_request(claim.key, request, query);
            }
        }
        // Where each request has enough by itself, they compete, or a constraint keeps the devices apart.
        if !is_short && self.changes.len() == before {
            for attribute in claim.constraints.iter().filter_map(|constraint| constraint.match_attribute) {
                self.change(claim.key, ClaimChange::DropMatchAttribute { attribute });
            }
        }
    }

    /// Changes of one request; whether it has too few devices by itself.
    fn of_request(&mut self, claim: ObjectKey, request: Name, query: &QueryInput<'_>) -> bool {
        let devices: Vec<Candidate<'a>> = self.obstacles.devices().take(MOST_DEVICES).collect();
        let mut available = 0;
        let mut not_selected = Vec::new();
        for candidate in &devices {
            let Some(obstacle) = self.obstacles.between(query, *candidate) else {
                available += 1;
                continue;
            };
            match obstacle {
                DeviceObstacle::Taint(found) => {
                    let taint = found.taint;
                    let operator = name(if taint.value.is_empty() { "Exists" } else { "Equal" });
                    let toleration =
                        DeviceToleration { key: taint.key, operator, value: taint.value, effect: taint.effect };
                    self.change(claim, ClaimChange::TolerateDevice { request, toleration });
                }
                DeviceObstacle::Taken => self.free(obstacles::users_of(*candidate, self.context)),
                DeviceObstacle::Counter { counter: (set, _), .. } => {
                    self.free(obstacles::users_of_set(*candidate, set, self.context));
                }
                DeviceObstacle::Capacity(refusal) => self.of_capacity(claim, request, query, *candidate, &refusal),
                DeviceObstacle::Selector { is_of_class: false, selector } => not_selected.push((*candidate, selector)),
                DeviceObstacle::Selector { .. }
                | DeviceObstacle::Feature(_)
                | DeviceObstacle::NotOnNode
                | DeviceObstacle::Unclear(_) => {}
            }
        }
        let Count::Exactly(wanted) = query.query.count else { return available == 0 };
        let missing = wanted - available;
        if missing <= 0 {
            return false;
        }
        if available > 0 {
            self.change(claim, ClaimChange::DeviceCount { request, from: wanted, to: available });
        }
        self.of_selectors(claim, request, missing, &not_selected);
        self.of_classes(claim, request, query, wanted, &devices);
        true
    }

    /// A smaller share, or one that the policy allows.
    fn of_capacity(
        &mut self,
        claim: ObjectKey,
        request: Name,
        query: &QueryInput<'_>,
        candidate: Candidate<'_>,
        refusal: &Refusal,
    ) {
        let (capacity, amount, most) = match refusal {
            Refusal::NotEnough { capacity, amount, taken, of } => {
                self.free(obstacles::users_of(candidate, self.context));
                let mut left = *of;
                left -= *taken;
                (*capacity, *amount, left)
            }
            Refusal::AgainstPolicy { capacity, amount } => {
                let Some(of) = candidate.device.capacity.get(capacity) else { return };
                (*capacity, *amount, of.value)
            }
            Refusal::NoSuchCapacity(_) | Refusal::Error(_) => return,
        };
        let policy = candidate.device.capacity.get(&capacity).and_then(|capacity| capacity.policy.as_deref());
        let Some(to) = allowed_up_to(most, policy) else { return };
        let asked = query.query.capacity.as_ref().and_then(|asked| asked.get(&capacity));
        self.change(claim, ClaimChange::Capacity { request, capacity, from: asked.copied().unwrap_or(amount), to });
    }

    /// The same selector with another literal, so that devices of the node match.
    fn of_selectors(
        &mut self,
        claim: ObjectKey,
        request: Name,
        missing: i64,
        not_selected: &[(Candidate<'_>, std::sync::Arc<CelSelector>)],
    ) {
        let mut opened: BTreeMap<(Name, Name), i64> = BTreeMap::new();
        let mut evaluated = 0;
        for (candidate, selector) in not_selected {
            for variant in variants::of(selector.expression.as_str(), candidate.device) {
                let key = (selector.expression, name(&variant));
                if opened.contains_key(&key) {
                    continue;
                }
                evaluated += 1;
                if evaluated > MOST_VARIANTS {
                    break;
                }
                let variant = self.selectors.get(key.1);
                let matches = |candidate: &Candidate<'_>| {
                    let view = self.context.gates.view();
                    let input = DeviceInput::new(candidate.slice.pool.driver, candidate.device, view);
                    variant.matches(&input) == Ok(true)
                };
                let devices = not_selected.iter().filter(|(other, _)| matches(other)).count();
                opened.insert(key, i64::try_from(devices).unwrap_or(i64::MAX));
            }
        }
        // First what opens enough devices; of these what opens the fewest is the smallest change.
        let mut opened: Vec<_> = opened.into_iter().filter(|(_, devices)| *devices > 0).collect();
        opened.sort_by_key(|(_, devices)| (*devices < missing, *devices));
        for ((from, to), _) in opened.into_iter().take(MOST_SELECTORS) {
            self.change(claim, ClaimChange::Selector { request, from, to });
        }
    }

    /// Another class, of which the node has enough.
    fn of_classes(
        &mut self,
        claim: ObjectKey,
        request: Name,
        query: &QueryInput<'_>,
        wanted: i64,
        devices: &[Candidate<'a>],
    ) {
        let mut classes: Vec<&DeviceClass> = self.context.devices.classes().collect();
        classes.retain(|class| class.name != query.query.class);
        classes.sort_unstable_by_key(|class| class.name);
        for class in classes.into_iter().take(MOST_CLASSES) {
            let of_class = query.of_class(class, self.selectors);
            let mut available = 0;
            for candidate in devices {
                available += i64::from(self.obstacles.between(&of_class, *candidate).is_none());
            }
            if available >= wanted {
                let (from, to) = (query.query.class, class.name);
                self.change(claim, ClaimChange::DeviceClass { request, from, to });
            }
        }
    }

    fn change(&mut self, claim: ObjectKey, change: ClaimChange) {
        let change = (claim, change);
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn free(&mut self, claims: Vec<ObjectKey>) {
        for claim in claims {
            if self.holders.len() < MOST_CLAIMS && !self.holders.contains(&claim) {
                self.holders.push(claim);
            }
        }
    }

    fn edits(self, cycle: Cycle<'_>) -> Vec<Edit> {
        let changes = self.changes.into_iter().map(|(claim, change)| Edit::PatchClaim { claim, changes: vec![change] });
        let freed = self.holders.into_iter().map(|claim| {
            let reserved = self.context.devices.claim(claim).map_or(&[][..], |claim| &claim.reserved_for);
            let pods = cycle.cluster.pods().iter().filter(|pod| reserved.contains(&pod.own.uid));
            Edit::DeallocateClaim { claim, pods: pods.map(Pod::key).collect() }
        });
        changes.chain(freed).collect()
    }
}

/// The container's request that is behind a request of the claim for extended resources, lowered as `change` lowers that.
fn fewer_of_extended_resource(cycle: Cycle<'_>, change: &ClaimChange) -> Option<Edit> {
    let ClaimChange::DeviceCount { request, to, .. } = change else { return None };
    let (container, resource) = extended::container_and_resource(cycle.pod, *request)?;
    let from = container.requests().get(resource)?;
    let to = Quantity::from_value(*to, from.format());
    let change = PodChange::Request { container: container.name, resource, from, to };
    Some(Edit::PatchPod { pod: cycle.pod.key(), changes: vec![change] })
}

/// The largest amount up to `most` that the policy allows; none where there is none above zero.
fn allowed_up_to(most: Quantity, policy: Option<&RequestPolicy>) -> Option<Quantity> {
    let is_positive = |amount: &Quantity| amount.compare(Quantity::default()).is_gt();
    let Some(policy) = policy else { return Some(most).filter(is_positive) };
    let fits = |amount: &Quantity| !amount.compare(most).is_gt() && is_positive(amount);
    if !policy.valid_values.is_empty() {
        let valid = policy.valid_values.iter().copied().filter(fits);
        return valid.max_by(|a, b| a.compare(*b));
    }
    let Some(range) = &policy.valid_range else { return Some(most).filter(is_positive) };
    let most = range.max.filter(|max| max.compare(most).is_lt()).unwrap_or(most);
    let min = range.min.unwrap_or_default();
    if most.compare(min).is_lt() {
        return None;
    }
    let Some(step) = range.step.filter(is_positive) else { return Some(most).filter(is_positive) };
    let steps = most.value().checked_sub(min.value())?.checked_div(step.value())?;
    let amount = min.value().checked_add(steps.checked_mul(step.value())?)?;
    Some(Quantity::from_value(amount, step.format())).filter(is_positive)
}
