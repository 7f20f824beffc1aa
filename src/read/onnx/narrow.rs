//! Floats of 32 bits and fewer, from their bits.
//!
//! Those of 8 bits are of <https://arxiv.org/abs/2209.05433> (`E4M3FN`, `E5M2`) and <https://arxiv.org/abs/2206.02915> (`FNUZ`),
//! those of 4, 6 and of an exponent alone of the OCP's specification of microscaling formats.

use super::messages::Kind;

/// A format: a sign, so many bits of an exponent, and the rest.
struct Format {
    exponent: u32,
    mantissa: u32,
    bias: i32,
    special: Special,
}

/// What is no finite number in a format.
enum Special {
    /// As in IEEE 754: the highest exponent is for infinities and for what is no number.
    Ieee,
    /// Only all bits of exponent and mantissa are no number.
    AllOnes,
    /// Only what would be a negative zero is no number.
    NegativeZero,
    /// Nothing.
    None,
}

impl Format {
    const fn new(exponent: u32, mantissa: u32, bias: i32, special: Special) -> Self {
        Self { exponent, mantissa, bias, special }
    }
}

/// The float of a type that has these bits; types of other numbers have none.
pub(super) fn float(kind: Kind, bits: u64) -> f32 {
    // More bits than these has none of them.
    let bits = u32::try_from(bits).unwrap_or(u32::MAX);
    match kind.0 {
        1 => f32::from_bits(bits),
        16 => f32::from_bits(bits << 16),
        10 => decode(bits, &Format::new(5, 10, 15, Special::Ieee)),
        17 => decode(bits, &Format::new(4, 3, 7, Special::AllOnes)),
        18 => decode(bits, &Format::new(4, 3, 8, Special::NegativeZero)),
        19 => decode(bits, &Format::new(5, 2, 15, Special::Ieee)),
        20 => decode(bits, &Format::new(5, 2, 16, Special::NegativeZero)),
        23 => decode(bits, &Format::new(2, 1, 1, Special::None)),
        24 if bits < 255 => exact(power(bits.cast_signed() - 127)),
        27 => decode(bits, &Format::new(2, 3, 1, Special::None)),
        28 => decode(bits, &Format::new(3, 2, 3, Special::None)),
        _ => f32::NAN,
    }
}

fn decode(bits: u32, format: &Format) -> f32 {
    let (widest, ones) = ((1 << format.exponent) - 1, (1 << format.mantissa) - 1);
    let (exponent, mantissa) = (bits >> format.mantissa & widest, bits & ones);
    let is_negative = bits >> (format.exponent + format.mantissa) & 1 == 1;
    let magnitude = match format.special {
        Special::Ieee if exponent == widest => {
            if mantissa == 0 {
                f64::INFINITY
            } else {
                f64::NAN
            }
        }
        Special::AllOnes if exponent == widest && mantissa == ones => f64::NAN,
        Special::NegativeZero if is_negative && exponent == 0 && mantissa == 0 => f64::NAN,
        Special::Ieee | Special::AllOnes | Special::NegativeZero | Special::None => {
            // The lowest exponent is that of numbers without a leading one, which are as large as those of the next.
            let leading = u32::from(exponent > 0) << format.mantissa;
            let scale = exponent.max(1).cast_signed() - format.bias - format.mantissa.cast_signed();
            f64::from(leading + mantissa) * power(scale)
        }
    };
    exact(if is_negative { -magnitude } else { magnitude })
}

/// 2 to a power that a double has without loss.
fn power(exponent: i32) -> f64 {
    f64::from_bits(u64::from((1023 + exponent).cast_unsigned()) << 52)
}

#[expect(clippy::cast_possible_truncation, reason = "every one of these is a float of 32 bits")]
fn exact(value: f64) -> f32 {
    value as f32
}
