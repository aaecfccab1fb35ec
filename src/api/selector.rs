//! Label selectors: as objects carry them ([`LabelSelector`]) and compiled for matching ([`Selector`]).
//!
//! Matching compares interned names and allocates nothing: affinity and topology spread ask it
//! about every pod of the cluster.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::labels::Labels;
use super::name::{Name, name};
use super::upstream_error::UpstreamError;
use super::validation::{aggregate, go_quoted, invalid_list, invalid_text, label_value_errors, qualified_name_errors};

/// A `metav1.LabelSelector` as it stands in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels that must be there with these values.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub match_labels: Labels,
    /// Further conditions; all must hold.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "<[_]>::is_empty")]
    pub match_expressions: Box<[SelectorRequirement]>,
}

/// A condition of a label selector or a node selector, as it stands in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SelectorRequirement {
    /// The label's key (in `matchFields` the field's).
    #[serde(deserialize_with = "null_as_default")]
    pub key: Name,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`; in node selectors also `Gt`, `Lt`.
    #[serde(deserialize_with = "null_as_default")]
    pub operator: Name,
    /// What the operator compares with.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "<[_]>::is_empty")]
    pub values: Box<[Name]>,
}

/// Reads null as the default, as Go does.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What a requirement asks of the label under its key (`labels/selector.go` `Requirement.Matches`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Test {
    Equals(Name),
    In(Box<[Name]>),
    NotIn(Box<[Name]>),
    Exists,
    DoesNotExist,
    GreaterThan(Bound),
    LessThan(Bound),
}

/// What `Gt` and `Lt` compare with, as written and as a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Bound {
    text: Name,
    number: i64,
}

/// One compiled condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Requirement {
    key: Name,
    test: Test,
}

impl Requirement {
    /// Compiles and validates (`labels/selector.go` `NewRequirement`): the errors found, each naming a field under `path`.
    fn new(key: Name, operator: Operator, values: &[Name], path: &str) -> Result<Self, Vec<String>> {
        let field = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let values_field = field("values");
        let mut errors = Vec::new();
        let key_errors = qualified_name_errors(&key);
        if !key_errors.is_empty() {
            errors.push(invalid_text(&field("key"), &key, &key_errors.join("; ")));
        }
        let miscounted = |detail| invalid_list(&values_field, values.iter().map(Name::as_str), detail);
        let test = match operator {
            Operator::In | Operator::NotIn => {
                if values.is_empty() {
                    errors.push(miscounted("for 'in', 'notin' operators, values set can't be empty"));
                }
                if operator == Operator::In { Test::In(values.into()) } else { Test::NotIn(values.into()) }
            }
            Operator::Exists | Operator::DoesNotExist => {
                if !values.is_empty() {
                    errors.push(miscounted("values set must be empty for exists and does not exist"));
                }
                if operator == Operator::Exists { Test::Exists } else { Test::DoesNotExist }
            }
            Operator::GreaterThan | Operator::LessThan => {
                if values.len() != 1 {
                    errors.push(miscounted("for 'Gt', 'Lt' operators, exactly one value is required"));
                }
                let mut bound = Bound { text: Name::default(), number: 0 };
                for (index, value) in values.iter().enumerate() {
                    if let Some(number) = integer(*value) {
                        bound = Bound { text: *value, number };
                    } else {
                        let field = format!("{values_field}[{index}]");
                        errors.push(invalid_text(
                            &field,
                            value,
                            "for 'Gt', 'Lt' operators, the value must be an integer",
                        ));
                    }
                }
                if operator == Operator::GreaterThan { Test::GreaterThan(bound) } else { Test::LessThan(bound) }
            }
        };
        for (index, value) in values.iter().enumerate() {
            let value_errors = label_value_errors(value);
            if !value_errors.is_empty() {
                errors.push(invalid_text(&format!("{values_field}[{index}][{key}]"), value, &value_errors.join("; ")));
            }
        }
        if errors.is_empty() { Ok(Self { key, test }) } else { Err(errors) }
    }

    fn to_object(&self) -> SelectorRequirement {
        let (operator, values): (&str, Vec<Name>) = match &self.test {
            Test::Equals(value) => ("In", vec![*value]),
            Test::In(values) => ("In", values.to_vec()),
            Test::NotIn(values) => ("NotIn", values.to_vec()),
            Test::Exists => ("Exists", Vec::new()),
            Test::DoesNotExist => ("DoesNotExist", Vec::new()),
            Test::GreaterThan(bound) => ("Gt", vec![bound.text]),
            Test::LessThan(bound) => ("Lt", vec![bound.text]),
        };
        SelectorRequirement { key: self.key, operator: name(operator), values: values.into() }
    }

    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(self.key);
        match &self.test {
            Test::Equals(wanted) => value == Some(*wanted),
            Test::In(wanted) => value.is_some_and(|value| wanted.contains(&value)),
            Test::NotIn(unwanted) => value.is_none_or(|value| !unwanted.contains(&value)),
            Test::Exists => value.is_some(),
            Test::DoesNotExist => value.is_none(),
            Test::GreaterThan(bound) => value.and_then(integer).is_some_and(|number| number > bound.number),
            Test::LessThan(bound) => value.and_then(integer).is_some_and(|number| number < bound.number),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[Name]| {
            let mut values: Vec<&str> = values.iter().map(Name::as_str).collect();
            values.sort_unstable();
            values.join(",")
        };
        match &self.test {
            Test::Equals(value) => write!(f, "{}={value}", self.key),
            Test::In(values) => write!(f, "{} in ({})", self.key, list(values)),
            Test::NotIn(values) => write!(f, "{} notin ({})", self.key, list(values)),
            Test::Exists => write!(f, "{}", self.key),
            Test::DoesNotExist => write!(f, "!{}", self.key),
            Test::GreaterThan(bound) => write!(f, "{}>{}", self.key, bound.text),
            Test::LessThan(bound) => write!(f, "{}<{}", self.key, bound.text),
        }
    }
}

/// A requirement's operator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl Operator {
    /// The operator that a label selector may name.
    pub(crate) fn of_labels(text: &str) -> Option<Self> {
        match text {
            "In" => Some(Self::In),
            "NotIn" => Some(Self::NotIn),
            "Exists" => Some(Self::Exists),
            "DoesNotExist" => Some(Self::DoesNotExist),
            _ => None,
        }
    }
}

/// `strconv.ParseInt(text, 10, 64)`: an optional sign and digits.
fn integer(text: Name) -> Option<i64> {
    text.parse().ok()
}

/// A compiled selector: all requirements must hold. Sorted by key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selector {
    /// `None` matches nothing.
    requirements: Option<Vec<Requirement>>,
}

impl Selector {
    /// Matches no labels (`labels.Nothing()`).
    pub const fn nothing() -> Self {
        Self { requirements: None }
    }

    /// Matches all labels (`labels.Everything()`).
    pub const fn everything() -> Self {
        Self { requirements: Some(Vec::new()) }
    }

    /// Compiles a selector; an absent one matches nothing, an empty one everything
    /// (apimachinery `apis/meta/v1/helpers.go` `LabelSelectorAsSelector`).
    ///
    /// # Errors
    /// Upstream's text for an unknown operator, or for an invalid key or value.
    pub fn new(selector: Option<&LabelSelector>) -> Result<Self, UpstreamError> {
        let Some(selector) = selector else { return Ok(Self::nothing()) };
        let compile = |key, operator, values: &[Name]| {
            Requirement::new(key, operator, values, "").map_err(|errors| aggregate(&errors).unwrap_or_default())
        };
        let mut requirements = Vec::new();
        for (key, value) in selector.match_labels.iter() {
            // One value is what `In` validates too; printed it is an equality.
            let Requirement { key, .. } = compile(key, Operator::In, &[value])?;
            requirements.push(Requirement { key, test: Test::Equals(value) });
        }
        for expression in &selector.match_expressions {
            let operator = Operator::of_labels(&expression.operator)
                .ok_or_else(|| format!("{} is not a valid label selector operator", go_quoted(&expression.operator)))?;
            requirements.push(compile(expression.key, operator, &expression.values)?);
        }
        Ok(Self::sorted(requirements))
    }

    /// Matches objects that have all of `labels`; without any, everything. Nothing is validated
    /// (`labels/selector.go` `SelectorFromSet`).
    pub fn from_labels(labels: &Labels) -> Self {
        // Labels come sorted by key.
        Self {
            requirements: Some(
                labels.iter().map(|(key, value)| Requirement { key, test: Test::Equals(value) }).collect(),
            ),
        }
    }

    /// All that `other` requires must hold, too.
    pub(crate) fn require(&mut self, other: &Self) {
        let own = self.requirements.take();
        self.requirements = own.zip(other.requirements.clone()).map(|(mut own, other)| {
            own.extend(other.into_iter().filter(|requirement| !own.contains(requirement)).collect::<Vec<_>>());
            own.sort_by_key(|requirement| requirement.key);
            own
        });
    }

    /// Compiles one requirement whose field is `path`; adds it to the selector.
    pub(crate) fn try_add(
        &mut self,
        key: Name,
        operator: Operator,
        values: &[Name],
        path: &str,
    ) -> Result<(), Vec<String>> {
        let requirement = Requirement::new(key, operator, values, path)?;
        self.add(requirement);
        Ok(())
    }

    /// This selector, and `key` must have `value`: how `matchLabelKeys` are merged. What matches nothing stays so.
    #[must_use]
    pub fn with_in(mut self, key: Name, value: Name) -> Self {
        self.add(Requirement { key, test: Test::In([value].into()) });
        self
    }

    /// This selector, and `key` must not have `value`: how `mismatchLabelKeys` are merged. What matches nothing stays so.
    #[must_use]
    pub fn with_not_in(mut self, key: Name, value: Name) -> Self {
        self.add(Requirement { key, test: Test::NotIn([value].into()) });
        self
    }

    /// What both select. A selector that matches nothing adds no requirement (upstream's `Add(other.Requirements())`).
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for requirement in other.requirements.iter().flatten() {
            self.add(requirement.clone());
        }
        self
    }

    fn sorted(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort_by_key(|requirement| requirement.key);
        Self { requirements: Some(requirements) }
    }

    fn add(&mut self, requirement: Requirement) {
        if let Some(requirements) = &mut self.requirements {
            let place = requirements.partition_point(|other| other.key <= requirement.key);
            requirements.insert(place, requirement);
        }
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements
            .as_ref()
            .is_some_and(|requirements| requirements.iter().all(|requirement| requirement.matches(labels)))
    }

    /// What an object that carries it has as `matchExpressions`; nothing for one that matches nothing.
    pub fn to_requirements(&self) -> Option<Vec<SelectorRequirement>> {
        Some(self.requirements.as_ref()?.iter().map(Requirement::to_object).collect())
    }

    /// Whether it matches everything (upstream's `Empty()`).
    pub fn is_empty(&self) -> bool {
        self.requirements.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether it is [`nothing`](Self::nothing). A selector whose requirements contradict each other is not.
    pub fn is_nothing(&self) -> bool {
        self.requirements.is_none()
    }
}

impl fmt::Display for Selector {
    /// Kubernetes' notation, `app=web,tier in (a,b),!x`; empty both for everything and for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().flatten().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::name::name;
    use super::*;

    fn labels(json: &str) -> Labels {
        serde_json::from_str(json).unwrap()
    }

    fn compile(json: &str) -> Result<Selector, String> {
        let selector: Option<LabelSelector> = serde_json::from_str(json).unwrap();
        Ok(Selector::new(selector.as_ref())?)
    }

    #[track_caller]
    fn case(selector: &str, printed: &str, matching: &[&str], others: &[&str]) {
        let selector = compile(selector).unwrap();
        assert_eq!(selector.to_string(), printed);
        for object in matching {
            assert!(selector.matches(&labels(object)), "{printed} {object}");
        }
        for object in others {
            assert!(!selector.matches(&labels(object)), "{printed} {object}");
        }
    }

    #[test]
    fn matching() {
        case("null", "", &[], &["{}", r#"{"a":"b"}"#]);
        case("{}", "", &["{}", r#"{"a":"b"}"#], &[]);
        case(r#"{"matchLabels":null,"matchExpressions":null}"#, "", &["{}"], &[]);
        case(
            r#"{"matchLabels":{"tier":"a","app":"web"}}"#,
            "app=web,tier=a",
            &[r#"{"app":"web","tier":"a","x":""}"#],
            &["{}", r#"{"app":"web"}"#, r#"{"app":"web","tier":"b"}"#],
        );
        case(
            r#"{"matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]},{"key":"app","operator":"NotIn","values":["x"]}]}"#,
            "app notin (x),tier in (a,b)",
            &[r#"{"tier":"a"}"#, r#"{"tier":"b","app":"y"}"#],
            &["{}", r#"{"tier":"a","app":"x"}"#, r#"{"tier":"c"}"#],
        );
        case(
            r#"{"matchExpressions":[{"key":"a","operator":"Exists"},{"key":"b","operator":"DoesNotExist","values":null}]}"#,
            "a,!b",
            &[r#"{"a":""}"#],
            &["{}", r#"{"a":"","b":""}"#],
        );
    }

    #[test]
    fn errors() {
        for (selector, error) in [
            (r#"{"matchExpressions":[{"key":"a","operator":"Gt"}]}"#, r#""Gt" is not a valid label selector operator"#),
            (
                r#"{"matchExpressions":[{"key":"a","operator":"In"}]}"#,
                "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
            ),
            (
                r#"{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]}"#,
                r#"values: Invalid value: ["b"]: values set must be empty for exists and does not exist"#,
            ),
            (
                r#"{"matchLabels":{"a/b/c":"!"}}"#,
                "[key: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', \
                 and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex \
                 used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix \
                 and '/' (e.g. 'example.com/MyName'), values[0][a/b/c]: Invalid value: \"!\": a valid label must be an empty \
                 string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                 character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
                 '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]",
            ),
        ] {
            assert_eq!(compile(selector).unwrap_err(), error);
        }
    }

    #[test]
    fn merged_keys() {
        let merged = compile(r#"{"matchLabels":{"b":"1","d":"2"}}"#).unwrap().with_in(name("c"), name("v"));
        assert_eq!(merged.to_string(), "b=1,c in (v),d=2");
        assert!(Selector::everything().with_not_in(name("c"), name("v")).matches(&Labels::default()));
        assert!(!Selector::everything().with_in(name("c"), name("v")).is_empty());
        assert!(Selector::nothing().with_in(name("c"), name("v")).is_nothing());
    }
}
