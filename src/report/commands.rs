//! Suggestions as commands, ready to be pasted into a shell.
//!
//! A word that a shell would read differently is quoted, and one with control characters makes no command.

use serde_json::{Value, json};

use crate::api::{Name, ObjectKey};
use crate::edit::Edit;
use crate::explain::Suggestion;
use crate::explain::suggest::tells_of_condition;
use crate::report::text::is_hidden;

/// Kinds whose template can be patched; that of a Job cannot be changed.
const PATCHED: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

/// The commands that make the change; none where no command does, as for a machine that has to be added.
pub(super) fn of(suggestion: &Suggestion) -> Vec<String> {
    let commands: Option<Vec<Vec<String>>> = suggestion.edits.iter().map(|edit| of_edit(edit, suggestion)).collect();
    commands.unwrap_or_default().into_iter().flatten().collect()
}

/// None where the edit has no command; empty where it follows from another.
fn of_edit(edit: &Edit, suggestion: &Suggestion) -> Option<Vec<String>> {
    let command = match edit {
        Edit::Cordon { node } => format!("kubectl cordon {}", word(*node)?),
        Edit::Uncordon { node } => format!("kubectl uncordon {}", word(*node)?),
        // It goes away when the node is repaired.
        Edit::RemoveTaint { taint, .. } if tells_of_condition(taint) => return None,
        Edit::RemoveTaint { node, taint } => {
            let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
            let taint = quoted(&format!("{}{value}:{}-", taint.key, taint.effect.as_str()))?;
            format!("kubectl taint nodes {} {taint}", word(*node)?)
        }
        Edit::LabelNode { node, key, value } => {
            format!("kubectl label nodes {} {} --overwrite", word(*node)?, quoted(&format!("{key}={value}"))?)
        }
        Edit::PatchPod { pod, changes } if *pod != suggestion.pod => resize(*pod, changes)?,
        Edit::PatchPod { .. } => patch(suggestion)?,
        Edit::SetMaxUnavailable { workload, max_unavailable } => {
            let strategy = if workload.kind.as_str() == "Deployment" { "strategy" } else { "updateStrategy" };
            let patch = json!({"spec": {strategy: {"rollingUpdate": {"maxUnavailable": max_unavailable}}}});
            patched(&workload.kind.as_str().to_ascii_lowercase(), workload.key, &patch, "")?
        }
        Edit::SetStrategy { workload, strategy } => {
            let field = if workload.kind.as_str() == "Deployment" { "strategy" } else { "updateStrategy" };
            // Bounds of a rolling update would be refused.
            let patch = json!({"spec": {field: {"type": strategy.as_str(), "rollingUpdate": null}}});
            patched(&workload.kind.as_str().to_ascii_lowercase(), workload.key, &patch, "")?
        }
        // The controller does it.
        Edit::CreatePod { .. } if suggestion.edits.iter().any(|edit| edit.deleted_pod() == Some(suggestion.pod)) => {
            return Some(Vec::new());
        }
        // So it does here.
        Edit::DeletePod { .. } if suggestion.is_of_own_cause() => return Some(Vec::new()),
        Edit::Evict { pod } | Edit::DeletePod { pod } => {
            format!("kubectl delete pod {} -n {}", word(pod.name)?, word(pod.namespace)?)
        }
        _ => return None,
    };
    Some(vec![command])
}

/// The change of the pod, made to the template of its controller; a pod without one is recreated, as most of its
/// specification cannot be changed.
fn patch(suggestion: &Suggestion) -> Option<String> {
    let patch = suggestion.patch.as_ref()?;
    let namespace = suggestion.pod.namespace;
    match &suggestion.owner {
        Some(owner) if PATCHED.contains(&owner.kind.as_str()) => {
            let template = json!({"spec": {"template": patch}});
            let key = ObjectKey::new(namespace, owner.name);
            patched(&owner.kind.to_ascii_lowercase(), key, &template, "")
        }
        // Nothing that can be typed changes the template of a Job or of somebody's own kind.
        Some(_) => None,
        None => {
            let (pod, namespace) = (word(suggestion.pod.name)?, word(namespace)?);
            let patch = quoted(&patch.to_string())?;
            Some(format!(
                "kubectl get pod {pod} -n {namespace} -o yaml | kubectl patch --local -f - -p {patch} -o yaml | kubectl \
                 replace --force -f -"
            ))
        }
    }
}

fn patched(kind: &str, key: ObjectKey, patch: &Value, flags: &str) -> Option<String> {
    let (object, namespace) = (word(key.name)?, word(key.namespace)?);
    Some(format!("kubectl patch {kind} {object} -n {namespace}{flags} -p {}", quoted(&patch.to_string())?))
}

/// Requests of containers, by the subresource that resizes a running pod.
fn resize(pod: ObjectKey, changes: &[crate::edit::PodChange]) -> Option<String> {
    let containers = changes.iter().map(|change| match change {
        crate::edit::PodChange::Request { container: Some(container), resource, to, .. } => {
            let requests = json!({resource.as_str(): to.to_string()});
            Some(json!({"name": container, "resources": {"requests": requests}}))
        }
        _ => None,
    });
    let containers = containers.collect::<Option<Vec<Value>>>()?;
    patched("pod", pod, &json!({"spec": {"containers": containers}}), " --subresource resize")
}

fn word(text: Name) -> Option<String> {
    quoted(&text)
}

/// A word for a POSIX shell; none for one that must not reach a terminal.
fn quoted(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().any(is_hidden) {
        return None;
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/:=@+".contains(letter);
    // What begins with a dash would be a flag.
    if text.starts_with('-') {
        return None;
    }
    if text.chars().all(is_plain) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        let case = |text: &str, expected: Option<&str>| assert_eq!(quoted(text).as_deref(), expected, "{text}");
        case("node-4", Some("node-4"));
        case("dedicated=gpu:NoSchedule-", Some("dedicated=gpu:NoSchedule-"));
        case("a b", Some("'a b'"));
        case("it's", Some(r"'it'\''s'"));
        case("$(reboot)", Some("'$(reboot)'"));
        case("--all", None);
        case("a\u{1b}[2J", None);
        case("", None);
    }
}
