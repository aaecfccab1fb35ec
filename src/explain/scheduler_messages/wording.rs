//! Reasons as other releases worded them: an older wording of the same reason is no difference.

/// What stands before a reason that ended the cycle before any node was checked (upstream
/// framework/runtime/framework.go, RunPreFilterPlugins and RunFilterPlugins of v1.18 to v1.25).
const LEADS: [&str; 3] = ["running PreFilter plugin ", "error while running ", "running "];

/// The phrase in present words; none for one that only introduced another: up to v1.20 a node rejected for
/// pod affinity had two (upstream interpodaffinity/filtering.go, Filter).
pub(super) fn present(phrase: &str) -> Option<String> {
    let phrase = phrase.trim();
    if let Some(taint) = phrase.strip_prefix("node(s) had taint ") {
        let taint = taint.strip_suffix(", that the pod didn't tolerate").unwrap_or(taint);
        return Some(format!("node(s) had untolerated taint {taint}"));
    }
    Some(
        match phrase {
            "node(s) didn't match pod affinity/anti-affinity"
            | "node(s) didn't match pod affinity/anti-affinity rules" => {
                return None;
            }
            "node(s) had taints that the pod didn't tolerate" => "node(s) had untolerated taint(s)",
            "node(s) didn't match node selector"
            | "node(s) didn't match Pod's node affinity"
            | "node(s) didn't match Pod's node affinity selector" => {
                "node(s) didn't match Pod's node affinity/selector"
            }
            "node(s) had volume node affinity conflict" => "node(s) didn't match PersistentVolume's node affinity",
            "Insufficient pods" => "Too many pods",
            "pod has unbound PersistentVolumeClaims" => "pod has unbound immediate PersistentVolumeClaims",
            other => other,
        }
        .to_owned(),
    )
}

/// A message that is one reason without a number of nodes, as a rejection before any node was checked once was.
pub(super) fn bare(message: &str) -> Option<String> {
    let message = message.split_once(" (repeated ").map_or(message, |(message, _)| message);
    let led = LEADS.iter().any(|lead| message.starts_with(lead));
    let reason = if led { message.split_once(": ").map_or(message, |(_, reason)| reason) } else { message };
    present(reason.trim_end_matches('.'))
}

/// What PostFilter added, without what releases disagree on: what DynamicResources says before the preemption
/// plugin, and the number of full stops.
pub(super) fn post_filter(text: &str) -> String {
    let own = text.split_once("preemption: ").map_or("", |(_, preemption)| preemption);
    own.trim_end_matches('.').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(phrase: &str, expected: Option<&str>) {
        assert_eq!(present(phrase).as_deref(), expected, "{phrase}");
    }

    #[test]
    fn older_words_are_the_present_ones() {
        case(
            "node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate",
            Some("node(s) had untolerated taint {node-role.kubernetes.io/master: }"),
        );
        case("node(s) didn't match node selector", Some("node(s) didn't match Pod's node affinity/selector"));
        case("node(s) didn't match pod affinity/anti-affinity", None);
        case("Insufficient cpu", Some("Insufficient cpu"));
    }

    #[test]
    fn a_rejection_of_the_pod_as_a_whole() {
        let claim = r#"persistentvolumeclaim "data" not found"#;
        for lead in [
            "",
            r#"running PreFilter plugin "VolumeBinding": "#,
            r#"error while running "VolumeBinding" prefilter plugin for pod "a": "#,
        ] {
            assert_eq!(bare(&format!("{lead}{claim}")).as_deref(), Some(claim));
        }
        let repeated = "pod has unbound PersistentVolumeClaims (repeated 3 times)";
        assert_eq!(bare(repeated).as_deref(), Some("pod has unbound immediate PersistentVolumeClaims"));
    }

    #[test]
    fn preemption_parts_of_two_releases() {
        let now = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found.";
        let then = " preemption: 0/1 nodes are available: 1 No preemption victims found..";
        assert_eq!(post_filter(now), post_filter(then));
        assert_eq!(post_filter("not found"), "");
    }
}
