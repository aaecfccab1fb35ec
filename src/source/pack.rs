//! Objects that wait, pruned and compressed: a line each.

use std::io::{self, BufRead, BufReader, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::prune::prune;
use crate::cluster::Kind;

/// Takes objects.
pub(super) struct Packer(GzEncoder<Vec<u8>>);

impl Default for Packer {
    fn default() -> Self {
        Self(GzEncoder::new(Vec::new(), Compression::fast()))
    }
}

impl Packer {
    /// Takes an object of `kind`, prunes it, and writes its `apiVersion` and `kind` into it, which
    /// the API leaves out in a list of one kind.
    pub(super) fn add(&mut self, kind: Kind, api_version: &str, mut object: Value) -> serde_json::Result<()> {
        if let Value::Object(fields) = &mut object {
            fields.insert("apiVersion".to_owned(), json!(api_version));
            fields.insert("kind".to_owned(), json!(kind.as_str()));
        }
        prune(kind, &mut object);
        let place = Kind::ALL.iter().position(|other| *other == kind).unwrap_or_default();
        write!(self.0, "{place}\t").map_err(serde_json::Error::io)?;
        serde_json::to_writer(&mut self.0, &object)?;
        self.0.write_all(b"\n").map_err(serde_json::Error::io)
    }

    /// All objects that it took.
    pub(super) fn finish(self) -> io::Result<Pack> {
        Ok(Pack(self.0.finish()?))
    }
}

/// Objects, compressed.
pub(super) struct Pack(Vec<u8>);

impl Pack {
    /// Gives the JSON text of every object to `take`.
    pub(super) fn each(&self, mut take: impl FnMut(Kind, &str) -> io::Result<()>) -> io::Result<()> {
        for line in BufReader::new(GzDecoder::new(self.0.as_slice())).lines() {
            let line = line?;
            let (place, object) = line.split_once('\t').unwrap_or_default();
            if let Some(kind) = place.parse::<usize>().ok().and_then(|place| Kind::ALL.get(place)) {
                take(*kind, object)?;
            }
        }
        Ok(())
    }
}
