//! Reading quantities: upstream's scanner and its choice between the two forms
//! (apimachinery `pkg/api/resource/quantity.go` `parseQuantityString` and `ParseQuantity`).

use super::{Quantity, QuantityFormat, saturating_scaled_up};

/// Decimal digits that surely fit 64 bits.
const INT64_DIGITS: i32 = 18;
/// The finest scale: nothing below 10^-9 is kept.
const NANO: i32 = -9;

/// A text that is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// It is not digits, at most one dot, and a suffix.
    #[error("{0:?} is not a quantity: expected a number with an optional suffix, such as 500m, 1.5 or 2Gi")]
    Malformed(String),
    /// It has no digits at all.
    #[error("{0:?} is not a quantity: there is no number before the suffix")]
    NoNumber(String),
    /// What follows the digits is not a suffix.
    #[error(
        "{0:?} is not a quantity: unknown suffix, expected one of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3"
    )]
    UnknownSuffix(String),
}

/// A quantity taken apart.
struct Parts<'a> {
    negative: bool,
    /// Digits before the dot without leading zeros, but at least "0".
    whole: &'a str,
    /// Digits after the dot.
    fraction: &'a str,
    suffix: &'a str,
    /// Whether the text had any digit before the suffix.
    has_digits: bool,
}

pub(super) fn parse(text: &str) -> Result<Quantity, QuantityError> {
    let parts = split(text).ok_or_else(|| QuantityError::Malformed(text.to_owned()))?;
    let (exponent, format) = suffix(parts.suffix).ok_or_else(|| QuantityError::UnknownSuffix(text.to_owned()))?;
    if let Some(quantity) = int64(&parts, exponent, format) {
        return Ok(quantity);
    }
    if !parts.has_digits {
        return Err(QuantityError::NoNumber(text.to_owned()));
    }
    Ok(decimal(&parts, exponent, format))
}

/// Splits off what `belongs` from the front.
fn take(text: &str, belongs: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len());
    // `belongs` takes ASCII only, so the place is a character's beginning.
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn split(text: &str) -> Option<Parts<'_>> {
    if text.is_empty() {
        return None;
    }
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (zeros, rest) = take(unsigned, |byte| byte == b'0');
    let (digits, rest) = take(rest, |byte| byte.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => take(rest, |byte| byte.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, rest) = take(suffix, |byte| b"eEinumkKMGTP".contains(&byte));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    let (_, rest) = take(rest, |byte| byte.is_ascii_digit());
    if !rest.is_empty() {
        return None;
    }
    Some(Parts {
        negative,
        whole: if digits.is_empty() { "0" } else { digits },
        fraction,
        suffix,
        // A lone sign counts as zero upstream.
        has_digits: !(zeros.is_empty() && digits.is_empty() && fraction.is_empty()) || unsigned.is_empty(),
    })
}

/// The exponent (of two for `BinarySI`, else of ten) and format of a suffix (`suffix.go` `interpret`).
fn suffix(suffix: &str) -> Option<(i32, QuantityFormat)> {
    use QuantityFormat::{BinarySI, DecimalExponent, DecimalSI};
    Some(match suffix {
        "n" => (-9, DecimalSI),
        "u" => (-6, DecimalSI),
        "m" => (-3, DecimalSI),
        "" => (0, DecimalSI),
        "k" => (3, DecimalSI),
        "M" => (6, DecimalSI),
        "G" => (9, DecimalSI),
        "T" => (12, DecimalSI),
        "P" => (15, DecimalSI),
        "E" => (18, DecimalSI),
        "Ki" => (10, BinarySI),
        "Mi" => (20, BinarySI),
        "Gi" => (30, BinarySI),
        "Ti" => (40, BinarySI),
        "Pi" => (50, BinarySI),
        "Ei" => (60, BinarySI),
        _ => {
            let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (exponent as i32, DecimalExponent) // cut to 32 bits as upstream does
        }
    })
}

/// The `int64Amount` form, where upstream chooses it: by the number of digits, not by the amount.
fn int64(parts: &Parts<'_>, exponent: i32, format: QuantityFormat) -> Option<Quantity> {
    let digits = parts.whole.len() + parts.fraction.len();
    let (scale, room, factor) = match format {
        QuantityFormat::DecimalSI | QuantityFormat::DecimalExponent => (exponent, INT64_DIGITS, 1),
        // 2^10 takes three digits of the room.
        QuantityFormat::BinarySI if parts.fraction.is_empty() => (0, 14 - exponent / 10 * 3, 1_i64 << exponent),
        QuantityFormat::BinarySI => return None,
    };
    if digits as i64 > i64::from(room) {
        return None;
    }
    let scale = scale.wrapping_sub(parts.fraction.len() as i32);
    if scale < NANO {
        return None;
    }
    let value: i64 = [parts.whole, parts.fraction].concat().parse().ok()?;
    let value = value.checked_mul(factor)?;
    Some(Quantity::int64(if parts.negative { -value } else { value }, scale, format))
}

/// The `inf.Dec` form: rounded away from zero to nanos; binary amounts are capped.
fn decimal(parts: &Parts<'_>, exponent: i32, mut format: QuantityFormat) -> Quantity {
    let places = parts.fraction.len() as i32;
    if [parts.whole, parts.fraction].iter().all(|digits| digits.bytes().all(|digit| digit == b'0')) {
        // Zero is not rounded and keeps its scale, but here not below nano: sums with it would not fit 128 bits.
        let scale = match format {
            QuantityFormat::BinarySI => places.wrapping_neg(),
            _ => places.wrapping_sub(exponent).wrapping_neg(),
        };
        return Quantity::decimal(0, scale.max(NANO), format);
    }
    let mut scale = NANO;
    let mut unscaled = match format {
        QuantityFormat::BinarySI => binary_nanos(parts, exponent),
        _ => decimal_nanos(parts, places.wrapping_sub(exponent)),
    };
    if format == QuantityFormat::BinarySI {
        let one = saturating_scaled_up(1, 9);
        if unscaled > i128::from(i64::MAX) * one {
            (unscaled, scale) = (i64::MAX.into(), 0);
        } else if unscaled < one {
            format = QuantityFormat::DecimalSI;
        }
    }
    Quantity::decimal(if parts.negative { -unscaled } else { unscaled }, scale, format)
}

/// The digits as nanos, when the last `places` of them are decimals, rounded up.
fn decimal_nanos(parts: &Parts<'_>, places: i32) -> i128 {
    let digits = parts.whole.bytes().chain(parts.fraction.bytes());
    let count = (parts.whole.len() + parts.fraction.len()) as i64;
    let kept = count - i64::from(places) + 9;
    let mut nanos = 0_i128;
    let mut rest = false;
    for (index, digit) in (0_i64..).zip(digits) {
        if index < kept {
            nanos = nanos.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
        } else {
            rest |= digit != b'0';
        }
    }
    saturating_scaled_up(nanos, (kept - count).max(0)).saturating_add(i128::from(rest))
}

/// The digits times `2^exponent` as nanos, rounded up: long multiplication from the last
/// decimal on, so that any number of decimals is exact.
fn binary_nanos(parts: &Parts<'_>, exponent: i32) -> i128 {
    let factor = 1_i128 << exponent;
    let mut carry = 0_i128;
    let mut nanos = 0_i128;
    let mut rest = false;
    for (place, digit) in (1_i64..=parts.fraction.len() as i64).rev().zip(parts.fraction.bytes().rev()) {
        let product = i128::from(digit - b'0') * factor + carry;
        carry = product / 10;
        if place <= 9 {
            nanos += saturating_scaled_up(product % 10, 9 - place);
        } else {
            rest |= product % 10 != 0;
        }
    }
    let whole = parts
        .whole
        .bytes()
        .fold(0_i128, |whole, digit| whole.saturating_mul(10).saturating_add(i128::from(digit - b'0')));
    let whole = whole.saturating_mul(factor).saturating_add(carry);
    saturating_scaled_up(whole, 9).saturating_add(nanos).saturating_add(i128::from(rest))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    /// Checks one line of vectors made with the Go package.
    #[track_caller]
    fn check(line: &str) {
        let columns: Vec<&str> = line.split('\t').collect();
        let quantity = |text: &str| Quantity::parse(text).unwrap();
        match columns[..] {
            ["error", text, kind] => {
                let kind_of = |error| match error {
                    QuantityError::Malformed(_) => "format",
                    QuantityError::NoNumber(_) => "numeric",
                    QuantityError::UnknownSuffix(_) => "suffix",
                };
                assert_eq!(Quantity::parse(text).map_err(kind_of), Err(kind), "{line}");
            }
            ["parse", text, value, milli, canonical, format] => {
                result(line, quantity(text), [value, milli, canonical]);
                assert_eq!(format!("{:?}", quantity(text).format()), format, "{line}");
            }
            ["add", left, right, value, milli, canonical] => {
                result(line, quantity(left) + quantity(right), [value, milli, canonical]);
            }
            ["sub", left, right, value, milli, canonical] => {
                result(line, quantity(left) - quantity(right), [value, milli, canonical]);
            }
            ["cmp", left, right, order] => {
                let order = order.parse::<i32>().unwrap().cmp(&0);
                assert_eq!(quantity(left).compare(quantity(right)), order, "{line}");
                assert_eq!(quantity(right).compare(quantity(left)), order.reverse(), "{line}");
            }
            _ => panic!("not a vector: {line}"),
        }
    }

    #[track_caller]
    fn result(line: &str, quantity: Quantity, expected: [&str; 3]) {
        let got = [quantity.value().to_string(), quantity.milli_value().to_string(), quantity.to_string()];
        assert_eq!(got, expected, "{line}");
    }

    #[test]
    fn agrees_with_the_go_package() {
        // k8s.io/apimachinery v0.34.1 wrote these lines: operation, operands, Value, MilliValue, canonical form.
        include_str!("../../../tests/data/quantities.tsv").lines().for_each(check);
    }

    #[test]
    fn json() {
        let read = |json: &str| serde_json::from_str::<Quantity>(json).map(|quantity| quantity.to_string());
        for (json, canonical) in [
            ("null", "0"),
            ("2", "2"),
            ("-1", "-1"),
            ("0.1", "100m"),
            ("1e21", "1e21"),
            ("1e20", "100E"),
            ("\" 1.5Gi \"", "1536Mi"),
        ] {
            assert_eq!(read(json).unwrap(), canonical, "{json}");
        }
        assert!(read("true").is_err());
        assert!(read("\"1x\"").unwrap_err().to_string().contains("\"1x\" is not a quantity"));
        assert_eq!(serde_json::to_string(&Quantity::from_milli(1500)).unwrap(), "\"1500m\"");
    }

    /// `quantity.go` `AsInt64`.
    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("2", Some(2)),
            ("-3k", Some(-3000)),
            ("2000m", None),
            ("1500m", None),
            ("2Ki", Some(2048)),
            // What upstream keeps as an `inf.Dec` is no whole number to it.
            ("0.5Ki", None),
            ("123456789012345678", Some(123_456_789_012_345_678)),
            ("1234567890123456789", None),
            ("10E", None),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().as_int64(), expected, "{text}");
        }
    }

    #[test]
    fn equality_is_structural() {
        let quantity = |text: &str| Quantity::parse(text).unwrap();
        assert_ne!(quantity("1"), quantity("1000m"));
        assert_eq!(quantity("1").compare(quantity("1000m")), Ordering::Equal);
        assert_eq!(size_of::<Quantity>(), 24);
    }
}
