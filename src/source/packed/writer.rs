//! Packs objects: equal texts, keys and values are found, and what came more than once is stored once.

use std::io::{self, Write};

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde_json::Value;

use super::bytes::{Blocks, Bytes, put};
use super::columns::{Columns, fits};
use super::openings::{Opening, POD, READY, is_ready};
use super::sections::{self, Holds, Section};
use super::values::{PLACES, Part, Place, is_small};
use crate::decode::Kind;

/// Objects on their way into a file.
#[derive(Default)]
pub(in crate::source) struct PackedWriter {
    record: Vec<u8>,
    texts: IndexSet<Box<str>, FxBuildHasher>,
    shapes: IndexSet<Box<[u32]>, FxBuildHasher>,
    /// Every object and list that is not empty, and how many others have it. What lies in it is a number of this.
    values: IndexMap<Box<[u8]>, u32, FxBuildHasher>,
    groups: Vec<Group>,
    /// Which group takes the next object of a type.
    open: FxHashMap<(u32, u32), usize>,
    /// The values that are templates.
    templates: IndexSet<u32, FxBuildHasher>,
    pods: Vec<Section>,
    columns: Columns,
    empty: Vec<(u32, u32)>,
}

/// Objects of one type.
struct Group {
    api_version: u32,
    kind: u32,
    values: Vec<u32>,
}

/// What was found in the open places of a pod.
type Found<'v> = [Option<&'v str>; PLACES];

impl PackedWriter {
    /// What the snapshot says of itself, as JSON.
    pub(in crate::source) fn record(&mut self, json: Vec<u8>) {
        self.record = json;
    }

    /// Notes that there is nothing of a kind.
    pub(in crate::source) fn empty(&mut self, api_version: &str, kind: &str) {
        let of = (self.text(api_version), self.text(kind));
        self.empty.push(of);
    }

    /// Adds an object, which has an `apiVersion` and a `kind`.
    ///
    /// # Errors
    /// It has none.
    pub(in crate::source) fn add(&mut self, mut object: Value) -> io::Result<()> {
        let Value::Object(fields) = &mut object else { return Err(no_object()) };
        let mut take = |key: &str| match fields.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(no_object()),
        };
        let (api_version, kind) = (take("apiVersion")?, take("kind")?);
        if Kind::of(&api_version, &kind) == Some(Kind::Pod) && api_version == "v1" {
            let mut found = Found::default();
            let value = self.container(&object, Some(&POD), &mut found);
            let (template, _) = self.templates.insert_full(value);
            let node = found.get(Place::Node as usize).copied().flatten().map(|node| self.text(node));
            self.columns.add(template as u64, &found, node.unwrap_or_default() as usize);
            if self.columns.is_full() {
                self.finish_pods();
            }
            return Ok(());
        }
        let value = self.container(&object, None, &mut Found::default());
        let (api_version, kind) = (self.text(&api_version), self.text(&kind));
        let place = *self.open.entry((api_version, kind)).or_insert_with(|| {
            self.groups.push(Group { api_version, kind, values: Vec::new() });
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(place) {
            group.values.push(value);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(place) = self.texts.get_index_of(text) {
            return place as u32;
        }
        self.texts.insert_full(text.into()).0 as u32
    }

    /// The number of an object or a list.
    fn container<'v>(&mut self, value: &'v Value, opening: Option<&Opening>, found: &mut Found<'v>) -> u32 {
        let mut body = Vec::with_capacity(64);
        let mut inner = Vec::new();
        match value {
            Value::Object(fields) => {
                let shape = fields.keys().map(|key| self.text(key)).collect();
                Part::Object(self.shape(shape)).write(&mut body);
                for (key, value) in fields {
                    let opening = opening.and_then(|opening| opening.field(key));
                    self.value(value, opening, found, &mut body, &mut inner);
                }
            }
            Value::Array(items) => {
                Part::List(items.len()).write(&mut body);
                let mut ready =
                    matches!(opening, Some(Opening::Conditions)).then(|| items.iter().position(is_ready)).flatten();
                for (place, item) in items.iter().enumerate() {
                    let opening = ready.take_if(|ready| *ready == place).map(|_| &READY);
                    self.value(item, opening, found, &mut body, &mut inner);
                }
            }
            scalar => self.value(scalar, None, found, &mut body, &mut inner),
        }
        if let Some(known) = self.values.get_index_of(body.as_slice()) {
            return known as u32;
        }
        for inner in inner {
            if let Some((_, uses)) = self.values.get_index_mut(inner as usize) {
                *uses += 1;
            }
        }
        self.values.insert_full(body.into(), 0).0 as u32
    }

    fn shape(&mut self, keys: Box<[u32]>) -> usize {
        match self.shapes.get_index_of(&keys) {
            Some(known) => known,
            None => self.shapes.insert_full(keys).0,
        }
    }

    fn value<'v>(
        &mut self,
        value: &'v Value,
        opening: Option<&Opening>,
        found: &mut Found<'v>,
        body: &mut Vec<u8>,
        inner: &mut Vec<u32>,
    ) {
        if let Some(Opening::At(place)) = opening
            && fits(*place, value)
            && let Some(room) = found.get_mut(*place as usize)
        {
            *room = value.as_str();
            return Part::Open(*place).write(body);
        }
        let part = match value {
            Value::Null => Part::Null,
            Value::Bool(value) => Part::Bool(*value),
            Value::Number(number) => Part::of_number(number),
            Value::String(text) => Part::of_text(text).unwrap_or_else(|| Part::Text(self.text(text) as usize)),
            small if is_small(small) => match small {
                Value::Array(_) => Part::List(0),
                _ => Part::Object(self.shape(Box::default())),
            },
            container => {
                let number = self.container(container, opening, found);
                inner.push(number);
                Part::Shared(number as usize)
            }
        };
        part.write(body);
    }

    fn finish_pods(&mut self) {
        let mut bytes = Vec::new();
        for text in ["v1", "Pod"] {
            put(&mut bytes, u64::from(self.text(text)));
        }
        self.columns.finish(&mut bytes);
        self.pods.push(Section { holds: Holds::Pods, bytes });
    }

    /// Writes the file.
    ///
    /// # Errors
    /// What `out` says.
    pub(in crate::source) fn finish(mut self, out: impl Write) -> io::Result<()> {
        if !self.columns.is_empty() {
            self.finish_pods();
        }
        let mut sections = vec![Section { holds: Holds::Record, bytes: std::mem::take(&mut self.record) }];
        let blocks = |holds, head: &[u8], sections: &mut Vec<Section>, each: &mut dyn FnMut(&mut Blocks) -> bool| {
            let mut blocks = Blocks::default();
            loop {
                let is_last = !each(&mut blocks);
                if blocks.is_full() || is_last && !blocks.is_empty() {
                    let mut bytes = head.to_vec();
                    blocks.finish(&mut bytes);
                    sections.push(Section { holds, bytes });
                }
                if is_last {
                    return;
                }
            }
        };
        let mut texts = self.texts.iter();
        blocks(Holds::Texts, &[], &mut sections, &mut |blocks| {
            texts.next().map(|text| blocks.add(|out| out.extend(text.as_bytes()))).is_some()
        });
        let mut shapes = self.shapes.iter();
        blocks(Holds::Shapes, &[], &mut sections, &mut |blocks| {
            shapes
                .next()
                .map(|shape| blocks.add(|out| shape.iter().for_each(|key| put(out, u64::from(*key)))))
                .is_some()
        });
        let values = Values::new(&self.values);
        let mut shared = values.shared.iter();
        blocks(Holds::Shared, &[], &mut sections, &mut |blocks| {
            shared.next().map(|value| blocks.add(|out| values.write(*value, out))).is_some()
        });
        let mut templates = self.templates.iter();
        blocks(Holds::Templates, &[], &mut sections, &mut |blocks| {
            templates.next().map(|value| blocks.add(|out| values.write(*value, out))).is_some()
        });
        sections.append(&mut self.pods);
        for group in &self.groups {
            let mut head = Vec::new();
            put(&mut head, u64::from(group.api_version));
            put(&mut head, u64::from(group.kind));
            let mut objects = group.values.iter();
            blocks(Holds::Objects, &head, &mut sections, &mut |blocks| {
                objects.next().map(|value| blocks.add(|out| values.write(*value, out))).is_some()
            });
        }
        let mut empty = Vec::new();
        for (api_version, kind) in &self.empty {
            put(&mut empty, u64::from(*api_version));
            put(&mut empty, u64::from(*kind));
        }
        sections.push(Section { holds: Holds::Empty, bytes: empty });
        sections::write(&sections, out)
    }
}

/// Values as they are written: those that come once where they are, the others by their number among those.
struct Values<'w> {
    all: &'w IndexMap<Box<[u8]>, u32, FxBuildHasher>,
    /// Those that others refer to.
    shared: Vec<u32>,
    numbers: Vec<Option<u32>>,
}

impl<'w> Values<'w> {
    fn new(all: &'w IndexMap<Box<[u8]>, u32, FxBuildHasher>) -> Self {
        let (mut shared, mut numbers) = (Vec::new(), vec![None; all.len()]);
        for ((place, (body, uses)), number) in all.iter().enumerate().zip(&mut numbers) {
            // A number in place of less would save nothing.
            if *uses > 1 && body.len() > 3 {
                *number = Some(shared.len() as u32);
                shared.push(place as u32);
            }
        }
        Self { all, shared, numbers }
    }

    /// Writes a value, not its number.
    fn write(&self, value: u32, out: &mut Vec<u8>) {
        let Some((body, _)) = self.all.get_index(value as usize) else { return };
        let mut bytes = Bytes(body);
        while !bytes.0.is_empty() {
            match Part::read(&mut bytes) {
                Ok(Part::Shared(inner)) => match self.numbers.get(inner).copied().flatten() {
                    Some(number) => Part::Shared(number as usize).write(out),
                    None => self.write(inner as u32, out),
                },
                Ok(part) => part.write(out),
                // What was written here can be read.
                Err(_) => return,
            }
        }
    }
}

fn no_object() -> io::Error {
    io::Error::other("an object has no apiVersion or no kind")
}
