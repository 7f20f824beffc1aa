//! What `lstm`, `gru` and `rnn` share: layers that go through a sequence step by step, in one direction or in both, and keep a
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
    /// Numbers that the first state is projected to, if it is.
    pub(super) projected: Option<u64>,
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
    /// Operations beside the contractions and biases, for each number of a state, by their steps: mul, add, div, cmp, exp.
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
        shape(vec![length, self.directions() * self.given_out()])
    }

    /// As PyTorch names and orders them: layer by layer, forwards before backwards.
    pub(super) fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let gates = (self.gates.axis, u64::from(self.gates.count) * self.hidden);
        let state = (self.name_of_state(), self.given_out());
        let initializer = Initializer::Uniform { fan_in: self.hidden };
        let mut weights = vec![];
        for layer in 0..self.layers {
            let from = if layer == 0 { features(inputs) } else { self.directions() * self.given_out() };
            for direction in ["", "_reverse"].into_iter().take(if self.bidirectional { 2 } else { 1 }) {
                let mut weight = |kind: &str, axes: Vec<(Factor, u64)>| {
                    let name = format!("{kind}_l{layer}{direction}");
                    weights.push(Weight::learned(name, axes, initializer));
                };
                weight("weight_ih", vec![gates, (Factor::InFeatures, from)]);
                weight("weight_hh", vec![gates, state]);
                if self.bias {
                    weight("bias_ih", vec![gates]);
                    weight("bias_hh", vec![gates]);
                }
                if self.projected.is_some() {
                    weight("weight_hr", vec![state, (Factor::Hidden, self.hidden)]);
                }
            }
        }
        weights
    }

    /// For each step, direction and layer: the contractions of input and state, their biases, the projection of the new state if
    /// there is one, then what the gates take. A single gate is not named.
    pub(super) fn cost(&self, inputs: &[Shape]) -> Cost {
        let hidden = || Working::named(Factor::Hidden, self.hidden);
        let state = || Working::named(self.name_of_state(), self.given_out());
        let mut steps = vec![Working::named(Factor::Steps, inputs[0].dims()[0])];
        if self.bidirectional {
            steps.insert(0, Working::named(Factor::Directions, self.directions()));
        }
        let of_layers = |layers: u64, factors: Vec<Working>| {
            let layers = (layers > 1).then(|| Working::named(Factor::Layers, layers));
            Working::Product(layers.into_iter().chain(steps.clone()).chain(factors).collect())
        };
        let gates = (self.gates.count > 1).then(|| Working::named(Factor::Gates, self.gates.count));
        let macs = |layers: u64, from: Working| {
            let each = gates.clone().into_iter().chain([hidden(), from.and(state())]);
            Term::macs(Contraction::Linear, of_layers(layers, each.collect()))
        };
        let mut terms = vec![macs(1, Working::named(Factor::InFeatures, features(inputs)))];
        if self.layers > 1 {
            let both = || Working::named(Factor::Directions, self.directions());
            let from = if self.bidirectional { both().by(state()) } else { state() };
            terms[0].purpose = Some(Purpose::FirstLayer);
            terms.push(macs(self.layers - 1, from).purpose(Purpose::OtherLayers));
        }
        let states = of_layers(self.layers, vec![hidden()]);
        if self.bias {
            let each = std::iter::once(Working::named(Factor::Biases, 2u64)).chain(gates.clone());
            let biases = Working::Product(each.chain([states.clone()]).collect());
            terms.push(Term::ops(Kind::Add, biases).purpose(Purpose::Bias));
        }
        if self.projected.is_some() {
            let macs = Term::macs(Contraction::Linear, states.clone().by(state()));
            terms.push(macs.purpose(Purpose::ProjectedState));
        }
        let purpose = if gates.is_some() { Purpose::Gates } else { Purpose::NewState };
        terms.extend(self.gates.ops.iter().map(|&(kind, steps)| {
            Term::ops(kind, Working::steps(steps).by(states.clone())).purpose(purpose)
        }));
        Cost { terms }
    }

    /// What it is, in words.
    pub(super) fn summary(&self, name: &'static str, inputs: &[Shape]) -> Text {
        let (from, to, layers) = (features(inputs), self.hidden, self.layers);
        let mut words = vec![text!("{name}, {from} → {to} features", "{name},{from} → {to} 特征")];
        if let Some(projected) = self.projected {
            words.push(text!("projected to {projected}", "投影到 {projected}"));
        }
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
        let of_direction = 2 + if self.bias { 2 } else { 0 } + usize::from(self.projected.is_some());
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
        let biased = |tensor: Tensor, index: usize| {
            if self.bias { tensor.broadcast_add(&weights[index]) } else { Ok(tensor) }
        };
        let projection = weights.last().filter(|_| self.projected.is_some()).map(Tensor::t).transpose()?;
        // What the input contributes is one product for all steps.
        let inputs = biased(sequence.contiguous()?.flatten_to(1)?.matmul(&of_input.t()?)?, 2)?;
        let inputs = inputs.reshape((batch, length, ()))?;
        let zeros = |size| Tensor::zeros((batch, size), sequence.dtype(), sequence.device());
        let mut states = vec![zeros(of_state.dim(1)? / gates)?; self.gates.states];
        states[0] = zeros(of_state.dim(0)?)?;
        let mut outputs = Vec::with_capacity(length);
        for index in 0..length {
            let index = if backwards { length - 1 - index } else { index };
            let input = inputs.narrow(1, index, 1)?.squeeze(1)?.chunk(gates, 1)?;
            let state = biased(states[0].matmul(of_state)?, 3)?.chunk(gates, 1)?;
            states = step(&input, &state, &states)?;
            if let Some(projection) = &projection {
                states[0] = states[0].matmul(projection)?;
            }
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

    /// The gates and states of a step, and what the first is projected to; and of several layers the sequence from one to the
    /// next: the last but one has it from the one before, and makes another where there will be the output.
    pub(super) fn inside(&self, inputs: &[Shape]) -> Working {
        let hidden = || Working::named(Factor::Hidden, self.hidden);
        let (gates, states) = (self.gates.count, self.gates.states as u128);
        let of_step =
            Working::named(Factor::Gates, gates).and(Working::named(Factor::States, states)).by(hidden());
        let state = || Working::named(self.name_of_state(), self.given_out());
        let mut parts = vec![of_step];
        parts.extend(self.projected.map(|_| state()));
        if self.layers > 1 {
            let steps = Working::named(Factor::Steps, inputs[0].dims()[0]);
            let directions =
                self.bidirectional.then(|| Working::named(Factor::Directions, self.directions()));
            parts.push(Working::Product(directions.into_iter().chain([steps, state()]).collect()));
        }
        if parts.len() == 1 { parts.remove(0) } else { Working::Sum(parts) }
    }

    /// The sequence of the layer before, and the other direction's; of this one the input's part of all steps, twice while its
    /// bias is added, later beside the outputs; and of one step the state's part and what becomes of the gates. And beside all of
    /// it, what a product needs: of the input and all steps, or of the state and one.
    #[cfg(feature = "run")]
    pub(super) fn workspace(&self, inputs: &[Shape], device: &Device) -> Workspace {
        let (length, gates) = (u128::from(inputs[0].dims()[0]), u128::from(self.gates.count));
        let [hidden, given_out] = [self.hidden, self.given_out()].map(u128::from);
        let between = if self.layers > 1 { u128::from(self.directions()) } else { 0 };
        let of_step = product([2 * gates + 9, hidden]);
        let others = product([between + u128::from(self.directions() - 1), length, given_out]);
        // What is given out is put together while the input's part is there; a part of one gate is no larger.
        let own = product([2 * gates, length, hidden]);
        let multiplied = |rows, inner, columns| packed(rows, inner, columns, device);
        let from_layers = if self.layers > 1 { self.directions() * self.given_out() } else { 0 };
        let from = features(inputs).max(from_layers).into();
        let all_gates = product([gates, hidden]);
        let multiplied = multiplied(length, from, all_gates)
            .or(multiplied(1, given_out, all_gates))
            .or(multiplied(1, hidden, given_out));
        Workspace::of_sample(others + own + of_step) + multiplied
    }

    /// Numbers of the state that is given out and taken back.
    fn given_out(&self) -> u64 {
        self.projected.unwrap_or(self.hidden)
    }

    fn name_of_state(&self) -> Factor {
        if self.projected.is_some() { Factor::Projected } else { Factor::Hidden }
    }

    fn directions(&self) -> u64 {
        1 + u64::from(self.bidirectional)
    }
}

/// Features of a step. [`Recurrence::output`] has seen that there are steps and features.
fn features(inputs: &[Shape]) -> u64 {
    inputs[0].dims()[1]
}
