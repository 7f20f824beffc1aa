//! Any sheet as a table of a page.

use super::html::Html;
use crate::report::sheet::{Cell, Head, Kind, Line, Mark, Role, Sheet};
use crate::text::Language;

/// A table under a caption, with what is to be said below it. It may be wider than the page, and is moved then by itself.
pub(super) fn table(html: &mut Html, caption: &str, sheet: &Sheet, language: Language) {
    html.element(
        "div",
        &[("class", "wide"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)],
        |html| {
            html.element("table", &[("class", "sheet")], |html| {
                html.leaf("caption", &[], caption);
                html.element("thead", &[], |html| {
                    html.element("tr", &[], |html| heads(html, sheet, language));
                });
                html.element("tbody", &[], |html| {
                    sheet.lines.iter().for_each(|line| row(html, &sheet.heads, line, language));
                });
            });
        },
    );
    for note in &sheet.notes {
        html.sentence("p", &[("class", "note")], note.get(language));
    }
    html.line();
}

fn heads(html: &mut Html, sheet: &Sheet, language: Language) {
    for head in &sheet.heads {
        let words = head.words.get(language);
        // A head without words heads nothing.
        if words.is_empty() {
            html.leaf("td", &[], "");
        } else {
            html.leaf("th", &[("scope", "col"), ("class", class(head.role))], words);
        }
    }
}

fn row(html: &mut Html, heads: &[Head], line: &Line, language: Language) {
    let kind = if line.kind == Kind::Total { "total" } else { "part" };
    html.element("tr", &[("class", kind)], |html| {
        for (at, (head, cell)) in heads.iter().zip(&line.cells).enumerate() {
            let words = cell.words(language);
            if at == 0 && !words.is_empty() {
                let mark = line.mark.map_or("", |mark| match mark {
                    Mark::Added | Mark::Removed => mark.symbol(),
                    Mark::Changed => "",
                });
                let words = format!("{mark} {words}");
                html.leaf("th", &[("scope", "row"), ("class", class(head.role))], words.trim_start());
            } else {
                html.sentence("td", &[("class", &of_cell(head, cell))], &words);
            }
        }
    });
}

fn of_cell(head: &Head, cell: &Cell) -> String {
    let class = class(head.role);
    match cell {
        Cell::Change(_, Some(true)) => format!("{class} number better"),
        Cell::Change(_, Some(false)) => format!("{class} number worse"),
        // A number is one word, on paper too.
        Cell::Change(_, None)
        | Cell::Count(_)
        | Cell::Shared(_)
        | Cell::Quantity(..)
        | Cell::Glance(_)
        | Cell::Share(_) => format!("{class} number"),
        Cell::Name(..)
        | Cell::Text(_)
        | Cell::Said(_)
        | Cell::Named(..)
        | Cell::Sizes(_)
        | Cell::Unknown
        | Cell::Empty => class.to_owned(),
    }
}

/// What the style sheet knows a column by.
fn class(role: Role) -> &'static str {
    match role {
        Role::Figure | Role::Share => "figure",
        Role::Name => "name",
        Role::Kind | Role::Text => "words",
        Role::Sentence => "sentence",
    }
}
