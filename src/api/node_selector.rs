//! Node selectors: the terms of node affinity, of `PersistentVolume`s, of allocated devices
//! (component-helpers `scheduling/corev1/nodeaffinity/nodeaffinity.go`).
//!
//! Terms are alternatives, a term's conditions must all hold, and an empty term matches nothing.
//! An invalid term is an error only when no other term matches.

use serde::{Deserialize, Serialize};

use super::labels::Labels;
use super::name::{Name, name};
use super::selector::{Operator, Selector, SelectorRequirement, null_as_default};
use super::upstream_error::UpstreamError;
use super::validation::{aggregate, invalid_list, not_supported};

/// The one field of a node that can be selected by.
pub const NODE_NAME_FIELD: &str = "metadata.name";

/// A `v1.NodeSelector` as it stands in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelector {
    /// The alternatives.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector_terms: Box<[NodeSelectorTerm]>,
}

/// One alternative of a node selector, as it stands in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSelectorTerm {
    /// Conditions on the node's labels.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "<[_]>::is_empty")]
    pub match_expressions: Box<[SelectorRequirement]>,
    /// Conditions on the node's fields.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "<[_]>::is_empty")]
    pub match_fields: Box<[SelectorRequirement]>,
}

impl NodeSelectorTerm {
    /// Whether it has no conditions, and so matches nothing.
    pub fn is_empty(&self) -> bool {
        self.match_expressions.is_empty() && self.match_fields.is_empty()
    }
}

/// A `v1.PreferredSchedulingTerm` as it stands in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PreferredSchedulingTerm {
    /// Points for a node that matches, 1 to 100.
    #[serde(deserialize_with = "null_as_default")]
    pub weight: i32,
    /// The conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub preference: NodeSelectorTerm,
}

/// A compiled condition on a node field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FieldRequirement {
    /// Whether it is the node's name; other fields read as empty (`fields.Set.Get`).
    is_name: bool,
    value: Name,
    equal: bool,
}

impl FieldRequirement {
    fn to_object(&self) -> SelectorRequirement {
        SelectorRequirement {
            key: name(if self.is_name { NODE_NAME_FIELD } else { "metadata.namespace" }),
            operator: name(if self.equal { "In" } else { "NotIn" }),
            values: Box::new([self.value]),
        }
    }

    fn matches(&self, node_name: Name) -> bool {
        let field = if self.is_name { node_name } else { Name::default() };
        (field == self.value) == self.equal
    }
}

/// A compiled term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Term {
    labels: Selector,
    fields: Vec<FieldRequirement>,
}

impl Term {
    /// Compiles a term that is not empty; the errors name fields under `path`.
    fn new(term: &NodeSelectorTerm, path: &str) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut labels = Selector::everything();
        for (index, expression) in term.match_expressions.iter().enumerate() {
            let path = format!("{path}.matchExpressions[{index}]");
            let operator = match expression.operator.as_str() {
                "Gt" => Some(Operator::GreaterThan),
                "Lt" => Some(Operator::LessThan),
                other => Operator::of_labels(other),
            };
            match operator {
                None => errors.push(not_supported(
                    &format!("{path}.operator"),
                    &expression.operator,
                    &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
                )),
                Some(operator) => {
                    if let Err(found) = labels.try_add(expression.key, operator, &expression.values, &path) {
                        errors.extend(found);
                    }
                }
            }
        }
        let mut fields = Vec::new();
        for (index, expression) in term.match_fields.iter().enumerate() {
            let path = format!("{path}.matchFields[{index}]");
            match (expression.operator.as_str(), &*expression.values) {
                (operator @ ("In" | "NotIn"), [value]) => fields.push(FieldRequirement {
                    is_name: expression.key == NODE_NAME_FIELD,
                    value: *value,
                    equal: operator == "In",
                }),
                ("In" | "NotIn", values) => errors.push(invalid_list(
                    &format!("{path}.values"),
                    values.iter().map(Name::as_str),
                    "must have one element",
                )),
                (other, _) => errors.push(not_supported(&format!("{path}.operator"), other, &["In", "NotIn"])),
            }
        }
        if errors.is_empty() { Ok(Self { labels, fields }) } else { Err(errors) }
    }

    fn matches(&self, node_name: Name, labels: &Labels) -> bool {
        self.labels.matches(labels)
            // A node without a name has no fields to test.
            && (node_name.is_empty() || self.fields.iter().all(|field| field.matches(node_name)))
    }
}

/// A compiled node selector that reports invalid terms only where no valid one matches
/// (upstream's type of the same name).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LazyErrorNodeSelector {
    terms: Vec<Term>,
    /// Upstream's text about the invalid terms, all together.
    error: Option<String>,
}

impl LazyErrorNodeSelector {
    /// Compiles a selector (`NewLazyErrorNodeSelector`).
    pub fn new(selector: &NodeSelector) -> Self {
        let mut terms = Vec::new();
        let mut errors = Vec::new();
        for (index, term) in selector.node_selector_terms.iter().enumerate() {
            if term.is_empty() {
                continue;
            }
            match Term::new(term, &format!("nodeSelectorTerms[{index}]")) {
                Ok(term) => terms.push(term),
                Err(found) => errors.extend(found),
            }
        }
        Self { terms, error: aggregate(&errors) }
    }

    /// Compiles a selector of which every term must be valid (`NewNodeSelector`).
    ///
    /// # Errors
    /// Upstream's text about the invalid terms.
    pub fn strict(selector: &NodeSelector) -> Result<Self, UpstreamError> {
        let mut compiled = Self::new(selector);
        match compiled.error.take() {
            None => Ok(compiled),
            Some(error) => Err(error.into()),
        }
    }

    /// As an object carries it; terms that are invalid are left out.
    pub fn to_selector(&self) -> NodeSelector {
        let term = |term: &Term| NodeSelectorTerm {
            match_expressions: term.labels.to_requirements().unwrap_or_default().into(),
            match_fields: term.fields.iter().map(FieldRequirement::to_object).collect(),
        };
        NodeSelector { node_selector_terms: self.terms.iter().map(term).collect() }
    }

    /// The node called `name` and no other.
    pub fn of_node(name: Name) -> Self {
        let field = FieldRequirement { is_name: true, value: name, equal: true };
        Self { terms: vec![Term { labels: Selector::everything(), fields: vec![field] }], error: None }
    }

    /// What matches where all of `selectors`, each of at most one term, match; none for all nodes.
    pub fn all_of(selectors: &[&Self]) -> Option<Self> {
        let mut all: Option<Term> = None;
        for term in selectors.iter().filter_map(|selector| selector.terms.first()) {
            match &mut all {
                None => all = Some(term.clone()),
                Some(all) => {
                    all.labels.require(&term.labels);
                    all.fields.extend(term.fields.iter().cloned());
                }
            }
        }
        all.map(|term| Self { terms: vec![term], error: None })
    }

    /// Whether any term matches a node with this name and these labels.
    ///
    /// # Errors
    /// Upstream's text about the invalid terms, when no valid one matches.
    pub fn matches(&self, node_name: Name, labels: &Labels) -> Result<bool, UpstreamError> {
        if self.terms.iter().any(|term| term.matches(node_name, labels)) {
            return Ok(true);
        }
        match &self.error {
            None => Ok(false),
            Some(error) => Err(error.clone().into()),
        }
    }
}

/// Compiled preferences, each with its weight (upstream's type of the same name).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PreferredSchedulingTerms {
    terms: Vec<(Term, i64)>,
}

impl PreferredSchedulingTerms {
    /// Compiles preferences, leaving out those that are empty or weigh nothing (`NewPreferredSchedulingTerms`).
    ///
    /// # Errors
    /// Upstream's text about the invalid ones.
    pub fn new(preferences: &[PreferredSchedulingTerm]) -> Result<Self, UpstreamError> {
        let mut terms = Vec::new();
        let mut errors = Vec::new();
        for (index, preference) in preferences.iter().enumerate() {
            if preference.weight == 0 || preference.preference.is_empty() {
                continue;
            }
            match Term::new(&preference.preference, &format!("[{index}]")) {
                Ok(term) => terms.push((term, i64::from(preference.weight))),
                Err(found) => errors.extend(found),
            }
        }
        match aggregate(&errors) {
            None => Ok(Self { terms }),
            Some(error) => Err(error.into()),
        }
    }

    /// The weights of the matching preferences, added up: points before normalization (`Score`).
    pub fn score(&self, node_name: Name, labels: &Labels) -> i64 {
        self.terms.iter().filter(|(term, _)| term.matches(node_name, labels)).map(|(_, weight)| weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::name::name;
    use super::*;

    #[track_caller]
    fn case(terms: &str, node: &str, labels: &str, expected: Result<bool, &str>) {
        let selector: NodeSelector = serde_json::from_str(&format!(r#"{{"nodeSelectorTerms":{terms}}}"#)).unwrap();
        let labels: Labels = serde_json::from_str(labels).unwrap();
        let compiled = LazyErrorNodeSelector::new(&selector);
        assert_eq!(compiled.matches(name(node), &labels), expected.map_err(Into::into), "{terms}");
    }

    #[test]
    fn terms() {
        let label = r#"{"n":"5"}"#;
        case("null", "a", label, Ok(false));
        case("[{}]", "a", label, Ok(false));
        case(r#"[{"matchExpressions":[{"key":"n","operator":"Gt","values":["4"]}]}]"#, "a", label, Ok(true));
        case(r#"[{"matchExpressions":[{"key":"n","operator":"Lt","values":["5"]}]}]"#, "a", label, Ok(false));
        case(r#"[{"matchExpressions":[{"key":"n","operator":"Gt","values":["4"]}]}]"#, "a", r#"{"n":"5x"}"#, Ok(false));
        case(r#"[{},{"matchFields":[{"key":"metadata.name","operator":"In","values":["a"]}]}]"#, "a", label, Ok(true));
        case(r#"[{"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["a"]}]}]"#, "a", label, Ok(false));
        case(r#"[{"matchFields":[{"key":"spec.x","operator":"In","values":["a"]}]}]"#, "a", label, Ok(false));
    }

    #[test]
    fn errors_show_only_where_nothing_matches() {
        let invalid = r#"{"matchExpressions":[{"key":"n","operator":"Gt","values":["x"]},{"key":"n","operator":"Is"}],
            "matchFields":[{"key":"metadata.name","operator":"In","values":["a","b"]},{"key":"metadata.name","operator":"Exists"}]}"#;
        let valid = r#"{"matchExpressions":[{"key":"n","operator":"Exists"}]}"#;
        case(&format!("[{invalid},{valid}]"), "a", r#"{"n":"5"}"#, Ok(true));
        case(
            &format!("[{valid},{invalid}]"),
            "a",
            "{}",
            Err(
                "[nodeSelectorTerms[1].matchExpressions[0].values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value \
                 must be an integer, nodeSelectorTerms[1].matchExpressions[1].operator: Unsupported value: \"Is\": supported \
                 values: \"In\", \"NotIn\", \"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\", \
                 nodeSelectorTerms[1].matchFields[0].values: Invalid value: [\"a\",\"b\"]: must have one element, \
                 nodeSelectorTerms[1].matchFields[1].operator: Unsupported value: \"Exists\": supported values: \"In\", \"NotIn\"]",
            ),
        );
    }

    #[test]
    fn preferences() {
        let read = |json: &str| -> Vec<PreferredSchedulingTerm> { serde_json::from_str(json).unwrap() };
        let has = |key: &str| format!(r#"{{"matchExpressions":[{{"key":"{key}","operator":"Exists"}}]}}"#);
        let terms = read(&format!(
            r#"[{{"weight":5,"preference":{}}},{{"weight":7,"preference":{}}},{{"weight":9,"preference":{{}}}},
                {{"weight":0,"preference":{}}}]"#,
            has("a"),
            has("b"),
            has("/") // not looked at: it weighs nothing
        ));
        let labels: Labels = serde_json::from_str(r#"{"a":"","b":""}"#).unwrap();
        assert_eq!(PreferredSchedulingTerms::new(&terms).unwrap().score(name("n"), &labels), 12);
        let invalid = read(r#"[{"weight":1,"preference":{"matchExpressions":[{"key":"a","operator":"In"}]}}]"#);
        assert_eq!(
            PreferredSchedulingTerms::new(&invalid).unwrap_err().as_str(),
            "[0].matchExpressions[0].values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty"
        );
    }
}
