//! Mode `explain`: verdicts, every failing filter, scores, totals, picks, messages, errors and preemption of one pod.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_sched::framework::{NodePlacement, Placement, PluginRejection, Rejection};
use kubectl_sched::scheduler::Scheduler;
use serde::Deserialize;

use crate::common::corpus::Answers;
use crate::common::{Case, NOW, key};
use crate::outcome::{Differences, Outcome};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Expected {
    schedulable: bool,
    pre_enqueue: Option<ExpectedStatus>,
    pre_filter: Option<ExpectedStatus>,
    pre_filter_nodes: Vec<String>,
    skipped_filters: Vec<String>,
    skipped_scores: Vec<String>,
    nodes: BTreeMap<String, ExpectedNode>,
    best: BTreeSet<String>,
    picks: BTreeSet<String>,
    message: Option<String>,
    errors: BTreeSet<String>,
    preemption: ExpectedPreemption,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(default)]
struct ExpectedStatus {
    code: String,
    plugin: Option<String>,
    reasons: BTreeSet<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ExpectedNode {
    verdict: ExpectedStatus,
    filters: BTreeMap<String, ExpectedStatus>,
    scores: BTreeMap<String, ExpectedScore>,
    total: Option<i64>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct ExpectedScore {
    raw: i64,
    normalized: i64,
    weighted: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ExpectedPreemption {
    candidates: BTreeMap<String, ExpectedCandidate>,
    /// The first is the one that the message names.
    pick: Vec<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct ExpectedCandidate {
    victims: BTreeSet<String>,
    #[serde(default)]
    pdb_violations: usize,
}

fn rejection(plugin: Option<&str>, rejection: &Rejection) -> ExpectedStatus {
    ExpectedStatus {
        code: format!("{:?}", rejection.code),
        plugin: plugin.map(Into::into),
        reasons: rejection.reasons.iter().map(ToString::to_string).collect(),
    }
}

fn status(said: Option<&PluginRejection>) -> Option<ExpectedStatus> {
    said.map(|said| rejection(said.plugin, &said.rejection))
}

pub(crate) fn run(case: &Case, scheduler: &Scheduler, answers: &Answers) -> Vec<Outcome> {
    let expected: BTreeMap<String, Expected> = answers.to(case);
    let state = case.cluster_for(scheduler);
    let mut cluster = state.clone();
    case.pods
        .iter()
        .map(|pod| {
            // A pod that runs is taken out of the state.
            if case.running {
                cluster = state.clone();
            }
            let id = cluster.pod_named(key(pod)).expect("the pod is in the state").id;
            let placement = scheduler.explain(&mut cluster, id, NOW);
            Outcome::new(case, pod, compare(&expected[pod], &placement))
        })
        .collect()
}

fn compare(expected: &Expected, actual: &Placement) -> Differences {
    let mut differences = Differences::default();
    differences.check("schedulable", expected.schedulable, actual.schedulable);
    compare_message(&mut differences, expected, actual.message.as_ref());
    differences.check("preEnqueue", expected.pre_enqueue.as_ref(), status(actual.pre_enqueue.as_ref()).as_ref());
    differences.check("preFilter", expected.pre_filter.as_ref(), status(actual.pre_filter.as_ref()).as_ref());
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<BTreeSet<String>>();
    differences.check("best", &expected.best, &names(&mut actual.best.iter().map(ToString::to_string)));
    differences.check("picks", &expected.picks, &names(&mut actual.picks.iter().map(ToString::to_string)));
    let errors = names(&mut actual.errors.iter().cloned());
    // Of several, whichever plugin is first ends the cycle.
    if expected.errors.len() < 2 || errors.is_empty() || !errors.is_subset(&expected.errors) {
        differences.check("errors", &expected.errors, &errors);
    }
    if expected.errors.is_empty() && expected.pre_filter.is_none() {
        let narrowed: Vec<String> = actual.pre_filter_nodes.iter().flatten().map(ToString::to_string).collect();
        differences.check("preFilterNodes", &expected.pre_filter_nodes, &narrowed);
        differences.check("skippedFilters", &expected.skipped_filters, &strings(&actual.skipped_filters));
        differences.check("skippedScores", &expected.skipped_scores, &strings(&actual.skipped_scores));
    }
    for (name, expected) in &expected.nodes {
        match actual.nodes.iter().find(|node| node.name == name.as_str()) {
            Some(node) => compare_node(&mut differences, expected, node),
            None => differences.check(&format!("nodes[{name}]"), "there", "missing"),
        }
    }
    compare_preemption(&mut differences, &expected.preemption, actual);
    differences
}

/// What is said when several errors, or several candidates of preemption, are as good as each other depends on chance.
fn compare_message(differences: &mut Differences, expected: &Expected, actual: Option<&String>) {
    let possible: Vec<String> = match &expected.message {
        None if expected.errors.len() > 1 => expected.errors.iter().cloned().collect(),
        None => Vec::new(),
        Some(message) => {
            let preemption = &expected.preemption;
            // Since v1.37 it names the node: recorded for the first of `pick`.
            let named = |node: &String| {
                format!("on node {node}, preempting {} victims", preemption.candidates[node].victims.len())
            };
            let recorded = preemption.pick.first().map(named).unwrap_or_default();
            let mut possible = vec![message.clone()];
            possible.extend(preemption.pick.iter().skip(1).map(|node| message.replace(&recorded, &named(node))));
            possible
        }
    };
    let said = actual.map_or(possible.is_empty(), |actual| possible.contains(actual));
    if !said {
        differences.add("message", &possible, &actual);
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn compare_node(differences: &mut Differences, expected: &ExpectedNode, actual: &NodePlacement) {
    let at = format!("nodes[{}]", actual.name);
    let verdict = status(actual.rejection.as_ref())
        .unwrap_or_else(|| ExpectedStatus { code: "Success".into(), ..ExpectedStatus::default() });
    differences.check(&format!("{at}.verdict"), &expected.verdict, &verdict);
    let filters: BTreeMap<String, ExpectedStatus> =
        actual.filters.iter().map(|said| (said.plugin.to_owned(), rejection(None, &said.rejection))).collect();
    differences.check(&format!("{at}.filters"), &expected.filters, &filters);
    let scores: BTreeMap<String, ExpectedScore> = actual
        .scores
        .iter()
        .map(|s| (s.plugin.to_owned(), ExpectedScore { raw: s.raw, normalized: s.normalized, weighted: s.weighted }))
        .collect();
    differences.check(&format!("{at}.scores"), &expected.scores, &scores);
    differences.check(&format!("{at}.total"), expected.total, actual.total);
}

fn compare_preemption(differences: &mut Differences, expected: &ExpectedPreemption, actual: &Placement) {
    let candidates: BTreeMap<String, ExpectedCandidate> = actual
        .preemption
        .iter()
        .flat_map(|preemption| &preemption.candidates)
        .map(|candidate| {
            let victims = candidate.victims.iter().map(ToString::to_string).collect();
            (candidate.node.to_string(), ExpectedCandidate { victims, pdb_violations: candidate.pdb_violations })
        })
        .collect();
    differences.check("preemption.candidates", &expected.candidates, &candidates);
    let pick: BTreeSet<String> =
        actual.preemption.iter().flat_map(|preemption| &preemption.pick).map(ToString::to_string).collect();
    differences.check("preemption.pick", &expected.pick.iter().cloned().collect::<BTreeSet<_>>(), &pick);
}
