//! Situations from public threads in which no node came: what the section `NEW NODES` says of them.

use super::harness::screen;

/// The section, in one line.
fn section(state: &str, pod: &str) -> String {
    let shown = screen(&format!(
        "explain {pod} -n shop --no-suggestions --at 2026-08-20T10:00:24Z --kube-version v1.37 \
         --snapshot tests/cli/new-nodes/{state}.yaml"
    ));
    let from = shown.find("NEW NODES").unwrap_or_else(|| panic!("{shown}"));
    let section = shown[from..].split("NOT CONSIDERED").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(state: &str, pod: &str, texts: &[&str]) {
    let section = section(state, pod);
    for text in texts {
        assert!(section.contains(text), "{text}: {section}");
    }
}

#[test]
fn the_group_is_at_its_maximum() {
    says(
        "max-size",
        "web",
        &["status 24 seconds old", "would take it, like n1; at its maximum: 2 of 2", "No group grows"],
    );
}

#[test]
fn the_group_is_in_backoff() {
    says(
        "backoff",
        "web",
        &["in backoff since 2026-08-20T10:00:00Z: InsufficientInstanceCapacity: no capacity in zone a"],
    );
}

#[test]
fn the_volume_is_in_a_zone_without_a_group() {
    says("zone-of-a-volume", "db", &["would not: node(s) didn't match PersistentVolume's node affinity"]);
}

#[test]
fn an_empty_group_whose_labels_nobody_knows() {
    says(
        "from-zero",
        "job",
        &[
            "no node of it in the state, and no template: not evaluated",
            "at its maximum: 1 of 1",
            "the others are not known",
        ],
    );
}

#[test]
fn daemon_sets_leave_too_little_of_a_new_node() {
    says("daemonset-overhead", "web", &["would not: Insufficient cpu", "No group grows for it."]);
}

#[test]
fn the_pool_is_bound_to_another_zone() {
    says("karpenter-zone", "web", &["topology.kubernetes.io/zone In [b] not in topology.kubernetes.io/zone In [a]"]);
}

#[test]
fn spread_rests_on_zones_that_nobody_knows() {
    says("karpenter-spread", "web", &["not known: it rests on the provider's catalogue of instance types"]);
}

#[test]
fn an_instance_type_that_is_there() {
    says("karpenter-seen", "web", &["could, with m5.xlarge", "Karpenter makes a node of pool default for it."]);
}
