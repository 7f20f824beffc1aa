//! A line for each case: its columns, defined once.

use crate::bench::profile::work;
use crate::bench::{Case, MeasuredPeak};
use crate::report::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use crate::report::terminal::{Layout, Table};
use crate::report::{Style, Subject};
use crate::text::Text;

/// A case and what it is held against.
pub(super) struct Line<'b> {
    pub(super) case: &'b Case,
    pub(super) subject: &'b Subject,
    pub(super) peak: &'b MeasuredPeak,
}

/// A column of cases.
struct Column {
    key: &'static str,
    english: &'static str,
    chinese: &'static str,
    cell: fn(&Line) -> Cell,
}

impl Line<'_> {
    fn per_second(&self, amount: f64) -> f64 {
        amount / self.case.summary.median
    }

    pub(super) fn flops_per_second(&self) -> f64 {
        self.per_second(work(self.subject.analysis.total(), self.subject.element).0)
    }

    pub(super) fn bytes_per_second(&self) -> f64 {
        self.per_second(work(self.subject.analysis.total(), self.subject.element).1)
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
    pub(super) fn images_per_second(&self) -> f64 {
        self.per_second(self.subject.batch() as f64)
    }
}

/// The columns, in the order they stand.
const COLUMNS: &[Column] = &[
    Column {
        key: "network",
        english: "network",
        chinese: "网络",
        cell: |line| Cell::Name(line.subject.label.clone(), line.subject.label.clone()),
    },
    Column {
        key: "batch",
        english: "batch",
        chinese: "批量大小",
        cell: |line| Cell::Count(line.subject.batch().into()),
    },
    Column {
        key: "threads",
        english: "threads",
        chinese: "线程",
        cell: |line| line.case.threads.map_or(Cell::Empty, |threads| Cell::Count(threads as u128)),
    },
    Column {
        key: "macs",
        english: "MACs",
        chinese: "乘加数",
        cell: |line| Cell::Count(line.subject.analysis.total().work.macs.total()),
    },
    Column {
        key: "median_seconds",
        english: "median",
        chinese: "中位数",
        cell: |line| Cell::Quantity(line.case.summary.median, QuantityUnit::Seconds),
    },
    Column {
        key: "precision",
        english: "±",
        chinese: "误差",
        cell: |line| Cell::Quantity(line.case.summary.precision(), QuantityUnit::Part),
    },
    Column {
        key: "spread",
        english: "spread",
        chinese: "离散程度",
        cell: |line| Cell::Quantity(line.case.summary.spread(), QuantityUnit::Part),
    },
    Column {
        key: "least_seconds",
        english: "fastest",
        chinese: "最快",
        cell: |line| Cell::Quantity(line.case.summary.least, QuantityUnit::Seconds),
    },
    Column {
        key: "samples",
        english: "samples",
        chinese: "测量次数",
        cell: |line| Cell::Count(line.case.summary.count as u128),
    },
    Column {
        key: "images_per_second",
        english: "images/s",
        chinese: "图像/秒",
        cell: |line| Cell::Quantity(line.images_per_second(), QuantityUnit::Ratio),
    },
    Column {
        key: "gflops_per_second",
        english: "GFLOP/s",
        chinese: "GFLOP/s",
        cell: |line| Cell::Quantity(line.flops_per_second() / 1e9, QuantityUnit::Ratio),
    },
    Column {
        key: "peak_share",
        english: "of peak",
        chinese: "占峰值",
        cell: |line| Cell::Quantity(line.flops_per_second() / line.peak.flops_per_second, QuantityUnit::Part),
    },
    Column {
        key: "bandwidth_share",
        english: "of bandwidth",
        chinese: "占带宽",
        cell: |line| Cell::Quantity(line.bytes_per_second() / line.peak.bytes_per_second, QuantityUnit::Part),
    },
];

/// In the order in which they are added while there is room.
const WANTED: [&str; 13] = [
    "network",
    "batch",
    "median_seconds",
    "precision",
    "gflops_per_second",
    "threads",
    "peak_share",
    "images_per_second",
    "bandwidth_share",
    "samples",
    "spread",
    "macs",
    "least_seconds",
];

/// A line for each case, in every column.
pub(super) fn sheet(lines: &[Line]) -> Sheet {
    let head = |column: &Column| {
        let words = Text { english: column.english.to_owned(), chinese: column.chinese.to_owned() };
        Head::new(column.key, words, if column.key == COLUMNS[0].key { Role::Name } else { Role::Figure })
    };
    let cells = |line: &Line| COLUMNS.iter().map(|column| (column.cell)(line)).collect();
    Sheet::of(COLUMNS.iter().map(head).collect(), lines.iter().map(cells).collect())
}

/// For the terminal: as many columns as it has room for.
pub(super) fn text(lines: &[Line], style: Style) -> String {
    let sheet = sheet(lines);
    Table::new(&sheet, Layout::Table, style).fit(Some(&WANTED)).draw()
}
