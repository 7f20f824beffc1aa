//! Numbers as people write them: `4,111`, `3.87e9`, `25_557_032`, `3.8×10⁹`, `3.8 billion`, `1.17 GMACs`, `38 亿`.
//!
//! The one reader of them, for figures that are traced and for claims.

use super::unit::{Unit, unit};

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numeral {
    /// Its digits without a point.
    pub(crate) mantissa: u128,
    /// The power of ten that the last of them counts, in the unit.
    pub(crate) exponent: i32,
    /// What stands behind it.
    pub(crate) unit: Unit,
}

/// What stands at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A number that ends there, in bytes.
    Number(Numeral, usize),
    /// What would be one, up to there, with more digits than can be counted with.
    TooLong(usize),
}

/// The number at the start of `text`, without a sign; `None` for anything else, a decimal comma among it.
pub(crate) fn read(text: &str) -> Option<Start> {
    let end = plain_end(text)?;
    let power = power_of_ten(&text[end..]);
    let (written, times) = match power {
        Some((exponent, length)) => (end + length, exponent),
        None => (end, Some(0)),
    };
    let (unit, end) = match unit(&text[written..]) {
        Some((unit, length)) => (unit, written + length),
        None => (Unit::default(), written),
    };
    let plain = &text[..plain_end(text)?];
    is_grouped(plain).then_some(())?;
    let number = digits(plain).zip(times).and_then(|((mantissa, exponent), times)| {
        let exponent = exponent.checked_add(times)?.checked_add(unit.power_of_ten)?;
        Some(Start::Number(Numeral { mantissa, exponent, unit }, end))
    });
    Some(number.unwrap_or(Start::TooLong(end)))
}

/// The digits without a point, and the power of ten that the last one counts: `3.87e9` is 387 and 7. `None` for what is no
/// number, or a longer one than can be counted with.
///
/// Behind a `,` or `'` stand three digits, so that a decimal comma is not taken for one between thousands.
fn digits(written: &str) -> Option<(u128, i32)> {
    let (mantissa, exponent) = match written.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (written, 0),
    };
    if !is_grouped(mantissa) {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (whole, fraction) = (whole.replace([',', '\'', '_'], ""), fraction.replace('_', ""));
    let digits = format!("{whole}{fraction}");
    let decimals = i32::try_from(fraction.len()).ok()?;
    Some((digits.parse().ok()?, exponent.checked_sub(decimals)?))
}

/// Whether thousands stand in threes, and only digits behind one point.
fn is_grouped(written: &str) -> bool {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let in_threes = |(index, group): (usize, &str)| index == 0 || group.len() == 3;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    is_plain(fraction)
        && whole.split([',', '\'']).enumerate().all(|group| in_threes(group) && is_plain(group.1))
}

/// Where digits, what stands between them, and an exponent end; `None` where no digit begins.
fn plain_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_part = |at: usize| {
        is_digit(at) || matches!(bytes.get(at), Some(b'.' | b',' | b'_' | b'\'')) && is_digit(at + 1)
    };
    if !is_digit(0) && !(bytes.first() == Some(&b'.') && is_digit(1)) {
        return None;
    }
    let mut end = 0;
    while is_part(end) {
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let length = text[exponent.min(text.len())..].bytes().take_while(u8::is_ascii_digit).count();
        if length > 0 {
            end = exponent + length;
        }
    }
    Some(end)
}

const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/// `×10⁹`, ` x 10^9` at the start of `text`: the exponent, if that can be counted with, and the length.
fn power_of_ten(text: &str) -> Option<(Option<i32>, usize)> {
    let rest = text.trim_start_matches(' ').strip_prefix(['x', 'X', '×', '·', '*', '⋅'])?;
    let rest = rest.trim_start_matches(' ').strip_prefix("10")?;
    let raised = rest.strip_prefix('^').or_else(|| rest.strip_prefix("**"));
    let (digits, rest) = match raised {
        Some(rest) => {
            let rest = rest.trim_start_matches(' ');
            let (sign, unsigned) = match rest.strip_prefix(['-', '−', '+']) {
                Some(unsigned) => (if rest.starts_with('+') { "" } else { "-" }, unsigned),
                None => ("", rest),
            };
            let length = unsigned.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, rest) = unsigned.split_at(length);
            (if digits.is_empty() { String::new() } else { format!("{sign}{digits}") }, rest)
        }
        None => superscript(rest),
    };
    (!digits.is_empty()).then(|| (digits.parse().ok(), text.len() - rest.len()))
}

/// The digits of an exponent at the start of `text`, and what follows it.
fn superscript(text: &str) -> (String, &str) {
    let (sign, unsigned) = match text.strip_prefix('⁻') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text),
    };
    let length = unsigned.find(|c| !SUPERSCRIPTS.contains(c)).unwrap_or(unsigned.len());
    let value = |c| SUPERSCRIPTS.chars().position(|digit| digit == c);
    let digits: String =
        unsigned[..length].chars().filter_map(value).map(|digit| digit.to_string()).collect();
    if digits.is_empty() { (digits, text) } else { (format!("{sign}{digits}"), &unsigned[length..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_has_its_power_of_ten() {
        for (written, expected) in [
            ("3.87e9", (387, 7)),
            ("12,433,648", (12_433_648, 0)),
            ("25'557'032", (25_557_032, 0)),
            ("0.350", (350, -3)),
            ("1_000", (1000, 0)),
            ("4E-3", (4, -3)),
            (".5", (5, -1)),
            ("3.8x10^9", (38, 8)),
            ("3.8×10⁹", (38, 8)),
            ("3.8 × 10^9", (38, 8)),
            ("3.8*10**9", (38, 8)),
            ("3.8·10⁻³", (38, -4)),
            ("3.8 billion", (38, 8)),
            ("3.8 million parameters", (38, 5)),
            ("38.9 亿次乘加", (389, 7)),
            ("100 ms", (100, -3)),
        ] {
            let Some(Start::Number(numeral, end)) = read(written) else { panic!("{written}") };
            assert_eq!(((numeral.mantissa, numeral.exponent), end), (expected, written.len()), "{written}");
        }
    }

    #[test]
    fn a_number_ends_where_something_else_begins() {
        let end = |written: &str| match read(written) {
            Some(Start::Number(_, end)) => Some(end),
            Some(Start::TooLong(_)) | None => None,
        };
        let written = ["3x3", "5e", "2*macs", "2 * 10", "4 1", "10Mx", "1.", "7 apples", "3x10^", "2 × 10⁻"];
        let ends = [1, 1, 1, 1, 1, 2, 1, 1, 1, 1];
        assert_eq!(written.map(end), ends.map(Some));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for written in ["", "-", "+4", "4,12", "1,2345", "4.1.2", "4.111,5", "e5", "٣"] {
            assert_eq!(read(written), None, "{written}");
        }
        for written in ["1e99999999999", "1x10^99999999999", &"9".repeat(60)] {
            assert_eq!(read(written), Some(Start::TooLong(written.len())), "{written}");
        }
    }
}
