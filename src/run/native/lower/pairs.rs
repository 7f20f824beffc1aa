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

    /// Learned factors of each channel, or of what is negative in it.
    pub(super) fn scales(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        if !matches!(op, Op::Scale(_) | Op::LayerScale(_) | Op::Prelu(_)) {
            return Ok(None);
        }
        let weights =
            self.weights.of(step.main).iter().map(numbers).collect::<candle_core::Result<Vec<_>>>()?;
        let [factors, offsets @ ..] = &weights[..] else { return Ok(None) };
        if matches!(op, Op::Prelu(_)) {
            return Ok(self.negatives_scaled(step, factors));
        }
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

    /// Of numbers that are not above 0, by a factor for each channel or one for all.
    fn negatives_scaled(&mut self, step: &Step, slopes: &[f32]) -> Option<()> {
        let layout = self.layout(step.inputs[0]);
        let from = self.spot(step.inputs[0], layout)?;
        let each: Vec<f32> = slopes.iter().copied().cycle().take(from.channels()).collect();
        let (reads, output) = self.changed(step, &from);
        let shape = self.positions(&from, &output);
        self.compute(ScaleShift::of_negatives(self.isa(), &shape, layout, &each), reads, output);
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

    /// Operations on pairs, of which one may be stretched over positions, over channels, or over both; of more tensors, one after
    /// the other.
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
        let operands: Vec<NodeId> =
            self.graph.inputs(step.main).map(|id| self.program.plan.passed(id)).collect();
        Ok(self.combine(step, &operands, operation, last))
    }

    fn combine(
        &mut self,
        step: &Step,
        operands: &[NodeId],
        operation: Operation,
        last: Function,
    ) -> Option<()> {
        let whole = self.dims(step.main);
        let spread = |&id: &NodeId| spread(&whole, &self.dims(id));
        let spreads = operands.iter().map(spread).collect::<Option<Vec<_>>>()?;
        let is_all = |&(_, spread): &(&NodeId, &Spread)| *spread == Spread::All;
        let mut whole_ones = operands.iter().zip(&spreads).filter(is_all);
        let blocked = whole_ones.any(|(&id, _)| self.layout(id) == Layout::Blocked);
        let layout = if blocked { Layout::Blocked } else { Layout::Planar };
        let mut sides = Vec::new();
        for (&id, &spread) in operands.iter().zip(&spreads) {
            let spot = self.spot(id, if spread == Spread::All { layout } else { Layout::Planar })?;
            sides.push((spot, spread));
        }
        let once = |id: NodeId| operands.iter().filter(|&&other| other == id).count() == 1;
        let in_place = (0..sides.len())
            .filter(|&side| spreads[side] == Spread::All && once(operands[side]))
            .find_map(|side| self.in_place(step, operands[side], layout).map(|spot| (side, spot)));
        let (mut hand, output) = match in_place {
            Some((side, spot)) => {
                // Of two the order may matter; of more there are only operations for which it does not.
                if sides.len() > 2 {
                    sides.swap(0, side);
                }
                let is_right = sides.len() == 2 && side == 1;
                (Some(if is_right { Hand::Right } else { Hand::Left }), spot)
            }
            None => (None, self.output(step, layout)),
        };
        let mut sides = sides.into_iter();
        let mut left = sides.next()?;
        let mut next = Some(sides.next()?);
        while let Some(right) = next {
            next = sides.next();
            let side = |(spot, spread): &(Spot, Spread)| Side { sample: spot.sample, spread: *spread };
            let shape = BinaryShape {
                batch: self.batch,
                channels: output.channels(),
                positions: output.positions(),
                left: side(&left),
                right: side(&right),
                output_sample: output.sample,
            };
            let last = if next.is_none() { last } else { Function::Identity };
            let kernel = Binary::new(self.isa(), &shape, layout, operation, last);
            let reads = match hand {
                None => vec![left.0, right.0],
                Some(Hand::Left) => vec![right.0],
                Some(Hand::Right) => vec![left.0],
            };
            self.compute(Pair { kernel, in_place: hand }, reads, output.clone());
            (left, hand) = ((output.clone(), Spread::All), Some(Hand::Left));
        }
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
