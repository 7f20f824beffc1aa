//! What a use gives for a parameter of its block.

use super::{Context, SettingError};
use crate::error::{Code, did_you_mean};
use crate::read::description::{Block, Datum};
use crate::read::expression::Value;
use crate::text;

impl Context<'_> {
    /// The value that is given for the parameter `name` of `block`. Of a choice, its words come first; what is none of them is
    /// an expression that comes to one.
    pub(in crate::read) fn argument(
        self,
        datum: &Datum,
        name: &str,
        block: &Block,
    ) -> Result<Value, SettingError> {
        let choices = block.choices(name);
        let written = datum.word().unwrap_or_default();
        if let Some(word) = choices.iter().find(|choice| &***choice == written) {
            return Ok(Value::Word(word.clone()));
        }
        let value = self.value(datum);
        let is_bare = !written.is_empty() && written.chars().all(|c| c.is_alphanumeric() || c == '_');
        let found = match value {
            Ok(Value::Word(word)) if choices.contains(&word) => return Ok(Value::Word(word)),
            Ok(other) if !choices.is_empty() => other,
            Err(_) if !choices.is_empty() && is_bare => Value::Word(written.into()),
            other @ (Ok(_) | Err(_)) => return other,
        };
        let (list, words) = (choices.join("`, `"), choices.iter().map(|choice| &**choice));
        let near = match &found {
            Value::Word(word) => did_you_mean(word, words),
            Value::Number(_) | Value::Boolean(_) | Value::List(_) => None,
        };
        Err(SettingError {
            code: Code::WrongValue,
            span: Some(datum.span.clone()),
            message: text!("`{name}` cannot be {found}", "`{name}` 不能是 {found}"),
            help: Some(near.unwrap_or_else(|| text!("it is one of `{list}`", "可选 `{list}`"))),
            is_predicate: false,
        })
    }
}
