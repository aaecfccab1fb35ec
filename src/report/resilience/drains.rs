//! A drain plan: node by node where each pod goes, and in which wave, then what blocks the rest.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::api::{Name, ObjectKey};
use crate::simulate::resilience::drain_plan::{DrainPlan, NodeDrain, Wave};
use crate::simulate::scenario::AppliedScenario;

use super::super::simulation::scenario::{self, refused};
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::{PODS, loses_data, pods, unplaced};
use crate::report::screen::{Grid, Screen};

/// Pods of one node that are shown.
const MOVES: usize = 20;
/// Nodes that are shown.
const NODES: usize = 20;

pub(super) fn render(
    screen: &mut Screen,
    plan: &DrainPlan,
    applied: &AppliedScenario,
    provenance: &Provenance,
    look: Look,
) {
    let (label, headline) = headline(plan);
    screen.headline(label, &headline, &provenance.to_string());
    let most = |most: usize| if look.wide { usize::MAX - 1 } else { most };
    scenario::applied(screen, applied, look.wide);
    screen.blank();
    // Nodes without pods to evict come first, on one line.
    let is_empty = |drain: &&NodeDrain| drain.evicted() == 0 && drain.is_complete();
    let empty = plan.drains.iter().take_while(is_empty).count();
    if empty > 1 {
        let names: Vec<&str> = plan.drains.iter().take(empty).map(|drain| drain.node.as_str()).collect();
        screen.line(&[
            (Label::Fits, &format!("1-{empty} {}", list(&names, most(NODES)))),
            (Label::Dim, "   no pod to evict"),
        ]);
    }
    let skipped = if empty > 1 { empty } else { 0 };
    for (place, drain) in plan.drains.iter().enumerate().skip(skipped).take(most(NODES)) {
        node(screen, place + 1, drain, most(MOVES));
    }
    order(screen, plan);
    screen.left_out(plan.drains.len(), most(NODES), "node");
    in_the_way(screen, plan, most(PODS));
    mind(screen, plan, most(PODS));
}

/// The answer in one line.
fn headline(plan: &DrainPlan) -> (Label, String) {
    let nodes = count(plan.drains.len(), "node");
    let unplaced = plan.unplaced_evicted();
    let preempted = match plan.unplaced_preempted() {
        0 => String::new(),
        pods => format!("; {} preempted for these and cannot be rescheduled", count(pods, "pod")),
    };
    let staying: usize = plan.drains.iter().map(|drain| drain.staying).sum();
    let moving = plan.drains.iter().map(NodeDrain::evicted).sum::<usize>();
    match (unplaced, staying) {
        (0, 0) if plan.is_complete() => {
            (Label::Fits, format!("{nodes} can be drained, {} to move{preempted}", count(moving, "pod")))
        }
        (unplaced, staying) => {
            let unplaced = (unplaced > 0).then(|| format!("{} cannot be rescheduled", count(unplaced, "pod")));
            let staying = (staying > 0).then(|| format!("{} not evicted", count(staying, "pod")));
            let left = unplaced.into_iter().chain(staying).collect::<Vec<_>>().join(", ");
            let without = |drain: &&NodeDrain| {
                let moves = drain.waves.iter().flat_map(|wave| &wave.steps);
                let own: BTreeSet<ObjectKey> =
                    drain.waves.iter().flat_map(|wave| wave.evicted.iter().copied()).collect();
                let mut last: BTreeMap<ObjectKey, bool> = BTreeMap::new();
                for step in moves.filter(|step| own.contains(&step.pod)) {
                    last.insert(step.pod, step.place().is_some());
                }
                drain.is_complete() && last.values().all(|placed| *placed)
            };
            let drained = plan.drains.iter().filter(without).count();
            let removed = match plan.placed_when_removed {
                0 => String::new(),
                pods => format!("; {} a place as soon as the drained nodes are removed", has(pods)),
            };
            match plan.drains.len() {
                1 => (Label::Rejected, format!("{nodes} cannot be drained: {left}{preempted}{removed}")),
                _ => (
                    Label::Rejected,
                    format!("{} of {nodes} can be drained: {left}{preempted}{removed}", thousands(drained)),
                ),
            }
        }
    }
}

fn has(pods: usize) -> String {
    if pods == 1 { "1 pod has".to_owned() } else { format!("{} have", count(pods, "pod")) }
}

/// Why the nodes are in this order, and which can be drained at the same time.
fn order(screen: &mut Screen, plan: &DrainPlan) {
    if plan.drains.len() < 2 {
        return;
    }
    screen.blank();
    let why = if plan.orders_tried > 0 && plan.is_complete() {
        format!("any order works ({} tried)", count(plan.orders_tried, "other order"))
    } else {
        "order: nodes that leave fewest pods without a place first, then by name".to_owned()
    };
    screen.paragraph(Label::Plain, &why);
    let mut batches: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for drain in plan.drains.iter().filter(|drain| drain.evicted() > 0) {
        batches.entry(drain.batch).or_default().push(drain.node.as_str());
    }
    for nodes in batches.values().filter(|nodes| nodes.len() > 1) {
        let text = format!("{} can be drained at the same time: no budget is theirs together", list(nodes, NODES));
        screen.paragraph(Label::Plain, &text);
    }
}

/// One node, and below it where its pods go.
fn node(screen: &mut Screen, number: usize, drain: &NodeDrain, most: usize) {
    let label = if drain.is_complete() { Label::Fits } else { Label::Rejected };
    let all: Vec<(usize, ObjectKey, String)> = drain
        .waves
        .iter()
        .enumerate()
        .flat_map(|(wave, of)| moves(of, &drain.lost).into_iter().map(move |(pod, to)| (wave + 1, pod, to)))
        .collect();
    let name = format!("{number:<3} {}", drain.node);
    let remark = match (all.len(), drain.is_complete()) {
        (0, true) => "   no pod to evict",
        (0, false) => "   no pod is evicted",
        _ => "",
    };
    screen.line(&[(label, &name), (Label::Dim, remark)]);
    let mut grid = Grid::default().unbroken();
    for (wave, pod, to) in all.iter().take(most) {
        // The first needs no word.
        let wave = if *wave > 1 { format!("wave {}", thousands(*wave)) } else { String::new() };
        grid.row(Label::Plain, [format!("    {pod}"), format!("→ {to}"), wave]);
    }
    screen.grid(&grid);
    if all.len() > most {
        screen.line(&[(Label::Dim, &format!("    and {}", count(all.len() - most, "more pod")))]);
    }
}

/// Where each pod of a wave goes; pods of earlier waves that find a place now come last.
fn moves(wave: &Wave, lost: &[ObjectKey]) -> Vec<(ObjectKey, String)> {
    let places: BTreeMap<ObjectKey, Option<Name>> =
        wave.steps.iter().map(|step| (step.pod, step.place().map(|place| place.name))).collect();
    let evicted = wave.evicted.iter().map(|pod| {
        let to = match places.get(pod) {
            Some(Some(node)) => node.to_string(),
            Some(None) => "<none>".to_owned(),
            None if lost.contains(pod) => "lost".to_owned(),
            None => "deleted".to_owned(),
        };
        (*pod, to)
    });
    let later = wave.steps.iter().filter(|step| !wave.evicted.contains(&step.pod));
    evicted.chain(later.filter_map(|step| Some((step.pod, step.place()?.name.to_string())))).collect()
}

fn in_the_way(screen: &mut Screen, plan: &DrainPlan, most: usize) {
    if plan.is_complete() && plan.unplaced.is_empty() {
        return;
    }
    let blocks = if plan.is_complete() { "PREEMPTED" } else { "WHAT BLOCKS THE DRAIN" };
    screen.heading(blocks, "");
    unplaced(screen, &plan.unplaced, "", most);
    let mut held: IndexMap<(&str, &[ObjectKey]), Vec<ObjectKey>> = IndexMap::new();
    for refusal in plan.drains.iter().flat_map(|drain| &drain.refused) {
        match refusal.pod {
            Some(pod) => held.entry((&refusal.message, &refusal.budgets)).or_default().push(pod),
            None => screen.indented(Label::Rejected, "", &refused(refusal)),
        }
    }
    for ((message, budgets), held) in held {
        let verb = if held.len() == 1 { "is not evicted" } else { "are not evicted" };
        screen.indented(Label::Rejected, "", &pods(&held, verb, most));
        let budgets: Vec<String> = budgets.iter().map(ToString::to_string).collect();
        screen.indented(Label::Plain, "  ", &format!("{message} ({})", list(&budgets, PODS)));
    }
}

/// What goes with the nodes.
fn mind(screen: &mut Screen, plan: &DrainPlan, most: usize) {
    let all = |of: fn(&NodeDrain) -> &[ObjectKey]| plan.drains.iter().flat_map(of).copied().collect::<Vec<_>>();
    let (lost, local_data) = (all(|drain| &drain.lost), all(|drain| &drain.local_data));
    if lost.is_empty() && local_data.is_empty() {
        return;
    }
    screen.blank();
    if !lost.is_empty() {
        screen.paragraph(Label::Rejected, &pods(&lost, "lost (no controller recreates them)", most));
    }
    if !local_data.is_empty() {
        screen.paragraph(Label::Warning, &pods(&local_data, loses_data(&local_data), most));
    }
}
