//! Every column of every report, once: its name, its heading, what stands in it.

use super::rows::{Row, RowKind, Sizes};
use super::sheet::{Cell, Head, Kind, Line, Role, Sheet, Unit};
use crate::bench::profile::Layer;
use crate::counts::Counts;
use crate::error::nearest;
use crate::op::window::legend;
use crate::text;
use crate::text::{Language, Text};

/// A column.
#[derive(Debug)]
pub struct Column {
    /// The name that `--columns` and data formats know it by.
    pub key: &'static str,
    /// English heading.
    english: &'static str,
    /// Chinese heading.
    chinese: &'static str,
    /// What kind of thing stands in it.
    role: Role,
    /// What stands in it.
    pub cell: fn(&Row) -> Cell,
}

impl Column {
    /// The heading in `language`.
    pub fn heading(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }

    /// The head of the column over `rows`: of the convention that these are counted in, its name.
    fn head(&self, rows: &[Row]) -> Head {
        let like = rows.iter().find_map(|row| row.like.as_ref()).filter(|_| self.key == "like");
        let words = match like {
            Some(like) => Text { english: like.convention.to_string(), chinese: like.convention.to_string() },
            None => Text { english: self.english.to_owned(), chinese: self.chinese.to_owned() },
        };
        let cells = rows.iter().filter(|row| row.kind != RowKind::Open).map(self.cell);
        let shorthand = |cell| if let Cell::Sizes(sizes) = cell { Some(sizes.text) } else { None };
        let shorthands: Vec<_> = cells.filter(|_| self.role == Role::Kind).filter_map(shorthand).collect();
        let note = legend(shorthands.iter().map(String::as_str))
            .map(|signs| text!("{words}: {signs}", "{words:#}:{signs:#}"));
        Head { key: self.key, words, role: self.role, note }
    }
}

/// These columns of these rows.
pub fn sheet(rows: &[Row], columns: &[&Column]) -> Sheet {
    let line = |row: &Row| Line {
        mark: None,
        kind: match row.kind {
            RowKind::Input | RowKind::Operator => Kind::Part,
            RowKind::Folded => Kind::Folded,
            RowKind::Open => Kind::Open,
            RowKind::Total => Kind::Total,
        },
        depth: row.depth,
        class: row.class,
        cells: columns.iter().map(|column| (column.cell)(row)).collect(),
    };
    Sheet {
        heads: columns.iter().map(|column| column.head(rows)).collect(),
        lines: rows.iter().map(line).collect(),
        ..Sheet::default()
    }
}

/// The columns, in the order they stand.
pub const COLUMNS: &[Column] = &[
    Column { key: "layer", english: "layer", chinese: "层", role: Role::Name, cell: name },
    Column {
        key: "op",
        english: "operator",
        chinese: "算子",
        role: Role::Kind,
        cell: |row| Cell::Text(row.op.clone()),
    },
    Column {
        key: "input",
        english: "input",
        chinese: "输入",
        role: Role::Text,
        cell: |row| closed(row, &row.input),
    },
    Column {
        key: "output",
        english: "output",
        chinese: "输出",
        role: Role::Text,
        cell: |row| closed(row, &row.output),
    },
    Column {
        key: "kernel",
        english: "kernel",
        chinese: "核",
        role: Role::Kind,
        cell: |row| closed(row, &row.kernel),
    },
    Column {
        key: "params",
        english: "params",
        chinese: "参数量",
        role: Role::Figure,
        cell: |row| held(row, |c| c.params.total()),
    },
    Column {
        key: "trainable",
        english: "trainable",
        chinese: "可训练参数",
        role: Role::Figure,
        cell: |row| held(row, |c| c.params.trainable),
    },
    Column {
        key: "frozen",
        english: "frozen",
        chinese: "冻结参数",
        role: Role::Figure,
        cell: |row| held(row, |c| c.params.frozen),
    },
    Column {
        key: "buffers",
        english: "buffers",
        chinese: "缓冲区",
        role: Role::Figure,
        cell: |row| held(row, |c| c.params.buffers),
    },
    Column {
        key: "macs",
        english: "MACs",
        chinese: "乘加数",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.macs.total()),
    },
    Column {
        key: "like",
        english: "like",
        chinese: "口径",
        role: Role::Figure,
        cell: |row| match (&row.like, row.kind) {
            (None, _) | (_, RowKind::Input) => Cell::Empty,
            (Some(like), _) => like.count.map_or(Cell::Unknown, Cell::Count),
        },
    },
    Column {
        key: "exact",
        english: "off padding",
        chinese: "不计填充",
        role: Role::Figure,
        cell: |row| count(row, |c| c.padding_exact.macs.total()),
    },
    Column {
        key: "flops",
        english: "FLOPs",
        chinese: "FLOPs",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.flops()),
    },
    Column {
        key: "mul",
        english: "mul",
        chinese: "乘",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.mul),
    },
    Column {
        key: "add",
        english: "add",
        chinese: "加",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.add),
    },
    Column {
        key: "div",
        english: "div",
        chinese: "除",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.div),
    },
    Column {
        key: "cmp",
        english: "cmp",
        chinese: "比较",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.cmp),
    },
    Column {
        key: "exp",
        english: "exp",
        chinese: "超越函数",
        role: Role::Figure,
        cell: |row| count(row, |c| c.work.ops.exp),
    },
    Column {
        key: "read",
        english: "bytes read",
        chinese: "读字节",
        role: Role::Figure,
        cell: |row| count(row, |c| c.traffic.read * row.element_bytes),
    },
    Column {
        key: "written",
        english: "bytes written",
        chinese: "写字节",
        role: Role::Figure,
        cell: |row| count(row, |c| c.traffic.written * row.element_bytes),
    },
    Column {
        key: "intensity",
        english: "FLOPs/byte",
        chinese: "FLOPs/字节",
        role: Role::Figure,
        cell: |row| row.intensity.map_or(Cell::Empty, |ratio| Cell::Quantity(ratio, Unit::Ratio)),
    },
    Column {
        key: "live",
        english: "bytes alive",
        chinese: "存活字节",
        role: Role::Figure,
        cell: |row| Cell::Count(row.live_bytes),
    },
    Column {
        key: "time",
        english: "estimated",
        chinese: "估计时间",
        role: Role::Figure,
        cell: |row| match row.estimate.map(|estimate| estimate.seconds()) {
            Some(seconds) if seconds > 0.0 => Cell::Quantity(seconds, Unit::Seconds),
            Some(_) | None => Cell::Empty,
        },
    },
    Column {
        key: "bound",
        english: "bound",
        chinese: "瓶颈",
        role: Role::Text,
        cell: |row| match row.estimate.and_then(|estimate| estimate.bound()) {
            Some(bound) => Cell::Named(bound.name(), bound.text()),
            None => Cell::Empty,
        },
    },
    Column {
        key: "field",
        english: "receptive field",
        chinese: "感受野",
        role: Role::Text,
        cell: |row| closed(row, &row.field),
    },
    Column { key: "share", english: "share", chinese: "占比", role: Role::Share, cell: share },
];

/// Columns of what was measured, which stand behind the others.
pub const MEASURED: &[Column] = &[
    Column {
        key: "macs_share",
        english: "share of MACs",
        chinese: "乘加数占比",
        role: Role::Share,
        cell: share,
    },
    Column {
        key: "measured",
        english: "time",
        chinese: "时间",
        role: Role::Figure,
        cell: |row| measured(row, |layer| Cell::Quantity(layer.seconds, Unit::Seconds)),
    },
    Column {
        key: "time_share",
        english: "share of time",
        chinese: "时间占比",
        role: Role::Share,
        cell: |row| measured(row, |layer| Cell::Share(layer.share)),
    },
    Column {
        key: "flop_rate",
        english: "GFLOP/s",
        chinese: "GFLOP/s",
        role: Role::Figure,
        cell: |row| measured(row, |layer| rate(layer.flops_per_second)),
    },
    Column {
        key: "byte_rate",
        english: "GB/s",
        chinese: "GB/s",
        role: Role::Figure,
        cell: |row| measured(row, |layer| rate(layer.bytes_per_second)),
    },
    Column {
        key: "limit",
        english: "bound",
        chinese: "瓶颈",
        role: Role::Text,
        cell: |row| measured(row, |layer| Cell::Named(layer.bound.name(), layer.bound.text())),
    },
    Column {
        key: "of_roof",
        english: "of roof",
        chinese: "占屋顶线上限",
        role: Role::Figure,
        cell: |row| measured(row, |layer| reached(layer.roofline_seconds / layer.seconds)),
    },
    Column {
        key: "roof",
        english: "at the roof",
        chinese: "屋顶线时间",
        role: Role::Figure,
        cell: |row| measured(row, |layer| Cell::Quantity(layer.roofline_seconds, Unit::Seconds)),
    },
];

/// The column called `key`.
pub fn column(key: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.key == key)
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

fn count(row: &Row, figure: impl Fn(&Counts) -> u128) -> Cell {
    match (&row.counts, row.kind) {
        (_, RowKind::Input) => Cell::Empty,
        (Some(counts), _) => Cell::Count(figure(counts)),
        (None, _) => Cell::Unknown,
    }
}

/// A count of weights, which may be another layer's.
fn held(row: &Row, figure: impl Fn(&Counts) -> u128) -> Cell {
    match count(row, figure) {
        Cell::Count(count) if row.shared => Cell::Shared(count),
        cell => cell,
    }
}

/// What a line is called; the last one, the whole.
fn name(row: &Row) -> Cell {
    match row.kind {
        RowKind::Total => Cell::Named("total", text!("total", "合计")),
        _ => Cell::Name(row.name.clone(), row.path.clone()),
    }
}

fn share(row: &Row) -> Cell {
    match row.share.filter(|&share| share > 0.0) {
        Some(share) => Cell::Share(share),
        None => Cell::Empty,
    }
}

/// What was measured; empty for what takes no time, and for the total's share of itself.
fn measured(row: &Row, cell: impl Fn(&Layer) -> Cell) -> Cell {
    let Some(layer) = row.measured.filter(|layer| layer.seconds > 0.0) else { return Cell::Empty };
    let cell = cell(&layer);
    let says_nothing = match cell {
        Cell::Share(_) => row.kind == RowKind::Total,
        Cell::Quantity(quantity, Unit::Seconds) => quantity <= 0.0,
        _ => false,
    };
    if says_nothing { Cell::Empty } else { cell }
}

/// Billions a second.
fn rate(per_second: f64) -> Cell {
    if per_second > 0.0 { Cell::Quantity(per_second / 1e9, Unit::Ratio) } else { Cell::Empty }
}

/// Of a roof that allows any speed, nothing.
fn reached(part: f64) -> Cell {
    if part > 0.0 { Cell::Quantity(part, Unit::Part) } else { Cell::Empty }
}

/// Sizes of a box, where that is folded; of an open one, its parts have sizes of their own.
fn closed(row: &Row, sizes: &Sizes) -> Cell {
    if row.kind == RowKind::Open || sizes.text.is_empty() { Cell::Empty } else { Cell::Sizes(sizes.clone()) }
}
