//! The comparison as a comment on a pull request: the verdict, the totals, and the layers behind a fold.

use std::fmt::Write;

use super::Compared;
use super::lines::{lines, signs};
use super::sheets::{Differences, Parts, batches, totals as sheet_of};
use super::totals::{Total, known, percent, traffic};
use crate::compare::Comparison;
use crate::report::Subject;
use crate::report::markdown::{escaped, table};
use crate::report::rows::Depth;
use crate::text;
use crate::text::{Language, Text};

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
    text.extend(batches(compared).map(|sheet| format!("\n{}", table(&sheet, language))));
    for (index, comparison) in compared.pairs() {
        text.push_str(&details(compared, index, comparison, depth, language));
    }
    text
}

/// A line on what has become of it.
fn verdict(first: &Subject, second: &Subject, comparison: &Comparison, language: Language) -> String {
    let figures: [(Text, Total); 5] = [
        (text!("MACs", "乘加数"), |subject| subject.analysis.total().work.macs.total()),
        (text!("params", "参数量"), |subject| subject.analysis.total().params.total()),
        (text!("FLOPs", "FLOPs"), |subject| subject.analysis.total().work.ops.flops()),
        (text!("bytes moved", "读写字节"), traffic),
        (text!("peak bytes", "峰值字节"), Subject::peak_bytes),
    ];
    let changes: Vec<Text> = figures
        .iter()
        .filter(|(_, figure)| figure(first) != figure(second))
        .map(|(label, figure)| {
            let Text { english, chinese } = percent(figure(first), figure(second));
            let (label_english, label_chinese) = (&label.english, &label.chinese);
            text!("{english} {label_english}", "{label_chinese} {chinese}")
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
    let first = compared.subjects[0];
    let figures = known(&compared.subjects);
    let totals = sheet_of(compared, &figures, 1..compared.subjects.len(), usize::MAX, false);
    let mut text = table(&totals, language);
    let mut batches: Vec<String> =
        compared.subjects.iter().map(|subject| subject.batch().to_string()).collect();
    batches.dedup();
    let (list, element) = (batches.join(", "), first.element.name());
    let batch = text!("batch {list} · {element}", "批量大小 {list} · {element}");
    let turns = compared.pairs().filter_map(|(index, _)| compared.turn_in_words(index));
    let notes: Vec<_> = std::iter::once(batch).chain(turns).map(|note| escaped(note.get(language))).collect();
    let _ = writeln!(text, "\n{}", notes.join(" · "));
    text
}

/// The layers that differ, behind a fold.
fn details(
    compared: &Compared,
    index: usize,
    comparison: &Comparison,
    depth: Depth,
    language: Language,
) -> String {
    if comparison.differences.is_empty() {
        return String::new();
    }
    let subjects = [compared.subjects[0], compared.subjects[index]];
    let lines = lines(subjects, comparison, depth, language);
    let names = [0, index].map(|side| escaped(&compared.names[side]));
    let [first, second] = &names;
    let title = text!(
        "where the difference between {first} and {second} arises",
        "{first} 与 {second} 的差异出自何处"
    );
    let parts = Parts { form: |what| &what.long, figures: true, params: true, share: true };
    let sheet = Differences::new(compared, index, &lines).sheet(parts);
    let title = title.get(language);
    let signs = signs(&lines).map_or(String::new(), |signs| format!("\n{}\n", escaped(signs.get(language))));
    let table = table(&sheet, language);
    format!("\n<details><summary>{title}</summary>\n\n{table}{signs}\n</details>\n")
}
