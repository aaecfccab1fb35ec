//! `simulate --strategy` and `--compare`: another choice among the feasible nodes.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn side_by_side() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/app.yaml --replicas 8 --compare default,random,least-load,best-fit,first-fit,weighted-least-load \
         --weight-label example.com/weight --price-label example.com/price --snapshot examples/clusters/prices.yaml"
    ), @"
    8 pods by 6 strategies, on 5 nodes                                       v1.34.1

    STRATEGY              PLACED   NODES   LEAST      BALANCE   FRAGMENTED   COST
    default                    8       5       3     5.0/0.0%   72.7/66.7%   1.22
    random                     8       5       3   22.4/10.0%   45.5/61.1%   1.22
    least-load                 8       5       3     5.0/0.0%   72.7/66.7%   1.22
    best-fit                   8       3       3   45.8/21.5%    0.0/36.1%   0.82
    first-fit                  8       3       3   40.0/18.4%   27.3/55.6%   0.82
    weighted-least-load        8       4       3   33.2/14.6%   36.4/58.3%   1.01
    BALANCE and FRAGMENTED: cpu/memory, lower is better; LEAST: the fewest nodes
    that any strategy could use

    NOT CONSIDERED   could change the answer
    weight of 3 of 5 nodes   label example.com/weight is missing or no positive
                             number: their weight is 1
    LimitRanges              not in the input; add them to the dump: new pods got no
                             defaults, and were not checked against limits
    ResourceQuotas           not in the input; add them to the dump: new pods were
                             not checked against quotas
    --- stderr
    --- status 0
    ");
}

#[test]
fn side_by_side_with_all_shares() {
    assert_snapshot!(screen(
        "simulate --pending --compare default,best-fit,best-fit -o wide --exit-code --snapshot examples/clusters/mixed.yaml"
    ), @"
    2 pods by 2 strategies, on 12 nodes                                      v1.34.1

    STRATEGY   PLACED   NODES   LEAST     UTILISATION          BALANCE      FRAGMENTED
    default         1       5       4   13.0/8.2/0.9%   36.1/24.8/1.2%   4.0/8.4/35.9%
    best-fit        1       4       4   13.0/8.2/0.9%   37.8/25.1/1.3%   3.7/8.3/35.9%
    BALANCE and FRAGMENTED: cpu/memory/pods, lower is better; LEAST: the fewest
    nodes that any strategy could use

    NOT PLACED   the largest group of each strategy
    every strategy: 1 pod: 0/12 nodes are available: 1 node(s) had untolerated taint
    {node-role.kubernetes.io/control-plane: }, 1 node(s) were unschedulable, 2
    node(s) didn't match Pod's node affinity/selector, 4 Insufficient cpu, 4 node(s)
    had untolerated taint {dedicated: gpu}.
    --- stderr
    --- status 1
    ");
}

#[test]
fn json() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/app.yaml --compare weighted-least-load --weight-label example.com/weight \
         --price-label example.com/none -o json --snapshot examples/clusters/prices.yaml"
    ), @r#"
    {
        "apiVersion": "kubectl-sched/v1",
        "kind": "Comparison",
        "kubeVersion": "v1.34.1",
        "strategies": [
            {
                "strategy": "weighted-least-load",
                "weightLabel": "example.com/weight",
                "placed": 1,
                "unplaced": 0,
                "stepsDone": true,
                "nodes": 5,
                "nodesUsed": 2,
                "nodesLowerBound": 2,
                "utilization": {
                    "cpu": 0.25,
                    "memory": 0.1042,
                    "pods": 0.03
                },
                "fragmentation": {
                    "cpu": 0.1111,
                    "memory": 0.1395,
                    "pods": 0.1959
                },
                "balance": {
                    "cpu": 0.2449,
                    "memory": 0.109,
                    "pods": 0.04
                },
                "cost": 0.0
            }
        ],
        "notEvaluated": [
            {
                "what": "price of 5 of 5 nodes",
                "why": "label example.com/none is missing or no positive number",
                "effect": "they are counted as free"
            },
            {
                "what": "weight of 3 of 5 nodes",
                "why": "label example.com/weight is missing or no positive number",
                "effect": "their weight is 1"
            },
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

#[test]
fn one_strategy_pod_by_pod() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/app.yaml --replicas 3 --strategy best-fit --snapshot examples/clusters/prices.yaml"
    ), @"
    3 pods placed, on 2 of 5 nodes                                           v1.34.1
    by best-fit: kube-scheduler itself chooses by score

    NODE      PODS    CPU          MEMORY
    small-3   1 → 3   50% → 100%   25% → 50%
    big-1     1 → 2   37% → 50%    12% → 18%

    CLUSTER                           CPU             MEMORY          PODS
    utilization                       20.8% → 33.3%   8.3% → 14.6%    2.0% → 5.0%
    fragmentation (lower is better)   10.5% → 0.0%    13.6% → 9.8%    19.4% → 17.9%
    imbalance (lower is better)       21.8% → 40.0%   10.0% → 19.5%   2.4% → 6.3%
    2 of 5 nodes with pods

    POD             NODE      TOTAL   TIES
    default/new-1   small-3     424      0
    default/new-2   small-3     400      0
    default/new-3   big-1       449      0

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
fn the_same_scenario_for_each() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/app.yaml --replicas 2 --cordon small-3 --add-nodes 1=big-1 --compare default,best-fit --snapshot examples/clusters/prices.yaml"
    ), @"
    2 pods by 2 strategies, on 6 nodes                                       v1.34.1

    STRATEGY   PLACED   NODES   LEAST      BALANCE   FRAGMENTED
    default         2       3       2    15.8/6.1%     0.0/0.0%
    best-fit        2       2       2   25.0/10.0%     0.0/0.0%
    BALANCE and FRAGMENTED: cpu/memory, lower is better; LEAST: the fewest nodes
    that any strategy could use

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
fn what_is_refused() {
    let state = "--pending --snapshot examples/clusters/prices.yaml";
    let refused = [
        "--strategy weighted-least-load",
        "--strategy best-fit --weight-label x",
        "--strategy best",
        "--compare default -o name",
        "--compare default --strategy default",
        "--strategy default --price-label x",
        "--price-label x",
    ];
    let screens: Vec<String> = refused.iter().map(|flags| screen(&format!("simulate {flags} {state}"))).collect();
    assert_snapshot!(screens.join("\n\n"), @r#"
    --- stderr
    error: weighted-least-load requires --weight-label KEY; KEY is the node label that contains the weight
    --- status 2

    --- stderr
    error: --weight-label requires --strategy weighted-least-load; add that strategy, or remove --weight-label
    --- status 2

    --- stderr
    error: "best" is not a strategy; use default, random, least-load, best-fit, first-fit, weighted-least-load or config=FILE. See 'kubectl sched simulate -h' for help and examples
    --- status 2

    --- stderr
    error: unable to match a printer suitable for the output format "name", allowed formats are: html,json,table,wide,yaml; --compare shows figures
    --- status 2

    --- stderr
    error: --compare cannot be used with --strategy. See 'kubectl sched simulate -h' for help and examples
    --- status 2

    --- stderr
    error: --price-label requires --compare; add --compare, such as --compare default,best-fit
    --- status 2

    --- stderr
    error: --price-label requires --compare; add --compare, such as --compare default,best-fit
    --- status 2
    "#);
}

#[test]
fn another_configuration_as_a_strategy() {
    let asked = "simulate -f examples/pods/app.yaml --replicas 8 --snapshot examples/clusters/prices.yaml";
    assert_snapshot!(screen(&format!("{asked} --compare default,config=examples/config/binpack.yaml")), @"
    8 pods by 2 strategies, on 5 nodes                                       v1.34.1

    STRATEGY                              PLACED   NODES   LEAST      BALANCE   FRAGMENTED
    default                                    8       5       3     5.0/0.0%   72.7/66.7%
    config=examples/config/binpack.yaml        8       3       3   45.8/21.5%    0.0/36.1%
    BALANCE and FRAGMENTED: cpu/memory, lower is better; LEAST: the fewest nodes
    that any strategy could use

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    ");
    let alone = screen(&format!("{asked} --strategy config=examples/config/binpack.yaml -o json"));
    assert_eq!(alone, screen(&format!("{asked} --scheduler-config examples/config/binpack.yaml -o json")));
}

#[test]
fn configurations_that_cannot_be() {
    let asked = "simulate --pending --snapshot examples/clusters/prices.yaml";
    let said = [
        format!(
            "{asked} --strategy config=examples/config/binpack.yaml --scheduler-config examples/config/binpack.yaml"
        ),
        format!("{asked} --compare default,config=/nonexistent"),
        format!("{asked} --compare config=examples/pods/app.yaml"),
        format!("{asked} --strategy config="),
        format!("{asked} --compare default,packed"),
    ]
    .map(|arguments| screen(&arguments));
    assert_snapshot!(said.join("\n"), @r#"
    --- stderr
    error: --strategy config=FILE and --scheduler-config both name a configuration; use only one of them
    --- status 2
    --- stderr
    error: the path "/nonexistent" does not exist
    --- status 2
    --- stderr
    error: examples/pods/app.yaml: no kind "Pod" is registered for version "v1"
    --- status 2
    --- stderr
    error: "config=" is not a strategy; use default, random, least-load, best-fit, first-fit, weighted-least-load or config=FILE. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: "packed" is not a strategy; use default, random, least-load, best-fit, first-fit, weighted-least-load or config=FILE. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    "#);
}
