//! Deformable convolution, put together from what candle has: for each tap of the window, what it samples of the input at
//! all positions, and the product with the part of the kernel that it has.
//!
//! At any time there is what one tap samples, with the four neighbors that it is made from one after the other.

use candle_core::{DType, Device, Error, Result, Tensor};

use super::convolve::{self, convolve};
use super::tensors;
use super::window::{Axis, Window};
use super::workspace::{Workspace, elements, product};
use crate::shape::Shape;

/// An image, and where it is sampled.
pub(super) struct Sampler<'a> {
    /// Batch × channels × positions.
    image: Tensor,
    /// Batch × groups × taps × 2 × positions of the output.
    offset: Tensor,
    /// Batch × groups × taps × positions of the output.
    mask: Option<Tensor>,
    window: &'a Window,
    /// Height and width of the image.
    sizes: [usize; 2],
    /// Height and width of the output.
    positions: [usize; 2],
}

/// The four neighbors of a place are two on each axis: the index of one, and its weight, which is 0 outside; batch × groups ×
/// positions of the output.
struct Neighbor {
    index: Tensor,
    weight: Tensor,
}

impl<'a> Sampler<'a> {
    /// Of `image`, batch × channels × height × width, where `offset` moves the taps of `window`.
    pub(super) fn new(
        image: &Tensor,
        offset: &Tensor,
        mask: Option<&Tensor>,
        window: &'a Window,
    ) -> Result<Self> {
        let ((batch, channels, height, width), (_, offsets, rows, columns)) =
            (image.dims4()?, offset.dims4()?);
        let taps = window
            .axes
            .iter()
            .try_fold(1, |taps, axis| Ok::<_, Error>(taps * tensors::size_of(axis.kernel)?))?;
        let (groups, places) = (offsets / (2 * taps), rows * columns);
        let mask = mask.map(|mask| mask.contiguous()?.reshape((batch, groups, taps, places))).transpose()?;
        Ok(Self {
            image: image.contiguous()?.reshape((batch, channels, height * width))?,
            offset: offset.contiguous()?.reshape((batch, groups, taps, 2, places))?,
            mask,
            window,
            sizes: [height, width],
            positions: [rows, columns],
        })
    }

    /// What tap number `tap` samples: batch × channels × height × width of the output.
    fn sampled(&self, tap: usize) -> Result<Tensor> {
        let (batch, channels, _) = self.image.dims3()?;
        let (groups, [rows, columns]) = (self.offset.dim(1)?, self.positions);
        let width = tensors::size_of(self.window.axes[1].kernel)?;
        let [vertical, horizontal] =
            [self.neighbors(tap, 0, tap / width)?, self.neighbors(tap, 1, tap % width)?];
        let of_groups = (batch, groups, channels / groups, rows * columns);
        let mut sum: Option<Tensor> = None;
        for (up, side) in vertical.iter().flat_map(|up| horizontal.iter().map(move |side| (up, side))) {
            let index = (up.index.affine(f64::from(float(self.sizes[1])), 0.0)? + &side.index)?;
            let index = index.unsqueeze(2)?.broadcast_as(of_groups)?.contiguous()?;
            let found = self.image.gather(&index.reshape((batch, channels, rows * columns))?, 2)?;
            let weight = (&up.weight * &side.weight)?.to_dtype(found.dtype())?.unsqueeze(2)?;
            let part = found.reshape(of_groups)?.broadcast_mul(&weight)?;
            sum = Some(match sum {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
        let sampled = sum.ok_or_else(|| Error::Msg("a place has four neighbors".to_owned()))?;
        let sampled = match &self.mask {
            Some(mask) => sampled.broadcast_mul(&mask.narrow(2, tap, 1)?)?,
            None => sampled,
        };
        sampled.reshape((batch, channels, rows, columns))
    }

    /// Along one axis, the two neighbors of where tap number `tap` is moved, which is number `along` on this axis.
    fn neighbors(&self, tap: usize, dim: usize, along: usize) -> Result<[Neighbor; 2]> {
        let (axis, [rows, columns]) = (&self.window.axes[dim], self.positions);
        let (last, device) = (float(self.sizes[dim]) - 1.0, self.image.device());
        let starts: Vec<f32> = (0..rows * columns)
            .map(|place| start(axis, [place / columns, place % columns][dim], along))
            .collect::<Result<_>>()?;
        let moved = self.offset.narrow(2, tap, 1)?.squeeze(2)?.narrow(2, dim, 1)?.squeeze(2)?;
        let place = moved.to_dtype(DType::F32)?.broadcast_add(&Tensor::new(starts, device)?)?;
        // Two steps outside there is nothing any more.
        let place = place.clamp(-2f32, last + 2.0)?;
        let low = place.floor()?;
        let beyond = (place - &low)?;
        let neighbor = |place: Tensor, weight: Tensor| {
            let inside = (place.ge(0f32)?.to_dtype(DType::F32)? * place.le(last)?.to_dtype(DType::F32)?)?;
            let index = place.clamp(0f32, last)?.to_dtype(DType::U32)?;
            Ok::<_, Error>(Neighbor { index, weight: (weight * inside)? })
        };
        let high = low.affine(1.0, 1.0)?;
        Ok([neighbor(low, beyond.affine(-1.0, 1.0)?)?, neighbor(high, beyond)?])
    }
}

/// Where tap number `tap` of window number `window` is, unless it is moved.
fn start(axis: &Axis, window: usize, tap: usize) -> Result<f32> {
    let [stride, dilation, before] = [axis.stride, axis.dilation, axis.before].map(tensors::size_of);
    Ok(float(window * stride? + tap * dilation?) - float(before?))
}

#[expect(clippy::cast_precision_loss, reason = "sizes and places of an image that is computed")]
fn float(size: usize) -> f32 {
    size as f32
}

/// What is sampled, times `kernel`: out × in/groups × height × width.
pub(super) fn convolved(sampler: &Sampler<'_>, kernel: &Tensor, groups: usize) -> Result<Tensor> {
    let (_, _, height, width) = kernel.dims4()?;
    let mut sum: Option<Tensor> = None;
    for tap in 0..height * width {
        let of_tap = kernel.narrow(2, tap / width, 1)?.narrow(3, tap % width, 1)?.contiguous()?;
        let product = convolve(&sampler.sampled(tap)?, &of_tap, &single(), groups)?;
        sum = Some(match sum {
            Some(sum) => (sum + product)?,
            None => product,
        });
    }
    sum.ok_or_else(|| Error::Msg("a kernel has at least one tap".to_owned()))
}

/// A window of one tap.
fn single() -> Window {
    let axis = Axis { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0, ceil: false };
    Window { axes: vec![axis; 2] }
}

/// What [`convolved`] holds beside its `inputs` and `output`, with a bias to add afterwards: of each tap either the sum of
/// neighbors, an index and a number for each value, the weighted number and the new sum, and beside them what is known of the
/// places; or what is sampled, its product with the kernel and the new sum.
pub(super) fn workspace(
    inputs: &[Shape],
    output: &Shape,
    offset_groups: u128,
    groups: u64,
    device: &Device,
) -> Workspace {
    /// Numbers of each place: on each axis two indices and weights, and what they are made from.
    const OF_PLACE: u128 = 16;
    let (channels, positions) = (inputs[0].dims()[0], &output.dims()[1..]);
    let places = product([offset_groups, elements(positions)]);
    let sampled = [&[channels], positions].concat();
    let values = elements(&sampled);
    let sum = elements(output.dims());
    let sampling = Workspace::of_sample(5 * values + product([OF_PLACE, places]));
    let (out, kernel) = (output.dims()[0], u128::from(channels / groups) * u128::from(output.dims()[0]));
    let multiplying = convolve::workspace(&sampled, out, &single(), groups, device);
    let multiplying = Workspace::of_sample(values) + multiplying.or(Workspace::of_sample(sum));
    // The starts of the taps are the same for each sample.
    let once = Workspace { each: 0, once: kernel + elements(positions) };
    Workspace::of_sample(2 * sum) + sampling.or(multiplying) + once
}
