//! Where in a pod places are left open: each place of a template is one field, for the writer and for the reader.

use serde_json::{Map, Value};

use super::bytes::Bytes;
use super::tables::Tables;
use super::values::{Part, Place};
use super::{PackedError, Result};

/// What may be left open in a value.
pub(super) enum Opening {
    /// The value itself.
    At(Place),
    /// Some of its fields.
    In(&'static [(&'static str, Self)]),
    /// The time of the first condition `Ready`.
    Conditions,
}

pub(super) const POD: Opening = Opening::In(&[
    (
        "metadata",
        Opening::In(&[
            ("name", Opening::At(Place::Name)),
            ("uid", Opening::At(Place::Uid)),
            ("creationTimestamp", Opening::At(Place::Created)),
        ]),
    ),
    ("spec", Opening::In(&[("nodeName", Opening::At(Place::Node))])),
    ("status", Opening::In(&[("startTime", Opening::At(Place::Started)), ("conditions", Opening::Conditions)])),
]);
pub(super) const READY: Opening = Opening::In(&[("lastTransitionTime", Opening::At(Place::Ready))]);

impl Opening {
    /// What may be left open in the field `key`.
    pub(super) fn field(&self, key: &str) -> Option<&'static Self> {
        let Self::In(fields) = self else { return None };
        fields.iter().find(|(name, _)| *name == key).map(|(_, opening)| opening)
    }
}

/// Whether a condition is `Ready`.
pub(super) fn is_ready(condition: &Value) -> bool {
    condition.as_object().and_then(|fields: &Map<String, Value>| fields.get("type")).and_then(Value::as_str)
        == Some("Ready")
}

/// Refuses a template with a place in another field than its own: read directly, the pod would have what the place is for, and
/// as text something else. The template was measured, so that this ends.
pub(super) fn check(template: &[u8], tables: &Tables<'_>) -> Result<()> {
    Check { tables }.value(&mut Bytes(template), Some(&POD))
}

struct Check<'r, 'a> {
    tables: &'r Tables<'a>,
}

impl Check<'_, '_> {
    fn value(&self, bytes: &mut Bytes<'_>, opening: Option<&Opening>) -> Result<()> {
        match Part::read(bytes)? {
            Part::Open(place) if !matches!(opening, Some(Opening::At(own)) if *own == place) => {
                Err(PackedError::Damaged("an open place is in another field than its own"))
            }
            Part::Object(shape) => self.tables.shape(shape)?.iter().try_for_each(|key| {
                let key = self.tables.text(*key as usize)?;
                self.value(bytes, opening.and_then(|opening| opening.field(key)))
            }),
            Part::List(count) => {
                let mut has_conditions = matches!(opening, Some(Opening::Conditions));
                for _ in 0..count {
                    let is_first_ready = has_conditions && self.is_ready(*bytes)?;
                    has_conditions &= !is_first_ready;
                    self.value(bytes, is_first_ready.then_some(&READY))?;
                }
                Ok(())
            }
            Part::Shared(number) => match self.tables.shared(number)? {
                shared if shared.open == 0 => Ok(()),
                shared => self.value(&mut Bytes(shared.bytes), opening),
            },
            _ => Ok(()),
        }
    }

    /// Whether the value that `bytes` begin with is a condition `Ready`.
    fn is_ready(&self, mut bytes: Bytes<'_>) -> Result<bool> {
        let shape = match Part::read(&mut bytes)? {
            Part::Object(shape) => shape,
            Part::Shared(number) => return self.is_ready(Bytes(self.tables.shared(number)?.bytes)),
            _ => return Ok(false),
        };
        for key in self.tables.shape(shape)? {
            if self.tables.text(*key as usize)? == "type" {
                return Ok(matches!(Part::read(&mut bytes)?, Part::Text(text) if self.tables.text(text)? == "Ready"));
            }
            self.tables.skip(|| Part::read(&mut bytes))?;
        }
        Ok(false)
    }
}
