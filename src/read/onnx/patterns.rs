//! Operators that exporters write as several, made one again: each rule looks backwards from the last of them.

use super::draft::{Draft, Stored};
use super::value::DraftId;
use crate::graph::Content;
use crate::op::Op;
use crate::shape::Shape;

mod activations;
mod attention;
mod biases;

/// What nodes are together, in place of the last of them.
struct Found {
    op: Op,
    inputs: Vec<DraftId>,
    weights: Vec<Stored>,
}

impl Found {
    /// An operator on one tensor, without weights.
    fn unary(op: impl Into<Op>, input: DraftId) -> Self {
        Self { op: op.into(), inputs: vec![input], weights: vec![] }
    }
}

/// The rules, in the order in which they are tried at a node.
const RULES: &[fn(&mut Seen<'_>, DraftId) -> Option<Found>] = &[
    biases::linear,
    biases::convolution,
    activations::silu,
    activations::hard_swish,
    activations::hard_sigmoid,
    activations::mish,
    activations::softplus,
    activations::gelu,
    activations::gelu_tanh,
    attention::attention,
];

/// Makes what is several nodes and one operator one node, in the draft of a network with these outputs.
pub(super) fn recognize(draft: &mut Draft, outputs: &[DraftId]) {
    let mut uses = vec![0; draft.nodes.len()];
    for output in outputs {
        uses[output.index()] += 1;
    }
    for index in (0..draft.nodes.len()).rev() {
        if uses[index] > 0 {
            for input in &draft.nodes[index].inputs {
                uses[input.index()] += 1;
            }
        }
    }
    let mut seen = Seen { draft, uses };
    for index in 0..seen.uses.len() {
        let root = DraftId(u32::try_from(index).unwrap_or(u32::MAX));
        // What has become one operator may be the last part of another.
        while seen.uses[index] > 0
            && RULES.iter().any(|rule| rule(&mut seen, root).is_some_and(|found| seen.replace(root, found)))
        {
        }
    }
}

/// The draft, with how often each node is taken.
struct Seen<'d> {
    draft: &'d mut Draft,
    /// By node: by how many nodes that lead to an output it is taken, and as how many outputs.
    uses: Vec<u32>,
}

impl Seen<'_> {
    fn op(&self, id: DraftId) -> Option<&Op> {
        match &self.draft.node(id).content {
            Content::Operator(op) => Some(op),
            Content::Input | Content::Unknown { .. } => None,
        }
    }

    /// The operator, if nothing else takes what it makes.
    fn inner(&self, id: DraftId) -> Option<&Op> {
        self.op(id).filter(|_| self.uses[id.index()] == 1)
    }

    fn inputs(&self, id: DraftId) -> &[DraftId] {
        &self.draft.node(id).inputs
    }

    /// The only input.
    fn input(&self, id: DraftId) -> Option<DraftId> {
        match self.inputs(id) {
            &[only] => Some(only),
            _ => None,
        }
    }

    fn dims(&self, id: DraftId) -> &[u64] {
        self.draft.node(id).shape.dims()
    }

    /// The two inputs, in either order, of which the first is as it should be.
    fn pair(&self, id: DraftId, first: impl Fn(DraftId) -> bool) -> Option<(DraftId, DraftId)> {
        let &[a, b] = self.inputs(id) else { return None };
        if first(a) {
            return Some((a, b));
        }
        first(b).then_some((b, a))
    }

    /// What is multiplied and added to each number of which input.
    fn affine(&self, id: DraftId) -> Option<(f64, f64, DraftId)> {
        let Op::Affine(affine) = self.op(id)? else { return None };
        Some((affine.mul, affine.add, self.input(id)?))
    }

    /// The same of one that nothing else takes.
    fn inner_affine(&self, id: DraftId) -> Option<(f64, f64, DraftId)> {
        self.affine(id).filter(|_| self.uses[id.index()] == 1)
    }

    /// The numbers of a node that only gives what is stored, one for each of these sizes.
    fn stored(&self, id: DraftId) -> Option<&Stored> {
        match (self.op(id)?, &self.draft.node(id).weights[..]) {
            (Op::Parameter(_) | Op::Buffer(_), [only]) => Some(only),
            // Under other sizes.
            (Op::Reshape(_), []) => self.stored(self.input(id)?),
            _ => None,
        }
    }

    /// Puts what is found in place of `root`, if it makes the same sizes; whether it does.
    fn replace(&mut self, root: DraftId, found: Found) -> bool {
        let shapes: Vec<Shape> =
            found.inputs.iter().map(|&input| self.draft.node(input).shape.clone()).collect();
        let fits = found.op.output(&shapes).is_ok_and(|shape| shape == self.draft.node(root).shape)
            && found.op.weights(&shapes).len() == found.weights.len()
            && found.inputs.iter().all(|input| *input < root);
        if !fits {
            return false;
        }
        found.inputs.iter().for_each(|input| self.uses[input.index()] += 1);
        let node = &mut self.draft.nodes[root.index()];
        node.content = Content::Operator(found.op.into());
        node.weights = found.weights;
        let mut left = std::mem::replace(&mut node.inputs, found.inputs);
        while let Some(id) = left.pop() {
            self.uses[id.index()] -= 1;
            if self.uses[id.index()] == 0 {
                left.extend_from_slice(&self.draft.nodes[id.index()].inputs);
            }
        }
        true
    }
}

/// Whether a number is another to the digits of 16 bits, in which some exporters write it.
fn is_about(number: f64, other: f64) -> bool {
    (number - other).abs() <= 1e-3 * other.abs()
}
