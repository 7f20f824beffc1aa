//! Findings drawn over the text of their file, for a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Code, Diagnostic, Origin, ReadError, Severity, Source, Span};
use crate::text;
use crate::text::{Language, Text, printable};

impl Diagnostic {
    /// Draws it over the text of `source`, for a terminal `width` columns wide.
    pub fn render(&self, source: &Source, language: Language, color: bool, width: usize) -> String {
        let level = match (self.severity, language) {
            (Severity::Error, Language::English) => Level::ERROR,
            (Severity::Error, Language::Chinese) => Level::ERROR.with_name("错误"),
            (Severity::Warning, Language::English) => Level::WARNING,
            (Severity::Warning, Language::Chinese) => Level::WARNING.with_name("警告"),
        };
        let (note_level, help_level) = match language {
            Language::English => (Level::NOTE, Level::HELP),
            Language::Chinese => (Level::NOTE.with_name("说明"), Level::HELP.with_name("建议")),
        };
        let mut group = Group::with_title(level.primary_title(shown(&self.message, language)));
        group = self.draw(group, source, language);
        let elsewhere = self.elsewhere(source);
        for note in elsewhere.iter().chain(&self.notes) {
            group = group.element(note_level.clone().message(shown(note, language)));
        }
        if let Some(help) = &self.help {
            group = group.element(help_level.message(shown(help, language)));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.term_width(width).render(&[group])
    }

    /// What is drawn of each file that it is about.
    fn draw<'a>(&'a self, mut group: Group<'a>, source: &'a Source, language: Language) -> Group<'a> {
        if self.is_of_no_text(source) {
            let name = printable(&source.name);
            let place = match self.places.first() {
                Some((Origin::Node { index }, _)) => text!("{name}: node {index}", "{name}:节点 {index}"),
                Some((Origin::Text(_), _)) | None => Text { english: name.clone(), chinese: name },
            };
            group = group.element(annotate_snippets::Origin::path(place.get(language).to_owned()));
        }
        let mut kind = AnnotationKind::Primary;
        for places in self.near(source) {
            group = draw_file(group, &places, kind, source, language);
            kind = AnnotationKind::Context;
        }
        group
    }

    /// Whether it is about a file that is no text, of which there is nothing to draw but the name.
    fn is_of_no_text(&self, source: &Source) -> bool {
        let is_text = self.places.iter().any(|(place, _)| place.text().is_some());
        source.text.is_empty() && !source.name.is_empty() && !is_text
    }

    /// The places that are drawn, file by file: those in its text that are near enough to the first there.
    fn near<'a>(&'a self, source: &Source) -> Vec<Vec<Labeled<'a>>> {
        let in_text = |(place, label): &'a (Origin, Option<Text>)| Some((place.text()?, label.as_ref()));
        let mut files: Vec<(Span, Vec<Labeled<'a>>)> = vec![];
        for (span, label) in self.places.iter().take(PLACES).filter_map(in_text) {
            let span = source.clip(span);
            let around = source.around(span.start);
            let end = source.floor(span.end.min(span.start + REACH));
            let place = (span.start..end, label);
            match files.iter_mut().find(|(file, _)| *file == around) {
                Some((_, places)) if is_near(places[0].0.start, span.start) => places.push(place),
                Some(_) => {}
                None => files.push((around, vec![place])),
            }
        }
        files.into_iter().map(|(_, places)| places).collect()
    }

    /// The places that are not drawn, in words: those too far from the first of their file to be drawn with it, and nodes.
    fn elsewhere(&self, source: &Source) -> Vec<Text> {
        let mut firsts: Vec<(Span, usize)> = vec![];
        let mut told = vec![];
        // The first stands beside the name already.
        let told_already = usize::from(self.is_of_no_text(source));
        for (place, label) in self.places.iter().take(PLACES).skip(told_already) {
            let here = match place {
                Origin::Text(span) => {
                    let around = source.around(span.start);
                    let first = firsts.iter().find(|(file, _)| *file == around).map(|&(_, first)| first);
                    if first.is_none_or(|first| is_near(first, span.start)) {
                        firsts.push((around, span.start));
                        continue;
                    }
                    let line = source.line_of(span);
                    text!("line {line}", "第 {line} 行")
                }
                Origin::Node { index } => text!("node {index}", "节点 {index}"),
            };
            told.push(match label {
                Some(label) => text!("{here}: {label}", "{here:#}:{label:#}"),
                None => here,
            });
        }
        told
    }
}

/// A place in the text, and what is said of it.
type Labeled<'a> = (Span, Option<&'a Text>);

/// Whether two places of one file are drawn together.
fn is_near(one: usize, other: usize) -> bool {
    one.abs_diff(other) <= REACH
}

/// The lines of a file from the first of these places to the last, which are all that the renderer need know of a long file;
/// of a line that is long itself, what is around the first place. The first place gets marks of this kind.
fn draw_file<'a>(
    group: Group<'a>,
    places: &[Labeled<'a>],
    kind: AnnotationKind,
    source: &'a Source,
    language: Language,
) -> Group<'a> {
    let Some((first, _)) = places.first() else { return group };
    let around = source.around(first.start);
    let start = places.iter().map(|(span, _)| span.start).min().unwrap_or(around.start);
    let end = places.iter().map(|(span, _)| span.end).max().unwrap_or(around.start);
    let before = source.text[around.start..start].rfind('\n');
    let line_start = before.map_or(around.start, |newline| around.start + newline + 1);
    let line_end = source.text[end..around.end].find('\n').map_or(around.end, |length| end + length + 1);
    let (line, name) = (source.line(line_start), printable(source.file_of(first)));
    let is_long = start - line_start > REACH;
    let start = if is_long { source.floor(start - AROUND) } else { line_start };
    let end = source.floor(line_end.min(end + REACH));
    let mut snippet = Snippet::source(&source.text[start..end]).line_start(line);
    for (index, (span, label)) in places.iter().enumerate() {
        let kind = if index == 0 { kind } else { AnnotationKind::Context };
        let label = label.map(|label| shown(label, language));
        snippet = snippet.annotation(kind.span(span.start - start..span.end - start).label(label));
    }
    if is_long {
        let (line, column) = source.line_and_column(first);
        let origin = annotate_snippets::Origin::path(name).line(line).char_column(column);
        group.element(origin).element(snippet)
    } else {
        group.element(snippet.path(name))
    }
}

/// A message as it goes to a terminal: names in it may be of any length, and hold anything. Of a long one the middle is left
/// out: its start says what it is about, its end why.
fn shown(text: &Text, language: Language) -> String {
    const START: usize = 700;
    const END: usize = 300;
    let text = printable(text.get(language));
    let at = |(at, _)| at;
    let start = text.char_indices().nth(START).map_or(text.len(), at);
    let end = text.char_indices().nth_back(END - 1).map_or(0, at);
    if start < end { format!("{} … {}", &text[..start], &text[end..]) } else { text }
}

/// Places of one drawing; more would be no drawing.
const PLACES: usize = 12;

/// How many bytes two places of one drawing may be apart: the renderer takes up what is between.
const REACH: usize = 1_000_000;

/// Bytes before a place that are drawn of a long line; more than a terminal is wide.
const AROUND: usize = 1000;

/// Findings shown of one file; the rest are counted.
const SHOWN: usize = 12;

impl ReadError {
    /// What a person reads, drawn over the file where there is one.
    pub fn render(&self, language: Language, color: bool, width: usize) -> String {
        match self {
            Self::Unreadable { name, why, help } => {
                let (english, chinese) = (&why.english, &why.chinese);
                let message = text!("cannot read `{name}`: {english}", "无法读取 `{name}`:{chinese}");
                let diagnostic = Diagnostic::nowhere(Code::Unreadable, message).help(help.clone());
                diagnostic.render(&Source::new("", ""), language, color, width)
            }
            Self::Invalid { source_file, mistakes } => {
                render_all(mistakes, source_file, language, color, width)
            }
        }
    }
}

/// Draws the first of several findings over the text of `source`; the rest are counted.
pub fn render_all(
    findings: &[Diagnostic],
    source: &Source,
    language: Language,
    color: bool,
    width: usize,
) -> String {
    let shown = findings.iter().take(SHOWN);
    let mut parts: Vec<_> = shown.map(|finding| finding.render(source, language, color, width)).collect();
    if let Some(more) = findings.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        let name = printable(&source.name);
        let rest = text!("… and {more} more in {name}", "…… {name} 中还有 {more} 处");
        parts.push(rest.get(language).to_owned());
    }
    parts.join("\n\n")
}
