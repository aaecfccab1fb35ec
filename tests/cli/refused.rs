//! Pods that are not there: refused by the API server, more than fit, missing on the nodes of a DaemonSet.

use insta::assert_snapshot;

use super::harness::screen;

/// What a command says of `arguments` up to the first table, and its status.
fn head(arguments: &str) -> String {
    let screen = screen(&format!("{arguments} --exit-code"));
    let (head, status) = (screen.split("\n\n").take(2).collect::<Vec<_>>().join("\n\n"), screen.lines().last());
    format!("{}\n{}", head.trim_end(), status.unwrap_or_default())
}

#[test]
fn no_copy_of_a_pod_that_the_api_server_refuses() {
    let of = |target: &str| head(&format!("capacity {target} --snapshot tests/cli/refused/quota-and-limits.yaml"));
    // The pod of the manifest, one that is in the cluster and older than the LimitRange, a template.
    assert_snapshot!(of("-f tests/cli/refused/too-large.yaml"), @r#"
    No further copy of team/big fits                                         v1.34.1

    WHAT RUNS OUT   the API server refuses the next copy
    pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2
    --- stderr
    --- status 1
    --- status 1
    "#);
    assert_snapshot!(of("one -n team"), @r#"
    No further copy of team/one fits                                         v1.34.1

    WHAT RUNS OUT   the API server refuses the next copy
    pods "one" is forbidden: maximum cpu usage per Container is 1, but limit is 2
    --- stderr
    --- status 1
    --- status 1
    "#);
    assert_snapshot!(of("deploy/web -n team"), @r#"
    No further copy of deployment/team/web fits                              v1.34.1

    WHAT RUNS OUT   the API server refuses the next copy
    pods "web-new" is forbidden: maximum cpu usage per Container is 1, but limit is
    2
    --- stderr
    --- status 1
    --- status 1
    "#);
    assert_snapshot!(of("deploy/web -n full"), @r#"
    No further copy of deployment/full/web fits                              v1.34.1

    WHAT RUNS OUT   ResourceQuota full refuses the next copy
    pods "web-new" is forbidden: exceeded quota: full, requested: pods=1, used:
    pods=0, limited: pods=0
    --- stderr
    --- status 1
    --- status 1
    "#);
    assert_snapshot!(of("deploy/web --want 5"), @r#"
    3 of 5 fit on the existing nodes                                         v1.34.1
    no number of nodes is enough for 5 pods: the API server lets in 3. pods
    "web-new-4" is forbidden: exceeded quota: q1, requested: pods=1, used: pods=3,
    limited: pods=3

    WHAT RUNS OUT   ResourceQuota q1 refuses the next copy
    pods "web-new-4" is forbidden: exceeded quota: q1, requested: pods=1, used:
    pods=3, limited: pods=3
    --- status 1
    "#);
}

#[test]
fn all_commands_agree_on_a_refusal() {
    let refused = "--snapshot tests/cli/refused/quota-and-limits.yaml";
    let of = |command: &str| head(&format!("{command} {refused}"));
    assert_snapshot!(of("simulate -f tests/cli/refused/too-large.yaml"), @r#"
    1 pod refused by the API server                                          v1.34.1

    REFUSED   by the API server; its message for the first pod of each group
    1 pod: team/big
      pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2
    --- stderr
    --- status 1
    --- status 1
    "#);
    assert_snapshot!(of("explain -f tests/cli/refused/too-large.yaml --no-suggestions"), @r#"
    Pod team/big is refused by the API server; if it were admitted, it would fit 1
    of 1 node
    default-scheduler · v1.34.1

    pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2
    --- status 1
    "#);
    assert_snapshot!(of("explain deploy/web -n team --no-suggestions"), @r#"
    Deployment team/web: 5 missing pods; the API server refuses them
    default-scheduler · v1.34.1
    5 wanted, 0 exist, 5 missing
      pods "web-new" is forbidden: maximum cpu usage per Container is 1, but limit
      is 2

    A new pod of Deployment team/web is refused by the API server; if it were
    admitted, it would fit 1 of 1 node
    --- status 1
    "#);
}

#[test]
fn replicas_that_lack_the_same_are_one_line() {
    assert_snapshot!(head("explain -f tests/cli/refused/forty.yaml --no-suggestions --snapshot tests/cli/refused/daemons.yaml"), @"
    Deployment kube-system/api: 5 of 40 missing pods fit
    default-scheduler · v1.34.1
    40 wanted, 0 exist, 40 missing
      api-new-6, api-new-7, api-new-8 and 32 more: 0/4 nodes are available: 1
      node(s) had untolerated taint {a: b}, 3 Insufficient cpu.

    After 5 pods of it, the next one does not fit: 0 of 4 nodes
    --- status 1
    ");
}

#[test]
fn a_daemon_set_has_no_winner() {
    assert_snapshot!(screen("explain ds/agent -n kube-system --no-suggestions --exit-code --snapshot tests/cli/refused/daemons.yaml"), @"
    DaemonSet kube-system/agent: 1 of 2 missing pods fits
    default-scheduler · v1.34.1
    3 wanted, one for each eligible node, 1 exists, 2 missing
      missing on n4: its pod would fit there
      no pod runs on n3: Insufficient cpu
      not eligible: 1 node (taint a=b:NoSchedule is not tolerated): n2

    2 nodes reject it:
    REASON                                             NODES   WHERE
    TaintToleration    a=b:NoSchedule                      1   n2
    NodeResourcesFit   cpu: 100m requested, short by       1   n3
                       50m

    NOT IN THE MANIFEST   but applied to this pod
    requests   container c requests no memory: scored as 200Mi

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 1
    ");
    assert_snapshot!(screen("explain ds/agent -n kube-system --no-suggestions --exit-code --snapshot tests/cli/refused/quota-and-limits.yaml"), @"
    DaemonSet kube-system/agent: each eligible node has a pod
    default-scheduler · v1.34.1
    1 wanted, one for each eligible node, 1 exists

    NOT CONSIDERED   could change the answer
    Services   not in the input; add them to the dump: default topology spreading
               was not applied
    --- stderr
    --- status 0
    ");
}
