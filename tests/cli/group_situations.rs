//! Situations of node groups and NodePools as public threads have them: what the section `NEW NODES` says of each. The cause
//! stands there, and nothing is claimed that the state does not show.

use std::fs;

use serde_json::Value;

use super::harness::{run, screen};

/// The section, in one line.
fn section(state: &str, pod: &str) -> String {
    let shown = screen(&format!(
        "explain {pod} -n shop --no-suggestions --at 2026-08-20T10:00:24Z --kube-version v1.34 \
         --snapshot tests/cli/new-nodes/{state}.yaml"
    ));
    let from = shown.find("NEW NODES").unwrap_or_else(|| panic!("{state}: {shown}"));
    let section = shown[from..].split("NOT CONSIDERED").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn say(cases: &[(&str, &str, &[&str])]) {
    for (state, pod, texts) in cases {
        let section = section(state, pod);
        for text in *texts {
            assert!(section.contains(text), "{state}: {text}: {section}");
        }
    }
}

/// Which group grows, or why none does.
#[test]
fn of_the_cluster_autoscaler() {
    say(&[
        (
            "capacity-quota",
            "web",
            &[
                "would take it, like n1; exceeded quota: \"CapacityQuota/team-shop\", resources: cpu",
                "No group grows for it.",
            ],
        ),
        ("priority", "web", &["eks-spot would take it, like s1; grows from 1 to 2", "A group grows for it."]),
        ("priority-missing", "web", &["expander priority decides by what this state does not have"]),
        ("grpc", "web", &["expander grpc decides by what this state does not have"]),
        ("unhealthy", "web", &["not healthy: too many of its nodes are missing or not ready"]),
        ("upcoming", "web", &["The autoscaler expects it on a node of eks-general that is under way."]),
        ("upcoming", "big", &["would not: Insufficient cpu (asks 6, a new node has 4); 2 nodes under way"]),
        (
            "spread-zone-max",
            "w2",
            &[
                "eks-gen-a would not: node(s) didn't match pod topology spread constraints",
                "eks-gen-b would take it, like b1; at its maximum: 1 of 1",
                "help: raise its maximum to 2; then it grows for the pod (re-run)",
            ],
        ),
        (
            "cordoned",
            "web",
            &[
                "would not: node(s) were unschedulable; judged by n1, which is cordoned",
                "the cloud itself may describe a new node otherwise",
            ],
        ),
        (
            "gpu-not-there",
            "train",
            &[
                "Insufficient nvidia.com/gpu (a new node has none); judged by g1, which has a startup taint, or not its GPUs yet",
                "the cloud itself may describe a new node otherwise",
            ],
        ),
        ("max-total", "web", &["the cluster has as many nodes as the autoscaler allows (its flag max-nodes-total)"]),
        ("taint-group", "web", &["eks-batch would not: node(s) had untolerated taint(s) (dedicated=batch:NoSchedule)"]),
        ("too-large", "huge", &["would not: Insufficient cpu (asks 16, a new node has 4)"]),
        ("hostport", "web", &["(host port taken: 80/TCP)"]),
        (
            "buffers",
            "web",
            &[
                "CapacityBuffer shop/spare adds 3 spare pods to the autoscaler's loop, which are not counted here",
                "ProvisioningRequest shop/batch (check-capacity.autoscaling.x-k8s.io) has no capacity yet: Capacity is not found",
            ],
        ),
        ("expendable", "pause", &["Its priority is too low: the autoscaler makes no node for it."]),
    ]);
}

/// Which pool makes a node, or why none does.
#[test]
fn of_karpenter() {
    say(&[
        (
            "kp-daemons",
            "web",
            &["of its instance types (m5.xlarge) the largest has 2 cpu left beside DaemonSets, the pod asks 3"],
        ),
        (
            "kp-cpu-bound",
            "web",
            &["its instance types have at most 8 cpu (karpenter.k8s.aws/instance-cpu), the pod asks 16"],
        ),
        (
            "kp-ice",
            "web",
            &["could, with m5.xlarge", "NodeClaim default-ice: not launched: creating instance, insufficient capacity"],
        ),
        (
            "kp-startup",
            "web",
            &[
                "NodeClaim default-x: registered, not initialised: StartupTaint",
                "Karpenter expects it on k1, which is under way.",
                "Karpenter expects this taint to go away once the node has started.",
            ],
        ),
        (
            "kp-taint-not-startup",
            "web",
            &["would not: did not tolerate taint (taint=node.cilium.io/agent-not-ready=true:NoExecute)"],
        ),
        (
            "kp-weight",
            "web",
            &["of pool od, or of spot, which is asked first and whose instance types are not known here"],
        ),
        ("kp-limits", "web", &["(without its limits it could: cpu 8 of 8)", "help: raise its limit of cpu to 12"]),
        ("kp-spot", "web", &["help: allow karpenter.sh/capacity-type on-demand in its requirements"]),
        (
            "kp-label",
            "web",
            &["help: add label team=payments to its template; then it makes a node for the pod (re-run)"],
        ),
        ("kp-zone-volume", "db", &["incompatible volume requirements, key topology.kubernetes.io/zone"]),
        (
            "kp-notready",
            "web",
            &["not asked, it is not ready: NodeClassReady=False", "if it were ready, it would make a node"],
        ),
    ]);
}

/// The overview says the same of all groups and pools at once.
#[test]
fn in_the_overview() {
    let shown = |state: &str| {
        let shown = screen(&format!(
            "nodegroups --at 2026-08-20T10:00:24Z --kube-version v1.34 --snapshot tests/cli/new-nodes/{state}.yaml"
        ));
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let cases: &[(&str, &[&str])] = &[
        ("max-total", &["1 node group: none can grow", "(its flag max-nodes-total): no group is asked"]),
        ("capacity-quota", &["exceeded quota: \"CapacityQuota/team-shop\", resources: cpu"]),
        ("kp-ice", &["NodeClaim default-ice: not launched"]),
        ("kp-weight", &["a node of pool od is made, or of spot, whose instance types are not known"]),
    ];
    for (state, texts) in cases {
        let shown = shown(state);
        for text in *texts {
            assert!(shown.contains(text), "{state}: {text}: {shown}");
        }
    }
}

/// Simulations name what they cannot know, and why a pod gets no node.
#[test]
fn in_simulations() {
    let cases: &[(&str, &[&str])] = &[
        (
            "grpc",
            &[
                "from 1 to 2 (maximum 5): 1 pod placed; or eks-spot: expander grpc decides by what this state does not have",
            ],
        ),
        (
            "kp-startup",
            &["No node for shop/web: Karpenter expects it on k1, which is under way and not ready in this state"],
        ),
        (
            "kp-ice",
            &["NodeClaim default-ice of NodePool default was not launched: creating instance, insufficient capacity"],
        ),
        ("cordoned", &["no group grows: 1 node(s) were unschedulable; judged by nodes that are no good examples"]),
        ("capacity-quota", &["a new node of eks-general would do, but it would exceed CapacityQuota team-shop (cpu)"]),
        ("upcoming", &["eks-general 2 nodes under way already: 1 pod placed", "No node for shop/big: no group grows"]),
        ("kp-in-flight", &["default 1 node under way already: 1 pod placed", "Karpenter adds no node."]),
        ("kp-limits", &["No node for 2 pods", "NodePool default: all available instance types exceed limits"]),
    ];
    for (state, texts) in cases {
        let shown = screen(&format!(
            "simulate --pending --autoscale --at 2026-08-20T10:00:24Z --kube-version v1.34 \
             --snapshot tests/cli/new-nodes/{state}.yaml"
        ));
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in *texts {
            assert!(shown.contains(text), "{state}: {text}: {shown}");
        }
    }
}

/// Priorities decide in a simulation, too, whatever the autoscaler's own flag says.
#[test]
fn a_simulation_by_priority() {
    let shown = screen(
        "simulate --pending --autoscale --expander priority --at 2026-08-20T10:00:24Z --kube-version v1.34 \
         --snapshot tests/cli/new-nodes/priority.yaml",
    );
    assert!(shown.contains("eks-spot   from 1 to 2 (maximum 5): 1 pod placed"), "{shown}");
}

/// A redacted state has the priorities of the groups under their new names.
#[test]
fn a_redacted_state_keeps_the_priorities() {
    let folder = tempfile::tempdir().unwrap();
    let (state, names) = (folder.path().join("state.json"), folder.path().join("names.json"));
    let (state, names) = (state.display(), names.display());
    run(&format!("snapshot --redact --redact-map {names} --snapshot tests/cli/new-nodes/priority.yaml -f {state}"));
    let answer = run(&format!(
        "simulate --pending --autoscale --expander priority --at 2026-08-20T10:00:24Z --kube-version v1.34 -o json \
         --snapshot {state}"
    ));
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let group = answer["scaleUps"][0]["group"].as_str().unwrap();
    let names: Value = serde_json::from_str(&fs::read_to_string(names.to_string()).unwrap()).unwrap();
    let original = names[group].as_str().unwrap();
    assert!(!group.contains("spot") && original.starts_with("eks-spot-"), "{group} was {original}");
}
