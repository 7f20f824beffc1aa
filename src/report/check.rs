//! What became of claims, in lines for the terminal; other forms are in `forms`.

use std::fmt::Write;

use num_traits::{CheckedDiv, CheckedSub, Signed};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Style;
use crate::claim::{Checked, Reading, Value, Verdict};
use crate::error::Source;
use crate::read::description::Claim;
use crate::read::expression::Rational;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

mod forms;

pub use forms::{github, json, junit, schema};

/// The claims of one file and what became of them.
#[derive(Debug)]
pub struct Report<'c> {
    /// What the file calls itself.
    pub title: String,
    /// The file.
    pub source: &'c Source,
    /// Each claim.
    pub results: Vec<(&'c Claim, Checked)>,
}

impl Report<'_> {
    /// How many claims are not as they should be.
    pub fn failures(&self) -> usize {
        self.results.iter().filter(|(_, checked)| !checked.verdict.passes()).count()
    }

    /// The line of the file that a claim stands in, from 1.
    fn line(&self, claim: &Claim) -> usize {
        let before = self.source.text.get(..claim.expect.span.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

/// For the terminal.
pub fn text(reports: &[Report], style: Style) -> String {
    let mut text = String::new();
    for report in reports {
        let (on, off) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(text, " {on}{}{off} · {}\n", report.title, report.source.name);
        for (claim, checked) in &report.results {
            text.push_str(&lines(claim, checked, style));
        }
        let _ = writeln!(text, "\n {}\n", summary(report).get(style.language));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A claim in one line; one that fails, in a few.
fn lines(claim: &Claim, checked: &Checked, style: Style) -> String {
    let (sign, color) = match checked.verdict {
        Verdict::Holds(_) => ("✓", 32),
        Verdict::KnownWrong => ("≠", 33),
        Verdict::Undecided => ("?", 31),
        Verdict::Fails | Verdict::NotWrong | Verdict::WrongWorking(_) => ("✗", 31),
    };
    let sign = if style.color { format!("\u{1b}[{color}m{sign}\u{1b}[0m") } else { sign.to_owned() };
    let found = found(checked).get(style.language).to_owned();
    let room = style.width.saturating_sub(found.width() + 5).max(24);
    let said = cut(said(claim), room);
    let pad = room - said.width();
    let mut text = format!(" {sign} {said}{:pad$}  {found}\n", "");
    if !checked.verdict.passes() || checked.verdict == Verdict::KnownWrong {
        for (label, line) in details(claim, checked) {
            let label = label.get(style.language);
            let pad = 9usize.saturating_sub(label.width());
            let _ = writeln!(text, "     {label}{:pad$} {}", "", line.get(style.language));
        }
    }
    text
}

/// What was said: in words, or else as a statement.
fn said(claim: &Claim) -> &str {
    claim.says.as_ref().map_or(&*claim.expect.text, |says| &*says.text)
}

/// The actual value, at the end of the line.
fn found(checked: &Checked) -> Text {
    let value = written(figure(checked));
    match &checked.verdict {
        Verdict::Holds(Reading::Plain | Reading::Exactly) | Verdict::Fails | Verdict::WrongWorking(_) => {
            text!("{value}", "{value}")
        }
        Verdict::Holds(reading) => {
            let how = reading.name();
            text!("{value} ({how})", "{value}({how:#})")
        }
        Verdict::KnownWrong => text!("known error: {value}", "已知错误:{value}"),
        Verdict::NotWrong => text!("holds: {value}", "成立:{value}"),
        Verdict::Undecided => text!("undecided", "无法判定"),
    }
}

/// What else is to be said of a claim that fails.
fn details(claim: &Claim, checked: &Checked) -> Vec<(Text, Text)> {
    let expect = &claim.expect.text;
    let mut details = vec![(text!("expected", "断言"), text!("{expect}", "{expect}"))];
    match &checked.verdict {
        Verdict::Undecided => {
            let why = text!(
                "operators are missing from the figure that cnncost does not know",
                "指标未计入未知算子"
            );
            details.push((text!("because", "原因"), why));
        }
        Verdict::NotWrong => {
            let erratum = claim.erratum.as_deref().unwrap_or_default();
            details.push((
                text!("marked", "标注"),
                text!("as an error, and it holds: {erratum}", "标为错误,却成立:{erratum}"),
            ));
        }
        Verdict::WrongWorking(number) => {
            let (working, number) =
                (claim.working.as_ref().map_or("", |working| &*working.text), decimal(number));
            details.push((text!("working", "算式"), text!("{working} = {number}", "{working} = {number}")));
        }
        Verdict::Fails | Verdict::KnownWrong | Verdict::Holds(_) => {
            if let Some(difference) = difference(checked) {
                details.push((text!("off by", "相差"), difference));
            }
        }
    }
    if let Some(erratum) = claim.erratum.as_ref().filter(|_| checked.verdict == Verdict::KnownWrong) {
        details.push((text!("erratum", "勘误"), text!("{erratum}", "{erratum}")));
    }
    if let Some(slip) = &checked.slip {
        details.push((text!("slip", "可能的错误"), slip.clone()));
    }
    if let Some(source) = &claim.source {
        details.push((text!("source", "出处"), text!("{source}", "{source}")));
    }
    details
}

/// The side that is computed.
fn figure(checked: &Checked) -> &Value {
    if checked.is_right_written { &checked.left } else { &checked.right }
}

fn difference(checked: &Checked) -> Option<Text> {
    let (Value::Number(is), Value::Number(said)) = (figure(checked), claimed(checked)) else { return None };
    let apart = decimal(&is.checked_sub(said)?.abs());
    if let Some(times) = times(is, said) {
        return Some(text!("{apart}: {times} times as much", "{apart}:是实际的 {times} 倍"));
    }
    let percent = percent(is, said)?;
    Some(if said < is {
        text!("{apart}: {percent} too little", "{apart}:少了 {percent}")
    } else {
        text!("{apart}: {percent} too much", "{apart}:多了 {percent}")
    })
}

fn claimed(checked: &Checked) -> &Value {
    if checked.is_right_written { &checked.right } else { &checked.left }
}

/// By which factor the claim is too large, where a percentage would say little.
fn times(is: &Rational, said: &Rational) -> Option<String> {
    let factor = said.checked_div(is)?;
    (factor >= Rational::from(10)).then(|| decimal(&factor))
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of three digits")]
fn percent(is: &Rational, said: &Rational) -> Option<String> {
    let float = |number: &Rational| *number.numer() as f64 / *number.denom() as f64;
    let share = (float(said) / float(is) - 1.0).abs() * 100.0;
    // Below this, three digits would say that nothing is wrong.
    let shown = if share < 0.001 { "< 0.001 %".to_owned() } else { format!("{share:.3} %") };
    share.is_finite().then_some(shown)
}

fn summary(report: &Report) -> Text {
    let count = |wanted: fn(&Verdict) -> bool| {
        report.results.iter().filter(|(_, checked)| wanted(&checked.verdict)).count()
    };
    let all = report.results.len();
    let hold = count(|verdict| matches!(verdict, Verdict::Holds(_)));
    let known = count(|verdict| *verdict == Verdict::KnownWrong);
    let fail = report.failures();
    text!(
        "{all} claims: {hold} hold, {fail} fail, {known} known to be wrong",
        "{all} 条论断:{hold} 条成立,{fail} 条不成立,{known} 条为已知错误"
    )
}

/// At most `width` columns of what is said.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// A value as it is read: grouped digits, a decimal of a few digits, a list of sizes.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => decimal(number),
        Value::Sizes(sizes) => {
            let sizes: Vec<_> = sizes.iter().map(i128::to_string).collect();
            format!("[{}]", sizes.join(", "))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a fraction is shown with a few digits")]
fn decimal(number: &Rational) -> String {
    let sign = if *number.numer() < 0 { "-" } else { "" };
    if number.is_integer() {
        return format!("{sign}{}", grouped(number.numer().unsigned_abs(), ","));
    }
    let value = (*number.numer() as f64 / *number.denom() as f64).abs();
    let text = if value >= 100.0 { format!("{value:.1}") } else { format!("{value:.5}") };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{sign}{text}")
}
