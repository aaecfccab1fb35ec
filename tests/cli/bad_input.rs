//! Manifests that are wrong: one clear line, or the cycle's own words where the API server would let them through.

use insta::assert_snapshot;

use super::harness::screen;

fn explain(manifest: &str) -> String {
    screen(&format!(
        "explain -f tests/cli/bad/{manifest}.yaml --no-suggestions --snapshot examples/clusters/mixed.yaml"
    ))
}

#[test]
fn an_absurd_quantity() {
    assert_snapshot!(explain("absurd-quantity"), @r#"
    --- stderr
    error: tests/cli/bad/absurd-quantity.yaml: Pod: spec.containers[0].resources.requests.cpu: "2 cores" is not a quantity: expected a number with an optional suffix, such as 500m, 1.5 or 2Gi
    --- status 2
    "#);
}

#[test]
fn a_negative_quantity() {
    let screen = explain("negative-quantity");
    let first = screen.lines().take(6).collect::<Vec<_>>().join("\n");
    assert_snapshot!(first, @r#"
    Pod shop/negative is not scheduled: the scheduling cycle failed with an error
    default-scheduler · v1.34.1

    applying score defaultWeights on Score plugins: plugin "NodeResourcesFit"
    returns an invalid score 111, it should in the range of [0, 100] after
    normalizing
    "#);
}

#[test]
fn a_selector_with_an_unknown_operator() {
    assert_snapshot!(explain("unknown-operator"), @r#"
    Pod shop/near does not fit: 0 of 12 nodes            default-scheduler · v1.34.1

    0/12 nodes are available: parsing pod: requiredAffinityTerms: "Near" is not a
    valid label selector operator. not found

    REASON                                       NODES   WHERE
    InterPodAffinity   parsing pod:                 12   every node: rejected before
                       requiredAffinityTerms:            any node was checked
                       "Near" is not a valid
                       label selector operator
    --- stderr
    --- status 0
    "#);
}

/// Explains a pod with a claim for a device of a class with this selector.
fn explain_device(expression: &str) -> String {
    let class = serde_json::json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"},
        "spec": {"selectors": [{"cel": {"expression": expression}}]},
    });
    let state = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {class}\n\
         - {{apiVersion: v1, kind: Node, metadata: {{name: gpu-1}}, status: {{allocatable: {{cpu: 8, memory: 16Gi, pods: 110}}}}}}\n\
         - {{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {{name: gpu-1}}, spec: {{driver: gpu.example.com, \
            nodeName: gpu-1, pool: {{name: gpu-1, generation: 1, resourceSliceCount: 1}}, devices: [{{name: gpu-0}}]}}}}\n\
         - {{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {{name: one, namespace: ml}}, spec: {{devices: \
            {{requests: [{{name: gpu, exactly: {{deviceClassName: gpu}}}}]}}}}}}\n\
         - {{apiVersion: v1, kind: Pod, metadata: {{name: train, namespace: ml}}, spec: {{containers: [{{name: c}}], \
            resourceClaims: [{{name: gpu, resourceClaimName: one}}]}}}}\n"
    );
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), state).unwrap();
    screen(&format!("explain train -n ml --kube-version v1.37 --snapshot {}", file.path().display()))
}

#[test]
fn a_selector_that_needs_a_newer_library() {
    assert_snapshot!(explain_device("device.driver.reverse() == 'x'"), @"
    Pod ml/train would fit if DeviceTaintRules and class gpu: selector #0:
    device.driver.reverse() == 'x' agree: 1 of 1 node
    default-scheduler · v1.37

    gpu-1 is the only node that fits

    NODE             RANK   TOTAL
    gpu-1   picked      1     398
    its scores: -o wide

    NOT CONSIDERED   could change the answer
    DeviceTaintRules                                         the input has no object
                                                             of this kind and no
                                                             empty list of it:
                                                             DynamicResources was
                                                             evaluated as if there
                                                             were none
    Services                                                 not in the input; add
                                                             them to the dump:
                                                             default topology
                                                             spreading was not
                                                             applied
    class gpu: selector #0: device.driver.reverse() == 'x'   the function reverse is
                                                             not supported for these
                                                             arguments:
                                                             DynamicResources
                                                             accepts nodes where
                                                             this would decide
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_selector_that_does_not_compile() {
    assert_snapshot!(explain_device("device.attributes["), @"
    Pod ml/train would fit if DeviceTaintRules and class gpu: selector #0:
    device.attributes[ agree: 1 of 1 node
    default-scheduler · v1.37

    gpu-1 is the only node that fits

    NODE             RANK   TOTAL
    gpu-1   picked      1     398
    its scores: -o wide

    NOT CONSIDERED   could change the answer
    DeviceTaintRules                             the input has no object of this
                                                 kind and no empty list of it:
                                                 DynamicResources was evaluated as
                                                 if there were none
    Services                                     not in the input; add them to the
                                                 dump: default topology spreading
                                                 was not applied
    class gpu: selector #0: device.attributes[   it ends too early: DynamicResources
                                                 accepts nodes where this would
                                                 decide
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_selector_that_costs_too_much() {
    let list = format!("[{}]", ["0"; 100].join(","));
    let expression = format!("{list}.all(a, {list}.all(b, {list}.all(c, {list}.all(d, a + b + c + d == 0))))");
    let screen = explain_device(&expression);
    assert!(screen.contains("NOT CONSIDERED") && screen.ends_with("--- status 0"), "{screen}");
}

/// The page of `snapshot --html` lies beside the program in an archive, not in a build folder.
#[test]
fn a_page_that_is_not_there() {
    let of = |flags: &str| screen(&format!("snapshot {flags} --snapshot examples/clusters/mixed.yaml"));
    assert_snapshot!(of("--html cluster.html --page examples/clusters/mixed.yaml"), @r#"
    --- stderr
    error: examples/clusters/mixed.yaml is not the page of this program, or has a state already
    --- status 2
    "#);
    assert_snapshot!(of("--html cluster.html --page missing.html"), @r#"
    --- stderr
    error: cannot read missing.html: No such file or directory (os error 2)
    --- status 2
    "#);
    assert_snapshot!(of("--html -"), @r#"
    --- stderr
    error: --html requires the name of a file
    --- status 2
    "#);
    assert_snapshot!(of("--html cluster.html -f cluster.json.gz"), @r#"
    --- stderr
    error: --html cannot be used with --output-file. See 'kubectl sched snapshot -h' for help and examples
    --- status 2
    "#);
}
