//! A network for Mermaid, which GitHub, GitLab and many pages of notes draw: a subgraph for each open box.

use std::collections::BTreeSet;

use super::heat::{is_dark, shade};
use super::scene::{Item, Scene};
use super::{Direction, Kind, Options, id, key};
use crate::graph::Place;
use crate::report::Subject;
use crate::text;
use crate::text::{Text, printable};

/// The most letters of a label; of a longer one, the beginning.
const LETTERS: usize = 120;

/// The most letters and arrows that Mermaid draws unless the page raises them.
const MOST: (usize, usize) = (50_000, 500);

/// A network in Mermaid's language.
pub fn write(subject: &Subject, options: &Options) -> String {
    let scene = Scene::of(subject, options);
    let caption = options
        .heat
        .map(|heat| format!(" · {}", heat.caption(subject, options.times.is_some()).get(options.language)));
    let title = front(&subject.title) + &caption.unwrap_or_default();
    let direction = match options.direction {
        Direction::Down => "TB",
        Direction::Right => "LR",
    };
    let mut text = format!("---\ntitle: \"{title}\"\n---\nflowchart {direction}\n");
    frame(&scene, 0, 1, &mut text);
    for edge in &scene.edges {
        let [from, to] = [edge.from, edge.to].map(|thing| id(&scene, thing));
        text.push_str(&format!("  {from} --> {to}\n"));
    }
    text + &colors(&scene, options.heat.is_some())
}

/// What is to be said of a picture that Mermaid would not draw by itself.
pub fn caveat(drawn: &str) -> Option<Text> {
    let (letters, arrows) = (drawn.encode_utf16().count(), drawn.matches(" --> ").count());
    let (most_letters, most_arrows) = MOST;
    (letters > most_letters || arrows > most_arrows).then(|| {
        text!(
            "Mermaid draws {most_letters} letters and {most_arrows} arrows at the most, unless the page sets `maxTextSize` and \
             `maxEdges`; these are {letters} and {arrows}: a smaller `--depth` draws fewer",
            "除非页面设置了 `maxTextSize` 和 `maxEdges`,Mermaid 最多绘制 {most_letters} 个字符和 {most_arrows} 条箭头;\
             此处为 {letters} 和 {arrows}:减小 `--depth` 可减少"
        )
    })
}

/// The colors of kinds, of boxes, and of things that are shaded by a figure.
fn colors(scene: &Scene, is_heated: bool) -> String {
    let mut text = String::new();
    let kinds: BTreeSet<Kind> = scene.things.iter().map(|thing| thing.kind).collect();
    for kind in kinds {
        let (fill, line) = kind.colors();
        let fill = if is_heated { shade(0.0) } else { fill.to_owned() };
        text.push_str(&format!("  classDef {} fill:{fill},stroke:{line},color:#1f2937\n", class(kind)));
    }
    let boxes: Vec<_> = scene.frames[1..].iter().map(|frame| key(Place::Box(frame.scope))).collect();
    if !boxes.is_empty() {
        let boxes = boxes.join(",");
        text.push_str(&format!("  classDef is_box fill:#94a3b81a,stroke:#94a3b8\n  class {boxes} is_box\n"));
    }
    for (index, thing) in scene.things.iter().enumerate() {
        if let Some(heat) = thing.heat {
            let font = if is_dark(heat) { ",color:#fff" } else { "" };
            text.push_str(&format!("  style {} fill:{}{font}\n", id(scene, index), shade(heat)));
        }
    }
    text
}

/// What stands in a frame.
fn frame(scene: &Scene, index: usize, level: usize, text: &mut String) {
    let indent = "  ".repeat(level);
    for item in &scene.frames[index].items {
        match *item {
            Item::Thing(at) => {
                let (id, thing) = (id(scene, at), &scene.things[at]);
                let lines = std::iter::once(thing.heading()).chain(thing.details.iter().cloned());
                let lines: Vec<_> = lines.map(|line| escaped(&line)).collect();
                let lines = lines.join("<br/>");
                // Ends are round.
                let (open, close) = if thing.kind == Kind::End { ("([", "])") } else { ("[", "]") };
                text.push_str(&format!("{indent}{id}{open}\"{lines}\"{close}:::{}\n", class(thing.kind)));
            }
            Item::Frame(inner) => {
                let around = &scene.frames[inner];
                let (key, title) = (key(Place::Box(around.scope)), escaped(&around.heading()));
                text.push_str(&format!("{indent}subgraph {key}[\"{title}\"]\n"));
                frame(scene, inner, level + 1, text);
                text.push_str(&format!("{indent}end\n"));
            }
        }
    }
}

/// The class of a kind: `end` alone would end a subgraph.
fn class(kind: Kind) -> String {
    format!("is_{}", kind.name())
}

/// Text within quotes: what could be anything but text to Mermaid, or to the HTML and Markdown that it makes of it, by number.
fn escaped(text: &str) -> String {
    let mut letters = printable(text).chars().collect::<Vec<_>>().into_iter();
    let mut escaped = String::new();
    for letter in letters.by_ref().take(LETTERS) {
        if !letter.is_ascii() || letter.is_ascii_alphanumeric() || " /,:()".contains(letter) {
            escaped.push(letter);
        } else {
            escaped.push_str(&format!("#{};", u32::from(letter)));
        }
    }
    if letters.next().is_some() {
        escaped.push('…');
    }
    escaped
}

/// Text within quotes of YAML, which stands before the picture.
fn front(text: &str) -> String {
    printable(text).chars().take(LETTERS).collect::<String>().replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("Conv 7×7 /2 p3"), "Conv 7×7 /2 p3");
        assert_eq!(escaped("\"]<b>;`"), "#34;#93;#60;b#62;#59;#96;");
        assert_eq!(escaped("1. a\n卷积"), "1#46; a#92;n卷积");
        assert_eq!(front("a \"b\" \\"), "a \\\"b\\\" \\\\");
    }

    #[test]
    fn what_is_too_large_is_said() {
        assert_eq!(caveat("a --> b"), None);
        assert!(caveat(&" --> ".repeat(501)).is_some());
        assert!(caveat(&"a".repeat(50_001)).is_some());
    }
}
