//! Filling a graph whose boxes are not known beforehand as runs of nodes.

use std::collections::HashMap;
use std::sync::Arc;

use super::arrange::{Boxes, Step, arrange};
use super::{Builder, Graph, NodeId, ScopeKind, WeightRef, ties};
use crate::op::Reason;

/// Fills a [`Graph`] node by node, where each says in which boxes it stands: these may recur and interleave, as the paths of
/// modules do in a file that lists nodes in an order of its own.
///
/// In the end the nodes are put in an order in which every box is one run, as far as data flows through it only once; what has
/// no reason to move stays where it was. A box that data leaves for another and comes back to becomes several, with numbers:
/// `layer1`, `layer1 (2)`. So does any name that a box has twice.
///
/// ```
/// use cnncost::graph::Filler;
/// use cnncost::op::{Op, activation::Relu};
/// use cnncost::shape::Shape;
///
/// let relu = Op::from(Relu {});
/// let mut filler = Filler::new();
/// let image = filler.within(&[]).input("image", Shape::new(vec![3, 8, 8])?, None);
/// let a = filler.within(&["left"]).operator("relu", relu.clone(), &[image], None)?;
/// let b = filler.within(&["right"]).operator("relu", relu.clone(), &[image], None)?;
/// let c = filler.within(&["left"]).operator("relu", relu, &[a], None)?;
/// let (graph, ids) = filler.finish()?;
/// let paths: Vec<_> = graph.nodes().map(|(id, _)| graph.path(id)).collect();
/// assert_eq!(paths, ["image", "left/relu", "left/relu (2)", "right/relu"]);
/// assert_eq!(graph.path(ids[b.index()]), "right/relu");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Filler {
    builder: Builder,
    /// By node, as they were added, up to where the boxes changed last.
    boxes: Vec<Boxes>,
    current: Boxes,
}

impl Filler {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// What adds nodes that stand in these boxes, the outermost first. Their ids hold until the end, when
    /// [`finish`](Self::finish) gives others. Boxes that are opened in it are not kept.
    pub fn within(&mut self, boxes: &[&str]) -> &mut Builder {
        self.note();
        let is_current = self.current.iter().map(|name| &**name).eq(boxes.iter().copied());
        if !is_current {
            self.current = boxes.iter().map(|&name| name.into()).collect();
        }
        &mut self.builder
    }

    /// The finished graph, and the ids of its nodes by those that they had until now.
    ///
    /// # Errors
    /// If a path leads to two of its layers and boxes, as with a slash in a name.
    pub fn finish(mut self) -> Result<(Graph, Vec<NodeId>), Reason> {
        self.note();
        let flat = self.builder.finish_named();
        let (builder, ids) = refill(&flat, &arrange(&flat, &self.boxes));
        builder.finish().map(|graph| (graph, ids))
    }

    fn note(&mut self) {
        self.boxes.resize(self.builder.graph().len(), self.current.clone());
    }
}

/// The nodes of `flat` in these steps, and what has become of each.
fn refill(flat: &Graph, steps: &[Step]) -> (Builder, Vec<NodeId>) {
    let mut builder = Builder::new();
    let mut ids = vec![builder.next(); flat.len()];
    // Of each box around the next node: how often a name has been wanted.
    let mut names = vec![Names::default()];
    for step in steps {
        match step {
            Step::Open(name) => {
                builder.open(distinct(&mut names, name), ScopeKind::Group, None);
                names.push(Names::default());
            }
            Step::Close => {
                builder.close();
                names.pop();
            }
            Step::Node(id) => {
                let mut node = flat.node(*id).clone();
                node.name = distinct(&mut names, &node.name);
                let inputs: Vec<_> = flat.inputs(*id).map(|input| ids[input.index()]).collect();
                ids[id.index()] = builder.add(node, &inputs);
            }
        }
    }
    for (name, id) in flat.outputs() {
        builder.output(name.clone(), ids[id.index()]);
    }
    builder.graph.ties = ties::moved(&flat.ties, |id| ids[id.index()]);
    let moved = |weight: &WeightRef| WeightRef { node: ids[weight.node.index()], ..*weight };
    builder.graph.held = flat.held.iter().map(|(weight, held)| (moved(weight), *held)).collect();
    (builder, ids)
}

type Names = HashMap<Arc<str>, u32>;

/// `name`, with a number if the innermost box has one of that name.
fn distinct(names: &mut [Names], name: &Arc<str>) -> Arc<str> {
    let Some(names) = names.last_mut() else { return name.clone() };
    let mut count = names.get(name).map_or(1, |count| count + 1);
    let mut free = name.clone();
    while count > 1 {
        free = format!("{name} ({count})").into();
        if !names.contains_key(&free) {
            break;
        }
        count += 1;
    }
    names.insert(name.clone(), count);
    if free != *name {
        names.insert(free.clone(), 1);
    }
    free
}

#[cfg(test)]
mod tests;
