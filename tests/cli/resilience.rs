//! What `resilience` shows.

use insta::assert_snapshot;

use super::harness::screen;

const MIXED: &str = "--snapshot examples/clusters/mixed.yaml";
const ZONES: &str = "--snapshot examples/clusters/zones.yaml";

#[test]
fn every_node() {
    assert_snapshot!(screen(&format!("resilience --exit-code {MIXED}")), @"
    3 of 12 nodes, if lost, leave pods that fit nowhere else                 v1.34.1

    NODE     MOVE   UNPLACED   STUCK   DOWN   PDBS   LOST
    node-1      0          2       0      0      1      1
    node-2      1          2       0      0      1      0
    node-3      1          2       0      0      1      0
    arm-1       0          0       0      0      0      1
    UNPLACED: fit nowhere, in the worse case of two: the node is deleted, or stays
    registered and does not answer. STUCK: pods that are not recreated until the
    node is back or deleted. DOWN: workloads that lose all of several ready pods.
    PDBS: budgets violated. LOST: pods that no controller recreates

    node-1
      2 pods fit nowhere: shop/web-1 and shop/web-2
        0/11 nodes are available: 1 node(s) had untolerated taint
        {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
        node(s) didn't match Pod's node affinity/selector, 3 Insufficient cpu, 4
        node(s) had untolerated taint {dedicated: gpu}.
      PodDisruptionBudget shop/web: 2 pods down at once (budget allows 1); 2 cannot
      be rescheduled
      1 pod lost (no controller recreates it): shop/db-0

    node-2
      2 pods fit nowhere: shop/web-3 and shop/web-4
        0/11 nodes are available: 1 node(s) had untolerated taint
        {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
        node(s) didn't match Pod's node affinity/selector, 3 Insufficient cpu, 4
        node(s) had untolerated taint {dedicated: gpu}.
      PodDisruptionBudget shop/web: 2 pods down at once (budget allows 1); 2 cannot
      be rescheduled

    node-3
      2 pods fit nowhere: shop/web-5 and shop/web-6
        0/11 nodes are available: 1 node(s) had untolerated taint
        {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
        node(s) didn't match Pod's node affinity/selector, 3 Insufficient cpu, 4
        node(s) had untolerated taint {dedicated: gpu}.
      PodDisruptionBudget shop/web: 2 pods down at once (budget allows 1); 2 cannot
      be rescheduled

    and 1 more: -o wide lists it
    --- stderr
    --- status 1
    ");
}

#[test]
fn every_zone_and_pod() {
    assert_snapshot!(screen(&format!("resilience --by zone -o wide {MIXED}")), @"
    1 of 2 zones, if lost, leaves pods that fit nowhere else                 v1.34.1

    ZONE   NODES   MOVE   UNPLACED   STUCK   DOWN   PDBS   LOST
    a          7      1          7       0      2      1      2
    b          5      0          0       0      0      0      0
    UNPLACED: fit nowhere, in the worse case of two: the node is deleted, or stays
    registered and does not answer. STUCK: pods that are not recreated until the
    node is back or deleted. DOWN: workloads that lose all of several ready pods.
    PDBS: budgets violated. LOST: pods that no controller recreates

    topology.kubernetes.io/zone=a
      if the node is deleted:
      6 pods fit nowhere: shop/web-1, shop/web-2, shop/web-3, shop/web-4, shop/web-5
      and shop/web-6
        0/5 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's
        node affinity/selector, 1 node(s) were unschedulable, 2 node(s) had
        untolerated taint {dedicated: gpu}.
      1 pod fits nowhere: shop/api-1
        0/5 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2
        node(s) had untolerated taint {dedicated: gpu}.
      if it stays registered and does not answer:
      6 pods fit nowhere: shop/web-1-new, shop/web-2-new, shop/web-3-new,
      shop/web-4-new, shop/web-5-new and shop/web-6-new
        0/12 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's
        node affinity/selector, 1 node(s) had untolerated taint
        {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 4
        node(s) had untolerated taint {dedicated: gpu}, 4 node(s) had untolerated
        taint {node.kubernetes.io/unreachable: }.
      1 pod fits nowhere: shop/api-1-new
        0/12 nodes are available: 1 node(s) had untolerated taint
        {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
        Insufficient cpu, 4 node(s) had untolerated taint {dedicated: gpu}, 4
        node(s) had untolerated taint {node.kubernetes.io/unreachable: }.
      Deployment shop/web is down until its pods run elsewhere: all 6 ready pods are
      here
      ReplicaSet shop/api-7d9f8c6b5 is down until its pods run elsewhere: all 2
      ready pods are here
      PodDisruptionBudget shop/web: 6 pods down at once (budget allows 1); 6 cannot
      be rescheduled
      2 pods lost (no controller recreates them): batch/resize-images and shop/db-0
      shop/api-2   → arm-2
    --- stderr
    --- status 0
    ");
}

#[test]
fn no_pod_without_a_place() {
    assert_snapshot!(screen("resilience --exit-code --snapshot examples/clusters/gpu.yaml"), @"
    Pods fit elsewhere after any loss, but 4 of 6 nodes do harm: gpu-a100-1: 1
    budget violated, 1 bare pod lost
    v1.34.1

    NODE         MOVE   UNPLACED   STUCK   DOWN   PDBS   LOST
    gpu-a100-1      0          0       0      0      1      1
    gpu-a100-3      0          0       0      0      0      2
    cpu-1           0          0       0      0      0      1
    gpu-a100-2      0          0       0      0      0      1
    UNPLACED: fit nowhere, in the worse case of two: the node is deleted, or stays
    registered and does not answer. STUCK: pods that are not recreated until the
    node is back or deleted. DOWN: workloads that lose all of several ready pods.
    PDBS: budgets violated. LOST: pods that no controller recreates

    gpu-a100-1
      PodDisruptionBudget ml/trainer: 1 pod down at once (budget allows none); 1
      cannot be rescheduled
      1 pod lost (no controller recreates it): ml/trainer-0

    gpu-a100-3
      2 pods lost (no controller recreates them): ml/notebook-2 and ml/notebook-3

    cpu-1
      1 pod lost (no controller recreates it): ml/gateway

    and 1 more: -o wide lists it
    --- stderr
    --- status 0
    ");
}

#[test]
fn values_of_a_label_by_name() {
    assert_snapshot!(screen(&format!("resilience --by topology.example.com/rack -o name {ZONES}")), @"
    topology.example.com/rack=a1
    topology.example.com/rack=a2
    topology.example.com/rack=b1
    topology.example.com/rack=b2
    topology.example.com/rack=c1
    topology.example.com/rack=c2
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("resilience --by rack {ZONES}")), @"
    --- stderr
    error: no node has the label rack in examples/clusters/zones.yaml; --by accepts node, zone, or the key of a label
    --- status 2
    ");
}

#[test]
fn zones_as_json() {
    assert_snapshot!(screen(&format!("resilience --by zone -o json {MIXED}")), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Resilience",
        "kubeVersion": "v1.34.1",
        "by": "topology.kubernetes.io/zone",
        "nodesWithoutLabel": 0,
        "losses": [
            {
                "name": "a",
                "nodes": [
                    "arm-1",
                    "control-plane-1",
                    "gpu-1",
                    "gpu-3",
                    "node-1",
                    "node-2",
                    "node-3"
                ],
                "placed": 1,
                "unplaced": 7,
                "unplacedByCause": [
                    {
                        "pods": [
                            "shop/web-1",
                            "shop/web-2",
                            "shop/web-3",
                            "shop/web-4",
                            "shop/web-5",
                            "shop/web-6"
                        ],
                        "message": "0/5 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable, 2 node(s) had untolerated taint {dedicated: gpu}.",
                        "causes": [
                            {
                                "plugin": "TaintToleration",
                                "message": "node(s) had untolerated taint {dedicated: gpu}",
                                "nodes": 2
                            },
                            {
                                "plugin": "NodeAffinity",
                                "message": "node(s) didn't match Pod's node affinity/selector",
                                "nodes": 1
                            },
                            {
                                "plugin": "NodeResourcesFit",
                                "message": "Insufficient cpu",
                                "nodes": 1
                            },
                            {
                                "plugin": "NodeUnschedulable",
                                "message": "node(s) were unschedulable",
                                "nodes": 1
                            }
                        ]
                    },
                    {
                        "pods": [
                            "shop/api-1"
                        ],
                        "message": "0/5 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2 node(s) had untolerated taint {dedicated: gpu}.",
                        "causes": [
                            {
                                "plugin": "NodeResourcesFit",
                                "message": "Insufficient cpu",
                                "nodes": 2
                            },
                            {
                                "plugin": "TaintToleration",
                                "message": "node(s) had untolerated taint {dedicated: gpu}",
                                "nodes": 2
                            },
                            {
                                "plugin": "NodeUnschedulable",
                                "message": "node(s) were unschedulable",
                                "nodes": 1
                            }
                        ]
                    }
                ],
                "violatedBudgets": [
                    {
                        "budget": "shop/web",
                        "allowed": 1,
                        "evicted": 6,
                        "unrecoverable": 6
                    }
                ],
                "lost": [
                    "batch/resize-images",
                    "shop/db-0"
                ],
                "emptyDirLost": [],
                "moves": [
                    {
                        "pod": "shop/web-1",
                        "node": null
                    },
                    {
                        "pod": "shop/web-2",
                        "node": null
                    },
                    {
                        "pod": "shop/web-3",
                        "node": null
                    },
                    {
                        "pod": "shop/web-4",
                        "node": null
                    },
                    {
                        "pod": "shop/web-5",
                        "node": null
                    },
                    {
                        "pod": "shop/web-6",
                        "node": null
                    },
                    {
                        "pod": "shop/api-2",
                        "node": "arm-2"
                    },
                    {
                        "pod": "shop/api-1",
                        "node": null
                    }
                ],
                "outages": [
                    {
                        "kind": "Deployment",
                        "workload": "shop/web",
                        "readyPods": 6
                    },
                    {
                        "kind": "ReplicaSet",
                        "workload": "shop/api-7d9f8c6b5",
                        "readyPods": 2
                    }
                ],
                "registered": {
                    "placed": 1,
                    "unplaced": 7,
                    "unplacedByCause": [
                        {
                            "pods": [
                                "shop/web-1-new",
                                "shop/web-2-new",
                                "shop/web-3-new",
                                "shop/web-4-new",
                                "shop/web-5-new",
                                "shop/web-6-new"
                            ],
                            "message": "0/12 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 4 node(s) had untolerated taint {dedicated: gpu}, 4 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.",
                            "causes": [
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {dedicated: gpu}",
                                    "nodes": 4
                                },
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {node.kubernetes.io/unreachable: }",
                                    "nodes": 4
                                },
                                {
                                    "plugin": "NodeAffinity",
                                    "message": "node(s) didn't match Pod's node affinity/selector",
                                    "nodes": 1
                                },
                                {
                                    "plugin": "NodeResourcesFit",
                                    "message": "Insufficient cpu",
                                    "nodes": 1
                                },
                                {
                                    "plugin": "NodeUnschedulable",
                                    "message": "node(s) were unschedulable",
                                    "nodes": 1
                                },
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
                                    "nodes": 1
                                }
                            ]
                        },
                        {
                            "pods": [
                                "shop/api-1-new"
                            ],
                            "message": "0/12 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2 Insufficient cpu, 4 node(s) had untolerated taint {dedicated: gpu}, 4 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.",
                            "causes": [
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {dedicated: gpu}",
                                    "nodes": 4
                                },
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {node.kubernetes.io/unreachable: }",
                                    "nodes": 4
                                },
                                {
                                    "plugin": "NodeResourcesFit",
                                    "message": "Insufficient cpu",
                                    "nodes": 2
                                },
                                {
                                    "plugin": "NodeUnschedulable",
                                    "message": "node(s) were unschedulable",
                                    "nodes": 1
                                },
                                {
                                    "plugin": "TaintToleration",
                                    "message": "node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }",
                                    "nodes": 1
                                }
                            ]
                        }
                    ],
                    "stuckTerminating": [],
                    "moves": [
                        {
                            "pod": "shop/web-1-new",
                            "node": null
                        },
                        {
                            "pod": "shop/web-2-new",
                            "node": null
                        },
                        {
                            "pod": "shop/web-3-new",
                            "node": null
                        },
                        {
                            "pod": "shop/web-4-new",
                            "node": null
                        },
                        {
                            "pod": "shop/web-5-new",
                            "node": null
                        },
                        {
                            "pod": "shop/web-6-new",
                            "node": null
                        },
                        {
                            "pod": "shop/api-2-new",
                            "node": "arm-2"
                        },
                        {
                            "pod": "shop/api-1-new",
                            "node": null
                        }
                    ]
                }
            },
            {
                "name": "b",
                "nodes": [
                    "arm-2",
                    "gpu-2",
                    "gpu-4",
                    "node-4",
                    "small-1"
                ],
                "placed": 0,
                "unplaced": 0,
                "unplacedByCause": [],
                "violatedBudgets": [],
                "lost": [],
                "emptyDirLost": [],
                "moves": [],
                "outages": [],
                "registered": {
                    "placed": 0,
                    "unplaced": 0,
                    "unplacedByCause": [],
                    "stuckTerminating": [],
                    "moves": []
                }
            }
        ],
        "notEvaluated": []
    }
    --- stderr
    --- status 0
    "#);
}

#[test]
fn a_drain_plan_that_budgets_hold_up() {
    assert_snapshot!(screen(&format!("resilience --drain-plan node-1,node-2,node-3 --force --exit-code {MIXED}")), @"
    0 of 3 nodes can be drained: 1 pod cannot be rescheduled, 5 pods not evicted
    v1.34.1

    1   node-1
        shop/db-0    → lost
        shop/web-1   → <none>
    2   node-2
        shop/api-2   → arm-2
    3   node-3
        shop/api-1   → arm-1

    order: nodes that leave fewest pods without a place first, then by name

    WHAT BLOCKS THE DRAIN
    1 pod fits nowhere: shop/web-1
      0/12 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node
      affinity/selector, 4 node(s) had untolerated taint {dedicated: gpu}, 4 node(s)
      were unschedulable.
    5 pods are not evicted: shop/web-2, shop/web-3, shop/web-4 and 2 more
      Cannot evict pod as it would violate the pod's disruption budget. (shop/web)

    1 pod lost (no controller recreates them): shop/db-0
    --- stderr
    --- status 1
    ");
}

#[test]
fn a_drain_plan_that_can_be_done() {
    assert_snapshot!(screen("resilience --drain-plan shelf=one --exit-code --snapshot tests/cli/drain_plan.yaml"), @"
    2 nodes can be drained, 4 pods to move                                   v1.34.1

    1   one-1
        shop/job-1   → two-1
        shop/web-1   → two-2
        shop/web-2   → two-1   wave 2
    2   one-2
        shop/web-3   → two-2

    any order works (3 other orders tried)

    1 pod loses the data in its emptyDir: shop/job-1

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen("resilience --drain-plan shelf=one -o name --snapshot tests/cli/drain_plan.yaml"), @"
    node/one-1
    node/one-2
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen("resilience --drain-plan one-2,one-2 -o json --snapshot tests/cli/drain_plan.yaml"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "DrainPlan",
        "kubeVersion": "v1.34.1",
        "complete": true,
        "drains": [
            {
                "node": "one-2",
                "batch": 1,
                "waves": [
                    {
                        "evicted": [
                            "shop/web-3"
                        ],
                        "moves": [
                            {
                                "pod": "shop/web-3",
                                "node": "two-1"
                            }
                        ]
                    }
                ],
                "remaining": [
                    "shop/agent-2"
                ],
                "lost": [],
                "emptyDirLost": [],
                "refused": []
            }
        ],
        "unplacedByCause": [],
        "notEvaluated": [
            {
                "what": "Services",
                "why": "not in the input; add them to the dump",
                "effect": "default topology spreading was not applied"
            }
        ]
    }
    --- stderr
    --- status 0
    "#);
}

#[test]
fn kubectl_refuses_a_node() {
    assert_snapshot!(screen(&format!("resilience --drain-plan arm-1 {MIXED}")), @"
    1 node cannot be drained: 1 pod not evicted                              v1.34.1

    1   arm-1   no pod is evicted

    WHAT BLOCKS THE DRAIN
    arm-1 is not drained: cannot delete Pods that declare no controller (use --force
    to override): batch/resize-images
    --- stderr
    --- status 0
    ");
}

#[test]
fn nodes_that_there_are_not() {
    assert_snapshot!(screen(&format!("resilience --drain-plan node-1,node-9 {MIXED}")), @r#"
    --- stderr
    error: invalid value "node-1,node-9" for --drain-plan: nodes "node-9" not found; did you mean node-1, node-2 or node-3?
    --- status 2
    "#);
    assert_snapshot!(screen(&format!("resilience --drain-plan pool=x {MIXED}")), @r#"
    --- stderr
    error: invalid value "pool=x" for --drain-plan: no node has pool=x
    --- status 2
    "#);
    assert_snapshot!(screen(&format!("resilience --drain-plan node-1, {MIXED}")), @r#"
    --- stderr
    error: invalid value "node-1," for --drain-plan: a node's name must not be empty
    --- status 2
    "#);
}
