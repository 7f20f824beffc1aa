//! Where the difference arises, on the screen: a line for each layer or box, as much of each as there is room for.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Compared;
use super::lines::{lines, signs};
use super::sheets::{Differences, Parts};
use crate::compare::Comparison;
use crate::report::Style;
use crate::report::rows::Depth;
use crate::report::sheet::Role;
use crate::report::terminal::{Layout, Squeeze, Table, shortened};
use crate::report::wrap::{folded, wrapped};
use crate::text;

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
    let table = fitting(&Differences::new(compared, index, &lines), style);
    let signs = signs(&lines);
    let signs = signs.map_or(String::new(), |signs| wrapped(signs.get(style.language), style.width));
    let title = wrapped(title.get(style.language), style.width);
    format!("{title}\n{table}{signs}")
}

/// As many columns as there is room for.
fn fitting(all: &Differences, style: Style) -> String {
    let usual =
        Parts { form: |what| &what.long, figures: true, params: all.has_params(), share: all.has_shares() };
    let short = Parts { form: |what| &what.short, ..usual };
    let terse = Parts { form: |what| &what.terse, ..usual };
    let without_params = Parts { params: false, ..terse };
    let without_figures = Parts { figures: false, ..without_params };
    let tries = [(usual, false), (short, false), (terse, false), (terse, true), (without_params, false)]
        .into_iter()
        .chain([(without_params, true), (without_figures, false), (without_figures, true)]);
    let least = LazyCell::new(|| distinct(&all.paths()));
    let paths = || Squeeze { role: Role::Name, least: *least, form: cut_path };
    for (parts, may_cut) in tries {
        let steps = if may_cut { vec![paths()] } else { vec![] };
        if let (table, true) = squeezed(all, parts, &steps, style) {
            return table;
        }
    }
    // Words are folded before paths are cut, unless they would become very narrow; cut beyond telling them apart only where
    // nothing else is left.
    let words = |least: usize| Squeeze { role: Role::Text, least, form: folded };
    let cut = Squeeze { least: PATH, ..paths() };
    let usual = [words(WHAT.2), paths(), words(WHAT.1)];
    let narrow = [words(WHAT.2), paths(), words(WHAT.0), cut];
    match squeezed(all, without_figures, &usual, style) {
        (table, true) => table,
        (_, false) => squeezed(all, Parts { share: false, ..without_figures }, &narrow, style).0,
    }
}

/// These parts, made narrower as far as that is wanted, and whether they fit then.
fn squeezed(all: &Differences, parts: Parts, steps: &[Squeeze], style: Style) -> (String, bool) {
    let sheet = all.sheet(parts);
    let mut table = Table::new(&sheet, Layout::Table, style).tight();
    let fits = table.squeeze(steps);
    (if fits || steps.len() > 1 { table.draw() } else { String::new() }, fits)
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
