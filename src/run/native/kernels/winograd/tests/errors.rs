//! How far Winograd's convolution is from exact sums, beside a direct one.

use super::*;

/// The mean and the largest error of outputs, in parts of their root mean square.
struct Errors {
    mean: f64,
    largest: f64,
}

impl Errors {
    fn new(pairs: &[(f64, f64)]) -> Self {
        let mean = |number: &dyn Fn(f64, f64) -> f64| {
            pairs.iter().map(|&(got, exact)| number(got, exact)).sum::<f64>() / pairs.len() as f64
        };
        let size = mean(&|_, exact| exact * exact).sqrt();
        let largest = pairs.iter().map(|(got, exact)| (got - exact).abs()).fold(0.0, f64::max);
        Self { mean: mean(&|got, exact| (got - exact).abs()) / size, largest: largest / size }
    }
}

/// The sum at an output of a direct convolution in single precision, one term after the other.
fn direct(shape: &ConvShape, input: &[f32], at: At, weights: &[f32], [o, y, x]: [usize; 3]) -> f32 {
    let mut sum = 0.0_f32;
    for channel in 0..shape.in_channels {
        for tap in 0..9 {
            let position = (y + tap / 3) * shape.input[1] + x + tap % 3;
            let weight = weights[(o * shape.in_channels + channel) * 9 + tap];
            sum = weight.mul_add(input[at.index(0, channel, position)], sum);
        }
    }
    sum
}

#[test]
fn errors_are_those_of_a_direct_convolution_times_little() {
    for in_channels in [64, 256, 512] {
        let shape = ConvShape {
            batch: 1,
            in_channels,
            out_channels: 16,
            groups: 1,
            input: [22, 22],
            kernel: [3, 3],
            stride: [1, 1],
            dilation: [1, 1],
            before: [0, 0],
            output: [20, 20],
            input_sample: 0,
            residual_sample: 0,
            output_sample: 0,
        };
        let mut random = Numbers::new(in_channels as u64);
        let isa = Isa::best();
        let (inputs, outputs) = (At::new(1, in_channels, [22, 22], isa, 0), At::new(1, 16, [20, 20], isa, 0));
        let input = inputs.numbers(&mut random, f32::NAN);
        let weights = random.some(16 * in_channels * 9);
        let places = (0..16 * 400).map(|place| [place / 400, place % 400 / 20, place % 20]);
        let exact: Vec<f64> =
            places.clone().map(|[o, y, x]| sum(&shape, &input, inputs, &weights, [0, o, y, x]).0).collect();
        let errors = |got: Vec<f32>| {
            let pairs: Vec<_> = got.into_iter().map(f64::from).zip(exact.iter().copied()).collect();
            Errors::new(&pairs)
        };
        let direct =
            errors(places.clone().map(|place| direct(&shape, &input, inputs, &weights, place)).collect());
        for (tile, mean, largest) in [(Tile::Two, 1.3, 1.5), (Tile::Four, 2.2, 2.5)] {
            let convolution = Winograd::new(isa, &shape, tile, &weights, None, Finish::NONE);
            let mut output = vec![0.0; outputs.sample];
            convolution.run(&input, Residual::None, &mut output, &mut vec![0.0; convolution.scratch()]);
            let got = places.clone().map(|[o, y, x]| output[outputs.index(0, o, y * 20 + x)]).collect();
            let errors = errors(got);
            assert!(errors.mean <= mean * direct.mean, "{tile:?}: {} of {}", errors.mean, direct.mean);
            assert!(
                errors.largest <= largest * direct.largest,
                "{tile:?}: {} of {}",
                errors.largest,
                direct.largest
            );
        }
    }
}
