//! Why claims cannot be had on a node, request by request: devices grouped by what stands between them and the request.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::api::quantity::Quantity;
use crate::decode::devices::claim::Count;
use crate::framework::device_refusal::{
    ConstraintValues, DeviceHolder, DeviceRefusal, DeviceRequestFacts, DeviceValue, RefusedDevices, SelectorInput,
    UnsoundPool,
};
use crate::framework::{Cycle, Fact};

use super::allocator::capacity::Refusal;
use super::allocator::pools::{self, Pool, Target};
use super::allocator::{Candidate, Context};
use super::cel::{CelSelector, Reference};
use super::claims::{ClaimInput, QueryInput};
use super::obstacles::{self, DeviceObstacle, DeviceObstacles};
use super::selection;

/// A fact for each request and alternative.
pub(super) fn of(claims: &[&ClaimInput<'_>], node: Target<'_>, context: Context<'_>, cycle: Cycle<'_>) -> Vec<Fact> {
    let Ok(pools) = pools::gather(context.devices, node, context.gates) else { return Vec::new() };
    let mut look = Look { obstacles: DeviceObstacles::new(&pools, node, context), pods: pods_by_uid(context, cycle) };
    let mut facts = Vec::new();
    for claim in claims {
        for request in &claim.requests {
            for query in &request.alternatives {
                let name =
                    if request.is_list { format!("{}/{}", request.name, query.name) } else { request.name.to_string() };
                let fact = look.request(claim, name, (request.name, query), &pools);
                facts.push(Fact::Devices(Box::new(fact)));
            }
        }
    }
    facts
}

/// The pods that claims with devices are reserved for.
fn pods_by_uid(context: Context<'_>, cycle: Cycle<'_>) -> FxHashMap<Name, ObjectKey> {
    let reserved: FxHashSet<Name> =
        context.devices.claims().flat_map(|claim| claim.reserved_for.iter().copied()).collect();
    let pods = cycle.cluster.pods().iter().filter(|pod| reserved.contains(&pod.own.uid));
    pods.map(|pod| (pod.own.uid, pod.key())).collect()
}

struct Look<'a> {
    obstacles: DeviceObstacles<'a>,
    pods: FxHashMap<Name, ObjectKey>,
}

impl Look<'_> {
    fn request(
        &mut self,
        claim: &ClaimInput<'_>,
        request: String,
        (name, query): (Name, &QueryInput<'_>),
        pools: &[Pool<'_>],
    ) -> DeviceRequestFacts {
        let unsound = pools.iter().filter(|pool| !pool.is_sound()).map(|pool| UnsoundPool {
            pool: pool.id.to_string(),
            why: pool.invalid.clone().unwrap_or_else(|| "incomplete: its driver is still publishing slices".to_owned()),
        });
        let mut facts = DeviceRequestFacts {
            claim: claim.key,
            request,
            class: query.query.class,
            wanted: match query.query.count {
                Count::Exactly(count) => Some(count),
                Count::All | Count::Unknown(_) => None,
            },
            available: 0,
            reachable: 0,
            elsewhere: 0,
            refused: Vec::new(),
            unsound_pools: unsound.collect(),
            constraints: constraints(claim, name, query),
        };
        for candidate in self.obstacles.devices() {
            facts.reachable += 1;
            if let Some(obstacle) = self.obstacles.between(query, candidate) {
                let cause = self.refusal(obstacle, query, candidate);
                RefusedDevices::add(&mut facts.refused, candidate.id.to_string(), cause);
                continue;
            }
            facts.available += 1;
            for constraint in &mut facts.constraints {
                let value = selection::attribute(query, candidate, constraint.attribute).ok().flatten();
                DeviceValue::count(&mut constraint.values, value.map(|value| value.to_string()), 1);
            }
        }
        // Stable: of as many devices, in the order in which they were met.
        facts.refused.sort_by_key(|refused| std::cmp::Reverse(refused.devices));
        let all = self.obstacles.context().devices.device_count();
        facts.elsewhere = all.saturating_sub(facts.reachable);
        facts
    }

    fn refusal(&self, obstacle: DeviceObstacle<'_>, query: &QueryInput<'_>, candidate: Candidate<'_>) -> DeviceRefusal {
        let context = self.obstacles.context();
        match obstacle {
            DeviceObstacle::Feature(gate) => DeviceRefusal::FeatureDisabled { gate },
            DeviceObstacle::NotOnNode => DeviceRefusal::NotOnNode,
            DeviceObstacle::Selector { is_of_class, selector } => DeviceRefusal::SelectorFalse {
                of: if is_of_class { format!("class {}", query.query.class) } else { "the request".to_owned() },
                expression: selector.expression,
                looked_at: looked_at(&selector, candidate),
            },
            DeviceObstacle::Unclear(error) => DeviceRefusal::SelectorFailed { error },
            DeviceObstacle::Taken => DeviceRefusal::Taken { by: self.holders(obstacles::users_of(candidate, context)) },
            DeviceObstacle::Capacity(refusal) => match refusal {
                Refusal::NoSuchCapacity(capacity) => DeviceRefusal::CapacityMissing { capacity },
                Refusal::AgainstPolicy { capacity, amount } => {
                    DeviceRefusal::CapacityAgainstPolicy { capacity, amount }
                }
                Refusal::NotEnough { capacity, amount, taken, of } => DeviceRefusal::CapacityExhausted {
                    capacity,
                    needed: amount,
                    left: left(of, taken),
                    of,
                    held_by: self.holders(obstacles::users_of(candidate, context)),
                },
                Refusal::Error(error) => DeviceRefusal::CapacityUnknown { error },
            },
            DeviceObstacle::Counter { counter: (counter_set, counter), needed, left } => {
                DeviceRefusal::CounterExhausted {
                    counter_set,
                    counter,
                    needed,
                    left,
                    held_by: self.holders(obstacles::users_of_set(candidate, counter_set, context)),
                }
            }
            DeviceObstacle::Taint(found) => {
                DeviceRefusal::Tainted { taint: found.taint.to_string(), rule: found.rule.map(|rule| rule.name) }
            }
        }
    }

    fn holders(&self, claims: Vec<ObjectKey>) -> Vec<DeviceHolder> {
        let devices = self.obstacles.context().devices;
        let holder = |claim: ObjectKey| {
            let reserved = devices.claim(claim).map_or(&[][..], |claim| &claim.reserved_for);
            DeviceHolder { claim, pods: reserved.iter().filter_map(|uid| self.pods.get(uid)).copied().collect() }
        };
        claims.into_iter().map(holder).collect()
    }
}

fn left(of: Quantity, taken: Quantity) -> Quantity {
    let mut left = of;
    left -= taken;
    left
}

/// Constraints that the request is under.
fn constraints(claim: &ClaimInput<'_>, request: Name, query: &QueryInput<'_>) -> Vec<ConstraintValues> {
    let is_of = |names: &[Name]| {
        names.is_empty()
            || names.iter().any(|name| {
                let (main, sub) = name.as_str().split_once('/').unwrap_or((name.as_str(), ""));
                main == request.as_str() && (sub.is_empty() || sub == query.name.as_str())
            })
    };
    let of = claim.constraints.iter().filter(|constraint| is_of(&constraint.requests));
    of.filter_map(|constraint| {
        let attribute = constraint.match_attribute.or(constraint.distinct_attribute)?;
        Some(ConstraintValues { attribute, must_differ: constraint.match_attribute.is_none(), values: Vec::new() })
    })
    .collect()
}

/// What the selector looks at, with the device's values.
fn looked_at(selector: &CelSelector, candidate: Candidate<'_>) -> Vec<SelectorInput> {
    let device = candidate.device;
    let driver = candidate.slice.pool.driver;
    let is_it = |known: Name, domain: &str, name: &str| {
        known == format!("{domain}/{name}") || (driver == domain && known == name)
    };
    let input = |reference: Reference| {
        let (path, value) = match &reference {
            Reference::Driver => ("device.driver".to_owned(), Some(format!("{:?}", driver.as_str()))),
            Reference::Sharing => {
                ("device.allowMultipleAllocations".to_owned(), Some(device.allows_multiple_allocations.to_string()))
            }
            Reference::Attribute(domain, name) => {
                let found = device.attributes.iter().find(|(known, _)| is_it(**known, domain, name));
                (format!("device.attributes[\"{domain}\"].{name}"), found.map(|(_, value)| value.to_string()))
            }
            Reference::Capacity(domain, name) => {
                let found = device.capacity.iter().find(|(known, _)| is_it(**known, domain, name));
                (format!("device.capacity[\"{domain}\"].{name}"), found.map(|(_, amount)| amount.value.to_string()))
            }
        };
        SelectorInput { path, values: vec![DeviceValue { value, devices: 1 }] }
    };
    selector.references().into_iter().map(input).collect()
}
