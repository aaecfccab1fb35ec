//! Situations from public bug reports and questions: for each the scheduler's message of today,
//! the cause that the thread found, and what helped in the end.
//!
//! One file of `tests/situations/` is one situation: where it is from, what happened in a few
//! words, the cluster's objects, and what is expected. Causes and suggestions are compared as
//! data, so that words may change; of an object only the fields that are written down count.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{build, by_hand, key};
use kubectl_sched::api::Timestamp;
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::explain::Suggestion;
use kubectl_sched::explain::suggest;
use kubectl_sched::framework::{Candidate, Placement, Reason};
use kubectl_sched::scheduler::Scheduler;
use serde::Deserialize;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_780_000_000);
/// How many there are: none gets lost.
const SITUATIONS: usize = 71;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Situation {
    /// The thread.
    source: String,
    /// What it was about, and what helped.
    note: String,
    /// Whose scheduler; the reference version where it is left out.
    #[serde(default, rename = "kubeVersion")]
    kube_version: Option<String>,
    /// Objects of the cluster, the pod among them.
    objects: Vec<Value>,
    /// `namespace/name`.
    pod: String,
    expect: Expectation,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expectation {
    /// The text of the event; none for a pod that no cycle is run for.
    message: Option<String>,
    /// A reason that was given: the plugin and some of its facts.
    cause: Value,
    /// The steps of the first suggestion; none when nothing within reach helps.
    #[serde(default)]
    suggestion: Option<Vec<Value>>,
    /// What it gives up, if that matters here.
    #[serde(default)]
    weakens: Option<usize>,
    /// The candidates of preemption and the choice between them, in part.
    #[serde(default)]
    preemption: Option<Value>,
    /// What must come from elsewhere.
    #[serde(default)]
    needed: Option<Value>,
}

impl Situation {
    /// What does not match, in words for the reader of the failure.
    fn mismatches(&self) -> Vec<String> {
        let version = self.kube_version.as_ref().map_or(KubeVersion::REFERENCE, |version| version.parse().unwrap());
        let behaviour = Behaviour::new(version);
        let mut cluster = build::cluster(&self.objects, &behaviour);
        let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
        let id = cluster.pod_named(key(&self.pod)).expect("the pod is among the objects").id;
        let placement = scheduler.schedule(&cluster, id, NOW);
        let found = suggest::find(&scheduler, &mut cluster, &placement, NOW).unwrap_or_default();
        let needed = json!(suggest::needed(&placement, &cluster));
        let (mut wrong, expect) = (Vec::new(), &self.expect);
        if placement.message != expect.message {
            wrong.push(format!("message: {}", placement.message.as_deref().unwrap_or("none")));
        }
        let causes = causes(&placement);
        if !causes.iter().any(|cause| holds(&expect.cause, cause)) {
            wrong.push(format!("causes: {}", json!(causes)));
        }
        let steps: Vec<Value> = found.iter().map(|suggestion| json!(suggestion.edits)).collect();
        let first = found.first().map(|first| json!(first.edits));
        let matches = match (&expect.suggestion, &first) {
            (None, None) => true,
            (Some(expected), Some(first)) => holds(&json!(expected), first),
            _ => false,
        };
        if !matches {
            wrong.push(format!("suggestions: {}", lines(&steps)));
        }
        if let (Some(count), Some(first)) = (expect.weakens, found.first())
            && first.weakens.len() != count
        {
            wrong.push(format!("gives up: {:?}", first.weakens));
        }
        let preemption = preemption(&placement);
        if let Some(expected) = &expect.preemption
            && !holds(expected, &preemption)
        {
            wrong.push(format!("preemption: {preemption}"));
        }
        match &expect.needed {
            Some(expected) if needed.as_array().unwrap().iter().any(|need| holds(expected, need)) => {}
            None if !found.is_empty() || !placement.errors.is_empty() => {}
            _ => wrong.push(format!("needed: {needed}")),
        }
        wrong.extend(found.iter().filter_map(|suggestion| self.disproof(&scheduler, suggestion)));
        wrong
    }

    /// Whether the suggestion does not place the pod when it is followed by hand.
    fn disproof(&self, scheduler: &Scheduler, suggestion: &Suggestion) -> Option<String> {
        let changed = by_hand::follow(suggestion, &self.objects)?;
        let cluster = build::cluster(&changed, scheduler.behaviour());
        let after = scheduler.schedule(&cluster, cluster.pod_named(key(&self.pod)).unwrap().id, NOW);
        let feasible = after.feasible().any(|node| node.name == suggestion.node);
        (!after.schedulable || !feasible).then(|| format!("no proof: {:?}", suggestion.edits))
    }
}

/// Every reason that was given, each with its plugin.
fn causes(placement: &Placement) -> Vec<Value> {
    let of = |plugin: Option<&str>, reasons: &[Reason]| -> Vec<Value> {
        reasons
            .iter()
            .map(|reason| {
                let mut cause = json!(reason);
                cause["plugin"] = json!(plugin);
                cause
            })
            .collect()
    };
    let mut causes: Vec<Value> = placement
        .pre_enqueue
        .iter()
        .chain(&placement.pre_filter)
        .chain(placement.nodes.iter().filter_map(|node| node.rejection.as_ref()))
        .flat_map(|no| of(no.plugin, &no.rejection.reasons))
        .chain(
            placement
                .nodes
                .iter()
                .flat_map(|node| &node.filters)
                .flat_map(|no| of(Some(no.plugin), &no.rejection.reasons)),
        )
        .chain(placement.errors.iter().map(|error| json!({ "error": error })))
        .collect();
    let mut seen = BTreeSet::new();
    causes.retain(|cause| seen.insert(cause.to_string()));
    causes
}

/// Which pods would be preempted where, and which criterion chose.
fn preemption(placement: &Placement) -> Value {
    let Some(preemption) = &placement.preemption else { return Value::Null };
    let candidate = |candidate: &Candidate| {
        let victims: Vec<String> = candidate.victims.iter().map(ToString::to_string).collect();
        json!({"node": candidate.node, "victims": victims, "pdbViolations": candidate.pdb_violations,
            "worseBy": candidate.lost_by})
    };
    let candidates: Vec<Value> = preemption.candidates.iter().map(candidate).collect();
    json!({"pick": preemption.pick, "decidedBy": preemption.decided_by, "candidates": candidates})
}

/// Whether everything that is expected is there: fields of objects, and all items of lists.
fn holds(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(field, value)| found.get(field).is_some_and(|found| holds(value, found)))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len() && expected.iter().zip(found).all(|(expected, found)| holds(expected, found))
        }
        (expected, found) => expected == found,
    }
}

fn lines(values: &[Value]) -> String {
    values.iter().fold(String::new(), |lines, value| format!("{lines}\n      {value}"))
}

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/situations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_the_threads_ended_with() {
    let files = files();
    let mut wrong = Vec::new();
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let situation: Situation = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(situation.source.starts_with("https://") && !situation.note.is_empty(), "{name}");
        wrong.extend(situation.mismatches().iter().map(|mismatch| format!("{name}\n    {mismatch}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(files.len(), SITUATIONS);
}
