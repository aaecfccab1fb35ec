//! Mode `groups`: all pending pods of a case go through the queue once, groups of pods together.
//!
//! kube-scheduler draws between nodes that are as good, tries domains of a topology constraint in random order, and in
//! v1.36 the pods of a gang as well. A case agrees if our answer is the recorded one for the first of everything or for
//! one of [`DRAWS`] draws.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::simulate::groups::GroupCycle;
use kubectl_sched::simulate::{self, Simulation, Step, Ties, Unplaced, queue};
use serde::Deserialize;

use crate::common::corpus::Answers;
use crate::common::{Case, NOW};
use crate::outcome::{Differences, Outcome};

const DRAWS: u64 = 100;

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    held: BTreeMap<String, Held>,
    cycles: Vec<Cycle>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Held {
    plugin: String,
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Cycle {
    pods: BTreeMap<String, Fate>,
    #[serde(default)]
    groups: BTreeMap<String, Condition>,
    #[serde(default)]
    evicted: BTreeSet<String>,
}

#[derive(Clone, Deserialize, Debug, Default, PartialEq)]
#[serde(default)]
struct Fate {
    node: Option<String>,
    message: Option<String>,
    nominated: Option<String>,
    waiting: bool,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Condition {
    status: String,
    reason: String,
    #[serde(default)]
    message: String,
}

pub(crate) fn run(case: &Case, scheduler: &Scheduler, answers: &Answers) -> Vec<Outcome> {
    let expected = answers.to::<Expected>(case);
    let mut first = None;
    for ties in std::iter::once(Ties::First).chain((0..DRAWS).map(Ties::seeded)) {
        let differences = differences(case, scheduler, &expected, ties);
        let outcome = Outcome::new(case, "", differences);
        if outcome.agrees() {
            return vec![outcome];
        }
        first.get_or_insert(outcome);
    }
    first.into_iter().collect()
}

fn differences(case: &Case, scheduler: &Scheduler, expected: &Expected, ties: Ties) -> Differences {
    let mut cluster = case.cluster_for(scheduler);
    let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
    queue::sort(&cluster, &mut pods);
    let mut simulation = Simulation::new(scheduler, &mut cluster, NOW, ties);
    let steps: BTreeMap<String, Step> =
        simulation.run(&pods).into_iter().map(|step| (step.pod.to_string(), step)).collect();
    let mut found = Differences::default();
    for (pod, held) in &expected.held {
        found.check(&format!("held {pod}"), Some(held), steps.get(pod).and_then(held_of).as_ref());
    }
    // A pod that waits on permit may be placed in a later cycle.
    let mut last: BTreeMap<&String, &Fate> = BTreeMap::new();
    for cycle in &expected.cycles {
        last.extend(&cycle.pods);
    }
    for (pod, fate) in last {
        found.check(&format!("pod {pod}"), Some(fate), steps.get(pod).map(fate_of).as_ref());
    }
    let mut cycles = simulation.group_cycles().iter();
    for cycle in expected.cycles.iter().filter(|cycle| !cycle.groups.is_empty()) {
        compare(&mut found, cycle, cycles.find(|ours| cycle.pods.keys().eq(&names(ours))));
    }
    found
}

/// A group's cycle: its condition, and who had to leave.
fn compare(found: &mut Differences, expected: &Cycle, ours: Option<&GroupCycle>) {
    for (group, condition) in &expected.groups {
        let written = ours.filter(|ours| ours.written && ours.group.to_string() == *group).map(condition_of);
        found.check(&format!("group {group}"), Some(condition), written.as_ref());
        let evicted = ours.map(|ours| ours.evicted.iter().map(ToString::to_string).collect());
        found.check(&format!("evicted for {group}"), Some(&expected.evicted), evicted.as_ref());
    }
}

fn names(cycle: &GroupCycle) -> BTreeSet<String> {
    cycle.pods.iter().map(ToString::to_string).collect()
}

fn condition_of(cycle: &GroupCycle) -> Condition {
    let condition = &cycle.condition;
    let status = if condition.status { "True" } else { "False" };
    Condition { status: status.to_owned(), reason: condition.reason.to_owned(), message: condition.message.clone() }
}

fn unplaced(step: &Step) -> Option<&Unplaced> {
    match &step.outcome {
        simulate::Outcome::Placed(_) => None,
        simulate::Outcome::Unplaced(unplaced) => Some(unplaced),
    }
}

fn held_of(step: &Step) -> Option<Held> {
    let cause = unplaced(step).filter(|unplaced| unplaced.gated)?.causes.first()?;
    Some(Held { plugin: cause.plugin?.to_owned(), reasons: vec![cause.message.clone()] })
}

fn fate_of(step: &Step) -> Fate {
    match unplaced(step) {
        None => Fate { node: step.place().map(|place| place.name.to_string()), ..Fate::default() },
        Some(unplaced) if unplaced.holds.is_some() => Fate { waiting: true, ..Fate::default() },
        Some(unplaced) => Fate {
            message: Some(unplaced.message.clone()),
            nominated: unplaced.nominated.map(|node| node.to_string()),
            ..Fate::default()
        },
    }
}
