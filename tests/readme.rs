//! The examples of README and docs are true: every command in them is run, and a screen they show is
//! the screen one gets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::process::Command;

use kubectl_sched::decode::Kind;

const README: &str = include_str!("../README.md");
const CLUSTER: &str = include_str!("../docs/cluster.md");
const DOCS: [&str; 6] = [
    include_str!("../docs/commands.md"),
    include_str!("../docs/ci.md"),
    include_str!("../docs/scenarios.md"),
    include_str!("../docs/strategies.md"),
    include_str!("../docs/sweeps.md"),
    include_str!("../skills/kubectl-sched/SKILL.md"),
];
const K9S: &str = include_str!("../examples/k9s/plugins.yaml");

/// The fenced blocks of a language, without the fences, and with each command on a line of its own.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let blocks = text.split("\n```").filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    blocks.map(|block| block.replace("\\\n", "")).collect()
}

/// Runs what stands behind `kubectl sched` or `cargo run --`; answers stdout, stderr and whether it went well.
fn run(command: &str) -> Option<(String, String, bool)> {
    let arguments = command.strip_prefix("kubectl sched ").or_else(|| command.strip_prefix("cargo run -- "))?;
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Some((text(&output.stdout), text(&output.stderr), output.status.success()))
}

/// How many of the commands in `text` were run.
#[track_caller]
fn commands_run(text: &str) -> usize {
    let blocks = blocks(text, "sh");
    let commands = blocks.iter().flat_map(|block| block.lines()).filter(|line| *line != "cargo test");
    commands
        .map(|command| {
            let (stdout, stderr, success) = run(command).unwrap_or_else(|| panic!("not a command of ours: {command}"));
            assert!(success && !stdout.is_empty() && stderr.is_empty(), "{command}\n{stdout}\n{stderr}");
        })
        .count()
}

/// What `kubectl get` is to be asked for, against the table of kinds. Groups of pods and taint rules of devices are
/// behind feature gates, so that few servers have them; what only some clusters have installed fails the whole command
/// elsewhere, and of ConfigMaps just one is read.
#[test]
fn the_dump_has_every_kind() {
    let lines: Vec<&str> = CLUSTER.lines().filter(|line| line.starts_with("kubectl get -A -o json ")).collect();
    let named: Vec<&str> =
        lines.iter().filter_map(|line| line.split(' ').nth(5)).flat_map(|kinds| kinds.split(',')).collect();
    let gated = ["podgroups", "workloads", "devicetaintrules", "configmaps"];
    let kinds = Kind::ALL.iter().filter(|kind| !kind.is_optional());
    let kinds = kinds.map(|kind| kind.resource()).filter(|resource| !gated.contains(resource));
    let missing: Vec<&str> = kinds.filter(|resource| !named.contains(resource)).collect();
    assert!(
        missing.is_empty() && named.contains(&"events"),
        "not in the `kubectl get` of docs/cluster.md: {missing:?}"
    );
}

#[test]
fn every_command_runs() {
    assert!(commands_run(README) > 1, "the README has lost its examples");
    for document in DOCS {
        assert!(commands_run(document) > 0, "{document}");
    }
}

/// The commands in the README's tables, with names of the examples in the place of what one fills in.
#[test]
fn the_tables_of_the_readme_are_true() {
    const FILLED_IN: &[(&str, &str)] = &[
        ("POD -n NAMESPACE", "web-7 -n shop"),
        ("POD --node NODE", "web-7 -n shop --node node-2"),
        ("NODES", "node-1,node-2"),
        ("NODE", "node-3"),
        ("deploy/web", "deploy/web -n shop"),
        ("-f app.yaml", "-f examples/pods/batch.yaml"),
        ("daemonset/NAME", "daemonset/log-agent -n kube-system"),
        ("--set-resources deploy/web -n shop=cpu=2", "--set-resources deploy/web=cpu=2 -n shop"),
    ];
    let state = |command: &str| match command {
        _ if ["nodegroups", "--autoscale", "daemonset"].iter().any(|word| command.contains(word)) => {
            "--at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml"
        }
        _ if command.contains("devices") => "--kube-version v1.37 --snapshot examples/clusters/devices.yaml",
        _ if command.contains("--by zone") => "--snapshot examples/clusters/zones.yaml",
        _ => "--snapshot examples/clusters/mixed.yaml",
    };
    let rows = README.lines().filter(|line| line.starts_with("| "));
    let commands = rows.flat_map(|line| line.split('`')).filter(|text| text.starts_with("kubectl sched "));
    // What writes a file, is about the manifests of a change, or about two states is run by tests of its own.
    let elsewhere = |command: &&str| ![" snapshot ", " check ", " diff "].iter().any(|word| command.contains(word));
    let commands: Vec<&str> = commands.filter(elsewhere).collect();
    assert!(commands.len() > 15, "the README has lost its table of questions");
    for command in commands {
        let filled = FILLED_IN.iter().fold(command.to_owned(), |text, (hole, name)| text.replace(hole, name));
        let (stdout, stderr, success) = run(&format!("{filled} {}", state(command))).unwrap();
        assert!(success && !stdout.is_empty(), "{filled}\n{stdout}\n{stderr}");
    }
}

/// Each answer that the skill sends its reader to is JSON with the keys that it names.
#[test]
fn the_skill_names_keys_that_exist() {
    let [.., skill] = DOCS;
    let answers: String =
        blocks(skill, "sh").iter().filter_map(|block| run(block)).map(|(stdout, ..)| stdout).collect();
    for key in ["notEvaluated", "suggestions", "cautions", "message", "type", "resource", "short", "newNodes", "picks"]
    {
        assert!(skill.contains(&format!("`{key}`")), "the skill does not name {key}");
        let newly = ["newNodes", "picks"].contains(&key);
        assert!(newly || answers.contains(&format!("\"{key}\"")), "no answer has {key}");
    }
    let schema = include_str!("../docs/schema/explain.schema.json");
    assert!(["newNodes", "picks"].iter().all(|key| schema.contains(&format!("\"{key}\""))));
}

/// k9s puts names in the place of its variables and hands the rest to a shell.
#[test]
fn the_plugins_of_k9s_run() {
    let plugins: serde_json::Value = serde_yaml::from_str(K9S).unwrap();
    let plugins = plugins["plugins"].as_object().unwrap();
    for (name, plugin) in plugins {
        for key in ["shortCut", "description", "scopes", "command"] {
            assert!(!plugin[key].is_null(), "{name} has no {key}");
        }
        let shell = plugin["args"][1].as_str().unwrap();
        let command = shell.strip_suffix(" 2>&1 | less -RK").unwrap();
        let of_node = plugin["scopes"] == serde_json::json!(["nodes"]);
        let command = command
            .replace("\"$NAME\"", if of_node { "node-3" } else { "web-7" })
            .replace("\"$NAMESPACE\"", "shop")
            .replace(" --context \"$CONTEXT\"", "");
        assert!(!command.contains('$') && shell.contains(" --context \"$CONTEXT\""), "{name}: {command}");
        let (stdout, stderr, success) = run(&format!("{command} --snapshot examples/clusters/mixed.yaml")).unwrap();
        assert!(success && !stdout.is_empty(), "{command}\n{stdout}\n{stderr}");
    }
    assert_eq!(plugins.len(), 4);
}

#[test]
fn the_screen_is_the_screen() {
    let [commands, ..] = DOCS;
    assert!(!blocks(commands, "console").is_empty(), "docs/commands.md has lost its screen");
    for screen in std::iter::once(README).chain(DOCS).flat_map(|text| blocks(text, "console")) {
        let (command, shown) = screen.split_once('\n').unwrap();
        let (stdout, _, _) = run(command.strip_prefix("$ ").unwrap()).unwrap();
        assert_eq!(stdout.trim_end(), shown.trim_end(), "{command}");
    }
}
