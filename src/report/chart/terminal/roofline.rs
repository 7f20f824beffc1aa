//! Layers under a roof in signs, and the slowest of them in a table below.

use super::plot::Plot;
use super::{color, head, remarks};
use crate::analyze::measured::MeasuredBound;
use crate::report::Style;
use crate::report::chart::notes::trimmed;
use crate::report::chart::roofline::rate;
use crate::report::chart::scale::{Scale, plain};
use crate::report::chart::{Point, Roofline};
use crate::report::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use crate::report::terminal::{Layout, Table};
use crate::text;

/// What the slowest layers are marked with, the slowest first.
const MARKS: &str = "123456789ABCDEF";

/// A narrower terminal has room for the table alone.
const NARROWEST: usize = 40;

/// The most columns of the field.
const WIDEST: usize = 150;

/// What is left for the numbers of the axis.
const MARGIN: usize = 16;

/// Draws layers and a roof.
pub(super) fn draw(roofline: &Roofline, style: Style) -> String {
    let heading = roofline.heading();
    let mut text = head(&roofline.title, &[&heading, &roofline.about], style);
    if style.width >= NARROWEST {
        text.push_str(&field(roofline, style));
        text.push('\n');
    }
    if roofline.points.is_empty() {
        let nothing = text!("no layer computes anything", "没有任何一层进行计算");
        return text.trim_end().to_owned()
            + "\n"
            + &remarks(&[&[nothing], &roofline.notes[..]].concat(), style);
    }
    let sheet = slowest(roofline);
    let wanted = ["mark", "layer", "time", "bound", "rate", "intensity", "share"];
    text.push_str(&Table::new(&sheet, Layout::Table, style).tight().fit(Some(&wanted)).draw());
    let mut notes = vec![];
    let rest = roofline.points.len().saturating_sub(MARKS.len());
    if rest > 0 && style.width >= NARROWEST {
        let [compute, memory, overhead] =
            [MeasuredBound::Compute, MeasuredBound::Memory, MeasuredBound::Overhead].map(sign);
        notes.push(if roofline.roof.is_measured {
            text!(
                "{rest} others are marked {compute} where arithmetic bounds them, {memory} where memory does, {overhead} where neither",
                "其余 {rest} 个点:{compute} 受计算限制,{memory} 受内存带宽限制,{overhead} 两者皆非"
            )
        } else {
            text!(
                "{rest} others are marked {compute} where arithmetic bounds them, {memory} where memory does",
                "其余 {rest} 个点:{compute} 受计算限制,{memory} 受内存带宽限制"
            )
        });
    }
    notes.extend(roofline.notes.iter().cloned());
    text + &remarks(&notes, style)
}

/// The sign of a layer that has no mark of its own.
fn sign(bound: MeasuredBound) -> char {
    match bound {
        MeasuredBound::Compute => 'o',
        MeasuredBound::Memory => '^',
        MeasuredBound::Overhead => 'x',
    }
}

/// The field of signs.
fn field(roofline: &Roofline, style: Style) -> String {
    let (points, roof) = (&roofline.points, &roofline.roof);
    let ridge = roof.ridge();
    let across = Scale::of(points.iter().map(|point| point.intensity).chain([ridge / 4.0, ridge * 4.0]));
    let up = points.iter().map(|point| point.flops_per_second);
    let up = Scale::of(up.chain([roof.flops_per_second, roof.at(ridge / 4.0)]));
    let columns = style.width.saturating_sub(MARGIN).min(WIDEST);
    let mut plot = Plot::new(across, up, columns, (columns / 4).clamp(12, 28));
    plot.curve(|intensity| roof.at(intensity), Some(31));
    for (index, point) in points.iter().enumerate().rev() {
        let mark = MARKS.chars().nth(index).unwrap_or(sign(point.bound));
        plot.put(point.intensity, point.flops_per_second, mark, color(point.kind));
    }
    let drawn = plot.draw(plain, |flops| trimmed(&rate(flops, "FLOP/s")), style);
    let words = text!("FLOPs for each byte read or written", "每读写一字节的 FLOPs");
    let words = words.get(style.language);
    let indent = style.width.saturating_sub(columns);
    format!("{drawn}{:indent$}{words}\n", "")
}

/// The layers that take longest.
fn slowest(roofline: &Roofline) -> Sheet {
    let heads = vec![
        Head::new("mark", text!("", ""), Role::Text),
        Head::new("layer", text!("layer", "层"), Role::Name),
        Head::new("bound", text!("bound", "瓶颈"), Role::Text),
        Head::new("intensity", text!("FLOPs/byte", "FLOPs/字节"), Role::Figure),
        Head::new("rate", text!("rate", "速率"), Role::Figure),
        Head::new("time", text!("time", "时间"), Role::Figure),
        Head::new("share", text!("share", "占比"), Role::Share),
    ];
    let line = |(mark, point): (char, &Point)| {
        let share = if roofline.seconds > 0.0 { point.seconds / roofline.seconds } else { 0.0 };
        vec![
            Cell::Text(mark.to_string()),
            Cell::Name(point.name(), point.path.clone()),
            Cell::Named(point.bound.name(), point.bound.text()),
            Cell::Quantity(point.intensity, QuantityUnit::Ratio),
            Cell::Text(rate(point.flops_per_second, "FLOP/s")),
            Cell::Quantity(point.seconds, QuantityUnit::Seconds),
            Cell::Share(share),
        ]
    };
    Sheet::of(heads, MARKS.chars().zip(&roofline.points).map(line).collect())
}
