//! What losses do: a line a unit, the worst first, then what hurts about the worst of them.

use crate::simulate::resilience::{BrokenBudget, By, Loss};
use crate::simulate::scenario::AppliedScenario;

use super::super::Setting;
use super::super::simulation::scenario;
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::{LossAnswer, PODS, loses_data, pods, unplaced};
use crate::report::screen::{Grid, Screen};

/// Units that are shown.
const UNITS: usize = 12;
/// Units that are shown in detail.
const MOST_DETAILED: usize = 3;
/// The same of `-o wide`: more than these is for programs.
const WIDE_UNITS: usize = 100;
const WIDE_DETAILED: usize = 25;
/// Pods that `-o wide` names of each sort.
const WIDE_PODS: usize = 25;

pub(super) fn render(
    screen: &mut Screen,
    answer: &LossAnswer,
    applied: &AppliedScenario,
    provenance: &Provenance,
    look: Look,
) {
    let (label, headline) = headline(answer);
    screen.headline(label, &headline, &provenance.to_string());
    let losses = &answer.sweep.losses;
    not_recreated(screen, losses, look);
    scenario::applied(screen, applied, look.wide);
    let with_impact = losses.iter().filter(|loss| loss.has_impact()).count();
    if answer.unlabelled > 0
        && let Some(key) = answer.by.label()
    {
        let lack = if answer.unlabelled == 1 { "lacks" } else { "lack" };
        screen.paragraph(Label::Warning, &format!("{} {lack} the label {key}", count(answer.unlabelled, "node")));
    }
    let (listed, most) = if look.wide { (losses.len(), WIDE_UNITS) } else { (with_impact, UNITS) };
    units(screen, answer, listed.min(most));
    more(screen, look, listed, most, "shows");
    let detailed = |loss: &&Loss| loss.has_impact() || (look.wide && !loss.steps.is_empty());
    let most = if look.wide { WIDE_DETAILED } else { MOST_DETAILED };
    for loss in losses.iter().filter(detailed).take(most) {
        tell(screen, answer, loss, look);
    }
    let all = losses.iter().filter(detailed).count();
    if all > most {
        screen.blank();
        more(screen, look, all, most, "lists");
    }
}

/// Pods that the headline does not tell of: a node that does not answer and is not deleted keeps them. Where they are
/// harm beside other harm, the table has them.
fn not_recreated(screen: &mut Screen, losses: &[Loss], look: Look) {
    let others = losses.iter().filter(|loss| !loss.has_impact());
    let pods: Vec<String> =
        others.flat_map(|loss| loss.registered.not_recreated()).map(|pod| pod.to_string()).collect();
    if pods.is_empty() {
        return;
    }
    let (are, they) = if pods.len() == 1 { ("is", "its node") } else { ("are", "their node") };
    let text = format!(
        "caution: {} {are} not recreated while {they} is down but not deleted: {}",
        count(pods.len(), "pod"),
        list(&pods, PODS)
    );
    let wide = screen.spelled(Setting::Wide).filter(|_| !look.wide);
    let wide = wide.map(|wide| format!(" ({wide} shows why)")).unwrap_or_default();
    screen.paragraph(Label::Warning, &format!("{text}{wide}"));
}

/// That there are more than `most`, and where they are: `and 4 more: -o wide lists more`.
fn more(screen: &mut Screen, look: Look, all: usize, most: usize, verb: &str) {
    if all <= most {
        return;
    }
    let rest = format!("and {} more", thousands(all - most));
    let them = if all - most == 1 { "it" } else { "them" };
    let setting = if look.wide { Setting::Json } else { Setting::Wide };
    let text = screen.spelled(setting).map_or(rest.clone(), |spelled| format!("{rest}: {spelled} {verb} {them}"));
    screen.line(&[(Label::Dim, &text)]);
}

/// The answer in one line.
fn headline(answer: &LossAnswer) -> (Label, String) {
    let losses = &answer.sweep.losses;
    let units = match answer.by {
        By::Node => count(losses.len(), "node"),
        By::Zone => count(losses.len(), "zone"),
        By::Label(key) => format!("{} of {key}", count(losses.len(), "value")),
    };
    let unplaced = losses.iter().filter(|loss| loss.unplaced_at_worst() > 0).count();
    let with_impact = losses.iter().filter(|loss| loss.has_impact()).count();
    match (unplaced, with_impact) {
        (0, 0) if losses.is_empty() => (Label::Plain, "The state has no nodes".to_owned()),
        (0, 0) => (Label::Fits, format!("Any one of {units} can be lost: all pods fit on the rest")),
        (0, with_impact) => {
            let first = losses.iter().find(|loss| loss.has_impact()).map(verdict).unwrap_or_default();
            let of = format!("{} of {units}", thousands(with_impact));
            let does = if with_impact == 1 { "does harm" } else { "do harm" };
            (Label::Rejected, format!("Pods fit elsewhere after any loss, but {of} {does}: {first}"))
        }
        (unplaced, _) => {
            let verb = if unplaced == 1 { "leaves" } else { "leave" };
            (Label::Rejected, format!("{} of {units}, if lost, {verb} pods that fit nowhere else", thousands(unplaced)))
        }
    }
}

/// What a loss does, in a few words: `c: 4 bare pods lost`.
fn verdict(loss: &Loss) -> String {
    let outages: Vec<String> = loss.harmful_outages().map(|outage| outage.workload.to_string()).collect();
    let lost = loss.lost.len();
    let parts = [
        (loss.unplaced_at_worst() > 0).then(|| format!("{} fit nowhere", count(loss.unplaced_at_worst(), "pod"))),
        (!outages.is_empty()).then(|| format!("{} down", list(&outages, 2))),
        (!loss.broken.is_empty()).then(|| format!("{} violated", count(loss.broken.len(), "budget"))),
        (lost > 0).then(|| format!("{} lost", count(lost, "bare pod"))),
        Some(loss.registered.not_recreated().count())
            .filter(|stuck| *stuck > 0)
            .map(|stuck| format!("{} stuck", count(stuck, "pod"))),
    ];
    format!("{}: {}", loss.unit.name, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn units(screen: &mut Screen, answer: &LossAnswer, most: usize) {
    if most == 0 {
        return;
    }
    screen.blank();
    let first = match answer.by {
        By::Node => "NODE",
        By::Zone => "ZONE",
        By::Label(_) => "VALUE",
    };
    let several = answer.by != By::Node;
    let nodes = several.then_some("NODES");
    let header = [first].into_iter().chain(nodes).chain(["MOVE", "UNPLACED", "STUCK", "DOWN", "PDBS", "LOST"]);
    let header: Vec<String> = header.map(str::to_owned).collect();
    let columns = header.len();
    let mut grid = Grid::with_header(header).right_aligned(1..columns);
    for loss in answer.sweep.losses.iter().take(most) {
        let unplaced = loss.unplaced_at_worst();
        let label = if unplaced > 0 { Label::Rejected } else { Label::Plain };
        let moves = loss.steps.len() - loss.pods_without_a_place();
        let nodes = several.then(|| thousands(loss.unit.nodes.len()));
        let down = loss.harmful_outages().count();
        let stuck = loss.registered.not_recreated().count();
        let numbers = [moves, unplaced, stuck, down, loss.broken.len(), loss.lost.len()].map(thousands);
        grid.row(label, [loss.unit.name.to_string()].into_iter().chain(nodes).chain(numbers));
    }
    screen.grid(&grid);
    let columns = "UNPLACED: fit nowhere, in the worse case of two: the node is deleted, or stays registered and does \
                   not answer. STUCK: pods that are not recreated until the node is back or deleted. \
                   DOWN: workloads that lose all of several ready pods. PDBS: budgets violated. LOST: pods that no \
                   controller recreates";
    screen.paragraph(Label::Dim, columns);
}

/// What hurts about one loss.
fn tell(screen: &mut Screen, answer: &LossAnswer, loss: &Loss, look: Look) {
    let wide = look.wide;
    let most = if wide { WIDE_PODS } else { PODS };
    let name = match answer.by.label() {
        Some(key) => format!("{key}={}", loss.unit.name),
        None => loss.unit.name.to_string(),
    };
    screen.heading(&name, "");
    let registered = &loss.registered;
    if wide {
        if !loss.unplaced.is_empty() {
            screen.indented(Label::Dim, "  ", "if the node is deleted:");
            unplaced(screen, &loss.unplaced, "  ", most);
        }
        if !registered.unplaced.is_empty() {
            screen.indented(Label::Dim, "  ", "if it stays registered and does not answer:");
            unplaced(screen, &registered.unplaced, "  ", most);
        }
    } else if registered.unplaced_pods() > loss.pods_without_a_place() {
        screen.indented(Label::Dim, "  ", "while the node stays registered:");
        unplaced(screen, &registered.unplaced, "  ", most);
    } else {
        unplaced(screen, &loss.unplaced, "  ", most);
    }
    for outage in loss.harmful_outages().take(most) {
        let text = format!(
            "{} {} is down until its pods run elsewhere: all {} ready pods are here",
            outage.kind, outage.workload, outage.ready
        );
        screen.indented(Label::Rejected, "  ", &text);
    }
    if !registered.stuck.is_empty() {
        let what = "stuck terminating until the node is back or deleted (StatefulSet)";
        screen.indented(Label::Warning, "  ", &pods(&registered.stuck, what, most));
    }
    if !registered.kept.is_empty() {
        let what = "not evicted while the node stays registered (tolerates node.kubernetes.io/unreachable without \
                    tolerationSeconds)";
        screen.indented(Label::Warning, "  ", &pods(&registered.kept, what, most));
    }
    for broken in &loss.broken {
        screen.indented(Label::Rejected, "  ", &budget(broken));
    }
    if !loss.lost.is_empty() {
        let text = pods(&loss.lost, "lost (no controller recreates them)", most);
        let text = if loss.lost.len() == 1 { text.replace("recreates them", "recreates it") } else { text };
        screen.indented(Label::Rejected, "  ", &text);
    }
    if !wide {
        return;
    }
    if !loss.local_data.is_empty() {
        screen.indented(Label::Warning, "  ", &pods(&loss.local_data, loses_data(&loss.local_data), most));
    }
    let mut grid = Grid::default();
    let placed: Vec<_> = loss.steps.iter().filter_map(|step| Some((step.pod, step.place()?.name))).collect();
    for (pod, node) in placed.iter().take(WIDE_PODS) {
        grid.row(Label::Plain, [format!("  {pod}"), format!("→ {node}")]);
    }
    if !grid.is_empty() {
        screen.grid(&grid);
        more(screen, look, placed.len(), WIDE_PODS, "lists");
    }
}

/// `PodDisruptionBudget shop/web: 2 pods down at once (budget allows 1); 1 cannot be rescheduled`.
fn budget(broken: &BrokenBudget) -> String {
    let BrokenBudget { budget, allowed, gone, unrecoverable } = broken;
    let after = match unrecoverable {
        0 => "all can be rescheduled".to_owned(),
        some => format!("{} cannot be rescheduled", thousands(*some)),
    };
    let allowed = if *allowed == 0 { "none".to_owned() } else { thousands(*allowed) };
    format!("PodDisruptionBudget {budget}: {} down at once (budget allows {allowed}); {after}", count(*gone, "pod"))
}
