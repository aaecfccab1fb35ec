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
    assert_snapshot!(pull_request("fits", ""), @"
    Fits: 2 changed objects placed and rolled out                            v1.34.1

    CHANGE    OBJECT                   PODS   WHAT
    changed   deployment/shop/web      6/6    image
    changed   deployment/shop/worker   4/4    cpu 1500m → 1, image

    6 nodes in use, as before; no fewer than 3 could hold all requests
    --- stderr
    --- status 0
    ");
}

#[test]
fn pods_that_no_node_has_room_for() {
    assert_snapshot!(pull_request("too-big", ""), @"
    Does not fit: rollout of deployment/shop/worker stuck at 0 of 4: the next pod
    fits nowhere
    v1.34.1

    WHAT DOES NOT FIT
    rollout of deployment/shop/worker stuck at 0 of 4: the next pod fits nowhere
      0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate,
      preemption: 0/6 nodes are available: 6 No preemption victims found for
      incoming pod.
      examples/pull-requests/too-big/worker.yaml:22

    WHAT WOULD HELP   was re-run and does place the pods
    4 more nodes like a-1

    CHANGE    OBJECT                   PODS   WHAT
    changed   deployment/shop/worker   0/4    memory 4Gi → 15Gi

    1 object unchanged

    6 nodes in use, as before; no fewer than 4 could hold all requests, 3 before
    --- stderr
    --- status 1
    ");
}

#[test]
fn pods_that_a_quota_refuses() {
    assert_snapshot!(pull_request("quota", ""), @r#"
    Does not fit: deployment/shop/worker: 2 pods refused by quota team       v1.34.1

    WHAT DOES NOT FIT
    deployment/shop/worker: 2 pods refused by quota team
      pods "worker-new-3" is forbidden: exceeded quota: team, requested:
      requests.cpu=1500m, used: requests.cpu=15, limited: requests.cpu=16
      examples/pull-requests/quota/worker.yaml:7

    CHANGE    OBJECT                   PODS   WHAT
    changed   deployment/shop/worker   6/8    replicas 4 → 8

    1 object unchanged

    6 nodes in use, as before; no fewer than 4 could hold all requests, 3 before
    --- stderr
    --- status 1
    "#);
}

#[test]
fn a_rollout_that_a_spread_stops() {
    assert_snapshot!(pull_request("drains-a-spread", ""), @"
    Does not fit: rollout of deployment/shop/web stuck at 3 of 6: the next pod fits
    nowhere
    v1.34.1

    WHAT DOES NOT FIT
    rollout of deployment/shop/web stuck at 3 of 6: the next pod fits nowhere
      0/6 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod
      topology spread constraints, 4 node(s) didn't match Pod's node
      affinity/selector. no new claims to deallocate, preemption: 0/6 nodes are
      available: 2 No preemption victims found for incoming pod, 4 Preemption is not
      helpful for scheduling.
      examples/pull-requests/drains-a-spread/web.yaml:17

    CHANGE    OBJECT                PODS   WHAT
    changed   deployment/shop/web   3/6    affinity

    1 object unchanged

    5 nodes in use, 6 before; no fewer than 4 could hold all requests, 3 before
    --- stderr
    --- status 1
    ");
}

#[test]
fn annotations_point_at_the_request() {
    assert_snapshot!(pull_request("too-big", "-o github"), @"
    ::error file=examples/pull-requests/too-big/worker.yaml,line=22,title=rollout of deployment/shop/worker stuck at 0 of 4%3A the next pod fits nowhere::rollout of deployment/shop/worker stuck at 0 of 4: the next pod fits nowhere%0A0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.
    --- stderr
    --- status 1
    ");
    assert_snapshot!(pull_request("fits", "-o github"), @"
    ::notice title=kubectl sched check::Fits: 2 changed objects placed and rolled out
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_test_report() {
    assert_snapshot!(pull_request("quota", "-o junit"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="1" errors="0">
      <testsuite name="kubectl sched check" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="deployment.shop" name="web" file="examples/pull-requests/quota/web.yaml" line="1"/>
        <testcase classname="deployment.shop" name="worker" file="examples/pull-requests/quota/worker.yaml" line="7">
          <failure type="Refused" message="2 pods refused by quota team">deployment/shop/worker: 2 pods refused by quota team&#10;pods &quot;worker-new-3&quot; is forbidden: exceeded quota: team, requested: requests.cpu=1500m, used: requests.cpu=15, limited: requests.cpu=16</failure>
        </testcase>
      </testsuite>
    </testsuites>
    --- stderr
    --- status 1
    "#);
}

/// Without a base the state is what was before.
#[test]
fn a_change_against_the_state() {
    assert_snapshot!(screen(&format!("check -f examples/pull-requests/quota {STATE}")), @r#"
    Does not fit: deployment/shop/worker: 2 pods refused by quota team       v1.34.1

    WHAT DOES NOT FIT
    deployment/shop/worker: 2 pods refused by quota team
      pods "worker-new-3" is forbidden: exceeded quota: team, requested:
      requests.cpu=1500m, used: requests.cpu=15, limited: requests.cpu=16
      examples/pull-requests/quota/worker.yaml:7

    CHANGE    OBJECT                   PODS   WHAT
    changed   deployment/shop/worker   6/8    replicas 4 → 8

    1 object as in the state, as far as placement goes; the manifests before the
    change would show whether their pods are replaced

    6 nodes in use, as before; no fewer than 4 could hold all requests, 3 before
    --- stderr
    --- status 1
    "#);
    assert_snapshot!(screen(&format!("check -f examples/pull-requests/main {STATE}")), @"
    Fits: the change does not affect the placement of any pod                v1.34.1

    2 objects as in the state, as far as placement goes; the manifests before the
    change would show whether their pods are replaced

    6 nodes in use, as before; no fewer than 3 could hold all requests
    --- stderr
    --- status 0
    ");
}

/// A DaemonSet gets a pod on each node, a CronJob those of its next run; what fits nowhere is the bare pod.
#[test]
fn new_objects() {
    assert_snapshot!(screen(&format!("check -f tests/cli/check/new.yaml {STATE}")), @"
    Does not fit: pod/data/once: 1 pod fits nowhere                          v1.34.1

    WHAT DOES NOT FIT
    pod/data/once: 1 pod fits nowhere
      0/6 nodes are available: 6 Insufficient cpu. no new claims to deallocate,
      preemption: 0/6 nodes are available: 6 Preemption is not helpful for
      scheduling.
      tests/cli/check/new.yaml:62

    CHANGE   OBJECT                 PODS   WHAT
    added    daemonset/data/agent   6/6
    added    cronjob/data/nightly   2/2
    added    pod/data/once          0/1

    6 nodes in use, as before; no fewer than 6 could hold all requests, 3 before
    --- stderr
    --- status 1
    ");
}

/// Pods of a higher priority take the places of others, for which there are other nodes here.
#[test]
fn others_that_are_preempted() {
    assert_snapshot!(screen(&format!("check -f tests/cli/check/urgent.yaml {STATE}")), @"
    Fits: 1 changed object placed and rolled out                             v1.34.1

    caution: 2 pods preempted for data/ingest-new and data/ingest-new-2:
    shop/web-5d8f-4 and shop/web-5d8f-6; all are placed again

    CHANGE   OBJECT                   PODS   WHAT
    added    deployment/data/ingest   2/2

    6 nodes in use, as before; no fewer than 5 could hold all requests, 3 before
    --- stderr
    --- status 0
    ");
}

/// What is not in the change any more is deleted, and makes room.
#[test]
fn what_a_change_removes() {
    let manifests = "-f tests/cli/check/urgent.yaml --base examples/pull-requests/main/worker.yaml";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"
    Does not fit: deployment/shop/web: 2 pods lose their place to the change and fit
    nowhere
    v1.34.1

    WHAT DOES NOT FIT
    deployment/shop/web: 2 pods lose their place to the change and fit nowhere
      0/6 nodes are available: 2 Insufficient cpu, 4 node(s) didn't match pod
      topology spread constraints. no new claims to deallocate, preemption: 0/6
      nodes are available: 6 No preemption victims found for incoming pod.
      tests/cli/check/urgent.yaml:12

    WHAT WOULD HELP   was re-run and does place the pods
    1 more node like a-1

    caution: 2 pods preempted for data/ingest-new and data/ingest-new-2:
    shop/web-5d8f-1 and shop/web-5d8f-2; 2 not placed again

    CHANGE    OBJECT                   PODS   WHAT
    added     deployment/data/ingest   2/2
    removed   deployment/shop/worker   0

    6 nodes in use, as before; no fewer than 4 could hold all requests, 3 before
    --- stderr
    --- status 1
    ");
}

#[test]
fn what_was_broken_before() {
    let manifests = "-f examples/pull-requests/too-big --base examples/pull-requests/too-big";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"
    No worse than before: deployment/shop/worker did not fit before either   v1.34.1

    WHAT DOES NOT FIT
    deployment/shop/worker: 2 of 4 pods fit nowhere, as before
      0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate,
      preemption: 0/6 nodes are available: 6 No preemption victims found for
      incoming pod.
      examples/pull-requests/too-big/worker.yaml:22

    2 objects unchanged

    6 nodes in use, as before; no fewer than 4 could hold all requests
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("check {manifests} {STATE} --strict -o junit")), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="1" errors="0">
      <testsuite name="kubectl sched check" tests="2" failures="1" errors="0" skipped="0">
        <testcase classname="deployment.shop" name="web" file="examples/pull-requests/too-big/web.yaml" line="1"/>
        <testcase classname="deployment.shop" name="worker" file="examples/pull-requests/too-big/worker.yaml" line="22">
          <failure type="Unschedulable" message="2 of 4 pods fit nowhere, as before">deployment/shop/worker: 2 of 4 pods fit nowhere, as before&#10;0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.</failure>
        </testcase>
      </testsuite>
    </testsuites>
    --- stderr
    --- status 1
    "#);
    // Of a workload outside of the change there is no manifest to point at.
    let outside = screen("check -f tests/cli/check/urgent.yaml --snapshot examples/clusters/mixed.yaml -o github");
    let of_web = outside.lines().find(|line| line.contains("deployment/shop/web"));
    assert!(of_web.is_some_and(|line| line.contains("::warning title=")), "{outside}");
}

#[test]
fn the_template_of_a_job_is_immutable() {
    let manifests = "-f tests/cli/check/job.yaml --base tests/cli/check/job-before.yaml";
    assert_snapshot!(screen(&format!("check {manifests} {STATE}")), @"
    Does not fit: job/shop/import: the API server refuses the change: the template
    of a Job is immutable; delete the Job first, or rename it
    v1.34.1

    WHAT DOES NOT FIT
    job/shop/import: the API server refuses the change: the template of a Job is
    immutable; delete the Job first, or rename it
      tests/cli/check/job.yaml:7

    CHANGE    OBJECT            PODS   WHAT
    changed   job/shop/import   0/0    template (immutable)

    6 nodes in use, as before; no fewer than 3 could hold all requests
    --- stderr
    --- status 1
    ");
}

#[test]
fn bad_input_is_one_line_with_its_place() {
    let check = |manifests: &str| screen(&format!("check {manifests} {STATE}"));
    assert_snapshot!(check("-f tests/cli/check/template.yaml"), @"
    --- stderr
    error: tests/cli/check/template.yaml:4: this is a template that needs values; render it first, such as with `helm template CHART | kubectl sched check -f -`
    --- status 2
    ");
    assert_snapshot!(check("-f tests/cli/check/variables.yaml"), @"
    --- stderr
    error: tests/cli/check/variables.yaml:7: this is a template that needs values; replace its variables first, such as with `envsubst`
    --- status 2
    ");
    assert_snapshot!(check("-f examples/pull-requests/main --base tests/cli/check/broken.yaml"), @"
    --- stderr
    error: --base: tests/cli/check/broken.yaml:5: while parsing a block mapping, did not find expected key
    --- status 2
    ");
    assert_snapshot!(check("-f examples/pull-requests/main --base tests/cli/check/none.yaml"), @r#"
    --- stderr
    error: --base: the path "tests/cli/check/none.yaml" does not exist
    --- status 2
    "#);
    assert_snapshot!(check("-f tests/cli/check/service.yaml"), @"
    Fits: the change does not affect the placement of any pod                v1.34.1

    6 nodes in use, as before; no fewer than 3 could hold all requests
    --- stderr
    warning: tests/cli/check/service.yaml:1: Service web has no pods
    warning: tests/cli/check/service.yaml:10: ConfigMap settings has no pods
    --- status 0
    ");
    assert_snapshot!(check("-f tests/cli/check/namespace.yaml"), @r#"
    --- stderr
    error: tests/cli/check/namespace.yaml:1: Deployment web: namespaces "shopp" not found in examples/pull-requests/cluster.yaml; did you mean shop?; if the change is to create it, add its Namespace to the manifests
    --- status 2
    "#);
    assert_snapshot!(check("-f tests/cli/check/quantity.yaml"), @r#"
    --- stderr
    error: tests/cli/check/quantity.yaml:13: Deployment web: spec.template.spec.containers[0].resources.requests.cpu: "half" is not a quantity: expected a number with an optional suffix, such as 500m, 1.5 or 2Gi
    --- status 2
    "#);
    assert_snapshot!(check(""), @"
    --- stderr
    error: you must say what to check; use -f FILE or DIR, -k DIR, or -f - for what helm or kustomize print
    --- status 2
    ");
}
