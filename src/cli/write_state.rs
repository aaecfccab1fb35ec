//! `--write-state FILE`: the state that a simulation leaves behind, as a snapshot to go on from.
//!
//! Everything is read into a snapshot first, and the question is asked of that: a cluster that is read twice may have
//! changed in between. The file is written beside its place and renamed, so that a state that is read and written under
//! one name is never half a file.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::api::{Name, ObjectKey, Timestamp};
use crate::cli::error::{Error, Result};
use crate::report::text::count;
use crate::simulate::scenario::{Scenario, ScenarioRun};
use crate::source::snapshot::Snapshot;
use crate::source::state_file::Outcome;
use crate::source::{Compression, Input};
use crate::state::Cluster;

use super::common_flags::CommonFlags;
use super::config_source;
use super::manifests::Others;
use super::output;
use super::progress::ProgressLine;
use super::reading::in_words;
use super::snapshot::{cannot_write, tell};
use super::whole_file::replace;

/// A state that is written down when it has changed.
pub(super) struct StateWriter {
    target: PathBuf,
    /// What was read, as a snapshot.
    input: Input,
    /// The state of it.
    before: Cluster,
}

impl StateWriter {
    /// Reads everything, the objects of manifests with it. Answers with the flags by which the question is asked of what
    /// was read.
    ///
    /// # Errors
    /// It cannot be read, or there is no such place to write to.
    pub(super) fn open(target: &Path, common: &CommonFlags, others: &Others) -> Result<(Self, CommonFlags)> {
        if target.as_os_str() == "-" || target.file_name().is_none() {
            return Err(Error::new("--write-state requires the name of a file"));
        }
        if common.state.call_extenders {
            return Err(Error::new("--write-state cannot be used with --call-extenders")
                .hint("a snapshot has less of an object than extenders are sent"));
        }
        let mut snapshot = Snapshot::new(false);
        let named = common.state.scheduler.scheduler_config.as_ref();
        if let Some(name) = config_source::config_map(named) {
            snapshot.want(name);
        }
        let origin = if let Some(path) = &common.state.snapshot {
            let input = Input::from(path.clone());
            snapshot.read_files(&input).map_err(Error::from_error)?;
            input.to_string()
        } else {
            let connection = common.kube.connection()?;
            let progress = ProgressLine::new();
            snapshot.read_cluster(&connection, &mut |seen| progress.show(|| in_words(seen))).map_err(Error::from)?;
            "the cluster".to_owned()
        };
        others.each(|kind, json| snapshot.add(kind, json)).map_err(Error::from_error)?;
        let mut common = common.clone();
        common.kube.namespace = common.kube.namespace.or_else(|| snapshot.namespace().map(str::to_owned));
        let mut bytes = Vec::new();
        snapshot
            .write(&mut bytes, Compression::Own)
            .map_err(|error| Error::new(format!("cannot read {origin}: {error}")))?;
        let input = Input::memory(origin, bytes);
        common.state.given = Some(input.clone());
        Ok((Self { target: target.to_path_buf(), input, before: Cluster::default() }, common))
    }

    /// The state that the question begins with.
    pub(super) fn begins(&mut self, cluster: &Cluster) {
        self.before = cluster.clone();
    }

    /// Nodes that node groups or pools added have devices of their own, which are not written.
    fn warn_of_slices(&self, after: &Cluster) {
        let known: FxHashSet<Name> = self.before.devices.slices().iter().map(|slice| slice.name).collect();
        let new = after.devices.slices().iter().filter(|slice| !known.contains(&slice.name)).count();
        if new > 0 {
            output::say(&format!(
                "Warning: {} of new nodes not written: pods that claim devices cannot use these nodes in a question of this file",
                count(new, "ResourceSlice")
            ));
        }
    }

    /// Writes the state as it became.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(self, after: &Cluster, scenario: &Scenario, run: &ScenarioRun, now: Timestamp) -> Result<()> {
        let mut snapshot = Snapshot::new(false);
        snapshot.read_files(&self.input).map_err(Error::from_error)?;
        let not_started: FxHashSet<ObjectKey> = run.cannot_start.iter().map(|attach| attach.pod).collect();
        let outcome = Outcome {
            before: &self.before,
            after,
            now,
            not_started: &not_started,
            unready: &run.unready.iter().copied().collect(),
            steps: scenario.steps.iter().map(|step| step.said.clone()).collect(),
        };
        let written = snapshot
            .advance(outcome)
            .and_then(|()| replace(&self.target, |out| snapshot.write(out, Compression::of(&self.target))))
            .map_err(|error| cannot_write(&self.target, &error))?;
        tell(&written, Some(&self.target), false);
        self.warn_of_slices(after);
        Ok(())
    }
}
