//! Pages, as parts: prose, fenced blocks, and what is made of the program's own lists.

use std::fs;
use std::path::{Path, PathBuf};

/// A page of the book, or the README.
pub(crate) struct Page {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it consists of, from top to bottom.
    pub(crate) parts: Vec<Part>,
}

/// A part of a page; every text ends with a line break.
pub(crate) enum Part {
    /// Anything that is no other part.
    Prose(String),
    /// A fenced block.
    Block {
        /// What stands behind the fence: `toml`, `console exit=2`.
        info: String,
        /// What stands in it.
        body: String,
    },
    /// What stands between `<!-- made: NAME -->` and `<!-- end -->`.
    Made {
        /// Which list it is made of.
        name: String,
        /// What stands there.
        body: String,
    },
}

const MADE: &str = "<!-- made: ";
const CLOSED: &str = " -->";
const END: &str = "<!-- end -->";

impl Page {
    /// Reads a page.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path: path.to_owned(), parts: parts(&text) }
    }

    /// What the file is called, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string()
    }

    /// The page as it is written.
    pub(crate) fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Prose(text) => text.clone(),
            Part::Block { info, body } => format!("```{info}\n{body}```\n"),
            Part::Made { name, body } => format!("{MADE}{name}{CLOSED}\n{body}{END}\n"),
        };
        self.parts.iter().map(part).collect()
    }

    /// The prose, what is made included, without its blocks of code.
    pub(crate) fn prose(&self) -> String {
        let part = |part: &Part| match part {
            Part::Prose(text) => text.clone(),
            Part::Made { body, .. } => without_blocks(body),
            Part::Block { .. } => String::new(),
        };
        self.parts.iter().map(part).collect()
    }

    /// What stands under a heading, up to the next one of any level.
    pub(crate) fn section(&self, heading: &str) -> String {
        let prose = format!("\n{}", self.prose());
        let from = prose.find(&format!("\n{heading}\n")).unwrap_or_else(|| {
            panic!("{} has no {heading}", self.name());
        });
        let rest = &prose[from + heading.len() + 2..];
        rest.split("\n#").next().unwrap().to_owned()
    }

    /// The lists that stand on it.
    pub(crate) fn made(&self) -> Vec<String> {
        let made = self.parts.iter();
        made.filter_map(|part| if let Part::Made { name, .. } = part { Some(name.clone()) } else { None })
            .collect()
    }

    /// The blocks whose language is this one.
    pub(crate) fn blocks(&self, language: &str) -> Vec<&str> {
        let blocks = self.parts.iter().filter_map(|part| match part {
            Part::Block { info, body } if info.split(' ').next() == Some(language) => Some(&**body),
            Part::Block { .. } | Part::Prose(_) | Part::Made { .. } => None,
        });
        blocks.collect()
    }
}

fn without_blocks(text: &str) -> String {
    parts(text)
        .into_iter()
        .filter_map(|part| if let Part::Prose(text) = part { Some(text) } else { None })
        .collect()
}

fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut prose) = (vec![], String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut until = |end: &str| {
            let inside = lines.by_ref().take_while(|line| *line != end);
            inside.map(|line| format!("{line}\n")).collect::<String>()
        };
        let part = if let Some(info) = line.strip_prefix("```") {
            Part::Block { info: info.to_owned(), body: until("```") }
        } else if let Some(name) = line.strip_prefix(MADE) {
            let name = name.strip_suffix(CLOSED).expect("a comment ends in its line").to_owned();
            Part::Made { name, body: until(END) }
        } else {
            prose.push_str(&format!("{line}\n"));
            continue;
        };
        if !prose.is_empty() {
            parts.push(Part::Prose(std::mem::take(&mut prose)));
        }
        parts.push(part);
    }
    if !prose.is_empty() {
        parts.push(Part::Prose(prose));
    }
    parts
}

/// The rows of the table in a section, each with its cells.
pub(crate) fn rows(section: &str) -> Vec<Vec<&str>> {
    let lines = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines.skip(1).map(|line| line.split(" | ").collect()).collect()
}

/// What stands between single backquotes.
pub(crate) fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
