//! Cluster state from files: Lists, streams of objects, dumps, directory trees, standard input.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use super::config_map::{ConfigMap, ConfigMapName};
use super::documents;
use super::error::{Fault, InputProblem, SourceError, escaped};
use super::packed::{Contents, ObjectSink};
use super::progress::FileProgress;
use super::scan::TypeMeta;
use super::snapshot::Record;
use super::tree::tree;
use super::walk::{Decoder, Sink};
use super::window::CAPACITY;
use super::{Input, open};
use crate::api::ObjectKey;
use crate::decode::event::Event;
use crate::decode::object::skip;
use crate::decode::pod::PodObject;
use crate::decode::{Kind, Object};
use crate::did_you_mean;
use crate::state::raw::RawObject;
use crate::state::{ClusterBuilder, PodHashes};

/// So many types are counted by name.
const TYPES: usize = 1000;
const OTHERS: &str = "other types";
/// At most so many duplicates are named.
const NAMED: usize = 10;

/// What was read, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Objects that the state keeps, those that a later one replaced included.
    pub objects: usize,
    /// Objects that the state has no use for: how many by `apiVersion/Kind`, and under the empty
    /// text those without a kind.
    pub passed_over: BTreeMap<String, usize>,
    /// `Kind namespace/name` of objects that came more than once; the first few.
    pub duplicates: Vec<String>,
    /// How many times an object replaced an earlier one.
    pub duplicate_count: usize,
    /// Files that were read.
    pub files: usize,
    /// Files of a directory tree that are neither JSON nor YAML by their name, or empty.
    pub files_passed_over: usize,
    /// Files of a directory tree that could not be read, each with the reason.
    pub files_skipped: Vec<String>,
    /// What the API server says in a `Status`.
    status: Option<String>,
    /// What a snapshot of this tool says of itself.
    pub snapshot: Option<Record>,
    /// The ConfigMap that was asked for.
    pub config_map: Option<ConfigMap>,
    /// Whether there was any List or any object with a kind.
    found: bool,
}

/// Reads everything in `input` into `builder`.
///
/// # Errors
/// One line that names the file, the document and the line: an input that does not exist or is
/// empty, binary data, broken JSON or YAML, a value of the wrong shape, or no Kubernetes object at
/// all. What was read before it stays in `builder`.
pub fn read(input: &Input, builder: &mut ClusterBuilder) -> Result<ReadReport, SourceError> {
    read_with(input, builder, Aside::default())
}

/// What is asked of a reading beside the state.
#[derive(Clone, Default)]
pub struct Aside<'a> {
    /// A ConfigMap to look out for.
    pub config_map: Option<&'a ConfigMapName>,
    /// Who hears how far each file was read.
    pub progress: Option<Arc<dyn FileProgress>>,
}

/// The same, and what is asked `aside`.
///
/// # Errors
/// As [`read`].
pub fn read_with(input: &Input, builder: &mut ClusterBuilder, aside: Aside<'_>) -> Result<ReadReport, SourceError> {
    let mut sink = State { builder, aside, report: ReadReport::default() };
    let files = read_into(input, &mut sink)?;
    sink.report.files = files.read;
    sink.report.files_passed_over = files.passed_over;
    sink.report.files_skipped = files.skipped;
    if sink.report.objects == 0
        && let Some(status) = sink.report.status.take()
    {
        return Err(SourceError::whole(input, InputProblem::Status(status)));
    }
    if sink.report.found { Ok(sink.report) } else { Err(SourceError::whole(input, InputProblem::NoObject)) }
}

/// How many files were read, and how many not.
#[derive(Clone, Debug, Default)]
pub(super) struct FileCount {
    read: usize,
    passed_over: usize,
    skipped: Vec<String>,
}

/// Gives every object of a file, a directory tree or standard input to `sink`.
pub(super) fn read_into(input: &Input, sink: &mut impl Sink) -> Result<FileCount, SourceError> {
    match input {
        Input::File(path) if path.is_dir() => read_tree(path, sink),
        input if read_one(input, sink)? == 0 => Err(SourceError::whole(input, InputProblem::Empty)),
        _ => Ok(FileCount { read: 1, ..FileCount::default() }),
    }
}

fn read_tree(root: &Path, sink: &mut impl Sink) -> Result<FileCount, SourceError> {
    let input = |path: &Path| Input::File(path.to_owned());
    let tree = tree(root).map_err(|(path, error)| SourceError::whole(&input(&path), error))?;
    if tree.files.is_empty() {
        return Err(SourceError::whole(&input(root), InputProblem::NoFile));
    }
    let mut count = FileCount { passed_over: tree.passed_over, ..FileCount::default() };
    let mut first = None;
    for path in &tree.files {
        // An empty file says nothing, as a tool leaves it that found nothing to write.
        match read_one(&input(path), sink) {
            Ok(0) => count.passed_over += 1,
            Ok(_) => count.read += 1,
            // A state that was cut off is not taken for whole; what is no state at all is left out.
            Err(error) if error.problem.leaves_half() => return Err(error),
            Err(error) => {
                count.skipped.push(error.to_string());
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) if count.read == 0 => Err(error),
        _ => Ok(count),
    }
}

/// Reads one file or standard input; answers how many documents it has.
pub(super) fn read_one(input: &Input, sink: &mut impl Sink) -> Result<usize, SourceError> {
    let source = open(input, sink.progress()).map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        SourceError::whole(input, if missing { InputProblem::NotFound { near: near(input) } } else { error.into() })
    })?;
    documents::read(source, CAPACITY, sink).map_err(|(document, fault)| SourceError::at(input, document, fault))
}

fn open(input: &Input, progress: Option<Arc<dyn FileProgress>>) -> io::Result<Box<dyn Read>> {
    match input {
        Input::File(path) => open::file(path, progress),
        Input::Stdin => open::stdin(),
        Input::Memory { bytes, .. } => open::memory(bytes.clone()),
    }
}

/// What a path that does not exist was probably meant to be: a file beside it.
fn near(input: &Input) -> Option<String> {
    let Input::File(path) = input else { return None };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let beside = std::fs::read_dir(directory.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<String> =
        beside.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).take(MOST_NEIGHBOURS).collect();
    let near = did_you_mean::near(path.file_name()?.to_str()?, names.iter().map(String::as_str));
    let near = near.first().map(|near| directory.map_or_else(|| near.into(), |directory| directory.join(near)))?;
    Some(format!("did you mean {}?", near.display()))
}

/// Files beside a missing one that are looked at.
const MOST_NEIGHBOURS: usize = 10_000;

/// Puts objects into the state.
struct State<'a> {
    builder: &'a mut ClusterBuilder,
    aside: Aside<'a>,
    report: ReadReport,
}

/// Reads objects for the state.
struct StateDecoder {
    wanted: Option<ConfigMapName>,
    keeps_raw: bool,
}

/// What an object turned out to be.
enum FoundObject {
    /// One that the state keeps, and the text to be kept of it.
    Object(Object, Option<RawObject>),
    Event(Event),
    /// What a snapshot says of itself.
    Record(Box<Record>),
    /// One that the state has no use for; empty without a kind.
    PassedOver {
        type_name: String,
        more: PassedOver,
    },
}

/// What is looked at in an object that the state has no use for.
enum PassedOver {
    Nothing,
    /// The one that was asked for.
    ConfigMap(ConfigMap),
    /// The message of a `Status`.
    Status(String),
}

impl Decoder for StateDecoder {
    type Found = FoundObject;

    fn decode(&self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(FoundObject, usize)> {
        let kind = Kind::of(object.api_version, object.kind).map(|kind| kind.of_kept(json)).transpose()?.flatten();
        if let Some(kind) = kind {
            let (object, bytes) = Object::decode(kind, json)?;
            let text = json.get(..bytes).filter(|_| self.keeps_raw);
            let raw = text.and_then(|text| RawObject::of(kind, text));
            return Ok((FoundObject::Object(object, raw), bytes));
        }
        if Event::is_kind(object.api_version, object.kind) {
            let (event, bytes) = Event::decode(json)?;
            let passed_over = || FoundObject::PassedOver { type_name: type_name(object), more: PassedOver::Nothing };
            return Ok((event.map_or_else(passed_over, FoundObject::Event), bytes));
        }
        let bytes = skip(json)?;
        let text = json.get(..bytes).unwrap_or_default();
        if Record::is(object) {
            return Ok((FoundObject::Record(serde_json::from_slice(text)?), bytes));
        }
        let wanted = self.wanted.as_ref().filter(|_| ConfigMap::is_kind(object));
        let more = match wanted.and_then(|wanted| ConfigMap::read(text, wanted)) {
            Some(map) => PassedOver::ConfigMap(map),
            None if object.kind == "Status" => PassedOver::Status(message(text)),
            None => PassedOver::Nothing,
        };
        Ok((FoundObject::PassedOver { type_name: type_name(object), more }, bytes))
    }
}

impl State<'_> {
    fn add(&mut self, object: Object, raw: Option<RawObject>) {
        let (kind, key) = object.identity();
        let is_again = self.builder.add_raw(object, raw);
        self.added(kind, key, is_again);
    }

    /// Counts an object that was added.
    fn added(&mut self, kind: Kind, key: ObjectKey, is_again: bool) {
        self.report.objects += 1;
        self.report.found = true;
        if is_again {
            self.report.duplicate_count += 1;
            if self.report.duplicates.len() < NAMED {
                let name = if kind.is_namespaced() { key.to_string() } else { key.name.to_string() };
                self.report.duplicates.push(escaped(&format!("{} {name}", kind.as_str())));
            }
        }
    }
}

impl Sink for State<'_> {
    type Decoder = StateDecoder;

    fn decoder(&self) -> StateDecoder {
        StateDecoder { wanted: self.aside.config_map.cloned(), keeps_raw: self.builder.keeps_raw() }
    }

    fn progress(&self) -> Option<Arc<dyn FileProgress>> {
        self.aside.progress.clone()
    }

    fn take(&mut self, found: FoundObject) {
        let has_kind = match found {
            FoundObject::Object(object, raw) => {
                self.add(object, raw);
                true
            }
            FoundObject::Event(event) => {
                self.builder.add_event(event);
                true
            }
            FoundObject::Record(record) => {
                self.report.snapshot = Some(*record);
                false
            }
            FoundObject::PassedOver { type_name, more } => {
                match more {
                    PassedOver::Nothing => {}
                    PassedOver::ConfigMap(map) => self.report.config_map = Some(map),
                    PassedOver::Status(message) => self.report.status = Some(message),
                }
                let has_kind = !type_name.is_empty();
                let is_new = !self.report.passed_over.contains_key(&type_name);
                let counted =
                    if is_new && self.report.passed_over.len() >= TYPES { OTHERS.to_owned() } else { type_name };
                *self.report.passed_over.entry(counted).or_default() += 1;
                has_kind
            }
        };
        self.report.found |= has_kind;
    }

    fn packed(&mut self, contents: &Contents<'_>) -> Result<(), Fault> {
        // Extenders are sent the text.
        if self.builder.keeps_raw() { contents.each(self) } else { contents.each_decoded(self) }
    }

    fn list(&mut self, item: Option<TypeMeta<'_>>) {
        self.report.found = true;
        if let Some(kind) = item.and_then(|item| Kind::of(item.api_version, item.kind)) {
            self.builder.saw(kind);
        }
    }
}

impl ObjectSink for State<'_> {
    fn share(&mut self, pod: &mut PodObject, hashes: PodHashes) {
        self.builder.share_hashed(pod, hashes);
    }

    fn pod(&mut self, pod: PodObject) {
        let key = pod.own.key;
        let is_again = self.builder.add_sharing(pod);
        self.added(Kind::Pod, key, is_again);
    }

    fn object(&mut self, object: Object) {
        self.add(object, None);
    }
}

/// The message of a `Status`.
fn message(json: &[u8]) -> String {
    let status: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    status.get("message").and_then(serde_json::Value::as_str).unwrap_or("no message").to_owned()
}

/// `apiVersion/Kind`; nothing for an object without a kind.
pub(super) fn type_name(object: TypeMeta<'_>) -> String {
    match (object.api_version, object.kind) {
        (_, "") => String::new(),
        ("", kind) => escaped(kind),
        (api_version, kind) => escaped(&format!("{api_version}/{kind}")),
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
