//! Which nodes can go: how many, of which pools, in which order, and what keeps the others.

use crate::simulate::resilience::consolidation::{Consolidation, PoolSaving};
use crate::simulate::resilience::drain_plan::NodeDrain;
use crate::simulate::scenario::AppliedScenario;

use super::super::simulation::scenario;
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use crate::report::screen::{Grid, Screen};

/// Nodes that are shown of each sort.
const NODES: usize = 10;

pub(super) fn render(
    screen: &mut Screen,
    found: &Consolidation,
    applied: &AppliedScenario,
    provenance: &Provenance,
    look: Look,
) {
    let most = if look.wide { usize::MAX - 1 } else { NODES };
    let (going, staying) = (found.drains.len(), found.kept.len());
    let all = count(going + staying, "node");
    let (label, headline) = match going {
        0 => (Label::Plain, format!("None of {all} can go: the pods of each fit nowhere else")),
        going => (Label::Fits, format!("{} of {all} can go", thousands(going))),
    };
    screen.headline(label, &headline, &provenance.to_string());
    let needed = match found.needed_at_least {
        needed if needed >= staying => "no fewer would do for what the pods request".to_owned(),
        1 => "at least 1 is needed for what the pods request".to_owned(),
        needed => format!("at least {} are needed for what the pods request", thousands(needed)),
    };
    screen.paragraph(
        Label::Plain,
        &format!("{} {}; {needed}", count(staying, "node"), if staying == 1 { "stays" } else { "stay" }),
    );
    if let Some((before, after)) = found.cost {
        let text = format!("cost {before} → {after}: {} less", round(before - after));
        screen.paragraph(Label::Plain, &text);
    }
    scenario::applied(screen, applied, look.wide);
    pools(screen, &found.pools);
    if going > 0 {
        screen.heading("NODES THAT CAN GO", "drain and remove them in this order");
        let empty = |drain: &&NodeDrain| drain.evicted() == 0;
        let names: Vec<String> = found.drains.iter().filter(empty).map(|drain| drain.node.to_string()).collect();
        if !names.is_empty() {
            screen.indented(Label::Fits, "", &format!("no pod to move: {}", list(&names, most)));
        }
        let mut grid = Grid::new(["NODE", "PODS", "GO TO"]).right_aligned([1]);
        let full: Vec<&NodeDrain> = found.drains.iter().filter(|drain| drain.evicted() > 0).collect();
        for drain in full.iter().take(most) {
            let mut to: Vec<String> = drain
                .waves
                .iter()
                .flat_map(|wave| &wave.steps)
                .filter_map(|step| step.place())
                .map(|place| place.name.to_string())
                .collect();
            to.sort_unstable();
            to.dedup();
            grid.row(Label::Fits, [drain.node.to_string(), thousands(drain.evicted()), list(&to, 3)]);
        }
        if !full.is_empty() {
            screen.grid(&grid);
        }
        screen.left_out(full.len(), most, "node");
    }
    if !found.kept.is_empty() {
        screen.heading("NODES THAT STAY", "and the first thing that keeps each");
        let mut grid = Grid::default();
        for (node, why) in found.kept.iter().take(most) {
            grid.row(Label::Plain, [node.to_string(), why.clone()]);
        }
        screen.grid(&grid);
        screen.left_out(found.kept.len(), most, "node");
    }
}

fn pools(screen: &mut Screen, pools: &[PoolSaving]) {
    if pools.len() < 2 && pools.iter().all(|pool| pool.saved.is_none()) {
        return;
    }
    screen.blank();
    let priced = pools.iter().any(|pool| pool.saved.is_some());
    let header = ["POOL", "NODES", "CAN GO"].into_iter().chain(priced.then_some("SAVES")).map(str::to_owned);
    let mut grid = Grid::with_header(header.collect()).right_aligned([1, 2, 3]);
    for pool in pools {
        let saves = pool.saved.map(|saved| round(saved).to_string());
        let cells = [pool.pool.to_string(), thousands(pool.nodes), thousands(pool.removed)];
        grid.row(Label::Plain, cells.into_iter().chain(saves));
    }
    screen.grid(&grid);
}

fn round(amount: f64) -> f64 {
    (amount * 10_000.0).round() / 10_000.0
}
