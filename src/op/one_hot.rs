//! `one_hot`: of each index as many numbers as there are classes, a 1 at its own, as `torch.nn.functional.one_hot`.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Along, Class, Definition, Look, Operator, Reach, Reason, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, rows, tensors};
use crate::shape::Shape;

/// As many numbers as there are classes in place of each index: 1 at the index, and 0 elsewhere; nothing is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "每个索引换成与类别数同样多的数:索引处为 1,其余为 0;无运算"))]
pub struct OneHot {
    /// How many classes there are: indices go from 0 to one less.
    #[schemars(extend("x-zh" = "类别数:索引从 0 到类别数减 1"))]
    pub num_classes: Size,
}

impl Definition for OneHot {
    const EXAMPLE: &'static str = r#"{ op = "one_hot", num_classes = 21 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 64]];
}

impl Operator for OneHot {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        shape([only(inputs)?.dims(), &[self.num_classes.get()]].concat())
    }

    fn indices(&self) -> Option<u64> {
        Some(self.num_classes.get())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Along((0..inputs[0].rank()).map(|dim| Along { to: Some(dim), look: Look::Same }).collect())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for OneHot {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let classes = tensors::size_of(self.num_classes.get())?;
        let found = rows::read(&inputs[0])?;
        let hot = found
            .into_iter()
            .enumerate()
            .map(|(row, index)| Ok(row * classes + rows::place(index, classes)?));
        let hot = rows::numbered(hot)?;
        let device = inputs[0].device();
        let dtype = if inputs[0].dtype().is_float() { inputs[0].dtype() } else { DType::F32 };
        let ones = Tensor::ones(hot.len(), dtype, device)?;
        let zeros = Tensor::zeros([inputs[0].dims(), &[classes]].concat(), dtype, device)?;
        rows::put(&zeros, hot, &ones, 1, false)
    }

    /// Zeros, and what is known of each index.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        rows::workspace(&inputs[0], super::workspace::elements(inputs[0].dims()))
            + Workspace::copies(1, &[], output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn classes_come_last() {
        let op: OneHot = toml::from_str("num_classes = 21").unwrap();
        assert_eq!(op.output(&shapes(&[&[64, 64]])).unwrap().dims(), [64, 64, 21]);
        assert_eq!(op.indices(), Some(21));
        let index = Tensor::new(&[[21f32]], &Device::Cpu).unwrap();
        assert_eq!(op.forward(&[index], &[]).unwrap_err().to_string(), "there is no element 21 among 21");
    }
}
