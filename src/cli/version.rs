//! `kubectl sched version`.

use clap::Args;
use serde::Serialize;

use crate::config::KubeVersion;
use crate::error::{Error, Result};
use crate::report::{Format, json};

use super::Status;
use super::output::OutputFlags;

/// Print the version, and the Kubernetes versions whose scheduler it reproduces
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # The version
  kubectl sched version

  # For a script
  kubectl sched version -o json

  # Just the number
  kubectl sched version -o name")]
pub(crate) struct VersionArgs {
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    client_version: &'static str,
    oldest_kube_version: String,
    newest_kube_version: String,
}

pub(super) fn run(arguments: &VersionArgs) -> Result<Status> {
    let minor = |minor| KubeVersion { minor, patch: None }.to_string();
    let version = Version {
        client_version: concat!("v", env!("CARGO_PKG_VERSION")),
        oldest_kube_version: minor(KubeVersion::OLDEST_MINOR),
        newest_kube_version: minor(KubeVersion::NEWEST_MINOR),
    };
    let text = match arguments.output.output {
        Format::Json => json::pretty(&version).map_err(Error::from_error)?,
        Format::Yaml => json::yaml(&version).map_err(Error::from_error)?,
        Format::Name => format!("{}\n", version.client_version),
        Format::Table | Format::Wide => format!(
            "Client Version: {}\nReproduces kube-scheduler: {} to {}\n",
            version.client_version, version.oldest_kube_version, version.newest_kube_version
        ),
    };
    arguments.output.print(&text)?;
    Ok(Status::Answered)
}
