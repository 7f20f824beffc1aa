//! Markdown, for a pull request or a page of notes.

use super::sheet::{Cell, Kind, Line, Mark, Role, Sheet, Title};
use crate::text::Language;

/// A table under its title, with what is to be said below it.
pub fn write(sheet: &Sheet, language: Language) -> String {
    let heading = sheet.title.as_ref().map_or(String::new(), |title| heading(title, language));
    let notes = sheet.notes.iter().map(|note| format!("\n{}\n", escaped(note.get(language))));
    heading + &table(sheet, language) + &notes.collect::<String>()
}

/// The table alone.
pub(super) fn table(sheet: &Sheet, language: Language) -> String {
    let record = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = |role: Role| if role.is_flush_right() { "---:" } else { ":---" }.to_owned();
    let mut text = record(sheet.heads.iter().map(|head| escaped(head.words.get(language))).collect());
    text.push_str(&record(sheet.heads.iter().map(|head| rule(head.role)).collect()));
    for line in &sheet.lines {
        let cells = sheet.heads.iter().zip(&line.cells);
        text.push_str(&record(cells.map(|(head, cell)| set(head.role, line, cell, language)).collect()));
    }
    text
}

/// What a page is about, above it.
pub(super) fn heading(title: &Title, language: Language) -> String {
    let about = title.about.iter().map(|about| about.get(language)).chain(title.status);
    format!("### {}\n\n{}\n\n", escaped(&title.name), about.collect::<Vec<_>>().join(" · "))
}

/// A cell as it stands in its line: set in, empty, bold.
fn set(role: Role, line: &Line, cell: &Cell, language: Language) -> String {
    let words = escaped(&cell.words(language));
    let text = match (role, line.mark) {
        (Role::Name, Some(mark @ (Mark::Added | Mark::Removed))) => {
            format!("{} {}", mark.symbol(), words)
        }
        (Role::Name, _) => "&emsp;".repeat(line.depth) + &words,
        (..) if line.kind == Kind::Open => String::new(),
        (..) => words,
    };
    if line.kind == Kind::Total && !text.is_empty() { format!("**{text}**") } else { text }
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
