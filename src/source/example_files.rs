//! For tests: every file with objects that the repository has as an example or as a test's data.

#![allow(clippy::unwrap_used)] // a test may fail loudly

use std::path::{Path, PathBuf};

/// YAML and JSON below the folders of examples and of tests' data.
pub(super) fn example_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["examples", "tests/data", "tests/what_if", "tests/cli", "tests/situations"] {
        add(&root.join(folder), &mut found);
    }
    found
}

fn add(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "json") {
            found.push(path);
        }
    }
}
