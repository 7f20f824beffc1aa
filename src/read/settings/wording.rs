//! What was wanted of a setting and what is there, in our words rather than serde's.

use serde::de::Unexpected;

use super::SettingError;
use crate::error::Code;
use crate::text;
use crate::text::Text;

/// A mistake where one of these words would do, with what they are.
pub(super) fn or_a_word(error: SettingError, words: &[&str]) -> SettingError {
    let list = words.join("\", \"");
    let is_type = error.code == Code::WrongType && error.help.is_none();
    let help = is_type.then(|| text!("in words it is one of \"{list}\"", "以单词表示时可选 \"{list}\""));
    SettingError { help: error.help.or(help), ..error }
}

/// What was wanted: our own words, or those for serde's.
pub(super) fn expected(wanted: &dyn serde::de::Expected) -> Text {
    match &*format!("{wanted}") {
        "a sequence" => text!("a list", "列表"),
        "a boolean" => text!("`true` or `false`", "`true` 或 `false`"),
        "a string" | "a borrowed string" | "string or map" => text!("a word", "单词"),
        "i8" | "i16" | "i32" | "i64" | "i128" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            text!("a whole number", "整数")
        }
        "f32" | "f64" => text!("a number", "数"),
        wanted if wanted.starts_with("enum ") => text!("a word", "单词"),
        _ => text!("{wanted}", "{wanted:#}"),
    }
}

/// What is there instead, in words that are not serde's.
#[expect(clippy::wildcard_enum_match_arm, reason = "serde has words for what no description can hold")]
pub(super) fn unexpected(found: Unexpected<'_>) -> Text {
    match found {
        Unexpected::Bool(found) => text!("{found}", " {found}"),
        Unexpected::Unsigned(found) => text!("the number {found}", "数 {found}"),
        Unexpected::Signed(found) => text!("the number {found}", "数 {found}"),
        Unexpected::Float(found) => text!("the number {found}", "数 {found}"),
        Unexpected::Str(found) => text!("the word \"{found}\"", "单词 \"{found}\""),
        Unexpected::Seq => text!("a list", "列表"),
        _ => text!("something else", "其他内容"),
    }
}
