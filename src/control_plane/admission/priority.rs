//! PriorityClass: from a name to a number.
//!
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/>; upstream
//! plugin/pkg/admission/priority/admission.go, admitPod. A priority that stands in a manifest
//! without a class is taken as it is, so that one can be tried out: the API server takes only the
//! default.

use crate::api::name::Name;
use crate::api::pod_spec::PodSpec;
use crate::decode::workload::PriorityClass;

/// Why a class did not give the pod its priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// It did.
    Set,
    /// There is no class of this name: the priority counts as 0.
    UnknownClass(Name),
    /// The pod says something else than its class: the class counts.
    Contradicted(String),
}

/// Sets priority and preemption policy from the class, or from the default class.
pub(super) fn set(spec: &mut PodSpec, classes: &[PriorityClass]) -> Priority {
    let named = spec.priority_class_name.filter(|class| !class.is_empty());
    if named.is_none() && spec.priority.is_some() {
        return Priority::Set;
    }
    let class = match named {
        Some(named) => classes.iter().find(|class| class.name == named),
        // Of several default classes the lowest counts.
        None => classes.iter().filter(|class| class.global_default).min_by_key(|class| class.value),
    };
    let system = named.and_then(|named| system_priority(&named));
    let Some(value) = class.map(|class| class.value).or(system) else {
        spec.priority = spec.priority.or(Some(0));
        return named.map_or(Priority::Set, Priority::UnknownClass);
    };
    let mut priority = Priority::Set;
    if let Some(own) = spec.priority.filter(|own| *own != value) {
        priority = Priority::Contradicted(format!(
            "the integer value of priority ({own}) must not be provided in pod spec; priority admission controller \
             computed {value} from the given PriorityClass name"
        ));
    }
    spec.priority = Some(value);
    if let Some(class) = class {
        spec.priority_class_name = Some(class.name);
        spec.preemption_policy = spec.preemption_policy.or(class.preemption_policy);
    }
    priority
}

/// The classes that every cluster has (upstream pkg/apis/scheduling/v1/helpers.go).
fn system_priority(class: &str) -> Option<i32> {
    match class {
        "system-cluster-critical" => Some(2_000_000_000),
        "system-node-critical" => Some(2_000_001_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;
    use crate::api::pod_spec::PreemptionPolicy;

    fn class(class: &str, value: i32, global_default: bool) -> PriorityClass {
        PriorityClass { name: name(class), value, global_default, preemption_policy: None }
    }

    #[track_caller]
    fn priority(spec: &str, classes: &[PriorityClass], expected: i32, outcome: &Priority) {
        let mut spec: PodSpec = serde_json::from_str(spec).unwrap();
        assert_eq!((&set(&mut spec, classes), spec.priority()), (outcome, expected));
    }

    #[test]
    fn priority_comes_from_the_class() {
        let classes = [class("high", 100, false), class("base", 5, true), class("low", 3, true)];
        priority("{}", &[], 0, &Priority::Set);
        priority("{}", &classes, 3, &Priority::Set);
        priority(r#"{"priority":7}"#, &classes, 7, &Priority::Set);
        priority(r#"{"priorityClassName":"high"}"#, &classes, 100, &Priority::Set);
        priority(r#"{"priorityClassName":"high","priority":100}"#, &classes, 100, &Priority::Set);
        priority(r#"{"priorityClassName":"system-node-critical"}"#, &classes, 2_000_001_000, &Priority::Set);
        priority(r#"{"priorityClassName":"gone"}"#, &classes, 0, &Priority::UnknownClass(name("gone")));
        let words = "the integer value of priority (9) must not be provided in pod spec; priority admission controller \
             computed 100 from the given PriorityClass name";
        let contradicted = Priority::Contradicted(words.to_owned());
        priority(r#"{"priorityClassName":"high","priority":9}"#, &classes, 100, &contradicted);
    }

    #[test]
    fn so_does_the_preemption_policy() {
        let never = PriorityClass { preemption_policy: Some(PreemptionPolicy::Never), ..class("shy", 1, true) };
        let mut spec = PodSpec::default();
        set(&mut spec, &[never]);
        assert_eq!(spec.preemption_policy, Some(PreemptionPolicy::Never));
    }
}
