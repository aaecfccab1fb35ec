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
            "gpu-1 gpu.example.com/gpu-1 6 5 ml/notebook (ml/notebook) 1 1 example.com/unhealthy=true:NoSchedule by broken-gpu",
            "mig-1 gpu.example.com/mig-1 3 1 ml/part (ml/inference) 1 (1 blocked)",
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
            "claim two-gpus, request gpus: 2 of 7 devices here match and are free, 3 elsewhere",
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
