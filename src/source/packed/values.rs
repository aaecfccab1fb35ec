//! How a JSON value is written down: numbers, of which the low three bits say what the rest is.
//!
//! The same value is always written in the same way, so that equal values can be found by their bytes.

use serde_json::{Number, Value};

use super::bytes::{Bytes, folded, put, unfolded};
use super::{PackedError, Result};
use crate::api::Timestamp;

/// So many places of a pod can be left open.
pub(super) const PLACES: usize = 6;

/// An open place of a template, filled from the column of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    Name = 0,
    Uid = 1,
    Created = 2,
    Node = 3,
    Started = 4,
    Ready = 5,
}

impl Place {
    pub(super) const ALL: [Self; PLACES] =
        [Self::Name, Self::Uid, Self::Created, Self::Node, Self::Started, Self::Ready];
}

const SIMPLE: u64 = 0;
const TEXT: u64 = 1;
const OBJECT: u64 = 2;
const LIST: u64 = 3;
const SHARED: u64 = 4;
const INTEGER: u64 = 5;
const TIME: u64 = 6;
const OTHER: u64 = 7;

/// The next part of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Null,
    Bool(bool),
    /// The text of this number.
    Text(usize),
    /// An object with the keys of this shape; so many values follow.
    Object(usize),
    /// So many values follow.
    List(usize),
    /// The shared value of this number.
    Shared(usize),
    Integer(i64),
    /// Seconds since the epoch, a text as the API writes it.
    Time(i64),
    /// A text of lower-case hex digits and four dashes.
    Uuid([u8; 16]),
    /// More than an `i64` holds.
    Large(u64),
    Float(f64),
    /// What a column has.
    Open(Place),
}

impl Part {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let mut tagged = |tag: u64, payload: u64| put(out, payload << 3 | tag);
        match self {
            Self::Null => tagged(SIMPLE, 0),
            Self::Bool(value) => tagged(SIMPLE, 1 + u64::from(value)),
            Self::Text(number) => tagged(TEXT, number as u64),
            Self::Object(shape) => tagged(OBJECT, shape as u64),
            Self::List(count) => tagged(LIST, count as u64),
            Self::Shared(number) => tagged(SHARED, number as u64),
            Self::Integer(number) if i32::try_from(number).is_ok() => tagged(INTEGER, folded(number)),
            Self::Time(seconds) => tagged(TIME, folded(seconds)),
            Self::Uuid(bytes) => {
                tagged(OTHER, 0);
                out.extend(bytes);
            }
            Self::Large(number) => {
                tagged(OTHER, 1);
                put(out, number);
            }
            Self::Float(number) => {
                tagged(OTHER, 2);
                out.extend(number.to_bits().to_le_bytes());
            }
            Self::Integer(number) => {
                tagged(OTHER, 3);
                put(out, folded(number));
            }
            Self::Open(place) => tagged(OTHER, 16 + place as u64),
        }
    }

    #[inline]
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self> {
        let number = bytes.number()?;
        let payload = number >> 3;
        let count = payload as usize;
        Ok(match number & 7 {
            SIMPLE => match payload {
                0 => Self::Null,
                1 => Self::Bool(false),
                2 => Self::Bool(true),
                _ => return Err(PackedError::Damaged("a value is of an unknown kind")),
            },
            TEXT => Self::Text(count),
            OBJECT => Self::Object(count),
            LIST => Self::List(count),
            SHARED => Self::Shared(count),
            INTEGER => Self::Integer(unfolded(payload)),
            TIME => Self::Time(unfolded(payload)),
            _ => match payload {
                0 => Self::Uuid(bytes.take(16)?.try_into().unwrap_or_default()),
                1 => Self::Large(bytes.number()?),
                2 => {
                    let bits = bytes.take(8)?.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
                    Self::Float(f64::from_bits(bits))
                }
                3 => Self::Integer(unfolded(bytes.number()?)),
                payload => {
                    let place = Place::ALL.get((payload as usize).wrapping_sub(16)).copied();
                    Self::Open(place.ok_or(PackedError::Damaged("a value is of an unknown kind"))?)
                }
            },
        })
    }

    /// A number or a text that has a shorter form than itself.
    pub(super) fn of_number(number: &Number) -> Self {
        match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Self::Integer(number),
            (None, Some(number)) => Self::Large(number),
            (None, None) => Self::Float(number.as_f64().unwrap_or_default()),
        }
    }

    /// The same of a text; none for one that has none.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        seconds(text).map(Self::Time).or_else(|| uuid(text).map(Self::Uuid))
    }

    /// The text that a time or a uid is.
    pub(super) fn short_text(self) -> Option<ShortText> {
        match self {
            Self::Time(seconds) => Some(ShortText::time(seconds)),
            Self::Uuid(bytes) => Some(ShortText::uuid(bytes)),
            _ => None,
        }
    }
}

/// The seconds of a time that is written as the API does: only then is it the same text again.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let looks = bytes.len() == 20 && bytes.get(10) == Some(&b'T') && bytes.last() == Some(&b'Z');
    if !looks {
        return None;
    }
    let Timestamp(seconds) = text.parse().ok()?;
    (ShortText::time(seconds).as_str() == text).then_some(seconds)
}

/// The bytes of a text of 8-4-4-4-12 lower-case hex digits.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0_u8; 16];
    let mut digits = 0;
    for (place, byte) in text.iter().enumerate() {
        if DASHES.contains(&place) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        if let Some(there) = bytes.get_mut(digits / 2) {
            *there = *there << 4 | digit;
        }
        digits += 1;
    }
    Some(bytes)
}

/// The first second of the year 1, and the last one that is read as a time, near the end of 9999.
pub(super) const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_200;

const DASHES: [usize; 4] = [8, 13, 18, 23];

/// A text of at most 36 bytes.
#[derive(Clone, Copy)]
pub(super) struct ShortText {
    bytes: [u8; 36],
    length: usize,
}

impl ShortText {
    fn uuid(uuid: [u8; 16]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [b'-'; 36];
        let mut digits = uuid.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (place, byte) in bytes.iter_mut().enumerate() {
            if !DASHES.contains(&place) {
                let digit = digits.next().unwrap_or_default();
                *byte = DIGITS.get(usize::from(digit)).copied().unwrap_or_default();
            }
        }
        Self { bytes, length: 36 }
    }

    /// As the API writes it; years have four digits ([`YEARS`]).
    fn time(seconds: i64) -> Self {
        let seconds = seconds.clamp(*YEARS.start(), *YEARS.end());
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Years begin in March here, so that a leap day is the last of its year; 400 of them have 146,097 days.
        let days = days + 719_468;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let mut bytes = [0; 36];
        if let Some(room) = bytes.first_chunk_mut::<20>() {
            *room = *b"0000-00-00T00:00:00Z";
            let hours = (second / 3_600, second / 60 % 60, second % 60);
            for (at, two) in
                [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, hours.0), (14, hours.1), (17, hours.2)]
            {
                for (digit, at) in [(two / 10, at), (two % 10, at + 1)] {
                    if let Some(byte) = room.get_mut(at) {
                        *byte = b'0' + digit as u8;
                    }
                }
            }
        }
        Self { bytes, length: 20 }
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes.get(..self.length).unwrap_or_default()).unwrap_or_default()
    }
}

/// Whether a value is small enough to stand wherever it comes again.
pub(super) fn is_small(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        for part in [
            Part::Null,
            Part::Bool(true),
            Part::Bool(false),
            Part::Text(70_000),
            Part::Object(3),
            Part::List(0),
            Part::Shared(9),
            Part::Integer(-1),
            Part::Integer(i64::MAX),
            Part::Integer(i64::MIN),
            Part::Time(1_780_000_000),
            Part::Time(-1),
            Part::Uuid([7; 16]),
            Part::Large(u64::MAX),
            Part::Float(-1.5e300),
            Part::Open(Place::Ready),
        ] {
            let mut out = Vec::new();
            part.write(&mut out);
            let mut bytes = Bytes(&out);
            assert_eq!(Part::read(&mut bytes), Ok(part));
            assert_eq!(bytes.end(), Ok(()), "{part:?}");
        }
        assert!(Part::read(&mut Bytes(b"\x18")).is_err());
        assert!(Part::read(&mut Bytes(b"\x07ab")).is_err());
    }

    #[test]
    fn times_are_written_as_the_api_does() {
        let mut seconds = *YEARS.start();
        while seconds <= *YEARS.end() {
            assert_eq!(ShortText::time(seconds).as_str(), Timestamp(seconds).to_string());
            seconds += 86_400 * 13 + 3_661;
        }
        for seconds in [*YEARS.end(), -1, 0, 951_782_400, 951_868_799, 4_107_542_400] {
            assert_eq!(ShortText::time(seconds).as_str(), Timestamp(seconds).to_string());
        }
    }

    #[test]
    fn texts_with_a_shorter_form_are_the_same_texts_again() {
        for text in ["2026-08-13T20:44:43Z", "1969-12-31T23:59:59Z", "0da8c916-e812-429e-a910-b5ff20bd9492"] {
            let part = Part::of_text(text).unwrap();
            assert_eq!(part.short_text().unwrap().as_str(), text);
        }
        for text in [
            "2026-08-13T20:44:43.5Z",
            "2026-08-13t20:44:43Z",
            "2026-08-13T20:44:43+00:00",
            "2026-08-13T20:44:60Z",
            "0DA8c916-e812-429e-a910-b5ff20bd9492",
            "0da8c916ae812-429e-a910-b5ff20bd9492",
            "0da8c916-e812-429e-a910-b5ff20bd949g",
            "",
        ] {
            assert_eq!(Part::of_text(text), None, "{text}");
        }
    }
}
