//! How a window slides along one axis: how many windows there are, and what they see, at any size without counting one by
//! one.

use crate::counts::Overflow;
use crate::shape::LARGEST_SIZE;
use crate::working::{Factor, Working};

/// How a window slides along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Taps of the window.
    pub kernel: u64,
    /// Steps from one window to the next.
    pub stride: u64,
    /// Positions from one tap to the next.
    pub dilation: u64,
    /// Padding before the first element.
    pub before: u64,
    /// Padding after the last element.
    pub after: u64,
    /// Whether a last window that sticks out counts (`ceil_mode`), if it starts inside the input or the padding before it.
    pub ceil: bool,
}

impl Axis {
    /// How far a window reaches: `dilation · (kernel − 1) + 1`.
    pub fn reach(&self) -> u128 {
        u128::from(self.dilation) * u128::from(self.kernel - 1) + 1
    }

    /// The number of windows on `input` elements; `None` if not even one fits.
    ///
    /// PyTorch's rule: `⌊(input + before + after − reach) / stride⌋ + 1`; with `ceil_mode` rounded up, less the last window
    /// if it would start in the padding after the input.
    pub fn output(&self, input: u64) -> Option<u64> {
        let (stride, reach) = (u128::from(self.stride), self.reach());
        let padded = u128::from(input) + u128::from(self.before) + u128::from(self.after);
        let slack = if self.ceil { stride - 1 } else { 0 };
        let mut output = (padded + slack).checked_sub(reach)? / stride + 1;
        if self.ceil && (output - 1) * stride >= u128::from(input) + u128::from(self.before) {
            output -= 1;
        }
        u64::try_from(output).ok().filter(|output| (1..=LARGEST_SIZE).contains(output))
    }

    /// The working of [`output`](Self::output), which is `output`.
    pub fn output_working(&self, input: u64, output: u64) -> Working {
        let number = |value: u64| Working::Number(value.into());
        let padding = self.padding_working();
        let kernel = Working::named(Factor::Kernel, self.kernel);
        let reach = if self.dilation == 1 {
            kernel
        } else {
            Working::named(Factor::Dilation, self.dilation).by(kernel.less(number(1))).and(number(1))
        };
        let (input, stride) =
            (Working::named(Factor::InSize, input), Working::named(Factor::Stride, self.stride));
        let span = Working::Sum(vec![input.clone(), padding.clone()]).less(reach.clone());
        let size = match (self.ceil, span.evaluate()) {
            (false, _) => Working::Floor(Box::new(span), Box::new(stride)).and(number(1)),
            (true, Ok(_)) => Working::Ceiling(Box::new(span), Box::new(stride)).and(number(1)),
            // A window larger than the padded input: the 1 is taken into the fraction, so that nothing is negative.
            (true, Err(Overflow)) => {
                let span = Working::Sum(vec![input, padding, stride.clone()]).less(reach);
                Working::Ceiling(Box::new(span), Box::new(stride))
            }
        };
        match size.evaluate() {
            Ok(value) if value == u128::from(output) + 1 => {
                size.less(Working::named(Factor::WindowInPadding, 1u64))
            }
            Ok(_) | Err(_) => size,
        }
    }

    /// The padding of both sides.
    pub(in crate::op) fn padding_working(&self) -> Working {
        if self.before == self.after {
            Working::Number(2).by(Working::named(Factor::Padding, self.before))
        } else {
            Working::named(Factor::PaddingBefore, self.before)
                .and(Working::named(Factor::PaddingAfter, self.after))
        }
    }

    /// How many taps of all `output` windows fall on `input` elements rather than on padding.
    ///
    /// Every window's taps, less those before the first and after the last element. Both are sums of `⌈linear⌉`, so this
    /// takes logarithmic time at any size.
    pub fn taps_inside(&self, input: u64, output: u64) -> Result<u128, Overflow> {
        let all = u128::from(self.kernel).checked_mul(output.into()).ok_or(Overflow)?;
        let left = self.taps_outside(self.before.into(), output)?;
        // Seen from the other end, the last window reaches `overhang` past the last element.
        let end = u128::from(output - 1) * u128::from(self.stride) + self.reach();
        let overhang = end.saturating_sub(u128::from(input) + u128::from(self.before));
        let right = self.taps_outside(overhang, output)?;
        all.checked_sub(left).and_then(|inside| inside.checked_sub(right)).ok_or(Overflow)
    }

    /// Taps that fall outside at one end, where the window nearest to it sticks out by `overhang`:
    /// `Σ min(kernel, ⌈(overhang − i·stride) / dilation⌉)` over the windows `i` that stick out.
    fn taps_outside(&self, overhang: u128, output: u64) -> Result<u128, Overflow> {
        let (kernel, stride, dilation) =
            (u128::from(self.kernel), u128::from(self.stride), u128::from(self.dilation));
        let windows = overhang.div_ceil(stride).min(output.into());
        // The first windows may lie outside altogether: all taps of those.
        let whole = overhang
            .checked_sub(dilation * (kernel - 1))
            .map_or(0, |beyond| beyond.div_ceil(stride))
            .min(windows);
        let partial = windows - whole;
        if partial == 0 {
            return whole.checked_mul(kernel).ok_or(Overflow);
        }
        // From the last that sticks out to the first: ⌈(least + i·stride) / dilation⌉.
        let least = overhang - (windows - 1) * stride;
        let part = floor_sum(partial, dilation, stride, least + dilation - 1)?;
        whole.checked_mul(kernel).and_then(|whole| whole.checked_add(part)).ok_or(Overflow)
    }

    /// How many of `output` windows have a tap on at least one of `input` elements.
    pub fn windows_inside(&self, input: u64, output: u64) -> Result<u128, Overflow> {
        if self.dilation > input {
            // Taps are further apart than there are elements, so each window has one tap on them at most.
            return self.taps_inside(input, output);
        }
        let (before, stride) = (u128::from(self.before), u128::from(self.stride));
        // The first that reaches an element, and the first that begins behind all of them.
        let first = (before + 1).saturating_sub(self.reach()).div_ceil(stride);
        let behind = (before + u128::from(input)).div_ceil(stride).min(output.into());
        Ok(behind.saturating_sub(first))
    }
}

/// `Σ ⌊(step·i + start) / divisor⌋` for `i` from 0 to `count − 1`, by Euclid's algorithm.
fn floor_sum(count: u128, divisor: u128, step: u128, start: u128) -> Result<u128, Overflow> {
    let (mut n, mut m, mut a, mut b) = (count, divisor, step, start);
    let mut sum = 0u128;
    while n > 0 {
        let triangle =
            if n.is_multiple_of(2) { (n / 2).checked_mul(n - 1) } else { n.checked_mul((n - 1) / 2) };
        let whole = triangle
            .and_then(|triangle| triangle.checked_mul(a / m))
            .and_then(|steps| steps.checked_add(n.checked_mul(b / m)?));
        sum = whole.and_then(|whole| sum.checked_add(whole)).ok_or(Overflow)?;
        (a, b) = (a % m, b % m);
        let last = a.checked_mul(n).and_then(|top| top.checked_add(b)).ok_or(Overflow)?;
        // What is left is a sum of the same kind with the roles of the two lengths exchanged.
        (n, b) = (last / m, last % m);
        (m, a) = (a, m);
        if m == 0 {
            break;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every tap of every window, one by one: `(output, taps on the input, windows with such a tap)`.
    fn brute_force(axis: &Axis, input: u64) -> Option<(u64, u128, u64)> {
        let signed = |value: u64| i64::try_from(value).unwrap();
        let (input_end, padded_end) = (signed(input), signed(input + axis.after));
        let (mut windows, mut inside, mut inhabited) = (0, 0, 0);
        for index in 0.. {
            let start = signed(index * axis.stride) - signed(axis.before);
            let last = start + signed(axis.dilation * (axis.kernel - 1));
            let fits = if axis.ceil {
                start < input_end && last < padded_end + signed(axis.stride) - 1
            } else {
                last < padded_end
            };
            if !fits {
                break;
            }
            let taps = (0..axis.kernel).map(|tap| start + signed(tap * axis.dilation));
            let hits = taps.filter(|tap| (0..input_end).contains(tap)).count();
            windows += 1;
            inside += hits as u128;
            inhabited += u64::from(hits > 0);
        }
        (windows > 0).then_some((windows, inside, inhabited))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn windows_are_those_that_brute_force_finds(
            input in 1u64..12, kernel in 1u64..6, stride in 1u64..5, dilation in 1u64..5,
            before in 0u64..8, after in 0u64..8, ceil: bool,
        ) {
            // With `ceil_mode`, PyTorch allows a padding of at most half the kernel.
            let most = if ceil { kernel / 2 } else { u64::MAX };
            let axis = Axis { kernel, stride, dilation, before: before.min(most), after: after.min(most), ceil };
            match (axis.output(input), brute_force(&axis, input)) {
                (Some(output), Some((windows, inside, _))) => {
                    prop_assert_eq!(output, windows);
                    prop_assert_eq!(axis.taps_inside(input, output), Ok(inside));
                    prop_assert_eq!(axis.output_working(input, output).evaluate(), Ok(output.into()));
                }
                (found, expected) => prop_assert_eq!(found, expected.map(|(windows, ..)| windows)),
            }
        }

        #[test]
        fn windows_without_an_element_are_found(
            input in 1u64..9, kernel in 1u64..6, stride in 1u64..9, dilation in 1u64..9,
            before in 0u64..12, after in 0u64..12,
        ) {
            let axis = Axis { kernel, stride, dilation, before, after, ceil: false };
            if let Some((windows, _, inhabited)) = brute_force(&axis, input) {
                prop_assert_eq!(axis.windows_inside(input, windows), Ok(inhabited.into()));
            }
        }

        #[test]
        fn floor_sums_are_those_of_a_loop(n in 0u128..50, m in 1u128..50, a in 0u128..100, b in 0u128..100) {
            prop_assert_eq!(floor_sum(n, m, a, b), Ok((0..n).map(|i| (a * i + b) / m).sum()));
        }
    }

    #[test]
    fn sizes_of_any_magnitude_take_no_time() {
        let axis =
            Axis { kernel: 1 << 40, stride: 3, dilation: 5, before: 1 << 50, after: 1 << 50, ceil: false };
        let output = axis.output(LARGEST_SIZE).unwrap();
        assert!(axis.taps_inside(LARGEST_SIZE, output).unwrap() < u128::from(output) << 40);
        let inside = Axis { dilation: LARGEST_SIZE, ..axis }.windows_inside(1 << 20, LARGEST_SIZE).unwrap();
        assert!(inside <= LARGEST_SIZE.into());
    }

    #[test]
    fn the_lectures_convolution() {
        let axis = Axis { kernel: 5, stride: 1, dilation: 1, before: 2, after: 2, ceil: false };
        assert_eq!(axis.output(28), Some(28));
        assert_eq!(axis.taps_inside(28, 28), Ok(134));
        let working = axis.output_working(28, 28);
        let text = crate::working::Notation::Text;
        assert_eq!(working.formula(text), "⌊(in + 2 · padding − kernel)/stride⌋ + 1");
        assert_eq!(working.substitution(text), "⌊(28 + 2·2 − 5)/1⌋ + 1");
    }
}
