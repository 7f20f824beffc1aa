//! Which elements along an axis the taps of its windows touch at all, at any size without counting one by one.

use super::Axis;

/// As many steps as are taken to count what has no formula; above, all that is in reach counts as touched.
const MOST_STEPS: u128 = 1 << 16;

impl Axis {
    /// How many of `input` elements any tap of the `output` windows touches.
    pub fn touched(&self, input: u64, output: u64) -> u64 {
        // Taps that are so many apart fall on the same elements, with windows between them.
        let common = greatest_common_divisor(self.stride, self.dilation);
        let apart = u128::from(self.stride / common);
        if u128::from(self.kernel) <= apart {
            // No element is touched twice.
            let inside = self.taps_inside(input, output).ok().and_then(|taps| u64::try_from(taps).ok());
            return inside.map_or(input, |taps| taps.min(input));
        }
        if self.dilation == 1 || apart > MOST_STEPS {
            return self.spanned(input, output);
        }
        let step = u128::from(self.dilation / common);
        let touched = (0..apart).map(|tap| {
            let alike = (u128::from(self.kernel) - tap).div_ceil(apart);
            let places = Places { starts: alike, step, length: output.into() };
            let (start, stride) = (tap * u128::from(self.dilation), u128::from(self.stride));
            let (before, end) = (u128::from(self.before), u128::from(self.before) + u128::from(input));
            // Place `i` is the element `start + stride·i − before`.
            let up_to = |limit: u128| places.below(limit.saturating_sub(start).div_ceil(stride));
            up_to(end) - up_to(before)
        });
        u64::try_from(touched.sum::<u128>()).map_or(input, |touched| touched.min(input))
    }

    /// How many of `input` elements lie between the first tap of the first window and the last of the last.
    fn spanned(&self, input: u64, output: u64) -> u64 {
        let end = u128::from(output - 1) * u128::from(self.stride) + self.reach();
        let behind = end.saturating_sub(self.before.into()).min(input.into());
        u64::try_from(behind).unwrap_or(input)
    }
}

/// Runs of places, one after each `step`.
struct Places {
    starts: u128,
    step: u128,
    length: u128,
}

impl Places {
    /// How many of the places 0 up to `limit`, which is left out, are in any of the runs.
    fn below(&self, limit: u128) -> u128 {
        if self.step <= self.length {
            return limit.min((self.starts - 1) * self.step + self.length);
        }
        let whole = limit / self.step;
        if whole >= self.starts {
            return self.starts * self.length;
        }
        whole * self.length + (limit % self.step).min(self.length)
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::shape::LARGEST_SIZE;

    /// The elements that window number `index` touches.
    fn taps(axis: &Axis, input: u64, index: u64) -> impl Iterator<Item = u64> {
        let start = index * axis.stride;
        let taps = (0..axis.kernel).map(move |tap| start + tap * axis.dilation);
        let inside = axis.before..axis.before + input;
        taps.filter(move |place| inside.contains(place))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_touched_is_what_a_loop_touches(
            input in 1u64..14, kernel in 1u64..7, stride in 1u64..7, dilation in 1u64..7,
            before in 0u64..9, after in 0u64..9, ceil: bool,
        ) {
            let axis = Axis { kernel, stride, dilation, before, after, ceil };
            if let Some(output) = axis.output(input) {
                let touched: BTreeSet<u64> = (0..output).flat_map(|index| taps(&axis, input, index)).collect();
                prop_assert_eq!(axis.touched(input, output), touched.len() as u64);
            }
        }
    }

    #[test]
    fn sizes_of_any_magnitude_take_no_time() {
        for (kernel, stride, dilation) in
            [(1 << 52, 1 << 52, 1), (1 << 40, (1 << 40) - 1, 3), (5, 1 << 50, 1 << 49), (1, LARGEST_SIZE, 1)]
        {
            let axis = Axis { kernel, stride, dilation, before: 1 << 52, after: 1 << 52, ceil: false };
            if let Some(output) = axis.output(LARGEST_SIZE) {
                assert!(axis.touched(LARGEST_SIZE, output) <= LARGEST_SIZE);
            }
        }
    }
}
