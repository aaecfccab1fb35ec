//! What `simulate -f` makes of workloads: their pods, as controllers and the API server would make them.

use insta::assert_snapshot;

use super::harness::screen;

fn simulate(arguments: &str) -> String {
    screen(&format!("simulate {arguments} --snapshot tests/cli/new_pods/cluster.yaml"))
}

#[test]
fn a_stateful_set_with_its_claims() {
    assert_snapshot!(simulate("-f tests/cli/new_pods/store.yaml"), @"
    1 of 2 pods placed, on 1 of 3 nodes                                      v1.34.1

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/store-1
      0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.

    NODE     PODS    CPU         MEMORY
    node-2   1 → 2   75% → 77%   0% → 0%

    CLUSTER                           CPU             MEMORY        PODS
    utilization                       87.5% → 88.8%   0.0% → 0.0%   7.5% → 10.0%
    fragmentation (lower is better)   100% → 100%     100% → 100%   100% → 100%
    imbalance (lower is better)       12.5% → 11.2%   0.0% → 0.0%   2.5% → 0.0%
    2 of 3 nodes with pods; 1 cordoned node not counted above

    POD            NODE      TOTAL     TIES
    shop/store-0   node-2      620        0
    shop/store-1   <none>   <none>   <none>

    NOT CONSIDERED   could change the answer
    CSIDrivers          the input has none: VolumeBinding did not check whether
                        there is space for new volumes
    CSINodes            the input has none: NodeVolumeLimits assumed that no node
                        has a limit
    PersistentVolumes   the input has none: VolumeBinding assumed that the cluster
                        has none
    StatefulSets        not in the input; add them to the dump: default topology
                        spreading was not applied
    VolumeAttachments   the input has none: NodeVolumeLimits counted only the
                        volumes used by pods
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_daemon_set_on_its_nodes() {
    assert_snapshot!(simulate("-f tests/cli/new_pods/agent.yaml"), @"
    1 of 2 pods placed, on 1 of 3 nodes                                      v1.34.1

    NOT PLACED   kube-scheduler's message for the first pod of each group
    1 pod: shop/agent-node-1
      0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy
      plugin(s) [NodeAffinity].

    NODE     PODS    CPU       MEMORY
    node-3   0 → 1   0% → 2%   0% → 0%

    CLUSTER                           CPU             MEMORY        PODS
    utilization                       87.5% → 87.5%   0.0% → 0.0%   7.5% → 7.5%
    fragmentation (lower is better)   100% → 100%     100% → 100%   100% → 100%
    imbalance (lower is better)       12.5% → 12.5%   0.0% → 0.0%   2.5% → 2.5%
    3 of 3 nodes with pods, 1 newly used; 1 cordoned node not counted above

    POD                 NODE      TOTAL     TIES
    shop/agent-node-1   <none>   <none>   <none>
    shop/agent-node-3   node-3      495        0
    --- stderr
    --- status 0
    ");
    assert_snapshot!(simulate("-f tests/cli/new_pods/agent.yaml --replicas 3"), @r#"
    --- stderr
    error: DaemonSet "agent" has no replicas; a DaemonSet runs one pod on each eligible node: remove --replicas
    --- status 2
    "#);
}

#[test]
fn what_the_api_server_refuses() {
    assert_snapshot!(simulate("-f tests/cli/new_pods/strict.yaml --exit-code"), @r#"
    3 pods placed, on 1 of 3 nodes; 4 pods refused by the API server         v1.34.1

    REFUSED   by the API server; its message for the first pod of each group
    2 pods: strict/web-new-4 and strict/web-new-5
      pods "web-new-4" is forbidden: exceeded quota: share, requested:
      requests.cpu=100m, used: requests.cpu=1, limited: requests.cpu=1
    1 pod: strict/large
      pods "large" is forbidden: maximum cpu usage per Container is 1, but limit is
      2
    1 pod: shop/lost
      pods "lost" is forbidden: no PriorityClass with name gone was found

    NODE     PODS    CPU         MEMORY
    node-2   1 → 4   75% → 82%   0% → 0%

    CLUSTER                           CPU             MEMORY        PODS
    utilization                       87.5% → 91.2%   0.0% → 0.3%   7.5% → 15.0%
    fragmentation (lower is better)   100% → 100%     100% → 100%   100% → 100%
    imbalance (lower is better)       12.5% → 8.8%    0.0% → 0.3%   2.5% → 5.0%
    2 of 3 nodes with pods; 1 cordoned node not counted above

    POD                NODE     TOTAL   TIES
    strict/web-new     node-2     421      0
    strict/web-new-2   node-2     419      0
    strict/web-new-3   node-2     416      0
    --- stderr
    --- status 1
    "#);
}

#[test]
fn a_refused_pod_is_explained_all_the_same() {
    let explained = screen(
        "explain -f tests/cli/new_pods/strict.yaml --no-suggestions -o json --snapshot tests/cli/new_pods/cluster.yaml",
    );
    let said: Vec<&str> = explained.lines().filter(|line| line.contains("is forbidden")).map(str::trim).collect();
    assert_snapshot!(said.join("\n"), @r#"
    "message": "pods \"web-new-4\" is forbidden: exceeded quota: share, requested: requests.cpu=100m, used: requests.cpu=1, limited: requests.cpu=1"
    "message": "pods \"large\" is forbidden: maximum cpu usage per Container is 1, but limit is 2",
    "message": "pods \"lost\" is forbidden: no PriorityClass with name gone was found",
    "#);
}

#[test]
fn a_group_a_gate_and_a_sandbox() {
    assert_snapshot!(simulate("-f tests/cli/new_pods/gang.yaml"), @r#"
    5 pods: none fits on 3 nodes                                             v1.34.1
    1 pod not scheduled because of scheduling gates or their pod group

    NOT PLACED   kube-scheduler's message for the first pod of each group
    2 pods: shop/ring-new and shop/ring-new-2
      pod group "ring": only 2 of its pods fit, and 3 must
    1 pod: shop/ring-new-3
      0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.
    1 pod: shop/gated
      waiting for scheduling gates: [example.com/wait]
    1 pod: shop/sandboxed
      0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node
      affinity/selector, 1 node(s) were unschedulable.
    --- stderr
    --- status 0
    "#);
}
