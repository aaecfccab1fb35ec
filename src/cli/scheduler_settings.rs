//! Version, feature gates and configuration of the scheduler that is reproduced: what the flags say, else what the
//! input says.

use serde_json::Value;

use crate::cli::error::{Error, Result};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::scheduler_process::SchedulerProcess;
use crate::framework::NotEvaluated;
use crate::source::{ConfigMap, ConfigMapName};

use super::output::OutputFlags;
use super::state_flags::SchedulerFlags;
use super::{config_source, running_scheduler};

/// What is not known where nothing tells whose scheduler it is.
pub(super) const NO_VERSION: &str = "kube-scheduler's version";

impl SchedulerFlags {
    /// The behaviour that was asked for, else that of the kube-scheduler that `runs` as a pod, else
    /// that of the version `found`, else that of the newest version known.
    ///
    /// # Errors
    /// A feature gate that kube-scheduler would not start with.
    pub(crate) fn behaviour(
        &self,
        found: Option<&str>,
        runs: Option<&SchedulerProcess>,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Behaviour> {
        let of_image = runs.and_then(running_scheduler::version);
        let found = of_image.or_else(|| found.and_then(|found| found.parse().ok()));
        let version = match self.kube_version.or(found) {
            Some(version) if version.is_supported() => version,
            Some(version) => nearest(version, output, notes),
            None => {
                notes.push(NotEvaluated::new(
                    NO_VERSION,
                    "no node or snapshot tells it, and --kube-version does not name one",
                    format!("the answer is that of {}, the newest supported version", KubeVersion::NEWEST),
                ));
                KubeVersion::NEWEST
            }
        };
        let gates = self.gates(runs, version, notes);
        Behaviour::with_feature_gates(version, &gates)
            .map_err(|error| Error::new(format!("invalid argument for --feature-gates: {error}")))
    }

    /// The feature gates of the kube-scheduler that `runs`, as far as `version` takes them, and those that were named.
    pub(crate) fn gates(
        &self,
        runs: Option<&SchedulerProcess>,
        version: KubeVersion,
        notes: &mut Vec<NotEvaluated>,
    ) -> String {
        // Another version than the one that runs has other gates.
        let runs = runs.filter(|_| self.kube_version.is_none());
        let mut gates = runs.map(|runs| running_scheduler::known_gates(runs, version, notes)).unwrap_or_default();
        // The last word on a gate counts.
        for more in self.feature_gates.iter().filter(|more| !more.is_empty()) {
            gates = if gates.is_empty() { more.clone() } else { format!("{gates},{more}") };
        }
        gates
    }

    /// The configuration that was named, and what to call it; a ConfigMap comes from `cluster`.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn named_config(
        &self,
        cluster: impl FnOnce(&ConfigMapName) -> Result<ConfigMap>,
    ) -> Result<Option<(Value, String)>> {
        self.scheduler_config.as_ref().map(|source| config_source::read(source, cluster)).transpose()
    }
}

pub(super) fn parsed(config: &Value, name: &str, behaviour: &Behaviour) -> Result<SchedulerConfig> {
    SchedulerConfig::parse(config, behaviour).map_err(|error| Error::new(format!("{name}: {error}")))
}

/// The nearest version whose behaviour is known.
fn nearest(version: KubeVersion, output: &OutputFlags, notes: &mut Vec<NotEvaluated>) -> KubeVersion {
    let nearest = version.nearest();
    output.log(&format!("version {version} is not supported; answering as {nearest}, the nearest supported version"));
    notes.push(NotEvaluated::new(
        format!("kube-scheduler {version}"),
        "this version is not supported",
        format!("the answer is that of {nearest}, the nearest supported version"),
    ));
    nearest
}
