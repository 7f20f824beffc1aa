//! How many times as high and as wide an image becomes: one whole number, or two that may have fractions.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::op::settings::one_for_all;
use crate::text;
use crate::text::Text;

/// Two finite factors above 0, of height and width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors(pub(super) [f64; 2]);

impl Factors {
    fn new(factors: [f64; 2]) -> Result<Self, Text> {
        match factors.iter().find(|factor| !(factor.is_finite() && **factor > 0.0)) {
            Some(wrong) => Err(text!(
                "must be finite and above 0, and is {wrong}",
                "必须是大于 0 的有限数,这里是 {wrong}"
            )),
            None => Ok(Self(factors)),
        }
    }

    /// So many times `size`, rounded down, as PyTorch does in 64-bit floats.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is at most 2^53, a factor above 0, and what is too large for u128 is too large for a size"
    )]
    pub(super) fn scaled(self, axis: usize, size: u64) -> u128 {
        (size as f64 * self.0[axis]) as u128
    }
}

/// One number is a whole one, so that a fraction is a list even where both are the same.
impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_whole = self.0.iter().all(|factor| factor.fract() == 0.0);
        if is_whole { one_for_all(&self.0, serializer) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Factors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FactorsVisitor;

        impl<'de> Visitor<'de> for FactorsVisitor {
            type Value = Factors;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&text!("a number or a list of 2", "一个数或 2 个数的列表"), f)
            }

            #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
            fn visit_u64<E: Error>(self, value: u64) -> Result<Factors, E> {
                self.visit_f64(value as f64)
            }

            #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
            fn visit_i64<E: Error>(self, value: i64) -> Result<Factors, E> {
                self.visit_f64(value as f64)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Factors, E> {
                Factors::new([value; 2]).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Factors, A::Error> {
                let (height, width) = (list.next_element()?, list.next_element()?);
                match (height, width, list.next_element::<IgnoredAny>()?) {
                    (Some(height), Some(width), None) => {
                        Factors::new([height, width]).map_err(A::Error::custom)
                    }
                    _ => Err(A::Error::custom(text!(
                        "wants one number or a list of 2",
                        "需要一个数或 2 个数的列表"
                    ))),
                }
            }
        }

        deserializer.deserialize_any(FactorsVisitor)
    }
}

impl JsonSchema for Factors {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "factors".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (whole, any) = (
            json_schema!({ "type": "integer", "minimum": 1 }),
            json_schema!({ "type": "number", "exclusiveMinimum": 0 }),
        );
        json_schema!({ "anyOf": [whole, { "type": "array", "items": any, "minItems": 2, "maxItems": 2 }] })
    }
}
