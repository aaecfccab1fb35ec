//! Cycles of groups of pods in a simulation: what became of each group, in the words of its condition.

use serde::Serialize;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey};
use crate::simulate::Step;
use crate::simulate::groups::{Condition, GroupCycle};

use super::super::style::Label;
use super::super::text::{count, list, thousands};
use super::SimulationAnswer;
use crate::report::screen::Screen;

/// One cycle of a group.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupCycleObject<'a> {
    #[cfg_attr(test, schemars(with = "String"))]
    pod_group: GroupKey,
    /// Its pods that were tried, in order.
    pods: &'a [ObjectKey],
    /// Those of them that found a node.
    placed: usize,
    condition: ConditionObject<'a>,
    /// Whether kube-scheduler writes the condition on the group: not where it is no news.
    condition_written: bool,
    /// The domain of its topology constraint that it went to, or that is reported of.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Name>,
    /// Pods that it would have evicted, the most important first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    evicted: &'a [ObjectKey],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ConditionObject<'a> {
    r#type: &'static str,
    status: &'static str,
    reason: &'static str,
    message: &'a str,
}

impl<'a> GroupCycleObject<'a> {
    pub(super) fn new(cycle: &'a GroupCycle, steps: &[Step]) -> Self {
        let Condition { r#type, status, reason, message } = &cycle.condition;
        Self {
            pod_group: cycle.group,
            pods: &cycle.pods,
            placed: placed(cycle, steps),
            condition: ConditionObject { r#type, status: if *status { "True" } else { "False" }, reason, message },
            condition_written: cycle.written,
            domain: cycle.domain,
            evicted: &cycle.evicted,
        }
    }
}

/// How many pods of the cycle have a node in the end.
fn placed(cycle: &GroupCycle, steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.place().is_some() && cycle.pods.contains(&step.pod)).count()
}

/// The section of groups; nothing where none had a cycle.
pub(super) fn render(screen: &mut Screen, answer: &SimulationAnswer, most: usize) {
    if answer.group_cycles.is_empty() {
        return;
    }
    screen.heading("POD GROUPS", "what each group's cycle came to, as its condition has it");
    for cycle in answer.group_cycles.iter().take(most) {
        let (label, line) = line(cycle, &answer.steps);
        screen.paragraph(label, &line);
        if !cycle.condition.message.is_empty() {
            screen.indented(Label::Plain, "  ", &cycle.condition.message);
        }
        if !cycle.evicted.is_empty() {
            let pods: Vec<String> = cycle.evicted.iter().map(ToString::to_string).collect();
            let victims = format!("would evict {}: {}", count(pods.len(), "pod"), list(&pods, 3));
            screen.indented(Label::Plain, "  ", &victims);
        }
    }
    screen.left_out(answer.group_cycles.len(), most, "group");
}

/// The group, how many of its pods have a node, and the word of its condition.
pub(in crate::report) fn line(cycle: &GroupCycle, steps: &[Step]) -> (Label, String) {
    let Condition { r#type, status, reason, .. } = &cycle.condition;
    let label = if *status { Label::Fits } else { Label::Rejected };
    let domain = cycle.domain.map(|domain| format!(" in {domain}")).unwrap_or_default();
    let condition = format!("{type}={}, {reason}", if *status { "True" } else { "False" });
    let placed = thousands(placed(cycle, steps));
    (label, format!("{}: {placed} of {} placed{domain}; {condition}", cycle.group, count(cycle.pods.len(), "pod")))
}
