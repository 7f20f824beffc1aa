//! The memory of one network for the terminal: what is alive at the peak, and a chart of that over time.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::deployed::plural;
use super::figures::bytes;
use super::sheet::{Cell, Head, Line, Role, Sheet};
use super::table::title;
use super::terminal::{Layout, Table, heading, list};
use super::wrap::wrapped;
use super::{Style, Subject};
use crate::counts::Volume;
use crate::graph::outline::Outline;
use crate::graph::{NodeId, Place, ScopeId};
use crate::text;
use crate::text::Text;

/// Lines of the chart.
const HEIGHT: usize = 8;

/// The most columns of the chart.
const WIDEST: usize = 160;

/// The most tensors at the peak that have a line of their own.
const MOST_ALIVE: usize = 16;

/// The memory of a network.
pub fn report(subject: &Subject, style: Style) -> String {
    let mut text = heading(&title(subject), style);
    text.push_str(&totals(subject, style));
    if let Some(peak) = subject.analysis.memory.peak_at(subject.graph(), subject.element) {
        text.push_str(&at_peak(subject, peak, style));
        text.push_str(&chart(subject, peak, style));
    }
    text
}

/// What a device has to hold.
fn totals(subject: &Subject, style: Style) -> String {
    let (weights, peak) = (subject.weight_bytes(), subject.peak_bytes());
    let element = subject.element.name();
    let line = |label, count, remark| {
        [Cell::Said(label), Cell::Count(count), Cell::Text(bytes(count)), Cell::Said(remark)]
    };
    let lines = vec![
        line(
            text!("weights", "权重"),
            weights,
            text!("parameters and buffers in {element}", "{element} 的参数与缓冲区"),
        ),
        line(text!("peak", "峰值"), peak, text!("of what is alive at once", "同时存活的数据")),
        line(
            text!("together", "合计"),
            weights + peak,
            text!("what a device has to hold", "设备需要容纳的内存"),
        ),
    ];
    list(&Sheet::list([Role::Text, Role::Figure, Role::Figure, Role::Sentence], lines), 1, style)
}

/// What is alive at the peak as a page, with what the weights hold below it.
pub fn sheet(subject: &Subject) -> Sheet {
    let (weights, peak) = (bytes(subject.weight_bytes()), bytes(subject.peak_bytes()));
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        notes: vec![text!("weights: {weights}; peak: {peak}", "权重:{weights};峰值:{peak}")],
        ..alive(subject)
    }
}

/// The tensors that are alive at the peak, and what its layer holds inside, largest first.
fn alive(subject: &Subject) -> Sheet {
    let heads = vec![
        Head::new("tensor", text!("alive at the peak", "峰值时存活"), Role::Name),
        Head::new("shape", text!("shape", "形状"), Role::Text),
        Head::new("bytes", text!("bytes", "字节"), Role::Figure),
        Head::new("share", text!("share", "占比"), Role::Share),
    ];
    let (graph, memory) = (subject.graph(), &subject.analysis.memory);
    let Some(peak) = memory.peak_at(graph, subject.element) else { return Sheet::of(heads, vec![]) };
    let tensor = |(id, volume)| {
        let shape = graph.node(id).shape.to_string();
        (graph.path(id), text!("{shape}", "{shape}"), subject.bytes(volume))
    };
    let inside = subject.bytes(memory.inside(peak));
    let inside = (inside > 0).then(|| (graph.path(peak), text!("inside", "内部"), inside));
    let mut lines: Vec<_> = memory.alive_at(graph, peak).into_iter().map(tensor).chain(inside).collect();
    lines.sort_by_key(|(.., bytes)| std::cmp::Reverse(*bytes));
    let line = |(path, what, bytes): (String, Text, u128)| {
        let share = Cell::Share(ratio(bytes, subject.peak_bytes()));
        vec![Cell::Name(path.clone(), path), Cell::Said(what), Cell::Count(bytes), share]
    };
    Sheet::of(heads, lines.into_iter().map(line).collect())
}

/// The same for the terminal: of many tensors the largest, and in words what the others hold.
fn at_peak(subject: &Subject, peak: NodeId, style: Style) -> String {
    let path = subject.graph().path(peak);
    let is_all = subject.analysis.memory.inside(peak) == Volume::default();
    let mut sheet = alive(subject);
    let count = sheet.lines.len() - usize::from(!is_all);
    let tensors = plural(count, "tensor");
    let title = if is_all {
        text!("{count} {tensors} alive while `{path}` is executed", "执行 `{path}` 时有 {count} 个张量存活")
    } else {
        text!(
            "{count} {tensors} alive while `{path}` is executed, and what it holds inside",
            "执行 `{path}` 时有 {count} 个张量存活,另有其内部所占"
        )
    };
    let rest = sheet.lines.split_off(sheet.lines.len().min(MOST_ALIVE));
    let wanted = Some(&["tensor", "bytes", "shape", "share"][..]);
    let table = Table::new(&sheet, Layout::Table, style).tight().fit(wanted).draw();
    let mut text = format!("\n{}\n{table}", wrapped(title.get(style.language), style.width));
    if !rest.is_empty() {
        let size = |line: &Line| if let Cell::Count(size) = line.cells[2] { size } else { 0 };
        let (count, size) = (rest.len(), bytes(rest.iter().map(size).sum()));
        let more = text!("and {count} more of {size} together", "另有 {count} 个,共 {size}");
        text.push_str(&wrapped(more.get(style.language), style.width));
    }
    text
}

/// What is alive at each step, from the first to the last.
fn chart(subject: &Subject, peak: NodeId, style: Style) -> String {
    let (timeline, steps) = (subject.analysis.memory.timeline(subject.element), subject.graph().len());
    let highest = subject.peak_bytes();
    let title = match subject.plan {
        None => text!("alive over the {steps} steps of execution", "{steps} 个执行步骤中存活的张量"),
        Some(_) => text!(
            "alive over inputs and layers in their order, those of one step alike",
            "按输入与各层的顺序存活的张量,同一步的各层相同"
        ),
    };
    let labels = [bytes(highest), bytes(highest / 2)];
    let margin = labels.iter().map(|label| label.width()).max().unwrap_or(0).max(1);
    let columns = style.width.saturating_sub(margin + 4).clamp(8, WIDEST);
    let heights: Vec<f64> = (0..columns)
        .map(|column| {
            let steps = step_at(column, columns, steps)..step_at(column + 1, columns, steps);
            let most = timeline[steps.start..steps.end.max(steps.start + 1)].iter().copied().max();
            ratio(most.unwrap_or(0), highest)
        })
        .collect();
    let peak = (0..columns).rev().find(|&column| step_at(column, columns, steps) <= peak.index());
    let mut text = format!("\n{}", wrapped(title.get(style.language), style.width));
    for line in 0..HEIGHT {
        let (label, edge) = match line {
            0 => (labels[0].as_str(), '┤'),
            line if line == HEIGHT / 2 => (labels[1].as_str(), '┤'),
            _ => ("", '│'),
        };
        let mut cells = String::new();
        for (column, height) in heights.iter().enumerate() {
            let cell = block(height * as_float(HEIGHT) - as_float(HEIGHT - 1 - line));
            let marked = style.color && Some(column) == peak;
            cells.push_str(&if marked { format!("\u{1b}[31m{cell}\u{1b}[0m") } else { cell.to_string() });
        }
        let _ = writeln!(text, " {label:>margin$} {edge}{}", cells.trim_end());
    }
    let _ = writeln!(text, " {:>margin$} └{}", 0, "─".repeat(columns));
    let _ = writeln!(text, " {:margin$}  {}", "", names(subject, columns));
    text
}

/// The names of the network's parts under where they begin, as far as there is room.
fn names(subject: &Subject, columns: usize) -> String {
    let graph = subject.graph();
    let outline = Outline::new(graph);
    let (mut line, mut width) = (String::new(), 0);
    for &part in outline.parts(ScopeId::ROOT) {
        let (start, name) = match part {
            Place::Node(id) => (Some(id), &graph.node(id).name),
            Place::Box(scope) => (graph.scope(scope).nodes().next(), &graph.scope(scope).name),
        };
        let Some(start) = start else { continue };
        let column = (0..columns).find(|&column| step_at(column, columns, graph.len()) >= start.index());
        let Some(column) =
            column.filter(|column| (width == 0 || width < *column) && column + name.width() <= columns)
        else {
            continue;
        };
        line.push_str(&" ".repeat(column - width));
        line.push_str(name);
        width = column + name.width();
    }
    line
}

/// The first step that a column of the chart stands for.
fn step_at(column: usize, columns: usize, steps: usize) -> usize {
    column * steps / columns
}

/// A column of a chart line that is filled to `height`, from 0 to 1.
fn block(height: f64) -> char {
    const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 8")]
    let eighths = (height.clamp(0.0, 1.0) * 8.0).round() as usize;
    EIGHTHS[eighths]
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn ratio(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "the lines of a chart are few")]
fn as_float(lines: usize) -> f64 {
    lines as f64
}
