//! Convolution of tensors with any number of spatial axes, put together from what candle has.
//!
//! candle has `conv1d` and `conv2d`, each with one padding, stride and dilation for all axes. Where paddings differ, the
//! zeros are added beforehand. Everything else (other strides or dilations by axis, a third axis) is taken apart along its
//! first axis: a convolution is the sum, over the window's taps on that axis, of convolutions over the other axes of the
//! slices that the tap sees, which become part of the batch. So at any time there is one such slice of the input and one
//! product of the size of the output beside the sum.

use std::iter;

use candle_core::{Device, Error, Result, Tensor};

use super::packing::packed;
use super::tensors;
use super::window::{Axis, Window};
use super::workspace::{Workspace, elements, product};

/// Outputs that candle computes at a time on the CPU along two axes.
const TILE: u128 = 512;

/// What candle keeps of each group's tensors beside their numbers: handles, shapes, strides; as that many numbers.
const HANDLES: u128 = 600;

/// `input`, batch × channels × axes, convolved with `kernel`, out × in/groups × axes.
pub(super) fn convolve(input: &Tensor, kernel: &Tensor, window: &Window, groups: usize) -> Result<Tensor> {
    let shared = window.shared(|axis| (axis.stride, axis.dilation));
    let (Some((stride, dilation)), 1 | 2) = (shared, window.axes.len()) else {
        return by_taps(input, kernel, window, groups);
    };
    let (input, padding) = match window.shared(|axis| (axis.before, axis.after)) {
        Some((before, after)) if before == after => (input.clone(), before),
        Some(_) | None => (tensors::pad(input, window, 0.0)?, 0),
    };
    let [padding, stride, dilation] = [padding, stride, dilation].map(tensors::size_of);
    let (input, padding, stride, dilation) = (input.contiguous()?, padding?, stride?, dilation?);
    if window.axes.len() == 1 {
        input.conv1d(kernel, padding, stride, dilation, groups)
    } else {
        input.conv2d(kernel, padding, stride, dilation, groups)
    }
}

/// What [`convolve`] holds beside `input`, a sample's channels and axes, and beside its output, with a bias to add afterwards.
pub(super) fn workspace(
    input: &[u64],
    out_channels: u64,
    window: &Window,
    groups: u64,
    device: &Device,
) -> Workspace {
    let windows = window.axes.iter().zip(&input[1..]).map(|(axis, &size)| axis.output(size).unwrap_or(1));
    let convolution = Sizes { input, output: iter::once(out_channels).chain(windows).collect(), groups };
    match (window.shared(|axis| (axis.stride, axis.dilation)), window.axes.len()) {
        (Some((stride, _)), 1 | 2) => match window.shared(|axis| (axis.before, axis.after)) {
            Some((before, after)) if before == after => {
                convolution.native(window, stride == 1 && before == 0, device)
            }
            Some(_) | None => {
                let padded = tensors::padded(input, window);
                let convolution = Sizes { input: &padded.sizes, ..convolution };
                let inner = convolution.native(window, stride == 1, device);
                Workspace::of_sample(padded.most).or(Workspace::of_sample(padded.copy) + inner)
            }
        },
        (Some(_) | None, _) => convolution.by_taps(window, device),
    }
}

/// The sizes of a convolution of a sample, the channels first.
struct Sizes<'a> {
    input: &'a [u64],
    output: Vec<u64>,
    groups: u64,
}

impl Sizes<'_> {
    /// What candle's own kernels hold, one group after the other. There are three of them:
    ///
    /// - for a window of one tap on a dense input, on the CPU: a copy of the input, and one of the output;
    /// - for other windows over two axes, on the CPU: a copy of the input, and for each thread the windows of up to [`TILE`]
    ///   outputs as rows, with these outputs;
    /// - for all else: the windows of all outputs as rows, and a copy of the output.
    ///
    /// Each copies its weights, and multiplies matrices. Afterwards the outputs of the groups are joined or a bias is added,
    /// which is one more output.
    fn native(&self, window: &Window, is_dense: bool, device: &Device) -> Workspace {
        let groups = u128::from(self.groups);
        let (input, output) = (elements(self.input) / groups, elements(&self.output));
        let (out_channels, positions) = (u128::from(self.output[0]) / groups, elements(&self.output[1..]));
        let taps = product(window.axes.iter().map(|axis| axis.kernel.into()));
        let in_window = product([taps, u128::from(self.input[0]) / groups]);
        let threads = rayon::current_num_threads() as u128;
        let by_threads = |numbers: u128| Workspace { each: 0, once: product([threads, numbers]) };
        let multiply = |rows: u128| packed(rows, in_window, out_channels, device);
        let holds = match (device.is_cpu() && window.axes.len() == 2, taps) {
            (true, 1) if is_dense => {
                // The kernel is the first factor.
                let multiplied = packed(out_channels, in_window, positions, device);
                Workspace::of_sample(input + output / groups) + by_threads(multiplied.of_batch(1))
            }
            (true, 2..) => {
                // An output's row and column are two words of 64 bits, which are four numbers.
                let (rows, of_row) = (positions.min(TILE), in_window + out_channels + 4);
                let of_tile = product([rows, of_row]) + multiply(rows).of_batch(1);
                Workspace::of_sample(input) + by_threads(of_tile)
            }
            (true | false, _) => {
                Workspace::of_sample(product([in_window, positions]) + output / groups) + multiply(positions)
            }
        };
        let handles = if groups > 1 { product([groups, HANDLES]) } else { 0 };
        let beside = Workspace { each: 0, once: product([in_window, out_channels]) + handles };
        holds.or(Workspace::of_sample(output)) + beside
    }

    /// The padded input; for each tap what it sees, in order; the sum, and either what the tap adds on its way or the new sum.
    fn by_taps(&self, window: &Window, device: &Device) -> Workspace {
        let Ok((first, others)) = split(window) else { return Workspace::NONE };
        let (channels, windows, out_channels) = (self.input[0], self.output[1], self.output[0]);
        let padded = tensors::padded(self.input, &Window { axes: vec![first] });
        let slice = [&[channels], &self.input[2..]].concat();
        let seen = product([windows.into(), elements(&slice)]) * if first.stride == 1 { 1 } else { 2 };
        let part = workspace(&slice, out_channels, &others, self.groups, device);
        let part = Workspace { each: product([windows.into(), part.each]), once: part.once };
        let taps = window.axes[1..].iter().map(|axis| u128::from(axis.kernel));
        let kernel = product(taps.chain([channels / self.groups, out_channels].map(u128::from)));
        let sum = Workspace::of_sample(elements(&self.output));
        let at_tap = Workspace { each: padded.copy + seen, once: kernel } + sum + part.or(sum);
        Workspace::of_sample(padded.most).or(at_tap)
    }
}

/// The sum over the taps on the first axis.
fn by_taps(input: &Tensor, kernel: &Tensor, window: &Window, groups: usize) -> Result<Tensor> {
    let (first, others) = split(window)?;
    let windows = tensors::windows(input, window)?[0];
    let padded = tensors::pad(&input.contiguous()?, &Window { axes: vec![first] }, 0.0)?;
    let mut sum: Option<Tensor> = None;
    for tap in 0..kernel.dim(2)? {
        let seen = tensors::along(&padded, 2, &first, tap as u64, windows)?;
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
