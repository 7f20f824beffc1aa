//! Markdown, for a pull request or a page of notes.

use super::sheet::{Cell, Kind, Line, Mark, Role, Sheet, Title};
use crate::text::Language;

/// A table under its title, with what is to be said below it.
pub fn write(sheet: &Sheet, language: Language) -> String {
    let record = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = |role: Role| if role.is_flush_right() { "---:" } else { ":---" }.to_owned();
    let mut text = sheet.title.as_ref().map_or(String::new(), |title| heading(title, language));
    text.push_str(&record(sheet.heads.iter().map(|head| escaped(head.words.get(language))).collect()));
    text.push_str(&record(sheet.heads.iter().map(|head| rule(head.role)).collect()));
    for line in &sheet.lines {
        let cells = sheet.heads.iter().zip(&line.cells);
        text.push_str(&record(cells.map(|(head, cell)| set(head.role, line, cell, language)).collect()));
    }
    text.extend(sheet.notes.iter().map(|note| format!("\n{}\n", prose(note.get(language)))));
    text
}

/// What a page is about, above it.
fn heading(title: &Title, language: Language) -> String {
    let about: Vec<_> = title.about.iter().map(|about| about.get(language)).chain(title.status).collect();
    format!("### {}\n\n{}\n\n", escaped(&title.name), escaped(&about.join(" · ")))
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

/// A sentence: what stands in backquotes is code, and the rest is shown as it is.
pub(super) fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    let is_code = |at: usize| at % 2 == 1;
    if is_code(parts.len() - 1) || parts.iter().enumerate().any(|(at, part)| is_code(at) && part.is_empty()) {
        return escaped(sentence);
    }
    let part = |(at, part): (usize, &&str)| if is_code(at) { format!("`{part}`") } else { escaped(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Text that Markdown shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // A line that begins with two colons is a command to some workflows.
    if text.starts_with("::") {
        escaped.push('\\');
    }
    for c in text.chars() {
        if "\\`*_{}[]<>#|~$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
