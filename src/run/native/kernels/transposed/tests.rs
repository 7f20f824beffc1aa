//! Transposed convolutions against sums by hand.

use proptest::prelude::*;

use super::*;
use crate::Function;
use crate::testing::{Numbers, close, in_threads};

/// The sum at each place of the output, without the bias.
fn by_hand(shape: &ConvShape, input: &[f32], weights: &[f32]) -> Vec<f64> {
    let &ConvShape { batch, in_channels, out_channels, groups, kernel, .. } = shape;
    let ([height, width], [out_height, out_width]) = (shape.input, shape.output);
    let (from, to) = (in_channels / groups, out_channels / groups);
    let mut output = vec![0.0; batch * out_channels * out_height * out_width];
    let numbers = (0..batch).flat_map(|index| (0..in_channels * height * width).map(move |at| (index, at)));
    for (index, at) in numbers {
        let (channel, y, x) = (at / (height * width), at / width % height, at % width);
        for (channel_to, tap) in (0..to).flat_map(|channel| (0..taps(shape)).map(move |tap| (channel, tap))) {
            let place = |axis: usize, from: usize, tap: usize| {
                (from * shape.stride[axis] + tap * shape.dilation[axis])
                    .checked_sub(shape.before[axis])
                    .filter(|&to| to < shape.output[axis])
            };
            let (Some(y), Some(x)) = (place(0, y, tap / kernel[1]), place(1, x, tap % kernel[1])) else {
                continue;
            };
            let weight = weights[(channel * to + channel_to) * taps(shape) + tap];
            let channel_to = index * out_channels + channel / from * to + channel_to;
            output[(channel_to * out_height + y) * out_width + x] +=
                f64::from(input[index * shape.input_sample + at]) * f64::from(weight);
        }
    }
    output
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn as_by_hand(
        batch in 1..3usize, groups in 1..4usize, from in 1..8usize, to in 1..8usize, input: [u8; 2], kernel: [u8; 2],
        stride: [u8; 2], dilation: [u8; 2], before: [u8; 2], after: [u8; 2], apart in 0..4usize, what in 0..4, has_bias: bool, seed: u64,
    ) {
        let of = |numbers: [u8; 2], most: u8| numbers.map(|number| usize::from(number % most + 1));
        let (input, kernel, stride, dilation) = (of(input, 14), of(kernel, 5), of(stride, 4), of(dilation, 3));
        let (before, after) = (of(before, 4).map(|cut| cut - 1), of(after, 6));
        let full = [0, 1].map(|axis| (input[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1);
        // After may cut off, or add up to two positions.
        let output = [0, 1].map(|axis| (full[axis] + 3).saturating_sub(before[axis] + after[axis]).max(1));
        let (in_channels, out_channels) = (groups * from, groups * to);
        let numbers_of_output = out_channels * output[0] * output[1];
        let shape = ConvShape {
            batch, in_channels, out_channels, groups, input, kernel, stride, dilation, before, output,
            input_sample: in_channels * input[0] * input[1] + apart,
            residual_sample: numbers_of_output + 2 * apart,
            output_sample: if what == 2 { numbers_of_output + 2 * apart } else { numbers_of_output + apart },
        };
        let mut numbers = Numbers::new(seed);
        let input = numbers.some(batch * shape.input_sample);
        let (weights, bias) = (numbers.some(in_channels * to * taps(&shape)), numbers.some(out_channels));
        let added = numbers.some(batch * shape.residual_sample);
        let wanted = by_hand(&shape, &input, &weights);
        let relu = Function::Clamp { low: 0.0, high: f32::INFINITY };
        let finish = Finish { first: if what == 3 { relu } else { Function::Identity }, add: what != 0, last: relu };
        for isa in Isa::here() {
            let layer = Transposed::new(isa, &shape, &weights, has_bias.then_some(&bias), finish);
            let mut output = if what == 2 { added.clone() } else { vec![f32::NAN; batch * shape.output_sample] };
            let mut scratch = vec![f32::NAN; layer.scratch()];
            let residual = match what {
                0 => Residual::None,
                2 => Residual::InPlace,
                _ => Residual::Of(&added),
            };
            layer.run(&input, residual, &mut output, &mut scratch);
            for (at, &found) in output.iter().enumerate() {
                let (index, within) = (at / shape.output_sample, at % shape.output_sample);
                let before = added.get(index * shape.residual_sample + within);
                if within >= numbers_of_output {
                    prop_assert!(found.is_nan() || what == 2 && Some(&found) == before);
                    continue;
                }
                let channel = within / (shape.output[0] * shape.output[1]);
                let sum = wanted[index * numbers_of_output + within] + if has_bias { bias[channel].into() } else { 0.0 };
                let sum = match what {
                    0 => sum,
                    3 => sum.max(0.0) + f64::from(added[index * shape.residual_sample + within]),
                    _ => sum + f64::from(added[index * shape.residual_sample + within]),
                };
                close(found, sum.max(0.0), (from * taps(&shape)) as f64)?;
            }
        }
    }
}

#[test]
fn threads_and_bands_change_nothing() {
    let shape = ConvShape {
        batch: 1,
        in_channels: 40,
        out_channels: 30,
        groups: 1,
        input: [60, 70],
        kernel: [4, 4],
        stride: [2, 2],
        dilation: [1, 1],
        before: [1, 1],
        output: [120, 140],
        input_sample: 40 * 60 * 70,
        residual_sample: 0,
        output_sample: 30 * 120 * 140,
    };
    let mut numbers = Numbers::new(4);
    let (input, weights) = (numbers.some(shape.input_sample), numbers.some(40 * 30 * 16));
    let [one, several] = [1, 3].map(|threads| {
        let mut output = vec![0.0; shape.output_sample];
        in_threads(threads, || {
            let layer = Transposed::new(Isa::best(), &shape, &weights, None, Finish::NONE);
            layer.run(&input, Residual::None, &mut output, &mut vec![0.0; layer.scratch()]);
        });
        output
    });
    assert!(one == several);
    for (&found, wanted) in one.iter().zip(by_hand(&shape, &input, &weights)) {
        close(found, wanted, 160.0).unwrap();
    }
}
