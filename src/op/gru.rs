//! `gru`: gated recurrent units, as `torch.nn.GRU` with `batch_first = True`; the output is that of every step.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
#[cfg(feature = "run")]
use candle_nn::ops::sigmoid;
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

/// Gated recurrent units over a sequence of length × features. The gates and states of a step are held inside, and the sequence
/// between two layers: they are in the peak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "门控循环单元,作用于长度 × 特征的序列。一步的各个门与状态,以及两层之间的序列,都保留在内部,计入峰值"))]
pub struct Gru {
    /// Features of the state, and of the output for each direction.
    #[schemars(extend("x-zh" = "状态的特征数,也是每个方向输出的特征数"))]
    pub hidden_size: Size,
    /// Layers, each on the outputs of the one before; at most 64.
    #[serde(default = "one")]
    #[schemars(extend("x-zh" = "层数,每一层以前一层的输出为输入;至多 64"))]
    pub num_layers: Size,
    /// Whether each gate has two learned biases: one added to the input's product, one to the state's.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个门是否有两个可学习的偏置:一个加在输入的乘积上,一个加在状态的乘积上"))]
    pub bias: bool,
    /// Whether every layer goes through the sequence backwards too.
    #[serde(default)]
    #[schemars(extend("x-zh" = "每一层是否也反向遍历序列"))]
    pub bidirectional: bool,
}

impl Definition for Gru {
    const EXAMPLE: &'static str = r#"{ op = "gru", hidden_size = 128, num_layers = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[50, 64]];
}

impl Operator for Gru {
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
        Some(self.recurrence().summary("GRU", inputs))
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
impl Reference for Gru {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        self.recurrence().forward(&inputs[0], weights, step)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        self.recurrence().workspace(inputs, device)
    }
}

/// Reset gate, update gate and candidate, in PyTorch's order. For each number of the state: 3 additions of the input's part to
/// the state's, and the multiplication of the candidate's by the reset gate; two sigmoids, of an addition, a division and an
/// exponential each; one tanh; `(1 − z) · n + z · h`, as PyTorch's documentation has it.
const GATES: Gates = Gates {
    count: 3,
    axis: Factor::HiddenGates,
    states: 1,
    ops: &[
        (Kind::Mul, &[(Factor::Reset, 1), (Factor::CandidateTaken, 1), (Factor::StateKept, 1)]),
        (
            Kind::Add,
            &[
                (Factor::InputAndState, 3),
                (Factor::Sigmoids, 2),
                (Factor::OneLessUpdate, 1),
                (Factor::NewState, 1),
            ],
        ),
        (Kind::Div, &[(Factor::Sigmoids, 2)]),
        (Kind::Exp, &[(Factor::Sigmoids, 2), (Factor::Tanh, 1)]),
    ],
};

impl Gru {
    fn recurrence(&self) -> Recurrence {
        let Self { hidden_size, num_layers, bias, bidirectional } = *self;
        let (hidden, layers) = (hidden_size.get(), num_layers.get());
        Recurrence { hidden, projected: None, layers, bias, bidirectional, gates: GATES }
    }
}

#[cfg(feature = "run")]
fn step(input: &[Tensor], state: &[Tensor], states: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    let reset = sigmoid(&(&input[0] + &state[0])?)?;
    let update = sigmoid(&(&input[1] + &state[1])?)?;
    let candidate = (&input[2] + (reset * &state[2])?)?.tanh()?;
    let fresh = (update.affine(-1.0, 1.0)? * candidate)?;
    Ok(vec![(fresh + (update * &states[0])?)?])
}

fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    /// As `sum(p.numel() for p in nn.GRU(64, 128, 2).parameters())`.
    #[test]
    fn two_layers() {
        let gru: Gru = toml::from_str("hidden_size = 128\nnum_layers = 2").unwrap();
        let inputs = shapes(&[&[50, 64]]);
        let output = gru.output(&inputs).unwrap();
        assert_eq!(output.dims(), [50, 128]);
        let weights = gru.weights(&inputs);
        assert_eq!(weights.iter().map(|weight| weight.count().evaluate().unwrap()).sum::<u128>(), 173_568);
        let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
        assert_eq!((names[0], names[7]), ("weight_ih_l0", "bias_hh_l1"));
        let work = gru.cost(&inputs, &output).unwrap().work().unwrap().0;
        let macs = 50 * (173_568 - 2 * 2 * 3 * 128);
        assert_eq!((work.macs.linear, work.macs.total()), (macs, macs));
        let states = 2 * 50 * 128;
        let expected =
            Ops { mul: macs + 3 * states, add: macs + 13 * states, div: 2 * states, cmp: 0, exp: 3 * states };
        assert_eq!(work.ops, expected);
    }

    #[test]
    fn it_says_what_it_is() {
        let gru: Gru = toml::from_str("hidden_size = 4\nnum_layers = 2\nbidirectional = true").unwrap();
        let inputs = shapes(&[&[7, 5]]);
        let summary = gru.summary(&inputs, &inputs[0]).unwrap();
        assert_eq!(summary.english, "GRU, 5 → 4 features, 2 layers, both directions");
        assert_eq!(summary.chinese, "GRU,5 → 4 特征,2 层,双向");
    }
}
