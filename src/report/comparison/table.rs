//! `-o table` and `-o wide` of a comparison: a row for each strategy.

use crate::simulate::scenario::StepReport;
use crate::simulate::{Shares, StrategyResult};

use super::super::simulation::{outcome, why_not_started};
use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::super::{Look, Provenance};
use super::ComparisonAnswer;
use crate::report::screen::{Grid, Screen, not_evaluated};

/// The comparison as a person reads it; `wide` with utilization, and the measures of pods as well.
pub(super) fn screen(answer: &ComparisonAnswer, provenance: &Provenance, look: Look) -> Screen {
    let mut screen = Screen::of(look, provenance);
    let label = if answer.fits() { Label::Fits } else { Label::Rejected };
    screen.headline(label, &headline(answer), &provenance.to_string());
    if let Some(first) = answer.refused.first() {
        let refused = count(answer.refused.len(), "pod");
        screen.paragraph(
            Label::Rejected,
            &format!("{refused} refused by the API server, such as {}: {first}", first.pod),
        );
    }
    screen.blank();
    screen.grid(&grid(answer, look.wide));
    let parts = if look.wide { "cpu/memory/pods" } else { "cpu/memory" };
    let text = format!(
        "BALANCE and FRAGMENTED: {parts}, lower is better; LEAST: the fewest nodes that any strategy could use"
    );
    screen.paragraph(Label::Dim, &text);
    not_placed(&mut screen, answer);
    not_evaluated(&mut screen, &answer.not_evaluated);
    screen
}

/// Why pods stay pending: the largest group of each strategy. Where it is the same for all it stands there once.
fn not_placed(screen: &mut Screen, answer: &ComparisonAnswer) {
    let with_groups = answer.trials.iter().filter_map(|trial| Some((trial, trial.groups.first()?)));
    let mut reasons: Vec<(&str, usize, Vec<String>)> = Vec::new();
    for (trial, group) in with_groups {
        match reasons.iter_mut().find(|(message, pods, _)| *message == group.first.message && *pods == group.pods.len())
        {
            Some((_, _, strategies)) => strategies.push(trial.name()),
            None => reasons.push((&group.first.message, group.pods.len(), vec![trial.name()])),
        }
    }
    if !reasons.is_empty() {
        screen.heading("NOT PLACED", "the largest group of each strategy");
    }
    for (message, pods, strategies) in reasons {
        let by = if strategies.len() == answer.trials.len() && strategies.len() > 1 {
            "every strategy".to_owned()
        } else {
            strategies.join(", ")
        };
        screen.indented(Label::Plain, "", &format!("{by}: {}: {message}", count(pods, "pod")));
    }
    not_done(screen, answer);
}

/// The first problem with the steps of the scenario, for each strategy that has one.
fn not_done(screen: &mut Screen, answer: &ComparisonAnswer) {
    let mut problems: Vec<(String, Vec<String>)> = Vec::new();
    for trial in answer.trials.iter().filter(|trial| !trial.steps_done()) {
        let problem = problem(trial);
        match problems.iter_mut().find(|(known, _)| *known == problem) {
            Some((_, strategies)) => strategies.push(trial.name()),
            None => problems.push((problem, vec![trial.name()])),
        }
    }
    for (problem, strategies) in problems {
        let all = strategies.len() == answer.trials.len() && strategies.len() > 1;
        let by = if all { "every strategy".to_owned() } else { strategies.join(", ") };
        screen.indented(Label::Rejected, "", &format!("{by}: {problem}"));
    }
}

fn problem(trial: &StrategyResult) -> String {
    if let Some(report) = trial.undone.first() {
        return format!("{}: {}", report.said, undone(report));
    }
    if let Some(attach) = trial.cannot_start.first() {
        return format!("{} {}", attach.pod, why_not_started(attach));
    }
    let budgets: Vec<String> = trial.violated_budgets.iter().map(ToString::to_string).collect();
    format!("violates budget {}", list(&budgets, 3))
}

/// What a step did not do.
fn undone(report: &StepReport) -> String {
    if let Some(refused) = report.refused.first() {
        let pod = refused.pod.map(|pod| format!("{pod} stays on ")).unwrap_or_default();
        return format!("{pod}{}: {}", refused.node, refused.message);
    }
    if let Some(refusal) = report.not_created.first() {
        return format!("{} is not created: {refusal}", refusal.pod);
    }
    if let Some(waits) = &report.waits {
        return format!("the controller waits for {}", waits.for_pod);
    }
    report.rollout.as_ref().map(outcome).unwrap_or_default()
}

/// The answer in one line.
pub(in crate::report) fn headline(answer: &ComparisonAnswer) -> String {
    let Some(first) = answer.trials.first() else { return "No strategy to compare".to_owned() };
    let by = match answer.trials.len() {
        1 => "1 strategy".to_owned(),
        more => format!("{} strategies", thousands(more)),
    };
    let pods = count(first.placed + first.unplaced, "pod");
    format!("{pods} by {by}, on {}", count(first.nodes, "node"))
}

fn grid(answer: &ComparisonAnswer, wide: bool) -> Grid {
    let costs = answer.trials.iter().any(|trial| trial.cost.is_some());
    let mut header = vec!["STRATEGY", "PLACED", "NODES", "LEAST"];
    header.extend(wide.then_some("UTILISATION"));
    header.extend(["BALANCE", "FRAGMENTED"]);
    header.extend(costs.then_some("COST"));
    let numbers = 1..header.len();
    let mut grid = Grid::with_header(header.into_iter().map(str::to_owned).collect()).right_aligned(numbers).unbroken();
    for trial in &answer.trials {
        let StrategyResult { measures, .. } = trial;
        let mut cells = vec![trial.name(), thousands(trial.placed)];
        cells.extend([trial.nodes_used, trial.nodes_needed].map(thousands));
        cells.extend(wide.then(|| shares(measures.utilization, wide)));
        cells.extend([measures.balance, measures.fragmentation].map(|measure| shares(measure, wide)));
        cells.extend(costs.then(|| trial.cost.map_or_else(|| "<none>".to_owned(), |cost| cost.to_string())));
        grid.row(if trial.unplaced == 0 { Label::Fits } else { Label::Rejected }, cells);
    }
    grid
}

fn shares(shares: Shares, with_pods: bool) -> String {
    let print = |share: f64| format!("{:.1}", share * 100.0);
    let pods = if with_pods { format!("/{}", print(shares.pods)) } else { String::new() };
    format!("{}/{}{pods}%", print(shares.cpu), print(shares.memory))
}
