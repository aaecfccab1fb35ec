//! `-f`: manifests that need not exist in the cluster.
//!
//! Pods and workloads are asked about; whatever else lies in the file (a claim, a
//! PriorityClass) joins the state, as if the whole file had been applied.

use std::path::{Path, PathBuf};

use crate::api::ObjectKey;
use crate::cli::error::{Error, Result};
use crate::decode::Object;
use crate::decode::pod::PodObject;
use crate::decode::workload::Workload;
use crate::source::{Input, read_manifests};
use crate::state::ClusterBuilder;

/// What the files ask about, in their order.
#[derive(Debug, Default)]
pub(crate) struct AskedManifests {
    pub(crate) objects: Vec<AskedObject>,
    /// Claims among the others.
    pub(crate) claims: Vec<ObjectKey>,
    /// What else lies in the files.
    pub(crate) others: Others,
}

/// Objects that are not asked about, and the JSON that each was decoded from.
#[derive(Debug, Default)]
pub(crate) struct Others(Vec<(Object, Vec<u8>)>);

impl Others {
    /// Puts them into the state, over what it has of the same name.
    pub(crate) fn join(self, builder: &mut ClusterBuilder) {
        for (object, json) in self.0 {
            let raw = builder.raw(&object, &json);
            builder.add_raw(object, raw);
        }
    }
}

/// A pod, or something with a pod template.
#[derive(Debug)]
pub(crate) enum AskedObject {
    /// A pod, and the JSON it was decoded from.
    Pod(Box<PodObject>, Vec<u8>),
    Workload(Box<Workload>),
}

/// The file itself, or the manifests in a directory, as kubectl reads them: by their extension and in the order of their
/// names, not those of directories below (upstream cli-runtime resource/visitor.go, ExpandPathsToFileVisitors).
fn expanded(path: &Path) -> Result<Vec<PathBuf>> {
    let text = path.to_string_lossy();
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(Error::new(format!("{text}: URLs are not read")).hint("download the file and name it"));
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_manifest = |file: &PathBuf| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        file.is_file() && extension.is_some_and(|extension| matches!(extension, "json" | "yaml" | "yml"))
    };
    let entries = std::fs::read_dir(path).map_err(|error| Error::new(format!("{text}: {error}")))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_manifest).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::new(format!("{text}: the directory has no file that ends in .json, .yaml or .yml")));
    }
    Ok(files)
}

/// Reads the files.
///
/// # Errors
/// A file cannot be read, or none has a pod or anything with a pod template.
pub(crate) fn read(files: &[PathBuf]) -> Result<AskedManifests> {
    let mut asked = AskedManifests::default();
    for file in files.iter().map(|file| expanded(file)).collect::<Result<Vec<_>>>()?.concat() {
        let input = Input::from(file);
        for manifest in read_manifests(&input).map_err(Error::from_error)?.objects {
            let object = manifest
                .decode()
                .map_err(|error| Error::new(format!("{input}: {}: {error}", manifest.kind.as_str())))?;
            match object {
                Object::Pod(pod) => asked.objects.push(AskedObject::Pod(pod, manifest.json)),
                Object::Workload(workload) => asked.objects.push(AskedObject::Workload(workload)),
                other => {
                    if let Object::PersistentVolumeClaim(claim) = &other {
                        asked.claims.push(claim.key);
                    }
                    asked.others.0.push((other, manifest.json));
                }
            }
        }
    }
    if asked.objects.is_empty() {
        let names: Vec<_> = files.iter().map(|file| Path::to_string_lossy(file)).collect();
        return Err(Error::new(format!("no pod and nothing with a pod template in {}", names.join(", ")))
            .hint("name a file with a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob"));
    }
    Ok(asked)
}
