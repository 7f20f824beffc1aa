//! Where an entry of a map leads that names no whole path: a part of a path is enough that leads to one place.

use std::collections::{BTreeMap, BTreeSet};

use super::super::modules::{Wanted, dotted};
use super::{Entry, Fit, Piece, behind, pieces, with_numbers};
use crate::error::{Code, Diagnostic};
use crate::graph::{Graph, Unfound};
use crate::text;

/// Most places of an entry that are looked for.
const MOST: usize = 1 << 16;

/// A place that an entry leads to.
pub(super) struct Spot {
    numbers: BTreeMap<String, u64>,
    /// Of a box, a layer or a weight, with dots for slashes.
    path: String,
}

impl Spot {
    /// How an entry that leads here fits a tensor, if it does.
    pub(super) fn fit<'e>(&self, entry: &'e Entry, tensor: &Wanted) -> Option<Fit<'e>> {
        let name = dotted(&tensor.named.name);
        let rest = name.strip_prefix(&self.path)?;
        let is_end = rest.is_empty() || rest.starts_with('.');
        is_end.then(|| Fit { entry, numbers: self.numbers.clone(), rest: rest.to_owned() })
    }
}

impl Entry {
    /// The places that it leads to, one for each of its numbers that there are.
    pub(super) fn spots(&self, graph: &Graph, wanted: &[Wanted]) -> Result<Vec<Spot>, Diagnostic> {
        let parts: Vec<Vec<Piece>> =
            dotted(&self.written.0).split('.').filter_map(|part| pieces(part).ok()).collect();
        let names = wanted.iter().map(|tensor| dotted(&tensor.named.name));
        let all: BTreeSet<_> = if self.has_numbers() {
            names.filter_map(|name| numbers(&parts, &name)).take(MOST).collect()
        } else {
            [BTreeMap::new()].into()
        };
        let mut spots = vec![];
        for numbers in all {
            let Some(written) = with_numbers(&self.ours, &numbers) else { continue };
            match place(graph, wanted, &written) {
                Ok(path) => spots.push(Spot { numbers, path: dotted(&path) }),
                Err(Unfound::Nothing { .. }) => {}
                Err(several @ Unfound::Several { count, .. }) => {
                    let message = text!(
                        "`{written}` leads to {count} layers or boxes",
                        "`{written}` 对应 {count} 个层或模块"
                    );
                    return Err(
                        Diagnostic::new(Code::WeightMap, message, self.span.clone()).help(several.help())
                    );
                }
            }
        }
        Ok(spots)
    }

    fn has_numbers(&self) -> bool {
        self.ours.iter().any(|piece| matches!(piece, Piece::Number(..)))
    }
}

/// The path of the box or layer that is meant, or that of the only such weight in one.
fn place(graph: &Graph, wanted: &[Wanted], written: &str) -> Result<String, Unfound> {
    let found = graph.resolve(written).map(|place| graph.place_path(place));
    let Some((layer, weight)) = written.rsplit_once('.') else { return found };
    found.or_else(|unfound| {
        let layer = graph.resolve(layer).map_err(|_| unfound.clone())?;
        let layer = graph.place_path(layer);
        let is_in = |name: &str| {
            let inside = name.strip_prefix(&*layer).filter(|rest| rest.starts_with(['/', '.']));
            inside.and_then(|inside| inside.strip_suffix(weight)).is_some_and(|rest| rest.ends_with('.'))
        };
        let mut inside = wanted.iter().map(|tensor| &tensor.named.name).filter(|name| is_in(name));
        inside.next().filter(|_| inside.next().is_none()).cloned().ok_or(unfound)
    })
}

/// The numbers with which the parts of an entry stand in a name, in their order.
fn numbers(parts: &[Vec<Piece>], name: &str) -> Option<BTreeMap<String, u64>> {
    let (mut numbers, mut left) = (BTreeMap::new(), parts);
    for part in name.split('.') {
        let [first, after @ ..] = left else { break };
        let mut with = numbers.clone();
        if behind(first, part, &mut with) == Some("") {
            (numbers, left) = (with, after);
        }
    }
    left.is_empty().then_some(numbers)
}
