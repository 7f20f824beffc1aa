//! Every column of every report, once: its name, its heading, what stands in it.

use super::rows::{Row, RowKind, Sizes};
use crate::bench::profile::Layer;
use crate::counts::Counts;
use crate::error::nearest;
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
    /// What stands in it.
    pub cell: fn(&Row) -> Cell,
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A word that is known by a name, and what it is to a person.
    Named(&'static str, Text),
    /// Shapes, windows, receptive fields.
    Sizes(Sizes),
    /// A count.
    Count(u128),
    /// A part of a whole, from 0 to 1, drawn as a bar too where there is room.
    Share(f64),
    /// So much of what is possible, 1 being all.
    Reached(f64),
    /// A time.
    Seconds(f64),
    /// A ratio of two quantities: FLOPs for each byte.
    Ratio(f64),
    /// A count that is not known.
    Unknown,
    /// Nothing to say.
    Empty,
}

impl Column {
    /// The heading in `language`; of the convention that `rows` are counted in, its name.
    pub fn heading<'r>(&self, rows: &'r [Row], language: Language) -> &'r str {
        if self.key == "like"
            && let Some(like) = rows.iter().find_map(|row| row.like.as_ref())
        {
            return &like.convention;
        }
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }

    /// Whether it is set flush right: figures are.
    pub fn is_numeric(&self) -> bool {
        !matches!(self.key, "layer" | "op" | "input" | "output" | "kernel" | "field" | "bound" | "share")
            && !matches!(self.key, "macs_share" | "time_share" | "limit")
    }
}

/// The columns, in the order they stand.
pub const COLUMNS: &[Column] = &[
    Column { key: "layer", english: "layer", chinese: "层", cell: |row| Cell::Text(row.name.clone()) },
    Column { key: "op", english: "operator", chinese: "算子", cell: |row| Cell::Text(row.op.clone()) },
    Column { key: "input", english: "input", chinese: "输入", cell: |row| closed(row, &row.input) },
    Column { key: "output", english: "output", chinese: "输出", cell: |row| closed(row, &row.output) },
    Column { key: "kernel", english: "kernel", chinese: "核", cell: |row| closed(row, &row.kernel) },
    Column {
        key: "params",
        english: "params",
        chinese: "参数量",
        cell: |row| count(row, |c| c.params.total()),
    },
    Column {
        key: "trainable",
        english: "trainable",
        chinese: "可训练参数",
        cell: |row| count(row, |c| c.params.trainable),
    },
    Column {
        key: "frozen",
        english: "frozen",
        chinese: "冻结参数",
        cell: |row| count(row, |c| c.params.frozen),
    },
    Column {
        key: "buffers",
        english: "buffers",
        chinese: "缓冲区",
        cell: |row| count(row, |c| c.params.buffers),
    },
    Column {
        key: "macs",
        english: "MACs",
        chinese: "乘加数",
        cell: |row| count(row, |c| c.work.macs.total()),
    },
    Column {
        key: "like",
        english: "like",
        chinese: "口径",
        cell: |row| match (&row.like, row.kind) {
            (None, _) | (_, RowKind::Input) => Cell::Empty,
            (Some(like), _) => like.count.map_or(Cell::Unknown, Cell::Count),
        },
    },
    Column {
        key: "exact",
        english: "off padding",
        chinese: "不计填充",
        cell: |row| count(row, |c| c.padding_exact.macs.total()),
    },
    Column {
        key: "flops",
        english: "FLOPs",
        chinese: "FLOPs",
        cell: |row| count(row, |c| c.work.ops.flops()),
    },
    Column { key: "mul", english: "mul", chinese: "乘", cell: |row| count(row, |c| c.work.ops.mul) },
    Column { key: "add", english: "add", chinese: "加", cell: |row| count(row, |c| c.work.ops.add) },
    Column { key: "div", english: "div", chinese: "除", cell: |row| count(row, |c| c.work.ops.div) },
    Column { key: "cmp", english: "cmp", chinese: "比较", cell: |row| count(row, |c| c.work.ops.cmp) },
    Column {
        key: "exp", english: "exp", chinese: "超越函数", cell: |row| count(row, |c| c.work.ops.exp)
    },
    Column {
        key: "read",
        english: "bytes read",
        chinese: "读字节",
        cell: |row| count(row, |c| c.traffic.read.bytes(row.element)),
    },
    Column {
        key: "written",
        english: "bytes written",
        chinese: "写字节",
        cell: |row| count(row, |c| c.traffic.written.bytes(row.element)),
    },
    Column {
        key: "intensity",
        english: "FLOPs/byte",
        chinese: "FLOPs/字节",
        cell: |row| row.intensity.map_or(Cell::Empty, Cell::Ratio),
    },
    Column {
        key: "live",
        english: "bytes alive",
        chinese: "存活字节",
        cell: |row| Cell::Count(row.live_bytes),
    },
    Column {
        key: "time",
        english: "estimated",
        chinese: "估计时间",
        cell: |row| match row.estimate.map(|estimate| estimate.seconds()) {
            Some(seconds) if seconds > 0.0 => Cell::Seconds(seconds),
            Some(_) | None => Cell::Empty,
        },
    },
    Column {
        key: "bound",
        english: "bound",
        chinese: "瓶颈",
        cell: |row| match row.estimate.and_then(|estimate| estimate.bound()) {
            Some(bound) => Cell::Named(bound.name(), bound.text()),
            None => Cell::Empty,
        },
    },
    Column {
        key: "field",
        english: "receptive field",
        chinese: "感受野",
        cell: |row| closed(row, &row.field),
    },
    Column { key: "share", english: "share", chinese: "占比", cell: share },
];

/// Columns of what was measured, which stand behind the others.
pub const MEASURED: &[Column] = &[
    Column { key: "macs_share", english: "share of MACs", chinese: "乘加数占比", cell: share },
    Column {
        key: "measured",
        english: "time",
        chinese: "时间",
        cell: |row| measured(row, |layer| Cell::Seconds(layer.seconds)),
    },
    Column {
        key: "time_share",
        english: "share of time",
        chinese: "时间占比",
        cell: |row| measured(row, |layer| Cell::Share(layer.share)),
    },
    Column {
        key: "flop_rate",
        english: "GFLOP/s",
        chinese: "GFLOP/s",
        cell: |row| measured(row, |layer| rate(layer.flops_per_second)),
    },
    Column {
        key: "byte_rate",
        english: "GB/s",
        chinese: "GB/s",
        cell: |row| measured(row, |layer| rate(layer.bytes_per_second)),
    },
    Column {
        key: "limit",
        english: "bound",
        chinese: "瓶颈",
        cell: |row| measured(row, |layer| Cell::Named(layer.bound.name(), layer.bound.text())),
    },
    Column {
        key: "of_roof",
        english: "of roof",
        chinese: "占屋顶线上限",
        cell: |row| measured(row, |layer| reached(layer.roofline_seconds / layer.seconds)),
    },
    Column {
        key: "roof",
        english: "at the roof",
        chinese: "屋顶线时间",
        cell: |row| measured(row, |layer| Cell::Seconds(layer.roofline_seconds)),
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
        Cell::Seconds(seconds) => seconds <= 0.0,
        Cell::Text(_)
        | Cell::Named(..)
        | Cell::Sizes(_)
        | Cell::Count(_)
        | Cell::Reached(_)
        | Cell::Ratio(_)
        | Cell::Unknown
        | Cell::Empty => false,
    };
    if says_nothing { Cell::Empty } else { cell }
}

/// Billions a second.
fn rate(per_second: f64) -> Cell {
    if per_second > 0.0 { Cell::Ratio(per_second / 1e9) } else { Cell::Empty }
}

/// Of a roof that allows any speed, nothing.
fn reached(part: f64) -> Cell {
    if part > 0.0 { Cell::Reached(part) } else { Cell::Empty }
}

/// Sizes of a box, where that is folded; of an open one, its parts have sizes of their own.
fn closed(row: &Row, sizes: &Sizes) -> Cell {
    if row.kind == RowKind::Open || sizes.text.is_empty() { Cell::Empty } else { Cell::Sizes(sizes.clone()) }
}
