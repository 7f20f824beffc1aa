//! A function of every number of a tensor.

use pulp::{Simd, WithSimd};

use crate::function::apply;
use crate::pieces::share;
use crate::{Function, Isa};

/// Numbers that are dealt with while they are in the first-level cache.
const PIECE: usize = 2048;

/// Applies `function` to every number in its place.
pub fn map(isa: Isa, function: Function, numbers: &mut [f32]) {
    share(numbers, PIECE, |_, numbers| isa.run(Map { function, input: None, numbers }));
}

/// Makes every number of `output` the function of that of `input`.
///
/// # Panics
///
/// If there are not as many of both.
pub fn map_to(isa: Isa, function: Function, input: &[f32], output: &mut [f32]) {
    assert_eq!(input.len(), output.len(), "every number has its own");
    share(output, PIECE, |first, numbers| {
        let input = Some(&input[first..first + numbers.len()]);
        isa.run(Map { function, input, numbers });
    });
}

/// Pieces of an output that fit into the first-level cache, each with where it begins, after what stands at the same place in the
/// input was written there, if there is one. A piece is whole groups of channels.
pub(crate) struct Pieces<'a> {
    input: Option<&'a [f32]>,
    output: std::iter::Enumerate<std::slice::ChunksMut<'a, f32>>,
}

impl<'a> Pieces<'a> {
    #[inline(always)]
    pub(crate) fn of(input: Option<&'a [f32]>, output: &'a mut [f32]) -> Self {
        Self { input, output: output.chunks_mut(PIECE).enumerate() }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (usize, &'a mut [f32]);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (index, piece) = self.output.next()?;
        let first = index * PIECE;
        if let Some(input) = self.input {
            piece.copy_from_slice(&input[first..first + piece.len()]);
        }
        Some((first, piece))
    }
}

/// A function of numbers, in place or of those of an input.
struct Map<'a> {
    function: Function,
    input: Option<&'a [f32]>,
    numbers: &'a mut [f32],
}

impl WithSimd for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (_, piece) in Pieces::of(self.input, self.numbers) {
            apply(simd, self.function, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, Numbers};

    #[test]
    fn every_number_has_its_own() {
        let function = Function::Silu;
        for count in [0, 1, 17, 4_099, 100_003] {
            let input = Numbers::new(5).some(count);
            for isa in Isa::here() {
                let (mut output, mut in_place) = (vec![0.0; count], input.clone());
                map_to(isa, function, &input, &mut output);
                map(isa, function, &mut in_place);
                assert_eq!(output, in_place);
                for (&x, &result) in input.iter().zip(&output) {
                    testing::assert_close(result, testing::exact(function, x.into()), 1, (isa, x));
                }
            }
        }
    }
}
