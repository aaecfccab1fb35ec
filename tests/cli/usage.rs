//! Command lines that are refused, in kubectl's words, on one line.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn a_flag_that_there_is_not() {
    assert_snapshot!(screen("explain web --foo"), @r"
    --- stderr
    error: unknown flag: --foo. See 'kubectl sched explain -h' for help and examples
    --- status 2
    ");
}

#[test]
fn a_misspelt_flag() {
    assert_snapshot!(screen("explain web --namspace x"), @"
    --- stderr
    error: unknown flag: --namspace; did you mean '--namespace'? See 'kubectl sched explain -h' for help and examples
    --- status 2
    ");
}

#[test]
fn a_command_that_there_is_not() {
    assert_snapshot!(screen("explian web"), @r#"
    --- stderr
    error: unknown command "explian" for "kubectl sched"; did you mean 'kubectl sched explain web'? See 'kubectl sched -h' for help and examples
    --- status 2
    "#);
}

#[test]
fn a_format_that_there_is_not() {
    assert_snapshot!(screen("explain web -o xml"), @r#"
    --- stderr
    error: unable to match a printer suitable for the output format "xml", allowed formats are: html,json,name,table,wide,yaml. See 'kubectl sched explain -h' for help and examples
    --- status 2
    "#);
}

#[test]
fn a_format_that_the_command_has_not() {
    for command in ["version", "config", "capacity", "resilience"] {
        assert_eq!(
            screen(&format!("{command} -o html")),
            format!(
                "--- stderr\nerror: unable to match a printer suitable for the output format \"html\", allowed formats \
                 are: json,name,table,wide,yaml. See 'kubectl sched {command} -h' for help and examples\n--- status 2"
            )
        );
    }
}

#[test]
fn nothing_to_explain() {
    assert_snapshot!(screen("explain"), @"
    --- stderr
    error: you must say what to explain; name a POD or TYPE/NAME, or use -l SELECTOR or -f FILE
    --- status 2
    ");
}

#[test]
fn a_type_without_pods() {
    assert_snapshot!(screen("explain service/web --snapshot examples/clusters/mixed.yaml"), @"
    --- stderr
    error: a service has no pods of its own; use pod, deployment, statefulset, daemonset, replicaset, replicationcontroller, job, cronjob, podgroup
    --- status 2
    ");
}

#[test]
fn too_many_slashes() {
    assert_snapshot!(screen("explain deploy/web/7 --snapshot examples/clusters/mixed.yaml"), @r"
    --- stderr
    error: arguments in resource/name form may not have more than one slash
    --- status 2
    ");
}

#[test]
fn a_file_and_a_name() {
    assert_snapshot!(screen("explain web -f examples/pods/batch.yaml --snapshot examples/clusters/mixed.yaml"), @r"
    --- stderr
    error: when paths, URLs, or stdin is provided as input, you may not specify a resource by arguments as well
    --- status 2
    ");
}

#[test]
fn a_name_in_every_namespace() {
    assert_snapshot!(screen("explain web-7 -A --snapshot examples/clusters/mixed.yaml"), @r"
    --- stderr
    error: a resource cannot be retrieved by name across all namespaces; choose one with -n
    --- status 2
    ");
}

#[test]
fn an_old_version() {
    assert_snapshot!(screen("explain mailer-1 -n shop --kube-version v1.20 --snapshot examples/clusters/mixed.yaml"), @"
    Pod shop/mailer-1 fits: 6 of 12 nodes                  default-scheduler · v1.33

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

    NOT CONSIDERED   could change the answer
    kube-scheduler v1.20   this version is not supported: the answer is that of
                           v1.33, the nearest supported version
    --- stderr
    --- status 0
    ");
}

/// Nodes of a minor that is not supported: the nearest one answers, and one line says so.
#[test]
fn nodes_of_another_minor() {
    let nearest = |kubelet: &str| {
        let state = format!(
            "[{{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {{\"name\": \"a\"}}, \"status\": {{\"allocatable\": \
             {{\"cpu\": \"4\", \"pods\": \"9\"}}, \"nodeInfo\": {{\"kubeletVersion\": \"{kubelet}\"}}}}}}, \
             {{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"web\"}}, \"spec\": {{\"containers\": [{{\"name\": \"c\"}}]}}}}]"
        );
        let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        std::fs::write(file.path(), state).unwrap();
        let commands = ["explain web", "pending", "capacity web", "simulate --pending"];
        let said = commands.map(|command| {
            let shown = screen(&format!("{command} --snapshot {}", file.path().display()));
            let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            let from = words.find("kube-scheduler v1.").unwrap_or_else(|| panic!("{command}\n{shown}"));
            words[from..].split(" version").take(3).collect::<Vec<_>>().join(" version")
        });
        assert!(said.iter().all(|line| *line == said[0]), "{said:?}");
        said[0].clone()
    };
    assert_snapshot!(nearest("v1.29.4-eks-036c24b"), @"kube-scheduler v1.29.4 this version is not supported: the answer is that of v1.33, the nearest supported version --- stderr --- status 0");
    assert_snapshot!(nearest("v1.38.0"), @"kube-scheduler v1.38.0 this version is not supported: the answer is that of v1.37, the nearest supported version --- stderr --- status 0");
}

#[test]
fn a_feature_gate_that_there_is_not() {
    assert_snapshot!(screen("explain web-7 -n shop --feature-gates Nope=true --snapshot examples/clusters/mixed.yaml"), @r"
    --- stderr
    error: invalid argument for --feature-gates: unrecognized feature gate: Nope
    --- status 2
    ");
}

#[test]
fn a_shell_that_there_is_not() {
    assert_snapshot!(screen("completion tcsh"), @r#"
    --- stderr
    error: unsupported shell type "tcsh"; use bash, zsh, fish or powershell. See 'kubectl sched completion -h' for help and examples
    --- status 2
    "#);
}
