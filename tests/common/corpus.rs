//! The recorded cases of `tests/conformance/`, minor by minor: which areas each has, and what it answered. The format is
//! in the folder's README.
#![allow(dead_code)] // not every test binary asks for it

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use kubectl_sched::config::KubeVersion;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Case;

/// The answers of one release of kube-scheduler.
pub(crate) struct Minor {
    /// The folder: `v1.37`. The cases in the corpus's own folder are v1.34.1's.
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
    /// Cases that have no answer in this minor.
    left_out: BTreeSet<String>,
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
}

/// What a minor answers differently, case by case: JSON merge patches.
pub(crate) struct Answers(BTreeMap<String, Value>);

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// v1.34.1, and every minor that has a folder.
pub(crate) fn minors() -> Vec<Minor> {
    let folder = folder();
    let mut minors = vec![Minor::base(&folder)];
    for name in names(&folder) {
        if folder.join(&name).join("manifest.json").exists() {
            minors.push(Minor::read(&folder, name));
        }
    }
    minors
}

impl Minor {
    fn base(folder: &Path) -> Self {
        let areas = names(folder)
            .into_iter()
            .filter_map(|file| {
                let area = file.strip_suffix(".jsonl.gz")?.to_owned();
                Some((area, Area { cases: folder.join(&file), delta: None, left_out: BTreeSet::new() }))
            })
            .collect();
        Self { name: KubeVersion::REFERENCE.to_string(), version: KubeVersion::REFERENCE, areas }
    }

    fn read(folder: &Path, name: String) -> Self {
        let folder = folder.join(&name);
        let manifest: Manifest = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let areas = manifest
            .areas
            .into_iter()
            .map(|(area, entry)| {
                let cases = entry.file.or(entry.base).expect("the manifest names the file of each area");
                let area_of = Area {
                    // `../x` of a folder that is there: made plain, so that minors that share a file name it alike.
                    cases: folder.join(cases).canonicalize().unwrap(),
                    delta: entry.delta.map(|delta| folder.join(delta)),
                    left_out: entry.left_out.into_keys().collect(),
                };
                (area, area_of)
            })
            .collect();
        Self { name, version: manifest.k8s.parse().unwrap(), areas }
    }
}

impl Area {
    pub(crate) fn has(&self, case: &Case) -> bool {
        !self.left_out.contains(&case.name)
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

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().expect("names are plain")).collect();
    names.sort();
    names
}
