//! Transposed convolution of planar images: every number of the input adds a multiple of the kernel to the output.
//!
//! A task makes some rows of some channels of the output. It multiplies the weights with the rows of the input that reach them,
//! which gives a plane of products for each tap, and adds these planes where their taps come to lie. Positions of an output row
//! whose taps are the same, every stride-th, are side by side until the row is finished, so that whole registers are added.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::function::apply;
use crate::memory::{Shared, aligned, spare};
use crate::product::{self, End, Left, Matrix, Panels, Right, parts};
use crate::{ConvShape, Finish, Function, Isa, Memory, Residual, rows, tasks};

/// A transposed convolution, with its weights in the order in which they are used.
#[derive(Debug)]
pub struct Transposed {
    isa: Isa,
    shape: ConvShape,
    /// Output channel, tap, input channel of the group.
    weights: Memory,
    bias: Option<Vec<f32>>,
    finish: Finish,
    cut: Cut,
    threads: usize,
}

impl Transposed {
    /// One of `weights`, input channels × output channels of a group × kernel, and a bias for each output channel.
    ///
    /// `shape` is read the other way around: the stride is from the taps of one number of the input to those of the next, and
    /// `before` is what is cut off the output above and to the left. Of its samples all three distances count.
    ///
    /// # Panics
    ///
    /// If groups do not divide the channels, samples of the output overlap, or weights or bias are of other sizes.
    pub fn new(isa: Isa, shape: &ConvShape, weights: &[f32], bias: Option<&[f32]>, finish: Finish) -> Self {
        let &ConvShape { batch, in_channels, out_channels, groups, output, .. } = shape;
        assert!(in_channels.is_multiple_of(groups) && out_channels.is_multiple_of(groups), "whole groups");
        let (from, to, taps) = (in_channels / groups, out_channels / groups, taps(shape));
        assert_eq!(weights.len(), in_channels * to * taps, "weights of a transposed convolution");
        assert!(bias.is_none_or(|bias| bias.len() == out_channels), "a bias for each output channel");
        assert!(batch < 2 || shape.output_sample >= out_channels * output[0] * output[1], "samples apart");
        let mut ordered = Memory::zeros(weights.len());
        for (index, number) in ordered.iter_mut().enumerate() {
            let (channel, tap, input) = (index / (taps * from), index / from % taps, index % from);
            let (group, channel) = (channel / to, channel % to);
            *number = weights[((group * from + input) * to + channel) * taps + tap];
        }
        let threads = rayon::current_num_threads();
        let cut = Cut::new(shape, threads);
        let bias = bias.map(<[f32]>::to_vec);
        Self { isa, shape: shape.clone(), weights: ordered, bias, finish, cut, threads }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        self.weights.len() + self.bias.as_ref().map_or(0, Vec::len)
    }

    /// Numbers of scratch memory that it needs.
    pub fn scratch(&self) -> usize {
        let ConvShape { batch, groups, out_channels, output, .. } = self.shape;
        let each = output[0].div_ceil(self.cut.rows) * (out_channels / groups).div_ceil(self.cut.channels);
        self.threads.min(batch * groups * each) * self.piece()
    }

    /// Computes `output` of `input`, both planar, as is the residual.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], residual: Residual<'_>, output: &mut [f32], scratch: &mut [f32]) {
        let shape = &self.shape;
        let [height, width] = shape.output;
        let plane = height * width;
        if shape.batch == 0 || plane == 0 {
            return;
        }
        let numbers = (shape.batch - 1) * shape.output_sample + shape.out_channels * plane;
        assert!(output.len() >= numbers, "an output has room for its samples");
        let to = Shared(output.as_mut_ptr());
        let of_group = shape.out_channels / shape.groups;
        let channels: Vec<_> = parts(of_group, self.cut.channels).collect();
        let bands = height.div_ceil(self.cut.rows);
        let each = bands * channels.len();
        let count = shape.batch * shape.groups * each;
        let products = shape.in_channels * shape.input[0] * shape.input[1] * of_group * taps(shape);
        let scratch = (scratch, self.piece());
        tasks::run_with_scratch(count, 2 * shape.batch * products, scratch, |task, scratch| {
            let (index, group) = (task / each / shape.groups, task / each % shape.groups);
            let channels = &channels[task % channels.len()];
            let first = task % each / (each / bands) * self.cut.rows;
            let channels = group * of_group + channels.start..group * of_group + channels.end;
            self.isa.run(Band {
                layer: self,
                input: &input[index * shape.input_sample..],
                group,
                channels,
                rows: first..height.min(first + self.cut.rows),
                residual: match residual {
                    Residual::None => Before::Nothing,
                    Residual::Of(numbers) => Before::Numbers(&numbers[index * shape.residual_sample..]),
                    Residual::InPlace => Before::Output,
                },
                output: to,
                first: index * shape.output_sample,
                scratch,
            });
        });
    }

    /// Numbers of scratch memory of a task.
    fn piece(&self) -> usize {
        self.cuts().iter().sum::<usize>() + spare()
    }

    /// Numbers of the packed input, of the products, of the phases of a row, and of a row.
    fn cuts(&self) -> [usize; 4] {
        let shape = &self.shape;
        let columns = rows_for(shape, self.cut.rows) * shape.input[1];
        let packed = Panels::new(self.isa, columns).packed(shape.in_channels / shape.groups);
        let products = self.cut.chunk * taps(shape) * columns;
        let phases = shape.stride[1] * phase_row(shape);
        [packed, products, phases, shape.output[1]].map(|count| count.next_multiple_of(16))
    }
}

/// What a task makes at the most.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// Rows of the output: whole strides.
    rows: usize,
    /// Channels of the output.
    channels: usize,
    /// Channels whose products are held at once.
    chunk: usize,
}

/// Numbers of the input that a task packs.
const PACKED: usize = 1 << 18;

/// Numbers of the products that it holds: the second cache does.
const PRODUCTS: usize = 1 << 17;

/// Tasks of a thread.
const TASKS: usize = 2;

impl Cut {
    fn new(shape: &ConvShape, threads: usize) -> Self {
        let (from, to) = (shape.in_channels / shape.groups, shape.out_channels / shape.groups);
        let ([height, _], [_, width], stride) = (shape.output, shape.input, shape.stride[0]);
        let held = PACKED / (from * width).max(1);
        let reach = (shape.kernel[0] - 1) * shape.dilation[0];
        let rows = (held * stride).saturating_sub(reach).min(height).next_multiple_of(stride).max(stride);
        let apart = shape.batch * shape.groups;
        let wanted = if threads == 1 { 1 } else { (TASKS * threads).div_ceil(apart.max(1)) };
        // Other channels pack the same input again, and other rows multiply some of it again: a little of both.
        let pieces = wanted.div_ceil(height.div_ceil(rows));
        let channels = to.div_ceil(pieces);
        let columns = rows_for(shape, rows) * width;
        let chunk = (PRODUCTS / (taps(shape) * columns).max(1)).clamp(1, channels);
        Self { rows, channels, chunk }
    }
}

/// The taps of a kernel.
fn taps(shape: &ConvShape) -> usize {
    shape.kernel[0] * shape.kernel[1]
}

/// The most rows of the input that reach so many rows of the output.
fn rows_for(shape: &ConvShape, rows: usize) -> usize {
    let reach = (shape.kernel[0] - 1) * shape.dilation[0];
    ((rows.max(1) - 1 + reach) / shape.stride[0] + 1).min(shape.input[0])
}

/// Positions of an output row that are a stride apart, at the most.
fn phase_row(shape: &ConvShape) -> usize {
    shape.output[1].div_ceil(shape.stride[1])
}

/// A residual, from the first number of a sample on.
#[derive(Clone, Copy)]
enum Before<'a> {
    Nothing,
    Numbers(&'a [f32]),
    Output,
}

/// Some rows of some channels of a sample, all of the same group.
struct Band<'a> {
    layer: &'a Transposed,
    /// From the first number of the sample on.
    input: &'a [f32],
    group: usize,
    channels: Range<usize>,
    rows: Range<usize>,
    residual: Before<'a>,
    output: Shared,
    /// Where the sample begins in the output.
    first: usize,
    scratch: &'a mut [f32],
}

impl WithSimd for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let shape = &self.layer.shape;
        let cuts = self.layer.cuts();
        let scratch = aligned(std::mem::take(&mut self.scratch), cuts.iter().sum());
        let (packed, scratch) = scratch.split_at_mut(cuts[0]);
        let (products, scratch) = scratch.split_at_mut(cuts[1]);
        let (phases, row) = scratch.split_at_mut(cuts[2]);
        let reaching = self.reaching();
        let (from, [height, width]) = (shape.in_channels / shape.groups, shape.input);
        let columns = reaching.len() * width;
        if columns == 0 {
            // No product is made where nothing reaches.
            self.complete(simd, self.channels.clone(), reaching, products, (phases, row));
            return;
        }
        let panels = Panels::new(self.layer.isa, columns);
        let numbers = &self.input[self.group * from * height * width + reaching.start * width..];
        let matrix = Matrix { numbers, row: height * width, column: 1 };
        panels.pack(simd, matrix, from, 1.0, &mut packed[..panels.packed(from)]);
        let right = Right { panels, inner: from, packed };
        for part in parts(self.channels.len(), self.layer.cut.chunk) {
            let channels = self.channels.start + part.start..self.channels.start + part.end;
            let weights = &self.layer.weights[channels.start * taps(shape) * from..];
            let left = Left { numbers: weights, row: from };
            let count = channels.len() * taps(shape);
            product::multiply_all(simd, left, count, &right, &End::NONE, (&mut *products, columns));
            self.complete(simd, channels, reaching.clone(), products, (&mut *phases, &mut *row));
        }
    }
}

impl Band<'_> {
    /// Rows of the input that reach these of the output.
    #[inline(always)]
    fn reaching(&self) -> Range<usize> {
        let ConvShape { input, kernel, stride, dilation, before, .. } = self.layer.shape;
        let reach = (kernel[0] - 1) * dilation[0];
        let first = (self.rows.start + before[0]).saturating_sub(reach).div_ceil(stride[0]);
        let end = ((self.rows.end - 1 + before[0]) / stride[0] + 1).min(input[0]);
        first.min(end)..end
    }

    /// Makes the rows of some channels of their products.
    #[inline(always)]
    fn complete<S: Simd>(
        &self,
        simd: S,
        channels: Range<usize>,
        reaching: Range<usize>,
        products: &[f32],
        (phases, row): (&mut [f32], &mut [f32]),
    ) {
        let shape = &self.layer.shape;
        let [height, width] = shape.output;
        let numbers = taps(shape) * reaching.len() * shape.input[1];
        for (index, channel) in channels.enumerate() {
            let products = &products[index * numbers..][..numbers];
            for at in self.rows.clone() {
                phases.fill(self.layer.bias.as_ref().map_or(0.0, |bias| bias[channel]));
                self.add_taps(simd, at, reaching.clone(), products, phases);
                self.finish(simd, (channel * height + at) * width, phases, &mut row[..width]);
            }
        }
    }

    /// Adds the products of a channel that come to lie in a row of the output.
    #[inline(always)]
    fn add_taps<S: Simd>(
        &self,
        simd: S,
        row: usize,
        reaching: Range<usize>,
        products: &[f32],
        phases: &mut [f32],
    ) {
        let shape = &self.layer.shape;
        let ([_, width], [_, of_row]) = (shape.input, shape.output);
        let plane = reaching.len() * width;
        for down in 0..shape.kernel[0] {
            let Some(from) = (row + shape.before[0]).checked_sub(down * shape.dilation[0]) else { break };
            let from = (from.is_multiple_of(shape.stride[0])).then_some(from / shape.stride[0]);
            let Some(from) = from.filter(|from| reaching.contains(from)) else { continue };
            for right in 0..shape.kernel[1] {
                let tap = down * shape.kernel[1] + right;
                let products = &products[tap * plane + (from - reaching.start) * width..][..width];
                // The number at 0 of the input comes to lie here, and those behind it a stride apart.
                let offset = (right * shape.dilation[1]) as isize - shape.before[1] as isize;
                let stride = shape.stride[1] as isize;
                let (phase, shift) = (offset.rem_euclid(stride) as usize, offset.div_euclid(stride));
                let count = of_row.saturating_sub(phase).div_ceil(shape.stride[1]);
                let skipped = shift.min(0).unsigned_abs();
                let start = shift.max(0).unsigned_abs();
                let added = count.saturating_sub(start).min(width.saturating_sub(skipped));
                if added > 0 {
                    let phases = &mut phases[phase * phase_row(shape) + start..][..added];
                    let products = &products[skipped..][..added];
                    rows::change_by(simd, phases, products, rows::Sum);
                }
            }
        }
    }

    /// Writes a row of the output, whose first number is that in its sample.
    #[inline(always)]
    fn finish<S: Simd>(&self, simd: S, at: usize, phases: &[f32], row: &mut [f32]) {
        let (Finish { first, add, last }, shape) = (self.layer.finish, &self.layer.shape);
        // SAFETY: a row of the output, which `run` holds exclusively and has seen to be whole; no other task has it.
        let output = unsafe { std::slice::from_raw_parts_mut(self.output.0.add(self.first + at), row.len()) };
        match self.residual {
            Before::Numbers(numbers) if add => {
                interleave(shape, phases, output);
                apply(simd, first, output);
                rows::change_by(simd, output, &numbers[at..][..row.len()], rows::Sum);
            }
            Before::Output if add => {
                assert!(first == Function::Identity, "only the identity comes before what is there");
                interleave(shape, phases, row);
                rows::change_by(simd, output, row, rows::Sum);
            }
            Before::Nothing | Before::Numbers(_) | Before::Output => {
                interleave(shape, phases, output);
                apply(simd, first, output);
            }
        }
        apply(simd, last, output);
    }
}

/// Brings the numbers of a row in their order.
#[inline(always)]
fn interleave(shape: &ConvShape, phases: &[f32], row: &mut [f32]) {
    let (stride, count, of_phase) = (shape.stride[1], row.len(), phase_row(shape));
    if stride == 1 {
        row.copy_from_slice(&phases[..count]);
        return;
    }
    if stride == 2 {
        let (even, odd) = phases.split_at(of_phase);
        for ((pair, even), odd) in row.chunks_exact_mut(2).zip(even).zip(odd) {
            (pair[0], pair[1]) = (*even, *odd);
        }
        if !count.is_multiple_of(2) {
            row[count - 1] = even[of_phase - 1];
        }
        return;
    }
    for (phase, numbers) in phases.chunks_exact(of_phase).enumerate().take(stride.min(count)) {
        for (to, from) in row[phase..].iter_mut().step_by(stride).zip(numbers) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests;
