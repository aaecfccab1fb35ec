//! What the real autoscalers said of generated states: the loop of the Cluster Autoscaler, and Karpenter's scheduler.
//!
//! Each line of `tests/autoscalers/*.jsonl.gz` is a state, the flags, what a provider would tell, and the recorded answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

#[allow(dead_code, reason = "other tests ask for the rest")]
mod common;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use common::{build, key};
use flate2::read::GzDecoder;
use kubectl_sched::api::Timestamp;
use kubectl_sched::config::{Behaviour, KubeVersion, SchedulerConfig};
use kubectl_sched::node_groups::cluster_autoscaler::{
    self, Change, Flags, GroupVerdict, PodOutcome, Skip, TemplateFile, reasons,
};
use kubectl_sched::node_groups::karpenter::{self, InstanceTypeFile};
use kubectl_sched::scheduler::Scheduler;
use serde_json::Value;

/// In these the status says that a scale-up is under way, and so not that the group is in backoff, too
/// (`nothing_tells_of_a_hidden_backoff`).
const HIDDEN_BACKOFF: [&str; 2] = ["upcoming-1-0003", "upcoming-1-0009"];

fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/autoscalers").join(file);
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

fn scheduler() -> Scheduler {
    let version: KubeVersion = "v1.37".parse().unwrap();
    let behaviour = Behaviour::with_feature_gates(version, "").unwrap();
    Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour)
}

fn words(case: &Value) -> Vec<String> {
    case["flags"].as_array().into_iter().flatten().map(|flag| flag.as_str().unwrap().to_owned()).collect()
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn pods(case: &Value) -> impl Iterator<Item = &str> {
    case["pods"].as_array().unwrap().iter().map(|pod| pod.as_str().unwrap())
}

/// What becomes of every pod, and every pool's verdict, its sentence and its instance types.
#[test]
fn karpenter_decides_alike() {
    let scheduler = scheduler();
    let mut seen = 0;
    for case in cases("karpenter.jsonl.gz") {
        let cluster = build::cluster(case["objects"].as_array().unwrap(), scheduler.behaviour());
        let flags = karpenter::Flags::take(&mut words(&case)).unwrap();
        let options = karpenter::Options {
            flags,
            types: Some(InstanceTypeFile::read(&case).unwrap()),
            ..karpenter::Options::default()
        };
        let run = karpenter::Run::new(&cluster, &options, &[]).unwrap();
        for pod in pods(&case) {
            let what = format!("{} {pod}", case["name"]);
            let wanted = &case["expect"]["pods"][pod];
            let found = run.answer(&cluster, cluster.pod_named(key(pod)).unwrap().id);
            assert_eq!(found.outcome, wanted["outcome"].as_str(), "{what}");
            for (name, stated) in case["expect"]["pools"].as_object().unwrap() {
                let pool = found.pools.iter().find(|pool| pool.name.as_str() == name).unwrap();
                assert_eq!(pool.why, stated["why"].as_str(), "{what} {name}");
                let verdict = &wanted["pools"][name];
                if pool.why.is_some() || verdict.is_null() {
                    continue;
                }
                assert_eq!(pool.verdict, verdict["ok"].as_bool(), "{what} {name}");
                assert_eq!(pool.kind, verdict["kind"].as_str(), "{what} {name}");
                let types: BTreeSet<String> = pool.types.iter().map(ToString::to_string).collect();
                assert_eq!(types, texts(&verdict["instanceTypes"]), "{what} {name}");
                if verdict["unordered"].is_null() && wanted["unordered"].is_null() {
                    assert_eq!(pool.error.as_deref(), verdict["error"].as_str(), "{what} {name}");
                }
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 489);
}

/// What the status has of a group with a scale-up under way, without its name and limits.
fn under_way(case: &Value) -> Vec<(&str, String)> {
    let objects = case["objects"].as_array().unwrap();
    let status = objects.iter().find(|object| object["kind"] == "ConfigMap").unwrap();
    let groups = status["data"]["status"].as_str().unwrap().split("\n- health:").skip(1);
    let groups = groups.filter(|group| group.contains("status: InProgress"));
    let own = ["name:", "minSize:", "maxSize:", "time:"];
    groups
        .map(|group| {
            let name = group.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap();
            let lines =
                group.trim_end().lines().filter(|line| !own.iter().any(|own| line.trim_start().starts_with(own)));
            (name, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// The backoff that two cases are left out for is in no object: the same status stands in others for groups that are asked,
/// and there are no events.
#[test]
fn nothing_tells_of_a_hidden_backoff() {
    let cases = cases("cluster-autoscaler.jsonl.gz");
    let skipped = |case: &Value, group: &str| case["expect"]["groups"][group]["skip"]["kind"] == "backoff";
    let (hidden, others): (Vec<&Value>, Vec<&Value>) =
        cases.iter().partition(|case| HIDDEN_BACKOFF.contains(&case["name"].as_str().unwrap()));
    for case in hidden {
        assert!(case["objects"].as_array().unwrap().iter().all(|object| object["kind"] != "Event"));
        for (group, text) in under_way(case) {
            assert!(skipped(case, group));
            let asked =
                |other: &&Value| under_way(other).iter().any(|(name, status)| *status == text && !skipped(other, name));
            assert!(others.iter().any(asked), "{}", case["name"]);
        }
    }
}

/// Whom a higher maximum, or the end of a backoff, would help: the real autoscaler was run again with each.
#[test]
fn what_would_help_is_alike() {
    let scheduler = scheduler();
    let mut seen = 0;
    for case in cases("cluster-autoscaler.jsonl.gz") {
        let name = case["name"].as_str().unwrap();
        let fixes = case["expect"]["fixes"].as_array();
        if HIDDEN_BACKOFF.contains(&name) || fixes.is_none() {
            continue;
        }
        let cluster = build::cluster(case["objects"].as_array().unwrap(), scheduler.behaviour());
        let (options, now) = autoscaler_options(&case);
        let gates = scheduler.behaviour().request_gates();
        for fix in fixes.into_iter().flatten() {
            let group = fix["group"].as_str().unwrap().into();
            let change = match fix["max"].as_i64() {
                Some(max) => Change::Max { group, max },
                None => Change::BackoffOver { group },
            };
            let run =
                cluster_autoscaler::run_changed(&scheduler, &cluster, &options, gates, &[], now, &[change]).unwrap();
            // In a few cases nothing in the objects tells what a new node of the group is like.
            if run.groups.iter().any(|known| known.id == change.group() && known.template.is_none()) {
                continue;
            }
            let before = case["expect"]["pods"].as_object().unwrap().iter();
            let before = before.filter(|(_, pod)| pod["outcome"] == "not-triggered");
            let helped: BTreeSet<String> = before
                .map(|(pod, _)| pod.clone())
                .filter(|pod| {
                    let answer = run.pods.get(&cluster.pod_named(key(pod)).unwrap().id);
                    answer.is_some_and(|answer| answer.outcome != PodOutcome::NotTriggered)
                })
                .collect();
            assert_eq!(helped, texts(&fix["helps"]), "{name} {change:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 53);
}

fn autoscaler_options(case: &Value) -> (cluster_autoscaler::Options, Timestamp) {
    let templates = if case["snapshotz"].is_null() {
        TemplateFile::default()
    } else {
        TemplateFile::read(&case["snapshotz"]).unwrap()
    };
    let flags = Flags::parse(&words(case)).unwrap();
    let now = case["now"].as_str().unwrap().parse::<Timestamp>().unwrap();
    (cluster_autoscaler::Options { flags, templates, ..Default::default() }, now)
}

/// Which groups are asked, and what a new node of each says of every pod.
#[test]
fn the_cluster_autoscaler_decides_alike() {
    let scheduler = scheduler();
    let mut seen = 0;
    for case in cases("cluster-autoscaler.jsonl.gz") {
        let name = case["name"].as_str().unwrap();
        if HIDDEN_BACKOFF.contains(&name) {
            continue;
        }
        let cluster = build::cluster(case["objects"].as_array().unwrap(), scheduler.behaviour());
        let (options, now) = autoscaler_options(&case);
        let gates = scheduler.behaviour().request_gates();
        let run = cluster_autoscaler::run(&scheduler, &cluster, &options, gates, &[], now);
        let Some(run) = run else { continue };
        for pod in pods(&case) {
            let wanted = &case["expect"]["pods"][pod];
            let Some(found) = run.pods.get(&cluster.pod_named(key(pod)).unwrap().id) else { continue };
            for (place, group) in run.groups.iter().enumerate() {
                let what = format!("{name} {pod} {}", group.id);
                let stated = &case["expect"]["groups"][group.id.as_str()];
                // A loop that ends before any group is looked at tells of none.
                if stated.is_null() {
                    continue;
                }
                assert_eq!(group.skip.as_ref().map(Skip::kind), stated["skip"]["kind"].as_str(), "{what}");
                let verdict = &wanted["groups"][group.id.as_str()];
                match found.verdicts.get(place) {
                    Some(GroupVerdict::Fits) if !verdict.is_null() => assert_eq!(verdict["fits"], true, "{what}"),
                    Some(GroupVerdict::Refuses(rejection)) if !verdict.is_null() => {
                        assert_eq!(verdict["fits"], false, "{what}");
                        assert_eq!(rejection.plugin, verdict["plugin"].as_str(), "{what}");
                        let found: BTreeSet<String> = reasons(rejection).into_iter().collect();
                        assert_eq!(found, texts(&verdict["reasons"]), "{what}");
                    }
                    _ => {}
                }
            }
            seen += 1;
        }
    }
    assert!(seen > 550, "{seen}");
}
