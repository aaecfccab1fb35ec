//! A rolling view of a stream: the bytes that are being looked at and no others.

use std::io::{self, ErrorKind, Read};

use super::limits::Limit;
use super::scan::is_white;

/// How much is read at a time. An object larger than this makes the window grow.
pub(super) const CAPACITY: usize = 1 << 18;
/// A longer run of blanks in JSON is made one.
const LONG_BLANK: usize = 1 << 12;

/// The part of a stream between what was consumed and what was not yet read.
pub(super) struct ReadWindow<R> {
    source: R,
    capacity: usize,
    /// How wide the window is, unless it holds something larger.
    usual: usize,
    buffer: Vec<u8>,
    /// What was read ahead of the buffer.
    ahead: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Whether nothing comes after what was read ahead.
    source_ended: bool,
    newlines: u64,
    /// Newlines of the bytes in view that were left out of them.
    left_out: u64,
}

impl<R: Read> ReadWindow<R> {
    /// Looks at `source`, `capacity` bytes at a time (at least one).
    pub(super) fn new(source: R, capacity: usize) -> Self {
        Self {
            source,
            capacity: capacity.max(1),
            usual: capacity.max(1),
            buffer: vec![0; capacity.max(1)],
            ahead: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            source_ended: false,
            newlines: 0,
            left_out: 0,
        }
    }

    /// What was read and not yet consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing comes after [`ReadWindow::bytes`].
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The line on which the first byte stands, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.newlines + 1
    }

    /// Leaves the first `count` bytes behind.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.newlines += newlines(self.bytes().get(..count).unwrap_or_default()) + std::mem::take(&mut self.left_out);
        self.start += count;
    }

    /// Newlines that were left out of the bytes in view.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Reads on; a window that is full of unconsumed bytes doubles, up to a limit. Answers whether any byte came.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() > self.usual && self.end <= self.usual / 2 {
            self.buffer.truncate(self.usual);
            self.buffer.shrink_to_fit();
        }
        if self.end == self.buffer.len() && !self.grow()? {
            return Ok(false);
        }
        let before = self.end;
        // To the brim, so that what did not fit is tried again only a few times.
        while let Some(room) = self.buffer.get_mut(self.end..).filter(|room| !room.is_empty()) {
            if !self.ahead.is_empty() {
                let count = self.ahead.as_slice().read(room)?;
                self.ahead.drain(..count);
                self.end += count;
            } else if self.source_ended {
                self.ended = true;
                break;
            } else {
                match self.source.read(room) {
                    Ok(0) => self.source_ended = true,
                    Ok(count) => self.end += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        // Whether this was all is known without another call.
        self.ended |= self.source_ended && self.ahead.is_empty();
        Ok(self.end > before)
    }

    /// Makes room in a full window, unless nothing comes any more.
    fn grow(&mut self) -> io::Result<bool> {
        let most = Limit::Object.length();
        if self.buffer.len() >= most {
            let mut byte = [0];
            if self.ahead.is_empty() && !self.source_ended {
                match self.source.read(&mut byte)? {
                    0 => self.source_ended = true,
                    _ => self.ahead.push(byte[0]),
                }
            }
            if !self.ahead.is_empty() {
                return Err(Limit::Object.into());
            }
            self.ended = true;
            return Ok(false);
        }
        let wider = self.buffer.len().saturating_mul(2).min(most);
        self.buffer.resize(wider, 0);
        Ok(true)
    }

    /// Leaves long blanks out of a window that is full, so that they need no memory. It holds JSON, from outside a
    /// string on.
    pub(super) fn squeeze(&mut self) {
        if self.end - self.start < self.buffer.len() {
            return;
        }
        let mut kept = Vec::new();
        let (mut at, mut from, mut left_out) = (0, 0, 0);
        let bytes = self.bytes();
        let (mut in_string, mut is_escaped) = (false, false);
        while let Some(byte) = bytes.get(at) {
            at += 1;
            if in_string {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => in_string = false,
                    _ => {}
                }
            } else if *byte == b'"' {
                in_string = true;
            } else if is_white(*byte) {
                let rest = bytes.get(at..).unwrap_or_default();
                let blanks = rest.iter().position(|byte| !is_white(*byte)).unwrap_or(rest.len());
                if blanks >= LONG_BLANK {
                    kept.extend_from_slice(bytes.get(from..at).unwrap_or_default());
                    left_out += newlines(rest.get(..blanks).unwrap_or_default());
                    from = at + blanks;
                }
                at += blanks;
            }
        }
        if from > 0 {
            let length = self.buffer.len();
            kept.extend_from_slice(bytes.get(from..).unwrap_or_default());
            self.buffer.truncate(0);
            self.buffer.extend_from_slice(&kept);
            self.end = kept.len();
            self.buffer.resize(length, 0);
            self.left_out += left_out;
        }
    }

    /// Everything that was not consumed, to the end of the stream.
    ///
    /// # Errors
    /// It is more than `limit`, or cannot be read.
    pub(super) fn rest(&mut self, limit: Limit) -> io::Result<Vec<u8>> {
        let mut bytes = self.bytes().to_vec();
        bytes.append(&mut self.ahead);
        let room = limit.most().saturating_sub(bytes.len() as u64);
        if !self.source_ended && self.source.by_ref().take(room + 1).read_to_end(&mut bytes)? as u64 > room {
            return Err(limit.into());
        }
        (self.start, self.end, self.ended, self.source_ended) = (0, 0, true, true);
        Ok(bytes)
    }

    /// How much is read at a time.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes the window at least `capacity` bytes wide; answers whether it was narrower.
    pub(super) fn widen(&mut self, capacity: usize) -> bool {
        let is_narrow = self.buffer.len() < capacity;
        self.usual = self.usual.max(capacity);
        if is_narrow {
            self.buffer.resize(capacity, 0);
        }
        is_narrow
    }

    /// The bytes in view, and what reads on meanwhile.
    pub(super) fn split(&mut self) -> (&[u8], ReadAhead<'_, R>) {
        let Self { source, buffer, ahead, start, end, source_ended, .. } = self;
        let ahead = ReadAhead { source, most: buffer.len(), bytes: ahead, ended: source_ended };
        (buffer.get(*start..*end).unwrap_or_default(), ahead)
    }
}

/// Reads what the window will need next.
pub(super) struct ReadAhead<'a, R> {
    source: &'a mut R,
    bytes: &'a mut Vec<u8>,
    /// As much as the window takes.
    most: usize,
    ended: &'a mut bool,
}

impl<R: Read> ReadAhead<'_, R> {
    /// Reads as much as the window takes.
    pub(super) fn fill(self) -> io::Result<()> {
        let missing = self.most.saturating_sub(self.bytes.len());
        if *self.ended || missing == 0 {
            return Ok(());
        }
        self.bytes.reserve_exact(missing);
        let read = self.source.by_ref().take(missing as u64).read_to_end(self.bytes)?;
        *self.ended = read < missing;
        Ok(())
    }
}

/// Counts in bytes, a run short enough not to overflow them at a time: the compiler makes that
/// a few instructions for many bytes.
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    bytes.chunks(255).map(|run| u64::from(run.iter().map(|byte| u8::from(*byte == b'\n')).sum::<u8>())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_consumed_stays_in_view() {
        let mut window = ReadWindow::new(&b"ab\ncdefgh"[..], 2);
        assert!(window.more().unwrap());
        assert_eq!(window.bytes(), b"ab");
        assert!(window.more().unwrap());
        assert_eq!((window.bytes(), window.line()), (&b"ab\nc"[..], 1));
        window.consume(3);
        assert_eq!((window.bytes(), window.line()), (&b"c"[..], 2));
        assert!(window.more().unwrap());
        // As wide as at first again.
        assert_eq!(window.bytes(), b"cd");
        for rest in [b"ef", b"gh"] {
            window.consume(usize::MAX);
            assert!(window.more().unwrap());
            assert_eq!(window.bytes(), rest);
        }
        assert!(!window.more().unwrap());
        assert!(window.ended());
    }

    #[test]
    fn what_is_read_ahead_comes_next_and_the_window_stays_as_wide() {
        let text: Vec<u8> = (0..100).collect();
        let mut window = ReadWindow::new(text.as_slice(), 4);
        assert!(window.widen(16) && !window.widen(16));
        let mut seen = Vec::new();
        while !window.ended() {
            window.more().unwrap();
            let (bytes, ahead) = window.split();
            seen.extend_from_slice(bytes);
            assert!(bytes.len() <= 16);
            ahead.fill().unwrap();
            window.consume(16);
        }
        assert_eq!(seen, text);
    }

    #[test]
    fn long_blanks_need_no_room_and_their_lines_count() {
        let blanks = " \n".repeat(LONG_BLANK);
        let text = format!("[1,{blanks}\"{blanks}\\\"{blanks}\",2]{blanks}3");
        let mut window = ReadWindow::new(text.as_bytes(), 1 << 10);
        while !window.ended() {
            window.squeeze();
            window.more().unwrap();
        }
        // Blanks outside of strings are few, those in one are all there.
        let left = String::from_utf8(window.bytes().to_vec()).unwrap();
        let (before, string) = left.split_once('"').unwrap();
        assert_eq!(before.trim_end(), "[1,");
        assert!(before.len() <= 4 + LONG_BLANK && string.starts_with(&format!("{blanks}\\\"{blanks}\",2]")));
        window.consume(window.bytes().len());
        assert_eq!(window.line(), 4 * LONG_BLANK as u64 + 1);
        assert!(window.buffer.len() < text.len());
    }

    #[test]
    fn a_window_has_a_largest_size() {
        let fits = vec![b'x'; Limit::Object.length()];
        let mut window = ReadWindow::new(fits.as_slice(), CAPACITY);
        while window.more().unwrap() {}
        assert_eq!(window.bytes().len(), fits.len());
        let mut window = ReadWindow::new(fits.chain(&b"x"[..]), CAPACITY);
        let error = loop {
            if let Err(error) = window.more() {
                break error;
            }
        };
        assert_eq!(error.downcast::<Limit>().unwrap(), Limit::Object);
    }

    #[test]
    fn newlines_are_counted_over_long_runs() {
        assert_eq!(newlines(&[b'\n'; 1000]), 1000);
        assert_eq!(newlines(b"a\nb"), 1);
    }
}
