//! Norms against `f64`.

use proptest::prelude::*;

use super::*;
use crate::Layout;
use crate::testing::{GUARD, Images, Numbers, close, in_threads};

/// The mean, and one by the root of variance and eps.
fn standard_by_hand(numbers: &[f32], is_centered: bool, eps: f64) -> (f64, f64) {
    let count = numbers.len() as f64;
    let mean = if is_centered { numbers.iter().copied().map(f64::from).sum::<f64>() / count } else { 0.0 };
    let variance = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    (mean, 1.0 / (variance + eps).sqrt())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn rows_by_hand(rows in 1..6usize, size in 2..200usize, of_squares: bool, has_bias: bool, seed: u64) {
        let mut numbers = Numbers::new(seed);
        let input: Vec<f32> = numbers.some(rows * size).iter().map(|x| 3.0 * x + 1.0).collect();
        let (weight, bias) = (numbers.some(size), numbers.some(size));
        let statistic = if of_squares { Statistic::MeanSquare } else { Statistic::MeanAndVariance };
        for isa in Isa::here() {
            let bias = has_bias.then_some(&bias[..]);
            let mut output = vec![f32::NAN; rows * size + 1];
            RowNorm::new(isa, [rows, size], statistic, 1e-3, Some(&weight), bias).run(&input, &mut output);
            for at in 0..rows * size {
                let (mean, factor) = standard_by_hand(&input[at / size * size..][..size], !of_squares, 1e-3);
                let wanted = (f64::from(input[at]) - mean) * factor * f64::from(weight[at % size]);
                close(output[at], wanted + bias.map_or(0.0, |bias| bias[at % size].into()), 16.0)?;
            }
            prop_assert!(output[rows * size].is_nan());
        }
    }

    #[test]
    fn groups_by_hand(
        batch in 1..4usize, groups in 1..5usize, of_group in 1..5usize, positions in 2..50usize, apart in 0..3usize, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let channels = groups * of_group;
        let sample = channels * positions;
        let (input_sample, output_sample) = (sample + apart, sample + 2 * apart);
        let shape = GroupNormShape { batch, channels, groups, positions, input_sample, output_sample };
        let input = numbers.some(batch * input_sample);
        let (weight, bias) = (numbers.some(channels), numbers.some(channels));
        let relu = Function::Clamp { low: 0.0, high: f32::INFINITY };
        for isa in Isa::here() {
            let mut output = vec![f32::NAN; batch * output_sample];
            GroupNorm::new(isa, &shape, 1e-5, Some(&weight), Some(&bias), relu).run(&input, &mut output);
            for (at, &found) in output.iter().enumerate() {
                let (index, within) = (at / output_sample, at % output_sample);
                if within >= sample {
                    prop_assert!(found.is_nan());
                    continue;
                }
                let (size, channel) = (of_group * positions, within / positions);
                let group = &input[index * input_sample + within / size * size..][..size];
                let (mean, factor) = standard_by_hand(group, true, 1e-5);
                let x = f64::from(input[index * input_sample + within]);
                let wanted = (x - mean) * factor * f64::from(weight[channel]) + f64::from(bias[channel]);
                close(found, wanted.max(0.0), 16.0)?;
            }
        }
    }

    #[test]
    fn neighbors_by_hand(
        batch in 1..3usize, channels in 1..40usize, positions in 1..300usize, size in 1..7usize, which in 0..4usize, seed: u64,
    ) {
        let beta = [0.75, 0.5, 1.0, 0.6][which];
        let images = Images::random(batch, channels, positions, seed);
        for (isa, layout) in Isa::here().flat_map(|isa| [(isa, Layout::Planar), (isa, Layout::Blocked)]) {
            let sample = images.of_sample(layout, isa);
            let shape = LocalResponseShape {
                batch, channels, positions, input_sample: sample, output_sample: sample + 1, size, alpha: 0.3, beta, k: 1.5,
            };
            let input = images.laid_out(layout, isa, sample, f32::NAN);
            let mut output = vec![GUARD; batch * (sample + 1)];
            LocalResponseNorm::new(isa, &shape, layout).run(&input, &mut output);
            let output = images.read(&output, layout, isa, sample + 1);
            for (at, &found) in output.iter().enumerate() {
                let (index, channel, position) = (at / positions / channels, at / positions % channels, at % positions);
                let of = |channel: usize| f64::from(images.at(index, channel, position));
                let around = (0..channels).filter(|&other| other + size / 2 >= channel && other <= channel + (size - 1) / 2);
                let squares: f64 = around.map(|other| of(other).powi(2)).sum();
                close(found, of(channel) / (1.5 + 0.3 / size as f64 * squares).powf(beta), 4.0)?;
            }
        }
    }
}

/// A variance that is small beside the square of the mean, of more numbers than are summed in `f32`.
#[test]
fn a_large_mean_leaves_the_variance() {
    let input: Vec<f32> = Numbers::new(5).some(100_000).iter().map(|x| 100.0 + x).collect();
    let (mean, factor) = standard_by_hand(&input, true, 0.0);
    for isa in Isa::here() {
        let mut output = vec![0.0; input.len()];
        RowNorm::new(isa, [1, input.len()], Statistic::MeanAndVariance, 0.0, None, None)
            .run(&input, &mut output);
        for (&x, &found) in input.iter().zip(&output) {
            // The mean is rounded, to half of a unit of 100.
            assert!((f64::from(found) - (f64::from(x) - mean) * factor).abs() < 1e-5);
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (rows, size) = (300, 400);
    let input = Numbers::new(1).some(rows * size);
    let sample = rows * size;
    let shape = GroupNormShape {
        batch: 1,
        channels: 300,
        groups: 30,
        positions: 400,
        input_sample: sample,
        output_sample: sample,
    };
    let [one, several] = [1, 3].map(|threads| {
        let (mut of_rows, mut of_groups) = (vec![0.0; sample], vec![0.0; sample]);
        in_threads(threads, || {
            RowNorm::new(Isa::best(), [rows, size], Statistic::MeanAndVariance, 1e-5, None, None)
                .run(&input, &mut of_rows);
            GroupNorm::new(Isa::best(), &shape, 1e-5, None, None, Function::Identity)
                .run(&input, &mut of_groups);
        });
        (of_rows, of_groups)
    });
    assert!(one == several);
}
