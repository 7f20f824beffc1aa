//! Networks beside each other, a group of bars for each figure.

use unicode_width::UnicodeWidthStr;

use super::{head, painted, remarks, shortened};
use crate::report::Style;
use crate::report::chart::{Comparison, Group};
use crate::report::figures::bar;
use crate::text;

/// The widest column of names, and the widest bars.
const NAMES: usize = 30;
const WIDEST: usize = 80;

/// Narrower bars have lines of their own.
const BARS: usize = 5;

/// Blue.
const OTHERS: u8 = 34;

/// Draws groups of bars.
pub(super) fn draw(comparison: &Comparison, style: Style) -> String {
    let (title, heading) = (comparison.networks.join(", "), comparison.heading());
    let mut text = head(&title, &[&heading, &comparison.about], style);
    let groups: Vec<_> = comparison.groups.iter().map(|group| draw_group(group, comparison, style)).collect();
    text.push_str(&groups.join("\n"));
    text + &remarks(&comparison.notes, style)
}

/// A figure of all networks.
fn draw_group(group: &Group, comparison: &Comparison, style: Style) -> String {
    let (on, off) = style.bold();
    let mut text = format!(" {on}{}{off}\n", group.metric.words.get(style.language));
    let labels: Vec<_> = (0..group.sides.len()).map(|index| label(group, index, style)).collect();
    let widest = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let names = comparison.networks.iter().map(|name| name.width()).max().unwrap_or(0).min(NAMES);
    let names = names.min(style.width / 3);
    let is_beside = 1 + names + 2 + BARS + 1 + widest <= style.width;
    let bars =
        if is_beside { style.width - (1 + names + 2 + 1 + widest) } else { style.width.saturating_sub(1) };
    let bars = bars.clamp(1, WIDEST);
    for (index, (name, label)) in comparison.networks.iter().zip(&labels).enumerate() {
        let drawn = drawn(group, index, bars, style);
        if is_beside {
            let name = shortened(name, names);
            let pad = names - name.width();
            text.push_str(&format!(" {name}{:pad$}  {drawn} {label}\n", ""));
        } else {
            let room = style.width.saturating_sub(1);
            text.push_str(&format!(" {}\n {drawn}\n {}\n", shortened(name, room), shortened(label, room)));
        }
    }
    text
}

/// What stands behind a bar.
fn label(group: &Group, index: usize, style: Style) -> String {
    match &group.sides[index] {
        Some(side) => side.label(index == 0),
        None => text!("unknown", "未知").get(style.language).to_owned(),
    }
}

/// The bar of a network; nothing of what it has none of.
fn drawn(group: &Group, index: usize, width: usize, style: Style) -> String {
    let amount = group.sides[index].as_ref().map_or(0.0, |side| side.amount);
    if amount <= 0.0 {
        return String::new();
    }
    let color = (index > 0).then_some(OTHERS);
    let signs: Vec<_> = bar(amount / group.largest(), width).chars().map(|sign| (sign, color)).collect();
    painted(&signs, style)
}
