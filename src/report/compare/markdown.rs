//! The comparison as a comment on a pull request: the verdict, the totals, and the layers behind a fold.

use std::fmt::Write;

use super::Compared;
use super::differences::share;
use super::lines::{Line, Measure, lines, measure, signs};
use super::totals::{Total, known, percent, signed, traffic};
use crate::compare::Comparison;
use crate::counts::Counts;
use crate::report::Subject;
use crate::report::markdown::escaped;
use crate::report::rows::Depth;
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

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
    text.push_str(&totals(compared, &names, language));
    text.push_str(&batches(compared, &names, language));
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

fn totals(compared: &Compared, names: &[String], language: Language) -> String {
    let first = compared.subjects[0];
    let mut heads = vec![String::new(), names[0].clone()];
    heads.extend(names[1..].iter().flat_map(|name| [name.clone(), String::new()]));
    let rows = known(&compared.subjects).map(|figure| {
        let mut cells = vec![figure.label(language).to_owned(), (figure.value)(first).shown(usize::MAX)];
        for subject in &compared.subjects[1..] {
            cells.push((figure.value)(subject).shown(usize::MAX));
            let change = figure.change(first, subject);
            cells.push(change.map_or(String::new(), |change| change.text.get(language).to_owned()));
        }
        cells
    });
    let numeric: Vec<bool> =
        (0..heads.len()).map(|index| index > 0 && (index < 2 || index % 2 == 0)).collect();
    let mut text = table(&heads, &numeric, rows);
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

fn batches(compared: &Compared, names: &[String], language: Language) -> String {
    let Some(last) = compared.batches.last() else { return String::new() };
    let mut heads = vec![text!("batch", "批量大小").get(language).to_owned()];
    let titles: [(Text, Total); 2] =
        [(text!("bytes moved", "读写字节"), traffic), (text!("peak bytes", "峰值字节"), Subject::peak_bytes)];
    heads.extend(titles.iter().flat_map(|(title, _)| {
        let title = title.get(language).to_owned();
        names.iter().enumerate().flat_map(move |(index, name)| {
            let figure = format!("{title}: {name}");
            if index == 0 { vec![figure] } else { vec![figure, String::new()] }
        })
    }));
    let rows = compared.batches.iter().map(|networks| {
        let figures = titles.iter().flat_map(|&(_, figure)| {
            networks.iter().enumerate().flat_map(move |(index, subject)| {
                let shown = grouped(figure(subject), ",");
                let change = percent(figure(networks[0]), figure(subject));
                if index == 0 { vec![shown] } else { vec![shown, change.get(language).to_owned()] }
            })
        });
        std::iter::once(networks[0].batch().to_string()).chain(figures).collect()
    });
    let numeric = vec![true; 1 + 2 * (2 * last.len() - 1)];
    format!("\n{}", table(&heads, &numeric, rows))
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
    let (say, measure) = (|text: Text| text.get(language).to_owned(), measure(&lines));
    let label = measure.label.get(language).to_owned();
    let heads = [
        say(text!("layer", "层")),
        first.clone(),
        label.clone(),
        second.clone(),
        label.clone(),
        format!("Δ {label}"),
        say(text!("share", "占比")),
        say(text!("Δ params", "Δ 参数量")),
    ];
    let numeric = [false, false, true, false, true, true, true, true];
    let whole = subjects.map(|subject| *subject.analysis.total());
    let bold = |text: String| format!("**{text}**");
    let total = vec![
        bold(say(text!("difference", "差异"))),
        String::new(),
        bold(grouped((measure.figure)(&whole[0]), ",")),
        String::new(),
        bold(grouped((measure.figure)(&whole[1]), ",")),
        bold(apart(&whole, measure.figure)),
        String::new(),
        bold(apart(&whole, params)),
    ];
    let rows = lines.iter().map(|line| row(line, &measure, &whole)).chain([total]);
    let title = title.get(language);
    let signs = signs(&lines).map_or(String::new(), |signs| format!("\n{}\n", escaped(signs.get(language))));
    let table = table(&heads, &numeric, rows);
    format!("\n<details><summary>{title}</summary>\n\n{table}{signs}\n</details>\n")
}

fn row(line: &Line, measure: &Measure, whole: &[Counts; 2]) -> Vec<String> {
    let what = |side: usize| line.what[side].as_ref().map_or(String::new(), |what| escaped(&what.long));
    vec![
        escaped(format!("{} {}", line.mark.symbol(), line.path).trim()),
        what(0),
        line.shown(measure, 0),
        what(1),
        line.shown(measure, 1),
        apart(&line.counts, measure.figure),
        share(line.share(measure, whole)),
        apart(&line.counts, params),
    ]
}

fn params(counts: &Counts) -> u128 {
    counts.params.total()
}

fn apart(counts: &[Counts; 2], figure: fn(&Counts) -> u128) -> String {
    signed(figure(&counts[0]), figure(&counts[1]))
}

fn table(heads: &[String], numeric: &[bool], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rules: Vec<_> =
        numeric.iter().map(|&numeric| if numeric { "---:" } else { ":---" }.to_owned()).collect();
    let mut text = line(heads) + &line(&rules);
    rows.for_each(|row| text.push_str(&line(&row)));
    text
}
