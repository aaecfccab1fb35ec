//! What `explain` shows.

use insta::assert_snapshot;

use super::harness::{run, screen};

#[test]
fn a_pod_that_fits_nowhere() {
    assert_snapshot!(screen("explain web-7 -n shop --snapshot examples/clusters/mixed.yaml"), @"
    Pod shop/web-7 does not fit: 0 of 12 nodes           default-scheduler · v1.34.1

    0/12 nodes are available: 1 node(s) had untolerated taint
    {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
    node(s) didn't match Pod's node affinity/selector, 4 Insufficient cpu, 4 node(s)
    had untolerated taint {dedicated: gpu}. no new claims to deallocate, preemption:
    0/12 nodes are available: 3 No preemption victims found for incoming pod, 9
    Preemption is not helpful for scheduling.

    REASON                                            NODES   WHERE
    TaintToleration     dedicated=gpu:NoSchedule          4   instance type
                                                              p3.8xlarge (gpu-1 …
                                                              gpu-4)
    NodeResourcesFit    cpu: 2 requested, short by        4   node-1, node-2, node-3
                        70m to 1400m                          and small-1
                        free 3900m in all, at most
                        1800m on one (node-2)
    NodeAffinity        nodeSelector                      2   arch arm64 (arm-1,
                        kubernetes.io/arch does not           arm-2)
                        match
    TaintToleration     node-role.kubernetes.io/          1   control-plane-1
                        control-plane:NoSchedule
    NodeUnschedulable   node is cordoned                  1   node-4
    TaintToleration     node.kubernetes.io/              +1   node-4
                        unschedulable:NoSchedule
                        set by the cordon
    +N: also fails on N nodes that are counted above

    CLOSEST NODES
    node-2            cpu               needs 2, free 1800m of 8: 200m short
    node-3            cpu               needs 2, free 1500m of 8: 500m short
    node-1            cpu               needs 2, free 600m of 8: 1400m short
    arm-1 and arm-2   NodeAffinity      nodeSelector kubernetes.io/arch does not
                                        match
    control-plane-1   TaintToleration   node-role.kubernetes.io/
                                        control-plane:NoSchedule is not tolerated
    and 6 more nodes, farther away

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   request cpu 1930m instead of 2                       small-1
    2   tolerate dedicated=gpu:NoSchedule                    gpu-2, gpu-1 and 2 more
    3   uncordon node-4                                      node-4
          caution: node-4 was cordoned to keep pods off it
    4   free 200m cpu on node-2                              node-2
    5   remove taint dedicated=gpu:NoSchedule from gpu-1     gpu-1
    6   one more node like node-2                            node-2-copy
    7   remove kubernetes.io/arch from nodeSelector          arm-2 and arm-1
          caution: the images must support the other
          kubernetes.io/arch
    8   tolerate                                             control-plane-1
          node-role.kubernetes.io/control-plane:NoSchedule
          caution: the node is reserved for the control
          plane
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_pod_that_fits() {
    assert_snapshot!(screen("explain mailer-1 -n shop --snapshot examples/clusters/mixed.yaml"), @"
    Pod shop/mailer-1 fits: 6 of 12 nodes                default-scheduler · v1.34.1

    arm-2 wins with 486 points, 13 ahead of small-1
    no single plugin decided: arm-2 would win even if any one plugin were ignored

    NODE               RANK   TOTAL   NodeResources   NodeResources
                                                Fit        Balanced
                                                 x1      Allocation
                                                                 x1
    arm-2     picked      1     486              92              94
    small-1               2     473              85              88
    arm-1                 3     461              73              88
    node-2                4     415              35              80
    node-3                5     411              33              78
    node-1                6     400              12              88
    2 more plugins gave every node the same score (-o wide)

    6 nodes reject it:
    REASON                                         NODES   WHERE
    TaintToleration     dedicated=gpu:NoSchedule       4   instance type p3.8xlarge
                                                           (gpu-1 … gpu-4)
    TaintToleration     node-role.kubernetes.io/       1   control-plane-1
                        control-plane:NoSchedule
    NodeUnschedulable   node is cordoned               1   node-4
    TaintToleration     node.kubernetes.io/           +1   node-4
                        unschedulable:NoSchedule
                        set by the cordon
    +N: also fails on N nodes that are counted above
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_pod_that_runs() {
    assert_snapshot!(screen("explain api-1 -n shop --snapshot examples/clusters/mixed.yaml"), @"
    Pod shop/api-1 runs on node-3, rank 2 of 3 feasible  default-scheduler · v1.34.1

    now arm-2 would win with 636 points, 48 ahead of node-3
    no single plugin decided: arm-2 would win even if any one plugin were ignored
    node-3, where it runs, is 48 points behind: PodTopologySpread -30,
    NodeResourcesFit -12, NodeResourcesBalancedAllocation -6

    NODE                 RANK   TOTAL   NodeResources   PodTopology   NodeResources
                                                  Fit        Spread        Balanced
                                                   x1            x2      Allocation
                                                                                 x1
    arm-2                   1     636              49           200              87
    node-3   runs here      2     588              37           170              81
    arm-1                   3     582              31           170              81
    2 more plugins gave every node the same score (-o wide)

    9 nodes reject it:
    REASON                                            NODES   WHERE
    TaintToleration     dedicated=gpu:NoSchedule          4   instance type
                                                              p3.8xlarge (gpu-1 …
                                                              gpu-4)
    NodeResourcesFit    cpu: 2500m requested, short       3   node-1, node-2 and
                        by 570m to 1900m                      small-1
    TaintToleration     node-role.kubernetes.io/          1   control-plane-1
                        control-plane:NoSchedule
    NodeUnschedulable   node is cordoned                  1   node-4
    TaintToleration     node.kubernetes.io/              +1   node-4
                        unschedulable:NoSchedule
                        set by the cordon
    +N: also fails on N nodes that are counted above

    NOT IN THE MANIFEST   but applied to this pod
    spread   Kubernetes' defaults spread the pods with app=api over
             kubernetes.io/hostname (maxSkew 3) and topology.kubernetes.io/zone
             (maxSkew 5): the pod has no constraints
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_workload_stands_for_its_pending_pods() {
    assert_snapshot!(screen("explain deployment web -n shop -o name --snapshot examples/clusters/mixed.yaml"), @r"
    pod/web-7
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_workload_without_pending_pods_stands_for_a_fresh_one() {
    assert_snapshot!(screen("explain -f examples/pods/batch.yaml --exit-code --snapshot examples/clusters/mixed.yaml"), @"
    Job batch/render: its missing pod would not fit      default-scheduler · v1.34.1
    1 wanted, 0 exist, 1 missing
      render-new: 0/12 nodes are available: 1 node(s) had untolerated taint
      {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 4
      node(s) had untolerated taint {dedicated: gpu}, 6 Insufficient cpu, 6
      Insufficient memory.

    A new pod of Job batch/render does not fit: 0 of 12 nodes

    0/12 nodes are available: 1 node(s) had untolerated taint
    {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 4
    node(s) had untolerated taint {dedicated: gpu}, 6 Insufficient cpu, 6
    Insufficient memory. no new claims to deallocate, preemption: 0/12 nodes are
    available: 12 Preemption is not helpful for scheduling.

    REASON                                              NODES   WHERE
    NodeResourcesFit    cpu: 12 requested, short by 4    6 +2   arm-1, arm-2, node-1
                        to 11400m                               and 5 more
    NodeResourcesFit    memory: 48Gi requested, short    6 +2   arm-1, arm-2, node-1
                        by 16Gi to 41Gi                         and 5 more
    TaintToleration     dedicated=gpu:NoSchedule            4   instance type
                                                                p3.8xlarge (gpu-1 …
                                                                gpu-4)
    TaintToleration     node-role.kubernetes.io/            1   control-plane-1
                        control-plane:NoSchedule
    NodeUnschedulable   node is cordoned                    1   node-4
    TaintToleration     node.kubernetes.io/                +1   node-4
                        unschedulable:NoSchedule
                        set by the cordon
    +N: also fails on N nodes that are counted above

    CLOSEST NODES
    gpu-1 and 3 more    TaintToleration   dedicated=gpu:NoSchedule is not tolerated
    node-1 and 2 more   cpu               needs 12, more than the node's 8
                        memory            needs 48Gi, more than the node's 32Gi
    arm-1 and arm-2     cpu               needs 12, more than the node's 4
                        memory            needs 48Gi, more than the node's 16Gi
    small-1             cpu               needs 12, more than the node's 1930m
                        memory            needs 48Gi, more than the node's 7Gi
    control-plane-1     TaintToleration   node-role.kubernetes.io/
                                          control-plane:NoSchedule is not tolerated
                        cpu               needs 12, more than the node's 4
                        memory            needs 48Gi, more than the node's 16Gi
    and 1 more node, farther away

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   tolerate dedicated=gpu:NoSchedule                  gpu-1, gpu-2 and 2 more
    2   remove taint dedicated=gpu:NoSchedule from gpu-1   gpu-1
    --- stderr
    --- status 1
    ");
}

#[test]
fn room_that_preemption_would_make() {
    assert_snapshot!(screen("explain trainer-1 -n ml --snapshot examples/clusters/gpu.yaml"), @"
    Pod ml/trainer-1 does not fit: 0 of 6 nodes          default-scheduler · v1.34.1

    0/6 nodes are available: 1 node(s) had untolerated taint
    {node.kubernetes.io/not-ready: }, 3 Insufficient cpu, 3 Insufficient memory, 5
    Insufficient nvidia.com/gpu.

    REASON                                              NODES   WHERE
    NodeResourcesFit   nvidia.com/gpu: 8 requested,         5   cpu-1, cpu-2,
                       short by 2 to 8                          gpu-a100-1 and 2
                       free 8 in all, at most 6 on              more
                       one (gpu-a100-2)
    NodeResourcesFit   cpu: 64 requested, short by 32       3   cpu-1, cpu-2 and
                       to 50                                    gpu-a100-1
    NodeResourcesFit   memory: 800Gi requested, short       3   cpu-1, cpu-2 and
                       by 500Gi to 740Gi                        gpu-a100-1
    TaintToleration    node.kubernetes.io/                  1   gpu-a100-4
                       not-ready:NoSchedule
                       set while the node's condition
                       Ready is False

    CLOSEST NODES
    gpu-a100-2        nvidia.com/gpu    needs 8, free 6 of 8: 2 short
    gpu-a100-3        nvidia.com/gpu    needs 8, free 2 of 8: 6 short
    gpu-a100-1        cpu               needs 64, free 32 of 96: 32 short
                      memory            needs 800Gi, free 300Gi of 1.1Ti: 500Gi
                                        short
                      nvidia.com/gpu    needs 8, free 0 of 8: 8 short
    gpu-a100-4        TaintToleration   node.kubernetes.io/not-ready:NoSchedule is
                                        not tolerated
    cpu-1 and cpu-2   cpu               needs 64, more than the node's 16
                      memory            needs 800Gi, more than the node's 64Gi
                      nvidia.com/gpu    needs 8, the node has none

    PREEMPTION   what kube-scheduler would evict to make room
    gpu-a100-2   picked   evict ml/notebook-1: priority 100; would go to gpu-a100-3
    gpu-a100-3            evict ml/notebook-2: priority 100; would go to gpu-a100-2
                          evict ml/notebook-3: priority 100; would go to gpu-a100-2
                          not picked: worse in lowest sum of priorities
    picked for: lowest sum of priorities
    no room on gpu-a100-1: no pod of lower priority
    no room on cpu-1 and cpu-2: evictions would not help: Insufficient cpu,
    Insufficient memory and Insufficient nvidia.com/gpu
    no room on gpu-a100-4: evictions would not help:
    node.kubernetes.io/not-ready:NoSchedule

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   request nvidia.com/gpu 6 instead of 8   gpu-a100-2
    2   one more node like gpu-a100-2           gpu-a100-2-copy
    3   free 2 nvidia.com/gpu on gpu-a100-2     gpu-a100-2
    --- stderr
    --- status 0
    ");
}

#[test]
fn one_node_that_says_no() {
    assert_snapshot!(screen("explain trainer-1 -n ml --node gpu-a100-2 --snapshot examples/clusters/gpu.yaml"), @"
    Pod ml/trainer-1 does not fit: 0 of 6 nodes          default-scheduler · v1.34.1

    0/6 nodes are available: 1 node(s) had untolerated taint
    {node.kubernetes.io/not-ready: }, 3 Insufficient cpu, 3 Insufficient memory, 5
    Insufficient nvidia.com/gpu.

    Node gpu-a100-2 does not fit: rejected by NodeResourcesFit

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes       taint nvidia.com/gpu=present:NoSchedule: tolerated
    NodeResourcesFit    no        Insufficient nvidia.com/gpu: needs 8, free 6 of 8:
                                  2 short
                                  pods: requested 1, used 1 of 110
                                  cpu: requested 64, used 8 of 96
                                  memory: requested 800Gi, used 64Gi of 1.1Ti
                                  nvidia.com/gpu: requested 8, used 2 of 8
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources
    --- stderr
    --- status 0
    ");
}

#[test]
fn one_node_that_says_yes() {
    assert_snapshot!(screen("explain mailer-1 -n shop --node arm-1 --snapshot examples/clusters/mixed.yaml"), @"
    Pod shop/mailer-1 fits: 6 of 12 nodes                default-scheduler · v1.34.1

    Node arm-1 fits: rank 3, 461 points

    FILTER              VERDICT   WHY
    NodeUnschedulable   yes
    NodeName            yes
    TaintToleration     yes
    NodeResourcesFit    yes       pods: requested 1, used 1 of 110
                                  cpu: requested 500m, used 1 of 4
                                  memory: requested 256Mi, used 2Gi of 16Gi
    skipped, because the pod has nothing for them to check: NodeAffinity, NodePorts,
    VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone,
    PodTopologySpread, InterPodAffinity, DynamicResources

    SCORE                RAW   0-100   WEIGHT   POINTS   WHY
    TaintToleration        0     100        3      300
    NodeResourcesFit      73      73        1       73   cpu: requested 500m, used 1
                                                         of 4, score 62 x1
                                                         memory: requested 256Mi,
                                                         used 2Gi of 16Gi, score 85
                                                         x1
    NodeResources         88      88        1       88   cpu: requested 500m, used 1
    BalancedAllocation                                   of 4, score 37 x1
                                                         memory: requested 256Mi,
                                                         used 2Gi of 16Gi, score 14
                                                         x1
    ImageLocality          0       0        1        0
    total                                          461
    skipped, because the pod has nothing for them to score: NodeAffinity,
    VolumeBinding, PodTopologySpread, InterPodAffinity

    arm-1 is 25 points behind arm-2: NodeResourcesFit -19,
    NodeResourcesBalancedAllocation -6

    WHAT WOULD MAKE IT WIN   each one was re-run
    1   move batch/resize-images   486 points, a tie of 2
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_spread_constraint() {
    assert_snapshot!(screen("explain web-5 -n shop --snapshot examples/clusters/zones.yaml"), @"
    Pod shop/web-5 does not fit: 0 of 12 nodes           default-scheduler · v1.34.1

    0/12 nodes are available: 4 Insufficient cpu, 8 node(s) didn't match pod
    topology spread constraints. no new claims to deallocate, preemption: 0/12 nodes
    are available: 12 No preemption victims found for incoming pod.

    REASON                                             NODES   WHERE
    PodTopologySpread   topology.kubernetes.io/zone:       8   zone a, b (a1-1 …
                        skew would exceed 1                    b2-2)
    NodeResourcesFit    cpu: 1 requested, short by         4   zone c (c1-1 … c2-2)
                        500m
                        free 2 in all, at most 500m
                        on one (c1-1)

    DOMAINS   topology.kubernetes.io/zone
    counts pods with app=web in namespace shop; with this pod at most 1 more than
    the emptiest
    DOMAIN    PODS   NODES
    c            0       4   the emptiest; not usable for this pod: cpu short
    a and b      2       8   3 more than the emptiest with this pod
    domains that are not usable for another reason are counted too

    CLOSEST NODES
    c1-1 and 3 more   cpu                 needs 1, free 500m of 4: 500m short
    a1-1 and 3 more   PodTopologySpread   topology.kubernetes.io/zone=a has 2, the
                                          emptiest domain has 0: skew 3, 1 allowed
    b1-1 and 3 more   PodTopologySpread   topology.kubernetes.io/zone=b has 2, the
                                          emptiest domain has 0: skew 3, 1 allowed

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   maxSkew 3 instead of 1 over                        a1-2, a1-1 and 6 more
          topology.kubernetes.io/zone
          caution: one topology.kubernetes.io/zone could
          then run more of these pods
    2   request cpu 500m instead of 1                      c1-1, c1-2 and 2 more
    3   move shop/store-11 elsewhere                       c1-1
          shop/store-11 would go to a1-2
    4   free 500m cpu on c1-1                              c1-1
    5   one more node like c1-1                            c1-1-copy
    --- stderr
    --- status 0
    ");
}

#[test]
fn tables_without_headers() {
    assert_snapshot!(screen("explain web-5 -n shop --no-headers --snapshot examples/clusters/zones.yaml"), @"
    Pod shop/web-5 does not fit: 0 of 12 nodes           default-scheduler · v1.34.1

    0/12 nodes are available: 4 Insufficient cpu, 8 node(s) didn't match pod
    topology spread constraints. no new claims to deallocate, preemption: 0/12 nodes
    are available: 12 No preemption victims found for incoming pod.

    PodTopologySpread   topology.kubernetes.io/zone:   8   zone a, b (a1-1 … b2-2)
                        skew would exceed 1
    NodeResourcesFit    cpu: 1 requested, short by     4   zone c (c1-1 … c2-2)
                        500m
                        free 2 in all, at most 500m
                        on one (c1-1)

    DOMAINS   topology.kubernetes.io/zone
    counts pods with app=web in namespace shop; with this pod at most 1 more than
    the emptiest
    c         0   4   the emptiest; not usable for this pod: cpu short
    a and b   2   8   3 more than the emptiest with this pod
    domains that are not usable for another reason are counted too

    CLOSEST NODES
    c1-1 and 3 more   cpu                 needs 1, free 500m of 4: 500m short
    a1-1 and 3 more   PodTopologySpread   topology.kubernetes.io/zone=a has 2, the
                                          emptiest domain has 0: skew 3, 1 allowed
    b1-1 and 3 more   PodTopologySpread   topology.kubernetes.io/zone=b has 2, the
                                          emptiest domain has 0: skew 3, 1 allowed

    WHAT WOULD HELP   each one was re-run and does place the pod
    1   maxSkew 3 instead of 1 over                        a1-2, a1-1 and 6 more
          topology.kubernetes.io/zone
          caution: one topology.kubernetes.io/zone could
          then run more of these pods
    2   request cpu 500m instead of 1                      c1-1, c1-2 and 2 more
    3   move shop/store-11 elsewhere                       c1-1
          shop/store-11 would go to a1-2
    4   free 500m cpu on c1-1                              c1-1
    5   one more node like c1-1                            c1-1-copy
    --- stderr
    --- status 0
    ");
}

#[test]
fn names_are_what_pipes_want() {
    assert_snapshot!(screen("explain pod/web-7 pod/mailer-1 -n shop -o name --snapshot examples/clusters/mixed.yaml"), @r"
    pod/web-7
    pod/mailer-1
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_pod_that_is_elsewhere() {
    assert_snapshot!(screen("explain web-7 --snapshot examples/clusters/mixed.yaml"), @r#"
    --- stderr
    error: pods "web-7" not found in namespace "default" of examples/clusters/mixed.yaml; it exists in namespace "shop": add -n shop
    --- status 2
    "#);
}

#[test]
fn a_pod_that_is_not_there() {
    assert_snapshot!(screen("explain web-8 -n shop --snapshot examples/clusters/mixed.yaml"), @r#"
    --- stderr
    error: pods "web-8" not found in namespace "shop" of examples/clusters/mixed.yaml; did you mean web-1, web-2 or web-3?
    --- status 2
    "#);
}

#[test]
fn a_node_that_is_not_there() {
    assert_snapshot!(screen("explain web-7 -n shop --node node-9 --snapshot examples/clusters/mixed.yaml"), @r#"
    --- stderr
    error: nodes "node-9" not found in examples/clusters/mixed.yaml; did you mean node-1, node-2 or node-3?
    --- status 2
    "#);
}

#[test]
fn a_snapshot_that_is_not_there() {
    assert_snapshot!(screen("explain web-7 --snapshot examples/clusters/missing.yaml"), @r#"
    --- stderr
    error: the path "examples/clusters/missing.yaml" does not exist
    --- status 2
    "#);
}

#[test]
fn what_is_being_done_is_said_on_request() {
    assert_snapshot!(screen("explain web-7 -n shop -o name -v --snapshot examples/clusters/mixed.yaml"), @"
    pod/web-7
    --- stderr
    read 31 objects from examples/clusters/mixed.yaml
    12 nodes and 12 pods; kube-scheduler v1.34.1
    --- status 0
    ");
}

#[test]
fn json_of_several_pods_is_a_list() {
    let output = run("explain pods web-7 mailer-1 -n shop -o json --snapshot examples/clusters/mixed.yaml");
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["kind"], "PlacementList");
    let reason = &list["items"][0]["nodes"][8]["filters"][0]["reasons"][0];
    let expected = serde_json::json!({
        "message": "Insufficient cpu", "type": "InsufficientResource", "resource": "cpu",
        "requested": "2", "used": "6200m", "allocatable": "8", "short": "200m",
    });
    assert_eq!(*reason, expected);
    assert_eq!(list["items"][1]["picks"], serde_json::json!(["arm-2"]));
}

#[test]
fn yaml_says_the_same_as_json() {
    let explain =
        |format| run(&format!("explain web-7 -n shop -o {format} --snapshot examples/clusters/mixed.yaml")).stdout;
    let json: serde_json::Value = serde_json::from_slice(&explain("json")).unwrap();
    let yaml: serde_json::Value = serde_yaml::from_str(&String::from_utf8(explain("yaml")).unwrap()).unwrap();
    assert_eq!(json, yaml);
}

#[test]
fn colour_comes_only_when_it_is_asked_for() {
    let explain =
        |color| run(&format!("explain web-7 -n shop --color {color} --snapshot examples/clusters/mixed.yaml")).stdout;
    assert!(!explain("auto").contains(&0x1b));
    assert!(!explain("never").contains(&0x1b));
    assert!(explain("always").contains(&0x1b));
}
