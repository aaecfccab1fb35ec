//! Runs the binary as a script would: piped, without colour, without a kubeconfig.

use std::process::{Command, Output};

/// Runs `kubectl sched ARGUMENTS` in the root of the repository; arguments are split at blanks.
pub(crate) fn run(arguments: &str) -> Output {
    run_words(arguments.split_whitespace())
}

/// The same with words that may be empty.
pub(crate) fn run_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("KUBECONFIG")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

/// Standard output, standard error and status as one text: what a test shows.
pub(crate) fn screen(arguments: &str) -> String {
    let output = run(arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let status = output.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string());
    format!("{}--- stderr\n{}--- status {status}", text(&output.stdout), text(&output.stderr))
}
