//! Transposed convolution of tensors with any number of spatial axes.
//!
//! candle's `conv_transpose1d` and `conv_transpose2d` have one setting for all axes, the latter no groups, and on a CPU it
//! takes several times as long as what follows. So it is put together, one axis after the other, from matrix products and
//! additions at an index: what the taps on the first axis add to the output are transposed convolutions over the other axes
//! of the slices whose products come to lie in it. Channels come last on the way. At any time there is one such part beside
//! the sum, and nothing is computed that is cut off.

use candle_core::{Device, Error, Result, Tensor};

use super::packing::packed;
use super::window::Axis;
use super::workspace::{Workspace, elements, product};

/// Each element of `input`, batch × channels × axes, times `kernel`, in × out/groups × axes, added up in an output whose size
/// on each axis stands beside that axis.
pub(super) fn scatter(
    input: &Tensor,
    kernel: &Tensor,
    axes: &[(Axis, usize)],
    groups: usize,
) -> Result<Tensor> {
    let spatial: Vec<usize> = (2..input.rank()).collect();
    let channels_last = input.permute([&[0], spatial.as_slice(), &[1]].concat())?.contiguous()?;
    let kernel = kernel.permute([spatial.as_slice(), &[0, 1]].concat())?.contiguous()?;
    let output = along_axes(&channels_last, &kernel, axes, groups)?;
    let last = output.rank() - 1;
    let spatial: Vec<usize> = (1..last).collect();
    output.permute([&[0, last], spatial.as_slice()].concat())?.contiguous()
}

/// What [`scatter`] holds beside `input` and `output`, a sample's channels and axes, with a bias to add afterwards.
pub(super) fn workspace(
    input: &[u64],
    output: &[u64],
    kernel: &[u64],
    groups: u64,
    device: &Device,
) -> Workspace {
    let whole = elements(output);
    let on_the_way = elements(input) + holds(input, output, groups);
    let of_group = |channels: u64| u128::from(channels / groups);
    let multiplied = packed(elements(&input[1..]), of_group(input[0]), of_group(output[0]), device);
    let copies = Workspace { each: on_the_way.saturating_sub(whole).max(whole), once: elements(kernel) };
    copies + multiplied
}

/// What [`along_axes`] has of a sample beside its input, its sum included: the sum, the slices, and either what makes the part or
/// the part and the new sum. What lands of a part on the next axis is at most as much as there is of input.
fn holds(input: &[u64], output: &[u64], groups: u64) -> u128 {
    let (&[channels, ref sizes @ ..], &[out_channels, ref out_sizes @ ..]) = (input, output) else {
        return 0;
    };
    let (Some((&first, others)), Some((&out_first, out_others))) =
        (sizes.split_first(), out_sizes.split_first())
    else {
        let copy = if groups > 1 { channels } else { 0 };
        return u128::from(copy) + 2 * u128::from(out_channels);
    };
    let landed = u128::from(first.min(out_first));
    let (slice, part) = ([&[channels], others].concat(), [&[out_channels], out_others].concat());
    let [slices, parts, inner] = [elements(&slice), elements(&part), holds(&slice, &part, groups)]
        .map(|numbers| product([landed, numbers]));
    let sum = elements(output);
    sum + slices + inner.max(parts + sum)
}

/// `input`, batch × axes × channels, with `kernel`, axes × in × out/groups.
fn along_axes(input: &Tensor, kernel: &Tensor, axes: &[(Axis, usize)], groups: usize) -> Result<Tensor> {
    let Some((&(first, size), others)) = axes.split_first() else {
        return by_groups(input, kernel, groups);
    };
    let (batch, elements) = (input.dim(0)?, input.dim(1)?);
    let out_channels = kernel.dim(kernel.rank() - 1)? * groups;
    let other_sizes: Vec<usize> = others.iter().map(|&(_, size)| size).collect();
    let dims = |size: usize| [&[batch, size], other_sizes.as_slice(), &[out_channels]].concat();
    let mut sum = Tensor::zeros(dims(size), input.dtype(), input.device())?;
    for tap in 0..kernel.dim(0)? {
        let (start, positions) = landings(&first, tap as u64, elements, size)?;
        if positions.is_empty() {
            continue;
        }
        let slices = input.narrow(1, start, positions.len())?.contiguous()?.flatten(0, 1)?;
        let part = along_axes(&slices, &kernel.get(tap)?, others, groups)?.reshape(dims(positions.len()))?;
        sum = sum.index_add(&Tensor::new(positions, input.device())?, &part, 1)?;
    }
    Ok(sum)
}

/// Where the products with tap number `tap` land in `size` positions: the first element whose product lands, and the positions
/// of its product and of those after it.
fn landings(axis: &Axis, tap: u64, elements: usize, size: usize) -> Result<(usize, Vec<u32>)> {
    let (stride, padding) = (u128::from(axis.stride), u128::from(axis.before));
    let offset = u128::from(tap) * u128::from(axis.dilation);
    let first = padding.saturating_sub(offset).div_ceil(stride).min(elements as u128);
    let end = (padding + size as u128).saturating_sub(offset).div_ceil(stride).clamp(first, elements as u128);
    let position = |element: u128| u32::try_from(element * stride + offset - padding).map_err(Error::wrap);
    let first_element = usize::try_from(first).map_err(Error::wrap)?;
    Ok((first_element, (first..end).map(position).collect::<Result<_>>()?))
}

/// `rows`, each of the channels of all groups, times the matrix of each group.
fn by_groups(rows: &Tensor, matrices: &Tensor, groups: usize) -> Result<Tensor> {
    let (count, channels) = rows.dims2()?;
    let out_channels = matrices.dim(1)?;
    let rows = rows.reshape((count, groups, channels / groups))?.transpose(0, 1)?.contiguous()?;
    let products = rows.matmul(&matrices.reshape((groups, channels / groups, out_channels))?)?;
    products.transpose(0, 1)?.reshape((count, groups * out_channels))
}
