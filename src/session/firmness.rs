//! How firm a verdict is where the scheduler itself is not fully known: its version, or the configuration that it reads
//! from a file of its own.
//!
//! Only what can turn the verdict makes it less firm. A scheduler that says the same as this program has settled it; a
//! version that is not known matters where versions differ on this very pod; a configuration may add and remove any
//! filter.

use crate::api::Timestamp;
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::explain::scheduler_messages::Comparison;
use crate::framework::NotEvaluated;
use crate::report::Answer;
use crate::scheduler::Scheduler;
use crate::state::PodId;

use super::running_scheduler::NO_CONFIGURATION;
use super::scheduler_settings::NO_VERSION;
use super::state::State;

/// Judges the notes of `answer` on the scheduler itself, whose pod the state has as the cycle saw it.
pub(super) fn judge(state: &State, pod: PodId, answer: &mut Answer, now: Timestamp) {
    let said = answer.cluster_messages.words.as_ref();
    let is_confirmed = said.is_some_and(|said| said.comparison == Comparison::Same);
    if is_confirmed || answer.placement.current.is_some() {
        return;
    }
    let fits = answer.placement.schedulable;
    let is_default = !answer.placement.not_evaluated.iter().any(|item| item.what == NO_CONFIGURATION);
    for item in &mut answer.placement.not_evaluated {
        if item.what == NO_CONFIGURATION {
            item.decides = true;
        } else if item.what == NO_VERSION && is_default {
            judge_version(state, pod, fits, now, item);
        }
    }
}

/// Whether any other version would turn the verdict, by asking each.
fn judge_version(state: &State, pod: PodId, fits: bool, now: Timestamp, note: &mut NotEvaluated) {
    if *state.scheduler.config() != SchedulerConfig::default_for(state.scheduler.behaviour()) {
        return;
    }
    let used = state.scheduler.behaviour().version;
    let others = (KubeVersion::OLDEST_MINOR..=KubeVersion::NEWEST_MINOR).filter(|minor| *minor != used.minor);
    let differing: Vec<KubeVersion> = others
        .map(|minor| KubeVersion { minor, patch: None })
        .filter(|version| {
            let Ok(behaviour) = Behaviour::with_feature_gates(*version, "") else { return false };
            let scheduler = Scheduler::new(SchedulerConfig::default_for(&behaviour), behaviour);
            scheduler.schedule(&state.cluster, pod, now).schedulable != fits
        })
        .collect();
    if let (Some(first), Some(last)) = (differing.first(), differing.last()) {
        let versions = if first == last { first.to_string() } else { format!("{first} to {last}") };
        note.decides = true;
        note.effect =
            format!("{}; by {versions} the pod {}", note.effect, if fits { "would not fit" } else { "would fit" });
    }
}
