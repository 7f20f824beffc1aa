//! A line for each case: its columns, defined once, and how they are drawn.

use unicode_width::UnicodeWidthStr;

use super::super::figures::{digits, percent, seconds};
use super::super::markdown::escaped;
use super::super::table::shortened;
use crate::bench::profile::work;
use crate::bench::{Case, Peak};
use crate::report::{Style, Subject};
use crate::text::Language;
use crate::working::grouped;

/// A case and what it is held against.
pub(super) struct Line<'b> {
    pub(super) case: &'b Case,
    pub(super) subject: &'b Subject,
    pub(super) peak: &'b Peak,
}

/// A column of cases.
struct Column {
    key: &'static str,
    english: &'static str,
    chinese: &'static str,
    value: fn(&Line) -> Value,
}

enum Value {
    Text(String),
    Count(u128),
    Seconds(f64),
    Share(f64),
    Ratio(f64),
    Empty,
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
        value: |line| Value::Text(line.subject.label.clone()),
    },
    Column {
        key: "batch",
        english: "batch",
        chinese: "批量大小",
        value: |line| Value::Count(line.subject.batch().into()),
    },
    Column {
        key: "threads",
        english: "threads",
        chinese: "线程",
        value: |line| line.case.threads.map_or(Value::Empty, |threads| Value::Count(threads as u128)),
    },
    Column {
        key: "macs",
        english: "MACs",
        chinese: "乘加数",
        value: |line| Value::Count(line.subject.analysis.total().work.macs.total()),
    },
    Column {
        key: "median_seconds",
        english: "median",
        chinese: "中位数",
        value: |line| Value::Seconds(line.case.summary.median),
    },
    Column {
        key: "precision",
        english: "±",
        chinese: "误差",
        value: |line| Value::Share(line.case.summary.precision()),
    },
    Column {
        key: "spread",
        english: "spread",
        chinese: "离散程度",
        value: |line| Value::Share(line.case.summary.spread()),
    },
    Column {
        key: "least_seconds",
        english: "fastest",
        chinese: "最快",
        value: |line| Value::Seconds(line.case.summary.least),
    },
    Column {
        key: "samples",
        english: "samples",
        chinese: "测量次数",
        value: |line| Value::Count(line.case.summary.count as u128),
    },
    Column {
        key: "images_per_second",
        english: "images/s",
        chinese: "图像/秒",
        value: |line| Value::Ratio(line.images_per_second()),
    },
    Column {
        key: "gflops_per_second",
        english: "GFLOP/s",
        chinese: "GFLOP/s",
        value: |line| Value::Ratio(line.flops_per_second() / 1e9),
    },
    Column {
        key: "peak_share",
        english: "of peak",
        chinese: "占峰值",
        value: |line| Value::Share(line.flops_per_second() / line.peak.flops_per_second),
    },
    Column {
        key: "bandwidth_share",
        english: "of bandwidth",
        chinese: "占带宽",
        value: |line| Value::Share(line.bytes_per_second() / line.peak.bytes_per_second),
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

/// Longer names lose their beginning.
const NAME: usize = 24;

/// Between columns.
const GAP: &str = "  ";

impl Column {
    fn heading(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }

    fn shown(&self, line: &Line) -> String {
        match (self.value)(line) {
            Value::Text(text) => text,
            Value::Count(count) => grouped(count, ","),
            Value::Seconds(time) => seconds(time),
            Value::Share(share) => percent(share),
            Value::Ratio(ratio) => digits(ratio),
            Value::Empty => String::new(),
        }
    }

    fn plain(&self, line: &Line) -> String {
        match (self.value)(line) {
            Value::Text(text) => text,
            Value::Count(count) => count.to_string(),
            Value::Seconds(number) | Value::Share(number) | Value::Ratio(number) => number.to_string(),
            Value::Empty => String::new(),
        }
    }

    fn is_name(&self) -> bool {
        self.key == COLUMNS[0].key
    }
}

/// For the terminal: as many columns as it has room for.
pub(super) fn text(lines: &[Line], style: Style) -> String {
    let cell = |column: &Column, line: &Line| {
        let shown = column.shown(line);
        if column.is_name() { shortened(&shown, NAME) } else { shown }
    };
    let width_of = |column: &Column| {
        let cells = lines.iter().map(|line| cell(column, line).width());
        cells.chain([column.heading(style.language).width()]).max().unwrap_or(0)
    };
    let mut room = style.width;
    let mut shown: Vec<&Column> = vec![];
    for column in WANTED.iter().filter_map(|key| COLUMNS.iter().find(|column| column.key == *key)) {
        let needed = width_of(column) + GAP.len();
        let says_something = lines.iter().any(|line| !column.shown(line).is_empty());
        if says_something && needed <= room {
            room -= needed;
            shown.push(column);
        }
    }
    shown.sort_by_key(|column| COLUMNS.iter().position(|known| known.key == column.key));
    let row = |cell: &dyn Fn(&Column) -> String| {
        let cells = shown.iter().map(|column| {
            let (text, width) = (cell(column), width_of(column));
            let pad = " ".repeat(width.saturating_sub(text.width()));
            if column.is_name() { text + &pad } else { pad + &text }
        });
        format!(" {}", cells.collect::<Vec<_>>().join(GAP)).trim_end().to_owned() + "\n"
    };
    let widths: usize = shown.iter().map(|column| width_of(column) + GAP.len()).sum();
    let mut text = row(&|column| column.heading(style.language).to_owned());
    text.push_str(&format!("{}\n", "─".repeat(widths)));
    for line in lines {
        text.push_str(&row(&|column| cell(column, line)));
    }
    text
}

/// For a page of notes: every column.
pub(super) fn markdown(lines: &[Line], language: Language) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let headings = COLUMNS.iter().map(|column| column.heading(language).to_owned()).collect();
    let rules =
        COLUMNS.iter().map(|column| if column.is_name() { ":---" } else { "---:" }.to_owned()).collect();
    let mut text = row(headings) + &row(rules);
    for line in lines {
        text.push_str(&row(COLUMNS.iter().map(|column| escaped(&column.shown(line))).collect()));
    }
    text
}

/// Plain figures.
pub(super) fn csv(lines: &[Line]) -> String {
    let headings = COLUMNS.iter().map(|column| column.key.to_owned()).collect::<Vec<_>>();
    let rows = lines.iter().map(|line| COLUMNS.iter().map(|column| column.plain(line)).collect());
    super::csv::records(std::iter::once(headings).chain(rows))
}
