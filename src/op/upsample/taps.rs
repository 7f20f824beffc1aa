//! Which positions along an axis of the input a position of the output is made from, and with what weights: as PyTorch finds
//! them.

use super::{Mode, Upsample};
use crate::op::{Look, Slide, Turn};

/// What is cubic takes from the second neighbors on each side, as PyTorch has it.
#[cfg(feature = "run")]
const A: f64 = -0.75;

/// The most ranges in turn that are worth following.
const MOST_TURNS: i128 = 64;

/// One of the positions that each position of the output is made from.
#[cfg(feature = "run")]
pub(crate) struct Tap {
    /// Where it is, for each position of the output.
    pub(crate) positions: Vec<u32>,
    /// How much of it there is; `None` where it is all.
    pub(crate) weights: Option<Vec<f32>>,
}

impl Mode {
    /// Positions along an axis that one of the output is made from.
    pub(super) fn taps(self) -> u64 {
        match self {
            Self::Nearest => 1,
            Self::Linear | Self::Bilinear | Self::Trilinear => 2,
            Self::Bicubic => 4,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "places on an axis that is computed, as PyTorch computes them"
)]
impl Upsample {
    /// Positions of the input from one of the output to the next. PyTorch takes the factor at its word, even where the
    /// output was rounded down.
    fn step(&self, axis: usize, from: usize, to: usize) -> f64 {
        match &self.scale_factor {
            Some(factors) => 1.0 / factors.on(axis).get(),
            None => from as f64 / to as f64,
        }
    }

    /// Which of `from` positions each of `to` looks at; `None` where the factor is a fraction that was rounded.
    pub(super) fn look(&self, axis: usize, from: u64, to: u64) -> Option<Look> {
        let is_exact = |factor: f64| factor * from as f64 == to as f64;
        if self.scale_factor.as_ref().is_some_and(|factors| !is_exact(factors.on(axis).get())) {
            return None;
        }
        let (from_wide, to_wide) = (i128::from(from), i128::from(to));
        // Beside the position at or before the place and the one at or behind it, as many on either side.
        let beside = match self.mode {
            Mode::Nearest => return Some(Look::Sliding(Slide::nearest(from, to))),
            Mode::Linear | Mode::Bilinear | Mode::Trilinear => 0,
            Mode::Bicubic => 1,
        };
        let (stride, divisor, start) = match self.align_corners {
            true if to == 1 => return Some(Look::At(0)),
            true => (from_wide - 1, to_wide - 1, 0),
            // From center to center: (o + 1/2)·from/to − 1/2.
            false => (2 * from_wide, 2 * to_wide, from_wide - to_wide),
        };
        let times = to_wide / from_wide;
        if beside > 0
            && !self.align_corners
            && times * from_wide == to_wide
            && (2..MOST_TURNS).contains(&times)
        {
            return Some(cubic_in_turn(times));
        }
        let is_between = stride % divisor != 0 || start % divisor != 0;
        let reach = if is_between { (1 + beside) * divisor - 1 } else { 0 };
        Some(Look::Sliding(Slide { stride, divisor, first: start - reach, last: start + reach, step: 1 }))
    }

    /// Which of `from` positions number `position` of `to` is; in f32, as PyTorch computes it for tensors of f32.
    fn nearest_to(&self, axis: usize, from: usize, to: usize, position: usize) -> usize {
        // PyTorch knows these two without computing them.
        let place = if from == to {
            position
        } else if to == 2 * from {
            position / 2
        } else {
            (position as f32 * self.step(axis, from, to) as f32) as usize
        };
        place.min(from - 1)
    }

    /// The last of `from` positions that is at or before the place of number `position` of `to`, and how far behind it that
    /// is: from 0 to 1. A cubic goes on before the first position, and others stay on it.
    fn before(&self, axis: usize, from: usize, to: usize, position: usize) -> (i64, f64) {
        let place = if self.align_corners {
            if to > 1 { position as f64 * ((from - 1) as f64 / (to - 1) as f64) } else { 0.0 }
        } else {
            (position as f64 + 0.5) * self.step(axis, from, to) - 0.5
        };
        let place = if self.mode == Mode::Bicubic { place } else { place.max(0.0) };
        let before = (place.floor() as i64).min(from as i64 - 1);
        (before, (place - before as f64).clamp(0.0, 1.0))
    }

    /// The first and the last of `from` positions that number `position` of `to` is made from.
    fn ends(&self, axis: usize, from: usize, to: usize, position: usize) -> (u64, u64) {
        if self.mode == Mode::Nearest {
            let nearest = self.nearest_to(axis, from, to, position) as u64;
            return (nearest, nearest);
        }
        let (before, _) = self.before(axis, from, to, position);
        let beside = self.mode.taps() as i64 / 2 - 1;
        let inside = |place: i64| place.clamp(0, from as i64 - 1) as u64;
        (inside(before - beside), inside(before + 1 + beside))
    }

    /// How many of `from` positions any of `to` is made from: each step takes it on, and where steps are short, it leaves none
    /// out.
    pub(super) fn picked(&self, axis: usize, from: u64, to: u64) -> u64 {
        let (Ok(wide), Ok(made)) = (usize::try_from(from), usize::try_from(to)) else { return from };
        let [first, last] = [0, made - 1].map(|position| self.ends(axis, wide, made, position));
        let all = last.1 - first.0 + 1;
        if to == 1 {
            return all;
        }
        // Beyond the ends of the axis it is its first and last position that are taken, once.
        let taps = self.mode.taps();
        let doubled = [first, last].map(|(low, high)| taps - (high - low + 1).min(taps));
        all.min(taps.saturating_mul(to) - doubled[0] - doubled[1])
    }

    /// The positions that each of `to` is made from, of `from`, with their weights.
    #[cfg(feature = "run")]
    pub(crate) fn taps(&self, axis: usize, from: usize, to: usize) -> Vec<Tap> {
        if self.mode == Mode::Nearest {
            let positions =
                (0..to).map(|position| self.nearest_to(axis, from, to, position) as u32).collect();
            return vec![Tap { positions, weights: None }];
        }
        let places: Vec<_> = (0..to).map(|position| self.before(axis, from, to, position)).collect();
        let taps = self.mode.taps() as i64;
        let tap = |index: i64| {
            let moved =
                |&(before, _): &(i64, f64)| (before + index + 1 - taps / 2).clamp(0, from as i64 - 1) as u32;
            let weight = |&(_, behind): &(i64, f64)| {
                let distance = (index + 1 - taps / 2) as f64 - behind;
                (if taps == 2 { 1.0 - distance.abs() } else { cubic(distance.abs()) }) as f32
            };
            Tap {
                positions: places.iter().map(moved).collect(),
                weights: Some(places.iter().map(weight).collect()),
            }
        };
        (0..taps).map(tap).collect()
    }
}

/// What each of so many positions that a position becomes looks at: two neighbors on either side, but for one that comes to lie
/// on the position itself, as the middle one of an odd number does.
fn cubic_in_turn(times: i128) -> Look {
    let turn = |index: i128| {
        let doubled = 2 * index + 1 - times;
        let before = doubled.div_euclid(2 * times);
        let beside = i128::from(doubled % (2 * times) != 0);
        Some(Turn { first: before - beside, last: before + 2 * beside, step: 1 })
    };
    Look::InTurn((0..times).map(turn).collect())
}

/// How much there is of a position at this distance, from 0 to 2: Keys' convolution kernel.
#[cfg(feature = "run")]
fn cubic(distance: f64) -> f64 {
    let d = distance;
    if d <= 1.0 {
        ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0
    } else {
        ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A
    }
}
