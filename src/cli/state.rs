//! The state a question is asked of, and the scheduler that is asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cluster::requests::RequestGates;
use crate::cluster::{Cluster, ClusterBuilder, Kind, Timestamp};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::error::{Error, Result};
use crate::framework::NotEvaluated;
use crate::framework::extender::http;
use crate::needs::Needs;
use crate::report::{Basis, StateAge};
use crate::scheduler::Scheduler;
use crate::source::live::Session;
use crate::source::{self, Input, files, live};

use super::kube_flags::KubeFlags;
use super::output::OutputFlags;
use super::reading::{self, Question, Reading};

/// Where the state comes from, and whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of the state")]
pub(crate) struct StateFlags {
    /// Read the cluster's state from a file, a directory or - (standard input), never from a cluster
    #[arg(long, value_name = "FILE|DIR|-")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scheduler: SchedulerFlags,
    /// Ask the extenders of --scheduler-config, which are sent the pod and its candidate nodes
    #[arg(long)]
    pub(crate) call_extenders: bool,
}

/// Whose scheduler is reproduced.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of the state")]
pub(crate) struct SchedulerFlags {
    /// A KubeSchedulerConfiguration
    #[arg(long, value_name = "FILE")]
    pub(crate) scheduler_config: Option<PathBuf>,
    /// Whose scheduler's behaviour to reproduce, such as v1.34 [default: the cluster's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<KubeVersion>,
    /// Feature gates of the scheduler: A=true,B=false
    #[arg(long, value_name = "GATES")]
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
    /// When it was read, where that is known.
    pub(crate) age: Option<Age>,
    /// What is missing in it.
    pub(crate) notes: Vec<NotEvaluated>,
    /// Whether whole Pods and Nodes are kept, to be sent to extenders.
    pub(crate) keeps_raw: bool,
}

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
        question: Question<'_>,
        more: impl FnOnce(&mut ClusterBuilder),
    ) -> Result<State> {
        let mut builder = ClusterBuilder::default();
        if self.call_extenders {
            builder.keep_raw();
        }
        let mut notes = Vec::new();
        let found = match &self.snapshot {
            Some(path) => self.read_files(path, &mut builder, output, &mut notes)?,
            None => self.read_cluster(kube, question, &mut builder, output, &mut notes)?,
        };
        more(&mut builder);
        let Found { behaviour, config, origin, namespace, age } = found;
        let gates = behaviour.request_gates();
        let cluster = builder.build(gates);
        output.log(&format!(
            "{} nodes and {} pods; kube-scheduler {}",
            cluster.nodes().len(),
            cluster.pods().len(),
            behaviour.version
        ));
        let namespace = kube.namespace.clone().unwrap_or(namespace);
        let scheduler = self.scheduler(config, behaviour)?;
        Ok(State { cluster, scheduler, gates, namespace, origin, notes, age, keeps_raw: self.call_extenders })
    }

    /// The scheduler, its extenders connected only if they are to be asked.
    fn scheduler(&self, config: SchedulerConfig, behaviour: Behaviour) -> Result<Scheduler> {
        if !self.call_extenders {
            return Ok(Scheduler::new(config, behaviour));
        }
        let transports = http::connect(&config.extenders).map_err(Error::from_error)?;
        Ok(Scheduler::new(config, behaviour).with_extenders(transports))
    }
}

/// What an input says beside its objects.
struct Found {
    behaviour: Behaviour,
    config: SchedulerConfig,
    /// What the input is called.
    origin: String,
    /// The namespace of objects that are named without one.
    namespace: String,
    age: Option<Age>,
}

/// When a state was read.
#[derive(Clone, Debug)]
pub(crate) enum Age {
    /// Just now.
    Live(Reading),
    /// As a snapshot records it, RFC 3339.
    Recorded(String),
}

impl State {
    /// What an answer that is given now rests on.
    pub(crate) fn basis(&self) -> Basis {
        let age = self.age.as_ref().and_then(|age| match age {
            Age::Live(reading) => Some(reading.age()),
            Age::Recorded(read_at) => StateAge::recorded(read_at, Timestamp::now()),
        });
        Basis { kube_version: self.scheduler.behaviour().version.to_string(), age }
    }
}

impl StateFlags {
    /// Files: the version is the recorded one, else the newest among the nodes'.
    fn read_files(
        &self,
        path: &Path,
        builder: &mut ClusterBuilder,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Found> {
        let input = Input::from(path.to_path_buf());
        let report = files::read(&input, builder).map_err(Error::from_error)?;
        output.log(&format!("read {} objects from {input}", report.objects));
        let record = report.snapshot.unwrap_or_default();
        if let Some(read_at) = &record.read_at {
            output.log(&format!("{input} is the state of {read_at}"));
        }
        notes.extend(record.not_listed.into_iter().filter_map(|missing| {
            let kind = Kind::ALL.iter().find(|kind| kind.as_str() == missing.kind)?;
            reading::not_listed(*kind, missing.why, &Needs::everything())
        }));
        let version = record.kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
        let behaviour = self.scheduler.behaviour(version.as_deref(), output, notes)?;
        let config = match record.scheduler_config.filter(|_| self.scheduler.scheduler_config.is_none()) {
            Some(config) => SchedulerConfig::parse(&config, &behaviour)
                .map_err(|error| Error::new(format!("{input}: schedulerConfig: {error}")))?,
            None => self.scheduler.config(&behaviour)?,
        };
        let age = record.read_at.map(Age::Recorded);
        Ok(Found { behaviour, config, origin: input.to_string(), namespace: "default".to_owned(), age })
    }

    /// A cluster: the version is the server's.
    fn read_cluster(
        &self,
        kube: &KubeFlags,
        question: Question<'_>,
        builder: &mut ClusterBuilder,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Found> {
        let mut session = Session::open(&kube.connection()?).map_err(from_live)?;
        let behaviour = self.scheduler.behaviour(session.version(), output, notes)?;
        let config = self.scheduler.config(&behaviour)?;
        let namespace = kube.namespace.clone().unwrap_or_else(|| session.default_namespace().to_owned());
        let age = reading::read(&mut session, question, &namespace, (&config, &behaviour), builder, notes)?;
        Ok(Found { behaviour, config, origin: "the cluster".to_owned(), namespace, age: age.map(Age::Live) })
    }
}

impl SchedulerFlags {
    /// The behaviour that was asked for, else that of `found`, else that of the newest version known.
    ///
    /// # Errors
    /// An unsupported version was asked for, or a feature gate is unknown.
    pub(crate) fn behaviour(
        &self,
        found: Option<&str>,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Behaviour> {
        let version = match self.kube_version {
            Some(version) if version.is_supported() => version,
            Some(version) => {
                return Err(Error::new(format!(
                    "--kube-version {version} is not supported: use v1.{} to v1.{}",
                    KubeVersion::OLDEST_MINOR,
                    KubeVersion::NEWEST_MINOR
                )));
            }
            None => match found.and_then(|found| found.parse::<KubeVersion>().ok()) {
                Some(version) if version.is_supported() => version,
                Some(version) => clamped(version, output, notes),
                None => KubeVersion::NEWEST,
            },
        };
        match &self.feature_gates {
            Some(gates) => Behaviour::with_feature_gates(version, gates)
                .map_err(|error| Error::new(format!("invalid argument for --feature-gates: {error}"))),
            None => Ok(Behaviour::new(version)),
        }
    }

    /// The configuration that was named, else the scheduler's own.
    ///
    /// # Errors
    /// A file that kube-scheduler would not start with.
    pub(crate) fn config(&self, behaviour: &Behaviour) -> Result<SchedulerConfig> {
        let Some(path) = &self.scheduler_config else { return Ok(SchedulerConfig::default_for(behaviour)) };
        let input = Input::from(path.clone());
        let value = source::read_value(&input).map_err(Error::from_error)?;
        SchedulerConfig::parse(&value, behaviour).map_err(|error| Error::new(format!("{input}: {error}")))
    }
}

/// The nearest version whose behaviour is known.
fn clamped(version: KubeVersion, output: &OutputFlags, notes: &mut Vec<NotEvaluated>) -> KubeVersion {
    let minor = version.minor.clamp(KubeVersion::OLDEST_MINOR, KubeVersion::NEWEST_MINOR);
    let nearest = KubeVersion { minor, patch: None };
    output.log(&format!("the cluster's version {version} is not known, {nearest} is the nearest that is"));
    notes.push(NotEvaluated::new(
        format!("kube-scheduler {version}"),
        "this version is not known to kubectl sched",
        format!("answered as {nearest} would"),
    ));
    nearest
}

impl KubeFlags {
    /// The flags as the connection takes them.
    ///
    /// # Errors
    /// `--request-timeout` is no duration.
    pub(super) fn connection(&self) -> Result<live::Connection> {
        Ok(live::Connection {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            token: self.token.clone(),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            impersonate: self.as_user.clone(),
            impersonate_groups: self.as_group.clone(),
            impersonate_uid: self.as_uid.clone(),
            chunk_size: self.chunk_size,
            request_timeout: self.request_timeout.as_deref().map(timeout).transpose()?.flatten(),
        })
    }
}

/// `1s`, `2m`, `3h`; 0 for none. A bare number counts seconds, as kubectl has it.
fn timeout(text: &str) -> Result<Option<Duration>> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(number) if unit > 0 => Ok(Some(Duration::from_secs(number.saturating_mul(unit)))),
        _ => Err(Error::new(format!(
            "invalid value for --request-timeout: \"{text}\" is not a number with a time unit (1s, 2m, 3h)"
        ))),
    }
}

pub(super) fn from_live(error: live::LiveError) -> Error {
    match error {
        live::LiveError::Server { .. } => Error::server(error.to_string()),
        live::LiveError::Message(message) => Error::new(message),
    }
}
