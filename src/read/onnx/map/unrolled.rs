//! Recurrent layers written out step by step: those that begin with a state that is given, and those of other functions than
//! PyTorch's.

use super::cut::Part;
use super::recurrent::{Kind, Layer};
use crate::op::Op;
use crate::op::activation::{Clamp, Relu, Sigmoid, Softplus, Softsign, Tanh};
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::Call;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::Kind as Type;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The most steps that are written out.
const MOST_STEPS: u64 = 4096;

/// The most numbers of a state that begins with zeros.
const MOST_NUMBERS: u64 = 1 << 16;

/// About how many operators a step comes to.
const OPERATORS: u64 = 20;

/// The states of all steps, batch × length × directions × state, and those at the end, each batch × directions × state.
pub(super) fn unrolled(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    layer: &Layer,
    input: &Tensor,
    is_batch_first: bool,
) -> Mapped<(Tensor, Vec<Tensor>)> {
    let &[batch, length, _] = &input.dims[..] else { return Err(Refusal::Lost) };
    if length > MOST_STEPS {
        return Err(Refusal::Unsupported(text!(
            "it would be written out in {length} steps, more than {MOST_STEPS}",
            "它将展开为 {length} 步,超过 {MOST_STEPS} 步"
        )));
    }
    // As many operators as one of the file would be that has them all.
    import.steps = import.steps.saturating_add(length.saturating_mul(OPERATORS));
    let count = if layer.kind == Kind::Lstm { 2 } else { 1 };
    let peepholes = if call.has(7) { Some(import.tensor(call, 7)?) } else { None };
    let (mut sequences, mut ends) = (vec![], vec![vec![]; count]);
    for (direction, &backwards) in layer.backwards.iter().enumerate() {
        let mut states = vec![];
        for index in 5..5 + count {
            states.push(import.beginning(call, index, layer.hidden, direction, batch, is_batch_first)?);
        }
        let peepholes = peepholes.as_ref().map(|all| import.part(all, 0, Part::run(direction as u64, 1)));
        let mut pass = Cell { layer, direction, states, peepholes: peepholes.transpose()? };
        let gates: Vec<u64> = (0..layer.kind.gates().len() as u64).collect();
        let mut weights = vec![layer.gates(layer.of_input, direction, &gates)];
        weights.extend(layer.biases(direction, &gates).map(|[of_input, _]| of_input));
        let rows = gates.len() as u64 * layer.hidden;
        let inputs = import.linear(input, rows, weights)?;
        let mut sequence = vec![];
        for step in 0..length {
            let step = if backwards { length - 1 - step } else { step };
            let of_step = import.part(&inputs, 1, Part::run(step, 1))?;
            let of_step = import.draft.view(&of_step, &[batch, rows])?;
            pass.step(import, &of_step)?;
            sequence.push(import.draft.view(&pass.states[0], &[batch, 1, 1, layer.hidden])?);
        }
        if backwards {
            sequence.reverse();
        }
        sequences.push(joined(import, &sequence, 1)?);
        for (state, ends) in pass.states.iter().zip(&mut ends) {
            ends.push(import.draft.view(state, &[batch, 1, layer.hidden])?);
        }
    }
    let ends = ends.iter().map(|ends| joined(import, ends, 1)).collect::<Mapped<_>>()?;
    Ok((joined(import, &sequences, 2)?, ends))
}

fn joined(import: &mut Importer<'_>, parts: &[Tensor], along: usize) -> Mapped<Tensor> {
    match parts {
        [only] => Ok(only.clone()),
        several => import.concatenated(several, along),
    }
}

/// One direction of a layer, between two steps.
struct Cell<'l> {
    layer: &'l Layer,
    direction: usize,
    /// Batch × state: what is given out, and of an `LSTM` its cell.
    states: Vec<Tensor>,
    /// What an `LSTM` adds of its cell to its input, output and forget gate: a factor for each number.
    peepholes: Option<Tensor>,
}

impl Cell<'_> {
    /// Goes on by a step, of which this is the input's product for all gates.
    fn step(&mut self, import: &mut Importer<'_>, input: &Tensor) -> Mapped<()> {
        match self.layer.kind {
            Kind::Lstm => self.lstm(import, input),
            Kind::Gru => self.gru(import, input),
            Kind::Rnn => {
                let sum = self.sum(import, input, &[0])?;
                self.states[0] = self.function(import, &sum, 0)?;
                Ok(())
            }
        }
    }

    /// i, o, f and c are the gates' order.
    fn lstm(&mut self, import: &mut Importer<'_>, input: &Tensor) -> Mapped<()> {
        let sum = self.sum(import, input, &[0, 1, 2, 3])?;
        let cell = self.states[1].clone();
        let mut take = self.gate(import, &sum, 0)?;
        let mut forget = self.gate(import, &sum, 2)?;
        take = self.peeped(import, take, &cell, 0)?;
        forget = self.peeped(import, forget, &cell, 2)?;
        let (take, forget) = (self.function(import, &take, 0)?, self.function(import, &forget, 0)?);
        let candidate = self.gate(import, &sum, 3)?;
        let candidate = self.function(import, &candidate, 1)?;
        let (kept, new) = (import.multiplied(&forget, &cell)?, import.multiplied(&take, &candidate)?);
        let cell = import.added(&kept, &new)?;
        let give = self.gate(import, &sum, 1)?;
        let give = self.peeped(import, give, &cell, 1)?;
        let give = self.function(import, &give, 0)?;
        let shown = self.function(import, &cell, 2)?;
        self.states = vec![import.multiplied(&give, &shown)?, cell];
        Ok(())
    }

    /// z, r and h are the gates' order.
    fn gru(&mut self, import: &mut Importer<'_>, input: &Tensor) -> Mapped<()> {
        let state = self.states[0].clone();
        let both = import.part(input, 1, Part::run(0, 2 * self.layer.hidden))?;
        let both = self.sum(import, &both, &[0, 1])?;
        let (update, reset) = (self.gate(import, &both, 0)?, self.gate(import, &both, 1)?);
        let (update, reset) = (self.function(import, &update, 0)?, self.function(import, &reset, 0)?);
        let of_state = if self.layer.is_reset_late {
            let product = self.product(import, &state, &[2])?;
            import.multiplied(&reset, &product)?
        } else {
            let state = import.multiplied(&reset, &state)?;
            self.product(import, &state, &[2])?
        };
        let of_input = self.gate(import, input, 2)?;
        let candidate = import.added(&of_input, &of_state)?;
        let candidate = self.function(import, &candidate, 1)?;
        let one_less = import.affine(&update, -1.0, 1.0)?;
        let (fresh, kept) = (import.multiplied(&one_less, &candidate)?, import.multiplied(&update, &state)?);
        self.states[0] = import.added(&fresh, &kept)?;
        Ok(())
    }

    /// The input's and the state's product for some gates.
    fn sum(&self, import: &mut Importer<'_>, input: &Tensor, gates: &[u64]) -> Mapped<Tensor> {
        let product = self.product(import, &self.states[0], gates)?;
        import.added(input, &product)
    }

    fn product(&self, import: &mut Importer<'_>, state: &Tensor, gates: &[u64]) -> Mapped<Tensor> {
        let Self { layer, direction, .. } = *self;
        let mut weights = vec![layer.gates(layer.of_state, direction, gates)];
        weights.extend(layer.biases(direction, gates).map(|[_, of_state]| of_state));
        import.linear(state, gates.len() as u64 * layer.hidden, weights)
    }

    /// One gate of several side by side.
    fn gate(&self, import: &mut Importer<'_>, gates: &Tensor, index: u64) -> Mapped<Tensor> {
        import.part(gates, 1, Part::run(index * self.layer.hidden, self.layer.hidden))
    }

    fn peeped(&self, import: &mut Importer<'_>, gate: Tensor, cell: &Tensor, index: u64) -> Mapped<Tensor> {
        let Some(peepholes) = &self.peepholes else { return Ok(gate) };
        let factors = import.part(peepholes, 1, Part::run(index * self.layer.hidden, self.layer.hidden))?;
        let product = import.multiplied(cell, &factors)?;
        import.added(&gate, &product)
    }

    /// Function number `index` of the direction.
    fn function(&self, import: &mut Importer<'_>, input: &Tensor, index: usize) -> Mapped<Tensor> {
        let of_direction = self.layer.functions.len() / self.layer.backwards.len();
        let function =
            self.layer.functions.get(self.direction * of_direction + index).ok_or(Refusal::Lost)?;
        let mut input = input.clone();
        // An `LSTM` does not cut off what its cell is given out as.
        if let Some(clip) = self.layer.clip
            && index < 2
        {
            let op = Clamp { min: Some(-clip), max: Some(clip) };
            input = import.draft.emit(op, &[&input], vec![], &input.dims, input.kind)?;
        }
        let op: Op = match &*function.name {
            "Sigmoid" => Sigmoid {}.into(),
            "Tanh" => Tanh {}.into(),
            "Relu" => Relu {}.into(),
            "Softsign" => Softsign {}.into(),
            "Softplus" => Softplus::default().into(),
            "HardSigmoid" => {
                input = import.affine(&input, function.alpha, function.beta)?;
                Clamp { min: Some(0.0), max: Some(1.0) }.into()
            }
            other => {
                return Err(Refusal::Unsupported(text!(
                    "the function `{other}` is not known",
                    "未知函数 `{other}`"
                )));
            }
        };
        import.draft.emit(op, &[&input], vec![], &input.dims, input.kind)
    }
}

impl Importer<'_> {
    /// The state that a direction begins with: one that is given, or zeros. Batch × state.
    fn beginning(
        &mut self,
        call: &Call<'_>,
        index: usize,
        hidden: u64,
        direction: usize,
        batch: u64,
        is_batch_first: bool,
    ) -> Mapped<Tensor> {
        let dims = vec![batch, hidden];
        if !call.has(index) {
            let count = batch.saturating_mul(hidden);
            if count > MOST_NUMBERS {
                return Err(Refusal::Unsupported(text!(
                    "it begins with {count} zeros, more than {MOST_NUMBERS}",
                    "它以 {count} 个零开始,超过 {MOST_NUMBERS} 个"
                )));
            }
            let numbers = Numbers::zeros(Type::FLOAT, usize::try_from(count).unwrap_or_default());
            let zeros = self.table.know(Array { dims, kind: Type::FLOAT, numbers });
            return self.made(&Value::Fixed(zeros));
        }
        let states = self.tensor(call, index)?;
        let along = usize::from(is_batch_first);
        let state = self.part(&states, along, Part::run(direction as u64, 1))?;
        self.draft.view(&state, &dims)
    }
}
