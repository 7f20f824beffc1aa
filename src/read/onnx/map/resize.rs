//! Images, sequences and volumes of another size, and pixels of channels.

use super::shape::sizes_of;
use crate::op::Op;
use crate::op::depth_to_space::{DepthToSpace, SpaceToDepth};
use crate::op::index_select::IndexSelect;
use crate::op::pixel_shuffle::{PixelShuffle, PixelUnshuffle};
use crate::op::upsample::{Mode, OnAxes, Times, Upsample};
use crate::read::onnx::call::{Call, size, size_of};
use crate::read::onnx::draft::shape;
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The most axes of an image or a volume.
const MOST_AXES: usize = 3;

/// The most elements along an axis that are picked one by one.
const MOST_PICKED: u64 = 1 << 16;

/// `Resize`, and `Upsample` before it.
pub(super) fn resize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    let rule = Rule::of(import, call, &input)?;
    let is_changed = |&axis: &usize| dims[axis] != input.dims[axis];
    let changed: Vec<usize> = (0..input.rank()).filter(is_changed).collect();
    let (Some(&first), Some(&last)) = (changed.first(), changed.last()) else {
        return match rule.places {
            Places::Cropped => Err(rule.unsupported()),
            _ => Ok(vec![Value::Tensor(input)]),
        };
    };
    if rule.mode == Way::Nearest
        && let Some(result) = rule.picks(import, &input, &dims, &changed)?
    {
        return Ok(vec![Value::Tensor(result)]);
    }
    // Behind the channels, or else what changes.
    let is_usual = first >= 2 && (3..=2 + MOST_AXES).contains(&input.rank());
    let [from, to] = if is_usual { [2, input.rank()] } else { [first, last + 1] };
    if to < input.rank() {
        // What stands behind is brought to the front.
        let order: Vec<usize> = (to..input.rank()).chain(0..to).collect();
        let back: Vec<usize> = (input.rank() - to..input.rank()).chain(0..input.rank() - to).collect();
        let moved = import.permuted(&input, &order)?;
        let wanted: Vec<u64> = order.iter().map(|&axis| dims[axis]).collect();
        let shift = input.rank() - to;
        let result = rule.stretched(import, &moved, &wanted, from + shift)?;
        return Ok(vec![Value::Tensor(import.permuted(&result, &back)?)]);
    }
    Ok(vec![Value::Tensor(rule.stretched(import, &input, &dims, from)?)])
}

/// What is made of the elements around a place.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Nearest,
    Linear,
    Cubic,
}

/// Where an element of the output is in the input.
#[derive(Clone, Copy, PartialEq)]
enum Places {
    /// From outer edge to outer edge.
    Halves,
    /// From the center of the first element to that of the last.
    Corners,
    /// As often as the factor says.
    Factors,
    /// In the middle of what the factor says, for the nearest only.
    Middles,
    /// In a part of the input.
    Cropped,
}

/// How an operator resizes.
struct Rule<'c> {
    call: &'c Call<'c>,
    mode: Way,
    places: Places,
    /// How often as long each axis becomes, where that is what is given.
    scales: Option<Vec<f64>>,
}

impl<'c> Rule<'c> {
    fn of(import: &Importer<'_>, call: &'c Call<'c>, input: &Tensor) -> Mapped<Self> {
        let mode = match call.node.text("mode").unwrap_or("nearest") {
            "nearest" => Way::Nearest,
            "linear" | "bilinear" => Way::Linear,
            "cubic" => Way::Cubic,
            other => return Err(Refusal::Wrong(text!("`mode` is `{other}`", "`mode` 的值为 `{other}`"))),
        };
        let is_early = is_early(call);
        let places = match call.node.text("coordinate_transformation_mode") {
            _ if is_early => Places::Factors,
            None | Some("half_pixel" | "pytorch_half_pixel" | "half_pixel_symmetric") => Places::Halves,
            Some("align_corners") => Places::Corners,
            Some("asymmetric") => Places::Factors,
            Some("tf_half_pixel_for_nn") => Places::Middles,
            Some("tf_crop_and_resize") => Places::Cropped,
            Some(other) => {
                return Err(Refusal::Wrong(text!(
                    "`coordinate_transformation_mode` is `{other}`",
                    "`coordinate_transformation_mode` 的值为 `{other}`"
                )));
            }
        };
        let given = match call.node.attribute("scales") {
            Some(crate::read::onnx::messages::AttributeValue::Floats(scales)) => {
                Some(scales.iter().map(|&scale| crate::read::onnx::call::decimal(scale)).collect())
            }
            _ => import.floats(call, if is_early { 1 } else { 2 })?.filter(|scales| !scales.is_empty()),
        };
        let axes = match call.node.ints("axes") {
            Some(axes) => {
                axes.iter().map(|&index| axis(index, input.rank())).collect::<Result<Vec<_>, _>>()?
            }
            None => (0..input.rank()).collect(),
        };
        let scales = given.map(|given: Vec<f64>| {
            let mut scales = vec![1.0; input.rank()];
            axes.iter().zip(given).for_each(|(&axis, scale)| scales[axis] = scale);
            scales
        });
        Ok(Self { call, mode, places, scales })
    }

    fn unsupported(&self) -> Refusal {
        let way = self.call.node.text("coordinate_transformation_mode").unwrap_or("asymmetric").to_owned();
        let mode = self.call.node.text("mode").unwrap_or("nearest").to_owned();
        Refusal::Unsupported(text!(
            "places by `{way}` in mode `{mode}` are not known",
            "不支持在 `{mode}` 模式下以 `{way}` 取位置"
        ))
    }

    /// The nearest elements, axis by axis, where PyTorch would take others; `None` where it takes the same.
    fn picks(
        &self,
        import: &mut Importer<'_>,
        input: &Tensor,
        dims: &[u64],
        changed: &[usize],
    ) -> Mapped<Option<Tensor>> {
        let rounding = match self.call.node.text("nearest_mode") {
            _ if is_early(self.call) => "floor",
            other => other.unwrap_or("round_prefer_floor"),
        };
        if self.places == Places::Cropped {
            return Err(self.unsupported());
        }
        if self.places == Places::Factors && rounding == "floor" {
            return Ok(None);
        }
        let mut lists = vec![];
        for &axis in changed {
            if dims[axis] > MOST_PICKED {
                return Err(self.unsupported());
            }
            let (from, to) = (input.dims[axis], dims[axis]);
            lists.push(nearest(self.places, rounding, from, to, self.scales.as_ref().map(|all| all[axis])));
        }
        let is_pytorch = |(&axis, list): (&usize, &Vec<u64>)| {
            let times = dims[axis] / input.dims[axis];
            dims[axis].is_multiple_of(input.dims[axis])
                && list.iter().zip(0u64..).all(|(&place, made)| place == made / times)
        };
        if changed.iter().zip(&lists).all(is_pytorch) {
            return Ok(None);
        }
        let mut result = input.clone();
        for (&axis, list) in changed.iter().zip(lists) {
            let mut sizes = result.dims.to_vec();
            sizes[axis] = dims[axis];
            let (tensor, dim) = import.along(&result, axis)?;
            let index = list.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
            result = import.draft.emit(IndexSelect { dim, index }, &[&tensor], vec![], &sizes, input.kind)?;
        }
        Ok(Some(result))
    }

    /// The axes from `from` on at these sizes; those before them are channels.
    fn stretched(
        &self,
        import: &mut Importer<'_>,
        input: &Tensor,
        dims: &[u64],
        from: usize,
    ) -> Mapped<Tensor> {
        let (leading, sizes) = input.dims.split_at(from);
        let wanted = &dims[from..];
        let mode = match (self.mode, sizes.len()) {
            (Way::Nearest, 1..=MOST_AXES) => Mode::Nearest,
            (Way::Linear, 1) => Mode::Linear,
            (Way::Linear, 2) => Mode::Bilinear,
            (Way::Linear, 3) => Mode::Trilinear,
            (Way::Cubic, 2) => Mode::Bicubic,
            (_, axes) => {
                return Err(Refusal::Unsupported(text!(
                    "it resizes {axes} axes at once",
                    "它同时缩放 {axes} 个轴"
                )));
            }
        };
        self.check(sizes, wanted)?;
        let align_corners = self.mode != Way::Nearest && self.places == Places::Corners;
        let flat = [&[leading.iter().product()], sizes].concat();
        let sample = import.draft.as_sample(input, &flat)?;
        let made = [&[flat[0]], wanted].concat();
        let op = |scale_factor, size| Upsample { scale_factor, size, mode, align_corners };
        let fits = |op: &Upsample| -> Mapped<bool> {
            let shapes = [shape(&[&[1], &flat[..]].concat())?];
            Ok(Op::from(op.clone()).output(&shapes).is_ok_and(|shape| shape.dims() == made))
        };
        let whole = sizes.iter().zip(wanted).map(|(&from, &to)| to.is_multiple_of(from).then(|| to / from));
        let factors: Option<Vec<Times>> = match whole.collect::<Option<Vec<u64>>>() {
            Some(factors) => factors.into_iter().map(|factor| factor.try_into().ok()).collect(),
            None => self.scales.as_ref().and_then(|scales| {
                scales[scales.len() - sizes.len()..].iter().map(|&scale| scale.try_into().ok()).collect()
            }),
        };
        let by_factor = factors.map(|factors| op(Some(on_axes(factors)), None));
        let chosen = match by_factor {
            Some(by_factor) if fits(&by_factor)? => by_factor,
            _ => {
                let sizes = wanted.iter().map(|&to| size(to)).collect::<Mapped<Vec<_>>>()?;
                op(None, Some(on_axes(sizes)))
            }
        };
        import.draft.emit(chosen, &[&sample], vec![], dims, input.kind)
    }

    /// Whether PyTorch's way between elements is the same.
    fn check(&self, sizes: &[u64], wanted: &[u64]) -> Mapped<()> {
        if self.mode == Way::Nearest {
            return Ok(());
        }
        let is_smaller = sizes.iter().zip(wanted).any(|(from, to)| to < from);
        if self.call.int_or("antialias", 0) != 0 && is_smaller {
            return Err(Refusal::Unsupported(text!("it smooths what it makes smaller", "缩小时带抗锯齿")));
        }
        let a = self.call.float_or("cubic_coeff_a", -0.75);
        let excludes = self.call.int_or("exclude_outside", 0) != 0;
        if self.mode == Way::Cubic && (a != -0.75 || excludes) {
            return Err(Refusal::Unsupported(text!(
                "its cubic polynomials are other than PyTorch's",
                "其三次多项式与 PyTorch 不同"
            )));
        }
        let is_single = sizes.iter().zip(wanted).any(|(&from, &to)| to == 1 && from > 1);
        #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "asks whether it is exact")]
        let is_whole = self.scales.as_ref().is_none_or(|scales| {
            let factors = &scales[scales.len().saturating_sub(sizes.len())..];
            let exact = sizes.iter().zip(wanted).zip(factors);
            { exact }.all(|((&from, &to), factor)| from as f64 * factor == to as f64)
        });
        let differs = match self.call.node.text("coordinate_transformation_mode") {
            Some("pytorch_half_pixel") => is_single,
            Some("half_pixel_symmetric") => !is_whole,
            _ => false,
        };
        match self.places {
            Places::Halves if !differs => Ok(()),
            Places::Corners => Ok(()),
            _ => Err(self.unsupported()),
        }
    }
}

fn is_early(call: &Call<'_>) -> bool {
    &*call.node.operator == "Upsample" || call.opset < 11
}

/// One for all axes where all are the same.
fn on_axes<T: PartialEq + Copy>(values: Vec<T>) -> OnAxes<T> {
    match &values[..] {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => OnAxes::All(*first),
        _ => OnAxes::Each(values),
    }
}

/// Which of `from` elements each of `to` is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on an axis, as the standard computes them"
)]
fn nearest(places: Places, rounding: &str, from: u64, to: u64, scale: Option<f64>) -> Vec<u64> {
    let scale = scale.unwrap_or(to as f64 / from as f64);
    let place = |made: u64| {
        let made = made as f64;
        let place = match places {
            Places::Halves => (made + 0.5) / scale - 0.5,
            Places::Corners if to > 1 => made * (from - 1) as f64 / (to - 1) as f64,
            Places::Corners => 0.0,
            Places::Middles => (made + 0.5) / scale,
            Places::Factors | Places::Cropped => made / scale,
        };
        let rounded = match rounding {
            "floor" => place.floor(),
            "ceil" => place.ceil(),
            "round_prefer_ceil" => (place + 0.5).floor(),
            _ => (place - 0.5).ceil(),
        };
        rounded.clamp(0.0, (from - 1) as f64) as u64
    };
    (0..to).map(place).collect()
}

/// `DepthToSpace`: channels as pixels.
pub(super) fn depth_to_space(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let block = call.int_or("blocksize", 1);
    if call.node.text("mode") == Some("CRD") {
        return import.on_spatial(PixelShuffle { upscale_factor: size_of(block)? }, &input, 2, vec![]);
    }
    import.on_spatial(DepthToSpace { block_size: size_of(block)? }, &input, 2, vec![])
}

/// `SpaceToDepth`: pixels as channels.
pub(super) fn space_to_depth(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let block_size = size_of(call.int_or("blocksize", 1))?;
    if call.node.text("mode") == Some("CRD") {
        return import.on_spatial(PixelUnshuffle { downscale_factor: block_size }, &input, 2, vec![]);
    }
    import.on_spatial(SpaceToDepth { block_size }, &input, 2, vec![])
}
