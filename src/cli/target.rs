//! What is asked about: `POD`, `pod/POD`, `TYPE/NAME`, `TYPE NAME`, or `-f FILE`.

use std::path::PathBuf;

use crate::cli::error::{Error, Result};
use crate::decode::Kind;
use crate::decode::workload::WorkloadKind;
use crate::did_you_mean;

use super::manifests::{self, AskedManifests};

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Objects of the state.
    Named(Vec<Named>),
    /// Manifests, which need not exist.
    Files(Vec<PathBuf>),
}

/// An object by type and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: NamedKind,
    pub(crate) name: String,
}

/// What has pods, or is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedKind {
    Pod,
    Workload(WorkloadKind),
    /// A group that kube-scheduler itself schedules together: a PodGroup, or a pod group of a Workload (v1.35).
    PodGroup,
}

impl NamedKind {
    /// The kind of workload that it is.
    pub(crate) fn workload(self) -> Option<WorkloadKind> {
        match self {
            Self::Workload(kind) => Some(kind),
            Self::Pod | Self::PodGroup => None,
        }
    }

    /// The kind of the object itself.
    pub(crate) fn object(self) -> Kind {
        match self {
            Self::Pod => Kind::Pod,
            Self::Workload(kind) => Kind::Workload(kind),
            Self::PodGroup => Kind::PodGroup,
        }
    }
}

impl Target {
    /// Reads the arguments as kubectl does (upstream cli-runtime resource/builder.go, ResourceTypeOrNameArgs).
    ///
    /// # Errors
    /// The command line says nothing, too much, or names a type without pods.
    pub(crate) fn parse(arguments: &[String], files: &[PathBuf]) -> Result<Self> {
        if !files.is_empty() {
            return if arguments.is_empty() {
                Ok(Self::Files(files.to_vec()))
            } else {
                Err(Error::new(
                    "when paths, URLs, or stdin is provided as input, you may not specify a resource by arguments as well",
                ))
            };
        }
        if arguments.iter().any(|argument| argument.contains('/')) {
            return Ok(Self::Named(arguments.iter().map(|argument| slashed(argument)).collect::<Result<_>>()?));
        }
        match arguments {
            [] => Err(Error::new("you must say what to explain").hint("name a POD or TYPE/NAME, or use -f FILE")),
            [pod] => Ok(Self::Named(vec![Named { kind: NamedKind::Pod, name: pod.clone() }])),
            [kind, names @ ..] => {
                let kind = kind_of(kind)?;
                Ok(Self::Named(names.iter().map(|name| Named { kind, name: name.clone() }).collect()))
            }
        }
    }
}

impl Target {
    /// Reads the manifests, if that is what is asked about: before a cluster is asked, as a login
    /// plugin may want standard input as well.
    ///
    /// # Errors
    /// As [`manifests::read`].
    pub(crate) fn manifests(&self) -> Result<AskedManifests> {
        match self {
            Self::Files(files) => manifests::read(files),
            Self::Named(_) => Ok(AskedManifests::default()),
        }
    }
}

/// `TYPE/NAME`.
fn slashed(argument: &str) -> Result<Named> {
    match argument.split('/').collect::<Vec<_>>().as_slice() {
        [kind, name] if !kind.is_empty() && !name.is_empty() => {
            Ok(Named { kind: kind_of(kind)?, name: (*name).to_owned() })
        }
        [_, _] => Err(Error::new("arguments in resource/name form must have a single resource and name")),
        [_] => Err(Error::new(
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form",
        )),
        _ => Err(Error::new("arguments in resource/name form may not have more than one slash")),
    }
}

/// What `word` names, in any of its spellings.
///
/// # Errors
/// No such type, or one without pods.
pub(super) fn kind_of(word: &str) -> Result<NamedKind> {
    let word = word.to_ascii_lowercase();
    if matches!(word.as_str(), "pod" | "pods" | "po") {
        return Ok(NamedKind::Pod);
    }
    if matches!(word.split('.').next(), Some("podgroup" | "podgroups")) {
        return Ok(NamedKind::PodGroup);
    }
    WorkloadKind::from_resource(&word).map(NamedKind::Workload).ok_or_else(|| {
        if let Some(kind) =
            WITHOUT_PODS.iter().find(|names| names.contains(&word.as_str())).and_then(|names| names.first())
        {
            return Error::new(format!("a {kind} has no pods of its own")).hint(format!("use {}", TYPES.join(", ")));
        }
        let near = did_you_mean::question(&word, TYPES.into_iter().chain(SHORT_TYPES));
        Error::new(format!("unknown resource type \"{word}\""))
            .hint(near.unwrap_or_else(|| format!("use {}", TYPES.join(", "))))
    })
}

/// What can be asked about.
const TYPES: [&str; 9] = [
    "pod",
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "replicationcontroller",
    "job",
    "cronjob",
    "podgroup",
];

const SHORT_TYPES: [&str; 5] = ["deploy", "sts", "ds", "rs", "cj"];

/// Types of kubectl that have no pods, by their names.
const WITHOUT_PODS: [&[&str]; 16] = [
    &["node", "nodes", "no"],
    &["service", "services", "svc"],
    &["namespace", "namespaces", "ns"],
    &["configmap", "configmaps", "cm"],
    &["secret", "secrets"],
    &["ingress", "ingresses", "ing"],
    &["endpoints", "ep"],
    &["event", "events", "ev"],
    &["persistentvolume", "persistentvolumes", "pv"],
    &["persistentvolumeclaim", "persistentvolumeclaims", "pvc"],
    &["storageclass", "storageclasses", "sc"],
    &["serviceaccount", "serviceaccounts", "sa"],
    &["poddisruptionbudget", "poddisruptionbudgets", "pdb"],
    &["horizontalpodautoscaler", "horizontalpodautoscalers", "hpa"],
    &["priorityclass", "priorityclasses", "pc"],
    &["resourcequota", "resourcequotas", "quota"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(arguments: &[&str], expected: &str) {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let text = match Target::parse(&arguments, &[]) {
            Ok(Target::Named(named)) => named
                .iter()
                .map(|named| match named.kind {
                    NamedKind::Workload(kind) => format!("{kind} {}", named.name),
                    NamedKind::PodGroup => format!("PodGroup {}", named.name),
                    NamedKind::Pod => named.name.clone(),
                })
                .collect::<Vec<_>>()
                .join(", "),
            Ok(Target::Files(_)) => "files".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn arguments_are_read_as_kubectl_reads_them() {
        case(&["web"], "web");
        case(&["pod/web"], "web");
        case(&["po", "a", "b"], "a, b");
        case(&["deploy/web", "pods/x"], "Deployment web, x");
        case(&["deployments.apps", "web"], "Deployment web");
        case(&["sts/"], "arguments in resource/name form must have a single resource and name");
        case(&["a/b/c"], "arguments in resource/name form may not have more than one slash");
        let types =
            "use pod, deployment, statefulset, daemonset, replicaset, replicationcontroller, job, cronjob, podgroup";
        case(&["svc/web"], &format!("a service has no pods of its own; {types}"));
        case(&["dep/web"], "unknown resource type \"dep\"; did you mean deploy or deployment?");
        case(&["xyz/web"], &format!("unknown resource type \"xyz\"; {types}"));
    }

    #[test]
    fn files_and_names_exclude_each_other() {
        let file = [PathBuf::from("pod.yaml")];
        assert!(Target::parse(&["web".to_owned()], &file).is_err());
        assert_eq!(Target::parse(&[], &file).unwrap(), Target::Files(file.to_vec()));
        assert!(Target::parse(&[], &[]).is_err());
    }
}
