//! The layers of a network as a tree of lines: each box before what is in it, with its figures.

use super::drawn::Drawn;
use super::html::Html;
use crate::graph::Place;
use crate::metric;
use crate::report::Subject;
use crate::report::columns::{Column, column, sheet};
use crate::report::draw::{Kind, key};
use crate::report::rows::{Depth, Row, rows, rows_within, total};
use crate::report::sheet::{Cell, Kind as LineKind, Line, Role};
use crate::text;
use crate::text::{Language, Text};

/// The most lines of a table: a page of more would not open.
const MOST: usize = 8_000;

/// The columns, those of words before those of numbers, and whether they are shown before others are asked for.
const COLUMNS: [(&str, bool); 17] = [
    ("layer", true),
    ("op", true),
    ("kernel", true),
    ("input", false),
    ("output", true),
    ("receptive_field", false),
    ("params", true),
    ("macs", true),
    ("share", true),
    ("macs_padding_exact", false),
    ("flops", false),
    ("read_bytes", false),
    ("written_bytes", false),
    ("intensity", false),
    ("live_bytes", false),
    ("time", true),
    ("bound", true),
];

/// The columns of a network's table, and whether each is shown from the beginning.
pub(super) fn columns(subject: &Subject) -> Vec<(&'static Column, bool)> {
    let is_said =
        |key: &str| subject.roofline.is_some() || metric::named(key).is_none_or(|m| !m.is_of_device());
    COLUMNS
        .iter()
        .filter(|(key, _)| is_said(key))
        .filter_map(|&(key, shown)| Some((column(key)?, shown)))
        .collect()
}

/// What a column means.
pub(super) fn about(key: &str) -> Text {
    if let Some(metric) = metric::named(key) {
        return metric.about.into();
    }
    match key {
        "op" => text!("the operator, or the block that a box is of", "算子,或模块所属的块"),
        "kernel" => text!(
            "the window that slides: its size, /stride, p padding, d dilation, g groups",
            "滑动的窗口:大小,其后为 /步幅、p 填充、d 空洞、g 组数"
        ),
        "input" => text!("the shapes that come in, without the batch", "输入的形状,不含批次维"),
        "output" => text!("the shapes that go out, without the batch", "输出的形状,不含批次维"),
        "share" => text!("its part of the network's MACs", "占整个网络乘加数的比例"),
        _ => text!("its path: the boxes around it, and its name", "路径:所在的各级模块及其名称"),
    }
}

/// The lines of a table, and whether boxes in it are folded or lines are missing.
pub(super) struct Lines<'s> {
    pub(super) rows: Vec<Row<'s>>,
    folded: Option<usize>,
    missing: usize,
}

impl<'s> Lines<'s> {
    /// The lines of a network, as many as a page takes.
    pub(super) fn of(subject: &'s Subject) -> Self {
        let (mut rows, folded) = rows_within(subject, MOST);
        let missing = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        // What is open can be folded, and then its sizes are to be seen.
        for row in &mut rows {
            row.kind = if row.kind == LineKind::Open { LineKind::Folded } else { row.kind };
        }
        Self { rows, folded, missing }
    }

    /// What of the network has no line.
    fn note(&self) -> Option<Text> {
        let missing = self.missing;
        if missing > 0 {
            return Some(text!(
                "{missing} lines more are left out; the figures of the network are those of all of them",
                "另有 {missing} 行未列出;网络的数值包含全部"
            ));
        }
        self.folded.map(|depth| {
            text!(
                "boxes deeper than {depth} are closed: this page would have too many lines",
                "第 {depth} 层以下的模块未展开,否则行数过多"
            )
        })
    }

    /// Writes them; `prefix` tells the lines of several networks apart.
    pub(super) fn write(
        &self,
        html: &mut Html,
        subject: &Subject,
        drawn: &Drawn,
        prefix: &str,
        language: Language,
    ) {
        let columns = columns(subject);
        let all: Vec<_> = columns.iter().map(|&(column, _)| column).collect();
        let usual = rows(subject, Depth::Fitting).1.unwrap_or(usize::MAX);
        let label = text!("layers", "各层");
        let hidden = columns.iter().zip(1..).filter(|((_, shown), _)| !shown);
        let hidden: Vec<_> = hidden.map(|(_, at): (_, usize)| at.to_string()).collect();
        html.element(
            "div",
            &[
                ("class", "wide layers"),
                ("tabindex", "0"),
                ("role", "region"),
                ("aria-label", label.get(language)),
            ],
            |html| {
                let table = [
                    ("role", "treegrid"),
                    ("aria-label", label.get(language)),
                    ("data-hide", &hidden.join(" ")),
                    ("aria-readonly", "true"),
                ];
                html.element("table", &table, |html| {
                    html.element("thead", &[], |html| {
                        html.element("tr", &[], |html| heads(html, &all, language));
                    });
                    html.line();
                    html.element("tbody", &[], |html| {
                        // Cells of some lines at a time are at hand.
                        for rows in self.rows.chunks(500) {
                            for (row, mut line) in rows.iter().zip(sheet(rows, &all).lines) {
                                hide_nothing_counted(row, &mut line, &all);
                                row_of(
                                    html,
                                    row,
                                    &line,
                                    &Shown { drawn, usual, prefix, all: &all, language },
                                );
                            }
                        }
                    });
                    let whole = [total(subject)];
                    html.element("tfoot", &[], |html| {
                        for line in sheet(&whole, &all).lines {
                            html.element("tr", &[("id", &format!("{prefix}-S0"))], |html| {
                                cells(html, &all, &line, language);
                            });
                        }
                    });
                });
            },
        );
        if let Some(note) = self.note() {
            html.leaf("p", &[("class", "note")], note.get(language));
        }
    }
}

/// A box of which nothing is counted, since its operators are not known, does not cost nothing: what it costs is unknown.
fn hide_nothing_counted(row: &Row<'_>, line: &mut Line, columns: &[&Column]) {
    let Place::Box(scope) = row.place else { return };
    for (column, cell) in columns.iter().zip(&mut line.cells) {
        let is_unknown = matches!(cell, Cell::Count(0))
            && metric::named(column.key).is_some_and(|metric| metric.leaves_out(row.subject, scope));
        if is_unknown {
            *cell = Cell::Unknown;
        }
    }
}

/// How lines are shown.
struct Shown<'a> {
    drawn: &'a Drawn<'a>,
    /// The depth to which they are open at the beginning.
    usual: usize,
    prefix: &'a str,
    all: &'a [&'static Column],
    language: Language,
}

fn heads(html: &mut Html, columns: &[&Column], language: Language) {
    for column in columns {
        html.element("th", &[("scope", "col"), ("data-key", column.key)], |html| {
            let about = about(column.key);
            html.leaf(
                "button",
                &[("type", "button"), ("title", about.get(language))],
                column.heading(language),
            );
        });
    }
}

fn row_of(html: &mut Html, row: &Row<'_>, line: &Line, shown: &Shown<'_>) {
    let (id, level) = (format!("{}-{}", shown.prefix, key(row.place)), (row.depth + 1).to_string());
    let kind = match row.place {
        Place::Box(_) => "box",
        Place::Node(_) if row.is_input() => Kind::End.name(),
        Place::Node(id) => Kind::of_node(row.subject.graph().node(id)).name(),
    };
    let class = if row.depth < shown.usual { kind.to_owned() } else { format!("{kind} deep") };
    let drawn = shown.drawn.instead_of(row.place).map(key);
    let mut attributes = vec![("id", &*id), ("aria-level", &*level), ("class", &*class)];
    if matches!(row.place, Place::Box(_)) {
        attributes.push(("aria-expanded", "true"));
    }
    attributes.extend(drawn.as_deref().map(|drawn| ("data-drawn", drawn)));
    html.element("tr", &attributes, |html| cells(html, shown.all, line, shown.language));
    html.line();
}

fn cells(html: &mut Html, columns: &[&Column], line: &Line, language: Language) {
    for (column, cell) in columns.iter().zip(&line.cells) {
        let words = cell.words(language);
        match cell {
            Cell::Name(..) | Cell::Named("total", _) => html.leaf("th", &[("scope", "row")], &words),
            // Units differ from line to line: what it is sorted by is the number.
            Cell::Quantity(number, _) => html.leaf("td", &[("data-sort", &number.to_string())], &words),
            Cell::Shared(_) => {
                let title = text!("counted where its weights are first used", "已在首次使用其权重处计入");
                html.leaf("td", &[("title", title.get(language))], &words);
            }
            Cell::Text(_)
            | Cell::Said(_)
            | Cell::Change(..)
            | Cell::Named(..)
            | Cell::Sizes(_)
            | Cell::Count(_)
            | Cell::Glance(_)
            | Cell::Share(_)
            | Cell::Unknown
            | Cell::Empty => {
                debug_assert!(column.key != "layer", "a line has a name");
                html.leaf("td", &[], &words);
            }
        }
    }
}

/// Whether what stands in a column is a figure that lines can be shaded by.
pub(super) fn is_figure(column: &Column) -> bool {
    column.role() == Role::Figure
}
