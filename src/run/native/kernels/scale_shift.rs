//! A factor and a constant for each channel: a batch norm that is part of no convolution; or a factor of what is negative.

use pulp::{Simd, WithSimd};

use crate::elementwise::Pieces;
use crate::function::apply;
use crate::pieces::Parts;
use crate::vector::multiply_add;
use crate::{Function, Isa, Layout, Positions};

/// Multiplies each channel by its factor, adds its constant, and applies a function.
#[derive(Clone, Debug)]
pub struct ScaleShift {
    isa: Isa,
    shape: Positions,
    layout: Layout,
    function: Function,
    /// Whether numbers above 0 stay as they are.
    of_negatives: bool,
    /// Of each channel, and zeros that fill up the last group.
    scale: Vec<f32>,
    /// The same.
    shift: Vec<f32>,
}

impl ScaleShift {
    /// With a factor and a constant for each channel.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    pub fn new(
        isa: Isa,
        shape: &Positions,
        layout: Layout,
        [scale, shift]: [&[f32]; 2],
        function: Function,
    ) -> Self {
        assert!([scale, shift].iter().all(|numbers| numbers.len() == shape.channels), "one for each channel");
        let filled_up = |numbers: &[f32]| {
            let mut numbers = numbers.to_vec();
            numbers.resize(shape.channels.next_multiple_of(isa.block()), 0.0);
            numbers
        };
        let (scale, shift) = (filled_up(scale), filled_up(shift));
        Self { isa, shape: *shape, layout, function, of_negatives: false, scale, shift }
    }

    /// With a factor for each channel, by which numbers are multiplied that are not above 0.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    pub fn of_negatives(isa: Isa, shape: &Positions, layout: Layout, slopes: &[f32]) -> Self {
        let none = vec![0.0; slopes.len()];
        let all = Self::new(isa, shape, layout, [slopes, &none], Function::Identity);
        Self { of_negatives: true, ..all }
    }

    /// The numbers that it holds.
    pub fn held(&self) -> usize {
        self.scale.len() + self.shift.len()
    }

    /// Of `input`; of what stands in the output, if there is none.
    ///
    /// # Panics
    ///
    /// If a slice is smaller than its shape says.
    pub fn run(&self, input: Option<&[f32]>, output: &mut [f32]) {
        let to = self.shape.parts(self.layout, self.isa, self.shape.output_sample);
        let from = Parts { sample: self.shape.input_sample, ..to };
        assert!(
            input.is_none_or(|input| input.len() >= from.least()),
            "the input is as large as its shape says"
        );
        to.each(output, 8 * to.batch * to.numbers(), |part, output| {
            let input = input.map(|input| &input[from.first(part)..][..output.len()]);
            let channels = part.plane * to.row..(part.plane + 1) * to.row;
            let (scale, shift) = (&self.scale[channels.clone()], &self.shift[channels]);
            let (function, of_negatives) = (self.function, self.of_negatives);
            self.isa.run(Plane { scale, shift, function, of_negatives, input, output });
        });
    }
}

/// Positions of a channel, or of a group of them.
struct Plane<'a> {
    scale: &'a [f32],
    shift: &'a [f32],
    function: Function,
    of_negatives: bool,
    input: Option<&'a [f32]>,
    output: &'a mut [f32],
}

impl WithSimd for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { scale, shift, function, of_negatives, input, output } = self;
        let zero = simd.splat_f32s(0.0);
        for (_, piece) in Pieces::of(input, output) {
            if let (&[scale], &[shift]) = (scale, shift) {
                let line = if of_negatives {
                    Function::LeakyRelu { slope: scale }
                } else {
                    Function::Affine { factor: scale, constant: shift }
                };
                apply(simd, line, piece);
            } else {
                let (scale, shift) = (S::as_simd_f32s(scale).0, S::as_simd_f32s(shift).0);
                let (numbers, _) = S::as_mut_simd_f32s(piece);
                for numbers in numbers.chunks_exact_mut(scale.len()) {
                    for (number, (&scale, &shift)) in numbers.iter_mut().zip(scale.iter().zip(shift)) {
                        let line = multiply_add(simd, *number, scale, shift);
                        let stays = simd.less_than_f32s(zero, *number);
                        *number = if of_negatives { simd.select_f32s(stays, *number, line) } else { line };
                    }
                }
            }
            apply(simd, function, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{self, GUARD, Images, Numbers};

    proptest! {
        #[test]
        fn each_channel_has_its_own(
            batch in 1usize..4, channels in 1usize..40, positions in 1usize..300, gap in 0usize..9,
            function in testing::function(), in_place: bool, planar: bool, of_negatives: bool,
        ) {
            let layout = if planar { Layout::Planar } else { Layout::Blocked };
            let images = Images::random(batch, channels, positions, 1);
            let (scale, shift) = (Numbers::new(2).some(channels), Numbers::new(3).some(channels));
            for isa in Isa::here() {
                let apart = images.of_sample(layout, isa) + gap;
                let shape = Positions { batch, channels, positions, input_sample: apart, output_sample: apart };
                let kernel = if of_negatives {
                    ScaleShift::of_negatives(isa, &shape, layout, &scale)
                } else {
                    ScaleShift::new(isa, &shape, layout, [&scale, &shift], function)
                };
                let input = images.laid_out(layout, isa, apart, GUARD);
                let mut output = if in_place { input.clone() } else { vec![GUARD; input.len()] };
                kernel.run((!in_place).then_some(&input), &mut output);
                let output = images.read(&output, layout, isa, apart);
                for (index, (&result, &x)) in output.iter().zip(&images.numbers).enumerate() {
                    let channel = index / positions % channels;
                    let line = f64::from(x) * f64::from(scale[channel]);
                    let wanted = match of_negatives {
                        true if x > 0.0 => f64::from(x),
                        true => line,
                        false => testing::exact(function, line + f64::from(shift[channel])),
                    };
                    testing::assert_close(result, wanted, 1, (isa, index));
                }
            }
        }
    }
}
