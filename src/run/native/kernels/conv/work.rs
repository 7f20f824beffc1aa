//! A convolution in tasks: parts of pixels and channels, for which tiles are set up.

use pulp::{Simd, WithSimd};

use super::{
    Conv,
    plan::Bundle,
    tile::{End, Segment, Start, Tiles},
};
use crate::{
    Finish, Function,
    memory::{LINE, Shared},
    vector::block,
};

/// How the work on a sample is split.
#[derive(Clone, Copy)]
pub(super) struct Split {
    /// Its pixels,
    pub(super) chunks: usize,
    /// and its channels.
    pub(super) parts: usize,
    /// Whether threads share it.
    pub(super) threads: bool,
}

/// What all tasks of a run share.
pub(super) struct Job<'a> {
    pub(super) conv: &'a Conv,
    pub(super) split: Split,
    pub(super) input: &'a [f32],
    pub(super) residual: Option<&'a [f32]>,
    pub(super) output: Shared,
    pub(super) start: Start,
}

/// A part of the pixels and channels of a sample.
pub(super) struct Task<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) task: usize,
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (job, Split { chunks, parts, .. }) = (self.job, self.job.split);
        let (sample, chunk, part) =
            (self.task / (chunks * parts), self.task / parts % chunks, self.task % parts);
        let bundles = &job.conv.plan.bundles;
        for bundle in &bundles[part * bundles.len() / parts..(part + 1) * bundles.len() / parts] {
            let segments = &job.conv.plan.segments[bundle.segments.clone()];
            let passes = segments.len().div_ceil(job.conv.depth(bundle, S::F32_LANES));
            for pass in 0..passes {
                let from = pass * segments.len() / passes;
                let to = (pass + 1) * segments.len() / passes;
                let start = if pass == 0 { job.start } else { Start::Output };
                job.pass(simd, [sample, chunk], bundle, &segments[from..to], start, pass + 1 == passes);
            }
        }
    }
}

impl Job<'_> {
    /// Adds what some of its segments bring to a chunk of the pixels of a bundle.
    #[inline(always)]
    fn pass<S: Simd>(
        &self,
        simd: S,
        [sample, chunk]: [usize; 2],
        bundle: &Bundle,
        segments: &[Segment],
        start: Start,
        last: bool,
    ) {
        let (conv, shape) = (self.conv, &self.conv.shape);
        let block = block::<S>();
        let plane = block * shape.output.iter().product::<usize>();
        let (end, after) = self.ends(last);
        let pixels = &conv.pixels[bundle.vectors];
        let spans = pixels.spans.len();
        let spans = &pixels.spans[chunk * spans / self.split.chunks..(chunk + 1) * spans / self.split.chunks];
        let from = bundle.block * plane;
        let residual = self.residual.filter(|_| last).map(|of| &of[sample * shape.residual_sample + from..]);
        let width = bundle.vectors * S::F32_LANES;
        let rows = conv.taps() * segments.iter().map(|segment| segment.channels).sum::<usize>();
        // The weights of the next pass follow those of this one.
        let next = (segments[0].weights + rows) * width;
        let comes = bundle.weights + next < conv.plan.weights;
        let lines = if comes { (rows * width).div_ceil(LINE * spans.len().max(1)) } else { 0 };
        let weights = conv.weights[bundle.weights..].as_ptr();
        let mut tiles = Tiles {
            pixels,
            spans: &[],
            segments,
            apart: conv.plan.apart,
            zeros: conv.zeros.as_ptr(),
            input: self.input[sample * shape.input_sample..].as_ptr(),
            weights,
            bias: conv.bias[bundle.block * block..].as_ptr(),
            residual: residual.map_or(std::ptr::null(), <[f32]>::as_ptr),
            output: self.output.0.wrapping_add(sample * shape.output_sample + from),
            plane,
            start,
            end,
            ahead: weights.wrapping_add(next),
            lines,
            lines_a_tap: lines.div_ceil(conv.taps() * segments.len()),
        };
        // Functions are applied to a tile while it is at hand.
        for spans in spans.chunk_by(|one, next| one.pixels == next.pixels && after.is_none()) {
            tiles.spans = spans;
            // SAFETY: views have offsets inside a sample of the input, to which segments add whole planes, and `run` saw to it that
            // all samples are there; the plan packed rows of weights for all segments and taps, and padded the bias to whole
            // blocks; zeros are as many as a segment of blocks or a row of taps has,
            // and no tile of others sees any; pixels and blocks of the output are within it, and no
            // other task has them
            unsafe {
                tiles.run(simd, bundle.vectors, spans[0].pixels);
                if let Some(finish) = after {
                    tiles.apply(simd, finish, bundle.vectors);
                }
            }
            tiles.ahead = tiles.ahead.wrapping_add(spans.len() * lines * LINE);
        }
    }

    /// What tiles do at their end, and what must be done after them.
    fn ends(&self, last: bool) -> (End, Option<Finish>) {
        let finish = self.conv.finish;
        if !last {
            return (End::Store, None);
        }
        match (bounds(finish.first), bounds(finish.last)) {
            (Some(first), Some(last)) => (End::Clamp([first, last]), None),
            _ => (End::Store, Some(finish)),
        }
    }
}

/// The bounds of a function, if it is nothing but a clamp; those of the identity are infinite.
fn bounds(function: Function) -> Option<(f32, f32)> {
    if let Function::Clamp { low, high } = function {
        Some((low, high))
    } else if function == Function::Identity {
        Some((f32::NEG_INFINITY, f32::INFINITY))
    } else {
        None
    }
}
