//! What was asked for: where the state comes from, and whose scheduler is reproduced.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, ValueHint};

use crate::api::Timestamp;
use crate::cli::error::{Error, Result};
use crate::config::KubeVersion;
use crate::source::{ConfigMapName, ConfigSource, Input};

use super::config_source;

/// Where the state comes from, and whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster state options")]
pub(crate) struct StateFlags {
    /// Read the state from a file or directory (- is standard input), not from a cluster
    #[arg(long, value_name = "FILE|DIR|-")]
    pub(crate) snapshot: Option<PathBuf>,
    /// What was read of it already.
    #[arg(skip)]
    pub(crate) given: Option<Input>,
    /// The moment of the question, for ages and time-outs (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time, hide_short_help = true)]
    pub(crate) at: Option<Timestamp>,
    /// The Cluster Autoscaler's status ConfigMap [default: kube-system/cluster-autoscaler-status]
    #[arg(long, value_name = "NAMESPACE/NAME", hide_short_help = true)]
    pub(crate) autoscaler_status: Option<ConfigMapName>,
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

fn parse_time(text: &str) -> std::result::Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "a time is written as in RFC 3339, such as 2026-01-31T12:00:00Z")
}

impl StateFlags {
    /// The moment of the question.
    pub(crate) fn now(&self) -> Timestamp {
        self.at.unwrap_or_else(|| Timestamp::from(SystemTime::now()))
    }

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
