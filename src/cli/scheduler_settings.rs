//! Version, feature gates and configuration of the scheduler that is reproduced, as the flags say them.

use serde_json::Value;

use crate::cli::error::{Error, Result};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::decode::scheduler_process::SchedulerProcess;
use crate::framework::NotEvaluated;
use crate::session::scheduler_settings::SchedulerSettings;
use crate::source::{ConfigMap, ConfigMapName};

use super::config_source;
use super::output::OutputFlags;
use super::state_flags::SchedulerFlags;

impl SchedulerFlags {
    /// The same for any program.
    fn settings(&self) -> SchedulerSettings {
        SchedulerSettings { kube_version: self.kube_version, feature_gates: self.feature_gates.clone() }
    }

    /// See [`SchedulerSettings::behaviour`].
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
        self.settings()
            .behaviour(found, runs, &mut |text| output.log(text), notes)
            .map_err(|error| Error::new(format!("invalid argument for --feature-gates: {error}")))
    }

    /// See [`SchedulerSettings::gates`].
    pub(crate) fn gates(
        &self,
        runs: Option<&SchedulerProcess>,
        version: KubeVersion,
        notes: &mut Vec<NotEvaluated>,
    ) -> String {
        self.settings().gates(runs, version, notes)
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
