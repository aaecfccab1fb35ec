//! Pods: the number of a template, and what is in the places that it leaves open, each place a column.

use serde_json::Value;

use super::bytes::{Bytes, folded, put, unfolded};
use super::tables::Tables;
use super::values::{PLACES, Part, Place, ShortText, YEARS, seconds, uuid};
use super::{PackedError, Result};

/// So many pods are one section.
const ROWS: u32 = 1 << 13;
/// Kubernetes' longest name; longer texts stay in the template.
const LONGEST_NAME: usize = 253;

/// What is in the open places of one pod. Places that its template does not leave open have what an earlier pod had.
#[derive(Clone, Debug, Default)]
pub(super) struct Row<'a> {
    pub(super) template: usize,
    pub(super) name: &'a str,
    pub(super) uid: [u8; 16],
    pub(super) created: i64,
    /// The number of a text.
    pub(super) node: usize,
    pub(super) started: i64,
    pub(super) ready: i64,
    /// Which places are open: the bit of each place's number.
    pub(super) open: u64,
}

impl Row<'_> {
    /// Whether there is something in `place`.
    pub(super) fn has(&self, place: Place) -> bool {
        self.open & (1 << place as u64) != 0
    }

    /// What is in `place`, as a text.
    pub(super) fn text(&self, place: Place, tables: &Tables<'_>) -> Result<String> {
        let time =
            |seconds| Part::Time(seconds).short_text().as_ref().map(ShortText::as_str).unwrap_or_default().to_owned();
        Ok(match place {
            Place::Name => self.name.to_owned(),
            Place::Uid => {
                Part::Uuid(self.uid).short_text().as_ref().map(ShortText::as_str).unwrap_or_default().to_owned()
            }
            Place::Created => time(self.created),
            Place::Node => tables.text(self.node)?.to_owned(),
            Place::Started => time(self.started),
            Place::Ready => time(self.ready),
        })
    }
}

/// Whether what stands in `place` of a pod can go into its column.
pub(super) fn fits(place: Place, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    match place {
        Place::Name => !text.is_empty() && text.len() <= LONGEST_NAME,
        Place::Node => !text.is_empty(),
        Place::Uid => uuid(text).is_some(),
        Place::Created | Place::Started | Place::Ready => seconds(text).is_some(),
    }
}

/// Columns that are being written.
#[derive(Default)]
pub(super) struct Columns {
    count: u32,
    templates: Vec<u8>,
    places: [Vec<u8>; PLACES],
    last: Last,
}

/// What the next value is compared with.
#[derive(Default)]
struct Last {
    name: Vec<u8>,
    created: i64,
    started: i64,
}

impl Columns {
    pub(super) fn is_full(&self) -> bool {
        self.count >= ROWS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a pod of `template`, with the values of its open places; `node` is the number of the node's text.
    pub(super) fn add(&mut self, template: u64, values: &[Option<&str>; PLACES], node: usize) {
        self.count += 1;
        put(&mut self.templates, template);
        for place in Place::ALL {
            let (Some(out), Some(Some(text))) = (self.places.get_mut(place as usize), values.get(place as usize))
            else {
                continue;
            };
            let last = &mut self.last;
            let time = seconds(text).unwrap_or_default();
            match place {
                Place::Name => {
                    let name = text.as_bytes();
                    let same = last.name.iter().zip(name).take_while(|(a, b)| a == b).count();
                    put(out, same as u64);
                    put(out, (name.len() - same) as u64);
                    out.extend(name.get(same..).unwrap_or_default());
                    last.name = name.to_vec();
                }
                Place::Uid => out.extend(uuid(text).unwrap_or_default()),
                Place::Node => put(out, node as u64),
                Place::Created => put(out, folded(time.wrapping_sub(std::mem::replace(&mut last.created, time)))),
                Place::Started => {
                    put(out, folded(time.wrapping_sub(last.created)));
                    last.started = time;
                }
                Place::Ready => put(out, folded(time.wrapping_sub(last.started))),
            }
        }
    }

    /// Adds them to `out`; none are left.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        put(out, u64::from(self.count));
        for column in std::iter::once(&self.templates).chain(&self.places) {
            put(out, column.len() as u64);
            out.extend(column);
        }
        *self = Self::default();
    }
}

/// The columns of a section.
pub(super) struct Rows<'a> {
    pub(super) count: usize,
    templates: Bytes<'a>,
    places: [Bytes<'a>; PLACES],
}

impl<'a> Rows<'a> {
    pub(super) fn read(mut bytes: Bytes<'a>) -> Result<Self> {
        let count = bytes.length()?;
        let templates = bytes.block()?;
        let mut places = [Bytes(&[]); PLACES];
        for place in &mut places {
            *place = bytes.block()?;
        }
        bytes.end()?;
        if count > templates.0.len() {
            return Err(PackedError::Damaged("a length is wrong"));
        }
        Ok(Self { count, templates, places })
    }

    /// Gives every pod to `take`. `open` says which places a template leaves open.
    pub(super) fn each(
        mut self,
        open: impl Fn(usize) -> Result<u64>,
        mut take: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut name: Vec<u8> = Vec::new();
        let mut row = Row::default();
        for _ in 0..self.count {
            let template = self.templates.number()? as usize;
            row = Row { template, open: open(template)?, name: "", ..row };
            let [names, uids, created, nodes, started, ready] = &mut self.places;
            if row.has(Place::Name) {
                let (same, more) = (names.number()? as usize, names.number()? as usize);
                if same > name.len() || more > LONGEST_NAME || same + more > LONGEST_NAME {
                    return Err(PackedError::Damaged("a name is too long"));
                }
                name.truncate(same);
                name.extend(names.take(more)?);
            }
            if row.has(Place::Uid) {
                row.uid = uids.take(16)?.try_into().unwrap_or_default();
            }
            if row.has(Place::Created) {
                row.created = time(row.created, created)?;
            }
            if row.has(Place::Node) {
                row.node = nodes.number()? as usize;
            }
            if row.has(Place::Started) {
                row.started = time(row.created, started)?;
            }
            if row.has(Place::Ready) {
                row.ready = time(row.started, ready)?;
            }
            let text = std::str::from_utf8(&name).map_err(|_| PackedError::Damaged("a name is not UTF-8"))?;
            take(&Row { name: text, ..row.clone() })?;
        }
        [self.templates].iter().chain(&self.places).try_for_each(|rest| rest.end())
    }
}

/// So many seconds after `before`.
fn time(before: i64, column: &mut Bytes<'_>) -> Result<i64> {
    let time = before.wrapping_add(unfolded(column.number()?));
    if YEARS.contains(&time) { Ok(time) } else { Err(PackedError::Damaged("a time is out of range")) }
}
