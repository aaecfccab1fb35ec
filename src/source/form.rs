//! The two forms of a snapshot: a `v1` List as kubectl prints it, its first item the record, an empty List for each kind of
//! which there is nothing; and our own ([`super::packed`]), which holds the same.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::compress::{Compression, Compressor};
use super::packed::PackedWriter;
use super::snapshot::Record;
use crate::decode::Kind;

/// A snapshot that is being written.
pub(super) enum Out<W: Write> {
    List(Compressor<W>),
    Own(Box<PackedWriter>, W),
}

impl<W: Write> Out<W> {
    pub(super) fn new(out: W, compression: Compression) -> Self {
        match compression {
            Compression::Own => Self::Own(Box::default(), out),
            text => Self::List(text.writer(out)),
        }
    }

    /// One that has objects already.
    pub(super) fn own(packed: PackedWriter, out: W) -> Self {
        Self::Own(Box::new(packed), out)
    }

    /// The record: it comes first.
    pub(super) fn record(&mut self, record: &Record) -> io::Result<()> {
        match self {
            Self::Own(packed, _) => packed.record(serde_json::to_vec(record)?),
            Self::List(out) => {
                out.write_all(b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n")?;
                serde_json::to_writer(out, record)?;
            }
        }
        Ok(())
    }

    /// An object.
    pub(super) fn value(&mut self, object: Value) -> io::Result<()> {
        match self {
            Self::Own(packed, _) => packed.add(object),
            Self::List(out) => {
                out.write_all(b",\n")?;
                Ok(serde_json::to_writer(out, &object)?)
            }
        }
    }

    /// An object that is JSON.
    pub(super) fn text(&mut self, object: &str) -> io::Result<()> {
        match self {
            Self::Own(packed, _) => packed.add(serde_json::from_str(object)?),
            Self::List(out) => {
                out.write_all(b",\n")?;
                out.write_all(object.as_bytes())
            }
        }
    }

    /// There is nothing of `kind`.
    pub(super) fn empty(&mut self, kind: Kind) -> io::Result<()> {
        let api_version = kind.api_version();
        match self {
            Self::Own(packed, _) => packed.empty(&api_version, kind.as_str()),
            Self::List(out) => {
                let list = format!("{}List", kind.as_str());
                write!(out, ",\n{}", json!({ "apiVersion": api_version, "kind": list, "items": [] }))?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Own(packed, mut out) => {
                packed.finish(&mut out)?;
                out.flush()
            }
            Self::List(mut out) => {
                out.write_all(b"\n]}\n")?;
                out.finish()
            }
        }
    }
}
