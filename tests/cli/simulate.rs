//! What `simulate` shows.

use insta::assert_snapshot;

use super::harness::{run, screen};

#[test]
fn pending_pods() {
    assert_snapshot!(screen("simulate --pending --snapshot examples/clusters/mixed.yaml"), @"");
}

#[test]
fn replicas_of_a_manifest() {
    assert_snapshot!(screen(
        "simulate -f examples/pods/batch.yaml --replicas 3 --exit-code --snapshot examples/clusters/mixed.yaml"
    ), @"");
}

#[test]
fn json() {
    assert_snapshot!(screen("simulate --pending -o json --snapshot examples/clusters/mixed.yaml"), @"");
}

#[test]
fn a_seed_draws_the_same_again() {
    let draw = |seed: &str| {
        run(&format!("simulate -f examples/pods/batch.yaml --seed {seed} -o json --snapshot examples/clusters/gpu.yaml"))
            .stdout
    };
    assert!(!draw("1").is_empty());
    assert_eq!(draw("1"), draw("1"));
}

#[test]
fn what_cannot_be_simulated() {
    let of = |arguments: &str| screen(&format!("simulate {arguments} --snapshot examples/clusters/mixed.yaml"));
    assert_snapshot!(of(""), @"");
    assert_snapshot!(of("--pending --replicas 2"), @"");
}
