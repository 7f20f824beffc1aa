//! The words of expressions: numbers, names, symbols.

use num_traits::Zero;

use super::{Failure, Rational, Value, too_large};
use crate::text;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Constant(Value),
    /// An exponent such as `²`.
    Superscript(Rational),
    Name(&'a str),
    /// An operator, parenthesis or comma, in its first spelling.
    Symbol(&'static str),
    End,
}

/// Symbols as they may be written, longest first: what each means or, as an `Err`, what to write instead.
#[rustfmt::skip]
const SYMBOLS: [(&str, Result<&str, &str>); 36] = [
    ("==", Ok("==")), ("!=", Ok("!=")), ("<=", Ok("<=")), (">=", Ok(">=")), ("<", Ok("<")), (">", Ok(">")),
    ("&&", Err("and")), ("||", Err("or")), ("!", Err("not")), ("=", Err("==")),
    ("**", Ok("^")), ("//", Err("floor(a / b)")), ("^", Ok("^")), ("*", Ok("*")), ("·", Ok("*")), ("×", Ok("*")),
    ("/", Ok("/")), ("÷", Err("/")), ("%", Ok("%")), ("+", Ok("+")), ("-", Ok("-")), ("−", Ok("-")),
    ("(", Ok("(")), (")", Ok(")")), ("[", Ok("[")), ("]", Ok("]")), (",", Ok(",")), ("（", Err("(")), ("）", Err(")")), ("，", Err(",")),
    ("≠", Err("!=")), ("≤", Err("<=")), ("≥", Err(">=")), ("?", Err("if(condition, a, b)")), ("\"", Err("'")), ("“", Err("'")),
];

const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/// Reads a literal exactly: `1.1` is 11/10; `1e-5`, `1_000` and a sign are understood. `None` if it is no such
/// number, or if its digits or its power of ten do not fit 127 bits.
pub fn number(literal: &str) -> Option<Rational> {
    if !is_numeral(literal) {
        return None;
    }
    let plain = literal.replace('_', "");
    let (decimal, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("{whole}{fraction}").parse().ok().filter(|&digits| digits != i128::MIN)?;
    if digits == 0 {
        return Some(Rational::zero());
    }
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scale = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 {
        Some(Rational::new(digits, scale))
    } else {
        digits.checked_mul(scale).map(Rational::from)
    }
}

/// Whether a literal is written as a number is, be it too large.
pub(in crate::read) fn is_numeral(literal: &str) -> bool {
    let unsigned = literal.strip_prefix(['+', '-']).unwrap_or(literal);
    !unsigned.is_empty() && numeral(unsigned) == unsigned.len()
}

/// The first token of `text`, which does not start with a space, and its length; or the length of what is no token.
pub(super) fn token(text: &str) -> Result<(Token<'_>, usize), (usize, Failure)> {
    let Some(first) = text.chars().next() else { return Ok((Token::End, 0)) };
    let run = |belongs: fn(char) -> bool| text.find(|c| !belongs(c)).unwrap_or(text.len());
    if first.is_ascii_digit() {
        let length = numeral(text);
        let value = number(&text[..length]).ok_or_else(|| (length, too_large(&text[..length])))?;
        Ok((Token::Constant(Value::Number(value)), length))
    } else if SUPERSCRIPTS.contains(first) {
        let length = run(|c| SUPERSCRIPTS.contains(c));
        let digits = text[..length].chars().filter_map(|c| SUPERSCRIPTS.chars().position(|digit| digit == c));
        let exponent = number(&digits.map(|digit| digit.to_string()).collect::<String>());
        Ok((Token::Superscript(exponent.ok_or_else(|| (length, too_large(&text[..length])))?), length))
    } else if is_letter(first) {
        let length = run(|c| is_letter(c) || c.is_ascii_digit());
        match &text[..length] {
            python @ ("True" | "False") => Err((length, foreign(python, Some(&python.to_lowercase())))),
            word => Ok((name_or_keyword(word), length)),
        }
    } else if let Some(quoted) = text.strip_prefix('\'') {
        let unclosed = || (1, text!("this quote is not closed", "此引号没有闭合").into());
        let length = quoted.find('\'').ok_or_else(unclosed)?;
        Ok((Token::Constant(Value::Word(quoted[..length].into())), length + 2))
    } else {
        match SYMBOLS.iter().find(|(written, _)| text.starts_with(written)) {
            Some((written, Ok(symbol))) => Ok((Token::Symbol(symbol), written.len())),
            Some((written, Err(instead))) => Err((written.len(), foreign(written, Some(instead)))),
            None => Err((first.len_utf8(), foreign(&text[..first.len_utf8()], None))),
        }
    }
}

fn foreign(found: &str, instead: Option<&str>) -> Failure {
    let message = text!("`{found}` is not part of the language", "表达式中不能使用 `{found}`");
    let help = instead.map(|instead| match instead {
        "'" => text!("words stand in single quotes: 'identity'", "词要放在单引号中:'identity'"),
        _ => text!("write `{instead}`", "请写成 `{instead}`"),
    });
    let of_names = || text!("names stand alone, as in `2*width`", "名称单独书写,如 `2*width`");
    Failure { message, help: help.or_else(|| "${}".contains(found).then(of_names)) }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn name_or_keyword(word: &str) -> Token<'_> {
    match word {
        "true" => Token::Constant(Value::Boolean(true)),
        "false" => Token::Constant(Value::Boolean(false)),
        "and" => Token::Symbol("and"),
        "or" => Token::Symbol("or"),
        "not" => Token::Symbol("not"),
        _ => Token::Name(word),
    }
}

/// The length of the literal at the start of `text`: `1_000`, `1.5`, `1e-5`.
fn numeral(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let after_digits = |mut at: usize| {
        while is_digit(at) || (bytes.get(at) == Some(&b'_') && is_digit(at - 1) && is_digit(at + 1)) {
            at += 1;
        }
        at
    };
    let mut end = if is_digit(0) { after_digits(0) } else { return 0 };
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        end = after_digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if is_digit(exponent) {
            end = after_digits(exponent);
        }
    }
    end
}
