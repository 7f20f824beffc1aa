//! The comparison on the screen.

use std::fmt::Write;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::Compared;
use super::differences;
use super::sheets::{batch, totals as sheet_of};
use super::totals::{Known, Wording, change, count, known};
use crate::compare::traffic::Traffic;
use crate::graph::ScopeId;
use crate::metric::{Metric, Unit, named};
use crate::report::columns::{Column, column};
use crate::report::figures::bytes;
use crate::report::rows::{Depth, total};
use crate::report::sheet::{Cell, Head, Role, Sheet};
use crate::report::terminal::{Layout, Squeeze, Table, shortened};
use crate::report::wrap::{folded, hanging, wrapped};
use crate::report::{Style, Subject};
use crate::text;
use crate::text::Text;

/// The narrowest column of figures with a path among them, which loses its front.
const FIGURE: usize = 20;

/// The widest heading of a network, where the terminal is not wide; names are broken, not cut.
const NAME: usize = 24;

/// The figures that stand beside each other at every batch.
const GROUPS: [&str; 3] = ["traffic_bytes", "intensity", "peak_bytes"];

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
        let (on, off) = style.bold();
        let gap = match widest.checked_sub(name.width()) {
            Some(pad) => " ".repeat(pad + 2),
            None => format!("\n{:indent$}", ""),
        };
        let _ = writeln!(text, " {on}{name}{off}{gap}{title}{separator}{shapes}");
    }
    let _ = writeln!(text, " {}\n", compared.circumstances().get(style.language));
    text
}

/// A sheet on its way to the screen.
fn table(sheet: &Sheet, style: Style) -> Table<'_> {
    Table::new(sheet, Layout::Table, style).tight()
}

/// The figures side by side; of many networks as many at a time as there is room for, the first beside them again.
fn totals(compared: &Compared, style: Style) -> String {
    let figures = known(&compared.subjects);
    let mut tables = vec![];
    let mut next = 1;
    while next < compared.subjects.len() {
        let fitting = |end: &usize| {
            table(&columns(compared, &figures, next..*end, FIGURE, style), style).width() <= style.width
        };
        let end = (next + 1..=compared.subjects.len()).take_while(fitting).last().unwrap_or(next + 1);
        tables.push(roomy(compared, &figures, next..end, style).trim_end().to_owned() + "\n");
        next = end;
    }
    let mut text = tables.join("\n");
    for (name, subject) in compared.names.iter().zip(&compared.subjects) {
        if let Some(uncounted) = subject.uncounted(ScopeId::ROOT) {
            let note = text!("{name} is partial: {uncounted}", "{name} 不完整:{uncounted:#}");
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
fn roomy(compared: &Compared, figures: &[Known], shown: Range<usize>, style: Style) -> String {
    let narrow = columns(compared, figures, shown.clone(), FIGURE, style);
    let wide = columns(compared, figures, shown, usize::MAX, style);
    let (narrow, mut wide) = (table(&narrow, style), table(&wide, style));
    // What is wider is so because of a path.
    let step = Squeeze { role: Role::Figure, least: narrow.widest(Role::Figure), form: shortened };
    if wide.squeeze(&[step]) { wide.draw() } else { narrow.draw() }
}

/// The first network and some of the others, with at most `path` columns of a path: of two networks, ratios stand beside the
/// figures, of more below them.
fn columns(compared: &Compared, figures: &[Known], shown: Range<usize>, path: usize, style: Style) -> Sheet {
    let mut sheet = sheet_of(compared, figures, shown, path, compared.subjects.len() > 2);
    for head in &mut sheet.heads {
        let name = folded(&head.words.english, NAME.max(style.width / 6));
        head.words = text!("{name}", "{name}");
    }
    sheet
}

/// What each batch moves and holds, a network beside the first.
fn batches(compared: &Compared, style: Style) -> String {
    let mut text = String::new();
    if compared.batches.is_empty() {
        return text;
    }
    let labels = compared.batches.iter().map(|networks| vec![Cell::Count(networks[0].batch().into())]);
    let batch = Sheet::of(vec![batch()], labels.collect());
    let width = |sheet: &Sheet| table(sheet, style).width();
    for (index, _) in compared.pairs() {
        let mut groups = groups(compared, index, style).into_iter().peekable();
        while let Some((title, group)) = groups.next() {
            let mut sheet = batch.clone().beside(group);
            let mut titles = format!(" {:pad$}  {title}", "", pad = width(&batch) - 1);
            // As many groups side by side as there is room for.
            while let Some((title, group)) =
                groups.next_if(|(_, group)| width(&sheet) + width(group) < style.width)
            {
                let pad = (width(&sheet) + 2).saturating_sub(titles.width());
                titles.push_str(&format!("{:pad$}{title}", ""));
                sheet = sheet.beside(group);
            }
            let _ = write!(text, "\n{titles}\n{}", table(&sheet, style).draw());
        }
        text.push_str(&limit(compared, index, style));
    }
    text
}

/// Columns that belong together, and what they are about.
fn groups(compared: &Compared, index: usize, style: Style) -> Vec<(String, Sheet)> {
    let name = |side: usize| shortened(&compared.names[side], 20);
    let head = |side: usize| {
        let name = name(side);
        Head::new("bytes", text!("{name}", "{name}"), Role::Figure)
    };
    let lines = |cells: &dyn Fn([&Subject; 2]) -> Vec<Cell>| {
        compared.batches.iter().map(|networks| cells([networks[0], networks[index]])).collect::<Vec<_>>()
    };
    let counted = |figure: &Metric| {
        let heads = vec![head(0), head(index), Head::new("change", text!("", ""), Role::Text)];
        let cells = |networks: [&Subject; 2]| {
            let [old, new] = networks.map(|subject| count(figure, subject));
            let change = change(old, new, Wording::Amount);
            vec![Cell::Count(old), Cell::Count(new), Cell::Change(change.text, change.is_better)]
        };
        Sheet::of(heads, lines(&cells))
    };
    let plain = |column: &Column| {
        let cells = |networks: [&Subject; 2]| networks.map(|subject| column.cell(&total(subject))).to_vec();
        Sheet::of(vec![head(0), head(index)], lines(&cells))
    };
    let group = |name: &str| {
        let metric = named(name)?;
        let sheet = if metric.unit == Unit::Ratio { plain(column(name)?) } else { counted(metric) };
        Some((Text::from(metric.words), sheet))
    };
    let mut groups: Vec<_> = GROUPS.into_iter().filter_map(group).collect();
    for (title, sheet) in &mut groups {
        // A title has room above its columns.
        let drawn = table(sheet, style);
        let missing = title.get(style.language).width().saturating_sub(drawn.width() - 1);
        let room = missing + drawn.first();
        let name = name(0);
        let words = format!("{:pad$}{name}", "", pad = room - name.width());
        sheet.heads[0].words = text!("{words}", "{words}");
    }
    groups.into_iter().map(|(title, sheet)| (title.get(style.language).to_owned(), sheet)).collect()
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
        let Text { english, chinese } = change(first.each, second.each, Wording::Amount).text;
        text!("the larger the batch, the nearer to {english}", "批量大小越大,越接近{chinese}")
    };
    [why, end].map(|said| wrapped(said.get(style.language), style.width)).concat()
}
