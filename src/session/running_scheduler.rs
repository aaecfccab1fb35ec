//! The kube-scheduler that runs as a pod of the cluster: its own word on version and feature
//! gates stands above the API server's version and below the flags.

use crate::config::{Behaviour, KubeVersion};
use crate::decode::scheduler_process::SchedulerProcess;
use crate::framework::NotEvaluated;

use super::Log;

/// What is not known where the scheduler reads its configuration from a file of its own.
pub const NO_CONFIGURATION: &str = "KubeSchedulerConfiguration";

/// The version that its image names.
pub fn version(process: &SchedulerProcess) -> Option<KubeVersion> {
    process.version.parse().ok()
}

/// Says what was found, and that its configuration is out of reach unless one was `named`.
pub fn tell(process: &SchedulerProcess, named: bool, log: Log<'_>, notes: &mut Vec<NotEvaluated>) {
    let version = if process.version.is_empty() { "of unknown version" } else { &process.version };
    let gates = match process.feature_gates.as_str() {
        "" => String::new(),
        gates => format!(" with --feature-gates={gates}"),
    };
    log(&format!("kube-scheduler {version} runs as a pod{gates}"));
    if let Some(file) = process.config.as_ref().filter(|_| !named) {
        let file = if file.is_empty() { String::new() } else { format!(" {file}") };
        notes.push(NotEvaluated::new(
            NO_CONFIGURATION,
            format!("kube-scheduler reads its configuration from the file{file} on its own machine"),
            "the default configuration was used instead; pass the file with --scheduler-config",
        ));
    }
}

/// Those of its feature gates that `version` takes; the others are noted.
pub(super) fn known_gates(process: &SchedulerProcess, version: KubeVersion, notes: &mut Vec<NotEvaluated>) -> String {
    let mut open: Vec<&str> = process.feature_gates.split(',').filter(|gate| !gate.is_empty()).collect();
    let accepts = |gates: &str| Behaviour::with_feature_gates(version, gates);
    let mut known = String::new();
    // A gate may need another one that stands behind it.
    loop {
        let before = open.len();
        open.retain(|gate| {
            let with = if known.is_empty() { (*gate).to_owned() } else { format!("{known},{gate}") };
            let accepted = accepts(&with).is_ok();
            if accepted {
                known = with;
            }
            !accepted
        });
        if open.len() == before {
            break;
        }
    }
    for gate in open {
        let with = if known.is_empty() { gate.to_owned() } else { format!("{known},{gate}") };
        let Err(error) = accepts(&with) else { continue };
        notes.push(NotEvaluated::new(
            format!("--feature-gates={gate}"),
            format!("kube-scheduler runs with it, but {version} accepts no such value: {error}"),
            "the default of that version was used",
        ));
    }
    known
}
