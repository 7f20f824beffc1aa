//! The tables of a comparison, before they are written: totals, batches, where the difference arises, and plain figures.

use super::Compared;
use super::lines::{Line, Measure, layers, lines, measure, signs};
use super::totals::{Known, better, count, known, percent, signed};
use super::what::What;
use crate::counts::Counts;
use crate::metric;
use crate::report::columns::column;
use crate::report::rows::{Depth, total};
use crate::report::sheet::{self, Cell, Head, Kind, Role, Sheet, Title};
use crate::report::terminal::shortened;
use crate::text;
use crate::text::{Language, Text};

/// A head with words that are the same in every language.
fn named(key: &'static str, words: &str, role: Role) -> Head {
    Head::new(key, Text { english: words.to_owned(), chinese: words.to_owned() }, role)
}

/// These figures of the networks at these indices beside those of the first, with at most `path` columns of a path.
///
/// What has become of a figure stands beside it, or below it if they are `stacked`.
pub(super) fn totals(
    compared: &Compared,
    figures: &[Known],
    shown: std::ops::Range<usize>,
    path: usize,
    stacked: bool,
) -> Sheet {
    let mut heads = vec![named("figure", "", Role::Text), named("before", &compared.names[0], Role::Figure)];
    for index in shown.clone() {
        heads.push(named("after", &compared.names[index], Role::Figure));
        if !stacked {
            heads.push(named("change", "", Role::Text));
        }
    }
    let mut lines = vec![];
    for figure in figures {
        let value = |index: usize| {
            let value = &figure.values[index];
            if let Cell::Name(whole, _) = value { Cell::Text(shortened(whole, path)) } else { value.clone() }
        };
        let label = Cell::Said(figure.words().into());
        let changes = shown.clone().map(|index| change(figure, index));
        if stacked {
            lines.push([label, value(0)].into_iter().chain(shown.clone().map(value)).collect());
            lines.push([Cell::Empty, Cell::Empty].into_iter().chain(changes).collect());
        } else {
            let figures = shown.clone().map(value).zip(changes).flat_map(|(value, change)| [value, change]);
            lines.push([label, value(0)].into_iter().chain(figures).collect());
        }
    }
    Sheet::of(heads, lines)
}

fn change(figure: &Known, index: usize) -> Cell {
    figure.change(index).map_or(Cell::Empty, |change| Cell::Change(change.text, change.is_better))
}

/// The figures that stand beside each other at every batch.
const BATCHES: [&str; 2] = ["traffic_bytes", "peak_bytes"];

/// What each batch moves and holds, every network beside the first, with its difference in percent.
pub(super) fn batches(compared: &Compared) -> Option<Sheet> {
    compared.batches.first()?;
    let figures: Vec<_> = BATCHES.into_iter().filter_map(metric::named).collect();
    let mut heads = vec![batch()];
    for figure in &figures {
        let title = Text::from(figure.words);
        for (index, name) in compared.names.iter().enumerate() {
            heads.push(Head::new("bytes", text!("{title}: {name}", "{title:#}: {name}"), Role::Figure));
            if index > 0 {
                heads.push(named("change", "", Role::Figure));
            }
        }
    }
    let lines = compared.batches.iter().map(|networks| {
        let mut cells = vec![Cell::Count(networks[0].batch().into())];
        for figure in &figures {
            for (index, subject) in networks.iter().enumerate() {
                cells.push(Cell::Count(count(figure, subject)));
                if index > 0 {
                    let percent = percent(count(figure, networks[0]), count(figure, subject));
                    cells.push(Cell::Change(percent, None));
                }
            }
        }
        cells
    });
    Some(Sheet::of(heads, lines.collect()))
}

/// The head of a column of batches.
pub(super) fn batch() -> Head {
    Head::new("batch", text!("batch", "批量大小"), Role::Figure)
}

/// What is shown of differences.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    /// In how many words a layer is put.
    pub(super) form: fn(&What) -> &String,
    pub(super) figures: bool,
    pub(super) params: bool,
    pub(super) share: bool,
}

/// Where a difference arises.
pub(super) struct Differences<'a> {
    pub(super) names: [&'a str; 2],
    pub(super) totals: [Counts; 2],
    pub(super) measure: Measure,
    pub(super) lines: &'a [Line],
}

impl<'a> Differences<'a> {
    pub(super) fn new(compared: &'a Compared, index: usize, lines: &'a [Line]) -> Self {
        Self {
            names: [0, index].map(|side| &*compared.names[side]),
            totals: [0, index].map(|side| *compared.subjects[side].analysis.total()),
            measure: measure(lines),
            lines,
        }
    }

    /// A line for each layer or box, and one for all of them.
    pub(super) fn sheet(&self, parts: Parts) -> Sheet {
        let label = &self.measure.label;
        let params: fn(&Counts) -> u128 = |counts| counts.params.total();
        let mut heads = vec![Head::new("layer", text!("layer", "层"), Role::Name)];
        for (name, [what, figure]) in self.names.into_iter().zip([["was", "before"], ["is", "after"]]) {
            heads.push(named(what, name, Role::Text));
            if parts.figures {
                heads.push(Head::new(figure, label.clone(), Role::Figure));
            }
        }
        heads.push(Head::new("difference", text!("Δ {label}", "Δ {label:#}"), Role::Figure));
        if parts.share {
            heads.push(Head::new("share", text!("share", "占比"), Role::Figure));
        }
        if parts.params {
            heads.push(Head::new("params", text!("Δ params", "Δ 参数量"), Role::Figure));
        }
        let cells = |line: Option<&Line>| {
            let counts = line.map_or(&self.totals, |line| &line.counts);
            let mut cells = vec![match line {
                Some(line) => Cell::Name(line.path.clone(), line.path.clone()),
                None => Cell::Named("difference", text!("difference", "差异")),
            }];
            for side in [0, 1] {
                let what = line.and_then(|line| line.what[side].as_ref());
                cells.push(what.map_or(Cell::Empty, |what| Cell::Text((parts.form)(what).clone())));
                if parts.figures {
                    let is_there = line.is_none_or(|line| line.is_in(side));
                    let figure = (self.measure.figure)(&counts[side]);
                    cells.push(if is_there { Cell::Count(figure) } else { Cell::Empty });
                }
            }
            cells.push(apart(counts, self.measure.figure));
            if parts.share {
                let share = line.and_then(|line| line.share(&self.measure, &self.totals));
                cells.push(share.map_or(Cell::Empty, |share| Cell::Text(in_percent(share))));
            }
            if parts.params {
                cells.push(apart(counts, params));
            }
            cells
        };
        let line = |line: Option<&Line>| sheet::Line {
            kind: if line.is_some() { Kind::Part } else { Kind::Total },
            mark: line.map(|line| line.mark),
            ..sheet::Line::of(cells(line))
        };
        let lines = self.lines.iter().map(Some).chain([None]).map(line).collect();
        Sheet { heads, lines, ..Sheet::default() }
    }

    /// The paths, with what has become of each before it.
    pub(super) fn paths(&self) -> Vec<String> {
        self.lines.iter().map(|line| format!("{} {}", line.mark.symbol(), line.path)).collect()
    }

    /// Whether any line differs in parameters.
    pub(super) fn has_params(&self) -> bool {
        let params = |counts: &Counts| counts.params.total();
        self.lines.iter().any(|line| params(&line.counts[0]) != params(&line.counts[1]))
    }

    /// Whether any line has a part of the whole difference.
    pub(super) fn has_shares(&self) -> bool {
        let share = |line: &Line| line.share(&self.measure, &self.totals);
        self.lines.iter().any(|line| share(line).is_some_and(|share| share != 0.0))
    }
}

fn apart(counts: &[Counts; 2], figure: fn(&Counts) -> u128) -> Cell {
    let [old, new] = counts.each_ref().map(figure);
    let signed = signed(old, new);
    Cell::Change(text!("{signed}", "{signed}"), better(new.cmp(&old)))
}

/// Part of the whole difference, negative where it goes the other way.
fn in_percent(share: f64) -> String {
    if share == 0.0 {
        return String::new();
    }
    let percent = format!("{:.1}%", share * 100.0);
    // The sign of next to nothing says nothing.
    if percent == "-0.0%" { "0.0%".to_owned() } else { percent.replace('-', "−") }
}

/// The tables of a page: totals, batches, and where each difference arises.
pub fn pages(compared: &Compared, depth: Depth, language: Language) -> Vec<Sheet> {
    let titled = |name: String, sheet: Sheet| Sheet {
        title: Some(Title { name, about: vec![], status: None }),
        ..sheet
    };
    let turns = compared.pairs().filter_map(|(index, _)| compared.turn_in_words(index)).collect();
    let all = compared.names.join(" · ");
    let figures = known(&compared.subjects);
    let totals = totals(compared, &figures, 1..compared.subjects.len(), usize::MAX, false);
    let mut pages = vec![titled(all.clone(), Sheet { notes: turns, ..totals })];
    pages.extend(batches(compared).map(|sheet| titled(all, sheet)));
    pages.extend(
        differences(compared, depth, language).map(|(index, sheet)| {
            titled(format!("{} → {}", compared.names[0], compared.names[index]), sheet)
        }),
    );
    pages
}

/// Where the difference arises of each network that has one, with its index: all that there is to say, as on a page.
pub(super) fn differences(
    compared: &Compared,
    depth: Depth,
    language: Language,
) -> impl Iterator<Item = (usize, Sheet)> {
    let parts = Parts { form: |what| &what.long, figures: true, params: true, share: true };
    let differing = compared.pairs().filter(|(_, comparison)| !comparison.differences.is_empty());
    differing.map(move |(index, comparison)| {
        let lines = lines([compared.subjects[0], compared.subjects[index]], comparison, depth, language);
        let sheet = Differences::new(compared, index, &lines).sheet(parts);
        (index, Sheet { notes: signs(&lines).into_iter().collect(), ..sheet })
    })
}

/// Plain figures: a line for each layer that differs; of several batches, a line for each network at each of them.
pub fn data(compared: &Compared) -> Sheet {
    if compared.batches.is_empty() {
        return Sheet::of(layer_heads(), layers_of(compared));
    }
    let figures = ["macs", "flops", "traffic_bytes", "weight_bytes", "peak_bytes", "intensity"];
    let figures: Vec<_> = figures.into_iter().filter_map(column).collect();
    let heads = [("batch", Role::Figure), ("network", Role::Text)].map(|(key, role)| named(key, key, role));
    let of_figures = figures.iter().map(|column| named(column.key, column.key, Role::Figure));
    let lines = compared.batches.iter().flat_map(|networks| {
        networks.iter().zip(&compared.names).map(|(subject, name)| {
            let labels = [Cell::Count(subject.batch().into()), Cell::Text(name.clone())];
            let total = total(subject);
            labels.into_iter().chain(figures.iter().map(|column| column.cell(&total))).collect()
        })
    });
    Sheet::of(heads.into_iter().chain(of_figures).collect(), lines.collect())
}

fn layer_heads() -> Vec<Head> {
    let words = ["network", "change", "layer", "is", "was"].map(|key| named(key, key, Role::Text));
    let figures = ["macs", "macs_before", "params", "params_before", "flops", "flops_before"];
    words.into_iter().chain(figures.map(|key| named(key, key, Role::Figure))).collect()
}

fn layers_of(compared: &Compared) -> Vec<Vec<Cell>> {
    let figures: [fn(&Counts) -> u128; 3] =
        [|counts| counts.work.macs.total(), |counts| counts.params.total(), |counts| counts.work.ops.flops()];
    let mut lines = vec![];
    for (index, comparison) in compared.pairs() {
        let subjects = [compared.subjects[0], compared.subjects[index]];
        for line in layers(subjects, comparison, Language::English) {
            let what = |side: usize| line.what[side].as_ref().map_or(String::new(), |what| what.long.clone());
            let (name, mark) = (compared.names[index].clone(), line.mark.name().to_owned());
            let words = [name, mark, line.path.clone(), what(1), what(0)].map(Cell::Text);
            let figures =
                figures.iter().flat_map(|figure| [1, 0].map(|side| Cell::Count(figure(&line.counts[side]))));
            lines.push(words.into_iter().chain(figures).collect());
        }
    }
    lines
}
