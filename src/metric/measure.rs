//! What a figure comes to, or why it does not.

use std::fmt;

use crate::read::expression::Rational;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// What a figure comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A count.
    Count(u128),
    /// The one count for each of the other, which is not 0.
    Ratio(u128, u128),
    /// A quantity that is no count: seconds.
    Real(f64),
    /// Sizes along axes.
    Sizes(Sizes),
    /// Whether it is so.
    Truth(bool),
    /// A word by its name, and what it is to a person.
    Word(&'static str, Text),
}

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// What the operator costs is not known.
    Operator,
    /// It is a figure of a whole network.
    Part,
    /// It is a figure of a device, and none was named.
    Device,
    /// There is no such thing here, and why.
    Nothing(Text),
    /// It cannot be told, and why.
    Untold(Text),
}

/// Something that is written with sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// How it is written: `64×56×56`, `7×7 /2`.
    pub text: String,
    /// What else is to be said of it: `all`.
    pub remarks: Vec<&'static str>,
    /// How large it is: elements of shapes, positions of windows and receptive fields.
    pub size: u128,
    /// Along each axis; none where they are not known.
    pub each: Vec<Rational>,
}

impl Measure {
    /// The count, where it is one.
    pub fn count(&self) -> Option<u128> {
        match self {
            Self::Count(count) => Some(*count),
            Self::Ratio(..) | Self::Real(_) | Self::Sizes(_) | Self::Truth(_) | Self::Word(..) => None,
        }
    }

    /// The number as a float, where it is one.
    #[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Ratio(above, below) => Some(*above as f64 / *below as f64),
            Self::Real(number) => Some(*number),
            Self::Sizes(_) | Self::Truth(_) | Self::Word(..) => None,
        }
    }
}

impl fmt::Display for Measure {
    /// As a person reads it, without its unit: `12,443,648`, `64×56×56`, `yes`; a fraction with as many decimals as `{:.2}` asks
    /// for. As [`Text`] does, in English with `{}` and in Chinese with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => f.write_str(&grouped(*count, ",")),
            Self::Ratio(..) | Self::Real(_) => self.number().map_or(Ok(()), |number| number.fmt(f)),
            Self::Sizes(sizes) => sizes.fmt(f),
            Self::Truth(truth) => told(*truth).fmt(f),
            Self::Word(_, text) => text.fmt(f),
        }
    }
}

/// Whether it is so.
pub(crate) fn told(truth: bool) -> Text {
    if truth { text!("yes", "是") } else { text!("no", "否") }
}

impl fmt::Display for Sizes {
    /// How it is written, with what else is to be said of it: `427×427 /32, all`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Some(&*self.text).filter(|text| !text.is_empty());
        f.write_str(&words.into_iter().chain(self.remarks.iter().copied()).collect::<Vec<_>>().join(", "))
    }
}
