//! Layers under a roof: both axes logarithmic, a mark for each layer by what sets its time, the slowest named where there is room.

use super::canvas::{Anchor, Area, Canvas, EDGE, Paint, Stroke, WIDTH};
use super::labels::Labels;
use super::measure::Letters;
use super::parts::{head, legend, notes, swatch};
use crate::analyze::measured::MeasuredBound;
use crate::report::chart::notes::trimmed;
use crate::report::chart::roofline::rate;
use crate::report::chart::scale::{Scale, plain};
use crate::report::chart::{Options, Point, Roof, Roofline};
use crate::report::draw::Kind;
use crate::report::figures::{digits, percent, seconds};
use crate::text;
use crate::text::Text;

/// How high the axes are.
const HEIGHT: f64 = 380.0;

/// The most layers that are named.
const NAMED: usize = 16;

/// How far from the roof stands what is said of it: layers may lie on it.
const OFF: f64 = 16.0;

/// The longest name.
const LONGEST: f64 = 170.0;

/// Where everything lies.
struct Layout {
    plot: Area,
    intensities: Scale,
    rates: Scale,
}

/// Draws layers and a roof.
pub(super) fn draw(roofline: &Roofline, options: &Options<'_>) -> String {
    let mut canvas = Canvas::new(options);
    let heading = roofline.heading();
    let mut y = head(&mut canvas, &roofline.title, &[&heading, &roofline.about]);
    y = signs(&mut canvas, roofline, y + 6.0);
    let kinds: Vec<_> = roofline.kinds();
    let kinds: Vec<_> =
        kinds.into_iter().map(|kind| (kind, kind.words().get(options.language).to_owned())).collect();
    y = legend(&mut canvas, y + 2.0, &kinds, |canvas, kind, at| swatch(canvas, *kind, at));
    let layout = Layout::of(roofline, y + 14.0);
    axes(&mut canvas, &layout);
    let mut labels = Labels::within(layout.plot);
    roof(&mut canvas, &roofline.roof, &layout, &mut labels);
    points(&mut canvas, roofline, &layout, &mut labels);
    let height = notes(&mut canvas, layout.plot.bottom() + 46.0, &roofline.notes);
    let title = format!("{}: {}", roofline.title, canvas.say(heading));
    let slowest = roofline.points.iter().take(5).map(|point| canvas.say(said(point, roofline)));
    let about = slowest.collect::<Vec<_>>().join("; ");
    canvas.finish(height, &title, &about)
}

/// What the marks mean.
fn signs(canvas: &mut Canvas, roofline: &Roofline, y: f64) -> f64 {
    let bounds = roofline.bounds().into_iter().map(|bound| {
        let words = bound.text();
        let words = match bound {
            MeasuredBound::Overhead => {
                text!("overhead: below a quarter of the roof", "开销:未达到屋顶线的四分之一")
            }
            MeasuredBound::Compute | MeasuredBound::Memory => {
                text!("bound by {words}", "受{words:#}限制")
            }
        };
        (Some(bound), canvas.say(words))
    });
    let bounds: Vec<_> = bounds.collect();
    let larger = (None, canvas.say(text!("larger: takes longer", "越大:耗时越长")));
    let entries: Vec<_> = bounds.into_iter().chain([larger]).collect();
    legend(canvas, y, &entries, |canvas, bound, (x, y)| match bound {
        Some(bound) => {
            let (points, is_hollow) = shape(*bound, (x, y), 5.0);
            canvas.mark(&points, Kind::Block, is_hollow);
        }
        None => {
            for (x, size) in [(x - 5.0, 2.5), (x + 3.0, 5.0)] {
                let (points, _) = shape(MeasuredBound::Compute, (x, y), size);
                canvas.mark(&points, Kind::Block, true);
            }
        }
    })
}

/// The outline of a mark, and whether it is hollow.
fn shape(bound: MeasuredBound, (x, y): (f64, f64), size: f64) -> (Vec<(f64, f64)>, bool) {
    match bound {
        MeasuredBound::Compute => {
            let corner = |corner: i32| {
                let angle = f64::from(corner) * std::f64::consts::TAU / 16.0;
                (x + size * angle.cos(), y + size * angle.sin())
            };
            ((0..16).map(corner).collect(), false)
        }
        MeasuredBound::Memory => {
            let (half, low) = (size * 1.1, size * 0.8);
            (vec![(x, y - size * 1.2), (x + half, y + low), (x - half, y + low)], false)
        }
        MeasuredBound::Overhead => {
            let half = size * 0.9;
            (
                vec![(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)],
                true,
            )
        }
    }
}

impl Layout {
    fn of(roofline: &Roofline, top: f64) -> Self {
        let (points, roof) = (&roofline.points, &roofline.roof);
        let ridge = roof.ridge();
        let intensities =
            Scale::of(points.iter().map(|point| point.intensity).chain([ridge / 4.0, ridge * 4.0]));
        let rates = points.iter().map(|point| point.flops_per_second);
        // What is said of the roof stands above it.
        let rates = Scale::of(rates.chain([roof.flops_per_second * 1.6, roof.at(ridge / 4.0)]));
        let widest = rates.marks(12).into_iter().map(|mark| Letters::FAINT.width(&per_second(mark)));
        let x = EDGE + widest.fold(0.0, f64::max) + 8.0 + 20.0;
        let plot = Area { x, y: top, width: WIDTH - EDGE - 8.0 - x, height: HEIGHT };
        Self { plot, intensities, rates }
    }

    fn at(&self, intensity: f64, flops_per_second: f64) -> (f64, f64) {
        let x = self.plot.x + self.intensities.place(intensity) * self.plot.width;
        let y = self.plot.bottom() - self.rates.place(flops_per_second) * self.plot.height;
        (x, y)
    }
}

/// `200 GFLOP/s`.
fn per_second(flops: f64) -> String {
    trimmed(&rate(flops, "FLOP/s"))
}

/// The axes with their marks.
fn axes(canvas: &mut Canvas, layout: &Layout) {
    let Layout { plot, intensities, rates } = layout;
    let letters = Letters::FAINT;
    for mark in intensities.marks(14) {
        let x = plot.x + intensities.place(mark) * plot.width;
        canvas.line((x, plot.y), (x, plot.bottom() + 4.0), Stroke::GRID);
        canvas.text((x, plot.bottom() + 17.0), Anchor::Middle, letters, &plain(mark));
    }
    for mark in rates.marks(12) {
        let y = plot.bottom() - rates.place(mark) * plot.height;
        canvas.line((plot.x - 4.0, y), (plot.right(), y), Stroke::GRID);
        canvas.text((plot.x - 8.0, y + 4.0), Anchor::End, letters, &per_second(mark));
    }
    canvas.path(&[(plot.x, plot.y), (plot.x, plot.bottom()), (plot.right(), plot.bottom())], Stroke::AXIS);
    let below = canvas.say(text!("FLOPs for each byte read or written", "每读写一字节的 FLOPs"));
    canvas.text((plot.x + plot.width / 2.0, plot.bottom() + 36.0), Anchor::Middle, letters, &below);
    let beside = canvas.say(text!("FLOPs each second", "每秒 FLOPs"));
    canvas.turned((EDGE + 9.0, plot.y + plot.height / 2.0), -90.0, Anchor::Middle, letters, &beside);
}

/// The roof: bandwidth on the left, peak on the right.
fn roof(canvas: &mut Canvas, roof: &Roof, layout: &Layout, labels: &mut Labels) {
    const LIMIT: &str = "#c43d36";
    let (plot, peak) = (layout.plot, roof.flops_per_second);
    // Where the slope enters the picture, at its left or its lower edge.
    let left = f64::max(layout.intensities.least, layout.rates.least / roof.bytes_per_second);
    let start = layout.at(left, roof.at(left));
    let ridge = layout.at(roof.ridge(), peak);
    let end = (plot.right(), ridge.1);
    let stroke = Stroke { paint: Paint::Color(LIMIT, 1.0), width: 2.0, is_dashed: false };
    canvas.open("roof", &canvas.say(roof.name.clone()));
    canvas.path(&[start, ridge, end], stroke);
    canvas.line(ridge, (ridge.0, plot.bottom()), Stroke { is_dashed: true, width: 1.0, ..stroke });
    canvas.close();
    labels.avoid_line(start, ridge, 6.0);
    labels.avoid_line(ridge, end, 6.0);
    labels.avoid_line(ridge, (ridge.0, plot.bottom()), 6.0);
    let letters = Letters::FAINT;
    let flat = rate(peak, "FLOP/s");
    let width = letters.width(&flat);
    canvas.text((plot.right() - 4.0, ridge.1 - OFF), Anchor::End, letters, &flat);
    labels.avoid(Area { x: plot.right() - 4.0 - width, y: ridge.1 - OFF - 12.0, width, height: 15.0 });
    slope(canvas, &rate(roof.bytes_per_second, "B/s"), (start, ridge), labels);
    let at = trimmed(&digits(roof.ridge()));
    let words = canvas.say(text!("from {at} on, arithmetic is the limit", "自 {at} 起受计算限制"));
    let width = letters.width(&words);
    let (x, anchor) = if ridge.0 + 6.0 + width < plot.right() {
        (ridge.0 + 6.0, Anchor::Start)
    } else {
        (ridge.0 - 6.0, Anchor::End)
    };
    canvas.text((x, plot.bottom() - 7.0), anchor, letters, &words);
    let x = if matches!(anchor, Anchor::End) { x - width } else { x };
    labels.avoid(Area { x, y: plot.bottom() - 19.0, width, height: 16.0 });
}

/// What the slope of the roof stands for, along it.
fn slope(canvas: &mut Canvas, words: &str, (start, ridge): ((f64, f64), (f64, f64)), labels: &mut Labels) {
    let letters = Letters::FAINT;
    let (run, rise) = (ridge.0 - start.0, start.1 - ridge.1);
    let (width, length) = (letters.width(words), run.hypot(rise));
    if length <= width + 20.0 {
        return;
    }
    let middle = (f64::midpoint(start.0, ridge.0), f64::midpoint(start.1, ridge.1));
    let (x, y) = (middle.0 - OFF * rise / length, middle.1 - OFF * run / length);
    canvas.turned((x, y), -rise.atan2(run).to_degrees(), Anchor::Middle, letters, words);
    let half = width / 2.0 / length;
    labels.avoid_line((x - run * half, y + rise * half), (x + run * half, y - rise * half), 14.0);
}

/// The layers, the slowest last, so that it lies on top; then the names of the slowest.
fn points(canvas: &mut Canvas, roofline: &Roofline, layout: &Layout, labels: &mut Labels) {
    let place = |point: &Point| layout.at(point.intensity, point.flops_per_second);
    let size = |point: &Point| {
        let share = if roofline.seconds > 0.0 { point.seconds / roofline.seconds } else { 0.0 };
        3.2 + 9.0 * share.sqrt()
    };
    for point in roofline.points.iter().rev() {
        let ((x, y), size) = (place(point), size(point));
        let (outline, is_hollow) = shape(point.bound, (x, y), size);
        canvas.open("layer", &canvas.say(said(point, roofline)));
        canvas.mark(&outline, point.kind, is_hollow);
        canvas.close();
        labels.avoid(Area { x: x - size, y: y - size, width: 2.0 * size, height: 2.0 * size });
    }
    let letters = Letters::FAINT;
    for point in roofline.points.iter().take(NAMED) {
        let name = letters.shortened(&point.name(), LONGEST);
        let (at, width) = (place(point), letters.width(&name));
        // Layers at the peak lie side by side, and below them there is room.
        if !roofline.roof.is_measured && point.bound == MeasuredBound::Compute {
            if let Some(at) = labels.hang(at, size(point), width) {
                canvas.turned(at, -90.0, Anchor::End, letters, &name);
            }
            continue;
        }
        let Some(label) = labels.place(at, size(point), width) else { continue };
        if let Some(end) = label.leader {
            let stroke = Stroke { paint: Paint::Text(0.45), width: 0.8, is_dashed: false };
            canvas.line(at, end, stroke);
        }
        canvas.text(label.at, Anchor::Start, letters, &name);
    }
}

/// A layer in words.
fn said(point: &Point, roofline: &Roofline) -> Text {
    let (name, intensity) = (point.name(), digits(point.intensity));
    let (rate, time) = (rate(point.flops_per_second, "FLOP/s"), seconds(point.seconds));
    let share = percent(if roofline.seconds > 0.0 { point.seconds / roofline.seconds } else { 0.0 });
    let bound = point.bound.text();
    text!(
        "{name}: {intensity} FLOPs for each byte, {rate}, {time} ({share}), bound by {bound}",
        "{name}:每字节 {intensity} FLOPs,{rate},{time}({share}),瓶颈为{bound:#}"
    )
}
