//! Simulations in which Karpenter adds nodes.

use insta::assert_snapshot;

use super::harness::screen;

const KARPENTER: &str = "--kube-version v1.34 --snapshot examples/clusters/karpenter.yaml";
const TYPES: &str = "--instance-types examples/instance-types.json";

/// The section on added nodes, in one line.
fn added(arguments: &str) -> String {
    let shown = screen(arguments);
    let from = shown.find("NODES ADDED").unwrap_or_else(|| panic!("{shown}"));
    let section = shown[from..].split("\n\n").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Of the types that a NodeClaim allows the cheapest is taken; then the pool is at its limit, and that is the reason.
#[test]
fn the_cheapest_type_until_the_limit() {
    let shown = added(&format!("simulate --pending --autoscale {TYPES} {KARPENTER}"));
    assert_snapshot!(shown, @"NODES ADDED by Karpenter's rules; the cheapest instance type that fits general 1 node m5.xlarge, on-demand in eu-1a, price 0.192: 1 pod placed; 1 other instance type fits, too No node for 2 pods (shop/report-1 and shop/legacy-1): NodePool gpu: did not tolerate taint (taint=nvidia.com/gpu=true:NoSchedule); NodePool general: all available instance types exceed limits for nodepool (NodePool=general) The provider chooses the instance type, the zone, and spot or on-demand, by its own prices and stock; shown is the cheapest that fits, and the first of equals");
}

/// Without a catalogue only types of existing nodes are known, and no prices.
#[test]
fn the_smallest_type_that_is_known() {
    let shown = added(&format!("simulate --pending --autoscale {KARPENTER}"));
    assert_snapshot!(shown, @"NODES ADDED by Karpenter's rules; the smallest instance type that fits general 1 node m5.xlarge, on-demand in eu-1a: 1 pod placed No node for 2 pods (shop/report-1 and shop/legacy-1): NodePool gpu: did not tolerate taint (taint=nvidia.com/gpu=true:NoSchedule); NodePool general: all available instance types exceed limits for nodepool (NodePool=general) The provider chooses the instance type, the zone, and spot or on-demand, by its own prices and stock; shown is the smallest that fits, and the first of equals");
}

/// Several nodes at once, each pod counted where it is.
#[test]
fn new_pods_on_several_nodes() {
    let shown = screen(&format!("simulate -f examples/pods/app.yaml --replicas 40 --autoscale {TYPES} {KARPENTER}"));
    assert_snapshot!(shown, @"
    4 of 40 pods placed, on 2 of 3 nodes                                       v1.34

    NODES ADDED   by Karpenter's rules; the cheapest instance type that fits
    general   1 node m5.xlarge, on-demand in eu-1a, price 0.192: 3 pods placed; 1
              other instance type fits, too
    No node for 36 pods (default/new-5, default/new-6 and 34 more): NodePool gpu:
    did not tolerate taint (taint=nvidia.com/gpu=true:NoSchedule); NodePool general:
    all available instance types exceed limits for nodepool (NodePool=general)
    The provider chooses the instance type, the zone, and spot or on-demand, by its
    own prices and stock; shown is the cheapest that fits, and the first of equals

    NOT PLACED   kube-scheduler's message for the first pod of each group
    36 pods: default/new-5, default/new-6 and 34 more
      0/3 nodes are available: 3 Insufficient cpu.

    NODE           PODS         CPU            MEMORY         CHANGE
    general-new1   <none> → 4   <none> → 79%   <none> → 39%   added
    ip-10-0-2-9    2 → 3        75% → 88%      25% → 31%

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       76.0% → 83.1%   25.0% → 31.7%   2.6% → 4.6%
    fragmentation (lower is better)   100% → 100%     100% → 100%     100% → 100%
    imbalance (lower is better)       0.4% → 5.1%     0.0% → 6.0%     0.9% → 2.2%
    3 of 3 nodes with pods, 1 newly used

    POD              NODE            TOTAL     TIES
    default/new-1    ip-10-0-2-9       410        0
    default/new-2    general-new1      470        0
    default/new-3    general-new1      445        0
    default/new-4    general-new1      420        0
    default/new-5    <none>         <none>   <none>
    default/new-6    <none>         <none>   <none>
    default/new-7    <none>         <none>   <none>
    default/new-8    <none>         <none>   <none>
    default/new-9    <none>         <none>   <none>
    default/new-10   <none>         <none>   <none>
    default/new-11   <none>         <none>   <none>
    default/new-12   <none>         <none>   <none>
    default/new-13   <none>         <none>   <none>
    default/new-14   <none>         <none>   <none>
    default/new-15   <none>         <none>   <none>
    default/new-16   <none>         <none>   <none>
    default/new-17   <none>         <none>   <none>
    default/new-18   <none>         <none>   <none>
    default/new-19   <none>         <none>   <none>
    default/new-20   <none>         <none>   <none>
    and 20 more pods: -o wide shows all

    NOT CONSIDERED   could change the answer
    Services         not in the input; add them to the dump: default topology
                     spreading was not applied
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
}

#[test]
fn data() {
    let shown = screen(&format!("simulate --pending --autoscale -o json {TYPES} {KARPENTER}"));
    let from = shown.find("\"nodeClaims\"").unwrap_or_else(|| panic!("{shown}"));
    let claims = shown[from..].split(']').take(2).collect::<Vec<_>>().join("]");
    assert_snapshot!(claims, @r#"
    "nodeClaims": [
            {
                "round": 1,
                "nodePool": "general",
                "instanceType": "m5.xlarge",
                "zone": "eu-1a",
                "capacityType": "on-demand",
                "price": 0.192,
                "otherInstanceTypes": 1,
                "nodes": [
                    "general-new1"
                ],
                "placed": 1
            }
    "#);
}

#[test]
fn which_pods_must_be_said() {
    assert_snapshot!(screen(&format!("simulate --autoscale {KARPENTER}")), @"
    --- stderr
    error: --autoscale: you must say which pods need nodes; add --pending for the pending pods, -f FILE for new ones, or a change such as --drain NODE
    --- status 2
    ");
}
