//! What the pools over a sliding window share, in any number of dimensions: how the window slides, and the cost of reducing
//! what it sees to one number.

#[cfg(feature = "run")]
use candle_core::Tensor;

use super::settings::{Padding, PerAxis, Size, divides};
use super::window::{Axis, Window, spatial_sizes};
use super::{Reach, Reason, Term, only_spatial, shape};
#[cfg(feature = "run")]
use super::{
    Workspace,
    tensors::{self, Padded},
    workspace::elements,
};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// How the window of a pool slides.
pub(super) struct Pool<const N: usize> {
    /// Size of the window.
    pub kernel_size: PerAxis<Size, N>,
    /// Steps from one window to the next; the size of the window, unless it is set.
    pub stride: Option<PerAxis<Size, N>>,
    /// Positions added on the sides.
    pub padding: Padding<N>,
    /// Positions from one tap of the window to the next.
    pub dilation: PerAxis<Size, N>,
    /// Whether a last window may stick out.
    pub ceil_mode: bool,
}

impl<const N: usize> Pool<N> {
    /// How the window slides over `input`.
    pub(super) fn window(&self, input: &Shape) -> Window {
        self.over(spatial_sizes(input))
    }

    /// How the window slides over these spatial sizes.
    pub(super) fn over(&self, sizes: &[u64]) -> Window {
        let axis = |(index, &size): (usize, &u64)| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.strides(), self.dilation].map(|setting| setting.0[index].get());
            let bare = Axis { kernel, stride, dilation, before: 0, after: 0, ceil: self.ceil_mode };
            self.padding.around(index, bare, size)
        };
        Window { axes: sizes.iter().enumerate().map(axis).collect() }
    }

    pub(super) fn output_workings(&self, input: &Shape, output: &Shape) -> Vec<(Factor, Working)> {
        self.padding.output_workings(&self.window(input), input, output)
    }

    /// Through the window; all, where there is a single window on all of the input, which is then pooled.
    pub(super) fn reach(&self, input: &Shape, output: &Shape) -> Reach {
        let window = self.window(input);
        let holds_all = |axis: &Axis, size: u64| axis.reach() >= u128::from(axis.before) + u128::from(size);
        let is_single = spatial_sizes(output).iter().all(|&size| size == 1);
        if is_single
            && window.axes.iter().zip(spatial_sizes(input)).all(|(axis, &size)| holds_all(axis, size))
        {
            return Reach::mixing(input, |dim| dim > 0);
        }
        Reach::window(&window)
    }

    /// For candle's own pools the padded input, for others what reducing tap by tap holds.
    #[cfg(feature = "run")]
    pub(super) fn workspace(&self, input: &Shape, output: &Shape) -> Workspace {
        let (window, output) = (self.window(input), elements(output.dims()));
        Workspace::of_sample(if Native::axes(&window).is_some() {
            let Padded { copy, most, .. } = tensors::padded(input.dims(), &window);
            copy.max(most.saturating_sub(output))
        } else {
            tensors::reduce_holds(input.dims(), &window).saturating_sub(output)
        })
    }

    pub(super) fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<N>(inputs)?;
        self.padding.check(self.strides(), divides)?;
        self.check_padding()?;
        let sizes = self.window(input).output(spatial_sizes(input))?;
        shape([vec![input.dims()[0]], sizes].concat())
    }

    /// The operations that reduce the taps of each window to one number: one fewer than there are taps.
    pub(super) fn reduction(&self, kind: Kind, input: &Shape, output: &Shape) -> Result<Term, Overflow> {
        let window = self.window(input);
        let all = Working::Product(window.kernel_working()).less(Working::Number(1));
        let nominal = Working::elements(Factor::OutputElements, output).by(all);
        let (from, to) = (spatial_sizes(input), spatial_sizes(output));
        let taps = window.taps_inside(from, to)?;
        // A window that sees nothing but padding has no first tap either.
        let first = window.windows_inside(from, to)?;
        let exact = Working::named(Factor::Channels, input.dims()[0]).by(taps.less(first));
        Ok(Term::ops(kind, nominal).padding_exact(exact))
    }

    fn strides(&self) -> PerAxis<Size, N> {
        self.stride.unwrap_or(self.kernel_size)
    }

    /// PyTorch's rule, so that every window sees an element. The rules by name give no more than half of what the window
    /// reaches over.
    fn check_padding(&self) -> Result<(), Reason> {
        let Padding::Of(sides) = self.padding else { return Ok(()) };
        for (sides, kernel) in sides.0.into_iter().zip(self.kernel_size.0) {
            let (padding, kernel) = (sides.before.get().max(sides.after.get()), kernel.get());
            let most = kernel / 2;
            if padding > most {
                return Err(Reason::new(text!(
                    "a pool's padding is at most half its window, {most} of {kernel}, and is {padding}",
                    "池化的填充不得超过窗口的一半(窗口 {kernel},至多 {most}),这里是 {padding}"
                ))
                .at("padding"));
            }
        }
        Ok(())
    }
}

/// What candle's own pools take, which have two dimensions and neither padding nor dilation nor `ceil_mode`.
#[cfg(feature = "run")]
pub(super) struct Native {
    /// With all that the windows see outside of it.
    pub input: Tensor,
    /// Height and width of the window.
    pub kernel: (usize, usize),
    /// Steps down and to the right.
    pub stride: (usize, usize),
}

#[cfg(feature = "run")]
impl Native {
    /// `input` with `outside` around it; `None` for windows that candle's own pools do not have.
    pub(super) fn of(input: &Tensor, window: &Window, outside: f64) -> candle_core::Result<Option<Self>> {
        let Some([height, width]) = Self::axes(window) else { return Ok(None) };
        let sizes = |height, width| {
            Ok::<_, candle_core::Error>((tensors::size_of(height)?, tensors::size_of(width)?))
        };
        Ok(Some(Self {
            input: tensors::pad(input, window, outside)?,
            kernel: sizes(height.kernel, width.kernel)?,
            stride: sizes(height.stride, width.stride)?,
        }))
    }

    fn axes(window: &Window) -> Option<[Axis; 2]> {
        let &[height, width] = window.axes.as_slice() else { return None };
        (height.dilation == 1 && width.dilation == 1).then_some([height, width])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::op::settings::Sides;

    fn pool(
        [kernel_size, stride, dilation]: [[u64; 2]; 3],
        padding: [[u64; 2]; 2],
        ceil_mode: bool,
    ) -> Pool<2> {
        let [kernel_size, stride, dilation] =
            [kernel_size, stride, dilation].map(|sizes| PerAxis(sizes.map(|size| size.try_into().unwrap())));
        let padding = padding.map(|[before, after]| {
            let [before, after] = [before, after].map(|side| side.try_into().unwrap());
            Sides { before, after }
        });
        Pool {
            kernel_size,
            stride: Some(stride),
            padding: Padding::Of(PerAxis(padding)),
            dilation,
            ceil_mode,
        }
    }

    /// Operations of one channel, each window and tap in turn: `[nominal, padding-exact]`.
    fn counted(pool: &Pool<2>, input: [u64; 2], output: [u64; 2]) -> [u128; 2] {
        let window = pool.over(&input);
        let inside = |axis: usize, index: u64, tap: u64| {
            let Axis { stride, dilation, before, .. } = window.axes[axis];
            (before..before + input[axis]).contains(&(index * stride + tap * dilation))
        };
        let [height, width] = pool.kernel_size.0.map(Size::get);
        let [mut nominal, mut exact] = [0; 2];
        for (row, column) in pairs(output) {
            let taps = pairs([height, width]);
            let seen = taps.filter(|&(i, j)| inside(0, row, i) && inside(1, column, j)).count();
            nominal += u128::from(height * width - 1);
            exact += seen.saturating_sub(1) as u128;
        }
        [nominal, exact]
    }

    fn pairs([rows, columns]: [u64; 2]) -> impl Iterator<Item = (u64, u64)> {
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn operations_are_those_that_a_loop_counts(
            input in prop::array::uniform2(1u64..9),
            sliding in prop::array::uniform3(prop::array::uniform2(1u64..5)),
            padding in prop::array::uniform2(prop::array::uniform2(0u64..3)), ceil: bool, channels in 1u64..3,
            rule in prop::option::of(prop_oneof![Just(Padding::SameUpper), Just(Padding::Half), Just(Padding::Valid)]),
        ) {
            let padding = [0, 1].map(|axis| padding[axis].map(|side| side.min(sliding[0][axis] / 2)));
            let pool = pool(sliding, padding, ceil);
            let pool = Pool { padding: rule.unwrap_or(pool.padding), ..pool };
            let from = Shape::new(vec![channels, input[0], input[1]]).unwrap();
            if let Ok(to) = pool.output(std::slice::from_ref(&from)) {
                let term = pool.reduction(Kind::Cmp, &from, &to).unwrap();
                let nominal = term.nominal.evaluate().unwrap();
                let exact = term.padding_exact.map_or(nominal, |exact| exact.evaluate().unwrap());
                let [_, height, width] = to.image().unwrap();
                let expected = counted(&pool, input, [height, width]).map(|count| count * u128::from(channels));
                prop_assert_eq!([nominal, exact], expected);
            }
        }
    }

    #[test]
    fn the_padding_is_at_most_half_the_window() {
        let image = [Shape::new(vec![1, 8, 8]).unwrap()];
        assert!(pool([[3; 2], [1; 2], [1; 2]], [[1; 2]; 2], false).output(&image).is_ok());
        let reason = pool([[3, 3], [1; 2], [1; 2]], [[1, 0], [0, 2]], false).output(&image).unwrap_err();
        assert_eq!(reason.to_string(), "a pool's padding is at most half its window, 1 of 3, and is 2");
        assert_eq!(reason.setting, Some("padding"));
    }

    #[test]
    fn sizes_of_any_magnitude_are_counted_or_refused() {
        let huge = crate::shape::LARGEST_SIZE;
        let image = [Shape::new(vec![1 << 20, huge, huge]).unwrap()];
        let pool = pool([[huge; 2], [1; 2], [1; 2]], [[huge / 2; 2]; 2], true);
        let output = pool.output(&image).unwrap_err();
        assert_eq!(output.to_string(), "the output would have more than 2^53 positions");
    }
}
