//! The padding of a window: numbers, or a rule by its name.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, EnumAccess, Error, SeqAccess, Visitor};
use serde::ser::Serializer;

use super::{Extent, PerAxis, PerAxisVisitor, Size};
use crate::op::Reason;
use crate::op::window::{Axis, Window};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The padding of a convolution, a pool or a transposed convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Padding<const N: usize> {
    /// As much as keeps the size, at stride 1; an odd one more at the end. PyTorch's rule.
    Same,
    /// As much as makes the output the input divided by the stride, rounded up; an odd one more at the end. The rule is
    /// TensorFlow's `SAME`, and the name ONNX's (`SAME_UPPER`). Of a transposed convolution the output is the input times the
    /// stride.
    SameUpper,
    /// On both sides half of what the window reaches over, rounded down.
    Half,
    /// None, and said so by name.
    Valid,
    /// This much on the sides of each axis.
    Of(PerAxis<Sides, N>),
}

/// The padding of one axis, written as one number for both sides or as a list of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sides {
    /// Before the first element.
    pub before: Extent,
    /// After the last element.
    pub after: Extent,
}

/// The words, in the order they are documented.
const WORDS: &[&str] = &["same", "same_upper", "half", "valid"];

impl From<Extent> for Sides {
    fn from(both: Extent) -> Self {
        Self { before: both, after: both }
    }
}

impl TryFrom<u64> for Sides {
    type Error = Text;

    fn try_from(value: u64) -> Result<Self, Text> {
        Extent::try_from(value).map(Self::from)
    }
}

impl<const N: usize> Default for Padding<N> {
    fn default() -> Self {
        Self::Of(PerAxis::all(Sides::default()))
    }
}

/// As much on both sides of each axis.
impl<const N: usize> From<PerAxis<Extent, N>> for Padding<N> {
    fn from(both: PerAxis<Extent, N>) -> Self {
        Self::Of(PerAxis(both.0.map(Sides::from)))
    }
}

impl<const N: usize> Padding<N> {
    /// Whether it is a word in PyTorch, too.
    pub fn is_named(&self) -> bool {
        match self {
            Self::Same | Self::Valid => true,
            Self::SameUpper | Self::Half | Self::Of(_) => false,
        }
    }

    /// The window `bare`, which has no padding yet, with that of axis number `index`, which has `input` elements.
    pub(in crate::op) fn around(&self, index: usize, bare: Axis, input: u64) -> Axis {
        let reach = bare.reach();
        let [before, after] = match self {
            Self::Valid => [0; 2],
            Self::Of(sides) => {
                let Sides { before, after } = sides.0[index];
                [before, after].map(Extent::get)
            }
            Self::Half => [reach / 2; 2].map(narrow),
            Self::Same => halves(reach - 1),
            Self::SameUpper => {
                // The last of ⌈input / stride⌉ windows starts at the last multiple of the stride that is an element.
                let last = (input - 1) / bare.stride * bare.stride;
                halves((u128::from(last) + reach).saturating_sub(input.into()))
            }
        };
        Axis { before, after, ..bare }
    }

    /// The workings of the sizes of `output`, over which `window` slides with this padding.
    pub(in crate::op) fn output_workings(
        &self,
        window: &Window,
        input: &Shape,
        output: &Shape,
    ) -> Vec<(Factor, Working)> {
        match self {
            Self::SameUpper => window.divided_workings(input),
            Self::Half => {
                let half = window.half().map(|half| (Factor::Padding, half));
                half.into_iter().chain(window.output_workings(input, output)).collect()
            }
            Self::Same | Self::Valid | Self::Of(_) => window.output_workings(input, output),
        }
    }

    /// Of a transposed convolution: the kernel `bare` with what is cut off the output's axis number `index`, and what is added
    /// at its end where the kernels leave gaps.
    pub(in crate::op) fn cut(&self, index: usize, bare: Axis) -> (Axis, u64) {
        match self {
            Self::Valid | Self::Half | Self::Of(_) => (self.around(index, bare, 1), 0),
            Self::Same | Self::SameUpper => {
                let (reach, stride) = (bare.reach(), u128::from(bare.stride));
                let [before, after] = halves(reach.saturating_sub(stride));
                (Axis { before, after, ..bare }, narrow(stride.saturating_sub(reach)))
            }
        }
    }

    /// `"same"` needs stride 1, as in PyTorch; `help` says which rule has other strides.
    pub(in crate::op) fn check(
        &self,
        stride: PerAxis<Size, N>,
        help: impl FnOnce() -> Text,
    ) -> Result<(), Reason> {
        let stride = stride.0.into_iter().map(Size::get).find(|&stride| stride != 1);
        let (Self::Same, Some(stride)) = (self, stride) else { return Ok(()) };
        Err(Reason::new(text!(
            "`padding = \"same\"` keeps the size, and a stride of {stride} does not",
            "`padding = \"same\"` 要保持尺寸,步幅 {stride} 做不到"
        ))
        .at("padding")
        .help(help()))
    }
}

/// What [`Padding::SameUpper`] makes of a size that is slid over.
pub(in crate::op) fn divides() -> Text {
    text!(
        "`padding = \"same_upper\"` divides the size by the stride, rounded up, as TensorFlow's SAME; `\"half\"` pads both sides \
         alike, as PyTorch's networks do",
        "`padding = \"same_upper\"` 使尺寸除以步幅并向上取整,与 TensorFlow 的 SAME 相同;`\"half\"` 两侧填充相同,与 PyTorch 的网络一致"
    )
}

/// What it makes of a size that is spread out.
pub(in crate::op) fn multiplies() -> Text {
    text!(
        "`padding = \"same_upper\"` multiplies the size by the stride, as TensorFlow's SAME",
        "`padding = \"same_upper\"` 使尺寸乘以步幅,与 TensorFlow 的 SAME 相同"
    )
}

/// The two sides of `total`: an odd one more at the end.
fn halves(total: u128) -> [u64; 2] {
    [total / 2, total - total / 2].map(narrow)
}

/// Windows reach over up to 2^106 elements. What is too large for this is for any padding, and refused as that.
fn narrow(size: u128) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

impl<'de> Deserialize<'de> for Sides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let PerAxis([before, after]) = PerAxis::<Extent, 2>::deserialize(deserializer)?;
        Ok(Self { before, after })
    }
}

impl Serialize for Sides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PerAxis([self.before, self.after]).serialize(serializer)
    }
}

impl JsonSchema for Sides {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "sides".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        PerAxis::<Extent, 2>::json_schema(generator)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Padding<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PaddingVisitor<const N: usize>;

        impl<'de, const N: usize> Visitor<'de> for PaddingVisitor<N> {
            type Value = Padding<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words = WORDS.join("\", \"");
                let chinese = WORDS.join("\"、\"");
                let expected =
                    text!("\"{words}\", a number or a list of {N}", "\"{chinese}\"、一个数或 {N} 个数的列表");
                fmt::Display::fmt(&expected, f)
            }

            fn visit_enum<A: EnumAccess<'de>>(self, word: A) -> Result<Self::Value, A::Error> {
                match word.variant::<String>()?.0.as_str() {
                    "same" => Ok(Padding::Same),
                    "same_upper" => Ok(Padding::SameUpper),
                    "half" => Ok(Padding::Half),
                    "valid" => Ok(Padding::Valid),
                    other => Err(A::Error::unknown_variant(other, WORDS)),
                }
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                PerAxisVisitor(PhantomData).visit_u64(value).map(Padding::Of)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                PerAxisVisitor(PhantomData).visit_i64(value).map(Padding::Of)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                PerAxisVisitor(PhantomData).visit_seq(list).map(Padding::Of)
            }
        }

        deserializer.deserialize_enum("Padding", WORDS, PaddingVisitor)
    }
}

impl<const N: usize> Serialize for Padding<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same => serializer.serialize_str("same"),
            Self::SameUpper => serializer.serialize_str("same_upper"),
            Self::Half => serializer.serialize_str("half"),
            Self::Valid => serializer.serialize_str("valid"),
            // One list of two numbers would be those of two axes.
            Self::Of(PerAxis(axes)) if axes.iter().any(|sides| sides.before != sides.after) => {
                serializer.collect_seq(axes)
            }
            Self::Of(both) => both.serialize(serializer),
        }
    }
}

impl<const N: usize> JsonSchema for Padding<N> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("padding_{N}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (number, sides) = (Extent::json_schema(generator), Sides::json_schema(generator));
        let axes = json_schema!({ "type": "array", "items": sides, "minItems": N, "maxItems": N });
        json_schema!({ "anyOf": [{ "enum": WORDS }, number, axes] })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bare(kernel: u64, stride: u64, dilation: u64) -> Axis {
        Axis { kernel, stride, dilation, before: 0, after: 0, ceil: false }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        /// TensorFlow's documentation of `SAME`: the output is ⌈in / stride⌉, and
        /// `max((out − 1)·stride + reach − in, 0)` is split with the odd one at the end.
        #[test]
        fn tensorflows_rule_divides_rounded_up(
            input in 1u64..40, kernel in 1u64..8, stride in 1u64..9, dilation in 1u64..5, ceil: bool,
        ) {
            let axis = Axis { ceil, ..bare(kernel, stride, dilation) };
            let padded = Padding::<1>::SameUpper.around(0, axis, input);
            let output = input.div_ceil(stride);
            prop_assert_eq!(padded.output(input), Some(output));
            let total = ((output - 1) * stride + dilation * (kernel - 1) + 1).saturating_sub(input);
            prop_assert_eq!((padded.before, padded.after), (total / 2, total.div_ceil(2)));
        }

        /// And back: of a transposed convolution the output is in·stride.
        #[test]
        fn tensorflows_rule_multiplies(
            input in 1u64..40, kernel in 1u64..8, stride in 1u64..9, dilation in 1u64..5,
        ) {
            let (axis, more) = Padding::<1>::SameUpper.cut(0, bare(kernel, stride, dilation));
            let full = (input - 1) * stride + dilation * (kernel - 1) + 1 + more;
            prop_assert_eq!(full - axis.before - axis.after, input * stride);
            // A convolution back pads alike.
            let back = Padding::<1>::SameUpper.around(0, bare(kernel, stride, dilation), input * stride);
            prop_assert_eq!((axis.before, axis.after), (back.before, back.after));
        }

        #[test]
        fn half_of_an_odd_window_divides_rounded_up(input in 1u64..40, half in 0u64..4, stride in 1u64..9) {
            let padded = Padding::<1>::Half.around(0, bare(2 * half + 1, stride, 1), input);
            prop_assert_eq!((padded.before, padded.after), (half, half));
            prop_assert_eq!(padded.output(input), Some(input.div_ceil(stride)));
        }
    }

    #[test]
    fn half_is_of_what_the_window_reaches_over() {
        let half = |kernel, dilation| Padding::<1>::Half.around(0, bare(kernel, 1, dilation), 9).after;
        assert_eq!([half(1, 1), half(2, 1), half(4, 1), half(3, 2), half(2, 2)], [0, 1, 2, 2, 1]);
    }

    #[test]
    fn windows_of_any_reach_are_no_panic() {
        let huge = crate::shape::LARGEST_SIZE;
        for padding in [Padding::<1>::Same, Padding::SameUpper, Padding::Half] {
            for (kernel, stride, dilation) in [(huge, huge, huge), (huge, 1, huge), (huge, huge, 1)] {
                let axis = padding.around(0, bare(kernel, stride, dilation), huge);
                let _ = axis.output(huge).map(|output| axis.taps_inside(huge, output));
                let _ = padding.cut(0, bare(kernel, stride, dilation));
            }
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for written in [
            "\"same\"",
            "\"same_upper\"",
            "\"half\"",
            "\"valid\"",
            "1",
            "[1,2]",
            "[[0,1],[0,1]]",
            "[1,[2,0]]",
        ] {
            let settings =
                serde_json::from_str(&format!(r#"{{"out_channels":1,"kernel_size":3,"padding":{written}}}"#));
            let op = crate::op::Op::from_settings("conv2d", &settings.unwrap()).unwrap().unwrap();
            assert_eq!(op.settings()["padding"].to_string(), written);
        }
    }
}
