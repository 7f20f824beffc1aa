//! From one layout to the other.

use pulp::{Simd, WithSimd};

use crate::pieces::{self, Cut, Samples};
use crate::transpose::{Rows, tile};
use crate::{Isa, Layout};

/// The sizes of a batch of images that is laid out anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertShape {
    /// Samples.
    pub batch: usize,
    /// Channels of a sample.
    pub channels: usize,
    /// Positions of a channel.
    pub positions: usize,
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// Numbers from one sample of the output to the next.
    pub output_sample: usize,
}

/// A batch of images in another layout, or in the same with its samples at other distances.
#[derive(Clone, Debug)]
pub struct Convert {
    isa: Isa,
    shape: ConvertShape,
    way: Way,
    input: Samples,
    output: Samples,
}

/// What there is to be done.
#[derive(Clone, Copy, Debug)]
enum Way {
    Copy,
    ToBlocked,
    ToPlanar,
}

impl Convert {
    /// One from the first layout to the second.
    ///
    /// # Panics
    ///
    /// If samples of the output overlap.
    pub fn new(isa: Isa, shape: &ConvertShape, layouts: [Layout; 2]) -> Self {
        let &ConvertShape { batch, channels, positions, input_sample, output_sample } = shape;
        let way = match layouts {
            [Layout::Planar, Layout::Planar] | [Layout::Blocked, Layout::Blocked] => Way::Copy,
            // Channels of a single position lie alike.
            _ if positions == 1 => Way::Copy,
            [Layout::Planar, Layout::Blocked] => Way::ToBlocked,
            [Layout::Blocked, Layout::Planar] => Way::ToPlanar,
        };
        let [from, to] = layouts.map(|layout| layout.numbers(channels, positions, isa.block()));
        let copied = from.min(to);
        let [from, to] = if matches!(way, Way::Copy) { [copied, copied] } else { [from, to] };
        let input = Samples { batch, distance: input_sample, numbers: from };
        let output = Samples { batch, distance: output_sample, numbers: to };
        output.assert_apart();
        Self { isa, shape: shape.clone(), way, input, output }
    }

    /// Writes `output`, which is `input` laid out anew.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        assert!(input.len() >= self.input.span(), "an input has its samples");
        let (distance, row) = (self.input.distance, self.isa.block() * self.shape.positions);
        let of_sample = |sample: usize| &input[sample * distance..][..self.input.numbers];
        match self.way {
            Way::Copy => pieces::run(
                output,
                self.output,
                Cut::Within(self.output.numbers, 1),
                |sample, start, piece| {
                    piece.copy_from_slice(&of_sample(sample)[start..][..piece.len()]);
                },
            ),
            Way::ToBlocked => {
                let cut = Cut::Within(row, self.isa.block());
                pieces::run(output, self.output, cut, |sample, start, piece| {
                    self.isa.run(ToBlocked { shape: self, input: of_sample(sample), start, piece });
                });
            }
            Way::ToPlanar => pieces::run(output, self.output, Cut::Rows(row), |sample, start, piece| {
                self.isa.run(ToPlanar { shape: self, input: of_sample(sample), start, piece });
            }),
        }
    }
}

/// A piece of a blocked output: whole positions.
struct ToBlocked<'a> {
    shape: &'a Convert,
    input: &'a [f32],
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for ToBlocked<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let ConvertShape { channels, positions, .. } = self.shape.shape;
        let block = self.shape.isa.block();
        for (index, first, part) in pieces::rows(self.piece, self.start, block * positions) {
            let channel = index * block;
            let input = &self.input[channel * positions + first / block..];
            gather(simd, input, positions, (channels - channel).min(block), part, block);
        }
    }
}

/// Lays positions of some channels, which are `apart` from one to the next, side by side.
#[inline(always)]
fn gather<S: Simd>(simd: S, input: &[f32], apart: usize, channels: usize, output: &mut [f32], block: usize) {
    let (positions, lanes) = (output.len() / block, S::F32_LANES);
    assert!(input.len() >= (channels - 1) * apart + positions, "positions of every channel");
    if positions < lanes {
        for (position, output) in output.chunks_exact_mut(block).enumerate() {
            for (channel, number) in output[..channels].iter_mut().enumerate() {
                *number = input[channel * apart + position];
            }
        }
        return;
    }
    for position in (0..positions).step_by(lanes) {
        let position = position.min(positions - lanes);
        for channel in (0..channels).step_by(lanes) {
            let input = &input[channel * apart + position..];
            let output = &mut output[position * block + channel..];
            let from = Rows { start: input.as_ptr(), apart, count: (channels - channel).min(lanes) };
            let to = Rows { start: output.as_mut_ptr(), apart: block, count: lanes };
            // SAFETY: a register's worth of positions is left in each of so many channels, and in the output, where a block has room
            // for a register from the channel on, which is the first of one
            unsafe { tile(simd, from, to) };
        }
    }
}

/// A piece of a planar output: all positions of the channels of some blocks.
struct ToPlanar<'a> {
    shape: &'a Convert,
    input: &'a [f32],
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for ToPlanar<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let positions = self.shape.shape.positions;
        let block = self.shape.isa.block();
        let row = block * positions;
        for (index, _, part) in pieces::rows(self.piece, self.start, row) {
            scatter(simd, &self.input[index * row..][..row], part, positions, block);
        }
    }
}

/// Lays apart what lies side by side.
#[inline(always)]
fn scatter<S: Simd>(simd: S, input: &[f32], output: &mut [f32], positions: usize, block: usize) {
    let (channels, lanes) = (output.len() / positions, S::F32_LANES);
    assert!(input.len() >= positions * block && channels <= block, "positions of a block");
    if positions < lanes {
        for (channel, output) in output.chunks_exact_mut(positions).enumerate() {
            for (position, number) in output.iter_mut().enumerate() {
                *number = input[position * block + channel];
            }
        }
        return;
    }
    for position in (0..positions).step_by(lanes) {
        let position = position.min(positions - lanes);
        for channel in (0..channels).step_by(lanes) {
            let input = &input[position * block + channel..];
            let output = &mut output[channel * positions + position..];
            let from = Rows { start: input.as_ptr(), apart: block, count: lanes };
            let to =
                Rows { start: output.as_mut_ptr(), apart: positions, count: (channels - channel).min(lanes) };
            // SAFETY: a register's worth of positions is left, whose blocks have room for a register from the channel on, which is
            // the first of one; and in each of so many channels of the output
            unsafe { tile(simd, from, to) };
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests {
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

    fn check(isa: Isa, shape: &ConvertShape, layouts: [Layout; 2], seed: u64) -> Result<(), TestCaseError> {
        let &ConvertShape { batch, channels, positions, input_sample, output_sample } = shape;
        let [from, to] = layouts
            .map(|layout| move |channel, position| place(layout, isa.block(), positions, channel, position));
        let mut numbers = Numbers::new(seed);
        let mut input = vec![f32::NAN; batch * input_sample];
        let mut wanted = vec![None; batch * output_sample];
        for sample in 0..batch {
            for channel in 0..channels {
                for position in 0..positions {
                    let number = numbers.next();
                    input[sample * input_sample + from(channel, position)] = number;
                    wanted[sample * output_sample + to(channel, position)] = Some(number);
                }
            }
        }
        let mut output = vec![9.0; batch * output_sample];
        Convert::new(isa, shape, layouts).run(&input, &mut output);
        let sample = layouts[1].numbers(channels, positions, isa.block());
        for (at, (found, wanted)) in output.iter().zip(wanted).enumerate() {
            if let Some(wanted) = wanted {
                prop_assert_eq!(*found, wanted);
            } else if at % output_sample >= sample {
                prop_assert_eq!(*found, 9.0);
            }
        }
        Ok(())
    }

    const LAYOUTS: [Layout; 2] = [Layout::Planar, Layout::Blocked];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn every_number_finds_its_place(
            batch in 1..4usize, channels in 1..40usize, positions in 1..60usize, apart: [bool; 2], seed: u64,
        ) {
            for isa in Isa::here() {
                for (from, to) in LAYOUTS.into_iter().flat_map(|from| LAYOUTS.map(|to| (from, to))) {
                    let [input_sample, output_sample] = [(from, apart[0]), (to, apart[1])].map(|(layout, apart)| {
                        layout.numbers(channels, positions, isa.block()) + if apart { 5 } else { 0 }
                    });
                    let shape = ConvertShape { batch, channels, positions, input_sample, output_sample };
                    check(isa, &shape, [from, to], seed)?;
                }
            }
        }
    }

    #[test]
    fn large_images_in_threads() {
        for isa in Isa::here() {
            for (from, to) in LAYOUTS.into_iter().flat_map(|from| LAYOUTS.map(|to| (from, to))) {
                let [input_sample, output_sample] =
                    [from, to].map(|layout| layout.numbers(19, 3000, isa.block()));
                let shape =
                    ConvertShape { batch: 2, channels: 19, positions: 3000, input_sample, output_sample };
                in_threads(3, || check(isa, &shape, [from, to], 1)).unwrap();
            }
        }
    }
}
