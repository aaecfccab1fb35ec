//! Quantities (`500m`, `1.5Gi`, `1e3`) with the arithmetic of Kubernetes, overflow included.
//!
//! Upstream (apimachinery `pkg/api/resource`) keeps a quantity in one of two forms, and the
//! form decides what happens at the end of 64 bits: an `int64Amount` that no longer fits mostly
//! reads as 0, an `inf.Dec` wraps around. So the form is kept here too, and equality and hashing are
//! structural: `1` and `1000m` are different values that [compare](Quantity::compare) equal.
//!
//! Two things differ, on purpose. Upstream remembers the spelling of some quantities (`+5`,
//! `1.500`) and prints it; here the canonical form is printed. And an `inf.Dec` has any
//! number of digits; here it has 128 bits, which at the nano scale is 1.7e29, and stays
//! at that limit beyond it.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod parse;

pub use parse::QuantityError;

/// The exponent of ten of thousandths.
const MILLI: i32 = -3;

/// How a quantity is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QuantityFormat {
    /// Powers of 1000: `n u m k M G T P E`.
    #[default]
    DecimalSI,
    /// Powers of 1024: `Ki Mi Gi Ti Pi Ei`.
    BinarySI,
    /// Powers of 1000 written as exponents: `e3`.
    DecimalExponent,
}

/// 128 bits aligned as 64 are: a quantity takes 24 bytes instead of 32, and there is one per resource and pod.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed(8))]
struct Wide(i128);

/// An amount of a resource: `unscaled * 10^exponent`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    unscaled: Wide,
    exponent: i32,
    /// Upstream's `inf.Dec` form rather than the `int64Amount` one, whose `unscaled` fits 64 bits.
    decimal: bool,
    format: QuantityFormat,
}

impl Default for Quantity {
    fn default() -> Self {
        Self::from_value(0, QuantityFormat::DecimalSI)
    }
}

impl Quantity {
    /// Reads a quantity by upstream's grammar (`quantity.go` `ParseQuantity`), which is laxer than
    /// documented: `+5`, `.5`, `5.`, `Ki` (zero) and `1e3` are all quantities.
    ///
    /// # Errors
    /// When `text` is not a quantity.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        parse::parse(text)
    }

    /// `value` units, written in `format` (`quantity.go` `NewQuantity`).
    pub fn from_value(value: i64, format: QuantityFormat) -> Self {
        Self::int64(value, 0, format)
    }

    /// `value` thousandths (`quantity.go` `NewMilliQuantity`).
    pub fn from_milli(value: i64) -> Self {
        Self::int64(value, MILLI, QuantityFormat::DecimalSI)
    }

    fn int64(value: i64, exponent: i32, format: QuantityFormat) -> Self {
        Self { unscaled: Wide(value.into()), exponent, decimal: false, format }
    }

    fn decimal(unscaled: i128, exponent: i32, format: QuantityFormat) -> Self {
        Self { unscaled: Wide(unscaled), exponent, decimal: true, format }
    }

    fn unscaled(self) -> i128 {
        self.unscaled.0
    }

    /// Whole units, rounded up; what does not fit 64 bits reads as upstream's `Value()` has it.
    pub fn value(self) -> i64 {
        self.scaled_value(0)
    }

    /// Thousandths, rounded up; what does not fit 64 bits reads as upstream's `MilliValue()` has it.
    pub fn milli_value(self) -> i64 {
        self.scaled_value(MILLI)
    }

    /// The amount, where it is written as a whole number (`quantity.go` `AsInt64`): none for `1000m`.
    pub fn as_int64(self) -> Option<i64> {
        if self.decimal || self.exponent < 0 {
            return None;
        }
        int64_scaled_up(self.unscaled() as i64, self.exponent)
    }

    /// Whether the amount is zero, however it is written.
    pub fn is_zero(self) -> bool {
        self.unscaled() == 0
    }

    /// Whether upstream keeps the amount as an `inf.Dec`: it has a fraction of a binary unit, or too many digits.
    pub fn is_decimal(self) -> bool {
        self.decimal
    }

    /// How the amount is written.
    pub fn format(self) -> QuantityFormat {
        self.format
    }

    /// Compares the amounts (`quantity.go` `Cmp`). Not `Ord`, as equality is structural.
    pub fn compare(self, other: Self) -> Ordering {
        let (left, right) = (self.unscaled(), other.unscaled());
        left.signum().cmp(&right.signum()).then_with(|| {
            let (left_size, right_size) = (left.unsigned_abs(), right.unsigned_abs());
            let distance = i64::from(self.exponent) - i64::from(other.exponent);
            let by_size = if distance >= 0 {
                // What leaves 128 bits is larger than anything in them; zeros met in the signs.
                scaled_up(left_size, distance).map_or(Ordering::Greater, |size| size.cmp(&right_size))
            } else {
                scaled_up(right_size, -distance).map_or(Ordering::Less, |size| left_size.cmp(&size))
            };
            match left.signum() {
                0 => Ordering::Equal,
                1 => by_size,
                _ => by_size.reverse(),
            }
        })
    }

    /// `quantity.go` `ScaledValue`.
    fn scaled_value(self, scale: i32) -> i64 {
        if self.decimal {
            return decimal_scaled_value(self.unscaled(), i64::from(scale) - i64::from(self.exponent));
        }
        let value = self.unscaled() as i64;
        if self.exponent < scale {
            // Within 12 places: an `int64Amount` is never finer than a nano.
            divided_away_from_zero(value.into(), i64::from(scale) - i64::from(self.exponent)).0 as i64
        } else {
            // The difference wraps as upstream's int32 does.
            let power = self.exponent.wrapping_sub(scale);
            int64_scaled_up(value, power).unwrap_or_else(|| int64_overflow(value, power))
        }
    }

    /// `amount.go` `int64Amount.Add`: `None` when a result or an intermediate leaves 64 bits.
    fn int64_sum(self, value: i64, exponent: i32) -> Option<(i64, i32)> {
        let own = self.unscaled() as i64;
        if value == 0 {
            return Some((own, self.exponent));
        }
        if own == 0 {
            return Some((value, exponent));
        }
        let finest = self.exponent.min(exponent);
        let own = int64_scaled_up(own, self.exponent.wrapping_sub(finest))?;
        let value = int64_scaled_up(value, exponent.wrapping_sub(finest))?;
        Some((own.checked_add(value)?, finest))
    }

    /// The sum in the `inf.Dec` form, at the finer of both scales.
    fn decimal_sum(self, unscaled: i128, exponent: i32) -> Self {
        let finest = self.exponent.min(exponent);
        let own = saturating_scaled_up(self.unscaled(), i64::from(self.exponent) - i64::from(finest));
        let other = saturating_scaled_up(unscaled, i64::from(exponent) - i64::from(finest));
        Self::decimal(own.saturating_add(other), finest, self.format)
    }

    /// The amount in whole units, away from zero, and whether that was exact (`AsScale(0)`).
    fn rounded(self) -> (i128, bool) {
        if self.exponent >= 0 {
            (saturating_scaled_up(self.unscaled(), i64::from(self.exponent)), true)
        } else {
            divided_away_from_zero(self.unscaled(), -i64::from(self.exponent))
        }
    }
}

impl Add for Quantity {
    type Output = Self;

    /// `quantity.go` `Add`: a zero takes over the other's format.
    fn add(mut self, other: Self) -> Self {
        if self.is_zero() {
            self.format = other.format;
        }
        if !self.decimal
            && !other.decimal
            && let Some((value, exponent)) = self.int64_sum(other.unscaled() as i64, other.exponent)
        {
            return Self::int64(value, exponent, self.format);
        }
        self.decimal_sum(other.unscaled(), other.exponent)
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Quantity {
    type Output = Self;

    /// `quantity.go` `Sub`: a zero takes over the other's format.
    fn sub(mut self, other: Self) -> Self {
        if self.is_zero() {
            self.format = other.format;
        }
        if !self.decimal
            && !other.decimal
            // The negation wraps as upstream's does.
            && let Some((value, exponent)) = self.int64_sum((other.unscaled() as i64).wrapping_neg(), other.exponent)
        {
            return Self::int64(value, exponent, self.format);
        }
        self.decimal_sum(other.unscaled().saturating_neg(), other.exponent)
    }
}

impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// `10^power`, `None` outside 128 bits.
fn power_of_ten(power: i64) -> Option<u128> {
    10_u128.checked_pow(u32::try_from(power).ok()?)
}

/// `size * 10^power`, `None` outside 128 bits.
fn scaled_up(size: u128, power: i64) -> Option<u128> {
    if size == 0 { Some(0) } else { size.checked_mul(power_of_ten(power)?) }
}

/// `value * 10^power`, held at the ends of 128 bits.
fn saturating_scaled_up(value: i128, power: i64) -> i128 {
    let size = scaled_up(value.unsigned_abs(), power).and_then(|size| i128::try_from(size).ok()).unwrap_or(i128::MAX);
    size * value.signum()
}

/// `math.go` `positiveScaleInt64`: `None` outside 64 bits; a negative power changes nothing.
fn int64_scaled_up(value: i64, power: i32) -> Option<i64> {
    if value == 0 || power <= 0 {
        return Some(value);
    }
    value.checked_mul(10_i64.checked_pow(power.unsigned_abs())?)
}

/// What upstream reads when `value * 10^power` leaves 64 bits: the powers it multiplies by in one
/// step wrap around, the others give 0 (`math.go` `positiveScaleInt64`).
fn int64_overflow(value: i64, power: i32) -> i64 {
    match power {
        1 | 2 | 3 | 6 | 9 if value != i64::MIN => value.wrapping_mul(10_i64.pow(power.unsigned_abs())),
        _ => 0,
    }
}

/// `value / 10^power` rounded away from zero, and whether nothing was lost.
fn divided_away_from_zero(value: i128, power: i64) -> (i128, bool) {
    let Some(divisor) = power_of_ten(power).and_then(|power| i128::try_from(power).ok()) else {
        return (value.signum(), value == 0);
    };
    let remainder = value % divisor;
    (value / divisor + remainder.signum(), remainder == 0)
}

/// `scale_int.go` `scaledValue`: `unscaled / 10^power`, rounded and wrapped in upstream's way,
/// which for negative amounts is neither up nor away from zero.
fn decimal_scaled_value(unscaled: i128, power: i64) -> i64 {
    let low = unscaled as i64; // two's complement, as big.Int's Int64() gives it
    if power <= 0 {
        // int64(math.Pow10(n)): from 10^19 on amd64 makes the smallest integer of it.
        let factor = u32::try_from(-power).ok().and_then(|power| 10_i64.checked_pow(power));
        return low.wrapping_mul(factor.unwrap_or(i64::MIN));
    }
    if unscaled < i64::MAX.into()
        && let Some(divisor) = u32::try_from(power).ok().and_then(|power| 10_i64.checked_pow(power))
    {
        return low / divisor + i64::from(low % divisor != 0);
    }
    let (quotient, exact) = match power_of_ten(power).and_then(|power| i128::try_from(power).ok()) {
        Some(divisor) => (unscaled.div_euclid(divisor), unscaled.rem_euclid(divisor) == 0),
        None => (if unscaled < 0 { -1 } else { 0 }, unscaled == 0),
    };
    (quotient as i64).wrapping_add(i64::from(!exact))
}

/// Divides `value` by `factor` as often as that is exact; also how often.
fn without_factors(mut value: i128, factor: i128) -> (i128, i32) {
    let mut times = 0;
    while value != 0 && value % factor == 0 {
        value /= factor;
        times += 1;
    }
    (value, times)
}

impl fmt::Display for Quantity {
    /// The canonical form (`quantity.go` `CanonicalizeBytes`): no fraction, and the largest suffix without one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.pad("0");
        }
        let below_1024 = self.compare(Self::from_value(-1024, self.format)).is_gt()
            && self.compare(Self::from_value(1024, self.format)).is_lt();
        if self.format == QuantityFormat::BinarySI && !below_1024 {
            let (whole, exact) = self.rounded();
            if exact {
                let (number, times) = if !self.decimal && whole == i64::MIN.into() {
                    (whole, 0) // upstream cannot negate it and leaves it as it is
                } else {
                    without_factors(whole, 1024)
                };
                let suffix = match times {
                    1 => "Ki",
                    2 => "Mi",
                    3 => "Gi",
                    4 => "Ti",
                    5 => "Pi",
                    6 => "Ei",
                    _ => "",
                };
                return f.pad(&format!("{number}{suffix}"));
            }
        }
        let (number, times) = without_factors(self.unscaled(), 10);
        let exponent = self.exponent.wrapping_add(times);
        let (zeros, exponent) = match exponent.rem_euclid(3) {
            0 => ("", exponent),
            1 => ("0", exponent.wrapping_sub(1)),
            _ => ("00", exponent.wrapping_sub(2)),
        };
        if self.format == QuantityFormat::DecimalExponent && exponent != 0 {
            return f.pad(&format!("{number}{zeros}e{exponent}"));
        }
        // Beyond the last suffix upstream prints none, and so a wrong number.
        let suffix = match exponent {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            18 => "E",
            _ => "",
        };
        f.pad(&format!("{number}{zeros}{suffix}"))
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    /// From a string, a number or null, which is zero (`quantity.go` `UnmarshalJSON`).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

struct QuantityVisitor;

impl Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity (a string such as \"500m\" or \"2Gi\", or a number)")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
        Quantity::parse(text.trim()).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Quantity, E> {
        // As Go's encoding/json writes it: YAML numbers reach the API server that way.
        let size = number.abs();
        let exponential = size != 0.0 && !(1e-6..1e21).contains(&size);
        self.visit_str(&if exponential { format!("{number:e}") } else { number.to_string() })
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Quantity, E> {
        Ok(Quantity::default())
    }
}
