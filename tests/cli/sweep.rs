//! `simulate --runs`: what comes of many draws, whole, in shards, and stopped.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

use super::harness::{run, run_words, screen};

const DRAWS: &str = "simulate --pending --snapshot examples/clusters/draws.yaml";

#[test]
fn what_the_draw_decides() {
    assert_snapshot!(screen(&format!("{DRAWS} --runs 300 --exit-code")), @"
    Every pod placed in 184 of 300 runs (61.3%)                              v1.34.1

    OVER ALL RUNS       MIN   MEDIAN     MAX
    pods placed           2        3       3
    pods not placed       0        0       1
    nodes with pods       2        3       3
    balance, cpu      11.8%    35.4%   35.4%
    balance, memory    0.0%     0.0%    5.9%
    replay without --runs: --seed 1 places 2, --seed 0 places 3

    NOT ALWAYS PLACED   kube-scheduler's message in the first such run
    in 116 of 300 runs (38.7%): shop/db-0
      0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector,
      2 Insufficient cpu.

    NODE     RUNS   SHARE   MIN PODS   MEDIAN   MAX
    nvme-1    300    100%          1        1     1
    nvme-2    300    100%          1        1     1
    hdd-1     184   61.3%          0        1     1

    POD          UNPLACED   NODES   MOST OFTEN ON
    shop/db-0       38.7%       2   nvme-1 34.3%
    shop/web-1       0.0%       3   nvme-2 38.0%
    shop/web-2       0.0%       3   nvme-2 35.0%
    --- stderr
    --- status 1
    ");
}

#[test]
fn whatever_is_drawn() {
    assert_snapshot!(
        screen("simulate -f examples/pods/app.yaml --replicas 8 --runs 20 --snapshot examples/clusters/prices.yaml"),
        @"
    8 pods placed in all 20 runs                                             v1.34.1

    OVER ALL RUNS      MIN   MEDIAN    MAX
    pods placed          8        8      8
    pods not placed      0        0      0
    nodes with pods      5        5      5
    balance, cpu      5.0%     5.0%   5.0%
    balance, memory   0.0%     0.0%   0.0%

    NODE      RUNS   SHARE   MIN PODS   MEDIAN   MAX
    big-1       20    100%          2        2     2
    small-1     20    100%          2        2     2
    small-2     20    100%          2        2     2
    small-4     20    100%          2        2     2

    POD             UNPLACED   NODES   MOST OFTEN ON
    default/new-1       0.0%       3   small-2 55.0%
    default/new-2       0.0%       3   small-4 50.0%
    default/new-3       0.0%       3   small-1 40.0%
    default/new-4       0.0%       4   big-1 30.0%
    default/new-5       0.0%       4   small-1 40.0%
    default/new-6       0.0%       4   big-1 40.0%
    default/new-7       0.0%       4   small-2 40.0%
    default/new-8       0.0%       1   big-1 100%

    NOT CONSIDERED   could change the answer
    LimitRanges      not in the input; add them to the dump: new pods got no
                     defaults, and were not checked against limits
    ResourceQuotas   not in the input; add them to the dump: new pods were not
                     checked against quotas
    --- stderr
    --- status 0
    "
    );
}

#[test]
fn another_strategy_and_a_budget_that_is_broken() {
    assert_snapshot!(
        screen("simulate --drain a1-1 --force --strategy random --runs 20 --snapshot examples/clusters/zones.yaml"),
        @"
    No run of 20 places every pod                                            v1.34.1
    by random: kube-scheduler itself chooses by score

    OVER ALL RUNS       MIN   MEDIAN     MAX
    pods placed           1        1       1
    pods not placed       1        1       1
    nodes with pods       7        8       8
    balance, cpu      36.6%    36.6%   38.1%
    balance, memory   21.0%    21.0%   22.3%

    NOT ALWAYS PLACED   kube-scheduler's message in the first such run
    in all 20 runs: shop/web-1
      0/12 nodes are available: 1 node(s) were unschedulable, 4 Insufficient cpu, 7
      node(s) didn't match pod topology spread constraints.

    NODE   RUNS   SHARE   MIN PODS   MEDIAN   MAX
    a2-2      5   25.0%          0        0     1
    b1-1      4   20.0%          0        0     1
    b1-2      4   20.0%          0        0     1
    a1-2      3   15.0%          0        0     1
    b2-1      3   15.0%          0        0     1
    b2-2      1    5.0%          0        0     1

    POD            UNPLACED   NODES   MOST OFTEN ON
    shop/cache-0       0.0%       6   a2-2 25.0%
    shop/web-1         100%       0   <none>

    NOT CONSIDERED   could change the answer
    ReplicaSets   not in the input; add them to the dump: default topology spreading
                  was not applied
    --- stderr
    --- status 0
    "
    );
}

/// One of two new pods is refused: neither a run nor a sweep ends well for `--exit-code`.
#[test]
fn a_pod_that_a_quota_forbids() {
    let asked = "simulate --scale rs/web=2 --snapshot tests/cli/quota.yaml";
    for arguments in [asked.to_owned(), format!("{asked} --runs 3")] {
        assert_eq!(run(&format!("{arguments} --exit-code")).status.code(), Some(1), "{arguments}");
        assert_eq!(run(&arguments).status.code(), Some(0), "{arguments}");
    }
    let sweep: Value = serde_json::from_slice(&run(&format!("{asked} --runs 3 -o json")).stdout).unwrap();
    assert_eq!((&sweep["runsWithRefusedPods"], &sweep["runsWithAllPlaced"]), (&3.into(), &3.into()));
}

#[test]
fn json_says_how_often() {
    let output = run(&format!("{DRAWS} --runs 300 -o json"));
    let sweep: Value = serde_json::from_slice(&output.stdout).unwrap();
    let database = &sweep["pods"][0];
    assert_eq!((&database["pod"], &sweep["runs"], &sweep["seed"]), (&"shop/db-0".into(), &300.into(), &0.into()));
    let (placed, unplaced) = (database["runsPlaced"].as_u64().unwrap(), database["runsUnplaced"].as_u64().unwrap());
    assert_eq!((placed + unplaced, &sweep["runsWithAllPlaced"]), (300, &placed.into()));
    // Two thirds of the draws leave a node: 200 of 300, give or take four standard deviations.
    assert!((167..=233).contains(&placed), "{placed}");
}

/// The seed that is named for a value is that of a single run that gives it.
#[test]
fn a_seed_that_is_named_can_be_looked_at() {
    let output = run(&format!("{DRAWS} --runs 50 -o json"));
    let sweep: Value = serde_json::from_slice(&output.stdout).unwrap();
    for value in sweep["placed"]["values"].as_array().unwrap() {
        let output = run(&format!("{DRAWS} --seed {} -o json", value["seed"]));
        let single: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(single["summary"]["placed"], value["value"]);
    }
}

/// Shards, merged, are the whole to the letter, whatever the number of threads.
#[test]
fn shards_are_the_whole() {
    let folder = TempDir::new().unwrap();
    for (question, format) in [(DRAWS, "json"), (DRAWS, "yaml"), (DRAWS, "wide")] {
        let shards: Vec<String> = (0..3)
            .map(|index| {
                let file = folder.path().join(format!("{index}"));
                let kept = if format == "yaml" { "yaml" } else { "json" };
                let output = run(&format!("{question} --runs 50 --seed 7 --shard {index}/3 -o {kept}"));
                fs::write(&file, output.stdout).unwrap();
                file.to_str().unwrap().to_owned()
            })
            .collect();
        let merged = screen(&format!("simulate merge {} {} {} -o {format}", shards[2], shards[0], shards[1]));
        assert_eq!(merged, screen(&format!("{question} --runs 50 --seed 7 -o {format}")));
    }
}

#[test]
fn what_is_no_shard_or_is_missing() {
    let folder = TempDir::new().unwrap();
    let keep = |name: &str, arguments: &str| {
        let file = folder.path().join(name);
        fs::write(&file, run(arguments).stdout).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let half = keep("half", &format!("{DRAWS} --runs 9 --shard 0/2 -o json"));
    let other = keep("other", &format!("{DRAWS} --runs 9 --shard 1/2 --strategy random -o json"));
    let whole = keep("whole", &format!("{DRAWS} --runs 9 -o json"));
    let merged = |files: &str| screen(&format!("simulate merge {files}")).replace(folder.path().to_str().unwrap(), "");
    let said = [
        merged(&half),
        merged(&format!("{half} {half}")),
        merged(&format!("{half} {other}")),
        merged(&whole),
        merged("examples/clusters/draws.yaml"),
        merged("/nonexistent"),
        screen("simulate merge"),
    ];
    assert_snapshot!(said.join("\n"), @r#"
    --- stderr
    error: shard 1/2 is missing
    --- status 2
    --- stderr
    error: /half: is shard 0/2, like /half
    --- status 2
    --- stderr
    error: /other: belongs to a different sweep than /half: the cluster state or command differs
    --- status 2
    --- stderr
    error: /whole: is a complete sweep, not a shard
    --- status 2
    --- stderr
    error: examples/clusters/draws.yaml: has 7 documents; expected one
    --- status 2
    --- stderr
    error: the path "/nonexistent" does not exist
    --- status 2
    --- stderr
    error: <FILE|-> is required. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    "#);
}

#[test]
fn what_does_not_go_together() {
    let said = [
        format!("{DRAWS} --runs 0"),
        format!("{DRAWS} --runs 2 --seed 18446744073709551615"),
        format!("{DRAWS} --runs 2 --shard 2/2"),
        format!("{DRAWS} --shard 0/2"),
        "simulate --pending --runs 2 --shard 0/2".to_owned(),
        format!("{DRAWS} --runs 2 -o html"),
        format!("{DRAWS} --runs 2 --compare default,random"),
        format!("{DRAWS} merge x.json"),
    ]
    .map(|arguments| screen(&arguments));
    assert_snapshot!(said.join("\n"), @r#"
    --- stderr
    error: "0" is not a number of runs; write a number of at least 1. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: there are fewer than 2 seeds from 18446744073709551615 on; use a lower --seed
    --- status 2
    --- stderr
    error: 2 shards are numbered from 0 to 1. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: --runs <NUMBER> is required. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: --snapshot <FILE|DIR|-> is required. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: unable to match a printer suitable for the output format "html", allowed formats are: json,table,wide,yaml; --runs shows figures
    --- status 2
    --- stderr
    error: --runs cannot be used with --compare. See 'kubectl sched simulate -h' for help and examples
    --- status 2
    --- stderr
    error: "merge" requires --add NUMBER, which adds replicas to it; use --pending for all pending pods, or -f FILE for manifests
    --- status 2
    "#);
}

/// Ctrl-C ends it with the outcome so far: the first runs.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupt_shows_the_runs_so_far() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let words: Vec<&str> = DRAWS.split_whitespace().chain(["--runs", "100000000", "-o", "json"]).collect();
    let child = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Until it listens to SIGINT, which is bit 1 of the signals that it catches.
    let status = format!("/proc/{}/status", child.id());
    let listens = || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        u64::from_str_radix(caught.trim(), 16).unwrap_or_default() & 0b10 != 0
    };
    while !listens() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let stopped: Value = serde_json::from_slice(&output.stdout).unwrap();
    let played = stopped["completedRuns"].as_u64().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, format!("error: stopped after {played} of 100000000 runs\n"));
    assert_eq!((output.status.code(), played < 100_000_000), (Some(2), true));
    assert_eq!(stopped["notEvaluated"][0]["what"], format!("{} of 100000000 runs", 100_000_000 - played));
    if played > 0 {
        let same: Value = serde_json::from_slice(&run(&format!("{DRAWS} --runs {played} -o json")).stdout).unwrap();
        assert_eq!(same["pods"], stopped["pods"]);
    }
}

/// The help of merge shows shards that are written and put together: in a shell, as it stands.
#[test]
#[cfg(unix)]
fn the_example_of_merge_runs() {
    let help = String::from_utf8(run("simulate merge --help").stdout).unwrap();
    let examples = help.split_once("Examples:\n").unwrap().1.split("\n\n").next().unwrap();
    let script = format!("set -e\nkubectl() {{ shift; \"$SCHED\" \"$@\"; }}\n{examples}");
    let folder = TempDir::new().unwrap();
    let clusters = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    std::os::unix::fs::symlink(clusters, folder.path().join("examples")).unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path()).env("SCHED", env!("CARGO_BIN_EXE_kubectl-sched"));
    let output = shell.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("8 pods placed in all 200 runs"), "{script}\n{shown}");
}

/// The job of docs/sweep-job.yaml, played by hand: its arguments as the kubelet would pass them, with
/// an index in place of the variable, and the files where they are.
#[test]
fn the_indexed_job_is_one_sweep() {
    let folder = TempDir::new().unwrap();
    fs::copy("examples/clusters/prices.yaml", folder.path().join("snapshot.json.gz")).unwrap();
    fs::copy("examples/pods/app.yaml", folder.path().join("pods.yaml")).unwrap();
    let job: Value = kubectl_sched::source::read_value(&Path::new("docs/sweep-job.yaml").to_path_buf().into()).unwrap();
    assert_eq!((&job["kind"], &job["spec"]["completionMode"]), (&"Job".into(), &"Indexed".into()));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["command"][0], "kubectl-sched");
    let shards = job["spec"]["completions"].as_u64().unwrap();
    let mount = format!("{}/", container["volumeMounts"][0]["mountPath"].as_str().unwrap());
    let mut files = vec!["simulate".to_owned(), "merge".to_owned()];
    for index in 0..shards {
        let arguments: Vec<String> = container["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| {
                let argument = argument.as_str().unwrap().replace("$(JOB_COMPLETION_INDEX)", &index.to_string());
                argument.replace(&mount, &format!("{}/", folder.path().display()))
            })
            .collect();
        let output = run_words(arguments.iter().map(String::as_str));
        let file = folder.path().join(format!("shard-{index}.json"));
        fs::write(&file, output.stdout).unwrap();
        files.push(file.to_str().unwrap().to_owned());
    }
    let merged = run_words(files.iter().map(String::as_str).chain(["-o", "json"]));
    assert_eq!((String::from_utf8(merged.stderr).unwrap(), merged.status.code()), (String::new(), Some(0)));
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    assert_eq!(merged["runs"], merged["completedRuns"]);
}
