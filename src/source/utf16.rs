//! UTF-16 text as UTF-8, a piece at a time: PowerShell's `>` writes what kubectl prints so.

use std::io::{self, BufReader, Cursor, ErrorKind, Read};

/// Units that are read at a time.
const PIECE: usize = 1 << 14;

/// The text of `source` in UTF-8; what is no character becomes U+FFFD.
pub(super) struct Utf16<R> {
    source: BufReader<R>,
    /// One unit from its two bytes, in the order that the byte order mark says.
    unit: fn([u8; 2]) -> u16,
    /// The first half of a pair whose second half was not yet read.
    half: Option<u16>,
    text: Cursor<Vec<u8>>,
}

impl<R: Read> Utf16<R> {
    /// `source` stands behind the byte order mark.
    pub(super) fn new(source: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { source: BufReader::new(source), unit, half: None, text: Cursor::default() }
    }

    /// The next piece; empty at the end.
    fn piece(&mut self) -> io::Result<String> {
        let mut units: Vec<u16> = self.half.take().into_iter().collect();
        while units.len() < PIECE {
            let mut bytes = [0; 2];
            match self.source.read_exact(&mut bytes) {
                Ok(()) => units.push((self.unit)(bytes)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        // The first half of a pair waits for the second one.
        if units.len() >= PIECE && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
            self.half = units.pop();
        }
        Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(room)?;
        if count > 0 || room.is_empty() {
            return Ok(count);
        }
        self.text = Cursor::new(self.piece()?.into_bytes());
        self.text.read(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_across_pieces_stay_whole() {
        let text = "a😀".repeat(PIECE);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut read = String::new();
        Utf16::new(bytes.as_slice(), u16::from_le_bytes).read_to_string(&mut read).unwrap();
        assert!(read == text);
        let lone = [0xD83D_u16, 0x61].map(u16::to_be_bytes).concat();
        let mut read = String::new();
        Utf16::new(lone.as_slice(), u16::from_be_bytes).read_to_string(&mut read).unwrap();
        assert_eq!(read, "\u{FFFD}a");
    }
}
