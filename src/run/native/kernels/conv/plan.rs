//! Which channels of the output are computed together, from which of the input, and their weights in that order.

use std::ops::Range;

use super::tile::Segment;
use crate::{ConvShape, Layout, Memory};

/// Channels of a planar input that are read one after the other.
const RUN: usize = 64;

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
    /// Numbers of the input from one channel of a segment to the next.
    pub(super) apart: usize,
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
        let run = Run::of(shape, layout, widths.block);
        let mut plan = Self { apart: run.apart, ..Self::default() };
        for (blocks, channels) in spans(shape, widths.block) {
            let segments = plan.segments.len();
            plan.segments.extend(run.segments(shape, channels.clone()));
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

/// Channels of the input that are read one after the other.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// How many: the first of each run is a multiple.
    channels: usize,
    /// Numbers from one to the next.
    apart: usize,
}

impl Run {
    fn of(shape: &ConvShape, layout: Layout, block: usize) -> Self {
        match layout {
            Layout::Blocked => Self { channels: block, apart: 1 },
            Layout::Planar if shape.is_flat() => Self { channels: RUN, apart: shape.input.iter().product() },
            // The taps of a row are read one after the other.
            Layout::Planar => Self { channels: 1, apart: 1 },
        }
    }

    fn segments(self, shape: &ConvShape, channels: Range<usize>) -> impl Iterator<Item = Segment> {
        let positions: usize = shape.input.iter().product();
        let taps = taps(shape);
        (channels.start / self.channels..channels.end.div_ceil(self.channels)).map(move |run| {
            let start = run * self.channels;
            let (from, to) = (start.max(channels.start), (start + self.channels).min(channels.end));
            Segment {
                input: start * positions + (from - start) * self.apart,
                channels: to - from,
                weights: (from - channels.start) * taps,
            }
        })
    }
}

/// The first channel of a segment.
fn first_channel(shape: &ConvShape, layout: Layout, block: usize, segment: Segment) -> usize {
    let positions: usize = shape.input.iter().product();
    match layout {
        Layout::Planar => segment.input / positions,
        Layout::Blocked => segment.input / (block * positions) * block + segment.input % (block * positions),
    }
}
