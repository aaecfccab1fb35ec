//! Manifests as people have them: several at once, with typing errors, in directories, by kustomize.

use std::process::Command;

use insta::assert_snapshot;

use super::harness::screen;

/// What stands on standard error, and how many pods the answer is about.
fn read(arguments: &str) -> String {
    let screen = screen(&format!("simulate {arguments} --no-headers -o name --snapshot examples/clusters/mixed.yaml"));
    screen.trim_end().to_owned()
}

#[test]
fn fields_and_kinds_that_the_api_does_not_have() {
    assert_snapshot!(read("-f tests/cli/manifests/typing-errors.yaml"), @r#"
    pod/web-new
    --- stderr
    warning: tests/cli/manifests/typing-errors.yaml: Deployment web: unknown field "spec.replcias"; did you mean replicas?
    warning: tests/cli/manifests/typing-errors.yaml: Deployment web: duplicate field "spec.template.spec.containers[0].image"
    warning: tests/cli/manifests/typing-errors.yaml: Deployment web: unknown field "spec.template.spec.containers[0].tolerations"; tolerations is a field of spec.template.spec
    warning: tests/cli/manifests/typing-errors.yaml: Deployment web: unknown field "spec.template.spec.containers[0].resources.request"; did you mean requests?
    warning: tests/cli/manifests/typing-errors.yaml: Deployment old: no matches for kind "Deployment" in version "v1"; did you mean apps/v1?
    warning: tests/cli/manifests/typing-errors.yaml: Rollout canary: pods of the kind Rollout (argoproj.io/v1alpha1) are not evaluated: how it creates them is not known
    warning: tests/cli/manifests/typing-errors.yaml: object 'Kind' is missing: it was left out
    warning: Deployment web: namespaces "shpo" not found in examples/clusters/mixed.yaml; did you mean shop?
    --- status 0
    "#);
}

#[test]
fn strict_validation_refuses() {
    assert_snapshot!(read("-f tests/cli/manifests/typing-errors.yaml --validate"), @r#"
    --- stderr
    error: tests/cli/manifests/typing-errors.yaml: Deployment web: unknown field "spec.replcias"; did you mean replicas? (and 6 more problems)
    --- status 2
    "#);
    assert_snapshot!(read("-f tests/cli/manifests/kustomized/web.yaml --validate=strict -n shpo"), @r#"
    --- stderr
    error: Pod web: namespaces "shpo" not found in examples/clusters/mixed.yaml; did you mean shop?
    --- status 2
    "#);
}

#[test]
fn validation_can_be_left_out() {
    assert_snapshot!(read("-f tests/cli/manifests/typing-errors.yaml --validate=ignore -n shop"), @"
    pod/web-new
    --- stderr
    --- status 0
    ");
}

#[test]
fn a_manifest_of_which_nothing_can_be_read_says_why() {
    assert_snapshot!(read("-f tests/cli/manifests/wrong-version.yaml"), @r#"
    --- stderr
    error: tests/cli/manifests/wrong-version.yaml: Deploymnet web: no matches for kind "Deploymnet" in version "extensions/v1beta1"; did you mean Deployment of apps/v1?
    --- status 2
    "#);
}

#[test]
fn a_directory_with_a_broken_file() {
    assert_snapshot!(read("-f tests/cli/manifests/tree -n shop"), @"
    pod/web
    --- stderr
    warning: skipped tests/cli/manifests/tree/broken.yaml: document 1, line 1: unclosed bracket '['
    --- status 0
    ");
    assert_snapshot!(read("-R -f tests/cli/manifests/tree -n shop"), @"
    pod/web2
    pod/web
    --- stderr
    warning: skipped tests/cli/manifests/tree/broken.yaml: document 1, line 1: unclosed bracket '['
    --- status 0
    ");
    assert_snapshot!(read("-f tests/cli/manifests -n shop --validate=ignore"), @"
    pod/api-new
    pod/api-new-2
    pod/web-new
    --- stderr
    counted with the owner in the same manifests: Pod api-5d5f7-x2x and ReplicaSet api-5d5f7
    --- status 0
    ");
}

#[test]
fn a_directory_of_kustomize_is_not_applied_file_by_file() {
    assert_snapshot!(read("-f tests/cli/manifests/kustomized -n shop"), @"
    pod/web
    --- stderr
    warning: skipped tests/cli/manifests/kustomized/kustomization.yaml: use -k tests/cli/manifests/kustomized to read it
    --- status 0
    ");
}

#[test]
fn what_a_manifest_creates_is_counted_once() {
    assert_snapshot!(read("-f tests/cli/manifests/get-all.yaml"), @"
    pod/api-new
    pod/api-new-2
    --- stderr
    counted with the owner in the same manifests: Pod api-5d5f7-x2x and ReplicaSet api-5d5f7
    --- status 0
    ");
}

#[test]
fn paths_that_are_not_manifests() {
    assert_snapshot!(read("-f https://example.com/web.yaml"), @"
    --- stderr
    error: https://example.com/web.yaml: URLs are not read; download the file and name it
    --- status 2
    ");
    assert_snapshot!(read("-k https://example.com/web"), @"
    --- stderr
    error: -k https://example.com/web: is not a directory; URLs are not read: download it
    --- status 2
    ");
    assert_snapshot!(read("-k tests/cli/manifests/kustomized -f tests/cli/manifests/get-all.yaml"), @"
    --- stderr
    error: --kustomize cannot be used with --filename. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    ");
}

/// `kubectl` is a script here: what it prints is what counts.
#[cfg(unix)]
#[test]
fn kustomize_is_asked_through_kubectl() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let run = |script: Option<&str>| {
        let kubectl = directory.path().join("kubectl");
        if let Some(script) = script {
            std::fs::write(&kubectl, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
            .args(["simulate", "-k", "tests/cli/manifests/kustomized", "-n", "shop", "-o", "name", "--snapshot"])
            .arg("examples/clusters/mixed.yaml")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PATH", directory.path())
            .output()
            .unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
            .trim_end()
            .to_owned()
    };
    assert_snapshot!(run(None), @"error: -k requires kubectl: kubectl was not found in PATH; run `kustomize build tests/cli/manifests/kustomized` elsewhere and pass its output to -f");
    let prints = "[ \"$*\" = 'kustomize ./tests/cli/manifests/kustomized' ] || exit 9\n\
        echo '# Warning: commonLabels is deprecated' >&2\n\
        echo '{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"my-web\"}, \"spec\": {\"containers\": [{\"name\": \"c\"}]}}'";
    assert_snapshot!(run(Some(prints)), @"
    pod/my-web
    warning: kubectl kustomize: commonLabels is deprecated
    ");
    assert_snapshot!(run(Some("echo 'error: accumulating resources: no such file' >&2; exit 1")), @"error: kubectl kustomize tests/cli/manifests/kustomized: accumulating resources: no such file");
}

#[test]
fn targets_as_kubectl_takes_them() {
    let names = |arguments: &str| {
        screen(&format!("explain {arguments} -o name --no-suggestions --snapshot examples/clusters/mixed.yaml"))
    };
    assert_snapshot!(names("-l app=web -A"), @"
    pod/web-7
    --- stderr
    6 matching pods on nodes not shown: name one to explain why it is where it is
    --- status 0
    ");
    assert_snapshot!(names("mailer-1 web-7 -n shop"), @"
    pod/mailer-1
    pod/web-7
    --- stderr
    --- status 0
    ");
    assert_snapshot!(names("pods -n shop"), @"
    pod/mailer-1
    pod/web-7
    --- stderr
    9 matching pods on nodes not shown: name one to explain why it is where it is
    --- status 0
    ");
    assert_snapshot!(names("deploy,sts -l app=web -n shop"), @r#"
    --- stderr
    error: no resources with the labels app=web in namespace "shop" of examples/clusters/mixed.yaml
    --- status 2
    "#);
    assert_snapshot!(names("-l app=nothing -n shop"), @r#"
    --- stderr
    error: no resources with the labels app=nothing in namespace "shop" of examples/clusters/mixed.yaml
    --- status 2
    "#);
    assert_snapshot!(names("-l app=web"), @r#"
    --- stderr
    error: no resources with the labels app=web in namespace "default" of examples/clusters/mixed.yaml; other namespaces have some: choose one with -n, or use -A
    --- status 2
    "#);
    assert_snapshot!(names("deploy -n shop"), @"
    pod/web-7
    --- stderr
    --- status 0
    ");
    assert_snapshot!(names("pods -n shpo"), @r#"
    --- stderr
    error: namespaces "shpo" not found in examples/clusters/mixed.yaml; did you mean shop?
    --- status 2
    "#);
}
