//! Short forms: what a description may say with fewer words, it says with fewer.

use std::collections::BTreeSet;

use super::document::{Between, Document, Element, Entry, Kind, List, Statement, Value};
use super::place::Place;
use crate::read::keys::MERGES;

mod headed;

/// Which short forms are written: those that [`read`](crate::read) takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forms {
    /// `"relu"` for `{ op = "relu" }`, and `"stem"` for `{ use = "stem" }`.
    pub(super) words: bool,
    /// `{ add = { … } }` for `{ merge = "add", branches = { … } }`.
    pub(super) merges: bool,
    /// `{ add = [ … ] }` for `{ add = { x = [], body = [ … ] } }`.
    pub(super) residuals: bool,
}

/// What is written.
pub(super) const FORMS: Forms = Forms { words: true, merges: true, residuals: true };

/// The branch of a residual.
const BODY: &str = "body";

/// Writes a description in short forms. A word names a block first, so an operator whose name is among the `blocks`, or is
/// that of one which another file brings, stays as it is.
pub(super) fn shorten(document: &mut Document, blocks: &[String], forms: Forms) {
    let shorter = Shorter { blocks: blocks.iter().map(String::as_str).collect(), forms };
    if forms.merges {
        headed::shorten(&mut document.statements, forms);
    }
    let mut around = Place::File;
    for statement in &mut document.statements {
        match &mut statement.kind {
            Kind::Header { path, .. } => around = Place::File.at(path),
            Kind::Entry(entry) => shorter.value(&mut entry.value, around.at(&entry.key)),
        }
    }
}

struct Shorter<'b> {
    blocks: BTreeSet<&'b str>,
    forms: Forms,
}

impl Shorter<'_> {
    fn value(&self, value: &mut Value, place: Place) {
        match value {
            Value::Scalar(_) => {}
            Value::List(list) => {
                if matches!(place, Place::Items | Place::Branches) {
                    list.elements.iter_mut().for_each(|element| self.item(element));
                }
            }
            Value::Table(entries) => {
                if place == Place::Items && entries.iter().any(|entry| entry.is("op") || entry.is("use")) {
                    return;
                }
                if self.forms.merges && matches!(place, Place::Items | Place::Block) {
                    merge(entries, self.forms);
                }
                for entry in entries {
                    self.value(&mut entry.value, place.at(&entry.key));
                }
            }
        }
    }

    fn item(&self, element: &mut Element) {
        self.value(&mut element.value, Place::Items);
        let Value::Table(entries) = &element.value else { return };
        let [entry] = &**entries else { return };
        let Some(word) = entry.value.word().filter(|_| self.forms.words) else { return };
        let is_block = self.blocks.contains(word);
        if (entry.is("op") && !is_block) || (entry.is("use") && is_block) {
            element.value = Value::Scalar(format!("\"{word}\""));
        }
    }
}

/// What `merge` says, if it is said in a word.
fn merged(entry: &Entry) -> Option<&'static str> {
    let word = entry.value.word().filter(|_| entry.is("merge"))?;
    MERGES.iter().copied().find(|merge| *merge == word)
}

/// `add` in place of `merge` and `branches`.
fn merge(entries: &mut Vec<Entry>, forms: Forms) {
    let Some((index, merge)) = entries.iter().enumerate().find_map(|(at, entry)| Some((at, merged(entry)?)))
    else {
        return;
    };
    if !entries.iter().any(|entry| entry.key[0] == "branches") {
        return;
    }
    entries.remove(index);
    for entry in entries.iter_mut().filter(|entry| entry.key[0] == "branches") {
        merge.clone_into(&mut entry.key[0]);
        residual(entry, forms);
    }
}

/// The list that is merged with what comes in, in place of the branches, if that is what they are.
fn residual(entry: &mut Entry, forms: Forms) {
    let Value::Table(branches) = &mut entry.value else { return };
    let [first, second] = &**branches else { return };
    let is_body = second.is(BODY) && matches!(second.value, Value::List(_));
    if forms.residuals && entry.key.len() == 1 && is_body && is_identity(first) {
        entry.value = branches.remove(1).value;
    }
}

/// Whether a branch is what comes in, without a word about it.
fn is_identity(branch: &Entry) -> bool {
    let is_empty = |list: &List| list.elements.is_empty() && !list.has_comments();
    branch.key.len() == 1 && matches!(&branch.value, Value::List(list) if is_empty(list))
}

/// Whether nothing is said before a statement or behind it.
fn is_plain(statement: &Statement) -> bool {
    statement.remark.is_none() && statement.before.iter().all(|between| *between == Between::Blank)
}
