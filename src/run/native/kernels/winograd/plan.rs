//! How a convolution is divided: into tiles, groups of tiles that are at hand together, and tasks for threads.

use std::ops::Range;

use crate::ConvShape;
use crate::memory::{LINE, spare};

/// The tiles of a batch, in the order of samples, rows, columns.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    across: usize,
    down: usize,
    /// Of the batch.
    pub(super) tiles: usize,
}

/// Where a tile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The sample.
    pub(super) sample: usize,
    /// The row of tiles.
    pub(super) row: usize,
    /// The column of tiles.
    pub(super) column: usize,
}

/// What several threads do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Nothing: there is one.
    Serial,
    /// Each has groups of its own.
    Groups,
    /// All have the same group, and each has channels of its own.
    Channels,
}

/// The division of a convolution, and where in scratch memory its values lie.
///
/// The transformed inputs of a group are [point][block of channels][tile][channel of the block], and its products
/// [point][vector of the panel][tile][channel of the vector]. Points are an odd number of cache lines apart, so that the values of a
/// tile do not compete for the same places of the cache.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) grid: Grid,
    pub(super) groups: usize,
    /// Tiles of the largest group.
    pub(super) most: usize,
    pub(super) split: Split,
    /// Tasks that run at once.
    pub(super) slots: usize,
    /// Blocks of input channels.
    pub(super) in_blocks: usize,
    /// Numbers between points of the transformed inputs.
    pub(super) value_point: usize,
    /// Numbers between points of the products.
    pub(super) product_point: usize,
    points: usize,
}

/// Tiles below which a group makes poor use of the weights that it reads.
const FEW: usize = 28;
/// Tiles below which a group is not worth having at all.
const LEAST: usize = 4;
/// Tiles above which a group gains nothing.
const MANY: usize = 56;
/// Numbers of scratch memory that a group should have at most: what leaves room for weights in a cache of a megabyte.
const AT_HAND: usize = 160 << 10;
/// Multiplications below which threads are not worth waking.
const SMALL: usize = 1 << 20;

impl Grid {
    fn new(shape: &ConvShape, side: usize) -> Self {
        let [down, across] = shape.output.map(|size| size.div_ceil(side));
        Self { across, down, tiles: shape.batch * down * across }
    }

    /// Where the tiles of a range are.
    #[inline(always)]
    pub(super) fn spots(&self, tiles: &Range<usize>) -> impl Iterator<Item = Spot> + use<> {
        let &Self { across, down, .. } = self;
        let per_sample = (across * down).max(1);
        let inside = tiles.start % per_sample;
        let start = Spot {
            sample: tiles.start / per_sample,
            row: inside / across.max(1),
            column: inside % across.max(1),
        };
        std::iter::successors(Some(start), move |&Spot { sample, row, column }| {
            Some(if column + 1 < across {
                Spot { sample, row, column: column + 1 }
            } else if row + 1 < down {
                Spot { sample, row: row + 1, column: 0 }
            } else {
                Spot { sample: sample + 1, row: 0, column: 0 }
            })
        })
        .take(tiles.len())
    }
}

impl Plan {
    /// For tiles of `side` × `side` outputs, so many channels in a block, and `panels` panels of at most `width` output channels.
    pub(super) fn new(
        shape: &ConvShape,
        side: usize,
        block: usize,
        (panels, width): (usize, usize),
        threads: usize,
    ) -> Self {
        let points = (side + 2) * (side + 2);
        let in_blocks = shape.in_channels.div_ceil(block);
        let grid = Grid::new(shape, side);
        let work = grid.tiles * points * shape.in_channels * shape.out_channels;
        let threads = if work < SMALL { 1 } else { threads };
        let many = (AT_HAND / (points * (in_blocks * block + width))).clamp(FEW, MANY);
        let groups = grid.tiles.div_ceil(many).max(1);
        let split = split(grid.tiles, panels, threads);
        let (groups, slots) = match split {
            Split::Serial => (groups, 1),
            Split::Groups => (groups.next_multiple_of(threads), threads),
            Split::Channels => (groups, threads.min(panels)),
        };
        let most = grid.tiles.div_ceil(groups);
        Self {
            groups,
            most,
            split,
            slots,
            in_blocks,
            value_point: apart(most * in_blocks * block),
            product_point: apart(most * width),
            points,
            grid,
        }
    }

    /// The tiles of a group.
    pub(super) fn group(&self, group: usize) -> Range<usize> {
        let at = |group: usize| group * self.grid.tiles / self.groups;
        at(group)..at(group + 1)
    }

    /// Numbers of transformed inputs at once.
    pub(super) fn values(&self) -> usize {
        self.points * self.value_point
    }

    /// Numbers of products at once, of a task.
    pub(super) fn products(&self) -> usize {
        self.points * self.product_point
    }

    /// Numbers of scratch memory, with room to begin at a line of the cache.
    pub(super) fn scratch(&self) -> usize {
        spare()
            + match self.split {
                Split::Serial | Split::Groups => self.slots * (self.values() + self.products()),
                Split::Channels => self.values() + self.slots * self.products(),
            }
    }
}

/// How so many threads divide tiles and panels. Groups of few tiles each read all weights for little; panels that do not come out even
/// leave threads idle.
fn split(tiles: usize, panels: usize, threads: usize) -> Split {
    let even = panels * 4 >= panels.next_multiple_of(threads) * 3;
    match threads {
        ..=1 => Split::Serial,
        _ if tiles >= threads * FEW => Split::Groups,
        _ if even || tiles < threads * LEAST => Split::Channels,
        _ => Split::Groups,
    }
}

/// So many numbers or a few more: an odd number of lines of the cache.
fn apart(numbers: usize) -> usize {
    (numbers.div_ceil(LINE) | 1) * LINE
}
