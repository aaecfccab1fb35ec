//! The state a question is asked of, and the scheduler that is asked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueHint};
use serde_json::Value;

use crate::cluster::admission::Refusal;
use crate::cluster::requests::RequestGates;
use crate::cluster::scheduler_process::SchedulerProcess;
use crate::cluster::{Cluster, ClusterBuilder, Kind, ObjectKey, Timestamp};
use crate::config::{Behaviour, KubeVersion, SchedulerConfig};
use crate::error::{Error, Result};
use crate::explain::own_words::Basis;
use crate::framework::NotEvaluated;
use crate::framework::extender::http;
use crate::report::html::Provenance;
use crate::scheduler::Scheduler;
use crate::source::{ConfigMap, ConfigMapName, ConfigSource, Input, files, live};

use super::kube_flags::KubeFlags;
use super::output::OutputFlags;
use super::target::Target;
use super::{cluster_says, config_source, running_scheduler};

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
    /// A KubeSchedulerConfiguration: a file, or configmap/NAMESPACE/NAME[/KEY] of the cluster
    #[arg(long, value_name = "FILE", value_parser = config_source::parser(), value_hint = ValueHint::FilePath)]
    pub(crate) scheduler_config: Option<ConfigSource>,
    /// Whose scheduler's behaviour to reproduce, such as v1.34 [default: the cluster's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<KubeVersion>,
    /// Feature gates of the scheduler: A=true,B=false [default: those of its pod, if it is one]
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
    /// Where more can be asked; none for a state from files.
    pub(crate) connection: Option<live::Connection>,
    /// When the state was read, as far as that is known.
    pub(crate) as_of: Option<Timestamp>,
    /// How much is known of the cluster's scheduler.
    pub(crate) basis: Basis,
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
    /// Of a question about single pods: a workload without pending ones stands for a fresh one.
    pub(crate) fn of(target: &Target) -> Self {
        let new_pods = match target {
            Target::Files(_) => true,
            Target::Named(named) => named.iter().any(|named| named.workload.is_some()),
        };
        Self { new_pods, groups: false }
    }

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

impl State {
    /// Why `pod` would not come into being, if it was created all the same.
    pub(crate) fn not_let_in(&self, pod: ObjectKey) -> impl Iterator<Item = NotEvaluated> {
        let effect = "the API server would refuse the pod; this is what would become of it otherwise";
        let of_pod = self.refused.iter().filter(move |refusal| refusal.pod == pod);
        of_pod.map(move |refusal| NotEvaluated::new("admission", refusal.to_string(), effect))
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
        let named = self.scheduler.scheduler_config.as_ref();
        let wanted = config_source::config_map(named);
        let Found { version, origin, namespace, scheduler_config, config_map, scheduler, connection, as_of } =
            match &self.snapshot {
                Some(path) => read_files(path, &mut builder, wanted, output, purpose, &mut notes)?,
                None => read_cluster(kube, &mut builder, purpose, &mut notes)?,
            };
        more(&mut builder)?;
        let basis = Basis {
            configuration: named.is_some()
                || scheduler_config.is_some()
                || scheduler.as_ref().is_some_and(|scheduler| scheduler.config.is_none()),
            version: self.scheduler.kube_version.is_some()
                || scheduler.as_ref().and_then(running_scheduler::version).is_some(),
        };
        if let Some(scheduler) = &scheduler {
            running_scheduler::tell(scheduler, basis.configuration, output, &mut notes);
        }
        let behaviour = self.scheduler.behaviour(version.as_deref(), scheduler.as_ref(), output, &mut notes)?;
        let gates = behaviour.request_gates();
        let recorded = scheduler_config.is_some();
        let config = match scheduler_config.filter(|_| named.is_none()) {
            Some(config) => SchedulerConfig::parse(&config, &behaviour)
                .map_err(|error| Error::new(format!("{origin}: schedulerConfig: {error}")))?,
            None => self.scheduler.config(&behaviour, |name| match &connection {
                Some(connection) => config_source::from_cluster(connection, name),
                None => config_source::from_files(config_map.as_ref(), name, &origin, recorded),
            })?,
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
        let (refused, keeps_raw) = (Vec::new(), self.call_extenders);
        Ok(State { cluster, scheduler, gates, namespace, origin, notes, refused, keeps_raw, connection, as_of, basis })
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

impl State {
    /// What an answer that was asked for at `asked_at` rests on.
    pub(crate) fn provenance<'a>(&'a self, kube_version: &'a str, asked_at: Timestamp) -> Provenance<'a> {
        Provenance { kube_version, origin: &self.origin, as_of: self.as_of, asked_at }
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
    /// The ConfigMap that was looked out for.
    config_map: Option<ConfigMap>,
    /// The kube-scheduler that runs as a pod.
    scheduler: Option<SchedulerProcess>,
    /// The cluster, to ask more.
    connection: Option<live::Connection>,
    /// When the state was read, as far as that is known.
    as_of: Option<Timestamp>,
}

/// Files: the version is the recorded one, else the newest among the nodes'.
fn read_files(
    path: &Path,
    builder: &mut ClusterBuilder,
    wanted: Option<&ConfigMapName>,
    output: &OutputFlags,
    purpose: Purpose,
    notes: &mut Vec<NotEvaluated>,
) -> Result<Found> {
    let input = Input::from(path.to_path_buf());
    let report = files::read_with(&input, builder, wanted).map_err(Error::from_error)?;
    output.log(&format!("read {} objects from {input}", report.objects));
    let record = report.snapshot.unwrap_or_default();
    if let Some(read_at) = &record.read_at {
        output.log(&format!("{input} is the state of {read_at}"));
    }
    let missing = record.not_listed.into_iter().filter(|missing| purpose.misses(&missing.kind));
    notes.extend(missing.map(|missing| not_listed(&missing.kind, missing.why)));
    let version = record.kube_version.or_else(|| builder.newest_kubelet().map(|version| version.to_string()));
    Ok(Found {
        version,
        origin: input.to_string(),
        namespace: "default".to_owned(),
        scheduler_config: record.scheduler_config,
        config_map: report.config_map,
        // The record knows more: a snapshot's pods have no commands.
        scheduler: record.scheduler.or_else(|| builder.scheduler().cloned()),
        connection: None,
        as_of: record.read_at.and_then(|time| time.parse().ok()),
    })
}

/// A cluster: the version is the server's.
fn read_cluster(
    kube: &KubeFlags,
    builder: &mut ClusterBuilder,
    purpose: Purpose,
    notes: &mut Vec<NotEvaluated>,
) -> Result<Found> {
    let connection = kube.connection()?;
    let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| purpose.wants(*kind)).collect();
    let report = live::read(&connection, &kinds, builder).map_err(from_live)?;
    let missing = report.forbidden.into_iter().filter(|(kind, _)| purpose.misses(kind.as_str()));
    notes.extend(missing.map(|(kind, why)| not_listed(kind.as_str(), why)));
    Ok(Found {
        version: report.version,
        origin: "the cluster".to_owned(),
        namespace: report.default_namespace,
        scheduler_config: None,
        config_map: None,
        scheduler: builder.scheduler().cloned(),
        connection: Some(connection),
        as_of: Some(Timestamp::now()),
    })
}

fn not_listed(kind: &str, why: String) -> NotEvaluated {
    if kind == "Event" {
        return cluster_says::not_listed(why);
    }
    NotEvaluated::new(kind, why, "what depends on it was judged as if there were none")
}

impl SchedulerFlags {
    /// The behaviour that was asked for, else that of the kube-scheduler that `runs` as a pod, else
    /// that of the version `found`, else that of the newest version known.
    ///
    /// # Errors
    /// An unsupported version was asked for, or a feature gate is unknown.
    pub(crate) fn behaviour(
        &self,
        found: Option<&str>,
        runs: Option<&SchedulerProcess>,
        output: &OutputFlags,
        notes: &mut Vec<NotEvaluated>,
    ) -> Result<Behaviour> {
        let of_image = runs.and_then(running_scheduler::version);
        let found = of_image.or_else(|| found.and_then(|found| found.parse().ok()));
        let version = match self.kube_version {
            Some(version) if version.is_supported() => version,
            Some(version) => {
                return Err(Error::new(format!(
                    "--kube-version {version} is not supported: use v1.{} to v1.{}",
                    KubeVersion::OLDEST_MINOR,
                    KubeVersion::NEWEST_MINOR
                )));
            }
            None => match found {
                Some(version) if version.is_supported() => version,
                Some(version) => clamped(version, output, notes),
                None => KubeVersion::NEWEST,
            },
        };
        // Another version than the one that runs has other gates.
        let runs = runs.filter(|_| self.kube_version.is_none());
        let mut gates = runs.map(|runs| running_scheduler::known_gates(runs, version, notes)).unwrap_or_default();
        // The last word on a gate counts.
        for more in self.feature_gates.iter().filter(|more| !more.is_empty()) {
            gates = if gates.is_empty() { more.clone() } else { format!("{gates},{more}") };
        }
        Behaviour::with_feature_gates(version, &gates)
            .map_err(|error| Error::new(format!("invalid argument for --feature-gates: {error}")))
    }

    /// The configuration that was named, else the scheduler's own. A ConfigMap comes from `cluster`.
    ///
    /// # Errors
    /// A configuration that kube-scheduler would not start with, or none where one was named.
    pub(crate) fn config(
        &self,
        behaviour: &Behaviour,
        cluster: impl FnOnce(&ConfigMapName) -> Result<ConfigMap>,
    ) -> Result<SchedulerConfig> {
        let Some(source) = &self.scheduler_config else { return Ok(SchedulerConfig::default_for(behaviour)) };
        let (value, named) = config_source::read(source, cluster)?;
        SchedulerConfig::parse(&value, behaviour).map_err(|error| Error::new(format!("{named}: {error}")))
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
            session: live::SessionCell::default(),
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
