//! The order of what stands in a file and in its blocks: what the network is, what may be set, what it is made of.

use super::document::{Between, Document, Kind, Statement};
use super::sections::{Section, joined, sections};

/// Keys of the file, of a description and of a file of claims.
const FILE: [&str; 11] = [
    "name", "about", "include", "input", "inputs", "params", "variants", "networks", "outputs", "layers",
    "blocks",
];

/// Keys of a block.
const BLOCK: [&str; 13] = [
    "inputs",
    "params",
    "defaults",
    "choices",
    "outputs",
    "merge",
    "dim",
    "broadcast",
    "layers",
    "branches",
    "add",
    "mul",
    "concat",
];

/// What editors take a schema from: it stays at the top.
const DIRECTIVE: &str = "#:";

/// Puts everything in its order, unless a comment could stand at the wrong place then: one that belongs to no single thing.
pub(super) fn sort(document: &mut Document) {
    if has_free_comments(document) {
        return;
    }
    let statements = std::mem::take(&mut document.statements);
    let mut sections = sections(statements);
    let head = head(&mut sections);
    sections.iter_mut().for_each(sort_entries);
    // Plain keys stand above the first header, whatever comes behind it.
    sections.sort_by_key(|section| {
        (section.path().is_some(), section.path().map_or(0, |path| place(&FILE, path)))
    });
    document.statements = joined(sections);
    if let Some(first) = document.statements.first_mut() {
        first.before.splice(0..0, head);
    }
}

/// Puts the keys of the file or of a block in their order.
fn sort_entries(section: &mut Section) {
    let keys: &[&str] = match section.path() {
        None => &FILE,
        Some([blocks, _]) if blocks == "blocks" => &BLOCK,
        Some(_) => return,
    };
    section.entries.sort_by_key(|entry| match &entry.kind {
        Kind::Entry(entry) => place(keys, &entry.key),
        Kind::Header { .. } => 0,
    });
}

/// Where a key stands among others; those that are not known stand behind them, as they are.
fn place(keys: &[&str], path: &[String]) -> usize {
    path.first().and_then(|first| keys.iter().position(|key| key == first)).unwrap_or(keys.len())
}

/// Whether there is a comment with an empty line below it, so that it may be about anything that follows; or one at the very
/// end. At the top it is about the file.
fn has_free_comments(document: &Document) -> bool {
    let is_free = |(index, statement): (usize, &Statement)| {
        let before = &statement.before;
        let last = before.iter().rposition(|between| *between == Between::Blank).unwrap_or_default();
        index > 0 && before[..last].iter().any(|between| *between != Between::Blank)
    };
    document.statements.iter().enumerate().any(is_free)
        || document.tail.iter().any(|between| *between != Between::Blank)
}

/// Takes what is said at the top of a file from what stands there first: what has an empty line below it, and what is for
/// editors.
fn head(sections: &mut [Section]) -> Vec<Between> {
    let first =
        sections.iter_mut().flat_map(|section| section.header.iter_mut().chain(&mut section.entries)).next();
    let Some(first) = first else { return vec![] };
    let is_directive =
        |between: &Between| matches!(between, Between::Comment(comment) if comment.starts_with(DIRECTIVE));
    let blank =
        first.before.iter().rposition(|between| *between == Between::Blank).map_or(0, |blank| blank + 1);
    let directives = first.before[blank..].iter().take_while(|between| is_directive(between)).count();
    first.before.drain(..blank + directives).collect()
}
