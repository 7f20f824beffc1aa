//! Element by element, whatever is done to each.

use std::sync::Arc;

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::cast::{float_type, range};
use super::place::repeated;
use crate::text;
use crate::text::Text;

/// Elements and their sizes.
pub(super) type Sized<'a, T> = (&'a [T], &'a [u64]);

/// What `of` makes of each pair of elements, both arrays repeated to `dims`.
pub(super) fn zipped<A: Copy, B: Copy, C, All: FromIterator<C>>(
    (a, a_dims): Sized<A>,
    (b, b_dims): Sized<B>,
    dims: &[u64],
    of: impl Fn(A, B) -> C,
) -> All {
    let count = dims.iter().product::<u64>();
    match (a, b) {
        _ if a.len() as u64 == count && b.len() as u64 == count => {
            a.iter().zip(b).map(|(&a, &b)| of(a, b)).collect()
        }
        (_, &[b]) if a.len() as u64 == count => a.iter().map(|&a| of(a, b)).collect(),
        (&[a], _) if b.len() as u64 == count => b.iter().map(|&b| of(a, b)).collect(),
        _ => {
            let places = repeated(a_dims, dims).into_iter().zip(repeated(b_dims, dims));
            places.map(|(at, bt)| of(a[at], b[bt])).collect()
        }
    }
}

/// What is done to two numbers of each type.
pub(super) struct Rule {
    pub(super) ints: fn(i64, i64) -> Result<i64, Text>,
    pub(super) floats: fn(f32, f32) -> f32,
    pub(super) doubles: fn(f64, f64) -> f64,
}

impl Rule {
    /// It done to each pair of elements, both arrays repeated to `dims`. An error if they are of different types.
    pub(super) fn apply(&self, a: &Array, b: &Array, dims: &[u64]) -> Result<Option<Numbers>, Text> {
        let (Some(x), Some(y)) = (&a.numbers, &b.numbers) else {
            return Ok(None);
        };
        let numbers = match (x, y) {
            (Numbers::Ints(x), Numbers::Ints(y)) => {
                Numbers::Ints(zipped::<_, _, _, Result<_, _>>((x, &a.dims), (y, &b.dims), dims, self.ints)?)
            }
            (Numbers::Floats(x), Numbers::Floats(y)) => Numbers::Floats(
                zipped::<_, _, _, Vec<_>>((x, &a.dims), (y, &b.dims), dims, self.floats).into(),
            ),
            (Numbers::Doubles(x), Numbers::Doubles(y)) => Numbers::Doubles(
                zipped::<_, _, _, Vec<_>>((x, &a.dims), (y, &b.dims), dims, self.doubles).into(),
            ),
            (Numbers::Ints(_) | Numbers::Floats(_) | Numbers::Doubles(_), _) => return Err(differ()),
        };
        held(a.kind, numbers).map(Some)
    }
}

/// An error about inputs of different types.
pub(super) fn differ() -> Text {
    text!("inputs are of different types", "输入的类型不同")
}

/// An error unless all whose type is known are of one.
pub(super) fn check_kinds(arrays: &[&Array]) -> Result<(), Text> {
    let mut kinds = arrays.iter().map(|array| array.kind).filter(|&kind| kind != Kind::UNDEFINED);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) { Ok(()) } else { Err(differ()) }
}

/// What is done to one number of each type.
pub(super) fn mapped(
    numbers: &Numbers,
    ints: impl Fn(i64) -> Result<i64, Text>,
    floats: impl Fn(f32) -> f32,
    doubles: impl Fn(f64) -> f64,
) -> Result<Numbers, Text> {
    Ok(match numbers {
        Numbers::Ints(values) => {
            Numbers::Ints(values.iter().map(|&value| ints(value)).collect::<Result<_, _>>()?)
        }
        Numbers::Floats(values) => Numbers::Floats(values.iter().map(|&value| floats(value)).collect()),
        Numbers::Doubles(values) => Numbers::Doubles(values.iter().map(|&value| doubles(value)).collect()),
    })
}

/// Results as `kind` holds them: narrow floats are rounded. An error if a whole number does not fit.
pub(super) fn held(kind: Kind, numbers: Numbers) -> Result<Numbers, Text> {
    match &numbers {
        Numbers::Ints(values) => {
            let (least, most) = range(kind);
            match values.iter().find(|value| !(least..=most).contains(value)) {
                Some(value) => Err(text!(
                    "{value} does not fit: {least} to {most}",
                    "{value} 超出范围 {least} 至 {most}"
                )),
                None => Ok(numbers),
            }
        }
        Numbers::Floats(values) if kind != Kind::FLOAT => Ok(Numbers::Floats(match float_type(kind) {
            Some(float) => values.iter().map(|&value| float.rounded(value.into())).collect(),
            None => Arc::clone(values),
        })),
        Numbers::Floats(_) | Numbers::Doubles(_) => Ok(numbers),
    }
}

/// A number of any type, as sums and products have it.
pub(super) trait Element: Copy + PartialOrd {
    /// An error if the sum does not fit.
    fn plus(self, other: Self) -> Result<Self, Text>;
    /// An error if the product does not fit.
    fn times(self, other: Self) -> Result<Self, Text>;
    /// How many there are, as such a number.
    fn count(count: usize) -> Self;
}

impl Element for i64 {
    fn count(count: usize) -> Self {
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    fn plus(self, other: Self) -> Result<Self, Text> {
        self.checked_add(other).ok_or_else(|| text!("a sum does not fit into 64 bits", "和超出 64 位"))
    }

    fn times(self, other: Self) -> Result<Self, Text> {
        self.checked_mul(other).ok_or_else(|| text!("a product does not fit into 64 bits", "积超出 64 位"))
    }
}

impl Element for f32 {
    #[expect(clippy::cast_precision_loss, reason = "a mean is a float")]
    fn count(count: usize) -> Self {
        count as f32
    }

    fn plus(self, other: Self) -> Result<Self, Text> {
        Ok(self + other)
    }

    fn times(self, other: Self) -> Result<Self, Text> {
        Ok(self * other)
    }
}

impl Element for f64 {
    #[expect(clippy::cast_precision_loss, reason = "a mean is a float")]
    fn count(count: usize) -> Self {
        count as f64
    }

    fn plus(self, other: Self) -> Result<Self, Text> {
        Ok(self + other)
    }

    fn times(self, other: Self) -> Result<Self, Text> {
        Ok(self * other)
    }
}
