//! A LaTeX table with booktabs, for a slide or a paper.

use super::sheet::{Cell, Kind, Line, Role, Sheet, Title, unknown};
use crate::text::Language;
use crate::working::grouped;

/// A table under its title. It needs `booktabs`, and ctex or another way to set Chinese where there is some.
pub fn write(sheet: &Sheet, language: Language) -> String {
    let alignment: String =
        sheet.heads.iter().map(|head| if head.role.is_flush_right() { 'r' } else { 'l' }).collect();
    let record = |cells: Vec<String>| format!("    {} \\\\\n", cells.join(" & "));
    let mut text = String::from("% \\usepackage{booktabs}\n");
    if language == Language::Chinese {
        text.push_str("% \\usepackage{ctex}\n");
    }
    text.push_str("\\begin{table}\n  \\centering\n");
    text.push_str(&sheet.title.as_ref().map_or(String::new(), |title| caption(title, language)));
    text.push_str(&format!("  \\begin{{tabular}}{{{alignment}}}\n    \\toprule\n"));
    text.push_str(&record(sheet.heads.iter().map(|head| escaped(head.words.get(language))).collect()));
    text.push_str("    \\midrule\n");
    for line in &sheet.lines {
        if line.kind == Kind::Total {
            text.push_str("    \\midrule\n");
        }
        let cells = sheet.heads.iter().zip(&line.cells);
        text.push_str(&record(cells.map(|(head, cell)| set(head.role, line, cell, language)).collect()));
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}\n\\end{table}\n");
    text
}

fn caption(title: &Title, language: Language) -> String {
    let about: Vec<_> = title.about.iter().map(|about| escaped(about.get(language))).collect();
    format!("  \\caption{{{}: {}}}\n", escaped(&title.name), about.join(", "))
}

/// A cell as it stands in its line: set in, or empty.
fn set(role: Role, line: &Line, cell: &Cell, language: Language) -> String {
    match (role, line.kind) {
        (Role::Name, _) if line.depth > 0 => {
            format!("\\hspace{{{}em}}{}", line.depth, words(cell, language))
        }
        (Role::Kind | Role::Text | Role::Figure | Role::Share, Kind::Open) => String::new(),
        (_, _) => words(cell, language),
    }
}

fn words(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Name(text, _) | Cell::Text(text) => escaped(text),
        Cell::Named(_, text) => escaped(text.get(language)),
        Cell::Sizes(sizes) => escaped(&sizes.text),
        Cell::Count(count) | Cell::Shared(count) => grouped(*count, "\\,"),
        Cell::Share(share) => format!("{:.1}\\,\\%", share * 100.0),
        Cell::Quantity(number, unit) => unit.shown(*number).replace(" %", "\\,\\%"),
        Cell::Unknown => unknown(language),
        Cell::Empty => String::new(),
    }
}

/// Text that LaTeX shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', c]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '×' => escaped.push_str("$\\times$"),
            '→' => escaped.push_str("$\\to$"),
            '·' => escaped.push_str("$\\cdot$"),
            _ => escaped.push(c),
        }
    }
    escaped
}
