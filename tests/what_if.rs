//! What-if questions from public threads, and what is right about each.
//!
//! `tests/what_if/cases.json` has the commands and the facts: texts that the screen must have or must not have, values
//! of the JSON answer by their pointers, the exit status. The states lie beside it, a folder a thread.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The folder that the command runs in.
    folder: String,
    /// Public threads that ask this.
    #[serde(default)]
    source: String,
    /// The arguments behind `kubectl sched`; split at blanks.
    run: String,
    /// A command that comes first, and writes the state it leaves behind for the other to go on from, as `STATE`.
    #[serde(default)]
    before: Option<String>,
    /// The exit status.
    #[serde(default)]
    status: i32,
    /// Texts of the screen, lines joined.
    #[serde(default)]
    has: Vec<String>,
    /// Texts that must not be on the screen.
    #[serde(default)]
    lacks: Vec<String>,
    /// Values of `-o json`, by JSON pointer.
    #[serde(default)]
    json: Vec<(String, Value)>,
}

/// Where there is no terminal, screens are so wide.
const COLUMNS: usize = 80;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/what_if")
}

struct Answer {
    stdout: String,
    stderr: String,
    status: i32,
}

fn run(case: &Case, more: &[&str]) -> Answer {
    let state = std::env::temp_dir().join(format!("kubectl-sched-what-if-{}.json.gz", std::process::id()));
    let state = state.to_string_lossy();
    if let Some(before) = &case.before {
        let answer = kubectl_sched(case, before, &["--write-state", &state]);
        assert_eq!(answer.status, 0, "{before}: {}{}", answer.stdout, answer.stderr);
    }
    kubectl_sched(case, &case.run.replace("STATE", &state), more)
}

fn kubectl_sched(case: &Case, arguments: &str, more: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(arguments.split_whitespace())
        .args(more)
        .current_dir(folder().join(&case.folder))
        .env_remove("KUBECONFIG")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    Answer {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code().unwrap_or(-1),
    }
}

#[test]
fn answers_are_right() {
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(folder().join("cases.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &cases {
        let Answer { stdout, stderr, status } = run(case, &[]);
        // Lines are broken at the width of the screen.
        let screen = format!("{stdout}{stderr}").split_whitespace().collect::<Vec<_>>().join(" ");
        let mut tell = |what: String| wrong.push(format!("{} ({}): {}: {what}", case.folder, case.source, case.run));
        // A name may be too long for a table by itself.
        let long = stdout.split_whitespace().any(|word| word.len() > COLUMNS / 2);
        let wide = |line: &&str| line.chars().count() > COLUMNS && !long && !case.run.contains("-o wide");
        stdout.lines().filter(wide).for_each(|line| tell(format!("wider than {COLUMNS} columns: {line}")));
        if status != case.status {
            tell(format!("status {status}"));
        }
        case.has.iter().filter(|text| !screen.contains(text.as_str())).for_each(|text| tell(format!("lacks {text:?}")));
        case.lacks.iter().filter(|text| screen.contains(text.as_str())).for_each(|text| tell(format!("has {text:?}")));
        if case.json.is_empty() {
            continue;
        }
        let answer: Value = serde_json::from_str(&run(case, &["-o", "json"]).stdout).unwrap_or_default();
        for (pointer, expected) in &case.json {
            let found = answer.pointer(pointer).unwrap_or(&Value::Null);
            if found != expected {
                tell(format!("{pointer} is {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
