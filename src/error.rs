//! What is wrong in a file, where, and how that is drawn over its text.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::text;
use crate::text::{Language, Text};

/// A place in a file: bytes of its text.
pub type Span = Range<usize>;

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
    pub places: Vec<(Span, Option<Text>)>,
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
    pub fn new(message: Text, span: Span) -> Self {
        Self { places: vec![(span, None)], ..Self::nowhere(message) }
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
    pub fn also(mut self, span: Span, label: Text) -> Self {
        self.places.push((span, Some(label)));
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
        let mut group = Group::with_title(level.primary_title(self.message.get(language)));
        if !self.places.is_empty() {
            group = group.element(self.snippet(source, language));
        }
        for note in &self.notes {
            group = group.element(note_level.clone().message(note.get(language)));
        }
        if let Some(help) = &self.help {
            group = group.element(help_level.message(help.get(language)));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.term_width(width).render(&[group])
    }

    fn snippet<'a>(
        &'a self,
        source: &'a Source,
        language: Language,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
        for (index, (span, label)) in self.places.iter().enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = label.as_ref().map(|label| label.get(language));
            snippet = snippet.annotation(kind.span(source.clip(span)).label(label));
        }
        snippet
    }
}

impl Source {
    /// `span`, or as much of it as is in the text, on character boundaries.
    fn clip(&self, span: &Span) -> Span {
        let floor = |index: usize| {
            (0..=index.min(self.text.len()))
                .rev()
                .find(|&index| self.text.is_char_boundary(index))
                .unwrap_or(0)
        };
        let start = floor(span.start);
        start..floor(span.end).max(start)
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
    let nearest = nearest(name, known)?;
    Some(text!("did you mean `{nearest}`?", "是否指 `{nearest}`?"))
}

/// The name among `known` that is nearest to `name`, if it is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.75;
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (candidate, strsim::jaro_winkler(&lower, &candidate.to_lowercase())))
        .filter(|&(_, likeness)| likeness >= NEAR)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(candidate, _)| candidate)
}
