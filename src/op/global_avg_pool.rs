//! `global_avg_pool`: the mean of each channel over all its positions, as ONNX's GlobalAveragePool.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::{Axis, Window, spatial_sizes};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, before_flatten, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Mean of each channel over all its positions, however many spatial axes there are: each keeps a size of 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "每个通道对其全部位置取平均,空间轴不限个数:各轴保留为尺寸 1"))]
pub struct GlobalAvgPool {}

impl Definition for GlobalAvgPool {
    const EXAMPLE: &'static str = r#"{ op = "global_avg_pool" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 7, 7]];
}

impl Operator for GlobalAvgPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        if input.rank() < 2 {
            return Err(Reason::new(text!(
                "needs channels and at least one spatial axis, and gets {input}",
                "需要通道和至少一个空间维度,却得到 {input}"
            ))
            .help(before_flatten()));
        }
        let mut sizes = vec![1; input.rank()];
        sizes[0] = input.dims()[0];
        shape(sizes)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let channels = Working::named(Factor::Channels, output.dims()[0]);
        let positions = Working::sizes(Factor::Positions, spatial_sizes(&inputs[0]));
        let sums = channels.clone().by(positions.less(Working::Number(1)));
        Ok(Cost { terms: vec![Term::ops(Kind::Add, sums), Term::ops(Kind::Div, channels)] })
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        let axis =
            |&size: &u64| Axis { kernel: size, stride: size, dilation: 1, before: 0, after: 0, ceil: false };
        Some(Window { axes: spatial_sizes(input).iter().map(axis).collect() })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("global average pool", "全局平均池化"))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::mixing(&inputs[0], |dim| dim > 0)
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl Reference for GlobalAvgPool {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        tensors::whole_mean(&inputs[0])
    }

    /// The sum, while it is divided, and as much beside.
    fn workspace(&self, _inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::of_sample(2 * elements(output.dims()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;
    use crate::working::Notation;

    #[test]
    fn the_end_of_resnet() {
        let inputs = shapes(&[&[512, 7, 7]]);
        let output = GlobalAvgPool {}.output(&inputs).unwrap();
        assert_eq!(output.dims(), [512, 1, 1]);
        let cost = GlobalAvgPool {}.cost(&inputs, &output).unwrap();
        assert_eq!(cost.terms[0].nominal.formula(Notation::Text), "channels · (positions − 1)");
        assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "512·(7² − 1)");
        let (work, _) = cost.work().unwrap();
        assert_eq!((work.ops.add, work.ops.div), (512 * 48, 512));
    }

    #[test]
    fn it_takes_any_number_of_axes() {
        let output = |dims| GlobalAvgPool {}.output(&shapes(&[dims])).map(|shape| shape.dims().to_vec());
        assert_eq!(output(&[3, 9]), Ok(vec![3, 1]));
        assert_eq!(output(&[3, 2, 4, 5]), Ok(vec![3, 1, 1, 1]));
        assert_eq!(output(&[3, 1, 2, 4, 5]), Ok(vec![3, 1, 1, 1, 1]));
        let reason = output(&[400]).unwrap_err().to_string();
        assert_eq!(reason, "needs channels and at least one spatial axis, and gets 400");
    }
}
