//! Version, feature gates and configuration of the scheduler that is reproduced: what was asked for, else what the
//! input says.

use crate::config::{Behaviour, FeatureGateError, KubeVersion};
use crate::decode::scheduler_process::SchedulerProcess;
use crate::framework::NotEvaluated;

use super::{Log, running_scheduler};

/// What is not known where nothing tells whose scheduler it is.
pub const NO_VERSION: &str = "kube-scheduler's version";

/// What was asked for, whatever the input says.
#[derive(Clone, Debug, Default)]
pub struct SchedulerSettings {
    /// The version.
    pub kube_version: Option<KubeVersion>,
    /// Feature gates, `A=true,B=false`.
    pub feature_gates: Option<String>,
}

impl SchedulerSettings {
    /// The behaviour that was asked for, else that of the kube-scheduler that `runs` as a pod, else
    /// that of the version `found`, else that of the newest version known.
    ///
    /// # Errors
    /// A feature gate that kube-scheduler would not start with.
    pub fn behaviour(
        &self,
        found: Option<&str>,
        runs: Option<&SchedulerProcess>,
        log: Log<'_>,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Behaviour, FeatureGateError> {
        let of_image = runs.and_then(running_scheduler::version);
        let found = of_image.or_else(|| found.and_then(|found| found.parse().ok()));
        let version = match self.kube_version.or(found) {
            Some(version) if version.is_supported() => version,
            Some(version) => nearest(version, log, notes),
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
    }

    /// The feature gates of the kube-scheduler that `runs`, as far as `version` takes them, and those that were named.
    pub fn gates(
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
}

/// The nearest version whose behaviour is known.
fn nearest(version: KubeVersion, log: Log<'_>, notes: &mut Vec<NotEvaluated>) -> KubeVersion {
    let nearest = version.nearest();
    log(&format!("version {version} is not supported; answering as {nearest}, the nearest supported version"));
    notes.push(NotEvaluated::new(
        format!("kube-scheduler {version}"),
        "this version is not supported",
        format!("the answer is that of {nearest}, the nearest supported version"),
    ));
    nearest
}
