//! Windows on tensors: padding of any value on any side, and what each tap of a window sees. From these the operators
//! compose what candle has no kernel for: strides, dilations and paddings that differ by axis, `ceil_mode`.

use candle_core::shape::Dim;
use candle_core::{Result, Shape, Tensor};

use super::window::{Axis, Window};
use super::workspace::elements;

/// `input`, batch × channels × spatial axes, with `value` around it as far as any of the windows reaches.
pub(super) fn pad(input: &Tensor, window: &Window, value: f64) -> Result<Tensor> {
    let mut padded = input.clone();
    for (axis, dim) in window.axes.iter().zip(2..) {
        let size = input.dim(dim)? as u64;
        let after = usize::try_from(after(axis, size)).map_err(candle_core::Error::wrap)?;
        let before = size_of(axis.before)?;
        padded = pad_dim(&padded, dim, before, after, value)?;
    }
    Ok(padded)
}

/// What [`pad`] makes of a tensor, in numbers.
pub(super) struct Padded {
    /// The sizes with the padding, the channels first.
    pub(super) sizes: Vec<u64>,
    /// The padded tensor, unless it is the input itself.
    pub(super) copy: u128,
    /// The most there is while it is padded, that tensor included.
    pub(super) most: u128,
}

/// What [`pad`] makes of a sample of these sizes, the channels first.
pub(super) fn padded(sizes: &[u64], window: &Window) -> Padded {
    let mut padded = Padded { sizes: sizes.to_vec(), copy: 0, most: 0 };
    for (axis, dim) in window.axes.iter().zip(1..) {
        let size = sizes[dim];
        let more = u128::from(axis.before) + after(axis, size);
        if more == 0 {
            continue;
        }
        let before = elements(&padded.sizes);
        padded.sizes[dim] = u64::try_from(u128::from(size) + more).unwrap_or(u64::MAX);
        let (copy, after) = (padded.copy, elements(&padded.sizes));
        padded.copy = after;
        padded.most = padded.most.max(copy + after + FILLING * (after - before));
    }
    padded
}

/// Numbers that each number of padding takes for a while: itself, and the 64 bits it is made of, which are up to four.
pub(super) const FILLING: u128 = 5;

/// What tap number `tap` of the windows along `dim` sees, one element for each window, in a padded tensor.
pub(super) fn along(padded: &Tensor, dim: usize, axis: &Axis, tap: u64, windows: usize) -> Result<Tensor> {
    let start = size_of(tap * axis.dilation)?;
    if axis.stride == 1 {
        return padded.narrow(dim, start, windows);
    }
    let stride = size_of(axis.stride)?;
    let positions: Vec<u32> = (0..windows)
        .map(|index| u32::try_from(start + index * stride))
        .collect::<std::result::Result<_, _>>()
        .map_err(candle_core::Error::wrap)?;
    pick(padded, positions, dim)
}

/// The elements of `tensor` at `positions` along `dim`. candle picks them from contiguous tensors alone.
pub(super) fn pick(tensor: &Tensor, positions: Vec<u32>, dim: impl Dim) -> Result<Tensor> {
    tensor.contiguous()?.index_select(&Tensor::new(positions, tensor.device())?, dim)
}

/// The taps of each window reduced with `combine`, one axis after the other; outside `input` they see `outside`.
pub(super) fn reduce(
    input: &Tensor,
    window: &Window,
    outside: f64,
    combine: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let windows = windows(input, window)?;
    let mut reduced = pad(&input.contiguous()?, window, outside)?;
    for ((axis, windows), dim) in window.axes.iter().zip(windows).zip(2..) {
        let first = along(&reduced, dim, axis, 0, windows)?;
        reduced = (1..axis.kernel)
            .try_fold(first, |sum, tap| combine(&sum, &along(&reduced, dim, axis, tap, windows)?))?;
    }
    Ok(reduced)
}

/// The most that [`reduce`] has of a sample of these sizes, the channels first, its output included: on each axis what it
/// reduces, and of each window the sum, a tap, and their sum.
pub(super) fn reduce_holds(sizes: &[u64], window: &Window) -> u128 {
    let Padded { sizes: mut reduced, mut copy, mut most } = padded(sizes, window);
    for (axis, dim) in window.axes.iter().zip(1..) {
        reduced[dim] = axis.output(sizes[dim]).unwrap_or(1);
        let windows = elements(&reduced);
        most = most.max(copy + 3 * windows);
        copy = windows;
    }
    most
}

/// The mean of each channel over all its positions, with a size of 1 on each spatial axis.
pub(super) fn whole_mean(input: &Tensor) -> Result<Tensor> {
    let mean = input.flatten_from(2)?.mean(2)?;
    (2..input.rank()).try_fold(mean, |mean, _| mean.unsqueeze(2))
}

/// `values`, one for each index of dimension `dim`, so that they broadcast over `tensor`.
pub(super) fn spread(values: &Tensor, tensor: &Tensor, dim: usize) -> Result<Tensor> {
    let mut dims = vec![1; tensor.rank()];
    dims[dim] = values.elem_count();
    values.to_dtype(tensor.dtype())?.reshape(dims)
}

/// How many windows there are on each spatial axis of `input`.
pub(super) fn windows(input: &Tensor, window: &Window) -> Result<Vec<usize>> {
    let spatial = &input.dims()[2..];
    window
        .axes
        .iter()
        .zip(spatial)
        .map(|(axis, &size)| match axis.output(size as u64) {
            Some(windows) => size_of(windows),
            None => Err(candle_core::Error::Msg(format!("no window fits into {spatial:?}"))),
        })
        .collect()
}

/// The sizes of `tensor`, batch × channels × spatial axes, behind the channels.
pub(super) fn spatial_sizes(tensor: &Tensor) -> Vec<u64> {
    tensor.dims().iter().skip(2).map(|&size| size as u64).collect()
}

/// A size as candle wants it.
pub(super) fn size_of(size: u64) -> Result<usize> {
    usize::try_from(size).map_err(candle_core::Error::wrap)
}

/// The padding after `size` elements that the last window needs: more than is set where `ceil_mode` lets it stick out.
fn after(axis: &Axis, size: u64) -> u128 {
    let last = axis.output(size).map_or(0, |windows| u128::from(windows - 1) * u128::from(axis.stride));
    let end = last + axis.reach();
    u128::from(axis.after).max(end.saturating_sub(u128::from(axis.before) + u128::from(size)))
}

fn pad_dim(input: &Tensor, dim: usize, before: usize, after: usize, value: f64) -> Result<Tensor> {
    let filled = |size: usize| {
        let mut dims = input.dims().to_vec();
        dims[dim] = size;
        Tensor::full(value, Shape::from(dims), input.device())?.to_dtype(input.dtype())
    };
    match (before, after) {
        (0, 0) => Ok(input.clone()),
        (before, 0) => Tensor::cat(&[&filled(before)?, input], dim),
        (0, after) => Tensor::cat(&[input, &filled(after)?], dim),
        (before, after) => Tensor::cat(&[&filled(before)?, input, &filled(after)?], dim),
    }
}
