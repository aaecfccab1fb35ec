//! Manifests as `kubectl apply -f` takes them, and single files of configuration.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Input;
use super::documents;
use super::error::{InputProblem, SourceError};
use super::files::{read_one, type_name};
use super::json_path;
use super::scan::TypeMeta;
use super::walk::Sink;
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
            ManifestError { message, source }
        })
    }
}

/// A manifest whose object is not of its kind's shape.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ManifestError {
    /// At which path, and what is wrong there.
    message: String,
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

impl Sink for Manifests {
    fn object(&mut self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<usize> {
        let bytes = skip(json)?;
        match Kind::of(object.api_version, object.kind).map(|kind| kind.of_kept(json)).transpose()?.flatten() {
            Some(kind) => {
                let json = json.get(..bytes).unwrap_or_default().to_vec();
                self.objects.push(Manifest { kind, json });
            }
            None => *self.passed_over.entry(type_name(object)).or_default() += 1,
        }
        Ok(bytes)
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

impl Sink for Values {
    fn object(&mut self, _object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<usize> {
        let bytes = skip(json)?;
        self.0.push(serde_json::from_slice(json.get(..bytes).unwrap_or_default())?);
        Ok(bytes)
    }

    fn list(&mut self, _item: Option<TypeMeta<'_>>) {}
}

fn refuse_directory(input: &Input) -> Result<(), SourceError> {
    match input {
        Input::File(path) if path.is_dir() => Err(SourceError::whole(input, InputProblem::IsDirectory)),
        _ => Ok(()),
    }
}
