//! Where the pod could go: the ranked score table and what decided it.

use std::cmp::Reverse;

use crate::api::Name;
use crate::explain::{Attribution, Decision, How};
use crate::framework::sampling::Sampling;
use crate::framework::{NodePlacement, Placement};
use crate::report::screen::{Grid, Screen};
use crate::report::style::Label;
use crate::report::text::{break_camel_case, columns, count, list, thousands};
use crate::report::{Answer, Look, Setting, words};

/// Nodes shown, beside the current one.
const MOST_NODES: usize = 10;
/// Widths to which plugins' names are broken when they do not fit side by side.
const NARROW: [usize; 2] = [13, 10];

pub(in crate::report) fn render(screen: &mut Screen, answer: &Answer, look: Look) {
    let placement = &answer.placement;
    if let Some(decision) = &answer.explanation.decision {
        screen.blank();
        for text in decided(decision, placement) {
            screen.paragraph(Label::Plain, &text);
        }
    }
    if let Some(text) = answer.explanation.attribution.as_ref().and_then(current) {
        screen.paragraph(Label::Plain, &text);
    }
    scores(screen, placement, look);
}

/// Which node wins, or which could where not all are compared, and why.
pub(in crate::report) fn decided(decision: &Decision, placement: &Placement) -> Vec<String> {
    let Decision { winners, total, runner_up, decided_by, how } = decision;
    let first = winners.first().map(ToString::to_string).unwrap_or_default();
    match how {
        How::Nominated(node) => {
            return vec![format!("{node} is used without comparison: an earlier preemption nominated the pod to it")];
        }
        How::OnlyNode => {
            return vec![format!("{first} is the only node that fits")];
        }
        How::Scores => {}
    }
    let runs = placement.current.is_some();
    let mut lines = placement.sampling.as_ref().map(sampled).unwrap_or_default();
    lines.push(match (winners.len(), runner_up, &placement.sampling) {
        (1, Some(runner_up), Some(sampling)) => format!(
            "of all {}, {first} has the most points: {total}, {} ahead of {}",
            thousands(sampling.feasible),
            runner_up.behind,
            runner_up.node
        ),
        (tied, _, Some(sampling)) => format!(
            "of all {}, {} tie at {total} points ({})",
            thousands(sampling.feasible),
            count(tied, "node"),
            list(winners, 3)
        ),
        (1, Some(runner_up), None) => format!(
            "{}{first} {} with {total} points, {} ahead of {}",
            if runs { "now " } else { "" },
            if runs { "would win" } else { "wins" },
            runner_up.behind,
            runner_up.node
        ),
        (tied, _, None) => format!(
            "{} tie at {total} points ({}): kube-scheduler picks one of them at random, each with a chance of 1 in {}",
            count(tied, "node"),
            list(winners, 3),
            thousands(decision.one_of())
        ),
    });
    if runner_up.is_none() {
        return lines;
    }
    lines.push(match decided_by.split_first() {
        Some((deciding, others)) => {
            let also = others.iter().map(|other| other.plugin).collect::<Vec<_>>();
            let also = if also.is_empty() { String::new() } else { format!(" (as without {})", list(&also, 3)) };
            format!("decided by {}: without it {} would have won{also}", deciding.plugin, deciding.instead)
        }
        None if winners.len() == 1 => {
            format!("no single plugin decided: {first} would win even if any one plugin were ignored")
        }
        None => return lines,
    });
    lines
}

/// In a large cluster: how many nodes are compared, and which of them are chosen, by where kube-scheduler begins.
fn sampled(sampling: &Sampling) -> Vec<String> {
    let Sampling { feasible, compared, starts, .. } = sampling;
    let (mut by_share, at_some_pace): (Vec<&(Name, usize)>, Vec<_>) =
        starts.iter().partition(|(_, starts)| *starts > 0);
    by_share.sort_by_key(|(_, starts)| Reverse(*starts));
    let picks: Vec<String> =
        by_share.iter().map(|(node, starts)| format!("{node} ({})", share(*starts, sampling))).collect();
    let mut lines = vec![
        format!(
            "kube-scheduler compares {} of the {} nodes that fit, beginning where its last cycle ended; where that was \
             is not known",
            thousands(*compared),
            thousands(*feasible)
        ),
        format!("it picks, by the share of starting points: {}", list(&picks, 5)),
    ];
    if !at_some_pace.is_empty() {
        lines.push(format!(
            "and {} if its {} workers, which filter nodes side by side, differ in speed",
            match at_some_pace.as_slice() {
                [(only, _)] => only.to_string(),
                nodes => format!("{} other nodes", thousands(nodes.len())),
            },
            sampling.parallelism
        ));
    }
    lines
}

/// `36 %`.
fn share(starts: usize, sampling: &Sampling) -> String {
    match starts * 100 / sampling.nodes.max(1) {
        0 => "under 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// How the node that the pod is on compares.
pub(in crate::report) fn current(attribution: &Attribution) -> Option<String> {
    let node = attribution.node;
    if !attribution.misses.is_empty() {
        let misses: Vec<String> = attribution.misses.iter().map(|miss| words::on_node(&miss.reason)).collect();
        Some(format!("{node}, where it runs, would reject it now: {}", misses.join("; ")))
    } else if attribution.behind > 0 {
        let gaps: Vec<String> =
            attribution.gaps.iter().map(|gap| format!("{} {:+}", gap.plugin, -gap.points)).collect();
        Some(format!("{node}, where it runs, is {} points behind: {}", attribution.behind, gaps.join(", ")))
    } else {
        None
    }
}

fn scores(screen: &mut Screen, placement: &Placement, look: Look) {
    let mut nodes: Vec<&NodePlacement> = placement.feasible().collect();
    // Stable: equal totals stay in the order of names.
    nodes.sort_by_key(|node| Reverse(node.total));
    let plugins = plugins(&nodes, look.wide);
    let on = placement.current.as_ref().map(|current| current.node);
    let shown = nodes.iter().enumerate().filter(|(index, node)| *index < MOST_NODES || Some(node.name) == on);
    let mut cells: Vec<(Label, Vec<String>)> = Vec::new();
    for (_, node) in shown {
        let is_current = Some(node.name) == on;
        let picked = placement.picks.contains(&node.name);
        let label = if is_current {
            Label::Current
        } else if picked {
            Label::Fits
        } else {
            Label::Plain
        };
        let mut row = vec![
            screen.short(&node.name).into_owned(),
            if is_current {
                "runs here".to_owned()
            } else if picked && on.is_none() {
                let sampling = placement.sampling.as_ref();
                let starts = sampling.and_then(|sampling| Some((sampling.starts_of(node.name)?, sampling)));
                match starts {
                    None => "picked".to_owned(),
                    Some((0, _)) => "possible".to_owned(),
                    Some((starts, sampling)) => format!("{} of starts", share(starts, sampling)),
                }
            } else {
                String::new()
            },
            node.rank.map(|rank| rank.to_string()).unwrap_or_default(),
            node.total.map(|total| total.to_string()).unwrap_or_default(),
        ];
        row.extend(plugins.iter().map(|(plugin, _)| {
            let score = node.scores.iter().find(|score| score.plugin == *plugin);
            score.map_or_else(|| "<none>".to_owned(), |score| score.weighted.to_string())
        }));
        cells.push((label, row));
    }
    let mut grid =
        Grid::with_header(header(&plugins, screen.width(), &cells)).right_aligned(2..4 + plugins.len()).unbroken();
    let rows = cells.len();
    for (label, row) in cells {
        grid.row(label, row);
    }
    screen.blank();
    screen.grid(&grid);
    let mut remarks = Vec::new();
    if nodes.len() > rows {
        remarks.push(format!("and {}", count(nodes.len() - rows, "more feasible node")));
    }
    let wide = screen.spelled(Setting::Wide);
    if let Some(wide) = wide.filter(|_| nodes.len() == 1 && !look.wide) {
        remarks.push(format!("its scores: {wide}"));
    }
    let hidden = nodes.first().map_or(0, |node| node.scores.len()) - plugins.len();
    if hidden > 0 && nodes.len() > 1 {
        let how = wide.map_or_else(String::new, |wide| format!(" ({wide})"));
        remarks.push(format!("{} gave every node the same score{how}", count(hidden, "more plugin")));
    }
    if !remarks.is_empty() {
        screen.paragraph(Label::Dim, &remarks.join("; "));
    }
}

/// The columns: plugins with their weights; only those that tell nodes apart unless `all`.
pub(in crate::report) fn plugins(nodes: &[&NodePlacement], all: bool) -> Vec<(&'static str, i64)> {
    let Some((first, others)) = nodes.split_first() else { return Vec::new() };
    first
        .scores
        .iter()
        .filter(|score| {
            all || others.iter().any(|node| {
                node.scores.iter().any(|other| other.plugin == score.plugin && other.weighted != score.weighted)
            })
        })
        .map(|score| (score.plugin, score.weight))
        .collect()
}

/// Plugin names with their weights, in one line where there is room for it.
fn header(plugins: &[(&'static str, i64)], width: usize, cells: &[(Label, Vec<String>)]) -> Vec<String> {
    const GAP: usize = 3;
    let mut header: Vec<String> = ["NODE", "", "RANK", "TOTAL"].map(str::to_owned).to_vec();
    let fixed: usize = (0..4)
        .map(|column| {
            cells.iter().filter_map(|(_, row)| row.get(column)).map(|cell| columns(cell)).max().unwrap_or(0).max(5)
        })
        .map(|cell| cell + GAP)
        .sum();
    let in_line: Vec<String> = plugins.iter().map(|(plugin, weight)| format!("{plugin} x{weight}")).collect();
    let broken = NARROW.map(|narrow| -> Vec<String> {
        plugins.iter().map(|(plugin, weight)| format!("{}\nx{weight}", break_camel_case(plugin, narrow))).collect()
    });
    let widest = |name: &String| name.lines().map(str::len).max().unwrap_or(0) + GAP;
    let fits = |names: &Vec<String>| fixed + names.iter().map(widest).sum::<usize>() <= width + GAP;
    let [wide, narrow] = broken;
    header.extend(if fits(&in_line) {
        in_line
    } else if fits(&wide) {
        wide
    } else {
        narrow
    });
    header
}
