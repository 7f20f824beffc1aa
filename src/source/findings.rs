//! What is found in a network that is perhaps not meant.

use std::path::PathBuf;
use std::sync::Arc;

use super::Named;
use crate::error::{Diagnostic, Source};
use crate::graph::ScopeId;
use crate::subject::Subject;
use crate::text::Text;

/// What was found in a network while it was made.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The file, which places are drawn over.
    pub source: Arc<Source>,
    /// The files that were read for it beside that.
    pub included: Vec<PathBuf>,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    /// Which operators are not counted, if any are not.
    pub uncounted: Option<Text>,
}

impl Findings {
    /// What was found in a network of this model.
    pub(super) fn of(named: &Named, subject: &Subject) -> Self {
        Self {
            source: named.model.source().clone(),
            included: named.included(),
            warnings: subject.network.warnings.clone(),
            uncounted: subject.uncounted(ScopeId::ROOT),
        }
    }

    /// Whether there is nothing to be said.
    pub fn is_empty(&self) -> bool {
        self.warnings.is_empty() && self.uncounted.is_none()
    }
}
