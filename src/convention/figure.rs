//! A figure as it is printed, "4.11 G": the whole numbers that are written so, rounded or cut at the last digit.

use super::numeral::{Numeral, Start, read};
use crate::text;
use crate::text::Text;

/// The most digits of a figure.
const MOST_DIGITS: u32 = 15;

/// Numbers above this are no network's, and twice as many still fit 128 bits.
const LARGEST: u128 = 1 << 120;

/// A figure, and what may stand behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// As it is written.
    pub written: String,
    /// Digits that say something: zeros in front do not.
    pub digits: u32,
    /// Those digits, as a number.
    pub mantissa: u64,
    /// What is written so, with units of powers of 1000.
    pub decimal: Interval,
    /// The same with units of powers of 1024, if there is a unit.
    pub binary: Option<Interval>,
    /// What is counted, if the unit says so: parameters, MACs or FLOPs. Papers call MACs FLOPs, too.
    pub of: Option<Quantity>,
}

/// What a number counts, as its unit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// `params`, `parameters`.
    Params,
    /// `MACs`, `multiply-adds`.
    Macs,
    /// `FLOPs`.
    Flops,
    /// `B` behind a letter, `bytes`.
    Bytes,
    /// `s`, `ms`.
    Seconds,
}

/// The whole numbers that are written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The number itself, if it is whole.
    pub exact: Option<u128>,
    /// From and to, when rounded at the last digit; halves to either side.
    pub rounded: (u128, u128),
    /// From and to, when cut at it.
    pub cut: (u128, u128),
    /// What the last digit is worth, as a fraction.
    pub last_digit: (u128, u128),
}

/// How a number comes to be written as a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the number.
    Exact,
    /// Rounded, and cut as well.
    Either,
    /// Rounded at the last digit.
    Rounded,
    /// Cut at the last digit.
    Cut,
}

impl Quantity {
    /// What it is called in a sentence, in English and Chinese.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Params => ("parameters", "参数"),
            Self::Macs => ("MACs", "乘加"),
            Self::Flops => ("FLOPs", "FLOPs"),
            Self::Bytes => ("bytes", "字节"),
            Self::Seconds => ("seconds", "时间"),
        }
    }
}

impl Figure {
    /// Reads `4.11 G`, `4.11GFLOPs`, `4,111 M`, `3.87e9`, `3.8×10⁹`, `3.8 billion`, `138 million parameters`, `4111514624`.
    pub fn parse(written: &str) -> Result<Self, Text> {
        let wrong = || {
            text!(
                "`{written}` is no figure: figures are as in `4.11 G`, `3.8 billion`, `25.6M params`, `3.87e9` or `4111514624`",
                "`{written}` 不是数字:应形如 `4.11 G`、`38 亿`、`25.6M params`、`3.87e9` 或 `4111514624`"
            )
        };
        let text = written.trim();
        if text.starts_with(['-', '−']) {
            return Err(text!("`{written}` is below 0, and counts are not", "`{written}` 小于 0,而计数不会"));
        }
        let unsigned = text.trim_start_matches(['~', '≈', '∼']).trim_start();
        let too_long = || text!("`{written}` has more than 15 digits", "`{written}` 超过 15 位");
        let numeral = match read(unsigned) {
            Some(Start::Number(numeral, end)) if end == unsigned.len() => numeral,
            Some(Start::TooLong(end)) if end == unsigned.len() => return Err(too_long()),
            Some(Start::Number(..) | Start::TooLong(_)) | None => return Err(wrong()),
        };
        let Numeral { mantissa, exponent, unit } = numeral;
        // A hundredth is no part of a count.
        if unit.power_of_ten < 0 {
            return Err(wrong());
        }
        if mantissa == 0 {
            return Err(text!(
                "`{written}` is 0: every way of counting gives more",
                "`{written}` 为 0:任何计数方式都大于它"
            ));
        }
        if unit.of == Some(Quantity::Seconds) {
            return Err(text!("`{written}` is no count, and no size", "`{written}` 既不是数量,也不是大小"));
        }
        let digits = mantissa.ilog10() + 1;
        if digits > MOST_DIGITS {
            return Err(too_long());
        }
        let too_far = || text!("`{written}` is no size that a network has", "`{written}` 不是网络会有的大小");
        let whole = u64::try_from(mantissa).map_err(|_| too_long())?;
        let span =
            |base: u128| Interval::new(mantissa, base.pow(unit.thousands), exponent).ok_or_else(too_far);
        let (decimal, binary) = match (unit.thousands, unit.is_binary) {
            (0, _) => (span(1000)?, None),
            (_, true) => (span(1024)?, None),
            (_, false) => (span(1000)?, Some(span(1024)?)),
        };
        let (written, of) = (text.to_owned(), unit.of);
        let figure = Self { written, digits, mantissa: whole, decimal, binary, of };
        if figure.is_whole() || figure.may_lack_unit() {
            Ok(figure)
        } else {
            Err(text!("no whole number is written `{text}`", "没有整数会写成 `{text}`"))
        }
    }

    /// Whether any whole number is written so: none is as `4.1`.
    pub fn is_whole(&self) -> bool {
        let binary = self.binary.map_or((1, 0), |span| span.bounds());
        [self.decimal.bounds(), binary].into_iter().any(|(from, to)| from <= to)
    }

    /// Whether it has no unit.
    fn may_lack_unit(&self) -> bool {
        self.written.chars().all(|c| c.is_ascii_digit() || ".,_'".contains(c))
    }

    /// The figure with a unit behind it that it may have lost, each of them; none if it has one.
    pub fn with_units(&self) -> Vec<Self> {
        if !self.may_lack_unit() {
            return vec![];
        }
        let units = ["k", "M", "G", "T"].into_iter();
        units.filter_map(|unit| Self::parse(&format!("{} {unit}", self.written)).ok()).collect()
    }
}

impl Interval {
    /// The numbers that `mantissa · 10^exponent · unit` stands for; `None` if they are too large or too small for that.
    fn new(mantissa: u128, unit: u128, exponent: i32) -> Option<Self> {
        let power = 10u128.checked_pow(exponent.unsigned_abs()).filter(|&power| power <= LARGEST)?;
        // The last digit is worth step/parts.
        let (step, parts) = if exponent < 0 { (unit, power) } else { (unit.checked_mul(power)?, 1) };
        let value = mantissa.checked_mul(step).filter(|&value| value <= LARGEST)?;
        Some(Self {
            exact: value.is_multiple_of(parts).then_some(value / parts),
            rounded: ((2 * value - step).div_ceil(2 * parts), (2 * value + step) / (2 * parts)),
            cut: (value.div_ceil(parts), (value + step - 1) / parts),
            last_digit: (step, parts),
        })
    }

    /// How `number` is written as the figure, if it is.
    pub fn fit(&self, number: u128) -> Option<Fit> {
        let within = |(from, to): (u128, u128)| (from..=to).contains(&number);
        match (self.exact == Some(number), within(self.rounded), within(self.cut)) {
            (true, ..) => Some(Fit::Exact),
            (false, true, true) => Some(Fit::Either),
            (false, true, false) => Some(Fit::Rounded),
            (false, false, true) => Some(Fit::Cut),
            (false, false, false) => None,
        }
    }

    /// Below and above every number that is written so.
    pub fn bounds(&self) -> (u128, u128) {
        (self.rounded.0.min(self.cut.0), self.rounded.1.max(self.cut.1))
    }

    /// How many times a number is larger or smaller, in powers of 2.
    pub fn times_off(&self, number: u128) -> u32 {
        let (from, to) = self.bounds();
        from.min(to).max(1).ilog2().abs_diff(number.max(1).ilog2())
    }

    /// How far off a number is.
    pub fn distance(&self, number: u128) -> u128 {
        let (from, to) = self.bounds();
        from.saturating_sub(number).max(number.saturating_sub(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_for_what_is_written_so() {
        let bounds = |written: &str| Figure::parse(written).unwrap().decimal.bounds();
        for written in ["4.12 G", "4.12G", "4.12 GFLOPs", "4.12 B", "4.12e9", "4.12E+9", "≈ 4.12x10^9"]
            .into_iter()
            .chain(["4.12×10⁹", "4.12 × 10^9", "4.12 billion", "4.12 billion multiply-adds", "41.2 亿"])
        {
            assert_eq!(bounds(written), (4_115_000_000, 4_129_999_999), "{written}");
        }
        assert_eq!(bounds("4,120 M"), (4_119_500_000, 4_120_999_999));
        assert_eq!(bounds("4111514624"), (4_111_514_624, 4_111_514_624));
        assert_eq!(bounds("290 M"), (289_500_000, 290_999_999));
        let ki = Figure::parse("2 Ki").unwrap();
        assert_eq!((ki.decimal.exact, ki.binary), (Some(2048), None));
        assert_eq!(Figure::parse("2 k").unwrap().binary.unwrap().exact, Some(2048));
        assert_eq!(Figure::parse("0.35 G").unwrap().digits, 2);
    }

    #[test]
    fn a_unit_says_what_is_counted() {
        let of = |written: &str| Figure::parse(written).unwrap().of;
        for written in ["25.6M params", "138 million parameters", "1.38 亿个参数", "138e6 parameters"] {
            assert_eq!(of(written), Some(Quantity::Params), "{written}");
        }
        for written in ["1.17 GMac", "4.1 GMACs", "569M mult-adds", "3.8 billion multiply–adds"] {
            assert_eq!(of(written), Some(Quantity::Macs), "{written}");
        }
        for written in ["4.1 GFLOPs", "4.1GFlop", "3.6 billion FLOPs"] {
            assert_eq!(of(written), Some(Quantity::Flops), "{written}");
        }
        assert_eq!(["4.1G", "1,582,671,872", "4 GOPs", "7B"].map(of), [None; 4]);
        assert_eq!(Figure::parse("3.8 billion").unwrap().binary, None);
        assert_eq!(["528 MB", "528 MiB", "12 bytes"].map(of), [Some(Quantity::Bytes); 3]);
        for written in ["20 ms", "5 %", "-4", "0.0001 k", "4.1 params"] {
            assert!(Figure::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn fits_are_told_apart() {
        let span = Figure::parse("4.12 G").unwrap().decimal;
        let fits =
            [4_120_000_000, 4_121_020_928, 4_117_342_184, 4_129_999_999, 4_130_000_000].map(|n| span.fit(n));
        assert_eq!(fits, [Some(Fit::Exact), Some(Fit::Either), Some(Fit::Rounded), Some(Fit::Cut), None]);
        assert_eq!(span.distance(4_130_000_000), 1);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for written in [
            "",
            "G",
            "4.1.2",
            "4,12 G",
            "4.12 X",
            "-4",
            "0",
            "0.00 G",
            "1e99",
            "1e-99",
            "999999999999999e15 T",
            "12345678901234567890",
            "1e",
            "4 i",
            "e5",
            "4 Bi",
        ] {
            assert!(Figure::parse(written).is_err(), "{written}");
        }
    }
}
