//! Every column of every report: those that are about a line itself, and one for each figure.

use std::sync::LazyLock;

use super::rows::{Row, SizeText};
use super::sheet::{Cell, Head, Kind, Line, QuantityUnit, Role, Sheet};
use crate::analyze::Status;
use crate::analyze::measured::Timing;
use crate::error::nearest;
use crate::graph::Place;
use crate::metric::{self, METRICS, Measure, Metric, Missing, Sums};
use crate::op::window::legend;
use crate::text;
use crate::text::{Language, Text, Words, words};

/// A column.
#[derive(Debug)]
pub struct Column {
    /// The name that `--columns` and data formats know it by.
    pub key: &'static str,
    /// The heading.
    words: Words,
    /// What kind of thing stands in it.
    role: Role,
    /// Names that `--columns` knew it by.
    former: &'static [&'static str],
    of: Of,
}

/// What stands in a column.
#[derive(Debug)]
enum Of {
    /// Something about the line.
    Row(fn(&Row<'_>) -> Cell),
    /// A figure of its place.
    Figure(&'static Metric),
}

impl Column {
    /// One that is about the line itself.
    const fn own(key: &'static str, words: Words, role: Role, cell: fn(&Row<'_>) -> Cell) -> Self {
        Self { key, words, role, former: &[], of: Of::Row(cell) }
    }

    /// That of a figure.
    fn of(metric: &'static Metric) -> Self {
        use metric::Unit::{Positions, Shape, Truth, Word};
        let is_text = matches!(metric.unit, Shape | Positions | Truth | Word);
        let role = if is_text { Role::Text } else { Role::Figure };
        Self { key: metric.name, words: metric.words, role, former: metric.former, of: Of::Figure(metric) }
    }

    /// The heading in `language`.
    pub fn heading(&self, language: Language) -> &'static str {
        self.words.get(language)
    }

    /// What kind of thing stands in it.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What stands in it.
    pub fn cell(&self, row: &Row<'_>) -> Cell {
        match self.of {
            Of::Row(cell) => cell(row),
            Of::Figure(metric) => figure(metric, row),
        }
    }

    /// Whether it is among those of a network, or of several, where nobody has said which.
    pub fn is_usual(&self, is_one: bool) -> bool {
        match self.of {
            // Layers that are not counted are told by their figures; a network of several is not.
            Of::Row(_) if self.key == STATUS => !is_one,
            Of::Row(_) => is_one || self.role != Role::Share,
            Of::Figure(metric) => metric.is_usual,
        }
    }

    /// The head of the column over `rows`, below which `cells` stand: of the convention that these are counted in, its name.
    fn head<'c>(&self, rows: &[Row<'_>], cells: impl Iterator<Item = &'c Cell>) -> Head {
        let like = rows.iter().find_map(|row| row.subject.like.as_ref()).filter(|_| self.key == LIKE);
        let words = match like {
            Some(like) => {
                let name = &like.convention.name;
                text!("{name}", "{name}")
            }
            None => Text::from(self.words),
        };
        // What the signs in it mean.
        let shorthand =
            |cell: &'c Cell| if let Cell::Sizes(sizes) = cell { Some(&*sizes.text) } else { None };
        let signs = (self.role == Role::Kind).then(|| legend(cells.filter_map(shorthand))).flatten();
        let note = signs.map(|signs| text!("{words}: {signs}", "{words:#}:{signs:#}"));
        Head { key: self.key, words, role: self.role, note }
    }
}

/// These columns of these rows.
pub fn sheet(rows: &[Row<'_>], columns: &[&Column]) -> Sheet {
    let line = |row: &Row<'_>| Line {
        mark: None,
        kind: row.kind,
        depth: row.depth,
        class: row.class(),
        link: None,
        cells: columns.iter().map(|column| column.cell(row)).collect(),
    };
    let lines: Vec<Line> = rows.iter().map(line).collect();
    let below = |index: usize| lines.iter().map(move |line| &line.cells[index]);
    let heads = columns.iter().enumerate().map(|(index, column)| column.head(rows, below(index))).collect();
    Sheet { heads, lines, ..Sheet::default() }
}

/// Columns before the figures.
const FRONT: [Column; 5] = [
    Column::own("layer", words("layer", "层"), Role::Name, name),
    Column::own("op", words("operator", "算子"), Role::Kind, |row| Cell::Text(row.op().to_owned())),
    Column::own("input", words("input", "输入"), Role::Text, |row| closed(row, Row::input)),
    Column::own("output", words("output", "输出"), Role::Text, |row| closed(row, Row::output)),
    Column::own("kernel", words("kernel", "核"), Role::Kind, |row| closed(row, Row::kernel)),
];

/// The column of what another convention counts, which stands before this figure.
const LIKE: &str = "like";
const LIKE_BEFORE: &str = "macs_padding_exact";

/// The column of whether everything is counted.
const STATUS: &str = "status";

/// The columns, in the order they stand.
pub static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let mut columns = Vec::from(FRONT);
    // What comes out has a column of its own, which tells all outputs of a network.
    for metric in METRICS.iter().filter(|metric| metric.unit != metric::Unit::Shape) {
        if metric.name == LIKE_BEFORE {
            columns.push(Column::own(LIKE, words("like", "口径"), Role::Figure, like));
        }
        columns.push(Column::of(metric));
    }
    columns.push(Column::own("share", words("share", "占比"), Role::Share, share));
    columns.push(Column::own(STATUS, words("status", "状态"), Role::Text, status));
    columns
});

/// Columns of what was measured, which stand behind the others.
pub const MEASURED: &[Column] = &[
    Column::own("macs_share", words("share of MACs", "乘加数占比"), Role::Share, share),
    Column::own("measured", words("time", "时间"), Role::Figure, |row| {
        measured(row, |layer| Cell::Quantity(layer.seconds, QuantityUnit::Seconds))
    }),
    Column::own("time_share", words("share of time", "时间占比"), Role::Share, |row| {
        measured(row, |layer| Cell::Share(layer.share))
    }),
    Column::own("flop_rate", words("GFLOP/s", "GFLOP/s"), Role::Figure, |row| {
        measured(row, |layer| rate(layer.flops_per_second))
    }),
    Column::own("byte_rate", words("GB/s", "GB/s"), Role::Figure, |row| {
        measured(row, |layer| rate(layer.bytes_per_second))
    }),
    Column::own("limit", words("bound", "瓶颈"), Role::Text, |row| {
        measured(row, |layer| Cell::Named(layer.bound.name(), layer.bound.text()))
    }),
    Column::own("of_roof", words("of roof", "占屋顶线上限"), Role::Figure, |row| {
        measured(row, |layer| reached(layer.roofline_seconds / layer.seconds))
    }),
    Column::own("roof", words("at the roof", "屋顶线时间"), Role::Figure, |row| {
        measured(row, |layer| Cell::Quantity(layer.roofline_seconds, QuantityUnit::Seconds))
    }),
];

/// The column called `key`, or that was called so.
pub fn column(key: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.key == key || column.former.contains(&key))
}

/// The columns that a list of names asks for: `layer,output,macs`.
pub fn parse(list: &str) -> Result<Vec<&'static Column>, Text> {
    list.split(',')
        .map(|key| {
            let key = key.trim();
            column(&key.to_lowercase()).ok_or_else(|| {
                let known = COLUMNS.iter().map(|column| column.key).collect::<Vec<_>>().join(", ");
                match nearest(key, COLUMNS.iter().map(|column| column.key)) {
                    Some(near) => text!(
                        "there is no column `{key}`; did you mean `{near}`?",
                        "没有名为 `{key}` 的列;是否指 `{near}`?"
                    ),
                    None => {
                        text!(
                            "there is no column `{key}`; there are {known}",
                            "没有名为 `{key}` 的列;可用的有 {known}"
                        )
                    }
                }
            })
        })
        .collect()
}

/// A figure of a line. Of an input nothing is counted, and of an open box its parts have sizes of their own.
fn figure(metric: &Metric, row: &Row<'_>) -> Cell {
    let is_empty = match metric.sums {
        Sums::Sum | Sums::Anew => row.is_input(),
        Sums::Last => row.kind == Kind::Open,
        Sums::Largest | Sums::Whole => false,
    };
    if is_empty {
        return Cell::Empty;
    }
    // What is added up and stays as it is for every batch are weights, which may be another layer's.
    let is_stored = metric.is_once && metric.sums == Sums::Sum;
    match metric.of(row.subject, row.place) {
        Ok(Measure::Count(0)) if is_stored && row.is_shared() => Cell::Shared(0),
        Ok(Measure::Count(count)) => Cell::Count(count),
        Ok(Measure::Real(number)) if metric.unit == metric::Unit::Seconds => {
            if number > 0.0 {
                Cell::Quantity(number, QuantityUnit::Seconds)
            } else {
                Cell::Empty
            }
        }
        Ok(ratio @ (Measure::Ratio(..) | Measure::Real(_))) => {
            ratio.number().map_or(Cell::Empty, |number| Cell::Quantity(number, QuantityUnit::Ratio))
        }
        Ok(Measure::Sizes(sizes)) => Cell::Sizes(SizeText { text: sizes.to_string(), size: sizes.size }),
        Ok(Measure::Truth(truth)) => Cell::truth(truth),
        Ok(Measure::Word(name, text)) => Cell::Named(name, text),
        Err(Missing::Operator) if metric.sums == Sums::Sum && !metric.is_of_device() => Cell::Unknown,
        Err(_) => Cell::Empty,
    }
}

/// What another convention counts.
fn like(row: &Row<'_>) -> Cell {
    let like = row.like().filter(|_| !row.is_input());
    like.map_or(Cell::Empty, |like| like.count.map_or(Cell::Unknown, Cell::Count))
}

/// What a line is called; the last one, the whole.
fn name(row: &Row<'_>) -> Cell {
    match row.kind {
        Kind::Total => Cell::Named("total", text!("total", "合计")),
        Kind::Part | Kind::Folded | Kind::Open => Cell::Name(row.name.clone(), row.path.clone()),
    }
}

/// Whether everything in a line is counted.
fn status(row: &Row<'_>) -> Cell {
    let is_complete = match row.place {
        Place::Node(_) => row.subject.is_counted(row.place),
        Place::Box(scope) => row.subject.uncounted(scope).is_none(),
    };
    if is_complete {
        Cell::Named(Status::Complete.name(), text!("complete", "完整"))
    } else {
        Cell::Named(Status::Partial.name(), text!("partial", "不完整"))
    }
}

fn share(row: &Row<'_>) -> Cell {
    match row.share().filter(|&share| share > 0.0) {
        Some(share) => Cell::Share(share),
        None => Cell::Empty,
    }
}

/// What was measured; empty for what takes no time, and for the total's share of itself.
fn measured(row: &Row<'_>, cell: impl Fn(&Timing) -> Cell) -> Cell {
    let Some(layer) = row.measured.filter(|layer| layer.seconds > 0.0) else { return Cell::Empty };
    let cell = cell(&layer);
    let is_of_whole = matches!(cell, Cell::Share(_)) && row.kind == Kind::Total;
    let is_no_time = matches!(cell, Cell::Quantity(quantity, QuantityUnit::Seconds) if quantity <= 0.0);
    if is_of_whole || is_no_time { Cell::Empty } else { cell }
}

/// Billions a second.
fn rate(per_second: f64) -> Cell {
    if per_second > 0.0 { Cell::Quantity(per_second / 1e9, QuantityUnit::Ratio) } else { Cell::Empty }
}

/// Of a roof that allows any speed, nothing.
fn reached(part: f64) -> Cell {
    if part > 0.0 { Cell::Quantity(part, QuantityUnit::Part) } else { Cell::Empty }
}

/// Sizes of a box, where that is folded; of an open one, its parts have sizes of their own.
fn closed<'s>(row: &Row<'s>, sizes: fn(&Row<'s>) -> SizeText) -> Cell {
    let sizes = if row.kind == Kind::Open { SizeText::default() } else { sizes(row) };
    if sizes.text.is_empty() { Cell::Empty } else { Cell::Sizes(sizes) }
}
