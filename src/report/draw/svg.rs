//! A network as an SVG picture.

use std::collections::BTreeMap;

use super::heat::{is_dark, shade};
use super::layout::{AROUND, DETAIL_LINE, Drawing, Point, Rect, TITLE_LINE, Wire};
use super::scene::Thing;
use super::shape::{mark, number, outline};
use super::{Kind, Options, Scene, key, legend};
use crate::graph::{NodeId, Place};
use crate::report::Subject;
use crate::text;
use crate::text::Text;
use crate::text::markup::escaped;
use crate::working::grouped;

/// The most things that are drawn.
const MOST: usize = 20_000;

/// The room around the picture.
pub(super) const MARGIN: f64 = 16.0;

/// How far wires are rounded at their corners.
const ROUND: f64 = 5.0;

/// The stylesheet of what is no kind of thing: text, frames and wires.
pub const STYLE: &str = "text{font-family:'DejaVu Sans',Verdana,'Noto Sans CJK SC','Noto Sans SC',sans-serif;font-size:11.5px;\
fill:#1f2430}.node text{text-anchor:middle}.node .detail{font-size:9.5px;fill:#4b5563}.heading{font-size:14px;font-weight:bold}\
.note{font-size:11px;fill:#4b5563}.shape{stroke-width:1.2}.mark{fill:none;stroke-width:.8}.normalization .shape{stroke-dasharray:4 2}\
.unknown .shape{stroke-dasharray:2 2}.box>.shape{stroke:#94a3b8;stroke-width:1}.l1>.shape{fill:#f4f5f7}.l2>.shape{fill:#e9ebef}.l3>.shape{fill:#dfe2e8}.l4>.shape{fill:#d5d9e0}\
.box>text{fill:#475569;font-weight:bold;font-size:11px}.wire{fill:none;stroke:#5b6472;stroke-width:1.3}.arrow{fill:#5b6472}\
.warm .detail{fill:#1f2430}.hot text,.hot .detail{fill:#fff}";

/// A network as an SVG picture.
///
/// # Errors
/// If more would be drawn than anybody sees.
pub fn svg(subject: &Subject, options: &Options) -> Result<String, Text> {
    let scene = Scene::of(subject, options);
    let count = scene.things.len();
    if count > MOST {
        return Err(text!(
            "a picture of {count} layers and boxes is too large to draw: `--depth` opens fewer boxes; at most {MOST} are drawn",
            "要画的层与模块有 {count} 个,图过大:可用 `--depth` 少展开一些;最多画 {MOST} 个"
        ));
    }
    if let Some(heat) = options.heat.filter(|_| scene.most.is_none()) {
        let told = heat.told(subject, options.times.is_some());
        return Err(text!(
            "nothing here has any of it to be shaded by: {told}",
            "此处没有可用来着色的数值:{told:#}"
        ));
    }
    let drawing = Drawing::of(&scene, options.direction, options.columns);
    Ok(Picture { subject, options, scene: &scene, drawing: &drawing }.write())
}

struct Picture<'a> {
    subject: &'a Subject,
    options: &'a Options,
    scene: &'a Scene,
    drawing: &'a Drawing,
}

impl Picture<'_> {
    fn write(&self) -> String {
        let head =
            if self.options.embedded { vec![] } else { legend::head(self.subject, self.options.language) };
        let head_width = head.iter().map(|line| line.width).fold(0.0, f64::max);
        let width = self.drawing.width.max(head_width) + 2.0 * MARGIN;
        #[expect(clippy::cast_precision_loss, reason = "two lines")]
        let top = MARGIN + if head.is_empty() { 0.0 } else { 20.0 * head.len() as f64 + 6.0 };
        let bottom = top + self.drawing.height + MARGIN;
        let (legend, legend_height) = if self.options.embedded {
            (String::new(), 0.0)
        } else {
            legend::legend(self.subject, self.scene, self.options, bottom, width)
        };
        let (w, h) = (number(width), number(bottom + legend_height));
        let language = text!("en", "zh");
        let language = language.get(self.options.language);
        let label = escaped(&format!("{}: {}", self.subject.title, self.subject.shapes()));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             aria-label=\"{label}\" lang=\"{language}\">\n<title>{label}</title>\n"
        );
        if !self.options.embedded {
            svg.push_str(&format!("<style>{STYLE}{}</style>\n", kinds()));
            svg.push_str(&format!("<rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n"));
            for (line, y) in head.iter().zip([MARGIN + 12.0, MARGIN + 32.0]) {
                let (class, text) = (line.class, escaped(&line.text));
                svg.push_str(&format!(
                    "<text class=\"{class}\" x=\"{}\" y=\"{}\">{text}</text>\n",
                    number(MARGIN),
                    number(y)
                ));
            }
        }
        let left = (width - self.drawing.width) / 2.0;
        svg.push_str(&format!("<g transform=\"translate({} {})\">\n", number(left), number(top)));
        self.frames(&mut svg);
        self.wires(&mut svg);
        for (thing, rect) in self.scene.things.iter().zip(&self.drawing.things) {
            svg.push_str(&self.thing(thing, *rect));
        }
        svg.push_str("</g>\n");
        svg.push_str(&legend);
        svg.push_str("</svg>\n");
        svg
    }

    fn frames(&self, svg: &mut String) {
        for (frame, rect) in self.scene.frames.iter().zip(&self.drawing.frames).skip(1) {
            let place = Place::Box(frame.scope);
            let level = self.scene.level(frame).min(4);
            let (x, y) = (number(rect.x + 9.0), number(rect.y + 14.5));
            let tip = self.tip(&self.subject.graph().scope_path(frame.scope), place);
            svg.push_str(&format!(
                "<g class=\"box l{level}\" data-place=\"{}\"><title>{tip}</title><path class=\"shape\" d=\"{}\"/><text x=\"{x}\" y=\"{y}\">{}</text></g>\n",
                key(place),
                outline(Kind::Block, *rect),
                escaped(&frame.heading())
            ));
        }
    }

    fn wires(&self, svg: &mut String) {
        let mut tensors: BTreeMap<NodeId, (String, String)> = BTreeMap::new();
        for wire in &self.drawing.wires {
            let (lines, arrows) = tensors.entry(wire.tensor).or_default();
            lines.push_str(&line(&wire.points));
            arrows.push_str(&arrow(wire));
        }
        for (tensor, (lines, arrows)) in tensors {
            svg.push_str(&format!(
                "<g class=\"tensor\" data-tensor=\"{}\"><path class=\"wire\" d=\"{lines}\"/>",
                key(Place::Node(tensor))
            ));
            if !arrows.is_empty() {
                svg.push_str(&format!("<path class=\"arrow\" d=\"{arrows}\"/>"));
            }
            svg.push_str("</g>\n");
        }
        let dot = |point: &Point| {
            format!("M{} {}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z", number(point.x - 2.0), number(point.y))
        };
        let dots: String = self.drawing.dots.iter().map(dot).collect();
        if !dots.is_empty() {
            svg.push_str(&format!("<path class=\"arrow\" d=\"{dots}\"/>\n"));
        }
    }

    fn thing(&self, thing: &Thing, rect: Rect) -> String {
        let shaded = thing.heat.filter(|_| self.options.heat.is_some());
        let heat = self
            .options
            .heat
            .map_or(String::new(), |_| format!(" style=\"fill:{}\"", shade(shaded.unwrap_or(0.0))));
        let hot = match shaded {
            Some(heat) if is_dark(heat) => " hot",
            Some(_) => " warm",
            None => "",
        };
        let kind = thing.kind.name();
        let place =
            if thing.is_output { String::new() } else { format!(" data-place=\"{}\"", key(thing.place)) };
        let tip = if thing.is_output { escaped(&thing.path) } else { self.tip(&thing.path, thing.place) };
        let mut svg = format!(
            "<g class=\"node {kind}{hot}\"{place}><title>{tip}</title><path class=\"shape\" d=\"{}\"{heat}/>",
            outline(thing.kind, rect)
        );
        if let Some(mark) = mark(thing.kind, rect) {
            svg.push_str(&format!("<path class=\"mark\" d=\"{mark}\"/>"));
        }
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let lines = TITLE_LINE + DETAIL_LINE * thing.details.len() as f64;
        let x = number(rect.x + rect.width / 2.0);
        let mut y = rect.y + (rect.height - lines) / 2.0 + TITLE_LINE - AROUND / 2.0;
        svg.push_str(&format!("<text x=\"{x}\" y=\"{}\">{}</text>", number(y), escaped(&thing.heading())));
        for detail in &thing.details {
            y += DETAIL_LINE;
            svg.push_str(&format!(
                "<text class=\"detail\" x=\"{x}\" y=\"{}\">{}</text>",
                number(y),
                escaped(detail)
            ));
        }
        svg.push_str("</g>\n");
        svg
    }

    /// What is told where the pointer rests.
    fn tip(&self, path: &str, place: Place) -> String {
        let figures = self.subject.counts(place).filter(|_| self.subject.is_counted(place)).map(|counts| {
            let (params, macs) =
                (grouped(counts.params.total(), ","), grouped(counts.work.macs.total(), ","));
            format!("\n{params} params\n{macs} MACs")
        });
        escaped(path) + &figures.unwrap_or_default()
    }
}

/// The colors of the kinds.
fn kinds() -> String {
    let rule = |kind: &Kind| {
        let ((fill, stroke), name) = (kind.colors(), kind.name());
        format!(".{name} .shape{{fill:{fill};stroke:{stroke}}}.{name} .mark{{stroke:{stroke}}}")
    };
    Kind::ALL.iter().map(rule).collect()
}

/// A line with rounded corners, as data of a path.
fn line(points: &[Point]) -> String {
    let mut data = format!("M{} {}", number(points[0].x), number(points[0].y));
    for corner in points.windows(3) {
        let [before, at, after] = [corner[0], corner[1], corner[2]];
        let near = |other: Point| {
            let far = (other.x - at.x).hypot(other.y - at.y);
            let part = if far > 0.0 { (ROUND.min(far / 2.0)) / far } else { 0.0 };
            Point { x: at.x + (other.x - at.x) * part, y: at.y + (other.y - at.y) * part }
        };
        let (from, to) = (near(before), near(after));
        data.push_str(&format!(
            "L{} {}Q{} {} {} {}",
            number(from.x),
            number(from.y),
            number(at.x),
            number(at.y),
            number(to.x),
            number(to.y)
        ));
    }
    let end = points[points.len() - 1];
    data.push_str(&format!("L{} {}", number(end.x), number(end.y)));
    data
}

/// The arrow at the end of a wire.
fn arrow(wire: &Wire) -> String {
    let [.., before, end] = wire.points[..] else { return String::new() };
    let far = (end.x - before.x).hypot(end.y - before.y);
    if !wire.has_arrow || far == 0.0 {
        return String::new();
    }
    let (dx, dy) = ((end.x - before.x) / far, (end.y - before.y) / far);
    let at = |back: f64, side: f64| {
        format!("{} {}", number(end.x - dx * back - dy * side), number(end.y - dy * back + dx * side))
    };
    format!("M{}L{}L{}z", at(0.0, 0.0), at(7.0, 3.2), at(7.0, -3.2))
}
