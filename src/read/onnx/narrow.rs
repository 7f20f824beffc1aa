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

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of ml_dtypes 0.5, as onnx 1.23.2 (`numpy_helper.to_array`) makes arrays of them; all bits of the types of 4 and 6.
    #[test]
    fn floats_are_those_of_their_bits() {
        let nan = f32::NAN;
        let cases: &[(i32, &[(u64, f32)])] = &[
            (1, &[(0x3f80_0000, 1.0), (0x7f80_0000, f32::INFINITY), (0x8000_0001, -1e-45)]),
            (
                10,
                &[
                    (0x3c00, 1.0),
                    (0xc000, -2.0),
                    (0x0001, 5.960_464_5e-8),
                    (0x03ff, 6.097_555e-5),
                    (0x7bff, 65504.0),
                    (0xfc00, f32::NEG_INFINITY),
                    (0x7e00, nan),
                    (0x3555, 0.333_251_95),
                ],
            ),
            (16, &[(0x3f80, 1.0), (0xc049, -3.140_625), (0x0001, 9.183_55e-41), (0x7f80, f32::INFINITY)]),
            (
                17,
                &[
                    (0x38, 1.0),
                    (0xfe, -448.0),
                    (0x01, 0.001_953_125),
                    (0x7f, nan),
                    (0xff, nan),
                    (0x08, 0.015_625),
                ],
            ),
            (18, &[(0x40, 1.0), (0x7f, 240.0), (0x01, 0.000_976_562_5), (0x80, nan), (0x08, 0.007_812_5)]),
            (
                19,
                &[(0x3c, 1.0), (0xfb, -57344.0), (0x01, 1.525_878_9e-5), (0x7c, f32::INFINITY), (0x7d, nan)],
            ),
            (
                20,
                &[(0x40, 1.0), (0x7f, 57344.0), (0x01, 7.629_394_5e-6), (0x80, nan), (0x04, 3.051_757_8e-5)],
            ),
            (24, &[(0x7f, 1.0), (0x00, 5.877_472e-39), (0xfe, 1.701_411_8e38), (0xff, nan), (0x80, 2.0)]),
        ];
        for &(kind, values) in cases {
            for &(bits, expected) in values {
                let float = float(Kind(kind), bits);
                let is_same = float.to_bits() == expected.to_bits() || float.is_nan() && expected.is_nan();
                assert!(is_same, "{bits:x} of {kind}: {float} for {expected}");
            }
        }
        let of_4 = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
        let of_e2m3 = [
            0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.125, 1.25, 1.375, 1.5, 1.625, 1.75,
            1.875, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5,
        ];
        let of_e3m2 = [
            0.0, 0.0625, 0.125, 0.1875, 0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.25, 1.5,
            1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0, 24.0, 28.0,
        ];
        for (kind, positive) in [(23, &of_4[..]), (27, &of_e2m3), (28, &of_e3m2)] {
            let all = positive.iter().copied().chain(positive.iter().map(|value| -value));
            for (bits, expected) in (0..).zip(all) {
                let float: f32 = float(Kind(kind), bits);
                assert_eq!(float.to_bits(), f32::to_bits(expected), "{bits:x} of {kind}");
            }
        }
    }
}
