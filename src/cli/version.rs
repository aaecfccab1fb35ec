//! `kubectl sched version`.

use clap::Args;
use serde::Serialize;

use crate::cli::error::Result;
use crate::config::KubeVersion;
use crate::report::style::Label;
use crate::report::{Data, Look, Part, Report, Screen};

use super::Status;
use super::help::TEMPLATE;
use super::output::{self, OutputFlags};

/// Print the version, and the Kubernetes versions whose scheduler it reproduces
#[derive(Debug, Args)]
#[command(mut_arg("output", |output| output::of(output, Part::WITHOUT_PAGE)))]
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

/// The version of the tool.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionObject {
    client_version: &'static str,
    /// The Kubernetes versions whose scheduler is reproduced.
    kube_versions: VersionRange,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VersionRange {
    oldest: String,
    newest: String,
}

pub(super) fn run(arguments: &VersionArgs) -> Result<Status> {
    let minor = |minor| KubeVersion { minor, patch: None }.to_string();
    let version = VersionObject {
        client_version: concat!("v", env!("CARGO_PKG_VERSION")),
        kube_versions: VersionRange {
            oldest: minor(KubeVersion::OLDEST_MINOR),
            newest: minor(KubeVersion::NEWEST_MINOR),
        },
    };
    arguments.output.print(&version)?;
    Ok(Status::Answered)
}

impl Report for VersionObject {
    fn data(&self) -> Box<dyn Data + '_> {
        Box::new(self)
    }

    fn screen(&self, look: Look) -> Screen {
        let mut screen = Screen::new(look);
        screen.line(&[(Label::Plain, &format!("Client Version: {}", self.client_version))]);
        let VersionRange { oldest, newest } = &self.kube_versions;
        screen.line(&[(Label::Plain, &format!("Reproduces kube-scheduler: {oldest} to {newest}"))]);
        screen
    }

    fn names(&self) -> Option<Vec<String>> {
        Some(vec![self.client_version.to_owned()])
    }
}
