//! From what was named to pods of the state.
//!
//! A workload stands for its pending pods; when it has none, for a fresh pod from its template.

use std::sync::Arc;

use crate::cluster::admission::{self, Admitted};
use crate::cluster::meta::OwnerReference;
use crate::cluster::pod::{PodObject, PodOwn};
use crate::cluster::pod_class::{PodClass, PodTemplate};
use crate::cluster::workload::{Workload, WorkloadKind};
use crate::cluster::{Cluster, Name, ObjectKey, Pod, PodId, name};
use crate::error::{Error, Result};
use crate::framework::NotEvaluated;

use super::manifests::AskedObject;
use super::state::State;
use super::target::Named;

/// The pods that `named` stands for.
///
/// # Errors
/// There is no such object.
pub(crate) fn named(state: &mut State, named: &Named) -> Result<Vec<PodId>> {
    let key = ObjectKey::new(name(&state.namespace), name(&named.name));
    let Some(kind) = named.workload else {
        return match state.cluster.pod_named(key) {
            Some(pod) => Ok(vec![pod.id]),
            None => Err(not_found(state, "pods", &named.name, state.cluster.pods().iter().map(Pod::key))),
        };
    };
    let found = state.cluster.workloads.iter().find(|workload| workload.kind == kind && workload.key == key);
    let Some(workload) = found.cloned() else {
        let of_kind = state.cluster.workloads.iter().filter(|workload| workload.kind == kind);
        return Err(not_found(state, &plural(kind), &named.name, of_kind.map(|workload| workload.key)));
    };
    let pending = pending_pods(&state.cluster, &workload);
    if pending.is_empty() { Ok(fresh_pods(state, &workload, 1)) } else { Ok(pending) }
}

/// The pods that an object of a manifest stands for, `count` of a workload; added to the state.
pub(crate) fn asked(state: &mut State, asked: AskedObject, count: usize) -> Vec<PodId> {
    match asked {
        AskedObject::Workload(mut workload) => {
            workload.key.namespace = in_namespace(state, workload.key.namespace);
            fresh_pods(state, &workload, count)
        }
        AskedObject::Pod(mut pod, json) => {
            pod.own.key.namespace = in_namespace(state, pod.own.key.namespace);
            // The manifest stands in for the pod of this name, which then takes no room of its own.
            if let Some(existing) = state.cluster.pod_named(pod.own.key).map(|pod| pod.id) {
                state.cluster.forget(existing);
            }
            let key = pod.own.key;
            let ids = add(state, *pod, [key]);
            if state.keeps_raw {
                for id in &ids {
                    state.cluster.keep_raw_pod(*id, &json);
                }
            }
            ids
        }
    }
}

/// `count` pods like the one of a manifest, beside the one of its name if there is one; or all
/// the pods that a controller would make from its template. Added to the state.
///
/// # Errors
/// The object has no replicas.
pub(crate) fn replicas(state: &mut State, asked: AskedObject, count: Option<usize>) -> Result<Vec<PodId>> {
    Ok(match (asked, count) {
        (AskedObject::Workload(workload), _) if workload.kind == WorkloadKind::DaemonSet => {
            return Err(Error::new(format!("DaemonSet \"{}\" has no replicas to place", workload.key.name))
                .hint("use kubectl sched explain -f to see which nodes would take its pod"));
        }
        (AskedObject::Pod(mut pod, _), Some(count)) => {
            pod.own.key.namespace = in_namespace(state, pod.own.key.namespace);
            let keys = free_names(&state.cluster, pod.own.key, "", count);
            add(state, *pod, keys)
        }
        (object @ AskedObject::Pod(..), None) => self::asked(state, object, 1),
        (AskedObject::Workload(workload), count) => {
            let own = workload.replicas.map_or(1, |replicas| usize::try_from(replicas).unwrap_or(0));
            self::asked(state, AskedObject::Workload(workload), count.unwrap_or(own))
        }
    })
}

/// A manifest that names no namespace goes where `-n` says.
fn in_namespace(state: &State, namespace: Name) -> Name {
    if namespace == "default" { name(&state.namespace) } else { namespace }
}

fn plural(kind: WorkloadKind) -> String {
    let group = match kind {
        WorkloadKind::ReplicationController => "",
        WorkloadKind::Job | WorkloadKind::CronJob => ".batch",
        _ => ".apps",
    };
    format!("{}s{group}", kind.as_str().to_ascii_lowercase())
}

/// kubectl's sentence, then where there is one of that name, or of nearly that name.
fn not_found(state: &State, resource: &str, wanted: &str, keys: impl Iterator<Item = ObjectKey>) -> Error {
    let keys: Vec<ObjectKey> = keys.collect();
    let error = Error::new(format!(
        "{resource} \"{wanted}\" not found in namespace \"{}\" of {}",
        state.namespace, state.origin
    ));
    let elsewhere: Vec<&str> = keys.iter().filter(|key| key.name == wanted).map(|key| key.namespace.as_str()).collect();
    match elsewhere.as_slice() {
        [] => {}
        [namespace] => return error.hint(format!("there is one in namespace \"{namespace}\": add -n {namespace}")),
        several => {
            return error.hint(format!("there are some in the namespaces {}: choose with -n", several.join(", ")));
        }
    }
    let here = keys.iter().filter(|key| key.namespace == state.namespace.as_str());
    let mut near: Vec<(usize, &str)> = here
        .map(|key| (distance(&key.name, wanted), key.name.as_str()))
        .filter(|(distance, near)| *distance <= 1 + wanted.len() / 4 || near.starts_with(wanted))
        .collect();
    near.sort_unstable();
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, near)| near).collect();
    if near.is_empty() { error } else { error.hint(format!("did you mean {}?", near.join(" or "))) }
}

/// How many letters must change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        let mut next = vec![before];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(left != *right)).min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Pending pods that `workload` manages, be it through others (a Deployment's ReplicaSets, a
/// CronJob's Jobs).
fn pending_pods(cluster: &Cluster, workload: &Workload) -> Vec<PodId> {
    let managers: Vec<&Workload> = cluster
        .workloads
        .iter()
        .filter(|other| is(other, workload) || owned(other.key.namespace, other.controller.as_ref(), workload))
        .collect();
    cluster
        .pending()
        .filter(|pod| managers.iter().any(|manager| owned(pod.key().namespace, pod.own.controller.as_ref(), manager)))
        .map(|pod| pod.id)
        .collect()
}

fn is(a: &Workload, b: &Workload) -> bool {
    a.kind == b.kind && a.key == b.key
}

/// Whether `owner` of an object in `namespace` is `workload`. A uid counts where both have one.
fn owned(namespace: Name, owner: Option<&OwnerReference>, workload: &Workload) -> bool {
    owner.is_some_and(|owner| {
        namespace == workload.key.namespace
            && owner.name == workload.key.name
            && owner.kind == workload.kind.as_str()
            && (owner.uid.is_empty() || workload.uid.is_empty() || owner.uid == workload.uid)
    })
}

/// Pods as the workload's controller would make them next, added to the state.
fn fresh_pods(state: &mut State, workload: &Workload, count: usize) -> Vec<PodId> {
    // A Deployment's pods are made by the ReplicaSet of its present template, which adds a label.
    let maker = state
        .cluster
        .workloads
        .iter()
        .find(|other| {
            owned(other.key.namespace, other.controller.as_ref(), workload)
                && other.template.spec == workload.template.spec
        })
        .unwrap_or(workload)
        .clone();
    let mut spec = maker.template.spec.clone();
    if workload.kind == WorkloadKind::DaemonSet {
        admission::add_daemon_tolerations(&mut spec);
    }
    let keys = free_names(&state.cluster, workload.key, "-new", count);
    let controller = OwnerReference {
        api_version: Name::default(),
        kind: name(maker.kind.as_str()),
        name: maker.key.name,
        uid: maker.uid,
        controller: Some(true),
    };
    let labels = Arc::new(maker.template.metadata.labels.clone());
    let own = PodOwn::fresh(workload.key, labels, Some(controller));
    add(
        state,
        PodObject {
            own: Box::new(own),
            template: Arc::new(PodTemplate { spec, ..PodTemplate::default() }),
            scheduler: None,
        },
        keys,
    )
}

/// `NAME-new`, then with numbers behind it, as far as there is no such pod. Without a suffix the
/// numbers begin with 1.
fn free_names(cluster: &Cluster, like: ObjectKey, suffix: &str, count: usize) -> Vec<ObjectKey> {
    let first = (!suffix.is_empty()).then(|| format!("{}{suffix}", like.name));
    let start = if suffix.is_empty() { 1 } else { 2 };
    let numbered = (start..).map(|number: usize| format!("{}{suffix}-{number}", like.name));
    let keys = first.into_iter().chain(numbered).map(|free| ObjectKey::new(like.namespace, name(&free)));
    keys.filter(|key| cluster.pod_named(*key).is_none()).take(count).collect()
}

/// Adds pods as the API server would let them in: one for each of `keys`, all like `pod`.
fn add(state: &mut State, pod: PodObject, keys: impl IntoIterator<Item = ObjectKey>) -> Vec<PodId> {
    let Admitted { pod, unknown_priority_class } = admission::admit(pod, &state.cluster.priority_classes);
    if let Some(class) = unknown_priority_class {
        state.notes.push(NotEvaluated::new(
            format!("PriorityClass {class}"),
            format!("it is not in {}", state.origin),
            "the pod's priority was taken as 0",
        ));
    }
    let class = Arc::new(PodClass::new(pod.template, state.gates));
    keys.into_iter()
        .map(|key| {
            let own = if key == pod.own.key {
                (*pod.own).clone()
            } else {
                PodOwn::fresh(key, Arc::clone(&pod.own.labels), pod.own.controller)
            };
            // A pod that only a manifest knows has no uid, and comes after all that the state has.
            let uid = if own.uid.is_empty() { name(&key.to_string()) } else { own.uid };
            let own = PodOwn { uid, node_name: None, sequence: u32::MAX, ..own };
            state.cluster.add_pending(Box::new(own), Arc::clone(&class))
        })
        .collect()
}
