//! What a single node counts.

use super::cost;
use crate::counts::{Capped, Linear, Overflow, Params, Rates, Tally, Volume};
use crate::graph::{Content, Graph, Held, NodeId};
use crate::op::{Op, Role, Weight};
use crate::shape::{Element, Shape};

/// What the counts of a node follow from.
#[derive(PartialEq)]
pub(super) struct Premises<'g> {
    content: &'g Content,
    inputs: Vec<Shape>,
    /// What comes in, a tensor that comes in twice once.
    pub(super) incoming: Linear<Volume>,
    /// Of what comes out.
    element: Element,
    /// Which of its weights are an earlier node's.
    tied: Vec<usize>,
    /// What its weights are that its operator would have learned.
    held: Vec<(u32, Held)>,
    frozen: bool,
    /// Whether it is done once for a whole batch.
    is_fixed: bool,
}

impl<'g> Premises<'g> {
    pub(super) fn new(graph: &'g Graph, id: NodeId) -> Result<Self, Overflow> {
        let node = graph.node(id);
        let mut inputs: Vec<_> = graph.inputs(id).collect();
        let shapes = inputs.iter().map(|&input| graph.node(input).shape.clone()).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut incoming = Linear::default();
        for input in inputs {
            incoming = incoming.plus(Linear::of(graph.node(input).volume()?, graph.is_fixed(input)))?;
        }
        Ok(Self {
            content: &node.content,
            inputs: shapes,
            incoming,
            element: node.element,
            tied: graph.ties(id).map(|(index, _)| index).collect(),
            held: graph.held(id).collect(),
            frozen: node.frozen,
            is_fixed: graph.is_fixed(id),
        })
    }

    /// What it looks up; of what is the same for each sample no more with the next one.
    pub(super) fn looked_up(&self, op: Option<&Op>) -> Option<Capped> {
        let Capped { each, most } = op?.weights_touched(&self.inputs)?;
        Some(Capped { each, most: if self.is_fixed { each.min(most) } else { most } })
    }
}

/// What a node comes to; `None` for an operator that cnncost does not know.
pub(super) fn count(
    graph: &Graph,
    id: NodeId,
    premises: &Premises<'_>,
    looked_up: Option<Capped>,
) -> Result<Option<Rates>, Overflow> {
    let (work, padding_exact) = match (cost(graph, id)?, premises.content) {
        (Some(cost), _) => cost.work()?,
        (None, Content::Unknown { .. }) => return Ok(None),
        (None, Content::Operator(_) | Content::Input) => Default::default(),
    };
    let [work, padding_exact] = [work, padding_exact].map(|work| Linear::of(work, premises.is_fixed));
    let weights = graph.weights(id);
    let (read, written) = traffic(graph, id, premises, &weights, looked_up)?;
    let own = weights.iter().zip(0..).filter(|(_, index)| !premises.tied.contains(index));
    let params = params(own.map(|(weight, _)| weight), premises.frozen)?;
    Ok(Some(Rates { params, work, padding_exact, read, written }))
}

/// What is touched of each input and weight goes once, and so does the output; nothing of a view, and nothing of what is given
/// from outside. What is fixed goes once for all samples.
fn traffic(
    graph: &Graph,
    id: NodeId,
    premises: &Premises<'_>,
    weights: &[Weight],
    looked_up: Option<Capped>,
) -> Result<(Linear<Volume>, Linear<Volume>), Overflow> {
    let node = graph.node(id);
    let Some(op) = node.operator().filter(|op| !op.is_view()) else { return Ok(Default::default()) };
    let incoming = match (op.touched(&premises.inputs, &node.shape), graph.inputs(id).next()) {
        (Some(touched), Some(input)) => {
            Linear::of(Volume::of(touched, graph.node(input).element)?, graph.is_fixed(input))
        }
        _ => premises.incoming,
    };
    let once = match looked_up {
        Some(_) => 0,
        // Also those of an earlier layer.
        None => Weight::numbers(weights)?,
    };
    let read = Linear { once: incoming.once.plus(Volume::numbers(once))?, ..incoming };
    Ok((read, Linear::of(node.volume()?, premises.is_fixed)))
}

fn params<'w>(mut weights: impl Iterator<Item = &'w Weight>, frozen: bool) -> Result<Params, Overflow> {
    weights.try_fold(Params::default(), |mut params, weight| {
        let sum = match (weight.role, frozen) {
            (Role::Buffer, _) => &mut params.buffers,
            (Role::Learned, true) => &mut params.frozen,
            (Role::Learned, false) => &mut params.trainable,
        };
        *sum = sum.plus(weight.count().evaluate()?)?;
        Ok(params)
    })
}
