//! Taints of devices: those that the driver gives and those that DeviceTaintRules add
//! (upstream structured/internal/*/allocator_*.go, taintPreventsAllocation; resourceslice/tracker/tracker.go, applyPatches).

use std::sync::Arc;

use crate::decode::devices::taint::{DeviceTaint, DeviceTaintRule, DeviceToleration};
use crate::decode::devices::{Device, ResourceSlice};
use crate::state::devices::Devices;

use super::super::cel::{Cache, CelSelector, DeviceInput, View};
use super::super::gates::Gates;

/// The DeviceTaintRules of the state, ready to be asked about devices.
#[derive(Default)]
pub(in crate::plugins::dynamic_resources) struct TaintRules<'a> {
    rules: Vec<PreparedRule<'a>>,
}

struct PreparedRule<'a> {
    rule: &'a DeviceTaintRule,
    /// CEL expressions that must all be true of the device.
    selectors: Vec<Arc<CelSelector>>,
}

/// A taint of a device, and the rule that it comes from.
#[derive(Clone, Copy)]
pub(in crate::plugins::dynamic_resources) struct Taint<'a> {
    pub(in crate::plugins::dynamic_resources) taint: &'a DeviceTaint,
    pub(in crate::plugins::dynamic_resources) rule: Option<&'a DeviceTaintRule>,
}

impl<'a> TaintRules<'a> {
    /// Those that the version reads and that can be about a device.
    pub(in crate::plugins::dynamic_resources) fn new(devices: &'a Devices, gates: &Gates, cache: &Cache) -> Self {
        if !gates.taint_rules {
            return Self::default();
        }
        let rules = devices.taint_rules().iter().filter_map(|rule| prepare(rule, devices, gates, cache));
        Self { rules: rules.collect() }
    }

    /// All taints of the device.
    pub(in crate::plugins::dynamic_resources) fn of<'s>(
        &'s self,
        slice: &'s ResourceSlice,
        device: &'s Device,
    ) -> impl Iterator<Item = Taint<'s>> {
        let own = device.taints.iter().map(|taint| Taint { taint, rule: None });
        let added = self.rules.iter().filter(move |rule| rule.is_about(slice, device));
        own.chain(added.map(|rule| Taint { taint: &rule.rule.taint, rule: Some(rule.rule) }))
    }

    /// The first taint that keeps the device from a request with these tolerations.
    pub(in crate::plugins::dynamic_resources) fn untolerated<'s>(
        &'s self,
        slice: &'s ResourceSlice,
        device: &'s Device,
        tolerations: &[DeviceToleration],
        gates: &Gates,
    ) -> Option<Taint<'s>> {
        if !gates.taints || (device.taints.is_empty() && self.rules.is_empty()) {
            return None;
        }
        let counts = |taint: &DeviceTaint| {
            gates.behaviour.every_taint_effect_counts || matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute")
        };
        self.of(slice, device).find(|found| {
            counts(found.taint) && !tolerations.iter().any(|toleration| toleration.tolerates(found.taint))
        })
    }
}

fn prepare<'a>(rule: &'a DeviceTaintRule, devices: &Devices, gates: &Gates, cache: &Cache) -> Option<PreparedRule<'a>> {
    let Some(selector) = &rule.selector else {
        return (!gates.behaviour.taint_rules_need_selector).then_some(PreparedRule { rule, selectors: Vec::new() });
    };
    let mut selectors = Vec::new();
    if gates.behaviour.taint_rules_select_by_class {
        let of_class = match selector.class {
            // A class that does not exist describes no device.
            Some(class) => &*devices.class(class)?.selectors,
            None => &[],
        };
        let expressions = of_class.iter().chain(&selector.selectors).flatten();
        selectors = expressions.map(|expression| cache.get(*expression)).collect();
    }
    Some(PreparedRule { rule, selectors })
}

impl PreparedRule<'_> {
    fn is_about(&self, slice: &ResourceSlice, device: &Device) -> bool {
        let Some(selector) = &self.rule.selector else { return true };
        selector.driver.is_none_or(|driver| driver == slice.pool.driver)
            && selector.pool.is_none_or(|pool| pool == slice.pool.pool)
            && selector.device.is_none_or(|name| name == device.name)
            && (self.selectors.is_empty() || {
                let input = DeviceInput::new(slice.pool.driver, device, View { sharing: false, lists: false });
                self.selectors.iter().all(|selector| selector.matches(&input) == Ok(true))
            })
    }
}
