//! Channels in another order, or of several tensors in one: concatenation, a range of channels, a shuffle.

mod lanes;

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::pieces::{self, Cut, Samples};
use crate::{Isa, Layout};

use lanes::Lanes;

/// A tensor that channels are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelsInput {
    /// Numbers from one sample to the next.
    pub sample: usize,
}

/// The sizes of tensors that channels are taken from, and of the one they make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelsShape {
    /// Samples.
    pub batch: usize,
    /// Positions of a channel.
    pub positions: usize,
    /// What channels are taken from.
    pub inputs: Vec<ChannelsInput>,
    /// Numbers from one sample of the output to the next.
    pub output_sample: usize,
}

/// A tensor made of channels of others, which all have the same layout.
#[derive(Clone, Debug)]
pub struct Channels {
    isa: Isa,
    shape: ChannelsShape,
    output: Samples,
    moves: Moves,
}

/// How channels find their places.
#[derive(Clone, Debug)]
enum Moves {
    /// In a planar output: of each channel which input it is from and which channel of that, and of how many from it on the
    /// origins follow each other.
    Planar(Vec<((usize, usize), usize)>),
    /// In a blocked one, by its blocks.
    Blocked(Vec<Block>),
}

/// How a block of the output is made.
#[derive(Clone, Debug)]
enum Block {
    /// It is a block of an input.
    Copy(Origin),
    /// Of numbers of some blocks.
    Mix(Vec<(Origin, Lanes)>),
}

/// A block of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    input: usize,
    block: usize,
}

impl Channels {
    /// One whose output's channels are these: which input, and which channel of it.
    ///
    /// # Panics
    ///
    /// If there is no such input, or samples of the output overlap.
    pub fn new(isa: Isa, shape: &ChannelsShape, layout: Layout, map: &[(usize, usize)]) -> Self {
        assert!(map.iter().all(|&(input, _)| input < shape.inputs.len()), "inputs that there are");
        let moves = match layout {
            Layout::Planar => Moves::Planar(runs(map)),
            Layout::Blocked => {
                Moves::Blocked(map.chunks(isa.block()).map(|map| Block::new(map, isa.block())).collect())
            }
        };
        let numbers = layout.numbers(map.len(), shape.positions, isa.block());
        let output = Samples { batch: shape.batch, distance: shape.output_sample, numbers };
        output.assert_apart();
        Self { isa, shape: shape.clone(), output, moves }
    }

    /// Writes the channels of `inputs` to `output`.
    ///
    /// # Panics
    ///
    /// If there are fewer inputs than it was made for, or a slice is too short.
    pub fn run(&self, inputs: &[&[f32]], output: &mut [f32]) {
        assert_eq!(inputs.len(), self.shape.inputs.len(), "inputs");
        let positions = self.shape.positions;
        match &self.moves {
            Moves::Planar(runs) => {
                pieces::run(output, self.output, Cut::Within(positions, 1), |sample, start, piece| {
                    self.planes(inputs, runs, (sample, start), piece);
                });
            }
            Moves::Blocked(blocks) => {
                let block = self.isa.block();
                pieces::run(
                    output,
                    self.output,
                    Cut::Within(block * positions, block),
                    |sample, start, piece| {
                        self.isa.run(Task { channels: self, inputs, blocks, sample, start, piece });
                    },
                );
            }
        }
    }

    /// Copies a piece of a planar output.
    fn planes(
        &self,
        inputs: &[&[f32]],
        runs: &[((usize, usize), usize)],
        (sample, mut start): (usize, usize),
        mut piece: &mut [f32],
    ) {
        let positions = self.shape.positions;
        while !piece.is_empty() {
            let ((input, channel), together) = runs[start / positions];
            let first = start % positions;
            let count = (together * positions - first).min(piece.len());
            let (part, rest) = piece.split_at_mut(count);
            let from = sample * self.shape.inputs[input].sample + channel * positions + first;
            part.copy_from_slice(&inputs[input][from..][..count]);
            (piece, start) = (rest, start + count);
        }
    }

    /// Some positions of a block of an input.
    #[inline(always)]
    fn origin<'a>(
        &self,
        inputs: &[&'a [f32]],
        origin: Origin,
        sample: usize,
        numbers: Range<usize>,
    ) -> &'a [f32] {
        let row = self.isa.block() * self.shape.positions;
        let start = sample * self.shape.inputs[origin.input].sample + origin.block * row;
        &inputs[origin.input][start..][numbers]
    }
}

/// Of each channel its origin, and how many from it on have origins that follow each other.
fn runs(map: &[(usize, usize)]) -> Vec<((usize, usize), usize)> {
    let mut runs: Vec<_> = map.iter().map(|&origin| (origin, 1)).collect();
    for index in (1..runs.len()).rev() {
        let (((input, channel), _), (next, together)) = (runs[index - 1], runs[index]);
        if (input, channel + 1) == next {
            runs[index - 1].1 = together + 1;
        }
    }
    runs
}

impl Block {
    /// One of channels with these origins.
    fn new(map: &[(usize, usize)], block: usize) -> Self {
        let of = |&(input, channel): &(usize, usize)| Origin { input, block: channel / block };
        let mut origins: Vec<Origin> = vec![];
        for origin in map.iter().map(of) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let is_in_place = map.iter().enumerate().all(|(lane, &(_, channel))| channel % block == lane);
        if let ([origin], true) = (&origins[..], is_in_place) {
            return Self::Copy(*origin);
        }
        let lanes = |origin: Origin| {
            let moves = map.iter().enumerate().filter(|(_, from)| of(from) == origin);
            Lanes::new(moves.map(|(lane, &(_, channel))| (lane, channel % block)))
        };
        Self::Mix(origins.into_iter().map(|origin| (origin, lanes(origin))).collect())
    }
}

/// A piece of a blocked output: whole positions.
struct Task<'a> {
    channels: &'a Channels,
    inputs: &'a [&'a [f32]],
    blocks: &'a [Block],
    sample: usize,
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Task { channels, inputs, sample, .. } = self;
        let block = channels.isa.block();
        for (index, first, part) in pieces::rows(self.piece, self.start, block * channels.shape.positions) {
            let numbers = first..first + part.len();
            let of = |origin: Origin| channels.origin(inputs, origin, sample, numbers.clone());
            match &self.blocks[index] {
                Block::Copy(origin) => part.copy_from_slice(of(*origin)),
                Block::Mix(mixed) => mix(simd, block, mixed, of, part),
            }
        }
    }
}

/// Mixes blocks of inputs, up to four at a time.
#[inline(always)]
fn mix<'a, S: Simd>(
    simd: S,
    block: usize,
    mixed: &[(Origin, Lanes)],
    of: impl Fn(Origin) -> &'a [f32],
    output: &mut [f32],
) {
    let [first, rest @ ..] = mixed else { return };
    match rest {
        [] => lanes::mix(simd, block, [first].map(|(origin, lanes)| (of(*origin), lanes)), output),
        [a] => lanes::mix(simd, block, [first, a].map(|(origin, lanes)| (of(*origin), lanes)), output),
        [a, b] => lanes::mix(simd, block, [first, a, b].map(|(origin, lanes)| (of(*origin), lanes)), output),
        [a, b, c, rest @ ..] => {
            lanes::mix(simd, block, [first, a, b, c].map(|(origin, lanes)| (of(*origin), lanes)), output);
            for (origin, lanes) in rest {
                lanes::add(simd, block, (of(*origin), lanes), output);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests;
