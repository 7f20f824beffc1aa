//! Slips of the pen: one digit wrong, two exchanged, one dropped or doubled.

use super::super::Value;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// What happened to the digits of a whole number, if it is one slip of the pen.
pub(super) fn slip(figure: &Value, claimed: &Value) -> Option<Text> {
    let (Value::Number(figure), Value::Number(claimed)) = (figure, claimed) else { return None };
    if !figure.is_integer() || !claimed.is_integer() {
        return None;
    }
    let [right, wrong] = [figure, claimed].map(|number| number.to_integer().unsigned_abs());
    let (a, b) = (right.to_string().into_bytes(), wrong.to_string().into_bytes());
    // Of a short number any other is a digit away.
    if a.len().min(b.len()) < 4 {
        return None;
    }
    let what = what(&a, &b)?;
    let (difference, right) = (grouped(right.abs_diff(wrong), ","), grouped(right, ","));
    Some(if wrong < figure.to_integer().unsigned_abs() {
        text!("{difference} short of {right}: {what}", "比 {right} 少 {difference}:{what:#}")
    } else {
        text!("{difference} above {right}: {what}", "比 {right} 多 {difference}:{what:#}")
    })
}

fn what(right: &[u8], wrong: &[u8]) -> Option<Text> {
    if right.len() == wrong.len() {
        let differing: Vec<usize> = (0..right.len()).filter(|&at| right[at] != wrong[at]).collect();
        return match differing[..] {
            [_] => Some(text!("one digit differs", "有一位数字不同")),
            [a, b] if right[a] == wrong[b] && right[b] == wrong[a] => {
                Some(text!("two digits are exchanged", "有两位数字互换"))
            }
            _ => None,
        };
    }
    let is_without_one = |longer: &[u8], shorter: &[u8]| {
        longer.len() == shorter.len() + 1
            && (0..longer.len()).any(|at| [&longer[..at], &longer[at + 1..]].concat() == shorter)
    };
    if is_without_one(right, wrong) {
        Some(text!("a digit is missing", "缺少一位数字"))
    } else {
        is_without_one(wrong, right).then(|| text!("a digit is too many", "多了一位数字"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::expression::Rational;

    fn said(figure: i128, claimed: i128) -> Option<String> {
        let value = |number: i128| Value::Number(Rational::from(number));
        slip(&value(figure), &value(claimed)).map(|text| text.english)
    }

    #[test]
    fn the_lectures_erratum() {
        let text = said(12_443_648, 12_433_648);
        assert_eq!(text.as_deref(), Some("10,000 short of 12,443,648: one digit differs"));
    }

    #[test]
    fn digits_are_exchanged_dropped_and_doubled() {
        let ends = |claimed, end: &str| said(12_443_648, claimed).is_some_and(|text| text.ends_with(end));
        assert!(ends(12_443_684, "two digits are exchanged"));
        assert!(ends(1_243_648, "a digit is missing"));
        assert!(ends(124_443_648, "a digit is too many"));
        assert_eq!(said(12_443_648, 12_500_000), None);
        assert_eq!(said(999, 998), None);
    }
}
