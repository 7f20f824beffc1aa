//! A network's total in each convention side by side, and the ways of counting that give a figure.

use unicode_width::UnicodeWidthStr;

use super::convention::signature;
use super::figures::{digits, short};
use super::markdown::escaped;
use super::table::title;
use super::terminal::heading;
use super::wrap::{lines, wrapped};
use super::{Style, Subject};
use crate::convention::Convention;
use crate::convention::figure::{Figure, Fit};
use crate::convention::search::{Found, Match};
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

mod json;
mod notes;

pub use json::{json, schema};

/// The narrowest column of words beside the figures; narrower, they go below.
const WORDS: usize = 45;

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
    let body = match &answer.found {
        None => totals(answer, style),
        Some(traced) => ways(answer, traced, style),
    };
    heading(&title(answer.subject), style) + &body
}

fn totals(answer: &Answer<'_>, style: Style) -> String {
    let language = style.language;
    let headings = [
        text!("convention", "口径"),
        text!("total", "合计"),
        text!("", ""),
        text!("per MAC", "每次乘加"),
        text!("what is counted", "计数内容"),
    ];
    let mut rows = vec![headings.map(|heading| heading.get(language).to_owned())];
    for (convention, total) in answer.conventions.iter().zip(&answer.totals) {
        rows.push(cells(answer, convention, *total, language));
    }
    let widths: Vec<usize> =
        (0..4).map(|at| rows.iter().map(|row| row[at].width()).max().unwrap_or(0)).collect();
    let before = 1 + widths.iter().map(|width| width + 2).sum::<usize>();
    let beside = style.width.saturating_sub(before);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let mut line = format!(" {}{:pad$}", row[0], "", pad = widths[0] - row[0].width());
        for (cell, width) in row[1..4].iter().zip(&widths[1..]) {
            line.push_str(&format!("  {:pad$}{cell}", "", pad = width - cell.width()));
        }
        if beside >= WORDS {
            let mut words = lines(&row[4], beside).into_iter();
            line.push_str(&format!("  {}", words.next().unwrap_or_default()));
            text.push_str(&format!("{}\n", line.trim_end()));
            text.extend(words.map(|words| format!("{:before$}{words}\n", "")));
        } else {
            text.push_str(&format!("{}\n", line.trim_end()));
            if index > 0 {
                let words = lines(&row[4], style.width.saturating_sub(3));
                text.extend(words.iter().map(|words| format!("   {words}\n")));
            }
        }
    }
    let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let heading = text.find('\n').map_or(text.len(), |end| end + 1);
    text.insert_str(heading, &format!("{}\n", "─".repeat(widest)));
    text
}

/// Name, total, the same at a glance, that for each MAC, and what is counted.
fn cells(
    answer: &Answer<'_>,
    convention: &Convention,
    total: Option<u128>,
    language: Language,
) -> [String; 5] {
    let about = convention.about.get(language);
    let about = if convention.version.is_empty() {
        about.to_owned()
    } else {
        format!("{about} ({})", convention.version)
    };
    let Some(total) = total else {
        let unknown = text!("unknown", "未知").get(language).to_owned();
        return [convention.name.to_string(), unknown, String::new(), String::new(), about];
    };
    let ratio = per_mac(answer, total).map_or(String::new(), digits);
    [convention.name.to_string(), grouped(total, ","), short(total), ratio, about]
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

/// `conv + linear + 2·batch norm = 4,111,412,224, rounded; on 3×160×160`
fn way_in_words(answer: &Answer<'_>, way: &Match) -> Text {
    let name =
        |name: &str| answer.conventions.iter().find(|convention| *convention.name == *name).map(signature);
    let names: Vec<_> = way.conventions.iter().filter_map(|convention| name(convention)).collect();
    let formula = if names.is_empty() {
        way.formula.clone()
    } else {
        let list = names.into_iter().map(|name| text!("{name}", "{name}")).collect::<Vec<_>>();
        Text::list(&list)
    };
    let (number, fit) = (grouped(way.number, ","), fit_in_words(way.fit));
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
    let subject = answer.subject;
    let (title, shapes, batch) = (escaped(&subject.title), subject.shapes(), subject.batch());
    let batch = text!("batch {batch}", "批量大小 {batch}");
    let mut text = format!("### {title}\n\n{shapes} · {}\n\n", batch.get(language));
    if let Some(traced) = &answer.found {
        for way in &traced.found.matches {
            text.push_str(&format!("1. {}\n", escaped(way_in_words(answer, way).get(language))));
        }
        if !traced.found.matches.is_empty() {
            text.push('\n');
        }
        for note in notes::notes(answer, traced) {
            text.push_str(&format!("{}\n\n", note.get(language)));
        }
        return text.trim_end().to_owned() + "\n";
    }
    let headings = text!(
        "| convention | total | | per MAC | what is counted |",
        "| 口径 | 合计 | | 每次乘加 | 计数内容 |"
    );
    text.push_str(headings.get(language));
    text.push_str("\n| :--- | ---: | ---: | ---: | :--- |\n");
    for (convention, total) in answer.conventions.iter().zip(&answer.totals) {
        let cells = cells(answer, convention, *total, language).map(|cell| escaped(&cell));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}
