//! `flatten`, as `torch.nn.Flatten`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::Dim;
use super::{Class, Definition, Operator, Reach, Reason, only, shape, size};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Makes one dimension of several that follow one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flatten {
    /// The first of them; channels are 1.
    #[serde(default = "Dim::channels")]
    pub start_dim: Dim,
    /// The last of them; the last of all is -1.
    #[serde(default = "last")]
    pub end_dim: Dim,
}

impl Definition for Flatten {
    const EXAMPLE: &'static str = r#"{ op = "flatten" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 7, 7]];
}

impl Operator for Flatten {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let (start, end) = self.axes(input)?;
        let mut dims = input.dims().to_vec();
        let joined = size(dims[start..=end].iter().map(|&size| u128::from(size)).product())?;
        dims.splice(start..=end, [joined]);
        shape(dims)
    }

    fn output_workings(&self, inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        match self.axes(&inputs[0]) {
            Ok((start, end)) if start < end => {
                let joined = inputs[0].dims()[start..=end].iter().map(|&size| Working::Number(size.into()));
                vec![(Factor::FlattenedSize, Working::Product(joined.collect()))]
            }
            Ok(_) | Err(_) => vec![],
        }
    }

    fn is_view(&self) -> bool {
        true
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        Reach::reshaped(&inputs[0], output)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Flatten {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        inputs[0].flatten(self.start_dim, self.end_dim)
    }
}

impl Flatten {
    /// The first and the last of the sizes that are joined.
    fn axes(&self, input: &Shape) -> Result<(usize, usize), Reason> {
        let (start, end) = (self.start_dim.axis("start_dim", input)?, self.end_dim.axis("end_dim", input)?);
        if start > end {
            let (first, last) = (self.start_dim.0, self.end_dim.0);
            return Err(Reason::new(text!(
                "`start_dim = {first}` comes after `end_dim = {last}` in {input}",
                "在 {input} 中 `start_dim = {first}` 位于 `end_dim = {last}` 之后"
            ))
            .at("start_dim"));
        }
        Ok((start, end))
    }
}

fn last() -> Dim {
    Dim(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn flatten(start_dim: i64, end_dim: i64, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let flatten = Flatten { start_dim: Dim(start_dim), end_dim: Dim(end_dim) };
        flatten.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn the_end_of_vggs_features() {
        let default: Flatten = toml::from_str("").unwrap();
        let features = Shape::new(vec![512, 7, 7]).unwrap();
        let output = default.output(std::slice::from_ref(&features)).unwrap();
        assert_eq!(output.dims(), [25_088]);
        let (name, working) = &default.output_workings(&[features], &output)[0];
        assert_eq!((*name, working.substitution(Notation::Text).as_str()), (Factor::FlattenedSize, "512·7²"));
    }

    #[test]
    fn dimensions_are_those_of_pytorch() {
        assert_eq!(flatten(2, -1, &[768, 14, 14]), Ok(vec![768, 196]));
        assert_eq!(flatten(1, 2, &[3, 2, 4]), Ok(vec![6, 4]));
        // One dimension by itself stays as it is.
        assert_eq!(flatten(-1, -1, &[3, 2, 4]), Ok(vec![3, 2, 4]));
    }

    #[test]
    fn the_batch_is_not_flattened() {
        let reason = flatten(0, -1, &[512, 7, 7]).unwrap_err();
        assert_eq!(reason.to_string(), "dimension 0 is the batch");
        assert_eq!(reason.setting, Some("start_dim"));
    }

    #[test]
    fn the_start_is_not_after_the_end() {
        let reason = flatten(3, 2, &[512, 7, 7]).unwrap_err();
        assert_eq!(reason.to_string(), "`start_dim = 3` comes after `end_dim = 2` in 512×7×7");
    }

    #[test]
    fn a_size_that_is_too_large_is_shown_exactly() {
        let reason = |dims: &[u64]| flatten(1, -1, dims).unwrap_err().to_string();
        assert_eq!(reason(&[1 << 53, 2]), "the size 18014398509481984 is above 2^53");
        assert_eq!(reason(&[1 << 53, 1 << 20]), "the size 9444732965739290427392 is above 2^53");
    }
}
