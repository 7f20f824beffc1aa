//! Branches, loops and lists of tensors.

use super::draft::SourceId;
use super::import::{Context, Importer, Scope};
use super::messages::Node;
use super::mistake::Mistake;
use super::value::Value;

impl<'m> Importer<'m> {
    /// What an operator with bodies makes; `None` if it is another, or its bodies depend on the data.
    pub(super) fn control(
        &mut self,
        _node: &'m Node,
        _effective: &Node,
        _inputs: &[Option<Value>],
        _place: SourceId,
        _scope: &Scope<'_, 'm>,
        _context: Context<'_, 'm>,
    ) -> Result<Option<Vec<Value>>, Mistake> {
        Ok(None)
    }
}
