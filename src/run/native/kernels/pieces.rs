//! The numbers of an output in pieces, which are tasks for the threads of rayon's current pool. Where a piece ends may depend on how
//! many threads there are, but not what is computed for a number.

use rayon::prelude::*;

use crate::tasks::threads_for;
use crate::{Isa, Layout, Positions};

/// Operations that a number counts for where nothing is done but to fetch and to write it.
const OPERATIONS: usize = 16;

/// Parts of work for each thread, so that none waits long for the last.
const PARTS_FOR_EACH: usize = 4;

/// Numbers of a piece, about: few enough to stay in a core's cache.
const PIECE: usize = 1 << 14;

/// Samples of a tensor of which each begins at some distance from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    /// How many.
    pub(crate) batch: usize,
    /// Numbers from one to the next.
    pub(crate) distance: usize,
    /// Numbers of each.
    pub(crate) numbers: usize,
}

impl Samples {
    /// Numbers from the first to the last one.
    pub(crate) fn span(self) -> usize {
        if self.batch == 0 { 0 } else { (self.batch - 1) * self.distance + self.numbers }
    }

    /// That one does not reach into the next.
    ///
    /// # Panics
    ///
    /// If it does.
    pub(crate) fn assert_apart(self) {
        assert!(self.batch < 2 || self.distance >= self.numbers, "samples apart");
    }

    /// Does `task` to all pieces of a tensor: of each sample in chunks of so many numbers, which one thread gets whole and several
    /// in pieces of so many. It is told which sample, and which number of it the piece begins with.
    fn each(
        self,
        output: &mut [f32],
        threads: usize,
        [chunk, piece]: [usize; 2],
        task: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        assert!(output.len() >= self.span(), "an output has room for its samples");
        let Self { batch, distance, numbers } = self;
        if batch == 0 || numbers == 0 {
            return;
        }
        self.assert_apart();
        let output = &mut output[..self.span()];
        let distance = distance.max(numbers);
        if threads == 1 {
            for (sample, output) in output.chunks_mut(distance).enumerate() {
                for (index, output) in output[..numbers].chunks_mut(chunk).enumerate() {
                    task(sample, index * chunk, output);
                }
            }
            return;
        }
        output.par_chunks_mut(distance).enumerate().for_each(|(sample, output)| {
            output[..numbers].par_chunks_mut(chunk).enumerate().for_each(|(index, output)| {
                output.par_chunks_mut(piece).with_max_len(1).enumerate().for_each(|(part, output)| {
                    task(sample, index * chunk + part * piece, output);
                });
            });
        });
    }
}

/// An output in planes, of which a part is some rows of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// Samples.
    pub batch: usize,
    /// Numbers from one sample to the next.
    pub sample: usize,
    /// Planes of a sample, which follow each other.
    pub planes: usize,
    /// Rows of a plane, which are not divided.
    pub rows: usize,
    /// Numbers of a row.
    pub row: usize,
}

/// Where a part of an output is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Which sample.
    pub sample: usize,
    /// Which plane of it.
    pub plane: usize,
    /// Its first row in the plane.
    pub row: usize,
}

impl Parts {
    /// The numbers of a sample.
    pub(crate) fn numbers(&self) -> usize {
        self.planes * self.rows * self.row
    }

    /// The numbers that a slice has at least which holds them all.
    pub(crate) fn least(&self) -> usize {
        self.samples().span()
    }

    fn samples(&self) -> Samples {
        Samples { batch: self.batch, distance: self.sample, numbers: self.numbers() }
    }

    /// Where a part begins in a tensor that is divided up like this.
    pub(crate) fn first(&self, part: Part) -> usize {
        part.sample * self.sample + (part.plane * self.rows + part.row) * self.row
    }

    /// Does `task` for each part of `output`, which is given to it, on as many threads as are worth it for an amount of `work` in
    /// operations.
    pub(crate) fn each(&self, output: &mut [f32], work: usize, task: impl Fn(Part, &mut [f32]) + Sync) {
        let (threads, plane) = (threads_for(work), self.rows * self.row);
        let parts = (PARTS_FOR_EACH * threads).div_ceil((self.batch * self.planes).max(1));
        let rows = self.rows.div_ceil(parts.clamp(1, self.rows.max(1)));
        self.samples().each(output, threads, [plane, rows * self.row], |sample, first, output| {
            task(Part { sample, plane: first / plane, row: first % plane / self.row }, output);
        });
    }
}

impl Positions {
    /// Channels or groups of them as planes, and positions as rows.
    pub(crate) fn parts(&self, layout: Layout, isa: Isa, sample: usize) -> Parts {
        let row = match layout {
            Layout::Planar => 1,
            Layout::Blocked => isa.block(),
        };
        Parts { batch: self.batch, sample, planes: self.channels.div_ceil(row), rows: self.positions, row }
    }
}

/// What a piece may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Whole rows of so many numbers, of which the last may be shorter.
    Rows(usize),
    /// The same, or a part of one row: so many numbers, or a multiple of that.
    Within(usize, usize),
}

impl Cut {
    /// Numbers of a row, and of the pieces.
    fn sizes(self) -> (usize, usize) {
        match self {
            Self::Rows(row) | Self::Within(row, _) if row < PIECE => (row, PIECE / row.max(1) * row),
            Self::Rows(row) => (row, row),
            Self::Within(row, unit) => (row, (PIECE / unit.max(1)).max(1) * unit),
        }
    }
}

/// Does `task` to all pieces of an output's samples: it is told which sample, and which number of it the piece begins with.
pub(crate) fn run(
    output: &mut [f32],
    samples: Samples,
    cut: Cut,
    task: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let threads = threads_for(OPERATIONS * samples.batch * samples.numbers);
    let (row, piece) = cut.sizes();
    // Of a piece that is a part of a row, the row is chunked first, so that none goes on in the next.
    samples.each(output, threads, [row.max(piece), piece], task);
}

/// Does `task` to all numbers, in one piece for one thread, and for several in pieces of a multiple of `unit` numbers: it is told
/// which number a piece begins with.
pub(crate) fn share(numbers: &mut [f32], unit: usize, task: impl Fn(usize, &mut [f32]) + Sync) {
    let count = numbers.len();
    let threads = threads_for(OPERATIONS * count);
    let piece = count.div_ceil(PARTS_FOR_EACH * threads).next_multiple_of(unit);
    let all = Samples { batch: 1, distance: count, numbers: count };
    all.each(numbers, threads, [count, piece], |_, first, piece| task(first, piece));
}

/// The parts of a piece that lie in a row each: which row, which number of it is the first, and the numbers.
pub(crate) fn rows(
    mut piece: &mut [f32],
    start: usize,
    row: usize,
) -> impl Iterator<Item = (usize, usize, &mut [f32])> {
    let mut at = start;
    std::iter::from_fn(move || {
        if piece.is_empty() {
            return None;
        }
        let (index, first) = (at / row, at % row);
        let count = (row - first).min(piece.len());
        at += count;
        let part = piece.split_off_mut(..count)?;
        Some((index, first, part))
    })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests {
    use super::*;
    use crate::testing::in_threads;

    #[test]
    fn every_number_is_in_one_piece() {
        for threads in [1, 3] {
            for (row, unit, numbers) in
                [(7, 1, 100), (40_000, 16, 100_000), (PIECE, 1, 3 * PIECE + 5), (1, 1, 90_000)]
            {
                for cut in [Cut::Rows(row), Cut::Within(row, unit)] {
                    let samples = Samples { batch: 2, distance: numbers + 3, numbers };
                    let mut output = vec![0.0; samples.span()];
                    in_threads(threads, || {
                        run(&mut output, samples, cut, |sample, start, piece| {
                            for (index, first, part) in rows(piece, start, row) {
                                let number = sample * samples.distance + index * row + first;
                                part.iter_mut().enumerate().for_each(|(at, x)| *x += (number + at) as f32);
                            }
                        });
                    });
                    for (at, &found) in output.iter().enumerate() {
                        let is_between = at % samples.distance >= numbers;
                        assert!(if is_between { found == 0.0 } else { found == at as f32 });
                    }
                }
            }
        }
    }

    #[test]
    fn every_number_belongs_to_one_part() {
        for (batch, planes, rows, row, gap, work) in [
            (1, 1, 1, 1, 0, 0),
            (3, 2, 5, 4, 7, 0),
            (3, 2, 5, 4, 7, usize::MAX),
            (1, 3, 17, 2, 0, usize::MAX),
        ] {
            let parts = Parts { batch, sample: planes * rows * row + gap, planes, rows, row };
            let mut output = vec![-1.0; parts.least() + 3];
            let fill = |part: Part, numbers: &mut [f32]| {
                for (index, number) in numbers.iter_mut().enumerate() {
                    assert_eq!(*number, -1.0);
                    let first = (part.plane * rows + part.row) * row;
                    *number = (part.sample * parts.sample + first + index) as f32;
                }
            };
            in_threads(3, || parts.each(&mut output, work, fill));
            for (index, &number) in output.iter().enumerate() {
                let is_in = index < parts.least() && index % parts.sample < parts.numbers();
                assert_eq!(number, if is_in { index as f32 } else { -1.0 });
            }
        }
    }
}
