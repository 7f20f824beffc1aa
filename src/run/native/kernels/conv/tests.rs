//! Convolutions against the sums of their definition.

use proptest::prelude::*;

use super::*;
use crate::testing::{GUARD, Images, Numbers, exact, in_threads};

/// A sum of the definition with its terms' absolute values, before anything is made of it.
fn sum(
    shape: &ConvShape,
    input: &[f32],
    weights: &[f32],
    sample: usize,
    out: usize,
    position: usize,
) -> (f64, f64) {
    let (ins, outs) = (shape.in_channels / shape.groups, shape.out_channels / shape.groups);
    let [height, width] = shape.input;
    let (mut sum, mut size) = (0., 0.);
    for channel in 0..ins {
        for row in 0..shape.kernel[0] {
            for column in 0..shape.kernel[1] {
                let y = position / shape.output[1] * shape.stride[0] + row * shape.dilation[0];
                let x = position % shape.output[1] * shape.stride[1] + column * shape.dilation[1];
                let (y, x) = (y.wrapping_sub(shape.before[0]), x.wrapping_sub(shape.before[1]));
                if y < height && x < width {
                    let seen = input[((sample * shape.in_channels + out / outs * ins + channel) * height
                        + y)
                        * width
                        + x];
                    let weight =
                        weights[((out * ins + channel) * shape.kernel[0] + row) * shape.kernel[1] + column];
                    sum += f64::from(seen) * f64::from(weight);
                    size += (f64::from(seen) * f64::from(weight)).abs();
                }
            }
        }
    }
    (sum, size)
}

/// Computes a convolution for an instruction set and compares it.
fn check(isa: Isa, shape: &ConvShape, layout: Layout, finish: Finish, in_place: bool, with_bias: bool) {
    let block = isa.block();
    let [ins, outs] = [shape.input, shape.output].map(|axes| axes.iter().product::<usize>());
    let count = |channels, positions| Layout::Blocked.numbers(channels, positions, block);
    let shape = ConvShape {
        input_sample: shape.input_sample + layout.numbers(shape.in_channels, ins, block),
        residual_sample: shape.residual_sample + count(shape.out_channels, outs),
        output_sample: shape.output_sample + count(shape.out_channels, outs),
        ..shape.clone()
    };
    let input = Images::random(shape.batch, shape.in_channels, ins, 1);
    let taps: usize = shape.kernel.iter().product();
    let weights = Numbers::new(2).some(shape.out_channels * shape.in_channels / shape.groups * taps);
    let bias = with_bias.then(|| Numbers::new(3).some(shape.out_channels));
    let added = Images::random(shape.batch, shape.out_channels, outs, 4);

    let conv = Conv::new(isa, &shape, layout, &weights, bias.as_deref(), finish);
    let laid = input.laid_out(layout, isa, shape.input_sample, f32::NAN);
    let residual = added.laid_out(Layout::Blocked, isa, shape.residual_sample, f32::NAN);
    let mut output = added.laid_out(Layout::Blocked, isa, shape.output_sample, GUARD);
    let residual = match (finish.add, in_place) {
        (false, _) => Residual::None,
        (true, false) => Residual::Of(&residual),
        (true, true) => Residual::InPlace,
    };
    conv.run(&laid, residual, &mut output);

    let found = added.read(&output, Layout::Blocked, isa, shape.output_sample);
    for (index, (&found, &added)) in found.iter().zip(&added.numbers).enumerate() {
        let (sample, channel, position) =
            (index / shape.out_channels / outs, index / outs % shape.out_channels, index % outs);
        let (sum, size) = sum(&shape, &input.numbers, &weights, sample, channel, position);
        let first = exact(finish.first, sum + bias.as_ref().map_or(0., |bias| bias[channel].into()));
        let wanted = exact(finish.last, if finish.add { first + f64::from(added) } else { first });
        let near = (f64::from(found) - wanted).abs() <= 1e-6 * (size + 1.);
        assert!(near, "{isa:?}, {shape:?}: {found} for {wanted} at {sample}, {channel}, {position}");
    }
}

/// Sizes of one axis: input, kernel, stride, dilation, padding before, output.
fn axis() -> impl Strategy<Value = [usize; 6]> {
    (1..24usize, 1..6usize, 1..4usize, 1..3usize).prop_flat_map(|(input, kernel, stride, dilation)| {
        let reach = (kernel - 1) * dilation + 1;
        (0..=reach / 2 + 1, 0..=reach / 2 + 1).prop_map(move |(before, after)| {
            let output = (input + before + after).checked_sub(reach).map_or(1, |free| free / stride + 1);
            [input, kernel, stride, dilation, before, output]
        })
    })
}

/// Groups, channels of each in the input and in the output.
fn channels() -> impl Strategy<Value = [usize; 3]> {
    prop_oneof![
        4 => (1..2usize, 1..40usize, 1..90usize),
        2 => (2..6usize, 1..20usize, 1..20usize),
        1 => (1..40usize, 1..2usize, 1..3usize),
        1 => (1..4usize, 1..3usize, 1..3usize).prop_map(|(groups, ins, outs)| (groups, 16 * ins, 16 * outs)),
    ]
    .prop_map(|(groups, ins, outs)| [groups, ins, outs])
}

fn shapes() -> impl Strategy<Value = ConvShape> {
    (axis(), axis(), channels(), 1..4usize, [0..40usize, 0..40usize, 0..40usize]).prop_map(
        |(y, x, [groups, ins, outs], batch, [input_sample, residual_sample, output_sample])| {
            let pair = |which: usize| [y[which], x[which]];
            ConvShape {
                batch,
                in_channels: groups * ins,
                out_channels: groups * outs,
                groups,
                input: pair(0),
                kernel: pair(1),
                stride: pair(2),
                dilation: pair(3),
                before: pair(4),
                output: pair(5),
                input_sample,
                residual_sample,
                output_sample,
            }
        },
    )
}

fn finishes() -> impl Strategy<Value = Finish> {
    let function = || {
        prop_oneof![
            Just(Function::Identity),
            Just(Function::Clamp { low: 0., high: f32::INFINITY }),
            Just(Function::Clamp { low: -1., high: 0.5 }),
            // Not within a tile, but after it.
            Just(Function::Silu),
        ]
    };
    (function(), any::<bool>(), function()).prop_map(|(first, add, last)| Finish { first, add, last })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_convolution_is_its_sums(
        shape in shapes(),
        finish in finishes(),
        planar in prop::bool::weighted(0.3),
        in_place in any::<bool>(),
        bias in any::<bool>(),
    ) {
        let layout = if planar { Layout::Planar } else { Layout::Blocked };
        let in_place = in_place && finish.first == Function::Identity;
        for isa in Isa::here() {
            check(isa, &shape, layout, finish, in_place, bias);
        }
    }
}

/// A convolution that is worth some threads.
fn large(in_channels: usize, groups: usize, batch: usize) -> ConvShape {
    ConvShape {
        batch,
        in_channels,
        out_channels: 72 * groups,
        groups,
        input: [19, 23],
        kernel: [3, 3],
        stride: [1, 1],
        dilation: [1, 1],
        before: [1, 1],
        output: [19, 23],
        input_sample: 0,
        residual_sample: 0,
        output_sample: 0,
    }
}

/// Of 1×1 from planes, with more channels than are read one after the other.
#[test]
fn many_planes_are_read_as_they_are() {
    for (stride, output, out_channels) in [([1, 1], [19, 23], 24), ([2, 3], [10, 8], 70)] {
        let flat =
            ConvShape { kernel: [1, 1], before: [0, 0], stride, output, out_channels, ..large(150, 1, 2) };
        assert!(flat.is_flat());
        let padded = ConvShape { before: [1, 0], ..flat.clone() };
        assert!(!padded.is_flat());
        for (shape, isa) in [flat, padded].iter().flat_map(|shape| Isa::here().map(move |isa| (shape, isa))) {
            check(isa, shape, Layout::Planar, Finish::NONE, false, true);
        }
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let finish = Finish { first: Function::Clamp { low: 0., high: 6. }, ..Finish::NONE };
    for (shape, layout) in [
        (large(40, 1, 1), Layout::Blocked),
        (large(3, 1, 2), Layout::Planar),
        (large(32, 2, 3), Layout::Blocked),
    ] {
        for isa in Isa::here() {
            let block = isa.block();
            let (read, written) = super::numbers(&shape, layout, block);
            let shape = ConvShape { input_sample: read, output_sample: written, ..shape.clone() };
            let weights = Numbers::new(5).some(shape.out_channels * shape.in_channels / shape.groups * 9);
            let conv = Conv::new(isa, &shape, layout, &weights, None, finish);
            let input = Numbers::new(6).some(shape.batch * read);
            let with = |threads| {
                let mut output = vec![0.; shape.batch * written];
                in_threads(threads, || conv.run(&input, Residual::None, &mut output));
                output.into_iter().map(f32::to_bits).collect::<Vec<_>>()
            };
            let alone = with(1);
            assert!([2, 3, 7].into_iter().all(|threads| with(threads) == alone), "{isa:?}, {shape:?}");
        }
        for isa in Isa::here() {
            check(isa, &shape, layout, finish, false, true);
        }
    }
}
