//! What became of claims for programs: JSON, JUnit's XML, and annotations for GitHub.

use std::fmt::Write;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::difference::difference;
use super::{Report, details, lines_of, said, summary, value_found, written};
use crate::claim::{Checked, Reading, Value, Verdict};
use crate::error::{Code, Diagnostic, ReadError};
use crate::read::description::Claim;
use crate::report::write_json;
use crate::text;
use crate::text::{Language, Text, harmless, printable};

/// The name and version of the JSON form.
const SCHEMA: &str = "cnncost/check/2";

/// What became of the claims of every file.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// The name and version of this form: `cnncost/check/2`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// Every file, those that cannot be read at the end.
    files: Vec<FileForm>,
}

/// What became of the claims of one file.
#[derive(Debug, Serialize, JsonSchema)]
struct FileForm {
    /// What the file calls itself.
    title: String,
    /// The file.
    file: String,
    /// Whether its networks are counted as they are deployed, rather than their graphs.
    deployed: bool,
    /// How many claims are as they should be.
    passed: usize,
    /// How many are not.
    failed: usize,
    /// Every claim.
    claims: Vec<Entry>,
    /// What is wrong with the file, if it cannot be read; then there are no claims.
    errors: Vec<Wrong>,
}

/// A mistake in a file that cannot be read.
#[derive(Debug, Serialize, JsonSchema)]
struct Wrong {
    /// What kind of mistake it is: `unknown-operator`. The name stays, whatever the message says.
    code: &'static str,
    /// What is wrong.
    message: String,
    /// The file that it is in: this one, or one that it includes.
    file: String,
    /// The line it stands in, where it stands in one.
    line: Option<usize>,
    /// What to do about it.
    help: Option<String>,
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
    /// Why it is undecided, if it is.
    because: Option<String>,
    /// Whether all is as it should be.
    passes: bool,
    /// The left side: a number, exact as a fraction if need be, a list, `true` or `false`, or `unknown`. Of a range, both sides are those
    /// of the bound that is not kept, or else of the first.
    left: String,
    /// The right side, likewise.
    right: String,
    /// How far off it is, if it does not hold and is about a number.
    difference: Option<Off>,
    /// The slip that probably led to what is claimed.
    slip: Option<String>,
}

/// How far off a claim is.
#[derive(Debug, Serialize, JsonSchema)]
struct Off {
    /// By how much, exact as a fraction if need be.
    by: String,
    /// `over` or `under` a bound, `equal` to a number that it must not be; or `too much` or `too little` is claimed.
    is: &'static str,
    /// The figure over its bound, or what is claimed over the figure: exact as a fraction if need be.
    ratio: Option<String>,
}

/// Files that cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Broken<'a> {
    /// Why not.
    pub errors: &'a [ReadError],
    /// Whether their networks would have been counted as they are deployed.
    pub is_deployed: bool,
}

/// Writes one object, which holds every file.
///
/// # Errors
/// If it cannot be written.
pub fn json(reports: &[Report], broken: Broken<'_>, to: &mut dyn io::Write) -> io::Result<()> {
    let of_broken = |error| broken_form(error, broken.is_deployed);
    let files = reports.iter().map(form).chain(broken.errors.iter().map(of_broken)).collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), files }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document)
}

fn form(report: &Report) -> FileForm {
    let exact = |value: &Value| match value {
        Value::Number(number) => number.to_string(),
        Value::Sizes(_) | Value::Truth(_) | Value::Unknown(_) => written(value, None),
    };
    let off = |checked: &Checked| {
        let is_off = matches!(checked.verdict, Verdict::Fails | Verdict::KnownWrong);
        difference(checked).filter(|_| is_off).map(|difference| Off {
            by: difference.by.to_string(),
            is: difference.kind.name(),
            ratio: difference.ratio.map(|ratio| ratio.to_string()),
        })
    };
    let line = lines_of(report.source);
    let entry = |(claim, checked): &(&Claim, Checked)| Entry {
        says: claim.says.as_ref().map(|says| says.text.to_string()),
        expect: claim.expect.text.to_string(),
        line: line(claim),
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
            | Verdict::Undecided(_) => None,
        },
        because: match &checked.verdict {
            Verdict::Undecided(why) => Some(why.english.clone()),
            Verdict::Holds(_)
            | Verdict::Fails
            | Verdict::KnownWrong
            | Verdict::NotWrong
            | Verdict::WrongWorking(_) => None,
        },
        passes: checked.verdict.passes(),
        left: exact(&checked.left),
        right: exact(&checked.right),
        difference: off(checked),
        slip: checked.slip.as_ref().map(|slip| slip.english.clone()),
    };
    FileForm {
        title: report.title.clone(),
        file: report.source.name.clone(),
        deployed: report.is_deployed,
        passed: report.results.len() - report.failures(),
        failed: report.failures(),
        claims: report.results.iter().map(entry).collect(),
        errors: vec![],
    }
}

fn broken_form(error: &ReadError, deployed: bool) -> FileForm {
    let wrong = |wrong: Mistake| Wrong {
        code: wrong.code.name(),
        message: wrong.message.english,
        file: wrong.file,
        line: wrong.line,
        help: wrong.help.map(|help| help.english),
    };
    let file = error.name().to_owned();
    FileForm {
        title: file.clone(),
        file,
        deployed,
        passed: 0,
        failed: 0,
        claims: vec![],
        errors: mistakes(error).into_iter().map(wrong).collect(),
    }
}

/// JUnit's XML, as continuous integration reads it: a suite for each file, and for each that cannot be read.
pub fn junit(reports: &[Report], broken: &[ReadError], language: Language) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for report in reports {
        let (name, tests, failures) = (xml(&report.title), report.results.len(), report.failures());
        let _ = writeln!(text, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">");
        let line = lines_of(report.source);
        for (claim, checked) in &report.results {
            let (name, class) = (xml(&said(claim)), xml(&report.source.name));
            let _ =
                write!(text, "    <testcase name=\"{name}\" classname=\"{class}\" line=\"{}\"", line(claim));
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
    text.extend(broken.iter().map(|error| broken_suite(error, language)));
    text + "</testsuites>\n"
}

fn broken_suite(error: &ReadError, language: Language) -> String {
    let (name, mistakes) = (xml(error.name()), mistakes(error));
    let count = mistakes.len();
    let mut text =
        format!("  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"0\" errors=\"{count}\">\n");
    for mistake in mistakes {
        let message = xml(mistake.message.get(language));
        let line = mistake.line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
        let help = mistake.help.map_or_else(String::new, |help| xml(help.get(language)));
        let file = xml(&mistake.file);
        let _ = writeln!(
            text,
            "    <testcase name=\"{message}\" classname=\"{file}\"{line}>\n      <error message=\"{message}\">{help}</error>\n    </testcase>"
        );
    }
    text + "  </testsuite>\n"
}

/// An annotation of GitHub's for each claim that is not as it should be, at its line, and for each mistake in a file.
pub fn github(reports: &[Report], broken: &[ReadError], language: Language) -> String {
    let mut text = String::new();
    for report in reports {
        let line_of = lines_of(report.source);
        for (claim, checked) in report.results.iter().filter(|(_, checked)| !checked.verdict.passes()) {
            let (file, line) = (property(&report.source.name), line_of(claim));
            let (title, message) = (property(&said(claim)), data(&message(claim, checked, language)));
            let _ = writeln!(text, "::error file={file},line={line},title={title}::{message}");
        }
        let summary = summary(report);
        let (title, summary) = (property(&report.title), data(summary.get(language)));
        let _ = writeln!(text, "::notice title={title}::{summary}");
    }
    for error in broken {
        for Mistake { message, file, line, help, .. } in mistakes(error) {
            let file = property(&file);
            let line = line.map_or_else(String::new, |line| format!(",line={line}"));
            let title = text!("cannot be read", "无法读取");
            let (title, message) = (title.get(language), message.get(language).to_owned());
            let help = help.map_or_else(String::new, |help| format!("\n{}", help.get(language)));
            let _ = writeln!(text, "::error file={file}{line},title={title}::{}", data(&(message + &help)));
        }
    }
    text
}

/// What is wrong in a file, or with it.
struct Mistake {
    code: Code,
    message: Text,
    file: String,
    line: Option<usize>,
    help: Option<Text>,
}

/// The mistakes that programs are told of: a file may have thousands.
const MOST_MISTAKES: usize = 50;

fn mistakes(error: &ReadError) -> Vec<Mistake> {
    let place = |finding: &Diagnostic| match error {
        ReadError::Unreadable { .. } => None,
        ReadError::Invalid { source_file, .. } => {
            let span = finding.places.first().and_then(|(place, _)| place.text())?;
            Some((source_file.file_of(span).to_owned(), source_file.line_of(span)))
        }
    };
    let mistake = |finding: &Diagnostic| {
        let (file, line) = place(finding).unzip();
        Mistake {
            code: finding.code,
            message: finding.message.clone(),
            file: file.unwrap_or_else(|| error.name().to_owned()),
            line,
            help: finding.help.clone(),
        }
    };
    error.findings().iter().take(MOST_MISTAKES).map(mistake).collect()
}

/// What is wrong with a claim: what is, then each detail on a line of its own.
fn message(claim: &Claim, checked: &Checked, language: Language) -> String {
    let value = value_found(checked);
    let is = text!("it is {value}", "实际为 {value:#}");
    let details = details(claim, checked)
        .into_iter()
        .map(|(label, line)| format!("{}: {}", label.get(language), line.get(language)));
    std::iter::once(is.get(language).to_owned()).chain(details).collect::<Vec<_>>().join("\n")
}

/// Text in an attribute or an element, in its lines. XML has no way to write a control character, nor U+FFFE and U+FFFF.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in harmless(text, false).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The message of an annotation, in its lines: none of them may begin another one.
fn data(text: &str) -> String {
    harmless(text, false).replace('%', "%25").replace('\n', "%0A")
}

/// A property of an annotation, which has one line.
fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}
