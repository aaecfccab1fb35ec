//! Names of what there is: in the snapshot that the command line names, else in the cluster.
//!
//! They are looked up in a thread of their own and taken as they come until time is up: reading a
//! large file, a login helper, a server that does not answer, none of them holds up a shell.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::{CommandFactory, Parser};

use crate::api::{Name, ObjectKey};
use crate::config::{Behaviour, KubeVersion};
use crate::decode::Kind;
use crate::source::live::{self, KubeconfigEntry};
use crate::source::{Input, files};
use crate::state::{Cluster, ClusterBuilder, Pod};

use super::line::Line;
use crate::cli::kube_flags::KubeFlags;

/// As long as one waits for a Tab.
const DEADLINE: Duration = Duration::from_secs(2);

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Objects; in the namespace that the command line names, if they live in one.
    Objects(Kind),
    /// `--context`.
    Contexts,
    /// `--cluster`.
    Clusters,
    /// `--user`.
    Users,
}

/// The flags that say where to look, under the names that commands give them.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Place {
    #[command(flatten)]
    kube: KubeFlags,
    #[arg(long)]
    snapshot: Option<PathBuf>,
}

/// The names that could be found in time, sorted.
pub(super) fn of(of: Of, line: &Line<'_>) -> Vec<String> {
    let Some(place) = Place::of(line) else { return Vec::new() };
    let (sender, receiver) = mpsc::channel();
    let look = move || place.look(of, &mut |names| sender.send(names).is_ok());
    let mut found = Vec::new();
    if thread::Builder::new().spawn(look).is_err() {
        return found;
    }
    let end = Instant::now() + DEADLINE;
    while let Ok(names) = receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
        found.extend(names);
    }
    found.sort_unstable();
    found.dedup();
    found
}

impl Place {
    fn of(line: &Line<'_>) -> Option<Self> {
        let known = Self::command();
        let words = line.flags.iter().filter_map(|(flag, value)| {
            let known = known.get_arguments().find(|known| known.get_id() == flag.get_id())?;
            Some(match value {
                Some(value) => format!("--{}={value}", known.get_long()?),
                None => format!("--{}", known.get_long()?),
            })
        });
        Self::try_parse_from(words).ok()
    }

    /// Hands names to `take` as they are found, until it answers that no more are wanted.
    fn look(&self, of: Of, take: &mut dyn FnMut(Vec<String>) -> bool) {
        let Ok(connection) = self.kube.connection() else { return };
        let entry = match of {
            Of::Objects(kind) => {
                match &self.snapshot {
                    // Standard input is the shell's.
                    Some(path) if path.as_os_str() == "-" => {}
                    Some(path) => {
                        take(in_snapshot(path.clone(), kind, self.kube.namespace.as_deref()));
                    }
                    // No names is an answer, and the only one there is.
                    None => drop(live::names(&connection, kind, self.kube.namespace.as_deref(), take)),
                }
                return;
            }
            Of::Contexts => KubeconfigEntry::Context,
            Of::Clusters => KubeconfigEntry::Cluster,
            Of::Users => KubeconfigEntry::User,
        };
        take(live::kubeconfig_names(&connection, entry));
    }
}

fn in_snapshot(path: PathBuf, kind: Kind, namespace: Option<&str>) -> Vec<String> {
    let mut builder = ClusterBuilder::default();
    if files::read(&Input::from(path), &mut builder).is_err() {
        return Vec::new();
    }
    // Names are the same under every version.
    let cluster = builder.build(Behaviour::new(KubeVersion::NEWEST).request_gates());
    let namespace = namespace.unwrap_or("default");
    let in_namespace = |keys: &mut dyn Iterator<Item = ObjectKey>| -> Vec<String> {
        keys.filter(|key| key.namespace == namespace).map(|key| key.name.to_string()).collect()
    };
    match kind {
        Kind::Namespace => namespaces(&cluster),
        Kind::Node => cluster.nodes().iter().map(|node| node.name().to_string()).collect(),
        Kind::Pod => in_namespace(&mut cluster.pods().iter().map(Pod::key)),
        Kind::Workload(workload) => {
            let of_kind = cluster.workloads.iter().filter(|object| object.kind == workload);
            in_namespace(&mut of_kind.map(|object| object.key))
        }
        _ => Vec::new(),
    }
}

/// Those that are in the file, and those that its pods and workloads are in.
fn namespaces(cluster: &Cluster) -> Vec<String> {
    let pods = cluster.pods().iter().map(|pod| pod.key().namespace);
    let workloads = cluster.workloads.iter().map(|workload| workload.key.namespace);
    let named: std::collections::BTreeSet<Name> =
        cluster.namespaces.keys().copied().chain(pods).chain(workloads).collect();
    named.iter().map(ToString::to_string).collect()
}
