//! The steps of a scenario, and what each did: `SCENARIO`, a line a step and a line a thing.

use crate::api::{Name, ObjectKey, name};
use crate::edit::Edit;
use crate::simulate::new_nodes::NodeModel;
use crate::simulate::scenario::deletion_order::Draw;
use crate::simulate::scenario::{AppliedScenario, NodeChoice, RefusedAction, StepAction, StepReport, Waits};

use super::super::style::Label;
use super::super::text::{count, list};
use super::rollout::not_created;
use super::{SimulationAnswer, rollout};
use crate::report::screen::Screen;
use crate::report::words::help as help_words;

/// Pods named of each sort.
const PODS: usize = 3;

pub(super) fn render(screen: &mut Screen, answer: &SimulationAnswer, wide: bool) {
    if answer.scenario.is_empty() {
        return;
    }
    screen.heading("SCENARIO", "the changes and their immediate effect");
    steps(screen, &answer.scenario, &answer.violated_budgets, wide);
}

/// What was changed before the question was asked.
pub(in crate::report) fn applied(screen: &mut Screen, applied: &AppliedScenario, wide: bool) {
    if applied.reports.is_empty() {
        return;
    }
    screen.heading("SCENARIO", "changes that were made first");
    steps(screen, &applied.reports, &applied.violated_budgets, wide);
    let most = if wide { usize::MAX - 1 } else { PODS };
    for group in applied.unplaced.iter().take(most) {
        let pods: Vec<String> = group.pods.iter().map(ToString::to_string).collect();
        let verb = if pods.len() == 1 { "fits nowhere after that" } else { "fit nowhere after that" };
        let text = format!("{} {verb}: {}", count(pods.len(), "pod"), list(&pods, most));
        screen.paragraph(Label::Rejected, &text);
        screen.quoted(Label::Plain, "  ", &group.first.message);
    }
    screen.left_out(applied.unplaced.len(), most, "group");
}

fn steps(screen: &mut Screen, reports: &[StepReport], violated_budgets: &[ObjectKey], wide: bool) {
    let most = if wide { usize::MAX - 1 } else { PODS };
    for (index, report) in reports.iter().enumerate() {
        let number = format!("{:<3}", index + 1);
        screen.indented(Label::Plain, &number, &words(&report.change));
        for (label, line) in happened(report, most) {
            screen.indented(label, "   ", &line);
        }
    }
    if !violated_budgets.is_empty() {
        screen.blank();
        let budgets: Vec<String> = violated_budgets.iter().map(ToString::to_string).collect();
        let budgets = list(&budgets, most);
        screen.indented(Label::Rejected, "", &format!("PodDisruptionBudgets violated: {budgets}"));
    }
}

/// What a step does, in a few words.
pub(in crate::report) fn words(change: &StepAction) -> String {
    match change {
        StepAction::Edit(edit) => help_words::words_of(edit),
        StepAction::OnNodes(nodes, Edit::LabelNode { key, value, .. }) => format!("label {} {key}={value}", of(nodes)),
        StepAction::OnNodes(nodes, edit) => help_words::words_of(&edit.on_node(name(&of(nodes)))),
        StepAction::Drain { nodes, force } => {
            format!("drain {}{}", of(nodes), if *force { " (forced)" } else { "" })
        }
        StepAction::RemoveNodes(nodes) => format!("remove {}", of(nodes)),
        StepAction::AddNodes { count: number, model, .. } => {
            let model = match model {
                NodeModel::Like(node) => node.to_string(),
                NodeModel::Object(object) => {
                    let name = object.pointer("/metadata/name").and_then(serde_json::Value::as_str);
                    format!("the manifest of {}", name.unwrap_or("<none>"))
                }
            };
            format!("add {} like {model}", count(*number as usize, "node"))
        }
        StepAction::Scale { workload, replicas } => format!("scale {workload} to {replicas}"),
        StepAction::AddReplicas { workload, more } => format!("add {more} replicas to {workload}"),
        StepAction::PatchWorkload { workload, changes } => {
            help_words::words_of(&Edit::PatchWorkload { workload: *workload, changes: changes.clone() })
        }
        StepAction::Apply { workload, .. } => format!("apply {}", workload.identity()),
        StepAction::Restart(workload) => format!("restart {workload}"),
        StepAction::DeleteWorkload(workload) => format!("delete {workload}"),
        StepAction::Rebalance { pod, to, imbalance: (before, after), misplaced } => {
            let percent = |thousandths: &u32| format!("{}.{}%", thousandths / 10, thousandths % 10);
            let why = if *misplaced { "; its node would not take it today" } else { "" };
            format!("evict pod {pod}, to {to}: imbalance {} → {}{why}", percent(before), percent(after))
        }
        StepAction::Repack => "place all pods again".to_owned(),
        StepAction::Schedule => "schedule".to_owned(),
    }
}

fn of(nodes: &NodeChoice) -> String {
    match nodes {
        NodeChoice::Named(node) => node.to_string(),
        NodeChoice::Listed(nodes) => {
            let nodes: Vec<&str> = nodes.iter().map(Name::as_str).collect();
            list(&nodes, PODS)
        }
        NodeChoice::Selected { text, .. } => format!("nodes with {text}"),
    }
}

/// What came of it, a line each.
pub(in crate::report) fn happened(report: &StepReport, most: usize) -> Vec<(Label, String)> {
    let mut lines = Vec::new();
    let is_in_heading = matches!(&report.change, StepAction::OnNodes(NodeChoice::Named(_), _))
        || matches!(&report.change, StepAction::Drain { nodes: NodeChoice::Named(_), .. })
        || matches!(&report.change, StepAction::RemoveNodes(NodeChoice::Named(_)));
    if !report.nodes.is_empty() && !is_in_heading {
        let nodes: Vec<&str> = report.nodes.iter().map(Name::as_str).collect();
        lines.push((Label::Plain, format!("{}: {}", count(nodes.len(), "node"), list(&nodes, most))));
    }
    let verb = if matches!(report.change, StepAction::RemoveNodes(_)) { "go back to the queue" } else { "evicted" };
    let pods = [
        (Label::Plain, &report.evicted, verb),
        (Label::Plain, &report.created, "created"),
        (Label::Plain, &report.deleted, "deleted"),
        (Label::Plain, &report.kept, "stay on the node"),
        (Label::Rejected, &report.lost, "lost: no controller recreates them"),
        (Label::Warning, &report.stuck, "stay terminating, as the kubelet of their node does not answer"),
        (Label::Warning, &report.local_data, "lose the data in their emptyDir"),
    ];
    lines.extend(
        pods.into_iter()
            .filter(|(_, pods, _)| !pods.is_empty())
            .map(|(label, pods, what)| (label, sentence(pods, what, most))),
    );
    if report.retries > 0 {
        let retried = format!("blocked evictions retried {}, after other pods were placed", times(report.retries));
        lines.push((Label::Plain, retried));
    }
    if let Some(Draw { pods, by_moment }) = report.draw {
        let pods = count(pods, "pod");
        let text = if by_moment {
            format!(
                "which are deleted depends on the second at which the controller acts: it rounds ages, and any of {pods} may go"
            )
        } else {
            format!("which are deleted is a draw: {pods} are equal to the controller")
        };
        lines.push((Label::Warning, text));
    }
    if let Some(Waits { for_pod, not_created, not_deleted }) = &report.waits {
        let not = match (not_created, not_deleted) {
            (0, deleted) => format!("{} not deleted", count(*deleted, "pod")),
            (created, _) => format!("{} not created", count(*created, "pod")),
        };
        lines.push((Label::Rejected, format!("{not}: the controller waits for {for_pod} to run first (OrderedReady)")));
    }
    lines.extend(not_created(&report.not_created, most));
    lines.extend(report.rollout.iter().flat_map(rollout::lines));
    lines.extend(report.refused.iter().map(|refusal| (Label::Rejected, refused(refusal))));
    lines
}

/// `2 pods evicted: shop/a and shop/b`.
fn sentence(pods: &[ObjectKey], what: &str, most: usize) -> String {
    let names: Vec<String> = pods.iter().map(ToString::to_string).collect();
    let (verb, why) = what.split_once(": ").map_or((what, None), |(verb, why)| (verb, Some(why)));
    let verb = match (pods.len(), verb) {
        (1, "stay on the node") => "stays on the node",
        (1, "lose the data in their emptyDir") => "loses the data in its emptyDir",
        (1, "go back to the queue") => "goes back to the queue",
        (1, "stay terminating, as the kubelet of their node does not answer") => {
            "stays terminating, as the kubelet of its node does not answer"
        }
        _ => verb,
    };
    let why = match (pods.len(), why) {
        (_, None) => String::new(),
        (1, Some(_)) => "; no controller recreates it".to_owned(),
        (_, Some(why)) => format!("; {why}"),
    };
    format!("{} {verb}: {}{why}", count(pods.len(), "pod"), list(&names, most))
}

fn times(number: usize) -> String {
    if number == 1 { "once".to_owned() } else { count(number, "time") }
}

pub(in crate::report) fn refused(refusal: &RefusedAction) -> String {
    let budgets: Vec<String> = refusal.budgets.iter().map(ToString::to_string).collect();
    let cause = refusal.cause.as_ref().map(|cause| format!(" {cause}.")).unwrap_or_default();
    match refusal.pod {
        Some(pod) if budgets.is_empty() => format!("{pod} is not evicted: {}", refusal.message),
        Some(pod) => format!("{pod} is not evicted: {}{cause} ({})", refusal.message, list(&budgets, PODS)),
        None => format!("{} is not drained: {}", refusal.node, refusal.message),
    }
}
