//! Operators that exporters write as several, made one again: each rule looks backwards from the last of them.

use super::call::{is, numbers};
use super::draft::{Draft, Stored};
use super::stored::Table;
use super::value::DraftId;
use crate::graph::Content;
use crate::op::Op;
use crate::op::reshape::Reshape;
use crate::shape::Shape;

mod activations;
mod attention;
mod biases;
mod local_response_norm;
mod norms;
mod pools;
mod rearrangements;
#[cfg(test)]
mod tests;

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
    activations::log_of_exp,
    activations::gelu,
    activations::gelu_tanh,
    norms::layer_norm,
    norms::rms_norm,
    norms::factors,
    norms::bias,
    norms::group_norm,
    norms::of_channels,
    pools::global_mean,
    local_response_norm::local_response_norm,
    rearrangements::shuffle,
    rearrangements::roll,
    rearrangements::rolls,
    rearrangements::glu,
    attention::attention,
];

/// Makes what is several nodes and one operator one node, in the draft of a network with these outputs.
pub(super) fn recognize(draft: &mut Draft, table: &Table, outputs: &[DraftId]) {
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
    let mut seen = Seen { draft, table, uses, changed: vec![] };
    for index in 0..seen.uses.len() {
        let mut open = vec![DraftId(u32::try_from(index).unwrap_or(u32::MAX))];
        while let Some(root) = open.pop() {
            // What has become one operator may be the last part of another.
            while seen.uses[root.index()] > 0
                && RULES
                    .iter()
                    .any(|rule| rule(&mut seen, root).is_some_and(|found| seen.replace(root, found)))
            {
            }
            open.append(&mut seen.changed);
        }
    }
}

/// The draft, with how often each node is taken.
struct Seen<'d> {
    draft: &'d mut Draft,
    table: &'d Table,
    /// By node: by how many nodes that lead to an output it is taken, and as how many outputs.
    uses: Vec<u32>,
    /// Nodes that now have other sizes, under which they may be the last part of an operator.
    changed: Vec<DraftId>,
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

    /// The power that nothing else takes, and of what.
    fn power(&self, id: DraftId) -> Option<(f64, DraftId)> {
        let op = self.inner(id)?;
        let exponent = if let Op::Power(power) = op {
            power.exponent
        } else if matches!(op, Op::SquareRoot(_)) {
            0.5
        } else if matches!(op, Op::InverseRoot(_)) {
            -0.5
        } else if matches!(op, Op::Reciprocal(_)) {
            -1.0
        } else {
            return None;
        };
        Some((exponent, self.input(id)?))
    }

    /// What is squared, and how often that takes it.
    fn squared(&self, id: DraftId) -> Option<(DraftId, u32)> {
        if let Some((exponent, x)) = self.power(id) {
            return is(exponent, 2.0).then_some((x, 1));
        }
        match (self.inner(id)?, self.inputs(id)) {
            (Op::Mul(_), &[x, other]) if x == other => Some((x, 2)),
            _ => None,
        }
    }

    /// Whether two are one, or the same view of one.
    fn same(&self, a: DraftId, b: DraftId) -> bool {
        let view = |id: DraftId| match self.op(id) {
            Some(Op::Reshape(_)) => self.input(id).map(|from| (from, self.dims(id))),
            _ => None,
        };
        a == b || view(a).is_some_and(|of_a| view(b) == Some(of_a))
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

    /// The same where all sizes but the last, which are these, are 1.
    fn of_last(&self, id: DraftId, last: &[u64]) -> Option<Stored> {
        let (ones, rest) = self.dims(id).split_at_checked(self.dims(id).len().checked_sub(last.len())?)?;
        if rest == last && ones.iter().all(|&size| size == 1) { self.stored(id).cloned() } else { None }
    }

    /// Whether a factor and a bias are known to do nothing.
    fn are_plain(&self, weights: &[Stored]) -> bool {
        let all = |stored: &Stored, wanted: f64| {
            numbers(self.table.array(stored.value))
                .is_some_and(|numbers| numbers.iter().all(|&number| is(number, wanted)))
        };
        matches!(weights, [factor, bias] if all(factor, 1.0) && all(bias, 0.0))
    }

    /// What a view, which nothing else takes, looks at, if it has these sizes; else the view, from now on under these.
    fn with_shape(&mut self, view: DraftId, shape: Shape) -> Option<DraftId> {
        let from = self.input(view)?;
        if self.draft.node(from).shape == shape {
            return Some(from);
        }
        let sizes = shape.dims().iter().map(|&size| i64::try_from(size)).collect::<Result<_, _>>().ok()?;
        let node = &mut self.draft.nodes[view.index()];
        node.content = Content::Operator(Op::from(Reshape { shape: sizes }).into());
        node.shape = shape;
        self.changed.push(view);
        Some(view)
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
        let node = &mut self.draft.nodes[root.index()];
        node.content = Content::Operator(found.op.into());
        node.weights = found.weights;
        self.take(root, found.inputs);
        true
    }

    /// Lets a node take something else.
    fn take(&mut self, id: DraftId, inputs: Vec<DraftId>) {
        for input in &inputs {
            self.uses[input.index()] += 1;
        }
        let mut left = std::mem::replace(&mut self.draft.nodes[id.index()].inputs, inputs);
        while let Some(id) = left.pop() {
            self.uses[id.index()] -= 1;
            if self.uses[id.index()] == 0 {
                left.extend_from_slice(&self.draft.nodes[id.index()].inputs);
            }
        }
    }
}

/// Whether a number is another to the digits of 16 bits, in which some exporters write it.
fn is_about(number: f64, other: f64) -> bool {
    (number - other).abs() <= 1e-3 * other.abs()
}
