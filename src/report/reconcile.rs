//! A network's total in each convention side by side, and the ways of counting that give a figure.

use super::convention::signature;
use super::markdown::escaped;
use super::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use super::table::title;
use super::wrap::{lines, wrapped};
use super::{Style, Subject, markdown, terminal};
use crate::convention::Convention;
use crate::convention::figure::{Figure, Fit};
use crate::convention::search::{Found, Match};
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

mod json;
mod notes;

pub use json::{json, schema};

/// What is known of one network.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The network.
    pub subject: &'a Subject,
    /// Every convention.
    pub conventions: &'a [Convention],
    /// What the network counts in each, where that is known.
    pub totals: Vec<Option<u128>>,
    /// What there is for a figure, if one was asked about.
    pub found: Option<Traced<'a>>,
}

/// A figure, and the ways that give it.
#[derive(Debug)]
pub struct Traced<'a> {
    /// As it was asked about.
    pub asked: &'a Figure,
    /// As it is read: with a unit, if it has lost it.
    pub read: Figure,
    /// The ways.
    pub found: Found,
}

/// For the terminal.
pub fn text(answer: &Answer<'_>, style: Style) -> String {
    match &answer.found {
        None => terminal::write(&totals(answer), style),
        Some(traced) => terminal::heading(&title(answer.subject), style) + &ways(answer, traced, style),
    }
}

/// What it is in a table: every total, or, of a figure, each way that gives it.
pub fn sheet(answer: &Answer<'_>) -> Sheet {
    let sheet = match &answer.found {
        None => totals(answer),
        Some(traced) => traced_sheet(answer, traced),
    };
    Sheet { label: Some(("network", answer.subject.label.clone())), ..sheet }
}

fn totals(answer: &Answer<'_>) -> Sheet {
    let heads = vec![
        Head::new("convention", text!("convention", "口径"), Role::Text),
        Head::new("total", text!("total", "合计"), Role::Figure),
        Head::new("", text!("", ""), Role::Figure),
        Head::new("per_mac", text!("per MAC", "每次乘加"), Role::Figure),
        Head::new("counted", text!("what is counted", "计数内容"), Role::Sentence),
    ];
    let lines = answer.conventions.iter().zip(&answer.totals).map(|(convention, &total)| {
        let Convention { name, about, version, .. } = convention;
        let about = if version.is_empty() {
            about.clone()
        } else {
            text!("{about} ({version})", "{about:#} ({version})")
        };
        let ratio = total.and_then(|total| per_mac(answer, total));
        vec![
            Cell::Text(name.to_string()),
            total.map_or(Cell::Unknown, Cell::Count),
            total.map_or(Cell::Empty, Cell::Glance),
            ratio.map_or(Cell::Empty, |ratio| Cell::Quantity(ratio, QuantityUnit::Ratio)),
            Cell::Said(about),
        ]
    });
    Sheet { title: Some(title(answer.subject)), ..Sheet::of(heads, lines.collect()) }
}

/// The ways that give a figure.
fn traced_sheet(answer: &Answer<'_>, traced: &Traced<'_>) -> Sheet {
    let heads = vec![
        Head::new("way", text!("way of counting", "计法"), Role::Text),
        Head::new("number", text!("number", "数值"), Role::Figure),
        Head::new("fit", text!("fit", "吻合"), Role::Text),
        Head::new("switches", text!("on what", "前提"), Role::Text),
    ];
    let lines = traced.found.matches.iter().map(|way| {
        vec![
            Cell::Said(formula_in_words(answer, way)),
            Cell::Count(way.number),
            Cell::Said(fit_in_words(way.fit)),
            Cell::Said(Text::list(&way.switches)),
        ]
    });
    Sheet {
        title: Some(title(answer.subject)),
        notes: notes::notes(answer, traced),
        ..Sheet::of(heads, lines.collect())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
fn per_mac(answer: &Answer<'_>, total: u128) -> Option<f64> {
    let macs = answer.subject.analysis.total().work.macs.total();
    (macs > 0).then(|| total as f64 / macs as f64)
}

fn ways(answer: &Answer<'_>, traced: &Traced<'_>, style: Style) -> String {
    let language = style.language;
    let mut text = String::new();
    for (index, way) in traced.found.matches.iter().enumerate() {
        let number = index + 1;
        let words = way_in_words(answer, way);
        let margin = format!(" {number:>2}  ");
        let lines = lines(words.get(language), style.width.saturating_sub(margin.len()));
        for (at, line) in lines.iter().enumerate() {
            let margin = if at == 0 { margin.clone() } else { " ".repeat(margin.len() + 2) };
            text.push_str(&format!("{margin}{line}\n"));
        }
    }
    if !traced.found.matches.is_empty() {
        text.push('\n');
    }
    for note in notes::notes(answer, traced) {
        text.push_str(&wrapped(note.get(language), style.width));
    }
    text
}

/// The conventions that count so, or else `conv + linear + 2·batch norm`.
fn formula_in_words(answer: &Answer<'_>, way: &Match) -> Text {
    let name =
        |name: &str| answer.conventions.iter().find(|convention| *convention.name == *name).map(signature);
    let names: Vec<_> = way.conventions.iter().filter_map(|convention| name(convention)).collect();
    if names.is_empty() {
        return way.formula.clone();
    }
    Text::list(&names.into_iter().map(|name| text!("{name}", "{name}")).collect::<Vec<_>>())
}

/// `conv + linear + 2·batch norm = 4,111,412,224, rounded; on 3×160×160`
fn way_in_words(answer: &Answer<'_>, way: &Match) -> Text {
    let (formula, number, fit) =
        (formula_in_words(answer, way), grouped(way.number, ","), fit_in_words(way.fit));
    let switches = if way.switches.is_empty() {
        text!("", "")
    } else {
        let list = Text::list(&way.switches);
        text!("; {list}", ";{list:#}")
    };
    text!("{formula} = {number}, {fit}{switches}", "{formula:#} = {number},{fit:#}{switches:#}")
}

fn fit_in_words(fit: Fit) -> Text {
    match fit {
        Fit::Exact => text!("exactly", "恰好"),
        Fit::Either => text!("rounded or cut", "四舍五入或截断均可"),
        Fit::Rounded => text!("rounded", "四舍五入"),
        Fit::Cut => text!("cut", "截断"),
    }
}

/// For a page of notes.
pub fn markdown(answer: &Answer<'_>, language: Language) -> String {
    let Some(traced) = &answer.found else { return markdown::write(&totals(answer), language) };
    let mut text = markdown::heading(&title(answer.subject), language);
    for way in &traced.found.matches {
        text.push_str(&format!("1. {}\n", escaped(way_in_words(answer, way).get(language))));
    }
    if !traced.found.matches.is_empty() {
        text.push('\n');
    }
    for note in notes::notes(answer, traced) {
        text.push_str(&format!("{}\n\n", note.get(language)));
    }
    text.trim_end().to_owned() + "\n"
}
