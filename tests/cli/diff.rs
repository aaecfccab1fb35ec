//! What `diff` shows.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn two_states() {
    assert_snapshot!(screen("diff examples/diff/monday.yaml examples/diff/tuesday.yaml --exit-code"), @"
    examples/diff/monday.yaml → examples/diff/tuesday.yaml: 2 pods do not fit now
    that fitted then
    v1.34.1

    FITTED THEN, NOT NOW
    shop/batch-1: on b-1 then
      now b-1: node(s) had untolerated taint {dedicated: ml} (TaintToleration)
      0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector,
      1 node(s) had untolerated taint {dedicated: ml}. no new claims to deallocate,
      preemption: 0/2 nodes are available: 2 Preemption is not helpful for
      scheduling.
    shop/web-2: on a-2 then
      now a-2: not there
      0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint
      {dedicated: ml}. no new claims to deallocate, preemption: 0/2 nodes are
      available: 1 No preemption victims found for incoming pod, 1 Preemption is not
      helpful for scheduling.

    WHAT CHANGED
    KIND   OBJECTS   CHANGE
    Node   a-2       removed
    Node   b-1       allocatable cpu: 8 → 7
    Node   b-1       taint dedicated:NoSchedule: <none> → ml

    PODS   before → now
    OWNER              ON NODES   PENDING   MOVED
    pod/shop/batch-1   1 → 0      0 → 1
    pod/shop/web-2     1 → 0      0 → 1
    --- stderr
    --- status 1
    ");
    // The other way round.
    let backwards = screen("diff examples/diff/tuesday.yaml examples/diff/monday.yaml --exit-code");
    for line in [
        "2 pods fit now that did",
        "shop/web-2: on a-2 now",
        "then a-2: not there",
        "Node   a-2       added",
        "Node   b-1       taint dedicated:NoSchedule: ml → <none>",
        "--- status 0",
    ] {
        assert!(backwards.contains(line), "{line}: {backwards}");
    }
    assert_snapshot!(screen("diff examples/diff/monday.yaml examples/diff/monday.yaml"), @"
    examples/diff/monday.yaml → examples/diff/monday.yaml: nothing changed that
    matters to scheduling
    v1.34.1
    --- stderr
    --- status 0
    ");
}

#[test]
fn classes_devices_and_quotas() {
    let states = "tests/data/diff/before.yaml tests/data/diff/after.yaml --kube-version v1.37";
    assert_snapshot!(screen(&format!("diff {states}")), @"
    tests/data/diff/before.yaml → tests/data/diff/after.yaml: 1 pod does not fit now
    that fitted then
    v1.37

    FITTED THEN, NOT NOW
    shop/db-0: would fit then
      now n-1 and n-2: node(s) didn't find available persistent volumes to bind
          (VolumeBinding)
      0/2 nodes are available: 2 node(s) didn't find available persistent volumes to
      bind. preemption: 0/2 nodes are available: 2 Preemption is not helpful for
      scheduling.

    WHAT CHANGED
    KIND            OBJECTS               CHANGE
    NodePool        general               limit cpu: 100 → 50
    Namespace       shop                  label team: a → b
    RuntimeClass    kata                  overhead cpu: 250m → 500m
    ResourceQuota   shop/team             hard requests.cpu: 10 → 5
    StorageClass    fast                  allowedTopologies: <none> → zone In c
    CSINode         n-1, n-2              driver disk.example.com: 25 volumes → 16
                                          volumes
    DeviceClass     gpu                   selectors: changed
    ResourceSlice   gpu.example.com/n-1   device gpu-1: +taint broken:NoSchedule
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("diff {states} -o wide")), @r#"
    tests/data/diff/before.yaml → tests/data/diff/after.yaml: 1 pod does not fit now
    that fitted then
    v1.37

    FITTED THEN, NOT NOW
    shop/db-0: would fit then
      now n-1 and n-2: node(s) didn't find available persistent volumes to bind
          (VolumeBinding)
      0/2 nodes are available: 2 node(s) didn't find available persistent volumes to
      bind. preemption: 0/2 nodes are available: 2 Preemption is not helpful for
      scheduling.

    WHAT CHANGED
    KIND            OBJECTS               CHANGE
    NodePool        general               limit cpu: 100 → 50
    Namespace       shop                  label team: a → b
    RuntimeClass    kata                  overhead cpu: 250m → 500m
    ResourceQuota   shop/team             hard requests.cpu: 10 → 5
    StorageClass    fast                  allowedTopologies: <none> → zone In c
    CSINode         n-1, n-2              driver disk.example.com: 25 volumes → 16
                                          volumes
    DeviceClass     gpu                   selectors: device.driver ==
                                          'gpu.example.com' → device.driver ==
                                          'gpu.example.com' &&
                                          device.attributes['gpu.example.com'].model
                                          == 'h100'
    ResourceSlice   gpu.example.com/n-1   device gpu-1: on n-1, model="a100",
                                          memory=40Gi → on n-1, model="a100",
                                          memory=40Gi, taint broken:NoSchedule
    --- stderr
    --- status 0
    "#);
    let json = screen(&format!("diff {states} -o json"));
    let (json, _) = json.split_once("--- stderr").unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let objects = json["states"]["objects"].as_array().unwrap();
    let slice = objects.iter().find(|object| object["kind"] == "ResourceSlice").unwrap();
    assert_eq!(slice["fields"][0]["after"], "on n-1, model=\"a100\", memory=40Gi, taint broken:NoSchedule");
}

#[test]
fn two_versions() {
    assert_snapshot!(screen("diff --kube-version v1.34,v1.35 examples/clusters/mixed.yaml"), @"
    Both schedulers answer the same about 12 pods                      v1.34 → v1.35

    SCHEDULER   before → now
    version: v1.34 → v1.35
    default-scheduler: score DynamicResources: <none> → weight 2
    6 behaviours differ; none of them changes an answer about these pods: -o wide
    lists them
    --- stderr
    --- status 0
    ");
}

/// What a version brings by the dozen is one line, unless somebody asks.
#[test]
fn two_versions_that_are_far_apart() {
    assert_snapshot!(screen("diff --kube-version v1.34,v1.37 examples/clusters/mixed.yaml"), @"
    Both schedulers answer the same about 12 pods                      v1.34 → v1.37

    SCHEDULER   before → now
    version: v1.34 → v1.37
    default-scheduler: filter NodeDeclaredFeatures: <none> → on
    default-scheduler: score DynamicResources: <none> → weight 2
    arguments of plugins differ
    10 feature gates and 23 behaviours differ; none of them changes an answer about
    these pods: -o wide lists them
    --- stderr
    --- status 0
    ");
    let wide = screen("diff --kube-version v1.34,v1.37 examples/clusters/mixed.yaml -o wide");
    assert!(wide.contains("feature gate NodeDeclaredFeatures: false → true"), "{wide}");
}

#[test]
fn two_configurations() {
    assert_snapshot!(screen("diff --to-scheduler-config examples/config/binpack.yaml examples/clusters/mixed.yaml"), @"
    Of 12 pods: no verdict changes, another node wins for 5                  v1.34.1

    OTHER BEST NODE   the points by which a plugin prefers the old one, before → now
    PODS                  BEFORE            NOW      WHY
    batch/resize-images   arm-1 and arm-2   node-3   NodeResourcesFit +53 → -265 and
                                                     NodeResourcesBalancedAllocation
                                                     +15 → +0
    shop/db-0             node-1            arm-2    NodeResourcesFit +9 → -45 and
                                                     NodeResourcesBalancedAllocation
                                                     -1 → +0
    shop/mailer-1         arm-2             node-1   NodeResourcesFit +80 → -400 and
                                                     NodeResourcesBalancedAllocation
                                                     +6 → +0
    shop/api-1            arm-2             arm-1    NodeResourcesFit +18 → -95 and
                                                     NodeResourcesBalancedAllocation
                                                     +6 → +0
    shop/api-2            arm-2             arm-1    NodeResourcesFit +18 → -95 and
                                                     NodeResourcesBalancedAllocation
                                                     +6 → +0

    SCHEDULER   before → now
    default-scheduler: score NodeResourcesBalancedAllocation: weight 1 → <none>
    default-scheduler: score NodeResourcesFit: weight 1 → weight 5
    arguments of plugins differ
    --- stderr
    --- status 0
    ");
}

#[test]
fn bad_input() {
    assert_snapshot!(screen("diff"), @"
    --- stderr
    error: you must say what to compare; write `kubectl sched diff OLD NEW`, `diff OLD` for the cluster, or `diff --kube-version v1.34,v1.37 STATE`
    --- status 2
    ");
    assert_snapshot!(screen("diff examples/diff/none.yaml examples/diff/monday.yaml"), @r#"
    --- stderr
    error: the path "examples/diff/none.yaml" does not exist
    --- status 2
    "#);
    assert_snapshot!(screen("diff --kube-version v1.34,1.x examples/diff/monday.yaml"), @r#"
    --- stderr
    error: "1.x" is not a Kubernetes version such as v1.34 or v1.34.1. See 'kubectl sched diff -h' for help and examples
    --- status 2
    "#);
    assert_snapshot!(screen("diff a b --kube-version v1.34,v1.37"), @"
    --- stderr
    error: two states and two schedulers cannot be compared at once; name one state with two versions, or two states
    --- status 2
    ");
}
