//! Recurrent layers: `LSTM`, `GRU` and `RNN`, as layers of ours where they are those of PyTorch, else step by step.

use super::cut::{Part, index};
use super::unrolled;
use crate::op::Op;
use crate::op::gru::Gru;
use crate::op::lstm::Lstm;
use crate::op::rnn::{Nonlinearity, Rnn};
use crate::op::settings::Size;
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::{Call, decimal, size};
use crate::read::onnx::draft::{Stored, View, elements};
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::AttributeValue;
use crate::read::onnx::value::{Fixed, Mapped, Refusal, Tensor, Value};
use crate::read::onnx::weights::evaluated;
use crate::text;

/// The most numbers of a first state that are looked at.
const MOST_OF_STATE: u64 = 1 << 20;

/// What a recurrent layer of the file is.
pub(super) struct Layer {
    pub(super) kind: Kind,
    /// Numbers of a state.
    pub(super) hidden: u64,
    /// For each direction, whether it goes backwards.
    pub(super) backwards: Vec<bool>,
    /// The functions of each direction in turn.
    pub(super) functions: Vec<Function>,
    /// What goes into a function is cut off at this number and its negative.
    pub(super) clip: Option<f64>,
    /// Directions × (gates · state) × features.
    pub(super) of_input: Fixed,
    /// Directions × (gates · state) × state.
    pub(super) of_state: Fixed,
    /// Directions × two biases of gates · state, one behind the other.
    pub(super) bias: Option<Fixed>,
    /// Whether a `GRU` multiplies the state's product by its reset gate, as PyTorch's does, rather than the state.
    pub(super) is_reset_late: bool,
}

/// A function of a layer.
pub(super) struct Function {
    pub(super) name: String,
    /// What `HardSigmoid` multiplies by.
    pub(super) alpha: f64,
    /// What it adds.
    pub(super) beta: f64,
}

/// Which layer it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Lstm,
    Gru,
    Rnn,
}

impl Kind {
    fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "LSTM" => Self::Lstm,
            "GRU" => Self::Gru,
            "RNN" => Self::Rnn,
            _ => return None,
        })
    }

    /// For each gate of PyTorch's, in its order, which one of the file's it is: input, output, forget gate and candidate there, or
    /// update and reset gate and candidate.
    pub(super) fn gates(self) -> &'static [u64] {
        match self {
            Self::Lstm => &[0, 2, 3, 1],
            Self::Gru => &[1, 0, 2],
            Self::Rnn => &[0],
        }
    }

    /// The functions of one direction where none are named.
    fn functions(self) -> &'static [&'static str] {
        match self {
            Self::Lstm => &["Sigmoid", "Tanh", "Tanh"],
            Self::Gru => &["Sigmoid", "Tanh"],
            Self::Rnn => &["Tanh"],
        }
    }
}

impl Layer {
    /// Some gates of a direction, by their numbers in the file, of one of the weights.
    pub(super) fn gates(&self, weight: Fixed, direction: usize, gates: &[u64]) -> Stored {
        let view = View::Gates { direction: direction as u64, blocks: gates.to_vec(), rows: self.hidden };
        Stored { value: weight, view, learned: true }
    }

    /// The same of the biases that are added to the input's product, and of those of the state's.
    pub(super) fn biases(&self, direction: usize, gates: &[u64]) -> Option<[Stored; 2]> {
        let bias = self.bias?;
        let behind: Vec<u64> = gates.iter().map(|gate| gate + self.kind.gates().len() as u64).collect();
        Some([gates, &behind].map(|gates| self.gates(bias, direction, gates)))
    }

    /// The layer as one of ours, if that has these functions.
    fn as_ours(&self) -> Mapped<Option<Op>> {
        let (hidden_size, num_layers, bias) = (size(self.hidden)?, Size::ONE, self.bias.is_some());
        let bidirectional = self.backwards.len() > 1;
        let usual = |functions: &[&str]| {
            self.functions
                .chunks(functions.len())
                .all(|own| own.iter().map(|own| &*own.name).eq(functions.iter().copied()))
        };
        if self.clip.is_some() {
            return Ok(None);
        }
        Ok(match self.kind {
            Kind::Lstm if usual(Kind::Lstm.functions()) => {
                let proj_size = 0u64.try_into()?;
                Some(Lstm { hidden_size, num_layers, bias, bidirectional, proj_size }.into())
            }
            Kind::Gru if usual(Kind::Gru.functions()) && self.is_reset_late => {
                Some(Gru { hidden_size, num_layers, bias, bidirectional }.into())
            }
            Kind::Rnn if usual(&["Tanh"]) || usual(&["Relu"]) => {
                let nonlinearity = if usual(&["Relu"]) { Nonlinearity::Relu } else { Nonlinearity::Tanh };
                Some(Rnn { hidden_size, num_layers, nonlinearity, bias, bidirectional }.into())
            }
            Kind::Lstm | Kind::Gru | Kind::Rnn => None,
        })
    }

    /// All weights, direction by direction, as our layers have them.
    fn weights(&self) -> Vec<Stored> {
        let gates = self.kind.gates();
        let of_direction = |direction| {
            let products = [self.of_input, self.of_state].map(|weight| self.gates(weight, direction, gates));
            products.into_iter().chain(self.biases(direction, gates).into_iter().flatten())
        };
        (0..self.backwards.len()).flat_map(of_direction).collect()
    }
}

/// `LSTM`, `GRU` and `RNN`; `None` for an operator that is none of these.
pub(super) fn recurrent(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    let kind = Kind::of(&call.node.operator)?;
    Some(layer(import, call, kind))
}

fn layer(import: &mut Importer<'_>, call: &Call<'_>, kind: Kind) -> Mapped<Vec<Value>> {
    let layer = read(import, call, kind)?;
    let is_batch_first = call.int_or("layout", 0) != 0;
    let mut input = import.tensor(call, 0)?;
    if input.rank() != 3 {
        return Err(Refusal::Wrong(text!(
            "its input has no length, batch and features",
            "输入不是长度维、批次维和特征维"
        )));
    }
    if !is_batch_first {
        input = import.permuted(&input, &[1, 0, 2])?;
    }
    let &[batch, room, _] = &input.dims[..] else { return Err(Refusal::Lost) };
    let length = steps(import, call, room)?;
    input = import.part(&input, 1, Part::run(0, length))?;
    let is_given = |import: &Importer<'_>, input| match call.inputs.get(input) {
        Some(Some(Value::Fixed(fixed))) => !import.is_all_zero(*fixed),
        Some(other) => other.is_some(),
        None => false,
    };
    let is_plain = !is_given(import, 5) && !is_given(import, 6) && !is_given(import, 7);
    let wants_cell = kind == Kind::Lstm && import.is_used(call, 2);
    let (directions, hidden) = (layer.backwards.len() as u64, layer.hidden);
    let (states, ends) = match layer.as_ours()? {
        Some(op) if is_plain && !wants_cell => {
            let turned = layer.backwards[..] == [true];
            let sequence = if turned { import.flipped(&input, 1)? } else { input };
            let dims = [batch, length, directions * hidden];
            let outputs = import.copied(op, &sequence, 2, layer.weights(), &dims)?;
            let [Value::Tensor(states)] = &outputs[..] else { return Err(Refusal::Lost) };
            let states = if turned { import.flipped(states, 1)? } else { states.clone() };
            let states = import.draft.view(&states, &[batch, length, directions, hidden])?;
            let ends = ends(import, &layer, &states)?;
            (states, vec![ends])
        }
        _ => unrolled::unrolled(import, call, &layer, &input, is_batch_first)?,
    };
    let states = if length < room {
        // Zeros are where there is nothing.
        let pads = vec![0, 0, 0, 0, 0, index(room - length), 0, 0];
        let pads = import.known_ints(vec![8], pads);
        import.standard(call, "Pad", vec![], None, vec![Some(Value::Tensor(states)), Some(pads)])?
    } else {
        states
    };
    let order: &[usize] = if is_batch_first { &[0, 1, 2, 3] } else { &[1, 2, 0, 3] };
    let mut outputs = vec![import.permuted(&states, order)?];
    for state in ends {
        // Batch × directions × state.
        let order: &[usize] = if is_batch_first { &[0, 1, 2] } else { &[1, 0, 2] };
        outputs.push(import.permuted(&state, order)?);
    }
    Ok(outputs.into_iter().map(Value::Tensor).collect())
}

/// The last state of each direction: that of the last step, or of the first where it goes backwards.
fn ends(import: &mut Importer<'_>, layer: &Layer, states: &Tensor) -> Mapped<Tensor> {
    let &[batch, length, _, hidden] = &states.dims[..] else { return Err(Refusal::Lost) };
    let mut ends = vec![];
    for (direction, &backwards) in (0..).zip(&layer.backwards) {
        let step = if backwards { 0 } else { length.saturating_sub(1) };
        let of_step = import.part(states, 1, Part::run(step, 1))?;
        let end = import.part(&of_step, 2, Part::run(direction, 1))?;
        ends.push(import.draft.view(&end, &[batch, 1, hidden])?);
    }
    match &ends[..] {
        [only] => Ok(only.clone()),
        several => import.concatenated(several, 1),
    }
}

fn read(import: &Importer<'_>, call: &Call<'_>, kind: Kind) -> Mapped<Layer> {
    let (of_input, of_state) = (call.weight(1)?, call.weight(2)?);
    let &[directions, _, hidden] = import.dims_of(of_state) else {
        return Err(Refusal::Wrong(text!("its third input has not 3 dimensions", "第三个输入不是 3 维")));
    };
    let backwards = match call.node.text("direction").unwrap_or("forward") {
        "forward" => vec![false],
        "reverse" => vec![true],
        "bidirectional" => vec![false, true],
        other => {
            return Err(Refusal::Wrong(text!("`direction` is `{other}`", "`direction` 的值为 `{other}`")));
        }
    };
    let gates = (kind.gates().len() as u64).checked_mul(hidden);
    let fits = |fixed: Fixed| matches!(import.dims_of(fixed), [all, rows, ..] if *all == directions && Some(*rows) == gates);
    if backwards.len() as u64 != directions || !fits(of_input) || !fits(of_state) {
        return Err(Refusal::Wrong(text!("its weights do not fit together", "各权重的尺寸不符")));
    }
    let bias = if call.has(3) { Some(call.weight(3)?) } else { None };
    let bias = bias.filter(|&bias| !import.is_zero(bias));
    let both = gates.and_then(|gates| gates.checked_mul(2));
    if bias.is_some_and(|bias| !matches!(import.dims_of(bias), [_, rows] if Some(*rows) == both)) {
        return Err(Refusal::Wrong(text!("its biases do not fit its weights", "偏置与权重的尺寸不符")));
    }
    if call.int_or("input_forget", 0) != 0 {
        return Err(Refusal::Unsupported(text!(
            "its input gate and forget gate are one",
            "其输入门与遗忘门合为一个"
        )));
    }
    let functions = functions(call, kind, backwards.len());
    if functions.len() != kind.functions().len() * backwards.len() {
        return Err(Refusal::Wrong(text!(
            "`activations` names too few or too many",
            "`activations` 的个数不符"
        )));
    }
    let clip = call.node.float("clip").map(decimal);
    let is_reset_late = call.int_or("linear_before_reset", 0) != 0;
    Ok(Layer { kind, hidden, backwards, functions, clip, of_input, of_state, bias, is_reset_late })
}

/// The functions of each direction, of which some take the next of the factors that are given.
fn functions(call: &Call<'_>, kind: Kind, directions: usize) -> Vec<Function> {
    let names: Vec<&str> = match call.node.attribute("activations") {
        Some(AttributeValue::Texts(names)) => names.iter().map(|name| &**name).collect(),
        _ => kind.functions().repeat(directions),
    };
    let factors = |name: &str| match call.node.attribute(name) {
        Some(AttributeValue::Floats(factors)) => factors.iter().map(|&factor| decimal(factor)).collect(),
        _ => vec![],
    };
    let (mut alphas, mut betas) =
        (factors("activation_alpha").into_iter(), factors("activation_beta").into_iter());
    let mut function = |name: &str| {
        let next = |takes: &[&str], factors: &mut std::vec::IntoIter<f64>| {
            if takes.contains(&name) { factors.next() } else { None }
        };
        let alpha = next(
            &["HardSigmoid", "ScaledTanh", "Affine", "LeakyRelu", "ThresholdedRelu", "Elu"],
            &mut alphas,
        );
        let beta = next(&["HardSigmoid", "ScaledTanh", "Affine"], &mut betas);
        Function { name: name.to_owned(), alpha: alpha.unwrap_or(0.2), beta: beta.unwrap_or(0.5) }
    };
    names.into_iter().map(&mut function).collect()
}

/// How many steps all of its sequences have, where fewer than there is room for are said.
fn steps(import: &Importer<'_>, call: &Call<'_>, room: u64) -> Mapped<u64> {
    let lengths = import.ints(call, 4)?.unwrap_or_default();
    let Some(&first) = lengths.first() else { return Ok(room) };
    match u64::try_from(first) {
        Ok(steps) if (1..=room).contains(&steps) && lengths.iter().all(|&own| own == first) => Ok(steps),
        _ => Err(Refusal::Unsupported(text!(
            "its sequences differ in length, or have none",
            "各序列长度不一,或长度为零"
        ))),
    }
}

impl Importer<'_> {
    /// Whether something takes an output.
    pub(in crate::read::onnx) fn is_used(&self, call: &Call<'_>, output: usize) -> bool {
        call.node.outputs.get(output).is_some_and(|name| self.uses.contains(&**name))
    }

    /// Whether all numbers of what is stored are 0. What cannot be read is not known to be anything else: its file has been left
    /// without its weights.
    fn is_all_zero(&self, fixed: Fixed) -> bool {
        if elements(self.table.array(fixed)) > MOST_OF_STATE.into() {
            return false;
        }
        match evaluated(&self.table, self.numbers, fixed, MOST_OF_STATE)
            .ok()
            .and_then(|array: Array| array.numbers)
        {
            Some(Numbers::Floats(floats)) => floats.iter().all(|&float| float == 0.0),
            Some(Numbers::Doubles(doubles)) => doubles.iter().all(|&double| double == 0.0),
            Some(Numbers::Ints(_)) => false,
            None => true,
        }
    }
}
