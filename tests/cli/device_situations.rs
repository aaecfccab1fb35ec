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
    assert_snapshot!(explain("driver-offers-no-devices", ""), @"
    Pod default/dra-sample does not fit, as far as can be judged without
    ResourceSlices: 0 of 1 node
    default-scheduler · v1.34

    0/1 nodes are available: 1 cannot allocate all claims. still not schedulable,
    preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.

    REASON                                             NODES   WHERE
    DynamicResources   claim dra-sample-gpu-x,             1   gpu-1
                       request gpu: no device on the
                       node, 1 device of class
                       gpu.nvidia.com requested

    CLOSEST NODES
    gpu-1   DynamicResources   claim dra-sample-gpu-x, request gpu: requests 1, the
                               node has access to no device

    WHAT WOULD HELP
    No change of the pod, of a node or of other pods that was tried places it,
    neither alone nor in combinations of up to three.
    It needs devices of class gpu.nvidia.com: no ResourceSlice of any node offers
    one; is the driver running?

    NOT CONSIDERED   could change the answer
    ResourceSlices   the input has no object of this kind and no empty list of it:
                     DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_mig_profile_is_missing() {
    assert_snapshot!(explain("mig-profile-that-no-gpu-offers", ""), @r#"
    Pod gpu-test4/pod does not fit: 0 of 1 node            default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    REASON                                          NODES   WHERE
    DynamicResources   claim mig-devices, request       1   mig-1
                       mig: no device of class
                       mig.nvidia.com matches, 1
                       device requested

    CLOSEST NODES
    mig-1   DynamicResources   claim mig-devices, request mig: requests 1, 0 free of
                               4 (4 not matching)

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   ResourceClaim mig-devices: request mig with        mig-1
          selector
          device.attributes['gpu.nvidia.com'].profile ==
          "1g.5gb" instead of
          device.attributes['gpu.nvidia.com'].profile ==
          '2g.10gb'
    2   ResourceClaim mig-devices: request mig with        mig-1
          selector
          device.attributes['gpu.nvidia.com'].profile ==
          "3g.20gb" instead of
          device.attributes['gpu.nvidia.com'].profile ==
          '2g.10gb'
    Or devices of class mig.nvidia.com that match the request: no existing one does

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    "#);
    assert_snapshot!(explain("mig-profile-that-no-gpu-offers", "--node mig-1"), @r#"
    Pod gpu-test4/pod does not fit: 0 of 1 node            default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    Node mig-1 does not fit: rejected by DynamicResources

    FILTER              VERDICT   WHY
    NodeName            yes
    NodeUnschedulable   yes
    TaintToleration     yes
    NodeResourcesFit    yes       pods: requested 1, used 0 of 110
    DynamicResources    no        cannot allocate all claims: claim mig-devices,
                                  request mig: requests 1, 0 free of 4 (4 not
                                  matching)
                                  claim mig-devices, request mig: 0 of 4 devices on
                                  this node match and are free; other nodes have 0
                                  in all
                                  - 3 devices such as
                                  gpu.nvidia.com/mig-1/gpu-1-mig-1g-5gb-0: the
                                  request wants
                                  device.attributes['gpu.nvidia.com'].profile ==
                                  '2g.10gb'
                                  (device.attributes["gpu.nvidia.com"].profile is
                                  "1g.5gb" (2) and "3g.20gb" (1))
                                  - gpu.nvidia.com/mig-1/gpu-0: class mig.nvidia.com
                                  wants device.driver == 'gpu.nvidia.com' &&
                                  device.attributes['gpu.nvidia.com'].type == 'mig'
                                  (device.driver is "gpu.nvidia.com";
                                  device.attributes["gpu.nvidia.com"].type is "gpu")
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, NodeDeclaredFeatures

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    "#);
}

#[test]
fn a_dead_pods_claims_have_all_gpus() {
    assert_snapshot!(explain("claims-of-pods-that-are-gone", ""), @"
    Pod default/train does not fit: 0 of 1 node            default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    REASON                                              NODES   WHERE
    DynamicResources   claim gpu, request gpu: too          1   gpu-1
                       few free for 1 device of class
                       gpu.example.com
    devices taken: default/job-gpu-0 has 1 and default/job-gpu-1 has 1

    CLOSEST NODES
    gpu-1   DynamicResources   claim gpu, request gpu: requests 1, 0 free of 2 (2
                               taken)

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   delete ResourceClaim default/job-gpu-0: no pod of   gpu-1
          the state uses it
    2   delete ResourceClaim default/job-gpu-1: no pod of   gpu-1
          the state uses it
    Or 1 more of class gpu.example.com to be freed: other claims have them

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_shared_network_card_has_too_little_left() {
    assert_snapshot!(explain("shared-nic-has-too-little-bandwidth-left", ""), @"
    Pod default/b does not fit: 0 of 1 node                default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    REASON                                              NODES   WHERE
    DynamicResources   claim net-b, request nic: too        1   worker-1
                       few free for 1 device of class
                       nic.example.com
    devices taken: default/net-a has 1 for default/a

    CLOSEST NODES
    worker-1   DynamicResources   claim net-b, request nic: requests 1, 0 free of 1
                                  (1 with too little left)

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   ResourceClaim net-b: request nic with 4Gi of       worker-1
          bandwidth instead of 5Gi
    2   free the devices of ResourceClaim default/net-a,   worker-1
          which default/a uses
          caution: default/a would lose its devices
    Or 1 more of class nic.example.com to be freed: other claims have them

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_selector_names_an_attribute_that_is_not_there() {
    assert_snapshot!(explain("selector-reads-what-one-device-lacks", ""), @r#"
    Pod default/train is not scheduled: the scheduling cycle failed with an error
    default-scheduler · v1.37

    running "DynamicResources" filter plugin: class gpu.example.com: selector #0 on
    device gpu.example.com/gpu-1/gpu-0: CEL runtime error: no such key: healthy.
    consider using CEL optional chaining (.? followed by orValue()) or guarding the
    check with has() for optional fields

    REASON                                             NODES   WHERE
    DynamicResources   running "DynamicResources"          1   gpu-1
                       filter plugin: class
                       gpu.example.com: selector #0
                       on device
                       gpu.example.com/gpu-1/gpu-0:
                       CEL runtime error: no such
                       key: healthy. consider using
                       CEL optional chaining (.?
                       followed by orValue()) or
                       guarding the check with has()
                       for optional fields

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    "#);
}

#[test]
fn two_classes_stand_for_an_extended_resource() {
    assert_snapshot!(explain("extended-resource-of-two-classes", ""), @"
    Pod default/train does not fit: 0 of 1 node            default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    REASON                                              NODES   WHERE
    DynamicResources   resource example.com/gpu: no         1   gpu-1
                       device of class
                       vgpu.example.com matches, 1
                       device requested; DeviceClass
                       gpu.example.com names it, too,
                       and does not count

    CLOSEST NODES
    gpu-1   DynamicResources   resource example.com/gpu: requests 1, 0 free of 1 (1
                               not matching)

    WHAT WOULD HELP
    No change of the pod, of a node or of other pods that was tried places it,
    neither alone nor in combinations of up to three.
    It needs devices of class vgpu.example.com that match the request: no existing
    one does

    NOT CONSIDERED   could change the answer
    DeviceTaintRules   the input has no object of this kind and no empty list of it:
                       DynamicResources was evaluated as if there were none
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_rule_taints_the_device() {
    assert_snapshot!(explain("device-tainted-by-a-rule", ""), @"
    Pod default/train does not fit: 0 of 1 node            default-scheduler · v1.37

    0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are
    available: 1 Preemption is not helpful for scheduling.

    REASON                                              NODES   WHERE
    DynamicResources   claim gpu, request gpu: too          1   gpu-1
                       few free for 1 device of class
                       gpu.example.com

    CLOSEST NODES
    gpu-1   DynamicResources   claim gpu, request gpu: requests 1, 0 free of 1 (1
                               tainted)

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   ResourceClaim gpu: request gpu with a toleration   gpu-1
          of dra.example.com/unhealthy=Broken:NoSchedule
          caution: taint
          dra.example.com/unhealthy=Broken:NoSchedule
          keeps pods off the device
    Or devices of class gpu.example.com that match the request: no existing one does
    --- stderr
    --- status 0
    ");
}

/// How many more copies fit of a pod whose claim is made from a template, where a node has these devices and counters.
fn capacity(request: &str, devices: &str, counters: &str) -> String {
    let slice = |name: &str, content: &str| {
        format!(
            "{{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {{name: {name}}}, spec: {{driver: d.example.com, nodeName: gpu-1, \
             pool: {{name: gpu-1, generation: 1, resourceSliceCount: {}}}, {content}}}}}",
            1 + usize::from(!counters.is_empty())
        )
    };
    let mut items = vec![
        "{apiVersion: v1, kind: Node, metadata: {name: gpu-1}, status: {allocatable: {cpu: 64, memory: 256Gi, pods: 110}}}"
            .to_owned(),
        "{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: c}, spec: {selectors: [{cel: \
         {expression: \"device.driver == 'd.example.com'\"}}]}}"
            .to_owned(),
        format!(
            "{{apiVersion: resource.k8s.io/v1, kind: ResourceClaimTemplate, metadata: {{name: t, namespace: ml}}, spec: {{spec: \
             {{devices: {{requests: [{{name: r, exactly: {{deviceClassName: c, {request}}}}}]}}}}}}}}"
        ),
        "{apiVersion: v1, kind: Pod, metadata: {name: train, namespace: ml}, spec: {containers: [{name: c}], \
         resourceClaims: [{name: r, resourceClaimTemplateName: t}]}}"
            .to_owned(),
        slice("devices", &format!("devices: [{devices}]")),
    ];
    if !counters.is_empty() {
        items.push(slice("counters", &format!("sharedCounters: [{counters}]")));
    }
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", items.join("\n- "))).unwrap();
    let shown = screen(&format!("capacity train -n ml --kube-version v1.37 --snapshot {}", file.path().display()));
    shown.lines().take_while(|line| !line.starts_with("NOT CONSIDERED")).collect::<Vec<_>>().join("\n")
}

#[test]
fn capacity_counts_partitions_and_shares() {
    let partition = |name: &str, memory: &str| {
        format!("{{name: {name}, consumesCounters: [{{counterSet: s, counters: {{memory: {{value: {memory}}}}}}}]}}")
    };
    let devices = [partition("a", "10Gi"), partition("b", "10Gi"), partition("c", "20Gi")];
    let counters = "{name: s, counters: {memory: {value: 30Gi}}}";
    assert_snapshot!(capacity("count: 1", &devices.join(", "), counters), @"
    2 more copies of ml/train, on 1 of 1 node                                  v1.37

    WHAT RUNS OUT                           NODES
    DynamicResources   devices of class c       1
    still free on these nodes: cpu 64, memory 256Gi

    NODE    MORE   WHAT STOPS THE NEXT COPY
    gpu-1      2   DynamicResources: claim train-copy-3-r, request r: requests 1, 0
                   free of 3 (2 taken, 1 with too little left)
    ");
    let card = "{name: eth1, allowMultipleAllocations: true, capacity: {bandwidth: {value: 10Gi}}}";
    assert_snapshot!(capacity("capacity: {requests: {bandwidth: 3Gi}}", card, ""), @"
    3 more copies of ml/train, on 1 of 1 node                                  v1.37

    WHAT RUNS OUT                           NODES
    DynamicResources   devices of class c       1
    still free on these nodes: cpu 64, memory 256Gi

    NODE    MORE   WHAT STOPS THE NEXT COPY
    gpu-1      3   DynamicResources: claim train-copy-4-r, request r: requests 1, 0
                   free of 1 (1 with too little left)
    ");
}

#[test]
fn a_preempted_pod_gives_its_devices_back() {
    let pod = |name: &str, priority: usize, cpu: usize, spec: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: ml, uid: {name}}}, spec: {{priority: {priority}, {spec} \
             containers: [{{name: c, resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}"
        )
    };
    let claim = |name: &str, status: &str| {
        format!(
            "{{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {{name: {name}, namespace: ml}}, spec: {{devices: \
             {{requests: [{{name: r, exactly: {{deviceClassName: gpu}}}}]}}}}, status: {{{status}}}}}"
        )
    };
    let uses = |name: &str| format!("resourceClaims: [{{name: r, resourceClaimName: {name}}}],");
    let items = [
        "{apiVersion: v1, kind: Node, metadata: {name: gpu-1}, status: {allocatable: {cpu: 4, memory: 16Gi, pods: 110}}}".to_owned(),
        "{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: gpu}, spec: {selectors: [{cel: {expression: \"true\"}}]}}".to_owned(),
        "{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {name: s}, spec: {driver: d.example.com, nodeName: gpu-1, \
         pool: {name: gpu-1, generation: 1, resourceSliceCount: 1}, devices: [{name: gpu-0}]}}"
            .to_owned(),
        claim(
            "used",
            "allocation: {devices: {results: [{request: r, driver: d.example.com, pool: gpu-1, device: gpu-0}]}}, reservedFor: [{uid: low}]",
        ),
        claim("wanted", ""),
        pod("low", 0, 3, &format!("nodeName: gpu-1, {}", uses("used"))),
        pod("high", 100, 3, ""),
        pod("trainer", 0, 1, &uses("wanted")),
    ];
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", items.join("\n- "))).unwrap();
    let shown =
        screen(&format!("simulate --pending --preempt --kube-version v1.37 --snapshot {}", file.path().display()));
    assert_snapshot!(shown.lines().take_while(|line| !line.starts_with("NOT CONSIDERED")).collect::<Vec<_>>().join("\n"), @"
    2 pods placed, on 1 of 1 node                                              v1.37
    1 pod preempted, 0 of them rescheduled

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: ml/low
      preempted by pod ml/high on node gpu-1, and no controller recreates it

    NODE    PODS    CPU          MEMORY
    gpu-1   1 → 2   75% → 100%   0% → 0%

    CLUSTER                           CPU            MEMORY        PODS
    utilization                       75.0% → 100%   0.0% → 0.0%   0.9% → 1.8%
    fragmentation (lower is better)   100% → 0.0%    100% → 100%   100% → 100%
    imbalance (lower is better)       0.0% → 0.0%    0.0% → 0.0%   0.0% → 0.0%
    1 of 1 node with pods

    POD          FROM     NODE      TOTAL     TIES   PREEMPTION
    ml/low       gpu-1    <none>   <none>   <none>   preempted on gpu-1 by ml/high
    ml/high      <none>   gpu-1       417        0   preempts ml/low
    ml/trainer   <none>   gpu-1       417        0
    ");
}
