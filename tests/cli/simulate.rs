//! What `simulate` shows.

use insta::assert_snapshot;

use super::harness::{run, screen};

#[test]
fn pending_pods() {
    assert_snapshot!(screen("simulate --pending --snapshot examples/clusters/mixed.yaml"), @"
    1 of 2 pods placed, on 1 of 12 nodes                                     v1.34.1

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/web-7
      0/12 nodes are available: 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
      node(s) didn't match Pod's node affinity/selector, 4 Insufficient cpu, 4
      node(s) had untolerated taint {dedicated: gpu}.

    NODE    PODS    CPU        MEMORY
    arm-2   0 → 1   0% → 12%   0% → 1%

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       12.7% → 13.0%   8.1% → 8.2%     0.8% → 0.9%
    fragmentation (lower is better)   4.0% → 4.0%     8.4% → 8.4%     35.9% → 35.9%
    imbalance (lower is better)       36.7% → 36.1%   24.9% → 24.8%   1.2% → 1.2%
    5 of 12 nodes with pods, 1 newly used; 1 cordoned node not counted above

    POD             NODE      TOTAL     TIES
    shop/web-7      <none>   <none>   <none>
    shop/mailer-1   arm-2       486        0
    --- stderr
    --- status 0
    ");
}

#[test]
fn replicas_of_a_manifest() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/batch.yaml --replicas 3 --exit-code --snapshot examples/clusters/mixed.yaml"
    ), @"
    3 pods: none fits on 12 nodes                                            v1.34.1

    NOT PLACED   kube-scheduler's message for the first pod of each group
    3 pods: batch/render-new, batch/render-new-2 and batch/render-new-3
      0/12 nodes are available: 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 4
      node(s) had untolerated taint {dedicated: gpu}, 6 Insufficient cpu, 6
      Insufficient memory.

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
fn json() {
    assert_snapshot!(screen("simulate --pending -o json --snapshot examples/clusters/mixed.yaml"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Simulation",
        "kubeVersion": "v1.34.1",
        "steps": [
            {
                "pod": "shop/web-7",
                "node": null,
                "message": "0/12 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector, 4 Insufficient cpu, 4 node(s) had untolerated taint {dedicated: gpu}."
            },
            {
                "pod": "shop/mailer-1",
                "node": "arm-2",
                "total": 486
            }
        ],
        "nodes": [
            {
                "name": "arm-2",
                "placed": 1,
                "before": {
                    "pods": 0,
                    "cpu": "0",
                    "memory": "0"
                },
                "after": {
                    "pods": 1,
                    "cpu": "500m",
                    "memory": "256Mi"
                },
                "allocatable": {
                    "pods": 110,
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
            "evicted": 0,
            "rescheduled": 0,
            "nodes": 12,
            "nodesUsed": 5,
            "nodesNewlyUsed": 1,
            "utilization": {
                "before": {
                    "cpu": 0.1272,
                    "memory": 0.0814,
                    "pods": 0.0083
                },
                "after": {
                    "cpu": 0.1302,
                    "memory": 0.0818,
                    "pods": 0.0091
                }
            },
            "fragmentation": {
                "before": {
                    "cpu": 0.0403,
                    "memory": 0.0837,
                    "pods": 0.3592
                },
                "after": {
                    "cpu": 0.0404,
                    "memory": 0.0838,
                    "pods": 0.3595
                }
            },
            "balance": {
                "before": {
                    "cpu": 0.3674,
                    "memory": 0.2491,
                    "pods": 0.0119
                },
                "after": {
                    "cpu": 0.3614,
                    "memory": 0.2482,
                    "pods": 0.0116
                }
            },
            "unplacedByCause": [
                {
                    "pods": 1,
                    "example": "shop/web-7",
                    "causes": [
                        {
                            "plugin": "NodeResourcesFit",
                            "message": "Insufficient cpu",
                            "nodes": 4
                        },
                        {
                            "plugin": "TaintToleration",
                            "message": "node(s) had untolerated taint {dedicated: gpu}",
                            "nodes": 4
                        },
                        {
                            "plugin": "NodeAffinity",
                            "message": "node(s) didn't match Pod's node affinity/selector",
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
            ]
        },
        "notEvaluated": []
    }
    --- stderr
    --- status 0
    "#);
}

#[test]
fn a_seed_draws_the_same_again() {
    let draw = |seed: &str| {
        run(&format!(
            "simulate -f examples/pods/batch.yaml --seed {seed} -o json --snapshot examples/clusters/gpu.yaml"
        ))
        .stdout
    };
    assert!(!draw("1").is_empty());
    assert_eq!(draw("1"), draw("1"));
}

#[test]
fn what_cannot_be_simulated() {
    let of = |arguments: &str| screen(&format!("simulate {arguments} --snapshot examples/clusters/mixed.yaml"));
    assert_snapshot!(of(""), @"
    --- stderr
    error: you must say what to schedule; use --pending, -f FILE, or a change of the cluster such as --drain NODE
    --- status 2
    ");
    assert_snapshot!(of("--pending --replicas 2"), @"
    --- stderr
    error: --replicas requires -f or -k
    --- status 2
    ");
}
