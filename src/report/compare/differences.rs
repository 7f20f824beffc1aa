//! Where the difference arises, on the screen: a line for each layer or box, as much of each as there is room for.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Compared;
use super::grid::{Cell, Column, Squeeze, draw, squeeze};
use super::lines::{Line, Measure, lines, measure, signs};
use super::totals::{better, signed};
use super::what::What;
use crate::compare::Comparison;
use crate::counts::Counts;
use crate::report::rows::Depth;
use crate::report::terminal::shortened;
use crate::report::wrap::{folded, wrapped};
use crate::report::{Style, Subject};
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// The narrowest column of paths: longer ones lose their middle.
const PATH: usize = 16;

/// The narrowest column that says what a layer is; how narrow one may be for the sake of another column, and of whole paths.
const WHAT: (usize, usize, usize) = (12, 16, 24);

/// Where the difference arises.
pub(super) fn write(
    compared: &Compared,
    index: usize,
    comparison: &Comparison,
    depth: Depth,
    style: Style,
) -> String {
    let (first, second) = (&compared.names[0], &compared.names[index]);
    if comparison.differences.is_empty() {
        let said = if comparison.rewired {
            text!(
                "{second} has the layers of {first}, joined in another way",
                "{second} 的层与 {first} 相同,但连接方式不同"
            )
        } else {
            text!("no difference between {first} and {second}", "{first} 与 {second} 没有差异")
        };
        return wrapped(said.get(style.language), style.width);
    }
    let title = text!(
        "where the difference between {first} and {second} arises",
        "{first} 与 {second} 的差异出自何处"
    );
    let subjects = [compared.subjects[0], compared.subjects[index]];
    let lines = lines(subjects, comparison, depth, style.language);
    let columns = difference_columns([first, second], subjects, &lines, style);
    let signs = signs(&lines);
    let signs = signs.map_or(String::new(), |signs| wrapped(signs.get(style.language), style.width));
    let title = wrapped(title.get(style.language), style.width);
    format!("{title}\n{}{signs}", draw(&columns, 1, style))
}

/// As many columns as there is room for.
fn difference_columns(
    names: [&str; 2],
    subjects: [&Subject; 2],
    lines: &[Line],
    style: Style,
) -> Vec<Column> {
    let totals = subjects.map(|subject| *subject.analysis.total());
    let all = Drawing { names, totals, measure: measure(lines), lines, style };
    let usual = Parts { form: |what| &what.long, figures: true, params: true, share: true };
    let short = Parts { form: |what| &what.short, ..usual };
    let terse = Parts { form: |what| &what.terse, ..usual };
    let without_params = Parts { params: false, ..terse };
    let without_figures = Parts { figures: false, ..without_params };
    let tries = [(usual, false), (short, false), (terse, false), (terse, true), (without_params, false)]
        .into_iter()
        .chain([(without_params, true), (without_figures, false), (without_figures, true)]);
    let least = LazyCell::new(|| distinct(&all.paths()));
    let paths = || Squeeze { columns: &[0], least: *least, form: cut_path };
    for (parts, may_cut) in tries {
        let mut columns = all.columns(parts);
        let steps = if may_cut { vec![paths()] } else { vec![] };
        if squeeze(&mut columns, &steps, style.width) {
            return columns;
        }
    }
    // Words are folded before paths are cut, unless they would become very narrow; cut beyond telling them apart only where
    // nothing else is left.
    let words = |least: usize| Squeeze { columns: &[1, 2], least, form: folded };
    let cut = Squeeze { least: PATH, ..paths() };
    let usual = [words(WHAT.2), paths(), words(WHAT.1)];
    let narrow = [words(WHAT.2), paths(), words(WHAT.0), cut];
    let mut columns = all.columns(without_figures);
    if !squeeze(&mut columns, &usual, style.width) {
        columns = all.columns(Parts { share: false, ..without_figures });
        squeeze(&mut columns, &narrow, style.width);
    }
    columns
}

/// How narrow a column may be so that these paths, cut for it, are not the same: what is cut to more columns differs, too.
fn distinct(paths: &[String]) -> usize {
    let count = |width: usize| paths.iter().map(|path| cut_path(path, width)).collect::<BTreeSet<_>>().len();
    let all = count(usize::MAX);
    let widest = paths.iter().map(|path| path.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (PATH..=widest).collect();
    PATH + widths.partition_point(|&width| count(width) < all)
}

/// At most `width` columns of a path, without its middle: its front tells it from others of its kind, and its end says what
/// it is.
fn cut_path(path: &str, width: usize) -> String {
    if path.width() <= width {
        return path.to_owned();
    }
    let (mut head, mut used, room) = (String::new(), 0, width / 2);
    for c in path.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        head.push(c);
    }
    let end = shortened(&path[head.len()..], width - head.width());
    head + &end
}

#[derive(Clone, Copy)]
struct Parts {
    form: fn(&What) -> &String,
    figures: bool,
    params: bool,
    share: bool,
}

/// Differences on their way to the screen.
struct Drawing<'a> {
    names: [&'a str; 2],
    totals: [Counts; 2],
    measure: Measure,
    lines: &'a [Line],
    style: Style,
}

impl Drawing<'_> {
    fn paths(&self) -> Vec<String> {
        self.lines.iter().map(|line| format!("{} {}", line.mark.symbol(), line.path)).collect()
    }

    fn columns(&self, parts: Parts) -> Vec<Column> {
        let say = |text: Text| text.get(self.style.language).to_owned();
        let label = self.measure.label.get(self.style.language);
        let with_total = |cells: Vec<String>, total: String| cells.into_iter().chain([total]).collect();
        let whole = format!("  {}", say(text!("difference", "差异")));
        let heading = format!("  {}", say(text!("layer", "层")));
        let mut columns = vec![Column::words(heading, with_total(self.paths(), whole))];
        for side in [0, 1] {
            let what = self.lines.iter().map(|line| {
                let what = line.what[side].as_ref();
                what.map_or(String::new(), |what| (parts.form)(what).clone())
            });
            columns.push(Column::words(self.names[side], with_total(what.collect(), String::new())));
            if parts.figures {
                let cells = self.lines.iter().map(|line| line.shown(&self.measure, side)).collect();
                let total = grouped((self.measure.figure)(&self.totals[side]), ",");
                columns.push(Column::figures(label, with_total(cells, total)));
            }
        }
        columns.push(self.signed(label, self.measure.figure));
        let shares: Vec<String> =
            self.lines.iter().map(|line| share(line.share(&self.measure, &self.totals))).collect();
        if parts.share && shares.iter().any(|share| !share.is_empty()) {
            columns.push(Column::figures(say(text!("share", "占比")), with_total(shares, String::new())));
        }
        let params = |counts: &Counts| counts.params.total();
        if parts.params && self.lines.iter().any(|line| params(&line.counts[0]) != params(&line.counts[1])) {
            columns.push(self.signed(&say(text!("params", "参数量")), params));
        }
        columns
    }

    fn signed(&self, label: &str, figure: fn(&Counts) -> u128) -> Column {
        let cell = |counts: &[Counts; 2]| {
            let [old, new] = counts.each_ref().map(figure);
            Cell { text: signed(old, new), is_better: better(new.cmp(&old)) }
        };
        let cells = self.lines.iter().map(|line| cell(&line.counts)).chain([cell(&self.totals)]).collect();
        Column { heading: format!("Δ {label}"), is_numeric: true, cells }
    }
}

/// Part of the whole difference, negative where it goes the other way.
pub(super) fn share(share: Option<f64>) -> String {
    match share {
        Some(share) if share != 0.0 => {
            let percent = format!("{:.1}%", share * 100.0);
            // The sign of next to nothing says nothing.
            if percent == "-0.0%" { "0.0%".to_owned() } else { percent.replace('-', "−") }
        }
        Some(_) | None => String::new(),
    }
}
