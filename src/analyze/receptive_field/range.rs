//! Ranges of positions of the input, and those that the positions of a tensor see in turn.

use super::Seen;
use crate::op::{Slide, Turn};

/// The most ranges that are followed in turn along an axis.
pub(super) const MOST_PHASES: i128 = 64;

/// Positions of the input from the first to the last; none if they are the wrong way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: i128,
    pub(super) last: i128,
}

impl Range {
    pub(super) const EMPTY: Self = Self { first: i128::MAX, last: i128::MIN };

    /// Wherever positions may be.
    pub(super) const ANYWHERE: Self = Self { first: i128::MIN, last: i128::MAX };

    pub(super) fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// The least range that holds both.
    pub(super) fn hull(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    pub(super) fn holds(self, other: Self) -> bool {
        other.is_empty() || (self.first <= other.first && other.last <= self.last)
    }

    /// What an element sees that sees this, as every other does.
    pub(super) fn seen(self) -> Option<Seen> {
        if self.is_empty() {
            return None;
        }
        let size = self.last.abs_diff(self.first).checked_add(1)?;
        Some(Seen { size, stride: (0, 1), offset: self.first })
    }

    /// Twice its middle.
    fn center(self) -> i128 {
        self.first.saturating_add(self.last)
    }

    fn moved(self, by: i128) -> Option<Self> {
        if self.is_empty() {
            return Some(self);
        }
        Some(Self { first: self.first.checked_add(by)?, last: self.last.checked_add(by)? })
    }
}

/// Position `p` sees the range of phase `p mod n`, moved by `advance` for each whole `n` in `p`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phases {
    ranges: Vec<Range>,
    advance: i128,
}

impl Phases {
    /// Each position of the input sees itself.
    pub(super) fn of_the_input() -> Self {
        Self { ranges: vec![Range { first: 0, last: 0 }], advance: 1 }
    }

    pub(super) fn seen(&self) -> Option<Seen> {
        let seeing = || self.ranges.iter().filter(|range| !range.is_empty());
        let size = seeing().map(|range| range.last.abs_diff(range.first)).max()?.checked_add(1)?;
        let divisor = greatest_common_divisor(self.advance, self.count());
        let stride = (self.advance / divisor, self.count() / divisor);
        Some(Seen { size, stride, offset: seeing().next()?.first })
    }

    /// The range that position `at` sees; `None` if that is out of reach of any number.
    pub(super) fn at(&self, at: i128) -> Option<Range> {
        let phase = self.ranges[usize::try_from(at.rem_euclid(self.count())).ok()?];
        phase.moved(self.advance.checked_mul(at.div_euclid(self.count()))?)
    }

    /// What positions from `from` to `to`, each `step` behind the other, see together. No phase ever moves backwards, so that
    /// one turn from either end is enough.
    pub(super) fn hull(&self, from: i128, to: i128, step: i128) -> Option<Range> {
        let positions = self.count().min(to.checked_sub(from)?.div_euclid(step).checked_add(1)?);
        let ends = (0..positions).flat_map(|count| [from + count * step, to - count * step]);
        ends.map(|at| self.at(at)).try_fold(Range::EMPTY, |hull, range| Some(hull.hull(range?)))
    }

    /// What the ranges become where position `o` of a tensor sees what the positions see that it looks at.
    pub(super) fn slid(&self, slide: Slide) -> Option<Self> {
        // The pattern repeats when the output has moved on by whole periods of the input: the least number of positions whose
        // `stride / divisor` steps are a multiple of it.
        let repeat = slide.divisor.checked_mul(self.count())?;
        let period = repeat / greatest_common_divisor(slide.stride, repeat);
        if period > MOST_PHASES {
            return None;
        }
        let steps = slide.stride.checked_mul(period)? / slide.divisor;
        let seen = (0..period).map(|position| {
            let start = slide.stride.checked_mul(position)?;
            let from = -(-start.checked_add(slide.first)?).div_euclid(slide.divisor);
            let to = start.checked_add(slide.last)?.div_euclid(slide.divisor);
            self.hull(from, to, slide.step)
        });
        let ranges = seen.collect::<Option<_>>()?;
        Some(Self { ranges, advance: self.advance.checked_mul(steps / self.count())? })
    }

    /// The same where position `q·n + r` of a tensor looks `q` further than entry `r` of the `n` in `turns`.
    pub(super) fn in_turn(&self, turns: &[Option<Turn>]) -> Option<Self> {
        let count = i128::try_from(turns.len()).ok()?;
        let period = count.checked_mul(self.count()).filter(|&period| period <= MOST_PHASES)?;
        let seen = (0..period).map(|position| match turns[usize::try_from(position % count).ok()?] {
            Some(Turn { first, last, step }) => {
                self.hull(position / count + first, position / count + last, step)
            }
            None => Some(Range::EMPTY),
        });
        Some(Self { ranges: seen.collect::<Option<_>>()?, advance: self.advance })
    }

    /// Both together, and whether their ranges have the same centers; `None` where their strides differ.
    pub(super) fn meet(&self, other: &Self) -> Option<(Self, bool)> {
        let (period, other_period) = (self.count(), other.count());
        let common = period / greatest_common_divisor(period, other_period) * other_period;
        let strides = (self.advance.checked_mul(other_period)?, other.advance.checked_mul(period)?);
        if strides.0 != strides.1 || common > MOST_PHASES {
            return None;
        }
        let pairs = (0..common).map(|at| self.at(at).zip(other.at(at))).collect::<Option<Vec<_>>>()?;
        let agree = pairs.iter().all(|(a, b)| a.is_empty() || b.is_empty() || a.center() == b.center());
        let ranges = pairs.into_iter().map(|(a, b)| a.hull(b)).collect();
        Some((Self { ranges, advance: self.advance.checked_mul(common / period)? }, agree))
    }

    /// How many there are: at most [`MOST_PHASES`].
    fn count(&self) -> i128 {
        i128::try_from(self.ranges.len()).expect("there are at most MOST_PHASES")
    }
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
