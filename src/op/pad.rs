//! `pad`: numbers around a tensor, as `torch.nn.functional.pad`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::finite;
use super::{Class, Definition, Look, Operator, Reach, Reason, Slide, only, shape, size};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace, tensors,
    workspace::{elements, product},
};
use crate::shape::Shape;
use crate::text;
use crate::working::Working;

/// Numbers before and after those of the last dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "在最后若干维的前后填充数"))]
pub struct Pad {
    /// Two for each dimension, before and after, from the last one on: `[left, right, top, bottom]`. A negative number
    /// cuts off.
    #[schemars(extend("x-zh" = "每一维两个数,分别在前、在后,从最后一维开始:`[左,右,上,下]`。负数表示裁去"))]
    pub padding: Vec<i64>,
    /// What is put there.
    #[serde(default)]
    #[schemars(extend("x-zh" = "填充什么"))]
    pub mode: Mode,
    /// The number that is put there, in mode constant.
    #[serde(default, deserialize_with = "finite")]
    #[schemars(extend("x-zh" = "`constant` 模式下填充的数"))]
    pub value: f64,
}

/// What [`Pad`] puts around a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[non_exhaustive]
pub enum Mode {
    /// One number everywhere.
    #[default]
    Constant,
    /// The numbers inside as in a mirror, the outermost one not repeated.
    Reflect,
    /// The outermost number again and again.
    Replicate,
}

impl Definition for Pad {
    const EXAMPLE: &'static str = r#"{ op = "pad", padding = [0, 1, 0, 1] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 112, 112]];
}

impl Operator for Pad {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.check(input)?;
        let mut dims = input.dims().to_vec();
        for (axis, before, after) in self.sides(input.rank()) {
            dims[axis] = self.padded(input, axis, before, after)?;
        }
        shape(dims).map_err(|reason| reason.at("padding"))
    }

    fn resized(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, Working)> {
        let rank = output.rank();
        let working = |(axis, before, after): (usize, i64, i64)| {
            let start = Working::Number(inputs[0].dims()[axis].into());
            // What is added comes first, so that nothing falls below zero on the way.
            let (added, cut): (Vec<i64>, Vec<i64>) = [before, after].into_iter().partition(|&side| side >= 0);
            let number = |side: i64| Working::Number(side.unsigned_abs().into());
            let sum = [vec![start], added.into_iter().map(number).collect()].concat();
            let whole = cut.into_iter().fold(Working::Sum(sum), |rest, side| rest.less(number(side)));
            (axis, whole)
        };
        self.sides(rank).filter(|&(_, before, after)| (before, after) != (0, 0)).map(working).collect()
    }

    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        let mut left = inputs[0].dims().to_vec();
        for (axis, before, _) in self.sides(inputs[0].rank()) {
            left[axis] = self.mode.touched(left[axis], before, output.dims()[axis]);
        }
        Some(left.into_iter().map(u128::from).product())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let rank = inputs[0].rank();
        let mut looks = vec![Look::Same; rank];
        for (axis, before, _) in self.sides(rank) {
            let first = -i128::from(before);
            looks[axis] = Look::Sliding(Slide { stride: 1, divisor: 1, first, last: first, step: 1 });
        }
        Reach::kept(looks)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Pad {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let rank = inputs[0].rank() - 1;
        self.sides(rank).filter(|&(_, before, after)| (before, after) != (0, 0)).try_fold(
            inputs[0].clone(),
            |tensor, (axis, before, after)| match self.mode {
                Mode::Constant => filled(&tensor, axis + 1, before, after, self.value),
                Mode::Reflect | Mode::Replicate => self.repeated(&tensor, axis + 1, before, after),
            },
        )
    }

    /// For each dimension what there is before, what is put beside it, and both together.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let (mut sizes, mut copy, mut most) = (inputs[0].dims().to_vec(), 0, 0);
        for (axis, before, after) in self.sides(inputs[0].rank()) {
            let filled = [before, after].map(|side| side.max(0).unsigned_abs());
            sizes[axis] = 1;
            let filling = product([elements(&sizes), filled.iter().map(|&side| u128::from(side)).sum()]);
            sizes[axis] = output.dims()[axis];
            let padded = elements(&sizes);
            most = most.max(copy + tensors::FILLING * filling + padded);
            copy = padded;
        }
        Workspace::of_sample(most.saturating_sub(elements(output.dims())))
    }
}

impl Mode {
    /// How many of `input` elements there are in `output` positions, of which `before` come first: a negative padding cuts
    /// elements off, which a mirror may show nevertheless.
    fn touched(self, input: u64, before: i64, output: u64) -> u64 {
        let (last, first) = (i128::from(input) - 1, -i128::from(before));
        let end = first + i128::from(output) - 1;
        let (low, high) = match self {
            // Cut off altogether, nothing is left between them.
            Self::Constant => (first.max(0), end.min(last)),
            Self::Replicate => (first.clamp(0, last), end.clamp(0, last)),
            Self::Reflect => {
                // Mirrored, positions run from the end that they have passed back to the inside.
                let place = |position: i128| {
                    if position > last { 2 * last - position } else { position.abs() }
                };
                let (ends, turns) = ([place(first), place(end)], [0, last]);
                let turning = turns.into_iter().filter(|turn| (first..=end).contains(turn));
                let places = || ends.into_iter().chain(turning.clone());
                (places().min().unwrap_or(0), places().max().unwrap_or(last))
            }
        };
        u64::try_from((high - low + 1).max(0)).map_or(input, |places| places.min(input))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Reflect => "reflect",
            Self::Replicate => "replicate",
        }
    }
}

impl Pad {
    /// Each index into the sizes that is padded, with the padding before and after; the last dimension comes first.
    pub(crate) fn sides(&self, rank: usize) -> impl Iterator<Item = (usize, i64, i64)> {
        let pairs = self.padding.chunks_exact(2);
        (0..rank).rev().zip(pairs).map(|(axis, pair)| (axis, pair[0], pair[1]))
    }

    /// Whether the settings fit each other and the dimensions of `input`.
    fn check(&self, input: &Shape) -> Result<(), Reason> {
        let (numbers, rank) = (self.padding.len(), input.rank());
        if !numbers.is_multiple_of(2) {
            return Err(Reason::new(text!(
                "`padding` lists two numbers for each dimension, before and after, and has {numbers}",
                "`padding` 为每一维列出前后两个数,这里共有 {numbers} 个"
            ))
            .at("padding"));
        }
        let padded = numbers / 2;
        if padded > rank {
            return Err(Reason::new(text!(
                "`padding` is for the last {padded} dimensions, and {input} has {rank} beside the batch",
                "`padding` 针对最后 {padded} 维,而 {input} 除批次维外只有 {rank} 维"
            ))
            .at("padding"));
        }
        if self.mode == Mode::Constant {
            return Ok(());
        }
        let mode = self.mode.name();
        if self.value != 0.0 {
            return Err(Reason::new(text!(
                "`value` goes with `mode = \"constant\"` only",
                "`value` 只能与 `mode = \"constant\"` 一起使用"
            ))
            .at("value"));
        }
        // PyTorch's kernels: channels, with the batch or without, and the dimensions that are padded.
        if !(1..=3).contains(&padded) || rank > padded + 1 {
            return Err(Reason::new(text!(
                "`mode = \"{mode}\"` pads all dimensions but the channels, and `padding` has {padded} of {input}",
                "`mode = \"{mode}\"` 填充除通道外的所有维度,而 `padding` 只涉及 {input} 中的 {padded} 维"
            ))
            .at("padding")
            .help(text!(
                "two numbers for a length, four for an image, six for a volume; 0 pads nothing",
                "一维长度用两个数,图像用四个,三维数据用六个;0 表示不填充"
            )));
        }
        Ok(())
    }

    /// The size of dimension `axis` with its padding.
    fn padded(&self, input: &Shape, axis: usize, before: i64, after: i64) -> Result<u64, Reason> {
        let length = input.dims()[axis];
        let most = before.max(after);
        if self.mode == Mode::Reflect && most >= 0 && most.unsigned_abs() >= length {
            let others = length - 1;
            return Err(Reason::new(text!(
                "a mirror of {length} elements shows {others} more at most, and `padding` wants {most}",
                "{length} 个元素的镜像至多再给出 {others} 个,而 `padding` 需要 {most} 个"
            ))
            .at("padding"));
        }
        // As PyTorch, which cuts before it fills; its other kernels go on with the outermost number.
        let cut = before.min(after);
        if self.mode == Mode::Constant && cut < 0 && cut.unsigned_abs() > length {
            let cut = cut.unsigned_abs();
            return Err(Reason::new(text!(
                "`padding` cuts {cut} elements off one side, and there are {length}",
                "`padding` 在一侧切去 {cut} 个元素,而总共只有 {length} 个"
            ))
            .at("padding"));
        }
        let padded = i128::from(length) + i128::from(before) + i128::from(after);
        if padded < 1 {
            return Err(Reason::new(text!(
                "nothing is left of {length} elements with a padding of {before} and {after}",
                "{length} 个元素加上 {before} 与 {after} 的填充后没有剩下任何元素"
            ))
            .at("padding"));
        }
        size(padded.unsigned_abs()).map_err(|reason| reason.at("padding"))
    }

    /// `tensor` with numbers of its own before and after those of `dim`.
    #[cfg(feature = "run")]
    fn repeated(&self, tensor: &Tensor, dim: usize, before: i64, after: i64) -> candle_core::Result<Tensor> {
        let last = i64::try_from(tensor.dim(dim)?).map_err(candle_core::Error::wrap)? - 1;
        let place = |position: i64| match self.mode {
            Mode::Reflect if position > last => 2 * last - position,
            Mode::Reflect => position.abs(),
            Mode::Replicate | Mode::Constant => position.clamp(0, last),
        };
        let places: Vec<u32> = (-before..=last + after)
            .map(|position| u32::try_from(place(position)))
            .collect::<Result<_, _>>()
            .map_err(candle_core::Error::wrap)?;
        tensors::pick(tensor, places, dim)
    }
}

/// `tensor` with `value` before and after the numbers of `dim`, or without some of these.
#[cfg(feature = "run")]
fn filled(tensor: &Tensor, dim: usize, before: i64, after: i64, value: f64) -> candle_core::Result<Tensor> {
    let length = |side: i64| tensors::size_of(side.max(0).unsigned_abs());
    let (start, end) = (length(-before)?, length(-after)?);
    let kept = tensor.dim(dim)?.saturating_sub(start + end);
    let (before, after) = (length(before)?, length(after)?);
    let side = |width: usize| {
        let mut dims = tensor.dims().to_vec();
        dims[dim] = width;
        Tensor::full(value, dims, tensor.device())?.to_dtype(tensor.dtype())
    };
    let mut parts = vec![];
    if before > 0 {
        parts.push(side(before)?);
    }
    if kept > 0 {
        parts.push(tensor.narrow(dim, start, kept)?);
    }
    if after > 0 {
        parts.push(side(after)?);
    }
    Tensor::cat(&parts, dim)?.contiguous()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn pad(settings: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let pad: Pad = toml::from_str(settings).unwrap();
        pad.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    fn reason(settings: &str, dims: &[u64]) -> (String, Option<&'static str>) {
        let reason = pad(settings, dims).unwrap_err();
        (reason.to_string(), reason.setting)
    }

    #[test]
    fn the_last_dimension_comes_first() {
        assert_eq!(pad("padding = [0, 1, 2, 3]", &[64, 112, 112]), Ok(vec![64, 117, 113]));
        assert_eq!(pad("padding = [0, 0, 0, 0, 4, 4]", &[64, 5, 5]), Ok(vec![72, 5, 5]));
        assert_eq!(pad("padding = [-1, -2]", &[4, 5]), Ok(vec![4, 2]));
        assert_eq!(pad("padding = [-5, 1]", &[4, 5]), Ok(vec![4, 1]));
        assert_eq!(pad("padding = []", &[5]), Ok(vec![5]));
        assert_eq!(pad("padding = [1, 2, 3, 0]\nmode = 'reflect'", &[2, 4, 3]), Ok(vec![2, 7, 6]));
        assert_eq!(pad("padding = [9, 9]\nmode = 'replicate'", &[2, 4]), Ok(vec![2, 22]));
    }

    #[test]
    fn sizes_have_workings() {
        let pad: Pad = toml::from_str("padding = [-1, 2, 3, 3]").unwrap();
        let inputs = [Shape::new(vec![4, 5, 6]).unwrap()];
        let output = pad.output(&inputs).unwrap();
        let workings = pad.resized(&inputs, &output);
        let shown: Vec<_> =
            workings.iter().map(|(axis, w)| format!("{axis}: {}", w.substitution(Notation::Text))).collect();
        assert_eq!(shown, ["2: 6 + 2 − 1", "1: 5 + 3 + 3"]);
        assert_eq!(workings[0].1.evaluate(), Ok(output.dims()[2].into()));
    }

    #[test]
    fn two_numbers_for_each_dimension_but_the_batch() {
        let odd = "`padding` lists two numbers for each dimension, before and after, and has 3";
        assert_eq!(reason("padding = [1, 1, 1]", &[4, 5]), (odd.to_owned(), Some("padding")));
        let batch = "`padding` is for the last 3 dimensions, and 4×5 has 2 beside the batch";
        assert_eq!(reason("padding = [1, 1, 1, 1, 1, 1]", &[4, 5]), (batch.to_owned(), Some("padding")));
    }

    #[test]
    fn something_is_left() {
        let nothing = "nothing is left of 5 elements with a padding of -2 and -3";
        assert_eq!(reason("padding = [-2, -3]", &[4, 5]), (nothing.to_owned(), Some("padding")));
        let cut = "`padding` cuts 6 elements off one side, and there are 5";
        assert_eq!(reason("padding = [-6, 9]", &[4, 5]), (cut.to_owned(), Some("padding")));
        let large = "the size 9223372036854775812 is above 2^53";
        assert_eq!(
            reason("padding = [0, 9223372036854775807]", &[4, 5]),
            (large.to_owned(), Some("padding"))
        );
    }

    #[test]
    fn a_mirror_shows_what_is_there() {
        let short = "a mirror of 5 elements shows 4 more at most, and `padding` wants 5";
        assert_eq!(
            reason("padding = [0, 5]\nmode = 'reflect'", &[4, 5]),
            (short.to_owned(), Some("padding"))
        );
        assert_eq!(pad("padding = [0, 4]\nmode = 'reflect'", &[4, 5]), Ok(vec![4, 9]));
    }

    #[test]
    fn only_constants_go_everywhere_and_have_a_value() {
        let channels =
            "`mode = \"reflect\"` pads all dimensions but the channels, and `padding` has 1 of 3×4×5";
        assert_eq!(
            reason("padding = [1, 1]\nmode = 'reflect'", &[3, 4, 5]),
            (channels.to_owned(), Some("padding"))
        );
        let value = "`value` goes with `mode = \"constant\"` only";
        assert_eq!(
            reason("padding = [1, 1]\nmode = 'replicate'\nvalue = 1", &[4, 5]),
            (value.to_owned(), Some("value"))
        );
        assert!(toml::from_str::<Pad>("padding = [1, 1]\nvalue = inf").is_err());
        let chinese = pad("padding = [1, 1]\nmode = 'reflect'", &[3, 4, 5]).unwrap_err().message.chinese;
        let expected = "`mode = \"reflect\"` 填充除通道外的所有维度,而 `padding` 只涉及 3×4×5 中的 1 维";
        assert_eq!(chinese, expected);
    }
}
