//! Priorities of node groups, for the expander `priority`: the ConfigMap `cluster-autoscaler-priority-expander` beside the
//! autoscaler's status (cluster-autoscaler `expander/priority/priority.go`).

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::api::Name;
use crate::decode::yaml;

/// Its name; its namespace is that of the status.
pub const PRIORITIES_NAME: &str = "cluster-autoscaler-priority-expander";

/// Patterns of group ids, by priority.
#[derive(Clone, Debug)]
pub struct Priorities(BTreeMap<i64, Vec<Regex>>);

impl Priorities {
    /// parsePrioritiesYAMLString.
    ///
    /// # Errors
    /// What the autoscaler cannot read either: then it ignores the ConfigMap.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, String> {
        let text = text.ok_or_else(|| "it has no text under the key priorities".to_owned())?;
        if text.is_empty() {
            return Err("the text under the key priorities is empty".to_owned());
        }
        let value = yaml::parse(text).map_err(|error| format!("line {}: {}", error.line, error.message))?;
        let Value::Object(map) = value else { return Err("it is no map from priorities to patterns".to_owned()) };
        let mut found: BTreeMap<i64, Vec<Regex>> = BTreeMap::new();
        for (priority, patterns) in map {
            let number: i64 = priority.parse().map_err(|_| format!("\"{priority}\" is not a priority"))?;
            let list = match &patterns {
                Value::Array(list) => list.as_slice(),
                Value::Null => &[],
                _ => return Err(format!("priority {number} has no list of patterns")),
            };
            let compiled = list.iter().map(|pattern| {
                let pattern = pattern.as_str().ok_or_else(|| format!("priority {number}: {pattern} is not a text"))?;
                Regex::new(pattern).map_err(|_| format!("priority {number}: {pattern} is not a regular expression"))
            });
            found.insert(number, compiled.collect::<Result<_, String>>()?);
        }
        Ok(Self(found))
    }

    /// The highest priority of a group; none for one that no pattern matches, and below -1, which never wins (BestOptions).
    pub fn of(&self, group: Name) -> Option<i64> {
        let matching = |patterns: &&Vec<Regex>| patterns.iter().any(|pattern| pattern.is_match(group.as_str()));
        let found = self.0.iter().rev().find(|(_, patterns)| matching(patterns)).map(|(priority, _)| *priority);
        found.filter(|priority| *priority >= -1)
    }

    /// The text of the same priorities for groups that get new ids: patterns that match those, and no other. A pattern
    /// matches parts of a name, of which a new name has none.
    pub fn renamed(&self, groups: &BTreeMap<String, String>) -> String {
        let mut text = String::new();
        for (priority, patterns) in &self.0 {
            let is_match = |old: &String| patterns.iter().any(|pattern| pattern.is_match(old));
            let mut matching = groups.iter().filter(|(old, _)| is_match(old)).map(|(_, new)| new).peekable();
            let none = if matching.peek().is_none() { " []" } else { "" };
            text.extend([priority.to_string().as_str(), ":", none, "\n"]);
            for new in matching {
                text.extend(["- '^", regex::escape(new).replace('\'', "''").as_str(), "$'\n"]);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::name::name;

    #[test]
    fn the_highest_that_matches() {
        let read = Priorities::parse(Some("10:\n- .*\n50:\n- .*spot.*\n-2:\n- .*\n")).unwrap();
        assert_eq!(read.of(name("eks-spot-1")), Some(50));
        assert_eq!(read.of(name("eks-general")), Some(10));
        assert_eq!(Priorities::parse(Some("-2:\n- .*\n")).unwrap().of(name("a")), None);
        assert_eq!(Priorities::parse(Some("5: [^a$]\n")).unwrap().of(name("b")), None);
    }

    #[test]
    fn groups_with_new_ids_keep_their_priorities() {
        let groups = [("eks-spot-1", "eks-r7"), ("eks-general", "it's.b"), ("other", "c")];
        let groups = groups.map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        let text = Priorities::parse(Some("10:\n- eks-.*\n50:\n- .*spot.*\n70:\n- x\n")).unwrap().renamed(&groups);
        let read = Priorities::parse(Some(&text)).unwrap();
        let priorities = ["eks-r7", "it's.b", "its-b", "c", "eks-r70"].map(|id| read.of(name(id)));
        assert_eq!(priorities, [Some(50), Some(10), None, None, None]);
    }

    #[test]
    fn what_cannot_be_read() {
        let said = |text: Option<&str>| Priorities::parse(text).unwrap_err();
        assert_eq!(said(None), "it has no text under the key priorities");
        assert_eq!(said(Some("")), "the text under the key priorities is empty");
        assert_eq!(said(Some("- a")), "it is no map from priorities to patterns");
        assert_eq!(said(Some("high:\n- .*")), "\"high\" is not a priority");
        assert_eq!(said(Some("10:\n- '('")), "priority 10: ( is not a regular expression");
        assert_eq!(said(Some("10: a")), "priority 10 has no list of patterns");
    }
}
