//! `kubectl sched snapshot`.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::cli::error::{Error, Result};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::Kind;
use crate::report::format::pretty;
use crate::report::text::{count, list};
use crate::source::redact::Kept;
use crate::source::snapshot::{Snapshot, Written};
use crate::source::{Compression, ConfigSource, Input};

use super::help::TEMPLATE;
use super::kube_flags::KubeFlags;
use super::progress::{FileReading, ProgressLine};
use super::reading::in_words;
use super::snapshot_page::Page;
use super::whole_file::replace;
use super::{Status, config_source, output};

/// Save the state that scheduling depends on to one file, optionally redacted
///
/// The other commands read the file with --snapshot and give the same answers as for the cluster.
/// It is a List of all nodes, pods, volumes and so on, of all namespaces, with only
/// the fields that scheduling reads: no commands, no environment, and only four annotations of
/// volumes. It includes the events about pods that have not started and about other objects.
/// The name of the file decides its form: .ksnap (or any other ending) is the form of this tool,
/// which is small and read many times faster than JSON; .json, .json.gz and .json.zst are JSON,
/// plain or compressed, and so is standard output (gzip). --to-json turns any of them into plain
/// JSON. What was there before stays until the new file is complete.
/// Secrets are never read, and no ConfigMap except the one named by --scheduler-config. Only
/// extenders that are called (--call-extenders) receive less than from a cluster.
///
/// --redact replaces all names: those of objects, of containers and volumes in pods, label values,
/// images, tags and digests, host addresses, volume ids, and label keys, taint keys, resources and
/// drivers that do not belong to a well-known domain. Events are removed. Equal
/// names stay equal, and their order stays the same, so the answers are the same except for the
/// names.
///
/// Redaction does not hide the number of objects and their relations; quantities, ports, times,
/// priorities and uids; scheduler names and versions; label keys, taints, resources and drivers of
/// well-known domains, and plain keys such as app or tier; values such as amd64, linux, true and
/// numbers of a few digits; the namespaces default and kube-*; and, for devices, drivers,
/// attributes, capacities and CEL expressions, which refer to one another.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, help_template = TEMPLATE, override_usage = "kubectl sched snapshot [-f FILE] [OPTIONS]")]
pub(crate) struct SnapshotArgs {
    /// The file to write [default: standard output]
    #[arg(short = 'f', long, value_name = "FILE|-")]
    output_file: Option<PathBuf>,
    /// Write one file to open in a browser: the page, its engine and the state; it asks for nothing
    #[arg(long, value_name = "FILE", conflicts_with = "output_file", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// The page for --html [default: kubectl-sched.html beside the program]
    #[arg(long, value_name = "FILE", requires = "html", value_hint = ValueHint::FilePath)]
    page: Option<PathBuf>,
    /// Replace names, label values, images and so on
    #[arg(long)]
    redact: bool,
    /// Write the mapping of the names to FILE; keep it private
    #[arg(long, value_name = "FILE", requires = "redact")]
    redact_map: Option<PathBuf>,
    /// Write the state of FILE, a snapshot in any form, as plain JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["snapshot", "html"], value_hint = ValueHint::FilePath)]
    to_json: Option<PathBuf>,
    /// Read the state from a file, a directory or - (standard input) instead of a cluster
    #[arg(long, value_name = "FILE|DIR|-", help_heading = "Cluster state options")]
    snapshot: Option<PathBuf>,
    /// The cluster's KubeSchedulerConfiguration, to go into the snapshot: a file, or
    /// configmap/NAMESPACE/NAME[/KEY] of the cluster
    #[arg(long, value_name = "FILE", help_heading = "Cluster state options")]
    #[arg(value_parser = config_source::parser(), value_hint = ValueHint::FilePath)]
    scheduler_config: Option<ConfigSource>,
    #[command(flatten)]
    kube: KubeFlags,
}

const EXAMPLES: &str = "\
Examples:
  # Save the state of the current cluster, to ask questions later
  kubectl sched snapshot -f cluster.ksnap

  # For sharing: names replaced, and the scheduler's configuration included
  kubectl sched snapshot --redact --scheduler-config scheduler.yaml -f cluster.ksnap

  # Redact an existing dump, and keep the mapping of the names
  kubectl sched snapshot --snapshot examples/clusters/mixed.yaml \\
      --redact --redact-map names.json -f redacted.ksnap

  # One file to open in a browser: nodes as a map, why pods are pending, what if
  kubectl sched snapshot --html cluster.html

  # Look inside a snapshot
  kubectl sched snapshot --to-json cluster.ksnap | jq '.items[0]'";

pub(super) fn run(arguments: &SnapshotArgs) -> Result<Status> {
    let target = arguments.output_file.as_deref().filter(|file| file.as_os_str() != "-");
    let page = match &arguments.html {
        Some(file) if file.as_os_str() == "-" => return Err(Error::new("--html requires the name of a file")),
        Some(file) => Some((file.as_path(), Page::read(arguments.page.as_deref())?)),
        None => None,
    };
    let form = match target {
        _ if arguments.to_json.is_some() => Compression::Plain,
        Some(file) => Compression::of(file),
        None => Compression::Gzip,
    };
    if target.is_none() && page.is_none() && form != Compression::Plain && io::stdout().is_terminal() {
        return Err(Error::new("a snapshot is compressed and standard output is a terminal")
            .hint("name a file with -f, or redirect the output"));
    }
    let mut snapshot = Snapshot::new(arguments.redact).reporting_to(FileReading::on_terminal());
    let named = arguments.scheduler_config.as_ref();
    if let Some(name) = config_source::config_map(named) {
        snapshot.want(name);
    }
    let (origin, connection) = if let Some(path) = arguments.snapshot.as_ref().or(arguments.to_json.as_ref()) {
        let input = Input::from(path.clone());
        snapshot.read_files(&input).map_err(Error::from_error)?;
        (input.to_string(), None)
    } else {
        let connection = arguments.kube.connection()?;
        let progress = ProgressLine::new();
        snapshot.read_cluster(&connection, &mut |seen| progress.show(|| in_words(seen))).map_err(Error::from)?;
        (String::new(), Some(connection))
    };
    if let Some(source) = named {
        let (config, named) = config_source::read(source, |name| match &connection {
            Some(connection) => config_source::from_cluster(connection, name),
            None => config_source::from_files(snapshot.config_map(), name, &origin, snapshot.has_scheduler_config()),
        })?;
        SchedulerConfig::parse(&config, &Behaviour::new(KubeVersion::NEWEST))
            .map_err(|error| Error::new(format!("{named}: {error}")))?;
        snapshot.scheduler_config(config);
    }
    let written = match (&page, target) {
        (Some((file, page)), _) => {
            replace(file, |out| page.write(out, file, |out| snapshot.write(out, Compression::Own)))
                .map_err(|error| cannot_write(file, &error))?
        }
        (None, Some(file)) => {
            replace(file, |out| snapshot.write(out, form)).map_err(|error| cannot_write(file, &error))?
        }
        (None, None) => match snapshot.write(BufWriter::new(io::stdout().lock()), form) {
            // A reader that has gone away is no error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Status::Answered),
            written => written.map_err(|error| Error::new(format!("cannot write to standard output: {error}")))?,
        },
    };
    if let Some(file) = &arguments.redact_map {
        let map = pretty(&written.originals).map_err(Error::from_error)?;
        replace(file, |out| out.write_all(map.as_bytes())).map_err(|error| cannot_write(file, &error))?;
    }
    tell(&written, arguments.html.as_deref().or(target), arguments.redact);
    Ok(Status::Answered)
}

pub(super) fn cannot_write(file: &Path, error: &io::Error) -> Error {
    Error::new(format!("cannot write {}: {error}", file.display()))
}

/// What was written, and what of it may still tell something.
pub(super) fn tell(written: &Written, target: Option<&Path>, redacted: bool) {
    let of = |kind| written.count.get(&kind).copied().unwrap_or_default();
    let all: usize = written.count.values().sum();
    let (nodes, pods) = (of(Kind::Node), of(Kind::Pod));
    let objects = [count(nodes, "node"), count(pods, "pod"), count(all - nodes - pods, "other object")];
    let target = target.map_or_else(|| "standard output".to_owned(), |file| file.display().to_string());
    let redacted = if redacted { ", redacted" } else { "" };
    output::say(&format!("wrote {} to {target}{redacted}", list(&objects, objects.len())));
    for warning in warnings(&written.kept) {
        output::say(&format!("Warning: {warning}"));
    }
}

/// A sentence for each thing that redaction left as it was.
fn warnings(kept: &Kept) -> Vec<String> {
    const NAMED: usize = 5;
    let some = |texts: &BTreeSet<String>| list(&texts.iter().collect::<Vec<_>>(), NAMED);
    let mut warnings = Vec::new();
    if !kept.expressions.is_empty() {
        warnings.push(format!("not redacted: the CEL expressions of {}", some(&kept.expressions)));
    }
    if kept.slices > 0 {
        let slices = count(kept.slices, "ResourceSlice");
        warnings.push(format!("not redacted: drivers, attributes and capacities of the devices of {slices}"));
    }
    if !kept.invalid.is_empty() {
        let texts = some(&kept.invalid);
        warnings.push(format!("not redacted: label keys and values that break Kubernetes' rules: {texts}"));
    }
    if !kept.ambiguous.is_empty() {
        let claims = some(&kept.ambiguous);
        warnings.push(format!("answers may differ: volumes of several pods would use the same claim {claims}"));
    }
    warnings
}
