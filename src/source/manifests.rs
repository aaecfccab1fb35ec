//! Manifests as `kubectl apply -f` takes them, and single files of configuration.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Input;
use super::api_fields::{self, FieldProblem, KnownKind};
use super::documents;
use super::error::{InputProblem, SourceError, escaped};
use super::files::{read_one, type_name};
use super::json_path;
use super::scan::TypeMeta;
use super::walk::{Decoder, Sink};
use super::window::CAPACITY;

use crate::decode::object::skip;
use crate::decode::{Kind, Object};

/// One object of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What it is.
    pub kind: Kind,
    /// Its JSON text.
    pub json: Vec<u8>,
}

impl Manifest {
    /// The object.
    ///
    /// # Errors
    /// What is wrong with it, and at which path: `spec.containers[0].resources.requests.cpu: …`.
    pub fn decode(&self) -> Result<Object, ManifestError> {
        let decoded = Object::decode(self.kind, &self.json);
        decoded.map(|(object, _)| object).map_err(|source| {
            let message = json_path::located(&self.json, &source);
            ManifestError { message, path: json_path::path_of(&self.json, &source), source }
        })
    }
}

/// A manifest whose object is not of its kind's shape.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ManifestError {
    /// At which path, and what is wrong there.
    message: String,
    /// The path alone: `spec.containers[0].image`.
    pub path: String,
    /// The same without the path.
    source: serde_json::Error,
}

/// The objects of a manifest, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// Objects of the kinds that the state knows.
    pub objects: Vec<Manifest>,
    /// How many others there are, by `apiVersion/Kind`; under the empty text those without a kind.
    pub passed_over: BTreeMap<String, usize>,
    /// What the API server would object to, in its order.
    pub problems: Vec<ManifestProblem>,
}

/// What the API server would object to in a manifest that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestProblem {
    /// `Deployment web`; empty where there is no name for it.
    pub object: String,
    /// What is wrong, and what was probably meant.
    pub message: String,
}

impl fmt::Display for ManifestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.object.as_str() {
            "" => f.write_str(&self.message),
            object => write!(f, "{object}: {}", self.message),
        }
    }
}

/// Reads a manifest: JSON or YAML, one or more documents, Lists taken apart.
///
/// # Errors
/// As [`super::files::read`]; a directory is one.
pub fn read_manifests(input: &Input) -> Result<Manifests, SourceError> {
    let mut manifests = Manifests::default();
    refuse_directory(input)?;
    match read_one(input, &mut manifests)? {
        0 => Err(SourceError::whole(input, InputProblem::Empty)),
        _ => Ok(manifests),
    }
}

/// One object of a manifest as it was found.
pub(super) struct FoundManifest {
    /// The object, or the type of one that the state has no use for.
    manifest: Result<Manifest, String>,
    problems: Vec<ManifestProblem>,
}

impl FoundManifest {
    /// Notes what the API server would object to in an object of this type; answers whether a field is written twice.
    fn check(problems: &mut Vec<ManifestProblem>, object: TypeMeta<'_>, json: &[u8]) -> bool {
        let TypeMeta { api_version, kind } = object;
        let shape: Shape = serde_json::from_slice(json).unwrap_or_default();
        let metadata = shape.metadata.unwrap_or_default();
        let name = metadata.name.or(metadata.generate_name).unwrap_or_default();
        let named = escaped(format!("{kind} {name}").trim());
        let mut add = |object: &str, message: &str| {
            problems.push(ManifestProblem { object: object.to_owned(), message: escaped(message) });
        };
        let has_template = shape.spec.and_then(|spec| spec.template).and_then(|template| template.spec).is_some();
        match (kind, api_fields::kind(api_version, kind)) {
            // Upstream's words: cli-runtime resource/mapper.go, apimachinery runtime/error.go.
            ("", _) => add(&named, "object 'Kind' is missing: it was left out"),
            (_, KnownKind::Yes) => {
                let found = api_fields::check(api_version, kind, json);
                for problem in &found {
                    add(&named, &problem.to_string());
                }
                return found.iter().any(|problem| matches!(problem, FieldProblem::Duplicate { .. }));
            }
            (_, KnownKind::No { .. }) if api_version.is_empty() => add(&named, "apiVersion not set"),
            (_, KnownKind::No { instead }) => {
                let instead = instead.map_or_else(String::new, |instead| format!("; {instead}"));
                add(&named, &format!("no matches for kind \"{kind}\" in version \"{api_version}\"{instead}"));
            }
            (_, KnownKind::OtherGroup) if api_version.starts_with("kustomize.config.k8s.io/") => {
                add("", "a Kustomization is not read with -f: use -k and its directory");
            }
            (_, KnownKind::OtherGroup) if Kind::of(api_version, kind).is_none() && has_template => {
                let message = format!(
                    "pods of the kind {kind} ({api_version}) are not evaluated: how it creates them is not known"
                );
                add(&named, &message);
            }
            (_, KnownKind::OtherGroup) => {}
        }
        false
    }
}

/// What is read of any object to say which one it is.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    metadata: Option<MetadataShape>,
    spec: Option<SpecShape>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct MetadataShape {
    name: Option<String>,
    generate_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SpecShape {
    template: Option<TemplateShape>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TemplateShape {
    spec: Option<IgnoredAny>,
}

/// Reads manifests.
pub(super) struct ManifestDecoder;

impl Decoder for ManifestDecoder {
    type Found = FoundManifest;

    fn decode(&self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(FoundManifest, usize)> {
        let bytes = skip(json)?;
        let json = json.get(..bytes).unwrap_or_default();
        let mut problems = Vec::new();
        // Of a field that is written twice the last counts, as with kubectl.
        let json = if FoundManifest::check(&mut problems, object, json) {
            serde_json::to_vec(&serde_json::from_slice::<Value>(json)?)?
        } else {
            json.to_vec()
        };
        let kind = Kind::of(object.api_version, object.kind).map(|kind| kind.of_kept(&json)).transpose()?.flatten();
        let manifest = kind.map(|kind| Manifest { kind, json }).ok_or_else(|| type_name(object));
        Ok((FoundManifest { manifest, problems }, bytes))
    }
}

impl Sink for Manifests {
    const TAKES_DUPLICATE_KEYS: bool = true;

    type Decoder = ManifestDecoder;

    fn decoder(&self) -> ManifestDecoder {
        ManifestDecoder
    }

    fn take(&mut self, found: FoundManifest) {
        self.problems.extend(found.problems);
        match found.manifest {
            Ok(manifest) => self.objects.push(manifest),
            Err(type_name) => *self.passed_over.entry(type_name).or_default() += 1,
        }
    }

    fn list(&mut self, _item: Option<TypeMeta<'_>>) {}
}

/// Reads the one JSON or YAML document that a configuration file is.
///
/// # Errors
/// As [`super::files::read`]; a directory and a second document are, too.
pub fn read_value(input: &Input) -> Result<Value, SourceError> {
    let mut values = Values::default();
    refuse_directory(input)?;
    read_one(input, &mut values)?;
    match (values.0.pop(), values.0.len()) {
        (None, _) => Err(SourceError::whole(input, InputProblem::Empty)),
        (Some(value), 0) => Ok(value),
        (Some(_), others) => Err(SourceError::whole(input, InputProblem::NotOne(others + 1))),
    }
}

/// The same of a text that is at hand.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn parse_value(text: &str) -> Result<Value, String> {
    let mut values = Values::default();
    documents::read(text.as_bytes(), CAPACITY, &mut values)
        .map_err(|(_, fault)| format!("line {}: {}", fault.line, fault.problem))?;
    match (values.0.pop(), values.0.len()) {
        (Some(value), 0) => Ok(value),
        (None, _) => Err("is empty".to_owned()),
        (Some(_), others) => Err(InputProblem::NotOne(others + 1).to_string()),
    }
}

/// Whole objects.
#[derive(Default)]
struct Values(Vec<Value>);

/// Reads whole objects.
struct ValueDecoder;

impl Decoder for ValueDecoder {
    type Found = Value;

    fn decode(&self, _object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(Value, usize)> {
        let bytes = skip(json)?;
        Ok((serde_json::from_slice(json.get(..bytes).unwrap_or_default())?, bytes))
    }
}

impl Sink for Values {
    type Decoder = ValueDecoder;

    fn decoder(&self) -> ValueDecoder {
        ValueDecoder
    }

    fn take(&mut self, value: Value) {
        self.0.push(value);
    }

    fn list(&mut self, _item: Option<TypeMeta<'_>>) {}
}

fn refuse_directory(input: &Input) -> Result<(), SourceError> {
    match input {
        Input::File(path) if path.is_dir() => Err(SourceError::whole(input, InputProblem::IsDirectory)),
        _ => Ok(()),
    }
}
