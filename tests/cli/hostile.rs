//! Texts of a state that are meant to do something where they are shown: no form lets them.
//!
//! Names, labels, taints, resources, images and messages steer a terminal, turn the direction of writing, close a tag, end a
//! line, or run a command in a shell. Every command is asked for every form that it has.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::harness::run_words;

/// One text with a bit of everything; `'` and `"` end strings of shells and of HTML.
const HOSTILE: &str =
    "x\u{1b}[31m\u{7}\u{202e}\u{200b}<img src=x onerror=alert(1)>'\"`$(touch pwned)`;|&\n::error::pwned\r\0|*_[a](b)";

/// The same as far as it can be an argument of a program.
fn namespace() -> String {
    HOSTILE.replace('\0', "")
}

fn state() -> Value {
    let node = |name: &str, cpu: &str| {
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": HOSTILE, HOSTILE: HOSTILE}},
            "spec": {"taints": [{"key": HOSTILE, "value": HOSTILE, "effect": "NoSchedule"}]},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10", HOSTILE: "1"},
                "images": [{"names": [HOSTILE], "sizeBytes": 100_000_000}],
                "conditions": [{"type": "Ready", "status": "False", "reason": HOSTILE, "message": HOSTILE}]}})
    };
    let pod = |name: &str, on: Option<&str>, cpu: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace(), "labels": {HOSTILE: HOSTILE},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": HOSTILE, "uid": "1", "controller": true}]},
            "spec": {"nodeName": on, "nodeSelector": if on.is_none() { json!({HOSTILE: "other"}) } else { Value::Null },
                "containers": [{"name": HOSTILE, "image": HOSTILE, "resources": {"requests": {"cpu": cpu, HOSTILE: "1"}}}]},
            "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": HOSTILE}]}})
    };
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": namespace()},
        "involvedObject": {"kind": "Pod", "namespace": namespace(), "name": HOSTILE}, "reason": HOSTILE, "message": HOSTILE,
        "source": {"component": HOSTILE}, "lastTimestamp": "2026-01-01T00:00:00Z"});
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": HOSTILE, "namespace": namespace(), "uid": "1"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {HOSTILE: HOSTILE}},
            "template": {"metadata": {"labels": {HOSTILE: HOSTILE}}, "spec": {"containers": [{"name": "a", "image": HOSTILE}]}}}});
    let items = [
        node(HOSTILE, "4"),
        node("n2", "1"),
        pod(HOSTILE, None, "8"),
        pod("p2", Some(HOSTILE), "1"),
        pod("p3", None, "1"),
        event,
        set,
    ];
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// Neither controls nor what turns or hides text.
fn is_hidden(letter: char) -> bool {
    letter.is_control() && letter != '\n'
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn nothing_steers_what_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    fs::write(&path, state().to_string()).unwrap();
    let path = path.to_str().unwrap();
    let other = folder.path().join("other.json");
    fs::write(&other, state().to_string().replace("\"1\"", "\"2\"")).unwrap();
    let manifest = folder.path().join("manifest.json");
    fs::write(&manifest, state()["items"][6].to_string()).unwrap();
    let manifest = manifest.to_str().unwrap();
    let commands: &[&[&str]] = &[
        &["explain", "p3", "-n", "NS"],
        &["explain", "p3", "-n", "NS", "--node", "n2"],
        &["explain", "p3", "-n", "NS", "--commands"],
        &["explain", "p2", "-n", "NS"],
        &["pending"],
        &["simulate", "--pending", "--diff"],
        &["simulate", "--drain", "n2"],
        &["simulate", "-f", manifest],
        &["capacity", "p3", "-n", "NS", "--want", "3"],
        &["resilience"],
        &["resilience", "--drain-plan", "n2"],
        &["nodegroups"],
        &["devices"],
        &["check", "-f", manifest],
        &["diff", other.to_str().unwrap(), path],
    ];
    let forms = ["table", "wide", "name", "json", "yaml", "html", "markdown", "github", "junit", "openmetrics"];
    let namespace = namespace();
    let mut shown = 0;
    for command in commands {
        for form in forms {
            let words = command.iter().map(|word| if *word == "NS" { namespace.as_str() } else { word });
            let state = if command[0] == "diff" { vec![] } else { vec!["--snapshot", path] };
            let words: Vec<&str> = words.chain(["-o", form]).chain(state).collect();
            let output = run_words(words.iter().copied());
            let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
            let what = format!("{command:?} -o {form}: {out}{err}");
            assert!(matches!(output.status.code(), Some(0..=2)), "{what:?}");
            assert!(!err.contains(is_hidden), "{what:?}");
            if output.status.code() == Some(2) {
                continue;
            }
            shown += 1;
            match form {
                "json" => drop(serde_json::from_str::<Value>(&out).unwrap()),
                "yaml" => assert!(!out.chars().any(|letter| letter.is_control() && letter != '\n'), "{what:?}"),
                // What stands between fences is text.
                "markdown" => {
                    let outside = out.split("```").step_by(2).collect::<String>();
                    assert!(!outside.contains("<img") && !out.contains(is_hidden), "{what:?}");
                }
                "html" => assert!(!out.contains("<img") && !out.contains(is_hidden), "{what:?}"),
                "github" => {
                    let other = out.lines().find(|line| line.starts_with("::error::pwned"));
                    assert!(other.is_none() && !out.contains(is_hidden), "{what:?}");
                }
                _ => assert!(!out.contains(is_hidden), "{what:?}"),
            }
        }
    }
    assert!(shown > 60, "{shown}");
}

/// What a suggestion offers to paste does what it says and nothing else, whatever the names.
#[test]
fn pasted_commands_run_nothing_of_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    // Without what no command is offered for.
    let hostile: String = HOSTILE.chars().filter(|letter| !is_hidden(*letter) && *letter != '\n').collect();
    let text = state().to_string();
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let text = text.replace(&quoted(HOSTILE), &quoted(&hostile)).replace(&quoted(&namespace()), &quoted(&hostile));
    fs::write(&path, text).unwrap();
    let output = run_words(["explain", "p3", "-n", &hostile, "-o", "json", "--snapshot", path.to_str().unwrap()]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut commands = Vec::new();
    collect(&answer, &mut commands);
    assert!(!commands.is_empty(), "{answer}");
    for command in commands {
        // kubectl is a function that prints its arguments.
        let script = format!("kubectl() {{ printf '%s\\n' \"$@\"; }}\n{command}\n");
        let ran = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{command}: {ran:?}");
    }
    assert!(!folder.path().join("pwned").exists());
}

/// The commands of all suggestions.
fn collect(value: &Value, commands: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == "commands" {
                    commands
                        .extend(value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
                }
                collect(value, commands);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, commands)),
        _ => {}
    }
}
