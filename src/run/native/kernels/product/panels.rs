//! How the right matrix of a product is packed.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::tile::most_vectors;
use crate::Isa;
use crate::isa::Registers;
use crate::rows::{Times, change, map};

/// The columns of a matrix, cut in panels of a few registers each. The last register of the last panel is filled up with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panels {
    columns: usize,
    lanes: usize,
    count: usize,
}

/// A matrix that lies anyhow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    /// From its first number on.
    pub(crate) numbers: &'a [f32],
    /// Numbers from one row to the next.
    pub(crate) row: usize,
    /// Numbers from one column to the next.
    pub(crate) column: usize,
}

impl Panels {
    /// Those of so many columns, for an instruction set.
    pub(crate) fn new(isa: Isa, columns: usize) -> Self {
        let Registers { lanes, count } = isa.registers();
        Self { columns, lanes, count: columns.div_ceil(lanes).div_ceil(most_vectors(count)).max(1) }
    }

    /// The columns of the matrix.
    pub(crate) fn columns(self) -> usize {
        self.columns
    }

    /// Numbers in a register.
    pub(crate) fn lanes(self) -> usize {
        self.lanes
    }

    /// How many panels there are.
    pub(crate) fn count(self) -> usize {
        self.count
    }

    /// Registers of a panel.
    pub(crate) fn vectors(self, panel: usize) -> usize {
        self.vectors_before(panel + 1) - self.vectors_before(panel)
    }

    /// Columns of a panel.
    pub(crate) fn columns_of(self, panel: usize) -> Range<usize> {
        let before = |panel| (self.vectors_before(panel) * self.lanes).min(self.columns);
        before(panel)..before(panel + 1)
    }

    /// Columns, with those that fill up.
    pub(crate) fn filled(self) -> usize {
        self.columns.next_multiple_of(self.lanes)
    }

    /// Numbers of a packed matrix of so many rows.
    pub(crate) fn packed(self, rows: usize) -> usize {
        self.filled() * rows
    }

    /// Numbers of the panels before one.
    pub(crate) fn packed_before(self, panel: usize, rows: usize) -> usize {
        self.vectors_before(panel) * self.lanes * rows
    }

    /// Packs a matrix of so many rows, each number of it multiplied by `scale`.
    pub(crate) fn pack<S: Simd>(
        self,
        simd: S,
        matrix: Matrix<'_>,
        rows: usize,
        scale: f32,
        packed: &mut [f32],
    ) {
        assert_eq!(self.lanes, S::F32_LANES, "panels of the instruction set");
        simd.vectorize(Pack { panels: self, matrix, rows, scale, packed });
    }

    fn vectors_before(self, panel: usize) -> usize {
        // Panels differ by one register at the most.
        panel * self.columns.div_ceil(self.lanes) / self.count
    }
}

/// Packs a matrix.
struct Pack<'a> {
    panels: Panels,
    matrix: Matrix<'a>,
    rows: usize,
    scale: f32,
    packed: &'a mut [f32],
}

impl WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, matrix, rows, scale, packed } = self;
        let mut rest = packed;
        for panel in 0..panels.count {
            let (columns, width) = (panels.columns_of(panel), panels.vectors(panel) * panels.lanes);
            let (packed, behind) = std::mem::take(&mut rest).split_at_mut(width * rows);
            rest = behind;
            if width == 0 {
                continue;
            }
            if matrix.column == 1 {
                for (row, packed) in packed.chunks_exact_mut(width).enumerate() {
                    let numbers = &matrix.numbers[row * matrix.row + columns.start..][..columns.len()];
                    let (own, filling) = packed.split_at_mut(columns.len());
                    map(simd, [numbers], own, Times(scale));
                    filling.fill(0.0);
                }
                continue;
            }
            let count = columns.len();
            if matrix.row == 1 && rows > 0 {
                pack_columns(&matrix, columns, rows, packed, width);
            } else {
                for (row, packed) in packed.chunks_exact_mut(width).enumerate() {
                    for (column, packed) in columns.clone().zip(packed) {
                        *packed = matrix.numbers[row * matrix.row + column * matrix.column];
                    }
                }
            }
            for packed in packed.chunks_exact_mut(width) {
                packed[count..].fill(0.0);
            }
            change(simd, packed, Times(scale));
        }
    }
}

/// Rows and columns of a square that is transposed at once.
const SQUARE: usize = 4;

/// Packs columns whose numbers lie side by side, in squares.
#[inline(always)]
fn pack_columns(matrix: &Matrix<'_>, columns: Range<usize>, rows: usize, packed: &mut [f32], width: usize) {
    let column = |index: usize| &matrix.numbers[(columns.start + index) * matrix.column..][..rows];
    let squares = columns.len() / SQUARE * SQUARE;
    for first in (0..squares).step_by(SQUARE) {
        let of_square: [&[[f32; SQUARE]]; SQUARE] =
            std::array::from_fn(|index| column(first + index).as_chunks().0);
        for (square, packed) in packed.chunks_exact_mut(width * SQUARE).enumerate() {
            let numbers = of_square.map(|column| column[square]);
            for row in 0..SQUARE {
                let transposed: [f32; SQUARE] = std::array::from_fn(|column| numbers[column][row]);
                packed[row * width + first..][..SQUARE].copy_from_slice(&transposed);
            }
        }
    }
    for index in 0..columns.len() {
        let done = if index < squares { rows / SQUARE * SQUARE } else { 0 };
        for (row, number) in column(index).iter().enumerate().skip(done) {
            packed[row * width + index] = *number;
        }
    }
}
