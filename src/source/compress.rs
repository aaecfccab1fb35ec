//! How a snapshot is packed: as its file's name says.

use std::io::{self, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// So much is one zstd frame.
const FRAME: usize = 1 << 22;

/// How a snapshot is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// As gzip.
    #[default]
    Gzip,
    /// As Zstandard: larger here than gzip, as its encoder knows the fastest level only.
    Zstd,
    /// Not at all: text that other tools read.
    Plain,
}

impl Compression {
    /// What the name of a file asks for: `.json` is text, `.zst` is Zstandard, anything else is gzip.
    pub fn of(file: &Path) -> Self {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::Plain,
            Some("zst") => Self::Zstd,
            _ => Self::Gzip,
        }
    }

    pub(super) fn writer<W: Write>(self, out: W) -> Compressor<W> {
        match self {
            Self::Gzip => Compressor::Gzip(GzEncoder::new(out, flate2::Compression::default())),
            Self::Zstd => Compressor::Zstd { out, frame: Vec::with_capacity(FRAME) },
            Self::Plain => Compressor::Plain(out),
        }
    }
}

/// Packs what is written to it.
pub(super) enum Compressor<W: Write> {
    Gzip(GzEncoder<W>),
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
