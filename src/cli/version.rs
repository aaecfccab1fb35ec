//! `kubectl sched version`.

use clap::Args;
use serde::Serialize;

use crate::config::KubeVersion;
use crate::error::{Error, Result};
use crate::report::{Format, json};

use super::output::{self, OutputFlags};
use super::{Status, TEMPLATE};

/// Print the version, and the Kubernetes versions whose scheduler it reproduces
#[derive(Debug, Args)]
#[command(mut_arg("output", output::without_html))]
#[command(help_template = TEMPLATE, after_help = "\
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
struct VersionObject {
    client_version: &'static str,
    /// The Kubernetes versions whose scheduler is reproduced.
    kube_versions: Range,
}

#[derive(Serialize)]
struct Range {
    oldest: String,
    newest: String,
}

pub(super) fn run(arguments: &VersionArgs) -> Result<Status> {
    let minor = |minor| KubeVersion { minor, patch: None }.to_string();
    let version = VersionObject {
        client_version: concat!("v", env!("CARGO_PKG_VERSION")),
        kube_versions: Range { oldest: minor(KubeVersion::OLDEST_MINOR), newest: minor(KubeVersion::NEWEST_MINOR) },
    };
    let text = match arguments.output.output {
        Format::Json => json::pretty(&version).map_err(Error::from_error)?,
        Format::Yaml => json::yaml(&version).map_err(Error::from_error)?,
        Format::Html => return Err(output::no_html()),
        Format::Name => format!("{}\n", version.client_version),
        Format::Table | Format::Wide => format!(
            "Client Version: {}\nReproduces kube-scheduler: {} to {}\n",
            version.client_version, version.kube_versions.oldest, version.kube_versions.newest
        ),
    };
    arguments.output.print(&text)?;
    Ok(Status::Answered)
}
