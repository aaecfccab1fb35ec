//! Compatibility groups: devices that take from one counter set can only be in use at the same time if they have a group
//! in common, or none of them has any (upstream structured/internal/experimental/compatibility_groups.go).

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::api::name::Name;
use crate::decode::devices::device::Device;
use crate::decode::devices::{DeviceId, PoolId};
use crate::state::devices::Devices;

use super::pools::Pool;

/// What the devices of a counter set have in common: none while there is no device.
type Common = Option<BTreeSet<Name>>;

/// By pool and counter set.
#[derive(Default)]
pub(super) struct Groups {
    common: FxHashMap<(PoolId, Name), Common>,
}

/// How it was before [`Groups::add`].
pub(super) struct GroupsBefore(Vec<((PoolId, Name), Option<Common>)>);

impl Groups {
    /// Adds a device; none, and nothing is changed, where it does not go with the others.
    pub(super) fn add(&mut self, pool: &Pool<'_>, device: &Device, devices: &Devices) -> Option<GroupsBefore> {
        let mut before = GroupsBefore(Vec::new());
        for consumption in &device.consumes_counters {
            let key = (pool.id, consumption.counter_set);
            let known = self.common.get(&key).cloned();
            let current = known.clone().unwrap_or_else(|| in_use(pool, consumption.counter_set, devices));
            let groups: BTreeSet<Name> = consumption.compatibility_groups.iter().copied().collect();
            if !admits(&current, &groups) {
                self.restore(before);
                return None;
            }
            before.0.push((key, known));
            self.common.insert(key, added(current, groups));
        }
        Some(before)
    }

    /// Undoes [`Groups::add`].
    pub(super) fn restore(&mut self, before: GroupsBefore) {
        for (key, known) in before.0.into_iter().rev() {
            match known {
                Some(common) => self.common.insert(key, common),
                None => self.common.remove(&key),
            };
        }
    }
}

fn in_use(pool: &Pool<'_>, counter_set: Name, devices: &Devices) -> Common {
    let mut common = None;
    for slice in pool.slices.iter().chain(&pool.others) {
        for device in &slice.devices {
            if devices.usage(DeviceId { pool: slice.pool, device: device.name }).is_none() {
                continue;
            }
            for consumption in device.consumes_counters.iter().filter(|other| other.counter_set == counter_set) {
                common = added(common, consumption.compatibility_groups.iter().copied().collect());
            }
        }
    }
    common
}

fn admits(common: &Common, groups: &BTreeSet<Name>) -> bool {
    match common {
        None => true,
        // Devices without groups go with devices without groups.
        Some(common) if common.is_empty() || groups.is_empty() => common.is_empty() && groups.is_empty(),
        Some(common) => !common.is_disjoint(groups),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what is common stays an option between devices")]
fn added(common: Common, groups: BTreeSet<Name>) -> Common {
    match common {
        None => Some(groups),
        Some(common) if common.is_empty() || groups.is_empty() => Some(common),
        Some(common) => Some(common.intersection(&groups).copied().collect()),
    }
}
