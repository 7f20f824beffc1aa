//! Pools against loops in 64 bits.

use proptest::prelude::*;

use super::*;
use crate::testing::{self, GUARD, Images};
use crate::{GlobalMean, Positions};

/// The windows of an axis as positions inside, and what each mean is divided by.
type Taps = Vec<(Vec<usize>, f64)>;

/// An axis: its size, its windows, and what they see.
fn axis() -> impl Strategy<Value = (usize, Windows, Taps)> {
    let sizes = (1usize..24, 1usize..6, 1usize..4, 1usize..3, 0usize..3, 0usize..3, 0usize..3);
    let sliding = (sizes, any::<bool>()).prop_map(
        |((input, kernel, stride, dilation, before, after, beyond), padded)| {
            let (before, after) = (before.min(kernel / 2), after.min(kernel / 2));
            let reach = (kernel - 1) * dilation + 1;
            let output = (input + before + after + beyond).saturating_sub(reach) / stride + 1;
            let counted = if padded { Counted::WithPadding { after } } else { Counted::Inside };
            let windows =
                Windows::sliding(input, output, Slide { kernel, stride, dilation, before }, counted);
            let tap = |index: usize| {
                let places = (0..kernel).map(move |tap| index * stride + tap * dilation);
                let inside = places.clone().filter(|place| (before..before + input).contains(place));
                let all = if padded { 0..before + input + after } else { before..before + input };
                let divisor = places.filter(|place| all.contains(place)).count() as f64;
                (inside.map(|place| place - before).collect(), divisor)
            };
            (input, windows, (0..output).map(tap).collect())
        },
    );
    let adaptive = (1usize..24, 1usize..9).prop_map(|(input, output)| {
        let bin = |index: usize| {
            let bin = index * input / output..((index + 1) * input).div_ceil(output);
            (bin.clone().collect(), bin.len() as f64)
        };
        (input, Windows::adaptive(input, output), (0..output).map(bin).collect())
    });
    prop_oneof![sliding, adaptive]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn windows_are_those_of_loops(
        batch in 1usize..4, channels in 1usize..40, rows in axis(), columns in axis(), gap in 0usize..9,
        kind in prop::sample::select(&[PoolKind::Max, PoolKind::Mean, PoolKind::SumOver(3.0)][..]),
        last in testing::function(), planar: bool,
    ) {
        let layout = if planar { Layout::Planar } else { Layout::Blocked };
        let input = Images::random(batch, channels, rows.0 * columns.0, 1);
        let output = Images::random(batch, channels, rows.2.len() * columns.2.len(), 1);
        for isa in Isa::here() {
            let [input_sample, output_sample] = [&input, &output].map(|images| images.of_sample(layout, isa) + gap);
            let shape = PoolShape { batch, channels, input_sample, output_sample };
            let pool = Pool::new(isa, &shape, [rows.1.clone(), columns.1.clone()], kind, layout, last);
            let memory = input.laid_out(layout, isa, input_sample, f32::NAN);
            let mut result = vec![GUARD; (batch - 1) * output_sample + output.of_sample(layout, isa)];
            pool.run(&memory, &mut result);
            for (index, result) in output.read(&result, layout, isa, output_sample).into_iter().enumerate() {
                let (plane, position) = (index / output.positions, index % output.positions);
                let (row, column) = (&rows.2[position / columns.2.len()], &columns.2[position % columns.2.len()]);
                let numbers: Vec<f64> = (row.0.iter())
                    .flat_map(|i| column.0.iter().map(move |j| i * columns.0 + j))
                    .map(|place| f64::from(input.at(plane / channels, plane % channels, place)))
                    .collect();
                let value = match kind {
                    PoolKind::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                    PoolKind::Mean => numbers.iter().sum::<f64>() / (row.1 * column.1),
                    PoolKind::SumOver(divisor) => numbers.iter().sum::<f64>() / f64::from(divisor),
                };
                // A window that sees nothing may be divided by nothing.
                let expected = if value.is_nan() { value } else { testing::exact(last, value) };
                if expected.is_finite() {
                    testing::assert_close(result, expected, numbers.len(), (isa, index));
                } else {
                    let same = f64::from(result).total_cmp(&expected).is_eq();
                    prop_assert!(same || result.is_nan() && expected.is_nan());
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_found_wherever_it_stands(
        channels in 1usize..40, rows in axis(), columns in axis(), wrong in any::<prop::sample::Index>(), planar: bool,
    ) {
        let layout = if planar { Layout::Planar } else { Layout::Blocked };
        let mut input = Images::random(1, channels, rows.0 * columns.0, 1);
        let place = wrong.index(input.numbers.len());
        input.numbers[place] = f32::NAN;
        let output = Images::random(1, channels, rows.2.len() * columns.2.len(), 1);
        for isa in Isa::here() {
            let [input_sample, output_sample] = [&input, &output].map(|images| images.of_sample(layout, isa));
            let shape = PoolShape { batch: 1, channels, input_sample, output_sample };
            let last = Function::Identity;
            let pool = Pool::new(isa, &shape, [rows.1.clone(), columns.1.clone()], PoolKind::Max, layout, last);
            let mut result = vec![GUARD; output.of_sample(layout, isa)];
            pool.run(&input.laid_out(layout, isa, input_sample, 0.0), &mut result);
            for (index, result) in output.read(&result, layout, isa, output_sample).into_iter().enumerate() {
                let (plane, position) = (index / output.positions, index % output.positions);
                let (row, column) = (&rows.2[position / columns.2.len()], &columns.2[position % columns.2.len()]);
                let sees = |i: &usize| column.0.iter().any(|j| plane * input.positions + i * columns.0 + j == place);
                prop_assert_eq!(result.is_nan(), row.0.iter().any(sees));
            }
        }
    }

    #[test]
    fn means_are_of_all_positions(
        batch in 1usize..4, channels in 1usize..40, positions in 1usize..300, gap in 0usize..9,
        last in testing::function(), planar: bool,
    ) {
        let layout = if planar { Layout::Planar } else { Layout::Blocked };
        let images = Images::random(batch, channels, positions, 1);
        for isa in Isa::here() {
            let (input_sample, output_sample) = (images.of_sample(layout, isa) + gap, channels + gap);
            let shape = Positions { batch, channels, positions, input_sample, output_sample };
            let memory = images.laid_out(layout, isa, input_sample, f32::NAN);
            let mut means = vec![GUARD; (batch - 1) * output_sample + channels];
            GlobalMean::new(isa, &shape, layout, last).run(&memory, &mut means);
            for (index, &mean) in means.iter().enumerate() {
                let (sample, channel) = (index / output_sample, index % output_sample);
                if channel >= channels {
                    prop_assert!(mean.to_bits() == GUARD.to_bits());
                    continue;
                }
                let sum: f64 = (0..positions).map(|place| f64::from(images.at(sample, channel, place))).sum();
                let expected = testing::exact(last, sum / positions as f64);
                testing::assert_close(mean, expected, 1, (isa, index));
            }
        }
    }
}
