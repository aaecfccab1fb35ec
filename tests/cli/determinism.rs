//! The same question gets the same bytes, whatever the number of threads, the locale, the time zone and the terminal.

use std::process::Command;

/// Nothing of the environment is in an answer.
#[test]
fn the_environment_changes_nothing() {
    let commands: &[&str] = &[
        "explain web-7 -n shop --snapshot examples/clusters/mixed.yaml",
        "explain web-7 -n shop -o json --snapshot examples/clusters/mixed.yaml",
        "pending -o json --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
        "nodegroups --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
        "simulate --pending --autoscale -o json --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
        "simulate -f examples/pods/app.yaml --replicas 9 --runs 7 --seed 3 -o json --snapshot examples/clusters/zones.yaml",
        "resilience --by zone -o json --snapshot examples/clusters/zones.yaml",
        "resilience --consolidate --snapshot examples/clusters/mixed.yaml",
        "check -f examples/pull-requests/too-big -o markdown --snapshot examples/pull-requests/cluster.yaml",
        "snapshot --redact --snapshot examples/clusters/mixed.yaml",
    ];
    let environments: &[&[(&str, &str)]] = &[
        &[("RAYON_NUM_THREADS", "1")],
        &[("RAYON_NUM_THREADS", "5")],
        &[("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8"), ("LANGUAGE", "tr")],
        &[("LC_ALL", "C"), ("TZ", "Pacific/Kiritimati")],
        &[("TZ", "America/St_Johns"), ("TERM", "dumb")],
        &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LINES", "3")],
    ];
    for command in commands {
        let ask = |environment: &[(&str, &str)]| {
            let output = Command::new(env!("CARGO_BIN_EXE_kubectl-sched"))
                .args(command.split_whitespace())
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .env_remove("KUBECONFIG")
                .env("HOME", "/nonexistent")
                .envs(environment.iter().copied())
                .output()
                .unwrap();
            (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
        };
        let expected = ask(&[]);
        assert!(matches!(expected.0, Some(0 | 1)), "{command}: {}", expected.2);
        for environment in environments {
            assert!(ask(environment) == expected, "{command}: {environment:?}");
        }
    }
}
