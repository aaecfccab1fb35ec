//! States from public reports, and what a right answer says of each.
//!
//! A folder of `tests/reports/` is one report: the cluster (`state.yaml`, or what its `expect.yaml` names) and the
//! questions as their reporter would ask them, each with the facts that the answer must state (`says`), must
//! not state (`never`), and data that must be in its JSON (`json`). Words are compared without line breaks. Of an
//! object only the fields that are written down count; of a list each written item must be there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

/// Columns of a screen whose width nobody knows.
const COLUMNS: usize = 80;
/// Fewer would not be what was reported.
const LEAST: usize = 17;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    /// The thread.
    source: String,
    /// What it found.
    note: String,
    ask: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The command with its arguments; `--snapshot state.yaml` follows unless it names another.
    run: String,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    json: Option<Value>,
    #[serde(default)]
    status: i32,
}

impl Question {
    /// What is wrong with the answer.
    fn mismatches(&self, folder: &Path) -> Vec<String> {
        let output = run(&self.run, folder, &[]);
        let screen = String::from_utf8(output.stdout).unwrap();
        let all = words(&format!("{screen}\n{}", String::from_utf8_lossy(&output.stderr)));
        let mut wrong = Vec::new();
        if output.status.code() != Some(self.status) {
            wrong.push(format!("status {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr)));
        }
        wrong.extend(
            self.says.iter().filter(|fact| !all.contains(&words(fact))).map(|fact| format!("does not say: {fact}")),
        );
        wrong.extend(self.never.iter().filter(|fact| all.contains(&words(fact))).map(|fact| format!("says: {fact}")));
        let is_wide = self.run.contains("-o wide");
        let too_wide = |line: &&str| !is_wide && line.width() > COLUMNS && !is_to_be_copied(line);
        wrong.extend(screen.lines().find(too_wide).map(|line| format!("wider than the screen: {line}")));
        if !wrong.is_empty() {
            wrong.push(screen);
        }
        if let Some(expected) = &self.json {
            let output = run(&self.run, folder, &["-o", "json"]);
            let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let mut missing = Vec::new();
            compare("", expected, &found, &mut missing);
            wrong.extend(missing.into_iter().map(|path| format!("JSON lacks {path}")));
        }
        wrong
    }
}

/// Such a line is one piece, however long.
fn is_to_be_copied(line: &str) -> bool {
    let line = line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    line.starts_with("kubectl ")
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn run(arguments: &str, folder: &Path, more: &[&str]) -> Output {
    let state: &[&str] = if arguments.contains("--snapshot") { &[] } else { &["--snapshot", "state.yaml"] };
    Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(arguments.split_whitespace())
        .args(state)
        .args(more)
        .current_dir(folder)
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

/// Adds the places at which `found` lacks what is expected.
fn compare(path: &str, expected: &Value, found: &Value, missing: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (field, value) in expected {
                let path = format!("{path}.{field}");
                match (value, found.get(field)) {
                    // Written as null: must not be there.
                    (Value::Null, None) => {}
                    (_, None) => missing.push(format!("{path}: {value}")),
                    (_, Some(found)) => compare(&path, value, found, missing),
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            for value in expected {
                let there = found.iter().any(|found| {
                    let mut missing = Vec::new();
                    compare("", value, found, &mut missing);
                    missing.is_empty()
                });
                if !there {
                    missing.push(format!("{path}[]: {value}, has {}", Value::Array(found.clone())));
                }
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => missing.push(format!("{path}: {expected}, has {found}")),
    }
}

fn folders() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

#[test]
fn every_report_is_answered() {
    let folders = folders();
    let only = std::env::var("REPORT").unwrap_or_default();
    let mut wrong = Vec::new();
    for folder in folders.iter().filter(|folder| folder.ends_with(&only) || only.is_empty()) {
        let name = folder.file_name().unwrap().to_string_lossy();
        let text =
            std::fs::read_to_string(folder.join("expect.yaml")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let report: Report = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(report.source.starts_with("https://") && !report.note.is_empty() && !report.ask.is_empty(), "{name}");
        for question in &report.ask {
            let mismatches = question.mismatches(folder);
            if !mismatches.is_empty() {
                wrong.push(format!("{name}: {}\n    {}", question.run, mismatches.join("\n    ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(folders.len() >= LEAST, "{} reports", folders.len());
}

/// The names of the nodes of `state`, each with that of an EKS node of the same place.
fn long_names(state: &Value) -> Vec<(String, String)> {
    let items = state["items"].as_array().into_iter().flatten();
    let nodes = items.filter(|item| item["kind"] == "Node").filter_map(|item| item["metadata"]["name"].as_str());
    nodes
        .enumerate()
        .map(|(number, name)| (name.to_owned(), format!("ip-172-16-84-{number}.us-west-2.compute.internal")))
        .collect()
}

/// Every text that is a node's name becomes the long one.
fn rename(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::String(text) => {
            if let Some((_, long)) = names.iter().find(|(short, _)| short == text) {
                text.clone_from(long);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

#[test]
fn no_answer_is_wider_than_the_screen() {
    let directory = tempfile::tempdir().unwrap();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for folder in folders() {
        let text = std::fs::read_to_string(folder.join("expect.yaml")).unwrap();
        let report: Report = serde_yaml::from_str(&text).unwrap();
        let text = std::fs::read_to_string(folder.join("state.yaml")).unwrap_or_default();
        let Ok(mut state) = serde_yaml::from_str::<Value>(&text) else { continue };
        let names = long_names(&state);
        rename(&mut state, &names);
        std::fs::write(directory.path().join("state.yaml"), state.to_string()).unwrap();
        let fixed = |question: &&Question| !question.run.contains("--snapshot") && !question.run.contains("-o wide");
        for question in report.ask.iter().filter(fixed) {
            let run_with = question.run.split_whitespace().map(|word| {
                let (before, name) =
                    word.rsplit_once('=').map_or(("", word), |(_, name)| (&word[..word.len() - name.len()], name));
                let long = names.iter().find(|(short, _)| short == name).map_or(name, |(_, long)| long);
                format!("{before}{long}")
            });
            let line = run_with.collect::<Vec<_>>().join(" ");
            for more in [&[][..], &["--commands"]] {
                let output = run(&line, directory.path(), more);
                let screen = String::from_utf8(output.stdout).unwrap();
                asked += usize::from(!screen.is_empty());
                let too_wide = screen.lines().find(|line| line.width() > COLUMNS && !is_to_be_copied(line));
                wrong.extend(too_wide.map(|line| format!("{}: {}: {line}", folder.display(), question.run)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 100, "only {asked} screens");
}
