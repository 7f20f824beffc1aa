//! A dimension by its number, and several of them.

use std::fmt;

#[cfg(feature = "run")]
use candle_core::shape;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::op::Reason;
use crate::shape::Shape;
use crate::text;

/// A dimension in PyTorch's numbering: the batch is 0, channels are 1, and negative numbers count from the end. Written as a
/// number, or as a list of one, as PyTorch's functions over several dimensions have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Dim(pub i64);

impl Dim {
    /// The channels, dimension 1.
    pub fn channels() -> Self {
        Self(1)
    }

    /// The index into the sizes of `input`, which leave out the batch. `setting` is where this dimension was given.
    pub(in crate::op) fn axis(self, setting: &'static str, input: &Shape) -> Result<usize, Reason> {
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

#[cfg(feature = "run")]
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

/// Reads one dimension or a list of them.
pub(in crate::op) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Dim>, D::Error> {
    deserializer.deserialize_any(DimsVisitor)
}

impl<'de> Deserialize<'de> for Dim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dims = deserializer.deserialize_any(DimsVisitor)?;
        if let [dim] = dims[..] {
            return Ok(dim);
        }
        let found = dims.len();
        Err(D::Error::custom(text!(
            "is one dimension, and lists {found}",
            "应是一个维度,这里列出了 {found} 个"
        )))
    }
}

struct DimsVisitor;

impl<'de> Visitor<'de> for DimsVisitor {
    type Value = Vec<Dim>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&text!("a dimension, as -1", "维度,例如 -1"), f)
    }

    fn visit_i64<E: Error>(self, dim: i64) -> Result<Self::Value, E> {
        Ok(vec![Dim(dim)])
    }

    fn visit_u64<E: Error>(self, dim: u64) -> Result<Self::Value, E> {
        // There is no dimension of so large a number, whichever it is.
        Ok(vec![Dim(i64::try_from(dim).unwrap_or(i64::MAX))])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut dims = vec![];
        while let Some(dim) = list.next_element()? {
            dims.push(Dim(dim));
        }
        Ok(dims)
    }
}

impl JsonSchema for Dim {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "dim".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({ "type": "integer", "format": "int64" });
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1, "maxItems": 1 }] })
    }
}

/// The JSON Schema of what [`one_or_more`] reads.
pub(in crate::op) fn one_or_more_schema(_: &mut SchemaGenerator) -> Schema {
    let one = json_schema!({ "type": "integer", "format": "int64" });
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
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
    fn one_dimension_may_stand_in_a_list() {
        #[derive(Debug, serde::Deserialize)]
        struct Settings {
            dim: Dim,
            #[serde(deserialize_with = "one_or_more")]
            dims: Vec<Dim>,
        }
        let read = |text: &str| {
            toml::from_str::<Settings>(text).map(|settings| (settings.dim.0, settings.dims.len()))
        };
        assert_eq!(read("dim = -1\ndims = 2"), Ok((-1, 1)));
        assert_eq!(read("dim = [1]\ndims = [2, 3]"), Ok((1, 2)));
        let message = |text: &str| read(text).unwrap_err().message().to_owned();
        assert_eq!(message("dim = [1, 2]\ndims = 2"), "is one dimension, and lists 2");
    }
}
