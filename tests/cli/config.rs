//! What `config` and `version` show.

use insta::assert_snapshot;

use super::harness::screen;

/// A screen as one line, wherever its lines break.
fn flowing(arguments: &str) -> String {
    screen(arguments).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(arguments: &str, sentences: &[&str]) {
    let screen = flowing(arguments);
    for sentence in sentences {
        assert!(screen.contains(sentence), "{sentence}\n{screen}");
    }
}

#[test]
fn a_configuration() {
    says(
        "config --scheduler-config examples/config/binpack.yaml --kube-version v1.34",
        &[
            "version: v1.34 is assumed, as --kube-version says",
            "configuration: examples/config/binpack.yaml",
            "percentageOfNodesToScore: 0 (default of v1.34, adapts to the number of nodes)",
            "PLUGIN ARGUMENT VALUE FROM",
        ],
    );
}

#[test]
fn where_a_configuration_comes_from() {
    says("config", &["defaults of v1.37, no cluster asked"]);
    says(
        "config --snapshot examples/clusters/mixed.yaml",
        &["version: v1.34.1, as examples/clusters/mixed.yaml has it", "defaults are assumed"],
    );
    says(
        "config --kube-version v1.34 --feature-gates NodeSwap=true,PodLevelResources=true",
        &[
            "caution: feature gate NodeSwap has no effect: nothing in kube-scheduler reads it",
            "caution: feature gate PodLevelResources changes nothing: this is the default of v1.34",
        ],
    );
}

#[test]
fn the_version() {
    assert_snapshot!(screen("version"), @r"
    Client Version: v0.1.0
    Reproduces kube-scheduler: v1.33 to v1.37
    --- stderr
    --- status 0
    ");
}
