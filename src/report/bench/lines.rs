//! A line for each case: its columns, defined once.

use crate::analyze::Analysis;
use crate::bench::profile::work;
use crate::bench::{Case, MeasuredPeak};
use crate::report::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use crate::report::terminal::{Layout, Table};
use crate::report::{Style, Subject};
use crate::text::{Words, words};

/// A case and what it is held against.
pub(super) struct Line<'b> {
    pub(super) case: &'b Case,
    pub(super) subject: &'b Subject,
    pub(super) peak: &'b MeasuredPeak,
    /// What it costs as it was executed.
    pub(super) executed: Analysis,
    /// What that takes at best, in seconds.
    pub(super) at_best: f64,
}

/// A column of cases.
struct Column {
    key: &'static str,
    words: Words,
    cell: fn(&Line) -> Cell,
}

const fn column(key: &'static str, words: Words, cell: fn(&Line) -> Cell) -> Column {
    Column { key, words, cell }
}

impl Line<'_> {
    fn per_second(&self, amount: f64) -> f64 {
        amount / self.case.summary.median
    }

    pub(super) fn flops_per_second(&self) -> f64 {
        self.per_second(work(self.executed.total(), self.subject.element).0)
    }

    pub(super) fn bytes_per_second(&self) -> f64 {
        self.per_second(work(self.executed.total(), self.subject.element).1)
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
    pub(super) fn images_per_second(&self) -> f64 {
        self.per_second(self.subject.batch() as f64)
    }
}

/// The columns, in the order they stand.
const COLUMNS: &[Column] = &[
    column("network", words("network", "网络"), |line| {
        Cell::Name(line.subject.label.clone(), line.subject.label.clone())
    }),
    column("batch", words("batch", "批量大小"), |line| Cell::Count(line.subject.batch().into())),
    column("threads", words("threads", "线程"), |line| {
        line.case.threads.map_or(Cell::Empty, |threads| Cell::Count(threads as u128))
    }),
    column("macs", words("MACs", "乘加数"), |line| {
        Cell::Count(line.subject.analysis.total().work.macs.total())
    }),
    column("median_seconds", words("median", "中位数"), |line| {
        Cell::Quantity(line.case.summary.median, QuantityUnit::Seconds)
    }),
    column("precision", words("±", "误差"), |line| {
        Cell::Quantity(line.case.summary.precision(), QuantityUnit::Part)
    }),
    column("spread", words("spread", "离散程度"), |line| {
        Cell::Quantity(line.case.summary.spread(), QuantityUnit::Part)
    }),
    column("least_seconds", words("fastest", "最快"), |line| {
        Cell::Quantity(line.case.summary.least, QuantityUnit::Seconds)
    }),
    column("samples", words("samples", "测量次数"), |line| Cell::Count(line.case.summary.count as u128)),
    column("images_per_second", words("images/s", "图像/秒"), |line| {
        Cell::Quantity(line.images_per_second(), QuantityUnit::Ratio)
    }),
    column("gflops_per_second", words("GFLOP/s", "GFLOP/s"), |line| {
        Cell::Quantity(line.flops_per_second() / 1e9, QuantityUnit::Ratio)
    }),
    column("peak_share", words("of peak", "占峰值"), |line| {
        Cell::Quantity(line.flops_per_second() / line.peak.flops_per_second, QuantityUnit::Part)
    }),
    column("bandwidth_share", words("of bandwidth", "占带宽"), |line| {
        Cell::Quantity(line.bytes_per_second() / line.peak.bytes_per_second, QuantityUnit::Part)
    }),
    column("roof_share", words("of roof", "占屋顶线上限"), |line| {
        Cell::Quantity(line.at_best / line.case.summary.median, QuantityUnit::Part)
    }),
];

/// In the order in which they are added while there is room.
const WANTED: [&str; 14] = [
    "network",
    "batch",
    "median_seconds",
    "precision",
    "gflops_per_second",
    "threads",
    "roof_share",
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
        let role = if column.key == COLUMNS[0].key { Role::Name } else { Role::Figure };
        Head::new(column.key, column.words.into(), role)
    };
    let cells = |line: &Line| COLUMNS.iter().map(|column| (column.cell)(line)).collect();
    Sheet::of(COLUMNS.iter().map(head).collect(), lines.iter().map(cells).collect())
}

/// For the terminal: as many columns as it has room for.
pub(super) fn text(lines: &[Line], style: Style) -> String {
    let sheet = sheet(lines);
    Table::new(&sheet, Layout::Table, style).fit(Some(&WANTED)).draw()
}
