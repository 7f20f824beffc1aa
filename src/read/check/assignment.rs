//! What a parameter may be called, and which values it can have.

use crate::error::{Code, Diagnostic, did_you_mean};
use crate::read::description::{Description, Name};
use crate::read::expression::{Value, number};
use crate::text;
use crate::text::Text;

/// What a reserved word means, and what to call a parameter instead.
pub(super) fn reserved(word: &str) -> Text {
    let (meaning, meaning_zh, instead) = match word {
        "in" => ("the channels of what comes in", "输入的通道数", "channels"),
        "h" => ("the height of what comes in", "输入的高", "height"),
        "w" => ("the width of what comes in", "输入的宽", "width"),
        "i" => ("the number of the copy in a `repeat`, from 0", "`repeat` 中副本的序号,从 0 开始", "index"),
        "input" => ("what comes into the list", "进入此列表的张量", "input_size"),
        "dim" => ("a size of what comes in: `dim(1)`", "输入某一维的大小:`dim(1)`", "dims"),
        "true" | "True" | "false" | "False" | "and" | "or" | "not" => {
            return text!("it is a word of the language", "它是语言本身的词");
        }
        _ => {
            return text!(
                "it is a function; call the parameter `{word}_`",
                "它是函数;参数可改名为 `{word}_`"
            );
        }
    };
    text!(
        "it is {meaning}; call the parameter `{instead}`, say",
        "它表示{meaning_zh};参数可改名,例如 `{instead}`"
    )
}

impl Description {
    /// Whether a parameter of the network can have this value.
    pub(in crate::read) fn check_assignment(&self, name: &Name, value: &Value) -> Result<(), Diagnostic> {
        let text = &name.text;
        if self.unread_params.contains(text) {
            return Ok(());
        }
        let Some(param) = self.params.iter().find(|param| param.name.text == *text) else {
            let message = text!("the network has no parameter `{text}`", "网络没有参数 `{text}`");
            let names = || self.params.iter().map(|param| &*param.name.text);
            let help = did_you_mean(text, names()).or_else(|| {
                let list = names().collect::<Vec<_>>().join("`, `");
                (!list.is_empty()).then(|| text!("it has `{list}`", "它有 `{list}`"))
            });
            return Err(Diagnostic::new(Code::UnknownParameter, message, name.span.clone()).help(help));
        };
        let wrong = |message| Diagnostic::new(Code::WrongValue, message, name.span.clone());
        match (&param.default, value) {
            (Value::Number(_), Value::Number(_))
            | (Value::Boolean(_), Value::Boolean(_))
            | (Value::List(_), Value::List(_)) => Ok(()),
            (Value::List(_), _) => {
                let message = text!(
                    "`{text}` is a list of numbers, and cannot be {value}",
                    "`{text}` 是数的列表,不能是 {value}"
                );
                Err(wrong(message).help(text!("as in `--set {text}=3,4`", "例如 `--set {text}=3,4`")))
            }
            (Value::Word(_), Value::Word(word)) if param.choices.contains(word) => Ok(()),
            (Value::Word(_), _) => {
                let list = param.choices.join("\", \"");
                let message = text!("`{text}` cannot be {value}", "`{text}` 不能是 {value}");
                let choices = text!("it is one of \"{list}\"", "可选 \"{list}\"");
                Err(wrong(message).help(choices))
            }
            (Value::Number(_), _) => {
                let message =
                    text!("`{text}` is a number, and cannot be {value}", "`{text}` 是数,不能是 {value}");
                let written = match value {
                    Value::Word(word) => Some(word).filter(|word| number(word).is_some()),
                    Value::Number(_) | Value::Boolean(_) | Value::List(_) => None,
                };
                Err(wrong(message).help(
                    written.map(|number| text!("write it without quotes: {number}", "请去掉引号:{number}")),
                ))
            }
            (Value::Boolean(_), _) => Err(wrong(text!(
                "`{text}` is `true` or `false`, and cannot be {value}",
                "`{text}` 只能是 `true` 或 `false`,不能是 {value}"
            ))),
        }
    }
}
