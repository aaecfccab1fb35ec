//! Durations as Go spells them: `metav1.Duration` in a configuration is Go's own text form.

use std::fmt;

/// A span of time in nanoseconds; may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration {
    /// The span.
    pub nanoseconds: i64,
}

const SECOND: i64 = 1_000_000_000;

/// Units and their nanoseconds (Go `time.unitMap`; the two micro signs are different characters).
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];

impl GoDuration {
    /// So many seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { nanoseconds: seconds.saturating_mul(SECOND) }
    }

    /// Reads `10s`, `1m30s`, `-1.5h`, `0` (Go `time.ParseDuration`). `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self::default());
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let (whole, after) = split_digits(rest);
            let (fraction, after) = match after.strip_prefix('.') {
                Some(after) => split_digits(after),
                None => ("", after),
            };
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            let unit_length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(unit_length)?;
            let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
            let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
            total = total.checked_add(whole.checked_mul(*scale)?)?.checked_add(part_of(fraction, *scale))?;
            rest = after;
        }
        Some(Self { nanoseconds: if negative { -total } else { total } })
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// `0.fraction` of `scale`, digit by digit, so that nothing is rounded up.
fn part_of(fraction: &str, scale: i64) -> i64 {
    let mut remaining = scale.saturating_mul(1_000);
    let mut thousandths = 0;
    for digit in fraction.bytes() {
        remaining /= 10;
        thousandths += remaining * i64::from(digit - b'0');
    }
    thousandths / 1_000
}

impl fmt::Display for GoDuration {
    /// Go `Duration.String`: `1h0m5s`, `1.5s`, `20ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        let total = self.nanoseconds.unsigned_abs();
        let second = SECOND.unsigned_abs();
        if total == 0 {
            return f.write_str("0s");
        }
        if total < second {
            let (unit, scale) = match total {
                0..1_000 => ("ns", 1),
                1_000..1_000_000 => ("\u{b5}s", 1_000),
                _ => ("ms", 1_000_000),
            };
            return write!(f, "{}{unit}", decimal(total / scale, total % scale, scale));
        }
        let (hours, minutes) = (total / (3_600 * second), total / (60 * second) % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(total / second % 60, total % second, second))
    }
}

/// `whole.fraction` without trailing zeros; `scale` is the power of ten under the fraction.
fn decimal(whole: u64, fraction: u64, scale: u64) -> String {
    if fraction == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    let digits = format!("{fraction:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected: Option<&str>) {
        let shown = GoDuration::parse(text).map(|duration| duration.to_string());
        assert_eq!(shown.as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_and_prints_as_go() {
        case("10s", Some("10s"));
        case("600s", Some("10m0s"));
        case("1h30m", Some("1h30m0s"));
        case("-1.5s", Some("-1.5s"));
        case("1500us", Some("1.5ms"));
        case(".5ms", Some("500\u{b5}s"));
        case("0", Some("0s"));
        case("0.000000001s", Some("1ns"));
        case("", None);
        case("10", None);
        case("s", None);
        case("1.s", Some("1s"));
        case("1d", None);
        case("9999999999h", None);
        case("1ü", None);
    }
}
