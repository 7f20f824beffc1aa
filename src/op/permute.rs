//! `permute`: dimensions in another order, as `torch.permute`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::Dim;
use super::{Along, Class, Definition, Look, Operator, Reach, Reason, only, shape};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The dimensions in another order; the batch stays first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "维度重排;批次维保持在最前"))]
pub struct Permute {
    /// All dimensions in their new order, first the batch, which is 0.
    #[schemars(length(min = 1))]
    #[schemars(extend("x-zh" = "按新顺序列出全部维度,最前是批次维 0"))]
    pub dims: Vec<Dim>,
}

impl Definition for Permute {
    const EXAMPLE: &'static str = r#"{ op = "permute", dims = [0, 2, 1] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[768, 196]];
}

impl Operator for Permute {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        shape(self.axes(input)?.into_iter().map(|axis| input.dims()[axis]).collect())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let order = self.axes(&inputs[0]).expect("`output` has accepted the dimensions");
        let to = |dim| order.iter().position(|&from| from == dim);
        Reach::Along((0..order.len()).map(|dim| Along { to: to(dim), look: Look::Same }).collect())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Permute {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let dims: Vec<usize> = self
            .dims
            .iter()
            .map(|dim| candle_core::shape::Dim::to_index(dim, input.shape(), "permute"))
            .collect::<candle_core::Result<_>>()?;
        input.permute(dims)?.contiguous()
    }
}

impl Permute {
    /// What to write for dimensions that leave out the batch, which may be numbered without it.
    fn with_batch(&self, is_short: bool) -> Option<Text> {
        let shift = i64::from(self.dims.iter().any(|dim| dim.0 == 0));
        let rest =
            self.dims.iter().map(|dim| dim.0.saturating_add(if dim.0 < 0 { 0 } else { shift }).to_string());
        let list = rest.collect::<Vec<_>>().join(", ");
        is_short.then(|| {
            text!("the batch comes first: `dims = [0, {list}]`", "批次维在最前:`dims = [0, {list}]`")
        })
    }

    /// The index into the sizes of `input` that each size of the output comes from.
    pub(crate) fn axes(&self, input: &Shape) -> Result<Vec<usize>, Reason> {
        let (listed, all) = (self.dims.len(), input.rank() + 1);
        if listed != all {
            let reason = Reason::new(text!(
                "`dims` lists {listed} dimensions, and {input} has {all} with the batch",
                "`dims` 列出了 {listed} 维,而 {input} 连同批次维共有 {all} 维"
            ));
            return Err(Reason { help: self.with_batch(listed + 1 == all), ..reason.at("dims") });
        }
        let first = self.dims[0].0;
        if first != 0 && (first > 0 || first.unsigned_abs() != all as u64) {
            return Err(Reason::new(text!(
                "`dims` begins with {first}, and the batch stays in front",
                "`dims` 以 {first} 开头,而批次维必须保持在最前"
            ))
            .at("dims")
            .help(text!("the batch is 0: `dims = [0, …]`", "批次维为 0:`dims = [0, …]`")));
        }
        let mut order = Vec::with_capacity(input.rank());
        for &dim in &self.dims[1..] {
            let axis = dim.axis("dims", input)?;
            if order.contains(&axis) {
                let number = axis + 1;
                return Err(Reason::new(text!(
                    "`dims` lists dimension {number} of {input} more than once",
                    "`dims` 多次列出了 {input} 的第 {number} 维"
                ))
                .at("dims"));
            }
            order.push(axis);
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permute(dims: &[i64], input: &[u64]) -> Result<Vec<u64>, Reason> {
        let permute = Permute { dims: dims.iter().map(|&dim| Dim(dim)).collect() };
        permute.output(&[Shape::new(input.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn patches_become_a_sequence() {
        assert_eq!(permute(&[0, 2, 1], &[768, 196]), Ok(vec![196, 768]));
        assert_eq!(permute(&[0, 2, 3, 1], &[3, 2, 4]), Ok(vec![2, 4, 3]));
        assert_eq!(permute(&[-4, -1, 1, -2], &[3, 2, 4]), Ok(vec![4, 3, 2]));
    }

    #[test]
    fn it_copies() {
        assert!(!Permute { dims: vec![Dim(0), Dim(1)] }.is_view());
    }

    #[test]
    fn every_dimension_is_listed_once_with_the_batch_first() {
        let reason = |dims: &[i64]| {
            let reason = permute(dims, &[3, 2, 4]).unwrap_err();
            assert_eq!(reason.setting, Some("dims"));
            reason.to_string()
        };
        assert_eq!(reason(&[0, 2, 1]), "`dims` lists 3 dimensions, and 3×2×4 has 4 with the batch");
        assert_eq!(reason(&[]), "`dims` lists 0 dimensions, and 3×2×4 has 4 with the batch");
        assert_eq!(reason(&[1, 0, 2, 3]), "`dims` begins with 1, and the batch stays in front");
        assert_eq!(reason(&[4, 1, 2, 3]), "`dims` begins with 4, and the batch stays in front");
        assert_eq!(reason(&[0, 1, -3, 2]), "`dims` lists dimension 1 of 3×2×4 more than once");
        assert_eq!(reason(&[0, 0, 1, 2]), "dimension 0 is the batch");
        assert_eq!(reason(&[0, 1, 2, 4]), "there is no dimension 4 in 3×2×4");
    }
}
