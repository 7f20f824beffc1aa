//! Products of matrices.

use super::super::array::Numbers;
use super::arithmetic::wide;
use super::cast::converted;
use super::elementwise::{Element, check_kinds, held};
use super::place::{index, repeated};
use super::rule::{broadcast, elements};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

/// A matrix as it lies in memory: so many rows and columns, so far apart.
#[derive(Clone, Copy)]
struct Matrix {
    rows: usize,
    columns: usize,
    down: usize,
    right: usize,
}

impl Matrix {
    fn new(rows: u64, columns: u64) -> Self {
        let (rows, columns) = (index(rows), index(columns));
        Self { rows, columns, down: columns, right: 1 }
    }

    fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, down: self.right, right: self.down }
    }
}

/// The product of two matrices that begin at these places, added behind `made`.
fn multiply<T: Element + Default>(
    made: &mut Vec<T>,
    (a, of): (&[T], Matrix),
    (b, by): (&[T], Matrix),
) -> Result<(), Text> {
    for row in 0..of.rows {
        for column in 0..by.columns {
            let mut sum = T::default();
            for step in 0..of.columns {
                let product =
                    a[row * of.down + step * of.right].times(b[step * by.down + column * by.right])?;
                sum = sum.plus(product)?;
            }
            made.push(sum);
        }
    }
    Ok(())
}

pub(super) fn matmul(call: &Call) -> Answer {
    let (a, b) = (call.input(0)?, call.input(1)?);
    check_kinds(&[a, b])?;
    let wrong = || {
        let (a, b) = (&a.dims, &b.dims);
        text!("{a:?} and {b:?} are not multiplied", "{a:?} 与 {b:?} 不能相乘")
    };
    // A list is a row on the left and a column on the right, which the product does not have.
    let (left, right): (&[u64], [u64; 2]) = match (&a.dims[..], &b.dims[..]) {
        ([], _) | (_, []) => return Err(wrong()),
        (left, &[all]) => (left, [all, 1]),
        (left, &[.., inner, columns]) => (left, [inner, columns]),
    };
    let [rows, inner] = match left {
        &[.., rows, inner] => [rows, inner],
        &[inner] => [1, inner],
        [] => return Err(wrong()),
    };
    if inner != right[0] {
        return Err(wrong());
    }
    let stack = |dims: &[u64]| dims[..dims.len().saturating_sub(2)].to_vec();
    let (a_stack, b_stack) = (stack(&a.dims), stack(&b.dims));
    let stack = broadcast(&[&a_stack, &b_stack])?;
    let mut dims = stack.clone();
    dims.extend((a.dims.len() > 1).then_some(rows));
    dims.extend((b.dims.len() > 1).then_some(right[1]));
    call.makes(dims, a.kind, |dims| {
        let (Some(x), Some(y)) = (&a.numbers, &b.numbers) else {
            return Ok(None);
        };
        let (of, by) = (Matrix::new(rows, inner), Matrix::new(right[0], right[1]));
        let pairs: Vec<_> = repeated(&a_stack, &stack).into_iter().zip(repeated(&b_stack, &stack)).collect();
        let count = index(elements(dims)?);
        let product = Product { pairs: &pairs, of, by, count };
        Ok(match (x, y) {
            (Numbers::Ints(x), Numbers::Ints(y)) => {
                Some(held(a.kind, Numbers::Ints(product.of(x, y)?.into()))?)
            }
            // Sums of floats are rounded once.
            _ => converted(&Numbers::Doubles(product.of(&wide(x), &wide(y))?.into()), a.kind, true),
        })
    })
}

/// Matrices of two stacks that are multiplied.
struct Product<'a> {
    pairs: &'a [(usize, usize)],
    of: Matrix,
    by: Matrix,
    count: usize,
}

impl Product<'_> {
    fn of<T: Element + Default>(&self, a: &[T], b: &[T]) -> Result<Vec<T>, Text> {
        let (of, by) = (self.of, self.by);
        let mut made = Vec::with_capacity(self.count);
        for &(x, y) in self.pairs {
            let (x, y) = (x * of.rows * of.columns, y * by.rows * by.columns);
            multiply(&mut made, (&a[x..], of), (&b[y..], by))?;
        }
        Ok(made)
    }
}

pub(super) fn gemm(call: &Call) -> Answer {
    let (a, b, bias) = (call.input(0)?, call.input(1)?, call.optional(2));
    let (&[a_rows, a_columns], &[b_rows, b_columns]) = (&a.dims[..], &b.dims[..]) else {
        return Err(text!("Gemm multiplies matrices", "Gemm 只用于矩阵"));
    };
    let matrix = |rows, columns, name| {
        let matrix = Matrix::new(rows, columns);
        if call.flag(name, false) { matrix.transposed() } else { matrix }
    };
    let (of, by) = (matrix(a_rows, a_columns, "transA"), matrix(b_rows, b_columns, "transB"));
    let dims = vec![of.rows as u64, by.columns as u64];
    let fits = bias.is_none_or(|bias| broadcast(&[&bias.dims, &dims]).is_ok_and(|all| all == dims));
    if of.columns != by.rows || !fits {
        let (a, b) = (&a.dims, &b.dims);
        return Err(text!("{a:?} and {b:?} are not multiplied", "{a:?} 与 {b:?} 不能相乘"));
    }
    let (alpha, beta) = (call.node.float("alpha").unwrap_or(1.0), call.node.float("beta").unwrap_or(1.0));
    call.makes(dims, a.kind, |dims| {
        let (Some(x), Some(y)) = (&a.numbers, &b.numbers) else {
            return Ok(None);
        };
        let mut made = Vec::with_capacity(of.rows * by.columns);
        multiply(&mut made, (&wide(x), of), (&wide(y), by))?;
        for sum in &mut made {
            *sum *= f64::from(alpha);
        }
        if let Some(bias) = bias {
            let Some(added) = &bias.numbers else {
                return Ok(None);
            };
            let added = wide(added);
            for (sum, place) in made.iter_mut().zip(repeated(&bias.dims, dims)) {
                *sum += f64::from(beta) * added[place];
            }
        }
        Ok(converted(&Numbers::Doubles(made.into()), a.kind, true))
    })
}
