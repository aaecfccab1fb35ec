//! How many devices of a class a node reaches, and how many of them are in use: what NodeResourcesFit and
//! NodeResourcesBalancedAllocation score of an extended resource that a class serves
//! (upstream noderesources/resource_allocation.go, calculateDRAResourceTotals, deviceMatchesClass).

use std::sync::Arc;

use crate::api::name::Name;
use crate::config::Behaviour;
use crate::decode::devices::{Device, DeviceClass, DeviceId, ResourceSlice};
use crate::framework::{Cycle, NotEvaluated};
use crate::plugins::extended_resources::{class_of, is_on, may_be_served};
use crate::state::NodeInfo;

use super::cel::{Cache, CelSelector, DeviceInput, Failure, View};
use super::gates::Gates;

/// Counts devices for scores; kept by the plugin that scores.
pub(in crate::plugins) struct DeviceCounter {
    gates: Gates,
    selectors: Cache,
    is_on: bool,
    /// The plugin has no cache for selectors, which crashes kube-scheduler where a class has some.
    crashes_with_selectors: bool,
}

impl DeviceCounter {
    /// For NodeResourcesFit.
    pub(in crate::plugins) fn new(behaviour: &Behaviour) -> Self {
        Self {
            gates: Gates::of(behaviour),
            selectors: Cache::default(),
            is_on: is_on(behaviour) && behaviour.devices.extended_resources_are_scored,
            crashes_with_selectors: false,
        }
    }

    /// For NodeResourcesBalancedAllocation, which upstream forgot to give a cache (NewBalancedAllocation).
    pub(in crate::plugins) fn without_cache(behaviour: &Behaviour) -> Self {
        Self { crashes_with_selectors: true, ..Self::new(behaviour) }
    }

    /// Ready to count for the resources of `scored` that a class serves; none where no class serves any
    /// (getDRAPreScoredParams).
    pub(in crate::plugins) fn totals<'a>(
        &'a self,
        cycle: Cycle<'a>,
        scored: impl Iterator<Item = Name>,
    ) -> Option<DeviceTotals<'a>> {
        if !self.is_on {
            return None;
        }
        let devices = &cycle.cluster.devices;
        let behaviour = &self.gates.behaviour;
        let served = scored.filter(|resource| may_be_served(*resource, behaviour)).filter_map(|resource| {
            let class = class_of(devices, resource, behaviour)?;
            let selectors = class.selectors.iter().flatten().map(|expression| self.selectors.get(*expression));
            Some((resource, Served { class, selectors: selectors.collect() }))
        });
        let served: Vec<_> = served.collect();
        (!served.is_empty()).then_some(DeviceTotals { counter: self, cycle, served })
    }
}

/// The classes that serve scored resources.
pub(in crate::plugins) struct DeviceTotals<'a> {
    counter: &'a DeviceCounter,
    cycle: Cycle<'a>,
    served: Vec<(Name, Served<'a>)>,
}

struct Served<'a> {
    class: &'a DeviceClass,
    selectors: Vec<Arc<CelSelector>>,
}

impl DeviceTotals<'_> {
    /// How many devices for `resource` the node reaches and how many of these are in use; nothing where that cannot be
    /// found out.
    pub(in crate::plugins) fn on(&self, node: &NodeInfo, resource: Name) -> Option<(i64, i64)> {
        let (_, served) = self.served.iter().find(|(name, _)| *name == resource)?;
        match self.count(node, served) {
            Ok((0, _)) | Err(Failure::Error(_)) => None,
            Ok(counts) => Some(counts),
            Err(Failure::Unknown(why)) => {
                self.cycle.notes.add(NotEvaluated::new(
                    format!("devices of class {} for the score", served.class.name),
                    why,
                    "the score leaves them out",
                ));
                None
            }
        }
    }

    fn count(&self, node: &NodeInfo, served: &Served<'_>) -> Result<(i64, i64), Failure> {
        let devices = &self.cycle.cluster.devices;
        let (mut capacity, mut allocated) = (0, 0);
        for slice in devices.slices_near(node.name()) {
            if !reaches_slice(slice, node)? {
                continue;
            }
            for device in &slice.devices {
                if !reaches_device(slice, device, node)? || !self.is_of_class(slice, device, served)? {
                    continue;
                }
                capacity += 1;
                let id = DeviceId { pool: slice.pool, device: device.name };
                allocated += i64::from(devices.usage(id).is_some());
            }
        }
        Ok((capacity, allocated))
    }

    fn is_of_class(&self, slice: &ResourceSlice, device: &Device, served: &Served<'_>) -> Result<bool, Failure> {
        if served.selectors.is_empty() {
            return Ok(true);
        }
        if self.counter.crashes_with_selectors {
            self.cycle.notes.add(NotEvaluated::new(
                format!("DeviceClass {} in the score of NodeResourcesBalancedAllocation", served.class.name),
                "this version of kube-scheduler crashes on a class with selectors there",
                "the score is the one that it would give without the crash",
            ));
        }
        let lists = self.counter.gates.view_elsewhere().lists;
        let input = DeviceInput::new(slice.pool.driver, device, View { sharing: false, lists });
        for selector in &served.selectors {
            if !selector.matches(&input)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn reaches_slice(slice: &ResourceSlice, node: &NodeInfo) -> Result<bool, Failure> {
    // A slice that says nothing is taken to be near every node.
    if slice.per_device_node_selection == Some(true) || !slice.nodes.is_set() {
        return Ok(true);
    }
    slice.nodes.matches(node.name(), &node.node.labels).map_err(|error| Failure::Error(error.into()))
}

fn reaches_device(slice: &ResourceSlice, device: &Device, node: &NodeInfo) -> Result<bool, Failure> {
    if slice.per_device_node_selection != Some(true) {
        return Ok(true);
    }
    let nodes = &device.nodes;
    if nodes.all_nodes || nodes.named() == Some(node.name()) {
        return Ok(true);
    }
    if nodes.node_selector.is_none() {
        return Ok(false);
    }
    nodes.matches(node.name(), &node.node.labels).map_err(|error| Failure::Error(error.into()))
}
