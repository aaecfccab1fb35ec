//! `--node NODE`: every plugin's verdict on one node, with the numbers behind it.

use std::fmt::Write;

use crate::api::name::Name;
use crate::explain::node_detail::FilterVerdict;
use crate::explain::{FilterDetail, NodeDetail};
use crate::framework::{Fact, NodePlacement};
use crate::report::explain::table::counterfactual;
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_camel_case, thousands};
use crate::report::{Answer, words};

/// Domains of a topology key that are listed.
const MOST_DOMAINS: usize = 8;

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, detail: &NodeDetail) {
    let placement = &answer.placement;
    let node = placement.nodes.iter().find(|node| node.name == detail.node);
    screen.blank();
    let (label, verdict) = verdict(node);
    screen.line(&[(Label::Plain, "Node "), (Label::Plain, &detail.node), (Label::Plain, " "), (label, &verdict)]);
    if let (None, Some(turned_away)) = (node, &placement.pre_filter) {
        screen.paragraph(
            Label::Plain,
            &format!("{}: {}", turned_away.plugin.unwrap_or("PreFilter"), turned_away.rejection.message()),
        );
    }
    filters(screen, &detail.filters);
    scores(screen, detail);
    if let Some(counterfactual) = &detail.counterfactual {
        counterfactual::render(screen, counterfactual, detail.several_containers);
    }
}

/// What is said of the node in one go; none where the cycle never came to its nodes.
pub(in crate::report) fn verdict(node: Option<&NodePlacement>) -> (Label, String) {
    match node {
        Some(node) if node.is_feasible() => (
            Label::Fits,
            match (node.rank, node.total) {
                (Some(rank), Some(total)) => format!("fits: rank {rank}, {total} points"),
                _ => "fits".to_owned(),
            },
        ),
        Some(node) => {
            let plugin = node.rejection.as_ref().and_then(|rejection| rejection.plugin).unwrap_or("the framework");
            (Label::Rejected, format!("does not fit: rejected by {plugin}"))
        }
        None => (Label::Rejected, "was not checked: the pod was rejected before".to_owned()),
    }
}

fn filters(screen: &mut Screen, filters: &[FilterDetail]) {
    let mut grid = Grid::new(["FILTER", "VERDICT", "WHY"]);
    let (skipped, asked): (Vec<_>, Vec<_>) =
        filters.iter().partition(|filter| filter.verdict == FilterVerdict::Skipped);
    for filter in asked {
        let (label, verdict) = match &filter.verdict {
            FilterVerdict::Skipped | FilterVerdict::NotAsked => (Label::Dim, "not run"),
            FilterVerdict::Passed => (Label::Fits, "yes"),
            FilterVerdict::Rejected(_) => (Label::Rejected, "no"),
        };
        let mut why: Vec<String> = match &filter.verdict {
            FilterVerdict::Rejected(rejection) => {
                rejection.reasons.iter().map(|reason| format!("{reason}: {}", words::on_node(reason))).collect()
            }
            FilterVerdict::Skipped | FilterVerdict::NotAsked | FilterVerdict::Passed => Vec::new(),
        };
        why.extend(facts(&filter.facts));
        if filter.by_nominated {
            why.push("with the pods that are nominated to this node; without them it would fit".to_owned());
        }
        grid.row(label, vec![filter.plugin.to_owned(), verdict.to_owned(), why.join("\n")]);
    }
    screen.blank();
    screen.grid(&grid);
    let skipped: Vec<&str> = skipped.iter().map(|filter| filter.plugin).collect();
    nothing_for(screen, "check", &skipped);
}

/// The plugins that skip this pod, in one go.
fn nothing_for(screen: &mut Screen, what: &str, plugins: &[&str]) {
    if !plugins.is_empty() {
        screen.paragraph(
            Label::Dim,
            &format!("skipped, because the pod has nothing for them to {what}: {}", plugins.join(", ")),
        );
    }
}

fn scores(screen: &mut Screen, detail: &NodeDetail) {
    if detail.scores.is_empty() {
        return;
    }
    let mut grid = Grid::new(["SCORE", "RAW", "0-100", "WEIGHT", "POINTS", "WHY"]).right_aligned(1..5);
    let mut total = 0;
    let mut skipped = Vec::new();
    for scored in &detail.scores {
        let Some(score) = &scored.score else {
            skipped.push(scored.plugin);
            continue;
        };
        total += score.weighted;
        let points = [score.raw, score.normalized, score.weight, score.weighted];
        let mut row = vec![break_camel_case(scored.plugin, 20)];
        row.extend(points.map(|points| points.to_string()));
        row.push(facts(&scored.facts).join("\n"));
        grid.row(Label::Plugin, row);
    }
    grid.row(Label::Heading, ["total", "", "", "", &total.to_string(), ""].map(str::to_owned));
    screen.blank();
    screen.grid(&grid);
    nothing_for(screen, "score", &skipped);
}

/// A line a fact; the domains of one topology key share a line.
pub(in crate::report) fn facts(facts: &[Fact]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut keys: Vec<Name> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Resource { resource, requested, used, allocatable, score, weight } => {
                let print = |value| words::amount(*resource, value);
                let mut line = format!(
                    "{resource}: requested {}, used {} of {}",
                    print(*requested),
                    print(*used),
                    print(*allocatable)
                );
                if let Some(score) = score {
                    let _ = write!(line, ", score {score}");
                }
                if let Some(weight) = weight {
                    let _ = write!(line, " x{weight}");
                }
                lines.push(line);
            }
            Fact::Domain { topology_key, .. } => {
                if !keys.contains(topology_key) {
                    keys.push(*topology_key);
                    lines.push(domains(*topology_key, facts));
                }
            }
            Fact::Devices(devices) => lines.extend(words::device_facts(devices)),
            Fact::Value { name, value } => lines.push(format!("{name}: {value}")),
        }
    }
    lines
}

/// `zone: a 3, b 2 (here), c 1`: the node's own domain first when there are too many.
fn domains(key: Name, facts: &[Fact]) -> String {
    let mut domains: Vec<(&Name, i64, bool)> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Domain { topology_key, domain, count, on_this_node: here } if *topology_key == key => {
                Some((domain, *count, *here))
            }
            _ => None,
        })
        .collect();
    let left_out = domains.len().saturating_sub(MOST_DOMAINS);
    if left_out > 0 {
        // The emptiest domain is what the others are measured against.
        domains.sort_by_key(|(_, count, here)| (!here, *count));
        domains.truncate(MOST_DOMAINS);
    }
    let listed: Vec<String> = domains
        .iter()
        .map(|(domain, count, here)| format!("{domain} {count}{}", if *here { " (here)" } else { "" }))
        .collect();
    let more = if left_out > 0 { format!(" and {} more", thousands(left_out)) } else { String::new() };
    format!("{key}: {}{more}", listed.join(", "))
}
