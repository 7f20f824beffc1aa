//! The dimensions of a tensor in another order.

use pulp::{Simd, WithSimd};

use crate::pieces::{self, Cut, Samples};
use crate::{Isa, rows, transpose};

/// The most dimensions of a tensor.
const MOST: usize = 8;

/// The most numbers of a register: rows of a transposed matrix that go together.
const TOGETHER: usize = 16;

/// A planar tensor with its dimensions in another order.
#[derive(Clone, Debug)]
pub struct Permute {
    isa: Isa,
    numbers: usize,
    way: Way,
}

/// How the output is written.
#[derive(Clone, Debug)]
enum Way {
    /// Rows of so many numbers, which lie side by side in both, for every index of the dimensions.
    Copy(Vec<Dimension>, usize),
    /// Matrices, whose columns become rows.
    Transpose {
        /// Dimensions outside of the rows of a matrix.
        outer: Vec<Dimension>,
        /// The rows of the output, which in the input are columns.
        rows: Dimension,
        /// Dimensions between rows and columns.
        between: Vec<Dimension>,
        /// The columns of the output, which in the input are rows.
        columns: Dimension,
    },
}

/// A dimension of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dimension {
    size: usize,
    /// Numbers of the input from one of its positions to the next.
    from: usize,
    /// The same of the output.
    to: usize,
}

impl Permute {
    /// One of a tensor with these dimensions, whose dimension `order[i]` becomes dimension i.
    ///
    /// # Panics
    ///
    /// If there are more than eight dimensions, or `order` is none of them.
    pub fn new(isa: Isa, dims: &[usize], order: &[usize]) -> Self {
        assert!(dims.len() <= MOST && order.len() == dims.len(), "an order of at most eight dimensions");
        assert!((0..dims.len()).all(|dim| order.contains(&dim)), "every dimension has its place");
        let mut outer = merged(dims, order);
        let columns = outer.pop().unwrap_or(Dimension { size: 1, from: 1, to: 1 });
        // What lies side by side in the input is some dimension of the output.
        let way = match outer.iter().position(|dimension| dimension.from == 1) {
            Some(rows) if columns.from > 1 => {
                let between = outer.split_off(rows + 1);
                let rows = outer.pop().expect("it was found");
                Way::Transpose { outer, rows, between, columns }
            }
            _ => Way::Copy(outer, columns.size),
        };
        Self { isa, numbers: dims.iter().product(), way }
    }

    /// Writes `output`, which is `input` with its dimensions in the other order.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let input = &input[..self.numbers];
        if self.numbers == 0 {
            return;
        }
        match &self.way {
            Way::Copy(outer, count) => {
                let samples = Samples { batch: 1, distance: self.numbers, numbers: self.numbers };
                let cut = if outer.is_empty() { Cut::Within(*count, 1) } else { Cut::Rows(*count) };
                pieces::run(output, samples, cut, |_, start, piece| {
                    self.isa.run(Copies { outer, count: *count, input, start, piece });
                });
            }
            Way::Transpose { outer, rows, between, columns } => {
                let numbers = rows.size * rows.to;
                let samples = Samples { batch: self.numbers / numbers, distance: numbers, numbers };
                pieces::run(output, samples, Cut::Rows(TOGETHER * rows.to), |sample, start, piece| {
                    let row = start / rows.to;
                    let input = &input[offsets(outer, sample).0 + row..];
                    let rows = Dimension { size: piece.len() / rows.to, ..*rows };
                    self.isa.run(Matrices { input, rows, between, columns: *columns, piece });
                });
            }
        }
    }
}

/// The dimensions of the output, where those that follow each other in both are one, and those of size 1 are left out.
fn merged(dims: &[usize], order: &[usize]) -> Vec<Dimension> {
    let mut all: Vec<Dimension> = vec![];
    for &dim in order.iter().filter(|&&dim| dims[dim] != 1) {
        let next = Dimension { size: dims[dim], from: dims[dim + 1..].iter().product(), to: 1 };
        match all.last_mut() {
            Some(last) if last.from == next.size * next.from => {
                *last = Dimension { size: last.size * next.size, ..next };
            }
            _ => all.push(next),
        }
    }
    let mut to = 1;
    for dimension in all.iter_mut().rev() {
        dimension.to = to;
        to *= dimension.size;
    }
    all
}

/// Where in the input and the output the indices of dimensions lie that are number `index` in order.
fn offsets(dimensions: &[Dimension], mut index: usize) -> (usize, usize) {
    let mut offsets = (0, 0);
    for dimension in dimensions.iter().rev() {
        let position = index % dimension.size;
        offsets = (offsets.0 + position * dimension.from, offsets.1 + position * dimension.to);
        index /= dimension.size;
    }
    offsets
}

/// A piece of an output that is copied row by row, or a part of its only row.
struct Copies<'a> {
    outer: &'a [Dimension],
    count: usize,
    input: &'a [f32],
    start: usize,
    piece: &'a mut [f32],
}

impl WithSimd for Copies<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { outer, count, input, start, piece } = self;
        let Some((inner, _)) = outer.split_last() else {
            piece.copy_from_slice(&input[start..][..piece.len()]);
            return;
        };
        // The innermost of the outer dimensions in a loop of its own, as it is to be short of divisions.
        let mut row = start / count;
        let mut piece = piece;
        while !piece.is_empty() {
            let from = &input[offsets(outer, row).0..];
            let rows = (inner.size - row % inner.size).min(piece.len() / count);
            let (part, rest) = piece.split_at_mut(rows * count);
            for (index, to) in part.chunks_exact_mut(count).enumerate() {
                // They may be few, for which a call would take longer.
                rows::map(simd, [&from[index * inner.from..][..count]], to, rows::Same);
            }
            (piece, row) = (rest, row + rows);
        }
    }
}

/// A piece of an output: some rows, with all that is between rows and columns.
struct Matrices<'a> {
    input: &'a [f32],
    rows: Dimension,
    between: &'a [Dimension],
    columns: Dimension,
    piece: &'a mut [f32],
}

impl WithSimd for Matrices<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { input, rows, between, columns, piece } = self;
        for index in 0..between.iter().map(|dimension| dimension.size).product() {
            let (from, to) = offsets(between, index);
            let (from, to) = ((&input[from..], columns.from), (&mut piece[to..], rows.to));
            transpose::matrix(simd, from, to, [columns.size, rows.size]);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Numbers, in_threads};

    fn check(isa: Isa, dims: &[usize], order: &[usize]) -> Result<(), TestCaseError> {
        let input = Numbers::new(1).some(dims.iter().product());
        let mut output = vec![9.0; input.len() + 1];
        Permute::new(isa, dims, order).run(&input, &mut output);
        for (at, &found) in output[..input.len()].iter().enumerate() {
            let mut index = vec![0; dims.len()];
            let mut rest = at;
            for &dim in order.iter().rev() {
                (index[dim], rest) = (rest % dims[dim], rest / dims[dim]);
            }
            let from = index.iter().zip(dims).fold(0, |from, (index, size)| from * size + index);
            prop_assert_eq!(found, input[from]);
        }
        prop_assert_eq!(output[input.len()], 9.0);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]

        #[test]
        fn any_order(sizes in prop::collection::vec(1..40usize, 1..5), more in prop::collection::vec(1..4usize, 0..4), keys: [u8; 8]) {
            let dims = [sizes, more].concat();
            let dims = if dims.iter().product::<usize>() > 60_000 { dims[1..].to_vec() } else { dims };
            let mut order: Vec<_> = (0..dims.len()).collect();
            order.sort_by_key(|&dim| keys[dim]);
            for isa in Isa::here() {
                check(isa, &dims, &order)?;
            }
        }
    }

    #[test]
    fn large_ones_in_threads() {
        let cases: [(&[usize], &[usize]); 6] = [
            (&[2, 150, 307], &[0, 2, 1]),
            (&[99, 12, 64], &[1, 0, 2]),
            (&[50, 60, 30], &[2, 1, 0]),
            (&[40_000, 3], &[1, 0]),
            (&[3, 40_000], &[1, 0]),
            (&[100, 1000], &[0, 1]),
        ];
        for (dims, order) in cases {
            for isa in Isa::here() {
                in_threads(3, || check(isa, dims, order)).unwrap();
            }
        }
    }
}
