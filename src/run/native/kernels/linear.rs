//! Linear layers: every row of features times one matrix of weights.

use pulp::{Simd, WithSimd};

use crate::product::{self, Added, End, Left, Matrix, Output, Panels, Right, parts};
use crate::{Finish, Isa, Memory, Residual, tasks};

/// A linear layer of so many rows, with its weights packed.
#[derive(Debug)]
pub struct Linear {
    isa: Isa,
    rows: usize,
    in_features: usize,
    panels: Panels,
    packed: Memory,
    bias: Vec<f32>,
    finish: Finish,
}

impl Linear {
    /// A layer of `weights`, output features × input features, and a bias for each output feature.
    ///
    /// # Panics
    ///
    /// If weights or bias do not have these sizes.
    pub fn new(
        isa: Isa,
        rows: usize,
        [in_features, out_features]: [usize; 2],
        weights: &[f32],
        bias: Option<&[f32]>,
        finish: Finish,
    ) -> Self {
        assert_eq!(weights.len(), in_features * out_features, "weights of a linear layer");
        let panels = Panels::new(isa, out_features);
        let mut packed = Memory::zeros(panels.packed(in_features));
        let matrix = Matrix { numbers: weights, row: 1, column: in_features };
        isa.run(Pack { panels, matrix, rows: in_features, packed: &mut packed });
        let bias = bias.map_or(vec![], |bias| {
            assert_eq!(bias.len(), out_features, "a bias for each output feature");
            let filling = std::iter::repeat_n(0.0, panels.filled() - out_features);
            bias.iter().copied().chain(filling).collect()
        });
        Self { isa, rows, in_features, panels, packed, bias, finish }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        self.packed.len() + self.bias.len()
    }

    /// Computes `output`, rows × output features, of `input`, rows × input features.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], residual: Residual<'_>, output: &mut [f32]) {
        let columns = self.panels.columns();
        assert!(output.len() >= self.rows * columns, "an output has room for its rows");
        let residual = match residual {
            Residual::None => Added::Nothing,
            Residual::Of(numbers) => Added::Rows(numbers, columns),
            Residual::InPlace => Added::Output,
        };
        let operations = 2 * self.rows * self.in_features * columns;
        let [of_rows, of_panels] = self.cut(operations);
        let output = Output { first: output.as_mut_ptr(), row: columns };
        let panels: Vec<_> = parts(self.panels.count(), of_panels).collect();
        let rows: Vec<_> = parts(self.rows, of_rows).collect();
        tasks::run(rows.len() * panels.len(), operations, |task| {
            self.isa.run(Work {
                layer: self,
                left: Left { numbers: input, row: self.in_features },
                rows: rows[task / panels.len()].clone(),
                panels: panels[task % panels.len()].clone(),
                residual,
                output,
            });
        });
    }

    /// How many rows and panels a task has at the most.
    fn cut(&self, operations: usize) -> [usize; 2] {
        let threads = tasks::threads_for(operations);
        // As many as the second cache holds of the input, beside a panel.
        let rows = self.rows.clamp(1, ROWS);
        if threads == 1 {
            return [rows, self.panels.count()];
        }
        let chunks = self.rows.div_ceil(rows);
        let pieces = (TASKS * threads).div_ceil(chunks).min(self.panels.count());
        [rows, self.panels.count().div_ceil(pieces)]
    }
}

/// Rows of a task at the most.
const ROWS: usize = 256;

/// Tasks of a thread, so that none waits long for another.
const TASKS: usize = 4;

/// Packs a matrix of so many rows.
struct Pack<'a> {
    panels: Panels,
    matrix: Matrix<'a>,
    rows: usize,
    packed: &'a mut [f32],
}

impl WithSimd for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.panels.pack(simd, self.matrix, self.rows, 1.0, self.packed);
    }
}

/// A task: some rows and panels of a layer.
struct Work<'a> {
    layer: &'a Linear,
    left: Left<'a>,
    rows: std::ops::Range<usize>,
    panels: std::ops::Range<usize>,
    residual: Added<'a>,
    output: Output,
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Linear { in_features, panels, ref packed, ref bias, finish, .. } = *self.layer;
        let right = Right { panels, inner: in_features, packed };
        let end = End { bias, finish, residual: self.residual };
        // SAFETY: `run` has seen that the output has these rows and columns, holds it exclusively, and gives every task others.
        unsafe { product::multiply(simd, self.left, self.rows, &right, self.panels, &end, self.output) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Function;
    use crate::rows::single;
    use crate::testing::{Numbers, close, in_threads};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn as_by_hand(
            rows in 1..40usize, in_features in 1..90usize, out_features in 1..140usize, has_bias: bool, what in 0..6,
            seed: u64,
        ) {
            let mut numbers = Numbers::new(seed);
            let (input, weights) = (numbers.some(rows * in_features), numbers.some(in_features * out_features));
            let (bias, added) = (numbers.some(out_features), numbers.some(rows * out_features));
            let none = (f64::NEG_INFINITY, f64::INFINITY);
            let (of_sum, of_all) = match what {
                0 | 1 => (none, none),
                2 | 3 => (none, (-0.5, 1.0)),
                4 => ((-0.5, 1.0), none),
                _ => ((-0.5, 1.0), (0.0, f64::INFINITY)),
            };
            let [first, last] = [of_sum, of_all].map(|bounds| match bounds {
                bounds if bounds == none => Function::Identity,
                (low, high) => Function::Clamp { low: single(low), high: single(high) },
            });
            let add = what != 0;
            let bias = has_bias.then_some(&bias[..]);
            for isa in Isa::here() {
                let layer = Linear::new(isa, rows, [in_features, out_features], &weights, bias, Finish { first, add, last });
                let mut output = vec![f32::NAN; rows * out_features + 1];
                let residual = match what {
                    0 => Residual::None,
                    1 | 3 => { output[..added.len()].copy_from_slice(&added); Residual::InPlace }
                    _ => Residual::Of(&added),
                };
                layer.run(&input, residual, &mut output);
                for (row, feature) in (0..rows).flat_map(|row| (0..out_features).map(move |feature| (row, feature))) {
                    let of = |index: usize| f64::from(input[row * in_features + index]) * f64::from(weights[feature * in_features + index]);
                    let sum = (0..in_features).map(of).sum::<f64>() + bias.map_or(0.0, |bias| bias[feature].into());
                    let at = row * out_features + feature;
                    let sum = sum.clamp(of_sum.0, of_sum.1) + if add { f64::from(added[at]) } else { 0.0 };
                    close(output[at], sum.clamp(of_all.0, of_all.1), in_features as f64)?;
                }
                prop_assert!(output[rows * out_features].is_nan());
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let mut numbers = Numbers::new(3);
        for (rows, in_features, out_features) in [(1, 1500, 700), (300, 70, 90), (5, 400, 999)] {
            let (input, weights) =
                (numbers.some(rows * in_features), numbers.some(in_features * out_features));
            let layer =
                Linear::new(Isa::best(), rows, [in_features, out_features], &weights, None, Finish::NONE);
            let [one, several] = [1, 3].map(|threads| {
                let mut output = vec![0.0; rows * out_features];
                in_threads(threads, || layer.run(&input, Residual::None, &mut output));
                output
            });
            assert_eq!(one, several);
        }
    }
}
