//! `index_select`: chosen elements of a dimension, in any order and as often as wanted, as `torch.index_select`.

use std::collections::BTreeSet;

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Dim, Extent};
use super::{Class, Definition, Operator, Reach, Reason, only, shape};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;

/// Chosen elements of one dimension, in the order they are listed; one may be taken several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexSelect {
    /// The dimension that elements are taken from; channels are 1, and the last is -1.
    pub dim: Dim,
    /// Which elements, counted from 0.
    #[schemars(length(min = 1))]
    pub index: Vec<Extent>,
}

impl Definition for IndexSelect {
    const EXAMPLE: &'static str = r#"{ op = "index_select", dim = 1, index = [2, 1, 0] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 224, 224]];
}

impl Operator for IndexSelect {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let axis = self.dim.axis("dim", input)?;
        let mut dims = input.dims().to_vec();
        let size = dims[axis];
        if self.index.is_empty() {
            return Err(
                Reason::new(text!("`index` lists no element", "`index` 没有列出任何元素")).at("index")
            );
        }
        if let Some(beyond) = self.index.iter().map(|index| index.get()).find(|&index| index >= size) {
            let (dim, last) = (self.dim.0, size - 1);
            return Err(Reason::new(text!(
                "there is no element {beyond} among the {size} of dimension {dim} in {input}",
                "{input} 的第 {dim} 维有 {size} 个元素,没有第 {beyond} 个"
            ))
            .at("index")
            .help(text!("elements go from 0 to {last}", "元素从 0 到 {last}")));
        }
        dims[axis] = self.index.len() as u64;
        shape(dims)
    }

    /// Each chosen element once, however often it is taken.
    fn touched(&self, _inputs: &[Shape], output: &Shape) -> Option<u128> {
        let listed = self.index.len() as u128;
        let chosen = self.index.iter().map(|index| index.get()).collect::<BTreeSet<_>>().len() as u128;
        Some(output.elements() / listed * chosen)
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let chosen = inputs[0].axis(self.dim.0);
        if chosen == Some(0) { Reach::Position } else { Reach::moving(&inputs[0], |dim| Some(dim) == chosen) }
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for IndexSelect {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let index: Vec<u32> = self
            .index
            .iter()
            .map(|index| u32::try_from(index.get()))
            .collect::<Result<_, _>>()
            .map_err(candle_core::Error::wrap)?;
        tensors::pick(&inputs[0], index, self.dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn select(settings: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let select: IndexSelect = toml::from_str(settings).unwrap();
        select.output(&shapes(&[dims])).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn as_many_as_are_listed() {
        assert_eq!(select("dim = 1\nindex = [2, 1, 0]", &[3, 8, 8]), Ok(vec![3, 8, 8]));
        assert_eq!(select("dim = -1\nindex = [0, 0, 5, 0]", &[3, 6]), Ok(vec![3, 4]));
    }

    #[test]
    fn every_element_is_there() {
        let reason = select("dim = 2\nindex = [0, 2]", &[3, 2]).unwrap_err();
        assert_eq!(reason.to_string(), "there is no element 2 among the 2 of dimension 2 in 3×2");
        assert_eq!(
            (reason.setting, reason.help.unwrap().english.as_str()),
            (Some("index"), "elements go from 0 to 1")
        );
        assert_eq!(select("dim = 1\nindex = []", &[3]).unwrap_err().to_string(), "`index` lists no element");
        assert_eq!(select("dim = 0\nindex = [0]", &[3]).unwrap_err().to_string(), "dimension 0 is the batch");
        // PyTorch counts none from the end here.
        assert!(toml::from_str::<IndexSelect>("dim = 1\nindex = [-1]").is_err());
    }
}
