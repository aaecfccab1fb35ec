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
    2   not known: no instance type of an existing node would do (such as
        shop/legacy-1)
    1   a node of pool general is made (shop/web-4)
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
