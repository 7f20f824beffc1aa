//! Types, and what each of them can hold.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::{Answer, Call};
use crate::text;

pub(super) fn cast(call: &Call) -> Answer {
    let kind = match (call.node.int("to"), call.node.text("to")) {
        (Some(number), _) => i32::try_from(number).ok().map(Kind),
        // Below version 6 it is a word.
        (None, Some(word)) => named(word),
        (None, None) => None,
    };
    let kind = kind.ok_or_else(|| text!("Cast does not say to which type", "Cast 没有给出目标类型"))?;
    to(call, call.input(0)?, kind)
}

pub(super) fn cast_like(call: &Call) -> Answer {
    to(call, call.input(0)?, call.input(1)?.kind)
}

fn to(call: &Call, input: &Array, kind: Kind) -> Answer {
    let saturates = call.flag("saturate", true);
    call.makes(input.dims.clone(), kind, |_| {
        Ok(input.numbers.as_ref().and_then(|numbers| {
            if input.kind == kind { Some(numbers.clone()) } else { converted(numbers, kind, saturates) }
        }))
    })
}

fn named(word: &str) -> Option<Kind> {
    const NAMES: [(&str, Kind); 13] = [
        ("FLOAT", Kind::FLOAT),
        ("UINT8", Kind::UINT8),
        ("INT8", Kind::INT8),
        ("UINT16", Kind::UINT16),
        ("INT16", Kind::INT16),
        ("INT32", Kind::INT32),
        ("INT64", Kind::INT64),
        ("STRING", Kind::STRING),
        ("BOOL", Kind::BOOL),
        ("FLOAT16", Kind::FLOAT16),
        ("DOUBLE", Kind::DOUBLE),
        ("UINT32", Kind::UINT32),
        ("UINT64", Kind::UINT64),
    ];
    NAMES.iter().find(|(name, _)| *name == word).map(|&(_, kind)| kind)
}

/// Numbers as `kind` holds them: floats lose their fraction, whole numbers that are too wide their upper bits, and what is no
/// number becomes 0. `None` of a type that is not known here.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "that is what the operator does"
)]
pub(super) fn converted(numbers: &Numbers, kind: Kind, saturates: bool) -> Option<Numbers> {
    if kind == Kind::DOUBLE {
        return Some(Numbers::Doubles(match numbers {
            Numbers::Ints(values) => values.iter().map(|&value| value as f64).collect(),
            Numbers::Floats(values) => values.iter().map(|&value| value.into()).collect(),
            Numbers::Doubles(values) => values.clone(),
        }));
    }
    if kind == Kind::FLOAT {
        return Some(Numbers::Floats(match numbers {
            Numbers::Ints(values) => values.iter().map(|&value| value as f32).collect(),
            Numbers::Floats(values) => values.clone(),
            Numbers::Doubles(values) => values.iter().map(|&value| value as f32).collect(),
        }));
    }
    if let Some(float) = float_type(kind) {
        let rounded = |value: f64| float.cast(value, saturates);
        return Some(Numbers::Floats(match numbers {
            Numbers::Ints(values) => values.iter().map(|&value| rounded(value as f64)).collect(),
            Numbers::Floats(values) => values.iter().map(|&value| rounded(value.into())).collect(),
            Numbers::Doubles(values) => values.iter().map(|&value| rounded(value)).collect(),
        }));
    }
    if kind.is_float() || matches!(kind, Kind::STRING | Kind::UNDEFINED) {
        return None;
    }
    if kind == Kind::BOOL {
        return Some(Numbers::Ints(match numbers {
            Numbers::Ints(values) => values.iter().map(|&value| i64::from(value != 0)).collect(),
            Numbers::Floats(values) => values.iter().map(|&value| i64::from(value != 0.0)).collect(),
            Numbers::Doubles(values) => values.iter().map(|&value| i64::from(value != 0.0)).collect(),
        }));
    }
    let (least, most) = range(kind);
    // As processors do it: what is too large for 32 bits or more is the largest, of fewer the lower bits.
    let held = |value: i64| if most < 65_536 { wrapped(value, kind) } else { value.clamp(least, most) };
    Some(Numbers::Ints(match numbers {
        Numbers::Ints(values) => values.iter().map(|&value| wrapped(value, kind)).collect(),
        Numbers::Floats(values) => values.iter().map(|&value| held(value as i64)).collect(),
        Numbers::Doubles(values) => values.iter().map(|&value| held(value as i64)).collect(),
    }))
}

/// The lower bits of a whole number, as `kind` reads them.
fn wrapped(value: i64, kind: Kind) -> i64 {
    let (least, most) = range(kind);
    if (least..=most).contains(&value) {
        return value;
    }
    // A range over all of 64 bits holds everything; of 64 unsigned bits the upper half cannot be held here.
    let Some(values) = most.checked_sub(least).and_then(|span| span.checked_add(1)) else {
        return value.clamp(least, most);
    };
    (value.rem_euclid(values) - least).rem_euclid(values) + least
}

/// The least and the largest whole number of a type; of 64 unsigned bits, as far as 64 signed ones hold them.
pub(in crate::read::onnx) fn range(kind: Kind) -> (i64, i64) {
    match kind {
        Kind::BOOL => (0, 1),
        Kind::UINT8 => (0, 255),
        Kind::INT8 => (-128, 127),
        Kind::UINT16 => (0, 65_535),
        Kind::INT16 => (-32_768, 32_767),
        Kind::UINT32 => (0, u32::MAX.into()),
        Kind::INT32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::UINT64 => (0, i64::MAX),
        // Of 4 and 2 bits.
        Kind(21) => (0, 15),
        Kind(22) => (-8, 7),
        Kind(25) => (0, 3),
        Kind(26) => (-2, 1),
        _ => (i64::MIN, i64::MAX),
    }
}

/// What a float type of fewer than 32 bits can hold.
#[derive(Clone, Copy)]
pub(super) struct FloatType {
    /// Bits behind the point.
    fraction: i32,
    /// The exponent of the smallest numbers that have all of them.
    least_exponent: i32,
    /// The largest number.
    largest: f64,
    /// What is beyond that, where a cast does not stop at the largest.
    beyond: f64,
    /// Whether a cast may stop at the largest.
    is_tiny: bool,
    /// Whether there is a negative zero.
    has_negative_zero: bool,
}

/// The float types of fewer than 32 bits, but for powers of two.
pub(super) fn float_type(kind: Kind) -> Option<FloatType> {
    let (fraction, least_exponent, largest, beyond, is_tiny, has_negative_zero) = match kind.0 {
        10 => (10, -14, 65_504.0, f64::INFINITY, false, true),
        16 => (7, -126, f64::from(f32::from_bits(0x7f7f_0000)), f64::INFINITY, false, true),
        17 => (3, -6, 448.0, f64::NAN, true, true),
        18 => (3, -7, 240.0, f64::NAN, true, false),
        19 => (2, -14, 57_344.0, f64::INFINITY, true, true),
        20 => (2, -15, 57_344.0, f64::NAN, true, false),
        23 => (1, 0, 6.0, 6.0, true, true),
        _ => return None,
    };
    Some(FloatType { fraction, least_exponent, largest, beyond, is_tiny, has_negative_zero })
}

impl FloatType {
    /// The nearest number that the type has, to even where two are; what is too large is infinite, if the type has that.
    pub(super) fn rounded(self, value: f64) -> f32 {
        self.cast(value, false)
    }

    /// The same; of a type of 8 bits or fewer, what is too large becomes the largest if `saturates`.
    #[expect(clippy::cast_possible_truncation, reason = "such a number has fewer bits")]
    fn cast(self, value: f64, saturates: bool) -> f32 {
        if value.is_nan() {
            // The type without infinities and the like.
            return if self.beyond.is_finite() { 0.0 } else { f32::NAN };
        }
        // The exponent of a double; those below the least of any narrow type do not matter.
        let exponent = i32::try_from(value.to_bits() >> 52 & 0x7ff).unwrap_or(0) - 1023;
        let unit = f64::from(exponent.max(self.least_exponent) - self.fraction).exp2();
        let nearest = if value.is_finite() { (value / unit).round_ties_even() * unit } else { value };
        let fits = nearest.abs() <= self.largest;
        let held = match (fits, self.is_tiny && saturates) {
            (true, _) => nearest,
            (false, true) => self.largest.copysign(nearest),
            (false, false) => self.beyond.copysign(nearest),
        };
        (if held == 0.0 && !self.has_negative_zero { 0.0 } else { held }) as f32
    }
}
