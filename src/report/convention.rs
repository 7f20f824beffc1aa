//! What a network counts in another convention, for the lines of a table, its footer and JSON.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::Subject;
use super::figures::short;
use crate::convention::{Convention, Counted};
use crate::graph::{NodeId, ScopeId};
use crate::text;
use crate::text::Text;

/// What a line counts in another convention.
#[derive(Clone, Debug)]
pub struct InConvention {
    /// The convention's name: the heading of the column.
    pub convention: Arc<str>,
    /// What is counted; `None` if that is not known.
    pub count: Option<u128>,
    /// What the whole network counts.
    total: Option<u128>,
}

/// What is counted in another convention.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConventionCount {
    /// The convention's name.
    pub convention: String,
    /// The version of the tool it was measured with; empty for a convention that is no tool's.
    pub version: String,
    /// What it counts; nothing where that is not known.
    pub count: Option<u128>,
}

impl InConvention {
    fn new(counted: &Counted, count: Option<u128>) -> Self {
        Self { convention: counted.convention.name.clone(), count, total: counted.total() }
    }

    /// What a node counts, if a convention was asked for.
    pub(super) fn node(subject: &Subject, id: NodeId) -> Option<Self> {
        subject.like.as_ref().map(|counted| Self::new(counted, counted.node(id)))
    }

    /// What is in a box, likewise.
    pub(super) fn scope(subject: &Subject, id: ScopeId) -> Option<Self> {
        subject.like.as_ref().map(|counted| Self::new(counted, counted.scope(id)))
    }

    /// Its part of the whole, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with three digits")]
    pub(super) fn share(&self) -> Option<f64> {
        let (count, total) = (self.count?, self.total.filter(|&total| total > 0)?);
        Some(count as f64 / total as f64)
    }
}

impl ConventionCount {
    /// The same for JSON.
    pub(super) fn of(subject: &Subject, count: impl Fn(&Counted) -> Option<u128>) -> Option<Self> {
        let counted = subject.like.as_ref()?;
        let Convention { name, version, .. } = &counted.convention;
        Some(Self { convention: name.to_string(), version: version.clone(), count: count(counted) })
    }
}

/// The name of a convention with its version: `fvcore 0.1.5`.
pub(super) fn signature(convention: &Convention) -> String {
    let Convention { name, version, .. } = convention;
    // A name with a version in it says enough.
    let is_versioned = name.split_once('-').is_some_and(|(_, rest)| version.starts_with(rest));
    if is_versioned || version.is_empty() { name.to_string() } else { format!("{name} {version}") }
}

/// The total at a glance.
pub(super) fn remark(counted: &Counted, total: u128) -> Text {
    let (short, signature) = (short(total), signature(&counted.convention));
    text!("{short}, as {signature} counts", "{short},按 {signature} 的口径")
}

/// What is to be known about the convention: what it counts, and what it leaves out of what this network computes.
pub(super) fn notes(subject: &Subject, counted: &Counted) -> Vec<Text> {
    let graph = subject.graph();
    let (mut left_out, mut unknown): (Vec<&str>, Vec<&str>) = (vec![], vec![]);
    for (id, node) in graph.nodes() {
        let (Some(op), Some(counts)) = (node.operator(), subject.analysis.node(id)) else { continue };
        let list = match counted.node(id) {
            None => &mut unknown,
            Some(0) if counts.work.ops.flops() > 0 => &mut left_out,
            Some(_) => continue,
        };
        if !list.contains(&op.name()) {
            list.push(op.name());
        }
    }
    let Convention { name, about, .. } = &counted.convention;
    let mut notes = vec![text!("{name}: {about}", "{name}:{about:#}")];
    if !left_out.is_empty() {
        let list = left_out.join(", ");
        notes.push(text!("left out of it here: {list}", "此网络中不计:{list}"));
    }
    if !unknown.is_empty() {
        let list = unknown.join(", ");
        notes.push(text!("not known how it counts {list}", "不知如何计算:{list}"));
    }
    notes
}
