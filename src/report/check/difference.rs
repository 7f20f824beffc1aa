//! How far a figure is from what a claim says: over or under a bound, or what is claimed too much or too little.

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed, Zero};

use super::{decimal, float, number_of};
use crate::claim::statement::Comparison;
use crate::claim::{Checked, Value};
use crate::convention::figure::Quantity;
use crate::read::expression::Rational;
use crate::text;
use crate::text::Text;

/// A difference of two numbers, and in which direction it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// How far they are apart.
    pub(super) by: Rational,
    /// Which is the larger.
    pub(super) kind: Kind,
    /// The one over the other: the figure over its bound, or what is claimed over the figure.
    pub(super) ratio: Option<Rational>,
}

/// In which direction a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The figure is above what a budget allows.
    Over,
    /// The figure is below what is wanted at least.
    Under,
    /// It is the very number that it must not be, or must not reach.
    Equal,
    /// What is claimed is above the figure.
    TooMuch,
    /// What is claimed is below it.
    TooLittle,
}

/// How far off a claim is that does not hold; `None` for what is no number, and for a claim whose working is wrong.
pub(super) fn difference(checked: &Checked) -> Option<Difference> {
    let (Value::Number(left), Value::Number(right)) = (&checked.left, &checked.right) else { return None };
    let (is, said) = if checked.is_right_written { (left, right) } else { (right, left) };
    let by = is.checked_sub(said)?.abs();
    let is_budget = match checked.comparison {
        Comparison::Equal | Comparison::About => false,
        Comparison::NotEqual
        | Comparison::Less
        | Comparison::AtMost
        | Comparison::More
        | Comparison::AtLeast => true,
    };
    let (kind, whole) = match (is_budget, is > said) {
        _ if is == said => (Kind::Equal, said),
        (true, true) => (Kind::Over, said),
        (true, false) => (Kind::Under, said),
        (false, true) => (Kind::TooLittle, is),
        (false, false) => (Kind::TooMuch, is),
    };
    let part = if is_budget { is } else { said };
    // Of nothing, and of less than nothing, there is no part.
    let ratio = part.checked_div(whole).filter(|_| whole.is_positive() && !part.is_negative());
    Some(Difference { by, kind, ratio })
}

impl Kind {
    /// The name that stands in data.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Under => "under",
            Self::Equal => "equal",
            Self::TooMuch => "too much",
            Self::TooLittle => "too little",
        }
    }
}

impl Difference {
    /// What stands before it.
    pub(super) fn label(&self) -> Text {
        match self.kind {
            Kind::Over => text!("over by", "超出"),
            Kind::Under => text!("short by", "不足"),
            Kind::Equal | Kind::TooMuch | Kind::TooLittle => text!("off by", "相差"),
        }
    }

    /// `4,558,592: 45.6 % over`.
    pub(super) fn in_words(&self, quantity: Option<Quantity>) -> Text {
        let by = number_of(&self.by, quantity);
        let share = self.ratio.as_ref().map(share);
        match (self.kind, share) {
            (Kind::Equal, _) => text!("0: it is that very number", "0:正好等于该数"),
            (_, None) => text!("{by}", "{by}"),
            (Kind::Over, Some(Share::Times(times))) => {
                text!("{by}: {times} times what is allowed", "{by}:是上限的 {times} 倍")
            }
            (Kind::Over, Some(Share::Percent(percent))) => {
                text!("{by}: {percent} over", "{by}:超出 {percent}")
            }
            (Kind::Under, Some(Share::Times(times))) => {
                text!("{by}: {times} times what is wanted", "{by}:是下限的 {times} 倍")
            }
            (Kind::Under, Some(Share::Percent(percent))) => {
                text!("{by}: {percent} under", "{by}:低 {percent}")
            }
            (Kind::TooMuch | Kind::TooLittle, Some(Share::Times(times))) => {
                text!("{by}: {times} times as much", "{by}:是实际的 {times} 倍")
            }
            (Kind::TooMuch, Some(Share::Percent(percent))) => {
                text!("{by}: {percent} too much", "{by}:多了 {percent}")
            }
            (Kind::TooLittle, Some(Share::Percent(percent))) => {
                text!("{by}: {percent} too little", "{by}:少了 {percent}")
            }
        }
    }
}

/// A ratio as it is read.
enum Share {
    /// From ten times on, where a percentage would say little.
    Times(String),
    /// How far it is from 1.
    Percent(String),
}

fn share(ratio: &Rational) -> Share {
    if *ratio >= Rational::from(10) {
        return Share::Times(decimal(&in_tenths(ratio).unwrap_or(*ratio)));
    }
    // The difference is taken before there are floats, which would lose it.
    let apart = ratio.checked_sub(&Rational::from(1)).unwrap_or_else(Rational::zero);
    let percent = float(&apart).abs() * 100.0;
    Share::Percent(if percent >= 1.0 {
        format!("{percent:.1} %")
    } else if percent >= 0.001 {
        format!("{percent:.3} %")
    } else {
        // Three digits would say that nothing is wrong.
        "< 0.001 %".to_owned()
    })
}

/// Rounded to tenths: of what is many times as much, nobody wants more digits.
fn in_tenths(ratio: &Rational) -> Option<Rational> {
    let tenths = ratio.checked_mul(&Rational::from(10))?.checked_add(&Rational::new(1, 2))?.to_integer();
    Some(Rational::new(tenths, 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Verdict;

    fn said(left: (i128, i128), comparison: Comparison, right: (i128, i128), is_right: bool) -> String {
        let value = |(a, b)| Value::Number(Rational::new(a, b));
        let checked = Checked {
            verdict: Verdict::Fails,
            left: value(left),
            right: value(right),
            is_right_written: is_right,
            comparison,
            quantity: None,
            slip: None,
            fit: None,
        };
        let difference = difference(&checked).unwrap();
        format!("{} {}", difference.label(), difference.in_words(None))
    }

    #[test]
    fn a_budget_is_exceeded_in_its_own_measure() {
        let budget = (10_000_000, 1);
        let is = (14_558_592, 1);
        for comparison in [Comparison::AtMost, Comparison::Less] {
            assert_eq!(said(is, comparison, budget, true), "over by 4,558,592: 45.6 % over");
        }
        for comparison in [Comparison::AtLeast, Comparison::More] {
            assert_eq!(said(budget, comparison, is, false), "over by 4,558,592: 45.6 % over");
            assert_eq!(said((5, 1), comparison, (20, 1), true), "short by 15: 75.0 % under");
            assert_eq!(said((0, 1), comparison, (20, 1), true), "short by 20: 100.0 % under");
        }
        assert_eq!(said((1, 4), Comparison::AtMost, (1, 5), true), "over by 0.05: 25.0 % over");
        assert_eq!(
            said((300, 1), Comparison::AtMost, (10, 1), true),
            "over by 290: 30 times what is allowed"
        );
        assert_eq!(said((5, 1), Comparison::AtMost, (0, 1), true), "over by 5");
        assert_eq!(said((5, 1), Comparison::AtMost, (-5, 1), true), "over by 10");
        assert_eq!(said((5, 1), Comparison::Less, (5, 1), true), "off by 0: it is that very number");
        assert_eq!(said((5, 1), Comparison::NotEqual, (5, 1), true), "off by 0: it is that very number");
        let large = (1i128 << 100, 1);
        let larger = ((1i128 << 100) + 1, 1);
        assert!(said(larger, Comparison::AtMost, large, true).ends_with("1: < 0.001 % over"));
    }

    #[test]
    fn what_is_claimed_is_measured_by_what_is() {
        let off = |claimed: i128| said((1000, 1), Comparison::Equal, (claimed, 1), true);
        assert_eq!(off(900), "off by 100: 10.0 % too little");
        assert_eq!(off(1100), "off by 100: 10.0 % too much");
        assert_eq!(off(20_000), "off by 19,000: 20 times as much");
        assert_eq!(off(20_640), "off by 19,640: 20.6 times as much");
        assert_eq!(off(20_650), "off by 19,650: 20.7 times as much");
        assert_eq!(off(0), "off by 1,000: 100.0 % too little");
    }
}
