//! What became of claims, in lines for the terminal; other forms are in `forms`.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::figures::seconds;
use super::sheet::{Cell, Head, QuantityUnit, Role, Sheet, Title};
use super::terminal::{self, list};
use super::wrap::{lines, wrapped};
use super::{Style, deployed, fit};
use crate::claim::{Checked, Reading, Report, Value, Verdict};
use crate::convention::figure::Quantity;
use crate::error::Source;
use crate::read::description::Claim;
use crate::read::expression::Rational;
use crate::text;
use crate::text::{Text, one_line};
use crate::working::grouped;

mod difference;
mod forms;

use difference::difference;
pub use forms::{Broken, github, json, junit, schema};

/// Columns before a claim: its sign, and a space on both sides.
const LEAD: usize = 3;

/// What gives the line of the file that a claim stands in, from 1; a file may hold thousands.
fn lines_of(source: &Source) -> impl Fn(&Claim) -> usize + use<> {
    let ends: Vec<usize> = source.text.match_indices('\n').map(|(at, _)| at).collect();
    move |claim| ends.partition_point(|&end| end < claim.expect.span.start) + 1
}

/// For the terminal.
pub fn text(reports: &[Report], style: Style) -> String {
    let mut text = String::new();
    for report in reports {
        text.push_str(&terminal::heading(&title(report), style));
        let edge = edge(report, style);
        for (claim, checked) in &report.results {
            text.push_str(&claim_lines(claim, checked, edge, style));
        }
        let _ = writeln!(text, "\n{}", wrapped(summary(report).get(style.language), style.width));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A line for each claim of a file.
pub fn sheet(report: &Report) -> Sheet {
    let heads = vec![
        Head::new("line", text!("line", "行"), Role::Figure),
        Head::new("claim", text!("claim", "论断"), Role::Sentence),
        Head::new("verdict", text!("verdict", "结论"), Role::Text),
        Head::new("found", text!("is", "实际"), Role::Text),
        Head::new("expected", text!("expected", "断言"), Role::Sentence),
        Head::new("source", text!("source", "出处"), Role::Sentence),
    ];
    let line_of = lines_of(report.source);
    let line = |(claim, checked): &(&Claim, Checked)| {
        let source = claim.source.as_deref().map_or(Cell::Empty, |source| Cell::Text(one_line(source)));
        vec![
            Cell::Count(line_of(claim) as u128),
            Cell::Text(said(claim)),
            Cell::Named(checked.verdict.name(), verdict(&checked.verdict)),
            found_cell(checked),
            Cell::Text(one_line(&claim.expect.text)),
            source,
        ]
    };
    Sheet {
        title: Some(title(report)),
        label: Some(("file", report.source.name.clone())),
        notes: vec![summary(report)],
        ..Sheet::of(heads, report.results.iter().map(line).collect())
    }
}

pub(super) fn title(report: &Report) -> Title {
    let file = one_line(&report.source.name);
    let deployed = report.is_deployed.then(deployed::short);
    let about = std::iter::once(text!("{file}", "{file}")).chain(deployed).collect();
    Title { name: one_line(&report.title), about, status: None }
}

pub(super) fn verdict(verdict: &Verdict) -> Text {
    match verdict {
        Verdict::Holds(_) => text!("holds", "成立"),
        Verdict::Fails => text!("fails", "不成立"),
        Verdict::KnownWrong => text!("known wrong", "已知错误"),
        Verdict::NotWrong => text!("not wrong", "标为错误却成立"),
        Verdict::WrongWorking(_) => text!("wrong working", "算式有误"),
        Verdict::Undecided(_) => text!("undecided", "无法判定"),
    }
}

/// Where the figures end: behind the longest claim with its figure, where the terminal has room for these, and not so far
/// from the claims that the eye loses them.
fn edge(report: &Report, style: Style) -> usize {
    const WIDEST: usize = 100;
    let length = |(claim, checked): &(&Claim, Checked)| {
        LEAD + said(claim).width() + 1 + found(checked).get(style.language).width()
    };
    report.results.iter().map(length).max().unwrap_or(0).min(style.width).min(WIDEST)
}

/// A claim with its figure behind it; of one that fails, more.
fn claim_lines(claim: &Claim, checked: &Checked, edge: usize, style: Style) -> String {
    let (sign, color) = match checked.verdict {
        Verdict::Holds(_) => ("✓", 32),
        Verdict::KnownWrong => ("≠", 33),
        Verdict::Undecided(_) => ("?", 31),
        Verdict::Fails | Verdict::NotWrong | Verdict::WrongWorking(_) => ("✗", 31),
    };
    let sign = if style.color { format!("\u{1b}[{color}m{sign}\u{1b}[0m") } else { sign.to_owned() };
    let (said, found) = (said(claim), found(checked).get(style.language).to_owned());
    // In a very narrow terminal a line that is too long reads better than a column of single words.
    let room = edge.saturating_sub(LEAD + 1 + found.width()).max(said.width().min(24));
    let said = lines(&said, room).join(&format!("\n{:LEAD$}", ""));
    let last = said.lines().last().unwrap_or_default().trim_start();
    let pad = room.saturating_sub(last.width());
    let mut text = format!(" {sign} {said}{:pad$} {found}\n", "");
    if !checked.verdict.passes() || checked.verdict == Verdict::KnownWrong {
        let details = details(claim, checked).into_iter().map(|line| <[Text; 2]>::from(line).map(Cell::Said));
        text.push_str(&list(&Sheet::list([Role::Text, Role::Sentence], details.collect()), 5, style));
    }
    text
}

/// What was said, on one line: in words, or else as a statement.
pub(super) fn said(claim: &Claim) -> String {
    one_line(claim.says.as_ref().map_or(&*claim.expect.text, |says| &*says.text))
}

/// The actual value, at the end of the line.
pub(super) fn found(checked: &Checked) -> Text {
    let value = value_found(checked);
    match &checked.verdict {
        Verdict::Holds(Reading::Plain | Reading::Exactly) | Verdict::Fails | Verdict::WrongWorking(_) => {
            value
        }
        Verdict::Holds(reading) => {
            let how = reading.name();
            text!("{value} ({how})", "{value:#}({how:#})")
        }
        Verdict::KnownWrong => text!("known error: {value}", "已知错误:{value:#}"),
        Verdict::NotWrong => text!("holds: {value}", "成立:{value:#}"),
        Verdict::Undecided(_) => text!("undecided", "无法判定"),
    }
}

/// What else is to be said of a claim: what is written, how far off that is, and why.
pub(super) fn details(claim: &Claim, checked: &Checked) -> Vec<(Text, Text)> {
    let expect = &claim.expect.text;
    let mut details = vec![(text!("expected", "断言"), text!("{expect}", "{expect}"))];
    match &checked.verdict {
        Verdict::Undecided(why) => details.push((text!("because", "原因"), why.clone())),
        Verdict::NotWrong => {
            let erratum = claim.erratum.as_deref().unwrap_or_default();
            details.push((
                text!("marked", "标注"),
                text!("as an error, and it holds: {erratum}", "标为错误,却成立:{erratum}"),
            ));
        }
        Verdict::WrongWorking(number) => {
            let working = claim.working.as_ref().map_or("", |working| &*working.text);
            let number = decimal(number);
            details.push((text!("working", "算式"), text!("{working} = {number}", "{working} = {number}")));
        }
        // What is as it is said to be is not off.
        Verdict::Holds(Reading::Plain | Reading::Exactly) => {}
        Verdict::Fails | Verdict::KnownWrong | Verdict::Holds(_) => {
            if let Some(difference) = difference(checked) {
                details.push((difference.label(), difference.in_words(checked.quantity)));
            }
        }
    }
    if let Some(erratum) = claim.erratum.as_ref().filter(|_| checked.verdict == Verdict::KnownWrong) {
        details.push((text!("erratum", "勘误"), text!("{erratum}", "{erratum}")));
    }
    if let Some(fit) = &checked.fit {
        details.push((text!("because", "原因"), fit::in_words(fit)));
    }
    if let Some(slip) = &checked.slip {
        details.push((text!("slip", "可能的错误"), slip.clone()));
    }
    if let Some(source) = &claim.source {
        details.push((text!("source", "出处"), text!("{source}", "{source}")));
    }
    // Each has words of the file in it.
    details.into_iter().map(|(label, line)| (label, line.map(one_line))).collect()
}

/// The side that is computed.
fn figure(checked: &Checked) -> &Value {
    if checked.is_right_written { &checked.left } else { &checked.right }
}

/// What it is, in its unit.
fn value_found(checked: &Checked) -> Text {
    match figure(checked) {
        Value::Truth(true) => text!("yes", "是"),
        Value::Truth(false) => text!("no", "否"),
        Value::Unknown(_) => text!("not known", "未知"),
        value @ (Value::Number(_) | Value::Sizes(_)) => {
            let value = written(value, checked.quantity);
            text!("{value}", "{value}")
        }
    }
}

/// The same in a sheet, where a number is plain digits for programs.
fn found_cell(checked: &Checked) -> Cell {
    let Value::Number(number) = figure(checked) else { return Cell::Said(value_found(checked)) };
    match u128::try_from(number.to_integer()) {
        _ if checked.quantity == Some(Quantity::Seconds) => {
            Cell::Quantity(float(number), QuantityUnit::Seconds)
        }
        Ok(count) if number.is_integer() => Cell::Count(count),
        Ok(_) | Err(_) if number.is_integer() => Cell::Name(decimal(number), number.to_string()),
        Ok(_) | Err(_) => Cell::Name(decimal(number), float(number).to_string()),
    }
}

pub(super) fn summary(report: &Report) -> Text {
    let count = |wanted: fn(&Verdict) -> bool| {
        report.results.iter().filter(|(_, checked)| wanted(&checked.verdict)).count()
    };
    let all = report.results.len();
    let hold = count(|verdict| matches!(verdict, Verdict::Holds(_)));
    let known = count(|verdict| *verdict == Verdict::KnownWrong);
    let fail = report.failures();
    let claims = if all == 1 { "claim" } else { "claims" };
    text!(
        "{all} {claims}: {hold} hold, {fail} fail, {known} known to be wrong",
        "{all} 条论断:{hold} 条成立,{fail} 条不成立,{known} 条为已知错误"
    )
}

/// A value as it is read: grouped digits, a decimal of a few digits, a time in its unit, a list of sizes.
fn written(value: &Value, quantity: Option<Quantity>) -> String {
    match value {
        Value::Number(number) => number_of(number, quantity),
        Value::Sizes(sizes) => {
            let sizes: Vec<_> = sizes.iter().map(i128::to_string).collect();
            format!("[{}]", sizes.join(", "))
        }
        Value::Truth(truth) => truth.to_string(),
        Value::Unknown(_) => "unknown".to_owned(),
    }
}

/// A number, which is a time if it counts seconds.
fn number_of(number: &Rational, quantity: Option<Quantity>) -> String {
    if quantity == Some(Quantity::Seconds) { seconds(float(number)) } else { decimal(number) }
}

#[expect(clippy::cast_precision_loss, reason = "a fraction is shown with a few digits")]
fn float(number: &Rational) -> f64 {
    *number.numer() as f64 / *number.denom() as f64
}

fn decimal(number: &Rational) -> String {
    let sign = if *number.numer() < 0 { "-" } else { "" };
    if number.is_integer() {
        return format!("{sign}{}", grouped(number.numer().unsigned_abs(), ","));
    }
    let value = float(number).abs();
    let text = if value >= 100.0 { format!("{value:.1}") } else { format!("{value:.5}") };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{text}")
}
