//! The screen of `explain` in situations of devices from public threads (`tests/situations/`).

use insta::assert_snapshot;
use serde_json::Value;

use super::harness::screen;

/// Explains the situation's pod.
fn explain(situation: &str, more: &str) -> String {
    let path = format!("{}/tests/situations/{situation}.yaml", env!("CARGO_MANIFEST_DIR"));
    let situation: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": situation["objects"] });
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    std::fs::write(file.path(), list.to_string()).unwrap();
    let (namespace, pod) = situation["pod"].as_str().unwrap().split_once('/').unwrap();
    let version = situation["kubeVersion"].as_str().unwrap_or("v1.34");
    screen(&format!(
        "explain {pod} -n {namespace} {more} --kube-version {version} --snapshot {}",
        file.path().display()
    ))
}

#[test]
fn the_driver_is_not_ready() {
    assert_snapshot!(explain("driver-offers-no-devices", ""), @"");
}

#[test]
fn a_mig_profile_is_missing() {
    assert_snapshot!(explain("mig-profile-that-no-gpu-offers", ""), @"");
    assert_snapshot!(explain("mig-profile-that-no-gpu-offers", "--node mig-1"), @"");
}

#[test]
fn a_dead_pods_claims_have_all_gpus() {
    assert_snapshot!(explain("claims-of-pods-that-are-gone", ""), @"");
}

#[test]
fn a_shared_network_card_has_too_little_left() {
    assert_snapshot!(explain("shared-nic-has-too-little-bandwidth-left", ""), @"");
}

#[test]
fn a_selector_names_an_attribute_that_is_not_there() {
    assert_snapshot!(explain("selector-reads-what-one-device-lacks", ""), @"");
}

#[test]
fn two_classes_stand_for_an_extended_resource() {
    assert_snapshot!(explain("extended-resource-of-two-classes", ""), @"");
}

#[test]
fn a_rule_taints_the_device() {
    assert_snapshot!(explain("device-tainted-by-a-rule", ""), @"");
}
