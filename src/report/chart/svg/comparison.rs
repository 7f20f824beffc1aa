//! Networks beside each other: a group of bars for each figure, each beside the first network's.

use super::canvas::{Anchor, Area, Canvas, EDGE, Paint, Stroke, WIDTH};
use super::measure::Letters;
use super::parts::{head, notes};
use crate::report::chart::{Comparison, Group, Options};
use crate::text;

/// A bar and the next are so far apart.
const ROW: f64 = 19.0;

/// How thick a bar is.
const BAR: f64 = 13.0;

/// The widest column of names.
const NAMES: f64 = 220.0;

/// The color of the networks that are held against the first.
const OTHERS: &str = "#2f6fc4";

/// Draws groups of bars.
pub(super) fn draw(comparison: &Comparison, options: &Options<'_>) -> String {
    let mut canvas = Canvas::new(options);
    let (heading, title) = (comparison.heading(), comparison.networks.join(", "));
    let mut y = head(&mut canvas, &title, &[&heading, &comparison.about]);
    let letters = Letters::PLAIN;
    let names: Vec<_> = comparison.networks.iter().map(|name| letters.shortened(name, NAMES)).collect();
    let left = EDGE + names.iter().map(|name| letters.width(name)).fold(0.0, f64::max) + 12.0;
    let labels = comparison.groups.iter().map(|group| widest(group, &canvas)).fold(0.0, f64::max);
    let plot = Area { x: left, y: 0.0, width: WIDTH - EDGE - labels - 8.0 - left, height: 0.0 };
    for group in &comparison.groups {
        y = draw_group(&mut canvas, group, &names, Area { y: y + 12.0, ..plot });
    }
    let height = notes(&mut canvas, y + 8.0, &comparison.notes);
    let about = comparison.groups.iter().map(|group| said(group, comparison, &canvas)).collect::<Vec<_>>();
    let title = format!("{title}: {}", canvas.say(heading));
    canvas.finish(height, &title, &about.join("; "))
}

/// What stands behind a bar.
fn label(group: &Group, index: usize, canvas: &Canvas) -> String {
    match &group.sides[index] {
        Some(side) => side.label(index == 0),
        None => canvas.say(text!("unknown", "未知")),
    }
}

fn widest(group: &Group, canvas: &Canvas) -> f64 {
    let labels = (0..group.sides.len()).map(|index| Letters::PLAIN.width(&label(group, index, canvas)));
    labels.fold(0.0, f64::max)
}

/// A figure of all networks; how far down it reaches.
fn draw_group(canvas: &mut Canvas, group: &Group, names: &[String], plot: Area) -> f64 {
    let words = canvas.say(group.metric.words);
    canvas.text((EDGE, plot.y + 4.0), Anchor::Start, Letters::BOLD, &words);
    let (top, largest) = (plot.y + 12.0, group.largest());
    #[expect(clippy::cast_precision_loss, reason = "networks are few")]
    let row = |index: usize| top + index as f64 * ROW;
    let length = |amount: f64| if largest > 0.0 { amount / largest * plot.width } else { 0.0 };
    let first = group.sides.first().and_then(|side| Some(plot.x + length(side.as_ref()?.amount)));
    for (index, (side, name)) in group.sides.iter().zip(names).enumerate() {
        let (y, label) = (row(index), label(group, index, canvas));
        let baseline = y + ROW / 2.0 + 4.0;
        canvas.open("bar", &format!("{name}: {words} {label}"));
        canvas.text((EDGE, baseline), Anchor::Start, Letters::PLAIN, name);
        let width = side.as_ref().map_or(0.0, |side| length(side.amount));
        let paint = if index == 0 { Paint::Text(0.45) } else { Paint::Color(OTHERS, 0.9) };
        let area = Area { x: plot.x, y: y + (ROW - BAR) / 2.0, width, height: BAR };
        canvas.rectangle(area, paint);
        let behind = plot.x + width + 6.0;
        canvas.text((behind, baseline), Anchor::Start, Letters::PLAIN, &label);
        canvas.close();
        // Where the first one ends, unless a figure stands there.
        let labeled = behind - 3.0..behind + Letters::PLAIN.width(&label) + 3.0;
        if let Some(x) = first.filter(|x| !labeled.contains(x)) {
            let stroke = Stroke { paint: Paint::Text(0.5), width: 1.0, is_dashed: true };
            canvas.line((x, y), (x, y + ROW), stroke);
        }
    }
    let bottom = row(group.sides.len());
    canvas.line((plot.x, top), (plot.x, bottom), Stroke::AXIS);
    bottom + 8.0
}

fn said(group: &Group, comparison: &Comparison, canvas: &Canvas) -> String {
    let sides = comparison.networks.iter().enumerate();
    let sides = sides.map(|(index, name)| format!("{name} {}", label(group, index, canvas)));
    format!("{}: {}", canvas.say(group.metric.words), sides.collect::<Vec<_>>().join(", "))
}
