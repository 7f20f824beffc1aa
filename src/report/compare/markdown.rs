//! The comparison as a comment on a pull request: the verdict, the totals, and the layers behind a fold.

use std::fmt::Write;

use super::Compared;
use super::sheets::{batches, differences, totals as sheet_of};
use super::totals::{count, known, percent};
use crate::compare::Comparison;
use crate::metric::named;
use crate::report::Subject;
use crate::report::markdown::{self, escaped};
use crate::report::rows::Depth;
use crate::report::sheet::Sheet;
use crate::text;
use crate::text::{Language, Text};

/// The figures that the verdict is about, what matters most first.
const VERDICT: [&str; 5] = ["macs", "params", "flops", "traffic_bytes", "peak_bytes"];

/// All of it.
pub fn write(compared: &Compared, depth: Depth, language: Language) -> String {
    let names: Vec<_> = compared.names.iter().map(|name| escaped(name)).collect();
    let mut text = match &names[..] {
        [first, second] => format!("### {first} → {second}\n\n"),
        _ => format!("### {}\n\n", names.join(" · ")),
    };
    for (index, comparison) in compared.pairs() {
        let verdict = verdict(compared.subjects[0], compared.subjects[index], comparison, language);
        let lead = if names.len() > 2 { format!("- {}: ", names[index]) } else { String::new() };
        let _ = writeln!(text, "{lead}{verdict}");
    }
    text.push('\n');
    text.push_str(&totals(compared, language));
    text.extend(batches(compared).map(|sheet| format!("\n{}", markdown::write(&sheet, language))));
    let differences = differences(compared, depth, language);
    text.extend(differences.map(|(index, sheet)| details(compared, index, &sheet, language)));
    text
}

/// A line on what has become of it.
fn verdict(first: &Subject, second: &Subject, comparison: &Comparison, language: Language) -> String {
    let figures = VERDICT.into_iter().filter_map(named);
    let figures = figures.map(|metric| (metric, [first, second].map(|subject| count(metric, subject))));
    let changes: Vec<Text> = figures
        .filter(|(_, [old, new])| old != new)
        .map(|(metric, [old, new])| {
            let (words, percent) = (metric.words, percent(old, new));
            let (english, chinese) = (words.english, words.chinese);
            text!("{percent} {english}", "{chinese} {percent:#}")
        })
        .collect();
    match (&changes[..], comparison.differences.is_empty()) {
        ([], true) if !comparison.rewired => {
            text!("**no difference**", "**没有差异**").get(language).to_owned()
        }
        ([], _) => text!("**the same cost**", "**成本相同**").get(language).to_owned(),
        ([first, rest @ ..], _) => {
            let list: Vec<Text> = std::iter::once(Text {
                english: format!("**{}**", first.english),
                chinese: format!("**{}**", first.chinese),
            })
            .chain(rest.iter().cloned())
            .collect();
            Text::list(&list).get(language).to_owned()
        }
    }
}

fn totals(compared: &Compared, language: Language) -> String {
    let turns = compared.pairs().filter_map(|(index, _)| compared.turn_in_words(index));
    let notes = std::iter::once(compared.circumstances()).chain(turns);
    let note = notes.map(|note| note.get(language).to_owned()).collect::<Vec<_>>().join(" · ");
    let figures = known(&compared.subjects);
    let sheet = sheet_of(compared, &figures, 1..compared.subjects.len(), usize::MAX, false);
    markdown::write(&Sheet { notes: vec![text!("{note}", "{note}")], ..sheet }, language)
}

/// The layers that differ, behind a fold.
fn details(compared: &Compared, index: usize, sheet: &Sheet, language: Language) -> String {
    let [first, second] = [0, index].map(|side| escaped(&compared.names[side]));
    let title = text!(
        "where the difference between {first} and {second} arises",
        "{first} 与 {second} 的差异出自何处"
    );
    let (title, table) = (title.get(language), markdown::write(sheet, language));
    format!("\n<details><summary>{title}</summary>\n\n{table}\n</details>\n")
}
