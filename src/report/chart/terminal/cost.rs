//! Bars of what layers cost, in as many columns as there is room for.

use unicode_width::UnicodeWidthStr;

use super::{color, head, painted, remarks, shortened};
use crate::report::Style;
use crate::report::chart::{Bar, Costs};
use crate::report::draw::Kind;
use crate::report::figures::bar;
use crate::text;

/// The narrowest and the widest column of names, and the widest bars.
const NAMES: (usize, usize) = (8, 40);
const WIDEST: usize = 100;

/// Bars are no narrower while there are figures that could give way.
const BARS: usize = 8;

/// What the dots of the cumulated share are drawn with.
const DOT: char = '·';

/// Columns of a line: the name, figures, the bar.
struct Columns {
    names: usize,
    /// The widths of the figures that are shown, the first so many.
    figures: Vec<usize>,
    bars: usize,
}

/// Draws bars.
pub(super) fn draw(costs: &Costs, style: Style) -> String {
    let heading = costs.heading();
    let mut text = head(&costs.title, &[&heading, &costs.about], style);
    if costs.bars.is_empty() {
        let nothing = text!("there is nothing to draw", "没有可画的内容");
        return text.trim_end().to_owned() + "\n" + &remarks(&[nothing], style);
    }
    let figure = costs.metric.words.get(style.language);
    let headings = [text!("layer", "层"), text!("share", "占比"), text!("cumulated", "累计")];
    let [layer, share, cumulated] = headings.each_ref().map(|heading| heading.get(style.language));
    let headings = [figure, share, cumulated];
    let columns = Columns::of(costs, layer, &headings, style);
    let (on, off) = style.bold();
    let words = line(layer, &headings.map(str::to_owned), &columns);
    text.push_str(&format!("{on}{}{off}\n", words.trim_end()));
    let largest = costs.bars.iter().filter_map(|bar| bar.amount.number()).fold(0.0, f64::max);
    for bar in &costs.bars {
        let name = bar.name();
        text.push_str(&line(name.get(style.language), &cells(bar), &columns));
        text.push_str(&drawn(bar, largest, columns.bars, style));
        text.push('\n');
    }
    let mut notes = vec![];
    if columns.bars >= BARS {
        notes.push(text!(
            "{DOT} cumulated share, 100 % at the right end; the longest bar is the largest part",
            "{DOT} 累计占比,右端为 100 %;最长的条为最大的部分"
        ));
    }
    notes.extend(costs.notes.iter().cloned());
    text + &remarks(&notes, style)
}

/// What stands beside a bar.
fn cells(bar: &Bar) -> [String; 3] {
    [bar.written.clone(), format!("{:.1} %", bar.share * 100.0), format!("{:.1} %", bar.cumulated * 100.0)]
}

impl Columns {
    fn of(costs: &Costs, layer: &str, headings: &[&str; 3], style: Style) -> Self {
        let names = costs.bars.iter().map(|bar| bar.name().get(style.language).width());
        let names = names.chain([layer.width()]).max().unwrap_or(0).min(NAMES.1);
        let width = |column: usize| {
            let cells = costs.bars.iter().map(|bar| cells(bar)[column].width());
            cells.chain([headings[column].width()]).max().unwrap_or(0)
        };
        let mut figures: Vec<_> = (0..3).map(width).collect();
        // Each has two columns of space before it, and the name one.
        let room = style.width.saturating_sub(3);
        let taken = |figures: &[usize]| figures.iter().map(|width| width + 2).sum::<usize>();
        while !figures.is_empty() && taken(&figures) + names.min(NAMES.0) + BARS > room {
            figures.pop();
        }
        let room = room.saturating_sub(taken(&figures)).max(2);
        let names = names.min(share_of_names(room));
        Self { names, figures, bars: (room - names).min(WIDEST) }
    }
}

/// What of some room names may take, bars being left the larger part of what is scarce.
fn share_of_names(room: usize) -> usize {
    (room - room.div_ceil(2)).max(room.saturating_sub(WIDEST / 2)).max(1)
}

/// The name and the figures of a line, with the space before the bar.
fn line(name: &str, figures: &[String; 3], columns: &Columns) -> String {
    let name = shortened(name, columns.names);
    let pad = columns.names.saturating_sub(name.width());
    let mut line = format!(" {name}{:pad$}", "");
    for (figure, width) in figures.iter().zip(&columns.figures) {
        let pad = (width + 2).saturating_sub(figure.width());
        line.push_str(&format!("{:pad$}{figure}", ""));
    }
    line + "  "
}

/// A bar in the colors of its kinds, and where it lies the dot of the cumulated share.
fn drawn(of: &Bar, largest: f64, width: usize, style: Style) -> String {
    let length = of.amount.number().unwrap_or(0.0) / largest;
    let kind = |column: usize| kind_at(of, as_float(column) / (length * as_float(width)));
    let sign = |(column, sign)| (sign, kind(column).and_then(color).filter(|_| sign != ' '));
    let mut signs: Vec<_> = bar(length, width).chars().enumerate().map(sign).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is from 0 to 1")]
    let dot = (of.cumulated * as_float(width)).ceil() as usize;
    if let Some(sign) = signs.get_mut(dot.saturating_sub(1)).filter(|(sign, _)| *sign == ' ' && width >= BARS)
    {
        *sign = (DOT, None);
    }
    painted(&signs, style)
}

/// The kind that a part of a bar is of.
fn kind_at(bar: &Bar, part: f64) -> Option<Kind> {
    let mut sum = 0.0;
    let found = bar.kinds.iter().find(|(_, share)| {
        sum += share;
        part < sum
    });
    found.or(bar.kinds.last()).map(|(kind, _)| *kind)
}

#[expect(clippy::cast_precision_loss, reason = "columns of a terminal are few")]
fn as_float(columns: usize) -> f64 {
    columns as f64
}
