//! Volumes that one node at a time can have, as the attach-detach controller attaches them.
//!
//! kube-scheduler does not look at this: a pod with a ReadWriteOnce volume may be placed on another node than the
//! pods that use the volume already, and then waits there with the event `Multi-Attach error` until they are gone
//! (upstream pkg/controller/volume/attachdetach/reconciler/reconciler.go, attachDesiredVolumes; util/util.go,
//! IsMultiAttachAllowed).

use crate::api::name::Name;
use crate::api::{List, ObjectKey};
use crate::decode::pod::PodPhase;
use crate::decode::storage::{PersistentVolume, PersistentVolumeClaim};
use crate::state::{Cluster, Pod, PodId};

/// A pod that has its node and cannot start there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MultiAttach {
    /// The pod.
    pub pod: ObjectKey,
    /// Its node.
    pub node: Name,
    /// The claim of the volume.
    pub claim: ObjectKey,
    /// The node that has the volume.
    pub attached_to: Name,
    /// The pod there that uses it.
    pub used_by: ObjectKey,
}

/// The volume that keeps `pod` from starting on its node; none for a pod that has none.
pub fn multi_attach(cluster: &Cluster, pod: PodId) -> Option<MultiAttach> {
    let pod = cluster.get_pod(pod)?;
    let node = pod.own.node_name?;
    let claims = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(pod.key()));
    claims.into_iter().find_map(|key| {
        let claim = cluster.storage().claim(key)?;
        let volume = cluster.storage().volume(claim.volume_name);
        if !is_exclusive(cluster, claim, volume) {
            return None;
        }
        let holder = holder(cluster, key, volume)?;
        let attached_to = holder.own.node_name.filter(|other| *other != node)?;
        Some(MultiAttach { pod: pod.key(), node, claim: key, attached_to, used_by: holder.key() })
    })
}

/// The node that has the volume of one of the pod's claims, and no other may have it; none where any node may.
pub fn only_node(cluster: &Cluster, pod: &Pod) -> Option<Name> {
    let claims = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(pod.key()));
    claims.into_iter().find_map(|key| {
        let claim = cluster.storage().claim(key)?;
        let volume = cluster.storage().volume(claim.volume_name);
        if is_exclusive(cluster, claim, volume) { holder(cluster, key, volume)?.own.node_name } else { None }
    })
}

/// Whether only one node at a time can have the volume. One that is not attached (NFS, a local path) is not kept
/// from a second node by anybody.
fn is_exclusive(cluster: &Cluster, claim: &PersistentVolumeClaim, volume: Option<&PersistentVolume>) -> bool {
    let modes = volume.map_or(&claim.access_modes, |volume| &volume.access_modes);
    let shared = |modes: &List<Name>| modes.iter().any(|mode| *mode == "ReadWriteMany" || *mode == "ReadOnlyMany");
    if modes.is_empty() || shared(modes) {
        return false;
    }
    let attaches = |driver: Name| cluster.storage().driver(driver).is_none_or(|driver| driver.attach_required);
    match volume {
        Some(volume) => match (&volume.csi, &volume.in_tree) {
            (Some(csi), _) => attaches(csi.driver),
            (None, Some(in_tree)) => in_tree.translated.is_ok(),
            (None, None) => false,
        },
        // A volume that is yet to be made: its class says by whom.
        None => cluster.storage().class(claim.class).is_some_and(|class| {
            let driver = cluster.storage().driver(class.provisioner);
            driver.map_or(class.provisioner.contains("csi"), |driver| driver.attach_required)
        }),
    }
}

/// The pod that has the volume: one on the node to which it is attached, or else the one that ran first.
fn holder<'a>(cluster: &'a Cluster, claim: ObjectKey, volume: Option<&PersistentVolume>) -> Option<&'a Pod> {
    let users = || cluster.storage().claim_users(claim).iter().map(|user| cluster.pod(*user));
    let is_attached = |node: Name| {
        let attachments = cluster.storage().attachments(node);
        volume.is_some_and(|volume| attachments.iter().any(|attachment| attachment.volume == Some(volume.name)))
    };
    let attached = users().find(|user| user.own.node_name.is_some_and(is_attached));
    attached.or_else(|| users().min_by_key(|user| (user.own.phase != PodPhase::Running, user.id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name;
    use crate::api::requests::RequestGates;
    use crate::decode::{Kind, Object};
    use crate::state::ClusterBuilder;

    /// Two pods on two nodes use one claim: which node has the volume when the second pod cannot have it.
    #[track_caller]
    fn case(volume: &str, expected: Option<&str>) {
        let pod = |pod: &str, node: &str| {
            let volumes = r#"[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]"#;
            let phase = if pod == "first" { "Running" } else { "Pending" };
            format!(
                r#"{{"metadata": {{"name": "{pod}", "namespace": "n"}}, "spec": {{"nodeName": "{node}", "volumes": {volumes}}},
                    "status": {{"phase": "{phase}"}}}}"#
            )
        };
        let claim = r#"{"metadata": {"name": "c", "namespace": "n"}, "spec": {"volumeName": "v"}}"#;
        let volume = format!(r#"{{"metadata": {{"name": "v"}}, "spec": {volume}}}"#);
        let local = r#"{"metadata": {"name": "local.example.com"}, "spec": {"attachRequired": false}}"#;
        let mut builder = ClusterBuilder::default();
        for (kind, json) in [
            (Kind::Node, r#"{"metadata": {"name": "a"}}"#),
            (Kind::Node, r#"{"metadata": {"name": "b"}}"#),
            (Kind::Pod, &pod("first", "a")),
            (Kind::Pod, &pod("second", "b")),
            (Kind::PersistentVolumeClaim, claim),
            (Kind::PersistentVolume, &volume),
            (Kind::CsiDriver, local),
        ] {
            builder.add(Object::decode(kind, json.as_bytes()).unwrap().0);
        }
        let cluster = builder.build(RequestGates::OFF);
        let of = |pod: &str| cluster.pod_named(ObjectKey::new(name("n"), name(pod))).unwrap();
        let kept_off = multi_attach(&cluster, of("second").id).map(|multi_attach| multi_attach.attached_to);
        assert_eq!(kept_off, expected.map(name), "{volume}");
        assert_eq!(only_node(&cluster, of("second")), expected.map(name), "{volume}");
        assert_eq!(multi_attach(&cluster, of("first").id), None, "{volume}");
    }

    #[test]
    fn which_volumes_one_node_at_a_time_has() {
        let of_driver = |modes: &str, driver: &str| {
            format!(r#"{{"accessModes": {modes}, "csi": {{"driver": "{driver}", "volumeHandle": "h"}}}}"#)
        };
        case(&of_driver(r#"["ReadWriteOnce"]"#, "disk.example.com"), Some("a"));
        case(&of_driver(r#"["ReadWriteOncePod"]"#, "disk.example.com"), Some("a"));
        case(&of_driver(r#"["ReadWriteMany"]"#, "disk.example.com"), None);
        case(&of_driver(r#"["ReadWriteOnce", "ReadOnlyMany"]"#, "disk.example.com"), None);
        case(&of_driver("[]", "disk.example.com"), None);
        // Nobody attaches these, so nobody keeps them from a second node.
        case(&of_driver(r#"["ReadWriteOnce"]"#, "local.example.com"), None);
        case(r#"{"accessModes": ["ReadWriteOnce"], "nfs": {"server": "s", "path": "/"}}"#, None);
    }
}
