//! What each spatial axis is given: one number for all of them, or a list of one for each.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::op::Reason;
use crate::op::settings::Size;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The most spatial axes: those of a volume.
const MOST_AXES: usize = 3;

/// One number for all spatial axes, or one for each, depth before height before width.
#[derive(Clone, Debug, PartialEq)]
pub enum OnAxes<T> {
    /// The same on every axis.
    All(T),
    /// From one to three.
    Each(Vec<T>),
}

impl<T: Copy> OnAxes<T> {
    /// That of spatial axis number `axis`. [`check`](Self::check) has seen that there is one.
    pub(super) fn on(&self, axis: usize) -> T {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values[axis],
        }
    }

    /// Whether there is one for each spatial axis of `input`.
    pub(super) fn check(&self, setting: &'static str, input: &Shape) -> Result<(), Reason> {
        let axes = input.rank() - 1;
        match self {
            Self::Each(values) if values.len() != axes => {
                let listed = values.len();
                let reason = Reason::new(text!(
                    "`{setting}` lists {listed}, and {input} has {axes} behind its channels",
                    "`{setting}` 列出了 {listed} 个,而 {input} 在通道之后有 {axes} 维"
                ));
                Err(reason.at(setting))
            }
            Self::All(_) | Self::Each(_) => Ok(()),
        }
    }
}

impl<T: Serialize> Serialize for OnAxes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All(value) => value.serialize(serializer),
            Self::Each(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OnAxes<Size> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnAxesVisitor { of_float: whole })
    }
}

impl<'de> Deserialize<'de> for OnAxes<Times> {
    /// As a float, which is what may be a fraction, or a list.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(OnAxesVisitor { of_float: Times::try_from })
    }
}

struct OnAxesVisitor<T> {
    of_float: fn(f64) -> Result<T, Text>,
}

impl<'de, T: Deserialize<'de> + TryFrom<u64, Error = Text>> Visitor<'de> for OnAxesVisitor<T> {
    type Value = OnAxes<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = text!("a number or a list of one for each axis", "一个数,或每轴一个数的列表");
        fmt::Display::fmt(&expected, f)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        value.try_into().map(OnAxes::All).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => {
                Err(E::custom(text!("must not be negative, and is {value}", "不得为负,这里是 {value}")))
            }
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        (self.of_float)(value).map(OnAxes::All).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(MOST_AXES);
        while values.len() < MOST_AXES {
            let Some(value) = list.next_element()? else { break };
            values.push(value);
        }
        let mut found = values.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found == values.len() && found > 0 {
            return Ok(OnAxes::Each(values));
        }
        Err(A::Error::custom(text!(
            "wants one number or a list of 1 to {MOST_AXES}, and has a list of {found}",
            "需要一个数或 1 到 {MOST_AXES} 个数的列表,这里的列表有 {found} 个"
        )))
    }
}

impl<T: JsonSchema> JsonSchema for OnAxes<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}_on_axes", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::json_schema(generator);
        json_schema!({
            "anyOf": [one, { "type": "array", "items": one, "minItems": 1, "maxItems": MOST_AXES }]
        })
    }
}

/// A whole number that is written as a float.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is beyond 64 bits is too large at their end, too"
)]
fn whole(value: f64) -> Result<Size, Text> {
    if value.fract() == 0.0 && value >= 0.0 {
        return (value as u64).try_into();
    }
    Err(text!("must be a whole number above 0, and is {value}", "应是大于 0 的整数,这里是 {value}"))
}

/// How many times as long an axis becomes: finite and above 0.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Times(f64);

impl Times {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// So many times `size`, rounded down, as PyTorch does in 64-bit floats.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is at most 2^53, a factor above 0, and what is too large for u128 is too large for a size"
    )]
    pub(super) fn of(self, size: u64) -> u128 {
        (size as f64 * self.0) as u128
    }
}

impl TryFrom<f64> for Times {
    type Error = Text;

    fn try_from(value: f64) -> Result<Self, Text> {
        if value.is_finite() && value > 0.0 {
            return Ok(Self(value));
        }
        Err(text!("must be finite and above 0, and is {value}", "必须是大于 0 的有限数,这里是 {value}"))
    }
}

impl TryFrom<u64> for Times {
    type Error = Text;

    #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
    fn try_from(value: u64) -> Result<Self, Text> {
        (value as f64).try_into()
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl JsonSchema for Times {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "times".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0 })
    }
}
