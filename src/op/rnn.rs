//! `rnn`: a plain recurrent network, Elman's, as `torch.nn.RNN` with `batch_first = True`; the output is that of every step.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recurrent::{Gates, Recurrence};
use super::settings::{self, Size};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Weight};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text::Text;
use crate::working::{Factor, Working};

/// A recurrent network without gates over a sequence of length × features: the new state is an activation of the input's product
/// and the old state's. What is computed in a step and its state are held inside, and the sequence between two layers: they are
/// in the peak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "无门控的循环网络,作用于长度 × 特征的序列:新状态是输入的乘积与旧状态的乘积之和的激活。一步之内的计算与状态,以及两层之间的序列,都保留在内部,计入峰值"))]
pub struct Rnn {
    /// Features of the state, and of the output for each direction.
    #[schemars(extend("x-zh" = "状态的特征数,也是每个方向输出的特征数"))]
    pub hidden_size: Size,
    /// Layers, each on the outputs of the one before; at most 64.
    #[serde(default = "one")]
    #[schemars(extend("x-zh" = "层数,每一层以前一层的输出为输入;至多 64"))]
    pub num_layers: Size,
    /// The activation that makes the new state.
    #[serde(default)]
    #[schemars(extend("x-zh" = "得到新状态的激活函数"))]
    pub nonlinearity: Nonlinearity,
    /// Whether there are two learned biases: one added to the input's product, one to the state's.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "是否有两个可学习的偏置:一个加在输入的乘积上,一个加在状态的乘积上"))]
    pub bias: bool,
    /// Whether every layer goes through the sequence backwards too.
    #[serde(default)]
    #[schemars(extend("x-zh" = "每一层是否也反向遍历序列"))]
    pub bidirectional: bool,
}

/// The activation of an [`Rnn`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[non_exhaustive]
pub enum Nonlinearity {
    /// The hyperbolic tangent.
    #[default]
    Tanh,
    /// What is above 0.
    Relu,
}

impl Definition for Rnn {
    const EXAMPLE: &'static str = r#"{ op = "rnn", hidden_size = 128 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[50, 64]];
}

impl Operator for Rnn {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.recurrence().output(inputs)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        self.recurrence().weights(inputs)
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(self.recurrence().cost(inputs))
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(self.recurrence().summary("RNN", inputs))
    }

    fn inside(&self, inputs: &[Shape], _output: &Shape) -> Working {
        self.recurrence().inside(inputs)
    }

    /// A state knows of all steps, those to come among them where it goes backwards too.
    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Recurrence::reach(&inputs[0])
    }

    fn class(&self) -> Class {
        Class::Linear
    }
}

#[cfg(feature = "run")]
impl Reference for Rnn {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let step = match self.nonlinearity {
            Nonlinearity::Tanh => tanh_step,
            Nonlinearity::Relu => relu_step,
        };
        self.recurrence().forward(&inputs[0], weights, step)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        self.recurrence().workspace(inputs, device)
    }
}

/// For each number of the state the addition of the input's part to the state's, and the activation of that.
const TANH: Gates = Gates {
    count: 1,
    axis: Factor::Hidden,
    states: 1,
    ops: &[(Kind::Add, &[(Factor::InputAndState, 1)]), (Kind::Exp, &[(Factor::Tanh, 1)])],
};

const RELU: Gates = Gates {
    ops: &[(Kind::Add, &[(Factor::InputAndState, 1)]), (Kind::Cmp, &[(Factor::Positive, 1)])],
    ..TANH
};

impl Rnn {
    fn recurrence(&self) -> Recurrence {
        let Self { hidden_size, num_layers, nonlinearity, bias, bidirectional } = *self;
        let (hidden, layers) = (hidden_size.get(), num_layers.get());
        let gates = match nonlinearity {
            Nonlinearity::Tanh => TANH,
            Nonlinearity::Relu => RELU,
        };
        Recurrence { hidden, projected: None, layers, bias, bidirectional, gates }
    }
}

#[cfg(feature = "run")]
fn tanh_step(input: &[Tensor], state: &[Tensor], _states: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    Ok(vec![(&input[0] + &state[0])?.tanh()?])
}

#[cfg(feature = "run")]
fn relu_step(input: &[Tensor], state: &[Tensor], _states: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    Ok(vec![(&input[0] + &state[0])?.relu()?])
}

fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    /// As `sum(p.numel() for p in nn.RNN(64, 128, 2, bidirectional=True).parameters())`.
    #[test]
    fn two_layers_in_both_directions() {
        let settings = "hidden_size = 128\nnum_layers = 2\nbidirectional = true";
        let rnn: Rnn = toml::from_str(settings).unwrap();
        let inputs = shapes(&[&[50, 64]]);
        let output = rnn.output(&inputs).unwrap();
        assert_eq!(output.dims(), [50, 256]);
        let weights = rnn.weights(&inputs);
        assert_eq!(weights.iter().map(|weight| weight.count().evaluate().unwrap()).sum::<u128>(), 148_480);
        let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
        assert_eq!((names[0], names[1], names[15]), ("weight_ih_l0", "weight_hh_l0", "bias_hh_l1_reverse"));
        assert_eq!((weights[0].dims(), weights[8].dims()), (vec![128, 64], vec![128, 256]));
        let cost = rnn.cost(&inputs, &output).unwrap();
        let (macs, states) = (50 * (148_480 - 2 * 2 * 2 * 128), 2 * 2 * 50 * 128);
        let work = cost.work().unwrap().0;
        assert_eq!((work.macs.linear, work.macs.total()), (macs, macs));
        let expected = Ops { mul: macs, add: macs + 3 * states, exp: states, ..Ops::default() };
        assert_eq!(work.ops, expected);
        let relu: Rnn = toml::from_str(&format!("{settings}\nnonlinearity = 'relu'")).unwrap();
        let work = relu.cost(&inputs, &output).unwrap().work().unwrap().0;
        assert_eq!(work.ops, Ops { cmp: states, exp: 0, ..expected });
    }

    #[test]
    fn the_working_names_no_gates() {
        let rnn: Rnn = toml::from_str("hidden_size = 4").unwrap();
        let inputs = shapes(&[&[7, 5]]);
        let cost = rnn.cost(&inputs, &inputs[0]).unwrap();
        let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
        assert_eq!(
            written,
            [
                "steps · hidden · (in + hidden)",
                "biases · steps · hidden",
                "input and state · steps · hidden",
                "tanh · steps · hidden"
            ]
        );
        assert_eq!(rnn.summary(&inputs, &inputs[0]).unwrap().chinese, "RNN,5 → 4 特征");
    }
}
