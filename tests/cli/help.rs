//! Every example that a help text shows works as it stands.

use super::harness::run;

#[track_caller]
fn examples_of(command: &str, at_least: usize) {
    let help = String::from_utf8(run(&format!("{command} --help")).stdout).unwrap();
    let help = help.replace("\\\n", " ");
    let examples: Vec<&str> = help.lines().filter_map(|line| line.trim().strip_prefix("kubectl sched ")).collect();
    let complete = examples.iter().filter(|example| !example.starts_with(command) || !example.contains('['));
    let complete: Vec<_> = complete.filter(|example| !example.contains(['<', '>', '('])).collect();
    assert!(complete.len() >= at_least, "{help}");
    for example in complete {
        let output = run(example);
        let status = output.status.code();
        let expected = if example.contains("--exit-code") { [Some(0), Some(1)] } else { [Some(0), Some(0)] };
        assert!(expected.contains(&status), "{example}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{example}");
    }
}

#[test]
fn examples_run() {
    examples_of("explain", 5);
    examples_of("simulate", 5);
    examples_of("resilience", 3);
    examples_of("devices", 2);
    examples_of("nodegroups", 3);
    examples_of("config", 3);
    examples_of("version", 3);
}
