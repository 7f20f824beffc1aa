//! The figures of conventions: what a tool or a paper counts for a network, a layer or a box.

use std::sync::LazyLock;

use crate::claim::Value;
use crate::convention::Convention;
use crate::counts::Tally;
use crate::graph::{Content, Place};
use crate::read::conventions;
use crate::read::expression::Failure;
use crate::subject::Subject;
use crate::text;

/// Those that come with cnncost.
static CONVENTIONS: LazyLock<Vec<Convention>> = LazyLock::new(conventions::bundled);

/// The convention of this name.
pub(super) fn find(name: &str) -> Option<&'static Convention> {
    CONVENTIONS.iter().find(|convention| *convention.name == *name)
}

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CONVENTIONS.iter().map(|convention| &*convention.name)
}

/// What a place counts, operators apart that cnncost does not know.
pub(super) fn value(subject: &Subject, place: Place, convention: &Convention) -> Result<Value, Failure> {
    let graph = subject.graph();
    let nodes: Vec<_> = match place {
        Place::Node(id) => vec![id],
        Place::Box(id) => graph.scope(id).nodes().collect(),
    };
    let mut sum = 0u128;
    for id in nodes {
        if !matches!(graph.node(id).content, Content::Operator(_)) {
            continue;
        }
        let count = convention.count(graph, id, subject.batch()).map_err(super::too_large)?;
        let count = count.ok_or_else(|| {
            let (name, operator) = (&convention.name, graph.node(id).operator_name());
            Failure::from(text!(
                "it is not known how {name} counts `{operator}`",
                "{name} 如何计数 `{operator}` 尚不清楚"
            ))
        })?;
        sum = sum.plus(count).map_err(super::too_large)?;
    }
    super::number(sum)
}
