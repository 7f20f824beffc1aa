//! Text into a [`Document`]: nothing of it is lost but spaces, further blank lines, and where lines were broken.

use toml_parser::Source;
use toml_parser::parser::{Event, EventKind, parse_document};
use unicode_width::UnicodeWidthChar;

use super::document::{Between, Document, Element, Entry, Gap, Kind, List, Remark, Statement, Value};
use super::words;

/// From here on, what is before a comment is more than a distance.
const FAR: usize = 4;

/// The document that a text is; `None` if it is no TOML.
pub(super) fn document(text: &str) -> Option<Document> {
    let (mut events, mut errors) = (vec![], vec![]);
    let tokens = Source::new(text).lex().into_vec();
    parse_document(&tokens, &mut events, &mut errors);
    if !errors.is_empty() {
        return None;
    }
    events.retain(|event: &Event| event.kind() != EventKind::Whitespace);
    let newline = events.iter().find(|event| event.kind() == EventKind::Newline);
    let is_crlf = newline.is_some_and(|newline| newline.span().len() == 2);
    let mut parser =
        Parser { text, events, at: 0, ruler: Ruler { text, at: 0, column: 0 }, is_value_far: false };
    let (statements, tail) = parser.statements()?;
    Some(Document { statements, tail, newline: if is_crlf { "\r\n" } else { "\n" } })
}

struct Parser<'t> {
    text: &'t str,
    events: Vec<Event>,
    at: usize,
    ruler: Ruler<'t>,
    /// Whether more than a space was between the last `=` and its value: numbers that stand below each other.
    is_value_far: bool,
}

/// Columns of places that come one behind the other.
struct Ruler<'t> {
    text: &'t str,
    at: usize,
    column: usize,
}

impl Ruler<'_> {
    fn column(&mut self, place: usize) -> usize {
        for c in self.text.get(self.at..place).unwrap_or_default().chars() {
            self.column = if c == '\n' { 0 } else { self.column + c.width().unwrap_or(1) };
        }
        self.at = self.at.max(place);
        self.column
    }
}

/// What stands between the things of a list or a file, while they are read.
#[derive(Default)]
struct Pending {
    between: Vec<Between>,
    /// Lines that have ended since the last thing.
    lines: usize,
}

impl Pending {
    fn end_line(&mut self) {
        self.lines += 1;
        if self.lines > 1 && self.between.last() != Some(&Between::Blank) {
            self.between.push(Between::Blank);
        }
    }

    fn comment(&mut self, text: String) {
        self.between.push(Between::Comment(text));
        self.lines = 0;
    }

    /// All of it, before what comes now.
    fn take(&mut self) -> Vec<Between> {
        self.lines = 0;
        std::mem::take(&mut self.between)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else comes is no TOML")]
impl Parser<'_> {
    fn statements(&mut self) -> Option<(Vec<Statement>, Vec<Between>)> {
        let (mut statements, mut pending): (Vec<Statement>, _) =
            (vec![], Pending { lines: 1, ..Pending::default() });
        while let Some(event) = self.next() {
            match event.kind() {
                EventKind::Newline => pending.end_line(),
                EventKind::Comment => match statements.last_mut().filter(|_| pending.lines == 0) {
                    Some(statement) => statement.remark = Some(self.remark(event)),
                    None => pending.comment(self.comment(event)),
                },
                EventKind::StdTableOpen | EventKind::ArrayTableOpen => {
                    let is_list = event.kind() == EventKind::ArrayTableOpen;
                    let path = self.key(EventKind::StdTableClose, EventKind::ArrayTableClose)?;
                    let kind = Kind::Header { path, is_list };
                    statements.push(Statement { before: pending.take(), kind, remark: None });
                }
                EventKind::SimpleKey => {
                    self.at -= 1;
                    let mut before = pending.take();
                    let entry = self.entry(&mut before)?;
                    statements.push(Statement { before, kind: Kind::Entry(entry), remark: None });
                }
                _ => return None,
            }
        }
        Some((statements, pending.take()))
    }

    /// A key and its value. Comments between braces, where lines do not end in TOML 1.0, go to what is `before`.
    fn entry(&mut self, before: &mut Vec<Between>) -> Option<Entry> {
        let gap = self.gap();
        let key = self.key(EventKind::KeyValSep, EventKind::KeyValSep)?;
        self.is_value_far = self.space() > 1;
        Some(Entry { key, value: self.value(before)?, gap })
    }

    /// The parts of a key, up to one of two ends.
    fn key(&mut self, end: EventKind, other_end: EventKind) -> Option<Vec<String>> {
        let mut key = vec![];
        loop {
            let event = self.next()?;
            match event.kind() {
                EventKind::SimpleKey => key.push(words::key(self.written(event), event.encoding())),
                EventKind::KeySep => {}
                kind if kind == end || kind == other_end => return Some(key),
                _ => return None,
            }
        }
    }

    fn value(&mut self, before: &mut Vec<Between>) -> Option<Value> {
        let event = self.next()?;
        match event.kind() {
            EventKind::Scalar => Some(Value::Scalar(words::scalar(self.written(event), event.encoding()))),
            EventKind::ArrayOpen => self.list().map(Value::List),
            EventKind::InlineTableOpen => self.table(before).map(Value::Table),
            _ => None,
        }
    }

    fn list(&mut self) -> Option<List> {
        let (mut list, mut pending) = (List::default(), Pending::default());
        loop {
            match self.events.get(self.at)?.kind() {
                EventKind::Newline => {
                    self.next();
                    list.is_broken = true;
                    pending.end_line();
                }
                EventKind::Comment => {
                    let event = self.next()?;
                    let is_behind = pending.lines == 0 && pending.between.is_empty();
                    match list.elements.last_mut() {
                        Some(element) if is_behind => element.remark = Some(self.remark(event)),
                        None if is_behind => list.opening = Some(self.comment(event)),
                        Some(_) | None => pending.comment(self.comment(event)),
                    }
                }
                EventKind::ValueSep => self.at += 1,
                EventKind::ArrayClose => {
                    self.next();
                    list.tail = pending.take();
                    return Some(list);
                }
                _ => {
                    let starts_row = pending.lines > 0 || !pending.between.is_empty();
                    let (gap, mut before) = (self.gap(), pending.take());
                    let value = self.value(&mut before)?;
                    list.elements.push(Element { before, value, starts_row, gap, remark: None });
                }
            }
        }
    }

    fn table(&mut self, before: &mut Vec<Between>) -> Option<Vec<Entry>> {
        let mut entries = vec![];
        loop {
            match self.events.get(self.at)?.kind() {
                EventKind::Newline | EventKind::ValueSep => self.at += 1,
                EventKind::Comment => {
                    let event = self.next()?;
                    before.push(Between::Comment(self.comment(event)));
                }
                EventKind::InlineTableClose => {
                    self.next();
                    return Some(entries);
                }
                _ => entries.push(self.entry(before)?),
            }
        }
    }

    fn next(&mut self) -> Option<Event> {
        let event = self.events.get(self.at).copied();
        self.at += 1;
        event
    }

    /// What is before the event that comes now.
    fn gap(&mut self) -> Gap {
        let is_behind_comma =
            self.at.checked_sub(1).is_some_and(|before| self.events[before].kind() == EventKind::ValueSep);
        let is_value_far = std::mem::take(&mut self.is_value_far);
        let is_wide = is_behind_comma && (self.space() > 1 || is_value_far);
        let start = self.events.get(self.at).map_or(0, |event| event.span().start());
        Gap { is_wide, column: self.ruler.column(start) }
    }

    /// How much is between what came last and what comes now.
    fn space(&self) -> usize {
        let before = self.at.checked_sub(1).and_then(|before| self.events.get(before));
        let now = self.events.get(self.at);
        before.zip(now).map_or(0, |(before, now)| now.span().start().saturating_sub(before.span().end()))
    }

    /// The comment that came last, behind something.
    fn remark(&mut self, event: Event) -> Remark {
        let start = event.span().start();
        let end = self.at.checked_sub(2).map_or(0, |before| self.events[before].span().end());
        let (is_far, column) = (start - end >= FAR, self.ruler.column(start));
        Remark { text: self.comment(event), is_far, column }
    }

    fn comment(&self, event: Event) -> String {
        self.written(event).trim_end().to_owned()
    }

    fn written(&self, event: Event) -> &str {
        self.text.get(event.span().start()..event.span().end()).unwrap_or_default()
    }
}
