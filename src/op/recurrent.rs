//! What `lstm` and `gru` share: layers that go through a sequence step by step, in one direction or in both, and keep a
//! state of `hidden` numbers. They differ in the gates.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};

use super::{Cost, Initializer, Look, Purpose, Reach, Reason, Term, Weight, only, shape};
#[cfg(feature = "run")]
use super::{Workspace, packing::packed, workspace::product};
use crate::counts::{Contraction, Kind};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The most layers in one operator: each adds weights, and every weight has a name.
const MOST_LAYERS: u64 = 64;

/// A recurrent network of one kind of gates.
pub(super) struct Recurrence {
    /// Numbers of a state.
    pub(super) hidden: u64,
    /// Layers, each on the outputs of the one before.
    pub(super) layers: u64,
    /// Whether both contractions have a bias.
    pub(super) bias: bool,
    /// Whether every layer goes through the sequence backwards too.
    pub(super) bidirectional: bool,
    /// What is done with the gates.
    pub(super) gates: Gates,
}

/// The gates of a recurrent network.
pub(super) struct Gates {
    /// How many there are.
    pub(super) count: u32,
    /// The name of the axis on which the weights of all gates stand behind one another.
    pub(super) axis: Factor,
    /// States that go from step to step; the first is the output.
    pub(super) states: usize,
    /// Operations beside the contractions and biases, for each number of a state, by their steps: mul, add, div, exp.
    pub(super) ops: &'static [(Kind, &'static [(Factor, u64)])],
}

/// The next states, from what the input contributes to each gate, what the state contributes to each gate, and the states.
#[cfg(feature = "run")]
pub(super) type Step = fn(&[Tensor], &[Tensor], &[Tensor]) -> candle_core::Result<Vec<Tensor>>;

impl Recurrence {
    /// Length × the states of all directions.
    pub(super) fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let &[length, _] = input.dims() else {
            return Err(Reason::new(text!(
                "needs length × features, and gets {input}",
                "需要长度 × 特征,却得到 {input}"
            )));
        };
        if self.layers > MOST_LAYERS {
            let layers = self.layers;
            return Err(Reason::new(text!(
                "`num_layers` is at most {MOST_LAYERS}, and is {layers}",
                "`num_layers` 最多为 {MOST_LAYERS},这里是 {layers}"
            ))
            .at("num_layers")
            .help(text!("`repeat` chains as many items as wanted", "可用 `repeat` 串接任意多个")));
        }
        shape(vec![length, self.directions() * self.hidden])
    }

    /// As PyTorch names and orders them: layer by layer, forwards before backwards.
    pub(super) fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let gates = (self.gates.axis, u64::from(self.gates.count) * self.hidden);
        let initializer = Initializer::Uniform { fan_in: self.hidden };
        let mut weights = vec![];
        for layer in 0..self.layers {
            let from = if layer == 0 { features(inputs) } else { self.directions() * self.hidden };
            for direction in ["", "_reverse"].into_iter().take(if self.bidirectional { 2 } else { 1 }) {
                let mut weight = |kind: &str, axes: Vec<(Factor, u64)>| {
                    let name = format!("{kind}_l{layer}{direction}");
                    weights.push(Weight::learned(name, axes, initializer));
                };
                weight("weight_ih", vec![gates, (Factor::InFeatures, from)]);
                weight("weight_hh", vec![gates, (Factor::Hidden, self.hidden)]);
                if self.bias {
                    weight("bias_ih", vec![gates]);
                    weight("bias_hh", vec![gates]);
                }
            }
        }
        weights
    }

    /// For each step, direction and layer: the contractions of input and state, their biases, then what the gates take.
    pub(super) fn cost(&self, inputs: &[Shape]) -> Cost {
        let hidden = || Working::named(Factor::Hidden, self.hidden);
        let mut steps = vec![Working::named(Factor::Steps, inputs[0].dims()[0])];
        if self.bidirectional {
            steps.insert(0, Working::named(Factor::Directions, self.directions()));
        }
        let gates = || Working::named(Factor::Gates, self.gates.count);
        let macs = |layers: u64, from: Working| {
            let layers = (layers > 1).then(|| Working::named(Factor::Layers, layers));
            let factors = layers.into_iter().chain(steps.clone());
            let factors = factors.chain([gates(), hidden(), from.and(hidden())]);
            Term::macs(Contraction::Linear, Working::Product(factors.collect()))
        };
        let mut terms = vec![macs(1, Working::named(Factor::InFeatures, features(inputs)))];
        if self.layers > 1 {
            let both = || Working::named(Factor::Directions, self.directions());
            let from = if self.bidirectional { both().by(hidden()) } else { hidden() };
            terms[0].purpose = Some(Purpose::FirstLayer);
            terms.push(macs(self.layers - 1, from).purpose(Purpose::OtherLayers));
        }
        let layers = (self.layers > 1).then(|| Working::named(Factor::Layers, self.layers));
        let states = Working::Product(layers.into_iter().chain(steps.clone()).chain([hidden()]).collect());
        if self.bias {
            let biases = Working::named(Factor::Biases, 2u64).by(gates()).by(states.clone());
            terms.push(Term::ops(Kind::Add, biases).purpose(Purpose::Bias));
        }
        terms.extend(self.gates.ops.iter().map(|&(kind, steps)| {
            Term::ops(kind, Working::steps(steps).by(states.clone())).purpose(Purpose::Gates)
        }));
        Cost { terms }
    }

    /// What it is, in words.
    pub(super) fn summary(&self, name: &'static str, inputs: &[Shape]) -> Text {
        let (from, to, layers) = (features(inputs), self.hidden, self.layers);
        let mut words = vec![text!("{name}, {from} → {to} features", "{name},{from} → {to} 特征")];
        if layers > 1 {
            words.push(text!("{layers} layers", "{layers} 层"));
        }
        if self.bidirectional {
            words.push(text!("both directions", "双向"));
        }
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Text::phrase(&words)
    }

    /// The outputs of the last layer. States begin with zeros, as PyTorch's do where none are given.
    #[cfg(feature = "run")]
    pub(super) fn forward(
        &self,
        input: &Tensor,
        weights: &[Tensor],
        step: Step,
    ) -> candle_core::Result<Tensor> {
        let of_direction = if self.bias { 4 } else { 2 };
        let directions = if self.bidirectional { 2 } else { 1 };
        weights.chunks(of_direction * directions).try_fold(input.clone(), |sequence, layer| {
            let passes = layer.chunks(of_direction).zip([false, true]);
            let outputs: Vec<Tensor> = passes
                .map(|(weights, backwards)| self.pass(&sequence, weights, step, backwards))
                .collect::<candle_core::Result<_>>()?;
            Tensor::cat(&outputs, 2)
        })
    }

    /// One direction of one layer.
    #[cfg(feature = "run")]
    fn pass(
        &self,
        sequence: &Tensor,
        weights: &[Tensor],
        step: Step,
        backwards: bool,
    ) -> candle_core::Result<Tensor> {
        let (batch, length, _) = sequence.dims3()?;
        let gates = self.gates.count as usize;
        let (of_input, of_state) = (&weights[0], &weights[1].t()?);
        let biased = |tensor: Tensor, index: usize| match weights.get(index) {
            Some(bias) => tensor.broadcast_add(bias),
            None => Ok(tensor),
        };
        // What the input contributes is one product for all steps.
        let inputs = biased(sequence.contiguous()?.flatten_to(1)?.matmul(&of_input.t()?)?, 2)?;
        let inputs = inputs.reshape((batch, length, ()))?;
        let zero = Tensor::zeros((batch, of_state.dim(0)?), sequence.dtype(), sequence.device())?;
        let mut states = vec![zero; self.gates.states];
        let mut outputs = Vec::with_capacity(length);
        for index in 0..length {
            let index = if backwards { length - 1 - index } else { index };
            let input = inputs.narrow(1, index, 1)?.squeeze(1)?.chunk(gates, 1)?;
            let state = biased(states[0].matmul(of_state)?, 3)?.chunk(gates, 1)?;
            states = step(&input, &state, &states)?;
            outputs.push(states[0].clone());
        }
        if backwards {
            outputs.reverse();
        }
        Tensor::stack(&outputs, 1)
    }

    /// Steps stay, each knowing of others; features are new.
    pub(super) fn reach(input: &Shape) -> Reach {
        Reach::kept((0..input.rank()).map(|dim| if dim == 0 { Look::AmongAll } else { Look::All }))
    }

    /// The gates and states of a step, and of several layers the sequence from one to the next: the last but one has it from
    /// the one before, and makes another where there will be the output.
    pub(super) fn inside(&self, inputs: &[Shape]) -> Working {
        let hidden = || Working::named(Factor::Hidden, self.hidden);
        let (gates, states) = (self.gates.count, self.gates.states as u128);
        let of_step =
            Working::named(Factor::Gates, gates).and(Working::named(Factor::States, states)).by(hidden());
        if self.layers == 1 {
            return of_step;
        }
        let steps = Working::named(Factor::Steps, inputs[0].dims()[0]);
        let directions = self.bidirectional.then(|| Working::named(Factor::Directions, self.directions()));
        let between = directions.into_iter().chain([steps, hidden()]).collect();
        of_step.and(Working::Product(between))
    }

    /// The sequence of the layer before, and the other direction's; of this one the input's part of all steps, twice while its
    /// bias is added, later beside the outputs; and of one step the state's part and what becomes of the gates. And beside all of
    /// it, what a product needs: of the input and all steps, or of the state and one.
    #[cfg(feature = "run")]
    pub(super) fn workspace(&self, inputs: &[Shape], device: &Device) -> Workspace {
        let (length, gates) = (u128::from(inputs[0].dims()[0]), u128::from(self.gates.count));
        let sequence = product([length, self.hidden.into()]);
        let between = if self.layers > 1 { u128::from(self.directions()) } else { 0 };
        let of_step = product([2 * gates + 8, self.hidden.into()]);
        let of_sequence = product([between + u128::from(self.directions() - 1) + 2 * gates, sequence]);
        let multiplied = |rows, inner| packed(rows, inner, product([gates, self.hidden.into()]), device);
        let others = if self.layers > 1 { self.directions() * self.hidden } else { 0 };
        let from = features(inputs).max(others).into();
        let multiplied = multiplied(length, from).or(multiplied(1, self.hidden.into()));
        Workspace::of_sample(of_sequence + of_step) + multiplied
    }

    fn directions(&self) -> u64 {
        1 + u64::from(self.bidirectional)
    }
}

/// Features of a step. [`Recurrence::output`] has seen that there are steps and features.
fn features(inputs: &[Shape]) -> u64 {
    inputs[0].dims()[1]
}
