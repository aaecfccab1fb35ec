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
    for command in ["version", "config", "pending", "capacity", "resilience"] {
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
    error: you must say what to explain; name a POD or TYPE/NAME, or use -f FILE
    --- status 2
    ");
}

#[test]
fn a_type_without_pods() {
    assert_snapshot!(screen("explain service/web --snapshot examples/clusters/mixed.yaml"), @"
    --- stderr
    error: a service has no pods of its own; use pod, deployment, statefulset, daemonset, replicaset, replicationcontroller, job, cronjob
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
    let screen = screen("explain web-7 -n shop --kube-version v1.20 --snapshot examples/clusters/mixed.yaml");
    assert!(screen.contains("v1.33") && screen.ends_with("--- status 0"), "{screen}");
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
