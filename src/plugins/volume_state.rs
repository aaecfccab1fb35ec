//! Storage objects as the volume plugins look them up: found, missing, or of a kind that the
//! input does not speak of, which is said and not taken for missing.

use crate::api::ObjectKey;
use crate::api::name::Name;
use crate::decode::Kind;
use crate::decode::storage::{PersistentVolume, PersistentVolumeClaim, StorageClass};
use crate::framework::{Cycle, NotEvaluated, Turns};
use crate::state::Cluster;

/// What came of looking for an object.
pub(super) enum Lookup<T> {
    /// It is there.
    Found(T),
    /// The cluster has no such object.
    Missing,
    /// Whether the cluster has it is not known.
    Unknown,
}

/// The claim called `key`; `plugin` says in the answer when claims are not known.
pub(super) fn claim<'a>(cycle: Cycle<'a>, key: ObjectKey, plugin: &str) -> Lookup<&'a PersistentVolumeClaim> {
    match cycle.cluster.storage().claim(key) {
        Some(claim) => Lookup::Found(claim),
        None if cycle.cluster.holds(Kind::PersistentVolumeClaim) => Lookup::Missing,
        None => {
            let effect = format!("{plugin} did not check the pod's claims");
            not_known(cycle, Kind::PersistentVolumeClaim, effect, Turns::Fits);
            Lookup::Unknown
        }
    }
}

/// The class called `name`.
pub(super) fn class<'a>(cycle: Cycle<'a>, name: Name, plugin: &str) -> Lookup<&'a StorageClass> {
    match cycle.cluster.storage().class(name) {
        Some(class) => Lookup::Found(class),
        None if cycle.cluster.holds(Kind::StorageClass) => Lookup::Missing,
        None => {
            let effect = format!("{plugin} did not check claims that are not bound");
            not_known(cycle, Kind::StorageClass, effect, Turns::Fits);
            Lookup::Unknown
        }
    }
}

/// The volume called `name`.
pub(super) fn volume<'a>(cycle: Cycle<'a>, name: Name, plugin: &str) -> Lookup<&'a PersistentVolume> {
    match cycle.cluster.storage().volume(name) {
        Some(volume) => Lookup::Found(volume),
        None if volumes_are_known(cycle.cluster) => {
            note_no_volumes(cycle, plugin);
            Lookup::Missing
        }
        None => {
            let effect = format!("{plugin} did not check claims that are bound");
            not_known(cycle, Kind::PersistentVolume, effect, Turns::Fits);
            Lookup::Unknown
        }
    }
}

/// Whether it is known which PersistentVolumes there are. A cluster may well have none; but input
/// without volumes and without classes was read by somebody who could see neither.
pub(super) fn volumes_are_known(cluster: &Cluster) -> bool {
    cluster.holds(Kind::PersistentVolume) || cluster.holds(Kind::StorageClass)
}

/// Says so when volumes are taken for missing only because the input has none at all.
pub(super) fn note_no_volumes(cycle: Cycle<'_>, plugin: &str) {
    if !cycle.cluster.holds(Kind::PersistentVolume) {
        let effect = format!("{plugin} assumed that the cluster has none");
        not_known(cycle, Kind::PersistentVolume, effect, Turns::DoesNotFit);
    }
}

/// Says what it means that the input has nothing of `kind`.
pub(super) fn not_held(cycle: Cycle<'_>, kind: Kind, effect: impl Into<String>) {
    not_known(cycle, kind, effect, Turns::Neither);
}

/// The same for what could turn a verdict.
pub(super) fn not_known(cycle: Cycle<'_>, kind: Kind, effect: impl Into<String>, turns: Turns) {
    cycle.notes.add(NotEvaluated::of_kind(kind, "the input has none", effect).turning(turns));
}

/// A state from the JSON of its objects, in the tests of the volume plugins.
#[cfg(test)]
pub(super) fn cluster(objects: &[serde_json::Value]) -> Cluster {
    use crate::decode::Object;
    use crate::decode::object::TypeMeta;
    use crate::state::ClusterBuilder;
    let mut builder = ClusterBuilder::default();
    for object in objects {
        let json = object.to_string();
        let meta = TypeMeta::peek(json.as_bytes());
        let kind = Kind::of(&meta.api_version.unwrap(), &meta.kind.unwrap()).unwrap();
        builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
    }
    builder.build(crate::config::Behaviour::default().request_gates())
}

/// The answers of `plugin` for the pod `n/p` of `cluster`: what PreFilter says, or what Filter says
/// of each node in the order of names; then the kinds that were noted as not held.
#[cfg(test)]
pub(super) fn verdicts(plugin: &dyn crate::framework::Plugin, cluster: &Cluster) -> (Vec<String>, Vec<String>) {
    use crate::api::{Timestamp, name};
    use crate::framework::{Notes, PreFilter};
    let (notes, behaviour) = (Notes::default(), crate::config::Behaviour::default());
    let pod = cluster.pod_named(ObjectKey::new(name("n"), name("p"))).unwrap();
    let cycle = Cycle { cluster, pod, behaviour: &behaviour, now: Timestamp(0), notes: &notes };
    let said = match plugin.pre_filter().unwrap().pre_filter(cycle) {
        PreFilter::Skip => vec!["skip".to_owned()],
        PreFilter::Reject(rejection) => vec![rejection.message()],
        PreFilter::Run { filter, .. } => {
            let filter = |node| filter.filter(node).map_or_else(|rejection| rejection.message(), |()| "fits".into());
            cluster.nodes().iter().map(filter).collect()
        }
    };
    let noted = notes.take().into_iter().map(|item| item.what).collect();
    (said, noted)
}
