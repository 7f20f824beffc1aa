//! What the adaptive pools share, in any number of dimensions: on each axis a bin for each element of the output, and the
//! cost of reducing a bin to one number.

#[cfg(any(feature = "run", test))]
use std::ops::Range;

#[cfg(feature = "run")]
use candle_core::Tensor;

use super::settings::{PerAxis, Size};
use super::window::{Axis, Window, positions, spatial_sizes};
use super::{Look, Reach, Reason, Slide, Term, only_spatial, shape};
#[cfg(feature = "run")]
use super::{Workspace, tensors, workspace::elements};
use crate::counts::Kind;
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Bins on each axis: bin i of n is from ⌊i·in/n⌋ to ⌈(i + 1)·in/n⌉.
pub(super) struct Bins<const N: usize>(pub PerAxis<Size, N>);

impl<const N: usize> Bins<N> {
    pub(super) fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let channels = only_spatial::<N>(inputs)?.dims()[0];
        shape([vec![channels], self.counts().to_vec()].concat())
    }

    /// The operations that reduce each bin to one number: one fewer than it has elements.
    pub(super) fn reduction(&self, kind: Kind, input: &Shape, output: &Shape) -> Term {
        Term::ops(
            kind,
            if let Some(bin) = self.window(input) {
                let bin = bin.axes.iter().map(|axis| axis.kernel).collect::<Vec<_>>();
                Working::elements(Factor::OutputElements, output).by(Working::sizes(
                    Factor::ElementsInBin,
                    &bin,
                )
                .less(Working::Number(1)))
            } else {
                let sizes = spatial_sizes(input).iter().zip(self.counts());
                let seen =
                    Working::Product(sizes.map(|(&size, bins)| elements_in_bins(size, bins)).collect());
                Working::named(Factor::Channels, output.dims()[0])
                    .by(seen.called(Factor::ElementsInAllBins).less(positions(output)))
            },
        )
    }

    /// The bins as a sliding window, if all have the same size; bins that overlap only in places are none.
    pub(super) fn window(&self, input: &Shape) -> Option<Window> {
        let even = |(&size, bins): (&u64, u64)| {
            let kernel = size / bins;
            let axis = Axis { kernel, stride: kernel, dilation: 1, before: 0, after: 0, ceil: false };
            size.is_multiple_of(bins).then_some(axis)
        };
        let axes = spatial_sizes(input).iter().zip(self.counts()).map(even).collect::<Option<_>>()?;
        Some(Window { axes })
    }

    pub(super) fn reach(&self, input: &Shape) -> Reach {
        Reach::spatial(spatial_sizes(input).iter().zip(self.counts()).map(|(&size, bins)| {
            if bins == 1 {
                return Look::All;
            }
            let (stride, divisor) = (i128::from(size), i128::from(bins));
            Look::Sliding(Slide { stride, divisor, first: 1 - divisor, last: stride - 1, step: 1 })
        }))
    }

    /// How many bins there are: `7×7`.
    pub(super) fn extent(&self) -> String {
        self.counts().map(|count| count.to_string()).join("×")
    }

    /// Each bin of `input` reduced to one number, one axis after the other: `reduce` takes a tensor and the dimension that it
    /// reduces to a size of 1.
    #[cfg(feature = "run")]
    pub(super) fn reduce(
        &self,
        input: &Tensor,
        reduce: impl Fn(&Tensor, usize) -> candle_core::Result<Tensor>,
    ) -> candle_core::Result<Tensor> {
        self.counts().into_iter().zip(2..).try_fold(input.clone(), |reduced, (bins, dim)| {
            let (size, bins) = (reduced.dim(dim)?, tensors::size_of(bins)?);
            let one = |index| {
                let bin = bin(index, size, bins);
                reduce(&reduced.narrow(dim, bin.start, bin.len())?, dim)
            };
            Tensor::cat(&(0..bins).map(one).collect::<candle_core::Result<Vec<_>>>()?, dim)
        })
    }

    /// What [`reduce`](Self::reduce) holds beside input and output: on each axis what is reduced, the bins, and these together.
    #[cfg(feature = "run")]
    pub(super) fn workspace(&self, input: &Shape, output: &Shape) -> Workspace {
        let (mut sizes, mut copy, mut most) = (input.dims().to_vec(), 0, 0);
        for (bins, dim) in self.counts().into_iter().zip(1..) {
            sizes[dim] = bins;
            let reduced = elements(&sizes);
            most = most.max(copy + 2 * reduced);
            copy = reduced;
        }
        // Of a single bin there is its sum as well.
        let output = elements(output.dims());
        Workspace::of_sample(most.saturating_sub(output).max(output))
    }

    fn counts(&self) -> [u64; N] {
        self.0.0.map(Size::get)
    }
}

/// The elements in bin number `index` of `bins` over `size` elements.
#[cfg(any(feature = "run", test))]
fn bin(index: usize, size: usize, bins: usize) -> Range<usize> {
    index * size / bins..((index + 1) * size).div_ceil(bins)
}

/// The sizes of all `bins` over `size` elements, added up. Where the border between two bins falls inside an element, both
/// take it; `gcd − 1` of the `bins − 1` borders fall between elements instead.
fn elements_in_bins(size: u64, bins: u64) -> Working {
    if size.is_multiple_of(bins) {
        return Working::Number(size.into());
    }
    Working::Sum(vec![Working::Number(size.into()), Working::Number(bins.into())])
        .less(Working::named(Factor::Gcd, greatest_common_divisor(size, bins)))
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::op::{Cost, shapes};
    use crate::working::Notation;

    fn bins(counts: [u64; 2]) -> Bins<2> {
        Bins(PerAxis(counts.map(|count| count.try_into().unwrap())))
    }

    fn reduction(input: [u64; 3], counts: [u64; 2]) -> Term {
        let inputs = shapes(&[&input]);
        let output = bins(counts).output(&inputs).unwrap();
        bins(counts).reduction(Kind::Add, &inputs[0], &output)
    }

    /// Bins over 7 rows for 3: rows 0–2, 2–4 and 4–6; over 5 columns for 2: columns 0–2 and 2–4.
    #[test]
    fn bins_may_overlap() {
        assert_eq!([0, 1, 2].map(|index| bin(index, 7, 3)), [0..3, 2..5, 4..7]);
        let sums = reduction([1, 7, 5], [3, 2]).nominal;
        assert_eq!(sums.substitution(Notation::Text), "1·((7 + 3 − 1)·(5 + 2 − 1) − 3·2)");
        assert_eq!(sums.evaluate(), Ok(9 * 6 - 6));
    }

    #[test]
    fn only_bins_of_one_size_are_a_window() {
        let image = Shape::new(vec![1, 8, 6]).unwrap();
        let window = bins([2, 2]).window(&image).unwrap();
        assert_eq!(
            window.axes.iter().map(|axis| (axis.kernel, axis.stride)).collect::<Vec<_>>(),
            [(4, 4), (3, 3)]
        );
        assert_eq!(bins([2, 4]).window(&image), None);
    }

    #[test]
    fn sizes_of_any_magnitude_take_no_time() {
        let huge = crate::shape::LARGEST_SIZE;
        let sums = elements_in_bins(huge, huge - 1).evaluate();
        assert_eq!(sums, Ok(2 * u128::from(huge) - 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn operations_are_those_that_a_loop_counts(
            input in prop::array::uniform2(1usize..12), output in prop::array::uniform2(1usize..12),
            channels in 1u64..4,
        ) {
            let sizes = |axis: usize| (0..output[axis]).map(move |index| bin(index, input[axis], output[axis]).len());
            let additions: usize = sizes(0).flat_map(|rows| sizes(1).map(move |columns| rows * columns - 1)).sum();
            let [height, width] = input.map(|size| size as u64);
            let term = reduction([channels, height, width], output.map(|size| size as u64));
            let (work, exact) = Cost { terms: vec![term] }.work().unwrap();
            prop_assert_eq!(work.ops.add, u128::from(channels) * additions as u128);
            prop_assert_eq!(work, exact);
        }
    }
}
