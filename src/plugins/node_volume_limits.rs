//! NodeVolumeLimits: a CSI driver attaches only so many volumes to a node.
//!
//! A volume counts once, however many pods of the node use it; so do volumes that are attached
//! without a pod, claims whose volume is still to be made, and in-tree volumes whose plugin has
//! moved to CSI. Newer versions also want a driver on the node at all.
//! <https://kubernetes.io/docs/concepts/storage/storage-limits/>; upstream
//! plugins/nodevolumelimits/csi.go.

use rustc_hash::{FxHashMap, FxHashSet};

use super::volume_state;
use crate::api::name::{Name, name};
use crate::api::volume::{InTreeVolume, Volume, VolumeSource};
use crate::config::Behaviour;
use crate::decode::Kind;
use crate::decode::csi_migration::{InTreePlugin, PortworxMigration, inline_handle};
use crate::decode::storage::{CsiNode, CsiSource, PersistentVolumeClaim};
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{
    Cycle, Fact, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, points,
};
use crate::state::{NodeInfo, Pod};

const NAME: &str = "NodeVolumeLimits";

/// The plugin.
pub struct NodeVolumeLimits {
    portworx: PortworxMigration,
    /// None with the gate `VolumeLimitScaling` off: then a node needs no driver.
    drivers: Option<RequiredDrivers>,
}

/// Which CSI drivers a node must have for their volumes.
#[derive(Clone, Copy)]
enum RequiredDrivers {
    /// All that a CSIDriver speaks of.
    All,
    /// Those whose CSIDriver says `preventPodSchedulingIfMissing`.
    Marked,
}

impl NodeVolumeLimits {
    /// As the feature gates have it.
    pub fn new(behaviour: &Behaviour) -> Self {
        let required =
            if behaviour.required_drivers_are_marked { RequiredDrivers::Marked } else { RequiredDrivers::All };
        Self {
            portworx: behaviour.portworx_migration(),
            drivers: behaviour.gates.volume_limit_scaling.then_some(required),
        }
    }
}

impl Plugin for NodeVolumeLimits {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, incremental);
}

impl IncrementalPlugin for NodeVolumeLimits {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::skip_only_if(matches!(PreFilterPlugin::pre_filter(self, cycle), PreFilter::Skip))
    }
}

impl PreFilterPlugin for NodeVolumeLimits {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        if cycle.pod.spec().volumes.iter().any(may_count) {
            PreFilter::Run { filter: self.unprepared(cycle), nodes: None }
        } else {
            PreFilter::Skip
        }
    }
}

/// Whether a volume could be a CSI volume: by its claim, or because its plugin can move.
fn may_count(volume: &Volume) -> bool {
    !matches!(volume.source, VolumeSource::Iscsi { .. } | VolumeSource::Rbd { .. })
}

impl FilterPlugin for NodeVolumeLimits {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        if cycle.pod.spec().volumes.iter().any(may_count) {
            note_what_is_missing(cycle);
        }
        let mut filter = Filter { cycle, portworx: self.portworx, drivers: self.drivers, wanted: None };
        filter.wanted = filter.same_everywhere();
        Box::new(filter)
    }
}

fn note_what_is_missing(cycle: Cycle<'_>) {
    let effects = [
        (Kind::PersistentVolumeClaim, "NodeVolumeLimits did not count volumes of claims"),
        (Kind::CsiNode, "NodeVolumeLimits assumed that no node has a limit"),
        (Kind::VolumeAttachment, "NodeVolumeLimits counted only the volumes used by pods"),
    ];
    for (kind, effect) in effects {
        if !cycle.cluster.holds(kind) {
            volume_state::not_held(cycle, kind, effect);
        }
    }
}

/// Why the volumes of a pod cannot be counted.
enum Uncountable {
    /// Upstream's NotFound, which only the incoming pod's claims raise.
    ClaimMissing(VolumeReason),
    Error(String),
}

impl From<Uncountable> for Rejection {
    fn from(uncountable: Uncountable) -> Self {
        match uncountable {
            Uncountable::ClaimMissing(reason) => Self::unresolvable(Reason::Volume(reason)),
            Uncountable::Error(text) => Self::error(text),
        }
    }
}

struct Filter<'a> {
    cycle: Cycle<'a>,
    portworx: PortworxMigration,
    drivers: Option<RequiredDrivers>,
    /// What the pod wants of every node alike.
    wanted: Option<Wanted>,
}

/// The volumes of a pod where they are the same on each node.
struct Wanted {
    volumes: Vec<CsiSource>,
    /// The drivers of them that a node must have.
    required: Vec<Name>,
}

/// What a driver has to attach.
struct DriverCount {
    driver: Name,
    wanted: i64,
    used: i64,
    limit: i64,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        if self.surely_fits(node) {
            debug_assert!(
                self.counts(node)
                    .is_ok_and(|counts| counts.iter().all(|count| count.used + count.wanted <= count.limit)),
                "counted by numbers, and not by name"
            );
            return Ok(());
        }
        for count in self.counts(node)? {
            if count.used + count.wanted > count.limit {
                let DriverCount { driver, wanted, used, limit } = count;
                let reason = VolumeReason::VolumeLimitExceeded { driver, wanted, used, limit };
                return Err(Rejection::unschedulable(Reason::Volume(reason)));
            }
        }
        Ok(())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let counts = self.counts(node).unwrap_or_default();
        counts
            .into_iter()
            .map(|count| {
                let value = format!("{} + {} of {}", count.used, count.wanted, count.limit);
                Fact::value(format!("volumes of {}", count.driver), value)
            })
            .collect()
    }
}

impl Filter<'_> {
    /// What the pod wants, where that takes no plugin that has moved to CSI on some nodes and not on others, and no error.
    fn same_everywhere(&self) -> Option<Wanted> {
        let pod = self.cycle.pod;
        let storage = self.cycle.cluster.storage();
        let claims = pod.spec().volumes.iter().filter_map(|volume| volume.claim_of(pod.key()));
        let moved = claims.filter_map(|key| storage.claim(key)).any(|claim| self.has_in_tree_plugin(claim));
        if moved || pod.class.mounted_volumes.others > 0 {
            return None;
        }
        let mut volumes = Vec::new();
        self.collect(pod, None, true, &mut volumes).ok()?;
        let required =
            volumes.iter().map(|volume: &CsiSource| volume.driver).filter(|driver| self.is_required(*driver));
        Some(Wanted { required: required.collect(), volumes })
    }

    /// Whether there is room even if none of the volumes on the node were the same: then nobody looks at which they are.
    fn surely_fits(&self, node: &NodeInfo) -> bool {
        let Some(wanted) = self.wanted.as_ref().filter(|_| node.volumes.others == 0) else { return false };
        let storage = self.cycle.cluster.storage();
        let csi_node = storage.csi_node(node.name());
        let has = |driver| csi_node.is_some_and(|csi_node| csi_node.drivers.contains(driver));
        if !wanted.required.iter().all(has) {
            return false;
        }
        let Some(csi_node) = csi_node.filter(|csi_node| !csi_node.limits.is_empty()) else { return true };
        let most = node.volumes.claims + (storage.attachments(node.name()).len() + wanted.volumes.len()) as u64;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        wanted.volumes.iter().all(|volume| csi_node.limit(volume.driver).is_none_or(|limit| most <= limit))
    }

    /// What each driver with a limit has to attach for the pod, in the order of their names.
    fn counts(&self, node: &NodeInfo) -> Result<Vec<DriverCount>, Rejection> {
        let csi_node = self.cycle.cluster.storage().csi_node(node.name());
        let mut wanted = Vec::new();
        self.collect(self.cycle.pod, csi_node, true, &mut wanted)?;
        if let Some(driver) = self.missing_driver(&wanted, csi_node) {
            let reason = VolumeReason::CsiDriverMissing { driver };
            return Err(Rejection::unschedulable(Reason::Volume(reason)));
        }
        let Some(csi_node) = csi_node.filter(|csi_node| !csi_node.limits.is_empty()) else { return Ok(Vec::new()) };
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted: FxHashSet<CsiSource> = wanted.into_iter().collect();
        let mut used = FxHashSet::default();
        for pod in &node.volumes.pods {
            self.collect(self.cycle.cluster.pod(*pod), Some(csi_node), false, &mut used)?;
        }
        wanted.retain(|volume| !used.contains(volume));
        used.extend(self.attached(node));
        let per_driver = |volumes: &FxHashSet<CsiSource>| {
            let mut counts: FxHashMap<Name, i64> = FxHashMap::default();
            for volume in volumes {
                *counts.entry(volume.driver).or_default() += 1;
            }
            counts
        };
        let used = per_driver(&used);
        let mut counts: Vec<_> = per_driver(&wanted)
            .into_iter()
            .filter_map(|(driver, wanted)| {
                let limit = csi_node.limit(driver)?;
                Some(DriverCount { driver, wanted, used: used.get(&driver).copied().unwrap_or(0), limit })
            })
            .collect();
        counts.sort_by_key(|count| count.driver);
        Ok(counts)
    }

    /// The first driver that the node should have for the volumes of the pod and has not (upstream
    /// checkCSIDriverOnNode). Where several are missing, upstream names any of them, as it walks a map.
    fn missing_driver(&self, wanted: &[CsiSource], csi_node: Option<&CsiNode>) -> Option<Name> {
        wanted.iter().map(|volume| volume.driver).find(|driver| {
            let installed = csi_node.is_some_and(|csi_node| csi_node.drivers.contains(driver));
            !installed && self.is_required(*driver)
        })
    }

    fn is_required(&self, driver: Name) -> bool {
        let Some(required) = self.drivers else { return false };
        let driver = self.cycle.cluster.storage().driver(driver);
        driver.is_some_and(|driver| match required {
            RequiredDrivers::All => true,
            RequiredDrivers::Marked => driver.prevents_scheduling_if_missing,
        })
    }

    /// Adds the CSI volumes of `pod` (upstream filterAttachableVolumes).
    fn collect(
        &self,
        pod: &Pod,
        csi_node: Option<&CsiNode>,
        incoming: bool,
        volumes: &mut impl Extend<CsiSource>,
    ) -> Result<(), Uncountable> {
        for volume in &pod.spec().volumes {
            if let VolumeSource::InTree(disk) = &volume.source {
                volumes.extend(self.inline(volume, disk, csi_node)?);
                continue;
            }
            let Some(key) = volume.claim_of(pod.key()) else { continue };
            if key.name.is_empty() {
                return Err(Uncountable::Error("PersistentVolumeClaim had no name".into()));
            }
            let Some(claim) = self.cycle.cluster.storage().claim(key) else {
                if incoming && self.cycle.cluster.holds(Kind::PersistentVolumeClaim) {
                    return Err(Uncountable::ClaimMissing(VolumeReason::CountedClaimNotFound { claim: key }));
                }
                continue;
            };
            if volume.is_ephemeral() && !claim.is_for(&pod.own) {
                let reason = VolumeReason::ClaimOfAnotherOwner { claim: key, pod: pod.key() };
                return Err(Uncountable::Error(reason.to_string()));
            }
            volumes.extend(
                self.of_claim(claim, csi_node).filter(|volume| !volume.driver.is_empty() && !volume.handle.is_empty()),
            );
        }
        Ok(())
    }

    /// An in-tree volume of the pod itself (upstream checkAttachableInlineVolume).
    fn inline(
        &self,
        volume: &Volume,
        disk: &InTreeVolume,
        csi_node: Option<&CsiNode>,
    ) -> Result<Option<CsiSource>, Uncountable> {
        let plugin = InTreePlugin::of(disk);
        if !plugin.counts_as_csi(csi_node, self.portworx) {
            return Ok(None);
        }
        match inline_handle(disk) {
            Ok(handle) => Ok(Some(CsiSource { driver: plugin.driver(), handle })),
            Err(error) => {
                Err(Uncountable::Error(format!("converting volume({}) from inline to csi: {error}", volume.name)))
            }
        }
    }

    /// The CSI volume of a claim (upstream getCSIDriverInfo).
    fn of_claim(&self, claim: &PersistentVolumeClaim, csi_node: Option<&CsiNode>) -> Option<CsiSource> {
        let storage = self.cycle.cluster.storage();
        let Some(volume) = storage.volume(claim.volume_name) else { return self.of_class(claim, csi_node) };
        if volume.csi.is_some() {
            return volume.csi;
        }
        let in_tree = volume.in_tree.as_ref()?;
        if !in_tree.plugin.counts_as_csi(csi_node, self.portworx) {
            return None;
        }
        in_tree.translated.as_ref().ok().map(|translated| translated.source)
    }

    /// Whether the volume of a claim is one of a plugin that moves to CSI node by node.
    fn has_in_tree_plugin(&self, claim: &PersistentVolumeClaim) -> bool {
        let storage = self.cycle.cluster.storage();
        match storage.volume(claim.volume_name) {
            Some(volume) => volume.csi.is_none() && volume.in_tree.is_some(),
            None => storage.class(claim.class).is_some_and(|class| InTreePlugin::named(class.provisioner).is_some()),
        }
    }

    /// A volume that is still to be made, or that is gone: counted as one of its own (upstream
    /// getCSIDriverInfoFromSC).
    fn of_class(&self, claim: &PersistentVolumeClaim, csi_node: Option<&CsiNode>) -> Option<CsiSource> {
        let class = self.cycle.cluster.storage().class(claim.class)?;
        let driver = match InTreePlugin::named(class.provisioner) {
            Some(plugin) => plugin.counts_as_csi(csi_node, self.portworx).then(|| plugin.driver())?,
            None => class.provisioner,
        };
        // No driver's handle begins with a space, as upstream's has a random prefix.
        Some(CsiSource { driver, handle: name(&format!(" {}", claim.key)) })
    }

    /// Volumes attached to the node, in use or not (upstream getNodeVolumeAttachmentInfo).
    fn attached(&self, node: &NodeInfo) -> impl Iterator<Item = CsiSource> {
        let storage = self.cycle.cluster.storage();
        storage.attachments(node.name()).iter().filter_map(|attachment| {
            let handle = storage.volume(attachment.volume?)?.csi?.handle;
            (!attachment.attacher.is_empty()).then_some(CsiSource { driver: attachment.attacher, handle })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TOO_MANY: &str = "node(s) exceed max volume count";

    fn object(kind: &str, name: &str, spec: &Value) -> Value {
        let api_version = if kind == "CSINode" || kind == "VolumeAttachment" { "storage.k8s.io/v1" } else { "v1" };
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": spec})
    }

    fn pod(name: &str, node: Option<&str>, volumes: &Value) -> Value {
        object("Pod", name, &json!({"nodeName": node, "volumes": volumes}))
    }

    fn claim(name: &str) -> Value {
        json!({"name": name, "persistentVolumeClaim": {"claimName": name}})
    }

    /// A node that takes two volumes of `csi` and one EBS disk; claims `x`, `y`, `z` are volumes of `csi`.
    #[track_caller]
    fn case(others: &[Value], volumes: &Value, expected: &str) {
        let drivers = json!([{"name": "csi", "allocatable": {"count": 2}},
                             {"name": "ebs.csi.aws.com", "allocatable": {"count": 1}}]);
        let mut objects = vec![
            object("Node", "a", &json!({})),
            object("CSINode", "a", &json!({"drivers": drivers})),
            pod("p", None, volumes),
        ];
        for name in ["x", "y", "z"] {
            objects.push(object("PersistentVolumeClaim", name, &json!({"volumeName": name})));
            objects.push(object("PersistentVolume", name, &json!({"csi": {"driver": "csi", "volumeHandle": name}})));
        }
        objects.extend_from_slice(others);
        let plugin = NodeVolumeLimits::new(&Behaviour::default());
        assert_eq!(volume_state::verdicts(&plugin, &volume_state::cluster(&objects)).0, [expected]);
    }

    #[test]
    fn a_volume_counts_once_and_attachments_count() {
        let on_node = |name: &str, volumes: &Value| pod(name, Some("a"), volumes);
        case(&[], &json!([claim("x"), claim("y")]), "fits");
        case(&[], &json!([claim("x"), claim("y"), claim("z")]), TOO_MANY);
        let twice = [on_node("q", &json!([claim("x")])), on_node("r", &json!([claim("x")]))];
        case(&twice, &json!([claim("y")]), "fits");
        case(&[on_node("q", &json!([claim("x"), claim("y")]))], &json!([claim("x")]), "fits");
        let attached = |volume: &str| {
            let source = json!({"persistentVolumeName": volume});
            object("VolumeAttachment", volume, &json!({"attacher": "csi", "nodeName": "a", "source": source}))
        };
        case(&[attached("x"), attached("y")], &json!([claim("z")]), TOO_MANY);
        case(&[attached("x"), on_node("q", &json!([claim("x")]))], &json!([claim("z")]), "fits");
    }

    #[test]
    fn in_tree_volumes_count_as_their_drivers() {
        let ebs = |id: &str| json!({"name": id.replace('/', "-"), "awsElasticBlockStore": {"volumeID": id}});
        case(&[], &json!([ebs("vol-1"), ebs("aws://z/vol-1")]), "fits");
        case(&[], &json!([ebs("vol-1"), ebs("vol-2")]), TOO_MANY);
        let failed = "converting volume(aws:--z-1) from inline to csi: failed to translate Kubernetes ID to EBS Volume ID \
                      Invalid format for AWS volume (aws://z/1)";
        case(&[], &json!([ebs("aws://z/1")]), failed);
        case(&[], &json!([{"name": "i", "iscsi": {"iqn": "q"}}]), "skip");
    }

    #[test]
    fn missing_claims_have_their_own_words() {
        case(&[], &json!([claim("w")]), "looking up PVC n/w: persistentvolumeclaim \"w\" not found");
    }
}
