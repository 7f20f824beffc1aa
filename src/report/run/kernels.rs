//! What computes each step of a network that is ready to be executed.

use crate::graph::Graph;
use crate::report::figures::bytes;
use crate::report::sheet::{Cell, Head, Line, Role, Sheet};
use crate::report::table::title;
use crate::report::terminal::{Layout, Table, heading};
use crate::report::wrap::wrapped;
use crate::report::{Style, Subject};
use crate::run::{Executed, Session};
use crate::text;
use crate::text::{Text, printable};

/// The steps for the terminal.
pub fn text(subject: &Subject, session: &dyn Session, style: Style) -> String {
    let sheet = sheet(subject, session);
    let wanted = ["layers", "kernel", "step", "output", "offset", "bytes"];
    let table = Table::new(&sheet, Layout::Table, style).tight().fit(Some(&wanted)).draw();
    let notes = sheet.notes.iter().map(|note| wrapped(note.get(style.language), style.width));
    heading(&title(subject), style) + &table + &notes.collect::<String>()
}

/// A line for each step, and below what the session holds.
pub fn sheet(subject: &Subject, session: &dyn Session) -> Sheet {
    let (graph, steps) = (subject.graph(), session.steps());
    let heads = vec![
        Head::new("step", text!("step", "步"), Role::Figure),
        Head::new("layers", text!("layers", "层"), Role::Name),
        Head::new("output", text!("output", "输出"), Role::Text),
        Head::new("kernel", text!("kernel", "计算核"), Role::Text),
        Head::new("offset", text!("offset", "偏移"), Role::Figure),
        Head::new("bytes", text!("bytes", "字节"), Role::Figure),
    ];
    let line = |(number, step): (u128, &Executed)| Line {
        class: step.nodes.first().and_then(|&id| graph.node(id).operator()).map(|op| op.class()),
        ..Line::of(cells(graph, number, step))
    };
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        heads,
        lines: (1..).zip(&steps).map(line).collect(),
        notes: notes(&steps, session),
        ..Sheet::default()
    }
}

fn cells(graph: &Graph, number: u128, step: &Executed) -> Vec<Cell> {
    let [main, others @ ..] = &step.nodes[..] else { return vec![] };
    let names = others.iter().map(|&id| format!(" + {}", graph.node(id).name));
    let path = printable(&(graph.path(*main) + &names.collect::<String>()));
    let place = |part: fn((usize, usize)) -> usize| {
        step.output.map_or(Cell::Empty, |output| Cell::Count(part(output) as u128))
    };
    let last = others.last().unwrap_or(main);
    vec![
        Cell::Count(number),
        Cell::Name(path.clone(), path),
        Cell::Text(graph.node(*last).shape.to_string()),
        Cell::Said(kernel(step)),
        place(|(start, _)| start),
        place(|(_, bytes)| bytes),
    ]
}

/// What computes a step: its kernels, or candle.
fn kernel(step: &Executed) -> Text {
    if step.by_candle {
        return text!("candle", "candle");
    }
    if step.kernels.is_empty() {
        return text!("none", "无");
    }
    let names = step.kernels.join(" + ");
    text!("{names}", "{names}")
}

fn notes(steps: &[Executed], session: &dyn Session) -> Vec<Text> {
    let (count, by_candle) = (steps.len(), steps.iter().filter(|step| step.by_candle).count());
    let held = bytes(session.held());
    let steps = text!(
        "{count} steps, of which candle computes {by_candle}; {held} are held: packed weights and all tensors",
        "共 {count} 步,其中 {by_candle} 步由 candle 计算;占用 {held}:打包后的权重与全部张量"
    );
    let parts = session.parts();
    let in_parts = text!(
        "the batch goes through all steps in {parts} parts, one after the other, so that tensors stay in the cache",
        "该批分为 {parts} 份,逐份通过全部步骤,使张量留在缓存中"
    );
    [steps].into_iter().chain((parts > 1).then_some(in_parts)).collect()
}
