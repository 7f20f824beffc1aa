//! What stands where a value should, and is none.

use super::Slip;
use crate::text;

/// A word behind `=`, or in a list.
pub(super) fn value(line_before: &str, word: &str) -> Option<Slip> {
    if !line_before.trim_end().ends_with(['=', '[', ',']) && !line_before.trim().is_empty() {
        return None;
    }
    constant(word, line_before).or_else(|| call(word)).or_else(|| numbers(word)).or_else(|| unquoted(word))
}

/// `True` or `None`, as in Python.
fn constant(word: &str, line_before: &str) -> Option<Slip> {
    let lower = word.to_lowercase();
    let help = match &*lower {
        "true" | "false" => text!("write `{lower}`", "请写成 `{lower}`"),
        "none" | "null" | "nil" if line_before.trim_end().ends_with(['[', ',']) => text!(
            "every size is a number; `--input` gives others when the network is read",
            "每个尺寸都是数;读取网络时可用 `--input` 给出其他尺寸"
        ),
        "none" | "null" | "nil" => text!("leave the key out", "请去掉这个键"),
        _ => return None,
    };
    Some(Slip::new(text!("`{word}` is no value", "`{word}` 不是值"), help))
}

/// A parenthesis of a call: `conv2d(8, 3)`.
fn call(word: &str) -> Option<Slip> {
    if let Some(value) = word.strip_suffix(')').filter(|value| !value.contains('(')) {
        let value = value.trim_end();
        let help = text!(
            "a table is closed by `}}`, a list by `]`: `{value} }}`",
            "表用 `}}` 闭合,列表用 `]`:`{value} }}`"
        );
        return Some(Slip::new(text!("`)` closes nothing", "`)` 没有对应的开括号"), help).last());
    }
    let (name, _) = word.split_once('(').filter(|(name, _)| !name.is_empty())?;
    let help =
        text!("an operator is a table: `{{ op = \"conv2d\", … }}`", "算子是表:`{{ op = \"conv2d\", … }}`");
    Some(Slip::new(text!("`{name}(` is no value", "`{name}(` 不是值"), help).last())
}

/// `3 32` or `3x32x32` for a list.
fn numbers(word: &str) -> Option<Slip> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = word.split_whitespace().collect();
    if let [first, second, ..] = parts[..]
        && parts.iter().all(is_number)
    {
        return Some(Slip::new(
            text!("a comma is missing between {first} and {second}", "{first} 与 {second} 之间缺少逗号"),
            text!("write `{first}, {second}`", "请写成 `{first}, {second}`"),
        ));
    }
    let sizes: Vec<&str> = word.split(['x', 'X', '×']).collect();
    let list = sizes.join(", ");
    (sizes.len() > 1 && sizes.iter().all(is_number)).then(|| {
        Slip::new(text!("sizes are a list", "尺寸是一个列表"), text!("write `[{list}]`", "请写成 `[{list}]`"))
    })
}

/// A name or an expression that is not written as text.
fn unquoted(word: &str) -> Option<Slip> {
    let is_part = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
    let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_') && word.chars().all(is_part);
    let is_expression =
        word.contains(['*', '/', '+', '^', '%']) && !word.contains(['"', '\'', '(', ')', '[', ']', '{', '}']);
    let help = if is_name {
        text!("write `\"{word}\"`", "请写成 `\"{word}\"`")
    } else if is_expression {
        text!("an expression is text: `\"{word}\"`", "表达式要写成文本:`\"{word}\"`")
    } else {
        return None;
    };
    Some(Slip::new(text!("`{word}` stands without quotes", "`{word}` 没有加引号"), help))
}
