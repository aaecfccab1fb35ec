//! From what was named to pods of the state.
//!
//! A workload stands for its pending pods; when it has none, for a fresh pod from its template.

use std::sync::Arc;

use crate::api::scheduling_group::GroupKey;
use crate::api::{Name, ObjectKey, name};
use crate::cli::error::{Error, Result};
use crate::config::PodGroupScheduling;
use crate::control_plane::admission::UnknownClass;
use crate::control_plane::controller;
use crate::control_plane::{Created, NewPods, OnRefusal};
use crate::decode::pod::{PodObject, PodOwn};
use crate::decode::workload::{Workload, WorkloadKey, WorkloadKind};
use crate::did_you_mean;
use crate::framework::NotEvaluated;
use crate::report::text::count;
use crate::simulate::groups::whole;
use crate::state::{Pod, PodId};

use super::manifests::AskedObject;
use super::target::{Named, NamedKind, Selection};
use super::{namespaces, output::say};
use crate::session::State;

/// The object with a pod template that `named` stands for; none for a pod that exists.
///
/// # Errors
/// There is no such object.
pub(crate) fn workload(state: &State, named: &Named) -> Result<Option<Workload>> {
    let key = named.key(&state.namespace);
    let kind = match named.kind {
        NamedKind::Workload(kind) => kind,
        NamedKind::Pod => {
            // A pod that its StatefulSet has not created yet is answered by what the set waits for.
            let exists = state.cluster.pod_named(key).is_some() || state.cluster.ended_named(key).is_some();
            return Ok(if exists { None } else { controller::set_that_wants(&state.cluster, key).cloned() });
        }
        NamedKind::PodGroup => return Ok(None),
    };
    let found = state.cluster.workload(WorkloadKey { kind, key });
    if let Some(workload) = found {
        return Ok(Some(workload.clone()));
    }
    let of_kind = state.cluster.workloads.iter().filter(|workload| workload.kind == kind);
    Err(not_found(state, &kind.resource(), &named.name, of_kind.map(|workload| workload.key)))
}

/// The pods that `named` stands for.
///
/// # Errors
/// There is no such object.
pub(crate) fn named(state: &mut State, named: &Named) -> Result<Vec<PodId>> {
    let key = named.key(&state.namespace);
    if named.kind == NamedKind::PodGroup {
        return members(state, key);
    }
    let Some(workload) = workload(state, named)? else {
        return match state.cluster.pod_named(key) {
            Some(pod) => Ok(vec![pod.id]),
            None if state.cluster.ended_named(key).is_some() => Ok(another_of_ended(state, key)),
            None => Err(not_found(state, "pods", &named.name, state.cluster.pods().iter().map(Pod::key))),
        };
    };
    let waits = |pod: &PodId| named.kind.workload().is_some() && state.cluster.pod(*pod).own.node_name.is_none();
    let pending: Vec<PodId> = controller::owned_pods(&state.cluster, &workload).into_iter().filter(waits).collect();
    if !pending.is_empty() {
        return Ok(pending);
    }
    if named.kind.workload().is_none() {
        let pods = controller::one_called(&state.cluster, &workload, key.name);
        return Ok(create(state, pods));
    }
    Ok(self::asked(state, AskedObject::Workload(Box::new(workload))))
}

/// The objects that a selection stands for, each by its name. Of pods those that wait for a node; where none does, those
/// that have theirs, and where there are none of these either, those in a final phase.
///
/// # Errors
/// Nothing matches.
pub(crate) fn selected(state: &State, selection: &Selection) -> Result<Vec<Named>> {
    if let Some(pod) = selection.pod() {
        let key = pod.key(&state.namespace);
        if state.cluster.pod_named(key).is_some() || state.cluster.ended_named(key).is_some() {
            return Ok(vec![pod]);
        }
    }
    let mut found = Vec::new();
    for kind in &selection.kinds {
        let mut keys = match kind {
            NamedKind::Pod => selected_pods(state, selection),
            NamedKind::Workload(kind) => {
                let of_kind = state.cluster.workloads.iter().filter(|workload| workload.kind == *kind);
                of_kind
                    .filter(|workload| selection.takes(&state.namespace, workload.key, &workload.labels))
                    .map(|workload| workload.key)
                    .collect()
            }
            NamedKind::PodGroup => {
                return Err(Error::new("a podgroup is asked about by its name").hint("write podgroup/NAME"));
            }
        };
        keys.sort();
        let named =
            |key: ObjectKey| Named { kind: *kind, name: key.name.to_string(), namespace: Some(key.namespace.as_str()) };
        found.extend(keys.into_iter().map(named));
    }
    if found.is_empty() { Err(nothing_selected(state, selection)) } else { Ok(found) }
}

fn selected_pods(state: &State, selection: &Selection) -> Vec<ObjectKey> {
    let takes = |own: &PodOwn| selection.takes(&state.namespace, own.key, &own.labels);
    let all = state.cluster.pods().iter().filter(|pod| takes(&pod.own));
    let (placed, pending): (Vec<&Pod>, Vec<&Pod>) = all.partition(|pod| pod.own.node_name.is_some());
    if !pending.is_empty() {
        if !placed.is_empty() {
            let others = count(placed.len(), "matching pod");
            say(&format!("{others} on nodes not shown: name one to explain why it is where it is"));
        }
        return pending.into_iter().map(Pod::key).collect();
    }
    if !placed.is_empty() {
        return placed.into_iter().map(Pod::key).collect();
    }
    state.cluster.ended().iter().filter(|pod| takes(&pod.own)).map(|pod| pod.own.key).collect()
}

fn nothing_selected(state: &State, selection: &Selection) -> Error {
    let what = if selection.text.is_empty() { String::new() } else { format!(" with the labels {}", selection.text) };
    if selection.all_namespaces {
        return Error::new(format!("no resources{what} in {}", state.basis.origin));
    }
    let namespace = &state.namespace;
    let error = match namespaces::missing(state, namespace) {
        Some(missing) => return Error::new(missing),
        None => Error::new(format!("no resources{what} in namespace \"{namespace}\" of {}", state.basis.origin)),
    };
    let everywhere = Selection { all_namespaces: true, ..selection.clone() };
    let is_elsewhere = selection.kinds.iter().any(|kind| match kind {
        NamedKind::Workload(kind) => {
            let mut of_kind = state.cluster.workloads.iter().filter(|workload| workload.kind == *kind);
            of_kind.any(|workload| everywhere.takes("", workload.key, &workload.labels))
        }
        _ => state.cluster.pods().iter().any(|pod| everywhere.takes("", pod.key(), &pod.own.labels)),
    });
    if is_elsewhere { error.hint("other namespaces have some: choose one with -n, or use -A") } else { error }
}

/// The pods of a group that wait for a node; if none does, one that has its node.
fn members(state: &State, key: ObjectKey) -> Result<Vec<PodId>> {
    let (scheduler, cluster) = (&state.scheduler, &state.cluster);
    let scheduling = scheduler.behaviour().pod_groups();
    let found = whole::groups_named(scheduler, cluster, key);
    if found.is_empty() {
        let all = cluster.pods().iter().filter_map(|pod| match scheduling.group_of(pod)? {
            GroupKey::PodGroup(group) => Some(group),
            GroupKey::Workload { workload, pod_group, .. } => Some(ObjectKey::new(workload.namespace, pod_group)),
        });
        let error = not_found(state, "podgroups.scheduling.k8s.io", &key.name, all);
        let off = scheduling == PodGroupScheduling::None && cluster.pod_group(key).is_some();
        return Err(if off {
            error.hint("kube-scheduler reads PodGroups with --feature-gates GenericWorkload=true only")
        } else {
            error
        });
    }
    let members = found.into_iter().flat_map(|group| cluster.group_members(group));
    let (mut placed, mut pending): (Vec<&Pod>, Vec<&Pod>) = members.partition(|pod| pod.own.node_name.is_some());
    pending.sort_by_key(|pod| pod.key());
    placed.sort_by_key(|pod| pod.key());
    placed.truncate(1);
    let pods = if pending.is_empty() { placed } else { pending };
    if pods.is_empty() {
        return Err(Error::new(format!("PodGroup \"{}\" has no pods", key.name)));
    }
    Ok(pods.into_iter().map(|pod| pod.id).collect())
}

/// Creates pods, also those that the API server would refuse.
fn create(state: &mut State, pods: NewPods) -> Vec<PodId> {
    let created = state.cluster.create(pods, state.gates, OnRefusal::CreateAnyway);
    note_unknown(state, &created);
    state.refused.extend(created.refused);
    created.pods
}

/// A pod like the one in a final phase called `key`, to be asked whether a new one would fit.
fn another_of_ended(state: &mut State, key: ObjectKey) -> Vec<PodId> {
    let Some(ended) = state.cluster.ended_named(key) else { return Vec::new() };
    let own = PodOwn { uid: ended.own.uid, ..PodOwn::fresh(key, Arc::clone(&ended.own.labels), ended.own.controller) };
    let pods = NewPods { own: vec![own], template: Arc::clone(&ended.template), ..NewPods::default() };
    let created = state.cluster.create(pods, state.gates, OnRefusal::CreateAnyway);
    state.refused.extend(created.refused);
    created.pods
}

/// The pod that an object of a manifest stands for; added to the state, also where the API server
/// would refuse it.
pub(crate) fn asked(state: &mut State, asked: AskedObject) -> Vec<PodId> {
    let (pods, json) = match asked {
        AskedObject::Workload(workload) => {
            let workload = in_namespace(state, *workload);
            (controller::one_more(&state.cluster, &workload), None)
        }
        AskedObject::Pod(pod, json) => (itself(state, *pod), Some(json)),
    };
    let created = state.cluster.create(pods, state.gates, OnRefusal::CreateAnyway);
    if let Some(json) = json {
        keep_raw(state, &created, &json);
    }
    note_unknown(state, &created);
    state.refused.extend(created.refused);
    created.pods
}

/// `count` pods like the one of a manifest, beside the one of its name if there is one; or all
/// the pods that a controller would make from its template. Added to the state, as far as the API
/// server would let them in.
///
/// # Errors
/// `count` is asked of an object that has no replicas.
pub(crate) fn replicas(state: &mut State, asked: AskedObject, count: Option<usize>) -> Result<Created> {
    let (pods, json) = match (asked, count) {
        (AskedObject::Workload(workload), Some(_)) if workload.kind == WorkloadKind::DaemonSet => {
            return Err(Error::new(format!("DaemonSet \"{}\" has no replicas", workload.key.name))
                .hint("a DaemonSet runs one pod on each eligible node: remove --replicas"));
        }
        (AskedObject::Workload(workload), count) => {
            let workload = in_namespace(state, *workload);
            state.cluster.apply_workload(workload.clone());
            (controller::pods(&state.cluster, &workload, count), None)
        }
        (AskedObject::Pod(pod, json), None) => (vec![itself(state, *pod)], Some(json)),
        (AskedObject::Pod(mut pod, _), Some(count)) => {
            pod.own.key.namespace = namespace(state, pod.own.key.namespace);
            let like = |key| {
                if key == pod.own.key {
                    (*pod.own).clone()
                } else {
                    PodOwn::fresh(key, Arc::clone(&pod.own.labels), pod.own.controller)
                }
            };
            let own = controller::free_names(&state.cluster, pod.own.key, "", count).map(like).collect();
            (vec![NewPods { own, template: Arc::clone(&pod.template), ..NewPods::default() }], None)
        }
    };
    let mut created = Created::default();
    for pods in pods {
        created.extend(state.cluster.create(pods, state.gates, OnRefusal::LeaveOut));
    }
    if let Some(json) = json {
        keep_raw(state, &created, &json);
    }
    note_unknown(state, &created);
    Ok(created)
}

/// The pod of a manifest, which stands in for the one of its name.
fn itself(state: &State, mut pod: PodObject) -> NewPods {
    pod.own.key.namespace = namespace(state, pod.own.key.namespace);
    let there = state.cluster.pod_named(pod.own.key).map(|pod| pod.id);
    NewPods { own: vec![*pod.own], template: pod.template, replaces: there.into_iter().collect(), claims: Vec::new() }
}

fn keep_raw(state: &mut State, created: &Created, json: &[u8]) {
    if state.keeps_raw {
        for pod in &created.pods {
            state.cluster.keep_raw_pod(*pod, json);
        }
    }
}

/// Classes that may exist, and were not applied.
fn note_unknown(state: &mut State, created: &Created) {
    for class in &created.unknown {
        let (what, effect) = match class {
            UnknownClass::Priority(class) => {
                (format!("PriorityClass {class}"), "the pod was evaluated with priority 0")
            }
            UnknownClass::Runtime(class) => {
                (format!("RuntimeClass {class}"), "the pod's overhead and the class's node selector were not applied")
            }
        };
        let note = NotEvaluated::new(what, format!("it is not in {}", state.basis.origin), effect);
        if !state.notes.contains(&note) {
            state.notes.push(note);
        }
    }
}

/// A manifest that names no namespace goes where `-n` says.
pub(crate) fn namespace(state: &State, namespace: Name) -> Name {
    if namespace == "default" { name(&state.namespace) } else { namespace }
}

pub(crate) fn in_namespace(state: &State, mut workload: Workload) -> Workload {
    workload.key.namespace = namespace(state, workload.key.namespace);
    workload
}

/// kubectl's sentence, then where there is one of that name, or of nearly that name.
fn not_found(state: &State, resource: &str, wanted: &str, keys: impl Iterator<Item = ObjectKey>) -> Error {
    let keys: Vec<ObjectKey> = keys.collect();
    let error = Error::new(format!(
        "{resource} \"{wanted}\" not found in namespace \"{}\" of {}",
        state.namespace, state.basis.origin
    ));
    let elsewhere: Vec<&str> = keys.iter().filter(|key| key.name == wanted).map(|key| key.namespace.as_str()).collect();
    match elsewhere.as_slice() {
        [] => {}
        [namespace] => return error.hint(format!("it exists in namespace \"{namespace}\": add -n {namespace}")),
        several => {
            return error.hint(format!("it exists in the namespaces {}: choose one with -n", several.join(", ")));
        }
    }
    let here = keys.iter().filter(|key| key.namespace == state.namespace.as_str());
    if let Some(kind) = WorkloadKind::from_resource(wanted).filter(|_| resource == "pods") {
        return error.hint(format!("to name a {}, write {wanted}/NAME", kind.to_string().to_lowercase()));
    }
    let near = did_you_mean::question(wanted, here.map(|key| key.name.as_str()));
    near.map_or_else(|| error.clone(), |near| error.clone().hint(near))
}
