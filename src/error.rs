//! What is wrong in a file, where, and how that is drawn over its text.
//!
//! A program matches on the [`Code`] of a finding; a person reads its message, its places and its help.
//!
//! ```
//! use cnncost::error::Code;
//! use cnncost::read::Description;
//!
//! let error = Description::parse("net.toml", "input = [3, 8, 8]\nlayers = [{ op = \"rellu\" }]").unwrap_err();
//! assert_eq!(error.codes(), [Code::UnknownOperator]);
//! assert_eq!(error.to_string(), "net.toml:2:18: there is no operator `rellu` (did you mean `relu`?)");
//! assert_eq!(format!("{error:?}"), error.to_string(), "what `main` shows of it");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::text;
use crate::text::{Language, Text, printable};

mod code;
#[cfg(feature = "cli")]
mod drawing;
mod source;

pub use code::Code;
#[cfg(feature = "cli")]
pub use drawing::render_all;
pub use source::Source;

/// A place in a file: bytes of the text of its [`Source`].
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
    /// What kind of finding it is, for programs.
    pub code: Code,
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
    pub fn nowhere(code: Code, message: Text) -> Self {
        Self { severity: Severity::Error, code, message, places: vec![], notes: vec![], help: None }
    }

    /// A mistake at one place.
    pub fn new(code: Code, message: Text, place: impl Into<Origin>) -> Self {
        Self { places: vec![(place.into(), None)], ..Self::nowhere(code, message) }
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

    /// On one line: `net.toml:3:5: there is no operator …`, with the help in parentheses.
    pub fn line(&self, source: &Source, language: Language) -> String {
        let place = match self.places.first() {
            Some((Origin::Text(span), _)) => {
                let (line, column) = source.line_and_column(span);
                format!("{}:{line}:{column}", printable(source.file_of(span)))
            }
            Some((Origin::Node { index }, _)) => {
                let node = text!("node {index}", "节点 {index}");
                format!("{}: {}", printable(&source.name), node.get(language))
            }
            None => printable(&source.name),
        };
        let message = printable(self.message.get(language));
        let help = self.help.as_ref().map(|help| printable(help.get(language)));
        format!("{place}: {message}{}", help.map_or_else(String::new, |help| format!(" ({help})")))
    }
}

/// A network could not be read.
#[non_exhaustive]
pub enum ReadError {
    /// There is no text to point into: a file that is missing, unreadable, too large or not text; an unknown name.
    Unreadable {
        /// The file or name, as it was given.
        name: String,
        /// What stands in the way.
        why: Text,
        /// What to do.
        help: Option<Text>,
    },
    /// The file has mistakes, each at its place.
    Invalid {
        /// The file, with those that it includes.
        source_file: Arc<Source>,
        /// What is wrong, in the order of the file.
        mistakes: Vec<Diagnostic>,
    },
}

impl ReadError {
    /// The file or name that could not be read.
    pub fn name(&self) -> &str {
        match self {
            Self::Unreadable { name, .. } => name,
            Self::Invalid { source_file, .. } => &source_file.name,
        }
    }

    /// What is wrong, in the order of the file.
    pub fn findings(&self) -> Cow<'_, [Diagnostic]> {
        match self {
            Self::Unreadable { why, help, .. } => {
                vec![Diagnostic::nowhere(Code::Unreadable, why.clone()).help(help.clone())].into()
            }
            Self::Invalid { mistakes, .. } => mistakes.into(),
        }
    }

    /// What kinds of mistakes these are, one for each.
    pub fn codes(&self) -> Vec<Code> {
        self.findings().iter().map(|finding| finding.code).collect()
    }
}

impl fmt::Display for ReadError {
    /// Each mistake on a line of its own; as [`Text`] does, in English with `{}` and in Chinese with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let language = if f.alternate() { Language::Chinese } else { Language::English };
        let nothing = Source::new(self.name(), "");
        let source = match self {
            Self::Unreadable { .. } => &nothing,
            Self::Invalid { source_file, .. } => source_file,
        };
        let lines: Vec<_> = self.findings().iter().map(|finding| finding.line(source, language)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Debug for ReadError {
    /// As it is displayed: so a `main` that returns one says what is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is derived around it asks for `{:#?}`, which is no wish for Chinese.
        write!(f, "{self}")
    }
}

impl std::error::Error for ReadError {}

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
