//! A network's total in each convention side by side, and the ways of counting that give a figure.

use super::Subject;
use super::convention::signature;
use super::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use super::table::title;
use crate::convention::Convention;
use crate::convention::figure::{Figure, Fit};
use crate::convention::search::{Found, Match};
use crate::text;
use crate::text::Text;

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

/// The ways that give a figure; a terminal shows them as a list.
fn traced_sheet(answer: &Answer<'_>, traced: &Traced<'_>) -> Sheet {
    let heads = vec![
        Head::new("way", text!("way of counting", "计法"), Role::Sentence),
        Head::new("number", text!("number", "数值"), Role::Figure),
        Head::new("fit", text!("fit", "吻合"), Role::Text),
        Head::new("switches", text!("on what", "前提"), Role::Sentence),
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
        is_list: true,
        ..Sheet::of(heads, lines.collect())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
fn per_mac(answer: &Answer<'_>, total: u128) -> Option<f64> {
    let macs = answer.subject.analysis.total().work.macs.total();
    (macs > 0).then(|| total as f64 / macs as f64)
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

fn fit_in_words(fit: Fit) -> Text {
    match fit {
        Fit::Exact => text!("exactly", "恰好"),
        Fit::Either => text!("rounded or cut", "四舍五入或截断均可"),
        Fit::Rounded => text!("rounded", "四舍五入"),
        Fit::Cut => text!("cut", "截断"),
    }
}
