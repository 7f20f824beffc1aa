//! What a convolution sees where its window is on the padding: zeros, or numbers of the input again, as PyTorch's
//! `padding_mode` has it.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reason;
use super::window::{Axis, Window};
#[cfg(feature = "run")]
use super::{tensors, workspace::elements};
use crate::text;

/// What stands on the padding of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[non_exhaustive]
pub enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The numbers inside as in a mirror, the outermost one not repeated; so the padding is less than the size.
    Reflect,
    /// The outermost number again and again.
    Replicate,
    /// The numbers from the other end on; so the padding is the size at most.
    Circular,
}

/// As many taps as are looked at one by one to say which elements are seen; above, all elements count as seen.
const MOST_TAPS: u128 = 1 << 16;

impl PaddingMode {
    /// The name in a description.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Reflect => "reflect",
            Self::Replicate => "replicate",
            Self::Circular => "circular",
        }
    }

    /// Whether `window` sees numbers of the input again on its padding, of which there has to be some.
    pub(crate) fn repeats(self, window: &Window) -> bool {
        self != Self::Zeros && window.axes.iter().any(|axis| axis.before > 0 || axis.after > 0)
    }

    /// Whether the spatial `sizes` have as much as this mode puts on the padding of `window`.
    pub(super) fn check(self, window: &Window, sizes: &[u64]) -> Result<(), Reason> {
        for (axis, &size) in window.axes.iter().zip(sizes) {
            let (wanted, others) = (axis.before.max(axis.after), size - 1);
            let message = match self {
                Self::Reflect if wanted > others => text!(
                    "a mirror of {size} elements shows {others} more at most, and the padding is {wanted}",
                    "{size} 个元素的镜像至多再给出 {others} 个,而填充为 {wanted}"
                ),
                Self::Circular if wanted > size => text!(
                    "{size} elements go round once at most, and the padding is {wanted}",
                    "{size} 个元素至多循环一周,而填充为 {wanted}"
                ),
                Self::Zeros | Self::Reflect | Self::Replicate | Self::Circular => continue,
            };
            return Err(Reason::new(message).at("padding"));
        }
        Ok(())
    }

    /// The element that stands at `position`, which is below 0 or above `last` on the padding.
    fn place(self, position: i128, last: i128) -> i128 {
        match self {
            Self::Reflect if position > last => 2 * last - position,
            Self::Reflect => position.abs(),
            Self::Circular => position.rem_euclid(last + 1),
            Self::Zeros | Self::Replicate => position.clamp(0, last),
        }
    }

    /// How many of `input` elements the `output` windows along an axis see, on the padding too.
    pub(super) fn touched(self, axis: &Axis, input: u64, output: u64) -> u64 {
        let taps = u128::from(output) * u128::from(axis.kernel);
        if taps > MOST_TAPS {
            return input;
        }
        let mut seen = std::collections::BTreeSet::new();
        for window in 0..output {
            let start = i128::from(window) * i128::from(axis.stride) - i128::from(axis.before);
            let taps = (0..axis.kernel).map(|tap| start + i128::from(tap) * i128::from(axis.dilation));
            seen.extend(taps.map(|position| self.place(position, i128::from(input) - 1)));
        }
        seen.len() as u64
    }

    /// `input`, batch × channels × axes, with the padding of `window` around it.
    #[cfg(feature = "run")]
    pub(super) fn fill(self, input: &Tensor, window: &Window) -> candle_core::Result<Tensor> {
        let mut padded = input.clone();
        for (axis, dim) in window.axes.iter().zip(2..).filter(|(axis, _)| axis.before > 0 || axis.after > 0) {
            let size = input.dim(dim)? as i128;
            let positions = -i128::from(axis.before)..size + i128::from(axis.after);
            let places = positions.map(|position| u32::try_from(self.place(position, size - 1)));
            let places = places.collect::<Result<_, _>>().map_err(candle_core::Error::wrap)?;
            padded = tensors::pick(&padded, places, dim)?;
        }
        Ok(padded)
    }
}

/// `window` without its padding, which has been added beforehand.
#[cfg(feature = "run")]
pub(super) fn bare(window: &Window) -> Window {
    Window { axes: window.axes.iter().map(|&axis| Axis { before: 0, after: 0, ..axis }).collect() }
}

/// What [`fill`](PaddingMode::fill) makes of a sample of these sizes, the channels first: the sizes with the padding, and the
/// most numbers there are on the way.
#[cfg(feature = "run")]
pub(super) fn filled(sizes: &[u64], window: &Window) -> (Vec<u64>, u128) {
    let (mut padded, mut copy, mut most) = (sizes.to_vec(), 0, 0);
    for (axis, size) in window.axes.iter().zip(padded.len() - window.axes.len()..) {
        if axis.before > 0 || axis.after > 0 {
            padded[size] = padded[size].saturating_add(axis.before).saturating_add(axis.after);
            let whole = elements(&padded);
            most = most.max(copy + whole);
            copy = whole;
        }
    }
    (padded, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(mode: PaddingMode, before: u64, after: u64, size: u64) -> Option<String> {
        let axis = Axis { kernel: 1, stride: 1, dilation: 1, before, after, ceil: false };
        mode.check(&Window { axes: vec![axis] }, &[size]).err().map(|reason| reason.to_string())
    }

    /// As PyTorch refuses them.
    #[test]
    fn there_is_as_much_as_is_shown() {
        assert_eq!(reason(PaddingMode::Reflect, 3, 3, 4), None);
        let mirror = "a mirror of 4 elements shows 3 more at most, and the padding is 4";
        assert_eq!(reason(PaddingMode::Reflect, 0, 4, 4).as_deref(), Some(mirror));
        assert_eq!(reason(PaddingMode::Circular, 4, 0, 4), None);
        let round = "4 elements go round once at most, and the padding is 5";
        assert_eq!(reason(PaddingMode::Circular, 5, 0, 4).as_deref(), Some(round));
        assert_eq!(reason(PaddingMode::Replicate, 9, 9, 1), None);
    }

    #[test]
    fn what_is_seen_again_counts_once() {
        let axis = Axis { kernel: 1, stride: 4, dilation: 1, before: 1, after: 3, ceil: false };
        let touched = |mode: PaddingMode| mode.touched(&axis, 5, axis.output(5).unwrap());
        // Windows at −1, 3 and 7.
        assert_eq!(
            [PaddingMode::Reflect, PaddingMode::Replicate, PaddingMode::Circular].map(touched),
            [2, 3, 3]
        );
        let huge = crate::shape::LARGEST_SIZE;
        assert_eq!(PaddingMode::Reflect.touched(&Axis { stride: 1, ..axis }, huge, huge), huge);
    }
}
