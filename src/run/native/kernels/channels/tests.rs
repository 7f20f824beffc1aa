//! Channels of tensors, moved one by one.

use proptest::prelude::*;

use super::*;
use crate::testing::{Numbers, in_threads};

/// Where a channel's position lies.
fn place(layout: Layout, block: usize, positions: usize, channel: usize, position: usize) -> usize {
    match layout {
        Layout::Planar => channel * positions + position,
        Layout::Blocked => (channel / block * positions + position) * block + channel % block,
    }
}

/// Whether channels of inputs of so many end where `map` says.
fn check(
    isa: Isa,
    layout: Layout,
    (batch, positions, apart): (usize, usize, usize),
    of_inputs: &[usize],
    map: &[(usize, usize)],
) -> Result<(), TestCaseError> {
    let block = isa.block();
    let sizes = |channels| layout.numbers(channels, positions, block);
    let samples: Vec<_> = of_inputs.iter().map(|&channels| sizes(channels) + apart).collect();
    let mut numbers = Numbers::new(3);
    let mut inputs: Vec<_> = samples.iter().map(|sample| vec![f32::NAN; batch * sample]).collect();
    for (input, &channels) in of_inputs.iter().enumerate() {
        for index in 0..batch * channels * positions {
            let (sample, channel) = (index / (channels * positions), index / positions % channels);
            inputs[input]
                [sample * samples[input] + place(layout, block, positions, channel, index % positions)] =
                numbers.next();
        }
    }
    let shape = ChannelsShape {
        batch,
        positions,
        inputs: samples.iter().map(|&sample| ChannelsInput { sample }).collect(),
        output_sample: sizes(map.len()) + 2 * apart,
    };
    let mut output = vec![9.0; batch * shape.output_sample];
    let slices: Vec<_> = inputs.iter().map(|input| &input[..]).collect();
    Channels::new(isa, &shape, layout, map).run(&slices, &mut output);
    for (sample, output) in output.chunks_exact(shape.output_sample).enumerate() {
        for (channel, &(input, from)) in map.iter().enumerate() {
            for position in 0..positions {
                let found = output[place(layout, block, positions, channel, position)];
                let from = place(layout, block, positions, from, position);
                prop_assert_eq!(found, inputs[input][sample * samples[input] + from]);
            }
        }
        prop_assert!(output[sizes(map.len())..].iter().all(|&number| number == 9.0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_channels_of_any_inputs(
        sizes in (1..4usize, 1..30usize, 0..3usize), of_inputs in prop::collection::vec(1..40usize, 1..4), map: [u16; 37],
        channels in 1..37usize,
    ) {
        let map: Vec<_> = map[..channels].iter().map(|&number| {
            let input = usize::from(number) % of_inputs.len();
            (input, usize::from(number) / of_inputs.len() % of_inputs[input])
        }).collect();
        for isa in Isa::here() {
            check(isa, Layout::Blocked, sizes, &of_inputs, &map)?;
            check(isa, Layout::Planar, sizes, &of_inputs, &map)?;
        }
    }

    #[test]
    fn concatenations_and_ranges(
        sizes in (1..4usize, 1..30usize, 0..3usize), of_inputs in prop::collection::vec(1..40usize, 1..4), skipped: usize,
    ) {
        let channels = |input| (0..of_inputs[input]).map(move |channel| (input, channel));
        let mut map: Vec<_> = (0..of_inputs.len()).flat_map(channels).collect();
        map.drain(..skipped % map.len());
        for isa in Isa::here() {
            check(isa, Layout::Blocked, sizes, &of_inputs, &map)?;
            check(isa, Layout::Planar, sizes, &of_inputs, &map)?;
        }
    }
}

#[test]
fn a_shuffle_in_threads() {
    let map: Vec<_> = (0..116).map(|channel| (channel % 2, channel / 2)).collect();
    for isa in Isa::here() {
        for layout in [Layout::Blocked, Layout::Planar] {
            in_threads(3, || check(isa, layout, (2, 784, 0), &[58, 58], &map)).unwrap();
        }
    }
}
