//! A directory tree of dumped objects: which files of it to read, and in which order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a directory tree holds.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The files to read, sorted.
    pub(super) files: Vec<PathBuf>,
    /// How many others there are: logs and the like.
    pub(super) passed_over: usize,
}

/// Looks through the tree under `root`. A link to a directory is not followed, as it may lead
/// round in a circle.
pub(super) fn tree(root: &Path) -> Result<Tree, (PathBuf, io::Error)> {
    let mut tree = Tree::default();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let in_directory = |error| (directory.clone(), error);
        for entry in fs::read_dir(&directory).map_err(in_directory)? {
            let entry = entry.map_err(in_directory)?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| (path.clone(), error))?;
            if kind.is_dir() {
                directories.push(path);
            } else if holds_objects(&path) && path.is_file() {
                tree.files.push(path);
            } else {
                tree.passed_over += 1;
            }
        }
    }
    tree.files.sort();
    Ok(tree)
}

/// `.json`, `.yaml` and `.yml`, with or without `.gz` or `.zst`, and `.ksnap`.
fn holds_objects(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()) else { return false };
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".json", ".yaml", ".yml", ".ksnap"].iter().any(|extension| name.ends_with(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_recognized_by_their_names() {
        for (name, expected) in [
            ("a/nodes.json", true),
            ("a/pods.YAML", true),
            ("a/pods.yml.gz", true),
            ("a/pods.json.zst", true),
            ("a/state.ksnap", true),
            ("a/logs.txt", false),
            ("a/json", false),
            ("a/pods.gz", false),
        ] {
            assert_eq!(holds_objects(Path::new(name)), expected, "{name}");
        }
    }
}
