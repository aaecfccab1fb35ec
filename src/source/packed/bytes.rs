//! Numbers and lengths as bytes: little endian, seven bits a byte where they are small as a rule.

use super::{PackedError, Result};

/// Adds a number, seven bits a byte.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A number that may be negative, near zero as a rule, as one that is not.
pub(super) fn folded(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// What [`folded`] was made from.
pub(super) fn unfolded(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<u64> {
        // Most are small.
        let (number, rest) = match self.0 {
            [one @ ..0x80, rest @ ..] => (u64::from(*one), rest),
            [one, two @ ..0x80, rest @ ..] => (u64::from(one & 0x7f) | u64::from(*two) << 7, rest),
            [one, two, three @ ..0x80, rest @ ..] => {
                (u64::from(one & 0x7f) | u64::from(two & 0x7f) << 7 | u64::from(*three) << 14, rest)
            }
            _ => return self.long_number(),
        };
        self.0 = rest;
        Ok(number)
    }

    #[cold]
    fn long_number(&mut self) -> Result<u64> {
        let mut number = 0;
        for (place, byte) in self.0.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.0 = self.0.get(place + 1..).unwrap_or_default();
                return Ok(number);
            }
        }
        Err(PackedError::Damaged("a number is cut off"))
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(PackedError::Damaged("a length is wrong"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A length, and so many bytes.
    pub(super) fn block(&mut self) -> Result<Self> {
        let count = self.length()?;
        Ok(Self(self.take(count)?))
    }

    /// How many things follow, each at least one byte.
    pub(super) fn length(&mut self) -> Result<usize> {
        let count = self.number()?;
        let count = usize::try_from(count).ok().filter(|count| *count <= self.0.len());
        count.ok_or(PackedError::Damaged("a length is wrong"))
    }

    /// So many lengths and, behind all of them, so many blocks.
    pub(super) fn blocks(&mut self) -> Result<Vec<&'a [u8]>> {
        let count = self.length()?;
        let mut lengths = *self;
        for _ in 0..count {
            self.number()?;
        }
        (0..count)
            .map(|_| {
                let length = lengths.number()?;
                self.take(usize::try_from(length).unwrap_or(usize::MAX))
            })
            .collect()
    }

    /// Four bytes, little endian.
    pub(super) fn fixed(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(PackedError::Damaged("a section is too long")) }
    }
}

/// Blocks on their way into a section: [`Bytes::blocks`].
#[derive(Default)]
pub(super) struct Blocks {
    count: u64,
    lengths: Vec<u8>,
    bodies: Vec<u8>,
}

impl Blocks {
    /// Adds one that `write` writes.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bodies.len();
        write(&mut self.bodies);
        put(&mut self.lengths, (self.bodies.len() - before) as u64);
        self.count += 1;
    }

    /// Whether it is time for the next section.
    pub(super) fn is_full(&self) -> bool {
        self.bodies.len() >= super::SECTION
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds all of them to `out`; none are left.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        put(out, self.count);
        out.append(&mut self.lengths);
        out.append(&mut self.bodies);
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, 2_097_151, 2_097_152, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            put(&mut out, number);
            let mut bytes = Bytes(&out);
            assert_eq!(bytes.number(), Ok(number));
            assert_eq!(bytes.end(), Ok(()));
        }
        for number in [0, -1, 1, i64::MIN, i64::MAX, 12345, -12345] {
            assert_eq!(unfolded(folded(number)), number);
        }
    }

    #[test]
    fn lengths_are_compared_with_what_is_there() {
        assert!(Bytes(b"\x80\x80").number().is_err());
        assert!(Bytes(b"\xff\xff\xff\xff\x7fxx").length().is_err());
        assert!(Bytes(b"\x02\x01\x05ab").blocks().is_err());
        assert_eq!(Bytes(b"\x02\x01\x02abc").blocks(), Ok(vec![&b"a"[..], b"bc"]));
        assert!(Bytes(b"\x02\x01").fixed().is_err());
    }
}
