//! What `simulate` shows when the cluster is changed.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::harness::{run, screen};

fn of(arguments: &str, cluster: &str) -> String {
    screen(&format!("simulate {arguments} --snapshot examples/clusters/{cluster}.yaml"))
}

#[test]
fn a_drain_by_flag() {
    assert_snapshot!(of("--drain node-3", "mixed"), @"
    node-3 cannot be drained: 1 pod not evicted                              v1.34.1

    SCENARIO   the changes and their immediate effect
    1  drain node-3
       2 pods evicted: shop/api-1 and shop/web-5
       blocked evictions retried once, after other pods were placed
       shop/web-6 is not evicted: Cannot evict pod as it would violate the pod's
       disruption budget. (shop/web)

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/web-5
      0/12 nodes are available: 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node
      affinity/selector, 2 node(s) were unschedulable, 3 Insufficient cpu, 4 node(s)
      had untolerated taint {dedicated: gpu}.

    NODE     PODS    CPU         MEMORY      CHANGE
    arm-2    0 → 1   0% → 62%    0% → 37%
    node-3   3 → 1   81% → 25%   43% → 12%   cordoned

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       12.7% → 10.8%   8.1% → 7.3%     0.8% → 0.7%
    fragmentation (lower is better)   4.0% → 4.1%     8.4% → 7.4%     35.9% → 39.7%
    imbalance (lower is better)       36.7% → 35.3%   24.9% → 25.0%   1.2% → 1.1%
    5 of 12 nodes with pods, 1 newly used; 2 cordoned nodes not counted above

    POD          FROM     NODE      TOTAL     TIES
    shop/api-1   node-3   arm-2       636        0
    shop/web-5   node-3   <none>   <none>   <none>
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_drain_that_kubectl_refuses() {
    assert_snapshot!(of("--drain node-1", "mixed"), @"
    node-1 cannot be drained: kubectl refuses                                v1.34.1

    SCENARIO   the changes and their immediate effect
    1  drain node-1
       node-1 is not drained: cannot delete Pods that declare no controller (use
       --force to override): shop/db-0

    NODE     PODS    CPU         MEMORY      CHANGE
    node-1   3 → 3   92% → 92%   75% → 75%   cordoned
    --- stderr
    --- status 0
    ");
}

#[test]
fn nodes_are_replaced_by_file() {
    assert_snapshot!(of("--scenario examples/scenarios/drain-node.yaml", "mixed"), @"
    5 pods placed, on 2 of 13 nodes                                          v1.34.1

    SCENARIO   the changes and their immediate effect
    1  add 1 node like node-1
       1 node: node-9
    2  drain node-2
       3 pods evicted: shop/api-2, shop/web-3 and shop/web-4
       blocked evictions retried once, after other pods were placed
    3  drain node-1 (forced)
       2 pods evicted: shop/web-1 and shop/web-2
       1 pod lost: shop/db-0; no controller recreates it
       blocked evictions retried once, after other pods were placed

    NODE     PODS         CPU             MEMORY         CHANGE
    node-9   <none> → 4   <none> → 100%   <none> → 50%   added
    arm-2    0 → 1        0% → 55%        0% → 37%
    node-1   3 → 0        92% → 0%        75% → 0%       cordoned
    node-2   3 → 0        77% → 0%        43% → 0%       cordoned

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       12.7% → 11.2%   8.1% → 6.0%     0.8% → 0.8%
    fragmentation (lower is better)   4.0% → 3.7%     8.4% → 8.6%     35.9% → 39.6%
    imbalance (lower is better)       36.7% → 36.6%   24.9% → 19.8%   1.2% → 1.2%
    4 of 13 nodes with pods, 2 newly used; 3 cordoned nodes not counted above

    POD          FROM     NODE     TOTAL   TIES
    shop/api-2   node-2   arm-2      644      0
    shop/web-3   node-2   node-9     674      0
    shop/web-4   node-2   node-9     649      0
    shop/web-1   node-1   node-9     624      0
    shop/web-2   node-1   node-9     600      0
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_zone_is_lost() {
    assert_snapshot!(of("--scenario examples/scenarios/lose-zone.yaml --diff", "zones"), @"
    1 pod moves, 2 pods do not fit any more                                  v1.34.1

    SCENARIO   the changes and their immediate effect
    1  cordon nodes with topology.example.com/rack=b1
       2 nodes: b1-1 and b1-2
    2  remove nodes with topology.kubernetes.io/zone=a
       4 nodes: a1-1, a1-2, a2-1 and a2-2
       3 pods go back to the queue: shop/cache-0, shop/web-1 and shop/web-2

    PodDisruptionBudgets violated: shop/web

    NOT PLACED   kube-scheduler's message for the first pod of each group
    2 pods: shop/web-1 and shop/web-2
      0/8 nodes are available: 2 node(s) didn't match pod topology spread
      constraints, 2 node(s) were unschedulable, 4 Insufficient cpu.

    DIFFERENCES   where each pod is without the changes, and with them
    POD            WITHOUT   WITH
    shop/cache-0   a1-1      b2-2
    shop/web-1     a1-1      <pending>
    shop/web-2     a2-1      <pending>

    NODE   PODS         CPU            MEMORY         CHANGE
    b2-2   0 → 1        0% → 25%       0% → 25%
    a1-1   2 → <none>   50% → <none>   37% → <none>   removed
    a1-2   0 → <none>   0% → <none>    0% → <none>    removed
    a2-1   1 → <none>   25% → <none>   12% → <none>   removed
    a2-2   0 → <none>   0% → <none>    0% → <none>    removed
    b1-1   1 → 1        25% → 25%      12% → 12%      cordoned
    b1-2   0 → 0        0% → 0%        0% → 0%        cordoned

    NOT CONSIDERED   could change the answer
    ReplicaSets   not in the input; add them to the dump: default topology spreading
                  was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn nodes_of_another_kind_join() {
    assert_snapshot!(of("--pending --scenario examples/scenarios/add-nodes.yaml -o wide", "gpu"), @"
    1 of 2 pods placed, on 1 of 9 nodes                                      v1.34.1
    --preempt would change this: ml/trainer-1 fits, preempting ml/notebook-1; 1 pod
    then without a place

    SCENARIO   the changes and their immediate effect
    1  add 3 nodes like the manifest of gpu-l40
       3 nodes: gpu-l40-1, gpu-l40-2 and gpu-l40-3
    2  taint nodes with node.kubernetes.io/instance-type=g6.12xlarge
       example.com/closed:NoSchedule
       3 nodes: gpu-l40-1, gpu-l40-2 and gpu-l40-3

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: ml/trainer-1
      0/9 nodes are available: 1 node(s) had untolerated taint
      {node.kubernetes.io/not-ready: }, 3 Insufficient cpu, 3 Insufficient memory, 3
      node(s) had untolerated taint {example.com/closed: }, 5 Insufficient
      nvidia.com/gpu.

    NODE        PODS                CPU                MEMORY                   CHANGE
    gpu-l40-1   <none> → 1 of 110   <none> → 4 of 48   <none> → 32Gi of 384Gi   added
    gpu-l40-2   <none> → 0 of 110   <none> → 0 of 48   <none> → 0 of 384Gi      added
    gpu-l40-3   <none> → 0 of 110   <none> → 0 of 48   <none> → 0 of 384Gi      added

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       21.6% → 16.8%   22.0% → 18.1%   0.8% → 0.6%
    fragmentation (lower is better)   9.2% → 6.4%     3.5% → 2.7%     33.4% → 22.3%
    imbalance (lower is better)       22.9% → 20.0%   25.7% → 22.0%   0.6% → 0.6%
    5 of 9 nodes with pods, 1 newly used

    POD             NODE         TOTAL     TIES
    ml/notebook-4   gpu-l40-1      491        2
    ml/trainer-1    <none>      <none>   <none>
    TIES: other nodes that are equally good; try --runs 100
    --- stderr
    --- status 0
    ");
}

#[test]
fn what_is_different() {
    assert_snapshot!(of("--pending --add-nodes 2=node-2 --diff", "mixed"), @"
    1 pod moves, 1 pod now fits                                              v1.34.1

    SCENARIO   the changes and their immediate effect
    1  add 2 nodes like node-2
       2 nodes: node-2-new-1 and node-2-new-2

    DIFFERENCES   where each pod is without the changes, and with them
    POD             WITHOUT     WITH
    shop/mailer-1   arm-2       node-2-new-2
    shop/web-7      <pending>   node-2-new-1

    NODE           PODS         CPU            MEMORY         CHANGE
    node-2-new-1   <none> → 1   <none> → 25%   <none> → 12%   added
    node-2-new-2   <none> → 1   <none> → 6%    <none> → 0%    added
    arm-2          1 → 0        12% → 0%       1% → 0%
    --- stderr
    --- status 0
    ");
    assert_snapshot!(of("--label node-1=a=b --diff", "mixed"), @"
    No difference in placement                                               v1.34.1

    SCENARIO   the changes and their immediate effect
    1  label node-1 a=b

    NODE     PODS    CPU         MEMORY      CHANGE
    node-1   3 → 3   92% → 92%   75% → 75%   labels changed
    --- stderr
    --- status 0
    ");
}

#[test]
fn steps_as_data() {
    assert_snapshot!(of("--drain node-3 --diff -o json", "mixed"), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Simulation",
        "kubeVersion": "v1.34.1",
        "steps": [
            {
                "pod": "shop/api-1",
                "originalNode": "node-3",
                "node": "arm-2",
                "total": 636
            },
            {
                "pod": "shop/web-5",
                "originalNode": "node-3",
                "node": null,
                "message": "0/12 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable, 3 Insufficient cpu, 4 node(s) had untolerated taint {dedicated: gpu}."
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
                    "cpu": "2500m",
                    "memory": "6Gi"
                },
                "allocatable": {
                    "pods": 110,
                    "cpu": "4",
                    "memory": "16Gi"
                }
            },
            {
                "name": "node-3",
                "changes": [
                    "Cordoned"
                ],
                "placed": 0,
                "removed": 2,
                "before": {
                    "pods": 3,
                    "cpu": "6500m",
                    "memory": "14Gi"
                },
                "after": {
                    "pods": 1,
                    "cpu": "2",
                    "memory": "4Gi"
                },
                "allocatable": {
                    "pods": 110,
                    "cpu": "8",
                    "memory": "32Gi"
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
                    "cpu": 0.1083,
                    "memory": 0.0729,
                    "pods": 0.0073
                }
            },
            "fragmentation": {
                "before": {
                    "cpu": 0.0403,
                    "memory": 0.0837,
                    "pods": 0.3592
                },
                "after": {
                    "cpu": 0.0414,
                    "memory": 0.0735,
                    "pods": 0.3965
                }
            },
            "balance": {
                "before": {
                    "cpu": 0.3674,
                    "memory": 0.2491,
                    "pods": 0.0119
                },
                "after": {
                    "cpu": 0.353,
                    "memory": 0.2501,
                    "pods": 0.0106
                }
            },
            "unplacedByCause": [
                {
                    "pods": 1,
                    "example": "shop/web-5",
                    "causes": [
                        {
                            "plugin": "TaintToleration",
                            "message": "node(s) had untolerated taint {dedicated: gpu}",
                            "nodes": 4
                        },
                        {
                            "plugin": "NodeResourcesFit",
                            "message": "Insufficient cpu",
                            "nodes": 3
                        },
                        {
                            "plugin": "NodeAffinity",
                            "message": "node(s) didn't match Pod's node affinity/selector",
                            "nodes": 2
                        },
                        {
                            "plugin": "NodeUnschedulable",
                            "message": "node(s) were unschedulable",
                            "nodes": 2
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
        "scenario": [
            {
                "step": "--drain node-3",
                "summary": "drain node-3",
                "nodes": [
                    "node-3"
                ],
                "evicted": [
                    "shop/api-1",
                    "shop/web-5"
                ],
                "refused": [
                    {
                        "node": "node-3",
                        "pod": "shop/web-6",
                        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
                        "budgets": [
                            "shop/web"
                        ]
                    }
                ],
                "retriedEvictions": 1
            }
        ],
        "diff": {
            "pods": [
                {
                    "pod": "shop/api-1",
                    "withoutChanges": {
                        "state": "OnNode",
                        "node": "node-3"
                    },
                    "withChanges": {
                        "state": "OnNode",
                        "node": "arm-2"
                    }
                },
                {
                    "pod": "shop/web-5",
                    "withoutChanges": {
                        "state": "OnNode",
                        "node": "node-3"
                    },
                    "withChanges": {
                        "state": "Pending"
                    },
                    "message": "0/12 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable, 3 Insufficient cpu, 4 node(s) had untolerated taint {dedicated: gpu}."
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
                        "cpu": "2500m",
                        "memory": "6Gi"
                    },
                    "allocatable": {
                        "pods": 110,
                        "cpu": "4",
                        "memory": "16Gi"
                    }
                },
                {
                    "name": "node-3",
                    "changes": [
                        "Cordoned"
                    ],
                    "placed": 0,
                    "removed": 2,
                    "before": {
                        "pods": 3,
                        "cpu": "6500m",
                        "memory": "14Gi"
                    },
                    "after": {
                        "pods": 1,
                        "cpu": "2",
                        "memory": "4Gi"
                    },
                    "allocatable": {
                        "pods": 110,
                        "cpu": "8",
                        "memory": "32Gi"
                    }
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
fn a_rollout_that_gets_stuck() {
    assert_snapshot!(of("--restart deploy/web -n shop", "rollout"), @"
    Rollout of deployment/shop/web stuck at 0 of 3: the next pod fits nowhere
    v1.34.1

    SCENARIO   the changes and their immediate effect
    1  restart deployment/shop/web
       1 pod created: shop/web-new
       updated 0 of 3: the next pod fits nowhere while the old pods keep their nodes
       shop/web-new: 0/3 nodes are available: 3 node(s) didn't match pod
       anti-affinity rules.

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/web-new
      0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
}

/// Two pods a second apart, of which one will be of the next power of two in age before the other.
#[test]
fn the_second_decides_which_pod_is_deleted() {
    let pod = |name: &str, uid: &str, created: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "n", "uid": uid, "creationTimestamp": created,
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "w", "controller": true}]},
            "spec": {"nodeName": "a", "containers": [{"name": "c"}]}})
    };
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "w", "namespace": "n"}, "spec": {"replicas": 2}});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "status": {"allocatable": {"pods": "9"}}});
    let pods = [pod("w-1", "b", "2026-01-01T00:00:01Z"), pod("w-2", "a", "2026-01-01T00:00:00Z")];
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [node, set, pods[0], pods[1]]});
    std::fs::write(file.path(), list.to_string()).unwrap();
    let answer =
        screen(&format!("simulate --scale rs/w=1 -n n --at 2026-01-01T04:30:00Z --snapshot {}", file.path().display()));
    let step: Vec<&str> = answer.lines().skip_while(|line| !line.starts_with("1  scale")).take(4).collect();
    assert_snapshot!(step.join("\n"), @"
    1  scale replicaset/n/w to 1
       1 pod deleted: n/w-2
       which are deleted depends on the second at which the controller acts: it
       rounds ages, and any of 2 pods may go
    ");
}

#[test]
fn rollouts_by_file() {
    assert_snapshot!(of("--scenario examples/scenarios/rollout.yaml", "rollout"), @"
    4 of 5 pods placed, on 3 of 3 nodes                                      v1.34.1

    SCENARIO   the changes and their immediate effect
    1  patch deployment/shop/api: change containers
       4 pods created: shop/api-new, shop/api-new-2, shop/api-new-3 and
       shop/api-new-4
       4 pods deleted: shop/api-1, shop/api-2, shop/api-3 and shop/api-4
       updated 4 of 4, after a later step made room, with at most 1 extra and 1
       unavailable meanwhile
    2  scale deployment/shop/web to 2
       1 pod deleted: shop/web-1
       which are deleted is a draw: 3 pods are equal to the controller
    3  restart deployment/shop/web
       1 pod created: shop/web-new
       updated 0 of 2: the next pod fits nowhere while the old pods keep their nodes
       shop/web-new: 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't
       match pod anti-affinity rules.

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/web-new
      0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod
      anti-affinity rules.

    NODE     PODS    CPU         MEMORY
    node-1   3 → 2   65% → 90%   9% → 6%
    node-2   2 → 2   45% → 70%   6% → 6%
    node-3   2 → 2   45% → 70%   6% → 6%

    CLUSTER                           CPU             MEMORY         PODS
    utilization                       51.7% → 76.7%   7.3% → 6.2%    11.7% → 10.0%
    fragmentation (lower is better)   0.0% → 14.3%    0.0% → 33.3%   0.0% → 33.3%
    imbalance (lower is better)       9.4% → 9.4%     1.5% → 0.0%    2.4% → 0.0%
    3 of 3 nodes with pods

    POD              NODE      TOTAL     TIES
    shop/api-new     node-2      609        1
    shop/api-new-2   node-1      609        1
    shop/api-new-3   node-3      609        0
    shop/api-new-4   node-1      609        0
    shop/web-new     <none>   <none>   <none>
    TIES: other nodes that are equally good; try --runs 100

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    Services         not in the input; add them to the dump: default topology
                     spreading was not applied
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_rollout_as_data() {
    let answer = json_of("simulate --restart deploy/web -n shop -o json --snapshot examples/clusters/rollout.yaml");
    assert_snapshot!(serde_json::to_string_pretty(&answer["scenario"]).unwrap(), @r#"
    [
      {
        "created": [
          "shop/web-new"
        ],
        "rollout": {
          "maxSurge": 1,
          "maxUnavailable": 0,
          "message": "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
          "oldReplicas": 3,
          "outcome": "Unschedulable",
          "pod": "shop/web-new",
          "replicas": 3,
          "strategy": "RollingUpdate",
          "stuck": true,
          "updatedReplicas": 0,
          "workload": "deployment/shop/web"
        },
        "step": "--restart deploy/web",
        "summary": "restart deployment/shop/web"
      }
    ]
    "#);
}

/// The screen in the documentation is what is printed.
#[test]
fn the_rollout_of_the_documentation() {
    let docs = std::fs::read_to_string("docs/scenarios.md").unwrap();
    let (_, rest) =
        docs.split_once("--restart deploy/web -n shop --snapshot examples/clusters/rollout.yaml\n```").unwrap();
    let shown = rest.split("```").nth(1).unwrap().trim_start_matches("text\n").trim_end();
    let screen = of("--restart deploy/web -n shop", "rollout");
    assert!(shown.len() > 200 && screen.contains(shown), "{screen}");
}

/// What replaces nothing says so, and so does what is not known well enough.
#[test]
fn rollouts_that_do_not_roll() {
    assert_snapshot!(of("--restart rs/web-6c9f5d -n shop", "rollout"), @r#"
    --- stderr
    error: --restart rs/web-6c9f5d: replicasets.apps "web-6c9f5d" restarting is not supported
    --- status 2
    "#);
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    let later = json!({"apiVersion": "kubectl-sched/v1", "kind": "Scenario", "steps": [
        {"kind": "Restart", "workload": "deploy/shop/web", "place": "later"},
        {"kind": "PatchWorkload", "workload": "rs/shop/api-7d8b9c", "patch": {"spec": {"priority": 7}}}]});
    std::fs::write(file.path(), later.to_string()).unwrap();
    let known =
        format!("simulate --scenario {} -o json --snapshot examples/clusters/rollout.yaml", file.path().display());
    let answer = json_of(&known);
    let ends: Vec<&Value> =
        answer["scenario"].as_array().unwrap().iter().map(|step| &step["rollout"]["outcome"]).collect();
    assert_eq!(ends, [&Value::Null, &json!("NeverReplaces")]);
    let notes = answer["notEvaluated"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["what"] == "the rollout of deployment/shop/web"), "{notes:?}");
    assert_snapshot!(of("--restart deploy/nix -n shop", "rollout"), @r#"
    --- stderr
    error: --restart deploy/nix: deployments.apps "shop/nix" not found
    --- status 2
    "#);
}

#[test]
fn what_is_no_change() {
    let of = |arguments: &str| of(arguments, "mixed");
    assert_snapshot!(of("--drain nix"), @r#"
    --- stderr
    error: --drain nix: nodes "nix" not found
    --- status 2
    "#);
    assert_snapshot!(of("--drain pool=nix"), @"
    --- stderr
    error: --drain pool=nix: no node has pool=nix
    --- status 2
    ");
    assert_snapshot!(of("--taint node-1=key:No"), @r#"
    --- stderr
    error: invalid value "node-1=key:No" for --taint: write NODE=KEY=VALUE:EFFECT; effects are NoSchedule, PreferNoSchedule and NoExecute
    --- status 2
    "#);
    assert_snapshot!(of("--add-nodes node-1"), @r#"
    --- stderr
    error: invalid value "node-1" for --add-nodes: write N=NODE or N=FILE, such as 3=node-1
    --- status 2
    "#);
    assert_snapshot!(of("--scale web=3"), @r#"
    --- stderr
    error: invalid value "web=3" for --scale: "web" is not a workload; write TYPE/NAME, such as deploy/web
    --- status 2
    "#);
    assert_snapshot!(of("--pending --diff"), @"
    --- stderr
    error: --diff compares with the unchanged cluster, but no change was given; use it with --scenario FILE or a flag such as --drain NODE
    --- status 2
    ");
    assert_snapshot!(of("--scenario tests/cli/bad/scenario-field.yaml"), @"
    --- stderr
    error: tests/cli/bad/scenario-field.yaml: steps[1].forced: unknown field; Drain has the fields kind, node, selector, zone, force, place
    --- status 2
    ");
    assert_snapshot!(of("--scenario examples/pods/batch.yaml"), @r#"
    --- stderr
    error: examples/pods/batch.yaml: apiVersion: is "batch/v1"; a scenario has kubectl-sched/v1
    --- status 2
    "#);
}

fn json_of(arguments: &str) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A suggestion's steps, played as a scenario, place the pod on the node that the suggestion names.
#[test]
fn suggestions_can_be_played() {
    let directory = std::env::temp_dir().join(format!("kubectl-sched-scenario-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut played = 0;
    for (cluster, namespace, pod) in
        [("mixed", "shop", "web-7"), ("zones", "shop", "web-5"), ("gpu", "ml", "trainer-1")]
    {
        let snapshot = format!("--snapshot examples/clusters/{cluster}.yaml");
        let explained = json_of(&format!("explain {pod} -n {namespace} -o json {snapshot}"));
        for suggestion in explained["suggestions"].as_array().unwrap() {
            let steps = &suggestion["steps"];
            // A preempted pod is placed again before the other has its node.
            if steps[0]["kind"] == "Evict" {
                continue;
            }
            let file = directory.join(format!("{cluster}-{played}.json"));
            let scenario = json!({"apiVersion": "kubectl-sched/v1", "kind": "Scenario", "steps": steps});
            std::fs::write(&file, scenario.to_string()).unwrap();
            let simulated =
                json_of(&format!("simulate --pending --scenario {} -o json {snapshot}", file.to_string_lossy()));
            let step = simulated["steps"]
                .as_array()
                .unwrap()
                .iter()
                .find(|step| step["pod"] == json!(format!("{namespace}/{pod}")));
            assert!(step.unwrap()["node"].is_string(), "{cluster} {steps}: {}", step.unwrap());
            played += 1;
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(played, 15, "suggestions");
}

/// Every node of the example clusters is drained, and the evictions are played again by hand: no
/// pod may leave whose budget has nothing left.
#[test]
fn drains_of_all_nodes_heed_the_budgets() {
    let mut evicted = 0;
    for cluster in ["mixed", "gpu", "zones"] {
        let objects: Value =
            serde_yaml::from_str(&std::fs::read_to_string(format!("examples/clusters/{cluster}.yaml")).unwrap())
                .unwrap();
        let items = objects["items"].as_array().unwrap();
        let of_kind = |kind: &'static str| items.iter().filter(move |item| item["kind"] == kind);
        for node in of_kind("Node").map(|node| node["metadata"]["name"].as_str().unwrap()) {
            let answer = json_of(&format!(
                "simulate --drain {node} --force -o json --snapshot examples/clusters/{cluster}.yaml"
            ));
            let mut left: BTreeMap<&str, i64> = of_kind("PodDisruptionBudget")
                .map(|budget| {
                    (
                        app(&budget["spec"]["selector"]["matchLabels"]),
                        budget["status"]["disruptionsAllowed"].as_i64().unwrap(),
                    )
                })
                .collect();
            let step = &answer["scenario"][0];
            let none = Vec::new();
            let pods = |list: &str| step[list].as_array().unwrap_or(&none).clone();
            for pod in pods("evicted").iter().chain(&pods("lost")) {
                let object = of_kind("Pod").find(|object| *pod == json!(key(object))).unwrap();
                assert_eq!(object["spec"]["nodeName"], node);
                evicted += 1;
                let Some(budget) = left.get_mut(app(&object["metadata"]["labels"])) else { continue };
                *budget -= 1;
                assert!(*budget >= 0, "{cluster} {node}: {pod} left without leave");
                let placed = answer["steps"].as_array().unwrap().iter().find(|step| step["pod"] == *pod);
                if placed.is_some_and(|step| step["node"].is_string()) {
                    *budget += 1;
                }
            }
            for refusal in pods("refused") {
                let object = of_kind("Pod").find(|object| refusal["pod"] == json!(key(object))).unwrap();
                assert_eq!(left[app(&object["metadata"]["labels"])], 0, "{cluster} {node}: {refusal}");
            }
        }
    }
    assert_eq!(evicted, 20, "pods");
}

fn key(object: &Value) -> String {
    let part = |field: &str| object["metadata"][field].as_str().unwrap();
    format!("{}/{}", part("namespace"), part("name"))
}

fn app(labels: &Value) -> &str {
    labels["app"].as_str().unwrap_or_default()
}
