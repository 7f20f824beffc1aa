//! What is said of a file that is no TOML.

use toml::de::DeTable;

use super::{repeated, slips, tokens, words};
use crate::error::{Code, Diagnostic, Span};
use crate::text;
use crate::text::one_line;

/// After a broken array, toml finds a mistake at every element: the first few tell.
const SYNTAX_MISTAKES: usize = 3;

/// One mistake of each line, since after the first toml often finds more that are none; of those at one place the last,
/// which is the innermost. A bracket that is not closed makes nonsense of all that follows, so it is shown alone.
pub(super) fn mistakes(text: &str, table: &DeTable<'_>, errors: &[toml::de::Error]) -> Vec<Diagnostic> {
    let place = |error: &toml::de::Error| error.span().unwrap_or(text.len()..text.len());
    if let Some((bracket, at)) = tokens::unclosed(text) {
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let from = if at == text.len() { at } else { line };
        if errors.iter().all(|error| place(error).start >= from) {
            return vec![bracket];
        }
    }
    // What is wrong with a value comes behind what follows from it.
    let mut errors: Vec<_> = errors.iter().collect();
    errors.sort_by_key(|error| place(error).start);
    let mut mistakes: Vec<Diagnostic> = vec![];
    let (mut start, mut end_of_line) = (None, 0);
    for error in errors {
        let span = place(error);
        if start == Some(span.start) {
            mistakes.pop();
        } else if start.is_some() && span.start <= end_of_line {
            continue;
        }
        if mistakes.len() == SYNTAX_MISTAKES {
            break;
        }
        start = Some(span.start);
        end_of_line =
            text.get(span.start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| span.start + at);
        let (mistake, is_last) = mistake(text, table, error, span);
        mistakes.push(mistake);
        if is_last {
            break;
        }
    }
    mistakes
}

/// The mistake, and whether those behind it only follow from it.
fn mistake(text: &str, table: &DeTable<'_>, error: &toml::de::Error, span: Span) -> (Diagnostic, bool) {
    let message = error.message();
    if message == "duplicate key" {
        return repeated::key(text, table, span);
    }
    if let Some(slip) = slips::slip(text, &span) {
        return (Diagnostic::new(Code::Syntax, slip.what, span).help(slip.help), slip.is_last);
    }
    let help = message.contains("missing comma").then(|| {
        text!(
            "a comma is missing before this, or a `[` above is not closed",
            "此处之前缺少逗号,或上面的 `[` 没有闭合"
        )
    });
    let words = words::in_words(&one_line(message));
    let message = text!("this is not TOML: {words}", "不是合法的 TOML:{words:#}");
    (Diagnostic::new(Code::Syntax, message, span).help(help), false)
}
