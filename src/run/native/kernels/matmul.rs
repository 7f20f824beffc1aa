//! Products of two matrices that are both computed, one pair after the other.

use pulp::{Simd, WithSimd};

use crate::memory::{aligned, spare};
use crate::product::{self, End, Left, Matrix, Output, Panels, Right, parts};
use crate::{Isa, tasks};

/// How an operand of a [`Matmul`] lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// For each size before the last two, numbers from one matrix to the next: 0 where it is the same one.
    pub stack: Vec<usize>,
    /// Numbers from one row to the next.
    pub row: usize,
    /// Numbers from one column to the next: 1, and more where the matrix is transposed.
    pub column: usize,
}

/// The sizes of products of matrices.
#[derive(Clone, Debug, PartialEq)]
pub struct MatmulShape {
    /// Sizes before the last two, the batch among them: there are as many products as they multiply to.
    pub stack: Vec<usize>,
    /// Rows of the left matrix.
    pub rows: usize,
    /// Columns of the left one and rows of the right one.
    pub inner: usize,
    /// Columns of the right one.
    pub columns: usize,
    /// How the left ones lie.
    pub left: Operand,
    /// How the right ones lie.
    pub right: Operand,
    /// What each product is multiplied by.
    pub scale: f32,
}

/// Products of matrices.
#[derive(Clone, Debug)]
pub struct Matmul {
    isa: Isa,
    shape: MatmulShape,
    /// Where each left and right matrix begins.
    firsts: Vec<[usize; 2]>,
    threads: usize,
}

impl Operand {
    /// Matrices of so many rows and columns behind each other, of sizes `stack` before these; where one is 1 and the product's
    /// is not, it is stretched.
    pub fn packed(stack: &[usize], rows: usize, columns: usize) -> Self {
        let mut apart = rows * columns;
        let mut strides: Vec<_> = stack
            .iter()
            .rev()
            .map(|&size| {
                let stride = if size == 1 { 0 } else { apart };
                apart *= size;
                stride
            })
            .collect();
        strides.reverse();
        Self { stack: strides, row: columns, column: 1 }
    }

    /// Where a matrix begins.
    fn first(&self, index: usize, stack: &[usize]) -> usize {
        let mut rest = index;
        let sizes = stack.iter().zip(&self.stack).rev();
        sizes.fold(0, |first, (&size, &stride)| {
            let along = rest % size;
            rest /= size;
            first + along * stride
        })
    }
}

impl Matmul {
    /// Products of this shape.
    ///
    /// # Panics
    ///
    /// If an operand has another number of sizes.
    pub fn new(isa: Isa, shape: &MatmulShape) -> Self {
        let MatmulShape { stack, left, right, .. } = shape;
        assert!(
            left.stack.len() == stack.len() && right.stack.len() == stack.len(),
            "a stride for each size"
        );
        let count = stack.iter().product();
        let firsts =
            (0..count).map(|index| [left, right].map(|operand| operand.first(index, stack))).collect();
        Self { isa, shape: shape.clone(), firsts, threads: rayon::current_num_threads() }
    }

    /// Numbers of scratch memory that it needs.
    pub fn scratch(&self) -> usize {
        let MatmulShape { rows, columns, .. } = self.shape;
        let tasks = self.firsts.len() * rows.div_ceil(ROWS) * columns.div_ceil(self.columns_of_task());
        self.threads.min(tasks) * self.piece()
    }

    /// Computes `output`, stack × rows × columns, of both operands.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, left: &[f32], right: &[f32], output: &mut [f32], scratch: &mut [f32]) {
        let MatmulShape { rows, inner, columns, .. } = self.shape;
        let matrices = self.firsts.len();
        assert!(output.len() >= matrices * rows * columns, "an output has room for the products");
        let to = Output { first: output.as_mut_ptr(), row: columns };
        let of_rows: Vec<_> = parts(rows, ROWS).collect();
        let of_columns: Vec<_> = parts(columns, self.columns_of_task()).collect();
        let each = of_rows.len() * of_columns.len();
        let operations = 2 * matrices * rows * inner * columns;
        tasks::run_with_scratch(matrices * each, operations, (scratch, self.piece()), |task, scratch| {
            let [left_first, right_first] = self.firsts[task / each];
            let rows = of_rows[task % each / of_columns.len()].clone();
            let columns_of_task = of_columns[task % of_columns.len()].clone();
            // SAFETY: a number of a product, of which the output has all.
            let output = unsafe { to.at(task / each * self.shape.rows * columns + columns_of_task.start) };
            let right = &right[right_first + columns_of_task.start * self.shape.right.column..];
            let work = Work {
                matmul: self,
                left: &left[left_first..],
                right,
                rows,
                columns: columns_of_task.len(),
                output,
                scratch,
            };
            self.isa.run(work);
        });
    }

    /// Numbers of scratch memory of a task: a packed part of the right matrix, and rows of the left one.
    fn piece(&self) -> usize {
        let MatmulShape { rows, inner, columns, .. } = self.shape;
        let right = Panels::new(self.isa, self.columns_of_task().min(columns)).packed(inner);
        let left = if self.is_left_packed() { 0 } else { rows.min(ROWS) * inner };
        right + left + spare()
    }

    /// Whether numbers of a row of the left matrix lie side by side.
    fn is_left_packed(&self) -> bool {
        self.shape.left.column == 1 || self.shape.inner < 2
    }

    /// Columns of a task at the most: a part that the second cache holds, and so few that all threads have some.
    fn columns_of_task(&self) -> usize {
        let MatmulShape { rows, inner, columns, .. } = self.shape;
        let products = self.firsts.len() * rows.div_ceil(ROWS).max(1);
        let wanted = (TASKS * self.threads).div_ceil(products.max(1));
        let share = columns.div_ceil(wanted).max(LEAST);
        share.min((NUMBERS / inner.max(1)).max(LEAST)).next_multiple_of(LEAST)
    }
}

/// Rows of a task at the most.
const ROWS: usize = 256;

/// Tasks of a thread, if there are not more of themselves.
const TASKS: usize = 2;

/// Columns of a task at the least: whole panels of every instruction set.
const LEAST: usize = 48;

/// Numbers of a part of the right matrix, about.
const NUMBERS: usize = 1 << 17;

/// Some rows and columns of a product.
struct Work<'a> {
    matmul: &'a Matmul,
    left: &'a [f32],
    /// From the first of its columns on.
    right: &'a [f32],
    rows: std::ops::Range<usize>,
    columns: usize,
    /// From the first of its columns on.
    output: Output,
    scratch: &'a mut [f32],
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let MatmulShape { inner, ref left, ref right, scale, .. } = self.matmul.shape;
        let panels = Panels::new(self.matmul.isa, self.columns);
        let count = self.scratch.len() - spare();
        let (packed, rest) = aligned(self.scratch, count).split_at_mut(panels.packed(inner));
        let matrix = Matrix { numbers: self.right, row: right.row, column: right.column };
        panels.pack(simd, matrix, inner, scale, packed);
        let mut output = self.output;
        let (numbers, row, rows) = if self.matmul.is_left_packed() {
            (self.left, left.row, self.rows)
        } else {
            let count = self.rows.len();
            for (row, to) in self.rows.clone().zip(rest.chunks_exact_mut(inner)) {
                let from = self.left[row * left.row..].iter().step_by(left.column);
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
            // SAFETY: the first of the task's rows, which the output has.
            output = unsafe { output.at(self.rows.start * output.row) };
            (&*rest, inner, 0..count)
        };
        let right = Right { panels, inner, packed };
        let left = Left { numbers, row };
        // SAFETY: `run` has seen that the output has all rows and columns, holds it exclusively, and gives every task others.
        unsafe { product::multiply(simd, left, rows, &right, 0..panels.count(), &End::NONE, output) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Numbers, close, in_threads};

    fn by_hand(shape: &MatmulShape, left: &[f32], right: &[f32], at: usize) -> (f64, f64) {
        let MatmulShape { rows, inner, columns, .. } = *shape;
        let (index, row, column) = (at / (rows * columns), at / columns % rows, at % columns);
        let left_first = shape.left.first(index, &shape.stack) + row * shape.left.row;
        let right_first = shape.right.first(index, &shape.stack) + column * shape.right.column;
        let product = |index: usize| {
            f64::from(left[left_first + index * shape.left.column])
                * f64::from(right[right_first + index * shape.right.row])
        };
        ((0..inner).map(product).sum::<f64>() * f64::from(shape.scale), inner as f64)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn as_by_hand(
            outer in 1..3usize, stretched: [bool; 2], stack in 1..4usize, rows in 1..40usize, inner in 1..40usize,
            columns in 1..120usize, transposed: [bool; 2], seed: u64,
        ) {
            let sizes = |stretched: bool| [outer, if stretched { 1 } else { stack }];
            let operand = |which: usize, rows: usize, columns: usize| {
                let mut operand = Operand::packed(&sizes(stretched[which]), rows, columns);
                if transposed[which] {
                    (operand.row, operand.column) = (1, rows);
                }
                operand
            };
            let shape = MatmulShape {
                stack: vec![outer, stack], rows, inner, columns, left: operand(0, rows, inner),
                right: operand(1, inner, columns), scale: 0.25,
            };
            let mut numbers = Numbers::new(seed);
            let left = numbers.some(sizes(stretched[0]).iter().product::<usize>() * rows * inner);
            let right = numbers.some(sizes(stretched[1]).iter().product::<usize>() * columns * inner);
            for isa in Isa::here() {
                let count = outer * stack * rows * columns;
                let matmul = Matmul::new(isa, &shape);
                let (mut output, mut scratch) = (vec![f32::NAN; count + 1], vec![f32::NAN; matmul.scratch()]);
                matmul.run(&left, &right, &mut output, &mut scratch);
                for (at, &found) in output[..count].iter().enumerate() {
                    let (wanted, terms) = by_hand(&shape, &left, &right, at);
                    close(found, wanted, terms)?;
                }
                prop_assert!(output[count].is_nan());
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let (rows, inner, columns) = (300, 200, 500);
        let shape = MatmulShape {
            stack: vec![],
            rows,
            inner,
            columns,
            left: Operand { stack: vec![], row: 1, column: rows },
            right: Operand::packed(&[], inner, columns),
            scale: 1.0,
        };
        let mut numbers = Numbers::new(9);
        let (left, right) = (numbers.some(rows * inner), numbers.some(inner * columns));
        let [one, several] = [1, 3].map(|threads| {
            let mut output = vec![0.0; rows * columns];
            in_threads(threads, || {
                let matmul = Matmul::new(Isa::best(), &shape);
                matmul.run(&left, &right, &mut output, &mut vec![0.0; matmul.scratch()]);
            });
            output
        });
        assert!(one == several);
        let (wanted, terms) = by_hand(&shape, &left, &right, 77_777);
        close(one[77_777], wanted, terms).unwrap();
    }
}
