//! Normalization: layer, root mean square, group and instance norm.
//!
//! A mean is taken first, and then the mean of the squares of what differs from it; sums of many numbers are added up in `f64`.

mod local;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::function::apply;
use crate::rows::single;
use crate::{Function, Isa, rows, tasks};
pub use local::{LocalResponseNorm, LocalResponseShape};

/// What a row is normalized by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Its mean, which is subtracted, and its variance: layer norm.
    MeanAndVariance,
    /// The mean of its squares: root mean square norm.
    MeanSquare,
}

/// Layer norm or root mean square norm of rows of numbers: `x / √(statistic + eps) · weight + bias`.
#[derive(Clone, Debug)]
pub struct RowNorm {
    isa: Isa,
    rows: usize,
    size: usize,
    statistic: Statistic,
    eps: f64,
    weight: Option<Vec<f32>>,
    bias: Option<Vec<f32>>,
}

/// The sizes of a norm over groups of channels of planar images; groups of one channel are instance norm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNormShape {
    /// Samples.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
    /// Groups that these are divided into.
    pub groups: usize,
    /// Positions of a channel.
    pub positions: usize,
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
}

/// Group norm of planar images: `(x − mean)/√(variance + eps) · weight + bias`, and a function of that.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    isa: Isa,
    shape: GroupNormShape,
    eps: f64,
    weight: Option<Vec<f32>>,
    bias: Option<Vec<f32>>,
    last: Function,
}

impl RowNorm {
    /// One of so many rows of `size` numbers, with a factor and a summand for each of these.
    ///
    /// # Panics
    ///
    /// If weight or bias is of another size.
    pub fn new(
        isa: Isa,
        [rows, size]: [usize; 2],
        statistic: Statistic,
        eps: f64,
        weight: Option<&[f32]>,
        bias: Option<&[f32]>,
    ) -> Self {
        Self { isa, rows, size, statistic, eps, weight: learned(weight, size), bias: learned(bias, size) }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        held([self.weight.as_ref(), self.bias.as_ref()])
    }

    /// Computes `output` of `input`, both rows × size.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let numbers = self.rows * self.size;
        let (input, output) = (&input[..numbers], &mut output[..numbers]);
        let normalize = |input: &[f32], output: &mut [f32]| {
            self.isa.run(Rows { norm: self, input, output });
        };
        if tasks::threads_for(OPERATIONS * numbers) == 1 {
            normalize(input, output);
            return;
        }
        let of_task = (NUMBERS / self.size.max(1)).max(1) * self.size;
        output.par_chunks_mut(of_task).enumerate().for_each(|(task, output)| {
            normalize(&input[task * of_task..][..output.len()], output);
        });
    }
}

impl GroupNorm {
    /// One with a factor and a summand for each channel.
    ///
    /// # Panics
    ///
    /// If groups do not divide the channels, samples of the output overlap, or weight or bias is of another size.
    pub fn new(
        isa: Isa,
        shape: &GroupNormShape,
        eps: f64,
        weight: Option<&[f32]>,
        bias: Option<&[f32]>,
        last: Function,
    ) -> Self {
        let channels = shape.channels;
        assert!(channels.is_multiple_of(shape.groups), "whole groups of channels");
        assert!(shape.batch < 2 || shape.output_sample >= channels * shape.positions, "samples apart");
        let (weight, bias) = (learned(weight, channels), learned(bias, channels));
        Self { isa, shape: shape.clone(), eps, weight, bias, last }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        held([self.weight.as_ref(), self.bias.as_ref()])
    }

    /// Computes `output` of `input`, both planar.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let GroupNormShape { batch, channels, groups, positions, input_sample, output_sample } = self.shape;
        let (sample, size) = (channels * positions, channels / groups * positions);
        if batch == 0 || sample == 0 {
            return;
        }
        let (input, output) = (
            &input[..(batch - 1) * input_sample + sample],
            &mut output[..(batch - 1) * output_sample + sample],
        );
        let normalize = |index: usize, group: usize, output: &mut [f32]| {
            let input = &input[index * input_sample + group * size..][..size];
            self.isa.run(Group { norm: self, index: group, input, output });
        };
        if tasks::threads_for(OPERATIONS * batch * sample) == 1 {
            for (index, output) in output.chunks_mut(output_sample.max(sample)).enumerate() {
                let groups = output[..sample].chunks_exact_mut(size).enumerate();
                groups.for_each(|(group, output)| normalize(index, group, output));
            }
            return;
        }
        output.par_chunks_mut(output_sample.max(sample)).enumerate().for_each(|(index, output)| {
            let groups = output[..sample].par_chunks_exact_mut(size).enumerate();
            groups.for_each(|(group, output)| normalize(index, group, output));
        });
    }
}

/// Operations of a number, about.
const OPERATIONS: usize = 16;

/// Numbers of a task.
const NUMBERS: usize = 1 << 14;

fn learned(numbers: Option<&[f32]>, size: usize) -> Option<Vec<f32>> {
    assert!(numbers.is_none_or(|numbers| numbers.len() == size), "a learned number for each");
    numbers.map(<[f32]>::to_vec)
}

fn held(learned: [Option<&Vec<f32>>; 2]) -> usize {
    learned.into_iter().flatten().map(Vec::len).sum()
}

/// What numbers lose and are then multiplied by.
#[inline(always)]
fn standard<S: Simd>(simd: S, numbers: &[f32], statistic: Statistic, eps: f64) -> (f32, f32) {
    let count = numbers.len() as f64;
    let mean = match statistic {
        Statistic::MeanAndVariance => single(rows::sum(simd, numbers, rows::Same) / count),
        Statistic::MeanSquare => 0.0,
    };
    let squares = rows::sum(simd, numbers, rows::SquareOfLess(mean));
    (mean, single(1.0 / (squares / count + eps).sqrt()))
}

/// Some rows of a norm.
struct Rows<'a> {
    norm: &'a RowNorm,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let RowNorm { size, statistic, eps, ref weight, ref bias, .. } = *self.norm;
        for (input, output) in self.input.chunks_exact(size).zip(self.output.chunks_exact_mut(size)) {
            let (mean, factor) = standard(simd, input, statistic, eps);
            let standard = rows::Standard([mean, factor, 0.0]);
            match (weight, bias) {
                (Some(weight), Some(bias)) => {
                    rows::map(simd, [input, weight, bias], output, rows::Learned([mean, factor]));
                }
                (Some(weight), None) => {
                    rows::map(simd, [input], output, standard);
                    rows::change_by(simd, output, weight, rows::Product);
                }
                (None, bias) => {
                    rows::map(simd, [input], output, standard);
                    if let Some(bias) = bias {
                        rows::change_by(simd, output, bias, rows::Sum);
                    }
                }
            }
        }
    }
}

/// A group of channels of a sample.
struct Group<'a> {
    norm: &'a GroupNorm,
    index: usize,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Group<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let GroupNorm { ref shape, eps, ref weight, ref bias, last, .. } = *self.norm;
        let (mean, factor) = standard(simd, self.input, Statistic::MeanAndVariance, eps);
        let of_group = shape.channels / shape.groups;
        let planes =
            self.input.chunks_exact(shape.positions).zip(self.output.chunks_exact_mut(shape.positions));
        for (index, (input, output)) in planes.enumerate() {
            let channel = self.index * of_group + index;
            let factor = factor * weight.as_ref().map_or(1.0, |weight| weight[channel]);
            let summand = bias.as_ref().map_or(0.0, |bias| bias[channel]);
            rows::map(simd, [input], output, rows::Standard([mean, factor, summand]));
            apply(simd, last, output);
        }
    }
}

#[cfg(test)]
mod tests;
