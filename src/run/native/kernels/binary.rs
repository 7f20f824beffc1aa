//! Two tensors to one, number by number: sums, products and the like, where one may have fewer numbers and be stretched.

mod operation;

use pulp::{Simd, WithSimd};

use crate::pieces::{self, Cut, Samples};
use crate::{Function, Isa, Layout};

pub use operation::Operation;

/// Which of an image's numbers a tensor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// All of them.
    All,
    /// One for each channel, which is that of all its positions; one after the other, whatever the layout.
    Channels,
    /// One for each position, which is that of all channels.
    Positions,
    /// One for all.
    One,
}

/// One of the two tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Numbers from one sample to the next; 0 where all have the same.
    pub sample: usize,
    /// Which numbers it has.
    pub spread: Spread,
}

/// The sizes of two tensors, and of the one they make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryShape {
    /// Samples.
    pub batch: usize,
    /// Channels of a sample.
    pub channels: usize,
    /// Positions of a channel.
    pub positions: usize,
    /// What is on the left.
    pub left: Side,
    /// What is on the right.
    pub right: Side,
    /// Numbers from one sample of the output to the next.
    pub output_sample: usize,
}

/// An operation on two tensors, and a function of what comes of it.
#[derive(Clone, Debug)]
pub struct Binary {
    isa: Isa,
    shape: BinaryShape,
    layout: Layout,
    operation: Operation,
    last: Function,
    output: Samples,
    /// Numbers of the rows that the output is computed in, and how the sides lie along one.
    row: usize,
}

impl Binary {
    /// One of images of this layout.
    ///
    /// # Panics
    ///
    /// If samples of the output overlap.
    pub fn new(isa: Isa, shape: &BinaryShape, layout: Layout, operation: Operation, last: Function) -> Self {
        let mut shape = shape.clone();
        let &mut BinaryShape { batch, channels, positions, output_sample, .. } = &mut shape;
        for side in [&mut shape.left, &mut shape.right] {
            side.spread = simplest(side.spread, layout, [channels, positions]);
        }
        let numbers = layout.numbers(channels, positions, isa.block());
        let output = Samples { batch, distance: output_sample, numbers };
        output.assert_apart();
        let is_whole = |side: &Side| matches!(side.spread, Spread::All | Spread::One);
        let row = match layout {
            _ if is_whole(&shape.left) && is_whole(&shape.right) => numbers,
            Layout::Planar => positions,
            Layout::Blocked => isa.block() * positions,
        };
        Self { isa, shape, layout, operation, last, output, row }
    }

    /// Computes `output` of the two. One of them may be missing: the output holds it, and it is replaced.
    ///
    /// # Panics
    ///
    /// If a slice is too short, both are missing, or what is missing does not lie as the output.
    pub fn run(&self, left: Option<&[f32]>, right: Option<&[f32]>, output: &mut [f32]) {
        assert!(left.is_some() || right.is_some(), "only one is in the output's place");
        for (numbers, side) in [(left, &self.shape.left), (right, &self.shape.right)] {
            let has = match side.spread {
                Spread::All => self.output.numbers,
                Spread::Channels => self.shape.channels,
                Spread::Positions => self.shape.positions,
                Spread::One => 1,
            };
            match numbers {
                Some(numbers) => {
                    let samples = Samples { batch: self.shape.batch, distance: side.sample, numbers: has };
                    assert!(numbers.len() >= samples.span(), "an input has its samples");
                }
                None => assert!(side.spread == Spread::All, "all numbers are in the output's place"),
            }
        }
        let cut = Cut::Within(self.row, self.isa.block());
        pieces::run(output, self.output, cut, |sample, start, piece| {
            self.isa.run(Task { binary: self, left, right, sample, start, piece });
        });
    }
}

/// A spread that means the same where there is but one channel or one position.
fn simplest(spread: Spread, layout: Layout, [channels, positions]: [usize; 2]) -> Spread {
    match (spread, layout) {
        (Spread::Positions, _) if positions == 1 => Spread::One,
        (Spread::Channels, _) if channels == 1 => Spread::One,
        (Spread::Channels, Layout::Planar) if positions == 1 => Spread::All,
        (Spread::Positions, Layout::Planar) if channels == 1 => Spread::All,
        (spread, _) => spread,
    }
}

/// Numbers of a side that are stretched before they are used: a multiple of any block.
const STRETCHED: usize = 512;

/// A side along a part of a row.
#[derive(Clone, Copy)]
enum Numbers<'a> {
    /// Where the output is.
    InPlace,
    /// One for each of the output.
    Along(&'a [f32]),
    /// So many that recur, as those of a block.
    Again([f32; 16]),
    /// One for each block of the output.
    Stretched(&'a [f32]),
}

/// A piece of the output.
struct Task<'a> {
    binary: &'a Binary,
    left: Option<&'a [f32]>,
    right: Option<&'a [f32]>,
    sample: usize,
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Task { binary, left, right, sample, start, piece } = self;
        for (index, first, part) in pieces::rows(piece, start, binary.row) {
            let place = Place { binary, sample, row: index, first, count: part.len() };
            let sides = [place.numbers(left, &binary.shape.left), place.numbers(right, &binary.shape.right)];
            along(simd, binary, sides, part);
        }
    }
}

/// A part of a row of a sample.
struct Place<'a> {
    binary: &'a Binary,
    sample: usize,
    row: usize,
    first: usize,
    count: usize,
}

impl Place<'_> {
    /// What a side has there.
    #[inline(always)]
    fn numbers<'a>(&self, numbers: Option<&'a [f32]>, side: &Side) -> Numbers<'a> {
        let Some(numbers) = numbers else { return Numbers::InPlace };
        let numbers = &numbers[self.sample * side.sample..];
        let (first, count, block) = (self.first, self.count, self.binary.isa.block());
        match (side.spread, self.binary.layout) {
            (Spread::All, _) => Numbers::Along(&numbers[self.row * self.binary.row + first..][..count]),
            (Spread::One, _) => Numbers::Again([numbers[0]; 16]),
            (Spread::Channels, Layout::Planar) => Numbers::Again([numbers[self.row]; 16]),
            (Spread::Channels, Layout::Blocked) => {
                let channel = self.row * block;
                let of_block = (self.binary.shape.channels - channel).min(block);
                let mut again = [0.0; 16];
                again[..of_block].copy_from_slice(&numbers[channel..][..of_block]);
                Numbers::Again(again)
            }
            (Spread::Positions, Layout::Planar) => Numbers::Along(&numbers[first..][..count]),
            (Spread::Positions, Layout::Blocked) => {
                Numbers::Stretched(&numbers[first / block..][..count / block])
            }
        }
    }
}

/// Computes a part of a row; what is to be stretched, some numbers at a time.
#[inline(always)]
fn along<S: Simd>(simd: S, binary: &Binary, sides: [Numbers<'_>; 2], output: &mut [f32]) {
    if sides.iter().any(|side| matches!(side, Numbers::Stretched(_))) {
        let mut rooms = [[0.0; STRETCHED]; 2];
        let [left, right] = &mut rooms;
        for (index, output) in output.chunks_mut(STRETCHED).enumerate() {
            compute(simd, binary, (&sides, index * STRETCHED), [left, right], output);
        }
    } else {
        compute(simd, binary, (&sides, 0), [&mut [], &mut []], output);
    }
}

/// The same of what lies behind the first so many numbers of the part. There is room for what is to be stretched.
#[inline(always)]
fn compute<S: Simd>(
    simd: S,
    binary: &Binary,
    ([left, right], first): (&[Numbers<'_>; 2], usize),
    [left_room, right_room]: [&mut [f32]; 2],
    output: &mut [f32],
) {
    let (start, count, block) = (output.as_mut_ptr(), output.len(), binary.isa.block());
    let side = |numbers: &Numbers<'_>, room: &mut [f32]| match numbers {
        Numbers::InPlace => (start.cast_const(), block),
        Numbers::Along(numbers) => (numbers[first..][..count].as_ptr(), block),
        Numbers::Again(again) => (again.as_ptr(), 0),
        Numbers::Stretched(numbers) => {
            let numbers = &numbers[first / block..][..count / block];
            for (to, &number) in room[..count].chunks_exact_mut(block).zip(numbers) {
                to.fill(number);
            }
            (room.as_ptr(), block)
        }
    };
    let sides = [side(left, left_room), side(right, right_room)];
    // SAFETY: a side has a number for each of the output, or is the output, or has a block and a step of 0
    unsafe { operation::combine(simd, binary.operation, binary.last, sides, block, (start, count)) };
}

#[cfg(test)]
mod tests;
