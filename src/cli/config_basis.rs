//! Whose configuration `kubectl sched config` shows, and what of that is assumed.

use crate::config::KubeVersion;

use super::scheduler_facts::SchedulerFacts;
use super::state_flags::SchedulerFlags;
use crate::session::running_scheduler;

/// A sentence on the version, one on the feature gates, one on the configuration.
pub(super) fn lines(flags: &SchedulerFlags, facts: &SchedulerFacts, version: KubeVersion, gates: &str) -> Vec<String> {
    let process = facts.process.as_ref().filter(|_| flags.kube_version.is_none());
    let mut lines = vec![match (&flags.kube_version, process.and_then(running_scheduler::version), &facts.origin) {
        (Some(version), ..) => format!("version: {version} is assumed, as --kube-version says"),
        (None, Some(version), _) => format!("version: {version}, of the image of kube-scheduler's pod"),
        (None, None, None) => {
            let why = facts.not_asked.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("defaults of {version}, no cluster asked{why}")
        }
        (None, None, Some(origin)) => match &facts.version {
            Some(found) if origin == "the cluster" => {
                format!("version: {found}, of the API server; kube-scheduler is assumed to have the same")
            }
            Some(found) => format!("version: {found}, as {origin} has it"),
            None => format!("defaults of {version}: {origin} names no version"),
        },
    }];
    match (process, &facts.origin) {
        (Some(_), _) if gates.is_empty() => lines.push("feature gates: kube-scheduler's pod sets none".to_owned()),
        (Some(_), _) => lines.push(format!("feature gates: {gates}, of kube-scheduler's pod and --feature-gates")),
        (None, origin) => {
            if !gates.is_empty() {
                lines.push(format!("feature gates: {gates} is assumed, as --feature-gates says"));
            }
            if let Some(origin) = origin {
                lines.push(format!(
                    "feature gates: {}defaults are assumed, as {origin} shows no pod of kube-scheduler (managed control \
                     planes hide it)",
                    if gates.is_empty() { "" } else { "for all others the " }
                ));
            }
        }
    }
    if let Some((_, name)) = &facts.config {
        lines.push(format!("configuration: {name}"));
    }
    lines
}
