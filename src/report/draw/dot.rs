//! A network for Graphviz: a cluster for each open box, a node for each thing.

use super::heat::{is_dark, shade};
use super::scene::{Item, Scene, Thing};
use super::{Direction, Options, id, key};
use crate::graph::Place;
use crate::report::Subject;
use crate::text::printable;

/// The most letters of a label; of a longer one, the beginning.
const LETTERS: usize = 120;

/// What everything is set in, unless it says otherwise.
const DEFAULTS: &str = "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, fontcolor=\"#1f2937\", \
     margin=\"0.14,0.06\", height=0.3]\n  edge [color=\"#6b7280\", arrowsize=0.6]\n";

/// A network in Graphviz's language.
pub fn write(subject: &Subject, options: &Options) -> String {
    let scene = Scene::of(subject, options);
    let direction = match options.direction {
        Direction::Down => "TB",
        Direction::Right => "LR",
    };
    let title = escaped(&subject.title);
    let caption = options
        .heat
        .map(|heat| escaped(heat.caption(subject, options.times.is_some()).get(options.language)));
    let caption = caption.map_or(title.clone(), |caption| format!("{title}\\n{caption}"));
    let mut text = format!(
        "digraph \"{title}\" {{\n  graph [label=\"{caption}\", labelloc=t, rankdir={direction}, fontname=\"Helvetica,Arial,sans-serif\", \
         fontsize=13, nodesep=0.25, ranksep=0.3]\n{DEFAULTS}"
    );
    frame(&scene, 0, (1, options.heat.is_some()), &mut text);
    for edge in &scene.edges {
        let [from, to] = [edge.from, edge.to].map(|thing| id(&scene, thing));
        text.push_str(&format!("  {from} -> {to}\n"));
    }
    text + "}\n"
}

/// What stands in a frame.
fn frame(scene: &Scene, index: usize, (level, is_heated): (usize, bool), text: &mut String) {
    let indent = "  ".repeat(level);
    for item in &scene.frames[index].items {
        match *item {
            Item::Thing(thing) => {
                let (id, thing) = (id(scene, thing), &scene.things[thing]);
                text.push_str(&format!("{indent}{id} [{}]\n", attributes(thing, is_heated)));
            }
            Item::Frame(inner) => {
                let around = &scene.frames[inner];
                let (key, title) = (key(Place::Box(around.scope)), quoted(&around.heading()));
                text.push_str(&format!(
                    "{indent}subgraph cluster_{key} {{\n{indent}  graph [id={key}, label={title}, labeljust=l, style=\"rounded,filled\", \
                     fillcolor=\"#0f172a0a\", color=\"#94a3b8\", fontsize=11]\n"
                ));
                frame(scene, inner, (level + 1, is_heated), text);
                text.push_str(&format!("{indent}}}\n"));
            }
        }
    }
}

fn attributes(thing: &Thing, is_heated: bool) -> String {
    let (fill, line) = thing.kind.colors();
    let fill = if is_heated { shade(thing.heat.unwrap_or(0.0)) } else { fill.to_owned() };
    let font = if thing.heat.is_some_and(is_dark) { ", fontcolor=\"#ffffff\"" } else { "" };
    let lines = std::iter::once(thing.heading()).chain(thing.details.iter().cloned());
    let lines: Vec<_> = lines.map(|line| escaped(&line)).collect();
    format!(
        "label=\"{}\", tooltip={}, class={}, fillcolor=\"{fill}\", color=\"{line}\"{font}",
        lines.join("\\n"),
        quoted(&thing.path),
        thing.kind.name()
    )
}

/// Text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text within quotes: Graphviz reads what stands behind a backslash, and entities of HTML.
fn escaped(text: &str) -> String {
    let text = printable(text);
    let mut letters = text.chars();
    let mut escaped = String::new();
    for letter in letters.by_ref().take(LETTERS) {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '&' => escaped.push_str("&amp;"),
            letter => escaped.push(letter),
        }
    }
    if letters.next().is_some() {
        escaped.push('…');
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(quoted("a \"b\" \\N &lt; <i>\n卷积"), r#""a \"b\" \\N &amp;lt; <i>\\n卷积""#);
        assert_eq!(escaped(&"x".repeat(200)).chars().count(), LETTERS + 1);
    }
}
