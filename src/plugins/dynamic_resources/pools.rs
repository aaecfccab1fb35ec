//! The pools that a node reaches (upstream structured/internal/experimental/pools_experimental.go).
//!
//! Upstream goes through pools, and through the slices of a pool, in the random order of a hash map. Here they come in
//! the order of their names, one of the orders that upstream might have.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::name::Name;
use crate::decode::devices::slice::Reach;
use crate::decode::devices::{PoolId, ResourceSlice};
use crate::state::NodeInfo;
use crate::state::devices::Devices;

/// The newest edition of a pool, as far as the node reaches it.
pub(super) struct Pool<'a> {
    pub(super) id: PoolId,
    pub(super) slices: Vec<&'a ResourceSlice>,
    /// Slices are missing: the driver is publishing them.
    pub(super) is_incomplete: bool,
    /// A device name that is there twice makes the pool invalid.
    pub(super) duplicate: Option<Name>,
}

/// The pools that `node` reaches (GatherPools).
///
/// # Errors
/// A slice whose node selector is invalid, and what is wrong with it.
pub(super) fn gather<'a>(devices: &'a Devices, node: &NodeInfo) -> Result<Vec<Pool<'a>>, (Name, String)> {
    let mut pools: BTreeMap<PoolId, Vec<&ResourceSlice>> = BTreeMap::new();
    let mut last = Vec::new();
    for slice in devices.slices_near(node.name()) {
        if !reaches(slice, node)? {
            continue;
        }
        if has_binding_conditions(slice) {
            last.push(slice);
        } else {
            add(&mut pools, slice);
        }
    }
    for slice in last {
        add(&mut pools, slice);
    }
    let mut pools: Vec<Pool<'_>> = pools.into_iter().map(|(id, slices)| Pool::new(id, slices)).collect();
    pools.sort_by_key(|pool| pool.slices.iter().any(|slice| has_binding_conditions(slice)));
    Ok(pools)
}

fn reaches(slice: &ResourceSlice, node: &NodeInfo) -> Result<bool, (Name, String)> {
    match &slice.reach {
        Reach::Node(name) => Ok(*name == node.name()),
        Reach::AllNodes => Ok(true),
        Reach::Selected(selector) => selector
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|selector| selector.matches(node.name(), &node.node.labels))
            .map_err(|error| (slice.name, error)),
        Reach::PerDevice | Reach::Unknown => Ok(false),
    }
}

/// addSlice: a newer generation replaces all slices of the older ones.
fn add<'a>(pools: &mut BTreeMap<PoolId, Vec<&'a ResourceSlice>>, slice: &'a ResourceSlice) {
    let slices = pools.entry(slice.pool).or_default();
    match slices.first().map(|first| slice.generation.cmp(&first.generation)) {
        Some(std::cmp::Ordering::Less) => return,
        Some(std::cmp::Ordering::Greater) => slices.clear(),
        _ => {}
    }
    slices.push(slice);
}

fn has_binding_conditions(slice: &ResourceSlice) -> bool {
    slice.devices.iter().any(|device| device.has_binding_conditions)
}

impl<'a> Pool<'a> {
    fn new(id: PoolId, slices: Vec<&'a ResourceSlice>) -> Self {
        let wanted = slices.first().map_or(0, |first| first.slice_count);
        let mut names = BTreeSet::new();
        let mut devices = slices.iter().flat_map(|slice| &slice.devices);
        let duplicate = devices.find(|device| !names.insert(device.name)).map(|device| device.name);
        Self { id, is_incomplete: i64::try_from(slices.len()) != Ok(wanted), duplicate, slices }
    }
}
