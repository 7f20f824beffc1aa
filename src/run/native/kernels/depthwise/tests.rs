//! Depthwise convolutions against sums in 64 bits.

use proptest::prelude::*;

use super::*;
use crate::Function;
use crate::testing::{self, GUARD, Images, Numbers};

/// Sizes along an axis: input, kernel, stride, dilation, padding before and after.
type Axis = [usize; 6];

fn axis() -> impl Strategy<Value = Axis> {
    let common = prop_oneof![
        Just([3, 1, 1]),
        Just([3, 2, 1]),
        Just([5, 1, 1]),
        Just([5, 2, 1]),
        Just([7, 1, 1]),
        (1usize..6, 1usize..4, 1usize..4).prop_map(|(kernel, stride, dilation)| [kernel, stride, dilation]),
    ];
    (1usize..40, common, 0usize..4, 0usize..4)
        .prop_map(|(input, [kernel, stride, dilation], before, after)| {
            [input, kernel, stride, dilation, before, after]
        })
        .prop_filter("a window fits", |&[input, kernel, _, dilation, before, after]| {
            input + before + after > (kernel - 1) * dilation
        })
}

fn shape(batch: usize, channels: usize, axes: [Axis; 2]) -> ConvShape {
    let size = |index: usize| axes.map(|axis| axis[index]);
    let output = axes.map(|[input, kernel, stride, dilation, before, after]| {
        (input + before + after - (kernel - 1) * dilation - 1) / stride + 1
    });
    ConvShape {
        batch,
        in_channels: channels,
        out_channels: channels,
        groups: channels,
        input: size(0),
        kernel: size(1),
        stride: size(2),
        dilation: size(3),
        before: size(4),
        output,
        input_sample: 0,
        residual_sample: 0,
        output_sample: 0,
    }
}

/// The sum of one position with its bias.
fn sum(shape: &ConvShape, input: &Images, weights: &[f32], [sample, channel, position]: [usize; 3]) -> f64 {
    let (row, column) = (position / shape.output[1], position % shape.output[1]);
    let mut sum = 0.0;
    for i in 0..shape.kernel[0] {
        for j in 0..shape.kernel[1] {
            let at = |axis: usize, position: usize, tap: usize| {
                (position * shape.stride[axis] + tap * shape.dilation[axis])
                    .checked_sub(shape.before[axis])
                    .filter(|&at| at < shape.input[axis])
            };
            if let (Some(y), Some(x)) = (at(0, row, i), at(1, column, j)) {
                let weight = weights[(channel * shape.kernel[0] + i) * shape.kernel[1] + j];
                sum += f64::from(weight) * f64::from(input.at(sample, channel, y * shape.input[1] + x));
            }
        }
    }
    sum
}

fn check(isa: Isa, mut shape: ConvShape, gap: usize, finish: Finish, in_place: bool) {
    let (batch, channels) = (shape.batch, shape.groups);
    let [from, to] = [shape.input, shape.output].map(|[rows, columns]| rows * columns);
    let input = Images::random(batch, channels, from, 1);
    let added = Images::random(batch, channels, to, 2);
    let blocked = Layout::Blocked;
    shape.input_sample = input.of_sample(blocked, isa) + gap;
    shape.output_sample = added.of_sample(blocked, isa) + 2 * gap;
    shape.residual_sample = if in_place { shape.output_sample } else { added.of_sample(blocked, isa) };
    let weights = Numbers::new(3).some(channels * shape.kernel[0] * shape.kernel[1]);
    let bias = Numbers::new(4).some(channels);
    let kernel = Depthwise::new(isa, &shape, &weights, Some(&bias), finish);
    let memory = input.laid_out(blocked, isa, shape.input_sample, f32::NAN);
    let residual = added.laid_out(blocked, isa, shape.residual_sample, GUARD);
    let mut output = vec![GUARD; (batch - 1) * shape.output_sample + added.of_sample(blocked, isa)];
    if in_place {
        output.copy_from_slice(&residual);
    }
    let residual = match (finish.add, in_place) {
        (false, _) => Residual::None,
        (true, true) => Residual::InPlace,
        (true, false) => Residual::Of(&residual),
    };
    kernel.run(&memory, residual, &mut output);
    let output = added.read(&output, blocked, isa, shape.output_sample);
    for (index, &result) in output.iter().enumerate() {
        let place = [index / (channels * to), index / to % channels, index % to];
        let sum = sum(&shape, &input, &weights, place) + f64::from(bias[place[1]]);
        let residual = if finish.add { f64::from(added.numbers[index]) } else { 0.0 };
        let expected = testing::exact(finish.last, testing::exact(finish.first, sum) + residual);
        testing::assert_close(result, expected, shape.kernel[0] * shape.kernel[1], (isa, place));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sums_are_those_of_loops(
        batch in 1usize..4, channels in 1usize..40, axes in prop::array::uniform2(axis()), gap in 0usize..20,
        first in testing::function(), last in testing::function(), add: bool, in_place: bool,
    ) {
        let in_place = add && in_place;
        let first = if in_place { Function::Identity } else { first };
        for isa in Isa::here() {
            check(isa, shape(batch, channels, axes), gap, Finish { first, add, last }, in_place);
        }
    }
}

/// Large enough to be shared out over threads, whose number changes no bit.
#[test]
fn threads_do_not_matter() {
    for isa in Isa::here() {
        let axis = [57, 3, 1, 1, 1, 1];
        let mut shape = shape(2, 40, [axis; 2]);
        let input = Images::random(2, 40, 57 * 57, 1);
        shape.input_sample = input.of_sample(Layout::Blocked, isa);
        shape.output_sample = shape.input_sample;
        let kernel = Depthwise::new(isa, &shape, &Numbers::new(2).some(360), None, Finish::NONE);
        let memory = input.laid_out(Layout::Blocked, isa, shape.input_sample, 0.0);
        let outputs = [1, 3].map(|threads| {
            let mut output = vec![GUARD; memory.len()];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| kernel.run(&memory, Residual::None, &mut output));
            output
        });
        assert!(outputs[0] == outputs[1]);
    }
}
