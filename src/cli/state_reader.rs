//! Reads a state and builds the scheduler that is asked, in two phases: version and configuration, then objects.
//!
//! What the input says of the scheduler comes first, because it decides which objects are required. A cluster is
//! then asked for these only. The scheduler may run as a pod of the state; then its version and feature gates count,
//! and what else these require is read as well.

use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::api::Timestamp;
use crate::cli::error::{Error, Result};
use crate::config::{Behaviour, SchedulerConfig};
use crate::decode::autoscaling::process::AutoscalerProcess;
use crate::decode::scheduler_process::SchedulerProcess;
use crate::explain::scheduler_messages::MessageBasis;
use crate::framework::NotEvaluated;
use crate::framework::extender::http;
use crate::report::StateAge;
use crate::required_kinds::RequiredKinds;
use crate::scheduler::Scheduler;
use crate::session::open::notes_of;
use crate::session::{Age, State, StateProvenance, running_scheduler};
use crate::source::files::Aside;
use crate::source::snapshot::NotListed;
use crate::source::{ConfigMap, ConfigMapName, Input, files, live, read_value};
use crate::state::ClusterBuilder;

use super::config_source;
use super::kube_flags::KubeFlags;
use super::output::{OutputFlags, say};
use super::progress::FileReading;
use super::reading::{Asker, Reading, Request};
use super::scheduler_settings::parsed;
use super::state_flags::StateFlags;

impl StateFlags {
    /// Reads the state, of a cluster as far as `question` needs it, and builds the scheduler. `more`
    /// adds objects of the command's own.
    ///
    /// # Errors
    /// Anything that cannot be read, reached, or understood.
    pub(crate) fn load(
        &self,
        kube: &KubeFlags,
        output: &OutputFlags,
        question: Request<'_>,
        more: impl FnOnce(&mut ClusterBuilder),
    ) -> Result<State> {
        let mut builder = ClusterBuilder::default();
        if self.call_extenders {
            builder.keep_raw();
        }
        let mut opened = self.open(kube, output, &mut builder)?;
        let namespace = kube.namespace.clone().unwrap_or_else(|| opened.namespace.clone());
        self.read_objects(&mut opened, &namespace, question, output, &mut builder)?;
        more(&mut builder);
        let mut notes = Vec::new();
        let runs = opened.scheduler.take().or_else(|| builder.scheduler().cloned());
        let known = self.known(&opened, runs.as_ref());
        if let Some(runs) = &runs {
            running_scheduler::tell(runs, known.configuration, &mut |text| output.log(text), &mut notes);
        }
        let behaviour = self.scheduler.behaviour(opened.version.as_deref(), runs.as_ref(), output, &mut notes)?;
        let config = opened.config(&behaviour)?;
        let asker = Asker { question, namespace: &namespace, config: &config, behaviour: &behaviour };
        if let Some(reading) = &mut opened.reading {
            // The scheduler that runs may have gates that make plugins read more.
            reading.read(&asker, &mut builder)?;
        }
        notes.extend(opened.not_listed(&asker.required(&builder)));
        if let Some(autoscaler) = opened.autoscaler.take() {
            builder.set_autoscaler(autoscaler);
        }
        let gates = behaviour.request_gates();
        let cluster = builder.build(gates);
        output.log(&format!(
            "{} nodes and {} pods; kube-scheduler {}",
            cluster.nodes().len(),
            cluster.pods().len(),
            behaviour.version
        ));
        let scheduler = self.scheduler(config, behaviour)?;
        let Opened { origin, connection, as_of, read_at, reading, .. } = opened;
        let age = reading.as_ref().and_then(Reading::age).or_else(|| recorded(read_at.as_deref()));
        Ok(State {
            cluster,
            scheduler,
            gates,
            namespace,
            notes,
            refused: Vec::new(),
            keeps_raw: self.call_extenders,
            connection,
            basis: StateProvenance { origin, as_of, age, scheduler: known },
        })
    }

    /// The first phase: what the input says of version and configuration. Files have their objects in the same place,
    /// so these are read by then.
    fn open(&self, kube: &KubeFlags, output: &OutputFlags, builder: &mut ClusterBuilder) -> Result<Opened> {
        let input = self.given.clone().or_else(|| self.snapshot.clone().map(Input::from));
        let mut opened = match &input {
            Some(input) => {
                let named = self.scheduler.scheduler_config.as_ref();
                read_files(input, builder, config_source::config_map(named), output)?
            }
            None => connect(kube, self.autoscaler_status.as_ref())?,
        };
        if opened.reading.is_some() {
            // A version that is refused is refused before anything is read.
            self.first_behaviour(&opened, output)?;
        }
        opened.named_config = self.named_config(&opened)?;
        Ok(opened)
    }

    /// The second phase: the objects that `question` needs of a cluster, with a scheduler as far as it is known by now.
    fn read_objects(
        &self,
        opened: &mut Opened,
        namespace: &str,
        question: Request<'_>,
        output: &OutputFlags,
        builder: &mut ClusterBuilder,
    ) -> Result<()> {
        if opened.reading.is_none() {
            return Ok(());
        }
        let behaviour = self.first_behaviour(opened, output)?;
        let config = opened.config(&behaviour)?;
        if let Some(reading) = &mut opened.reading {
            reading.read(&Asker { question, namespace, config: &config, behaviour: &behaviour }, builder)?;
            opened.as_of = reading.as_of();
        }
        Ok(())
    }

    /// The behaviour before it is known which scheduler runs. What is to be said of the version is said once, later.
    fn first_behaviour(&self, opened: &Opened, output: &OutputFlags) -> Result<Behaviour> {
        let quiet = OutputFlags { verbosity: 0, ..output.clone() };
        self.scheduler.behaviour(opened.version.as_deref(), None, &quiet, &mut Vec::new())
    }

    /// How much is known of the cluster's scheduler, which may be the one that `runs` as a pod.
    fn known(&self, opened: &Opened, runs: Option<&SchedulerProcess>) -> MessageBasis {
        MessageBasis {
            configuration: self.scheduler.scheduler_config.is_some()
                || opened.scheduler_config.is_some()
                || runs.is_some_and(|scheduler| scheduler.config.is_none()),
            version: self.scheduler.kube_version.is_some() || runs.and_then(running_scheduler::version).is_some(),
        }
    }

    /// The configuration that was named, and what to call it.
    fn named_config(&self, opened: &Opened) -> Result<Option<(Value, String)>> {
        let Opened { origin, connection, scheduler_config, config_map, .. } = opened;
        self.scheduler.named_config(|name| match connection {
            Some(connection) => config_source::from_cluster(connection, name),
            None => config_source::from_files(config_map.as_ref(), name, origin, scheduler_config.is_some()),
        })
    }

    /// The scheduler that would run with the configuration of `file` where that of `state` does.
    ///
    /// # Errors
    /// It cannot be read, or kube-scheduler would not start with it.
    pub(crate) fn scheduler_of(&self, file: &Path, state: &State) -> Result<Scheduler> {
        let input = Input::from(file.to_path_buf());
        let value = read_value(&input).map_err(Error::from_error)?;
        let behaviour = state.scheduler.behaviour().clone();
        self.scheduler(parsed(&value, &input.to_string(), &behaviour)?, behaviour)
    }

    /// The scheduler, its extenders connected only if they are to be asked.
    fn scheduler(&self, config: SchedulerConfig, behaviour: Behaviour) -> Result<Scheduler> {
        if !self.call_extenders {
            let scheduler = Scheduler::new(config, behaviour);
            return Ok(scheduler.not_asking_extenders("extenders are asked only with --call-extenders"));
        }
        let transports = http::connect(&config.extenders).map_err(Error::from_error)?;
        Ok(Scheduler::new(config, behaviour).with_extenders(transports))
    }
}

/// What an input says beside its objects.
#[derive(Default)]
pub(super) struct Opened {
    /// Whose version the scheduler is likely to have.
    pub(super) version: Option<String>,
    /// What the input is called.
    pub(super) origin: String,
    /// The namespace of objects that are named without one.
    namespace: String,
    /// The configuration that was named, and what it is called.
    named_config: Option<(Value, String)>,
    /// The configuration that a snapshot brings along.
    pub(super) scheduler_config: Option<Value>,
    /// The ConfigMap that was looked out for.
    pub(super) config_map: Option<ConfigMap>,
    /// The kube-scheduler that ran as a pod, as a snapshot records it.
    pub(super) scheduler: Option<SchedulerProcess>,
    /// The same of the Cluster Autoscaler.
    autoscaler: Option<AutoscalerProcess>,
    /// What a snapshot could not list.
    missing: Vec<NotListed>,
    /// The cluster, to ask more.
    connection: Option<live::Connection>,
    /// What is read of it.
    reading: Option<Reading>,
    /// When the state was read, as far as that is known.
    as_of: Option<Timestamp>,
    /// The same as a snapshot writes it.
    read_at: Option<String>,
}

impl Opened {
    /// The configuration that was named, else the one that a snapshot brings along, else the scheduler's own.
    fn config(&self, behaviour: &Behaviour) -> Result<SchedulerConfig> {
        let (value, name) = match (&self.named_config, &self.scheduler_config) {
            (Some((value, name)), _) => (value, name.clone()),
            (None, Some(value)) => (value, format!("{}: schedulerConfig", self.origin)),
            (None, None) => return Ok(SchedulerConfig::default_for(behaviour)),
        };
        parsed(value, &name, behaviour)
    }

    /// What is missing of what is needed.
    fn not_listed(&mut self, required: &RequiredKinds) -> Vec<NotEvaluated> {
        let missing = std::mem::take(&mut self.missing);
        let recorded = notes_of(missing, required);
        let live = self.reading.iter_mut().flat_map(|reading| reading.not_listed(required));
        recorded.chain(live).collect()
    }
}

/// A cluster: the version is the server's.
fn connect(kube: &KubeFlags, status: Option<&ConfigMapName>) -> Result<Opened> {
    let mut connection = kube.connection()?;
    if let Some(status) = status {
        connection.autoscaler_status.clone_from(status);
    }
    let reading = Reading::open(&connection)?;
    Ok(Opened {
        version: reading.version().map(str::to_owned),
        origin: "the cluster".to_owned(),
        namespace: reading.default_namespace().to_owned(),
        connection: Some(connection),
        reading: Some(reading),
        ..Opened::default()
    })
}

/// The age of a state whose time is recorded; none where that is no time.
fn recorded(read_at: Option<&str>) -> Option<Age> {
    StateAge::recorded(read_at?, Timestamp::from(SystemTime::now())).map(Age::Recorded)
}

/// Files: the version is the recorded one, else the newest among the nodes'.
pub(super) fn read_files(
    input: &Input,
    builder: &mut ClusterBuilder,
    wanted: Option<&ConfigMapName>,
    output: &OutputFlags,
) -> Result<Opened> {
    let aside = Aside { config_map: wanted, progress: Some(FileReading::on_terminal()) };
    let report = files::read_with(input, builder, aside).map_err(Error::from_error)?;
    output.log(&format!("read {} objects from {input}", report.objects));
    for skipped in &report.files_skipped {
        say(&format!("warning: skipped {skipped}"));
    }
    if let Some(left_out) = report.passed_over.get("") {
        let objects = crate::report::text::count(*left_out, "object");
        say(&format!("warning: {objects} of {input} without kind: left out"));
    }
    let record = report.snapshot.unwrap_or_default();
    if let Some(read_at) = &record.read_at {
        output.log(&format!("{input} is the state of {read_at}"));
    }
    let version = record.kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
    Ok(Opened {
        version,
        origin: input.to_string(),
        namespace: "default".to_owned(),
        scheduler_config: record.scheduler_config,
        config_map: report.config_map,
        // The record knows more: a snapshot's pods have no commands.
        scheduler: record.scheduler,
        autoscaler: record.autoscaler,
        missing: record.not_listed,
        as_of: record.read_at.as_ref().and_then(|time| time.parse().ok()),
        read_at: record.read_at,
        ..Opened::default()
    })
}
