//! What became of claims: lines for the terminal, JSON, JUnit's XML, and annotations for GitHub.

use std::fmt::Write;

use num_traits::{CheckedDiv, CheckedSub, Signed};
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Style;
use crate::claim::{Checked, Reading, Value, Verdict};
use crate::error::Source;
use crate::read::description::Claim;
use crate::read::expression::Rational;
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "cnncost/check/1";

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

/// What is, at the end of the line.
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
                "指标缺少 cnncost 不认识的算子"
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
        details.push((text!("slip", "失误"), slip.clone()));
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

/// By which factor too much is said, where a percentage would say little.
fn times(is: &Rational, said: &Rational) -> Option<String> {
    let factor = said.checked_div(is)?;
    (factor >= Rational::from(10)).then(|| decimal(&factor))
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of three digits")]
fn percent(is: &Rational, said: &Rational) -> Option<String> {
    let float = |number: &Rational| *number.numer() as f64 / *number.denom() as f64;
    let share = (float(said) / float(is) - 1.0).abs() * 100.0;
    share.is_finite().then(|| format!("{share:.3} %"))
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

/// What became of the claims of one file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct File {
    /// The name and version of this form: `cnncost/check/1`.
    pub schema: &'static str,
    /// What the file calls itself.
    pub title: String,
    /// The file.
    pub file: String,
    /// How many claims are as they should be.
    pub passed: usize,
    /// How many are not.
    pub failed: usize,
    /// Every claim.
    pub claims: Vec<Entry>,
}

/// One claim and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    /// The words it is said in.
    pub says: Option<String>,
    /// What must hold.
    pub expect: String,
    /// The line it stands in.
    pub line: usize,
    /// Where it is from.
    pub source: Option<String>,
    /// Why it is known to be wrong, if it is.
    pub erratum: Option<String>,
    /// `holds`, `fails`, `known wrong`, `not wrong`, `wrong working` or `undecided`.
    pub verdict: &'static str,
    /// How a figure is what is written: `exactly`, `rounded`, `cut`, `within what is allowed`.
    pub reading: Option<String>,
    /// Whether all is as it should be.
    pub passes: bool,
    /// The left side: a number, exact as a fraction if need be, or a list.
    pub left: String,
    /// The right side, likewise.
    pub right: String,
    /// The slip that probably led to what is claimed.
    pub slip: Option<String>,
}

/// An array with an object for each file.
pub fn json(reports: &[Report]) -> String {
    let files: Vec<_> = reports.iter().map(file).collect();
    serde_json::to_string_pretty(&files).expect("keys are text and numbers are whole") + "\n"
}

/// The JSON Schema of one file's object.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(File)
}

fn file(report: &Report) -> File {
    let exact = |value: &Value| match value {
        Value::Number(number) => number.to_string(),
        Value::Sizes(_) => written(value),
    };
    let entry = |(claim, checked): &(&Claim, Checked)| Entry {
        says: claim.says.as_ref().map(|says| says.text.to_string()),
        expect: claim.expect.text.to_string(),
        line: report.line(claim),
        source: claim.source.clone(),
        erratum: claim.erratum.clone(),
        verdict: checked.verdict.name(),
        reading: match checked.verdict {
            Verdict::Holds(reading) if reading != Reading::Plain => Some(reading.name().english),
            Verdict::Holds(_)
            | Verdict::Fails
            | Verdict::KnownWrong
            | Verdict::NotWrong
            | Verdict::WrongWorking(_)
            | Verdict::Undecided => None,
        },
        passes: checked.verdict.passes(),
        left: exact(&checked.left),
        right: exact(&checked.right),
        slip: checked.slip.as_ref().map(|slip| slip.english.clone()),
    };
    File {
        schema: SCHEMA,
        title: report.title.clone(),
        file: report.source.name.clone(),
        passed: report.results.len() - report.failures(),
        failed: report.failures(),
        claims: report.results.iter().map(entry).collect(),
    }
}

/// JUnit's XML, as continuous integration reads it: a suite for each file.
pub fn junit(reports: &[Report], language: Language) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for report in reports {
        let (name, tests, failures) = (xml(&report.title), report.results.len(), report.failures());
        let _ = writeln!(text, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">");
        for (claim, checked) in &report.results {
            let (name, class) = (xml(said(claim)), xml(&report.source.name));
            let _ = write!(
                text,
                "    <testcase name=\"{name}\" classname=\"{class}\" line=\"{}\"",
                report.line(claim)
            );
            if checked.verdict.passes() {
                text.push_str("/>\n");
            } else {
                let message = message(claim, checked, language);
                let (first, rest) = message.split_once('\n').unwrap_or((&message, ""));
                let _ = writeln!(
                    text,
                    ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                    xml(first),
                    xml(rest)
                );
            }
        }
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

/// An annotation of GitHub's for each claim that is not as it should be, at its line.
pub fn github(reports: &[Report], language: Language) -> String {
    let mut text = String::new();
    for report in reports {
        for (claim, checked) in report.results.iter().filter(|(_, checked)| !checked.verdict.passes()) {
            let (file, line) = (property(&report.source.name), report.line(claim));
            let (title, message) = (property(said(claim)), data(&message(claim, checked, language)));
            let _ = writeln!(text, "::error file={file},line={line},title={title}::{message}");
        }
        let summary = summary(report);
        let (title, summary) = (property(&report.title), data(summary.get(language)));
        let _ = writeln!(text, "::notice title={title}::{summary}");
    }
    text
}

/// What is wrong with a claim: what is, then each detail on a line of its own.
fn message(claim: &Claim, checked: &Checked, language: Language) -> String {
    let value = written(figure(checked));
    let is = text!("it is {value}", "实际为 {value}");
    let details = details(claim, checked)
        .into_iter()
        .map(|(label, line)| format!("{}: {}", label.get(language), line.get(language)));
    std::iter::once(is.get(language).to_owned()).chain(details).collect::<Vec<_>>().join("\n")
}

fn xml(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\n' => "&#10;".to_owned(),
        // XML has no way to write these.
        c if c.is_control() => " ".to_owned(),
        c => c.to_string(),
    });
    escaped.collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
