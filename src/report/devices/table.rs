//! `-o table` and `-o wide` of the devices of a cluster: a row a node and pool, with `wide` a row a device.

use std::collections::BTreeMap;

use crate::framework::device_refusal::DeviceHolder;
use crate::plugins::dynamic_resources::overview::{DeviceOverview, DeviceState, PoolOverview, Reach};

use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::{DevicesAnswer, json};
use crate::report::screen::{Grid, Screen, not_evaluated};

/// Claims, nodes and taints that are named in one place.
const MOST_NAMED: usize = 3;

/// The devices as a person reads them.
pub(super) fn screen(answer: &DevicesAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let devices = || answer.pools.iter().flat_map(|pool| &pool.devices);
    let free = devices().filter(|device| device.state == DeviceState::Free).count();
    let headline = format!(
        "{} in {}, {} free",
        count(devices().count(), "device"),
        count(answer.pools.len(), "pool"),
        thousands(free)
    );
    screen.headline(if free > 0 { Label::Fits } else { Label::Rejected }, &headline, &provenance.to_string());
    for pool in answer.pools.iter().filter(|pool| pool.unsound.is_some()) {
        let why = pool.unsound.as_deref().unwrap_or_default();
        screen.paragraph(Label::Rejected, &format!("Nothing can be taken from pool {}: {why}", pool.id));
    }
    if devices().next().is_some() {
        screen.blank();
        screen.grid(&if look.wide { device_by_device(answer) } else { pool_by_pool(answer) });
    }
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

fn pool_by_pool(answer: &DevicesAnswer) -> Grid {
    let mut rows: BTreeMap<(&Reach, usize), Vec<&DeviceOverview>> = BTreeMap::new();
    for (index, pool) in answer.pools.iter().enumerate() {
        for device in &pool.devices {
            rows.entry((&device.reach, index)).or_default().push(device);
        }
    }
    let mut grid = Grid::new(["NODE", "POOL", "DEVICES", "FREE", "HELD BY, BLOCKED, TAINTED"]).right_aligned([2, 3]);
    for ((reach, index), devices) in rows {
        let Some(pool) = answer.pools.get(index) else { continue };
        let free = devices.iter().filter(|device| device.state == DeviceState::Free).count();
        let label = if free > 0 && pool.unsound.is_none() { Label::Fits } else { Label::Rejected };
        grid.row(
            label,
            [
                where_from(reach),
                pool_of_node(pool, reach),
                thousands(devices.len()),
                thousands(free),
                not_free(&devices).join("\n"),
            ],
        );
    }
    grid
}

fn device_by_device(answer: &DevicesAnswer) -> Grid {
    let mut grid = Grid::new(["NODE", "DEVICE", "STATE", "HELD BY", "TAINTS"]);
    for pool in &answer.pools {
        for device in &pool.devices {
            let label = if device.state == DeviceState::Free { Label::Fits } else { Label::Rejected };
            let holders: Vec<String> = device.held_by.iter().map(holder).collect();
            let mut state = json::word(device.state).to_owned();
            let taken = device.consumed.iter().map(|(capacity, amount, of)| format!("{amount} of {of} {capacity}"));
            let taken: Vec<String> = taken.collect();
            if !taken.is_empty() {
                state = format!("{state}: {}", taken.join(", "));
            }
            grid.row(
                label,
                [
                    where_from(&device.reach),
                    format!("{}/{}", pool_name(pool), device.name),
                    state,
                    list(&holders, MOST_NAMED),
                    taints(device).join(", "),
                ],
            );
        }
    }
    grid
}

fn pool_name(pool: &PoolOverview) -> String {
    pool.id.to_string()
}

fn where_from(reach: &Reach) -> String {
    match reach {
        Reach::Node(node) => node.to_string(),
        Reach::Nodes(nodes) if nodes.is_empty() => "no node".to_owned(),
        Reach::Nodes(nodes) => list(nodes, MOST_NAMED),
        Reach::AllNodes => "all nodes".to_owned(),
        Reach::Unknown => "unknown: its node selector is invalid".to_owned(),
    }
}

/// A pool as most drivers have it is called after its node: the driver's name is enough.
fn pool_of_node(pool: &PoolOverview, reach: &Reach) -> String {
    match reach {
        Reach::Node(node) if *node == pool.id.pool => pool.id.driver.to_string(),
        _ => pool_name(pool),
    }
}

/// Who has devices, those that have most first; how many devices nobody can have; taints. A line each.
fn not_free(devices: &[&DeviceOverview]) -> Vec<String> {
    let mut holders: Vec<(&DeviceHolder, usize)> = Vec::new();
    for one in devices.iter().flat_map(|device| &device.held_by) {
        match holders.iter_mut().find(|(known, _)| *known == one) {
            Some((_, held)) => *held += 1,
            None => holders.push((one, 1)),
        }
    }
    // Stable: of as many devices, in the order of devices.
    holders.sort_by_key(|(_, held)| std::cmp::Reverse(*held));
    let mut lines: Vec<String> =
        holders.iter().take(MOST_NAMED).map(|(one, held)| format!("{held}: {}", user(one))).collect();
    let left_out: usize = holders.iter().skip(MOST_NAMED).map(|(_, held)| held).sum();
    if left_out > 0 {
        lines.push(format!("{}: others", thousands(left_out)));
    }
    let blocked = devices.iter().filter(|device| device.state == DeviceState::Blocked).count();
    if blocked > 0 {
        lines.push(format!("{} blocked", thousands(blocked)));
    }
    lines.extend(tainted(devices));
    lines
}

/// The pods that use a claim; the claim where there are none.
fn user(holder: &DeviceHolder) -> String {
    match holder.pods.as_slice() {
        [] => format!("claim {} (no pod uses it)", holder.claim),
        pods => list(&pods.iter().map(ToString::to_string).collect::<Vec<_>>(), MOST_NAMED),
    }
}

fn holder(holder: &DeviceHolder) -> String {
    let pods: Vec<String> = holder.pods.iter().map(ToString::to_string).collect();
    if pods.is_empty() { holder.claim.to_string() } else { format!("{} ({})", holder.claim, list(&pods, MOST_NAMED)) }
}

fn taints(device: &DeviceOverview) -> Vec<String> {
    let print = |(taint, rule): &(crate::decode::devices::taint::DeviceTaint, Option<crate::api::Name>)| match rule {
        Some(rule) => format!("{taint} by {rule}"),
        None => taint.to_string(),
    };
    device.taints.iter().map(print).collect()
}

/// The taints, and how many devices have each.
fn tainted(devices: &[&DeviceOverview]) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for taint in devices.iter().flat_map(|device| taints(device)) {
        match counts.iter_mut().find(|(known, _)| *known == taint) {
            Some((_, known)) => *known += 1,
            None => counts.push((taint, 1)),
        }
    }
    counts.iter().take(MOST_NAMED).map(|(taint, devices)| format!("{devices} tainted {taint}")).collect()
}
