//! What becomes of names, and what stays between them.

use serde_json::{Value, json};

use super::*;
use crate::decode::Kind;
use crate::decode::autoscaling::ProvisioningKind;

/// Prunes and redacts `objects` together.
fn redact(objects: &[(Kind, Value)]) -> (Vec<Value>, Redaction) {
    let mut objects: Vec<(Kind, Value)> = objects.to_vec();
    let mut names = Names::default();
    for (kind, object) in &mut objects {
        *object = prune::prune(*kind, object.to_string().as_bytes()).unwrap();
        names.collect(*kind, &mut object.clone());
    }
    let mut redaction = names.into_redaction();
    for (kind, object) in &mut objects {
        redaction.redact(*kind, object);
    }
    (objects.into_iter().map(|(_, object)| object).collect(), redaction)
}

#[track_caller]
fn case(objects: &[(Kind, Value)], expected: &[&str]) {
    let (objects, _) = redact(objects);
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    assert_eq!(texts, expected);
}

#[test]
fn equal_stays_equal_and_well_known_labels_stay() {
    case(
        &[
            (
                Kind::Node,
                json!({ "metadata": { "name": "acme-1", "labels": {
                    "kubernetes.io/hostname": "acme-1", "kubernetes.io/arch": "arm64", "acme.com/rack": "7", "team": "acme"
                } }, "spec": { "taints": [{ "key": "acme.com/only", "value": "acme", "effect": "NoSchedule" }] } }),
            ),
            (
                Kind::Pod,
                json!({ "metadata": { "name": "web", "namespace": "shop" }, "spec": {
                    "nodeName": "acme-1",
                    "schedulerName": "default-scheduler",
                    "tolerations": [{ "key": "acme.com/only", "operator": "Equal", "value": "acme" }],
                } }),
            ),
        ],
        &[
            r#"{"metadata":{"labels":{"a3-key":"7","kubernetes.io/arch":"arm64","kubernetes.io/hostname":"a1-node","team":"a0-value"},"name":"a1-node"},"spec":{"taints":[{"effect":"NoSchedule","key":"a2-key","value":"a0-value"}]}}"#,
            r#"{"metadata":{"name":"r5-pod","namespace":"r4-namespace"},"spec":{"nodeName":"a1-node","schedulerName":"default-scheduler","tolerations":[{"key":"a2-key","operator":"Equal","value":"a0-value"}]}}"#,
        ],
    );
}

#[test]
fn order_stays_also_among_the_namespaces_that_every_cluster_has() {
    let names = ["apps", "default", "web", "kube-system", "kube-proxy", "kube-ops", "kube", "web-2", "zoo"];
    let objects: Vec<_> = names.iter().map(|name| (Kind::Namespace, json!({ "metadata": { "name": name } }))).collect();
    let (redacted, _) = redact(&objects);
    let new: Vec<&str> = redacted.iter().filter_map(|object| text(object, &["metadata", "name"])).collect();
    let mut pairs: Vec<(&str, &str)> = names.into_iter().zip(new).collect();
    pairs.sort_unstable();
    assert!(pairs.is_sorted_by_key(|(_, new)| *new), "{pairs:?}");
    assert!(pairs.iter().all(|(old, new)| (old == new) == matches!(*old, "default" | "kube-system")), "{pairs:?}");
}

#[test]
fn numbers_stay_numbers_where_they_are_compared() {
    let node = |name: &str, size: &str| {
        (
            Kind::Node,
            json!({ "metadata": { "name": name, "labels": { "acme/size": size, "acme/account": "9990001112" } } }),
        )
    };
    let expression = json!({ "key": "acme/size", "operator": "Gt", "values": ["1000000"] });
    let pod = json!({ "spec": { "affinity": { "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{ "matchExpressions": [expression] }] } } } } });
    let (objects, _) = redact(&[node("a", "2000000"), node("b", "30"), (Kind::Pod, pod)]);
    let text = format!("{objects:?}");
    assert!(text.contains("2000000") && text.contains("\"30\"") && text.contains("1000000"), "{text}");
    assert!(!text.contains("9990001112"), "{text}");
}

#[test]
fn the_claim_of_an_ephemeral_volume_is_called_after_pod_and_volume() {
    let pod = json!({ "metadata": { "name": "db-0" }, "spec": { "volumes": [{ "name": "data", "ephemeral": {} }] } });
    let claim = json!({ "metadata": { "name": "db-0-data" } });
    let (objects, redaction) = redact(&[(Kind::Pod, pod), (Kind::PersistentVolumeClaim, claim)]);
    assert_eq!(text(&objects[1], &["metadata", "name"]), Some("a1-pod-a0-volume"));
    assert_eq!(redaction.into_parts().0["a1-pod-a0-volume"], "db-0-data");
}

#[test]
fn zones_of_a_regional_disk_keep_their_region() {
    let volume = json!({
        "metadata": { "name": "pv", "labels": { ZONE: "eu-west1-b__eu-west1-c" } },
        "spec": { "gcePersistentDisk": { "pdName": "d" } },
    });
    let (objects, _) = redact(&[(Kind::PersistentVolume, volume)]);
    let zones = text(&objects[0], &["metadata", "labels", ZONE]).unwrap();
    assert_eq!(zones, "g1-region-z2__g1-region-z3");
}

#[test]
fn what_breaks_the_rules_goes_on_breaking_them() {
    let selector = json!({ "matchLabels": { "app": "no blanks, please" } });
    let (objects, redaction) =
        redact(&[(Kind::PodDisruptionBudget, json!({ "spec": { "selector": selector.clone() } }))]);
    assert_eq!(objects[0]["spec"]["selector"], selector);
    assert_eq!(redaction.into_parts().1.invalid.len(), 1);
}

#[test]
fn values_of_the_wrong_shape_do_not_slip_through() {
    case(
        &[(Kind::Node, json!({ "spec": { "taints": "acme", "unschedulable": ["acme"] } }))],
        &[r#"{"spec":{"taints":null,"unschedulable":null}}"#],
    );
}

#[test]
fn a_configuration_goes_with_the_state() {
    let node = json!({ "status": { "allocatable": { "acme.com/fpga": "1", "cpu": "4" } } });
    let mut config = json!({
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": { "kubeconfig": "/home/jane/.kube/config" },
        "profiles": [{ "pluginConfig": [{ "name": "NodeResourcesFit", "args": { "ignoredResourceGroups": ["acme.com", "nvidia.com"] } }] }],
    });
    let mut names = Names::default();
    names.collect(Kind::Node, &mut node.clone());
    names.collect_config(&mut config.clone());
    names.into_redaction().redact_config(&mut config);
    assert_eq!(
        config.to_string(),
        r#"{"kind":"KubeSchedulerConfiguration","profiles":[{"pluginConfig":[{"args":{"ignoredResourceGroups":["nvidia.com"],"ignoredResources":["redacted.example/a0-resource"]},"name":"NodeResourcesFit"}]}]}"#
    );
}

#[test]
fn taints_stay_numbers_where_tolerations_compare_them() {
    let node = json!({ "spec": { "taints": [
        { "key": "acme/cost", "value": "1000000", "effect": "NoSchedule" },
        { "key": "acme/account", "value": "9990001112", "effect": "NoSchedule" },
    ] } });
    let pod = json!({ "spec": { "tolerations": [{ "key": "acme/cost", "operator": "Lt", "value": "2000000" }] } });
    let (objects, _) = redact(&[(Kind::Node, node), (Kind::Pod, pod)]);
    let text = format!("{objects:?}");
    assert!(text.contains("1000000") && text.contains("2000000") && !text.contains("9990001112"), "{text}");
}

#[test]
fn limits_and_drivers_of_autoscalers_are_called_as_elsewhere() {
    let annotations =
        json!({ "capacity.cluster-autoscaler.kubernetes.io/csi-driver": "csi.acme.com=16,ebs.csi.aws.com=25" });
    case(
        &[
            (Kind::CsiDriver, json!({ "metadata": { "name": "csi.acme.com" } })),
            (
                Kind::Provisioning(ProvisioningKind::MachineDeployment),
                json!({ "metadata": { "name": "m", "annotations": annotations } }),
            ),
            (
                Kind::Provisioning(ProvisioningKind::CapacityBuffer),
                json!({ "spec": { "limits": { "cpu": "4", "acme.com/fpga": "1" } } }),
            ),
            (
                Kind::Provisioning(ProvisioningKind::CapacityQuota),
                json!({ "spec": { "limits": { "resources": { "acme.com/fpga": "2" } } } }),
            ),
        ],
        &[
            r#"{"metadata":{"name":"a1-driver"}}"#,
            r#"{"metadata":{"annotations":{"capacity.cluster-autoscaler.kubernetes.io/csi-driver":"a1-driver=16,ebs.csi.aws.com=25"},"name":"r2-pool"}}"#,
            r#"{"spec":{"limits":{"cpu":"4","redacted.example/a0-resource":"1"}}}"#,
            r#"{"spec":{"limits":{"resources":{"redacted.example/a0-resource":"2"}}}}"#,
        ],
    );
}
