//! What became of claims for programs: JSON, JUnit's XML, and annotations for GitHub.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, details, figure, said, summary, written};
use crate::claim::{Checked, Reading, Value, Verdict};
use crate::read::description::Claim;
use crate::text;
use crate::text::Language;

/// The name and version of the JSON form.
const SCHEMA: &str = "cnncost/check/1";

/// What became of the claims of one file.
#[derive(Debug, Serialize, JsonSchema)]
struct FileForm {
    /// The name and version of this form: `cnncost/check/1`.
    schema: &'static str,
    /// What the file calls itself.
    title: String,
    /// The file.
    file: String,
    /// How many claims are as they should be.
    passed: usize,
    /// How many are not.
    failed: usize,
    /// Every claim.
    claims: Vec<Entry>,
}

/// One claim and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    /// The words it is said in.
    says: Option<String>,
    /// What must hold.
    expect: String,
    /// The line it stands in.
    line: usize,
    /// Where it is from.
    source: Option<String>,
    /// Why it is known to be wrong, if it is.
    erratum: Option<String>,
    /// `holds`, `fails`, `known wrong`, `not wrong`, `wrong working` or `undecided`.
    verdict: &'static str,
    /// How a figure is what is written: `exactly`, `rounded`, `cut`, `within what is allowed`.
    reading: Option<String>,
    /// Whether all is as it should be.
    passes: bool,
    /// The left side: a number, exact as a fraction if need be, or a list.
    left: String,
    /// The right side, likewise.
    right: String,
    /// The slip that probably led to what is claimed.
    slip: Option<String>,
}

/// An array with an object for each file.
pub fn json(reports: &[Report]) -> String {
    let files: Vec<_> = reports.iter().map(form).collect();
    serde_json::to_string_pretty(&files).expect("keys are text and numbers are whole") + "\n"
}

/// The JSON Schema of one file's object.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(FileForm)
}

fn form(report: &Report) -> FileForm {
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
    FileForm {
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
