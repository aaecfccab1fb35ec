//! The snapshot's own form: every text, list and object that comes again is stored once, and pods are columns.
//!
//! It holds JSON values, no more and no less, so that it knows nothing of kinds and one decoder serves both forms:
//! [`deserializer`] reads a value straight into what the decoder keeps, [`text`] writes it as JSON for everybody else.
//! Pods of one template differ in seven places; the template is stored once with these left open, and the seven are
//! columns ([`columns`]). docs/snapshot-format.md describes the bytes.
//!
//! Whatever the bytes say, nothing is allocated before it is known to be there: lengths are compared with what remains,
//! a section unpacks to at most [`MOST_RATIO`] times its size, and a value that refers to others is measured before it
//! is read.

mod bytes;
mod columns;
mod deserializer;
mod openings;
mod reader;
mod sections;
mod state;
mod tables;
mod text;
mod values;
mod writer;

#[cfg(test)]
mod tests;

pub(super) use reader::{Contents, read, texts};
pub(super) use state::ObjectSink;
pub(super) use writer::PackedWriter;

/// What a file begins with: no text begins so, and what a transfer as text would change is in it.
pub(super) const MAGIC: &[u8] = b"\x89KSNAP\r\n";
/// The version of the form that is written; older ones are read.
const VERSION: u32 = 1;
/// A section is unpacked to at most so many times its size; the writer stores what would shrink more as it is.
const MOST_RATIO: usize = 64;
/// A section is not larger than this, unpacked.
const MOST_SECTION: usize = 1 << 26;
/// About so many bytes are one section: small enough that all cores have some to unpack.
const SECTION: usize = 1 << 19;
/// Values lie no deeper in one another; `serde_json` has the same limit.
const DEEPEST: u32 = 127;
/// The parts of one object, those that it refers to included. The largest objects of an API server have a thousandth.
const MOST_PARTS: u64 = 1 << 20;
/// The parts of all objects, for each byte of the unpacked sections: a pod takes some twenty bytes and has two hundred.
const MOST_PARTS_A_BYTE: u64 = 256;

/// What is wrong with a snapshot, in words that follow "the snapshot".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PackedError {
    /// A newer tool wrote it.
    #[error(
        "the snapshot has version {0} of the format, and this release reads up to version {VERSION}; use a newer release"
    )]
    Newer(u32),
    /// It ends too early.
    #[error("the snapshot is cut off; copy or write it again")]
    CutOff,
    /// A checksum differs.
    #[error("the snapshot is damaged: section {0} does not match its checksum; copy or write it again")]
    Checksum(usize),
    /// Something else stands where it should not.
    #[error("the snapshot is damaged: {0}; copy or write it again")]
    Damaged(&'static str),
}

type Result<T> = std::result::Result<T, PackedError>;
