//! The words of a statement: numbers with units, lists of sizes, figures, operators, comparisons, parentheses.

use std::ops::Range;

use num_traits::CheckedMul;

use super::super::metric::Metric;
use super::remedy::remedy;
use super::{Comparison, Figure, Literal, Misread, Operator, TermKind, misread};
use crate::convention::numeral::digits;
use crate::error::{did_you_mean, meant};
use crate::read::expression::{Failure, Rational};
use crate::text;
use crate::text::Text;

/// A word of a statement.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Term(TermKind),
    Operator(Operator),
    Comparison(Comparison),
    Open,
    Close,
}

/// A word and its place.
pub(super) type Spanned = (Range<usize>, Word);

/// The most words of a statement: it is evaluated part in part.
const MOST_WORDS: usize = 1000;

/// How deep parentheses may stand.
const DEEPEST: usize = 64;

/// The words of `text`.
pub(super) fn words(text: &str) -> Result<Vec<Spanned>, Misread> {
    let mut words: Vec<Spanned> = vec![];
    let (mut at, mut depth) = (0, 0usize);
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        if words.len() > MOST_WORDS {
            let message =
                text!("a statement has at most {MOST_WORDS} words", "一条论断最多 {MOST_WORDS} 个词");
            return Err(Misread { span: start..text.len(), failure: message.into() });
        }
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if first == '(' || first == ')' {
            at += 1;
            depth = if first == '(' { depth + 1 } else { depth.saturating_sub(1) };
            if depth > DEEPEST {
                let message = text!("parentheses stand {depth} deep", "括号嵌套达 {depth} 层");
                return Err(Misread { span: start..at, failure: message.into() });
            }
            words.push((start..at, if first == '(' { Word::Open } else { Word::Close }));
            continue;
        }
        at += if first == '[' { list_length(&text[at..]) } else { word_length(&text[at..]) };
        let follows_number = matches!(words.last(), Some((_, Word::Term(TermKind::Literal(_)))));
        let written = &text[start..at];
        let word = word(written, start).map_err(|misread| match remedy(written, follows_number) {
            Some(failure) => Misread { span: start..at, failure },
            None => misread,
        })?;
        // A unit may stand apart from its number.
        if let Word::Term(TermKind::Literal(unit)) = &word
            && !text[start..].starts_with(|c: char| c.is_ascii_digit())
            && let Some((span, Word::Term(TermKind::Literal(number)))) = words.last_mut()
        {
            let scaled = |value: &Rational| value.checked_mul(&unit.value);
            if let (Some(value), Some(last_digit)) = (scaled(&number.value), scaled(&number.last_digit)) {
                *number = Literal { value, last_digit };
                span.end = at;
                continue;
            }
        }
        words.push((start..at, word));
    }
    Ok(words)
}

fn list_length(text: &str) -> usize {
    text.find(']').map_or(text.len(), |end| end + 1)
}

/// Up to a space or a closing parenthesis outside quotes.
fn word_length(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '\'';
        !quoted && (c.is_whitespace() || c == ')')
    });
    end.unwrap_or(text.len())
}

fn word(word: &str, start: usize) -> Result<Word, Misread> {
    let span = start..start + word.len();
    let operator = match word {
        "+" => Some(Operator::Add),
        "-" | "−" => Some(Operator::Subtract),
        "*" | "·" | "×" => Some(Operator::Multiply),
        "/" | "÷" => Some(Operator::Divide),
        _ => None,
    };
    if let Some(operator) = operator {
        return Ok(Word::Operator(operator));
    }
    if let Some(&(_, comparison)) = COMPARISONS.iter().find(|(mark, _)| *mark == word) {
        return Ok(Word::Comparison(comparison));
    }
    if word == "=" {
        let message = text!("`=` is no comparison", "`=` 不是比较运算符");
        let help = ("write `==`, or `~` for a rounded figure", "请写 `==`,取整的数用 `~`");
        return Err(misread(span, message, help));
    }
    if word.starts_with('[') {
        return sizes(word).map(|sizes| Word::Term(TermKind::Sizes(sizes))).ok_or_else(|| {
            misread(
                span,
                text!("`{word}` is no list of sizes", "`{word}` 不是尺寸列表"),
                ("as in [256, 28, 28]", "例如 [256, 28, 28]"),
            )
        });
    }
    if let Some(literal) = written_number(word).or_else(|| unit(word)) {
        return Ok(Word::Term(TermKind::Literal(literal)));
    }
    figure(word, span).map(|figure| Word::Term(TermKind::Figure(figure)))
}

fn sizes(word: &str) -> Option<Vec<i128>> {
    let inner = word.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(|size| size.trim().parse().ok()).collect()
}

/// A unit on its own, as a number: `M` is a million.
fn unit(word: &str) -> Option<Literal> {
    let (_, value) = UNITS.iter().find(|(unit, _)| !unit.is_empty() && *unit == word)?;
    let value = Rational::new(value.0, value.1);
    Some(Literal { value, last_digit: value })
}

/// Comparisons as they may be written; of two that begin alike, the longer one first.
pub(super) const COMPARISONS: [(&str, Comparison); 11] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("≠", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    ("≤", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("≥", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("~", Comparison::About),
    ("≈", Comparison::About),
];

/// Longer ones first.
const UNITS: [(&str, (i128, i128)); 11] = [
    ("Ki", (1 << 10, 1)),
    ("Mi", (1 << 20, 1)),
    ("Gi", (1 << 30, 1)),
    ("Ti", (1 << 40, 1)),
    ("k", (1_000, 1)),
    ("K", (1_000, 1)),
    ("M", (1_000_000, 1)),
    ("G", (1_000_000_000, 1)),
    ("T", (1_000_000_000_000, 1)),
    ("%", (1, 100)),
    ("", (1, 1)),
];

/// `120M`, `9.7`, `12,433,648`, `3.87e9`, `94.86%`.
pub(super) fn written_number(word: &str) -> Option<Literal> {
    let (number, (_, unit)) =
        UNITS.iter().find_map(|unit| word.strip_suffix(unit.0).map(|number| (number, unit)))?;
    let (sign, number) = number.strip_prefix('-').map_or((1, number), |number| (-1, number));
    let (digits, exponent) = digits(number)?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    let power = if exponent < 0 { Rational::new(1, power) } else { power.into() };
    let last_digit = power.checked_mul(&Rational::new(unit.0, unit.1))?;
    let value = last_digit.checked_mul(&(sign * i128::try_from(digits).ok()?).into())?;
    Some(Literal { value, last_digit })
}

fn figure(word: &str, span: Range<usize>) -> Result<Figure, Misread> {
    let outside_quotes = |wanted: char, last: bool| {
        let mut quoted = false;
        let found = word.char_indices().filter(|&(_, c)| {
            quoted ^= c == '\'';
            !quoted && c == wanted
        });
        let places: Vec<usize> = found.map(|(at, _)| at).collect();
        if last { places.last() } else { places.first() }.copied()
    };
    let unquoted = |text: &str| text.trim_matches('\'').to_owned();
    let colon = outside_quotes(':', false);
    let alias = colon.map(|colon| unquoted(&word[..colon]));
    let start = colon.map_or(0, |colon| colon + 1);
    let dot = outside_quotes('.', true).filter(|&dot| dot >= start);
    let path = dot.map(|dot| unquoted(&word[start..dot]));
    let name = &word[dot.map_or(start, |dot| dot + 1)..];
    let place = span.start + word.len() - name.len()..span.end;
    let metric = Metric::find(name).ok_or_else(|| {
        let message = text!("there is no figure `{name}`", "没有名为 `{name}` 的指标");
        Misread { span: place, failure: Failure::from(message).with_help(meant_figure(word, name)) }
    })?;
    Ok(Figure { span, alias, path, metric })
}

/// The figure that was probably meant by `name` at the end of `word`, or else those there are.
fn meant_figure(word: &str, name: &str) -> Text {
    if let Some((path, metric)) = word.rsplit_once('/')
        && Metric::find(metric).is_some()
    {
        return meant(&format!("{path}.{metric}"));
    }
    let list = Metric::all().map(Metric::name).collect::<Vec<_>>().join(", ");
    // No figure has a digit or a slash in its name.
    if name.contains('/') || (name != word && name.contains(|c: char| c.is_ascii_digit())) {
        return text!(
            "behind a layer stands a figure, as in `{word}.macs`; there are {list}",
            "层之后要写指标,例如 `{word}.macs`;可用的有 {list}"
        );
    }
    let near = did_you_mean(name, Metric::all().map(Metric::name));
    near.unwrap_or_else(|| text!("there are {list}", "可用的有 {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_last_digit() {
        let read = |word: &str| {
            written_number(word).map(|literal| (literal.value.to_string(), literal.last_digit.to_string()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(read("120M"), pair("120000000", "1000000"));
        assert_eq!(read("9.70"), pair("97/10", "1/100"));
        assert_eq!(read("12,433,648"), pair("12433648", "1"));
        assert_eq!(read("3.87e9"), pair("3870000000", "10000000"));
        assert_eq!(read("2.7Ki"), pair("13824/5", "512/5"));
        assert_eq!(read("94.86%"), pair("4743/5000", "1/10000"));
        assert_eq!([read("3a"), read("M"), read("1,2"), read("-"), read("1e99")], [const { None }; 5]);
    }
}
