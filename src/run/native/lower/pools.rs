//! Pools, and reductions of whole dimensions.

use cnncost_kernels::{
    Counted, Function, GlobalMean, Layout, Pool, PoolKind, PoolShape, Positions, Reduce, ReduceKind, Slide,
    Windows,
};

use super::{Lowered, Lowering};
use crate::op::reduction::{self, Power};
use crate::op::window::{Axis, Window};
use crate::op::{Op, Operator};
use crate::plan::Step;
use crate::run::native::kernel::Kernel;

impl Kernel for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs[0], output);
    }
}

impl Kernel for Reduce {
    fn name(&self) -> &'static str {
        "reduction"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs[0], output);
    }
}

impl Kernel for GlobalMean {
    fn name(&self) -> &'static str {
        "global mean"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], _scratch: &mut [f32]) {
        self.run(inputs[0], output);
    }
}

/// What a pool makes of its windows.
#[derive(Clone, Copy)]
struct Reduction {
    kind: PoolKind,
    /// Whether a mean is that of the padding, too.
    counts_padding: bool,
}

impl Lowering<'_> {
    pub(super) fn pool(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        let (Some(last), Some(&input)) = (self.function_behind(step), step.inputs.first()) else {
            return Ok(None);
        };
        let shape = &self.graph.node(input).shape;
        let max = Reduction { kind: PoolKind::Max, counts_padding: false };
        let (window, reduction) = match op {
            Op::GlobalAvgPool(_) => return Ok(self.global(step, last)),
            Op::AdaptiveAvgPool1d(_) | Op::AdaptiveAvgPool2d(_) => {
                return Ok(self.adaptive(step, PoolKind::Mean, last));
            }
            Op::AdaptiveMaxPool1d(_) | Op::AdaptiveMaxPool2d(_) => {
                return Ok(self.adaptive(step, PoolKind::Max, last));
            }
            Op::MaxPool1d(pool) => (pool.window(shape), max),
            Op::MaxPool2d(pool) => (pool.window(shape), max),
            Op::AvgPool1d(pool) => (
                pool.window(shape),
                mean(pool.divisor_override.map(crate::op::settings::Size::get), pool.count_include_pad),
            ),
            Op::AvgPool2d(pool) => (
                pool.window(shape),
                mean(pool.divisor_override.map(crate::op::settings::Size::get), pool.count_include_pad),
            ),
            _ => return Ok(None),
        };
        Ok(window.and_then(|window| self.sliding(step, &window, reduction, last)))
    }

    fn sliding(&mut self, step: &Step, window: &Window, reduction: Reduction, last: Function) -> Option<()> {
        let (input, output) = (self.dims(step.inputs[0]), self.dims(step.output()));
        let axes = window.axes.iter().zip(input[1..].iter().zip(&output[1..]));
        let windows = axes.map(|(axis, (&input, &output))| {
            let after = size(axis.after);
            let counted =
                if reduction.counts_padding { Counted::WithPadding { after } } else { Counted::Inside };
            Windows::sliding(input, output, slide(axis), counted)
        });
        self.windows(step, &windows.collect::<Vec<_>>(), reduction.kind, last)
    }

    fn adaptive(&mut self, step: &Step, kind: PoolKind, last: Function) -> Option<()> {
        let (input, output) = (self.dims(step.inputs[0]), self.dims(step.output()));
        if kind == PoolKind::Mean && output[1..].iter().all(|&size| size == 1) {
            return self.global(step, last);
        }
        let windows =
            input[1..].iter().zip(&output[1..]).map(|(&input, &output)| Windows::adaptive(input, output));
        self.windows(step, &windows.collect::<Vec<_>>(), kind, last)
    }

    fn windows(&mut self, step: &Step, windows: &[Windows], kind: PoolKind, last: Function) -> Option<()> {
        let windows = match windows {
            [width] => [Windows::adaptive(1, 1), width.clone()],
            [height, width] => [height.clone(), width.clone()],
            _ => return None,
        };
        // Groups of channels are pooled a register at a time, planes a number at a time: so it is for few channels only that groups
        // are not made.
        let channels = self.dims(step.inputs[0]).first().copied()?;
        let layout = if channels >= self.block { Layout::Blocked } else { self.layout(step.inputs[0]) };
        let input = self.spot(step.inputs[0], layout)?;
        let output = self.output(step, layout);
        let shape = PoolShape {
            batch: self.batch,
            channels: input.channels(),
            input_sample: input.sample,
            output_sample: output.sample,
        };
        self.compute(Pool::new(self.isa(), &shape, windows, kind, layout, last), vec![input], output);
        Some(())
    }

    /// Reductions of dimensions that follow each other; the mean of all positions of a channel as a pool has it.
    pub(super) fn reduced(&mut self, step: &Step, op: &Op) -> Option<()> {
        let kind = match op {
            Op::Mean(_) => ReduceKind::Mean,
            Op::Sum(_) => ReduceKind::Sum,
            Op::Max(_) => ReduceKind::Largest,
            Op::Min(_) => ReduceKind::Smallest,
            Op::Norm(norm) => match norm.power() {
                Power::One => ReduceKind::SumOfAbsolutes,
                Power::Two => ReduceKind::Length,
                Power::Other => return None,
            },
            _ => return None,
        };
        let &input = step.inputs.first()?;
        let is_reduced = reduction::dims(op, &self.graph.node(input).shape)?;
        let sizes = self.dims(input);
        let is_image = is_reduced.len() > 1 && !is_reduced[0] && is_reduced[1..].iter().all(|&is| is);
        if kind == ReduceKind::Mean && is_image {
            return self.global(step, Function::Identity);
        }
        // Dimensions of size 1 are reduced or not, as is wanted.
        let mut kept = (0..sizes.len()).filter(|&dim| sizes[dim] > 1);
        let mut reduced = kept.clone().filter(|&dim| is_reduced[dim]);
        let (first, last) = match (reduced.next(), reduced.next_back()) {
            (Some(first), last) => (first, last.unwrap_or(first)),
            (None, _) => (sizes.len(), sizes.len()),
        };
        if kept.any(|dim| (first..=last).contains(&dim) && !is_reduced[dim]) {
            return None;
        }
        let input = self.dense(input)?;
        let output = self.dense_output(step);
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        let end = sizes.len().min(last + 1);
        let [outer, size, inner] = [&sizes[..first], &sizes[first..end], &sizes[end..]].map(product);
        self.compute(Reduce::new(self.isa(), [self.batch * outer, size, inner], kind), vec![input], output);
        Some(())
    }

    /// The mean of each channel, which is planar whatever it is of.
    fn global(&mut self, step: &Step, last: Function) -> Option<()> {
        let layout = self.layout(step.inputs[0]);
        let input = self.spot(step.inputs[0], layout)?;
        let output = self.output(step, Layout::Planar);
        let shape = Positions {
            batch: self.batch,
            channels: input.channels(),
            positions: input.positions(),
            input_sample: input.sample,
            output_sample: output.sample,
        };
        self.compute(GlobalMean::new(self.isa(), &shape, layout, last), vec![input], output);
        Some(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "networks are executed in numbers of 32 bits")]
fn mean(divisor: Option<u64>, counts_padding: bool) -> Reduction {
    let kind = divisor.map_or(PoolKind::Mean, |divisor| PoolKind::SumOver(divisor as f32));
    Reduction { kind, counts_padding }
}

fn slide(axis: &Axis) -> Slide {
    Slide {
        kernel: size(axis.kernel),
        stride: size(axis.stride),
        dilation: size(axis.dilation),
        before: size(axis.before),
    }
}

fn size(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
