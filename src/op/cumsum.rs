//! `cumsum`: the sums of the values up to each, as `torch.cumsum`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Of each value of a dimension, the sum of it and of all before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "一个维度上每个值与其之前所有值之和"))]
pub struct CumSum {
    /// The dimension along which values are added up; channels are 1, and the last is -1.
    #[schemars(extend("x-zh" = "沿哪一维累加;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
    /// Whether the value itself is left out of its sum.
    #[serde(default)]
    #[schemars(extend("x-zh" = "和中是否不含该值本身"))]
    pub exclusive: bool,
    /// Whether they are added up from the end.
    #[serde(default)]
    #[schemars(extend("x-zh" = "是否从末尾开始累加"))]
    pub reverse: bool,
}

impl Definition for CumSum {
    const EXAMPLE: &'static str = r#"{ op = "cumsum", dim = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[128, 64]];
}

impl Operator for CumSum {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.dim.axis("dim", input)?;
        Ok(input.clone())
    }

    /// One addition for each sum but the first; without the values themselves, for each but the first two.
    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let mut others = inputs[0].dims().to_vec();
        let size = inputs[0].axis(self.dim.0).map_or(1, |axis| others.remove(axis));
        let free = if self.exclusive { size.min(2) } else { 1 };
        let added = Working::named(Factor::GroupSize, size).less(Working::Number(free.into()));
        let terms = vec![Term::ops(Kind::Add, Working::sizes(Factor::Groups, &others).by(added))];
        Ok(Cost { terms })
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let summed = inputs[0].axis(self.dim.0);
        Reach::mixing(&inputs[0], |dim| Some(dim) == summed)
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl Reference for CumSum {
    /// In steps that double: after each, an element has the sum of as many values as that step and all before it reach over.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let size = inputs[0].dim(self.dim)?;
        let mut sums = self.turned(&inputs[0])?;
        let mut step = 1;
        while step < size {
            sums = (self.moved(&sums, step)? + &sums)?;
            step *= 2;
        }
        if self.exclusive {
            sums = self.moved(&sums, 1)?;
        }
        self.turned(&sums)?.contiguous()
    }

    /// The sums, those that are moved, and zeros.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(3, inputs, output)
    }
}

#[cfg(feature = "run")]
impl CumSum {
    /// The other way round, if values are added up from the end.
    fn turned(&self, values: &Tensor) -> candle_core::Result<Tensor> {
        if !self.reverse {
            return Ok(values.clone());
        }
        let positions = 0..u32::try_from(values.dim(self.dim)?).map_err(candle_core::Error::wrap)?;
        tensors::pick(values, positions.rev().collect(), self.dim)
    }

    /// Each value so many places further on, and zeros in front.
    fn moved(&self, values: &Tensor, places: usize) -> candle_core::Result<Tensor> {
        let kept = values.narrow(self.dim, 0, values.dim(self.dim)? - places)?;
        let zeros = values.narrow(self.dim, 0, places)?.zeros_like()?;
        Tensor::cat(&[&zeros, &kept], self.dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    #[test]
    fn the_first_sum_is_free() {
        let count = |settings: &str, dims: &[u64]| {
            let (op, inputs) = (toml::from_str::<CumSum>(settings).unwrap(), shapes(&[dims]));
            op.cost(&inputs, &op.output(&inputs).unwrap()).unwrap().work().unwrap().0.ops
        };
        assert_eq!(count("dim = 1", &[128, 64]), Ops::of(Kind::Add, 127 * 64));
        assert_eq!(count("dim = -1\nexclusive = true", &[2, 5]), Ops::of(Kind::Add, 6));
        assert_eq!(count("dim = 1\nexclusive = true", &[1]), Ops::of(Kind::Add, 0));
    }
}
