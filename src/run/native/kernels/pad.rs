//! Parts of planar tensors, and tensors with a margin around them.

use crate::pieces::{self, Cut, Samples};

/// A planar tensor with a constant around it; or less of it, where a margin is negative.
#[derive(Clone, Debug)]
pub struct Pad {
    /// Those that change, outermost first, and of each the numbers of a position of the input.
    dims: Vec<Dimension>,
    /// Numbers of a position of the innermost of these, which are copied as they are.
    within: usize,
    value: f32,
    input: usize,
    output: usize,
}

/// Every so many positions of a planar tensor along one of its dimensions.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Of each part outside of the dimension: how many positions it has, and how many are taken.
    from: usize,
    to: usize,
    first: usize,
    step: usize,
    /// Parts outside, and numbers of a position.
    outside: usize,
    within: usize,
}

/// A dimension with a margin before it and behind it.
#[derive(Clone, Copy, Debug)]
struct Dimension {
    from: usize,
    to: usize,
    before: isize,
    /// Numbers of the input from one position to the next.
    apart: usize,
}

impl Pad {
    /// One of a tensor with these dimensions, that gets so many positions before and behind each.
    ///
    /// # Panics
    ///
    /// If there is not a margin for each dimension, or one takes away more than there is.
    pub fn new(dims: &[usize], margins: &[[isize; 2]], value: f32) -> Self {
        assert_eq!(dims.len(), margins.len(), "a margin for each dimension");
        let mut changed = vec![Dimension { from: 1, to: 1, before: 0, apart: dims.iter().product() }];
        for (index, (&from, &[before, behind])) in dims.iter().zip(margins).enumerate() {
            let to = from.checked_add_signed(before).and_then(|to| to.checked_add_signed(behind));
            let to = to.expect("no more is taken away than there is");
            let next = Dimension { from, to, before, apart: dims[index + 1..].iter().product() };
            // A dimension that stays as it is, is one with the one before it, each position of which has the more.
            match changed.last_mut() {
                Some(last) if (before, behind) == (0, 0) => {
                    let times = isize::try_from(from).expect("positions are in memory");
                    *last = Dimension {
                        from: last.from * from,
                        to: last.to * from,
                        before: last.before * times,
                        apart: next.apart,
                    };
                }
                _ => changed.push(next),
            }
        }
        let numbers = |size: fn(&Dimension) -> usize| changed.iter().map(size).product();
        let (input, output) = (numbers(|dim| dim.from), numbers(|dim| dim.to));
        Self { within: changed.last().map_or(1, |dim| dim.to), dims: changed, value, input, output }
    }

    /// Writes `output`, which is `input` with its margins.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let input = &input[..self.input];
        let samples = Samples { batch: 1, distance: self.output, numbers: self.output };
        pieces::run(output, samples, Cut::Rows(self.within), |_, start, piece| {
            for (index, row) in piece.chunks_exact_mut(self.within).enumerate() {
                self.row(input, start / self.within + index, row);
            }
        });
    }

    /// Writes a row along the innermost dimension.
    fn row(&self, input: &[f32], mut index: usize, row: &mut [f32]) {
        let (inner, outer) = self.dims.split_last().expect("there is one at least");
        let mut start = 0;
        for dim in outer.iter().rev() {
            let position =
                (index % dim.to).checked_add_signed(-dim.before).filter(|&position| position < dim.from);
            let Some(position) = position else {
                row.fill(self.value);
                return;
            };
            start += position * dim.apart;
            index /= dim.to;
        }
        let skipped = inner.before.min(0).unsigned_abs().min(inner.from);
        let before = inner.before.max(0).unsigned_abs().min(row.len());
        let count = (inner.from - skipped).min(row.len() - before);
        let (margin, rest) = row.split_at_mut(before);
        let (middle, behind) = rest.split_at_mut(count);
        margin.fill(self.value);
        middle.copy_from_slice(&input[start + skipped..][..count]);
        behind.fill(self.value);
    }
}

impl Slice {
    /// One of a tensor with these dimensions, of which `count` positions along dimension `dim` are taken: the first one and every
    /// `step`-th from there.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn new(dims: &[usize], dim: usize, [first, step, count]: [usize; 3]) -> Self {
        assert!(count == 0 || first + (count - 1) * step < dims[dim], "positions that there are");
        let product = |dims: &[usize]| dims.iter().product();
        let (outside, within) = (product(&dims[..dim]), product(&dims[dim + 1..]));
        Self { from: dims[dim], to: count, first, step, outside, within }
    }

    /// Writes `output`, the positions of `input` that are taken.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let &Self { from, to, first, step, outside, within } = self;
        let numbers = to * within;
        let all = Samples { batch: 1, distance: outside * numbers, numbers: outside * numbers };
        assert!(input.len() >= outside * from * within, "an input has its numbers");
        pieces::run(output, all, Cut::Rows(numbers), |_, start, piece| {
            for (index, part) in piece.chunks_exact_mut(numbers).enumerate() {
                let input = &input[(start / numbers + index) * from * within..][..from * within];
                if step == 1 {
                    part.copy_from_slice(&input[first * within..][..numbers]);
                } else if within == 1 {
                    for (to, &number) in part.iter_mut().zip(input[first..].iter().step_by(step)) {
                        *to = number;
                    }
                } else {
                    for (index, to) in part.chunks_exact_mut(within).enumerate() {
                        to.copy_from_slice(&input[(first + index * step) * within..][..within]);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Numbers, in_threads};

    /// The index along each dimension of number `at`.
    fn index(mut at: usize, dims: &[usize]) -> Vec<usize> {
        let mut index = vec![0; dims.len()];
        for (index, size) in index.iter_mut().zip(dims).rev() {
            (*index, at) = (at % size, at / size);
        }
        index
    }

    fn place(index: &[usize], dims: &[usize]) -> usize {
        index.iter().zip(dims).fold(0, |at, (index, size)| at * size + index)
    }

    fn check_pad(dims: &[usize], margins: &[[isize; 2]]) -> Result<(), TestCaseError> {
        let input = Numbers::new(1).some(dims.iter().product());
        let to: Vec<_> = dims
            .iter()
            .zip(margins)
            .map(|(&size, margin)| size.checked_add_signed(margin[0] + margin[1]).unwrap())
            .collect();
        let mut output = vec![9.0; to.iter().product::<usize>() + 1];
        Pad::new(dims, margins, 4.0).run(&input, &mut output);
        let (guard, output) = output.split_last().unwrap();
        prop_assert_eq!(*guard, 9.0);
        for (at, &found) in output.iter().enumerate() {
            let from: Option<Vec<usize>> = index(at, &to)
                .iter()
                .zip(margins)
                .zip(dims)
                .map(|((index, margin), &size)| {
                    index.checked_add_signed(-margin[0]).filter(|&position| position < size)
                })
                .collect();
            prop_assert_eq!(found, from.map_or(4.0, |from| input[place(&from, dims)]));
        }
        Ok(())
    }

    fn check_slice(dims: &[usize], dim: usize, taken: [usize; 3]) -> Result<(), TestCaseError> {
        let input = Numbers::new(1).some(dims.iter().product());
        let mut to = dims.to_vec();
        to[dim] = taken[2];
        let mut output = vec![9.0; to.iter().product::<usize>() + 1];
        Slice::new(dims, dim, taken).run(&input, &mut output);
        let (guard, output) = output.split_last().unwrap();
        prop_assert_eq!(*guard, 9.0);
        for (at, &found) in output.iter().enumerate() {
            let mut index = index(at, &to);
            index[dim] = taken[0] + index[dim] * taken[1];
            prop_assert_eq!(found, input[place(&index, dims)]);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn margins(all in prop::collection::vec((1..9usize, -9..5isize, -9..5isize, any::<bool>()), 1..5)) {
            let dims: Vec<_> = all.iter().map(|dim| dim.0).collect();
            let margins: Vec<_> = all.iter().map(|&(size, before, behind, changes)| {
                let size = size as isize;
                let before = before.max(-size);
                if changes { [before, behind.max(-size - before.min(0)).max(-size - before)] } else { [0, 0] }
            }).collect();
            check_pad(&dims, &margins)?;
        }

        #[test]
        fn slices(dims in prop::collection::vec(1..9usize, 1..5), dim: prop::sample::Index, first: usize, step in 1..4usize, count: usize) {
            let dim = dim.index(dims.len());
            let first = first % dims[dim];
            let most = (dims[dim] - first).div_ceil(step);
            check_slice(&dims, dim, [first, step, 1 + count % most])?;
        }
    }

    #[test]
    fn large_ones_in_threads() {
        in_threads(3, || {
            check_pad(&[2, 3, 100, 150], &[[0, 0], [0, 0], [3, 2], [3, 3]])?;
            check_pad(&[2, 100, 31, 31], &[[0, 0], [5, 7], [0, 0], [0, 0]])?;
            check_slice(&[2, 400, 300], 1, [1, 2, 200])?;
            check_slice(&[400, 601], 1, [0, 2, 300])
        })
        .unwrap();
    }
}
