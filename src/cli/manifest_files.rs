//! Which files `-f` and `-R` stand for.

use std::path::{Path, PathBuf};

use crate::cli::error::{Error, Result};

/// What a path of `-f` stands for.
pub(super) struct ManifestFiles {
    pub(super) paths: Vec<PathBuf>,
    /// The path is a directory: nobody named these files one by one.
    pub(super) are_of_a_directory: bool,
}

/// The file itself, or the manifests in a directory, as kubectl reads them: by their extension and in the order of their
/// names, and those of the directories below only if asked for (upstream cli-runtime resource/visitor.go,
/// ExpandPathsToFileVisitors).
pub(super) fn expand(path: &Path, recursive: bool) -> Result<ManifestFiles> {
    let text = path.to_string_lossy();
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(Error::new(format!("{text}: URLs are not read")).hint("download the file and name it"));
    }
    if !path.is_dir() {
        return Ok(ManifestFiles { paths: vec![path.to_owned()], are_of_a_directory: false });
    }
    let mut paths = Vec::new();
    let mut directories = vec![path.to_owned()];
    let mut is_deeper = false;
    while let Some(directory) = directories.pop() {
        let failed = |error| Error::new(format!("{}: {error}", directory.to_string_lossy()));
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link to a directory may lead round in a circle; upstream does not follow it either.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                is_deeper = true;
                directories.extend(recursive.then(|| entry.path()));
            } else if is_manifest(&entry.path()) {
                paths.push(entry.path());
            }
        }
    }
    if paths.is_empty() {
        let error = Error::new(format!("{text}: the directory has no file that ends in .json, .yaml or .yml"));
        let may_be_deeper = is_deeper && !recursive;
        return Err(if may_be_deeper { error.hint("use -R to read the directories below it") } else { error });
    }
    paths.sort();
    Ok(ManifestFiles { paths, are_of_a_directory: true })
}

fn is_manifest(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| matches!(extension, "json" | "yaml" | "yml")) && file.is_file()
}

/// Whether kustomize reads the file, and kubectl apply does not (upstream kustomize konfig/general.go).
pub(super) fn is_kustomization(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "kustomization.yaml" | "kustomization.yml")
}
