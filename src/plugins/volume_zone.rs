//! VolumeZone: a bound volume with zone or region labels can only be used there.
//!
//! Nodes without any such label are let pass, and a volume's old label is also compared with the
//! node's stable one. <https://kubernetes.io/docs/reference/labels-annotations-taints/>; upstream
//! plugins/volumezone/volume_zone.go.

use std::sync::LazyLock;

use super::volume_state::{self, Lookup};
use crate::api::ObjectKey;
use crate::api::name::{Name, name};
use crate::decode::csi_migration::{BETA_REGION, BETA_ZONE, REGION, ZONE, ZONE_DELIMITER};
use crate::decode::storage::{BindingMode, PersistentVolume, PersistentVolumeClaim};
use crate::framework::volume_reason::VolumeReason;
use crate::framework::{
    Cycle, FilterPlugin, Incremental, IncrementalFilter, IncrementalPlugin, NodeFilter, Plugin, PreFilter,
    PreFilterPlugin, Reason, Rejection, points,
};
use crate::state::NodeInfo;

const NAME: &str = "VolumeZone";

/// Labels that say where a volume or node is, in upstream's order; each with the stable one that
/// has taken its place (upstream translateToGALabel).
static TOPOLOGY_LABELS: LazyLock<[(Name, Name); 4]> = LazyLock::new(|| {
    [(BETA_ZONE, ZONE), (BETA_REGION, REGION), (ZONE, ZONE), (REGION, REGION)]
        .map(|(key, stable)| (name(key), name(stable)))
});

/// The plugin.
pub struct VolumeZone;

impl Plugin for VolumeZone {
    fn name(&self) -> &'static str {
        NAME
    }

    points!(pre_filter, filter, incremental);
}

impl IncrementalPlugin for VolumeZone {
    fn incremental_filter<'a>(&'a self, cycle: Cycle<'_>) -> Incremental<Box<dyn IncrementalFilter + 'a>> {
        Incremental::skip_only_if(matches!(PreFilterPlugin::pre_filter(self, cycle), PreFilter::Skip))
    }
}

impl PreFilterPlugin for VolumeZone {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> PreFilter<'a> {
        match places(cycle) {
            Ok(places) if places.is_empty() => PreFilter::Skip,
            Ok(places) => PreFilter::run(Filter { places: Ok(places) }),
            Err(reason) => PreFilter::Reject(Rejection::unresolvable(Reason::Volume(reason))),
        }
    }
}

impl FilterPlugin for VolumeZone {
    fn unprepared<'a>(&'a self, cycle: Cycle<'a>) -> Box<dyn NodeFilter + 'a> {
        Box::new(Filter { places: places(cycle) })
    }
}

/// A label of a bound volume and where it allows the volume to be (upstream pvTopology).
struct Place {
    claim: ObjectKey,
    volume: Name,
    key: Name,
    stable_key: Name,
    values: Vec<Name>,
}

/// What the labels of the pod's bound volumes ask for (upstream getPVbyPod).
fn places(cycle: Cycle<'_>) -> Result<Vec<Place>, VolumeReason> {
    let mut places = Vec::new();
    for claim in cycle.pod.class.claim_names() {
        if claim.is_empty() {
            return Err(VolumeReason::ClaimUnnamed);
        }
        let key = ObjectKey::new(cycle.pod.own.key.namespace, claim);
        let claim = match volume_state::claim(cycle, key, NAME) {
            Lookup::Found(claim) => claim,
            Lookup::Missing => return Err(VolumeReason::ClaimNotFound { claim: key }),
            Lookup::Unknown => continue,
        };
        if claim.volume_name.is_empty() {
            check_unbound(cycle, claim)?;
            continue;
        }
        match volume_state::volume(cycle, claim.volume_name, NAME) {
            Lookup::Found(volume) => places.extend(places_of(key, volume)),
            Lookup::Missing => return Err(VolumeReason::VolumeNotFound { claim: key, volume: claim.volume_name }),
            Lookup::Unknown => {}
        }
    }
    Ok(places)
}

/// A claim without a volume is fine only when it waits for its first consumer.
fn check_unbound(cycle: Cycle<'_>, claim: &PersistentVolumeClaim) -> Result<(), VolumeReason> {
    let key = claim.key;
    if claim.class.is_empty() {
        return Err(VolumeReason::ClaimWithoutClass { claim: key });
    }
    match volume_state::class(cycle, claim.class, NAME) {
        Lookup::Unknown => Ok(()),
        Lookup::Missing => Err(VolumeReason::StorageClassNotFound { claim: key, class: claim.class }),
        Lookup::Found(class) => match class.binding_mode {
            Some(BindingMode::WaitForFirstConsumer) => Ok(()),
            Some(BindingMode::Immediate) => Err(VolumeReason::ClaimWithoutVolume { claim: key }),
            None => Err(VolumeReason::BindingModeUnset { claim: key, class: claim.class }),
        },
    }
}

/// Upstream getPVTopologies: a label with an empty zone between its delimiters says nothing.
fn places_of(claim: ObjectKey, volume: &PersistentVolume) -> impl Iterator<Item = Place> + '_ {
    TOPOLOGY_LABELS.iter().filter_map(move |&(key, stable_key)| {
        let zones: Vec<&str> = volume.labels.get(key)?.as_str().split(ZONE_DELIMITER).map(str::trim).collect();
        let empty = zones.iter().any(|zone| zone.is_empty());
        let values = || zones.iter().map(|zone| name(zone)).collect();
        (!empty).then(|| Place { claim, volume: volume.name, key, stable_key, values: values() })
    })
}

struct Filter {
    places: Result<Vec<Place>, VolumeReason>,
}

impl NodeFilter for Filter {
    fn filter(&self, node: &NodeInfo) -> Result<(), Rejection> {
        let places = self.places.as_ref().map_err(|reason| Rejection::unresolvable(Reason::Volume(reason.clone())))?;
        let labels = &node.node.labels;
        if !TOPOLOGY_LABELS.iter().any(|(key, _)| labels.contains_key(*key)) {
            return Ok(());
        }
        for place in places {
            let here = labels.get(place.key).or_else(|| labels.get(place.stable_key));
            if !here.is_some_and(|here| place.values.contains(&here)) {
                return Err(Rejection::unresolvable(Reason::Volume(VolumeReason::ZoneMismatch {
                    claim: place.claim,
                    volume: place.volume,
                    key: place.key,
                    values: place.values.clone(),
                    node: here,
                })));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn case(volume: &Value, node: &Value, expected: &str) {
        let cluster = volume_state::cluster(&[
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": node}}),
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v", "labels": volume}}),
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": "n"},
                   "spec": {"volumeName": "v"}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"},
                   "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]}}),
        ]);
        assert_eq!(volume_state::verdicts(&VolumeZone, &cluster).0, [expected]);
    }

    #[test]
    fn old_and_stable_labels_meet() {
        let elsewhere = "node(s) had no available volume zone";
        case(&json!({ZONE: "z"}), &json!({ZONE: "z"}), "fits");
        case(&json!({ZONE: "y"}), &json!({ZONE: "z"}), elsewhere);
        case(&json!({ZONE: "y__z"}), &json!({ZONE: "z"}), "fits");
        case(&json!({ZONE: "y____z"}), &json!({ZONE: "x"}), "skip");
        case(&json!({BETA_ZONE: "z"}), &json!({ZONE: "z"}), "fits");
        case(&json!({ZONE: "z"}), &json!({BETA_ZONE: "z"}), elsewhere);
        case(&json!({BETA_REGION: "r"}), &json!({ZONE: "z"}), elsewhere);
    }

    #[test]
    fn a_node_without_zone_labels_passes() {
        case(&json!({ZONE: "y"}), &json!({}), "fits");
        case(&json!({}), &json!({ZONE: "z"}), "skip");
    }
}
