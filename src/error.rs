//! What is wrong in a file, where, and how that is drawn over its text.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::text;
use crate::text::{Language, Text, printable};

/// A place in a file: bytes of its text.
pub type Span = Range<usize>;

/// Where something is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A place in a text.
    Text(Span),
    /// A node of a file that is no text, by its index there.
    Node {
        /// Counted from 0, as the file has them.
        index: u32,
    },
}

impl Origin {
    /// The place in a text, if it is one.
    pub fn text(&self) -> Option<&Span> {
        match self {
            Self::Text(span) => Some(span),
            Self::Node { .. } => None,
        }
    }

    /// What origins of one file are in order by.
    pub fn position(&self) -> usize {
        match self {
            Self::Text(span) => span.start,
            Self::Node { index } => *index as usize,
        }
    }
}

impl From<Span> for Origin {
    fn from(span: Span) -> Self {
        Self::Text(span)
    }
}

/// A file's name and text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As it is shown: a path, or the name of a bundled file.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and probably does not say what was meant.
    Warning,
}

/// Something found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: Text,
    /// Where, with what is to be said at that place; the first is where the mistake is, the others are involved.
    pub places: Vec<(Origin, Option<Text>)>,
    /// What else is to be known: how the reader got there.
    pub notes: Vec<Text>,
    /// What to do.
    pub help: Option<Text>,
}

impl Diagnostic {
    /// A mistake that lies at no place in the file: a wrong `--set`, say.
    pub fn nowhere(message: Text) -> Self {
        Self { severity: Severity::Error, message, places: vec![], notes: vec![], help: None }
    }

    /// A mistake at one place.
    pub fn new(message: Text, place: impl Into<Origin>) -> Self {
        Self { places: vec![(place.into(), None)], ..Self::nowhere(message) }
    }

    /// The same, as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same, with something to say at its own place.
    #[must_use]
    pub fn label(mut self, label: Text) -> Self {
        if let Some((_, slot)) = self.places.first_mut() {
            *slot = Some(label);
        }
        self
    }

    /// The same, with another place that is involved.
    #[must_use]
    pub fn also(mut self, place: impl Into<Origin>, label: Text) -> Self {
        self.places.push((place.into(), Some(label)));
        self
    }

    /// The same, with something else to know.
    #[must_use]
    pub fn note(mut self, note: Text) -> Self {
        self.notes.push(note);
        self
    }

    /// The same, with what to do.
    #[must_use]
    pub fn help(self, help: impl Into<Option<Text>>) -> Self {
        Self { help: help.into(), ..self }
    }

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

    /// The lines from the first place to the last, which are all that the renderer need know of a long file; of a line that
    /// is long itself, what is around the first place.
    fn draw<'a>(&'a self, group: Group<'a>, source: &'a Source, language: Language) -> Group<'a> {
        let places = self.near(source);
        let Some((first, _)) = places.first() else { return group };
        let start = places.iter().map(|(span, _)| span.start).min().unwrap_or(0);
        let end = places.iter().map(|(span, _)| span.end).max().unwrap_or(0);
        let line_start = source.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source.text[end..].find('\n').map_or(source.text.len(), |length| end + length + 1);
        let (line, name) = (source.line(line_start), printable(&source.name));
        let is_long = start - line_start > REACH;
        let start = if is_long { source.floor(start - AROUND) } else { line_start };
        let end = source.floor(line_end.min(end + REACH));
        let mut snippet = Snippet::source(&source.text[start..end]).line_start(line);
        for (index, (span, label)) in places.iter().enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = label.map(|label| shown(label, language));
            snippet = snippet.annotation(kind.span(span.start - start..span.end - start).label(label));
        }
        if is_long {
            let before = &source.text[..first.start];
            let column = 1 + before[before.rfind('\n').map_or(0, |newline| newline + 1)..].chars().count();
            let origin =
                annotate_snippets::Origin::path(name).line(source.line(first.start)).char_column(column);
            group.element(origin).element(snippet)
        } else {
            group.element(snippet.path(name))
        }
    }

    /// The places that are drawn: those in the text that are near enough to the first.
    fn near<'a>(&'a self, source: &Source) -> Vec<(Span, Option<&'a Text>)> {
        let in_text = |(place, label): &'a (Origin, Option<Text>)| Some((place.text()?, label.as_ref()));
        let places = self.places.iter().take(PLACES).filter_map(in_text);
        let places = places.map(|(span, label)| (source.clip(span), label));
        let first = places.clone().next().map_or(0, |(span, _)| span.start);
        let near = places.filter(|(span, _)| span.start.abs_diff(first) <= REACH);
        near.map(|(span, label)| (span.start..source.floor(span.end.min(span.start + REACH)), label))
            .collect()
    }

    /// The places that are not drawn, in words: those too far from the first to be drawn with it, and nodes.
    fn elsewhere(&self, source: &Source) -> Vec<Text> {
        let places = self.places.iter().take(PLACES);
        let first = places.clone().find_map(|(place, _)| place.text()).map_or(0, |span| span.start);
        let told = |(place, label): &(Origin, Option<Text>)| {
            let here = match place {
                Origin::Text(span) if span.start.abs_diff(first) <= REACH => return None,
                Origin::Text(span) => {
                    let line = source.line_of(span);
                    text!("line {line}", "第 {line} 行")
                }
                Origin::Node { index } => text!("node {index}", "节点 {index}"),
            };
            Some(match label {
                Some(label) => text!("{here}: {label}", "{here:#}:{label:#}"),
                None => here,
            })
        };
        places.filter_map(told).collect()
    }
}

/// A message as it goes to a terminal: names in it may be of any length, and hold anything.
fn shown(text: &Text, language: Language) -> String {
    const LONGEST: usize = 1000;
    let text = text.get(language);
    let end = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    let lines = text[..end.unwrap_or(text.len())].split('\n').map(printable);
    lines.collect::<Vec<_>>().join("\n") + if end.is_some() { "…" } else { "" }
}

/// Places of one drawing; more would be no drawing.
const PLACES: usize = 12;

/// How many bytes two places of one drawing may be apart: the renderer takes up what is between.
const REACH: usize = 1_000_000;

/// Bytes before a place that are drawn of a long line; more than a terminal is wide.
const AROUND: usize = 1000;

impl Source {
    /// The number of the line that a place begins in, from 1.
    pub fn line_of(&self, span: &Span) -> usize {
        self.line(self.floor(span.start))
    }

    /// The number of the line that `at` stands in, from 1.
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count()
    }

    /// `span`, or as much of it as is in the text, on character boundaries.
    fn clip(&self, span: &Span) -> Span {
        let start = self.floor(span.start);
        start..self.floor(span.end).max(start)
    }

    /// The character boundary at `index` or before it.
    fn floor(&self, index: usize) -> usize {
        (0..=index.min(self.text.len())).rev().find(|&index| self.text.is_char_boundary(index)).unwrap_or(0)
    }
}

/// A network could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no text to point into: a file that is missing, unreadable, too large or not text; an unknown name.
    #[error("cannot read `{name}`: {why}")]
    Unreadable {
        /// The file or name, as it was given.
        name: String,
        /// What stands in the way.
        why: Text,
        /// What to do.
        help: Option<Text>,
    },
    /// The file has mistakes, each at its place.
    #[error("`{}` has {} mistake(s)", source_file.name, mistakes.len())]
    Invalid {
        /// The file.
        source_file: Arc<Source>,
        /// What is wrong, in the order of the file.
        mistakes: Vec<Diagnostic>,
    },
}

/// Findings shown of one file; the rest are counted.
const SHOWN: usize = 12;

impl ReadError {
    /// What a person reads, drawn over the file where there is one.
    pub fn render(&self, language: Language, color: bool, width: usize) -> String {
        match self {
            Self::Unreadable { name, why, help } => {
                let (english, chinese) = (&why.english, &why.chinese);
                let message = text!("cannot read `{name}`: {english}", "无法读取 `{name}`:{chinese}");
                let diagnostic = Diagnostic::nowhere(message).help(help.clone());
                diagnostic.render(&Source { name: name.clone(), text: String::new() }, language, color, width)
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
        let name = &source.name;
        let rest = text!("… and {more} more in {name}", "…… {name} 中还有 {more} 处");
        parts.push(rest.get(language).to_owned());
    }
    parts.join("\n\n")
}

/// The name among `known` that `name` was probably meant to be, as a help: "did you mean `relu`?".
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<Text> {
    nearest(name, known).map(meant)
}

/// A help that names what was probably meant.
pub fn meant(name: &str) -> Text {
    text!("did you mean `{name}`?", "是否指 `{name}`?")
}

/// The name that was probably meant, or else those there are, as a help; nothing where there is none.
pub fn known_names(name: &str, known: &[&str]) -> Option<Text> {
    did_you_mean(name, known.iter().copied()).or_else(|| known_here(known))
}

/// The first of the names there are, as a help: "known here: `in`, `h`, `w`".
pub fn known_here(known: &[&str]) -> Option<Text> {
    const LISTED: usize = 12;
    let list = known[..known.len().min(LISTED)].join("`, `");
    let (more, more_zh) = if known.len() > LISTED { (", …", "……") } else { ("", "") };
    (!known.is_empty()).then(|| text!("known here: `{list}`{more}", "此处可用:`{list}`{more_zh}"))
}

/// The name among `known` that is nearest to `name`, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing more of them would take long.
    const MANY: usize = 5000;
    let mut nearest = Nearest::to(name);
    known.into_iter().take(MANY).filter(|candidate| nearest.is_beaten_by(candidate)).last()
}

/// How near the nearest is of the names that were held against one.
pub struct Nearest {
    /// The name in small letters; `None` if it is too long for any other to be meant.
    lower: Option<String>,
    likeness: f64,
}

impl Nearest {
    /// Nobody writes longer names, nor reads more of them; comparing them would take long.
    const LONG: usize = 200;

    /// Before any is held against `name`.
    pub fn to(name: &str) -> Self {
        Self { lower: (name.len() <= Self::LONG).then(|| name.to_lowercase()), likeness: 0.75 }
    }

    /// Whether `candidate` is near enough to be meant, and as near as all before it.
    pub fn is_beaten_by(&mut self, candidate: &str) -> bool {
        // A common beginning alone makes a short name and a long one like each other, unless the long one is that with more.
        const IN_COMMON: f64 = 0.4;
        let Some(lower) = self.lower.as_deref().filter(|_| candidate.len() <= Self::LONG) else {
            return false;
        };
        let candidate = candidate.to_lowercase();
        let likeness = strsim::jaro_winkler(lower, &candidate);
        let is_near = likeness >= self.likeness
            && (candidate.starts_with(lower)
                || lower.starts_with(&candidate)
                || strsim::normalized_damerau_levenshtein(lower, &candidate) >= IN_COMMON);
        if is_near {
            self.likeness = likeness;
        }
        is_near
    }
}
