//! A snapshot answers as its input does, and a redacted one up to the names: tried on the
//! recorded cases. And what the command shows on the screen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::{Case, cases, corpus, key};
use kubectl_sched::api::{ObjectKey, Timestamp};
use kubectl_sched::config::{Behaviour, SchedulerConfig};
use kubectl_sched::decode::Kind;
use kubectl_sched::decode::object::TypeMeta;
use kubectl_sched::explain::{ClusterMessages, Explanation, Finding};
use kubectl_sched::report::{Answer, Answered, ExplainAnswer, Provenance, Report};
use kubectl_sched::scheduler::Scheduler;
use kubectl_sched::source::snapshot::{Record, Snapshot};
use kubectl_sched::source::{Compression, Input, files};
use kubectl_sched::state::{Cluster, ClusterBuilder};
use serde_json::Value;

/// One moment for all questions: a pod that never started counts as started now.
const NOW: Timestamp = Timestamp(1_780_000_000);

/// Every area, and one of how many cases is tried.
const AREAS: [(&str, usize); 17] = [
    ("dra", 4),
    ("edge-cases", 3),
    ("image-locality", 6),
    ("inter-pod-affinity", 8),
    ("mixed", 8),
    ("node-affinity", 5),
    ("node-name", 5),
    ("ports", 6),
    ("preemption", 6),
    ("profiles-config", 4),
    ("resources-fit", 6),
    ("resources-score", 6),
    ("running", 6),
    ("scheduling-gates", 6),
    ("taints", 6),
    ("topology-spread", 8),
    ("volumes", 2),
];

/// Writes a case as a List, makes a snapshot of it and reads that, as a scheduler of `behaviour` does.
fn through_snapshot(case: &Case, behaviour: Behaviour, redact: bool) -> (Cluster, Scheduler, BTreeMap<String, String>) {
    let directory = tempfile::tempdir().unwrap();
    let (input, output) = (directory.path().join("in.json"), directory.path().join("out.ksnap"));
    let objects: Vec<&str> = case.objects().map(serde_json::value::RawValue::get).collect();
    std::fs::write(&input, format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, objects.join(","))).unwrap();
    let mut snapshot = Snapshot::new(redact);
    snapshot.read_files(&Input::File(input)).unwrap();
    if let Some(config) = &case.config {
        snapshot.scheduler_config(config.clone());
    }
    let written = snapshot.write(std::fs::File::create(&output).unwrap(), Compression::of(&output)).unwrap();
    let mut builder = ClusterBuilder::default();
    let record = files::read(&Input::File(output), &mut builder).unwrap().snapshot.unwrap();
    let config = match &record.scheduler_config {
        Some(config) => SchedulerConfig::parse(config, &behaviour).unwrap(),
        None => SchedulerConfig::default_for(&behaviour),
    };
    (builder.build(behaviour.request_gates()), Scheduler::new(config, behaviour), written.originals)
}

/// The answer as `-o json` gives it; `verdicts` leaves out what is judged of them, where a choice
/// among equals goes by name.
fn answer(cluster: &Cluster, scheduler: &Scheduler, pod: ObjectKey, verdicts: bool) -> String {
    let mut cluster = cluster.clone();
    let id = cluster.pod_named(pod).expect("the pod is in the state").id;
    let lifted = cluster.lift(id);
    let placement = scheduler.explain_lifted(&cluster, &lifted, NOW);
    let mut explanation = Explanation::in_full(scheduler, &cluster, &placement, NOW);
    if verdicts {
        explanation.causes.clear();
        explanation.near_misses.clear();
        explanation.domains.clear();
        explanation.implicit_rules.clear();
        explanation.needed.clear();
        explanation.decision = None;
        // What a vendor offers instead goes by the names of resources, which a redacted state does not have.
        explanation.findings.retain(|finding| !matches!(finding, Finding::OtherResourcesOffered { .. }));
    }
    let nodes = cluster.nodes().len();
    let answers = [Answer {
        evaluated_for: None,
        explanation,
        detail: None,
        suggestions: None,
        preemption: None,
        cluster_messages: ClusterMessages::default(),
        nodes,
        filters: Vec::new(),
        placement,
        refused: None,
        placed_before: 0,
        is_new: false,
        workload: None,
        new_nodes: None,
        group: None,
    }];
    let provenance = Provenance {
        kube_version: "v1.34".to_owned(),
        age: None,
        origin: String::new(),
        as_of: None,
        node_names: None,
        asked_at: NOW,
    };
    let answer = ExplainAnswer { answers: &answers, cluster: &cluster };
    Answered { answer: &answer, provenance: &provenance }.data().json().unwrap()
}

#[test]
fn a_snapshot_answers_as_its_input() {
    for (area, step) in AREAS {
        for case in cases(area).step_by(step) {
            let (cluster, scheduler) = (case.cluster(), case.scheduler());
            let (again, same_scheduler, _) = through_snapshot(&case, case.behaviour(), false);
            for pod in &case.pods {
                let (before, after) =
                    (answer(&cluster, &scheduler, key(pod), false), answer(&again, &same_scheduler, key(pod), false));
                assert_eq!(before, after, "{} {pod}", case.name);
            }
        }
    }
}

#[test]
fn a_redacted_snapshot_answers_the_same_up_to_the_names() {
    for (area, step) in AREAS {
        for case in cases(area).step_by(step) {
            redacted_as_plain(&case, &case.scheduler());
        }
    }
}

/// The minors that are not the corpus's own: a few cases of each area, other ones in each minor; one of `STEP` where that is set.
#[test]
#[allow(clippy::print_stderr)] // the figure that docs/reliability.md has
fn a_redacted_snapshot_answers_the_same_in_every_minor() {
    let step = std::env::var("STEP").map_or(120, |step| step.parse().unwrap());
    let (mut pods, mut count) = (0, 0);
    for (number, minor) in corpus::minors().iter().enumerate() {
        for area in minor.areas.values() {
            let all = corpus::read::<Case>(&area.cases).filter(|case| area.has(case));
            for case in all.skip(number * 7 % step).step_by(step) {
                // What this minor refuses has no answer to compare.
                if let Ok(scheduler) = case.scheduler_of(minor.version) {
                    redacted_as_plain(&case, &scheduler);
                    (pods, count) = (pods + case.pods.len(), count + 1);
                }
            }
        }
    }
    eprintln!("{pods} pods of {count} cases: redacted and plain answers agree");
    assert!(count > 100, "{count}");
}

fn redacted_as_plain(case: &Case, scheduler: &Scheduler) {
    let cluster = case.cluster_for(scheduler);
    let (redacted, same_scheduler, originals) = through_snapshot(case, scheduler.behaviour().clone(), true);
    let old_names: BTreeMap<&str, &str> = originals.iter().map(|(new, old)| (old.as_str(), new.as_str())).collect();
    for pod in &case.pods {
        let pod = key(pod);
        let new = |old: &str| kubectl_sched::api::name(old_names.get(old).copied().unwrap_or(old));
        let renamed = ObjectKey::new(new(&pod.namespace), new(&pod.name));
        let before = normal(&answer(&cluster, scheduler, pod, true));
        let after = normal(&restored(&answer(&redacted, &same_scheduler, renamed, true), &originals));
        assert!(before == after, "{} {pod}\n{}", case.name, first_difference(&before, &after));
    }
}

/// `text` with every new name replaced by the one it stands for, the longest first.
fn restored(text: &str, originals: &BTreeMap<String, String>) -> String {
    let mut lengths: Vec<usize> = originals.keys().map(String::len).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut in_word = false;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut longest_first = lengths.iter().rev().filter_map(|length| rest.get(..*length));
        // In the middle of a word no name begins: most of a text.
        let found = if in_word { None } else { longest_first.find_map(|new| Some((new.len(), originals.get(new)?))) };
        if let Some((length, old)) = found {
            out += old;
            at += length;
            in_word = true;
        } else {
            out.push(c);
            at += c.len_utf8();
            in_word = c.is_ascii_alphanumeric() || c == '-';
        }
    }
    out
}

/// An answer without the order of those lists that is one of texts in which names that stay
/// are sorted among names that do not: upstream sorts the phrases of its message as texts, and
/// the labels of a selector by key.
fn normal(answer: &str) -> Vec<String> {
    let mut value: Value = serde_json::from_str(answer).unwrap();
    sort_texts(&mut value);
    serde_json::to_string_pretty(&value).unwrap().lines().map(str::to_owned).collect()
}

fn sort_texts(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                match value {
                    Value::String(text) if field == "message" => {
                        let sentences: Vec<String> = text.split(". ").map(|part| sorted(part, ", ")).collect();
                        *text = sentences.join(". ");
                    }
                    Value::String(text) if field == "selector" => *text = sorted(text, ","),
                    Value::Array(items) if field == "reasons" => {
                        items.iter_mut().for_each(sort_texts);
                        items.sort_by_key(ToString::to_string);
                    }
                    value => sort_texts(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(sort_texts),
        _ => {}
    }
}

fn sorted(text: &str, separator: &str) -> String {
    let (head, tail) = text.split_once(": ").unwrap_or(("", text));
    let mut phrases: Vec<&str> = tail.trim_end_matches('.').split(separator).collect();
    phrases.sort_unstable();
    format!("{head}: {}", phrases.join(separator))
}

fn first_difference(before: &[String], after: &[String]) -> String {
    let differing = before.iter().zip(after).position(|(one, other)| one != other).unwrap_or_default();
    let around = |lines: &[String]| lines[differing.saturating_sub(6)..(differing + 3).min(lines.len())].join("\n");
    format!("before:\n{}\nafter:\n{}", around(before), around(after))
}

#[test]
fn nothing_of_what_scheduling_does_not_read_and_no_name_is_left() {
    let (text, record) = snapshot_of("examples/clusters/mixed.yaml", true);
    assert!(record.redacted);
    for secret in ["shop", "web", "command", "\"env\"", "managedFields"] {
        assert!(!text.contains(secret), "{secret} is in the snapshot");
    }
}

/// New pods hang on more than scheduling reads: claim templates, limits, quotas, runtime classes.
#[test]
fn new_pods_are_made_of_a_snapshot_as_of_its_input() {
    const CLUSTER: &str = "tests/cli/new_pods/cluster.yaml";
    let directory = tempfile::tempdir().unwrap();
    let pruned = directory.path().join("pruned.json.gz");
    assert!(run(&["--snapshot", CLUSTER, "-f", pruned.to_str().unwrap()]).status.success());
    for manifest in ["store", "agent", "strict", "gang", "urgent"] {
        let simulated = |state: &str| {
            let manifest = format!("tests/cli/new_pods/{manifest}.yaml");
            let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
                .args(["simulate", "-f", &manifest, "--preempt", "-o", "json", "--snapshot", state])
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .output()
                .unwrap();
            assert!(output.status.success(), "{manifest}");
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            ["steps", "refused", "nodes"].map(|field| answer[field].clone())
        };
        assert_eq!(simulated(CLUSTER), simulated(pruned.to_str().unwrap()), "{manifest}");
    }
    let (text, _) = snapshot_of(CLUSTER, true);
    for secret in ["kata", "strict", "urgent", "sizes", "share", "handler"] {
        assert!(!text.contains(secret), "{secret} is in the snapshot");
    }
}

/// Runs the command; the text of the snapshot and what it says of itself.
fn snapshot_of(input: &str, redact: bool) -> (String, Record) {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("out.json.gz");
    let mut arguments = vec!["--snapshot", input, "-f", output.to_str().unwrap()];
    arguments.extend(redact.then_some("--redact"));
    assert!(run(&arguments).status.success());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(std::fs::File::open(&output).unwrap()), &mut text)
        .unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let items = list["items"].as_array().unwrap();
    for item in &items[1..] {
        let meta = TypeMeta::peek(item.to_string().as_bytes());
        let kind = meta.kind.unwrap_or_default();
        let kind = kind.strip_suffix("List").unwrap_or(&kind);
        assert!(Kind::of(&meta.api_version.unwrap_or_default(), kind).is_some(), "{kind}");
    }
    (text.clone(), serde_json::from_value(items[0].clone()).unwrap())
}

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .arg("snapshot")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

/// Standard output is left out where it is a snapshot.
#[track_caller]
fn screen(arguments: &[&str], expected: &str) {
    let output = run(arguments);
    let status = output.status.code().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(format!("{stderr}[status {status}]"), expected);
}

#[test]
fn the_name_says_how_it_is_packed() {
    let directory = tempfile::tempdir().unwrap();
    let explained = |state: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
            .args(["explain", "web-7", "-n", "shop", "--snapshot", state])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = explained("examples/clusters/mixed.yaml");
    for (name, head) in [
        ("red.json", b"{\"ap".as_slice()),
        ("red.zst", b"\x28\xb5\x2f\xfd"),
        ("red.gz", b"\x1f\x8b"),
        ("red.json.gz", b"\x1f\x8b"),
        ("red.ksnap", b"\x89KSNAP\r\n"),
        ("red", b"\x89KSNAP\r\n"),
    ] {
        let file = directory.path().join(name);
        std::fs::write(&file, "an older one").unwrap();
        let file = file.to_str().unwrap();
        assert!(run(&["--snapshot", "examples/clusters/mixed.yaml", "-f", file]).status.success());
        assert!(std::fs::read(file).unwrap().starts_with(head), "{name}");
        assert_eq!(explained(file), expected, "{name}");
    }
    let files = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(files, 6, "nothing is left of what was written beside");
}

/// Standard output of a command; `FILE` is the state.
fn answered(arguments: &[&str], state: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(arguments)
        .args(["--at", "2026-09-01T00:00:00Z", "--snapshot", state])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let (text, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{arguments:?} {state}: {error}");
    text.replace(state, "FILE")
}

/// The form of the tool, its JSON, and what it was made from: one answer, to the byte.
#[test]
fn every_form_gives_the_same_answers() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let states = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/clusters")).unwrap();
    let explain = ["explain", "pods", "-A", "-o", "json"];
    let mut pods = 0;
    for state in states {
        let state = state.unwrap().path().to_str().unwrap().to_owned();
        if std::path::Path::new(&state).extension() != Some("yaml".as_ref()) {
            continue;
        }
        let (own, json, zip) = (path("state.ksnap"), path("state.json"), path("state.json.gz"));
        assert!(run(&["--snapshot", &state, "-f", &own]).status.success());
        let text = run(&["--to-json", &own]);
        assert!(text.status.success() && text.stdout.starts_with(b"{\"apiVersion\":\"v1\",\"kind\":\"List\""));
        std::fs::write(&json, text.stdout).unwrap();
        assert!(run(&["--to-json", &own, "-f", &path("also.json")]).status.success());
        assert_eq!(std::fs::read(&json).unwrap(), std::fs::read(path("also.json")).unwrap());
        assert!(run(&["--snapshot", &own, "-f", &zip]).status.success());
        let pending = answered(&["pending", "-A", "-o", "json"], &state);
        for form in [&own, &json, &zip] {
            assert_eq!(answered(&["pending", "-A", "-o", "json"], form), pending, "{state}: {form}");
            let explained = answered(&explain, form);
            assert_eq!(explained, answered(&explain, &state), "{state}: {form}");
            pods += explained.matches("\"schedulable\"").count();
        }
    }
    assert!(pods > 10, "{pods}");
}

#[test]
fn a_damaged_snapshot_is_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (own, damaged) = (path("state.ksnap"), path("damaged.ksnap"));
    assert!(run(&["--snapshot", "examples/clusters/mixed.yaml", "-f", &own]).status.success());
    let whole = std::fs::read(&own).unwrap();
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 16;
    let mut newer = whole.clone();
    newer[8] = 2;
    for (bytes, words) in [
        (&whole[..whole.len() - 1], "the snapshot is cut off; copy or write it again"),
        (
            &newer,
            "the snapshot has version 2 of the format, and this release reads up to version 1; use a newer release",
        ),
    ] {
        std::fs::write(&damaged, bytes).unwrap();
        screen(&["--to-json", &damaged], &format!("error: {damaged}: {words}\n[status 2]"));
    }
    std::fs::write(&damaged, &changed).unwrap();
    let output = run(&["--to-json", &damaged]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains("the snapshot is damaged: section "), "{error}");
}

/// What was there stays until the new file is complete.
#[test]
fn a_failure_leaves_the_old_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.json");
    std::fs::write(&file, "an older one").unwrap();
    let failed = run(&["--snapshot", "no-such-file", "-f", file.to_str().unwrap()]);
    assert_eq!(failed.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "an older one");
}

#[test]
fn the_screen() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (input, output, map) = (path("in.json"), path("out.json.gz"), path("map.json"));
    let objects = r#"{"kind":"List","apiVersion":"v1","items":[
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"acme-1"}},
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"password"},"data":{"x":"c2VjcmV0"}},
        {"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"gpu"},
         "spec":{"selectors":[{"cel":{"expression":"device.driver == 'gpu.acme.com'"}}]}}]}"#;
    std::fs::write(&input, objects).unwrap();
    screen(
        &["--snapshot", &input, "-f", &output],
        &format!("wrote 1 node, 0 pods and 1 other object to {output}\n[status 0]"),
    );
    screen(
        &["--snapshot", &input, "-f", &output, "--redact", "--redact-map", &map],
        &format!(
            "wrote 1 node, 0 pods and 1 other object to {output}, redacted\n\
             Warning: not redacted: the CEL expressions of DeviceClass gpu\n[status 0]"
        ),
    );
    assert_eq!(
        std::fs::read_to_string(&map).unwrap(),
        "{\n    \"a0-node\": \"acme-1\",\n    \"g1-class\": \"gpu\"\n}\n"
    );
    screen(
        &["--snapshot", &path("none"), "-f", &output],
        &format!("error: the path \"{}\" does not exist\n[status 2]", path("none")),
    );
    let missing = path("no/such/file");
    screen(
        &["--snapshot", &input, "-f", &missing],
        &format!("error: cannot write {missing}: No such file or directory (os error 2)\n[status 2]"),
    );
    assert!(Path::new(&output).exists());
}
