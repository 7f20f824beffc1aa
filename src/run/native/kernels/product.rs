//! The product of two matrices of `f32`, which everything that multiplies matrices is made of.
//!
//! The right matrix is packed in panels ([`Panels`]): a few registers of columns side by side, row after row, so that it is read in
//! one go. The left one is read where it lies, a number at a time, each of which is multiplied with all registers of a row of the
//! panel: a tile of a few rows × a panel of the output is summed in registers (`tile`). Rows of the right matrix that are more than
//! [`DEPTH`] are summed in parts, so that a part of a panel stays in the cache while the rows of the left matrix pass over it.

mod panels;
mod tile;

use std::ops::Range;

use pulp::Simd;

use crate::function::apply;
use crate::{Finish, Function, rows};
pub(crate) use panels::{Matrix, Panels};
use tile::{Addend, Tile};

/// The most rows of the right matrix that are summed at once.
const DEPTH: usize = 1024;

/// The left matrix: rows of numbers that lie side by side.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    /// From its first number on.
    pub(crate) numbers: &'a [f32],
    /// Numbers from one row to the next.
    pub(crate) row: usize,
}

/// The right matrix, packed.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    /// How its columns are cut.
    pub(crate) panels: Panels,
    /// Its rows.
    pub(crate) inner: usize,
    /// As [`Panels::pack`] has left it.
    pub(crate) packed: &'a [f32],
}

/// What becomes of the product.
#[derive(Clone, Copy)]
pub(crate) struct End<'a> {
    /// A number for each column, which is added; as many as [`Panels::filled`] says, or none at all.
    pub(crate) bias: &'a [f32],
    /// What is done at last.
    pub(crate) finish: Finish,
    /// What is added then, from its first number on.
    pub(crate) residual: Added<'a>,
}

/// A residual of a product.
#[derive(Clone, Copy)]
pub(crate) enum Added<'a> {
    /// None.
    Nothing,
    /// Numbers, and how many there are from one row to the next.
    Rows(&'a [f32], usize),
    /// What stands in the output.
    Output,
}

/// Where the product goes.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// Its first number.
    pub(crate) first: *mut f32,
    /// Numbers from one row to the next.
    pub(crate) row: usize,
}

// SAFETY: whoever writes through it owes the proof that no other thread does so at the same place (`multiply`).
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl Output {
    /// The same from a later number on.
    ///
    /// # Safety
    ///
    /// That number is there.
    pub(crate) unsafe fn at(self, later: usize) -> Self {
        // SAFETY: the caller's promise.
        Self { first: unsafe { self.first.add(later) }, row: self.row }
    }
}

impl End<'_> {
    /// The sums themselves.
    pub(crate) const NONE: Self = Self { bias: &[], finish: Finish::NONE, residual: Added::Nothing };
}

impl Right<'_> {
    /// Asserts that the packed numbers are all there.
    fn check(&self) {
        assert!(self.packed.len() >= self.panels.packed(self.inner), "a packed matrix is whole");
    }
}

/// Multiplies all rows of a left matrix with all columns of a right one, into rows of `output` that lie `row` apart.
#[inline(always)]
pub(crate) fn multiply_all<S: Simd>(
    simd: S,
    left: Left<'_>,
    rows: usize,
    right: &Right<'_>,
    end: &End<'_>,
    (output, row): (&mut [f32], usize),
) {
    let columns = right.panels.columns();
    assert!(rows == 0 || output.len() >= (rows - 1) * row + columns, "an output has room for the product");
    let output = Output { first: output.as_mut_ptr(), row };
    // SAFETY: the output has room for all rows and columns, and is borrowed exclusively.
    unsafe { multiply(simd, left, 0..rows, right, 0..right.panels.count(), end, output) }
}

/// Multiplies some rows of a left matrix with some panels of a right one.
///
/// # Safety
///
/// `output` can be written at these rows and the columns of these panels, and nobody else does anything with those meanwhile.
#[inline(always)]
pub(crate) unsafe fn multiply<S: Simd>(
    simd: S,
    left: Left<'_>,
    rows: Range<usize>,
    right: &Right<'_>,
    panels: Range<usize>,
    end: &End<'_>,
    output: Output,
) {
    if rows.is_empty() {
        return;
    }
    check(simd, left, &rows, right, &panels, end);
    let end = Ending::new(end);
    for panel in panels {
        let of_panel = Panel { left, right, end: &end, output, index: panel };
        for depth in parts(right.inner, DEPTH) {
            let most = tile::most_rows::<S>(right.panels.vectors(panel));
            for tile in parts(rows.len(), most) {
                let rows = rows.start + tile.start..rows.start + tile.end;
                // SAFETY: `check` has seen that the matrices have these rows and panels, and the caller answers for the output.
                unsafe { of_panel.tile(simd, rows, depth.clone()) }
            }
        }
    }
}

/// Asserts that what is read is there.
#[inline(always)]
fn check<S: Simd>(
    _: S,
    left: Left<'_>,
    rows: &Range<usize>,
    right: &Right<'_>,
    panels: &Range<usize>,
    end: &End<'_>,
) {
    let (columns, of_panels) = (right.panels.columns(), right.panels);
    right.check();
    assert!(panels.end <= of_panels.count() && of_panels.lanes() == S::F32_LANES, "panels of the matrix");
    assert!(left.numbers.len() >= (rows.end - 1) * left.row + right.inner, "the left matrix has the rows");
    assert!(end.bias.is_empty() || end.bias.len() >= of_panels.filled(), "a bias for each column");
    if let Added::Rows(numbers, row) = end.residual {
        assert!(numbers.len() >= (rows.end - 1) * row + columns, "a residual for each number");
    }
}

/// `count` in as few parts of at most `most` as possible, which differ by 1 at the most.
pub(crate) fn parts(count: usize, most: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    let parts = count.div_ceil(most).max(1);
    (0..parts).map(move |part| part * count / parts..(part + 1) * count / parts)
}

/// What is done at last, in the order in which a tile can do it.
struct Ending<'a> {
    bias: &'a [f32],
    /// What the tile adds.
    in_tile: Added<'a>,
    /// The bounds of what the tile writes.
    clamp: Option<(f32, f32)>,
    /// What is done to rows of the tile while they are in the cache: a function, perhaps a residual, a function.
    after: Option<(Function, Added<'a>, Function)>,
}

impl<'a> Ending<'a> {
    fn new(end: &End<'a>) -> Self {
        let Finish { first, add, last } = end.finish;
        let residual = if add { end.residual } else { Added::Nothing };
        let nothing = matches!(residual, Added::Nothing);
        // Without a residual both functions follow each other.
        let (first, last) =
            if nothing && last == Function::Identity { (Function::Identity, first) } else { (first, last) };
        let bias = end.bias;
        if first != Function::Identity {
            assert!(!matches!(residual, Added::Output), "only the identity comes before what is there");
            let after = Some((first, residual, last));
            return Self { bias, in_tile: Added::Nothing, clamp: None, after };
        }
        let (clamp, after) = if let Function::Clamp { low, high } = last {
            (Some((low, high)), None)
        } else if last == Function::Identity {
            (None, None)
        } else {
            (None, Some((first, Added::Nothing, last)))
        };
        Self { bias, in_tile: residual, clamp, after }
    }
}

/// A panel of a product.
struct Panel<'a> {
    left: Left<'a>,
    right: &'a Right<'a>,
    end: &'a Ending<'a>,
    output: Output,
    index: usize,
}

impl Panel<'_> {
    /// Some rows of it, and a part of their sums.
    ///
    /// # Safety
    ///
    /// The matrices, the bias and the residual have these rows and this panel, and the output can be written there.
    #[inline(always)]
    unsafe fn tile<S: Simd>(&self, simd: S, rows: Range<usize>, depth: Range<usize>) {
        let (panels, inner) = (self.right.panels, self.right.inner);
        let (vectors, columns) = (panels.vectors(self.index), panels.columns_of(self.index));
        let width = vectors * S::F32_LANES;
        let is_last = depth.end == inner;
        // SAFETY: all offsets are to numbers that are there, as the caller promises.
        let (left, right, output) = unsafe {
            (
                self.left.numbers.as_ptr().add(rows.start * self.left.row + depth.start),
                self.right.packed.as_ptr().add(panels.packed_before(self.index, inner) + depth.start * width),
                self.output.first.add(rows.start * self.output.row + columns.start),
            )
        };
        let tile = Tile {
            left,
            left_row: self.left.row,
            right,
            inner: depth.len(),
            output,
            output_row: self.output.row,
            addends: self.addends(rows.start, columns.start, output, depth.start == 0),
            clamp: self.end.clamp.filter(|_| is_last),
            last: columns.len() - (vectors - 1) * S::F32_LANES,
        };
        // SAFETY: so many rows of the left matrix, rows of the panel and numbers of the output are there.
        unsafe { tile::kernel::<S>(rows.len(), vectors)(simd, &tile) }
        if let Some((first, residual, last)) = self.end.after
            && is_last
        {
            for row in rows {
                // SAFETY: the row of the tile that was just written.
                let numbers = unsafe {
                    std::slice::from_raw_parts_mut(
                        self.output.first.add(row * self.output.row + columns.start),
                        columns.len(),
                    )
                };
                let residual = match residual {
                    Added::Rows(numbers, of_row) => &numbers[row * of_row + columns.start..][..columns.len()],
                    Added::Nothing | Added::Output => &[],
                };
                apply(simd, first, numbers);
                if !residual.is_empty() {
                    rows::change_by(simd, numbers, residual, rows::Sum);
                }
                apply(simd, last, numbers);
            }
        }
    }

    /// What a tile adds: at first the bias and a residual, and then what it has written before.
    #[inline(always)]
    fn addends(&self, row: usize, column: usize, output: *const f32, is_first: bool) -> [Addend; 2] {
        let written = Addend { first: output, row: self.output.row };
        if !is_first {
            return [written, Addend::NONE];
        }
        let bias = if self.end.bias.is_empty() {
            Addend::NONE
        } else {
            Addend { first: self.end.bias[column..].as_ptr(), row: 0 }
        };
        let residual = match self.end.in_tile {
            Added::Nothing => Addend::NONE,
            Added::Rows(numbers, of_row) => {
                Addend { first: numbers[row * of_row + column..].as_ptr(), row: of_row }
            }
            Added::Output => written,
        };
        [bias, residual]
    }
}

#[cfg(test)]
mod tests;
