//! What `capacity` shows.

use insta::assert_snapshot;

use super::harness::screen;

const STATE: &str = "-n shop --snapshot examples/clusters/mixed.yaml";

#[test]
fn what_runs_out() {
    assert_snapshot!(screen(&format!("capacity mailer-1 {STATE}")), @"
    24 more copies of shop/mailer-1, on 6 of 12 nodes                        v1.34.1

    WHAT RUNS OUT            NODES
    NodeResourcesFit   cpu       6
    still free on these nodes: cpu 830m, memory 75Gi

    NODES WITHOUT ROOM                              NODES
    TaintToleration      dedicated=gpu:NoSchedule       4
    TaintToleration      node-role.kubernetes.io/       1
                         control-plane:NoSchedule
    NodeUnschedulable    node is cordoned               1

    NODE      MORE   WHAT STOPS THE NEXT COPY
    arm-2        8   cpu: needs 500m, free 0 of 4: 500m short
    arm-1        6   cpu: needs 500m, free 0 of 4: 500m short
    node-2       3   cpu: needs 500m, free 300m of 8: 200m short
    node-3       3   cpu: needs 500m, free 0 of 8: 500m short
    small-1      3   cpu: needs 500m, free 430m of 1930m: 70m short
    node-1       1   cpu: needs 500m, free 100m of 8: 400m short

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
}

#[test]
fn nodes_for_a_wanted_number() {
    assert_snapshot!(screen(&format!("capacity deployment/web --want 40 --like node-1 --exit-code {STATE}")), @"
    0 of 40 fit on the existing nodes                                        v1.34.1
    40 pods need 10 more nodes like node-1; with one fewer they do not all fit

    NODES WITHOUT ROOM                                              NODES
    TaintToleration      dedicated=gpu:NoSchedule                       4
    NodeResourcesFit     cpu                                            4
    NodeAffinity         nodeSelector kubernetes.io/arch does not       2
                         match
    TaintToleration      node-role.kubernetes.io/                       1
                         control-plane:NoSchedule
    NodeUnschedulable    node is cordoned                               1

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 1
    ");
}

#[test]
fn no_number_of_nodes_is_enough() {
    assert_snapshot!(screen(&format!("capacity web-7 --want 2 --like gpu-1 {STATE}")), @"
    0 of 2 fit on the existing nodes                                         v1.34.1
    no number of nodes like gpu-1 is enough for 2 pods: with 2 more nodes, 0 fit
      0/14 nodes are available: 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
      node(s) didn't match Pod's node affinity/selector, 4 Insufficient cpu, 6
      node(s) had untolerated taint {dedicated: gpu}.

    NODES WITHOUT ROOM                                              NODES
    TaintToleration      dedicated=gpu:NoSchedule                       4
    NodeResourcesFit     cpu                                            4
    NodeAffinity         nodeSelector kubernetes.io/arch does not       2
                         match
    TaintToleration      node-role.kubernetes.io/                       1
                         control-plane:NoSchedule
    NodeUnschedulable    node is cordoned                               1

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
}

#[test]
fn in_a_ratio() {
    assert_snapshot!(screen(&format!("capacity -f tests/cli/small.yaml --ratio 3:1 {STATE}")), @"
    7 more sets of 3 shop/small and 1 shop/medium, on 5 of 12 nodes          v1.34.1

    The next copy of shop/medium fits on no node.

    WHAT RUNS OUT            NODES
    NodeResourcesFit   cpu       6
    still free on these nodes: cpu 3430m, memory 72.5Gi

    NODES WITHOUT ROOM                              NODES
    TaintToleration      dedicated=gpu:NoSchedule       4
    TaintToleration      node-role.kubernetes.io/       1
                         control-plane:NoSchedule
    NodeUnschedulable    node is cordoned               1

    NODE        MORE   WHAT STOPS THE NEXT COPY
    small-1   16 + 0   cpu: needs 1, free 330m of 1930m: 670m short
    arm-2      4 + 3   cpu: needs 1, free 600m of 4: 400m short
    arm-1      4 + 2   cpu: needs 1, free 600m of 4: 400m short
    node-2     0 + 1   cpu: needs 1, free 800m of 8: 200m short
    node-3     0 + 1   cpu: needs 1, free 500m of 8: 500m short

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("capacity pod/web-7 pod/mailer-1 --ratio 2:1:4 {STATE}")), @"
    --- stderr
    error: --ratio has 3 numbers for 2 pods; write one number for each pod, such as 3:1 for two pods
    --- status 2
    ");
}

#[test]
fn up_to_a_limit() {
    assert_snapshot!(screen(&format!("capacity mailer-1 --limit 2 {STATE}")), @"
    2 more copies of shop/mailer-1, on 1 of 12 nodes                         v1.34.1

    Stopped counting at 2: more may fit.

    NODE    MORE   WHAT STOPS THE NEXT COPY
    arm-2      2   nothing

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("capacity mailer-1 --limit 2 -o name {STATE}")), @"
    node/arm-2
    --- stderr
    --- status 0
    ");
}

#[test]
fn as_json() {
    assert_snapshot!(screen("capacity notebook-4 -n ml --want 9 --limit 1 -o json --snapshot examples/clusters/gpu.yaml"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Capacity",
        "kubeVersion": "v1.34.1",
        "copies": 1,
        "sets": 1,
        "templates": [
            {
                "pod": "ml/notebook-4",
                "perSet": 1,
                "copies": 1
            }
        ],
        "limitReached": true,
        "bottlenecks": [],
        "neverFeasible": [],
        "stillFree": {
            "cpu": "164",
            "memory": "1976Gi"
        },
        "nodes": [
            {
                "name": "cpu-1",
                "copies": [
                    0
                ],
                "stoppedBy": [
                    {
                        "plugin": "NodeResourcesFit",
                        "message": "Insufficient nvidia.com/gpu",
                        "type": "InsufficientResource",
                        "resource": "nvidia.com/gpu",
                        "requested": "1",
                        "used": "0",
                        "allocatable": "0",
                        "short": "1"
                    }
                ]
            },
            {
                "name": "cpu-2",
                "copies": [
                    0
                ],
                "stoppedBy": [
                    {
                        "plugin": "NodeResourcesFit",
                        "message": "Insufficient nvidia.com/gpu",
                        "type": "InsufficientResource",
                        "resource": "nvidia.com/gpu",
                        "requested": "1",
                        "used": "0",
                        "allocatable": "0",
                        "short": "1"
                    }
                ]
            },
            {
                "name": "gpu-a100-1",
                "copies": [
                    0
                ],
                "stoppedBy": [
                    {
                        "plugin": "NodeResourcesFit",
                        "message": "Insufficient nvidia.com/gpu",
                        "type": "InsufficientResource",
                        "resource": "nvidia.com/gpu",
                        "requested": "1",
                        "used": "8",
                        "allocatable": "8",
                        "short": "1"
                    }
                ]
            },
            {
                "name": "gpu-a100-2",
                "copies": [
                    1
                ],
                "stoppedBy": []
            },
            {
                "name": "gpu-a100-3",
                "copies": [
                    0
                ],
                "stoppedBy": []
            },
            {
                "name": "gpu-a100-4",
                "copies": [
                    0
                ],
                "stoppedBy": [
                    {
                        "plugin": "TaintToleration",
                        "message": "node(s) had untolerated taint {node.kubernetes.io/not-ready: }",
                        "type": "UntoleratedTaint",
                        "taint": {
                            "key": "node.kubernetes.io/not-ready",
                            "value": "",
                            "effect": "NoSchedule"
                        }
                    }
                ]
            }
        ],
        "wanted": {
            "copies": 9,
            "like": "gpu-a100-2",
            "moreNodes": 1
        },
        "notEvaluated": [
            {
                "what": "LimitRanges",
                "why": "not in the input; add them to the dump",
                "effect": "new pods got no defaults, and were not checked against limits"
            },
            {
                "what": "ResourceQuotas",
                "why": "not in the input; add them to the dump",
                "effect": "new pods were not checked against quotas"
            }
        ]
    }
    --- stderr
    --- status 0
    "#);
}
