//! What the real kube-scheduler said, case by case: one test an area.
//!
//! The cases lie in `tests/conformance/`; their format and how they were recorded is told in
//! `tests/conformance/README.md`. Compared is everything that a case records: verdicts, every
//! failing filter, scores, totals, picks, messages, errors and preemption. Nothing is let pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};

use common::{cases, key};
use kubectl_sched::api::Timestamp;
use kubectl_sched::framework::{NodePlacement, Placement, PluginRejection, Rejection};
use kubectl_sched::simulate::{Outcome, Simulation, Ties, queue};
use serde::Deserialize;

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
    pick: BTreeSet<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct ExpectedCandidate {
    victims: BTreeSet<String>,
    #[serde(default)]
    pdb_violations: usize,
}

/// Differences of one pod's answer from the recorded one.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    #[allow(clippy::needless_pass_by_value)] // callers build what they compare
    fn check<T: PartialEq + Debug>(&mut self, what: &str, expected: T, actual: T) {
        if expected != actual {
            self.0.push(format!("{what}\n      kube-scheduler {expected:?}\n      kubectl-sched  {actual:?}"));
        }
    }
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

fn compare(expected: &Expected, actual: &Placement) -> Differences {
    let mut differences = Differences::default();
    differences.check("schedulable", expected.schedulable, actual.schedulable);
    differences.check("message", expected.message.as_ref(), actual.message.as_ref());
    differences.check("preEnqueue", expected.pre_enqueue.as_ref(), status(actual.pre_enqueue.as_ref()).as_ref());
    differences.check("preFilter", expected.pre_filter.as_ref(), status(actual.pre_filter.as_ref()).as_ref());
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<BTreeSet<String>>();
    differences.check("best", &expected.best, &names(&mut actual.best.iter().map(ToString::to_string)));
    differences.check("picks", &expected.picks, &names(&mut actual.picks.iter().map(ToString::to_string)));
    differences.check("errors", &expected.errors, &names(&mut actual.errors.iter().cloned()));
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
    differences.check("preemption.pick", &expected.pick, &pick);
}

/// Runs every case of an area; fails with the first few differences and the count.
fn area(area: &str) {
    let (mut pods, mut failed, mut shown) = (0, 0, String::new());
    for case in cases(area) {
        let (cluster, scheduler) = (case.cluster(), case.scheduler());
        for pod in &case.pods {
            pods += 1;
            let expected: Expected = serde_json::from_str(case.expect[pod].get()).unwrap();
            let mut cluster = cluster.clone();
            let id = cluster.pod_named(key(pod)).expect("the pod is in the state").id;
            let placement = scheduler.explain(&mut cluster, id, Timestamp::now());
            let differences = compare(&expected, &placement);
            if !differences.0.is_empty() {
                failed += 1;
                if failed <= 5 {
                    let _ = write!(shown, "\n  {} {pod}", case.name);
                    for difference in differences.0.iter().take(4) {
                        let _ = write!(shown, "\n    {difference}");
                    }
                }
            }
        }
    }
    assert!(pods > 0, "{area} has no cases");
    assert!(failed == 0, "{area}: {} of {pods} pods agree{shown}", pods - failed);
}

macro_rules! areas {
    ($($test:ident: $area:literal,)*) => {
        $(
            #[test]
            fn $test() {
                area($area);
            }
        )*
    };
}

areas! {
    dra: "dra",
    edge_cases: "edge-cases",
    image_locality: "image-locality",
    inter_pod_affinity: "inter-pod-affinity",
    mixed: "mixed",
    node_affinity: "node-affinity",
    node_name: "node-name",
    ports: "ports",
    preemption: "preemption",
    profiles_config: "profiles-config",
    resources_fit: "resources-fit",
    resources_score: "resources-score",
    running: "running",
    scheduling_gates: "scheduling-gates",
    taints: "taints",
    topology_spread: "topology-spread",
    volumes: "volumes",
}

/// What became of one of several pods that were placed one after the other.
#[derive(Deserialize, Debug, Default, PartialEq)]
#[serde(default)]
struct ExpectedStep {
    pod: String,
    node: Option<String>,
    ties: Vec<String>,
    total: Option<i64>,
    message: Option<String>,
}

#[test]
fn simulate() {
    let (mut steps, mut differences) = (0, Vec::new());
    for case in cases("simulate") {
        let expected: Vec<ExpectedStep> = serde_json::from_str(case.expect["steps"].get()).unwrap();
        let (mut cluster, scheduler) = (case.cluster(), case.scheduler());
        let mut pods: Vec<_> = cluster.pending().map(|pod| pod.id).collect();
        queue::sort(&cluster, &mut pods);
        let mut simulation = Simulation::new(&scheduler, &mut cluster, Timestamp::now(), Ties::First);
        let actual: Vec<ExpectedStep> = pods
            .iter()
            .map(|pod| {
                let placement = simulation.ask(*pod);
                let step = simulation.settle(&placement);
                let pod = step.pod.to_string();
                match step.outcome {
                    Outcome::Placed(place) => ExpectedStep {
                        pod,
                        node: Some(place.name.to_string()),
                        ties: placement.picks.iter().map(ToString::to_string).collect(),
                        total: Some(place.total),
                        message: None,
                    },
                    Outcome::Unplaced(unplaced) => {
                        ExpectedStep { pod, message: Some(unplaced.message), ..ExpectedStep::default() }
                    }
                }
            })
            .collect();
        assert_eq!(expected.len(), actual.len(), "{}", case.name);
        steps += expected.len();
        for (expected, actual) in expected.iter().zip(&actual).filter(|(expected, actual)| expected != actual) {
            differences.push(format!("{}\n  kube-scheduler {expected:?}\n  kubectl-sched  {actual:?}", case.name));
        }
    }
    assert!(steps > 0, "no cases");
    let shown = differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {steps} steps agree\n{shown}", steps - differences.len());
}
