//! Snapshots: everything that a later question can need, in one compressed file.
//!
//! It has a [`Record`] of how it came about, the kinds of which there is nothing, and the objects, pruned;
//! [`super::form`] writes them. They are held compressed ([`super::pack`]) until the last one was read, as the
//! record and the new names of a redacted one are known only then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Input;
use super::compress::Compression;
use super::config_map::{ConfigMap, ConfigMapName};
use super::error::{InputProblem, SourceError};
use super::files::read_into;
use super::form::Out;
use super::pack::{Pack, Packer, PrunedFacts, PrunedObject};
use super::progress::FileProgress;
use super::redact::{Kept, Names, Redaction};
use super::scan::TypeMeta;
use super::walk::{Decoder, Sink};
use crate::decode::Kind;
use crate::decode::autoscaling::process::AutoscalerProcess;
use crate::decode::event::Event;
use crate::decode::fields;
use crate::decode::object::skip;
use crate::decode::prune;
use crate::decode::scheduler_process::SchedulerProcess;

const API_VERSION: &str = "kubectl-sched/v1";
const KIND: &str = "Snapshot";
/// The kind of what components report, which is no part of the state.
pub(super) const EVENT: &str = "Event";

/// What a snapshot says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// `kubectl-sched/v1`.
    pub api_version: String,
    /// `Snapshot`.
    pub kind: String,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The API server's version, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_version: Option<String>,
    /// When the state was read, RFC 3339; none where it came from files that do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// Whether names were replaced.
    pub redacted: bool,
    /// The kube-scheduler that ran as a pod of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<SchedulerProcess>,
    /// The Cluster Autoscaler that ran as a pod of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autoscaler: Option<AutoscalerProcess>,
    /// Kinds that could not be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_listed: Vec<NotListed>,
    /// The `KubeSchedulerConfiguration` that goes with the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_config: Option<Value>,
    /// What was done to the state in simulations since it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub simulated: Vec<String>,
}

/// A kind that could not be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotListed {
    /// The kind.
    pub kind: String,
    /// The API server's reason.
    pub why: String,
}

impl Record {
    /// What type it has.
    pub(super) const TYPE: TypeMeta<'static> = TypeMeta { api_version: API_VERSION, kind: KIND };

    /// Whether an object is one.
    pub(super) fn is(object: TypeMeta<'_>) -> bool {
        (object.api_version, object.kind) == (API_VERSION, KIND)
    }
}

/// A state on its way into a snapshot.
pub struct Snapshot {
    pub(super) record: Record,
    pub(super) packs: Vec<Pack>,
    /// What is being read from files.
    pub(super) packer: Packer,
    pub(super) events: Vec<Value>,
    /// The ConfigMap to look out for, and it.
    wanted: Option<ConfigMapName>,
    config_map: Option<ConfigMap>,
    pub(super) listed: BTreeSet<Kind>,
    redact: bool,
    passed_over: usize,
    found: bool,
    /// The namespace of objects that are named without one, of a cluster.
    pub(super) namespace: Option<String>,
    /// Who hears how far each file was read.
    progress: Option<Arc<dyn FileProgress>>,
    /// What went wrong while objects were packed.
    failed: Option<io::Error>,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many objects of each kind.
    pub count: BTreeMap<Kind, usize>,
    /// Objects of kinds that scheduling does not read.
    pub passed_over: usize,
    /// Of a redacted snapshot: every new name, and the one it replaced.
    pub originals: BTreeMap<String, String>,
    /// Of a redacted snapshot: what stays though it may tell something.
    pub kept: Kept,
}

impl Snapshot {
    /// Nothing yet. `redact` asks for names that tell nothing.
    pub fn new(redact: bool) -> Self {
        Self {
            record: Record {
                api_version: API_VERSION.to_owned(),
                kind: KIND.to_owned(),
                tool_version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Record::default()
            },
            packs: Vec::new(),
            packer: Packer::default(),
            events: Vec::new(),
            wanted: None,
            config_map: None,
            listed: BTreeSet::new(),
            redact,
            passed_over: 0,
            found: false,
            namespace: None,
            progress: None,
            failed: None,
        }
    }

    /// Asks for a ConfigMap to be looked out for in files.
    pub fn want(&mut self, config_map: &ConfigMapName) {
        self.wanted = Some(config_map.clone());
    }

    /// Lets `progress` hear how far each file was read.
    #[must_use]
    pub fn reporting_to(mut self, progress: Arc<dyn FileProgress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// The ConfigMap that was asked for, if it came by.
    pub fn config_map(&self) -> Option<&ConfigMap> {
        self.config_map.as_ref()
    }

    /// The namespace of objects that are named without one, if a cluster was read.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether there is a configuration already, that of an earlier snapshot.
    pub fn has_scheduler_config(&self) -> bool {
        self.record.scheduler_config.is_some()
    }

    /// Takes in what `input` has; what an earlier snapshot says of itself is carried on.
    ///
    /// # Errors
    /// As [`super::files::read`], but for values of the wrong shape: these are kept as they are.
    pub fn read_files(&mut self, input: &Input) -> Result<(), SourceError> {
        read_into(input, self)?;
        if self.found { Ok(()) } else { Err(SourceError::whole(input, InputProblem::NoObject)) }
    }

    /// Takes in an object of a manifest.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn add(&mut self, kind: Kind, json: &[u8]) -> serde_json::Result<()> {
        self.packer.add(kind, &kind.api_version(), json)
    }

    /// Takes in the configuration of the cluster's scheduler. Keys in it are left out.
    pub fn scheduler_config(&mut self, mut config: Value) {
        let extenders = config.get_mut("extenders").and_then(Value::as_array_mut);
        for extender in extenders.into_iter().flatten() {
            if let Some(Value::Object(tls)) = extender.get_mut("tlsConfig") {
                tls.remove("keyData");
            }
        }
        self.record.scheduler_config = Some(config);
    }

    /// Writes everything to `out`, packed as `compression` says.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(mut self, out: impl Write, compression: Compression) -> io::Result<Written> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let mut seen = PrunedFacts::default();
        let mut count = BTreeMap::new();
        // What was packed as it was read is written as it is.
        let mut out = if compression == Compression::Own && self.packs.is_empty() && !self.redact {
            let Packer { packed, count: packed_count, seen: packed_seen } = self.packer;
            (count, seen) = (packed_count, packed_seen);
            Out::own(packed, out)
        } else {
            self.packs.push(self.packer.finish()?);
            Out::new(out, compression)
        };
        for pack in &mut self.packs {
            seen.merge(std::mem::take(&mut pack.seen));
        }
        // An earlier snapshot knew more: it still saw the commands.
        self.record.scheduler = self.record.scheduler.take().or(seen.scheduler.take());
        self.record.autoscaler = self.record.autoscaler.take().or(seen.autoscaler.take());
        let redaction = if self.redact { Some(redaction(&self.packs, &mut self.record)?) } else { None };
        out.record(&self.record)?;
        let of = self.packs.iter().map(|pack| pack.count).sum();
        let mut writer = Writer { out, redaction, count, written: 0, of, progress: self.progress };
        for pack in &self.packs {
            pack.each(|kind, object| writer.object(kind, object))?;
        }
        for kind in self.listed.iter().filter(|kind| !writer.count.contains_key(kind)) {
            writer.out.empty(*kind)?;
        }
        if writer.redaction.is_none() {
            for event in self.events.iter().filter(|event| is_wanted(event, &seen.waiting)) {
                writer.out.value(event.clone())?;
            }
        }
        writer.out.finish()?;
        let (originals, kept) = writer.redaction.map(Redaction::into_parts).unwrap_or_default();
        Ok(Written { count: writer.count, passed_over: self.passed_over, originals, kept })
    }
}

/// The event that `json` is, pruned; none if it is routine.
pub(super) fn event(api_version: &str, json: &[u8]) -> serde_json::Result<Option<Value>> {
    if Event::decode(json)?.0.is_none() {
        return Ok(None);
    }
    let mut event: Value = serde_json::from_slice(json)?;
    if let Value::Object(fields) = &mut event {
        fields.insert("apiVersion".to_owned(), json!(api_version));
        fields.insert("kind".to_owned(), json!(EVENT));
    }
    prune::keep(&fields::EVENT, &mut event);
    Ok(Some(event))
}

/// Whether an event is about one of `pods`, which have not started, or about something else than a pod.
fn is_wanted(event: &Value, pods: &BTreeSet<(String, String)>) -> bool {
    let Some(about) = event.get("involvedObject").or_else(|| event.get("regarding")) else { return false };
    let text = |of: &Value, field| of.get(field).and_then(Value::as_str).map(str::to_owned);
    if text(about, "kind").as_deref() != Some(Kind::Pod.as_str()) {
        return true;
    }
    let namespace = text(about, "namespace").or_else(|| text(event.get("metadata")?, "namespace"));
    let namespace = namespace.unwrap_or_else(|| "default".to_owned());
    pods.contains(&(namespace, text(about, "name").unwrap_or_default()))
}

/// New names for all that was read, and for the record.
fn redaction(packs: &[Pack], record: &mut Record) -> io::Result<Redaction> {
    let mut names = Names::default();
    for pack in packs {
        pack.each(|kind, object| {
            names.collect(kind, &mut serde_json::from_str(object)?);
            Ok(())
        })?;
    }
    if let Some(config) = &record.scheduler_config {
        names.collect_config(&mut config.clone());
    }
    let mut redaction = names.into_redaction();
    if let Some(config) = &mut record.scheduler_config {
        redaction.redact_config(config);
    }
    record.redacted = true;
    if let Some(config) = record.scheduler.as_mut().and_then(|scheduler| scheduler.config.as_mut()) {
        config.clear();
    }
    if let Some(autoscaler) = &mut record.autoscaler {
        autoscaler.redact();
    }
    // The server's reason names the user.
    record.not_listed.iter_mut().for_each(|kind| "forbidden".clone_into(&mut kind.why));
    Ok(redaction)
}

/// Somebody hears of so many objects at a time.
const PACE: usize = 1024;

/// Writes objects one by one.
struct Writer<W: Write> {
    out: Out<W>,
    redaction: Option<Redaction>,
    count: BTreeMap<Kind, usize>,
    written: usize,
    of: usize,
    progress: Option<Arc<dyn FileProgress>>,
}

impl<W: Write> Writer<W> {
    fn object(&mut self, kind: Kind, object: &str) -> io::Result<()> {
        *self.count.entry(kind).or_default() += 1;
        self.written += 1;
        if self.written.is_multiple_of(PACE)
            && let Some(progress) = &self.progress
        {
            progress.wrote(self.written, self.of);
        }
        match &mut self.redaction {
            Some(redaction) => {
                let mut object = serde_json::from_str(object)?;
                redaction.redact(kind, &mut object);
                self.out.value(object)
            }
            None => self.out.text(object),
        }
    }
}

/// Reads objects for a snapshot.
pub(super) struct SnapshotDecoder {
    wanted: Option<ConfigMapName>,
}

/// What an object turned out to be.
pub(super) enum FoundObject {
    Kept(PrunedObject),
    /// What an earlier snapshot says of itself.
    Record(Box<Record>),
    /// None for one that is not kept.
    Event(Option<Value>),
    /// One that scheduling does not read: whether it has a kind, and whether it is the ConfigMap that was asked for.
    PassedOver {
        has_kind: bool,
        config_map: Option<ConfigMap>,
    },
}

impl Decoder for SnapshotDecoder {
    type Found = FoundObject;

    fn decode(&self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<(FoundObject, usize)> {
        let bytes = skip(json)?;
        let text = json.get(..bytes).unwrap_or_default();
        let kind = Kind::of(object.api_version, object.kind).map(|kind| kind.of_kept(text)).transpose()?.flatten();
        let found = if let Some(kind) = kind {
            let api_version = if object.api_version.is_empty() { &kind.api_version() } else { object.api_version };
            FoundObject::Kept(PrunedObject::of(kind, api_version, text)?)
        } else if Record::is(object) {
            FoundObject::Record(serde_json::from_slice(text)?)
        } else if Event::is_kind(object.api_version, object.kind) {
            let api_version = if object.api_version.is_empty() { "v1" } else { object.api_version };
            FoundObject::Event(event(api_version, text)?)
        } else {
            let wanted = self.wanted.as_ref().filter(|_| ConfigMap::is_kind(object));
            let config_map = wanted.and_then(|wanted| ConfigMap::read(text, wanted));
            FoundObject::PassedOver { has_kind: !object.kind.is_empty(), config_map }
        };
        Ok((found, bytes))
    }
}

impl Sink for Snapshot {
    type Decoder = SnapshotDecoder;

    fn decoder(&self) -> SnapshotDecoder {
        SnapshotDecoder { wanted: self.wanted.clone() }
    }

    fn progress(&self) -> Option<Arc<dyn FileProgress>> {
        self.progress.clone()
    }

    fn take(&mut self, found: FoundObject) {
        self.found |= !matches!(found, FoundObject::PassedOver { has_kind: false, .. });
        match found {
            FoundObject::Kept(object) => {
                if let Err(error) = self.packer.push(object) {
                    self.failed.get_or_insert(error);
                }
            }
            FoundObject::Record(record) => {
                self.record = Record { tool_version: self.record.tool_version.clone(), ..*record };
            }
            FoundObject::Event(Some(event)) => self.events.push(event),
            FoundObject::Event(None) => self.passed_over += 1,
            FoundObject::PassedOver { config_map, .. } => {
                self.config_map = config_map.or(self.config_map.take());
                self.passed_over += 1;
            }
        }
    }

    fn list(&mut self, item: Option<TypeMeta<'_>>) {
        self.found = true;
        self.listed.extend(item.and_then(|item| Kind::of(item.api_version, item.kind)));
    }
}
