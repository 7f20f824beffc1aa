//! Which channels of the output are computed together, from which of the input, and their weights in that order.

use std::ops::Range;

use super::tile::Segment;
use crate::{ConvShape, Layout, Memory};

/// Vectors of output channels that tiles compute together, from the same channels of the input.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    /// The first group of channels of the output, counted in groups of the layout.
    pub(super) block: usize,
    /// Vectors.
    pub(super) vectors: usize,
    /// What they see of the input, among the plan's.
    pub(super) segments: Range<usize>,
    /// Where their packed weights begin.
    pub(super) weights: usize,
}

/// All channels of a convolution.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Groups of output channels, in order.
    pub(super) bundles: Vec<Bundle>,
    /// What they see.
    pub(super) segments: Vec<Segment>,
    /// Numbers of packed weights.
    pub(super) weights: usize,
}

/// How wide vectors and blocks are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widths {
    /// Numbers of a vector.
    pub(super) lanes: usize,
    /// Channels that lie side by side.
    pub(super) block: usize,
    /// The most vectors of a bundle.
    pub(super) most: usize,
}

impl Plan {
    /// Of a convolution from a layout.
    pub(super) fn new(shape: &ConvShape, layout: Layout, widths: Widths) -> Self {
        let mut plan = Self::default();
        for (blocks, channels) in spans(shape, widths.block) {
            let segments = plan.segments.len();
            plan.segments.extend(segments_of(shape, layout, widths.block, channels.clone()));
            let segments = segments..plan.segments.len();
            let vectors = widths.block / widths.lanes;
            let count = blocks.len().div_ceil((widths.most / vectors).max(1));
            for bundle in 0..count {
                let from = blocks.start + bundle * blocks.len() / count;
                let to = blocks.start + (bundle + 1) * blocks.len() / count;
                let vectors = vectors * (to - from);
                let segments = segments.clone();
                plan.bundles.push(Bundle { block: from, vectors, segments, weights: plan.weights });
                plan.weights += channels.len() * taps(shape) * vectors * widths.lanes;
            }
        }
        plan
    }

    /// Weights (out × in ÷ groups × taps) in the order in which tiles read them: bundle, segment, tap, channel, vectors.
    pub(super) fn pack(&self, shape: &ConvShape, layout: Layout, widths: Widths, weights: &[f32]) -> Memory {
        let mut packed = Memory::zeros(self.weights);
        let (taps, ins) = (taps(shape), shape.in_channels / shape.groups);
        let outs = shape.out_channels / shape.groups;
        for bundle in &self.bundles {
            let width = bundle.vectors * widths.lanes;
            let first = bundle.block * widths.block;
            for segment in &self.segments[bundle.segments.clone()] {
                let channel = first_channel(shape, layout, widths.block, *segment);
                let packed = &mut packed[bundle.weights + segment.weights * width..];
                for (lane, out) in (first..shape.out_channels).take(width).enumerate() {
                    for next in 0..segment.channels {
                        // Channels of other groups, which the block brings along, count for nothing.
                        let within =
                            (channel + next).checked_sub(out / outs * ins).filter(|&within| within < ins);
                        let Some(within) = within else { continue };
                        for (tap, weight) in weights[(out * ins + within) * taps..][..taps].iter().enumerate()
                        {
                            packed[(tap * segment.channels + next) * width + lane] = *weight;
                        }
                    }
                }
            }
        }
        packed
    }
}

/// Taps of a kernel.
fn taps(shape: &ConvShape) -> usize {
    shape.kernel.iter().product()
}

/// Blocks of the output that see the same channels of the input, and those channels. Where a block has channels of more than one
/// group, it sees the channels of all of them.
fn spans(shape: &ConvShape, block: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let (ins, outs) = (shape.in_channels / shape.groups, shape.out_channels / shape.groups);
    let mut spans: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for at in 0..shape.out_channels.div_ceil(block) {
        let last = ((at + 1) * block).min(shape.out_channels) - 1;
        let channels = at * block / outs * ins..(last / outs + 1) * ins;
        match spans.last_mut() {
            Some((blocks, same)) if *same == channels => blocks.end = at + 1,
            _ => spans.push((at..at + 1, channels)),
        }
    }
    spans
}

/// Channels of the input, in runs that lie side by side.
fn segments_of(shape: &ConvShape, layout: Layout, block: usize, channels: Range<usize>) -> Vec<Segment> {
    let positions: usize = shape.input.iter().product();
    let side_by_side = match layout {
        Layout::Planar => 1,
        Layout::Blocked => block,
    };
    let runs = channels.start / side_by_side..channels.end.div_ceil(side_by_side);
    let segment = |run: usize| {
        let start = run * side_by_side;
        let (from, to) = (start.max(channels.start), (start + side_by_side).min(channels.end));
        Segment {
            input: start * positions + (from - start),
            channels: to - from,
            weights: (from - channels.start) * taps(shape),
        }
    };
    runs.map(segment).collect()
}

/// The first channel of a segment.
fn first_channel(shape: &ConvShape, layout: Layout, block: usize, segment: Segment) -> usize {
    let positions: usize = shape.input.iter().product();
    match layout {
        Layout::Planar => segment.input / positions,
        Layout::Blocked => segment.input / (block * positions) * block + segment.input % (block * positions),
    }
}
