//! `docs/ci.md` is true: its comments are what the check writes for the pull requests of `examples`, and the commands of
//! its snippets and of the action run. `UPDATE=1 cargo test --test ci` writes the comments.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PULL_REQUESTS: [(&str, i32); 4] = [("fits", 0), ("too-big", 1), ("quota", 1), ("drains-a-spread", 1)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .arg("check")
        .args(arguments)
        .current_dir(root())
        .env_remove("KUBECONFIG")
        .output()
        .unwrap()
}

#[test]
fn comments_are_those_of_the_pull_requests() {
    let page = root().join("docs/ci.md");
    let written = fs::read_to_string(&page).unwrap().replace("\r\n", "\n");
    let mut expected = written.clone();
    for (name, status) in PULL_REQUESTS {
        let manifests = format!("examples/pull-requests/{name}");
        let output = check(&[
            "-f",
            &manifests,
            "--base",
            "examples/pull-requests/main",
            "--snapshot",
            "examples/pull-requests/cluster.yaml",
            "-o",
            "markdown",
        ]);
        assert_eq!(output.status.code(), Some(status), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let comment = String::from_utf8(output.stdout).unwrap();
        let mark = format!("<!-- comment of {name} -->\n");
        let start = expected.find(&mark).unwrap_or_else(|| panic!("docs/ci.md has no comment of {name}")) + mark.len();
        let end = start + expected[start..].find("<!-- end -->").unwrap();
        let (first, rest) = comment.split_once('\n').unwrap();
        assert_eq!(first, "<!-- kubectl-sched-check -->");
        // A heading of the page's own order.
        expected.replace_range(start..end, &rest.replacen("### ", "#### ", 1));
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&page, &expected).unwrap();
    }
    assert!(
        fs::read_to_string(&page).unwrap().replace("\r\n", "\n") == expected,
        "docs/ci.md does not have the comments of today; run `UPDATE=1 cargo test --test ci`"
    );
}

/// A directory of its own with the program as `kubectl sched`, and a repository like that of a user.
fn workplace(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("bin")).unwrap();
    let kubectl = place.join("bin/kubectl");
    fs::write(&kubectl, format!("#!/bin/sh\nshift\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_kubectl-sched"))).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&kubectl).status().unwrap().success());
    let examples = root().join("examples/pull-requests");
    for (of, at) in [("too-big", "deploy"), ("main", ".base/deploy"), ("main", "base/deploy")] {
        let at = place.join(at);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(examples.join(of), at).unwrap();
    }
    fs::create_dir_all(place.join("ci")).unwrap();
    symlink(examples.join("cluster.yaml"), place.join("ci/cluster.json.gz")).unwrap();
    place
}

fn shell(place: &Path, script: &str, variables: &[(&str, &str)]) -> Output {
    let path = format!("{}:{}", place.join("bin").display(), std::env::var("PATH").unwrap());
    Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(place)
        .env("PATH", path)
        .env_remove("KUBECONFIG")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The script of the action, with the inputs of the page's own example.
#[test]
fn the_action_runs() {
    let place = workplace("action");
    let action: serde_json::Value =
        serde_yaml::from_str(&fs::read_to_string(root().join(".github/actions/check/action.yml")).unwrap()).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let example = snippet("placement\non: pull_request");
    let used = example["jobs"]["check"]["steps"].as_array().unwrap().last().unwrap()["with"].clone();
    let value = |name: &str| used[name].as_str().unwrap().to_owned();
    let names: Vec<&String> = used.as_object().unwrap().keys().collect();
    assert!(names.iter().all(|name| action["inputs"].get(name.as_str()).is_some()), "{names:?}");
    let directory = root().join(".github/actions/check");
    let output = place.join("output");
    let report = place.join("report");
    let variables = [
        ("GITHUB_ACTION_PATH", directory.to_str().unwrap().to_owned()),
        ("GITHUB_OUTPUT", output.to_str().unwrap().to_owned()),
        ("REPORT_DIR", report.to_str().unwrap().to_owned()),
        ("MANIFESTS", value("manifests")),
        ("BASE", value("base")),
        ("SNAPSHOT", value("snapshot")),
        ("ARGUMENTS", String::new()),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let ran = shell(&place, steps[0]["run"].as_str().unwrap(), &variables);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let annotations = String::from_utf8(ran.stdout).unwrap();
    assert!(annotations.starts_with("::error file=deploy/worker.yaml,line="), "{annotations}");
    assert!(fs::read_to_string(&output).unwrap().contains("status=1\n"));
    for file in ["comment.md", "junit.xml", "check.json"] {
        assert!(!fs::read_to_string(report.join(file)).unwrap().is_empty(), "{file}");
    }
    // The comment is new at first; then it takes the place of the last one.
    for (found, verb) in [("", "--method POST"), ("17", "--method PATCH")] {
        let gh = place.join("bin/gh");
        fs::write(&gh, format!("#!/bin/sh\ncase \"$*\" in *--paginate*) echo {found};; *) echo \"$@\";; esac\n"))
            .unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&gh).status().unwrap().success());
        let variables = [
            ("GITHUB_ACTION_PATH", directory.to_str().unwrap()),
            ("GITHUB_REPOSITORY", "me/shop"),
            ("PULL_REQUEST", "5"),
            ("REPORT", report.to_str().unwrap()),
        ];
        let ran = shell(&place, steps[1]["run"].as_str().unwrap(), &variables);
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success() && said.contains(verb), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    }
    let ran = shell(&place, steps[2]["run"].as_str().unwrap(), &[("STATUS", "1")]);
    assert_eq!(ran.status.code(), Some(1));
}

/// The YAML block of the page that has `text`.
fn snippet(text: &str) -> serde_json::Value {
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let block = page.split("```yaml\n").skip(1).find(|block| block.contains(text)).unwrap();
    serde_yaml::from_str(block.split("\n```").next().unwrap()).unwrap()
}

#[test]
fn the_commands_of_gitlab_run() {
    let place = workplace("gitlab");
    let job = snippet("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")["placement"].clone();
    let commands: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    // The worktree is there already: this is no repository.
    let (git, others): (Vec<&str>, Vec<&str>) = commands.into_iter().partition(|line| line.starts_with("git "));
    assert_eq!((git.len(), others.len()), (2, 1));
    let ran = shell(&place, others[0], &[]);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let report = job["artifacts"]["reports"]["junit"].as_str().unwrap();
    assert!(fs::read_to_string(place.join(report)).unwrap().contains("<failure "));
}
