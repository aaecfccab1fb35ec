//! Sections: what a file is made of. Each is deflated by itself, so that all cores pack and unpack, and has a checksum.

use std::io::{self, Read, Write};

use flate2::read::{DeflateDecoder, DeflateEncoder};
use flate2::{Compression, Crc};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::bytes::Bytes;
use super::{MAGIC, MOST_RATIO, MOST_SECTION, PackedError, Result, VERSION};

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Holds {
    /// How many sections come before it: the last one.
    End = 0,
    /// What the snapshot says of itself, as JSON.
    Record = 1,
    /// Texts.
    Texts = 2,
    /// The keys of objects.
    Shapes = 3,
    /// Values that others refer to.
    Shared = 4,
    /// Pods with open places.
    Templates = 5,
    /// Pods: a template, and what is in its open places.
    Pods = 6,
    /// Objects of one type.
    Objects = 7,
    /// Types of which there is nothing.
    Empty = 8,
}

impl Holds {
    fn of(byte: u8) -> Option<Self> {
        const ALL: [Holds; 9] = [
            Holds::End,
            Holds::Record,
            Holds::Texts,
            Holds::Shapes,
            Holds::Shared,
            Holds::Templates,
            Holds::Pods,
            Holds::Objects,
            Holds::Empty,
        ];
        ALL.get(usize::from(byte)).copied()
    }
}

/// A section, unpacked.
pub(super) struct Section {
    pub(super) holds: Holds,
    pub(super) bytes: Vec<u8>,
}

/// Packs the sections and writes the file.
pub(super) fn write(sections: &[Section], mut out: impl Write) -> io::Result<()> {
    let packed: Vec<Vec<u8>> = sections.par_iter().map(packed).collect::<io::Result<_>>()?;
    out.write_all(MAGIC)?;
    out.write_all(&VERSION.to_le_bytes())?;
    for section in packed {
        out.write_all(&section)?;
    }
    let mut count = Vec::new();
    super::bytes::put(&mut count, sections.len() as u64);
    self::packed(&Section { holds: Holds::End, bytes: count }).and_then(|section| out.write_all(&section))
}

/// A section as it stands in the file.
fn packed(section: &Section) -> io::Result<Vec<u8>> {
    let plain = section.bytes.as_slice();
    if plain.len() > MOST_SECTION {
        return Err(io::Error::other("an object is too large for a snapshot"));
    }
    let mut packed = deflated(plain, Compression::default())?;
    if plain.len() > packed.len().saturating_mul(MOST_RATIO) {
        packed = deflated(plain, Compression::none())?;
    }
    let mut out = vec![section.holds as u8];
    for length in [packed.len(), plain.len()] {
        out.extend((length as u32).to_le_bytes());
    }
    let sum = checksum(&out, &packed);
    out.extend(sum.to_le_bytes());
    out.append(&mut packed);
    Ok(out)
}

fn deflated(plain: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut packed = Vec::with_capacity(plain.len() / 2);
    DeflateEncoder::new(plain, level).read_to_end(&mut packed)?;
    Ok(packed)
}

fn checksum(head: &[u8], packed: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(head);
    sum.update(packed);
    sum.sum()
}

/// Its kind, and how long it is packed and unpacked.
const HEAD: usize = 9;

/// A section that was not unpacked yet.
struct Packed<'a> {
    holds: Holds,
    head: &'a [u8],
    sum: u32,
    bytes: &'a [u8],
    length: usize,
}

/// All sections of a file but its last, unpacked.
pub(super) fn read(file: &[u8]) -> Result<Vec<Section>> {
    let mut bytes = Bytes(file);
    let cut_off = |_| PackedError::CutOff;
    bytes.take(MAGIC.len()).map_err(cut_off)?;
    let version = bytes.fixed().map_err(cut_off)?;
    if version > VERSION {
        return Err(PackedError::Newer(version));
    }
    if version == 0 {
        return Err(PackedError::Damaged("it has no version"));
    }
    let mut found = Vec::new();
    loop {
        let whole = bytes.take(HEAD).map_err(cut_off)?;
        let mut fields = Bytes(whole);
        let kind = fields.take(1)?.first().copied().unwrap_or_default();
        let (count, length) = (fields.fixed()? as usize, fields.fixed()? as usize);
        let sum = bytes.fixed().map_err(cut_off)?;
        let packed = bytes.take(count).map_err(cut_off)?;
        let holds = Holds::of(kind).ok_or(PackedError::Damaged("a section is of an unknown kind"))?;
        if length > MOST_SECTION || length > count.saturating_mul(MOST_RATIO) {
            return Err(PackedError::Damaged("a section claims to be larger than it can be"));
        }
        found.push(Packed { holds, head: whole, sum, bytes: packed, length });
        if holds == Holds::End {
            break;
        }
    }
    if !bytes.0.is_empty() {
        return Err(PackedError::Damaged("something follows its end"));
    }
    let mut sections: Vec<Section> =
        found.into_par_iter().enumerate().map(|(place, section)| section.unpacked(place)).collect::<Result<_>>()?;
    let end = sections.pop().map(|section| section.bytes).unwrap_or_default();
    if Bytes(&end).number()? != sections.len() as u64 {
        return Err(PackedError::Damaged("sections are missing"));
    }
    Ok(sections)
}

impl Packed<'_> {
    fn unpacked(&self, place: usize) -> Result<Section> {
        if checksum(self.head, self.bytes) != self.sum {
            return Err(PackedError::Checksum(place + 1));
        }
        let mut bytes = Vec::with_capacity(self.length);
        // One byte more than there may be shows that there is more.
        let unpacked = DeflateDecoder::new(self.bytes).take(self.length as u64 + 1).read_to_end(&mut bytes);
        if unpacked.is_err() || bytes.len() != self.length {
            return Err(PackedError::Damaged("a section does not unpack to its length"));
        }
        Ok(Section { holds: self.holds, bytes })
    }
}
