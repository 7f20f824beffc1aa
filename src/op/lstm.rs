//! `lstm`: long short-term memory, as `torch.nn.LSTM` with `batch_first = True`; the output is that of every step.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
#[cfg(feature = "run")]
use candle_nn::ops::sigmoid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::recurrent::{Gates, Recurrence};
use super::settings::{self, Extent, Size};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Weight};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Long short-term memory over a sequence of length × features. The gates and states of a step are held inside, and the sequence
/// between two layers: they are in the peak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "长短期记忆网络,作用于长度 × 特征的序列。一步的各个门与状态,以及两层之间的序列,都保留在内部,计入峰值"))]
pub struct Lstm {
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
    /// Numbers that the state is projected to before it is given out and goes to the next step, fewer than it has; 0 for no
    /// projection.
    #[serde(default)]
    #[schemars(extend("x-zh" = "状态在输出并传给下一步之前投影到多少个数,须少于状态本身;0 表示不投影"))]
    pub proj_size: Extent,
}

impl Definition for Lstm {
    const EXAMPLE: &'static str = r#"{ op = "lstm", hidden_size = 256, bidirectional = true }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[26, 512]];
}

impl Operator for Lstm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let (projected, hidden) = (self.proj_size.get(), self.hidden_size.get());
        if projected >= hidden {
            return Err(Reason::new(text!(
                "`proj_size` must be less than `hidden_size`, and they are {projected} and {hidden}",
                "`proj_size` 应小于 `hidden_size`,这里分别是 {projected} 和 {hidden}"
            ))
            .at("proj_size"));
        }
        self.recurrence().output(inputs)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        self.recurrence().weights(inputs)
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(self.recurrence().cost(inputs))
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(self.recurrence().summary("LSTM", inputs))
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
impl Reference for Lstm {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        self.recurrence().forward(&inputs[0], weights, step)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        self.recurrence().workspace(inputs, device)
    }
}

/// Input gate, forget gate, candidate and output gate, in PyTorch's order. For each number of the state: 4 additions of the
/// input's part to the state's; three sigmoids, of an addition, a division and an exponential each; two tanh; `f · c + i · g`
/// and `o · tanh(c)`.
const GATES: Gates = Gates {
    count: 4,
    axis: Factor::HiddenGates,
    states: 2,
    ops: &[
        (Kind::Mul, &[(Factor::Forgotten, 1), (Factor::TakenIn, 1), (Factor::GivenOut, 1)]),
        (Kind::Add, &[(Factor::InputAndState, 4), (Factor::Sigmoids, 3), (Factor::NewCell, 1)]),
        (Kind::Div, &[(Factor::Sigmoids, 3)]),
        (Kind::Exp, &[(Factor::Sigmoids, 3), (Factor::Tanhs, 2)]),
    ],
};

impl Lstm {
    fn recurrence(&self) -> Recurrence {
        let Self { hidden_size, num_layers, bias, bidirectional, proj_size } = *self;
        let (hidden, layers) = (hidden_size.get(), num_layers.get());
        let projected = Some(proj_size.get()).filter(|&size| size > 0);
        Recurrence { hidden, projected, layers, bias, bidirectional, gates: GATES }
    }
}

#[cfg(feature = "run")]
fn step(input: &[Tensor], state: &[Tensor], states: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    let gate = |index: usize| &input[index] + &state[index];
    let remember = (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?;
    let cell = ((sigmoid(&gate(1)?)? * &states[1])? + remember)?;
    let shown = (sigmoid(&gate(3)?)? * cell.tanh()?)?;
    Ok(vec![shown, cell])
}

fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::{Ops, Work};
    use crate::op::packing::packed;
    use crate::op::shapes;
    use crate::working::Notation;

    fn lstm(settings: &str) -> Lstm {
        toml::from_str(settings).unwrap()
    }

    fn work(settings: &str, dims: &[u64]) -> Work {
        let inputs = shapes(&[dims]);
        let output = lstm(settings).output(&inputs).unwrap();
        lstm(settings).cost(&inputs, &output).unwrap().work().unwrap().0
    }

    fn params(settings: &str, dims: &[u64]) -> u128 {
        let weights = lstm(settings).weights(&shapes(&[dims]));
        weights.iter().map(|weight| weight.count().evaluate().unwrap()).sum()
    }

    /// CRNN reads words with two of these: 4·256·(512 + 256 + 2) parameters for each direction.
    #[test]
    fn a_layer_that_reads_words() {
        let settings = "hidden_size = 256\nbidirectional = true";
        assert_eq!(lstm(settings).output(&shapes(&[&[26, 512]])).unwrap().dims(), [26, 512]);
        assert_eq!(params(settings, &[26, 512]), 1_576_960);
        let work = work(settings, &[26, 512]);
        assert_eq!((work.macs.linear, work.macs.total()), (40_894_464, 2 * 26 * 4 * 256 * (512 + 256)));
        let (macs, states) = (work.macs.total(), 2 * 26 * 256);
        let beside = Ops { mul: 3 * states, add: 16 * states, div: 3 * states, cmp: 0, exp: 5 * states };
        assert_eq!(work.ops, Ops { mul: beside.mul + macs, add: beside.add + macs, ..beside });
    }

    /// As `sum(p.numel() for p in nn.LSTM(5, 3, 3, bidirectional=True).parameters())`.
    #[test]
    fn later_layers_take_both_directions() {
        let settings = "hidden_size = 3\nnum_layers = 3\nbidirectional = true";
        assert_eq!(params(settings, &[7, 5]), 768);
        assert_eq!(params("hidden_size = 3\nnum_layers = 2\nbias = false", &[7, 5]), 168);
        let macs = work(settings, &[7, 5]).macs.total();
        assert_eq!(macs, 7 * (768 - 3 * 2 * 2 * 4 * 3));
        let weights = lstm(settings).weights(&shapes(&[&[7, 5]]));
        let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
        assert_eq!(names[..4], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]);
        assert_eq!((names[4], names[23]), ("weight_ih_l0_reverse", "bias_hh_l2_reverse"));
        assert_eq!((weights[0].dims(), weights[8].dims()), (vec![12, 5], vec![12, 6]));
    }

    #[test]
    fn the_working_reads_by_steps() {
        let inputs = shapes(&[&[7, 5]]);
        let written = |settings: &str| -> Vec<_> {
            let cost = lstm(settings).cost(&inputs, &inputs[0]).unwrap();
            cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).take(3).collect()
        };
        assert_eq!(
            written("hidden_size = 3"),
            [
                "steps · gates · hidden · (in + hidden)",
                "biases · gates · steps · hidden",
                "(forgotten + taken in + given out) · steps · hidden"
            ]
        );
        assert_eq!(
            written("hidden_size = 3\nnum_layers = 4\nbidirectional = true\nbias = false"),
            [
                "directions · steps · gates · hidden · (in + hidden)",
                "layers · directions · steps · gates · hidden · (directions · hidden + hidden)",
                "(forgotten + taken in + given out) · layers · directions · steps · hidden",
            ]
        );
    }

    /// As `sum(p.numel() for p in nn.LSTM(5, 4, 2, bidirectional=True, proj_size=3).parameters())`.
    #[test]
    fn a_projection_makes_the_state_smaller() {
        let settings = "hidden_size = 4\nnum_layers = 2\nbidirectional = true\nproj_size = 3";
        assert_eq!(lstm(settings).output(&shapes(&[&[7, 5]])).unwrap().dims(), [7, 6]);
        assert_eq!(params(settings, &[7, 5]), 720);
        // A MAC for each number of the matrices at each step; two biases for each of four gates.
        let (biases, states) = (2 * 2 * 2 * 4 * 4, 2 * 2 * 7 * 4);
        let (macs, work) = (7 * (720 - biases), work(settings, &[7, 5]));
        assert_eq!((work.macs.linear, work.macs.total()), (macs, macs));
        assert_eq!((work.ops.add, work.ops.exp), (macs + 7 * biases + 8 * states, 5 * states));
        let weights = lstm(settings).weights(&shapes(&[&[7, 5]]));
        let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
        assert_eq!(names[3..6], ["bias_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse"]);
        assert_eq!(weights[4].dims(), [3, 4]);
        assert_eq!((weights[10].dims(), weights[11].dims()), (vec![16, 6], vec![16, 3]));
        let inputs = shapes(&[&[7, 5]]);
        let cost = lstm(settings).cost(&inputs, &inputs[0]).unwrap();
        let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
        assert_eq!(
            written[..4],
            [
                "directions · steps · gates · hidden · (in + projected)",
                "directions · steps · gates · hidden · (directions · projected + projected)",
                "biases · gates · layers · directions · steps · hidden",
                "layers · directions · steps · hidden · projected",
            ]
        );
        let wide = lstm("hidden_size = 4\nproj_size = 4").output(&inputs).unwrap_err();
        assert_eq!(wide.to_string(), "`proj_size` must be less than `hidden_size`, and they are 4 and 4");
        assert_eq!(wide.setting, Some("proj_size"));
    }

    #[test]
    fn what_its_products_pack_is_in_its_workspace() {
        let inputs = shapes(&[&[40, 5]]);
        let lstm = lstm("hidden_size = 300\nnum_layers = 2\nbidirectional = true");
        let output = lstm.output(&inputs).unwrap();
        let held = lstm.workspace(&inputs, &output, &Device::Cpu).of_batch(3);
        let beside = lstm.inside(&inputs, &output).evaluate().unwrap() * 3;
        for (rows, inner) in [(40, 5), (40, 600), (1, 300)] {
            let product = packed(rows, inner, 4 * 300, &Device::Cpu).of_batch(3);
            assert!(held >= beside + product, "{rows}×{inner}");
        }
    }

    #[test]
    fn a_sequence_is_wanted() {
        let reason = |settings: &str, dims: &[u64]| lstm(settings).output(&shapes(&[dims])).unwrap_err();
        assert_eq!(reason("hidden_size = 3", &[5]).to_string(), "needs length × features, and gets 5");
        assert!(lstm("hidden_size = 3").output(&shapes(&[&[3, 8, 8]])).is_err());
        let deep = reason("hidden_size = 3\nnum_layers = 9007199254740992", &[7, 5]);
        assert_eq!(deep.to_string(), "`num_layers` is at most 64, and is 9007199254740992");
        assert_eq!(deep.setting, Some("num_layers"));
        let wide = reason("hidden_size = 9007199254740992\nbidirectional = true", &[7, 5]);
        assert_eq!(wide.to_string(), "the size 18014398509481984 is above 2^53");
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let lstm = lstm("hidden_size = 9007199254740992");
        let inputs = shapes(&[&[1 << 53, 1 << 53]]);
        assert_eq!(lstm.cost(&inputs, &inputs[0]).unwrap().work(), Err(Overflow));
        assert_eq!(lstm.weights(&inputs)[0].dims(), [1 << 55, 1 << 53]);
    }
}
