//! What could not be judged: never silence.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::api::{Name, name};
use crate::decode::Kind;

/// One thing an answer does not rest on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotEvaluated {
    /// What is missing: a kind, a plugin, an extender, an expression.
    pub what: String,
    /// Why it is missing.
    pub why: String,
    /// What it means for the answer.
    pub effect: String,
    /// Whether it could turn the verdict of the answer that it stands in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decides: bool,
    /// Which verdict it could turn.
    #[serde(skip)]
    pub turns: Turns,
    /// The kind that is missing, if it is one.
    #[serde(skip)]
    pub kind: Option<Kind>,
    /// The RBAC rule that would grant it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rbac: Option<PolicyRule>,
}

/// Which verdicts something that was not evaluated could turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turns {
    /// None: it matters to scores and comparisons only.
    #[default]
    Neither,
    /// What fits might not.
    Fits,
    /// What does not fit might.
    DoesNotFit,
    /// Both.
    Either,
}

/// A rule of a ClusterRole (`rbac.authorization.k8s.io/v1`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PolicyRule {
    /// The API group; empty for core.
    pub api_groups: [Name; 1],
    /// The resource, such as `csinodes`.
    pub resources: [Name; 1],
    /// `list`.
    pub verbs: [Name; 1],
}

impl PolicyRule {
    /// The right to list all objects of `kind`.
    pub fn list(kind: Kind) -> Self {
        Self { api_groups: [name(kind.api_group())], resources: [name(kind.resource())], verbs: [name("list")] }
    }

    /// The right to list events.
    pub fn list_events() -> Self {
        Self { api_groups: [name("")], resources: [name("events")], verbs: [name("list")] }
    }

    /// As `kubectl create clusterrole --resource` takes it: `csinodes.storage.k8s.io`.
    pub fn resource(&self) -> String {
        let ([resource], [group]) = (self.resources, self.api_groups);
        if group.is_empty() { resource.as_str().to_owned() } else { format!("{resource}.{group}") }
    }
}

impl NotEvaluated {
    /// All three parts.
    pub fn new(what: impl Into<String>, why: impl Into<String>, effect: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            effect: effect.into(),
            decides: false,
            turns: Turns::Neither,
            kind: None,
            rbac: None,
        }
    }

    /// The same, which could turn a verdict.
    #[must_use]
    pub fn turning(self, turns: Turns) -> Self {
        Self { turns, ..self }
    }

    /// Marks it as deciding where it could turn the verdict, which is that the pod `fits` or not.
    pub fn judge(&mut self, fits: bool) {
        self.decides = match self.turns {
            Turns::Neither => false,
            Turns::Fits => fits,
            Turns::DoesNotFit => !fits,
            Turns::Either => true,
        };
    }

    /// Objects of a kind.
    pub fn of_kind(kind: Kind, why: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { kind: Some(kind), ..Self::new(kind.plural(), why, effect) }
    }

    /// And this RBAC rule would grant it.
    #[must_use]
    pub fn granted_by(self, rule: PolicyRule) -> Self {
        Self { rbac: Some(rule), ..self }
    }

    /// Adds what is known of the input as a whole to what was found in the cycles. Of a kind that could
    /// not be read a plugin knows best what it means to it, and the input why.
    pub fn join(found: &mut Vec<Self>, input: &[Self]) {
        for known in input {
            let mut listed = false;
            for own in found.iter_mut().filter(|own| own.kind.is_some() && own.kind == known.kind) {
                own.why.clone_from(&known.why);
                own.rbac.clone_from(&known.rbac);
                listed = true;
            }
            if !listed && !found.contains(known) {
                found.push(known.clone());
            }
        }
    }
}

/// Collects what plugins could not judge during a cycle, each thing once.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Vec<NotEvaluated>>);

impl Notes {
    /// Adds a thing unless it is there.
    pub fn add(&self, item: NotEvaluated) {
        // A poisoned lock only means that another thread stopped while adding: the list is whole.
        let mut items = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !items.contains(&item) {
            items.push(item);
        }
    }

    /// Everything collected, sorted.
    pub fn take(&self) -> Vec<NotEvaluated> {
        let mut items = std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        items.sort();
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_says_what_it_means_and_the_input_why() {
        let kind = Kind::ResourceClaim;
        let mut found = vec![NotEvaluated::of_kind(kind, "none", "own words"), NotEvaluated::new("x", "y", "z")];
        let rule = PolicyRule::list(kind);
        assert_eq!(rule.resource(), "resourceclaims.resource.k8s.io");
        let input = [
            NotEvaluated::of_kind(kind, "forbidden", "any").granted_by(rule.clone()),
            NotEvaluated::of_kind(Kind::Node, "forbidden", "any"),
        ];
        NotEvaluated::join(&mut found, &input);
        let expected = [
            NotEvaluated::of_kind(kind, "forbidden", "own words").granted_by(rule),
            NotEvaluated::new("x", "y", "z"),
            NotEvaluated::of_kind(Kind::Node, "forbidden", "any"),
        ];
        assert_eq!(found, expected);
    }
}
