//! Names with the values of the expressions in them.

use std::sync::Arc;

use super::sources::Incoming;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::read::description::{Part, Template};
use crate::read::expression::{Expression, Value};
use crate::text;

impl Expander<'_> {
    /// The name that a template comes to; `None` after a mistake.
    pub(super) fn named(&mut self, template: &Template, here: Here<'_>) -> Option<Arc<str>> {
        if template.parts.is_empty() {
            return Some(template.name.text.clone());
        }
        let mut name = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Value(expression, at) => name.push_str(&self.part(template, expression, *at, here)?),
            }
        }
        Some(name.into())
    }

    /// What an expression at a place of the template comes to.
    fn part(
        &mut self,
        template: &Template,
        expression: &Expression,
        at: usize,
        here: Here<'_>,
    ) -> Option<String> {
        let names = self.names(here, Incoming::Several(0));
        let (value, silent) = (expression.evaluate(&names), names.unknown.get());
        let place = |span: &Span| {
            let inside = at + span.start..at + span.end;
            template.name.place(&self.description.source, inside)
        };
        let mistake = match value {
            Ok(Value::Number(number)) if number.is_integer() => return Some(number.to_string()),
            Ok(Value::Word(word)) => return Some(word.to_string()),
            Ok(other) => {
                let message = text!(
                    "a name has whole numbers and words in it, and this is {other}",
                    "名称中只能有整数和单词,这里是 {other}"
                );
                Diagnostic::new(Code::WrongValue, message, place(expression.span()))
            }
            Err(error) => {
                let failure = error.failure;
                Diagnostic::new(Code::Evaluation, failure.message, place(&error.span)).help(failure.help)
            }
        };
        if !silent {
            self.mistake(mistake, here);
        }
        None
    }
}
