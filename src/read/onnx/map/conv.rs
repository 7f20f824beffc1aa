//! Convolutions, and transposed ones.

use crate::op::conv::Conv;
use crate::op::conv_transpose::ConvTranspose;
use crate::op::settings::{Extent, Padding, PerAxis, Sides, Size};
use crate::op::{Copies, Op, padding_mode::PaddingMode};
use crate::read::onnx::call::{Call, array, extent_of, natural, size, size_of};
use crate::read::onnx::draft::{Stored, shape};
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::shape::show;
use crate::text;

/// A convolution over one to three axes.
pub(super) fn conv(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (input, weight) = (import.tensor(call, 0)?, call.weight(1)?);
    let weights = with_bias(import, call, weight, 2)?;
    let dims = import.dims_of(weight).to_vec();
    convolve(import, call, &input, &dims, weights)
}

/// The same with weights of these sizes, however they are given.
pub(super) fn convolve(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    input: &Tensor,
    weight: &[u64],
    weights: Vec<Stored>,
) -> Mapped<Vec<Value>> {
    let [out, _, kernel @ ..] = weight else {
        return Err(Refusal::Wrong(text!("its weight has fewer than 3 dimensions", "其权重少于 3 维")));
    };
    match kernel.len() {
        1 => over::<1>(import, call, input, *out, kernel, weights),
        2 => over::<2>(import, call, input, *out, kernel, weights),
        3 => over::<3>(import, call, input, *out, kernel, weights),
        axes => Err(too_many(axes)),
    }
}

fn over<const N: usize>(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    input: &Tensor,
    out: u64,
    kernel: &[u64],
    weights: Vec<Stored>,
) -> Mapped<Vec<Value>>
where
    Conv<N>: Into<Op>,
{
    let window = Sliding::<N>::of(call, kernel, Some(spatial(input)?))?;
    let op = Conv::<N> {
        out_channels: size(out)?,
        kernel_size: PerAxis(window.kernel),
        stride: PerAxis(window.stride),
        padding: window.padding,
        padding_mode: PaddingMode::default(),
        dilation: PerAxis(window.dilation),
        groups: size_of(call.int_or("group", 1))?,
        bias: weights.len() > 1,
        connections: None,
    };
    import.convolved(op, input, N, weights)
}

/// A transposed convolution over one to three axes.
pub(super) fn conv_transpose(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (input, weight) = (import.tensor(call, 0)?, call.weight(1)?);
    let weights = with_bias(import, call, weight, 2)?;
    let dims = import.dims_of(weight).to_vec();
    let [_, out, kernel @ ..] = &dims[..] else {
        return Err(Refusal::Wrong(text!("its weight has fewer than 3 dimensions", "其权重少于 3 维")));
    };
    match kernel.len() {
        1 => transposed::<1>(import, call, &input, *out, kernel, weights),
        2 => transposed::<2>(import, call, &input, *out, kernel, weights),
        3 => transposed::<3>(import, call, &input, *out, kernel, weights),
        axes => Err(too_many(axes)),
    }
}

fn transposed<const N: usize>(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    input: &Tensor,
    out_of_group: u64,
    kernel: &[u64],
    weights: Vec<Stored>,
) -> Mapped<Vec<Value>>
where
    ConvTranspose<N>: Into<Op>,
{
    let window = Sliding::<N>::of(call, kernel, None)?;
    let groups = size_of(call.int_or("group", 1))?;
    let out = out_of_group.checked_mul(groups.get()).map_or(Err(too_large()), size)?;
    let mut output_padding = match call.node.ints("output_padding") {
        Some(sizes) => per_axis::<_, N>(sizes, extent_of)?,
        None => [Extent::default(); N],
    };
    let mut padding = window.padding;
    if let Some(wanted) = output_shape(call, input, &window)? {
        let spatial = spatial::<N>(input)?;
        let (mut sides, upper) = ([Sides::default(); N], call.node.text("auto_pad") == Some("SAME_UPPER"));
        for axis in 0..N {
            let reach =
                u128::from(window.dilation[axis].get()) * u128::from(kernel[axis].saturating_sub(1)) + 1;
            let whole =
                u128::from(window.stride[axis].get()) * u128::from(spatial[axis].saturating_sub(1)) + reach;
            let whole = whole + u128::from(output_padding[axis].get());
            if let Some(total) = whole.checked_sub(wanted[axis].into()) {
                // The rule of the standard: the odd one goes to the end with SAME_UPPER, else to the front.
                let half = total / 2;
                let [before, after] = if upper { [half, total - half] } else { [total - half, half] };
                sides[axis] = Sides { before: narrow(before)?, after: narrow(after)? };
            } else {
                // Behind what the kernels reach there is nothing but the bias.
                let more = u128::from(wanted[axis]) - whole;
                output_padding[axis] = narrow(u128::from(output_padding[axis].get()) + more)?;
            }
        }
        padding = Padding::Of(PerAxis(sides));
    }
    let op = ConvTranspose::<N> {
        out_channels: out,
        kernel_size: PerAxis(window.kernel),
        stride: PerAxis(window.stride),
        padding,
        output_padding: PerAxis(output_padding),
        groups,
        bias: weights.len() > 1,
        dilation: PerAxis(window.dilation),
    };
    import.convolved(op, input, N, weights)
}

/// The sizes that a transposed convolution is to come to, where these are said rather than its padding.
fn output_shape<const N: usize>(
    call: &Call<'_>,
    input: &Tensor,
    window: &Sliding<N>,
) -> Mapped<Option<[u64; N]>> {
    if let Some(sizes) = call.node.ints("output_shape") {
        // Some writers give all sizes, batch and channels too.
        let sizes = &sizes[sizes.len().saturating_sub(N)..];
        return Ok(Some(per_axis::<_, N>(sizes, natural)?));
    }
    if !matches!(call.node.text("auto_pad"), Some("SAME_UPPER" | "SAME_LOWER")) {
        return Ok(None);
    }
    let mut sizes = spatial::<N>(input)?;
    for (size, stride) in sizes.iter_mut().zip(window.stride) {
        *size = size.checked_mul(stride.get()).ok_or_else(too_large)?;
    }
    Ok(Some(sizes))
}

/// How a window slides, as attributes of many operators have it.
pub(super) struct Sliding<const N: usize> {
    pub(super) kernel: [Size; N],
    pub(super) stride: [Size; N],
    pub(super) padding: Padding<N>,
    pub(super) dilation: [Size; N],
}

impl<const N: usize> Sliding<N> {
    /// With a kernel that is known from elsewhere, over an input of these sizes where `auto_pad` is a rule for its padding.
    pub(super) fn of(call: &Call<'_>, kernel: &[u64], input: Option<[u64; N]>) -> Mapped<Self> {
        let ones = [Size::ONE; N];
        let sizes = |name: &str| match call.node.ints(name) {
            Some(values) => per_axis::<_, N>(values, size_of),
            None => Ok(ones),
        };
        let given = array::<_, N>(kernel)?;
        if let Some(said) = call.node.ints("kernel_shape") {
            let said = said.iter().map(|&size| natural(size)).collect::<Mapped<Vec<u64>>>()?;
            if said != kernel {
                let (said, kernel) = (show(&said), show(kernel));
                return Err(Refusal::Wrong(text!(
                    "`kernel_shape` is {said}, and its weight has a kernel of {kernel}",
                    "`kernel_shape` 为 {said},而其权重的卷积核为 {kernel}"
                )));
            }
        }
        let mut kernel = ones;
        for (size_there, &given) in kernel.iter_mut().zip(&given) {
            *size_there = size(given)?;
        }
        let (stride, dilation) = (sizes("strides")?, sizes("dilations")?);
        let padding = match call.node.text("auto_pad").unwrap_or("NOTSET") {
            "NOTSET" | "" => match call.node.ints("pads") {
                Some(pads) => sides::<N>(pads)?,
                None => Padding::default(),
            },
            "VALID" => Padding::Valid,
            "SAME_UPPER" if input.is_some() => Padding::SameUpper,
            "SAME_LOWER" => {
                input.map_or(Ok(Padding::default()), |input| lower(input, kernel, stride, dilation))?
            }
            "SAME_UPPER" => Padding::default(),
            other => {
                return Err(Refusal::Wrong(text!("`auto_pad` is `{other}`", "`auto_pad` 的值为 `{other}`")));
            }
        };
        Ok(Self { kernel, stride, padding, dilation })
    }
}

/// As much padding as makes the output the input divided by the stride, an odd one more at the front.
fn lower<const N: usize>(
    input: [u64; N],
    kernel: [Size; N],
    stride: [Size; N],
    dilation: [Size; N],
) -> Mapped<Padding<N>> {
    let mut sides = [Sides::default(); N];
    for axis in 0..N {
        let reach = u128::from(dilation[axis].get()) * u128::from(kernel[axis].get() - 1) + 1;
        let last = input[axis].saturating_sub(1) / stride[axis].get() * stride[axis].get();
        let total = (u128::from(last) + reach).saturating_sub(input[axis].into());
        sides[axis] = Sides { before: narrow(total - total / 2)?, after: narrow(total / 2)? };
    }
    Ok(Padding::Of(PerAxis(sides)))
}

/// Padding on the sides of each axis: all befores, then all afters.
pub(super) fn sides<const N: usize>(pads: &[i64]) -> Mapped<Padding<N>> {
    let found = pads.len();
    if found != 2 * N {
        return Err(Refusal::Wrong(text!(
            "`pads` has {found} values for {N} axes",
            "有 {N} 个轴,而 `pads` 有 {found} 个值"
        )));
    }
    let mut sides = [Sides::default(); N];
    for (axis, side) in sides.iter_mut().enumerate() {
        *side = Sides { before: extent_of(pads[axis])?, after: extent_of(pads[axis + N])? };
    }
    Ok(Padding::Of(PerAxis(sides)))
}

pub(super) fn per_axis<T: Copy, const N: usize>(
    values: &[i64],
    convert: impl Fn(i64) -> Mapped<T>,
) -> Mapped<[T; N]> {
    let converted: Vec<T> = values.iter().map(|&value| convert(value)).collect::<Mapped<_>>()?;
    array(&converted)
}

/// The spatial sizes of an image, a sequence or a volume.
pub(super) fn spatial<const N: usize>(input: &Tensor) -> Mapped<[u64; N]> {
    let rank = input.rank();
    if rank != N + 2 {
        let wanted = N + 2;
        return Err(Refusal::Wrong(text!(
            "its input has {rank} dimensions, and its kernel asks for {wanted}",
            "输入有 {rank} 维,而其卷积核要求 {wanted} 维"
        )));
    }
    array(&input.dims[2..])
}

/// A weight, and the bias that input `index` is, if there is one.
pub(super) fn with_bias(
    import: &Importer<'_>,
    call: &Call<'_>,
    weight: crate::read::onnx::value::Fixed,
    index: usize,
) -> Mapped<Vec<Stored>> {
    let mut weights = vec![Stored::whole(weight)];
    if call.has(index) {
        let bias = call.weight(index)?;
        if !import.is_zero(bias) {
            weights.push(Stored::whole(bias));
        }
    }
    Ok(weights)
}

impl Importer<'_> {
    /// A convolution, which no sizes suit that do not suit the standard's.
    fn convolved(
        &mut self,
        op: impl Into<Op>,
        input: &Tensor,
        axes: usize,
        weights: Vec<Stored>,
    ) -> Mapped<Vec<Value>> {
        let op = op.into();
        if let Some(sizes) = input.dims.get(1..) {
            op.output(&[shape(&[&[1], sizes].concat())?]).map_err(|reason| Refusal::Wrong(reason.message))?;
        }
        self.on_spatial(op, input, axes, weights)
    }

    /// An operator on channels and so many spatial axes, for each sample of what may be several.
    pub(super) fn on_spatial(
        &mut self,
        op: impl Into<Op>,
        input: &Tensor,
        axes: usize,
        weights: Vec<Stored>,
    ) -> Mapped<Vec<Value>> {
        let op = op.into();
        let (rank, wanted) = (input.rank(), axes + 2);
        if rank != wanted {
            return Err(Refusal::Wrong(text!(
                "its input has {rank} dimensions, and its kernel asks for {wanted}",
                "输入有 {rank} 维,而其卷积核要求 {wanted} 维"
            )));
        }
        let output = op.output(&[shape(&[&[1], &input.dims[1..]].concat())?])?;
        let dims = [&input.dims[..1], output.dims()].concat();
        self.copied(op, input, axes + 1, weights, &dims)
    }

    /// An operator on a sample of so many dimensions, which stands for several where there is another in front that is not 1.
    pub(super) fn copied(
        &mut self,
        op: Op,
        input: &Tensor,
        rank: usize,
        weights: Vec<Stored>,
        dims: &[u64],
    ) -> Mapped<Vec<Value>> {
        let (leading, sizes) = input.dims.split_at(input.rank().saturating_sub(rank));
        let (op, input) = if leading.iter().all(|&size| size == 1) {
            (op, self.draft.as_sample(input, sizes)?)
        } else {
            (Copies::of(leading.to_vec(), op)?, self.full(input)?)
        };
        self.one(op, &[&input], weights, dims, input.kind)
    }
}

fn narrow(value: u128) -> Mapped<Extent> {
    Ok(u64::try_from(value).map_err(|_| too_large())?.try_into()?)
}

fn too_large() -> Refusal {
    Refusal::Wrong(text!("its sizes are too large", "其尺寸过大"))
}

fn too_many(axes: usize) -> Refusal {
    Refusal::Unsupported(text!("it slides over {axes} axes, more than 3", "它在 {axes} 个轴上滑动,超过 3 个"))
}
