//! `PREEMPTION`: who would go from which node, where to, and why no others.

use std::fmt::Write;

use crate::api::Name;
use crate::explain::PreemptionDetail;
use crate::explain::suggest::{CandidateDetail, GoesTo, NotEligible, VictimDetail, WhyNot};
use crate::framework::CandidateSampling;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{count, list, thousands};
use crate::report::words;

/// Candidates shown.
pub(in crate::report) const MOST_CANDIDATES: usize = 5;
/// Victims of a candidate shown.
pub(in crate::report) const MOST_VICTIMS: usize = 6;

pub(in crate::report) fn render(screen: &mut Screen, preemption: &PreemptionDetail) {
    screen.heading("PREEMPTION", "what kube-scheduler would evict to make room");
    let mut grid = Grid::default();
    for candidate in preemption.candidates.iter().take(MOST_CANDIDATES) {
        let label = if candidate.picked { Label::Fits } else { Label::Plain };
        let mark = if candidate.picked { "picked" } else { "" };
        let mut lines: Vec<String> = candidate.victims.iter().take(MOST_VICTIMS).map(victim).collect();
        lines.extend(rest(candidate));
        lines.extend(candidate.lost_by.map(|criterion| format!("not picked: worse in {criterion}")));
        grid.row(label, vec![candidate.node.to_string(), mark.to_owned(), lines.join("\n")]);
    }
    screen.grid(&grid);
    let more = preemption.candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        screen.line(&[(Label::Dim, &format!("and {}", count(more, "more node")))]);
    }
    if let Some(criterion) = preemption.decided_by {
        screen.paragraph(Label::Plain, &format!("picked for: {criterion}"));
    }
    if let Some(sampling) = &preemption.sampling {
        screen.paragraph(Label::Plain, &sampled(sampling, preemption.candidates.len()));
    }
    for group in &preemption.not_eligible {
        let text = format!("no room on {}: {}", list(&group.nodes, 3), why(group));
        screen.paragraph(Label::Dim, &text);
    }
}

/// Which candidates are picked where not all are compared.
fn sampled(sampling: &CandidateSampling, candidates: usize) -> String {
    let mut by_chance: Vec<&(Name, f64)> = sampling.picks.iter().collect();
    by_chance.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let picks: Vec<String> = by_chance
        .iter()
        .map(|(node, chance)| match (chance * 100.0) as usize {
            0 => format!("{node} (under 1 %)"),
            percent => format!("{node} ({percent} %)"),
        })
        .collect();
    format!(
        "kube-scheduler compares only {} of the {} candidates, drawn at random: it picks {}",
        thousands(sampling.compared),
        thousands(candidates),
        list(&picks, 5)
    )
}

pub(in crate::report) fn rest(candidate: &CandidateDetail) -> Option<String> {
    let more = candidate.victims.len().saturating_sub(MOST_VICTIMS);
    let budgets = match candidate.pdb_violations {
        0 => None,
        violations => Some(format!("violating {}", count(violations, "disruption budget"))),
    };
    let more = (more > 0).then(|| format!("and {}", count(more, "more pod")));
    let parts: Vec<String> = more.into_iter().chain(budgets).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `evict shop/old-1: priority 0, ReplicaSet old, budget shop/old; would go to node-5`.
pub(in crate::report) fn victim(victim: &VictimDetail) -> String {
    let mut text = format!("evict {}: priority {}", victim.pod, victim.priority);
    if let Some(owner) = &victim.owner {
        let _ = write!(text, ", {} {}", owner.kind, owner.name);
    }
    if !victim.budgets.is_empty() {
        let budgets: Vec<String> = victim.budgets.iter().map(ToString::to_string).collect();
        let _ = write!(text, ", budget {}", list(&budgets, 2));
    }
    match victim.goes_to {
        GoesTo::Node(node) => {
            let _ = write!(text, "; would go to {node}");
        }
        GoesTo::Nowhere => text.push_str("; would fit nowhere else"),
        GoesTo::NotAsked => {}
    }
    text
}

/// Why no room can be made, and what the pod is rejected for.
pub(in crate::report) fn why(group: &NotEligible) -> String {
    let reasons: Vec<String> = group.reasons.iter().map(words::brief).collect();
    let reasons = list(&reasons, 2);
    match group.why {
        WhyNot::NotHelpful => format!("evictions would not help: {reasons}"),
        WhyNot::NoVictims => "no pod of lower priority".to_owned(),
        WhyNot::NotEnough => format!("even without all pods of lower priority: {reasons}"),
    }
}
