//! VolumeBinding: bound volumes must be usable on the node, and for claims that wait for their
//! first consumer a volume must be found or made there.
//!
//! <https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode>; upstream
//! plugins/volumebinding/volume_binding.go. What a node would get is a plain function of pod,
//! node and state ([`binder::Binder::pod_volumes`]), for filtering, scoring and reserving alike.

pub mod binder;
pub mod claims;
mod matching;
mod scoring;

use crate::api::UpstreamError;
use crate::config::{Behaviour, VolumeBindingArgs};
use crate::decode::Kind;
use crate::decode::storage::ClaimReference;
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{
    Cycle, Fact, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, IncrementalScorer, NodeFilter,
    NodeScorer, NotEvaluated, Plugin, PreFilter, PreFilterPlugin, PreScore, PreScorePlugin, Reason, Rejection,
    ReservePlugin, ScorePlugin, points,
};
use crate::state::{NodeInfo, Take};

use super::volume_state;
use binder::{Binder, PodVolumes};
use claims::PodClaims;
use scoring::UtilizationShape;

const NAME: &str = "VolumeBinding";

/// The plugin.
pub struct VolumeBinding {
    /// None with the gate `StorageCapacityScoring` off: then no node is scored.
    shape: Option<UtilizationShape>,
}

impl VolumeBinding {
    /// With the profile's arguments, which validation has found sound.
    pub fn new(args: &VolumeBindingArgs, behaviour: &Behaviour) -> Self {
        Self { shape: behaviour.gates.storage_capacity_scoring.then(|| UtilizationShape::new(args)) }
    }
}

impl Plugin for VolumeBinding {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, pre_score, score, reserve, incremental);
}

impl IncrementalPlugin for VolumeBinding {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::skip_only_if(matches!(PreFilterPlugin::pre_filter(self, cycle), PreFilter::Skip))
    }

    fn incremental_scorer<'a>(
        &'a self,
        cycle: Cycle<'_>,
        _nodes: &[&NodeInfo],
    ) -> Incremental<Box<dyn IncrementalScorer + 'a>> {
        Incremental::skip_only_if(self.shape.is_none() || matches!(claims::check(cycle), Ok(false)))
    }
}

impl PreFilterPlugin for VolumeBinding {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        match claims::check(cycle) {
            Ok(true) => {}
            Ok(false) => return PreFilter::Skip,
            Err(reason) => return PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason))),
        }
        let claims = match PodClaims::of(cycle) {
            Ok(claims) => claims,
            Err(error) => return PreFilter::Reject(Rejection::error(error)),
        };
        if !claims.immediate.is_empty() {
            let claims = claims.immediate.iter().map(|claim| claim.key).collect();
            let reason = VolumeReason::UnboundImmediateClaims { claims };
            return PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason)));
        }
        note_what_is_missing(cycle, &claims);
        PreFilter::run(Filter { binder: Binder::new(cycle, &claims) })
    }
}

/// New volumes are checked against what drivers report, as far as the input speaks of it.
fn note_what_is_missing(cycle: Cycle<'_>, claims: &PodClaims<'_>) {
    let mut provisioners = claims
        .delayed
        .iter()
        .filter_map(|claim| cycle.cluster.storage().class(claim.class))
        .filter(|class| class.provisions())
        .map(|class| class.provisioner)
        .peekable();
    if provisioners.peek().is_none() {
        return;
    }
    if !cycle.cluster.holds(Kind::CsiDriver) {
        let effect = "VolumeBinding did not check whether there is space for new volumes";
        volume_state::not_held(cycle, Kind::CsiDriver, effect);
    } else if !cycle.cluster.holds(Kind::CsiStorageCapacity) {
        let mut drivers = provisioners.filter_map(|provisioner| cycle.cluster.storage().driver(provisioner));
        if drivers.any(|driver| driver.storage_capacity) {
            let effect = "VolumeBinding assumed that no storage has space for new volumes";
            volume_state::not_held(cycle, Kind::CsiStorageCapacity, effect);
        }
    }
}

impl FilterPlugin for VolumeBinding {
    fn unprepared<'a>(&'a self, _cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(WithoutState)
    }
}

/// The filter without its PreFilter: upstream passes on that the state was not found, and no more.
struct WithoutState;

impl NodeFilter for WithoutState {
    fn filter(&self, _node: &NodeInfo) -> Result<(), Rejection> {
        Err(Rejection::error("not found"))
    }
}

struct Filter<'a> {
    binder: Binder<'a>,
}

impl NodeFilter for Filter<'_> {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        self.binder.pod_volumes(node).map(|_| ())
    }

    fn facts(&self, node: &NodeInfo) -> Vec<Fact> {
        let Ok(volumes) = self.binder.pod_volumes(node) else { return Vec::new() };
        let bound = volumes.static_bindings.iter().map(|binding| {
            let volume = format!("PersistentVolume {} ({})", binding.volume.name, binding.volume.capacity);
            Fact::value(format!("claim {}", binding.claim.key), volume)
        });
        let provisioned = volumes.dynamic_provisions.iter().map(|provision| {
            let volume = format!("a new volume of StorageClass {}", provision.claim.class);
            Fact::value(format!("claim {}", provision.claim.key), volume)
        });
        bound.chain(provisioned).collect()
    }
}

impl PreScorePlugin for VolumeBinding {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[&'a NodeInfo]) -> PreScore<'a> {
        match &self.shape {
            Some(_) => PreScore::Run(ScorePlugin::unprepared(self, cycle)),
            None => PreScore::Skip,
        }
    }
}

impl ScorePlugin for VolumeBinding {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeScorer + 'a> {
        // PreFilter has run on the same claims: what it would not take never comes here.
        let claims = self.shape.as_ref().and_then(|shape| Some((shape, PodClaims::of(cycle).ok()?)));
        Box::new(Scorer { cycle, parts: claims.map(|(shape, claims)| (shape, Binder::new(cycle, &claims))) })
    }
}

/// Scores what the pod would take of the node's volumes.
struct Scorer<'a> {
    cycle: Cycle<'a>,
    parts: Option<(&'a UtilizationShape, Binder<'a>)>,
}

impl NodeScorer for Scorer<'_> {
    fn score(&self, node: &NodeInfo) -> Result<i64, UpstreamError> {
        let Some((shape, binder)) = &self.parts else { return Ok(0) };
        Ok(binder.pod_volumes(node).map_or(0, |volumes| {
            note_crash(self.cycle, &volumes);
            shape.score(&volumes)
        }))
    }
}

/// Upstream reads the capacity of a storage that reports a maximum size only, and ends with a nil pointer
/// (volume_binding.go, Score).
fn note_crash(cycle: Cycle<'_>, volumes: &PodVolumes<'_>) {
    if !volumes.static_bindings.is_empty() {
        return;
    }
    let storages = volumes.dynamic_provisions.iter().filter_map(|provision| provision.capacity);
    for storage in storages.filter(|storage| storage.capacity.is_none()) {
        cycle.notes.add(NotEvaluated::new(
            "VolumeBinding's score",
            format!(
                "kube-scheduler {} ends with a nil pointer at CSIStorageCapacity {}, which has maximumVolumeSize and no \
                 capacity",
                cycle.behaviour.version, storage.key
            ),
            "the pod would not be scheduled, and kube-scheduler restarts; here the storage counts as empty",
        ));
    }
}

impl ReservePlugin for VolumeBinding {
    /// Volumes are kept for the claims that get them; claims that get new ones are tied to the node
    /// (upstream binder.go, AssumePodVolumes). Neither is bound by that.
    fn reserve(&self, cycle: Cycle<'_>, node: &NodeInfo) -> Result<Vec<Take>, Rejection> {
        let claims = PodClaims::of(cycle).map_err(Rejection::error)?;
        let volumes = Binder::new(cycle, &claims).pod_volumes(node)?;
        let kept = volumes.static_bindings.iter().map(|binding| Take::Volume {
            volume: binding.volume.name,
            claim: ClaimReference { key: binding.claim.key, uid: binding.claim.uid },
        });
        let made = volumes
            .dynamic_provisions
            .iter()
            .map(|provision| Take::SelectedNode { claim: provision.claim.key, node: node.name() });
        Ok(kept.chain(made).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NO_VOLUME: &str = "node(s) didn't find available persistent volumes to bind";
    const IMMEDIATE: &str = "pod has unbound immediate PersistentVolumeClaims";

    fn object(kind: &str, name: &str, rest: &Value) -> Value {
        let api_version = match kind {
            "Node" | "Pod" | "PersistentVolume" | "PersistentVolumeClaim" => "v1",
            _ => "storage.k8s.io/v1",
        };
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "n"}});
        for (field, value) in rest.as_object().unwrap() {
            if field == "annotations" || field == "labels" {
                object["metadata"][field] = value.clone();
            } else {
                object[field] = value.clone();
            }
        }
        object
    }

    fn claim(name: &str, size: &str, rest: &Value) -> Value {
        let mut claim = object("PersistentVolumeClaim", name, rest);
        claim["spec"]["resources"] = json!({"requests": {"storage": size}});
        claim
    }

    fn volume(name: &str, size: &str, rest: &Value) -> Value {
        let mut volume = object("PersistentVolume", name, rest);
        volume["spec"]["capacity"] = json!({"storage": size});
        volume["status"]["phase"] = json!("Available");
        volume
    }

    fn class(name: &str, mode: &str, provisioner: &str) -> Value {
        object("StorageClass", name, &json!({"volumeBindingMode": mode, "provisioner": provisioner}))
    }

    /// A class that waits for the first consumer and makes no volumes.
    fn late() -> Value {
        class("late", "WaitForFirstConsumer", "kubernetes.io/no-provisioner")
    }

    /// Two nodes, `a` and `b`, which are their zones; and a pod with `claims`.
    fn run(mut objects: Vec<Value>, claims: &[&str]) -> (Vec<String>, Vec<String>) {
        for node in ["a", "b"] {
            objects.push(object("Node", node, &json!({"labels": {"zone": node}})));
        }
        let volumes: Vec<Value> =
            claims.iter().map(|claim| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}})).collect();
        objects.push(object("Pod", "p", &json!({"spec": {"volumes": volumes}})));
        let args = VolumeBindingArgs { bind_timeout_seconds: 600, shape: Vec::new() };
        let plugin = VolumeBinding::new(&args, &Behaviour::default());
        volume_state::verdicts(&plugin, &volume_state::cluster(&objects))
    }

    #[track_caller]
    fn case(objects: Vec<Value>, claims: &[&str], expected: &[&str]) {
        assert_eq!(run(objects, claims).0, expected);
    }

    fn in_zone(zone: &str) -> Value {
        let term = json!({"matchExpressions": [{"key": "zone", "operator": "In", "values": [zone]}]});
        json!({"required": {"nodeSelectorTerms": [term]}})
    }

    #[test]
    fn a_profile_without_its_pre_filter_has_an_error_for_each_node() {
        let cluster = volume_state::cluster(&[object("Node", "a", &json!({})), object("Pod", "p", &json!({}))]);
        let args = VolumeBindingArgs { bind_timeout_seconds: 600, shape: Vec::new() };
        let (behaviour, notes) = (Behaviour::default(), crate::framework::Notes::default());
        let (plugin, pod) = (VolumeBinding::new(&args, &behaviour), &cluster.pods()[0]);
        let cycle =
            Cycle { cluster: &cluster, pod, behaviour: &behaviour, now: crate::api::Timestamp(0), notes: &notes };
        let rejection = FilterPlugin::unprepared(&plugin, cycle).filter(&cluster.nodes()[0]).unwrap_err();
        assert_eq!((rejection.code, rejection.message().as_str()), (crate::framework::Code::Error, "not found"));
    }

    #[test]
    fn node_affinity_is_named_before_what_cannot_be_bound() {
        let spec = json!({"storageClassName": "late", "volumeName": "v"});
        let bound = json!({"spec": spec, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}});
        let objects = vec![
            late(),
            volume("v", "1Gi", &json!({"spec": {"nodeAffinity": in_zone("a")}})),
            claim("c", "1Gi", &bound),
            claim("d", "1Gi", &json!({"spec": {"storageClassName": "late"}})),
        ];
        let both = format!("node(s) didn't match PersistentVolume's node affinity, {NO_VOLUME}");
        case(objects, &["c", "d"], &[NO_VOLUME, &both]);
    }

    #[test]
    fn a_claim_is_bound_by_its_annotation_alone() {
        let spec = json!({"storageClassName": "late", "volumeName": "v"});
        let bound = json!({"spec": spec, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}});
        let v = || volume("v", "1Gi", &json!({"spec": {"nodeAffinity": in_zone("a")}}));
        case(vec![late(), v(), claim("c", "1Gi", &json!({"spec": spec}))], &["c"], &[IMMEDIATE]);
        let elsewhere = "node(s) didn't match PersistentVolume's node affinity";
        case(vec![late(), v(), claim("c", "1Gi", &bound)], &["c"], &["fits", elsewhere]);
        let missing = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
        case(vec![late(), claim("c", "1Gi", &bound)], &["c"], &[missing, missing]);
    }

    #[test]
    fn the_smallest_fitting_volume_goes_to_the_smallest_claim() {
        let plain = json!({"spec": {"storageClassName": "late"}});
        // The small claim is served first: on a it takes v2, on b the only volume there is.
        let objects = vec![
            late(),
            claim("big", "5Gi", &plain),
            claim("small", "1Gi", &plain),
            volume("v1", "10Gi", &plain),
            volume("v2", "2Gi", &json!({"spec": {"storageClassName": "late", "nodeAffinity": in_zone("a")}})),
        ];
        case(objects, &["big", "small"], &["fits", NO_VOLUME]);
    }

    #[test]
    fn a_volume_kept_for_the_claim_is_taken_or_none() {
        let plain = json!({"spec": {"storageClassName": "late"}});
        let reference = json!({"namespace": "n", "name": "small"});
        let spec = json!({"storageClassName": "late", "nodeAffinity": in_zone("b"), "claimRef": reference});
        let mut kept = volume("kept", "9Gi", &json!({"spec": spec}));
        kept["status"]["phase"] = json!("Failed");
        let objects = vec![late(), claim("small", "1Gi", &plain), volume("v", "1Gi", &plain), kept];
        case(objects, &["small"], &[NO_VOLUME, "fits"]);
    }

    #[test]
    fn a_selected_node_goes_straight_to_provisioning() {
        let annotations = json!({"volume.kubernetes.io/selected-node": "b"});
        let spec = json!({"storageClassName": "late"});
        let claim = claim("c", "1Gi", &json!({"spec": spec, "annotations": annotations}));
        let objects = vec![class("late", "WaitForFirstConsumer", "csi"), claim.clone()];
        case(objects, &["c"], &[NO_VOLUME, "fits"]);
        let v = volume("v", "1Gi", &json!({"spec": spec}));
        case(vec![late(), claim, v], &["c"], &[NO_VOLUME, NO_VOLUME]);
    }

    #[test]
    fn space_is_the_largest_volume_before_the_sum() {
        let capacity = |name: &str, rest: &Value| {
            let mut capacity = object("CSIStorageCapacity", name, rest);
            capacity["storageClassName"] = json!("late");
            capacity
        };
        let objects = vec![
            class("late", "WaitForFirstConsumer", "csi"),
            object("CSIDriver", "csi", &json!({"spec": {"storageCapacity": true}})),
            claim("c", "5Gi", &json!({"spec": {"storageClassName": "late"}})),
            capacity("everywhere", &json!({"nodeTopology": {}, "capacity": "9Gi", "maximumVolumeSize": "4Gi"})),
            capacity("nowhere", &json!({"capacity": "9Gi"})),
            capacity("b", &json!({"nodeTopology": {"matchLabels": {"zone": "b"}}, "capacity": "5Gi"})),
        ];
        case(objects, &["c"], &["node(s) did not have enough free storage", "fits"]);
    }

    #[test]
    fn what_the_input_does_not_hold_is_said_and_not_judged() {
        let fits = vec!["fits".to_owned(); 2];
        let unbound = claim("c", "1Gi", &json!({"spec": {"storageClassName": "late"}}));
        assert_eq!(run(vec![unbound], &["c"]), (fits.clone(), vec!["StorageClasses".to_owned()]));
        let annotations = json!({"pv.kubernetes.io/bind-completed": "yes"});
        let bound = claim("c", "1Gi", &json!({"spec": {"volumeName": "v"}, "annotations": annotations}));
        assert_eq!(run(vec![bound], &["c"]), (fits.clone(), vec!["PersistentVolumes".to_owned()]));
        assert_eq!(run(vec![], &["c"]), (fits, vec!["PersistentVolumeClaims".to_owned()]));
    }

    #[test]
    fn a_reason_says_which_label_was_wanted() {
        let labels = crate::api::Labels::default();
        let reason = Reason::Volume(VolumeReason::VolumeNodeAffinityConflict {
            claim: crate::api::ObjectKey::new("n".into(), "c".into()),
            volume: "v".into(),
            unmatched: vec![matching::unmatched_label("zone".into(), "In".into(), &["a".into()], &labels)],
        });
        let expected = json!({"type": "VolumeNodeAffinityConflict", "claim": "n/c", "volume": "v",
                              "unmatched": [{"key": "zone", "operator": "In", "values": ["a"]}]});
        assert_eq!(serde_json::to_value(reason).unwrap(), expected);
    }
}
