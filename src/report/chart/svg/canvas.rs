//! What charts are drawn on: shapes and text in SVG, escaped, in the color of the text around them, with a fill for each kind of
//! operator.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::fill::{has_pattern, pattern, tint};
use super::measure::Letters;
use crate::report::chart::{Options, Theme};
use crate::report::draw::Kind;
use crate::text::markup::escaped;
use crate::text::{Language, Text};

/// How wide every chart is.
pub(super) const WIDTH: f64 = 760.0;

/// What is left free at its edges.
pub(super) const EDGE: f64 = 16.0;

/// A chart on its way to SVG.
pub(super) struct Canvas {
    pub(super) language: Language,
    theme: Theme,
    prefix: String,
    body: String,
    /// Those that are filled with a pattern.
    kinds: BTreeSet<Kind>,
}

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Which part of a text stands at its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a shape is painted with.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    /// The color of text, so strong.
    Text(f64),
    /// A color, so strong.
    Color(&'static str, f64),
}

/// A line.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    pub(super) paint: Paint,
    pub(super) width: f64,
    pub(super) is_dashed: bool,
}

impl Area {
    pub(super) fn right(self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.height
    }

    /// Whether they have a point in common.
    pub(super) fn meets(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

impl Paint {
    /// The attributes that fill or stroke with it.
    fn attributes(self, what: &str) -> String {
        let (color, opacity) = match self {
            Self::Text(opacity) => ("currentColor", opacity),
            Self::Color(color, opacity) => (color, opacity),
        };
        if opacity < 1.0 {
            format!(" {what}=\"{color}\" {what}-opacity=\"{}\"", Number(opacity))
        } else {
            format!(" {what}=\"{color}\"")
        }
    }
}

impl Stroke {
    /// Of axes.
    pub(super) const AXIS: Self = Self { paint: Paint::Text(0.6), width: 1.0, is_dashed: false };
    /// Of what helps the eye.
    pub(super) const GRID: Self = Self { paint: Paint::Text(0.13), width: 1.0, is_dashed: false };
}

impl Canvas {
    pub(super) fn new(options: &Options<'_>) -> Self {
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        Self {
            language: options.language,
            theme: options.theme,
            prefix: options.prefix.chars().filter(is_plain).collect(),
            body: String::new(),
            kinds: BTreeSet::new(),
        }
    }

    /// A text in the language of the chart.
    pub(super) fn say(&self, text: impl Into<Text>) -> String {
        text.into().get(self.language).to_owned()
    }

    /// Text on one line, whose baseline is at `y`.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, letters: Letters, words: &str) {
        self.turned(at, 0.0, anchor, letters, words);
    }

    /// The same, turned by so many degrees.
    pub(super) fn turned(
        &mut self,
        (x, y): (f64, f64),
        degrees: f64,
        anchor: Anchor,
        letters: Letters,
        words: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (size, words) = (Number(letters.size), escaped(words));
        let bold = if letters.is_bold { " font-weight=\"bold\"" } else { "" };
        let faint = if letters.is_faint { " fill-opacity=\"0.75\"" } else { "" };
        let (x, y) = (Number(x), Number(y));
        let turn = if degrees == 0.0 {
            format!(" x=\"{x}\" y=\"{y}\"")
        } else {
            format!(" transform=\"translate({x} {y}) rotate({})\"", Number(degrees))
        };
        let _ = writeln!(
            self.body,
            "<text{turn}{anchor} font-size=\"{size}\"{bold} fill=\"currentColor\"{faint}>{words}</text>"
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.path(&[from, to], stroke);
    }

    /// Straight lines from each point to the next.
    pub(super) fn path(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        let dashes = if stroke.is_dashed { " stroke-dasharray=\"4 3\"" } else { "" };
        let (width, way) = (Number(stroke.width), way(points));
        let paint = stroke.paint.attributes("stroke");
        let _ = writeln!(
            self.body,
            "<path d=\"{way}\" fill=\"none\"{paint} stroke-width=\"{width}\"{dashes} stroke-linejoin=\"round\"/>"
        );
    }

    /// What lies between points.
    pub(super) fn shape(&mut self, points: &[(f64, f64)], paint: Paint) {
        let (way, paint) = (way(points), paint.attributes("fill"));
        let _ = writeln!(self.body, "<path d=\"{way}Z\"{paint}/>");
    }

    pub(super) fn rectangle(&mut self, area: Area, paint: Paint) {
        self.filled(area, &paint.attributes("fill"));
    }

    /// A rectangle in the color of a kind, and its pattern over that.
    pub(super) fn field(&mut self, area: Area, kind: Kind) {
        let (name, (fill, _)) = (kind.name(), tint(kind));
        self.filled(area, &format!(" class=\"{name}\" fill=\"{fill}\""));
        if has_pattern(kind) {
            self.kinds.insert(kind);
            let paint = format!(" fill=\"url(#{}-{name})\"", self.prefix);
            self.filled(area, &paint);
        }
    }

    fn filled(&mut self, area: Area, paint: &str) {
        let Area { x, y, width, height } = area;
        let [x, y, width, height] = [x, y, width.max(0.0), height].map(Number);
        let _ =
            writeln!(self.body, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{paint}/>");
    }

    /// What is drawn next belongs together, and shows `title` where it is pointed at; `class` is for style sheets.
    pub(super) fn open(&mut self, class: &str, title: &str) {
        let _ = writeln!(self.body, "<g class=\"{}\"><title>{}</title>", escaped(class), escaped(title));
    }

    /// Ends what belongs together.
    pub(super) fn close(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// A mark, filled or hollow, in the color of a kind.
    pub(super) fn mark(&mut self, points: &[(f64, f64)], kind: Kind, is_hollow: bool) {
        let (way, (fill, line)) = (way(points), tint(kind));
        let (opacity, width) = if is_hollow { ("0.1", "1.8") } else { ("0.8", "1") };
        let _ = writeln!(
            self.body,
            "<path d=\"{way}Z\" fill=\"{fill}\" fill-opacity=\"{opacity}\" stroke=\"{line}\" stroke-width=\"{width}\"/>"
        );
    }

    /// The picture, so high, with what it is called and what it shows for whoever does not see it.
    pub(super) fn finish(self, height: f64, title: &str, about: &str) -> String {
        let (prefix, height, width) = (&self.prefix, Number(height), Number(WIDTH));
        let size = format!(" width=\"{width}\" height=\"{height}\"");
        let (color, size, ground) = match self.theme {
            Theme::Light => (" color=\"#1f2933\"", &*size, Some("#ffffff")),
            Theme::Dark => (" color=\"#e6e8eb\"", &*size, Some("#16191d")),
            Theme::Inherit => ("", "", None),
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\"{size}{color} class=\"chart\" role=\"img\" \
             aria-labelledby=\"{prefix}-title {prefix}-about\" font-family=\"'DejaVu Sans', Verdana, 'Noto Sans CJK SC', \
             'Microsoft YaHei', 'PingFang SC', sans-serif\">\n"
        );
        let _ = writeln!(svg, "<title id=\"{prefix}-title\">{}</title>", escaped(title));
        let _ = writeln!(svg, "<desc id=\"{prefix}-about\">{}</desc>", escaped(about));
        if !self.kinds.is_empty() {
            let patterns: String = self.kinds.iter().map(|kind| pattern(*kind, prefix)).collect();
            let _ = writeln!(svg, "<defs>\n{patterns}</defs>");
        }
        if let Some(ground) = ground {
            let _ = writeln!(svg, "<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>");
        }
        svg + &self.body + "</svg>\n"
    }
}

/// Straight lines through points.
fn way(points: &[(f64, f64)]) -> String {
    let mut way = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(way, "{}{} {}", if index == 0 { 'M' } else { 'L' }, Number(*x), Number(*y));
    }
    way
}

/// A number as short as a picture needs it.
pub(super) struct Number(pub(super) f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // What cannot be drawn would make the whole unreadable; `-0` is 0.
        write!(f, "{}", if rounded.is_finite() { rounded + 0.0 } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_can_be_drawn() {
        assert_eq!([1.0, 1.239, -0.001, f64::NAN].map(|n| Number(n).to_string()), ["1", "1.24", "0", "0"]);
    }
}
