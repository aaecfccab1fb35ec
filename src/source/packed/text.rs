//! Writes a value as JSON.

use super::bytes::Bytes;
use super::columns::Row;
use super::deserializer::Budget;
use super::tables::Tables;
use super::values::Part;
use super::{DEEPEST, PackedError, Result};

/// An object of this type, as JSON: what kubectl writes first stands first.
pub(super) fn object(
    api_version: &str,
    kind: &str,
    value: &[u8],
    row: Option<&Row<'_>>,
    tables: &Tables<'_>,
) -> Result<Vec<u8>> {
    let mut text = Text { out: Vec::with_capacity(1024), tables, row, budget: Budget::default() };
    let mut bytes = Bytes(value);
    text.out.extend(b"{\"apiVersion\":");
    text.quoted(api_version);
    text.out.extend(b",\"kind\":");
    text.quoted(kind);
    text.budget.take(1)?;
    let Part::Object(shape) = Part::read(&mut bytes)? else { return Err(PackedError::Damaged("an object is none")) };
    for key in tables.shape(shape)? {
        text.out.push(b',');
        text.field(*key, &mut bytes, 1)?;
    }
    text.out.push(b'}');
    bytes.end()?;
    tables.spend(text.budget.taken())?;
    Ok(text.out)
}

struct Text<'r, 'a> {
    out: Vec<u8>,
    tables: &'r Tables<'a>,
    row: Option<&'r Row<'r>>,
    budget: Budget,
}

impl Text<'_, '_> {
    fn quoted(&mut self, text: &str) {
        // Into memory nothing fails.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    fn field(&mut self, key: u32, bytes: &mut Bytes<'_>, depth: u32) -> Result<()> {
        self.quoted(self.tables.text(key as usize)?);
        self.out.push(b':');
        self.value(bytes, depth)
    }

    fn value(&mut self, bytes: &mut Bytes<'_>, depth: u32) -> Result<()> {
        self.budget.take(1)?;
        if depth > DEEPEST {
            return Err(PackedError::Damaged("a value is too large"));
        }
        match Part::read(bytes)? {
            Part::Null => self.out.extend(b"null"),
            Part::Bool(value) => self.out.extend(if value { &b"true"[..] } else { b"false" }),
            Part::Text(number) => self.quoted(self.tables.text(number)?),
            Part::Integer(number) => self.number(number),
            Part::Large(number) => self.number(number),
            Part::Float(number) => self.number(number),
            part @ (Part::Time(_) | Part::Uuid(_)) => {
                if let Some(text) = part.short_text() {
                    self.quoted(text.as_str());
                }
            }
            Part::Open(place) => {
                let row = self.row.ok_or(PackedError::Damaged("an open place is outside of a pod"))?;
                let text = row.text(place, self.tables)?;
                self.quoted(&text);
            }
            Part::Object(shape) => {
                self.out.push(b'{');
                for (place, key) in self.tables.shape(shape)?.iter().enumerate() {
                    if place > 0 {
                        self.out.push(b',');
                    }
                    self.field(*key, bytes, depth + 1)?;
                }
                self.out.push(b'}');
            }
            Part::List(count) => {
                self.out.push(b'[');
                for place in 0..count {
                    if place > 0 {
                        self.out.push(b',');
                    }
                    self.value(bytes, depth + 1)?;
                }
                self.out.push(b']');
            }
            Part::Shared(number) => {
                let shared = self.tables.shared(number)?;
                self.value(&mut Bytes(shared.bytes), depth)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, number: impl serde::Serialize) {
        let _ = serde_json::to_writer(&mut self.out, &number);
    }
}
