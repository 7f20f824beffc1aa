//! A file by its headers.

use super::document::{Kind, Statement};

/// A header and what stands below it; the first of a file has none.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) header: Option<Statement>,
    pub(super) entries: Vec<Statement>,
}

impl Section {
    /// The path of its header.
    pub(super) fn path(&self) -> Option<&[String]> {
        match &self.header.as_ref()?.kind {
            Kind::Header { path, .. } => Some(path),
            Kind::Entry(_) => None,
        }
    }

    /// Whether its header is that of a table, and not of one in a list.
    pub(super) fn is_table(&self) -> bool {
        self.header.as_ref().is_some_and(|header| matches!(header.kind, Kind::Header { is_list: false, .. }))
    }
}

/// The sections that statements are.
pub(super) fn sections(statements: Vec<Statement>) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    for statement in statements {
        match (&statement.kind, sections.last_mut()) {
            (Kind::Entry(_), Some(section)) => section.entries.push(statement),
            (Kind::Header { .. }, _) | (_, None) => {
                sections.push(Section { header: Some(statement), entries: vec![] });
            }
        }
    }
    sections
}

/// The statements of sections.
pub(super) fn joined(sections: Vec<Section>) -> Vec<Statement> {
    sections.into_iter().flat_map(|section| section.header.into_iter().chain(section.entries)).collect()
}
