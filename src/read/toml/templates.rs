//! What is written out several times: the lists of a `for`, and names with expressions in them.

use toml::de::DeTable;

use super::super::description::{Each, Name, Part, Template};
use super::super::expression::Expression;
use super::Reader;
use crate::error::{Code, Diagnostic, Span};
use crate::text;

/// The most lists of a `for`: an expression looks through all of them.
const MOST_LISTS: usize = 100;

impl Reader<'_> {
    /// What is written out for each element of its lists, behind a key at `span`.
    pub(super) fn each(&mut self, span: Span, lists: &DeTable<'_>) -> Option<Each> {
        if lists.is_empty() || lists.len() > MOST_LISTS {
            let message =
                text!("a `for` has from 1 to {MOST_LISTS} lists", "`for` 应有 1 到 {MOST_LISTS} 个列表");
            let help = text!("as in `for = {{ n = [3, 4, 6, 3] }}`", "例如 `for = {{ n = [3, 4, 6, 3] }}`");
            self.mistakes.push(Diagnostic::new(Code::Empty, message, span).help(help));
            return None;
        }
        Some(Each { span, lists: self.settings(lists, &[]) })
    }

    /// Names that may have expressions in them.
    pub(super) fn templates(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Template> {
        let names = self.names(table, key);
        names.into_iter().map(|name| self.template(name)).collect()
    }

    /// A name with its expressions read.
    pub(super) fn template(&mut self, name: Name) -> Template {
        let text = name.text.clone();
        let (mut parts, mut rest, mut at) = (vec![], &*text, 0);
        while let Some(open) = rest.find(['{', '}']) {
            let inside = rest[open..].strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let Some((inside, after)) = inside else {
                let place = name.place(self.source, at + open..at + open + 1);
                let message = text!("this brace has no other one", "花括号没有成对");
                self.mistakes.push(Diagnostic::new(Code::BadName, message, place));
                return Template::plain(name);
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].into()));
            }
            let start = at + open + 1;
            match Expression::parse(inside) {
                Ok(expression) => parts.push(Part::Value(expression, start)),
                Err(error) => {
                    let place = name.place(self.source, start + error.span.start..start + error.span.end);
                    let failure = error.failure;
                    let mistake =
                        Diagnostic::new(Code::Expression, failure.message, place).help(failure.help);
                    self.mistakes.push(mistake);
                    return Template::plain(name);
                }
            }
            at = start + inside.len() + 1;
            rest = after;
        }
        if !rest.is_empty() && !parts.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Template { name, parts: parts.into() }
    }
}
