//! The pixels of an output, in tiles, and where each sees the input.

use std::{collections::HashMap, ops::Range};

use crate::{ConvShape, Layout};

/// Taps that lie side by side in the input, for all pixels of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tap {
    /// The first, counted row by row.
    pub(super) first: usize,
    /// How many.
    pub(super) length: usize,
}

/// A tile: pixels that follow each other in the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The first pixel.
    pub(super) first: usize,
    /// How many.
    pub(super) pixels: usize,
    /// What the offsets of the view start from.
    pub(super) input: usize,
    /// Which view.
    view: usize,
}

/// The pixels of an output, in tiles.
#[derive(Debug, Default)]
pub(super) struct Pixels {
    /// The tiles.
    pub(super) spans: Vec<Span>,
    /// What they see: few, for most tiles see the same.
    views: Vec<(Range<usize>, Range<usize>)>,
    taps: Vec<Tap>,
    offsets: Vec<i32>,
}

impl Pixels {
    /// Tiles of at most so many pixels.
    pub(super) fn new(shape: &ConvShape, layout: Layout, block: usize, most: usize) -> Self {
        let mut pixels = Self::default();
        let mut known = HashMap::new();
        let window = Window::new(shape, layout, block);
        for (first, count) in parts(shape, most) {
            let (taps, mut offsets) = window.see(first, count);
            let input = offsets.iter().copied().filter(|&offset| offset >= 0).min().unwrap_or(0);
            for offset in &mut offsets {
                *offset = if *offset < 0 { -1 } else { *offset - input };
            }
            let view =
                *known.entry((taps, offsets)).or_insert_with_key(|(taps, offsets)| pixels.add(taps, offsets));
            let input = usize::try_from(input).expect("the least of what is not negative");
            pixels.spans.push(Span { first, pixels: count, input, view });
        }
        pixels
    }

    /// What a tile sees: taps, and for each of them the offsets of all pixels, negative where one sees 0.
    pub(super) fn view(&self, span: Span) -> (&[Tap], &[i32]) {
        let (taps, offsets) = &self.views[span.view];
        (&self.taps[taps.clone()], &self.offsets[offsets.clone()])
    }

    /// Bytes that are held, as numbers.
    pub(super) fn held(&self) -> usize {
        let bytes = size_of_val(&*self.spans) + size_of_val(&*self.views) + size_of_val(&*self.taps);
        bytes / size_of::<f32>() + self.offsets.len()
    }

    fn add(&mut self, taps: &[Tap], offsets: &[i32]) -> usize {
        let (tap, offset) = (self.taps.len(), self.offsets.len());
        self.taps.extend(taps);
        self.offsets.extend(offsets);
        self.views.push((tap..self.taps.len(), offset..self.offsets.len()));
        self.views.len() - 1
    }
}

/// The first pixel and the number of those of each tile: as few tiles as there can be, of about the same size.
fn parts(shape: &ConvShape, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let [height, width] = shape.output;
    // Tiles within a row see alike, and those above the first row see nothing; they must not be much smaller for it.
    let whole = width.div_ceil(width.div_ceil(most).max(1));
    let (rows, length) =
        if shape.kernel != [1, 1] && 3 * whole >= 2 * most { (height, width) } else { (1, height * width) };
    let tiles = length.div_ceil(most).max(1);
    (0..rows).flat_map(move |row| {
        // The larger ones first.
        let (size, larger) = (length / tiles, length % tiles);
        (0..tiles).map(move |tile| {
            (row * length + tile * size + tile.min(larger), size + usize::from(tile < larger))
        })
    })
}

/// How an output sees its input.
struct Window {
    /// Taps in a row of the kernel.
    columns: usize,
    /// Pixels in a row of the output.
    width: usize,
    /// For each tap on each axis, what pixels along it see: how far into the sample, or −1 for outside.
    axes: [Vec<Vec<i32>>; 2],
    /// Whether taps that follow each other see numbers that do.
    side_by_side: bool,
}

impl Window {
    fn new(shape: &ConvShape, layout: Layout, block: usize) -> Self {
        let column = match layout {
            Layout::Planar => 1,
            Layout::Blocked => block,
        };
        let steps = [column * shape.input[1], column];
        let axes = [0, 1].map(|axis| {
            let see = |output: usize, tap: usize| {
                let padded = output * shape.stride[axis] + tap * shape.dilation[axis];
                let inside = padded.checked_sub(shape.before[axis]).filter(|&at| at < shape.input[axis]);
                // Twice as far still is a number of this type.
                inside.map_or(-1, |at| {
                    i32::try_from(2 * at * steps[axis]).expect("an image of less than 2³⁰ numbers") / 2
                })
            };
            let taps = 0..shape.kernel[axis];
            taps.map(|tap| (0..shape.output[axis]).map(|output| see(output, tap)).collect()).collect()
        });
        Self { columns: shape.kernel[1], width: shape.output[1], axes, side_by_side: column == 1 }
    }

    /// What so many pixels see, with offsets in the sample.
    fn see(&self, first: usize, count: usize) -> (Vec<Tap>, Vec<i32>) {
        let places: Vec<_> =
            (first..first + count).map(|pixel| (pixel / self.width, pixel % self.width)).collect();
        let (mut taps, mut offsets) = (Vec::<Tap>::new(), Vec::new());
        let (mut before, mut seen) = (Vec::new(), Vec::new());
        for tap in 0..self.axes[0].len() * self.columns {
            let (rows, columns) = (&self.axes[0][tap / self.columns], &self.axes[1][tap % self.columns]);
            seen.clear();
            seen.extend(places.iter().map(|&(y, x)| match (rows[y], columns[x]) {
                (0.., 0..) => rows[y] + columns[x],
                _ => -1,
            }));
            if tap % self.columns > 0 && self.follows(&before, &seen) {
                if let Some(last) = taps.last_mut().filter(|last| last.first + last.length == tap) {
                    last.length += 1;
                }
            } else if seen.iter().any(|&offset| offset >= 0) {
                // Nothing comes of a tap that all see outside.
                taps.push(Tap { first: tap, length: 1 });
                offsets.extend(&seen);
            }
            std::mem::swap(&mut before, &mut seen);
        }
        (taps, offsets)
    }

    /// Whether all pixels see a tap right after the one before, or both outside.
    fn follows(&self, before: &[i32], seen: &[i32]) -> bool {
        let follows = |(&before, &seen): (&i32, &i32)| if before < 0 { seen < 0 } else { seen == before + 1 };
        self.side_by_side && before.iter().zip(seen).all(follows)
    }
}
