//! The memory of one network for the terminal: what is alive at the peak, and a chart of that over time.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::figures::{bar, bytes};
use super::sheet::{Cell, Head, Role, Sheet};
use super::table::title;
use super::terminal::{heading, shortened};
use super::{Style, Subject};
use crate::graph::outline::Outline;
use crate::graph::{NodeId, Place, ScopeId};
use crate::text;
use crate::text::Text;
use crate::working::grouped;

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
    if let Some(peak) = subject.analysis.memory.peak_at(&subject.network.graph, subject.element) {
        text.push_str(&alive(subject, peak, style));
        text.push_str(&chart(subject, peak, style));
    }
    text
}

fn totals(subject: &Subject, style: Style) -> String {
    let (weights, peak) = (subject.weight_bytes(), subject.peak_bytes());
    let element = subject.element.name();
    let lines = [
        (
            text!("weights", "权重"),
            weights,
            text!("parameters and buffers in {element}", "{element} 的参数与缓冲区"),
        ),
        (text!("peak", "峰值"), peak, text!("of what is alive at once", "同时存活的数据")),
        (text!("together", "合计"), weights + peak, text!("what a device has to hold", "设备需要容纳的内存")),
    ];
    let label_width = lines.iter().map(|line| line.0.get(style.language).width()).max().unwrap_or(0);
    let width = grouped(weights + peak, ",").len();
    let mut text = String::new();
    for (label, figure, remark) in lines {
        let label = label.get(style.language);
        let (pad, figure, short) = (label_width - label.width(), grouped(figure, ","), bytes(figure));
        let remark = remark.get(style.language);
        let _ = writeln!(text, " {label}{:pad$}  {figure:>width$}  {short:>7}  {remark}", "");
    }
    text
}

/// A line about what is alive at the peak.
struct Line {
    path: String,
    /// The shape of a tensor, or that it is inside of the layer.
    what: Text,
    bytes: u128,
}

/// What is alive at the peak, largest first, as a table; with what the weights hold below it.
pub fn sheet(subject: &Subject) -> Sheet {
    let heads = vec![
        Head::new("tensor", text!("alive at the peak", "峰值时存活"), Role::Name),
        Head::new("shape", text!("shape", "形状"), Role::Text),
        Head::new("bytes", text!("bytes", "字节"), Role::Figure),
        Head::new("share", text!("share", "占比"), Role::Share),
    ];
    let peak = subject.analysis.memory.peak_at(&subject.network.graph, subject.element);
    let lines = peak.map_or(vec![], |peak| tensors(subject, peak));
    let lines = lines.into_iter().map(|Line { path, what, bytes }| {
        let share = ratio(bytes, subject.peak_bytes());
        vec![Cell::Name(path.clone(), path), Cell::Said(what), Cell::Count(bytes), Cell::Share(share)]
    });
    let (weights, peak) = (bytes(subject.weight_bytes()), bytes(subject.peak_bytes()));
    let note = text!("weights: {weights}; peak: {peak}", "权重:{weights};峰值:{peak}");
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        notes: vec![note],
        ..Sheet::of(heads, lines.collect())
    }
}

/// The tensors that are alive while a node is executed, and what it holds inside, largest first.
fn tensors(subject: &Subject, peak: NodeId) -> Vec<Line> {
    let (graph, memory) = (&subject.network.graph, &subject.analysis.memory);
    let tensor = |(id, volume)| {
        let shape = graph.node(id).shape.to_string();
        Line { path: graph.path(id), what: text!("{shape}", "{shape}"), bytes: subject.bytes(volume) }
    };
    let mut lines: Vec<_> = memory.alive_at(graph, peak).into_iter().map(tensor).collect();
    let inside = subject.bytes(memory.inside(peak));
    if inside > 0 {
        lines.push(Line { path: graph.path(peak), what: text!("inside", "内部"), bytes: inside });
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.bytes));
    lines
}

/// What is alive at the peak, for the terminal.
fn alive(subject: &Subject, peak: NodeId, style: Style) -> String {
    let path = subject.network.graph.path(peak);
    let inside = subject.bytes(subject.analysis.memory.inside(peak));
    let mut lines = tensors(subject, peak);
    let count = lines.len() - usize::from(inside > 0);
    let title = match inside {
        0 => {
            text!("{count} tensors alive while `{path}` is executed", "执行 `{path}` 时有 {count} 个张量存活")
        }
        _ => text!(
            "{count} tensors alive while `{path}` is executed, and what it holds inside",
            "执行 `{path}` 时有 {count} 个张量存活,另有其内部所占"
        ),
    };
    let rest = lines.split_off(lines.len().min(MOST_ALIVE));
    format!("\n {}\n{}", title.get(style.language), drawn(&lines, &rest, subject, style))
}

/// A line for each, and one for the rest.
fn drawn(lines: &[Line], rest: &[Line], subject: &Subject, style: Style) -> String {
    let what_width = lines.iter().map(|line| line.what.get(style.language).width()).max().unwrap_or(0);
    let room = style.width.saturating_sub(what_width + 36).max(16);
    let path_width = lines.iter().map(|line| line.path.width()).max().unwrap_or(0).min(room);
    let mut text = String::new();
    for Line { path, what, bytes: size } in lines {
        let (path, what) = (shortened(path, path_width), what.get(style.language));
        let (pad, what_pad) = (path_width - path.width(), what_width - what.width());
        let bar = bar(ratio(*size, subject.peak_bytes()), 16);
        let size = bytes(*size);
        let line = format!("   {path}{:pad$}  {what}{:what_pad$}  {size:>7}  {bar}", "", "");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if !rest.is_empty() {
        let size = bytes(rest.iter().map(|line| line.bytes).sum::<u128>());
        let count = rest.len();
        let more = text!("and {count} more of {size} together", "另有 {count} 个,共 {size}");
        let _ = writeln!(text, "   {}", more.get(style.language));
    }
    text
}

/// What is alive at each step, from the first to the last.
fn chart(subject: &Subject, peak: NodeId, style: Style) -> String {
    let (timeline, steps) = (subject.analysis.memory.timeline(subject.element), subject.network.graph.len());
    let highest = subject.peak_bytes();
    let title = text!("alive over the {steps} steps of execution", "{steps} 个执行步骤中存活的张量");
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
    let mut text = format!("\n {}\n", title.get(style.language));
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
    let graph = &subject.network.graph;
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
