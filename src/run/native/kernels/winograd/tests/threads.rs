//! The output does not depend on how many threads compute it.

use super::*;
use crate::testing::in_threads;

#[test]
fn it_is_the_same_on_any_number_of_threads() {
    let shape = ConvShape {
        batch: 2,
        in_channels: 40,
        out_channels: 363,
        groups: 1,
        input: [19, 23],
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        before: [1, 1],
        output: [19, 23],
        input_sample: 0,
        residual_sample: 0,
        output_sample: 0,
    };
    for isa in Isa::here() {
        for tile in [Tile::Two, Tile::Four] {
            let [one, others @ ..] = [(1, Split::Serial), (2, Split::Groups), (12, Split::Channels)]
                .map(|(threads, split)| outputs_on(&shape, isa, tile, threads, split));
            for other in others {
                assert!(one == other, "{isa:?} {tile:?}");
            }
        }
    }
}

/// The bits of the outputs, computed by so many threads, which are expected to divide the work in this way.
fn outputs_on(shape: &ConvShape, isa: Isa, tile: Tile, threads: usize, split: Split) -> Vec<u32> {
    let mut shape = shape.clone();
    let inputs = At::new(shape.batch, shape.in_channels, shape.input, isa, 0);
    let outputs = At::new(shape.batch, shape.out_channels, shape.output, isa, 0);
    (shape.input_sample, shape.output_sample) = (inputs.sample, outputs.sample);
    let mut random = Numbers::new(7);
    let input = inputs.numbers(&mut random, f32::NAN);
    let weights = random.some(shape.out_channels * shape.in_channels * 9);
    in_threads(threads, || {
        let convolution = Winograd::new(isa, &shape, tile, &weights, None, Finish::NONE);
        assert_eq!(convolution.plan.split, split);
        let mut output = vec![0.0; shape.batch * outputs.sample];
        convolution.run(&input, Residual::None, &mut output, &mut vec![f32::NAN; convolution.scratch()]);
        let mut bits = Vec::new();
        for sample in 0..shape.batch {
            for channel in 0..shape.out_channels {
                for position in 0..outputs.positions {
                    bits.push(output[outputs.index(sample, channel, position)].to_bits());
                }
            }
        }
        bits
    })
}
