//! The types of operators' settings. Each reads itself with serde, says itself what is wrong with a value, and describes
//! itself to the JSON Schema; none accepts a value that its operator would have to check again.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::shape::LARGEST_SIZE;
use crate::text;
use crate::text::Text;

mod dim;
mod padding;
mod written;

pub use dim::Dim;
pub(super) use dim::{one_or_more, one_or_more_schema};
pub use padding::{Padding, Sides};
pub(super) use padding::{divides, multiplies};
#[cfg(test)]
pub(super) use written::of_toml;

/// A size of at least 1: channels, a kernel, a stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Size(u64);

/// A length of at least 0: padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
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

/// The same of a setting that may be left out.
pub(super) fn finite_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    finite(deserializer).map(Some)
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

    /// The same with other values; the first that cannot be one is the error.
    pub fn try_into_each<U: TryFrom<T>>(self) -> Result<PerAxis<U, N>, U::Error> {
        let values: Vec<U> = self.0.into_iter().map(U::try_from).collect::<Result<_, _>>()?;
        Ok(PerAxis(values.try_into().unwrap_or_else(|_| unreachable!("as many as there were"))))
    }
}

impl<const N: usize> From<u64> for PerAxis<u64, N> {
    fn from(value: u64) -> Self {
        Self::all(value)
    }
}

impl<const N: usize> From<[u64; N]> for PerAxis<u64, N> {
    fn from(values: [u64; N]) -> Self {
        Self(values)
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

#[cfg(test)]
mod tests {
    use super::*;

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
