//! `embedding`: a learned vector for each index, as `torch.nn.Embedding`.
//!
//! Indices arrive as whole numbers of 64 bits, or, where they are computed with too, as floats. What is no whole number, or not
//! below `num_embeddings`, is an error when it is looked up.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Class, Definition, Initializer, Operator, Reach, Reason, Weight, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::Capped;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::Factor;

/// The row of a learned table for each index of the input; nothing is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Rows of the table: indices go from 0 to one less.
    pub num_embeddings: Size,
    /// Numbers in a row.
    pub embedding_dim: Size,
}

impl Definition for Embedding {
    const EXAMPLE: &'static str = r#"{ op = "embedding", num_embeddings = 30000, embedding_dim = 300 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[128]];
}

impl Operator for Embedding {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let mut dims = only(inputs)?.dims().to_vec();
        dims.push(self.embedding_dim.get());
        shape(dims)
    }

    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        let axes = vec![
            (Factor::Embeddings, self.num_embeddings.get()),
            (Factor::Features, self.embedding_dim.get()),
        ];
        vec![Weight::learned("weight", axes, Initializer::Normal { deviation: 1.0 })]
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (rows, features) = (self.num_embeddings.get(), self.embedding_dim.get());
        Some(text!("table of {rows} rows of {features}", "{rows} 行、每行 {features} 个数的表"))
    }

    /// A row for each index, and no row twice: no more of them than there are.
    fn weights_touched(&self, inputs: &[Shape]) -> Option<Capped> {
        let (rows, of_row) = (self.num_embeddings.get(), u128::from(self.embedding_dim.get()));
        Some(Capped { each: inputs[0].elements().saturating_mul(of_row), most: u128::from(rows) * of_row })
    }

    fn indices(&self) -> Option<u64> {
        Some(self.num_embeddings.get())
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Rearranged
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Embedding {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, table) = (&inputs[0], &weights[0]);
        let (rows, features) = table.dims2()?;
        let mut indices = input.flatten_all()?;
        if indices.dtype() == DType::I64 {
            // A kernel on a GPU would read whatever lies there.
            let known = |index: &i64| usize::try_from(*index).is_ok_and(|index| index < rows);
            if let Some(index) = indices.to_vec1::<i64>()?.iter().find(|index| !known(index)) {
                return Err(no_row(index, rows));
            }
        } else {
            let floats = indices.to_dtype(DType::F32)?.to_vec1::<f32>()?;
            let whole = floats.into_iter().map(|float| row(float, rows)).collect::<Result<Vec<_>, _>>()?;
            indices = Tensor::new(whole, input.device())?;
        }
        let found = table.index_select(&indices, 0)?;
        found.reshape([input.dims(), &[features]].concat())
    }

    /// The indices: as floats of 32 bits, as whole numbers, and in a tensor; or a copy of 64 bits, which are up to four numbers.
    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        Workspace::of_sample(6 * elements(inputs[0].dims()))
    }
}

/// The row that a float means, if it is one of `rows`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it has been seen to be whole and small"
)]
#[cfg(feature = "run")]
fn row(float: f32, rows: usize) -> candle_core::Result<u32> {
    let index = (float.fract() == 0.0 && (0.0..4_294_967_296.0).contains(&float)).then_some(float as u32);
    index.filter(|&index| (index as usize) < rows).ok_or_else(|| no_row(&float, rows))
}

#[cfg(feature = "run")]
fn no_row(index: &dyn std::fmt::Display, rows: usize) -> candle_core::Error {
    candle_core::Error::Msg(format!("there is no row {index} among the {rows} of the embedding"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;
    use candle_core::Device;

    fn embedding() -> Embedding {
        toml::from_str("num_embeddings = 3\nembedding_dim = 2").unwrap()
    }

    #[test]
    fn a_row_for_each_index() {
        let large: Embedding = toml::from_str("num_embeddings = 30000\nembedding_dim = 300").unwrap();
        assert_eq!(large.output(&shapes(&[&[128]])).unwrap().dims(), [128, 300]);
        assert_eq!(large.output(&shapes(&[&[]])).unwrap().dims(), [300]);
        assert_eq!(large.weights(&[])[0].count().evaluate(), Ok(9_000_000));
        let inputs = shapes(&[&[128]]);
        assert_eq!(large.cost(&inputs, &inputs[0]).unwrap().terms, []);
    }

    #[test]
    fn what_is_no_row_is_an_error() {
        let table = Tensor::new(&[[0f32, 1.], [2., 3.], [4., 5.]], &Device::Cpu).unwrap();
        let rows = |indices: &[f32]| {
            let input = Tensor::new(indices, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            embedding().forward(&[input], std::slice::from_ref(&table))
        };
        assert_eq!(
            rows(&[2., 0.]).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap(),
            [4., 5., 0., 1.]
        );
        for wrong in [3., -1., 0.5, f32::NAN, f32::INFINITY, 1e20] {
            let message = rows(&[0., wrong]).unwrap_err().to_string();
            assert!(message.starts_with(&format!("there is no row {wrong} among the 3")), "{message}");
        }
        for (index, is_row) in [(0i64, true), (2, true), (3, false), (-1, false), (i64::MAX, false)] {
            let input = Tensor::new(&[[index]], &Device::Cpu).unwrap();
            assert_eq!(
                embedding().forward(&[input], std::slice::from_ref(&table)).is_ok(),
                is_row,
                "{index}"
            );
        }
    }
}
