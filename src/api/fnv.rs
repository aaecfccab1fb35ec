//! A hash that is the same on every machine (FNV-1a, 64 bits): for what outlives a process, and for sets of
//! names whose order must not depend on where they are.

use std::hash::Hasher;

/// A sum of what was written to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    // Numbers have one order of bytes, and lengths one width.

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected: u64) {
        let mut sum = Fnv::default();
        sum.write(text.as_bytes());
        assert_eq!(sum.finish(), expected, "{text}");
    }

    /// From the hash's own test vectors.
    #[test]
    fn sums_are_those_of_fnv_1a() {
        case("", 0xcbf2_9ce4_8422_2325);
        case("a", 0xaf63_dc4c_8601_ec8c);
        case("foobar", 0x8594_4171_f739_67e8);
    }
}
