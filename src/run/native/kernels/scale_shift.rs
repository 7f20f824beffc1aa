//! A factor and a constant for each channel: a batch norm that is part of no convolution.

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
        Self { isa, shape: *shape, layout, function, scale: filled_up(scale), shift: filled_up(shift) }
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
            self.isa.run(Plane { scale, shift, function: self.function, input, output });
        });
    }
}

/// Positions of a channel, or of a group of them.
struct Plane<'a> {
    scale: &'a [f32],
    shift: &'a [f32],
    function: Function,
    input: Option<&'a [f32]>,
    output: &'a mut [f32],
}

impl WithSimd for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { scale, shift, function, input, output } = self;
        for (_, piece) in Pieces::of(input, output) {
            if let (&[scale], &[shift]) = (scale, shift) {
                let line = Function::Affine { factor: scale, constant: shift };
                apply(simd, line, piece);
            } else {
                let (scale, shift) = (S::as_simd_f32s(scale).0, S::as_simd_f32s(shift).0);
                let (numbers, _) = S::as_mut_simd_f32s(piece);
                for numbers in numbers.chunks_exact_mut(scale.len()) {
                    for (number, (&scale, &shift)) in numbers.iter_mut().zip(scale.iter().zip(shift)) {
                        *number = multiply_add(simd, *number, scale, shift);
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
            function in testing::function(), in_place: bool, planar: bool,
        ) {
            let layout = if planar { Layout::Planar } else { Layout::Blocked };
            let images = Images::random(batch, channels, positions, 1);
            let (scale, shift) = (Numbers::new(2).some(channels), Numbers::new(3).some(channels));
            for isa in Isa::here() {
                let apart = images.of_sample(layout, isa) + gap;
                let shape = Positions { batch, channels, positions, input_sample: apart, output_sample: apart };
                let kernel = ScaleShift::new(isa, &shape, layout, [&scale, &shift], function);
                let input = images.laid_out(layout, isa, apart, GUARD);
                let mut output = if in_place { input.clone() } else { vec![GUARD; input.len()] };
                kernel.run((!in_place).then_some(&input), &mut output);
                let output = images.read(&output, layout, isa, apart);
                for (index, (&result, &x)) in output.iter().zip(&images.numbers).enumerate() {
                    let channel = index / positions % channels;
                    let line = f64::from(x) * f64::from(scale[channel]) + f64::from(shift[channel]);
                    testing::assert_close(result, testing::exact(function, line), 1, (isa, index));
                }
            }
        }
    }
}
