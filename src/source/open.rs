//! Opening an input: decompression, and telling text from binary data.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Error, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::limits::Limit;
use super::progress::{Counted, FileProgress};
use super::utf16::Utf16;

const GZIP: &[u8] = b"\x1f\x8b";
/// What the decoder takes, and what a frame may need in memory.
const LARGEST_WINDOW: u64 = 100 << 20;
const WINDOW: &str = "its zstd window is larger than 100 MiB; compress it with a smaller --long";
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
    let sent = Arc::new(AtomicU64::new(0));
    let packed = |source| BufReader::with_capacity(1 << 16, Sent { source, bytes: Arc::clone(&sent) });
    let plain: Box<dyn Read> = if gzip {
        Box::new(Expanded { plain: MultiGzDecoder::new(packed(whole)), bytes: 0, sent: Arc::clone(&sent) })
    } else if zstd {
        Box::new(Expanded { plain: ZstdReader::new(packed(whole)), bytes: 0, sent: Arc::clone(&sent) })
    } else {
        Box::new(whole)
    };
    utf_8(plain)
}

/// Compressed data; counts what is read of it.
struct Sent<R> {
    source: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Sent<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(room)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// What compressed data expands to, as far as that is credible.
struct Expanded<R> {
    plain: R,
    bytes: u64,
    sent: Arc<AtomicU64>,
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.plain.read(room)?;
        self.bytes += count as u64;
        let sent = self.sent.load(Ordering::Relaxed);
        if self.bytes > Limit::Expansion.most() && self.bytes > sent.saturating_mul(Limit::Ratio.most()) {
            return Err(Limit::Expansion.into());
        }
        Ok(count)
    }
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
    Ok(Box::new(Utf16::new(source, read)))
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
        FrameDecoderError::WindowSizeTooBig { .. } => WINDOW,
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

    /// The header of the next frame (RFC 8878, 3.1.1.1 and 3.1.2), as far as it is there.
    fn header(&mut self) -> io::Result<Vec<u8>> {
        let mut header = Vec::new();
        let mut read = |source: &mut R, more: usize| -> io::Result<Vec<u8>> {
            source.take(more as u64).read_to_end(&mut header)?;
            Ok(header.clone())
        };
        let start = read(&mut self.source, 5)?;
        let Some(descriptor) = start.get(4).filter(|_| start.starts_with(ZSTD)) else {
            return read(&mut self.source, 3);
        };
        let is_single = descriptor & 0x20 != 0;
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content = [usize::from(is_single), 2, 4, 8][usize::from(descriptor >> 6)];
        let header = read(&mut self.source, usize::from(!is_single) + dictionary + content)?;
        // The decoder keeps a whole window before it hands anything on, and believes in the first one whatever its size.
        let window = if is_single {
            let bytes = header.get(5 + dictionary..).unwrap_or_default();
            let size = bytes.iter().rev().fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
            if content == 2 { size + 256 } else { size }
        } else {
            let byte = u64::from(header.get(5).copied().unwrap_or_default());
            let base = 1 << (10 + (byte >> 3));
            base + base / 8 * (byte & 7)
        };
        if window > LARGEST_WINDOW {
            return Err(Error::new(ErrorKind::InvalidData, WINDOW));
        }
        Ok(header)
    }

    /// Starts on the next frame; answers whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            let header = self.header()?;
            match self.decoder.reset(&mut header.as_slice()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expands_beyond_belief_is_refused() {
        let expanded = |sent: u64| Expanded { plain: io::repeat(b' '), bytes: 0, sent: Arc::new(AtomicU64::new(sent)) };
        let read = |sent: u64, bytes: u64| {
            let mut room = vec![0; 1 << 20];
            let mut source = expanded(sent);
            (0..bytes >> 20).try_for_each(|_| source.read_exact(&mut room))
        };
        let size = Limit::Expansion.most();
        let error = read(size / Limit::Ratio.most() - 1, size + (1 << 20)).unwrap_err();
        assert_eq!(error.downcast::<Limit>().unwrap(), Limit::Expansion);
        assert!(read(size / Limit::Ratio.most() + 5000, size + (1 << 20)).is_ok());
        assert!(read(1, size).is_ok());
    }
}
