//! What stands around a picture: which network it is, and what its colors and marks mean.

use super::heat::shade;
use super::layout::{BOLD, Rect};
use super::shape::{mark, number, outline};
use super::size::{cut, width};
use super::svg::MARGIN;
use super::{Kind, Options, Scene};
use crate::report::figures::short;
use crate::report::{Subject, deployed};
use crate::text;
use crate::text::markup::escaped;
use crate::text::{Language, Text};

/// The height of a line of the legend.
const LINE: f64 = 20.0;

/// The most letters of the network's name.
const MOST: usize = 90;

/// A line above the picture.
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) text: String,
    pub(super) width: f64,
}

/// What stands above the picture.
pub(super) fn head(subject: &Subject, language: Language) -> Vec<Line> {
    let total = subject.analysis.total();
    let (params, macs, batch) =
        (short(total.params.total()), short(total.work.macs.total()), subject.batch());
    let shapes = subject.shapes();
    let uncounted = if subject.analysis.uncounted().is_empty() {
        text!("", "")
    } else {
        text!(", partial", ",不完整")
    };
    let deployed = deployed::behind(subject);
    let note = text!(
        "{shapes} · batch {batch} · {params} params, {macs} MACs{uncounted}{deployed}",
        "{shapes} · 批量大小 {batch} · 参数量 {params},乘加数 {macs}{uncounted:#}{deployed:#}"
    );
    let (title, note) = (cut(&subject.title, MOST), cut(note.get(language), 2 * MOST));
    let (title_width, note_width) = (width(&title, 14.0) * BOLD, width(&note, 11.0));
    vec![
        Line { class: "heading", text: title, width: title_width },
        Line { class: "note", text: note, width: note_width },
    ]
}

/// What the colors and marks mean, from `top` on, and how high it is.
pub(super) fn legend(
    subject: &Subject,
    scene: &Scene,
    options: &Options,
    top: f64,
    wide: f64,
) -> (String, f64) {
    let mut svg = String::from("<g class=\"legend\">\n");
    let (mut x, mut y) = (MARGIN, top);
    let mut place = |needed: f64| {
        if x > MARGIN && x + needed > wide - MARGIN {
            (x, y) = (MARGIN, y + LINE);
        }
        let at = (x, y);
        x += needed;
        at
    };
    for kind in Kind::ALL.into_iter().filter(|kind| scene.things.iter().any(|thing| thing.kind == *kind)) {
        let words = kind.words().get(options.language);
        let (x, y) = place(width(words, 11.0) + 42.0);
        let rect = Rect { x, y, width: 20.0, height: 13.0 };
        let fill = if options.heat.is_some() { " style=\"fill:#fff\"" } else { "" };
        svg.push_str(&format!(
            "<g class=\"{}\"><path class=\"shape\" d=\"{}\"{fill}/>",
            kind.name(),
            outline(kind, rect)
        ));
        if let Some(mark) = mark(kind, rect) {
            svg.push_str(&format!("<path class=\"mark\" d=\"{mark}\"/>"));
        }
        svg.push_str("</g>");
        svg.push_str(&note(x + 26.0, y, words));
    }
    if let Some(heat) = options.heat {
        let words = heat_words(scene, &heat.told(subject, options.times.is_some()));
        let words = words.get(options.language);
        let (x, y) = place(width(words, 11.0) + 150.0);
        for step in 0..20 {
            let left = x + f64::from(step) * 5.0;
            let color = shade(f64::from(step) / 19.0);
            svg.push_str(&format!(
                "<path d=\"M{} {}h5.2v13h-5.2z\" fill=\"{color}\"/>",
                number(left),
                number(y)
            ));
        }
        svg.push_str(&note(x + 106.0, y, words));
    }
    svg.push_str("</g>\n");
    (svg, y + LINE + MARGIN / 2.0 - top)
}

/// What things are shaded by, with the most that any has.
fn heat_words(scene: &Scene, told: &Text) -> Text {
    let most = scene.most.as_deref().unwrap_or("0");
    let repeats =
        scene.things.iter().map(|thing| thing.times).chain(scene.frames.iter().map(|frame| frame.times));
    if repeats.max() > Some(1) {
        text!("{told}, up to {most}; each of one copy", "{told:#},最大 {most};重复的按一份计")
    } else {
        text!("{told}, up to {most}", "{told:#},最大 {most}")
    }
}

fn note(x: f64, y: f64, words: &str) -> String {
    format!("<text class=\"note\" x=\"{}\" y=\"{}\">{}</text>\n", number(x), number(y + 10.5), escaped(words))
}
