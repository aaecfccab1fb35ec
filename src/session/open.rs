//! Opens a state that lies in files or in memory, and keeps what is known of its scheduler.
//!
//! A live cluster is read by the command line alone, which then asks for no more than a question needs.

use serde_json::Value;

use crate::api::{ObjectKey, Timestamp};
use crate::config::{FeatureGateError, SchedulerConfig};
use crate::decode::Kind;
use crate::explain::scheduler_messages::MessageBasis;
use crate::framework::{NotEvaluated, Turns};
use crate::report::StateAge;
use crate::report::text::list;
use crate::required_kinds::RequiredKinds;
use crate::scheduler::Scheduler;
use crate::source::snapshot::{NotListed, Record};
use crate::source::{Input, SourceError, files};
use crate::state::{Cluster, ClusterBuilder};

use super::cluster_messages::events_not_listed;
use super::scheduler_settings::SchedulerSettings;
use super::{Age, Log, State, StateProvenance, required, running_scheduler};

/// Why a state cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A feature gate that kube-scheduler would not start with.
    #[error("{0}")]
    Gates(#[from] FeatureGateError),
    /// The configuration that it brings along is none.
    #[error("{0}: schedulerConfig: {1}")]
    Config(String, String),
}

/// A state, and what could not be listed of it.
pub struct Opened {
    /// The state. Its notes are those that any question has.
    pub state: State,
    missing: Vec<NotListed>,
    /// The objects, where something is missing: they show for whom.
    objects: Option<ClusterBuilder>,
    /// Who is asked when the state has changed.
    config: SchedulerConfig,
}

/// What a question is about, as far as it decides which kinds of objects it needs.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// One pod.
    Pod(ObjectKey),
    /// All pending pods.
    Pending,
    /// What becomes of many pods, new ones among them if any are made.
    Simulation {
        /// Whether steps make pods.
        new_pods: bool,
    },
}

/// Opens `input` at the moment `now`.
///
/// # Errors
/// It cannot be read, or kube-scheduler would not start with what was asked for or what the state brings along.
pub fn open(input: &Input, settings: &SchedulerSettings, now: Timestamp, log: Log<'_>) -> Result<Opened, OpenError> {
    let mut builder = ClusterBuilder::default();
    let report = files::read(input, &mut builder)?;
    let Record { kube_version, read_at, scheduler, autoscaler, not_listed, scheduler_config, .. } =
        report.snapshot.unwrap_or_default();
    let version = kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
    let mut notes = Vec::new();
    // The record knows more: a snapshot's pods have no commands.
    let runs = scheduler.or_else(|| builder.scheduler().cloned());
    let known = MessageBasis {
        configuration: scheduler_config.is_some() || runs.as_ref().is_some_and(|scheduler| scheduler.config.is_none()),
        version: settings.kube_version.is_some() || runs.as_ref().and_then(running_scheduler::version).is_some(),
    };
    if let Some(runs) = &runs {
        running_scheduler::tell(runs, known.configuration, log, &mut notes);
    }
    let behaviour = settings.behaviour(version.as_deref(), runs.as_ref(), log, &mut notes)?;
    let parsed = |value: &Value| {
        SchedulerConfig::parse(value, &behaviour)
            .map_err(|error| OpenError::Config(input.to_string(), error.to_string()))
    };
    let config = scheduler_config.as_ref().map_or_else(|| Ok(SchedulerConfig::default_for(&behaviour)), parsed)?;
    if let Some(autoscaler) = autoscaler {
        builder.set_autoscaler(autoscaler);
    }
    let gates = behaviour.request_gates();
    let objects = (!not_listed.is_empty()).then(|| builder.clone());
    let cluster = builder.build(gates);
    let basis = StateProvenance {
        origin: input.to_string(),
        as_of: read_at.as_ref().and_then(|time| time.parse().ok()),
        age: read_at.as_deref().and_then(|time| StateAge::recorded(time, now)).map(Age::Recorded),
        scheduler: known,
    };
    let state = State {
        cluster,
        scheduler: Scheduler::new(config.clone(), behaviour).not_asking_extenders(NOT_ASKED),
        gates,
        namespace: "default".to_owned(),
        notes,
        refused: Vec::new(),
        keeps_raw: false,
        #[cfg(feature = "live")]
        connection: None,
        basis,
    };
    Ok(Opened { state, missing: not_listed, objects, config })
}

const NOT_ASKED: &str = "extenders are asked only with --call-extenders";

impl Opened {
    /// What is missing for `question` in particular.
    pub fn notes(&self, question: Question) -> Vec<NotEvaluated> {
        let Some(objects) = &self.objects else { return Vec::new() };
        let required = required::of(question, objects, &self.config, self.state.scheduler.behaviour());
        notes_of(self.missing.clone(), &required).collect()
    }

    /// The same scheduler with another state, of which the same is known.
    pub fn with(&self, cluster: Cluster) -> State {
        let State { gates, namespace, notes, basis, .. } = &self.state;
        let behaviour = self.state.scheduler.behaviour().clone();
        State {
            cluster,
            scheduler: Scheduler::new(self.config.clone(), behaviour).not_asking_extenders(NOT_ASKED),
            gates: *gates,
            namespace: namespace.clone(),
            notes: notes.clone(),
            refused: Vec::new(),
            keeps_raw: false,
            #[cfg(feature = "live")]
            connection: None,
            basis: basis.clone(),
        }
    }
}

/// What of `required` is missing.
pub fn notes_of(missing: Vec<NotListed>, required: &RequiredKinds) -> impl Iterator<Item = NotEvaluated> {
    missing.into_iter().filter_map(|NotListed { kind, why }| {
        if kind == "Event" {
            return Some(events_not_listed(why));
        }
        let kind = Kind::ALL.iter().find(|known| known.as_str() == kind)?;
        not_listed(*kind, why, required)
    })
}

/// What it means that objects of `kind` are not known; nothing where nobody reads them.
pub fn not_listed(kind: Kind, why: String, required: &RequiredKinds) -> Option<NotEvaluated> {
    let readers: Vec<&str> = required.readers(kind)?.iter().copied().collect();
    if readers.is_empty() {
        return None;
    }
    let effect = format!("{} evaluated as if the cluster had none", list(&readers, readers.len()));
    // What only scores, chooses victims, or could make further nodes turns no verdict.
    let decides =
        readers.iter().any(|reader| !matches!(*reader, "PodTopologySpread" | "DefaultPreemption" | "node groups"));
    let turns = if decides { Turns::Either } else { Turns::Neither };
    Some(NotEvaluated::of_kind(kind, why, effect).turning(turns))
}
