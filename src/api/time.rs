//! Points in time as API objects carry them: RFC 3339, whole seconds.

use std::cell::Cell;
use std::fmt;
use std::time::SystemTime;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl From<SystemTime> for Timestamp {
    /// Nothing here asks a clock: the caller passes the time on.
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            // Whole seconds, rounded down.
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                -seconds - i64::from(before.subsec_nanos() > 0)
            }
        };
        Self(seconds)
    }
}

/// A text that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time: expected RFC 3339, such as 2026-01-31T12:00:00Z")]
pub struct TimeError {
    /// The text.
    text: String,
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time = text.parse::<jiff::Timestamp>().map_err(|_| TimeError { text: text.to_owned() })?;
        Ok(Self(time.as_second()))
    }
}

/// A time that is read only where it matters: copied, as every pod has five or more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnparsedTime([u8; 32]);

impl UnparsedTime {
    /// The time; none for a text that is none.
    pub(crate) fn parse(&self) -> Option<Timestamp> {
        let text = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(text).ok()?.parse().ok()
    }
}

struct UnparsedVisitor;

impl Visitor<'_> for UnparsedVisitor {
    type Value = UnparsedTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<UnparsedTime, E> {
        let mut bytes = [0; 32];
        if let Some(room) = bytes.get_mut(..text.len()) {
            room.copy_from_slice(text.as_bytes());
        }
        Ok(UnparsedTime(bytes))
    }
}

impl<'de> Deserialize<'de> for UnparsedTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(UnparsedVisitor)
    }
}

struct TimestampVisitor;

impl<'de> Visitor<'de> for TimestampVisitor {
    type Value = Timestamp;

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Timestamp, D::Error> {
        deserializer.deserialize_str(self)
    }

    /// Only where the seconds were handed over.
    fn visit_unit<E: de::Error>(self) -> Result<Timestamp, E> {
        let seconds = HANDED.take().ok_or_else(|| E::invalid_type(de::Unexpected::Unit, &self))?;
        Ok(Timestamp(seconds))
    }

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 time such as 2026-01-31T12:00:00Z")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// What a [`Timestamp`] calls itself to a deserializer that may know the seconds.
pub(crate) const SECONDS: &str = "$kubectl-sched::Timestamp";

thread_local! {
    /// The seconds that a deserializer hands over.
    static HANDED: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Gives a time to `visitor`, that of a [`Timestamp`], without a text.
pub(crate) fn hand_over<'de, V: Visitor<'de>, E: de::Error>(seconds: i64, visitor: V) -> Result<V::Value, E> {
    HANDED.set(Some(seconds));
    visitor.visit_unit()
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECONDS, TimestampVisitor)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn clocks_are_read_in_whole_seconds() {
        let half = Duration::from_millis(1500);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + half), Timestamp(1));
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - half), Timestamp(-2));
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(2)), Timestamp(-2));
    }

    #[test]
    fn what_is_no_time_is_named() {
        let error = "soon".parse::<Timestamp>().unwrap_err().to_string();
        assert_eq!(error, "\"soon\" is not a time: expected RFC 3339, such as 2026-01-31T12:00:00Z");
    }
}
