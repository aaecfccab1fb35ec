//! What would make a NodePool take a pod that it refuses: changes of the pool, with which it is asked once more.

use super::pods::Candidate;
use super::refusal::Refusal;
use super::requirement::{Incompatible, Operator, Requirements};
use super::solver::{Pool, World};
use super::{Run, amounts::Amounts};
use crate::api::name::Name;
use crate::api::taint::Taint;
use crate::decode::autoscaling::karpenter::{NodePool, PoolRequirement};

/// A change of a pool; that of a taint may be made on the pod as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolChange {
    /// Without these taints, or with tolerations for them.
    Taints(Vec<Taint>),
    /// Its requirement on this label allows these values.
    Allow(Name, Vec<Name>),
    /// Its template has this label.
    Label(Name, Name),
    /// Its limit is at least this much.
    Limit(Name, String),
}

/// Changes that, taken together, are enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolFix {
    /// The changes.
    pub changes: Vec<PoolChange>,
    /// Whether the pool then takes the pod for certain; otherwise that rests on instance types that are not known.
    pub proved: bool,
}

/// So many changes are tried together.
const MOST: usize = 4;

impl Run {
    /// What would make `pool` take `pod`; none where none of these changes does.
    pub(super) fn fix(&self, world: &World<'_>, pool: &Pool<'_>, pod: &Candidate, why: &Refusal) -> Option<PoolFix> {
        let mut data: NodePool = pool.data.clone();
        let mut changes = Vec::new();
        let mut why = why.clone();
        while changes.len() < MOST {
            let before = changes.len();
            self.change(world, &mut data, pod, &why, &mut changes);
            if changes.len() == before {
                return None;
            }
            match self.alone(world, &Pool { name: pool.name, data: &data }, pod) {
                Ok(types) => {
                    self.name_limits(pool, &types, &mut changes);
                    return Some(PoolFix { changes, proved: true });
                }
                Err(refusal) if !self.catalogue.complete && refusal.hangs_on_types() => {
                    return Some(PoolFix { changes, proved: false });
                }
                Err(refusal) => why = refusal,
            }
        }
        None
    }

    /// Takes one obstacle out of the pool's way.
    fn change(
        &self,
        world: &World<'_>,
        pool: &mut NodePool,
        pod: &Candidate,
        why: &Refusal,
        changes: &mut Vec<PoolChange>,
    ) {
        let words = &self.catalogue.words;
        let wanted = || pod.clone().wanted(words, world.ignore_preferences).strict;
        match why {
            Refusal::Taints(_) => {
                let refused = |taint: &Taint| !pod.untolerated(std::slice::from_ref(taint)).is_empty();
                let (refused, kept): (Vec<Taint>, Vec<Taint>) = pool.node.taints.iter().copied().partition(refused);
                pool.node.taints = kept.into();
                if !refused.is_empty() {
                    changes.push(PoolChange::Taints(refused));
                }
            }
            Refusal::Incompatible(Incompatible::Undefined(_)) => {
                let own = Requirements::of_pool(words, &pool.node.requirements);
                let labels = Requirements::of_labels(words, &pool.labels);
                let is_missing = |key: Name| own.get(key).is_none() && labels.get(key).is_none();
                for it in wanted().iter().filter(|it| is_missing(it.key) && !words.is_well_known(it.key)) {
                    let Some(value) = it.values.first().filter(|_| it.operator() == Operator::In) else { continue };
                    pool.labels = pool.labels.iter().chain([(it.key, *value)]).collect();
                    changes.push(PoolChange::Label(it.key, *value));
                }
            }
            Refusal::Incompatible(Incompatible::Keys(_)) => {
                let own = Requirements::of_pool(words, &pool.node.requirements);
                for it in wanted().iter() {
                    let Some(existing) = own.get(it.key) else { continue };
                    let only = |found: &super::requirement::Requirement| {
                        let mut one = Requirements::default();
                        one.add(found.clone());
                        one
                    };
                    if only(existing).intersects(&only(it)) || it.operator() != Operator::In {
                        continue;
                    }
                    let values: Vec<Name> = it.values.iter().copied().collect();
                    let kept = pool.node.requirements.iter().filter(|own| words.normalize(own.key) != it.key).cloned();
                    let allowed = existing.values.iter().filter(|_| existing.operator() == Operator::In);
                    let allowed = PoolRequirement {
                        key: it.key,
                        operator: crate::api::name("In"),
                        values: allowed.chain(&values).copied().collect(),
                        min_values: None,
                    };
                    pool.node.requirements = kept.chain([allowed]).collect();
                    changes.push(PoolChange::Allow(it.key, values));
                }
            }
            // A limit takes types out before anything else is looked at.
            Refusal::Limit(_) | Refusal::NodeLimit(_) | Refusal::Types(_) => {
                let limits = pool.limits.iter().map(|(resource, _)| PoolChange::Limit(resource, String::new()));
                changes.extend(limits);
                pool.limits = std::iter::empty().collect();
            }
            _ => {}
        }
    }

    /// Limits that have to be raised, and how far: what is used, and the smallest instance type that does.
    fn name_limits(&self, pool: &Pool<'_>, types: &[Name], changes: &mut Vec<PoolChange>) {
        let limits: Amounts = pool.data.limits.iter().collect();
        let mut used = Amounts::default();
        let own = self.nodes.iter().filter(|node| !node.leaving && node.pool() == Some(pool.name));
        own.for_each(|node| used.add(&node.capacity));
        let mut known = self.catalogue.types.iter().filter(|it| types.contains(&it.name)).collect::<Vec<_>>();
        known.sort_by(|one, other| {
            let by = |resource| one.capacity.get(resource).compare(other.capacity.get(resource));
            let standard = crate::api::resources::STANDARD.cpu;
            by(standard).then_with(|| by(crate::api::resources::STANDARD.memory))
        });
        let Some(smallest) = known.first() else { return };
        let mut needed = used.plus(&smallest.capacity);
        let node =
            Amounts::from_iter([(super::amounts::nodes(), Amounts::pods(1).get(crate::api::resources::STANDARD.pods))]);
        needed.add(&node);
        changes.retain_mut(|change| {
            let PoolChange::Limit(resource, least) = change else { return true };
            let enough = needed.get(*resource);
            *least = enough.to_string();
            enough.compare(limits.get(*resource)) == std::cmp::Ordering::Greater
        });
    }
}
