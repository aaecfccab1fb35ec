//! Work that ends in the middle: a full disk, a reader that has gone, a signal. Nothing is left half-written.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"));
    command.args(arguments.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("KUBECONFIG").env("HOME", "/nonexistent");
    command
}

/// A disk that is full is reported, in one line.
#[test]
fn a_full_disk() {
    for arguments in [
        "explain web-7 -n shop --snapshot examples/clusters/mixed.yaml",
        "explain web-7 -n shop -o json --snapshot examples/clusters/mixed.yaml",
        "pending -o html --snapshot examples/clusters/mixed.yaml",
        "snapshot --snapshot examples/clusters/mixed.yaml",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{arguments}: {error}");
        assert!(error.contains("No space left on device"), "{arguments}: {error}");
    }
}

/// A reader that has seen enough is no error.
#[test]
fn a_reader_that_has_gone() {
    let state = many_pods();
    for form in ["json", "table", "wide", "html"] {
        let arguments =
            format!("simulate --pending -o {form} --snapshot {}", state.path().join("state.json").display());
        let mut child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{form}");
    }
}

/// What was there before stays until the new file is whole; a signal leaves it, and no other file.
#[test]
fn a_signal_while_a_snapshot_is_written() {
    let state = many_pods();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("state.json.gz");
    for (signal, delay) in [("INT", 0), ("TERM", 5), ("TERM", 20), ("INT", 60), ("KILL", 30)] {
        fs::write(&target, "before").unwrap();
        let arguments =
            format!("snapshot -f {} --snapshot {}", target.display(), state.path().join("state.json").display());
        let mut child = command(&arguments).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let killed = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        let done = child.wait().unwrap();
        let content = fs::read(&target).unwrap();
        if content == b"before" {
            assert!(!done.success(), "{signal} after {delay} ms, {killed}");
        } else {
            // It was faster: the file is whole.
            let read = command(&format!("pending -o name --snapshot {}", target.display())).output().unwrap();
            assert!(read.status.success(), "{signal} after {delay} ms: {}", String::from_utf8_lossy(&read.stderr));
        }
        // Nobody can tidy up after a KILL.
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert!(left == 1 || signal == "KILL", "{signal} after {delay} ms: {left} files");
        for other in
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| *path != target)
        {
            fs::remove_file(other).unwrap();
        }
    }
}

/// A state whose answers are larger than a pipe holds.
fn many_pods() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let node =
        r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n"},"status":{"allocatable":{"cpu":"9","pods":"9"}}}"#;
    let pods = (0..6000).map(|number| {
        format!(r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"pod-of-a-long-name-{number}","namespace":"a"}},"spec":{{"containers":[{{"name":"a"}}]}}}}"#)
    });
    let items: Vec<String> = std::iter::once(node.to_owned()).chain(pods).collect();
    fs::write(
        folder.path().join("state.json"),
        format!(r#"{{"kind":"List","apiVersion":"v1","items":[{}]}}"#, items.join(",")),
    )
    .unwrap();
    folder
}
