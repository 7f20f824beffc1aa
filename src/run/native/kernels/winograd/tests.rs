//! Winograd's convolution against the sum it stands for, in double precision.

mod errors;
mod threads;

use proptest::prelude::*;

use super::*;
use crate::testing::{GUARD, Numbers, exact, function};

/// What is convolved, and how.
#[derive(Clone, Debug)]
struct Case {
    shape: ConvShape,
    tile: Tile,
    finish: Finish,
    in_place: bool,
    bias: bool,
    /// Numbers left free between the samples of the input, the residual and the output.
    gaps: [usize; 3],
    seed: u64,
}

/// Where the numbers of a blocked tensor are.
#[derive(Clone, Copy)]
struct At {
    batch: usize,
    channels: usize,
    positions: usize,
    block: usize,
    sample: usize,
}

impl At {
    fn new(batch: usize, channels: usize, [height, width]: [usize; 2], isa: Isa, gap: usize) -> Self {
        let (positions, block) = (height * width, isa.block());
        let sample = Layout::Blocked.numbers(channels, positions, block) + gap;
        Self { batch, channels, positions, block, sample }
    }

    fn index(&self, sample: usize, channel: usize, position: usize) -> usize {
        sample * self.sample
            + (channel / self.block * self.positions + position) * self.block
            + channel % self.block
    }

    /// Numbers at all places; `spare` in the channels that fill up and between samples.
    fn numbers(&self, random: &mut Numbers, spare: f32) -> Vec<f32> {
        let mut numbers = vec![spare; self.batch * self.sample];
        for sample in 0..self.batch {
            for channel in 0..self.channels {
                for position in 0..self.positions {
                    numbers[self.index(sample, channel, position)] = random.next();
                }
            }
        }
        numbers
    }
}

/// The sum at an output, and how large its terms are together.
fn sum(shape: &ConvShape, input: &[f32], at: At, weights: &[f32], [n, o, y, x]: [usize; 4]) -> (f64, f64) {
    let (mut sum, mut size) = (0.0, 0.0);
    for channel in 0..shape.in_channels {
        for tap in 0..9 {
            let (row, column) =
                ((y + tap / 3).wrapping_sub(shape.before[0]), (x + tap % 3).wrapping_sub(shape.before[1]));
            if row < shape.input[0] && column < shape.input[1] {
                let weight = f64::from(weights[(o * shape.in_channels + channel) * 9 + tap]);
                let term = weight * f64::from(input[at.index(n, channel, row * shape.input[1] + column)]);
                sum += term;
                size += term * term;
            }
        }
    }
    (sum, size.sqrt())
}

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (
        1..=3_usize,
        1..=40_usize,
        1..=40_usize,
        [1..=20_usize, 1..=20],
        [0..=2_usize, 0..=2],
        [0..=2_usize, 0..=2],
    );
    let rest = (
        any::<bool>(),
        function(),
        any::<bool>(),
        function(),
        any::<bool>(),
        any::<bool>(),
        [0..50_usize, 0..50, 0..50],
        any::<u64>(),
    );
    (sizes, rest).prop_map(|((batch, in_channels, out_channels, input, before, after), rest)| {
        let (four, first, add, last, in_place, bias, gaps, seed) = rest;
        let output = [0, 1].map(|axis| (input[axis] + before[axis] + after[axis]).saturating_sub(2));
        let shape = ConvShape {
            batch,
            in_channels,
            out_channels,
            groups: 1,
            input,
            kernel: [3, 3],
            stride: [1, 1],
            dilation: [1, 1],
            before,
            output,
            input_sample: 0,
            residual_sample: 0,
            output_sample: 0,
        };
        let in_place = in_place && first == Function::Identity;
        let tile = if four { Tile::Four } else { Tile::Two };
        Case { shape, tile, finish: Finish { first, add, last }, in_place, bias, gaps, seed }
    })
}

/// Runs a case for an instruction set, and says what is wrong with the output.
fn check(case: &Case, isa: Isa) -> Result<(), TestCaseError> {
    let mut random = Numbers::new(case.seed);
    let mut shape = case.shape.clone();
    let inputs = At::new(shape.batch, shape.in_channels, shape.input, isa, case.gaps[0]);
    let outputs = At::new(shape.batch, shape.out_channels, shape.output, isa, case.gaps[2]);
    let residuals = if case.in_place {
        outputs
    } else {
        At::new(shape.batch, shape.out_channels, shape.output, isa, case.gaps[1])
    };
    (shape.input_sample, shape.residual_sample, shape.output_sample) =
        (inputs.sample, residuals.sample, outputs.sample);
    let input = inputs.numbers(&mut random, f32::NAN);
    let weights = random.some(shape.out_channels * shape.in_channels * 9);
    let bias = case.bias.then(|| random.some(shape.out_channels));
    let residual = residuals.numbers(&mut random, GUARD);
    let mut output = if case.in_place { residual.clone() } else { vec![GUARD; shape.batch * outputs.sample] };
    let convolution = Winograd::new(isa, &shape, case.tile, &weights, bias.as_deref(), case.finish);
    let mut scratch = vec![f32::NAN; convolution.scratch()];
    let added = match (case.finish.add, case.in_place) {
        (false, _) => Residual::None,
        (true, false) => Residual::Of(&residual),
        (true, true) => Residual::InPlace,
    };
    convolution.run(&input, added, &mut output, &mut scratch);
    for n in 0..shape.batch {
        for o in 0..shape.out_channels {
            for position in 0..outputs.positions {
                let (y, x) = (position / shape.output[1], position % shape.output[1]);
                let (mut expected, size) = sum(&shape, &input, inputs, &weights, [n, o, y, x]);
                expected =
                    exact(case.finish.first, expected + f64::from(bias.as_ref().map_or(0.0, |bias| bias[o])));
                if case.finish.add {
                    expected += f64::from(residual[residuals.index(n, o, position)]);
                }
                expected = exact(case.finish.last, expected);
                let got = f64::from(output[outputs.index(n, o, position)]);
                let allowed = 1e-5 * (size + 1.0);
                prop_assert!(
                    (got - expected).abs() <= allowed,
                    "{isa:?} {:?}: {got} for {expected}",
                    [n, o, y, x]
                );
            }
        }
        let gap = &output[(n + 1) * outputs.sample - case.gaps[2]..(n + 1) * outputs.sample];
        prop_assert!(
            gap.iter().all(|&number| number.to_bits() == GUARD.to_bits()),
            "written between samples"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn it_is_the_convolution(case in cases()) {
        for isa in Isa::here() {
            check(&case, isa)?;
        }
    }
}

#[test]
fn what_is_of_another_kind_or_beyond_any_memory_does_not_fit() {
    let shape = ConvShape {
        batch: 1,
        in_channels: 3,
        out_channels: 4,
        groups: 1,
        input: [5, 5],
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        before: [1, 1],
        output: [5, 5],
        input_sample: 0,
        residual_sample: 0,
        output_sample: 0,
    };
    assert!(Winograd::fits(&shape));
    for other in [
        ConvShape { kernel: [3, 1], ..shape.clone() },
        ConvShape { stride: [1, 2], ..shape.clone() },
        ConvShape { dilation: [2, 1], ..shape.clone() },
        ConvShape { groups: 3, ..shape.clone() },
        ConvShape { before: [3, 0], ..shape.clone() },
        ConvShape { batch: usize::MAX, ..shape.clone() },
        ConvShape { batch: 2, output_sample: usize::MAX, ..shape.clone() },
    ] {
        assert!(!Winograd::fits(&other), "{other:?}");
    }
}
