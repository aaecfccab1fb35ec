//! The recorded cases of `tests/conformance/`, minor by minor: which areas each has, and what it answered. The format is
//! in the folder's README.
#![allow(dead_code)] // not every test binary asks for it

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use kubectl_sched::config::KubeVersion;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Case;

/// The answers of one release of kube-scheduler.
pub(crate) struct Minor {
    /// The folder, `v1.37`; of the cases in the corpus's own folder the release, `v1.34.1`.
    pub(crate) name: String,
    pub(crate) version: KubeVersion,
    pub(crate) areas: BTreeMap<String, Area>,
}

/// One area of a minor.
#[derive(Clone)]
pub(crate) struct Area {
    /// The file that has the cases; their answers may be another minor's.
    pub(crate) cases: PathBuf,
    /// What this minor answers differently.
    delta: Option<PathBuf>,
    /// Cases that have no answer in this minor, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// How many cases have one, and how many pods or placements are in them.
    pub(crate) count: usize,
    pub(crate) pods: usize,
}

#[derive(Deserialize)]
struct Manifest {
    k8s: String,
    areas: BTreeMap<String, ManifestArea>,
}

#[derive(Deserialize)]
struct ManifestArea {
    file: Option<String>,
    base: Option<String>,
    delta: Option<String>,
    #[serde(default)]
    left_out: BTreeMap<String, String>,
    cases: usize,
    pods: usize,
}

/// What a minor answers differently, case by case: JSON merge patches.
pub(crate) struct Answers(BTreeMap<String, Value>);

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// The base, and every minor that has a folder of its own.
pub(crate) fn minors() -> Vec<Minor> {
    let folder = folder();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| folder.join(name).join("manifest.json").exists())
        .collect();
    names.sort();
    let others = names.into_iter().map(|name| Minor::read(&folder.join(&name), Some(name)));
    std::iter::once(Minor::read(&folder, None)).chain(others).collect()
}

impl Minor {
    fn read(folder: &Path, name: Option<String>) -> Self {
        let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
        let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
        let areas = manifest
            .areas
            .into_iter()
            .map(|(area, entry)| {
                let cases = entry.file.or(entry.base).expect("the manifest names the file of each area");
                let area_of = Area {
                    // `../x` of a folder that is there: made plain, so that minors that share a file name it alike.
                    cases: folder.join(cases).canonicalize().unwrap(),
                    delta: entry.delta.map(|delta| folder.join(delta)),
                    left_out: entry.left_out,
                    count: entry.cases,
                    pods: entry.pods,
                };
                (area, area_of)
            })
            .collect();
        let name = name.unwrap_or_else(|| manifest.k8s.clone());
        Self { name, version: manifest.k8s.parse().unwrap(), areas }
    }
}

impl Area {
    pub(crate) fn has(&self, case: &Case) -> bool {
        !self.left_out.contains_key(&case.name)
    }

    pub(crate) fn answers(&self) -> Answers {
        #[derive(Deserialize)]
        struct Line {
            name: String,
            expect: Value,
        }
        let lines = self.delta.iter().flat_map(|delta| read::<Line>(delta));
        Answers(lines.map(|line| (line.name, line.expect)).collect())
    }
}

impl Answers {
    /// The answer to a case, whose own answer is the base.
    pub(crate) fn to<T: DeserializeOwned>(&self, case: &Case) -> T {
        let Some(patch) = self.0.get(&case.name) else {
            return T::deserialize(case.expect()).unwrap();
        };
        let mut expect = case.expect().clone();
        merge(&mut expect, patch);
        T::deserialize(expect).unwrap()
    }
}

/// JSON merge patch, RFC 7386.
fn merge(old: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *old = patch.clone();
        return;
    };
    if !old.is_object() {
        *old = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = old else { return };
    for (field, value) in patch {
        if value.is_null() {
            fields.remove(field);
        } else {
            merge(fields.entry(field.clone()).or_insert(Value::Null), value);
        }
    }
}

/// The lines of a gzip-compressed JSON Lines file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> impl Iterator<Item = T> + use<T> {
    let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    BufReader::new(file).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}
