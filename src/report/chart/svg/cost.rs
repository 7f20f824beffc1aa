//! Bars of what layers cost, one below the other, with the cumulated share as a line through them.

use super::canvas::{Anchor, Area, Canvas, EDGE, Paint, Stroke, WIDTH};
use super::measure::Letters;
use super::parts::{head, legend, notes, rounds, swatch};
use crate::metric::Measure;
use crate::report::chart::notes::{glance, trimmed};
use crate::report::chart::{Bar, Costs, Options};
use crate::report::figures::percent;
use crate::text;

/// A bar and the next are so far apart.
const ROW: f64 = 20.0;

/// How thick a bar is.
const BAR: f64 = 13.0;

/// The widest column of names.
const NAMES: f64 = 240.0;

/// The least that is left for bars.
const NARROWEST: f64 = 150.0;

/// What lies between columns.
const GAP: f64 = 12.0;

/// Where everything lies.
struct Layout {
    names: Vec<String>,
    /// Where bars are, with the marks of the axes above and below.
    plot: Area,
    /// The right edges of the columns of figures.
    columns: [f64; 3],
    headings: [String; 3],
}

/// Draws bars.
pub(super) fn draw(costs: &Costs, options: &Options<'_>) -> String {
    let mut canvas = Canvas::new(options);
    let heading = costs.heading();
    let mut y = head(&mut canvas, &costs.title, &[&heading, &costs.about]);
    if costs.bars.is_empty() {
        let nothing = text!("there is nothing to draw", "没有可画的内容");
        let height = notes(&mut canvas, y, &[nothing]);
        return finish(canvas, height, costs);
    }
    let line = canvas.say(text!("cumulated share", "累计占比"));
    let kinds =
        costs.kinds().into_iter().map(|kind| (Some(kind), kind.words().get(options.language).to_owned()));
    let entries: Vec<_> = kinds.chain([(None, line)]).collect();
    y = legend(&mut canvas, y + 6.0, &entries, |canvas, kind, at| {
        if let Some(kind) = kind {
            swatch(canvas, *kind, at);
        } else {
            canvas.line((at.0 - 8.0, at.1), (at.0 + 8.0, at.1), LINE);
            dot(canvas, at);
        }
    });
    let layout = Layout::of(costs, &canvas, y + 22.0);
    axes(&mut canvas, costs, &layout);
    for (index, bar) in costs.bars.iter().enumerate() {
        row(&mut canvas, bar, costs.largest(), &layout, index);
    }
    cumulated(&mut canvas, costs, &layout);
    let height = notes(&mut canvas, layout.plot.bottom() + 22.0, &costs.notes);
    finish(canvas, height, costs)
}

/// The cumulated share.
const LINE: Stroke = Stroke { paint: Paint::Text(0.85), width: 1.5, is_dashed: false };

fn finish(canvas: Canvas, height: f64, costs: &Costs) -> String {
    let title = format!("{}: {}", costs.title, canvas.say(costs.heading()));
    let mut bars: Vec<&Bar> = costs.bars.iter().collect();
    bars.sort_by(|a, b| b.share.total_cmp(&a.share));
    let largest = bars.iter().take(5).map(|bar| {
        let (name, written, share) = (canvas.say(bar.name()), &bar.written, percent(bar.share));
        format!("{name}: {written}, {share}")
    });
    let about = largest.collect::<Vec<_>>().join("; ");
    canvas.finish(height, &title, &about)
}

impl Costs {
    fn largest(&self) -> f64 {
        self.bars.iter().filter_map(|bar| bar.amount.number()).fold(0.0, f64::max)
    }
}

impl Layout {
    fn of(costs: &Costs, canvas: &Canvas, top: f64) -> Self {
        let letters = Letters::PLAIN;
        let headings = [
            canvas.say(costs.metric.words),
            canvas.say(text!("share", "占比")),
            canvas.say(text!("cumulated", "累计")),
        ];
        let width = |column: usize| {
            let cells = costs.bars.iter().map(|bar| letters.width(&cells(bar)[column])).fold(0.0, f64::max);
            f64::max(cells, Letters::FAINT.width(&headings[column]))
        };
        let third = WIDTH - EDGE;
        let second = third - width(2) - GAP;
        let first = second - width(1) - GAP;
        // The last mark of the axis stands half behind it.
        let right = first - width(0) - GAP - Letters::FAINT.width("100 %") / 2.0;
        let room = f64::min(NAMES, right - EDGE - GAP - NARROWEST);
        let names: Vec<_> =
            costs.bars.iter().map(|bar| letters.shortened(&canvas.say(bar.name()), room)).collect();
        let x = EDGE + GAP + names.iter().map(|name| letters.width(name)).fold(0.0, f64::max);
        #[expect(clippy::cast_precision_loss, reason = "bars are few")]
        let height = costs.bars.len() as f64 * ROW;
        let plot = Area { x, y: top, width: right - x, height };
        Self { names, plot, columns: [first, second, third], headings }
    }
}

/// What stands beside a bar.
fn cells(bar: &Bar) -> [String; 3] {
    [bar.written.clone(), format!("{:.1} %", bar.share * 100.0), format!("{:.1} %", bar.cumulated * 100.0)]
}

/// The axis of the cumulated share above the bars, that of the figure below.
fn axes(canvas: &mut Canvas, costs: &Costs, layout: &Layout) {
    let plot = layout.plot;
    for (x, heading) in layout.columns.iter().zip(&layout.headings) {
        canvas.text((*x, plot.y - 6.0), Anchor::End, Letters::FAINT, heading);
    }
    for (part, words) in [(0.0, "0"), (0.5, "50 %"), (1.0, "100 %")] {
        let x = plot.x + part * plot.width;
        canvas.line((x, plot.y - 4.0), (x, plot.y), Stroke::AXIS);
        canvas.text((x, plot.y - 6.0), Anchor::Middle, Letters::FAINT, words);
    }
    canvas.line((plot.x, plot.y), (plot.right(), plot.y), Stroke::AXIS);
    canvas.line((plot.x, plot.bottom()), (plot.right(), plot.bottom()), Stroke::AXIS);
    let largest = costs.largest();
    let mut free = f64::NEG_INFINITY;
    for number in rounds(largest, 5.0) {
        let x = plot.x + number / largest * plot.width;
        canvas.line((x, plot.y), (x, plot.bottom() + 4.0), Stroke::GRID);
        let words = mark(costs, number);
        let half = Letters::FAINT.width(&words) / 2.0;
        if x - half > free && x + half < plot.right() + GAP {
            canvas.text((x, plot.bottom() + 16.0), Anchor::Middle, Letters::FAINT, &words);
            free = x + half + 4.0;
        }
    }
}

/// A number on the axis of the figure.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is as a count is written")]
fn mark(costs: &Costs, number: f64) -> String {
    let measure = match costs.total {
        Measure::Count(_) => Measure::Count(number as u128),
        Measure::Ratio(..) | Measure::Real(_) | Measure::Sizes(_) | Measure::Truth(_) | Measure::Word(..) => {
            Measure::Real(number)
        }
    };
    if number == 0.0 { "0".to_owned() } else { trimmed(&glance(costs.metric, &measure)) }
}

/// A bar with its name and its figures.
fn row(canvas: &mut Canvas, bar: &Bar, largest: f64, layout: &Layout, index: usize) {
    #[expect(clippy::cast_precision_loss, reason = "bars are few")]
    let top = layout.plot.y + index as f64 * ROW;
    let baseline = top + ROW / 2.0 + 4.0;
    let cells = cells(bar);
    let name = canvas.say(bar.name());
    canvas.open("bar", &format!("{name}: {}, {} ({})", cells[0], cells[1], cells[2]));
    canvas.text((EDGE, baseline), Anchor::Start, Letters::PLAIN, &layout.names[index]);
    let whole = bar.amount.number().unwrap_or(0.0) / largest * layout.plot.width;
    let mut x = layout.plot.x;
    for (kind, part) in &bar.kinds {
        // What is there is seen, however little it is.
        let width = if bar.kinds.len() == 1 { f64::max(whole, 0.75) } else { whole * part };
        canvas.field(Area { x, y: top + (ROW - BAR) / 2.0, width, height: BAR }, *kind);
        x += width;
    }
    for (x, cell) in layout.columns.iter().zip(&cells) {
        canvas.text((*x, baseline), Anchor::End, Letters::PLAIN, cell);
    }
    canvas.close();
}

/// The line of the cumulated share.
fn cumulated(canvas: &mut Canvas, costs: &Costs, layout: &Layout) {
    let plot = layout.plot;
    #[expect(clippy::cast_precision_loss, reason = "bars are few")]
    let at = |(index, bar): (usize, &Bar)| {
        (plot.x + bar.cumulated * plot.width, plot.y + (index as f64 + 0.5) * ROW)
    };
    let points: Vec<_> =
        std::iter::once((plot.x, plot.y)).chain(costs.bars.iter().enumerate().map(at)).collect();
    canvas.path(&points, LINE);
    for point in &points[1..] {
        dot(canvas, *point);
    }
}

fn dot(canvas: &mut Canvas, (x, y): (f64, f64)) {
    canvas.shape(&[(x - 2.5, y), (x, y - 2.5), (x + 2.5, y), (x, y + 2.5)], Paint::Text(1.0));
}
