//! What the node affinity added to every pod must be: it is refused where the plugin could not compile it
//! (`component-helpers/scheduling/corev1/nodeaffinity`: `NewNodeSelector`, `NewPreferredSchedulingTerms`).

use serde_json::json;

use super::error::FieldError;
use super::field_path::FieldPath;
use super::qualified_name::{label_value_problems, qualified_name_problems};
use super::types::{NodeAffinityArgs, NodeSelectorRequirement, NodeSelectorTerm};

/// The arguments of `NodeAffinity`, which stand at `path`.
/// `label_key_texts` as in [`qualified_name_problems`].
pub(super) fn node_affinity(path: &FieldPath, args: &NodeAffinityArgs, label_key_texts: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let Some(affinity) = &args.added_affinity else {
        return errors;
    };
    let path = path.child("addedAffinity");
    if let Some(selector) = &affinity.required {
        let path = path.child("requiredDuringSchedulingIgnoredDuringExecution").child("nodeSelectorTerms");
        for (index, term) in selector.terms.iter().enumerate() {
            errors.extend(selector_term(&path.index(index), term, label_key_texts));
        }
    }
    let path = path.child("preferredDuringSchedulingIgnoredDuringExecution");
    for (index, preferred) in affinity.preferred.iter().enumerate() {
        // A weight of 0 takes the term out before it is read.
        if preferred.weight != 0 {
            errors.extend(selector_term(&path.index(index), &preferred.preference, label_key_texts));
        }
    }
    errors
}

fn selector_term(path: &FieldPath, term: &NodeSelectorTerm, label_key_texts: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, requirement) in term.match_expressions.iter().enumerate() {
        errors.extend(label_requirement(&path.child("matchExpressions").index(index), requirement, label_key_texts));
    }
    for (index, requirement) in term.match_fields.iter().enumerate() {
        let path = path.child("matchFields").index(index);
        match requirement.operator.as_str() {
            "In" | "NotIn" if requirement.values.len() == 1 => {}
            "In" | "NotIn" => errors.push(FieldError::invalid(
                path.child("values"),
                json!(requirement.values),
                "must have one element",
            )),
            operator => errors.push(FieldError::not_supported(path.child("operator"), operator, &["In", "NotIn"])),
        }
    }
    errors
}

/// `nodeSelectorRequirementsAsSelector` and apimachinery `labels.NewRequirement`.
fn label_requirement(
    path: &FieldPath,
    requirement: &NodeSelectorRequirement,
    label_key_texts: bool,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let operator = requirement.operator.as_str();
    let values = &requirement.values;
    let operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    if !operators.contains(&operator) {
        return vec![FieldError::not_supported(path.child("operator"), operator, &operators)];
    }
    let problems = qualified_name_problems(&requirement.key, label_key_texts);
    if !problems.is_empty() {
        errors.push(FieldError::invalid(path.child("key"), requirement.key.as_str(), problems.join("; ")));
    }
    let path = path.child("values");
    let wrong_count = match operator {
        "In" | "NotIn" if values.is_empty() => Some("for 'in', 'notin' operators, values set can't be empty"),
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            Some("values set must be empty for exists and does not exist")
        }
        "Gt" | "Lt" if values.len() != 1 => Some("for 'Gt', 'Lt' operators, exactly one value is required"),
        _ => None,
    };
    if let Some(detail) = wrong_count {
        errors.push(FieldError::invalid(path.clone(), json!(values), detail));
    }
    for (index, value) in values.iter().enumerate() {
        if matches!(operator, "Gt" | "Lt") && value.parse::<i64>().is_err() {
            errors.push(FieldError::invalid(
                path.index(index),
                value.as_str(),
                "for 'Gt', 'Lt' operators, the value must be an integer",
            ));
        }
    }
    for (index, value) in values.iter().enumerate() {
        let problems = label_value_problems(value, label_key_texts);
        if !problems.is_empty() {
            errors.push(FieldError::invalid(
                path.index(index).key(&requirement.key),
                value.as_str(),
                problems.join("; "),
            ));
        }
    }
    errors
}
