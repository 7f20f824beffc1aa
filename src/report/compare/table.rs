//! The comparison on the screen.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Compared;
use super::differences;
use super::grid::{Cell, Column, Squeeze, draw, squeeze, width};
use super::totals::{Figure, Total, Words, change, known, traffic};
use crate::analyze::Status;
use crate::compare::traffic::Traffic;
use crate::report::figures::{bytes, digits};
use crate::report::rows::Depth;
use crate::report::terminal::shortened;
use crate::report::wrap::{folded, hanging, wrapped};
use crate::report::{Style, Subject};
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

/// The narrowest column of figures with a path among them, which loses its front.
const FIGURE: usize = 20;

/// The widest heading of a network, where the terminal is not wide; names are broken, not cut.
const NAME: usize = 24;

/// All of it: totals, batches, differences.
pub fn write(compared: &Compared, depth: Depth, style: Style) -> String {
    let mut text = heading(compared, style);
    text.push_str(&totals(compared, style));
    text.push_str(&batches(compared, style));
    for (index, comparison) in compared.pairs() {
        text.push('\n');
        text.push_str(&differences::write(compared, index, comparison, depth, style));
    }
    text
}

/// Which networks these are.
fn heading(compared: &Compared, style: Style) -> String {
    let names = compared.names.iter().map(|name| name.width());
    let widest = names.max().unwrap_or(0).min(style.width / 3);
    let mut text = String::new();
    for (name, subject) in compared.names.iter().zip(&compared.subjects) {
        // The variant that a title ends with is what the network is called here, too.
        let title = subject.title.strip_suffix(&format!(" · {name}")).unwrap_or(&subject.title);
        let (shapes, indent) = (subject.shapes(), widest + 3);
        let fits = indent + title.width() + 3 + shapes.width() <= style.width;
        let separator = if fits { " · ".to_owned() } else { format!("\n{:indent$}", "") };
        let [title, shapes] = [title, &shapes].map(|words| hanging(words, indent, style.width));
        let (on, off) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let gap = match widest.checked_sub(name.width()) {
            Some(pad) => " ".repeat(pad + 2),
            None => format!("\n{:indent$}", ""),
        };
        let _ = writeln!(text, " {on}{name}{off}{gap}{title}{separator}{shapes}");
    }
    let (first, mut batches): (_, Vec<_>) =
        (compared.subjects[0], compared.subjects.iter().map(|subject| subject.batch()).collect());
    batches.dedup();
    let (element, list) =
        (first.element.name(), batches.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
    let line = text!("batch {list} · {element}", "批量大小 {list} · {element}");
    let _ = writeln!(text, " {}\n", line.get(style.language));
    text
}

/// The figures side by side; of many networks as many at a time as there is room for, the first beside them again.
fn totals(compared: &Compared, style: Style) -> String {
    let mut tables = vec![];
    let mut next = 1;
    while next < compared.subjects.len() {
        let fitting = |end: &usize| width(&columns(compared, next, *end, FIGURE, style)) <= style.width;
        let end = (next + 1..=compared.subjects.len()).take_while(fitting).last().unwrap_or(next + 1);
        let table = draw(&roomy(compared, next, end, style), 0, style);
        tables.push(table.trim_end().to_owned() + "\n");
        next = end;
    }
    let mut text = tables.join("\n");
    for (name, subject) in compared.names.iter().zip(&compared.subjects) {
        if subject.analysis.status() == Status::Partial {
            let count = subject.analysis.uncounted().len();
            let note = text!(
                "{name} is partial: {count} operators are not counted",
                "{name} 不完整:有 {count} 个算子未计数"
            );
            text.push_str(&wrapped(note.get(style.language), style.width));
        }
    }
    for (index, _) in compared.pairs() {
        if let Some(turn) = compared.turn_in_words(index) {
            text.push_str(&wrapped(turn.get(style.language), style.width));
        }
    }
    text
}

/// Those of `columns`, with paths as whole as there is room for.
fn roomy(compared: &Compared, start: usize, end: usize, style: Style) -> Vec<Column> {
    let narrow = columns(compared, start, end, FIGURE, style);
    let mut columns = columns(compared, start, end, usize::MAX, style);
    let networks: Vec<usize> = (1..=1 + end - start).collect();
    // What is wider is so because of a path.
    let least = networks.iter().map(|&index| narrow[index].width()).max().unwrap_or(FIGURE);
    let step = Squeeze { columns: &networks, least, form: shortened };
    if squeeze(&mut columns, &[step], style.width) { columns } else { narrow }
}

/// The first network and those from `start` to `end`, with at most `path` columns of a path: of two networks, ratios stand
/// beside the figures, of more below them.
fn columns(compared: &Compared, start: usize, end: usize, path: usize, style: Style) -> Vec<Column> {
    let first = compared.subjects[0];
    let beside = compared.subjects.len() == 2;
    let lines = |figure: &Figure, subject: Option<&Subject>| -> Vec<Cell> {
        let shown = |subject| Cell::from((figure.value)(subject).shown(path));
        let change =
            subject.map_or_else(Cell::default, |subject| changed(figure, first, subject, style.language));
        let own = shown(subject.unwrap_or(first));
        if beside { vec![own] } else { vec![own, change] }
    };
    let labels = known(&compared.subjects).flat_map(|figure| {
        let label = Cell::from(figure.label(style.language).to_owned());
        if beside { vec![label] } else { vec![label, Cell::default()] }
    });
    let mut columns = vec![Column { cells: labels.collect(), ..Column::default() }];
    for index in std::iter::once(0).chain(start..end) {
        let subject = (index > 0).then(|| compared.subjects[index]);
        columns.push(Column {
            heading: folded(&compared.names[index], NAME.max(style.width / 6)),
            is_numeric: true,
            cells: known(&compared.subjects).flat_map(|figure| lines(figure, subject)).collect(),
        });
    }
    if beside {
        let second = compared.subjects[start];
        let cells = known(&compared.subjects).map(|figure| changed(figure, first, second, style.language));
        columns.push(Column { cells: cells.collect(), ..Column::default() });
    }
    columns
}

fn changed(figure: &Figure, first: &Subject, second: &Subject, language: Language) -> Cell {
    let change = figure.change(first, second);
    change.map_or_else(Cell::default, |change| Cell {
        text: change.text.get(language).to_owned(),
        is_better: change.is_better,
    })
}

/// What each batch moves and holds, a network beside the first.
fn batches(compared: &Compared, style: Style) -> String {
    let mut text = String::new();
    if compared.batches.is_empty() {
        return text;
    }
    let labels = compared.batches.iter().map(|networks| networks[0].batch().to_string()).collect();
    let batch = Column::figures(text!("batch", "批量大小").get(style.language), labels);
    for (index, _) in compared.pairs() {
        let mut groups = groups(compared, index, style).into_iter().peekable();
        while let Some((title, mut columns)) = groups.next() {
            columns.insert(0, batch.clone());
            let mut titles = format!(" {:pad$}  {title}", "", pad = batch.width());
            // As many groups side by side as there is room for.
            while let Some((title, group)) =
                groups.next_if(|(_, group)| width(&columns) + width(group) < style.width)
            {
                let pad = (width(&columns) + 2).saturating_sub(titles.width());
                titles.push_str(&format!("{:pad$}{title}", ""));
                columns.extend(group);
            }
            let _ = write!(text, "\n{titles}\n{}", draw(&columns, 0, style));
        }
        text.push_str(&limit(compared, index, style));
    }
    text
}

/// Columns that belong together, and what they are about.
fn groups(compared: &Compared, index: usize, style: Style) -> Vec<(String, Vec<Column>)> {
    let name = |side: usize| shortened(&compared.names[side], 20);
    let at = |side: usize, figure: &dyn Fn(&Subject) -> String| {
        let cells = compared.batches.iter().map(|networks| figure(networks[side]));
        Column::figures(name(side), cells.collect())
    };
    let counted = |figure: Total| {
        let changes = compared.batches.iter().map(|networks| {
            let change = change(figure(networks[0]), figure(networks[index]), Words::Amount);
            Cell { text: change.text.get(style.language).to_owned(), is_better: change.is_better }
        });
        let changes = Column { cells: changes.collect(), ..Column::default() };
        let figures = [0, index].map(|side| at(side, &|subject| grouped(figure(subject), ",")));
        figures.into_iter().chain([changes]).collect::<Vec<_>>()
    };
    let intensity =
        |subject: &Subject| subject.intensity(subject.analysis.total()).map_or(String::new(), digits);
    let mut groups = vec![
        (text!("bytes read + written", "读写字节"), counted(traffic)),
        (text!("FLOPs per byte", "FLOPs/字节"), [0, index].map(|side| at(side, &intensity)).into()),
        (text!("peak bytes", "峰值字节"), counted(Subject::peak_bytes)),
    ];
    for (title, columns) in &mut groups {
        // A title has room above its columns.
        let missing = title.get(style.language).width().saturating_sub(width(columns) - 1);
        columns[0].heading =
            format!("{:missing$}{}", "", name(0), missing = missing + columns[0].width() - name(0).width());
    }
    groups.into_iter().map(|(title, columns)| (title.get(style.language).to_owned(), columns)).collect()
}

/// What it comes to in the end, and why.
fn limit(compared: &Compared, index: usize, style: Style) -> String {
    let subjects = [compared.subjects[0], compared.subjects[index]];
    let [Some(first), Some(second)] = subjects.map(Traffic::of) else { return String::new() };
    let [first, second] = [first.in_the_end(), second.in_the_end()];
    let [old, new] = [first.once, second.once].map(bytes);
    let why = text!(
        "weights move once ({old}, {new}), tensors with each sample:",
        "权重只读一次({old}、{new}),张量则每个样本都要读写:"
    );
    let end = if first.each == second.each {
        text!("the larger the batch, the nearer to each other", "批量大小越大,两者越接近")
    } else {
        let Text { english, chinese } = change(first.each, second.each, Words::Amount).text;
        text!("the larger the batch, the nearer to {english}", "批量大小越大,越接近{chinese}")
    };
    [why, end].map(|said| wrapped(said.get(style.language), style.width)).concat()
}
