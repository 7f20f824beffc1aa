//! Markdown, for a pull request or a page of notes.

use super::sheet::{Cell, Kind, Line, Role, Sheet, Title, unknown};
use crate::text::Language;
use crate::working::grouped;

/// A table under its title.
pub fn write(sheet: &Sheet, language: Language) -> String {
    let mut text = sheet.title.as_ref().map_or(String::new(), |title| heading(title, language));
    let record = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&record(sheet.heads.iter().map(|head| head.words.get(language).to_owned()).collect()));
    let rule = |role: Role| if role.is_flush_right() { "---:" } else { ":---" }.to_owned();
    text.push_str(&record(sheet.heads.iter().map(|head| rule(head.role)).collect()));
    for line in &sheet.lines {
        let cells = sheet.heads.iter().zip(&line.cells);
        text.push_str(&record(cells.map(|(head, cell)| set(head.role, line, cell, language)).collect()));
    }
    text
}

fn heading(title: &Title, language: Language) -> String {
    let about = title.about.iter().map(|about| about.get(language)).chain(title.status);
    format!("### {}\n\n{}\n\n", escaped(&title.name), about.collect::<Vec<_>>().join(" · "))
}

/// A cell as it stands in its line: set in, empty, bold.
fn set(role: Role, line: &Line, cell: &Cell, language: Language) -> String {
    match (line.kind, role) {
        (_, Role::Name) | (Kind::Part | Kind::Folded | Kind::Total, _) => {}
        (Kind::Open, _) => return String::new(),
    }
    let indent = if role == Role::Name { line.depth } else { 0 };
    let text = "&emsp;".repeat(indent) + &words(cell, language);
    if line.kind == Kind::Total && !text.is_empty() { format!("**{text}**") } else { text }
}

fn words(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Name(text, _) | Cell::Text(text) => escaped(text),
        Cell::Named(_, text) => escaped(text.get(language)),
        Cell::Sizes(sizes) => escaped(&sizes.text),
        Cell::Count(count) | Cell::Shared(count) => grouped(*count, ","),
        Cell::Share(share) => format!("{:.1} %", share * 100.0),
        Cell::Quantity(number, unit) => unit.shown(*number),
        Cell::Unknown => unknown(language),
        Cell::Empty => String::new(),
    }
}

/// Text that Markdown shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]<>#|~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
