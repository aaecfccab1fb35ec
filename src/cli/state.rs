//! The state a question is asked of, and the scheduler that is asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::cluster::admission::Refusal;
use crate::cluster::requests::RequestGates;
use crate::cluster::{Cluster, ClusterBuilder, Kind};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::error::{Error, Result};
use crate::framework::NotEvaluated;
use crate::framework::extender::http;
use crate::scheduler::Scheduler;
use crate::source::{self, Input, files, live};

use super::kube_flags::KubeFlags;
use super::output::OutputFlags;

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
    /// What is missing in it.
    pub(crate) notes: Vec<NotEvaluated>,
    /// Pods that were created here though the API server would refuse them.
    pub(crate) refused: Vec<Refusal>,
    /// Whether whole Pods and Nodes are kept, to be sent to extenders.
    pub(crate) keeps_raw: bool,
}

/// Whose pods a question is about: what that takes beside what every question does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Purpose {
    /// Pods that do not exist yet: what decides whether and how they come into being.
    pub(crate) new_pods: bool,
    /// Many pods: which of them belong together.
    pub(crate) groups: bool,
}

impl Purpose {
    fn wants(self, kind: Kind) -> bool {
        match kind {
            Kind::PodGroup => self.groups,
            kind => self.new_pods || !Kind::ADMISSION.contains(&kind),
        }
    }

    /// Whether it must be said that `kind` could not be listed. Of PodGroups the simulation tells
    /// which ones it missed.
    fn misses(self, kind: &str) -> bool {
        let is = |known: &&Kind| known.as_str() == kind;
        kind != Kind::PodGroup.as_str() && (self.new_pods || !Kind::ADMISSION.iter().any(|known| is(&known)))
    }
}

impl StateFlags {
    /// Reads the state, as far as `purpose` needs it, and builds the scheduler. `more` adds objects of the
    /// command's own.
    ///
    /// # Errors
    /// Anything that cannot be read, reached, or understood.
    pub(crate) fn load(
        &self,
        kube: &KubeFlags,
        output: &OutputFlags,
        purpose: Purpose,
        more: impl FnOnce(&mut ClusterBuilder) -> Result<()>,
    ) -> Result<State> {
        let mut builder = ClusterBuilder::default();
        if self.call_extenders {
            builder.keep_raw();
        }
        let mut notes = Vec::new();
        let Found { version, origin, namespace, scheduler_config } = match &self.snapshot {
            Some(path) => read_files(path, &mut builder, output, purpose, &mut notes)?,
            None => read_cluster(kube, &mut builder, purpose, &mut notes)?,
        };
        more(&mut builder)?;
        let behaviour = self.scheduler.behaviour(version.as_deref(), output, &mut notes)?;
        let gates = behaviour.request_gates();
        let config = match scheduler_config.filter(|_| self.scheduler.scheduler_config.is_none()) {
            Some(config) => SchedulerConfig::parse(&config, &behaviour)
                .map_err(|error| Error::new(format!("{origin}: schedulerConfig: {error}")))?,
            None => self.scheduler.config(&behaviour)?,
        };
        let cluster = builder.build(gates);
        output.log(&format!(
            "{} nodes and {} pods; kube-scheduler {}",
            cluster.nodes().len(),
            cluster.pods().len(),
            behaviour.version
        ));
        let namespace = kube.namespace.clone().unwrap_or(namespace);
        let scheduler = self.scheduler(config, behaviour)?;
        let refused = Vec::new();
        Ok(State { cluster, scheduler, gates, namespace, origin, notes, refused, keeps_raw: self.call_extenders })
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
    /// Whose version the scheduler is likely to have.
    version: Option<String>,
    /// What the input is called.
    origin: String,
    /// The namespace of objects that are named without one.
    namespace: String,
    /// The configuration that a snapshot brings along.
    scheduler_config: Option<Value>,
}

/// Files: the version is the recorded one, else the newest among the nodes'.
fn read_files(
    path: &Path,
    builder: &mut ClusterBuilder,
    output: &OutputFlags,
    purpose: Purpose,
    notes: &mut Vec<NotEvaluated>,
) -> Result<Found> {
    let input = Input::from(path.to_path_buf());
    let report = files::read(&input, builder).map_err(Error::from_error)?;
    output.log(&format!("read {} objects from {input}", report.objects));
    let record = report.snapshot.unwrap_or_default();
    if let Some(read_at) = &record.read_at {
        output.log(&format!("{input} is the state of {read_at}"));
    }
    let missing = record.not_listed.into_iter().filter(|missing| purpose.misses(&missing.kind));
    notes.extend(missing.map(|missing| not_listed(&missing.kind, missing.why)));
    let version = record.kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
    let scheduler_config = record.scheduler_config;
    Ok(Found { version, origin: input.to_string(), namespace: "default".to_owned(), scheduler_config })
}

/// A cluster: the version is the server's.
fn read_cluster(
    kube: &KubeFlags,
    builder: &mut ClusterBuilder,
    purpose: Purpose,
    notes: &mut Vec<NotEvaluated>,
) -> Result<Found> {
    let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| purpose.wants(*kind)).collect();
    let report = live::read(&kube.connection()?, &kinds, builder).map_err(from_live)?;
    let missing = report.forbidden.into_iter().filter(|(kind, _)| purpose.misses(kind.as_str()));
    notes.extend(missing.map(|(kind, why)| not_listed(kind.as_str(), why)));
    let (version, namespace) = (report.version, report.default_namespace);
    Ok(Found { version, origin: "the cluster".to_owned(), namespace, scheduler_config: None })
}

fn not_listed(kind: &str, why: String) -> NotEvaluated {
    NotEvaluated::new(kind, why, "what depends on it was judged as if there were none")
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
