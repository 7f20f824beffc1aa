//! A LaTeX table with booktabs, for a slide or a paper.

use super::sheet::{Cell, Kind, Line, Mark, Role, Sheet, Title};
use crate::text::Language;
use crate::working::grouped;

/// A table under its title. It needs `booktabs`, and ctex or another way to set Chinese where there is some.
pub fn write(sheet: &Sheet, language: Language) -> String {
    // One sentence has half of a line; several share a little more.
    let sentences = match sheet.heads.iter().filter(|head| head.role == Role::Sentence).count() {
        0 | 1 => "p{0.5\\linewidth}",
        2 => "p{0.3\\linewidth}",
        _ => "p{0.2\\linewidth}",
    };
    let alignment = |role: Role| match role {
        Role::Figure => "r",
        Role::Sentence => sentences,
        Role::Name | Role::Kind | Role::Text | Role::Share => "l",
    };
    let alignment: String = sheet.heads.iter().map(|head| alignment(head.role)).collect();
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
    text.push_str("    \\bottomrule\n  \\end{tabular}\n");
    for note in &sheet.notes {
        text.push_str(&format!("  \\par\\smallskip {}\n", thin(&escaped(note.get(language)))));
    }
    text + "\\end{table}\n"
}

fn caption(title: &Title, language: Language) -> String {
    let about: Vec<_> = title.about.iter().map(|about| escaped(about.get(language))).collect();
    let colon = if about.is_empty() { "" } else { ": " };
    format!("  \\caption{{{}{colon}{}}}\n", escaped(&title.name), about.join(", "))
}

/// A cell as it stands in its line: set in, or empty.
fn set(role: Role, line: &Line, cell: &Cell, language: Language) -> String {
    let words = words(cell, language);
    match (role, line.mark) {
        (Role::Name, Some(Mark::Added)) => format!("$+$ {words}"),
        (Role::Name, Some(Mark::Removed)) => format!("$-$ {words}"),
        (Role::Name, _) if line.depth > 0 => format!("\\hspace{{{}em}}{words}", line.depth),
        (Role::Kind | Role::Text | Role::Figure | Role::Share | Role::Sentence, _)
            if line.kind == Kind::Open =>
        {
            String::new()
        }
        (..) => words,
    }
}

fn words(cell: &Cell, language: Language) -> String {
    if let Cell::Count(count) | Cell::Shared(count) = cell {
        return grouped(*count, "\\,");
    }
    let words = escaped(&cell.words(language));
    if let Cell::Said(_) = cell {
        return thin(&words);
    }
    // Between a figure and its unit, where they are set apart.
    let (space, thin) = if let Cell::Glance(_) = cell { (" ", "\\,") } else { (" \\%", "\\,\\%") };
    let has_unit = matches!(cell, Cell::Glance(_) | Cell::Share(_) | Cell::Quantity(..));
    if has_unit { words.replace(space, thin) } else { words }
}

/// A sentence with its numbers grouped as those of the table are: a comma between digits is a thin space.
fn thin(words: &str) -> String {
    let mut thin = String::with_capacity(words.len());
    let mut letters = words.chars().peekable();
    let mut is_behind = false;
    while let Some(c) = letters.next() {
        let is_group = c == ',' && is_behind && letters.peek().is_some_and(char::is_ascii_digit);
        if is_group {
            thin.push_str("\\,");
        } else {
            thin.push(c);
        }
        is_behind = c.is_ascii_digit();
    }
    thin
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
            // In the fonts that LaTeX has unless told otherwise, these are other letters.
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '"' => escaped.push_str("''"),
            '`' => escaped.push_str("\\textasciigrave{}"),
            '−' => escaped.push_str("$-$"),
            '±' => escaped.push_str("$\\pm$"),
            'Φ' => escaped.push_str("$\\Phi$"),
            'Δ' => escaped.push_str("$\\Delta$"),
            '×' => escaped.push_str("$\\times$"),
            '→' => escaped.push_str("$\\to$"),
            '·' => escaped.push_str("$\\cdot$"),
            _ => escaped.push(c),
        }
    }
    escaped
}
