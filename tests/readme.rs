//! The README's examples are true: every command in it is run, and the screen it shows is the
//! screen one gets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may fail loudly

use std::process::Command;

const README: &str = include_str!("../README.md");

/// The fenced blocks of a language, without the fences.
fn blocks(language: &str) -> Vec<&'static str> {
    README.split("\n```").filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
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

#[test]
fn every_command_runs() {
    let mut ran = 0;
    for command in blocks("sh").iter().flat_map(|block| block.lines()).filter(|line| *line != "cargo test") {
        let (stdout, stderr, success) = run(command).unwrap_or_else(|| panic!("not a command of ours: {command}"));
        assert!(success && !stdout.is_empty() && stderr.is_empty(), "{command}\n{stdout}\n{stderr}");
        ran += 1;
    }
    assert!(ran > 5, "the README has lost its examples");
}

#[test]
fn the_screen_is_the_screen() {
    let screens = blocks("console");
    assert!(!screens.is_empty(), "the README has lost its screen");
    for screen in screens {
        let (command, shown) = screen.split_once('\n').unwrap();
        let (stdout, _, _) = run(command.strip_prefix("$ ").unwrap()).unwrap();
        assert_eq!(stdout.trim_end(), shown.trim_end(), "{command}");
    }
}
