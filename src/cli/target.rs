//! What is asked about: `POD`, `pod/POD`, `TYPE/NAME`, `TYPE NAME`, `TYPE` or `-l SELECTOR`, or `-f FILE`.

use crate::api::selector::Selector;
use crate::api::{Labels, ObjectKey, name, selector_text};
use crate::cli::error::{Error, Result};
use crate::decode::Kind;
use crate::decode::workload::WorkloadKind;
use crate::did_you_mean;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Objects of the state.
    Named(Vec<Named>),
    /// All objects of the state that a selector matches.
    Selected(Selection),
    /// Manifests, which need not exist.
    Files,
}

/// Which objects are asked about, where they are not named one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) kinds: Vec<NamedKind>,
    /// What their labels must match.
    pub(crate) labels: Selector,
    /// The same as it was typed; empty where all are meant.
    pub(crate) text: String,
    pub(crate) all_namespaces: bool,
    /// The one word that was typed: a pod of this name is meant, if there is one.
    pub(crate) word: Option<String>,
}

impl Selection {
    /// The pod that may be meant instead.
    pub(crate) fn pod(&self) -> Option<Named> {
        self.word.as_ref().map(|word| Named::new(NamedKind::Pod, word))
    }

    /// Whether the object is one of those, with `namespace` as the one of the question.
    pub(crate) fn takes(&self, namespace: &str, key: ObjectKey, labels: &Labels) -> bool {
        (self.all_namespaces || key.namespace == namespace) && self.labels.matches(labels)
    }
}

/// What of the command line says what is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TargetWords<'a> {
    pub(crate) arguments: &'a [String],
    /// Whether manifests are given.
    pub(crate) manifests: bool,
    pub(crate) selector: Option<&'a str>,
    pub(crate) all_namespaces: bool,
}

/// An object by type and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) kind: NamedKind,
    pub(crate) name: String,
    /// Where it is; none for the namespace of the question.
    pub(crate) namespace: Option<&'static str>,
}

impl Named {
    fn new(kind: NamedKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), namespace: None }
    }

    /// Its key, in `namespace` unless it says otherwise.
    pub(crate) fn key(&self, namespace: &str) -> ObjectKey {
        ObjectKey::new(name(self.namespace.unwrap_or(namespace)), name(&self.name))
    }
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
    pub(crate) fn parse(words: TargetWords<'_>) -> Result<Self> {
        let TargetWords { arguments, manifests, selector, all_namespaces } = words;
        if manifests {
            return if arguments.is_empty() && selector.is_none() {
                Ok(Self::Files)
            } else {
                Err(Error::new(
                    "when paths, URLs, or stdin is provided as input, you may not specify a resource by arguments as well",
                ))
            };
        }
        let by_name = |named: Vec<Named>| match selector {
            Some(_) => Err(Error::new("name cannot be provided when a selector is specified")),
            None if all_namespaces => {
                Err(Error::new("a resource cannot be retrieved by name across all namespaces")
                    .hint("choose one with -n"))
            }
            None => Ok(Self::Named(named)),
        };
        if arguments.iter().any(|argument| argument.contains('/')) {
            return by_name(arguments.iter().map(|argument| slashed(argument)).collect::<Result<_>>()?);
        }
        let selected = |kinds, word: Option<&String>| {
            let word = word.filter(|_| selector.is_none() && !all_namespaces).cloned();
            let text = selector.unwrap_or_default();
            let labels = match text {
                "" => Selector::everything(),
                text => selector_text::parse(text).map_err(|error| Error::new(format!("-l {text}: {error}")))?,
            };
            Ok(Self::Selected(Selection { kinds, labels, text: text.to_owned(), all_namespaces, word }))
        };
        let pods = || arguments.iter().map(|name| Named::new(NamedKind::Pod, name)).collect();
        match arguments {
            [] if selector.is_some() || all_namespaces => selected(vec![NamedKind::Pod], None),
            [] => Err(Error::new("you must say what to explain")
                .hint("name a POD or TYPE/NAME, or use -l SELECTOR or -f FILE")),
            [word] => match kinds_of(word) {
                // One word is a pod's name, unless it is nothing but a type.
                Ok(kinds) => selected(kinds, Some(word)),
                Err(error) if selector.is_some() || word.contains(',') => Err(error),
                Err(_) => by_name(pods()),
            },
            [word, names @ ..] => match kinds_of(word) {
                Ok(kinds) => {
                    by_name(kinds.iter().flat_map(|kind| names.iter().map(|name| Named::new(*kind, name))).collect())
                }
                // Several pods; a word that is nearly a type is a misspelt one.
                Err(error) if is_nearly_a_type(word) => Err(error),
                Err(_) => by_name(pods()),
            },
        }
    }
}

/// `pods`, `deploy,sts`.
fn kinds_of(word: &str) -> Result<Vec<NamedKind>> {
    word.split(',').map(kind_of).collect()
}

/// Whether `word` is a type without pods, or was probably meant to be a type.
fn is_nearly_a_type(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    WITHOUT_PODS.iter().any(|names| names.contains(&word.as_str()))
        || !did_you_mean::near(&word, TYPES.into_iter().chain(SHORT_TYPES)).is_empty()
}

/// `TYPE/NAME`.
fn slashed(argument: &str) -> Result<Named> {
    match argument.split('/').collect::<Vec<_>>().as_slice() {
        [kind, name] if !kind.is_empty() && !name.is_empty() => Ok(Named::new(kind_of(kind)?, *name)),
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
    fn case(line: &str, expected: &str) {
        let words: Vec<String> = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let arguments: Vec<String> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        let words = TargetWords {
            arguments: &arguments,
            manifests: words.iter().any(|word| word == "-f"),
            selector: words.iter().find_map(|word| word.strip_prefix("-l=")),
            all_namespaces: words.iter().any(|word| word == "-A"),
        };
        let kind = |kind| match kind {
            NamedKind::Workload(kind) => format!("{kind} "),
            NamedKind::PodGroup => "PodGroup ".to_owned(),
            NamedKind::Pod => String::new(),
        };
        let text = match Target::parse(words) {
            Ok(Target::Named(named)) => {
                named.iter().map(|named| kind(named.kind) + &named.name).collect::<Vec<_>>().join(", ")
            }
            Ok(Target::Selected(Selection { kinds, text, all_namespaces, .. })) => {
                let kinds: String = kinds.into_iter().map(kind).collect();
                format!("all {kinds}{text}{}", if all_namespaces { " everywhere" } else { "" })
            }
            Ok(Target::Files) => "files".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected, "{line}");
    }

    #[test]
    fn arguments_are_read_as_kubectl_reads_them() {
        case("web", "web");
        case("pod/web", "web");
        case("po a b", "a, b");
        case("deploy/web pods/x", "Deployment web, x");
        case("deployments.apps web", "Deployment web");
        case("deploy,sts web", "Deployment web, StatefulSet web");
        case("sts/", "arguments in resource/name form must have a single resource and name");
        case("a/b/c", "arguments in resource/name form may not have more than one slash");
        let types =
            "use pod, deployment, statefulset, daemonset, replicaset, replicationcontroller, job, cronjob, podgroup";
        case("svc/web", &format!("a service has no pods of its own; {types}"));
        case("svc web", &format!("a service has no pods of its own; {types}"));
        case("dep/web", "unknown resource type \"dep\"; did you mean deploy or deployment?");
        case("dep web", "unknown resource type \"dep\"; did you mean deploy or deployment?");
        case("xyz/web", &format!("unknown resource type \"xyz\"; {types}"));
    }

    #[test]
    fn several_pods_need_no_type() {
        case("web-7 web-8 db-0", "web-7, web-8, db-0");
    }

    #[test]
    fn a_type_or_a_selector_stands_for_all_that_match() {
        case("pods", "all ");
        case("-l=app=web", "all app=web");
        case("deploy,sts -l=app=web -A", "all Deployment StatefulSet app=web everywhere");
        case("-A", "all  everywhere");
        case(
            "web-7 -l=app=web",
            "unknown resource type \"web-7\"; use pod, deployment, statefulset, daemonset, replicaset, replicationcontroller, job, cronjob, podgroup",
        );
        case("pod/web -l=app=web", "name cannot be provided when a selector is specified");
        case("web -A", "a resource cannot be retrieved by name across all namespaces; choose one with -n");
    }

    #[test]
    fn files_and_names_exclude_each_other() {
        let both =
            "when paths, URLs, or stdin is provided as input, you may not specify a resource by arguments as well";
        case("web -f", both);
        case("-l=a=b -f", both);
        case("-f", "files");
        case("", "you must say what to explain; name a POD or TYPE/NAME, or use -l SELECTOR or -f FILE");
    }
}
