//! Reads a value straight into what a decoder keeps of it: texts that are names are looked up by their number.
//!
//! What this makes of a value is what `serde_json` makes of its text. Where it cannot say (an enum with data), it fails;
//! so do values of the wrong shape, and then the text is decoded, which finds better words.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::bytes::Bytes;
use super::tables::Tables;
use super::values::{Part, Place};
use super::{DEEPEST, MOST_PARTS, PackedError};
use crate::api::name::{INTERNED, hand_over};
use crate::api::time::{self, SECONDS};

/// Why a value was not read: nobody sees it.
#[derive(Debug)]
pub(super) struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot be read")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

impl From<PackedError> for Unreadable {
    fn from(_: PackedError) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, Unreadable>;

/// How much may still be read of one object.
pub(super) struct Budget(Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MOST_PARTS))
    }
}

impl Budget {
    /// Takes so many parts.
    pub(super) fn take(&self, parts: u64) -> super::Result<()> {
        let left = self.0.get().checked_sub(parts).ok_or(PackedError::Damaged("a value is too large"))?;
        self.0.set(left);
        Ok(())
    }

    /// How many were taken.
    pub(super) fn taken(&self) -> u64 {
        MOST_PARTS - self.0.get()
    }
}

/// The value that bytes begin with.
pub(super) struct Reading<'r, 'a> {
    pub(super) bytes: &'r mut Bytes<'a>,
    pub(super) tables: &'r Tables<'a>,
    pub(super) budget: &'r Budget,
    pub(super) depth: u32,
    /// A part that was looked at, and not taken.
    seen: Option<Part>,
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(bytes: &'r mut Bytes<'a>, tables: &'r Tables<'a>, budget: &'r Budget) -> Self {
        Self { bytes, tables, budget, depth: 0, seen: None }
    }

    #[inline]
    fn part(&mut self) -> Result<Part> {
        if let Some(part) = self.seen.take() {
            return Ok(part);
        }
        self.budget.take(1)?;
        Ok(Part::read(self.bytes)?)
    }

    /// The same one level deeper.
    fn inner(&mut self) -> Reading<'_, 'a> {
        Reading { bytes: self.bytes, tables: self.tables, budget: self.budget, depth: self.depth, seen: None }
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Unreadable) } else { Ok(()) }
    }

    /// Gives `part`, which was just read, to `visitor`.
    fn give<V: Visitor<'a>>(mut self, part: Part, visitor: V) -> Result<V::Value> {
        match part {
            Part::Null => visitor.visit_unit(),
            Part::Bool(value) => visitor.visit_bool(value),
            Part::Text(number) => visitor.visit_borrowed_str(self.tables.text(number)?),
            Part::Integer(number) => match u64::try_from(number) {
                Ok(number) => visitor.visit_u64(number),
                Err(_) => visitor.visit_i64(number),
            },
            Part::Large(number) => visitor.visit_u64(number),
            Part::Float(number) => visitor.visit_f64(number),
            Part::Time(_) | Part::Uuid(_) => match part.short_text() {
                Some(text) => visitor.visit_str(text.as_str()),
                None => Err(Unreadable),
            },
            // What a column has comes later: here stands something of its shape.
            Part::Open(Place::Created | Place::Started | Place::Ready) => visitor.visit_str("1970-01-01T00:00:00Z"),
            Part::Open(_) => visitor.visit_str("x"),
            Part::Object(shape) => {
                self.deeper()?;
                let tables = self.tables;
                let keys = tables.shape(shape)?.iter();
                let mut fields = Fields { keys, reading: self };
                let value = visitor.visit_map(&mut fields)?;
                if fields.keys.len() == 0 { Ok(value) } else { Err(Unreadable) }
            }
            Part::List(count) => {
                self.deeper()?;
                if count > self.bytes.0.len() {
                    return Err(Unreadable);
                }
                let mut items = Items { left: count, reading: self };
                let value = visitor.visit_seq(&mut items)?;
                if items.left == 0 { Ok(value) } else { Err(Unreadable) }
            }
            Part::Shared(number) => {
                let shared = self.tables.shared(number)?;
                if self.depth + shared.depth > DEEPEST {
                    return Err(Unreadable);
                }
                let mut bytes = Bytes(shared.bytes);
                let mut reading = Reading { bytes: &mut bytes, ..self };
                let part = reading.part()?;
                reading.give(part, visitor)
            }
        }
    }

    /// Goes past a value.
    fn skip(&mut self) -> Result<()> {
        self.tables.skip(|| self.part())
    }
}

impl<'a> serde::Deserializer<'a> for Reading<'_, 'a> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value> {
        let part = self.part()?;
        self.give(part, visitor)
    }

    fn deserialize_str<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value> {
        match self.part()? {
            part @ (Part::Text(_) | Part::Time(_) | Part::Uuid(_) | Part::Open(_)) => self.give(part, visitor),
            _ => Err(Unreadable),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value> {
        match self.part()? {
            Part::Null => visitor.visit_none(),
            part => {
                self.seen = Some(part);
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(mut self, name: &'static str, visitor: V) -> Result<V::Value> {
        let part = self.part()?;
        match part {
            Part::Text(number) if name == INTERNED => return hand_over(self.tables.name(number)?, visitor),
            Part::Time(seconds) if name == SECONDS => return time::hand_over(seconds, visitor),
            Part::Open(Place::Created | Place::Started | Place::Ready) if name == SECONDS => {
                return time::hand_over(0, visitor);
            }
            _ => self.seen = Some(part),
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        mut self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.part()? {
            Part::Text(number) => {
                let word: serde::de::value::StrDeserializer<'_, Unreadable> =
                    self.tables.text(number)?.into_deserializer();
                visitor.visit_enum(word)
            }
            _ => Err(Unreadable),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

struct Fields<'r, 'a> {
    keys: std::slice::Iter<'r, u32>,
    reading: Reading<'r, 'a>,
}

impl<'a> MapAccess<'a> for &mut Fields<'_, 'a> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(key) = self.keys.next() else { return Ok(None) };
        seed.deserialize(Key { number: *key as usize, tables: self.reading.tables }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(self.reading.inner())
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.keys.len())
    }
}

/// The key of a field.
struct Key<'r, 'a> {
    number: usize,
    tables: &'r Tables<'a>,
}

impl<'a> serde::Deserializer<'a> for Key<'_, 'a> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(self.tables.text(self.number)?)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == INTERNED {
            return hand_over(self.tables.name(self.number)?, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let word: serde::de::value::StrDeserializer<'_, Unreadable> =
            self.tables.text(self.number)?.into_deserializer();
        visitor.visit_enum(word)
    }

    // A number as a key is a text in JSON.
    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'r, 'a> {
    left: usize,
    reading: Reading<'r, 'a>,
}

impl<'a> SeqAccess<'a> for &mut Items<'_, 'a> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.reading.inner()).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}
