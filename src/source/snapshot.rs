//! Snapshots: everything that a later question can need, in one compressed file.
//!
//! A gzip-compressed `v1` List, as kubectl prints it: its first item is a [`Record`] of how it
//! came about, an empty List stands for each kind of which there is nothing, and the objects
//! follow, pruned. They are held compressed until the last one was read, as the record and the
//! new names of a redacted one are known only then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{Problem, SourceError};
use super::files::read_into;
use super::live::{self, Connection, LiveError};
use super::redact::{Kept, Names};
use super::scan::TypeMeta;
use super::walk::Sink;
use super::Input;
use super::prune::prune;
use crate::cluster::object::skip;
use crate::cluster::{Kind, Timestamp};

const API_VERSION: &str = "kubectl-sched/v1";
const KIND: &str = "Snapshot";

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
    /// Kinds that could not be listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_listed: Vec<NotListed>,
    /// The `KubeSchedulerConfiguration` that goes with the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduler_config: Option<Value>,
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
    /// Whether an object is one.
    pub(super) fn is(object: TypeMeta<'_>) -> bool {
        (object.api_version, object.kind) == (API_VERSION, KIND)
    }
}

/// A state on its way into a snapshot.
pub struct Snapshot {
    record: Record,
    objects: GzEncoder<Vec<u8>>,
    count: BTreeMap<Kind, usize>,
    listed: BTreeSet<Kind>,
    /// Collected only for redaction.
    names: Option<Names>,
    passed_over: usize,
    found: bool,
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
            objects: GzEncoder::new(Vec::new(), Compression::fast()),
            count: BTreeMap::new(),
            listed: BTreeSet::new(),
            names: redact.then(Names::default),
            passed_over: 0,
            found: false,
        }
    }

    /// Takes in what `input` has; what an earlier snapshot says of itself is carried on.
    ///
    /// # Errors
    /// As [`super::files::read`], but for values of the wrong shape: these are kept as they are.
    pub fn read_files(&mut self, input: &Input) -> Result<(), SourceError> {
        read_into(input, self)?;
        if self.found { Ok(()) } else { Err(SourceError::whole(input, Problem::NoObject)) }
    }

    /// Takes in what a cluster has, as of `now`. Lists only the kinds that the state knows: no
    /// Secrets, no ConfigMaps.
    ///
    /// # Errors
    /// As [`live::read`].
    pub fn read_cluster(&mut self, connection: &Connection, now: Timestamp) -> Result<(), LiveError> {
        let report = live::visit(connection, Kind::ALL, |kind, json| {
            self.add(kind, kind.api_version(), serde_json::from_slice(json)?)
        })?;
        self.record.kube_version = report.version;
        self.record.read_at = Some(now.to_string());
        self.listed.extend(report.listed);
        let not_listed = |(kind, why): (Kind, String)| NotListed { kind: kind.as_str().to_owned(), why };
        self.record.not_listed = report.forbidden.into_iter().map(not_listed).collect();
        Ok(())
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

    /// Takes in one object, pruned.
    fn add(&mut self, kind: Kind, api_version: &str, mut object: Value) -> serde_json::Result<()> {
        if let Value::Object(fields) = &mut object {
            fields.insert("apiVersion".to_owned(), json!(api_version));
            fields.insert("kind".to_owned(), json!(kind.as_str()));
        }
        prune(kind, &mut object);
        let place = Kind::ALL.iter().position(|other| *other == kind).unwrap_or_default();
        write!(self.objects, "{place}\t").map_err(serde_json::Error::io)?;
        serde_json::to_writer(&mut self.objects, &object)?;
        self.objects.write_all(b"\n").map_err(serde_json::Error::io)?;
        *self.count.entry(kind).or_default() += 1;
        if let Some(names) = &mut self.names {
            names.collect(kind, &mut object);
        }
        Ok(())
    }

    /// Writes everything to `out`.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(mut self, out: impl Write) -> io::Result<Written> {
        let mut redaction = self.names.take().map(|mut names| {
            if let Some(config) = &self.record.scheduler_config {
                names.collect_config(&mut config.clone());
            }
            names.into_redaction()
        });
        if let Some(redaction) = &mut redaction {
            self.record.redacted = true;
            // The server's reason names the user.
            self.record.not_listed.iter_mut().for_each(|kind| "forbidden".clone_into(&mut kind.why));
            if let Some(config) = &mut self.record.scheduler_config {
                redaction.redact_config(config);
            }
        }
        let mut out = GzEncoder::new(out, Compression::default());
        out.write_all(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n")?;
        serde_json::to_writer(&mut out, &self.record)?;
        for kind in self.listed.iter().filter(|kind| !self.count.contains_key(kind)) {
            let list = format!("{}List", kind.as_str());
            write!(out, ",\n{}", json!({ "apiVersion": kind.api_version(), "kind": list, "items": [] }))?;
        }
        let objects = self.objects.finish()?;
        for line in BufReader::new(GzDecoder::new(objects.as_slice())).lines() {
            let line = line?;
            let (place, object) = line.split_once('\t').unwrap_or_default();
            out.write_all(b",\n")?;
            let kind = place.parse::<usize>().ok().and_then(|place| Kind::ALL.get(place));
            match (&mut redaction, kind) {
                (Some(redaction), Some(kind)) => {
                    let mut object = serde_json::from_str(object)?;
                    redaction.redact(*kind, &mut object);
                    serde_json::to_writer(&mut out, &object)?;
                }
                _ => out.write_all(object.as_bytes())?,
            }
        }
        out.write_all(b"\n]}\n")?;
        out.finish()?.flush()?;
        Ok(Written {
            count: self.count,
            passed_over: self.passed_over,
            originals: redaction.as_ref().map(|redaction| redaction.originals().clone()).unwrap_or_default(),
            kept: redaction.map(|redaction| redaction.kept().clone()).unwrap_or_default(),
        })
    }
}

impl Sink for Snapshot {
    fn object(&mut self, object: TypeMeta<'_>, json: &[u8]) -> serde_json::Result<usize> {
        let bytes = skip(json)?;
        let text = json.get(..bytes).unwrap_or_default();
        self.found |= !object.kind.is_empty();
        if let Some(kind) = Kind::of(object.api_version, object.kind) {
            let api_version = if object.api_version.is_empty() { kind.api_version() } else { object.api_version };
            self.add(kind, api_version, serde_json::from_slice(text)?)?;
        } else if Record::is(object) {
            let record: Record = serde_json::from_slice(text)?;
            self.record = Record { tool_version: self.record.tool_version.clone(), ..record };
        } else {
            self.passed_over += 1;
        }
        Ok(bytes)
    }

    fn list(&mut self, item: Option<TypeMeta<'_>>) {
        self.found = true;
        self.listed.extend(item.and_then(|item| Kind::of(item.api_version, item.kind)));
    }
}
