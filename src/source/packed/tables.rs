//! What values refer to: texts, the keys of objects, and values that come more than once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bytes::Bytes;
use super::sections::{Holds, Section};
use super::values::{Part, Place};
use super::{DEEPEST, MOST_PARTS, MOST_PARTS_A_BYTE, PackedError, Result};
use crate::api::{Name, name};

/// The tables of a file.
pub(super) struct Tables<'a> {
    texts: Vec<&'a str>,
    /// The names that texts are, each interned when it is first asked for.
    names: Vec<OnceLock<Name>>,
    shapes: Vec<Box<[u32]>>,
    shared: Vec<Shared<'a>>,
    /// How many parts may still be read of all objects.
    left: AtomicU64,
}

/// A value that comes more than once.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    pub(super) bytes: &'a [u8],
    /// Of how many parts it is, those of what it refers to included.
    pub(super) parts: u64,
    /// How deep they lie in one another.
    pub(super) depth: u32,
    /// Which places it leaves open, of a template that has it.
    pub(super) open: u64,
}

impl<'a> Tables<'a> {
    pub(super) fn read(sections: &'a [Section]) -> Result<Self> {
        let unpacked: u64 = sections.iter().map(|section| section.bytes.len() as u64).sum();
        let left = AtomicU64::new(unpacked.saturating_mul(MOST_PARTS_A_BYTE));
        let mut tables = Self { texts: Vec::new(), names: Vec::new(), shapes: Vec::new(), shared: Vec::new(), left };
        let each = |holds| sections.iter().filter(move |section| section.holds == holds);
        for section in each(Holds::Texts) {
            for text in Bytes(&section.bytes).blocks()? {
                tables.texts.push(std::str::from_utf8(text).map_err(|_| PackedError::Damaged("a text is not UTF-8"))?);
            }
        }
        tables.names.resize_with(tables.texts.len(), OnceLock::new);
        for section in each(Holds::Shapes) {
            for shape in Bytes(&section.bytes).blocks()? {
                let shape = tables.shape_of(Bytes(shape))?;
                tables.shapes.push(shape);
            }
        }
        for section in each(Holds::Shared) {
            for value in Bytes(&section.bytes).blocks()? {
                let shared = tables.measured(value)?;
                tables.shared.push(shared);
            }
        }
        Ok(tables)
    }

    fn shape_of(&self, mut bytes: Bytes<'_>) -> Result<Box<[u32]>> {
        let mut keys = Vec::new();
        while !bytes.0.is_empty() {
            let key = bytes.number()?;
            self.text(key as usize)?;
            keys.push(key as u32);
        }
        Ok(keys.into())
    }

    /// The places that a template leaves open: the bit of each one's number.
    pub(super) fn open_places(&self, template: &'a [u8]) -> Result<u64> {
        let mut open = 0;
        self.measure(template, |place| open |= 1 << place as u64)?;
        Ok(open)
    }

    /// Goes past a value, of which `part` gives one part after the other.
    pub(super) fn skip<E: From<PackedError>>(
        &self,
        mut part: impl FnMut() -> std::result::Result<Part, E>,
    ) -> std::result::Result<(), E> {
        let mut missing = 1_usize;
        while missing > 0 {
            missing -= 1;
            missing = missing.saturating_add(match part()? {
                Part::Object(shape) => self.shape(shape)?.len(),
                Part::List(count) => count,
                _ => 0,
            });
        }
        Ok(())
    }

    /// A value that refers to earlier ones only: so none refers to itself.
    fn measured(&self, value: &'a [u8]) -> Result<Shared<'a>> {
        let mut open = 0;
        let mut shared = self.measure(value, |place| open |= 1 << place as u64)?;
        shared.open = open;
        Ok(shared)
    }

    fn measure(&self, value: &'a [u8], mut found: impl FnMut(Place)) -> Result<Shared<'a>> {
        let mut bytes = Bytes(value);
        let (mut parts, mut depth) = (0_u64, 0_u32);
        // What is still missing of each value that lies around the next part.
        let mut open: Vec<usize> = vec![1];
        while let Some(missing) = open.last_mut() {
            if *missing == 0 {
                open.pop();
                continue;
            }
            *missing -= 1;
            let here = open.len() as u32;
            let (own, inner) = match Part::read(&mut bytes)? {
                Part::Shared(number) => {
                    let shared = self.shared(number)?;
                    Place::ALL.into_iter().filter(|place| shared.open & (1 << *place as u64) != 0).for_each(&mut found);
                    (shared.parts, shared.depth)
                }
                Part::Object(shape) => {
                    open.push(self.shape(shape)?.len());
                    (1, 1)
                }
                Part::List(count) if count <= bytes.0.len() => {
                    open.push(count);
                    (1, 1)
                }
                Part::List(_) => return Err(PackedError::Damaged("a length is wrong")),
                Part::Open(place) => {
                    found(place);
                    (1, 0)
                }
                _ => (1, 0),
            };
            parts = parts.saturating_add(own);
            depth = depth.max(here - 1 + inner);
            if parts > MOST_PARTS || depth > DEEPEST {
                return Err(PackedError::Damaged("a value is too large"));
            }
        }
        bytes.end()?;
        Ok(Shared { bytes: value, parts, depth, open: 0 })
    }

    /// Notes that so many parts were read: a small file cannot keep a reader busy for hours.
    pub(super) fn spend(&self, parts: u64) -> Result<()> {
        let before = self.left.fetch_sub(parts, Ordering::Relaxed);
        if before < parts { Err(PackedError::Damaged("its values are too large together")) } else { Ok(()) }
    }

    pub(super) fn text(&self, number: usize) -> Result<&'a str> {
        self.texts.get(number).copied().ok_or(PackedError::Damaged("a text is missing"))
    }

    /// The name that a text is.
    pub(super) fn name(&self, number: usize) -> Result<Name> {
        let text = self.text(number)?;
        let place = self.names.get(number).ok_or(PackedError::Damaged("a text is missing"))?;
        Ok(*place.get_or_init(|| name(text)))
    }

    /// The keys of an object.
    pub(super) fn shape(&self, number: usize) -> Result<&[u32]> {
        self.shapes.get(number).map(|keys| &**keys).ok_or(PackedError::Damaged("the keys of an object are missing"))
    }

    pub(super) fn shared(&self, number: usize) -> Result<Shared<'a>> {
        self.shared.get(number).copied().ok_or(PackedError::Damaged("a shared value is missing"))
    }
}
