//! A [`Document`] as text, in the canonical layout.
//!
//! What stands in a list of tables has a line each, unless the list is in such a line itself and whoever wrote it kept it there.
//! Else what is in it stands further to the right, and is closed in between:
//!
//! ```toml
//! layers = [
//!   { name = "sum", merge = "add", branches = { body = [
//!       { op = "relu" },
//!     ], skip = [] } },
//! ]
//! ```

use unicode_width::UnicodeWidthStr;

use super::columns::{alone, before_remarks, grid};
use super::document::{Between, Document, Element, Entry, Gap, Kind, List, Remark, Statement, Value};
use super::tables::{lined_up, pieces};

/// Columns of a list that stays on a line. A table in braces may be longer: it cannot be broken in TOML 1.0.
const WIDTH: usize = 120;

/// The text of a document.
pub(super) fn text(document: &Document) -> String {
    let mut writer = Writer { out: String::new(), newline: document.newline };
    writer.document(document);
    writer.out
}

/// A value on one line; `None` if it wants several.
pub(super) fn flat(value: &Value) -> Option<String> {
    match value {
        Value::Scalar(written) => Some(written.clone()),
        Value::Table(entries) if entries.is_empty() => Some("{}".to_owned()),
        Value::Table(entries) => {
            let entry = |entry: &Entry| Some(format!("{} = {}", entry.key.join("."), flat(&entry.value)?));
            let entries = entries.iter().map(entry).collect::<Option<Vec<_>>>()?;
            Some(format!("{{ {} }}", entries.join(", ")))
        }
        Value::List(list) => {
            let is_broken = list.is_broken && !list.elements.is_empty();
            if is_broken || list.has_comments() {
                return None;
            }
            let elements = list.elements.iter().map(|element| flat(&element.value));
            let text = format!("[{}]", elements.collect::<Option<Vec<_>>>()?.join(", "));
            (text.width() <= WIDTH || list.elements.is_empty()).then_some(text)
        }
    }
}

struct Writer {
    out: String,
    newline: &'static str,
}

/// A line of a list, or what begins with one.
struct Row<'d> {
    before: &'d [Between],
    body: Body<'d>,
    remark: Option<&'d Remark>,
}

/// Elements on one line, each as it is written.
struct Filled<'d, 't> {
    before: &'d [Between],
    words: Vec<(&'t str, Gap)>,
    remark: Option<&'d Remark>,
}

enum Body<'d> {
    Line(String),
    Lines(&'d Value),
}

impl Writer {
    fn document(&mut self, document: &Document) {
        let texts: Vec<Option<String>> = document.statements.iter().map(one_line).collect();
        let ends: Vec<_> = document
            .statements
            .iter()
            .zip(&texts)
            .map(|(statement, text)| (&*statement.before, text.as_deref(), statement.remark.as_ref()))
            .collect();
        let gaps = gaps(&ends);
        let mut block: Option<&[String]> = None;
        let mut is_below_header = false;
        for (index, (statement, text)) in document.statements.iter().zip(&texts).enumerate() {
            let mut before = &*statement.before;
            if let Kind::Header { path, .. } = &statement.kind {
                let is_continued =
                    block.is_some_and(|block| path.len() > 1 && path.get(..2) == block.get(..2));
                if !is_continued && index > 0 && !before.contains(&Between::Blank) {
                    self.out.push_str(self.newline);
                }
                block = Some(path);
            }
            let is_first = index == 0 || (is_below_header && matches!(statement.kind, Kind::Entry(_)));
            if is_first && before.first() == Some(&Between::Blank) {
                before = &before[1..];
            }
            is_below_header = matches!(statement.kind, Kind::Header { .. });
            self.between(before, 0);
            self.statement(statement, text.as_deref());
            if let Some(remark) = &statement.remark {
                self.remark(remark, gaps[index]);
            }
            self.out.push_str(self.newline);
        }
        let mut tail = &*document.tail;
        if document.statements.is_empty() && tail.first() == Some(&Between::Blank) {
            tail = &tail[1..];
        }
        self.between(without_last_blank(tail), 0);
    }

    fn statement(&mut self, statement: &Statement, text: Option<&str>) {
        match (&statement.kind, text) {
            (_, Some(text)) => self.out.push_str(text),
            (Kind::Entry(entry), None) => {
                self.out.push_str(&format!("{} = ", entry.key.join(".")));
                match &entry.value {
                    Value::List(list) => self.list(list, 2, 0),
                    Value::Scalar(_) | Value::Table(_) => self.value(&entry.value, 0, false),
                }
            }
            (Kind::Header { .. }, None) => {}
        }
    }

    /// A value that begins in a line with this indent, in a table of that line or not.
    fn value(&mut self, value: &Value, indent: usize, is_in_table: bool) {
        if let Some(text) = flat(value) {
            return self.out.push_str(&text);
        }
        match value {
            Value::Scalar(written) => self.out.push_str(written),
            Value::List(list) if is_in_table => self.list(list, indent + 4, indent + 2),
            Value::List(list) => self.list(list, indent + 2, indent),
            Value::Table(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    self.out.push_str(if index == 0 { "{ " } else { ", " });
                    self.out.push_str(&format!("{} = ", entry.key.join(".")));
                    self.value(&entry.value, indent, true);
                }
                self.out.push_str(" }");
            }
        }
    }

    fn list(&mut self, list: &List, indent: usize, closing: usize) {
        self.out.push('[');
        if let Some(opening) = &list.opening {
            self.out.push_str(&alone(opening));
        }
        self.out.push_str(self.newline);
        let rows = rows(list, indent);
        let ends: Vec<_> = rows.iter().map(|row| (row.before, row.body.line(), row.remark)).collect();
        let gaps = gaps(&ends);
        for (index, (row, gap)) in rows.iter().zip(gaps).enumerate() {
            let is_first = index == 0 && row.before.first() == Some(&Between::Blank);
            self.between(&row.before[usize::from(is_first)..], indent);
            self.indent(indent);
            match &row.body {
                Body::Line(text) => self.out.push_str(text),
                Body::Lines(value) => self.value(value, indent, false),
            }
            self.out.push(',');
            if let Some(remark) = row.remark {
                self.remark(remark, gap);
            }
            self.out.push_str(self.newline);
        }
        let tail = without_last_blank(&list.tail);
        let is_first = rows.is_empty() && tail.first() == Some(&Between::Blank);
        self.between(&tail[usize::from(is_first)..], indent);
        self.indent(closing);
        self.out.push(']');
    }

    fn between(&mut self, between: &[Between], indent: usize) {
        for line in between {
            if let Between::Comment(comment) = line {
                self.indent(indent);
                self.out.push_str(comment);
            }
            self.out.push_str(self.newline);
        }
    }

    fn remark(&mut self, remark: &Remark, gap: usize) {
        self.indent(gap);
        self.out.push_str(&remark.text);
    }

    fn indent(&mut self, spaces: usize) {
        self.out.push_str(&" ".repeat(spaces));
    }
}

impl Body<'_> {
    fn line(&self) -> Option<&str> {
        match self {
            Self::Line(text) => Some(text),
            Self::Lines(_) => None,
        }
    }
}

/// The text of a statement that takes a line.
fn one_line(statement: &Statement) -> Option<String> {
    match &statement.kind {
        Kind::Header { path, is_list: false } => Some(format!("[{}]", path.join("."))),
        Kind::Header { path, is_list: true } => Some(format!("[[{}]]", path.join("."))),
        Kind::Entry(Entry { value: Value::List(list), .. })
            if list.elements.len() > 1 && list.has_tables() =>
        {
            None
        }
        Kind::Entry(entry) => Some(format!("{} = {}", entry.key.join("."), flat(&entry.value)?)),
    }
}

/// The lines of a list that is broken: one for each element if a table is among them or something that takes several lines,
/// else those that were written, or as many as are needed.
fn rows<'d>(list: &'d List, indent: usize) -> Vec<Row<'d>> {
    let texts: Vec<Option<String>> = list.elements.iter().map(|element| flat(&element.value)).collect();
    let texts: Option<Vec<String>> = if list.has_tables() { None } else { texts.into_iter().collect() };
    let Some(texts) = texts else { return elements(list) };
    let mut rows: Vec<Filled<'d, '_>> = vec![];
    let mut width = 0;
    for (element, text) in list.elements.iter().zip(&texts) {
        let is_full = !list.is_broken && indent + width + text.width() > WIDTH;
        let starts = element.starts_row || !element.before.is_empty() || is_full;
        if starts || rows.last().is_none_or(|row| row.remark.is_some()) {
            rows.push(Filled { before: &element.before, words: vec![], remark: None });
            width = 0;
        }
        if let Some(row) = rows.last_mut() {
            row.words.push((text, element.gap));
            row.remark = element.remark.as_ref();
        }
        width += text.width() + 2;
    }
    let cells: Vec<_> = rows.iter().map(|row| &*row.words).collect();
    let is_numbers = list.is_broken && texts.iter().all(|text| is_number(text));
    let joined = |row: &[(&str, Gap)]| row.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(", ");
    let lines = if is_numbers { grid(&cells) } else { cells.into_iter().map(joined).collect() };
    let row = |(row, line): (&Filled<'d, '_>, String)| Row {
        before: row.before,
        body: Body::Line(line),
        remark: row.remark,
    };
    rows.iter().zip(lines).map(row).collect()
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+')
}

/// A line or more for each element.
fn elements(list: &List) -> Vec<Row<'_>> {
    let cut = |element: &Element| match &element.value {
        Value::Table(entries) => pieces(entries),
        Value::Scalar(_) | Value::List(_) => None,
    };
    let lines = lined_up(&list.elements.iter().map(cut).collect::<Vec<_>>());
    list.elements
        .iter()
        .zip(lines)
        .map(|(element, line)| {
            let line = line.or_else(|| flat(&element.value));
            let body = line.map_or(Body::Lines(&element.value), Body::Line);
            Row { before: &element.before, body, remark: element.remark.as_ref() }
        })
        .collect()
}

/// The spaces before the comment behind each line, if there is one.
fn gaps(lines: &[(&[Between], Option<&str>, Option<&Remark>)]) -> Vec<usize> {
    let mut gaps = vec![];
    let mut run: Vec<(usize, &Remark)> = vec![];
    for (before, text, remark) in lines {
        let width = text.map(|text| text.rsplit('\n').next().unwrap_or_default().width());
        if width.is_none() || !before.is_empty() || remark.is_none() {
            gaps.extend(before_remarks(&run));
            run.clear();
        }
        match (width, remark) {
            (Some(width), Some(remark)) => run.push((width, remark)),
            (None, Some(remark)) => gaps.extend(before_remarks(&[(0, remark)])),
            (_, None) => gaps.push(0),
        }
    }
    gaps.extend(before_remarks(&run));
    gaps
}

fn without_last_blank(between: &[Between]) -> &[Between] {
    match between {
        [rest @ .., Between::Blank] => rest,
        _ => between,
    }
}
