//! In which form a snapshot is written: as its file's name says.

use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// So much is one zstd frame.
const FRAME: usize = 1 << 22;

/// In which form a snapshot is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// The form of this tool, which is read fastest (docs/snapshot-format.md).
    #[default]
    Own,
    /// JSON, compressed with gzip.
    Gzip,
    /// JSON, compressed with Zstandard: larger here than gzip, as its encoder knows the fastest level only.
    Zstd,
    /// JSON as text that other tools read.
    Plain,
}

impl Compression {
    /// What the name of a file asks for: `.json` is text, `.gz` and `.zst` are compressed JSON, anything else (`.ksnap`)
    /// is the tool's own form.
    pub fn of(file: &Path) -> Self {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::Plain,
            Some("zst") => Self::Zstd,
            Some("gz") => Self::Gzip,
            _ => Self::Own,
        }
    }

    /// What compresses text; text of our own form is not there.
    pub(super) fn writer<W: Write>(self, out: W) -> Compressor<W> {
        match self {
            Self::Gzip => Compressor::Gzip(Box::new(GzEncoder::new(out, flate2::Compression::default()))),
            Self::Zstd => Compressor::Zstd { out, frame: Vec::with_capacity(FRAME) },
            Self::Plain | Self::Own => Compressor::Plain(out),
        }
    }
}

/// Packs what is written to it.
pub(super) enum Compressor<W: Write> {
    Gzip(Box<GzEncoder<W>>),
    Zstd { out: W, frame: Vec<u8> },
    Plain(W),
}

impl<W: Write> Compressor<W> {
    /// Writes what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd { mut out, frame } => {
                out.write_all(&compress_to_vec(&*frame, CompressionLevel::Fastest))?;
                out.flush()
            }
            Self::Plain(mut out) => out.flush(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Plain(out) => out.write(bytes),
            Self::Zstd { out, frame } => {
                frame.extend_from_slice(bytes);
                if frame.len() >= FRAME {
                    out.write_all(&compress_to_vec(&**frame, CompressionLevel::Fastest))?;
                    frame.clear();
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd { out, .. } | Self::Plain(out) => out.flush(),
        }
    }
}
