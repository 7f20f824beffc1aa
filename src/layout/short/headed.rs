//! Merges of blocks that are written below headers: `[blocks.b]` with `merge`, and `[blocks.b.branches]`.

use std::collections::BTreeMap;

use super::super::document::{Kind, Statement, Value};
use super::super::sections::{Section, joined, sections};
use super::{BODY, Forms, is_identity, is_plain, merged, residual};

/// Writes them in short forms, where no comment would lose its place.
pub(super) fn shorten(statements: &mut Vec<Statement>, forms: Forms) {
    let mut sections = sections(std::mem::take(statements));
    let mut blocks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, section) in sections.iter().enumerate() {
        if let Some([file, block, ..]) = section.path()
            && file == "blocks"
        {
            blocks.entry(block.clone()).or_default().push(index);
        }
    }
    for places in blocks.values() {
        block(&mut sections, places, forms);
    }
    *statements = joined(sections);
}

/// Writes the block in short forms whose sections are at these places.
fn block(sections: &mut [Section], places: &[usize], forms: Forms) -> Option<()> {
    let depth = |at: usize| sections[at].path().map_or(0, <[String]>::len);
    let own = places.iter().copied().find(|&at| depth(at) == 2 && sections[at].is_table())?;
    let is_of_branches =
        |at: usize| sections[at].path().and_then(|path| path.get(2)).is_some_and(|key| key == "branches");
    let headed: Vec<usize> = places.iter().copied().filter(|&at| is_of_branches(at)).collect();
    let is_branches = |statement: &Statement| match &statement.kind {
        Kind::Entry(entry) => entry.key[0] == "branches",
        Kind::Header { .. } => false,
    };
    if headed.is_empty() && !sections[own].entries.iter().any(is_branches) {
        return None;
    }
    let merge = take_merge(&mut sections[own].entries)?;
    for statement in &mut sections[own].entries {
        if let Kind::Entry(entry) = &mut statement.kind
            && entry.key[0] == "branches"
        {
            merge.clone_into(&mut entry.key[0]);
            residual(entry, forms);
        }
    }
    for &at in &headed {
        if let Some(Statement { kind: Kind::Header { path, .. }, .. }) = &mut sections[at].header {
            merge.clone_into(&mut path[2]);
        }
    }
    let of_branches = headed
        .iter()
        .copied()
        .find(|&at| sections[at].is_table() && sections[at].path().is_some_and(|path| path.len() == 3))?;
    if forms.residuals
        && let Some(body) = take_body(&mut sections[of_branches], merge)
    {
        sections[own].entries.push(body);
    }
    take_over(sections, own, of_branches)
}

/// Takes `merge` out of a block, and gives what it says.
fn take_merge(entries: &mut Vec<Statement>) -> Option<&'static str> {
    let merge = |statement: &Statement| match &statement.kind {
        Kind::Entry(entry) if is_plain(statement) => merged(entry),
        Kind::Entry(_) | Kind::Header { .. } => None,
    };
    let (at, merge) = entries.iter().enumerate().find_map(|(at, entry)| Some((at, merge(entry)?)))?;
    entries.remove(at);
    Some(merge)
}

/// Where the branches are what comes in and a body: that alone, as what `merge` merges, and nothing of the section is left.
fn take_body(branches: &mut Section, merge: &str) -> Option<Statement> {
    let [first, second] = &*branches.entries else { return None };
    let (Kind::Entry(identity), Kind::Entry(body)) = (&first.kind, &second.kind) else { return None };
    let is_residual = is_identity(identity) && body.is(BODY) && matches!(body.value, Value::List(_));
    if !is_residual || !is_plain(first) || !branches.header.as_ref().is_some_and(is_plain) {
        return None;
    }
    let mut body = std::mem::take(branches).entries.pop()?;
    if let Kind::Entry(entry) = &mut body.kind {
        entry.key = vec![merge.to_owned()];
    }
    Some(body)
}

/// Drops the header of a block that has nothing left but its branches, right behind it; what stands before it goes to these.
fn take_over(sections: &mut [Section], own: usize, branches: usize) -> Option<()> {
    let header = sections[branches].header.as_ref()?;
    let is_alone = sections[own].entries.is_empty() && branches == own + 1 && is_plain(header);
    if !is_alone || sections[own].header.as_ref()?.remark.is_some() {
        return None;
    }
    let before = sections[own].header.take()?.before;
    sections[branches].header.as_mut()?.before = before;
    Some(())
}
