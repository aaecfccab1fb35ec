//! Imports between the rooms of `src` run one way.
//!
//! A room is a folder of `src`, or a file that stands there alone. [`ROOMS`] has them from the bottom up, as
//! CONTRIBUTING.md has them: what is named in a room lies in it or in one further down. Comments may name what
//! they like.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up.
const ROOMS: [&str; 20] = [
    "api",
    "decode",
    "state",
    "control_plane",
    "edit",
    "did_you_mean",
    "source",
    "config",
    "required_kinds",
    "framework",
    "plugins",
    "scheduler",
    "node_groups",
    "simulate",
    "explain",
    "report",
    "session",
    "cli",
    "lib",
    "main",
];

/// What the code in `line` names of this crate, seen from `module`: the paths that begin with `crate` or `super`.
fn paths(line: &str, module: &[String]) -> Vec<Vec<String>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = line.split(|c| !is_word(c)).filter_map(|word| {
        let mut path = match word.split("::").next() {
            Some("crate") => Vec::new(),
            Some("super" | "self") => module.to_vec(),
            _ => return None,
        };
        for part in word.split("::").filter(|part| !part.is_empty()) {
            match part {
                "crate" | "self" => {}
                // Beyond the root there is nothing: a test module inside of the file takes one more.
                "super" => drop(path.pop()),
                part => path.push(part.to_owned()),
            }
        }
        Some(path)
    });
    words.collect()
}

/// The arrows that run up out of a file, `PLACE: what it names`.
fn upward(file: &str, text: &str) -> Vec<String> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    let own = rank(&module[0]).unwrap_or_else(|| panic!("src/{file} lies in no room of tests/rooms.rs"));
    let mut found = Vec::new();
    let mut nested = module.clone();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("mod ") && line.ends_with('{') {
            nested = module.iter().cloned().chain(["tests".to_owned()]).collect();
        }
        let code = line.split("//").next().unwrap_or_default();
        if code.contains("crate::{") {
            found.push(format!("src/{file}:{}: write one `use` a room", number + 1));
        }
        for path in paths(code, &nested) {
            if path.first().and_then(|room| rank(room)).is_some_and(|room| room > own) {
                found.push(format!("src/{file}:{}: {}", number + 1, path.join("::")));
            }
        }
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn imports_run_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let up: Vec<String> = files(&root)
        .iter()
        .flat_map(|path| {
            let file = path.strip_prefix(&root).unwrap().to_str().unwrap();
            upward(file, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(up.is_empty(), "these name what lies further up:\n{}", up.join("\n"));
}

#[test]
fn an_arrow_that_runs_up_is_found() {
    let case = |file: &str, line: &str, expected: &[&str]| assert_eq!(upward(file, line), expected, "{line}");
    case("state/pod.rs", "use crate::decode::pod::PodOwn;", &[]);
    case("state/pod.rs", "// see crate::report", &[]);
    case("state/pod.rs", "use crate::report::Format;", &["src/state/pod.rs:1: report::Format"]);
    case("state/mod.rs", "    x: super::edit::Edit,", &["src/state/mod.rs:1: edit::Edit"]);
    case(
        "decode/storage/claim.rs",
        "use super::super::super::state::Pod;",
        &["src/decode/storage/claim.rs:1: state::Pod"],
    );
    case("api/name.rs", "mod tests {\n    use super::*;\n    use super::super::labels::Labels;", &[]);
}
