//! The innermost loops: a tile of output pixels × vectors of output channels, all sums of which stay in registers.

use std::sync::atomic::{Ordering, compiler_fence};

use pulp::{Simd, WithSimd};

use super::pixels::{Pixels, Span};
use crate::{
    Finish,
    function::apply,
    memory::{LINE, prefetch},
    vector::{at_least, at_most, block, has_many_registers, load, multiply_add, store},
};

/// Numbers that a tile reads one after the other at each of its taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where they begin in the sample, for the first pixel.
    pub(super) input: usize,
    /// How many they are.
    pub(super) channels: usize,
    /// Rows of packed weights before those of this segment.
    pub(super) weights: usize,
}

/// What the sums of a tile begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The bias.
    Bias,
    /// The bias, and what stands in the output: a residual.
    BiasAndOutput,
    /// What stands in the output: the sums over the segments before.
    Output,
}

/// What becomes of the sums of a tile in registers.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// They are stored as they are: more is to come.
    Store,
    /// They are clamped, a residual may be added, and they are clamped again: lower and upper bounds, first and last.
    Clamp([(f32, f32); 2]),
}

/// What tiles of one size compute, one after the other.
///
/// # Safety
///
/// Who enters tiles of P pixels and V vectors answers for this. All spans have P pixels, and views of P offsets a tap. Each offset
/// that is not negative, plus its span's and a segment's, begins `channels × length` numbers of the input, `apart` from one to the
/// next, and `zeros` has as many, or no offset is negative.
/// `weights` has rows of V vectors for all segments and taps, and `bias` has V vectors. Where the spans' vectors of the output and
/// of the residual, which may be null, stand (see `place`), there is memory, and that of the output nobody else uses.
#[derive(Clone, Copy)]
pub(super) struct Tiles<'a> {
    pub(super) pixels: &'a Pixels,
    pub(super) spans: &'a [Span],
    pub(super) segments: &'a [Segment],
    pub(super) apart: usize,
    pub(super) zeros: *const f32,
    /// The sample.
    pub(super) input: *const f32,
    pub(super) weights: *const f32,
    pub(super) bias: *const f32,
    /// The group of channels of the residual's sample.
    pub(super) residual: *const f32,
    /// The group of channels of the output's sample.
    pub(super) output: *mut f32,
    /// Numbers from one group of channels of the output to the next.
    pub(super) plane: usize,
    pub(super) start: Start,
    pub(super) end: End,
    /// Weights that will come next.
    pub(super) ahead: *const f32,
    /// Lines of them that each tile fetches,
    pub(super) lines: usize,
    /// and how many of those at each tap.
    pub(super) lines_a_tap: usize,
}

impl Tiles<'_> {
    /// Where a vector of a pixel stands in the output, and in the residual.
    #[inline(always)]
    fn place<S: Simd>(&self, pixel: usize, vector: usize) -> usize {
        let vectors = block::<S>() / S::F32_LANES;
        vector / vectors * self.plane + pixel * block::<S>() + vector % vectors * S::F32_LANES
    }

    /// Computes them, as so many vectors of so many pixels.
    ///
    /// # Safety
    ///
    /// That of the tiles.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, simd: S, vectors: usize, pixels: usize) {
        // SAFETY: the caller's
        unsafe {
            if const { has_many_registers::<S>() } {
                wide(simd, self, vectors, pixels);
            } else {
                narrow(simd, self, vectors, pixels);
            }
        }
    }

    /// Applies functions, and a residual between them, to what they have stored.
    ///
    /// # Safety
    ///
    /// That of the tiles.
    #[inline(always)]
    pub(super) unsafe fn apply<S: Simd>(&self, simd: S, finish: Finish, vectors: usize) {
        // Of neighboring pixels, what a vector is of each lies side by side where it is a whole group; a pixel at a time, where not.
        let together = if S::F32_LANES == block::<S>() { usize::MAX } else { 1 };
        for span in self.spans {
            let (mut pixel, end) = (span.first, span.first + span.pixels);
            while pixel < end {
                let pixels = (end - pixel).min(together);
                for vector in 0..vectors {
                    // SAFETY: the tiles', about the residual and the output
                    unsafe {
                        self.apply_to(simd, finish, self.place::<S>(pixel, vector), pixels * S::F32_LANES);
                    }
                }
                pixel += pixels;
            }
        }
    }

    /// The same to so many numbers that lie side by side.
    ///
    /// # Safety
    ///
    /// That of the tiles, which have stored these numbers.
    #[inline(always)]
    unsafe fn apply_to<S: Simd>(&self, simd: S, finish: Finish, place: usize, count: usize) {
        // SAFETY: the tiles', about the output
        let numbers = unsafe { std::slice::from_raw_parts_mut(self.output.add(place), count) };
        apply(simd, finish.first, numbers);
        if !self.residual.is_null() {
            for at in (0..count).step_by(S::F32_LANES) {
                // SAFETY: the tiles', about the residual and the output
                unsafe {
                    let (own, other) = (self.output.add(place + at), self.residual.add(place + at));
                    store::<S>(own, simd.add_f32s(load::<S>(own), load::<S>(other)));
                }
            }
        }
        // SAFETY: the tiles', about the output
        let numbers = unsafe { std::slice::from_raw_parts_mut(self.output.add(place), count) };
        apply(simd, finish.last, numbers);
    }
}

/// The most pixels of a tile of so many vectors, at least 1.
pub(super) fn most_pixels(registers: usize, vectors: usize) -> usize {
    let most = if registers >= 32 { [12, 12, 8, 6] } else { [8, 6, 3, 3] };
    most[vectors - 1]
}

/// Enters the tile of so many vectors and pixels of those that are named.
macro_rules! enter {
    ($simd:expr, $tile:expr, $vectors:expr, $pixels:expr, $($v:literal: $($p:literal)*;)*) => {
        match ($vectors, $pixels) {
            $($(($v, $p) => compute::<S, $p, $v>($simd, $tile),)*)*
            (vectors, pixels) => unreachable!("a tile of {vectors} vectors × {pixels} pixels"),
        }
    };
}

/// A tile where there are 32 registers.
///
/// # Safety
///
/// That of the tiles.
#[inline(always)]
unsafe fn wide<S: Simd>(simd: S, tiles: &Tiles<'_>, vectors: usize, pixels: usize) {
    // SAFETY: the caller's
    unsafe {
        enter!(simd, tiles, vectors, pixels,
            1: 1 2 3 4 5 6 7 8 9 10 11 12; 2: 1 2 3 4 5 6 7 8 9 10 11 12; 3: 1 2 3 4 5 6 7 8; 4: 1 2 3 4 5 6;);
    }
}

/// A tile where there are 16 registers.
///
/// # Safety
///
/// That of the tiles.
#[inline(always)]
unsafe fn narrow<S: Simd>(simd: S, tiles: &Tiles<'_>, vectors: usize, pixels: usize) {
    // SAFETY: the caller's
    unsafe {
        enter!(simd, tiles, vectors, pixels, 1: 1 2 3 4 5 6 7 8; 2: 1 2 3 4 5 6; 3: 1 2 3; 4: 1 2 3;);
    }
}

/// A tile, compiled for the instruction set on its own: its registers are nobody else's.
///
/// # Safety
///
/// That of the tiles.
#[inline(never)]
unsafe fn compute<S: Simd, const P: usize, const V: usize>(simd: S, tiles: &Tiles<'_>) {
    simd.vectorize(Compute::<P, V> { tiles });
}

/// The work of tiles. Its safety is theirs, for which whoever called the only maker, [`compute`], answers.
struct Compute<'a, const P: usize, const V: usize> {
    tiles: &'a Tiles<'a>,
}

/// The sums of a tile.
type Sums<S, const P: usize, const V: usize> = [[<S as Simd>::f32s; V]; P];

impl<const P: usize, const V: usize> WithSimd for Compute<'_, P, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // A copy, which stays in registers: what is stored cannot change it.
        let tiles = &{ *self.tiles };
        for (index, &span) in tiles.spans.iter().enumerate() {
            let ahead = tiles.ahead.wrapping_add(index * tiles.lines * LINE);
            let next = tiles.spans.get(index + 1).map_or(0, |next| next.input.wrapping_sub(span.input));
            // SAFETY: the tiles'
            unsafe {
                let mut sums = begin::<S, P, V>(simd, tiles, span.first);
                accumulate::<S, P, V>(simd, tiles, span, next, ahead, &mut sums);
                finish::<S, P, V>(simd, tiles, span.first, sums);
            }
        }
    }
}

/// Adds what all segments bring to a tile, whose next one sees the input `next` numbers further on; weights to come are `ahead`.
#[inline(always)]
unsafe fn accumulate<S: Simd, const P: usize, const V: usize>(
    simd: S,
    tiles: &Tiles<'_>,
    span: Span,
    next: usize,
    mut ahead: *const f32,
    sums: &mut Sums<S, P, V>,
) {
    let (taps, offsets) = tiles.pixels.view(span);
    let mut lines = tiles.lines;
    // SAFETY: the tiles'
    unsafe {
        for segment in tiles.segments {
            let input = tiles.input.wrapping_add(span.input + segment.input);
            let weights = tiles.weights.add(segment.weights * V * S::F32_LANES);
            for (tap, offsets) in taps.iter().zip(offsets.chunks_exact(P)) {
                let pixels: [*const f32; P] = core::array::from_fn(|pixel| {
                    let offset = offsets[pixel];
                    if offset < 0 { tiles.zeros } else { input.wrapping_add(offset.cast_unsigned() as usize) }
                });
                let weights = weights.add(tap.first * segment.channels * V * S::F32_LANES);
                // With one tap, nothing of what the next tile sees was seen before.
                if taps.len() == 1 && next > 0 {
                    if tiles.apart == 1 {
                        for pixel in pixels {
                            prefetch(pixel.wrapping_add(next));
                        }
                    } else {
                        for at in 0..segment.channels {
                            prefetch(pixels[P - 1].wrapping_add(at * tiles.apart + next));
                        }
                    }
                }
                for _ in 0..lines.min(tiles.lines_a_tap) {
                    prefetch(ahead);
                    ahead = ahead.wrapping_add(LINE);
                    lines -= 1;
                }
                for at in 0..segment.channels * tap.length {
                    step::<S, P, V>(simd, sums, pixels, at * tiles.apart, weights.add(at * V * S::F32_LANES));
                }
            }
        }
    }
}

/// What the sums begin with.
#[inline(always)]
unsafe fn begin<S: Simd, const P: usize, const V: usize>(
    simd: S,
    tiles: &Tiles<'_>,
    first: usize,
) -> Sums<S, P, V> {
    // SAFETY: the tiles', about the bias and the output
    unsafe {
        let stands = |pixel, vector| load::<S>(tiles.output.add(tiles.place::<S>(first + pixel, vector)));
        let bias = |vector| load::<S>(tiles.bias.add(vector * S::F32_LANES));
        match tiles.start {
            Start::Bias => [core::array::from_fn(bias); P],
            Start::BiasAndOutput => core::array::from_fn(|pixel| {
                core::array::from_fn(|vector| simd.add_f32s(bias(vector), stands(pixel, vector)))
            }),
            Start::Output => {
                core::array::from_fn(|pixel| core::array::from_fn(|vector| stands(pixel, vector)))
            }
        }
    }
}

/// Adds the products of one number of each pixel with a row of weights. The shorter side is loaded whole, the longer one by one, so
/// that the sums, the shorter side and one more fit the registers.
#[inline(always)]
unsafe fn step<S: Simd, const P: usize, const V: usize>(
    simd: S,
    sums: &mut Sums<S, P, V>,
    pixels: [*const f32; P],
    at: usize,
    weights: *const f32,
) {
    // SAFETY: the tiles'
    unsafe {
        let weight = |vector: usize| load::<S>(weights.add(vector * S::F32_LANES));
        let number = |pixel: usize| simd.splat_f32s(*pixels[pixel].add(at));
        if V <= P {
            let row: [S::f32s; V] = core::array::from_fn(weight);
            for (pixel, sums) in sums.iter_mut().enumerate() {
                let number = number(pixel);
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum = multiply_add(simd, number, weight, *sum);
                }
            }
        } else {
            // Nothing is loaded before what was is done with, here and below: there is no register for it.
            compiler_fence(Ordering::SeqCst);
            let numbers: [S::f32s; P] = core::array::from_fn(number);
            for vector in 0..V {
                compiler_fence(Ordering::SeqCst);
                let weight = weight(vector);
                for (sums, number) in sums.iter_mut().zip(numbers) {
                    sums[vector] = multiply_add(simd, number, weight, sums[vector]);
                }
            }
        }
    }
}

/// Stores the sums, and what is made of them before.
#[inline(always)]
unsafe fn finish<S: Simd, const P: usize, const V: usize>(
    simd: S,
    tiles: &Tiles<'_>,
    first: usize,
    mut sums: Sums<S, P, V>,
) {
    // SAFETY: the tiles', about the residual and the output
    unsafe {
        if let End::Clamp([before, after]) = tiles.end {
            clamp::<S, P, V>(simd, before, &mut sums);
            if !tiles.residual.is_null() {
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.add_f32s(
                            *sum,
                            load::<S>(tiles.residual.add(tiles.place::<S>(first + pixel, vector))),
                        );
                    }
                }
            }
            clamp::<S, P, V>(simd, after, &mut sums);
        }
        for vector in 0..V {
            for (pixel, sums) in sums.iter().enumerate() {
                store::<S>(tiles.output.add(tiles.place::<S>(first + pixel, vector)), sums[vector]);
            }
        }
    }
}

/// Clamps all sums, where there is a bound; in this order, what is not a number stays so.
#[inline(always)]
fn clamp<S: Simd, const P: usize, const V: usize>(
    simd: S,
    (low, high): (f32, f32),
    sums: &mut Sums<S, P, V>,
) {
    if low > f32::NEG_INFINITY {
        let low = simd.splat_f32s(low);
        sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = at_least(simd, low, *sum));
    }
    if high < f32::INFINITY {
        let high = simd.splat_f32s(high);
        sums.as_flattened_mut().iter_mut().for_each(|sum| *sum = at_most(simd, high, *sum));
    }
}
