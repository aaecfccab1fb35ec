//! Takes a file apart, and gives its objects as JSON to all that read JSON.

use std::io;

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::bytes::Bytes;
use super::columns::{Row, Rows};
use super::sections::{self, Holds, Section};
use super::tables::Tables;
use super::{PackedError, Result, openings, text};
use crate::decode::Kind;
use crate::source::error::{Fault, InputProblem};
use crate::source::scan::TypeMeta;
use crate::source::snapshot::Record;
use crate::source::walk::{Decoder, FoundBy, Sink, describe};

/// So many objects are text at a time.
const AT_ONCE: usize = 1 << 12;

/// A file, taken apart.
pub(in crate::source) struct Contents<'a> {
    pub(super) tables: Tables<'a>,
    pub(super) record: &'a [u8],
    pub(super) templates: Vec<Template<'a>>,
    pub(super) groups: Vec<Group<'a>>,
    /// Types of which there is nothing.
    pub(super) empty: Vec<TypeMeta<'a>>,
}

/// A pod with open places.
pub(super) struct Template<'a> {
    pub(super) bytes: &'a [u8],
    /// Which they are: the bit of each place's number.
    pub(super) open: u64,
}

/// Objects of one type.
pub(super) struct Group<'a> {
    pub(super) of: TypeMeta<'a>,
    pub(super) holds: Objects<'a>,
}

pub(super) enum Objects<'a> {
    Pods(Bytes<'a>),
    Values(Vec<&'a [u8]>),
}

impl<'a> Contents<'a> {
    fn of(sections: &'a [Section]) -> Result<Self> {
        let tables = Tables::read(sections)?;
        let mut contents = Self { tables, record: &[], templates: Vec::new(), groups: Vec::new(), empty: Vec::new() };
        for section in sections {
            let mut bytes = Bytes(&section.bytes);
            match section.holds {
                Holds::Record => contents.record = bytes.0,
                Holds::Templates => {
                    let template = |bytes| {
                        let open = contents.tables.open_places(bytes)?;
                        openings::check(bytes, &contents.tables)?;
                        Ok(Template { bytes, open })
                    };
                    let found = bytes.blocks()?.into_par_iter().map(template).collect::<Result<Vec<_>>>()?;
                    contents.templates.extend(found);
                }
                Holds::Pods => {
                    let of = contents.type_of(&mut bytes)?;
                    // Else they would be pods where they are read directly, and something else as text.
                    if Kind::of(of.api_version, of.kind) != Some(Kind::Pod) {
                        return Err(PackedError::Damaged("a section of pods says that it holds something else"));
                    }
                    contents.groups.push(Group { of, holds: Objects::Pods(bytes) });
                }
                Holds::Objects => {
                    let of = contents.type_of(&mut bytes)?;
                    contents.groups.push(Group { of, holds: Objects::Values(bytes.blocks()?) });
                }
                Holds::Empty => {
                    while !bytes.0.is_empty() {
                        let of = contents.type_of(&mut bytes)?;
                        contents.empty.push(of);
                    }
                }
                Holds::End | Holds::Texts | Holds::Shapes | Holds::Shared => {}
            }
        }
        Ok(contents)
    }

    fn type_of(&self, bytes: &mut Bytes<'_>) -> Result<TypeMeta<'a>> {
        let mut text = || self.tables.text(bytes.number()? as usize);
        Ok(TypeMeta { api_version: text()?, kind: text()? })
    }

    pub(super) fn template(&self, number: usize) -> Result<&Template<'a>> {
        self.templates.get(number).ok_or(PackedError::Damaged("a template is missing"))
    }

    /// A pod as JSON.
    pub(super) fn pod(&self, of: TypeMeta<'_>, row: &Row<'_>) -> Result<Vec<u8>> {
        let template = self.template(row.template)?;
        text::object(of.api_version, of.kind, template.bytes, Some(row), &self.tables)
    }

    /// Gives everything to `sink`, as JSON.
    pub(in crate::source) fn each<S: Sink + ?Sized>(&self, sink: &mut S) -> std::result::Result<(), Fault> {
        let decoder = sink.decoder();
        self.aside(&decoder, sink)?;
        for group in &self.groups {
            let mut texts = Vec::new();
            let mut flush = |texts: &mut Vec<Vec<u8>>| {
                let found: Vec<FoundBy<S>> = texts
                    .par_iter()
                    .map(|text| decoded(&decoder, group.of, text))
                    .collect::<std::result::Result<_, _>>()?;
                texts.clear();
                for found in found {
                    sink.take(found);
                }
                Ok::<(), Fault>(())
            };
            match &group.holds {
                Objects::Values(values) => {
                    for some in values.chunks(AT_ONCE) {
                        let text = |value: &&[u8]| {
                            text::object(group.of.api_version, group.of.kind, value, None, &self.tables)
                        };
                        let mut texts = some.par_iter().map(text).collect::<Result<_>>()?;
                        flush(&mut texts)?;
                    }
                }
                Objects::Pods(bytes) => {
                    let open = |template| Ok(self.template(template)?.open);
                    Rows::read(*bytes)?.each(open, |row| {
                        texts.push(self.pod(group.of, row)?);
                        Ok(())
                    })?;
                    flush(&mut texts)?;
                }
            }
        }
        Ok(())
    }

    /// What is no object: the record, and the kinds of which there is nothing.
    pub(super) fn aside<S: Sink + ?Sized>(&self, decoder: &S::Decoder, sink: &mut S) -> std::result::Result<(), Fault> {
        let found = decoded(decoder, Record::TYPE, self.record)?;
        sink.take(found);
        self.empty.iter().for_each(|of| sink.list(Some(*of)));
        Ok(())
    }
}

/// What a decoder finds in an object.
pub(super) fn decoded<D: Decoder>(decoder: &D, of: TypeMeta<'_>, text: &[u8]) -> std::result::Result<D::Found, Fault> {
    let found = decoder.decode(of, text);
    found
        .map(|(found, _)| found)
        .map_err(|error| Fault { line: 0, problem: InputProblem::Broken(describe(&error, text)) })
}

/// Gives the text of every object in `file` to `take`.
pub(in crate::source) fn texts(
    file: &[u8],
    mut take: impl FnMut(TypeMeta<'_>, &str) -> io::Result<()>,
) -> io::Result<()> {
    let sections = sections::read(file).map_err(io::Error::other)?;
    let contents = Contents::of(&sections).map_err(io::Error::other)?;
    let mut take = |of: TypeMeta<'_>, text: Vec<u8>| take(of, &String::from_utf8(text).map_err(io::Error::other)?);
    for group in &contents.groups {
        match &group.holds {
            Objects::Values(values) => {
                for value in values {
                    let of = group.of;
                    let text = text::object(of.api_version, of.kind, value, None, &contents.tables);
                    take(of, text.map_err(io::Error::other)?)?;
                }
            }
            Objects::Pods(bytes) => {
                let open = |template| Ok(contents.template(template)?.open);
                let mut taken = Ok(());
                let rows = Rows::read(*bytes).map_err(io::Error::other)?;
                let read = rows.each(open, |row| {
                    let text = contents.pod(group.of, row)?;
                    if taken.is_ok() {
                        taken = take(group.of, text);
                    }
                    Ok(())
                });
                read.map_err(io::Error::other).and(taken)?;
            }
        }
    }
    Ok(())
}

/// Gives everything in `file` to `sink`.
pub(in crate::source) fn read<S: Sink>(file: &[u8], sink: &mut S) -> std::result::Result<(), Fault> {
    let sections = sections::read(file)?;
    let contents = Contents::of(&sections)?;
    sink.packed(&contents)
}

impl From<PackedError> for Fault {
    fn from(error: PackedError) -> Self {
        Self { line: 0, problem: InputProblem::Packed(error.to_string()) }
    }
}
