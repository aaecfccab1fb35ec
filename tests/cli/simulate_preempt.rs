//! What `simulate --preempt` shows.

use insta::assert_snapshot;

use super::harness::screen;

fn simulate(arguments: &str) -> String {
    screen(&format!(
        "simulate -f tests/cli/new_pods/urgent.yaml {arguments} --snapshot tests/cli/new_pods/cluster.yaml"
    ))
}

#[test]
fn nothing_is_preempted_unasked() {
    assert_snapshot!(simulate(""), @"
    2 pods: none fits on 3 nodes                                             v1.34.1
    --preempt would change this: shop/urgent-new and shop/urgent-new-2 fit,
    preempting shop/batch-2 and shop/batch-1; 2 pods then without a place

    NOT PLACED   kube-scheduler's message for the first pod of each group
    2 pods: shop/urgent-new and shop/urgent-new-2
      0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.
    --- stderr
    --- status 0
    ");
}

#[test]
fn the_lower_are_preempted() {
    assert_snapshot!(simulate("--preempt"), @"
    2 pods placed, on 1 of 3 nodes                                           v1.34.1
    2 pods preempted, 0 of them rescheduled

    NOT PLACED   kube-scheduler's message for the first pod of each group
    2 pods: shop/batch-2 and shop/batch-1
      0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no
      new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is
      not helpful for scheduling, 2 No preemption victims found for incoming pod.

    NODE     PODS    CPU           MEMORY
    node-1   2 → 2   100% → 100%   0% → 0%

    CLUSTER                           CPU             MEMORY        PODS
    utilization                       87.5% → 87.5%   0.0% → 0.0%   7.5% → 7.5%
    fragmentation (lower is better)   100% → 100%     100% → 100%   100% → 100%
    imbalance (lower is better)       12.5% → 12.5%   0.0% → 0.0%   2.5% → 2.5%
    2 of 3 nodes with pods; 1 cordoned node not counted above

    POD                 FROM     NODE      TOTAL     TIES   PREEMPTION
    shop/urgent-new     <none>   node-1      449        0   preempts shop/batch-2
    shop/urgent-new-2   <none>   node-1      398        0   preempts shop/batch-1
    shop/batch-2        node-1   <none>   <none>   <none>   preempted on node-1 by
                                                            shop/urgent-new
    shop/batch-1        node-1   <none>   <none>   <none>   preempted on node-1 by
                                                            shop/urgent-new-2

    NOT CONSIDERED   could change the answer
    PodDisruptionBudgets   not in the input; add them to the dump: preemption did
                           not spare pods with budgets
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_pod_that_no_controller_recreates_is_gone() {
    assert_snapshot!(simulate("--preempt --replicas 3"), @"
    3 pods placed, on 2 of 3 nodes                                           v1.34.1
    3 pods preempted, 1 of them rescheduled

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/by-hand
      preempted by pod shop/urgent-new-3 on node node-2, and no controller recreates
      it
    1 pod: shop/batch-1
      0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no
      new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is
      not helpful for scheduling, 2 No preemption victims found for incoming pod.

    NODE     PODS    CPU           MEMORY
    node-1   2 → 2   100% → 100%   0% → 0%
    node-2   1 → 2   75% → 100%    0% → 0%

    CLUSTER                           CPU            MEMORY        PODS
    utilization                       87.5% → 100%   0.0% → 0.0%   7.5% → 10.0%
    fragmentation (lower is better)   100% → 0.0%    100% → 100%   100% → 100%
    imbalance (lower is better)       12.5% → 0.0%   0.0% → 0.0%   2.5% → 0.0%
    2 of 3 nodes with pods; 1 cordoned node not counted above

    POD                 FROM     NODE      TOTAL     TIES   PREEMPTION
    shop/by-hand        node-2   <none>   <none>   <none>   preempted on node-2 by
                                                            shop/urgent-new-3
    shop/urgent-new     <none>   node-1      449        0   preempts shop/batch-2
    shop/urgent-new-2   <none>   node-1      398        0   preempts shop/batch-1
    shop/urgent-new-3   <none>   node-2      449        0   preempts shop/by-hand
    shop/batch-2        node-1   node-2      598        0   preempted on node-1 by
                                                            shop/urgent-new
    shop/batch-1        node-1   <none>   <none>   <none>   preempted on node-1 by
                                                            shop/urgent-new-2

    NOT CONSIDERED   could change the answer
    PodDisruptionBudgets   not in the input; add them to the dump: preemption did
                           not spare pods with budgets
    --- stderr
    --- status 0
    ");
}

#[test]
fn json() {
    assert_snapshot!(simulate("--preempt --replicas 1 -o json"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Simulation",
        "kubeVersion": "v1.34.1",
        "steps": [
            {
                "pod": "shop/urgent-new",
                "node": "node-1",
                "total": 398,
                "preempted": [
                    "shop/batch-2"
                ]
            },
            {
                "pod": "shop/batch-2",
                "originalNode": "node-1",
                "node": null,
                "message": "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
                "preemptedBy": "shop/urgent-new",
                "preemptedFrom": "node-1"
            }
        ],
        "nodes": [
            {
                "name": "node-1",
                "placed": 1,
                "removed": 1,
                "before": {
                    "pods": 2,
                    "cpu": "4",
                    "memory": "0"
                },
                "after": {
                    "pods": 2,
                    "cpu": "4",
                    "memory": "0"
                },
                "allocatable": {
                    "pods": 20,
                    "cpu": "4",
                    "memory": "16Gi"
                }
            }
        ],
        "summary": {
            "placed": 1,
            "unplaced": 1,
            "gated": 0,
            "refused": 0,
            "evicted": 1,
            "rescheduled": 0,
            "nodes": 3,
            "nodesUsed": 2,
            "nodesNewlyUsed": 0,
            "utilization": {
                "before": {
                    "cpu": 0.875,
                    "memory": 0.0,
                    "pods": 0.075
                },
                "after": {
                    "cpu": 0.875,
                    "memory": 0.0,
                    "pods": 0.075
                }
            },
            "fragmentation": {
                "before": {
                    "cpu": 1.0,
                    "memory": 1.0,
                    "pods": 1.0
                },
                "after": {
                    "cpu": 1.0,
                    "memory": 1.0,
                    "pods": 1.0
                }
            },
            "balance": {
                "before": {
                    "cpu": 0.125,
                    "memory": 0.0,
                    "pods": 0.025
                },
                "after": {
                    "cpu": 0.125,
                    "memory": 0.0,
                    "pods": 0.025
                }
            },
            "unplacedByCause": [
                {
                    "pods": 1,
                    "example": "shop/batch-2",
                    "causes": [
                        {
                            "plugin": "NodeResourcesFit",
                            "message": "Insufficient cpu",
                            "nodes": 2
                        },
                        {
                            "plugin": "NodeUnschedulable",
                            "message": "node(s) were unschedulable",
                            "nodes": 1
                        }
                    ]
                }
            ]
        },
        "notEvaluated": [
            {
                "what": "PodDisruptionBudgets",
                "why": "not in the input; add them to the dump",
                "effect": "preemption did not spare pods with budgets"
            }
        ]
    }
    --- stderr
    --- status 0
    "#);
}
