//! The comparison on the screen.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::Compared;
use super::grid::{Cell, Column, draw, width};
use super::lines::{Line, lines};
use super::totals::{FIGURES, Figure, Words, better, change, signed, traffic};
use crate::analyze::Status;
use crate::compare::Comparison;
use crate::compare::traffic::Traffic;
use crate::report::figures::{bytes, digits};
use crate::report::rows::Depth;
use crate::report::table::shortened;
use crate::report::{Style, Subject};
use crate::text;
use crate::text::Language;
use crate::working::grouped;

/// The narrowest column of paths: longer ones lose their beginning.
const PATH: usize = 16;

/// The narrowest column that says what a layer is.
const WHAT: usize = 12;

/// All of it: totals, batches, differences.
pub fn write(compared: &Compared, depth: Depth, style: Style) -> String {
    let mut text = heading(compared, style);
    text.push_str(&totals(compared, style));
    text.push_str(&batches(compared, style));
    for (index, comparison) in compared.pairs() {
        text.push('\n');
        text.push_str(&differences(compared, index, comparison, depth, style));
    }
    text
}

/// Which networks these are.
fn heading(compared: &Compared, style: Style) -> String {
    let names = compared.names.iter().map(|name| name.width());
    let widest = names.max().unwrap_or(0).min(style.width / 3);
    let mut text = String::new();
    for (name, subject) in compared.names.iter().zip(&compared.subjects) {
        let (name, shapes) = (shortened(name, widest), subject.shapes());
        let pad = widest - name.width();
        let room = style.width.saturating_sub(widest + shapes.width() + 6).max(PATH);
        let title = shortened(&subject.title, room);
        let (on, off) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(text, " {on}{name}{off}{:pad$}  {title} · {shapes}", "");
    }
    let (first, mut batches): (_, Vec<_>) =
        (compared.subjects[0], compared.subjects.iter().map(|subject| subject.analysis.batch).collect());
    batches.dedup();
    let (element, list) =
        (first.element.name(), batches.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
    let line = text!("batch {list} · {element}", "批量 {list} · {element}");
    let _ = writeln!(text, " {}\n", line.get(style.language));
    text
}

/// The figures side by side; of many networks as many at a time as there is room for, the first beside them again.
fn totals(compared: &Compared, style: Style) -> String {
    let mut tables = vec![];
    let mut next = 1;
    while next < compared.subjects.len() {
        let fitting = |end: &usize| width(&columns(compared, next, *end, style)) <= style.width;
        let end = (next + 1..=compared.subjects.len()).take_while(fitting).last().unwrap_or(next + 1);
        tables.push(draw(&columns(compared, next, end, style), 0, style));
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
            let _ = writeln!(text, " {}", note.get(style.language));
        }
    }
    for (index, _) in compared.pairs() {
        if let Some(turn) = compared.turn_in_words(index) {
            let _ = writeln!(text, " {}", turn.get(style.language));
        }
    }
    text
}

/// The first network and those from `start` to `end`: of two, ratios stand beside the figures, of more below them.
fn columns(compared: &Compared, start: usize, end: usize, style: Style) -> Vec<Column> {
    let first = compared.subjects[0];
    let beside = compared.subjects.len() == 2;
    let lines = |figure: &Figure, subject: Option<&Subject>| -> Vec<Cell> {
        let shown = |subject| Cell::from((figure.value)(subject).shown());
        let change =
            subject.map_or_else(Cell::default, |subject| changed(figure, first, subject, style.language));
        let own = shown(subject.unwrap_or(first));
        if beside { vec![own] } else { vec![own, change] }
    };
    let labels = FIGURES.iter().flat_map(|figure| {
        let label = Cell::from(figure.label(style.language).to_owned());
        if beside { vec![label] } else { vec![label, Cell::default()] }
    });
    let mut columns = vec![Column { cells: labels.collect(), ..Column::default() }];
    for index in std::iter::once(0).chain(start..end) {
        let subject = (index > 0).then(|| compared.subjects[index]);
        columns.push(Column {
            heading: shortened(&compared.names[index], 24.max(style.width / 6)),
            is_numeric: true,
            cells: FIGURES.iter().flat_map(|figure| lines(figure, subject)).collect(),
        });
    }
    if beside {
        let second = compared.subjects[start];
        let cells = FIGURES.iter().map(|figure| changed(figure, first, second, style.language));
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
    for (index, _) in compared.pairs() {
        let groups = groups(compared, index, style);
        let labels: Vec<_> =
            compared.batches.iter().map(|networks| networks[0].analysis.batch.to_string()).collect();
        let batch = Column::figures(text!("batch", "批量").get(style.language), labels);
        for (title, group) in groups {
            let _ = writeln!(text, "\n {}", title.get(style.language));
            let columns: Vec<_> = std::iter::once(batch.clone()).chain(group).collect();
            text.push_str(&draw(&columns, 0, style));
        }
        if let (Some(first), Some(second)) =
            (Traffic::of(compared.subjects[0]), Traffic::of(compared.subjects[index]))
            && first.each > 0
        {
            let limit = change(first.each, second.each, Words::Amount).text;
            let (english, chinese) = (&limit.english, &limit.chinese);
            let weights =
                [first, second].map(|traffic| bytes(traffic.weights * compared.subjects[0].element.bytes()));
            let [old, new] = &weights;
            let note = text!(
                "weights move once ({old}, {new}), tensors for each sample: in large batches it comes to {english}",
                "权重只读一次({old}、{new}),张量则每个样本都要读写:批量很大时趋于{chinese}"
            );
            let _ = writeln!(text, " {}", note.get(style.language));
        }
    }
    text
}

/// Columns that belong together, under what they are about.
fn groups(compared: &Compared, index: usize, style: Style) -> Vec<(crate::text::Text, Vec<Column>)> {
    let sides = [0, index];
    let name = |side: usize| shortened(&compared.names[sides[side]], 20);
    let at = |side: usize, figure: &dyn Fn(&Subject) -> String| {
        compared.batches.iter().map(|networks| figure(networks[sides[side]])).collect::<Vec<_>>()
    };
    let counted = |figure: fn(&Subject) -> u128| {
        let mut columns: Vec<_> = [0, 1]
            .map(|side| Column::figures(name(side), at(side, &|subject| grouped(figure(subject), ","))))
            .into();
        let changes = compared.batches.iter().map(|networks| {
            let change = change(figure(networks[0]), figure(networks[index]), Words::Amount);
            Cell { text: change.text.get(style.language).to_owned(), is_better: change.is_better }
        });
        columns.push(Column { cells: changes.collect(), ..Column::default() });
        columns
    };
    let intensity =
        |subject: &Subject| subject.intensity(subject.analysis.total()).map_or(String::new(), digits);
    let per_byte = text!("FLOPs/byte of", "FLOPs/字节:");
    let per_byte = per_byte.get(style.language);
    let mut moved = counted(traffic);
    moved.extend(
        [0, 1].map(|side| Column::figures(format!("{per_byte} {}", name(side)), at(side, &intensity))),
    );
    if 8 + width(&moved) > style.width {
        let short = text!("per byte", "每字节");
        for column in &mut moved[3..] {
            short.get(style.language).clone_into(&mut column.heading);
        }
    }
    let (traffic_title, peak_title) = (
        text!("bytes read + written, and FLOPs for each", "读写字节,及每字节的 FLOPs"),
        text!("peak bytes of tensors", "张量峰值字节"),
    );
    vec![(traffic_title, moved), (peak_title, counted(Subject::peak_bytes))]
}

/// Where the difference arises.
fn differences(
    compared: &Compared,
    index: usize,
    comparison: &Comparison,
    depth: Depth,
    style: Style,
) -> String {
    let (first, second) = (&compared.names[0], &compared.names[index]);
    if comparison.differences.is_empty() {
        let said = if comparison.rewired {
            text!(
                "{second} has the layers of {first}, joined in another way",
                "{second} 的层与 {first} 相同,但连接方式不同"
            )
        } else {
            text!("no difference between {first} and {second}", "{first} 与 {second} 没有差异")
        };
        return format!(" {}\n", said.get(style.language));
    }
    let title = text!(
        "where the difference between {first} and {second} arises",
        "{first} 与 {second} 的差异出自何处"
    );
    let subjects = [compared.subjects[0], compared.subjects[index]];
    let lines = lines(subjects, comparison, depth, style.language);
    let columns = difference_columns([first, second], subjects, &lines, style);
    format!(" {}\n\n{}", title.get(style.language), draw(&columns, 1, style))
}

/// As many columns as there is room for.
fn difference_columns(
    names: [&str; 2],
    subjects: [&Subject; 2],
    lines: &[Line],
    style: Style,
) -> Vec<Column> {
    let all = Drawing { names, totals: subjects.map(|subject| *subject.analysis.total()), lines, style };
    let usual = Parts { long: true, macs: true, params: true, share: true };
    let short = Parts { long: false, ..usual };
    let without_params = Parts { params: false, ..short };
    let without_macs = Parts { macs: false, ..without_params };
    for parts in [usual, short, without_params, without_macs] {
        let mut columns = all.columns(parts);
        if shrink(&mut columns, &[0], PATH, style.width) {
            return columns;
        }
    }
    let mut columns = all.columns(Parts { share: false, ..without_macs });
    if !shrink(&mut columns, &[0], PATH, style.width) {
        shrink(&mut columns, &[1, 2], WHAT, style.width);
    }
    columns
}

/// Takes what is missing from some columns, the wider first; whether that was enough.
fn shrink(columns: &mut [Column], which: &[usize], least: usize, room: usize) -> bool {
    while width(columns) > room {
        let widest = which.iter().copied().max_by_key(|&index| columns[index].width());
        let Some(index) = widest.filter(|&index| columns[index].width() > least) else { return false };
        let to = columns[index].width() - 1;
        let column = &mut columns[index];
        column.heading = shortened(&column.heading, to);
        for cell in &mut column.cells {
            // A mark and a space stand before a path.
            let is_path = index == 0;
            let (mark, text) = if is_path {
                cell.text.split_at(
                    cell.text.find(' ').map_or(0, |_| cell.text.chars().next().map_or(0, char::len_utf8) + 1),
                )
            } else {
                ("", &*cell.text)
            };
            cell.text = format!("{mark}{}", shortened(text, to.saturating_sub(mark.width())));
        }
    }
    true
}

#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column that is there or not")]
struct Parts {
    long: bool,
    macs: bool,
    params: bool,
    share: bool,
}

/// Differences on their way to the screen.
struct Drawing<'a> {
    names: [&'a str; 2],
    totals: [crate::counts::Counts; 2],
    lines: &'a [Line],
    style: Style,
}

impl Drawing<'_> {
    fn columns(&self, parts: Parts) -> Vec<Column> {
        let language = self.style.language;
        let say = |text: crate::text::Text| text.get(language).to_owned();
        let (macs, whole) =
            (self.totals.map(|counts| counts.work.macs.total()), say(text!("difference", "差异")));
        let with_total = |cells: Vec<String>, total: String| cells.into_iter().chain([total]).collect();
        let paths = self.lines.iter().map(|line| format!("{} {}", line.mark.symbol(), line.path)).collect();
        let mut columns = vec![Column::words(
            format!("  {}", say(text!("layer", "层"))),
            with_total(paths, format!("  {whole}")),
        )];
        for side in [0, 1] {
            let what = self.lines.iter().map(|line| {
                let what = line.what[side].as_ref();
                what.map_or(
                    String::new(),
                    |what| if parts.long { what.long.clone() } else { what.short.clone() },
                )
            });
            columns.push(Column::words(self.names[side], with_total(what.collect(), String::new())));
            if parts.macs {
                let cells = self.lines.iter().map(|line| match line.what[side] {
                    None if line.what[1 - side].is_some() => String::new(),
                    Some(_) | None => grouped(line.macs()[side], ","),
                });
                let cells = with_total(cells.collect(), grouped(macs[side], ","));
                columns.push(Column::figures(say(text!("MACs", "乘加数")), cells));
            }
        }
        columns.push(self.signed(say(text!("Δ MACs", "Δ 乘加数")), |line| line.macs(), macs));
        let shares: Vec<String> = self.lines.iter().map(|line| share(line.share(macs))).collect();
        if parts.share && shares.iter().any(|share| !share.is_empty()) {
            columns.push(Column::figures(say(text!("share", "占比")), with_total(shares, String::new())));
        }
        let params = self.totals.map(|counts| counts.params.total());
        if parts.params && self.lines.iter().any(|line| line.params()[0] != line.params()[1]) {
            columns.push(self.signed(say(text!("Δ params", "Δ 参数量")), Line::params, params));
        }
        columns
    }

    fn signed(&self, heading: String, figure: impl Fn(&Line) -> [u128; 2], total: [u128; 2]) -> Column {
        let cell = |[old, new]: [u128; 2]| Cell { text: signed(old, new), is_better: better(new.cmp(&old)) };
        let cells = self.lines.iter().map(|line| cell(figure(line))).chain([cell(total)]).collect();
        Column { heading, is_numeric: true, cells }
    }
}

/// Part of the whole difference, negative where it goes the other way.
pub(super) fn share(share: Option<f64>) -> String {
    match share {
        Some(share) if share != 0.0 => format!("{:.1}%", share * 100.0).replace('-', "−"),
        Some(_) | None => String::new(),
    }
}
