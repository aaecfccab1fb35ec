//! What `pending` shows.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn by_root_cause() {
    assert_snapshot!(screen("pending --snapshot examples/clusters/mixed.yaml"), @"
    2 pods pending: 1 for 1 reason, 1 fits now                               v1.34.1

    1 pod   NodeResourcesFit: cpu: short by 200m on the closest node
            of: deployment shop/web (1)
            help: request cpu 1930m instead of 2 → goes to small-1

    1 pod   would fit now; kube-scheduler has not bound them yet
            of: pod shop/mailer-1
    --- stderr
    --- status 0
    ");
}

#[test]
fn of_one_namespace_with_the_event() {
    assert_snapshot!(screen("pending -n ml -o wide --snapshot examples/clusters/gpu.yaml"), @"
    2 pods pending: 1 for 1 reason, 1 fits now                               v1.34.1

    1 pod   NodeResourcesFit: nvidia.com/gpu: short by 2 on the closest node
            of: pod ml/trainer-1
            kube-scheduler can make room by preemption
            help: request nvidia.com/gpu 6 instead of 8 → goes to gpu-a100-2
            ml/trainer-1: 0/6 nodes are available: 1 node(s) had untolerated taint
                          {node.kubernetes.io/not-ready: }, 3 Insufficient cpu, 3
                          Insufficient memory, 5 Insufficient nvidia.com/gpu.

    1 pod   would fit now; kube-scheduler has not bound them yet
            of: pod ml/notebook-4
    --- stderr
    --- status 0
    ");
}

#[test]
fn for_a_script() {
    assert_snapshot!(
        screen("pending --no-suggestions --exit-code -o name --snapshot examples/clusters/zones.yaml"),
        @"
    pod/web-5
    pod/worker-1
    --- stderr
    --- status 1
    "
    );
}

#[test]
fn nothing_pending() {
    assert_snapshot!(screen("pending -n nobody --exit-code --snapshot examples/clusters/mixed.yaml"), @r#"
    --- stderr
    error: namespaces "nobody" not found in examples/clusters/mixed.yaml
    --- status 2
    "#);
}

/// Pods of two sizes wait for the same thing; pods that ask for more than any node has do not.
/// A pod behind a gate, one that no scheduler takes, and one whose claim is missing stand apart.
#[test]
fn many_kinds() {
    assert_snapshot!(screen("pending --snapshot tests/cli/pending.yaml"), @"
    9 pods pending, for 5 reasons                                              v1.37

    5 pods   NodeResourcesFit: cpu: short by 500m to 1 on the closest node
             of: deployment shop/web (3) and job batch/render (2)
             help: remove taint dedicated=infra:NoSchedule from infra-1 → places 4
                   of 5
             or: one more node like node-1 → places 2 of 5

     1 pod   NodeResourcesFit: cpu: short by 15 on the closest node, which has only
             4 in total
             of: pod batch/huge
             help: tolerate dedicated=infra:NoSchedule, and request cpu 8 instead of
                   16 → goes to infra-1

     1 pod   SchedulingGates: waiting for scheduling gates: [example.com/quota]
             of: pod batch/gated
             help: remove the scheduling gates → goes to node-1
             caution: the gates' owner has not released the pod yet

     1 pod   no profile has the schedulerName volcano
             of: pod batch/elsewhere
             Volcano (volcano) decides when and where this pod runs. Look there
             first: kubectl get podgroups.scheduling.volcano.sh -n batch

     1 pod   VolumeRestrictions: claim data does not exist
             of: pod batch/lost

    NOT CONSIDERED   could change the answer
    CSINodes                   the input has none: NodeVolumeLimits assumed that no
                               node has a limit
    Services                   not in the input; add them to the dump: default
                               topology spreading was not applied
    VolumeAttachments          the input has none: NodeVolumeLimits counted only the
                               volumes used by pods
    kube-scheduler's version   no node or snapshot tells it, and --kube-version does
                               not name one: the answer is that of v1.37, the newest
                               supported version
    --- stderr
    --- status 0
    ");
}

#[test]
fn many_kinds_as_json() {
    assert_snapshot!(screen("pending -n batch -o json --snapshot tests/cli/pending.yaml"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "PendingPods",
        "kubeVersion": "v1.37",
        "pods": 6,
        "groups": [
            {
                "rootCause": {
                    "type": "Filter",
                    "reasons": [
                        {
                            "plugin": "NodeResourcesFit",
                            "message": "Insufficient cpu",
                            "type": "InsufficientResource",
                            "resource": "cpu",
                            "requested": "2",
                            "used": "3",
                            "allocatable": "4",
                            "short": "1",
                            "shortfall": {
                                "min": "1",
                                "max": "1"
                            }
                        }
                    ]
                },
                "count": 2,
                "pods": [
                    "batch/render-a",
                    "batch/render-b"
                ],
                "owners": [
                    {
                        "kind": "Job",
                        "namespace": "batch",
                        "name": "render",
                        "pods": 2
                    }
                ],
                "preemptionHelps": 0,
                "example": "batch/render-a",
                "message": "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
                "suggestion": {
                    "podsPlaced": 2,
                    "summary": "tolerate dedicated=infra:NoSchedule",
                    "steps": [
                        {
                            "kind": "PatchPod",
                            "pod": "batch/render-a",
                            "changes": [
                                {
                                    "change": "Tolerate",
                                    "toleration": {
                                        "key": "dedicated",
                                        "operator": "Equal",
                                        "value": "infra",
                                        "effect": "NoSchedule"
                                    }
                                }
                            ]
                        }
                    ],
                    "patch": {
                        "spec": {
                            "tolerations": [
                                {
                                    "effect": "NoSchedule",
                                    "key": "dedicated",
                                    "operator": "Equal",
                                    "value": "infra"
                                }
                            ]
                        }
                    },
                    "node": "infra-1",
                    "feasibleNodes": {
                        "count": 1,
                        "nodes": [
                            "infra-1"
                        ]
                    }
                },
                "alternatives": [
                    {
                        "podsPlaced": 2,
                        "summary": "one more node like node-1",
                        "steps": [
                            {
                                "kind": "AddNode",
                                "like": "node-1",
                                "name": "node-1-copy"
                            }
                        ],
                        "node": "node-1-copy",
                        "feasibleNodes": {
                            "count": 1,
                            "nodes": [
                                "node-1-copy"
                            ]
                        }
                    }
                ]
            },
            {
                "rootCause": {
                    "type": "Filter",
                    "reasons": [
                        {
                            "plugin": "NodeResourcesFit",
                            "message": "Insufficient cpu",
                            "type": "InsufficientResource",
                            "resource": "cpu",
                            "requested": "16",
                            "used": "3",
                            "allocatable": "4",
                            "short": "15",
                            "shortfall": {
                                "min": "15",
                                "max": "15"
                            }
                        }
                    ]
                },
                "count": 1,
                "pods": [
                    "batch/huge"
                ],
                "owners": [
                    {
                        "kind": "Pod",
                        "namespace": "batch",
                        "name": "huge",
                        "pods": 1
                    }
                ],
                "preemptionHelps": 0,
                "example": "batch/huge",
                "message": "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
                "suggestion": {
                    "podsPlaced": 1,
                    "summary": "tolerate dedicated=infra:NoSchedule, and request cpu 8 instead of 16",
                    "steps": [
                        {
                            "kind": "PatchPod",
                            "pod": "batch/huge",
                            "changes": [
                                {
                                    "change": "Tolerate",
                                    "toleration": {
                                        "key": "dedicated",
                                        "operator": "Equal",
                                        "value": "infra",
                                        "effect": "NoSchedule"
                                    }
                                },
                                {
                                    "change": "Request",
                                    "container": "main",
                                    "resource": "cpu",
                                    "from": "16",
                                    "to": "8"
                                }
                            ]
                        }
                    ],
                    "patch": {
                        "spec": {
                            "containers": [
                                {
                                    "name": "main",
                                    "resources": {
                                        "requests": {
                                            "cpu": "8"
                                        }
                                    }
                                }
                            ],
                            "tolerations": [
                                {
                                    "effect": "NoSchedule",
                                    "key": "dedicated",
                                    "operator": "Equal",
                                    "value": "infra"
                                }
                            ]
                        }
                    },
                    "commands": [
                        "kubectl get pod huge -n batch -o yaml | kubectl patch --local -f - -p '{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{\"cpu\":\"8\"}}}],\"tolerations\":[{\"effect\":\"NoSchedule\",\"key\":\"dedicated\",\"operator\":\"Equal\",\"value\":\"infra\"}]}}' -o yaml | kubectl replace --force -f -"
                    ],
                    "node": "infra-1",
                    "feasibleNodes": {
                        "count": 1,
                        "nodes": [
                            "infra-1"
                        ]
                    }
                }
            },
            {
                "rootCause": {
                    "type": "PreEnqueue",
                    "reasons": [
                        {
                            "plugin": "SchedulingGates",
                            "message": "waiting for scheduling gates: [example.com/quota]",
                            "type": "SchedulingGates",
                            "gates": [
                                "example.com/quota"
                            ]
                        }
                    ]
                },
                "count": 1,
                "pods": [
                    "batch/gated"
                ],
                "owners": [
                    {
                        "kind": "Pod",
                        "namespace": "batch",
                        "name": "gated",
                        "pods": 1
                    }
                ],
                "preemptionHelps": 0,
                "example": "batch/gated",
                "suggestion": {
                    "podsPlaced": 1,
                    "summary": "remove the scheduling gates",
                    "steps": [
                        {
                            "kind": "PatchPod",
                            "pod": "batch/gated",
                            "changes": [
                                {
                                    "change": "RemoveSchedulingGates"
                                }
                            ]
                        }
                    ],
                    "patch": {
                        "spec": {
                            "schedulingGates": null
                        }
                    },
                    "commands": [
                        "kubectl get pod gated -n batch -o yaml | kubectl patch --local -f - -p '{\"spec\":{\"schedulingGates\":null}}' -o yaml | kubectl replace --force -f -"
                    ],
                    "node": "node-1",
                    "feasibleNodes": {
                        "count": 2,
                        "nodes": [
                            "node-1",
                            "node-2"
                        ]
                    },
                    "cautions": [
                        "the gates' owner has not released the pod yet"
                    ]
                }
            },
            {
                "rootCause": {
                    "type": "NoProfile",
                    "schedulerName": "volcano"
                },
                "count": 1,
                "pods": [
                    "batch/elsewhere"
                ],
                "owners": [
                    {
                        "kind": "Pod",
                        "namespace": "batch",
                        "name": "elsewhere",
                        "pods": 1
                    }
                ],
                "preemptionHelps": 0,
                "example": "batch/elsewhere",
                "findings": [
                    {
                        "summary": "Volcano (volcano) decides when and where this pod runs. Look there first: kubectl get podgroups.scheduling.volcano.sh -n batch",
                        "type": "ManagedElsewhere",
                        "manager": "Volcano",
                        "by": "volcano",
                        "command": "kubectl get podgroups.scheduling.volcano.sh -n batch",
                        "gate": false
                    }
                ]
            },
            {
                "rootCause": {
                    "type": "PreFilter",
                    "reasons": [
                        {
                            "plugin": "VolumeRestrictions",
                            "message": "persistentvolumeclaim \"data\" not found",
                            "type": "ClaimNotFound",
                            "claim": "batch/data"
                        }
                    ]
                },
                "count": 1,
                "pods": [
                    "batch/lost"
                ],
                "owners": [
                    {
                        "kind": "Pod",
                        "namespace": "batch",
                        "name": "lost",
                        "pods": 1
                    }
                ],
                "preemptionHelps": 0,
                "example": "batch/lost",
                "message": "0/3 nodes are available: persistentvolumeclaim \"data\" not found. not found"
            }
        ],
        "notEvaluated": [
            {
                "what": "CSINodes",
                "why": "the input has none",
                "effect": "NodeVolumeLimits assumed that no node has a limit"
            },
            {
                "what": "Services",
                "why": "not in the input; add them to the dump",
                "effect": "default topology spreading was not applied"
            },
            {
                "what": "VolumeAttachments",
                "why": "the input has none",
                "effect": "NodeVolumeLimits counted only the volumes used by pods"
            },
            {
                "what": "kube-scheduler's version",
                "why": "no node or snapshot tells it, and --kube-version does not name one",
                "effect": "the answer is that of v1.37, the newest supported version"
            }
        ]
    }
    --- stderr
    --- status 0
    "#);
}

/// Figures to watch: few labels, each with few values.
#[test]
fn figures_to_watch() {
    assert_snapshot!(screen("pending -o openmetrics --snapshot examples/clusters/mixed.yaml"), @r#"
    # TYPE kubectl_sched_pending_pods gauge
    # HELP kubectl_sched_pending_pods Pending pods by what keeps them from the closest node.
    kubectl_sched_pending_pods{cause="Fits",namespace="shop",owner_kind="Pod"} 1
    kubectl_sched_pending_pods{cause="NodeResourcesFit",namespace="shop",owner_kind="Deployment"} 1
    # TYPE kubectl_sched_pending_oldest_created_timestamp_seconds gauge
    # UNIT kubectl_sched_pending_oldest_created_timestamp_seconds seconds
    # HELP kubectl_sched_pending_oldest_created_timestamp_seconds When the oldest of the pending pods was created.
    kubectl_sched_pending_oldest_created_timestamp_seconds{cause="Fits"} 1772443860
    kubectl_sched_pending_oldest_created_timestamp_seconds{cause="NodeResourcesFit"} 1772443800
    # EOF
    --- stderr
    --- status 0
    "#);
    assert_snapshot!(screen("pending -o openmetrics -n default --snapshot tests/cli/new-nodes/max-size.yaml"), @"
    # TYPE kubectl_sched_pending_pods gauge
    # HELP kubectl_sched_pending_pods Pending pods by what keeps them from the closest node.
    # TYPE kubectl_sched_pending_oldest_created_timestamp_seconds gauge
    # UNIT kubectl_sched_pending_oldest_created_timestamp_seconds seconds
    # HELP kubectl_sched_pending_oldest_created_timestamp_seconds When the oldest of the pending pods was created.
    # EOF
    --- stderr
    --- status 0
    ");
}
