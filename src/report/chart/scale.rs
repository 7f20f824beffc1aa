//! Logarithmic axes: where a number lies on one, and the round numbers beside it.

/// The numbers that an axis shows, equal factors equally far apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    /// The smallest.
    pub(super) least: f64,
    /// The largest.
    pub(super) most: f64,
}

impl Scale {
    /// One that shows all of some positive numbers, and ends at round ones.
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let (least, most) = numbers
            .filter(|number| *number > 0.0 && number.is_finite())
            .fold((f64::INFINITY, 0.0), |(least, most), number| {
                (f64::min(least, number), f64::max(most, number))
            });
        if most <= 0.0 {
            return Self { least: 1.0, most: 10.0 };
        }
        let mut scale = Self { least: round(least * 0.9, f64::floor), most: round(most * 1.1, f64::ceil) };
        if scale.most < 9.0 * scale.least {
            scale = Self { least: scale.least / 2.0, most: scale.most * 2.0 };
        }
        scale
    }

    /// Where a number lies, from 0 to 1; others lie outside.
    pub(super) fn place(self, number: f64) -> f64 {
        (number / self.least).log10() / (self.most / self.least).log10()
    }

    /// Round numbers on it, at most so many and a few: powers of ten, of few of these, others between them too.
    pub(super) fn marks(self, most: usize) -> Vec<f64> {
        let every = |power: i32, of: i32| power.rem_euclid(of) == 0;
        let steps: [(&[f64], i32); 5] =
            [(&[1.0, 2.0, 5.0], 1), (&[1.0], 1), (&[1.0], 2), (&[1.0], 3), (&[1.0], 6)];
        #[expect(clippy::cast_possible_truncation, reason = "floats have powers of few hundreds")]
        let powers = self.least.log10().floor() as i32..=self.most.log10().ceil() as i32;
        let marks = |(digits, of): (&[f64], i32)| -> Vec<f64> {
            let powers = powers.clone().filter(move |power| every(*power, of));
            let all = powers.flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)));
            let is_shown = |mark: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.place(*mark));
            all.filter(is_shown).collect()
        };
        let all = steps.map(marks);
        let last = all[4].clone();
        all.into_iter().find(|marks| marks.len() <= most).unwrap_or(last)
    }
}

/// A number of an axis as it is written: `0.5`, `200`, `1e-7`.
pub(super) fn plain(number: f64) -> String {
    if (1e-4..1e6).contains(&number) {
        ((number * 1e6).round() / 1e6).to_string()
    } else {
        format!("{number:.0e}")
    }
}

/// 1, 2 or 5 times a power of ten, not on the other side of a number.
fn round(number: f64, way: fn(f64) -> f64) -> f64 {
    const DIGITS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];
    let power = 10f64.powf(number.log10().floor());
    let digit = number / power;
    let is_up = way(0.5) > 0.5;
    let found = if is_up {
        DIGITS.into_iter().find(|round| *round >= digit - 1e-9)
    } else {
        DIGITS.into_iter().rev().find(|round| *round <= digit + 1e-9)
    };
    found.unwrap_or(1.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers_and_show_everything() {
        let scale = Scale::of([0.3, 70.0].into_iter());
        assert!((scale.least - 0.2).abs() < 1e-9 && (scale.most - 100.0).abs() < 1e-9, "{scale:?}");
        assert!(scale.place(0.2).abs() < 1e-9 && (scale.place(100.0) - 1.0).abs() < 1e-9);
        let few = scale.marks(10).iter().map(|mark| format!("{mark:.1}")).collect::<Vec<_>>();
        assert_eq!(few, ["0.2", "0.5", "1.0", "2.0", "5.0", "10.0", "20.0", "50.0", "100.0"]);
        assert_eq!(scale.marks(4).len(), 3);
        let one = Scale::of([5.0].into_iter());
        assert!(one.place(5.0) > 0.1 && one.place(5.0) < 0.9);
        assert!(Scale::of([1e-300, 1e300].into_iter()).marks(100).len() <= 101);
        assert!(Scale::of(std::iter::empty()).place(3.0) > 0.0);
    }
}
