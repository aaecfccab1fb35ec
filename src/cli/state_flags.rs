//! What was asked for: where the state comes from, and whose scheduler is reproduced.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::cli::error::{Error, Result};
use crate::config::KubeVersion;
use crate::source::{ConfigSource, Input};

use super::config_source;

/// Where the state comes from, and whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster state options")]
pub(crate) struct StateFlags {
    /// Read the state from a file or directory (- is standard input), not from a cluster
    #[arg(long, value_name = "FILE|DIR|-")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scheduler: SchedulerFlags,
    /// Call the extenders of --scheduler-config; they receive the pod and its candidate nodes
    #[arg(long, hide_short_help = true)]
    pub(crate) call_extenders: bool,
}

/// Whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster state options")]
pub(crate) struct SchedulerFlags {
    /// The scheduler configuration: a file or configmap/NAMESPACE/NAME[/KEY]
    #[arg(long, value_name = "FILE", value_parser = config_source::parser(), value_hint = ValueHint::FilePath)]
    pub(crate) scheduler_config: Option<ConfigSource>,
    /// The scheduler version, such as v1.34 [default: the cluster's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<KubeVersion>,
    /// The scheduler's feature gates: A=true,B=false [default: those of its pod]
    #[arg(long, value_name = "GATES", hide_short_help = true)]
    pub(crate) feature_gates: Option<String>,
}

impl StateFlags {
    /// The same, of a scheduler with the configuration of `file`.
    ///
    /// # Errors
    /// Another one is named already.
    pub(crate) fn configured(&self, file: &Path) -> Result<Self> {
        if self.scheduler.scheduler_config.is_some() {
            return Err(Error::new("--strategy config=FILE and --scheduler-config both name a configuration")
                .hint("use only one of them"));
        }
        let scheduler_config = Some(ConfigSource::Input(Input::from(file.to_path_buf())));
        Ok(Self { scheduler: SchedulerFlags { scheduler_config, ..self.scheduler.clone() }, ..self.clone() })
    }
}
