//! Pictures sampled between their pixels: of each place the neighbors on every side, each with its share.
//!
//! Places are worked out on the CPU, once for all channels; what they point at stays where it is.

use candle_core::{Error, Result, Tensor};

use super::rows;
use super::workspace::{Workspace, product};

/// A neighbor of a place along one axis: where it is, unless that is outside, and its share.
pub(super) type Neighbor = (Option<usize>, f32);

/// The two neighbors of a place on an axis of `size` positions.
pub(super) fn between(place: f32, size: usize) -> Vec<Neighbor> {
    let low = place.floor();
    let share = place - low;
    vec![(inside(low, size), 1.0 - share), (inside(low + 1.0, size), share)]
}

/// The position that is nearest; the even one of two that are as near.
pub(super) fn nearest(place: f32, size: usize) -> Vec<Neighbor> {
    vec![(inside(place.round_ties_even(), size), 1.0)]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number that is too large for its type is outside either way"
)]
fn inside(position: f32, size: usize) -> Option<usize> {
    (position >= 0.0).then_some(position as usize).filter(|&position| position < size)
}

/// Places in pictures, by the number of the neighbor: which row it is of a table that has one for each pixel, and its share.
pub(super) struct Places(Vec<(Vec<u32>, Vec<f32>)>);

impl Places {
    /// Places that have so many neighbors each.
    pub(super) fn new(neighbors: usize) -> Self {
        Self(vec![(vec![], vec![]); neighbors])
    }

    /// One more, in picture number `sample`, by its neighbors along each axis of these sizes.
    pub(super) fn push(&mut self, sample: usize, sizes: &[usize], along: &[Vec<Neighbor>]) -> Result<()> {
        let mut all = vec![(sample, 1.0)];
        for (&size, neighbors) in sizes.iter().zip(along) {
            let one = |&(row, share): &(usize, f32)| {
                neighbors.iter().map(move |&(position, part)| match position {
                    Some(position) => (row * size + position, share * part),
                    None => (row * size, 0.0),
                })
            };
            all = all.iter().flat_map(one).collect();
        }
        for ((rows, shares), (row, share)) in self.0.iter_mut().zip(all) {
            rows.push(u32::try_from(row).map_err(Error::wrap)?);
            shares.push(share);
        }
        Ok(())
    }

    /// What is sampled there of pictures, batch × channels × axes: places × channels.
    pub(super) fn sampled(self, pictures: &Tensor) -> Result<Tensor> {
        let (channels, device) = (pictures.dim(1)?, pictures.device());
        let table = pictures.flatten_from(2)?.transpose(1, 2)?.contiguous()?;
        let mut sum: Option<Tensor> = None;
        for (rows, shares) in self.0 {
            let count = shares.len();
            let shares = Tensor::from_vec(shares, (count, 1), device)?.to_dtype(pictures.dtype())?;
            let part = rows::take(&table, rows, channels)?.broadcast_mul(&shares)?;
            sum = Some(match sum {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
        sum.ok_or_else(|| Error::Msg("a place has a neighbor".to_owned()))
    }
}

/// What is held for so many places of pictures of this many numbers: the table, rows and shares, and of all channels the sum so
/// far, a neighbor, its part and the new sum.
pub(super) fn workspace(picture: u128, places: u128, channels: u64, neighbors: u128) -> Workspace {
    Workspace::of_sample(
        picture + product([places, 4 * neighbors + 2]) + product([4, places, channels.into()]),
    )
}
