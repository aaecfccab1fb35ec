//! What `check` shows, and its status.

use insta::assert_snapshot;

use super::harness::screen;

const STATE: &str = "--snapshot examples/pull-requests/cluster.yaml";

fn pull_request(name: &str, more: &str) -> String {
    let manifests = format!("-f examples/pull-requests/{name} --base examples/pull-requests/main");
    screen(&format!("check {manifests} {STATE} {more}"))
}

#[test]
fn a_change_that_fits() {
    assert_snapshot!(pull_request("fits", ""), @"");
}

#[test]
fn pods_that_no_node_has_room_for() {
    assert_snapshot!(pull_request("too-big", ""), @"");
}

#[test]
fn pods_that_a_quota_refuses() {
    assert_snapshot!(pull_request("quota", ""), @"");
}

#[test]
fn a_rollout_that_a_spread_stops() {
    assert_snapshot!(pull_request("drains-a-spread", ""), @"");
}

#[test]
fn annotations_point_at_the_request() {
    assert_snapshot!(pull_request("too-big", "-o github"), @"");
    assert_snapshot!(pull_request("fits", "-o github"), @"");
}

#[test]
fn a_test_report() {
    assert_snapshot!(pull_request("quota", "-o junit"), @"");
}

/// Without a base the state is what was before.
#[test]
fn a_change_against_the_state() {
    assert_snapshot!(screen(&format!("check -f examples/pull-requests/quota {STATE}")), @"");
    assert_snapshot!(screen(&format!("check -f examples/pull-requests/main {STATE}")), @"");
}

/// A DaemonSet gets a pod on each node, a CronJob those of its next run; what fits nowhere is the bare pod.
#[test]
fn new_objects() {
    assert_snapshot!(screen(&format!("check -f tests/cli/check/new.yaml {STATE}")), @"");
}

/// Pods of a higher priority take the places of others, which then fit nowhere.
#[test]
fn others_that_lose_their_place() {
    assert_snapshot!(screen(&format!("check -f tests/cli/check/urgent.yaml {STATE}")), @"");
}

/// What is not in the change any more is deleted, and makes room.
#[test]
fn what_a_change_removes() {
    let manifests = "-f tests/cli/check/urgent.yaml --base examples/pull-requests/main/worker.yaml";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"");
}

#[test]
fn what_was_broken_before() {
    let manifests = "-f examples/pull-requests/too-big --base examples/pull-requests/too-big";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"");
    assert_snapshot!(screen(&format!("check {manifests} {STATE} --strict -o junit")), @"");
}

#[test]
fn the_template_of_a_job_is_immutable() {
    let manifests = "-f tests/cli/check/job.yaml --base tests/cli/check/job-before.yaml";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"");
}

#[test]
fn bad_input_is_one_line_with_its_place() {
    let check = |manifests: &str| screen(&format!("check {manifests} {STATE}"));
    assert_snapshot!(check("-f tests/cli/check/template.yaml"), @"");
    assert_snapshot!(check("-f tests/cli/check/variables.yaml"), @"");
    assert_snapshot!(check("-f examples/pull-requests/main --base tests/cli/check/broken.yaml"), @"");
    assert_snapshot!(check("-f examples/pull-requests/main --base tests/cli/check/none.yaml"), @"");
    assert_snapshot!(check("-f tests/cli/check/service.yaml"), @"");
    assert_snapshot!(check("-f tests/cli/check/namespace.yaml"), @"");
    assert_snapshot!(check("-f tests/cli/check/quantity.yaml"), @"");
    assert_snapshot!(check(""), @"");
}
