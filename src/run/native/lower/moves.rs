//! What moves numbers about and computes none.

use cnncost_kernels::{
    Channels, ChannelsInput, ChannelsShape, Join, Layout, Pad, Permute, Roll, Slice, Upsample, UpsampleShape,
    Weighted,
};

use super::{Lowering, Spot};
use crate::graph::NodeId;
use crate::op::Op;
use crate::op::pad::{Mode, Pad as PadOp};
use crate::op::roll::Roll as RollOp;
use crate::op::upsample::Upsample as UpsampleOp;
use crate::plan::{Home, Step};
use crate::run::native::convert::Convert;
use crate::run::native::kernel::Kernel;

impl Kernel for Channels {
    fn name(&self) -> &'static str {
        "channels"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs, output);
    }
}

impl Kernel for Join {
    fn name(&self) -> &'static str {
        "concatenation"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs, output);
    }
}

macro_rules! moves {
    ($($Kernel:ident, $name:literal;)*) => {$(
        impl Kernel for $Kernel {
            fn name(&self) -> &'static str {
                $name
            }

            fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
                self.run(inputs[0], output);
            }
        }
    )*};
}

moves! {
    Permute, "permutation";
    Slice, "slice";
    Pad, "padding";
    Roll, "roll";
    Upsample, "upsampling";
}

impl Lowering<'_> {
    /// Moves parts of a concatenation into their place, as far as they were not written there.
    pub(super) fn concatenation(&mut self, step: &Step) -> Option<()> {
        let parts: Vec<NodeId> =
            self.graph.inputs(step.main).map(|part| self.program.plan.passed(part)).collect();
        let begun = [Layout::Blocked, Layout::Planar]
            .into_iter()
            .find(|&layout| self.spots.contains_key(&(step.main, layout)));
        let blocked = parts.iter().all(|&part| self.layout(part) == Layout::Blocked);
        if begun.is_none() && blocked {
            return self.joined(step, &parts);
        }
        let layout = begun.unwrap_or(if blocked { Layout::Blocked } else { Layout::Planar });
        let whole = match begun {
            Some(_) => self.spots.get(&(step.main, layout)).cloned()?,
            None => self.output(step, layout),
        };
        let mut channel = 0;
        for part in parts {
            let dims = self.dims(part);
            let (offset, channels) = (whole.offset + channel * whole.positions(), dims[0]);
            let there = Spot { offset, dims, ..whole.clone() };
            channel += channels;
            let here = self.spots.get(&(part, layout)).cloned();
            let is_there =
                here.is_some_and(|here| (here.buffer, here.offset) == (there.buffer, there.offset));
            if !is_there {
                let from = self.spot(part, layout)?;
                let copy = Convert::new(self.isa(), self.batch, &from, &there);
                self.compute(copy, vec![from], there);
            }
        }
        Some(())
    }

    /// Channels of blocked tensors behind one another, wherever groups begin.
    fn joined(&mut self, step: &Step, parts: &[NodeId]) -> Option<()> {
        let reads = parts.iter().map(|&part| self.spot(part, Layout::Blocked)).collect::<Option<Vec<_>>>()?;
        let sources = reads
            .iter()
            .enumerate()
            .flat_map(|(input, spot)| (0..spot.channels()).map(move |channel| (input, channel)));
        let sources: Vec<_> = sources.collect();
        let output = self.output(step, Layout::Blocked);
        self.channels(reads, &sources, output);
        Some(())
    }

    /// A tensor whose channels come from others, all blocked.
    fn channels(&mut self, reads: Vec<Spot>, sources: &[(usize, usize)], output: Spot) {
        let shape = ChannelsShape {
            batch: self.batch,
            positions: output.positions(),
            inputs: reads.iter().map(|spot| ChannelsInput { sample: spot.sample }).collect(),
            output_sample: output.sample,
        };
        let kernel = Channels::new(self.isa(), &shape, output.layout, sources);
        self.compute(kernel, reads, output);
    }

    pub(super) fn moved(&mut self, step: &Step, op: &Op) -> Option<()> {
        match op {
            Op::ChannelShuffle(shuffle) => {
                let layout = self.layout(step.inputs[0]);
                let input = self.spot(step.inputs[0], layout)?;
                let output = self.output(step, layout);
                let groups = usize::try_from(shuffle.groups.get()).ok()?;
                let each = input.channels() / groups;
                let source = |channel: usize| (0, channel % groups * each + channel / groups);
                let sources: Vec<_> = (0..input.channels()).map(source).collect();
                self.channels(vec![input], &sources, output);
                Some(())
            }
            Op::Permute(permute) => {
                let axes = permute.axes(&self.graph.node(step.inputs[0]).shape).ok()?;
                let input = self.dense(step.inputs[0])?;
                let sizes = [&[self.batch], &*input.dims].concat();
                let order: Vec<usize> =
                    std::iter::once(0).chain(axes.into_iter().map(|axis| axis + 1)).collect();
                let output = self.dense_output(step);
                self.compute(Permute::new(self.isa(), &sizes, &order), vec![input], output);
                Some(())
            }
            Op::Slice(slice) => {
                let shape = &self.graph.node(step.inputs[0]).shape;
                let axis = shape.axis(slice.dim.0)?;
                let first = usize::try_from(slice.bounds(shape.dims()[axis]).0).ok()?;
                self.sliced(step, axis, first, usize::try_from(slice.step.get()).ok()?)
            }
            Op::Select(select) => {
                let shape = &self.graph.node(step.inputs[0]).shape;
                let axis = shape.axis(select.dim.0)?;
                let first = usize::try_from(select.position(shape.dims()[axis])?).ok()?;
                self.sliced(step, axis, first, 1)
            }
            Op::Pad(pad) => self.padded(step, pad),
            Op::Concat(concat) => {
                let axis = self.graph.node(step.main).shape.axis(concat.dim.0)?;
                self.end_to_end(step, axis)
            }
            Op::Roll(roll) => self.rolled(step, roll),
            Op::Upsample(upsample) => self.upsampled(step, upsample),
            _ => None,
        }
    }

    /// Tensors behind one another along a dimension that is not that of the channels.
    fn end_to_end(&mut self, step: &Step, axis: usize) -> Option<()> {
        let parts: Vec<NodeId> =
            self.graph.inputs(step.main).map(|part| self.program.plan.passed(part)).collect();
        let reads = parts.iter().map(|&part| self.dense(part)).collect::<Option<Vec<_>>>()?;
        let within = reads.iter().map(|read| read.dims[axis..].iter().product()).collect();
        let output = self.dense_output(step);
        let outside = self.batch * output.dims[..axis].iter().product::<usize>();
        self.compute(Join::new(outside, within), reads, output);
        Some(())
    }

    fn rolled(&mut self, step: &Step, roll: &RollOp) -> Option<()> {
        let input = self.dense(step.inputs[0])?;
        let sizes = [&[self.batch], &*input.dims].concat();
        let mut shifts = vec![0; sizes.len()];
        for (shift, dim) in roll.shifts.iter().zip(&roll.dims) {
            let axis = self.graph.node(step.inputs[0]).shape.axis(dim.0)? + 1;
            let size = i64::try_from(sizes[axis]).ok()?;
            let shift = usize::try_from(shift.rem_euclid(size)).ok()?;
            shifts[axis] = (shifts[axis] + shift) % sizes[axis];
        }
        let output = self.dense_output(step);
        self.compute(Roll::new(&sizes, &shifts), vec![input], output);
        Some(())
    }

    fn padded(&mut self, step: &Step, pad: &PadOp) -> Option<()> {
        if pad.mode != Mode::Constant {
            return None;
        }
        let input = self.dense(step.inputs[0])?;
        let sizes = [&[self.batch], &*input.dims].concat();
        let mut margins = vec![[0, 0]; sizes.len()];
        for (axis, before, after) in pad.sides(input.dims.len()) {
            margins[axis + 1] = [isize::try_from(before).ok()?, isize::try_from(after).ok()?];
        }
        let output = self.dense_output(step);
        #[expect(clippy::cast_possible_truncation, reason = "networks are executed in numbers of 32 bits")]
        self.compute(Pad::new(&sizes, &margins, pad.value as f32), vec![input], output);
        Some(())
    }

    fn upsampled(&mut self, step: &Step, upsample: &UpsampleOp) -> Option<()> {
        let (from, to) = (self.dims(step.inputs[0]), self.dims(step.output()));
        let taps = |axis: usize| -> Vec<Weighted> {
            let taps = upsample.taps(axis, from[axis + 1], to[axis + 1]).into_iter();
            taps.map(|tap| Weighted { positions: tap.positions, weights: tap.weights }).collect()
        };
        let single = || vec![Weighted { positions: vec![0], weights: None }];
        let (size, rows, columns) = match from[1..] {
            [width] => ([1, width], single(), taps(0)),
            [height, width] => ([height, width], taps(0), taps(1)),
            _ => return None,
        };
        let layout = self.layout(step.inputs[0]);
        let input = self.spot(step.inputs[0], layout)?;
        let output = self.output(step, layout);
        let shape = UpsampleShape {
            batch: self.batch,
            channels: input.channels(),
            input: size,
            input_sample: input.sample,
            output_sample: output.sample,
        };
        self.compute(Upsample::new(self.isa(), &shape, layout, &rows, &columns), vec![input], output);
        Some(())
    }

    /// What stands along a dimension from a place on, in steps; the output may lack that dimension.
    fn sliced(&mut self, step: &Step, axis: usize, first: usize, apart: usize) -> Option<()> {
        let input = self.dense(step.inputs[0])?;
        let sizes = [&[self.batch], &*input.dims].concat();
        // The dimension is gone where one element is selected.
        let to = self.dims(step.output());
        let count = if to.len() == input.dims.len() { to[axis] } else { 1 };
        let output = self.dense_output(step);
        self.compute(Slice::new(&sizes, axis + 1, [first, apart, count]), vec![input], output);
        Some(())
    }

    /// Where a view lies, if it is a part of another tensor as that lies; in the layout that is wanted, if it can be.
    pub(super) fn view(&mut self, id: NodeId, from: NodeId, wanted: Layout) -> Option<Spot> {
        let graph = self.graph;
        let dims = self.dims(id);
        match graph.node(id).operator()? {
            Op::Slice(slice) => {
                let channels = *graph.node(from).shape.dims().first()?;
                let first = usize::try_from(slice.bounds(channels).0).ok()?;
                let is_whole = first.is_multiple_of(self.block);
                let layout =
                    if is_whole && self.layout(from) == Layout::Blocked { wanted } else { Layout::Planar };
                let spot = self.spot(from, layout)?;
                Some(Spot { offset: spot.offset + first * spot.positions(), dims, ..spot })
            }
            Op::Select(select) => {
                let channels = *graph.node(from).shape.dims().first()?;
                let first = usize::try_from(select.position(channels)?).ok()?;
                let spot = self.spot(from, Layout::Planar)?;
                Some(Spot { offset: spot.offset + first * spot.positions(), dims, ..spot })
            }
            _ => {
                // Channels of a single position lie one behind the other, whatever the layout.
                let is_single = self.dims(from).iter().skip(1).product::<usize>() == 1;
                let layout = if is_single { self.layout(from) } else { Layout::Planar };
                let spot = self.spot(from, layout)?;
                Some(Spot { layout: Layout::Planar, dims, ..spot })
            }
        }
    }

    /// A tensor whose samples lie one behind the other, as rows want them.
    pub(super) fn dense(&mut self, id: NodeId) -> Option<Spot> {
        let spot = self.spot(id, Layout::Planar)?;
        if self.batch == 1 || spot.is_dense(self.block) {
            return Some(spot);
        }
        let dense = self.own(Layout::Planar, spot.dims.clone());
        let copy = Convert::new(self.isa(), self.batch, &spot, &dense);
        self.compute(copy, vec![spot], dense.clone());
        Some(dense)
    }

    /// Where a step writes rows.
    pub(super) fn dense_output(&mut self, step: &Step) -> Spot {
        let is_within = matches!(self.program.plan.home(step.output()), Home::Within { .. });
        if self.batch == 1 || !is_within {
            return self.output(step, Layout::Planar);
        }
        let spot = self.own(Layout::Planar, self.dims(step.output()));
        self.spots.insert((step.output(), Layout::Planar), spot.clone());
        spot
    }

    /// Where a step may write rows in place of an input.
    pub(super) fn dense_in_place(&mut self, step: &Step, input: NodeId) -> Option<Spot> {
        let planar = self.spots.get(&(self.program.plan.passed(input), Layout::Planar))?;
        if self.batch > 1 && !planar.is_dense(self.block) {
            return None;
        }
        self.in_place(step, input, Layout::Planar)
    }
}
