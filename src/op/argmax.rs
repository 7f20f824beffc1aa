//! `argmax` and `argmin`: where the largest or smallest value of a dimension is, as `torch.argmax`. What comes out are numbers from 0 on.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, only, reduction};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// A table of two. An entry says what it is, its name, its type, and what computes it.
macro_rules! places {
    ($($(#[$about:meta])* $name:literal => $Type:ident, computes $value:expr;)*) => {$(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub struct $Type {
            /// The dimension that is searched; channels are 1, and the last is -1.
            #[schemars(extend("x-zh" = "在其中查找的维度;通道为 1,最后一维为 -1"))]
            pub dim: Dim,
            /// Whether it stays, with a size of 1.
            #[serde(default)]
            #[schemars(extend("x-zh" = "该维度是否保留为尺寸 1"))]
            pub keepdim: bool,
        }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\", dim = 1 }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[21, 64, 64]];
        }

        impl Operator for $Type {
            fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
                reduction::output(&[self.dim], self.keepdim, only(inputs)?)
            }

            fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
                let searched = inputs[0].axis(self.dim.0).map_or(1, |axis| inputs[0].dims()[axis]);
                let others = Working::named(Factor::Reduced, searched).less(Working::Number(1));
                let each = Working::elements(Factor::OutputElements, output);
                Ok(Cost { terms: vec![Term::ops(Kind::Cmp, each.by(others))] })
            }

            fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
                reduction::reach_of(&[self.dim], self.keepdim, &inputs[0])
            }

            fn class(&self) -> Class {
                Class::Pooling
            }
        }

        #[cfg(feature = "run")]
        impl Reference for $Type {
            fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
                let value: fn(&Tensor, Dim) -> candle_core::Result<Tensor> = $value;
                let places = value(&inputs[0], self.dim)?.to_dtype(inputs[0].dtype())?;
                if self.keepdim { Ok(places) } else { places.squeeze(self.dim) }
            }

            /// The places as whole numbers.
            fn workspace(&self, _inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
                Workspace::of_sample(elements(output.dims()))
            }
        }
    )*};
}

places! {
    /// Where the largest value of a dimension is, counted from 0: the class that a classifier holds for the likeliest.
    #[schemars(extend("x-zh" = "一个维度上最大值的位置,从 0 编号:如分类器认为最可能的类别"))]
    "argmax" => ArgMax, computes |x, dim| x.argmax_keepdim(dim);

    /// Where the smallest value of a dimension is, counted from 0.
    #[schemars(extend("x-zh" = "一个维度上最小值的位置,从 0 编号"))]
    "argmin" => ArgMin, computes |x, dim| x.argmin_keepdim(dim);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    /// A segmentation of 21 classes.
    #[test]
    fn one_place_for_each_position() {
        let inputs = shapes(&[&[21, 64, 64]]);
        let classes = ArgMax { dim: Dim(1), keepdim: false };
        let output = classes.output(&inputs).unwrap();
        assert_eq!(output.dims(), [64, 64]);
        assert_eq!(
            classes.cost(&inputs, &output).unwrap().work().unwrap().0.ops,
            Ops::of(Kind::Cmp, 64 * 64 * 20)
        );
        let kept = ArgMin { dim: Dim(-1), keepdim: true };
        assert_eq!(kept.output(&inputs).unwrap().dims(), [21, 64, 1]);
        assert_eq!(kept.output(&shapes(&[&[]])).unwrap_err().setting, Some("dim"));
    }
}
