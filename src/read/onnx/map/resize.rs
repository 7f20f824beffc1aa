//! Images, sequences and volumes of another size, and pixels of channels.

mod places;

use std::ops::Range;

use self::places::{Axis, Kernel, Places};
use super::shape::sizes_of;
use crate::op::Operator;
use crate::op::depth_to_space::{DepthToSpace, SpaceToDepth};
use crate::op::index_select::IndexSelect;
use crate::op::pixel_shuffle::{PixelShuffle, PixelUnshuffle};
use crate::op::upsample::{Mode, OnAxes, Times, Upsample};
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::{Call, decimal, size, size_of};
use crate::read::onnx::draft::shape;
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::{AttributeValue, Kind};
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The most axes of an image or a volume.
const MOST_AXES: usize = 3;

/// The most places along an axis that are found one by one.
const MOST_PLACES: u64 = 1 << 16;

/// `Resize`, and `Upsample` before it.
pub(super) fn resize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let keeps = call.node.text("keep_aspect_ratio_policy").is_some_and(|policy| policy != "stretch");
    if keeps {
        return Err(Refusal::Unsupported(text!("it keeps the ratio of sizes", "它保持宽高比")));
    }
    let dims = sizes_of(import, call, &input)?;
    let rule = Rule::of(import, call, &input, &dims)?;
    if rule.places == Places::Cropped {
        return Err(Refusal::Unsupported(text!("it takes a part of its input", "它截取输入的一部分")));
    }
    let is_changed = |&axis: &usize| dims[axis] != input.dims[axis];
    let changed: Vec<usize> = (0..input.rank()).filter(is_changed).collect();
    let (Some(&first), Some(&last)) = (changed.first(), changed.last()) else {
        return Ok(vec![Value::Tensor(input)]);
    };
    // Behind the channels, or else what changes.
    let is_usual = first >= 2 && (3..=2 + MOST_AXES).contains(&input.rank());
    let span = if is_usual { 2..input.rank() } else { first..last + 1 };
    let result = match rule.mode(span.len(), &changed)? {
        Some(mode) => rule.stretched(import, &input, &dims, span, mode)?,
        None => rule.written_out(import, &input, &dims, &changed)?,
    };
    Ok(vec![Value::Tensor(result)])
}

/// What is made of the elements around a place.
#[derive(Clone, Copy, PartialEq)]
enum Way<'c> {
    /// The nearest, by this rounding.
    Nearest(&'c str),
    Linear,
    Cubic,
}

/// How an operator resizes.
struct Rule<'c> {
    way: Way<'c>,
    places: Places,
    axes: Vec<Axis>,
    /// Whether factors are what is given.
    has_scales: bool,
    /// Whether it spans all elements that become one, where they become fewer.
    smooths: bool,
    excludes: bool,
    coefficient: f64,
}

impl<'c> Rule<'c> {
    fn of(import: &Importer<'_>, call: &'c Call<'c>, input: &Tensor, dims: &[u64]) -> Mapped<Self> {
        let is_early = &*call.node.operator == "Upsample" || call.opset < 11;
        let rounding = match call.node.text("nearest_mode") {
            _ if is_early => "floor",
            rounding => rounding.unwrap_or("round_prefer_floor"),
        };
        let way = match call.node.text("mode").unwrap_or("nearest") {
            "nearest" => Way::Nearest(rounding),
            "linear" | "bilinear" => Way::Linear,
            "cubic" => Way::Cubic,
            other => return Err(Refusal::Wrong(text!("`mode` is `{other}`", "`mode` 的值为 `{other}`"))),
        };
        let places = match call.node.text("coordinate_transformation_mode") {
            _ if is_early => Places::Factors,
            None | Some("half_pixel") => Places::Halves,
            Some("pytorch_half_pixel") => Places::HalvesOrFirst,
            Some("half_pixel_symmetric") => Places::Symmetric,
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
            Some(AttributeValue::Floats(scales)) => {
                Some(scales.iter().map(|&scale| decimal(scale)).collect())
            }
            _ => import.floats(call, if is_early { 1 } else { 2 })?.filter(|scales| !scales.is_empty()),
        };
        let named = match call.node.ints("axes") {
            Some(axes) => {
                axes.iter().map(|&index| axis(index, input.rank())).collect::<Result<Vec<_>, _>>()?
            }
            None => (0..input.rank()).collect(),
        };
        #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
        let line = |(&from, &to): (&u64, &u64)| Axis { from, to, scale: to as f64 / from as f64 };
        let mut axes: Vec<Axis> = input.dims.iter().zip(dims).map(line).collect();
        let has_scales = given.is_some();
        let given: Vec<f64> = given.unwrap_or_default();
        named.iter().zip(given).for_each(|(&axis, scale)| axes[axis].scale = scale);
        Ok(Self {
            way,
            places,
            axes,
            has_scales,
            smooths: call.int_or("antialias", 0) != 0,
            excludes: call.int_or("exclude_outside", 0) != 0,
            coefficient: call.float_or("cubic_coeff_a", -0.75),
        })
    }

    /// PyTorch's way of doing the same over so many axes, if there is one.
    fn mode(&self, axes: usize, changed: &[usize]) -> Mapped<Option<Mode>> {
        let changed: Vec<Axis> = changed.iter().map(|&axis| self.axes[axis]).collect();
        let mode = match (self.way, axes) {
            (Way::Nearest(_), 1..=MOST_AXES) => Mode::Nearest,
            (Way::Linear, 1) => Mode::Linear,
            (Way::Linear, 2) => Mode::Bilinear,
            (Way::Linear, 3) => Mode::Trilinear,
            (Way::Cubic, 2) => Mode::Bicubic,
            _ => return Ok(None),
        };
        if let Way::Nearest(rounding) = self.way {
            if self.places == Places::Factors && rounding == "floor" {
                return Ok(Some(mode));
            }
            // What becomes a whole number of times as long is the same by most rules.
            let is_same = |axis: &Axis| {
                let times = axis.to / axis.from;
                let mut places = (0u64..).zip(axis.nearest(self.places, rounding));
                axis.to.is_multiple_of(axis.from) && places.all(|(made, place)| place == made / times)
            };
            check_length(&changed)?;
            return Ok(changed.iter().all(is_same).then_some(mode));
        }
        #[expect(clippy::float_cmp, reason = "what differs by however little is other")]
        let is_plain = self.way == Way::Linear || self.coefficient == -0.75 && !self.excludes;
        let shrinks = changed.iter().any(|axis| axis.to < axis.from);
        #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "asks whether it is exact")]
        let is_exact = |axis: &Axis| axis.from as f64 * axis.scale == axis.to as f64;
        let is_pytorchs = match self.places {
            Places::Halves | Places::Corners => true,
            Places::HalvesOrFirst => changed.iter().all(|axis| axis.to > 1),
            Places::Symmetric => changed.iter().all(is_exact),
            Places::Factors | Places::Middles | Places::Cropped => false,
        };
        Ok((is_plain && is_pytorchs && !(self.smooths && shrinks)).then_some(mode))
    }

    /// By picking elements along one axis after the other, and adding up shares of them.
    fn written_out(
        &self,
        import: &mut Importer<'_>,
        input: &Tensor,
        dims: &[u64],
        changed: &[usize],
    ) -> Mapped<Tensor> {
        let mut result = input.clone();
        for &axis in changed {
            let line = self.axes[axis];
            check_length(&[line])?;
            if let Way::Nearest(rounding) = self.way {
                result = import.elements_at(&result, axis, line.nearest(self.places, rounding))?;
                continue;
            }
            let kernel = Kernel {
                cubic: (self.way == Way::Cubic).then_some(self.coefficient),
                smooths: self.smooths,
                excludes: self.excludes,
            };
            let taps = line.taps(self.places, &kernel).ok_or_else(|| too_long(line))?;
            let mut sum: Option<Tensor> = None;
            for tap in taps {
                let part = import.elements_at(&result, axis, tap.places)?;
                let sizes = [&[dims[axis]], &vec![1; input.rank() - axis - 1][..]].concat();
                let numbers = Some(Numbers::Floats(tap.shares.into()));
                let shares = import.table.know(Array { dims: sizes, kind: Kind::FLOAT, numbers });
                let shares = import.made(&Value::Fixed(shares))?;
                let part = import.multiplied(&part, &shares)?;
                sum = Some(match sum {
                    Some(sum) => import.added(&sum, &part)?,
                    None => part,
                });
            }
            result = sum.ok_or(Refusal::Lost)?;
        }
        Ok(result)
    }

    /// These axes at other sizes; those before them, and those behind, are channels.
    fn stretched(
        &self,
        import: &mut Importer<'_>,
        input: &Tensor,
        dims: &[u64],
        span: Range<usize>,
        mode: Mode,
    ) -> Mapped<Tensor> {
        let (rank, behind) = (input.rank(), input.rank() - span.end);
        if behind > 0 {
            // What stands behind is brought to the front, and back.
            let order: Vec<usize> = (span.end..rank).chain(0..span.end).collect();
            let back: Vec<usize> = (behind..rank).chain(0..behind).collect();
            let at = |axes: &[usize], sizes: &[u64]| -> Vec<u64> {
                axes.iter().map(|&axis| sizes[axis]).collect()
            };
            let moved = import.permuted(input, &order)?;
            let axes = order.iter().map(|&axis| self.axes[axis]).collect();
            let rule = Self { axes, ..*self };
            let span = span.start + behind..rank;
            let result = rule.stretched(import, &moved, &at(&order, dims), span, mode)?;
            return import.permuted(&result, &back);
        }
        let axes = &self.axes[span.clone()];
        let (leading, sizes) = input.dims.split_at(span.start);
        let flat = [&[leading.iter().product()], sizes].concat();
        let sample = import.draft.as_sample(input, &flat)?;
        let wanted = [&flat[..1], &dims[span]].concat();
        let align_corners = mode != Mode::Nearest && self.places == Places::Corners;
        let op = |scale_factor, size| Upsample { scale_factor, size, mode, align_corners };
        let whole = axes.iter().map(|axis| axis.to.is_multiple_of(axis.from).then(|| axis.to / axis.from));
        let factors: Option<Vec<Times>> = match whole.collect::<Option<Vec<u64>>>() {
            Some(factors) => factors.into_iter().map(|factor| factor.try_into().ok()).collect(),
            None if self.has_scales => axes.iter().map(|axis| axis.scale.try_into().ok()).collect(),
            None => None,
        };
        let by_factor = factors.map(|factors| op(Some(on_axes(factors)), None));
        let shapes = [shape(&[&[1], &flat[..]].concat())?];
        let fits = |op: &Upsample| op.output(&shapes).is_ok_and(|shape| shape.dims() == wanted);
        let chosen = if let Some(by_factor) = by_factor.filter(fits) {
            by_factor
        } else {
            let sizes = axes.iter().map(|axis| size(axis.to)).collect::<Mapped<Vec<_>>>()?;
            op(None, Some(on_axes(sizes)))
        };
        import.draft.emit(chosen, &[&sample], vec![], dims, input.kind)
    }
}

fn check_length(axes: &[Axis]) -> Mapped<()> {
    axes.iter().find(|axis| axis.to > MOST_PLACES).map_or(Ok(()), |&axis| Err(too_long(axis)))
}

fn too_long(axis: Axis) -> Refusal {
    let (from, to) = (axis.from, axis.to);
    Refusal::Unsupported(text!(
        "{to} elements of {from} are too many to be found one by one",
        "由 {from} 个元素生成 {to} 个,数量过多,无法逐一计算"
    ))
}

/// One for all axes where all are the same.
fn on_axes<T: PartialEq + Copy>(values: Vec<T>) -> OnAxes<T> {
    match &values[..] {
        [first, rest @ ..] if rest.iter().all(|value| value == first) => OnAxes::All(*first),
        _ => OnAxes::Each(values),
    }
}

impl Importer<'_> {
    /// The elements along an axis at these places.
    fn elements_at(&mut self, tensor: &Tensor, axis: usize, places: Vec<u64>) -> Mapped<Tensor> {
        let mut dims = tensor.dims.to_vec();
        dims[axis] = places.len() as u64;
        let (input, dim) = self.along(tensor, axis)?;
        let index = places.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        self.draft.emit(IndexSelect { dim, index }, &[&input], vec![], &dims, tensor.kind)
    }
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
