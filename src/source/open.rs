//! Opening an input: decompression, and telling text from binary data.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Error, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::progress::{Counted, FileProgress};

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// So many bytes tell text from binary data.
pub(super) const TELLING: usize = 1024;

/// Opens the file at `path`, decompressed. `progress` hears how far it was read.
pub(super) fn file(path: &Path, progress: Option<Arc<dyn FileProgress>>) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    let Some(progress) = progress else { return decompressed(file) };
    let of = file.metadata().map_or(0, |there| there.len());
    decompressed(Counted { file, bytes: 0, of, progress })
}

/// Standard input, decompressed.
pub(super) fn stdin() -> io::Result<Box<dyn Read>> {
    decompressed(io::stdin())
}

/// Bytes that are there already, decompressed.
pub(super) fn memory(bytes: Arc<[u8]>) -> io::Result<Box<dyn Read>> {
    decompressed(Cursor::new(bytes))
}

/// Goes by what `source` begins with, whatever it is called.
fn decompressed<R: Read + 'static>(mut source: R) -> io::Result<Box<dyn Read>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    source.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (gzip, zstd) = (head.starts_with(GZIP), head == ZSTD);
    let whole = Cursor::new(head).chain(source);
    let plain: Box<dyn Read> = if gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))
    } else if zstd {
        Box::new(ZstdReader::new(BufReader::with_capacity(1 << 16, whole)))
    } else {
        Box::new(whole)
    };
    utf_8(plain)
}

/// Text in UTF-16 with a byte order mark, as PowerShell's `>` writes it, as UTF-8; anything else as it is.
fn utf_8(mut source: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let mut mark = Vec::with_capacity(2);
    source.by_ref().take(2).read_to_end(&mut mark)?;
    let read: fn([u8; 2]) -> u16 = match mark.as_slice() {
        b"\xff\xfe" => u16::from_le_bytes,
        b"\xfe\xff" => u16::from_be_bytes,
        _ => return Ok(Box::new(Cursor::new(mark).chain(source))),
    };
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Ok(Box::new(Cursor::new(text.into_bytes())))
}

/// What binary data the text that begins with `head` is, if it is no text.
pub(super) fn binary(head: &[u8]) -> Option<&'static str> {
    let head = head.get(..TELLING).unwrap_or(head);
    if head.starts_with(b"PK\x03\x04") {
        return Some("a zip archive; unpack it");
    }
    if head.starts_with(b"\xfd7zXZ") || head.starts_with(b"BZh") {
        return Some("compressed with xz or bzip2; decompress it");
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive; unpack it and name the directory");
    }
    head.contains(&0).then_some("binary data")
}

fn broken(error: &FrameDecoderError) -> Error {
    let words = match error {
        FrameDecoderError::WindowSizeTooBig { .. } => "its zstd window is too large; compress it with a smaller --long",
        FrameDecoderError::DictNotProvided { .. } => "it was compressed with a zstd dictionary",
        _ => "the zstd data is broken or cut off",
    };
    Error::new(ErrorKind::InvalidData, words)
}

/// A zstd stream: frames one after another, some to be skipped.
struct ZstdReader<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdReader<R> {
    fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), in_frame: false }
    }

    /// Starts on the next frame; answers whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.next_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let wanted = BlockDecodingStrategy::UptoBytes(room.len());
                self.decoder.decode_blocks(&mut self.source, wanted).map_err(|error| broken(&error))?;
            }
            let count = self.decoder.read(room)?;
            if count > 0 || room.is_empty() {
                return Ok(count);
            }
            let written = self.decoder.get_checksum_from_data();
            if written.is_some() && written != self.decoder.get_calculated_checksum() {
                return Err(Error::new(ErrorKind::InvalidData, "the zstd data does not match its checksum"));
            }
            self.in_frame = false;
        }
    }
}
