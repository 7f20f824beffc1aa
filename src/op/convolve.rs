//! Convolution of tensors with any number of spatial axes, put together from what candle has.
//!
//! candle has `conv1d` and `conv2d`, each with one padding, stride and dilation for all axes. Where paddings differ, the
//! zeros are added beforehand. Everything else (other strides or dilations by axis, a third axis) is taken apart along its
//! first axis: a convolution is the sum, over the window's taps on that axis, of convolutions over the other axes of the
//! slices that the tap sees, which become part of the batch. So at any time there is one such slice of the input and one
//! product of the size of the output beside the sum.

use candle_core::{Error, Result, Tensor};

use super::taps;
use super::window::{Axis, Window};

/// `input`, batch × channels × axes, convolved with `kernel`, out × in/groups × axes.
pub(super) fn convolve(input: &Tensor, kernel: &Tensor, window: &Window, groups: usize) -> Result<Tensor> {
    let shared = window.shared(|axis| (axis.stride, axis.dilation));
    let (Some((stride, dilation)), 1 | 2) = (shared, window.axes.len()) else {
        return by_taps(input, kernel, window, groups);
    };
    let (input, padding) = match window.shared(|axis| (axis.before, axis.after)) {
        Some((before, after)) if before == after => (input.clone(), before),
        Some(_) | None => (taps::pad(input, window, 0.0)?, 0),
    };
    let [padding, stride, dilation] = [padding, stride, dilation].map(taps::size_of);
    let (input, padding, stride, dilation) = (input.contiguous()?, padding?, stride?, dilation?);
    if window.axes.len() == 1 {
        input.conv1d(kernel, padding, stride, dilation, groups)
    } else {
        input.conv2d(kernel, padding, stride, dilation, groups)
    }
}

/// The sum over the taps on the first axis.
fn by_taps(input: &Tensor, kernel: &Tensor, window: &Window, groups: usize) -> Result<Tensor> {
    let (first, others) = split(window)?;
    let windows = taps::windows(input, window)?[0];
    let padded = taps::pad(input, &Window { axes: vec![first] }, 0.0)?;
    let mut sum: Option<Tensor> = None;
    for tap in 0..kernel.dim(2)? {
        let seen = taps::along(&padded, 2, &first, tap as u64, windows)?;
        // The slices of a sample one after the other, as samples of their own.
        let slices = seen.transpose(1, 2)?.flatten(0, 1)?;
        let weight = kernel.narrow(2, tap, 1)?.squeeze(2)?.contiguous()?;
        let product = convolve(&slices, &weight, &others, groups)?;
        sum = Some(match sum {
            Some(sum) => (sum + product)?,
            None => product,
        });
    }
    let sum = sum.ok_or_else(|| Error::Msg("a kernel has at least one tap".to_owned()))?;
    let dims = [&[input.dim(0)?, windows], &sum.dims()[1..]].concat();
    sum.reshape(dims)?.transpose(1, 2)?.contiguous()
}

fn split(window: &Window) -> Result<(Axis, Window)> {
    match window.axes.split_first() {
        Some((&first, others)) => Ok((first, Window { axes: others.to_vec() })),
        None => Err(Error::Msg("a convolution has at least one axis".to_owned())),
    }
}
