//! Charts for the terminal, as wide as it is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::notes::elided;
use super::{Comparison, Costs, Roofline};
use crate::report::Style;
use crate::report::draw::Kind;
use crate::report::sheet::Title;
use crate::report::terminal::heading;
use crate::report::wrap::{folded, wrapped};
use crate::text::Text;

mod comparison;
mod cost;
mod plot;
mod roofline;

/// What layers cost, as bars, with the cumulated share as dots.
pub fn cost(costs: &Costs, style: Style) -> String {
    cost::draw(costs, style)
}

/// Layers under the roof of a device.
pub fn roofline(roofline: &Roofline, style: Style) -> String {
    roofline::draw(roofline, style)
}

/// Networks beside each other.
pub fn comparison(comparison: &Comparison, style: Style) -> String {
    comparison::draw(comparison, style)
}

/// What a chart is of and what it shows.
fn head(name: &str, about: &[&Text], style: Style) -> String {
    let about: Vec<Text> = about.iter().map(|text| (*text).clone()).collect();
    let words = about.iter().map(|text| text.get(style.language)).collect::<Vec<_>>().join(" · ");
    if name.width() + words.width() + 4 <= style.width {
        return heading(&Title { name: name.to_owned(), about, status: None }, style);
    }
    // Names are broken where a line is too short for them.
    let (on, off) = style.bold();
    let lines = |words: &str| folded(words, style.width.saturating_sub(1)).replace('\n', "\n ");
    format!(" {on}{}{off}\n {}\n\n", lines(name), lines(&words))
}

/// What is to be said below it.
fn remarks(remarks: &[Text], style: Style) -> String {
    let lines = remarks.iter().map(|remark| wrapped(remark.get(style.language), style.width));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// As much of a name as has room in so many columns.
fn shortened(name: &str, columns: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "columns of a terminal are few")]
    let (room, wide) = (columns as f64, |c: char| c.width().unwrap_or(0) as f64);
    elided(name, room, wide)
}

/// The color of a kind, as in tables: blue convolutions, red pools, yellow softmax.
fn color(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Convolution => Some(34),
        Kind::Linear | Kind::Attention => Some(36),
        Kind::Normalization => Some(35),
        Kind::Pooling => Some(31),
        Kind::Softmax => Some(33),
        Kind::Merge => Some(32),
        Kind::End | Kind::Activation | Kind::Rearrangement | Kind::Unknown | Kind::Block => None,
    }
}

/// Signs, those next to each other that have one color together, without spaces at the end.
fn painted(signs: &[(char, Option<u8>)], style: Style) -> String {
    let end = signs.iter().rposition(|(sign, _)| *sign != ' ').map_or(0, |last| last + 1);
    let mut text = String::new();
    for run in signs[..end].chunk_by(|(_, one), (_, other)| one == other) {
        let signs: String = run.iter().map(|(sign, _)| sign).collect();
        match run[0].1.filter(|_| style.color) {
            Some(color) => text.push_str(&format!("\u{1b}[{color}m{signs}\u{1b}[0m")),
            None => text.push_str(&signs),
        }
    }
    text
}
