//! What `diff` shows.

use insta::assert_snapshot;

use super::harness::screen;

#[test]
fn two_states() {
    assert_snapshot!(screen("diff examples/diff/monday.yaml examples/diff/tuesday.yaml --exit-code"), @"");
    assert_snapshot!(screen("diff examples/diff/tuesday.yaml examples/diff/monday.yaml --exit-code"), @"");
    assert_snapshot!(screen("diff examples/diff/monday.yaml examples/diff/monday.yaml"), @"");
}

#[test]
fn two_versions() {
    assert_snapshot!(screen("diff --kube-version v1.34,v1.35 examples/clusters/mixed.yaml"), @"");
}

#[test]
fn two_configurations() {
    assert_snapshot!(screen("diff --to-scheduler-config examples/config/binpack.yaml examples/clusters/mixed.yaml"), @"");
}

#[test]
fn bad_input() {
    assert_snapshot!(screen("diff"), @"");
    assert_snapshot!(screen("diff examples/diff/none.yaml examples/diff/monday.yaml"), @"");
    assert_snapshot!(screen("diff --kube-version v1.34,1.x examples/diff/monday.yaml"), @"");
    assert_snapshot!(screen("diff a b --kube-version v1.34,v1.37"), @"");
}
