//! Products against sums by hand.

use proptest::prelude::*;
use pulp::WithSimd;

use super::*;
use crate::testing::{Numbers, close};
use crate::{Isa, Memory};

/// A product of matrices whose rows lie apart.
struct Whole<'a> {
    left: Left<'a>,
    rows: usize,
    panels: Panels,
    inner: usize,
    matrix: Matrix<'a>,
    packed: &'a mut [f32],
    output: (&'a mut [f32], usize),
}

impl WithSimd for Whole<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.panels.pack(simd, self.matrix, self.inner, 0.5, self.packed);
        let right = Right { panels: self.panels, inner: self.inner, packed: self.packed };
        multiply_all(simd, self.left, self.rows, &right, &End::NONE, self.output);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn matrices_may_lie_anyhow(
        rows in 1..40usize, inner in prop_oneof![0..40usize, 1020..1030usize], columns in 1..140usize, transposed: bool,
        apart in 0..3usize, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let left_row = inner + apart;
        let left = numbers.some(rows * left_row);
        let [of_row, of_column] = if transposed { [1, inner + apart] } else { [columns + apart, 1] };
        let right = numbers.some((columns + apart) * (inner + apart) + 1);
        for isa in Isa::here() {
            let panels = Panels::new(isa, columns);
            let mut packed = Memory::zeros(panels.packed(inner));
            let matrix = Matrix { numbers: &right, row: of_row, column: of_column };
            let row = columns + apart;
            let mut output = vec![f32::NAN; rows * row];
            isa.run(Whole {
                left: Left { numbers: &left, row: left_row },
                rows,
                panels,
                inner,
                matrix,
                packed: &mut packed,
                output: (&mut output, row),
            });
            for (index, &found) in output.iter().enumerate() {
                let (of, column) = (index / row, index % row);
                if column >= columns {
                    prop_assert!(found.is_nan());
                    continue;
                }
                let product = |at: usize| f64::from(left[of * left_row + at]) * f64::from(right[at * of_row + column * of_column]);
                close(found, (0..inner).map(product).sum::<f64>() / 2.0, inner as f64)?;
            }
        }
    }
}

#[test]
fn panels_are_even() {
    for isa in Isa::here() {
        for columns in 1..200 {
            let panels = Panels::new(isa, columns);
            let columns_of = (0..panels.count()).flat_map(|panel| panels.columns_of(panel));
            assert!(columns_of.eq(0..columns));
            let vectors: Vec<_> = (0..panels.count()).map(|panel| panels.vectors(panel)).collect();
            assert!(vectors.iter().max().unwrap() - vectors.iter().min().unwrap() < 2);
            assert_eq!(vectors.iter().sum::<usize>() * panels.lanes(), panels.filled());
        }
    }
}
