//! A network as a tree for the terminal: a line for each thing in the order of execution, with branches, what joins them, and
//! what skips something in sight.

use unicode_width::UnicodeWidthStr;

use super::{Kind, Options, Scene};
use crate::op::window::legend;
use crate::report::figures::bar;
use crate::report::rows::Depth;
use crate::report::table::title;
use crate::report::terminal::{heading, shortened};
use crate::report::wrap::wrapped;
use crate::report::{Style, Subject};
use crate::text;
use crate::text::{Text, printable};

mod cut;
mod lines;
mod names;
mod paint;

use cut::{cut, stem};
use lines::{Line, What, lines};
use paint::Paint;

/// Lines of a tree whose depth was not asked for: what is taken in at a glance, or nearly.
const FITTING: usize = 60;

/// The widest column of what there is; a longer name is cut.
const WIDEST: usize = 72;

/// The widest column of names, which are paths.
const NAME: usize = 28;

/// What is left for what there is, at the least, if shapes stand beside it.
const LEAST: usize = 14;

/// The narrowest and the widest bar.
const BAR: (usize, usize) = (6, 24);

/// Space between columns.
const GAP: usize = 2;

/// A network as a tree.
pub fn write(subject: &Subject, options: &Options, style: Style) -> String {
    let (scene, mut lines) = fitting(subject, options, style);
    align(&mut lines, options.heat.is_some());
    let columns = Columns::of(&lines, style.width);
    let drawn: String = lines.iter().map(|line| columns.set(line, style.color)).collect();
    let notes = notes(subject, options, &scene, &lines, &columns);
    let notes: String = notes.iter().map(|note| wrapped(note.get(style.language), style.width)).collect();
    format!("{}{drawn}\n{notes}", heading(&title(subject), style))
}

/// What is drawn; unless a depth was asked for, as deep as there are few enough lines.
fn fitting(subject: &Subject, options: &Options, style: Style) -> (Scene, Vec<Line>) {
    let opened = |depth| {
        let scene = Scene::of(subject, &Options { depth, ..options.clone() });
        let lines = lines(subject, &scene, style.language);
        (scene, lines)
    };
    match options.depth {
        Depth::To(_) | Depth::All => return opened(options.depth),
        Depth::Fitting => {}
    }
    let mut best = opened(Depth::To(1));
    for depth in 2.. {
        if best.0.depth.is_none() {
            break;
        }
        let next = opened(Depth::To(depth));
        if next.1.len() > FITTING {
            break;
        }
        best = next;
    }
    best
}

/// Sets figures of a kind below each other, flush right. Shaded by a figure, other figures are none of the matter.
fn align(lines: &mut [Line], is_heated: bool) {
    for line in lines.iter_mut().filter(|line| is_heated && line.heat.is_none()) {
        line.figures.clear();
    }
    // Multiplications stand second, whether there are parameters or not.
    let has_two = lines.iter().any(|line| line.figures.len() > 1);
    for line in lines.iter_mut().filter(|_| has_two) {
        if line.figures.first().is_some_and(|figure| figure.ends_with(" MACs")) {
            line.figures.insert(0, String::new());
        }
    }
    for at in 0.. {
        let width = lines.iter().filter_map(|line| line.figures.get(at)).map(|figure| figure.width()).max();
        let Some(width) = width else { break };
        for figure in lines.iter_mut().filter_map(|line| line.figures.get_mut(at)) {
            *figure = format!("{:1$}{figure}", "", width - figure.width());
        }
    }
}

/// How wide each column is; one that there is no room for has no width.
#[derive(Debug)]
struct Columns {
    what: usize,
    name: usize,
    shape: usize,
    bar: usize,
    figures: usize,
}

impl Columns {
    /// Columns are given room in this order: what there is, cut if need be; shapes, bars with their figures, names.
    fn of(lines: &[Line], width: usize) -> Self {
        let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
        let whole = widest(&Line::width).min(WIDEST);
        let mut room = width.saturating_sub(1 + whole.min(LEAST));
        let mut give = |column: usize| {
            let fits = column > 0 && column + GAP <= room;
            room -= if fits { column + GAP } else { 0 };
            if fits { column } else { 0 }
        };
        let shape = give(widest(&|line| line.shape.width()));
        let is_heated = lines.iter().any(|line| line.heat.is_some());
        let figures = widest(&|line| line.joined().width());
        let heated = if is_heated { give(figures) } else { 0 };
        let bar = if heated > 0 { give(BAR.0) } else { 0 };
        let what = whole.min(whole.min(LEAST) + room);
        room -= what - whole.min(LEAST);
        // The rest is there for who has room for all of what there is.
        let mut give = |column: usize| {
            let fits = column > 0 && what == whole && column + GAP <= room;
            room -= if fits { column + GAP } else { 0 };
            if fits { column } else { 0 }
        };
        let name = give(widest(&|line| line.name.width()).min(NAME));
        let figures = if is_heated { heated } else { give(figures) };
        let bar = if bar > 0 { (bar + room).min(BAR.1) } else { 0 };
        Self { what, name, shape, bar, figures }
    }

    /// A line of the terminal.
    fn set(&self, line: &Line, color: bool) -> String {
        let paint = Paint(color);
        let stem = stem(&line.stem, self.what / 2);
        let room = self.what.saturating_sub(stem.width());
        let label = cut(&line.label, room);
        let from = cut(&line.from, room.saturating_sub(label.width()));
        let used = stem.width() + label.width() + from.width();
        let mut text = format!(" {}{}{}", paint.dim(&stem), paint.label(line, &label), paint.dim(&from));
        let mut pad = self.what.saturating_sub(used);
        let mut push = |words: &str, painted: String, width: usize| {
            if width == 0 {
                return;
            }
            let filled = if words.is_empty() { 0 } else { GAP };
            if filled > 0 {
                text.push_str(&format!("{:pad$}{:GAP$}{painted}", "", ""));
                pad = width.saturating_sub(words.width());
            } else {
                pad += width + GAP;
            }
        };
        let name = shortened(&line.name, self.name.max(1));
        push(&name, paint.dim(&name), self.name);
        push(&line.shape, line.shape.clone(), self.shape);
        let bar = line.heat.map(|heat| bar(heat, self.bar.max(1))).unwrap_or_default();
        push(&bar, paint.hot(&bar), self.bar);
        let figures = line.joined();
        let painted = if line.heat.is_some() { figures.clone() } else { paint.dim(&figures) };
        push(&figures, painted, self.figures);
        text.truncate(text.trim_end().len());
        text + "\n"
    }
}

/// What is to be said below the tree.
fn notes(
    subject: &Subject,
    options: &Options,
    scene: &Scene,
    lines: &[Line],
    columns: &Columns,
) -> Vec<Text> {
    let mut notes = vec![marks(lines)];
    let titles = scene.things.iter().filter(|thing| thing.kind != Kind::Block && !thing.is_output);
    let windows: Vec<_> =
        titles.filter_map(|thing| thing.title.split_once(' ')).map(|(_, rest)| rest).collect();
    notes.extend(legend(windows.into_iter()).map(|signs| text!("signs: {signs}", "符号:{signs:#}")));
    notes.extend(options.heat.map(|heat| shaded(&heat.told(subject, options.times.is_some()), columns)));
    if let Some(uncounted) = subject.uncounted(crate::graph::ScopeId::ROOT) {
        let (english, chinese) = (printable(&uncounted.english), printable(&uncounted.chinese));
        notes.push(text!("partial: {english}", "不完整:{chinese}"));
    }
    notes.extend(scene.depth.map(|depth| {
        text!(
            "boxes are closed at depth {depth}; `--depth all` opens every one",
            "第 {depth} 层以下的模块未展开;`--depth all` 全部展开"
        )
    }));
    notes.retain(|note| !note.english.is_empty());
    notes
}

/// What the marks mean that there are.
fn marks(lines: &[Line]) -> Text {
    let has = |what| lines.iter().any(|line| line.what == what);
    let marks = [
        (has(What::Weighted), text!("■ has parameters", "■ 有参数")),
        (has(What::Plain), text!("□ has none", "□ 无参数")),
        (has(What::Closed), text!("▸ a box, closed", "▸ 未展开的模块")),
        (lines.iter().any(|line| line.is_branch), text!("╮ a branch beside others", "╮ 并列的分支之一")),
        (has(What::Skip), text!("╌ goes past them", "╌ 跳过这些分支")),
    ];
    let marks = marks.into_iter().filter(|(is_there, _)| *is_there);
    Text::list(&marks.map(|(_, text)| text).collect::<Vec<_>>())
}

/// What the bars are, or the figures where there is no room for bars.
fn shaded(told: &Text, columns: &Columns) -> Text {
    if columns.bar > 0 {
        text!("bars: {told}, each beside the largest", "条形:{told:#},与最大者相比")
    } else if columns.figures > 0 {
        text!("figures: {told}", "数值:{told:#}")
    } else {
        text!("no room for {told}, or nothing has any", "此处没有{told:#},或宽度不足")
    }
}
