//! Conditions on labels as sets (sigs.k8s.io/karpenter v1.15 `pkg/scheduling/requirement.go`, `requirements.go`).
//!
//! Unlike a selector of kube-scheduler a condition here may stand on either side: a pool's, an instance type's and a pod's
//! are intersected until values are left over, or none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::api::labels::Labels;
use crate::api::name::{Name, name};
use crate::api::node_selector::NodeSelectorTerm;
use crate::api::selector::SelectorRequirement;
use crate::decode::autoscaling::karpenter::PoolRequirement;

/// The node's own name: no message speaks of it (`RestrictedLabels`).
pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";
pub(super) const CAPACITY_TYPE: &str = "karpenter.sh/capacity-type";
pub(super) const INSTANCE_TYPE: &str = "node.kubernetes.io/instance-type";
pub(super) const NODE_POOL: &str = "karpenter.sh/nodepool";
pub(super) const REGISTERED: &str = "karpenter.sh/registered";
pub(super) const INITIALIZED: &str = "karpenter.sh/initialized";

/// `apis/v1/labels.go`, WellKnownLabels.
const WELL_KNOWN: [&str; 8] = [
    NODE_POOL,
    ZONE,
    "topology.kubernetes.io/region",
    INSTANCE_TYPE,
    "kubernetes.io/arch",
    "kubernetes.io/os",
    CAPACITY_TYPE,
    "node.kubernetes.io/windows-build",
];

/// `apis/v1/labels.go`, NormalizedLabels.
const NORMALIZED: [(&str, &str); 5] = [
    ("failure-domain.beta.kubernetes.io/zone", ZONE),
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("beta.kubernetes.io/instance-type", INSTANCE_TYPE),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// Which labels mean something to Karpenter and its provider.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// Labels that a pod may ask for though no pool names them.
    pub(super) well_known: BTreeSet<Name>,
    /// Whether all labels of providers count as well known, for want of a list.
    pub(super) any_of_providers: bool,
    normalized: BTreeMap<Name, Name>,
}

impl Words {
    pub(super) fn new<'a>(
        well_known: impl Iterator<Item = &'a str>,
        normalized: impl Iterator<Item = (&'a str, &'a str)>,
        any_of_providers: bool,
    ) -> Self {
        Self {
            well_known: WELL_KNOWN.into_iter().chain(well_known).map(name).collect(),
            normalized: NORMALIZED.into_iter().chain(normalized).map(|(from, to)| (name(from), name(to))).collect(),
            any_of_providers,
        }
    }

    pub(super) fn normalize(&self, key: Name) -> Name {
        self.normalized.get(&key).copied().unwrap_or(key)
    }

    pub(super) fn is_well_known(&self, key: Name) -> bool {
        self.well_known.contains(&key)
            || (self.any_of_providers
                && key.split_once('/').is_some_and(|(domain, _)| {
                    domain.starts_with("karpenter.") && domain != "karpenter.sh" || domain == "eks.amazonaws.com"
                }))
    }
}

/// A condition on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) key: Name,
    /// Whether `values` are those that it must not have.
    pub(super) complement: bool,
    pub(super) values: BTreeSet<Name>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    pub(super) min_values: Option<i64>,
}

/// What a condition amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Operator {
    /// NotIn and DoesNotExist hold for a label that is not there.
    fn allows_absence(self) -> bool {
        matches!(self, Self::NotIn | Self::DoesNotExist)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
        }
    }
}

impl Requirement {
    pub(super) fn is_in(key: Name, values: impl IntoIterator<Item = Name>) -> Self {
        Self { complement: false, values: values.into_iter().collect(), ..Self::exists(key) }
    }

    pub(super) fn exists(key: Name) -> Self {
        Self { key, complement: true, values: BTreeSet::new(), at_least: None, at_most: None, min_values: None }
    }

    pub(super) fn does_not_exist(key: Name) -> Self {
        Self::is_in(key, [])
    }

    /// NewRequirementWithFlexibility.
    fn new(words: &Words, key: Name, operator: Name, values: &[Name], min_values: Option<i64>) -> Self {
        let key = words.normalize(key);
        let number = values.first().and_then(|value| value.parse::<i64>().ok()).unwrap_or_default();
        let all = || values.iter().copied();
        let base = Self::exists(key);
        let found = match operator.as_str() {
            "In" => Self::is_in(key, all()),
            "NotIn" => Self { values: all().collect(), ..base },
            "Gt" if number == i64::MAX => Self::does_not_exist(key),
            "Gt" => Self { at_least: Some(number.saturating_add(1)), ..base },
            "Gte" => Self { at_least: Some(number), ..base },
            "Lt" => Self { at_most: Some(number.saturating_sub(1)), ..base },
            "Lte" => Self { at_most: Some(number), ..base },
            "DoesNotExist" => Self::does_not_exist(key),
            _ => base,
        };
        Self { min_values, ..found }
    }

    pub(super) fn operator(&self) -> Operator {
        match (self.complement, self.values.is_empty()) {
            (true, false) => Operator::NotIn,
            (true, true) => Operator::Exists,
            (false, false) => Operator::In,
            (false, true) => Operator::DoesNotExist,
        }
    }

    pub(super) fn has(&self, value: Name) -> bool {
        self.values.contains(&value) != self.complement && within(value, self.at_least, self.at_most)
    }

    /// The one value it has.
    pub(super) fn only(&self) -> Option<Name> {
        (!self.complement && self.values.len() == 1).then(|| self.values.first().copied()).flatten()
    }

    /// The values that it names one by one.
    pub(super) fn listed(&self) -> Option<impl Iterator<Item = Name> + '_> {
        (!self.complement && !self.values.is_empty()).then(|| self.values.iter().copied())
    }

    /// The largest number that it allows; none where there is no such bound.
    pub(super) fn most(&self) -> Option<i64> {
        if self.complement {
            return self.at_most;
        }
        let numbers: Option<Vec<i64>> = self.values.iter().map(|value| value.parse().ok()).collect();
        numbers?.into_iter().max()
    }

    /// Any: a value that it allows. Upstream draws one; this is the first of a list, or the smallest number.
    pub(super) fn any(&self) -> Option<Name> {
        match self.operator() {
            Operator::In => self.values.first().copied(),
            Operator::NotIn | Operator::Exists => {
                let least = self.at_least.unwrap_or_default();
                (least..=self.at_most.unwrap_or(i64::MAX))
                    .map(|number| name(&number.to_string()))
                    .find(|it| self.has(*it))
            }
            Operator::DoesNotExist => None,
        }
    }

    /// Intersection.
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let (at_least, at_most) = self.bounds(other);
        let min_values = self.min_values.max(other.min_values);
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            return Self { min_values, ..Self::does_not_exist(self.key) };
        }
        let complement = self.complement && other.complement;
        let mut values: BTreeSet<Name> = match (self.complement, other.complement) {
            (true, true) => &self.values | &other.values,
            (true, false) => &other.values - &self.values,
            (false, true) => &self.values - &other.values,
            (false, false) => &self.values & &other.values,
        };
        values.retain(|value| within(*value, at_least, at_most));
        let (at_least, at_most) = if complement { (at_least, at_most) } else { (None, None) };
        Self { key: self.key, complement, values, at_least, at_most, min_values }
    }

    fn bounds(&self, other: &Self) -> (Option<i64>, Option<i64>) {
        let at_most = match (self.at_most, other.at_most) {
            (Some(one), Some(another)) => Some(one.min(another)),
            (one, another) => one.or(another),
        };
        (self.at_least.max(other.at_least), at_most)
    }

    /// HasIntersection.
    fn meets(&self, other: &Self) -> bool {
        let (at_least, at_most) = self.bounds(other);
        if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
            return false;
        }
        let fits = |value: &&Name| within(**value, at_least, at_most);
        match (self.complement, other.complement) {
            (true, true) => true,
            (true, false) => other.values.iter().filter(fits).any(|value| !self.values.contains(value)),
            (false, true) => self.values.iter().filter(fits).any(|value| !other.values.contains(value)),
            (false, false) => self.values.iter().filter(fits).any(|value| other.values.contains(value)),
        }
    }
}

/// withinBounds: where there are bounds, only numbers are within them.
fn within(value: Name, at_least: Option<i64>, at_most: Option<i64>) -> bool {
    if at_least.is_none() && at_most.is_none() {
        return true;
    }
    let Ok(number) = value.parse::<i64>() else { return false };
    at_least.is_none_or(|least| number >= least) && at_most.is_none_or(|most| number <= most)
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.operator();
        write!(f, "{} {}", self.key, operator.as_str())?;
        if matches!(operator, Operator::In | Operator::NotIn) {
            let mut values: Vec<String> = self.values.iter().take(5).map(ToString::to_string).collect();
            if self.values.len() > 5 {
                values.push(format!("and {} others", self.values.len() - 5));
            }
            write!(f, " [{}]", values.join(" "))?;
        }
        if let Some(least) = self.at_least {
            write!(f, " >={least}")?;
        }
        if let Some(most) = self.at_most {
            write!(f, " <={most}")?;
        }
        match self.min_values {
            Some(count) => write!(f, " minValues {count}"),
            None => Ok(()),
        }
    }
}

/// Conditions that must all hold, at most one a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requirements(BTreeMap<Name, Requirement>);

/// Why two sets of conditions cannot hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incompatible {
    /// A label that nobody says nodes will have.
    Undefined(String),
    /// Labels for which no value is left.
    Keys(Vec<String>),
}

impl fmt::Display for Incompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined(text) => f.write_str(text),
            Self::Keys(texts) => f.write_str(&texts.join("; ")),
        }
    }
}

impl Requirements {
    pub(super) fn of_labels(words: &Words, labels: &Labels) -> Self {
        let mut found = Self::default();
        for (key, value) in labels.iter() {
            found.add(Requirement::is_in(words.normalize(key), [value]));
        }
        found
    }

    pub(super) fn of_selector(words: &Words, expressions: &[SelectorRequirement]) -> Self {
        let mut found = Self::default();
        for it in expressions {
            found.add(Requirement::new(words, it.key, it.operator, &it.values, None));
        }
        found
    }

    pub(super) fn of_term(words: &Words, term: &NodeSelectorTerm) -> Self {
        Self::of_selector(words, &term.match_expressions)
    }

    pub(super) fn of_pool(words: &Words, requirements: &[PoolRequirement]) -> Self {
        let mut found = Self::default();
        for it in requirements {
            found.add(Requirement::new(words, it.key, it.operator, &it.values, it.min_values));
        }
        found
    }

    pub(super) fn add(&mut self, requirement: Requirement) {
        let found = match self.0.get(&requirement.key) {
            Some(existing) => requirement.intersection(existing),
            None => requirement,
        };
        self.0.insert(found.key, found);
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for requirement in other.0.values() {
            self.add(requirement.clone());
        }
    }

    pub(super) fn get(&self, key: Name) -> Option<&Requirement> {
        self.0.get(&key)
    }

    /// Get: a label of which nothing is said may have any value.
    pub(super) fn or_any(&self, key: Name) -> Requirement {
        self.0.get(&key).cloned().unwrap_or_else(|| Requirement::exists(key))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.0.values()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = Name> + '_ {
        self.0.keys().copied()
    }

    pub(super) fn has_min_values(&self) -> bool {
        self.0.values().any(|requirement| requirement.min_values.is_some())
    }

    pub(super) fn set_min_values(&mut self, key: Name, count: i64) {
        if let Some(requirement) = self.0.get_mut(&key) {
            requirement.min_values = Some(count);
        }
    }

    /// Compatible: whether `others` can hold, too. With `words`, labels that are well known need not be defined.
    pub(super) fn compatible(&self, others: &Self, words: Option<&Words>) -> Result<(), Incompatible> {
        for other in others.iter() {
            if words.is_some_and(|words| words.is_well_known(other.key)) || self.0.contains_key(&other.key) {
                continue;
            }
            if !other.operator().allows_absence() {
                let hint = self.hint(other.key, words);
                return Err(Incompatible::Undefined(format!(
                    "label \"{}\" does not have known values{hint}",
                    other.key
                )));
            }
        }
        let keys = self.clashes(others);
        if keys.is_empty() { Ok(()) } else { Err(Incompatible::Keys(keys)) }
    }

    /// labelHint; upstream takes the first of a map, in no order.
    fn hint(&self, key: Name, words: Option<&Words>) -> String {
        let suffix = key.split_once('/').map_or(key.as_str(), |(_, suffix)| suffix);
        let well_known = words.into_iter().flat_map(|words| words.well_known.iter().copied());
        let meant = well_known.chain(self.keys()).find(|known| known.contains(key.as_str()) || known.ends_with(suffix));
        meant.map(|meant| format!(" (typo of \"{meant}\"?)")).unwrap_or_default()
    }

    /// Intersects.
    pub(super) fn intersects(&self, others: &Self) -> bool {
        self.clashes(others).is_empty()
    }

    fn clashes(&self, others: &Self) -> Vec<String> {
        let mut clashes = Vec::new();
        for incoming in others.iter() {
            let Some(existing) = self.0.get(&incoming.key) else { continue };
            let both_allow_absence = incoming.operator().allows_absence() && existing.operator().allows_absence();
            if !existing.meets(incoming) && !both_allow_absence {
                clashes.push(format!("key {}, {incoming} not in {existing}", incoming.key));
            }
        }
        clashes
    }
}

impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<String> = self.0.values().filter(|it| it.key != HOSTNAME).map(ToString::to_string).collect();
        texts.sort();
        f.write_str(&texts.join(", "))
    }
}
