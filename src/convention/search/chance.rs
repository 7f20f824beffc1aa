//! How likely it is that a figure is met by chance: of all figures with as many digits near it, how many some way of counting
//! would give.

use crate::convention::figure::Interval;

/// Figures from this much less to this much more than the one that is asked about are near it.
const NEAR: f64 = 1.25;

/// The figures that the ways of counting that were tried give, near the one that is asked about.
#[derive(Debug, Default)]
pub(super) struct Chance {
    /// How much a way assumes, and the digits that its number is written with, as a whole number.
    given: Vec<(u32, u64)>,
    /// The digits that are near.
    near: (f64, f64),
}

impl Chance {
    /// Near what is written with these digits.
    #[expect(clippy::cast_precision_loss, reason = "a figure has 15 digits at the most")]
    pub(super) fn near(digits: u64) -> Self {
        let digits = digits as f64;
        Self { given: vec![], near: ((digits / NEAR).ceil(), (digits * NEAR).floor()) }
    }

    /// A way that gives a number, which is written with units like those of `span`: cut and rounded.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a figure has 15 digits at the most"
    )]
    pub(super) fn add(&mut self, span: &Interval, number: u128, assumed: u32) {
        let (step, parts) = span.last_digit;
        let digits = number as f64 / (step as f64 / parts as f64);
        let (from, to) = self.near;
        for written in [digits.floor(), digits.round()] {
            if (from..=to).contains(&written) {
                self.given.push((assumed, written as u64));
            }
        }
    }

    /// The part of the figures near that ways give which assume no more than this, for each amount from 0 to `most`.
    #[expect(clippy::cast_precision_loss, reason = "a share is a float")]
    pub(super) fn shares(mut self, most: u32) -> Vec<f64> {
        self.given.sort_unstable_by_key(|&(assumed, digits)| (digits, assumed));
        self.given.dedup_by_key(|given| given.1);
        let figures = (self.near.1 - self.near.0 + 1.0).max(1.0);
        (0..=most)
            .map(|most| self.given.iter().filter(|given| given.0 <= most).count() as f64 / figures)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convention::figure::Figure;

    /// Of the 46 figures from 0.80 k to 1.25 k, numbers that are written alike give one or two.
    #[test]
    fn what_is_written_alike_is_one_figure() {
        let span = Figure::parse("1.00 k").unwrap().decimal;
        let mut chance = Chance::near(100);
        for (number, assumed) in [(1000, 2), (1001, 0), (1002, 3), (1017, 3), (2000, 0)] {
            chance.add(&span, number, assumed);
        }
        assert_eq!(chance.shares(3), [1.0 / 46.0, 1.0 / 46.0, 1.0 / 46.0, 3.0 / 46.0]);
    }
}
