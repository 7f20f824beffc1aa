//! A key that stands twice: toml says where the second is, and here the first is found.

use std::cmp::Reverse;

use toml::de::{DeTable, DeValue};

use crate::error::{Code, Diagnostic, Span};
use crate::text;

/// The mistake of the key at `second`, with the place of the one before it, and whether it is a table's.
pub(super) fn key(text: &str, table: &DeTable<'_>, second: Span) -> (Diagnostic, bool) {
    let line =
        text.get(..second.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let header = text.get(line..).and_then(header);
    let first = if let Some(header) = header {
        first_header(text.get(..line).unwrap_or_default(), header)
    } else {
        let mut search = Search { text, second: &second, first: None };
        search.table(table, &(0..text.len()));
        search.first.map(|(_, span)| span)
    };
    let written = text.get(second.clone()).unwrap_or_default();
    let mistake = Diagnostic::new(
        Code::ConflictingKeys,
        text!("`{written}` stands here a second time", "`{written}` 在此重复出现"),
        second,
    );
    let mistake = match first {
        Some(first) => mistake.also(first, text!("the first", "第一个")),
        None => mistake,
    };
    (mistake, header.is_some())
}

/// What stands between the brackets of `[blocks.b]`.
fn header(line: &str) -> Option<&str> {
    let inside = line.trim_start().strip_prefix('[')?;
    let inside = inside.strip_prefix('[').unwrap_or(inside);
    Some(inside[..inside.find([']', '\n'])?].trim())
}

/// The last line that is headed by the same path: of a table that stands twice, toml keeps the second key.
fn first_header(before: &str, wanted: &str) -> Option<Span> {
    let mut end = before.len();
    for line in before.split_inclusive('\n').rev() {
        let start = end - line.len();
        if header(line) == Some(wanted) {
            return Some(start..start + line.trim_end().len());
        }
        end = start;
    }
    None
}

/// The key of the same name before the second: in the innermost table around it, and there the last.
struct Search<'t> {
    text: &'t str,
    second: &'t Span,
    /// How long the text of its table is, and where it is.
    first: Option<(usize, Span)>,
}

impl Search<'_> {
    fn table(&mut self, table: &DeTable<'_>, around: &Span) {
        for (key, value) in table {
            let span = key.span();
            let is_same = self.text.get(span.clone()) == self.text.get(self.second.clone());
            let rank = |length: usize, span: &Span| (length, Reverse(span.start));
            let is_better = self
                .first
                .as_ref()
                .is_none_or(|(length, first)| rank(around.len(), &span) < rank(*length, first));
            if is_same && span.end <= self.second.start && is_better {
                self.first = Some((around.len(), span));
            }
            self.value(value.get_ref(), &value.span(), around);
        }
    }

    fn value(&mut self, value: &DeValue<'_>, span: &Span, around: &Span) {
        match value {
            DeValue::Table(table) => {
                // Only what is between its braces is in such a table; any other goes on over the file.
                let is_braced = self.text.get(span.clone()).is_some_and(|text| text.starts_with('{'));
                if !is_braced {
                    self.table(table, around);
                } else if span.start < self.second.start && self.second.end <= span.end {
                    self.table(table, span);
                }
            }
            DeValue::Array(list) => {
                list.iter().for_each(|value| self.value(value.get_ref(), &value.span(), around));
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {}
        }
    }
}
