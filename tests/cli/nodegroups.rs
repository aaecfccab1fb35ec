//! What `nodegroups` shows.

use insta::assert_snapshot;

use super::harness::screen;

const AUTOSCALER: &str = "--at 2026-08-20T10:00:24Z --kube-version v1.34 --snapshot examples/clusters/nodegroups.yaml";
const KARPENTER: &str = "--kube-version v1.34 --snapshot examples/clusters/karpenter.yaml";

#[test]
fn groups_of_the_cluster_autoscaler() {
    assert_snapshot!(screen(&format!("nodegroups {AUTOSCALER}")), @"
    4 node groups: 1 can grow, 1 not known                                     v1.34

    NODE GROUPS   cluster-autoscaler, status 24 seconds old
    GROUP         NODES   LIMITS   PENDING        STATE
    eks-general       2      1-2   takes 2 of 4   at its maximum: 2 of 2
    eks-gpu           1      0-4   takes 1 of 4   in backoff since
                                                  2026-08-20T09:57:12Z:
                                                  InsufficientInstanceCapacity: no
                                                  capacity for g4dn.2xlarge in eu-1a
    eks-spot          1      0-6   takes 2 of 4   ready; grows from 1 to 3
    eks-large         0      0-3   <unknown>      ready

    A NEW NODE   what is left of it for pods beside its DaemonSets
    OF            LIKE          CPU   MEMORY   PODS   OTHER
    eks-general   general-1   3570m   15.4Gi     56   <none>
    eks-gpu       gpu-1       7570m   31.4Gi     56   nvidia.com/gpu 1
    eks-spot      spot-1      3570m   15.4Gi     56   <none>
    DaemonSets take of each: cpu 350m, memory 640Mi (kube-proxy and log-agent)
    eks-large: no node of it in the state, and no template: a new node of it is not
    known

    PENDING PODS   4; explain POD shows what each group or pool says
    2   eks-spot grows (such as shop/web-4)
    1   no group grows: 1 Insufficient cpu, 1 Insufficient memory, 1 in backoff
        after failed scale-up, 1 max node group size reached (shop/search-1)
    1   no group grows: a new node of eks-gpu would do, but the group is in backoff
        since 2026-08-20T09:57:12Z: InsufficientInstanceCapacity: no capacity for
        g4dn.2xlarge in eu-1a (ml/train-2)
    --- stderr
    --- status 0
    ");
}

#[test]
fn pools_of_karpenter() {
    assert_snapshot!(screen(&format!("nodegroups {KARPENTER}")), @"
    3 NodePools: 2 can grow                                                    v1.34

    NODE POOLS   Karpenter; instance types: of existing nodes only
    POOL      NODES   WEIGHT   LIMITS                  STATE
    gpu           0       10   nvidia.com/gpu 0 of 4   ready
    general       2        0   cpu 12 of 16            ready
    arm           0        0   <none>                  not asked, it is not ready:
                                                       NodeClassReady: no subnet
                                                       matches the selector

    A NEW NODE   what is left of it for pods beside its DaemonSets
    OF        INSTANCE TYPE     CPU   MEMORY   PODS
    general   m5.2xlarge      7820m   31.9Gi     57
    general   m5.xlarge       3820m   15.9Gi     57
    DaemonSets take of each: cpu 100m, memory 128Mi (kube-proxy)
    gpu: no node of it shows an instance type: a new node of it is not known
    arm: no node of it shows an instance type: a new node of it is not known

    PENDING PODS   3; explain POD shows what each group or pool says
    1   a node of pool general is made (shop/web-4)
    1   no pool makes a node for them (shop/legacy-1)
    1   not known: no instance type of an existing node would do (shop/report-1)
    --- stderr
    --- status 0
    ");
    assert_snapshot!(
        screen(&format!("nodegroups {KARPENTER} --instance-types examples/instance-types.json")),
        @"
    3 NodePools: 2 can grow                                                    v1.34

    NODE POOLS   Karpenter; instance types: given
    POOL      NODES   WEIGHT   LIMITS                  STATE
    gpu           0       10   nvidia.com/gpu 0 of 4   ready
    general       2        0   cpu 12 of 16            ready
    arm           0        0   <none>                  not asked, it is not ready:
                                                       NodeClassReady: no subnet
                                                       matches the selector

    A NEW NODE   what is left of it for pods beside its DaemonSets
    OF        INSTANCE TYPE      CPU   MEMORY   PODS   OTHER
    gpu       g4dn.xlarge      3820m   15.3Gi     57   nvidia.com/gpu 1
    general   m5.xlarge        3820m   15.3Gi     57   <none>
    general   m5.2xlarge       7820m   31.3Gi     57   <none>
    general   m5.4xlarge      15820m   63.3Gi     57   <none>
    general   and 1 more
    arm       m7g.xlarge       3820m   15.3Gi     57   <none>
    DaemonSets take of each: cpu 100m, memory 128Mi (kube-proxy)

    PENDING PODS   3; explain POD shows what each group or pool says
    2   no pool makes a node for them (such as shop/legacy-1)
    1   a node of pool general is made (shop/web-4)
    --- stderr
    --- status 0
    "
    );
}

#[test]
fn names_for_scripts() {
    assert_snapshot!(screen(&format!("nodegroups -o name {AUTOSCALER}")), @"
    nodegroup/eks-general-25899842-5a85-479e-a17f-59dba784bfd1
    nodegroup/eks-gpu-25899842-5a85-479e-a17f-59dba784bfd2
    nodegroup/eks-spot-25899842-5a85-479e-a17f-59dba784bfd3
    nodegroup/eks-large-25899842-5a85-479e-a17f-59dba784bfd4
    --- stderr
    --- status 0
    ");
    assert_snapshot!(screen(&format!("nodegroups -o name {KARPENTER}")), @"
    nodepool.karpenter.sh/gpu
    nodepool.karpenter.sh/general
    nodepool.karpenter.sh/arm
    --- stderr
    --- status 0
    ");
}

/// An old status is no news of now.
#[test]
fn a_status_that_is_too_old() {
    let shown = screen("nodegroups --at 2026-08-20T10:07:00Z --snapshot examples/clusters/nodegroups.yaml");
    assert!(shown.contains("cluster-autoscaler, status 7 minutes old: out of date"), "{shown}");
    assert!(shown.contains("caution: the autoscaler writes its status every few seconds; is it running?"), "{shown}");
}

#[test]
fn nobody_makes_nodes() {
    assert_snapshot!(screen("nodegroups --snapshot examples/clusters/mixed.yaml"), @"
    --- stderr
    No node groups found: there is no status of the Cluster Autoscaler and no NodePool of Karpenter.
    --- status 0
    ");
}

/// Pods are placed, groups grow, pods are placed again, until nothing changes.
#[test]
fn a_simulation_in_which_groups_grow() {
    assert_snapshot!(screen(&format!("simulate --pending --autoscale {AUTOSCALER}")), @"
    2 of 4 pods placed, on 2 of 6 nodes                                        v1.34

    NODES ADDED   by the Cluster Autoscaler's rules; new nodes are like its templates
    eks-spot   from 1 to 3 (maximum 6): 2 pods placed
    No node for shop/search-1: no group grows: 1 Insufficient cpu, 1 Insufficient
    memory, 1 in backoff after failed scale-up, 1 max node group size reached
    No node for ml/train-2: no group grows: a new node of eks-gpu would do, but the
    group is in backoff since 2026-08-20T09:57:12Z: InsufficientInstanceCapacity: no
    capacity for g4dn.2xlarge in eu-1a
    eks-large could grow, too, and was left out: no node of it in the state, and no
    template

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/search-1
      0/6 nodes are available: 1 node(s) had untolerated taint(s), 5 Insufficient
      cpu, 5 Insufficient memory.
    1 pod: ml/train-2
      0/6 nodes are available: 6 Insufficient cpu, 6 Insufficient nvidia.com/gpu.

    NODE            PODS         CPU            MEMORY         CHANGE
    eks-spot-new1   <none> → 3   <none> → 85%   <none> → 28%   added
    eks-spot-new2   <none> → 3   <none> → 85%   <none> → 28%   added

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       73.2% → 76.7%   28.1% → 28.3%   5.2% → 5.2%
    fragmentation (lower is better)   32.4% → 44.4%   59.3% → 70.9%   75.0% → 83.3%
    imbalance (lower is better)       13.2% → 11.4%   0.8% → 0.7%     0.0% → 0.0%
    6 of 6 nodes with pods, 2 newly used

    POD             NODE             TOTAL     TIES
    shop/web-4      eks-spot-new1      613        1
    shop/web-5      eks-spot-new2      613        0
    shop/search-1   <none>          <none>   <none>
    ml/train-2      <none>          <none>   <none>
    TIES: other nodes that are equally good; try --runs 100

    ASSUMED   the input does not tell
    replicaset/shop/web   new pods get what running ones have beyond the template:
                          cpu 3 of container main, memory 4Gi of container main

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
    assert_snapshot!(
        screen(&format!("simulate --drain general-1 --force --autoscale {AUTOSCALER}")),
        @"
    1 pod placed, on 1 of 5 nodes                                              v1.34

    NODES ADDED   by the Cluster Autoscaler's rules; new nodes are like its templates
    eks-spot   from 1 to 2 (maximum 6): 1 pod placed
    eks-large could grow, too, and was left out: no node of it in the state, and no
    template

    SCENARIO   the changes and their immediate effect
    1  drain general-1 (forced)
       1 pod evicted: shop/web-1
       2 pods stay on the node: kube-system/kube-proxy-general-1 and
       kube-system/log-agent-general-1

    NODE            PODS         CPU            MEMORY         CHANGE
    eks-spot-new1   <none> → 3   <none> → 85%   <none> → 28%   added
    general-1       3 → 2        85% → 8%       28% → 3%       cordoned

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       73.2% → 73.2%   28.1% → 28.1%   5.2% → 5.2%
    fragmentation (lower is better)   32.4% → 32.4%   59.3% → 59.3%   75.0% → 75.0%
    imbalance (lower is better)       13.2% → 13.2%   0.8% → 0.8%     0.0% → 0.0%
    5 of 5 nodes with pods, 1 newly used; 1 cordoned node not counted above

    POD          FROM        NODE            TOTAL   TIES
    shop/web-1   general-1   eks-spot-new1     613      0

    NOT CONSIDERED   could change the answer
    PodDisruptionBudgets   not in the input; add them to the dump: no budget held a
                           pod back; the cluster may refuse evictions
    Services               not in the input; add them to the dump: default topology
                           spreading was not applied
    --- stderr
    --- status 0
    "
    );
}

/// No group grows beyond its maximum.
#[test]
fn limits_are_kept() {
    let shown = screen(&format!("simulate -f examples/pods/app.yaml --replicas 60 --autoscale {AUTOSCALER}"));
    assert!(shown.contains("eks-spot   from 1 to 6 (maximum 6)"), "{shown}");
    assert!(shown.contains("NOT PLACED"), "{shown}");
}

#[test]
fn what_autoscale_cannot_do() {
    assert_snapshot!(screen("simulate --pending --autoscale --snapshot examples/clusters/mixed.yaml"), @"
    --- stderr
    error: --autoscale: the state has no readable status of the Cluster Autoscaler and no NodePool; add the ConfigMap kube-system/cluster-autoscaler-status or the NodePools of Karpenter; --autoscaler-status names another ConfigMap
    --- status 2
    ");
    assert_snapshot!(screen(&format!("simulate --pending --autoscale --expander priority {AUTOSCALER}")), @"
    --- stderr
    error: --expander priority: the state does not have the priorities of the node groups; they are in the ConfigMap cluster-autoscaler-priority-expander, beside the autoscaler's status
    --- status 2
    ");
    assert_snapshot!(screen(&format!("simulate --pending --autoscale --expander price {AUTOSCALER}")), @"
    --- stderr
    error: --expander price requires --price-label; it is a node label with a price
    --- status 2
    ");
}

/// How many nodes of which group.
#[test]
fn how_many_nodes_a_group_could_make() {
    let like = |node: &str, copies: usize| {
        screen(&format!("capacity web-4 -n shop --want {copies} --like {node} {AUTOSCALER}"))
    };
    let shown = like("spot-1", 4);
    assert!(shown.contains("node group eks-spot could make them all: it has 1 of at most 6 nodes"), "{shown}");
    let shown = like("spot-1", 20);
    assert!(shown.contains("its node group eks-spot could make only 5 of them"), "{shown}");
    let shown = like("general-1", 4);
    assert!(shown.contains("its node group eks-general is at its maximum: 2 of 2"), "{shown}");
}
