//! What follows from the table of kinds: pruning loses nothing that is read, and docs/rbac.yaml asks for every kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use kubectl_sched::decode::prune::prune;
use kubectl_sched::decode::{Kind, Object};
use kubectl_sched::source::{Input, read_value};
use serde::Deserialize;
use serde_json::Value;

/// Of a recorded case only what is read here.
#[derive(Deserialize)]
struct Case {
    /// Differences from another minor's case have none.
    #[serde(default)]
    objects: Vec<Value>,
}

/// Every so many cases of a file: neighbours have much the same objects.
const STEP: usize = 7;

fn corpora(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(corpora(&path));
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            found.push(path);
        }
    }
    found
}

/// Decodes `object` as it is and pruned; answers its kind.
#[track_caller]
fn same(object: &Value) -> Option<Kind> {
    let text = |field: &str| object[field].as_str().unwrap_or_default();
    let kind = Kind::of(text("apiVersion"), text("kind"))?;
    let decoded = |object: &Value| Object::decode(kind, object.to_string().as_bytes()).map(|(object, _)| object);
    let pruned = prune(kind, object.to_string().as_bytes()).unwrap();
    let (whole, pruned) = (decoded(object).unwrap(), decoded(&pruned).unwrap());
    assert_eq!(format!("{whole:#?}"), format!("{pruned:#?}"), "{object}");
    Some(kind)
}

#[test]
fn every_kind_is_decoded_alike_with_and_without_pruning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut seen: BTreeMap<Kind, usize> = BTreeMap::new();
    let text = std::fs::read_to_string(root.join("data/kinds.yaml")).unwrap();
    let by_hand: Value = serde_yaml::from_str(&text).unwrap();
    for object in by_hand["items"].as_array().unwrap() {
        *seen.entry(same(object).unwrap()).or_default() += 1;
    }
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|kind| !seen.contains_key(kind)).collect();
    assert!(missing.is_empty(), "tests/data/kinds.yaml has no {missing:?}");
    for corpus in corpora(&root.join("conformance")) {
        let lines = BufReader::new(GzDecoder::new(File::open(corpus).unwrap())).lines();
        for line in lines.step_by(STEP) {
            let case: Case = serde_json::from_str(&line.unwrap()).unwrap();
            for object in &case.objects {
                same(object);
            }
        }
    }
}

/// A rule of a role, as far as it is compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
}

#[test]
fn the_role_in_the_docs_lists_every_kind() {
    let role = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac.yaml");
    let role = read_value(&Input::File(role)).unwrap();
    let rules: Vec<Rule> = serde_json::from_value(role["rules"].clone()).unwrap();
    let mut granted: BTreeSet<(String, String)> = BTreeSet::new();
    for rule in &rules {
        assert_eq!(rule.verbs, ["list"]);
        for group in &rule.api_groups {
            granted.extend(rule.resources.iter().map(|resource| (group.clone(), resource.clone())));
        }
    }
    let mut needed: BTreeSet<(String, String)> =
        Kind::ALL.iter().map(|kind| (kind.api_group().to_owned(), kind.resource().to_owned())).collect();
    // What the scheduler said of pods; no answer requires it.
    needed.insert((String::new(), "events".to_owned()));
    assert_eq!(granted, needed);
}
