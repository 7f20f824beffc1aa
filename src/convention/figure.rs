//! A figure as it is printed, "4.11 G": the whole numbers that are written so, rounded or cut at the last digit.

use super::numeral::digits;
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
    pub decimal: Span,
    /// The same with units of powers of 1024, if there is a unit.
    pub binary: Option<Span>,
    /// What is counted, if the unit says so.
    pub of: Option<Quantity>,
}

/// What a number counts, as its unit says. Papers call MACs FLOPs, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// `params`, `parameters`.
    Params,
    /// `MACs`, `multiply-adds`.
    Macs,
    /// `FLOPs`.
    Flops,
    /// `B` behind a letter, `bytes`.
    Bytes,
}

/// The whole numbers that are written alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
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

impl Figure {
    /// Reads `4.11 G`, `4.11GFLOPs`, `4,111 M`, `3.87e9`, `4111514624`.
    pub fn parse(written: &str) -> Result<Self, Text> {
        let wrong = || {
            text!(
                "`{written}` is no figure: figures are as in `4.11 G`, `4,111 M`, `3.87e9` or `4111514624`",
                "`{written}` 不是数字:应形如 `4.11 G`、`4,111 M`、`3.87e9` 或 `4111514624`"
            )
        };
        let text = written.trim();
        let end = number_end(text);
        let (number, unit) = (&text[..end], text[end..].trim());
        if text.starts_with(['-', '−']) {
            return Err(text!("`{written}` is below 0, and counts are not", "`{written}` 小于 0,而计数不会"));
        }
        let (unit_power, only_binary, of) = unit_of(unit).ok_or_else(wrong)?;
        let (mantissa, exponent) = digits(number).ok_or_else(wrong)?;
        if mantissa == 0 {
            return Err(text!(
                "`{written}` is 0: every way of counting gives more",
                "`{written}` 为 0:任何计数方式都大于它"
            ));
        }
        let digits = mantissa.ilog10() + 1;
        if digits > MOST_DIGITS {
            return Err(text!("`{written}` has more than 15 digits", "`{written}` 超过 15 位"));
        }
        let too_far = || text!("`{written}` is no size that a network has", "`{written}` 不是网络会有的大小");
        let whole = u64::try_from(mantissa).map_err(|_| wrong())?;
        let span = |base: u128| Span::new(mantissa, base.pow(unit_power), exponent).ok_or_else(too_far);
        let binary = (unit_power > 0).then(|| span(1024)).transpose()?;
        let decimal = if only_binary { span(1024)? } else { span(1000)? };
        let binary = binary.filter(|_| !only_binary);
        let figure = Self { written: text.to_owned(), digits, mantissa: whole, decimal, binary, of };
        if figure.is_whole() || figure.may_lack_unit() {
            Ok(figure)
        } else {
            Err(text!("no whole number is written `{written}`", "没有整数会写成 `{written}`"))
        }
    }

    /// Whether any whole number is written so: none is as `4.1`.
    pub fn is_whole(&self) -> bool {
        let binary = self.binary.map_or((1, 0), |span| span.bounds());
        [self.decimal.bounds(), binary].into_iter().any(|(from, to)| from <= to)
    }

    /// Whether it has no unit.
    fn may_lack_unit(&self) -> bool {
        self.written.ends_with(|c: char| c.is_ascii_digit() || c == '.')
    }

    /// The figure with a unit behind it that it may have lost, each of them; none if it has one.
    pub fn with_units(&self) -> Vec<Self> {
        if !self.may_lack_unit() {
            return vec![];
        }
        ["k", "M", "G", "T"]
            .into_iter()
            .filter_map(|unit| Self::parse(&format!("{} {unit}", self.written)).ok())
            .collect()
    }
}

impl Span {
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

/// Where the number ends and the unit begins.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_part = |c: char| c.is_ascii_digit() || ".,_'".contains(c);
    let mut end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    // An exponent: an `e`, perhaps a sign, and a digit.
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = bytes[end + 1 + sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            end += 1 + sign + digits;
        }
    }
    end
}

/// The power of 1000 that a unit stands for, whether it is one of 1024 for sure, and what it counts: `G`, `GFLOPs`, `MiB`, `B`.
fn unit_of(unit: &str) -> Option<(u32, bool, Option<Quantity>)> {
    let lower = unit.to_lowercase();
    let words = [
        (Quantity::Params, &["parameters", "params", "param"][..]),
        (Quantity::Flops, &["flops", "flop"]),
        (Quantity::Macs, &["macs", "mac", "madds", "madd", "mult-adds", "multiply-adds"]),
        (Quantity::Bytes, &["bytes", "byte", "ib"]),
    ];
    let counted = words.into_iter().find_map(|(of, words)| {
        let (word, rest) = words.iter().find_map(|word| Some((*word, lower.strip_suffix(word)?)))?;
        // `MiB` is `Mi` and bytes.
        Some((of, if word == "ib" { &lower[..lower.len() - 1] } else { rest }))
    });
    // `B` alone is a billion, and bytes behind a letter.
    let in_bytes = lower.strip_suffix('b').filter(|rest| ["k", "m", "g", "t"].contains(rest));
    let (of, rest) = match (counted, in_bytes) {
        (Some((of, rest)), _) => (Some(of), rest),
        (None, Some(rest)) => (Some(Quantity::Bytes), rest),
        (None, None) => (None, lower.strip_suffix("ops").unwrap_or(&lower)),
    };
    let (letter, only_binary) = match rest.trim().strip_suffix('i') {
        Some(letter) => (letter, true),
        None => (rest.trim(), false),
    };
    let power = match letter {
        "" if !only_binary => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "b" if !only_binary => 3,
        "t" => 4,
        _ => return None,
    };
    Some((power, only_binary, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_for_what_is_written_so() {
        let bounds = |written: &str| Figure::parse(written).unwrap().decimal.bounds();
        for written in ["4.12 G", "4.12G", "4.12 GFLOPs", "4.12 B", "4,120M", "4.12e9", "4.12E+9"] {
            assert!(Figure::parse(written).is_ok(), "{written}");
        }
        assert_eq!(bounds("4.12 G"), (4_115_000_000, 4_129_999_999));
        assert_eq!(bounds("4.12e9"), bounds("4.12 GMACs"));
        assert_eq!(bounds("4,120 M"), (4_119_500_000, 4_120_999_999));
        assert_eq!(bounds("4111514624"), (4_111_514_624, 4_111_514_624));
        assert_eq!(bounds("290 M"), (289_500_000, 290_999_999));
        let ki = Figure::parse("2 Ki").unwrap();
        assert_eq!((ki.decimal.exact, ki.binary), (Some(2048), None));
        assert_eq!(Figure::parse("2 k").unwrap().binary.unwrap().exact, Some(2048));
        assert_eq!(Figure::parse("0.35 G").unwrap().digits, 2);
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
