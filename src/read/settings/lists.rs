//! Lists of values: of a parameter, of an argument, of a `for`.

use std::sync::Arc;

use super::{Context, SettingError};
use crate::error::Code;
use crate::read::description::{Datum, DatumKind};
use crate::read::expression::{MOST_ELEMENTS, Value};
use crate::text;

impl Context<'_> {
    /// The value of `datum`, which may be a list.
    pub(in crate::read) fn value(self, datum: &Datum) -> Result<Value, SettingError> {
        let DatumKind::List(list) = &datum.kind else { return self.evaluate(datum) };
        let values = list.iter().map(|datum| {
            if !matches!(datum.kind, DatumKind::List(_)) {
                let value =
                    self.evaluate(datum).map_err(|error| as_a_word(error.or_at(&datum.span), datum))?;
                if !matches!(value, Value::List(_)) {
                    return Ok(value);
                }
            }
            let message = text!("is a list in a list, which has no meaning", "是列表中的列表,没有意义");
            Err(SettingError { code: Code::WrongType, ..SettingError::about(message) }.or_at(&datum.span))
        });
        values.collect::<Result<_, _>>().map(Value::List)
    }

    /// A list.
    pub(in crate::read) fn list(self, datum: &Datum) -> Result<Arc<[Value]>, SettingError> {
        match self.value(datum)? {
            Value::List(list) if list.len() <= MOST_ELEMENTS => Ok(list),
            Value::List(list) => {
                let count = list.len();
                let message = text!(
                    "has {count} elements, and a list that is written out at most {MOST_ELEMENTS}",
                    "有 {count} 个元素,而展开的列表最多 {MOST_ELEMENTS} 个"
                );
                Err(SettingError { code: Code::TooLarge, ..SettingError::about(message) })
            }
            other @ (Value::Number(_) | Value::Boolean(_) | Value::Word(_)) => {
                let message = text!("must be a list, and is {other}", "应是列表,这里是 {other}");
                let help = text!(
                    "as in `[1, 2, 2, 2]`, or `\"range(4)\"` for the numbers 0 to 3",
                    "例如 `[1, 2, 2, 2]`,或用 `\"range(4)\"` 表示 0 到 3"
                );
                Err(SettingError { code: Code::WrongType, help: Some(help), ..SettingError::about(message) })
            }
        }
    }
}

/// A mistake in an element of a list with what to do if a word was meant.
fn as_a_word(error: SettingError, datum: &Datum) -> SettingError {
    let is_word = |text: &&str| text.chars().all(|c| c.is_alphabetic() || c == '_');
    match datum.word().filter(is_word) {
        Some(word) if error.code == Code::Evaluation => {
            let help =
                text!("a word stands in single quotes: `\"'{word}'\"`", "单词要放在单引号中:`\"'{word}'\"`");
            SettingError { help: Some(help), ..error }
        }
        _ => error,
    }
}
