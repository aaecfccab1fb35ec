//! The state a question is asked of, and the scheduler that is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};
use serde_json::Value;

use crate::api::requests::RequestGates;
use crate::api::{ObjectKey, Timestamp};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::control_plane::admission::Refusal;
use crate::decode::Kind;
use crate::decode::scheduler_process::SchedulerProcess;
use crate::error::{Error, Result};
use crate::explain::scheduler_messages::Basis;
use crate::framework::NotEvaluated;
use crate::framework::extender::http;
use crate::report::{NodeNames, Provenance};
use crate::required_kinds::RequiredKinds;
use crate::scheduler::Scheduler;
use crate::source::snapshot::NotListed;
use crate::source::{ConfigMap, ConfigMapName, ConfigSource, Input, files, live, read_value};
use crate::state::{Cluster, ClusterBuilder};

use super::kube_flags::KubeFlags;
use super::output::OutputFlags;
use super::reading::{Age, Asker, Reading, Request};
use super::{cluster_messages, config_source, reading, running_scheduler};

/// Where the state comes from, and whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Cluster state options")]
pub(crate) struct StateFlags {
    /// Read the state from a file or directory (- is standard input), not from a cluster
    #[arg(long, value_name = "FILE|DIR|-")]
    pub(crate) snapshot: Option<PathBuf>,
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

/// A state and a scheduler.
pub(crate) struct State {
    pub(crate) cluster: Cluster,
    pub(crate) scheduler: Scheduler,
    /// How pods' requests are counted.
    pub(crate) gates: RequestGates,
    /// The namespace of objects that are named without one.
    pub(crate) namespace: String,
    /// Where the state came from, for sentences: `cluster.yaml`, `the cluster`.
    pub(crate) origin: String,
    /// What is missing in it.
    pub(crate) notes: Vec<NotEvaluated>,
    /// Pods that were created here though the API server would refuse them.
    pub(crate) refused: Vec<Refusal>,
    /// Whether whole Pods and Nodes are kept, to be sent to extenders.
    pub(crate) keeps_raw: bool,
    /// Where more can be asked; none for a state from files.
    pub(crate) connection: Option<live::Connection>,
    /// When the state was read, as far as that is known.
    pub(crate) as_of: Option<Timestamp>,
    /// The same, for answers to tell.
    age: Option<Age>,
    /// How much is known of the cluster's scheduler.
    pub(crate) basis: Basis,
}

impl State {
    /// Why the API server would refuse `pod`, which was created here all the same.
    pub(crate) fn refusal(&self, pod: ObjectKey) -> Option<String> {
        self.refused.iter().find(|refusal| refusal.pod == pod).map(ToString::to_string)
    }

    /// The same as a note, for answers about other things than the pod itself.
    pub(crate) fn not_let_in(&self, pod: ObjectKey) -> impl Iterator<Item = NotEvaluated> {
        let effect = "the API server refuses this pod; the answer shows where it would fit if it were admitted";
        self.refusal(pod).into_iter().map(move |why| NotEvaluated::new("admission", why, effect))
    }
}

impl StateFlags {
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
        let named = self.scheduler.scheduler_config.as_ref();
        let mut found = match &self.snapshot {
            Some(path) => read_files(path, &mut builder, config_source::config_map(named), output)?,
            None => self.read_cluster(kube, question, &mut builder, output)?,
        };
        more(&mut builder);
        if found.named_config.is_none() {
            found.named_config = self.named_config(&found)?;
        }
        let mut notes = Vec::new();
        let scheduler = found.scheduler.take().or_else(|| builder.scheduler().cloned());
        let basis = Basis {
            configuration: named.is_some()
                || found.scheduler_config.is_some()
                || scheduler.as_ref().is_some_and(|scheduler| scheduler.config.is_none()),
            version: self.scheduler.kube_version.is_some()
                || scheduler.as_ref().and_then(running_scheduler::version).is_some(),
        };
        if let Some(scheduler) = &scheduler {
            running_scheduler::tell(scheduler, basis.configuration, output, &mut notes);
        }
        let behaviour = self.scheduler.behaviour(found.version.as_deref(), scheduler.as_ref(), output, &mut notes)?;
        let config = found.config(&behaviour)?;
        let namespace = kube.namespace.clone().unwrap_or_else(|| found.namespace.clone());
        let asker = Asker { question, namespace: &namespace, config: &config, behaviour: &behaviour };
        if let Some(reading) = &mut found.reading {
            // The scheduler that runs may have gates that make plugins read more.
            reading.read(&asker, &mut builder)?;
        }
        notes.extend(found.not_listed(&asker.required(&builder)));
        let gates = behaviour.request_gates();
        let cluster = builder.build(gates);
        output.log(&format!(
            "{} nodes and {} pods; kube-scheduler {}",
            cluster.nodes().len(),
            cluster.pods().len(),
            behaviour.version
        ));
        let Found { origin, connection, as_of, read_at, reading, .. } = found;
        let age = reading.as_ref().and_then(Reading::age);
        let scheduler = self.scheduler(config, behaviour)?;
        let (refused, keeps_raw) = (Vec::new(), self.call_extenders);
        Ok(State {
            cluster,
            scheduler,
            gates,
            namespace,
            origin,
            notes,
            refused,
            keeps_raw,
            connection,
            as_of,
            age: age.or(read_at.map(Age::Recorded)),
            basis,
        })
    }

    /// A cluster: the version is the server's. What is needed shows before the scheduler that runs is
    /// known, or so it seems.
    fn read_cluster(
        &self,
        kube: &KubeFlags,
        question: Request<'_>,
        builder: &mut ClusterBuilder,
        output: &OutputFlags,
    ) -> Result<Found> {
        let connection = kube.connection()?;
        let mut reading = Reading::open(&connection)?;
        let namespace = reading.default_namespace().to_owned();
        let mut found = Found {
            version: reading.version().map(str::to_owned),
            origin: "the cluster".to_owned(),
            namespace: namespace.clone(),
            connection: Some(connection),
            ..Found::default()
        };
        // What is to be said of the version is said once, later.
        let quiet = OutputFlags { verbosity: 0, ..output.clone() };
        let behaviour = self.scheduler.behaviour(found.version.as_deref(), None, &quiet, &mut Vec::new())?;
        found.named_config = self.named_config(&found)?;
        let config = found.config(&behaviour)?;
        let namespace = kube.namespace.as_ref().unwrap_or(&namespace);
        reading.read(&Asker { question, namespace, config: &config, behaviour: &behaviour }, builder)?;
        found.as_of = reading.as_of();
        found.reading = Some(reading);
        Ok(found)
    }

    /// The configuration that was named, and what to call it.
    fn named_config(&self, found: &Found) -> Result<Option<(Value, String)>> {
        let Found { origin, connection, scheduler_config, config_map, .. } = found;
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

impl State {
    /// What an answer rests on that is given now and was asked for at `asked_at`.
    pub(crate) fn provenance(&self, asked_at: Timestamp) -> Provenance {
        Provenance {
            kube_version: self.scheduler.behaviour().version.to_string(),
            age: self.age.as_ref().and_then(Age::by_now),
            origin: self.origin.clone(),
            as_of: self.as_of,
            node_names: NodeNames::of(self.cluster.nodes().iter().map(|node| node.node.name.as_str())).map(Arc::new),
            asked_at,
        }
    }
}

/// What is not known where nothing tells whose scheduler it is.
pub(super) const NO_VERSION: &str = "kube-scheduler's version";

/// What is known of a scheduler without the state that it works on.
#[derive(Default)]
pub(crate) struct SchedulerFacts {
    /// The version of the cluster.
    pub(crate) version: Option<String>,
    /// The kube-scheduler that runs as a pod.
    pub(crate) process: Option<SchedulerProcess>,
    /// The configuration, and what it is called; none for the default one.
    pub(crate) config: Option<(Value, String)>,
    /// Where all that comes from: `cluster.yaml`, `the cluster`. None where no cluster was asked.
    pub(crate) origin: Option<String>,
    /// Why it was not.
    pub(crate) not_asked: Option<String>,
}

impl SchedulerFlags {
    /// What a snapshot tells of the scheduler, else the cluster, unless `--kube-version` says what is asked about.
    ///
    /// # Errors
    /// A snapshot or a configuration that cannot be read.
    pub(crate) fn facts(
        &self,
        snapshot: Option<&Path>,
        kube: &KubeFlags,
        output: &OutputFlags,
    ) -> Result<SchedulerFacts> {
        if let Some(path) = snapshot {
            let mut builder = ClusterBuilder::default();
            let wanted = config_source::config_map(self.scheduler_config.as_ref());
            let found = read_files(path, &mut builder, wanted, output)?;
            let Found { version, origin, scheduler_config, config_map, scheduler, .. } = found;
            let recorded = scheduler_config.is_some();
            let named =
                self.named_config(|name| config_source::from_files(config_map.as_ref(), name, &origin, recorded))?;
            let config = named.or_else(|| Some((scheduler_config?, format!("{origin}: schedulerConfig"))));
            let process = scheduler.or_else(|| builder.scheduler().cloned());
            return Ok(SchedulerFacts { version, process, config, origin: Some(origin), not_asked: None });
        }
        let connection = kube.connection()?;
        let config = self.named_config(|name| config_source::from_cluster(&connection, name))?;
        if self.kube_version.is_some() {
            return Ok(SchedulerFacts { config, ..SchedulerFacts::default() });
        }
        let asked = live::Reader::open(&connection)
            .and_then(|reader| Ok((reader.version().map(str::to_owned), live::scheduler_process(&connection)?)));
        Ok(match asked {
            Ok((version, process)) => {
                SchedulerFacts { version, process, config, origin: Some("the cluster".to_owned()), not_asked: None }
            }
            Err(error) => SchedulerFacts { config, not_asked: Some(error.to_string()), ..SchedulerFacts::default() },
        })
    }
}

/// What an input says beside its objects.
#[derive(Default)]
struct Found {
    /// Whose version the scheduler is likely to have.
    version: Option<String>,
    /// What the input is called.
    origin: String,
    /// The namespace of objects that are named without one.
    namespace: String,
    /// The configuration that was named, and what it is called.
    named_config: Option<(Value, String)>,
    /// The configuration that a snapshot brings along.
    scheduler_config: Option<Value>,
    /// The ConfigMap that was looked out for.
    config_map: Option<ConfigMap>,
    /// The kube-scheduler that ran as a pod, as a snapshot records it.
    scheduler: Option<SchedulerProcess>,
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

impl Found {
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
        let recorded = missing.into_iter().filter_map(|NotListed { kind, why }| {
            if kind == "Event" {
                return Some(cluster_messages::not_listed(why));
            }
            let kind = Kind::ALL.iter().find(|known| known.as_str() == kind)?;
            reading::not_listed(*kind, why, required)
        });
        let live = self.reading.iter_mut().flat_map(|reading| reading.not_listed(required));
        recorded.chain(live).collect()
    }
}

/// Files: the version is the recorded one, else the newest among the nodes'.
fn read_files(
    path: &Path,
    builder: &mut ClusterBuilder,
    wanted: Option<&ConfigMapName>,
    output: &OutputFlags,
) -> Result<Found> {
    let input = Input::from(path.to_path_buf());
    let report = files::read_with(&input, builder, wanted).map_err(Error::from_error)?;
    output.log(&format!("read {} objects from {input}", report.objects));
    let record = report.snapshot.unwrap_or_default();
    if let Some(read_at) = &record.read_at {
        output.log(&format!("{input} is the state of {read_at}"));
    }
    let version = record.kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
    Ok(Found {
        version,
        origin: input.to_string(),
        namespace: "default".to_owned(),
        scheduler_config: record.scheduler_config,
        config_map: report.config_map,
        // The record knows more: a snapshot's pods have no commands.
        scheduler: record.scheduler,
        missing: record.not_listed,
        as_of: record.read_at.as_ref().and_then(|time| time.parse().ok()),
        read_at: record.read_at,
        ..Found::default()
    })
}

impl SchedulerFlags {
    /// The behaviour that was asked for, else that of the kube-scheduler that `runs` as a pod, else
    /// that of the version `found`, else that of the newest version known.
    ///
    /// # Errors
    /// A feature gate that kube-scheduler would not start with.
    pub(crate) fn behaviour(
        &self,
        found: Option<&str>,
        runs: Option<&SchedulerProcess>,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Behaviour> {
        let of_image = runs.and_then(running_scheduler::version);
        let found = of_image.or_else(|| found.and_then(|found| found.parse().ok()));
        let version = match self.kube_version.or(found) {
            Some(version) if version.is_supported() => version,
            Some(version) => nearest(version, output, notes),
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
            .map_err(|error| Error::new(format!("invalid argument for --feature-gates: {error}")))
    }

    /// The feature gates of the kube-scheduler that `runs`, as far as `version` takes them, and those that were named.
    pub(crate) fn gates(
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

    /// The configuration that was named, and what to call it; a ConfigMap comes from `cluster`.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn named_config(
        &self,
        cluster: impl FnOnce(&ConfigMapName) -> Result<ConfigMap>,
    ) -> Result<Option<(Value, String)>> {
        self.scheduler_config.as_ref().map(|source| config_source::read(source, cluster)).transpose()
    }
}

pub(super) fn parsed(config: &Value, name: &str, behaviour: &Behaviour) -> Result<SchedulerConfig> {
    SchedulerConfig::parse(config, behaviour).map_err(|error| Error::new(format!("{name}: {error}")))
}

/// The nearest version whose behaviour is known.
fn nearest(version: KubeVersion, output: &OutputFlags, notes: &mut Vec<NotEvaluated>) -> KubeVersion {
    let nearest = version.nearest();
    output.log(&format!("version {version} is not supported; answering as {nearest}, the nearest supported version"));
    notes.push(NotEvaluated::new(
        format!("kube-scheduler {version}"),
        "this version is not supported",
        format!("the answer is that of {nearest}, the nearest supported version"),
    ));
    nearest
}

pub(super) fn from_live(error: live::LiveError) -> Error {
    match error {
        live::LiveError::Server { .. } => Error::server(error.to_string()),
        error @ live::LiveError::NoCluster(_) => {
            Error::new(format!("{error}: use --kubeconfig, --context or --snapshot"))
        }
        error => Error::new(error.to_string()),
    }
}
