//! What `devices` shows, and why a claim cannot be had on a node.

use super::harness::screen;

const STATE: &str = "--kube-version v1.37 --snapshot examples/clusters/devices.yaml";

/// That `arguments` show all of `parts`, wherever their lines are broken.
#[track_caller]
fn shows(arguments: &str, parts: &[&str]) {
    let shown = screen(&format!("{arguments} {STATE}"));
    let joined = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(joined.contains(part), "{part} is missing in:\n{shown}");
    }
}

#[test]
fn free_held_blocked_and_tainted() {
    shows(
        "devices",
        &[
            "10 devices in 3 pools, 6 free",
            "gpu-1 gpu.example.com 6 5 1: ml/notebook 1 tainted example.com/ unhealthy=true:NoSchedule by broken-gpu",
            "mig-1 gpu.example.com 3 1 1: ml/inference 1 blocked",
        ],
    );
    shows(
        "devices --driver net.example.com -o wide",
        &[
            "1 device in 1 pool, 0 free",
            "gpu-1 net.example.com/gpu-1-net/eth1 shared: 80Gi of 100Gi bandwidth ml/link (ml/notebook)",
        ],
    );
    shows("devices --node gpu-2", &["nodes \"gpu-2\" not found", "--- status 2"]);
}

#[test]
fn what_keeps_each_device_from_a_request() {
    shows(
        "explain trainer -n ml --node gpu-1",
        &[
            "claim two-gpus, request gpus: 2 of 7 devices on this node match and are free; other nodes have 3 in all",
            "- 2 devices such as gpu.example.com/gpu-1/gpu-4: the request wants",
            "- gpu.example.com/gpu-1/gpu-0: taken by claim ml/notebook of ml/notebook",
            "- gpu.example.com/gpu-1/gpu-3: tainted example.com/unhealthy=true:NoSchedule by DeviceTaintRule broken-gpu",
            "- gpu.example.com/numa must be the same: 0 (1) and 1 (1)",
        ],
    );
    shows(
        "explain whole -n ml --node mig-1",
        &[
            "- gpu.example.com/mig-1/gpu-0: needs 40Gi of memory in gpu-0-counters, 30Gi left, held by claim ml/part of ml/inference",
        ],
    );
    shows(
        "explain stream -n ml --node gpu-1",
        &[
            "- net.example.com/gpu-1-net/eth1: 40Gi of bandwidth asked, 20Gi of 100Gi left, held by claim ml/link of ml/notebook",
        ],
    );
}

#[test]
fn nodes_with_long_names_fit_on_the_screen() {
    let node = |number: usize| format!("ip-10-0-{number}-17.eu-central-1.compute.internal");
    let mut items: Vec<String> = Vec::new();
    for number in 0..3 {
        let devices: Vec<String> = (0..8).map(|device| format!("{{name: gpu-{device}}}")).collect();
        items.push(format!("{{apiVersion: v1, kind: Node, metadata: {{name: {}}}}}", node(number)));
        items.push(format!(
            "{{apiVersion: resource.k8s.io/v1, kind: ResourceSlice, metadata: {{name: slice-{number}}}, spec: {{driver: gpu.nvidia.com, \
             nodeName: {0}, pool: {{name: {0}, generation: 1, resourceSliceCount: 1}}, devices: [{1}]}}}}",
            node(number),
            devices.join(", ")
        ));
    }
    for number in 0..5 {
        let uid = if number == 4 { "gone".to_owned() } else { format!("uid-{number}") };
        items.push(format!(
            "{{apiVersion: resource.k8s.io/v1, kind: ResourceClaim, metadata: {{name: claim-{number}, namespace: machine-learning}}, \
             status: {{allocation: {{devices: {{results: [{{request: r, driver: gpu.nvidia.com, pool: {}, device: gpu-{number}}}]}}}}, \
             reservedFor: [{{uid: {uid}}}]}}}}",
            node(0)
        ));
        items.push(format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: training-job-{number}, namespace: machine-learning, uid: uid-{number}}}, \
             spec: {{nodeName: {}, containers: [{{name: c}}]}}}}",
            node(0)
        ));
    }
    items.push(format!(
        "{{apiVersion: resource.k8s.io/v1, kind: DeviceTaintRule, metadata: {{name: xid-errors}}, spec: {{deviceSelector: \
         {{driver: gpu.nvidia.com, pool: {}, device: gpu-3}}, taint: {{key: gpu.nvidia.com/xid, value: \"79\", effect: NoSchedule}}}}}}",
        node(1)
    ));
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), format!("apiVersion: v1\nkind: List\nitems:\n- {}\n", items.join("\n- "))).unwrap();
    let shown = screen(&format!("devices --kube-version v1.37 --snapshot {}", file.path().display()));
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    insta::assert_snapshot!(shown, @"
    24 devices in 3 pools, 19 free                                             v1.37

    NODE            POOL             DEVICES   FREE   HELD BY, BLOCKED, TAINTED
    ip-10-0-0-17…   gpu.nvidia.com         8      3   1: machine-learning/
                                                      training-job-0
                                                      1: machine-learning/
                                                      training-job-1
                                                      1: machine-learning/
                                                      training-job-2
                                                      2: others
    ip-10-0-1-17…   gpu.nvidia.com         8      8   1 tainted gpu.nvidia.com/
                                                      xid=79:NoSchedule by
                                                      xid-errors
    ip-10-0-2-17…   gpu.nvidia.com         8      8

    … in node names: .eu-central-1.compute.internal; -o wide shows whole names
    --- stderr
    --- status 0
    ");
}
