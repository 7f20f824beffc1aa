//! The types of operators' settings. Each reads itself with serde, says itself what is wrong with a value, and describes
//! itself to the JSON Schema; none accepts a value that its operator would have to check again.

use std::fmt;
use std::marker::PhantomData;

use candle_core::shape;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, EnumAccess, Error, IgnoredAny, SeqAccess, Visitor};

use super::Reason;
use crate::shape::{LARGEST_SIZE, Shape};
use crate::text;
use crate::text::Text;

/// A size of at least 1: channels, a kernel, a stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size(u64);

/// A length of at least 0: padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extent(u64);

impl Size {
    /// The size 1.
    pub const ONE: Self = Self(1);

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Extent {
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Size {
    type Error = Text;

    fn try_from(value: u64) -> Result<Self, Text> {
        match value {
            0 => Err(text!("must be at least 1, and is 0", "必须至少为 1,这里是 0")),
            1..=LARGEST_SIZE => Ok(Self(value)),
            _ => Err(text!("must be at most 2^53, and is {value}", "不得超过 2^53,这里是 {value}")),
        }
    }
}

impl TryFrom<u64> for Extent {
    type Error = Text;

    fn try_from(value: u64) -> Result<Self, Text> {
        if value > LARGEST_SIZE {
            return Err(text!("must be at most 2^53, and is {value}", "不得超过 2^53,这里是 {value}"));
        }
        Ok(Self(value))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Extent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1 })
    }
}

impl JsonSchema for Extent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "extent".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0 })
    }
}

/// A dimension in PyTorch's numbering: the batch is 0, channels are 1, and negative numbers count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Dim(pub i64);

impl Dim {
    /// The channels, dimension 1.
    pub fn channels() -> Self {
        Self(1)
    }

    /// The index into the sizes of `input`, which leave out the batch. `setting` is where this dimension was given.
    pub(super) fn axis(self, setting: &'static str, input: &Shape) -> Result<usize, Reason> {
        input.axis(self.0).ok_or_else(|| {
            let (dim, rank) = (self.0, input.rank());
            let reason = if self.index(rank + 1) == Some(0) {
                Reason::new(text!("dimension {dim} is the batch", "第 {dim} 维是批次维"))
            } else {
                Reason::new(text!("there is no dimension {dim} in {input}", "{input} 没有第 {dim} 维"))
            };
            reason.at(setting).help(text!(
                "dimensions go from 1 to {rank}, or from -{rank} to -1 counted from the end",
                "维度从 1 到 {rank},从末尾数则为 -{rank} 到 -1"
            ))
        })
    }

    /// The index among `rank` dimensions, the batch included.
    fn index(self, rank: usize) -> Option<usize> {
        let from_end = || rank.checked_sub(usize::try_from(self.0.unsigned_abs()).ok()?);
        let index = if self.0 < 0 { from_end()? } else { usize::try_from(self.0).ok()? };
        (index < rank).then_some(index)
    }
}

impl shape::Dim for Dim {
    fn to_index(&self, shape: &candle_core::Shape, op: &'static str) -> candle_core::Result<usize> {
        self.index(shape.rank()).ok_or_else(|| {
            let dim = self.0;
            candle_core::Error::Msg(format!("{op}: there is no dimension {dim} in {shape:?}"))
        })
    }

    fn to_index_plus_one(&self, shape: &candle_core::Shape, op: &'static str) -> candle_core::Result<usize> {
        self.to_index(shape, op)
    }
}

/// Reads a number that is neither infinite nor "not a number", which TOML can write.
pub(super) fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if !value.is_finite() {
        return Err(D::Error::custom(text!(
            "must be finite, and is {value}",
            "必须是有限的数,这里是 {value}"
        )));
    }
    Ok(value)
}

/// Reads a finite number that is not below 0: what is added before a root is taken.
pub(super) fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = finite(deserializer)?;
    if value < 0.0 {
        return Err(D::Error::custom(text!(
            "must not be negative, and is {value}",
            "不得为负,这里是 {value}"
        )));
    }
    Ok(value)
}

/// Reads a finite number above 0: what is divided by.
pub(super) fn above_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = finite(deserializer)?;
    if value <= 0.0 {
        return Err(D::Error::custom(text!("must be above 0, and is {value}", "必须大于 0,这里是 {value}")));
    }
    Ok(value)
}

/// One value for each of `N` axes, height before width; written as one number for all or as a list of `N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerAxis<T, const N: usize>(pub [T; N]);

impl<T: Copy, const N: usize> PerAxis<T, N> {
    /// The same value on every axis.
    pub fn all(value: T) -> Self {
        Self([value; N])
    }
}

impl<const N: usize> PerAxis<Size, N> {
    /// 1 on every axis: the default of strides and dilations.
    pub fn ones() -> Self {
        Self::all(Size::ONE)
    }
}

impl<const N: usize> Default for PerAxis<Extent, N> {
    fn default() -> Self {
        Self::all(Extent::default())
    }
}

/// The default of settings that are on unless they are turned off.
pub(super) fn yes() -> bool {
    true
}

impl<'de, T, const N: usize> Deserialize<'de> for PerAxis<T, N>
where
    T: Copy + Deserialize<'de> + TryFrom<u64, Error = Text>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PerAxisVisitor(PhantomData))
    }
}

impl<T: JsonSchema, const N: usize> JsonSchema for PerAxis<T, N> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}_per_axis_{N}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::json_schema(generator);
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": N, "maxItems": N }] })
    }
}

/// Reads a [`PerAxis`]; [`Padding`] hands it everything that is not a word.
struct PerAxisVisitor<T, const N: usize>(PhantomData<T>);

impl<'de, T, const N: usize> Visitor<'de> for PerAxisVisitor<T, N>
where
    T: Copy + Deserialize<'de> + TryFrom<u64, Error = Text>,
{
    type Value = PerAxis<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = text!("a number or a list of {N}", "一个数或 {N} 个数的列表");
        fmt::Display::fmt(&expected, f)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        value.try_into().map(PerAxis::all).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => {
                Err(E::custom(text!("must not be negative, and is {value}", "不得为负,这里是 {value}")))
            }
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(N);
        while values.len() < N {
            let Some(value) = list.next_element()? else { break };
            values.push(value);
        }
        let mut found = values.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        values.try_into().ok().filter(|_| found == N).map(PerAxis).ok_or_else(|| {
            A::Error::custom(text!(
                "wants one number or a list of {N}, and has a list of {found}",
                "需要一个数或 {N} 个数的列表,这里的列表有 {found} 个"
            ))
        })
    }
}

/// The padding of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Padding<const N: usize> {
    /// As much as keeps the size, at stride 1; an odd one more at the end.
    Same,
    /// None.
    #[default]
    Valid,
    /// This much on both sides of each axis.
    Of(PerAxis<Extent, N>),
}

impl<'de, const N: usize> Deserialize<'de> for Padding<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PaddingVisitor<const N: usize>;

        impl<'de, const N: usize> Visitor<'de> for PaddingVisitor<N> {
            type Value = Padding<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let expected = text!(
                    "\"same\", \"valid\", a number or a list of {N}",
                    "\"same\"、\"valid\"、一个数或 {N} 个数的列表"
                );
                fmt::Display::fmt(&expected, f)
            }

            fn visit_enum<A: EnumAccess<'de>>(self, word: A) -> Result<Self::Value, A::Error> {
                match word.variant::<String>()?.0.as_str() {
                    "same" => Ok(Padding::Same),
                    "valid" => Ok(Padding::Valid),
                    other => Err(A::Error::unknown_variant(other, PADDING_WORDS)),
                }
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                PerAxisVisitor(PhantomData).visit_u64(value).map(Padding::Of)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                PerAxisVisitor(PhantomData).visit_i64(value).map(Padding::Of)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                PerAxisVisitor(PhantomData).visit_seq(list).map(Padding::Of)
            }
        }

        deserializer.deserialize_enum("Padding", PADDING_WORDS, PaddingVisitor)
    }
}

const PADDING_WORDS: &[&str] = &["same", "valid"];

impl<const N: usize> JsonSchema for Padding<N> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("padding_{N}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let numbers = PerAxis::<Extent, N>::json_schema(generator);
        json_schema!({ "anyOf": [{ "enum": PADDING_WORDS }, numbers] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_those_of_pytorch() {
        let image = Shape::new(vec![192, 28, 14]).unwrap();
        assert_eq!([1, 3, -1, -3].map(|dim| Dim(dim).axis("dim", &image)), [Ok(0), Ok(2), Ok(2), Ok(0)]);
        // candle's tensors have the batch in front.
        assert_eq!([0, 3, -1, -4].map(|dim| Dim(dim).index(4)), [Some(0), Some(3), Some(3), Some(0)]);
        assert_eq!([4, -5, i64::MIN, i64::MAX].map(|dim| Dim(dim).index(4)), [None; 4]);
    }

    #[test]
    fn a_dimension_that_is_none_of_the_shape_is_named() {
        let flat = Shape::new(vec![10]).unwrap();
        let reason = |dim| Dim(dim).axis("dim", &flat).unwrap_err();
        assert_eq!(reason(0).to_string(), "dimension 0 is the batch");
        assert_eq!(reason(-2).to_string(), "dimension -2 is the batch");
        assert_eq!(reason(2).to_string(), "there is no dimension 2 in 10");
        assert_eq!(reason(2).setting, Some("dim"));
        let help = reason(2).help.unwrap().english;
        assert_eq!(help, "dimensions go from 1 to 1, or from -1 to -1 counted from the end");
    }

    #[test]
    fn floats_are_finite() {
        #[derive(Debug, serde::Deserialize)]
        struct Settings {
            #[serde(deserialize_with = "finite")]
            number: f64,
        }
        let read = |text: &str| toml::from_str::<Settings>(text).map(|settings| settings.number);
        assert_eq!(read("number = -1.5"), Ok(-1.5));
        // A whole number is a number.
        assert_eq!(read("number = 2"), Ok(2.0));
        assert_eq!(read("number = inf").unwrap_err().message(), "must be finite, and is inf");
        assert_eq!(read("number = nan").unwrap_err().message(), "must be finite, and is NaN");
    }
}
