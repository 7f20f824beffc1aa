//! Values as `--set` writes them, as TOML has them, and the other way round: digit by digit.

use crate::read::expression::{Rational, Value, number};

/// Text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A key as TOML writes it.
pub(super) fn toml_key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// What `--set` has, as TOML writes it: a number digit by digit, without zeros in front, which TOML does not take.
pub(super) fn toml_value(written: &str) -> String {
    if number(written).is_none() {
        return if ["true", "false"].contains(&written) { written.to_owned() } else { quoted(written) };
    }
    let unsigned = written.trim_start_matches(['+', '-']);
    let sign = if written.starts_with('-') { "-" } else { "" };
    let whole = unsigned.find(['.', 'e', 'E']).unwrap_or(unsigned.len());
    let digits = unsigned[..whole].trim_start_matches(['0', '_']);
    let digits = if digits.is_empty() { "0" } else { digits };
    format!("{sign}{digits}{}", &unsigned[whole..])
}

/// A value as `--set` writes it.
pub(super) fn assigned(value: &Value) -> String {
    match value {
        Value::Number(number) => decimal(number),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::Word(word) => word.to_string(),
        Value::List(values) => values.iter().map(assigned).collect::<Vec<_>>().join(","),
    }
}

/// A number that was read from a decimal, as a decimal again.
fn decimal(number: &Rational) -> String {
    let (numerator, denominator) = (*number.numer(), *number.denom());
    // What has at most 38 digits behind its point has a denominator that divides a power of ten as large.
    let scale = (0..=38).map(|digits| (digits, 10_i128.pow(digits))).find(|(_, ten)| ten % denominator == 0);
    let scaled =
        scale.and_then(|(digits, ten)| Some((digits as usize, numerator.checked_mul(ten / denominator)?)));
    match scaled {
        None => number.to_string(),
        Some((0, whole)) => whole.to_string(),
        Some((digits, scaled)) => {
            let sign = if scaled < 0 { "-" } else { "" };
            let all = format!("{:0>width$}", scaled.unsigned_abs(), width = digits + 1);
            let (whole, fraction) = all.split_at(all.len() - digits);
            format!("{sign}{whole}.{fraction}")
        }
    }
}
