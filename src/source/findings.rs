//! What is found in a network that is perhaps not meant.

use std::path::PathBuf;
use std::sync::Arc;

use super::Named;
use crate::error::{Diagnostic, Source};
use crate::subject::Subject;
use crate::text;
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
        let uncounted = subject.analysis.uncounted();
        let (count, graph) = (uncounted.len(), subject.graph());
        let called = |&id| format!("`{}` ({})", graph.path(id), graph.node(id).operator_name());
        let list = uncounted.iter().take(3).map(called).collect::<Vec<_>>().join(", ");
        let more = if count > 3 { ", …" } else { "" };
        let text = text!("{count} not counted: {list}{more}", "有 {count} 个未计数:{list}{more}");
        Self {
            source: named.model.source().clone(),
            included: named.included(),
            warnings: subject.network.warnings.clone(),
            uncounted: (count > 0).then_some(text),
        }
    }

    /// Whether there is nothing to be said.
    pub fn is_empty(&self) -> bool {
        self.warnings.is_empty() && self.uncounted.is_none()
    }
}
