//! Functions of each number, factors of each channel, and operations on pairs.

use cnncost_kernels::{
    Binary, BinaryShape, Function, Isa, Layout, Operation, Positions, ScaleShift, Side, Spread, map, map_to,
};

use super::finish::function;
use super::{Lowered, Lowering, Spot};
use crate::graph::NodeId;
use crate::op::Op;
use crate::plan::Step;
use crate::run::native::fold::{Scaling, numbers};
use crate::run::native::kernel::Kernel;

/// A function of every number that lies where a tensor does, those that fill up included.
struct Map {
    isa: Isa,
    function: Function,
}

impl Kernel for Map {
    fn name(&self) -> &'static str {
        "function"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        match inputs.first() {
            Some(input) => map_to(self.isa, self.function, input, output),
            None => map(self.isa, self.function, output),
        }
    }
}

impl Kernel for ScaleShift {
    fn name(&self) -> &'static str {
        "scale and shift"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs.first().copied(), output);
    }

    fn held(&self) -> usize {
        self.held()
    }
}

/// An operation on pairs, of which one may lie where the output will.
struct Pair {
    kernel: Binary,
    /// Which one does.
    in_place: Option<Hand>,
}

/// One of two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Left,
    Right,
}

impl Kernel for Pair {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        let (first, second) = (inputs.first().copied(), inputs.get(1).copied());
        match self.in_place {
            None => self.kernel.run(first, second, output),
            Some(Hand::Left) => self.kernel.run(None, first, output),
            Some(Hand::Right) => self.kernel.run(first, None, output),
        }
    }
}

impl Lowering<'_> {
    pub(super) fn function(&mut self, step: &Step) -> Lowered<()> {
        let Some(function) = self.graph.node(step.main).operator().and_then(function) else {
            return Ok(None);
        };
        let layout = self.layout(step.inputs[0]);
        let Some(from) = self.spot(step.inputs[0], layout) else { return Ok(None) };
        let (reads, output) = self.changed(step, &from);
        let isa = self.isa();
        // Other tensors may lie between the samples.
        if self.is_whole(&from) && self.is_whole(&output) {
            self.compute(Map { isa, function }, reads, output);
            return Ok(Some(()));
        }
        let channels = from.channels();
        self.scale(&from, reads, output, [&vec![1.0; channels], &vec![0.0; channels]], function);
        Ok(Some(()))
    }

    /// A batch norm that is folded into nothing.
    pub(super) fn scaling(&mut self, step: &Step) -> Lowered<()> {
        let Some(last) = self.function_behind(step) else { return Ok(None) };
        let Scaling { factors, offsets } = Scaling::of(self.graph, step.main, self.weights.of(step.main))?;
        Ok(self.scaled(step, [&factors, &offsets], last))
    }

    /// Learned factors of each channel.
    pub(super) fn scales(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        if !matches!(op, Op::Scale(_) | Op::LayerScale(_)) {
            return Ok(None);
        }
        let weights =
            self.weights.of(step.main).iter().map(numbers).collect::<candle_core::Result<Vec<_>>>()?;
        let [factors, offsets @ ..] = &weights[..] else { return Ok(None) };
        let none = vec![0.0; factors.len()];
        Ok(self.scaled(step, [factors, offsets.first().unwrap_or(&none)], Function::Identity))
    }

    fn scaled(&mut self, step: &Step, scales: [&[f32]; 2], last: Function) -> Option<()> {
        let layout = self.layout(step.inputs[0]);
        let from = self.spot(step.inputs[0], layout)?;
        let (reads, output) = self.changed(step, &from);
        self.scale(&from, reads, output, scales, last);
        Some(())
    }

    fn scale(&mut self, from: &Spot, reads: Vec<Spot>, output: Spot, scales: [&[f32]; 2], last: Function) {
        let shape = self.positions(from, &output);
        self.compute(ScaleShift::new(self.isa(), &shape, from.layout, scales, last), reads, output);
    }

    fn positions(&self, from: &Spot, to: &Spot) -> Positions {
        Positions {
            batch: self.batch,
            channels: from.channels(),
            positions: from.positions(),
            input_sample: from.sample,
            output_sample: to.sample,
        }
    }

    /// Whether nothing else lies between the samples.
    fn is_whole(&self, spot: &Spot) -> bool {
        self.batch == 1 || spot.is_dense(self.block)
    }

    /// Where a step that changes each number of its first input writes, and what it reads then.
    fn changed(&mut self, step: &Step, from: &Spot) -> (Vec<Spot>, Spot) {
        match self.in_place(step, step.inputs[0], from.layout) {
            Some(output) => (vec![], output),
            None => (vec![from.clone()], self.output(step, from.layout)),
        }
    }

    /// Operations on pairs, of which one may be stretched over positions, over channels, or over both.
    pub(super) fn pairwise(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        let Some(last) = self.function_behind(step) else { return Ok(None) };
        let operation = match op {
            Op::Add(_) => Operation::Add,
            Op::Mul(_) => Operation::Multiply,
            Op::Maximum(_) => Operation::Maximum,
            Op::Minimum(_) => Operation::Minimum,
            Op::Sub(_) => Operation::Subtract,
            Op::Div(_) => Operation::Divide,
            _ => return Ok(None),
        };
        let inputs: Vec<NodeId> =
            self.graph.inputs(step.main).map(|id| self.program.plan.passed(id)).collect();
        let [left, right] = inputs[..] else { return Ok(None) };
        Ok(self.pair(step, [left, right], operation, last))
    }

    fn pair(&mut self, step: &Step, sides: [NodeId; 2], operation: Operation, last: Function) -> Option<()> {
        let whole = self.dims(step.main);
        let [left, right] = sides.map(|id| spread(&whole, &self.dims(id)));
        let spreads = [left?, right?];
        let is_all = |side: usize| spreads[side] == Spread::All;
        let blocked = (0..2).any(|side| is_all(side) && self.layout(sides[side]) == Layout::Blocked);
        let layout = if blocked { Layout::Blocked } else { Layout::Planar };
        let of_side = |side: usize| if is_all(side) { layout } else { Layout::Planar };
        let spots = [self.spot(sides[0], of_side(0))?, self.spot(sides[1], of_side(1))?];
        let in_place =
            [Hand::Left, Hand::Right].into_iter().filter(|_| sides[0] != sides[1]).find_map(|hand| {
                let side = usize::from(hand == Hand::Right);
                let spot = if is_all(side) { self.in_place(step, sides[side], layout) } else { None };
                spot.map(|spot| (hand, spot))
            });
        let (hand, output) = match in_place {
            Some((hand, spot)) => (Some(hand), spot),
            None => (None, self.output(step, layout)),
        };
        let [left, right] =
            [0, 1].map(|side: usize| Side { sample: spots[side].sample, spread: spreads[side] });
        let shape = BinaryShape {
            batch: self.batch,
            channels: output.channels(),
            positions: output.positions(),
            left,
            right,
            output_sample: output.sample,
        };
        let [left, right] = spots;
        let reads = match hand {
            None => vec![left, right],
            Some(Hand::Left) => vec![right],
            Some(Hand::Right) => vec![left],
        };
        let kernel = Binary::new(self.isa(), &shape, layout, operation, last);
        self.compute(Pair { kernel, in_place: hand }, reads, output);
        Some(())
    }
}

/// Which of a tensor's numbers another has that is stretched to it; `None` if it is stretched otherwise.
fn spread(whole: &[usize], own: &[usize]) -> Option<Spread> {
    if whole == own {
        return Some(Spread::All);
    }
    if own.iter().all(|&size| size == 1) {
        return Some(Spread::One);
    }
    // Sizes that are missing in front are 1.
    let missing = whole.len().checked_sub(own.len())?;
    let own: Vec<usize> = std::iter::repeat_n(1, missing).chain(own.iter().copied()).collect();
    if whole[..1] == own[..1] && own[1..].iter().all(|&size| size == 1) {
        return Some(Spread::Channels);
    }
    (own[0] == 1 && whole[1..] == own[1..]).then_some(Spread::Positions)
}
