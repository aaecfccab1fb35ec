//! Manifests that are wrong: one clear line, or the cycle's own words where the API server would let them through.

use insta::assert_snapshot;

use super::harness::screen;

fn explain(manifest: &str) -> String {
    screen(&format!(
        "explain -f tests/cli/bad/{manifest}.yaml --no-suggestions --snapshot examples/clusters/mixed.yaml"
    ))
}

#[test]
fn an_absurd_quantity() {
    assert_snapshot!(explain("absurd-quantity"), @r#"
    --- stderr
    error: tests/cli/bad/absurd-quantity.yaml: Pod: spec.containers[0].resources.requests.cpu: "2 cores" is not a quantity: expected a number with an optional suffix, such as 500m, 1.5 or 2Gi
    --- status 2
    "#);
}

#[test]
fn a_negative_quantity() {
    let screen = explain("negative-quantity");
    let first = screen.lines().take(6).collect::<Vec<_>>().join("\n");
    assert_snapshot!(first, @r#"
    Pod shop/negative is not scheduled: the scheduling cycle failed with an error
    default-scheduler · v1.34.1

    applying score defaultWeights on Score plugins: plugin "NodeResourcesFit"
    returns an invalid score 111, it should in the range of [0, 100] after
    normalizing
    "#);
}

#[test]
fn a_selector_with_an_unknown_operator() {
    assert_snapshot!(explain("unknown-operator"), @r#"
    Pod shop/near does not fit: 0 of 12 nodes            default-scheduler · v1.34.1

    0/12 nodes are available: parsing pod: requiredAffinityTerms: "Near" is not a
    valid label selector operator. not found

    REASON                                       NODES   WHERE
    InterPodAffinity   parsing pod:                 12   every node: rejected before
                       requiredAffinityTerms:            any node was checked
                       "Near" is not a valid
                       label selector operator
    --- stderr
    --- status 0
    "#);
}
