//! What is alive over the order of execution, as steps, with the parts of the network below and the tensors of the peak.

use super::canvas::{Anchor, Area, Canvas, EDGE, Paint, Stroke, WIDTH};
use super::measure::Letters;
use super::parts::{head, notes, rounds};
use crate::report::chart::notes::trimmed;
use crate::report::chart::{Alive, Options, Part, Timeline};
use crate::report::figures::{bytes, percent};
use crate::text;

/// How high the steps are.
const HEIGHT: f64 = 230.0;

/// The longest name of a part that stands upright.
const UPRIGHT: f64 = 110.0;

/// Names that stand upright are so far apart.
const LINE: f64 = 13.0;

/// A tensor and the next are so far apart.
const ROW: f64 = 18.0;

/// The color of what is alive, and of the peak.
const ALIVE: &str = "#2f6fc4";
const PEAK: &str = "#c43d36";

/// Draws steps.
pub(super) fn draw(timeline: &Timeline, options: &Options<'_>) -> String {
    let mut canvas = Canvas::new(options);
    let heading = timeline.heading();
    let top = head(&mut canvas, &timeline.title, &[&heading, &timeline.about]) + 18.0;
    let highest = as_float(timeline.peak.bytes);
    let marks: Vec<_> = rounds(highest, 5.0).into_iter().map(|number| (number, mark(number))).collect();
    let margin = marks.iter().map(|(_, words)| Letters::FAINT.width(words)).fold(0.0, f64::max);
    let x = EDGE + margin + 8.0;
    let plot = Area { x, y: top, width: WIDTH - EDGE - x, height: HEIGHT };
    let below = parts(&mut canvas, timeline, plot);
    for (number, words) in &marks {
        let y = plot.bottom() - part(*number, highest) * plot.height;
        canvas.line((plot.x, y), (plot.right(), y), Stroke::GRID);
        canvas.text((plot.x - 6.0, y + 4.0), Anchor::End, Letters::FAINT, words);
    }
    steps(&mut canvas, timeline, plot);
    peak(&mut canvas, timeline, plot);
    canvas.line((plot.x, plot.bottom()), (plot.right(), plot.bottom()), Stroke::AXIS);
    let y = alive(&mut canvas, timeline, below + 22.0);
    let height = notes(&mut canvas, y, &[]);
    let title = format!("{}: {}", timeline.title, canvas.say(heading));
    let about = canvas.say(at_peak(timeline));
    canvas.finish(height, &title, &about)
}

/// The most is alive here.
fn at_peak(timeline: &Timeline) -> text::Text {
    let (peak, path) = (bytes(timeline.peak.bytes), &timeline.peak_path);
    text!("{peak} while {path} is executed", "执行 {path} 时为 {peak}")
}

fn mark(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below the peak")]
    let words = bytes(number as u128);
    if number == 0.0 { "0".to_owned() } else { trimmed(&words) }
}

/// Where a step begins.
fn column(step: usize, timeline: &Timeline, plot: Area) -> f64 {
    plot.x + part(as_float(step as u128), as_float(timeline.count as u128)) * plot.width
}

/// What is alive, as an area and the line around it.
fn steps(canvas: &mut Canvas, timeline: &Timeline, plot: Area) {
    let highest = as_float(timeline.peak.bytes);
    let mut points = vec![];
    let ends = timeline.steps.iter().skip(1).map(|step| step.at).chain([timeline.count]);
    for (step, end) in timeline.steps.iter().zip(ends) {
        let y = plot.bottom() - part(as_float(step.bytes), highest) * plot.height;
        points.push((column(step.at, timeline, plot), y));
        points.push((column(end, timeline, plot), y));
    }
    let line = points.clone();
    points.extend([(plot.right(), plot.bottom()), (plot.x, plot.bottom())]);
    canvas.shape(&points, Paint::Color(ALIVE, 0.25));
    canvas.path(&line, Stroke { paint: Paint::Color(ALIVE, 1.0), width: 1.5, is_dashed: false });
}

/// Where the most is alive.
fn peak(canvas: &mut Canvas, timeline: &Timeline, plot: Area) {
    let [from, to] = [0, 1].map(|more| column(timeline.peak.at + more, timeline, plot));
    let x = f64::midpoint(from, to);
    let stroke = Stroke { paint: Paint::Color(PEAK, 1.0), width: 1.5, is_dashed: true };
    canvas.line((x, plot.y), (x, plot.bottom()), stroke);
    let size = 5.0;
    let diamond = [(x - size, plot.y), (x, plot.y - size), (x + size, plot.y), (x, plot.y + size)];
    canvas.shape(&diamond, Paint::Color(PEAK, 1.0));
    let words = canvas.say(text!("peak", "峰值")) + " " + &bytes(timeline.peak.bytes);
    let half = Letters::BOLD.width(&words) / 2.0;
    let x = x.clamp(EDGE + half, WIDTH - EDGE - half);
    canvas.text((x, plot.y - 10.0), Anchor::Middle, Letters::BOLD, &words);
}

/// The parts of the network as fields behind the steps, with their names below; how far down these reach.
fn parts(canvas: &mut Canvas, timeline: &Timeline, plot: Area) -> f64 {
    let field = |part: &Part| {
        let [x, right] = [part.from, part.to].map(|step| column(step, timeline, plot));
        Area { x, y: plot.y, width: right - x, height: plot.height }
    };
    let fields: Vec<_> = timeline.parts.iter().map(|part| (part, field(part))).collect();
    let drawn: Vec<_> = fields.iter().filter(|(_, field)| field.width >= 1.0).collect();
    for (index, (part, field)) in drawn.iter().enumerate() {
        if index % 2 == 1 {
            canvas.open("part", &part.name);
            canvas.rectangle(*field, Paint::Text(0.06));
            canvas.close();
        }
    }
    names(canvas, &fields, plot)
}

/// The names of parts below them: flat where the part is wide enough, else upright, if it is wide enough for that; how far down
/// they reach.
fn names(canvas: &mut Canvas, fields: &[(&Part, Area)], plot: Area) -> f64 {
    let letters = Letters::FAINT;
    let (mut free, mut lowest) = (plot.x - 2.0, plot.bottom() + 4.0);
    for (part, field) in fields {
        let (middle, width) = (field.x + field.width / 2.0, letters.width(&part.name));
        let is_flat = width + 6.0 <= field.width;
        let half = if is_flat { width / 2.0 } else { LINE / 2.0 };
        if middle - half < free || middle + half > WIDTH {
            continue;
        }
        free = middle + half;
        if is_flat {
            canvas.text((middle, plot.bottom() + 16.0), Anchor::Middle, letters, &part.name);
            lowest = f64::max(lowest, plot.bottom() + 20.0);
        } else {
            let name = letters.shortened(&part.name, UPRIGHT);
            canvas.turned((middle + 4.0, plot.bottom() + 6.0), -90.0, Anchor::End, letters, &name);
            lowest = f64::max(lowest, plot.bottom() + 10.0 + letters.width(&name));
        }
    }
    lowest
}

/// The tensors of the peak, largest first; how far down they reach.
fn alive(canvas: &mut Canvas, timeline: &Timeline, mut y: f64) -> f64 {
    const GAP: f64 = 12.0;
    let path = &timeline.peak_path;
    let title = canvas.say(text!("alive while {path} is executed", "执行 {path} 时存活"));
    let title = Letters::BOLD.shortened(&title, WIDTH - 2.0 * EDGE);
    canvas.text((EDGE, y), Anchor::Start, Letters::BOLD, &title);
    let (letters, whole) = (Letters::PLAIN, as_float(timeline.peak.bytes));
    let line = |tensor: &Alive| {
        let what = letters.shortened(&canvas.say(tensor.what.clone()), 140.0);
        (letters.shortened(&tensor.path, 300.0), what, bytes(tensor.bytes))
    };
    let lines: Vec<_> = timeline.alive.iter().map(line).collect();
    let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
    let names = widest(&mut lines.iter().map(|(name, ..)| letters.width(name)));
    let shapes = widest(&mut lines.iter().map(|(_, what, _)| letters.width(what)));
    let sizes = widest(&mut lines.iter().map(|(.., size)| letters.width(size)));
    let middle = EDGE + names + GAP;
    let bars = middle + shapes + GAP + sizes + GAP;
    for (tensor, (name, what, size)) in timeline.alive.iter().zip(&lines) {
        y += ROW;
        canvas.open("tensor", &format!("{} {what}: {size}", tensor.path));
        canvas.text((EDGE, y), Anchor::Start, letters, name);
        canvas.text((middle, y), Anchor::Start, letters, what);
        canvas.text((bars - GAP, y), Anchor::End, letters, size);
        let share = part(as_float(tensor.bytes), whole);
        let width = f64::max(share * (WIDTH - EDGE - bars - 60.0), 0.75);
        canvas.rectangle(Area { x: bars, y: y - 10.0, width, height: 11.0 }, Paint::Color(ALIVE, 0.6));
        canvas.text((bars + width + 6.0, y), Anchor::Start, letters, &percent(share));
        canvas.close();
    }
    if let Some((count, size)) = timeline.more {
        y += ROW;
        let size = bytes(size);
        let more = canvas.say(text!("and {count} more of {size} together", "另有 {count} 个,共 {size}"));
        canvas.text((EDGE, y), Anchor::Start, Letters::FAINT, &more);
    }
    y
}

fn part(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn as_float(number: u128) -> f64 {
    number as f64
}
