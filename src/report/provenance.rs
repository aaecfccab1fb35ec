//! What an answer rests on: whose scheduler is reproduced, of which state, and how old that is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::api::Timestamp;

use super::NodeNames;

/// What an answer rests on; every form of it says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// Whose scheduler was reproduced, such as `v1.34`.
    pub kube_version: String,
    /// How old the state is, where that is known.
    #[serde(rename = "state", skip_serializing_if = "Option::is_none")]
    pub age: Option<StateAge>,
    /// Where the state came from: a file, or the cluster.
    #[serde(skip)]
    pub origin: String,
    /// When the state was read, where that is known.
    #[serde(skip)]
    pub as_of: Option<Timestamp>,
    /// The nodes' names where they are long.
    #[serde(skip)]
    pub node_names: Option<Arc<NodeNames>>,
    /// When the question was asked.
    #[serde(skip)]
    pub asked_at: Timestamp,
}

impl fmt::Display for Provenance {
    /// `v1.34 · 0.8 s old state`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kube_version)?;
        self.age.as_ref().map_or(Ok(()), |age| write!(f, " · {age}"))
    }
}

/// When a state was read, as of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateAge {
    /// When the reading began, RFC 3339.
    pub read_at: String,
    /// How long ago that is.
    pub age: Duration,
    /// How many of its objects were changed while it was read, so that it is not of one moment; none
    /// where that is not known.
    pub changed: Option<usize>,
}

impl StateAge {
    /// Of a state that says when it was read; none when that is no time.
    pub fn recorded(read_at: &str, now: Timestamp) -> Option<Self> {
        let at: Timestamp = read_at.parse().ok()?;
        let age = Duration::from_secs(u64::try_from(now.0.saturating_sub(at.0)).unwrap_or(0));
        Some(Self { read_at: read_at.to_owned(), age, changed: None })
    }

    /// That the state is not of one moment, if it is not.
    pub fn remark(&self) -> Option<String> {
        let changed = self.changed.filter(|changed| *changed > 0)?;
        let objects = super::text::count(changed, "object");
        Some(format!("{objects} changed while the state was being read, so it may be inconsistent"))
    }
}

impl fmt::Display for StateAge {
    /// `0.8 s old state`, `3 min old state`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        // Two of a unit is where it begins to tell more than the smaller one.
        match self.age.as_secs() {
            0..10 => write!(f, "{:.1} s", self.age.as_secs_f64()),
            seconds if seconds < 2 * MINUTE => write!(f, "{seconds} s"),
            seconds if seconds < 2 * HOUR => write!(f, "{} min", seconds / MINUTE),
            seconds if seconds < 2 * DAY => write!(f, "{} h", seconds / HOUR),
            seconds => write!(f, "{} d", seconds / DAY),
        }?;
        f.write_str(" old state")
    }
}

impl Serialize for StateAge {
    /// `readAt`, `ageSeconds` (to the tenth) and, where it is known, `changedWhileRead`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("StateAge", 3)?;
        object.serialize_field("readAt", &self.read_at)?;
        object.serialize_field("ageSeconds", &((self.age.as_secs_f64() * 10.0).round() / 10.0))?;
        match self.changed {
            Some(changed) => object.serialize_field("changedWhileRead", &changed)?,
            None => object.skip_field("changedWhileRead")?,
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(milliseconds: u64, expected: &str) {
        let age = StateAge { read_at: String::new(), age: Duration::from_millis(milliseconds), changed: None };
        assert_eq!(age.to_string(), format!("{expected} old state"));
    }

    #[test]
    fn ages_have_units_that_fit() {
        case(40, "0.0 s");
        case(840, "0.8 s");
        case(10_900, "10 s");
        case(119_000, "119 s");
        case(120_000, "2 min");
        case(7_200_000, "2 h");
        case(400_000_000, "4 d");
    }

    #[test]
    fn a_recorded_time_tells_the_age_and_the_future_is_now() {
        let recorded = |at, now| StateAge::recorded(at, Timestamp(now)).map(|age| age.age.as_secs());
        assert_eq!(recorded("1970-01-01T00:00:10Z", 70), Some(60));
        assert_eq!(recorded("1970-01-01T00:00:10Z", 0), Some(0));
        assert_eq!(recorded("yesterday", 0), None);
    }

    #[test]
    fn json_has_what_is_known() {
        let age = StateAge { read_at: "t".to_owned(), age: Duration::from_millis(1234), changed: Some(2) };
        let expected = serde_json::json!({"readAt": "t", "ageSeconds": 1.2, "changedWhileRead": 2});
        assert_eq!(serde_json::to_value(&age).unwrap(), expected);
        assert_eq!(
            age.remark().as_deref(),
            Some("2 objects changed while the state was being read, so it may be inconsistent")
        );
        assert_eq!(StateAge { changed: Some(0), ..age }.remark(), None);
    }
}
