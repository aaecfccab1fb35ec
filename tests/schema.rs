//! Real answers fit the published schemas (`docs/schema`), and say nothing that is not in them.
//!
//! A validator of the whole standard would let through a key that a schema does not name, which is what
//! is looked for here, and brings a tree of crates along. The schemas are our own, so the few keywords
//! that they use are checked here; any other one fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use common::{Case, cases, key};
use kubectl_sched::api::Timestamp;
use kubectl_sched::explain::{ClusterMessages, Explanation, suggest};
use kubectl_sched::report::{Answer, Answered, ExplainAnswer, Provenance, Report};
use serde_json::{Map, Value};

/// One moment for all questions.
const NOW: Timestamp = Timestamp(1_780_000_000);

/// Keywords that say nothing of an instance.
const SILENT: [&str; 7] = ["$schema", "$defs", "title", "description", "format", "minimum", "default"];

/// A schema and what has been seen of it.
struct Schema {
    root: Value,
}

/// Where an instance does not fit.
type Misfit = String;

impl Schema {
    fn of(command: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{command}.schema.json"));
        Self { root: serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap() }
    }

    #[track_caller]
    fn fits(&self, instance: &Value, of: &str) {
        if let Err(misfit) = self.whole(&self.root, instance, "$") {
            panic!("{of}: {misfit}");
        }
    }

    /// That `instance` fits, and has no key that `schema` does not name.
    fn whole(&self, schema: &Value, instance: &Value, at: &str) -> Result<(), Misfit> {
        let known = self.part(schema, instance, at)?;
        let keys = instance.as_object().into_iter().flat_map(Map::keys);
        match keys.into_iter().find(|key| !known.contains(key.as_str()) && !known.contains("*")) {
            Some(key) => Err(format!("{at}.{key} is not in the schema")),
            None => Ok(()),
        }
    }

    /// That `instance` fits; the keys that `schema` names of it, `*` for any.
    fn part(&self, schema: &Value, instance: &Value, at: &str) -> Result<BTreeSet<String>, Misfit> {
        let schema = match schema {
            Value::Bool(true) => return Ok(BTreeSet::from(["*".to_owned()])),
            Value::Bool(false) => return Err(format!("{at} must not be there")),
            Value::Object(schema) => schema,
            other => panic!("{other} is no schema"),
        };
        if schema.is_empty() {
            return Ok(BTreeSet::from(["*".to_owned()]));
        }
        let mut known = BTreeSet::new();
        for (keyword, value) in schema {
            match keyword.as_str() {
                "$ref" => {
                    let pointer = value.as_str().and_then(|text| text.strip_prefix('#')).unwrap();
                    let target = self.root.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                    known.extend(self.part(target, instance, at)?);
                }
                "type" => {
                    let names: Vec<&str> = match value {
                        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                        name => name.as_str().into_iter().collect(),
                    };
                    if !names.iter().any(|name| is_of_type(instance, name)) {
                        return Err(format!("{at} is {instance} and not {names:?}"));
                    }
                }
                "const" if instance != value => return Err(format!("{at} is {instance} and not {value}")),
                "enum" if !value.as_array().unwrap().contains(instance) => {
                    return Err(format!("{at} is {instance}, which is none of {value}"));
                }
                "required" => {
                    for key in value.as_array().unwrap().iter().filter_map(Value::as_str) {
                        if instance.as_object().is_some_and(|object| !object.contains_key(key)) {
                            return Err(format!("{at}.{key} is missing"));
                        }
                    }
                }
                "properties" => {
                    for (key, schema) in value.as_object().unwrap() {
                        if let Some(child) = instance.get(key) {
                            self.whole(schema, child, &format!("{at}.{key}"))?;
                            known.insert(key.clone());
                        }
                    }
                }
                "additionalProperties" => {
                    let named = schema.get("properties").and_then(Value::as_object);
                    for (key, child) in instance.as_object().into_iter().flatten() {
                        if named.is_none_or(|named| !named.contains_key(key)) {
                            self.whole(value, child, &format!("{at}.{key}"))?;
                            known.insert(key.clone());
                        }
                    }
                }
                "items" => {
                    for (index, child) in instance.as_array().into_iter().flatten().enumerate() {
                        self.whole(value, child, &format!("{at}[{index}]"))?;
                    }
                }
                "minItems" | "maxItems" => {
                    let length = instance.as_array().map_or(0, Vec::len) as u64;
                    let limit = value.as_u64().unwrap();
                    if instance.is_array() && (if keyword == "minItems" { length < limit } else { length > limit }) {
                        return Err(format!("{at} has {length} items"));
                    }
                }
                "allOf" => {
                    for schema in value.as_array().unwrap() {
                        known.extend(self.part(schema, instance, at)?);
                    }
                }
                "anyOf" | "oneOf" => {
                    let answers = value.as_array().unwrap().iter().map(|schema| self.part(schema, instance, at));
                    let (fitting, misfits): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
                    if fitting.is_empty() || (keyword == "oneOf" && fitting.len() > 1) {
                        let misfits: Vec<Misfit> = misfits.into_iter().filter_map(Result::err).collect();
                        return Err(format!("{at} fits {} of {keyword}: {}", fitting.len(), misfits.join("; ")));
                    }
                    known.extend(fitting.into_iter().filter_map(Result::ok).flatten());
                }
                "const" | "enum" => {}
                keyword => assert!(SILENT.contains(&keyword), "this test does not know the keyword {keyword}"),
            }
        }
        Ok(known)
    }
}

fn is_of_type(instance: &Value, name: &str) -> bool {
    match name {
        "null" => instance.is_null(),
        "boolean" => instance.is_boolean(),
        "integer" => instance.is_i64() || instance.is_u64(),
        "number" => instance.is_number(),
        "string" => instance.is_string(),
        "array" => instance.is_array(),
        "object" => instance.is_object(),
        other => panic!("no type is called {other}"),
    }
}

/// What the program answers, whatever its status.
#[track_caller]
fn answer(arguments: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(arguments.split_whitespace())
        .args(["-o", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[track_caller]
fn all_fit(command: &str, lines: &[&str]) {
    let schema = Schema::of(command);
    for line in lines {
        schema.fits(&answer(line), line);
    }
}

#[test]
fn explain() {
    let on = |cluster: &str, what: &str| format!("explain {what} --snapshot examples/clusters/{cluster}.yaml");
    let lines = [
        on("mixed", "web-7 -n shop"),
        on("mixed", "deployment/web -n shop"),
        on("mixed", "-f examples/pods/batch.yaml"),
        on("zones", "cache-0 -n shop"),
        on("gpu", "trainer-1 -n ml"),
        on("gpu", "trainer-1 -n ml --node gpu-a100-2"),
        on("zones", "cache-0 -n shop --node b1-1"),
    ];
    all_fit("explain", &lines.each_ref().map(String::as_str));
}

/// Every area of the recorded cases, with preemption and suggestions.
#[test]
fn explain_of_many_sorts() {
    let schema = Schema::of("explain");
    let areas = [
        "dra",
        "edge-cases",
        "image-locality",
        "inter-pod-affinity",
        "mixed",
        "node-affinity",
        "ports",
        "preemption",
        "profiles-config",
        "resources-fit",
        "running",
        "scheduling-gates",
        "taints",
        "topology-spread",
        "volumes",
    ];
    for area in areas {
        for case in cases(area).step_by(29) {
            for pod in &case.pods {
                schema.fits(&in_full(&case, pod), &format!("{area}: {} {pod}", case.name));
            }
        }
    }
}

fn in_full(case: &Case, pod: &str) -> Value {
    let (mut cluster, scheduler) = (case.cluster(), case.scheduler());
    let id = cluster.pod_named(key(pod)).expect("the pod is in the state").id;
    let lifted = cluster.lift(id);
    let placement = scheduler.explain_lifted(&cluster, &lifted, NOW);
    let answer = Answer {
        evaluated_for: None,
        suggestions: suggest::find(&scheduler, &mut cluster, &placement, NOW),
        preemption: suggest::explain_preemption(&scheduler, &mut cluster, &placement, NOW),
        explanation: Explanation::in_full(&scheduler, &cluster, &placement, NOW),
        detail: None,
        cluster_messages: ClusterMessages::default(),
        nodes: cluster.nodes().len(),
        filters: Vec::new(),
        placement,
        refused: None,
        placed_before: 0,
        is_new: false,
        workload: None,
        new_nodes: None,
        group: None,
    };
    let provenance = Provenance {
        kube_version: "v1.34".to_owned(),
        age: None,
        origin: String::new(),
        as_of: None,
        node_names: None,
        asked_at: NOW,
    };
    let answer = ExplainAnswer { answers: &[answer], cluster: &cluster };
    Answered { answer: &answer, provenance: &provenance }.data().value().unwrap()
}

#[test]
fn simulate() {
    const ZONES: &str = "--snapshot examples/clusters/zones.yaml";
    all_fit(
        "simulate",
        &[
            "simulate --pending --preempt --snapshot examples/clusters/mixed.yaml",
            "simulate -f examples/pods/batch.yaml --replicas 10 --snapshot examples/clusters/mixed.yaml",
            &format!("simulate --drain a1-1 --force --diff {ZONES}"),
            &format!("simulate --add-nodes 2=b1-1 --remove-nodes zone=a --diff {ZONES}"),
            &format!("simulate --scenario examples/scenarios/lose-zone.yaml {ZONES}"),
            "simulate --scenario examples/scenarios/rollout.yaml --snapshot examples/clusters/rollout.yaml",
            "simulate -f tests/cli/small.yaml --strategy best-fit --seed 1 --snapshot examples/clusters/mixed.yaml",
        ],
    );
}

#[test]
fn strategies_and_runs() {
    const PRICES: &str = "simulate -f examples/pods/app.yaml --replicas 8 --snapshot examples/clusters/prices.yaml";
    all_fit("simulate-compare", &[&format!("{PRICES} --compare default,best-fit --price-label example.com/price")]);
    all_fit(
        "simulate-runs",
        &[
            &format!("{PRICES} --runs 10"),
            &format!("{PRICES} --runs 10 --shard 0/2"),
            "simulate --pending --preempt --runs 3 --snapshot examples/clusters/mixed.yaml",
        ],
    );
}

#[test]
fn capacity_pending_resilience() {
    all_fit(
        "capacity",
        &[
            "capacity mailer-1 -n shop --want 40 --snapshot examples/clusters/mixed.yaml",
            "capacity -f tests/cli/small.yaml --ratio 3:1 --snapshot examples/clusters/mixed.yaml",
            "capacity web-7 -n shop --limit 2 --snapshot examples/clusters/mixed.yaml",
        ],
    );
    all_fit(
        "pending",
        &[
            "pending --snapshot examples/clusters/mixed.yaml",
            "pending --snapshot examples/clusters/gpu.yaml",
            "pending --snapshot tests/cli/pending.yaml",
            "pending --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
            "pending --snapshot examples/clusters/karpenter.yaml",
        ],
    );
    all_fit(
        "resilience",
        &[
            "resilience --snapshot examples/clusters/mixed.yaml",
            "resilience --by zone --snapshot examples/clusters/zones.yaml",
            "resilience --drain-plan a1-1,a2-1,b1-1 --snapshot examples/clusters/zones.yaml",
        ],
    );
}

#[test]
fn devices() {
    const STATE: &str = "--kube-version v1.37 --snapshot examples/clusters/devices.yaml";
    all_fit("devices", &[&format!("devices {STATE}"), &format!("devices --node mig-1 {STATE}")]);
    all_fit(
        "explain",
        &["trainer", "stream", "whole"]
            .map(|pod| format!("explain {pod} -n ml --node gpu-1 {STATE}"))
            .each_ref()
            .map(String::as_str),
    );
}

#[test]
fn nodegroups() {
    all_fit(
        "nodegroups",
        &[
            "nodegroups --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
            "nodegroups --snapshot examples/clusters/karpenter.yaml",
            "nodegroups --instance-types examples/instance-types.json --snapshot examples/clusters/karpenter.yaml",
            "nodegroups --snapshot examples/clusters/mixed.yaml",
        ],
    );
    all_fit(
        "simulate",
        &["simulate --pending --autoscale --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml"],
    );
    all_fit(
        "capacity",
        &["capacity web-4 -n shop --want 20 --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml"],
    );
    all_fit(
        "explain",
        &[
            "explain train-2 -n ml --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
            "explain report-1 -n shop --instance-types examples/instance-types.json --snapshot examples/clusters/karpenter.yaml",
        ],
    );
}

#[test]
fn config_and_version() {
    all_fit("config", &["config", "config --scheduler-config examples/config/binpack.yaml --kube-version v1.33"]);
    all_fit("version", &["version"]);
}

/// The test itself notices what does not fit.
#[test]
fn what_does_not_fit_is_noticed() {
    let schema = Schema::of("version");
    let mut right = answer("version");
    schema.fits(&right, "version");
    let misfit = |value: &Value| schema.whole(&schema.root, value, "$").unwrap_err();
    right["more"] = Value::from(1);
    assert_eq!(misfit(&right), "$.more is not in the schema");
    assert!(misfit(&serde_json::json!({"clientVersion": 1})).starts_with("$.clientVersion is 1 and not"));
    assert!(misfit(&serde_json::json!({})).ends_with("is missing"));
}
