//! The draft as a graph: what leads to an output, under the names of the modules it belongs to.

use std::collections::HashMap;

use super::draft::{Draft, DraftNode, Stored, View};
use super::import::{Importer, Source};
use super::messages::{Model, Node};
use super::mistake::Mistake;
use super::names::{called, modules, tensor, tree};
use super::stored::Table;
use super::value::{DraftId, Fixed, Tensor};
use crate::graph::{Content, Filler, Graph, Held, NodeId, WeightRef};

/// A graph with where its weights are from.
pub(super) struct Finished {
    pub(super) graph: Graph,
    /// By node: its weights.
    pub(super) weights: Vec<Vec<Stored>>,
    pub(super) table: Table,
}

/// The graph whose `outputs` have these names.
pub(super) fn finish(
    importer: Importer<'_>,
    model: &Model,
    outputs: &[(&str, Tensor)],
) -> Result<Finished, Mistake> {
    let Importer { draft, table, sources, constants_are_weights, .. } = importer;
    let is_live = live(&draft, outputs.iter().map(|(_, tensor)| tensor.id));
    let kept: Vec<usize> = (0..draft.nodes.len()).filter(|&index| is_live[index]).collect();
    let places = places(&draft, &kept, &sources, model);
    let mut filler = Filler::new();
    let mut ids: Vec<Option<NodeId>> = vec![None; draft.nodes.len()];
    let mut roles =
        Roles { table: &table, constants_are_weights, forms: HashMap::new(), left: HashMap::new() };
    for (&index, place) in kept.iter().zip(&places) {
        let node = &draft.nodes[index];
        let boxes: Vec<&str> = place.boxes.iter().map(|name| &**name).collect();
        let builder = filler.within(&boxes);
        let inputs: Vec<NodeId> = node.inputs.iter().filter_map(|input| ids[input.index()]).collect();
        let origin =
            sources.get(node.place as usize).map(|source| crate::error::Origin::Node { index: source.index });
        let origin = origin.filter(|_| node.content != Content::Input);
        let name = place.name.clone();
        let id = match &node.content {
            Content::Input => builder.input(name, node.shape.clone(), None),
            Content::Operator(op) => builder
                .operator(name, op.clone(), &inputs, origin)
                .map_err(|reason| Mistake::nowhere(reason.message))?,
            Content::Unknown { name: operator } => {
                builder.unknown(name, operator, node.shape.clone(), &inputs, origin)
            }
        };
        if let Some(element) = node.element {
            builder.element(id, element);
        }
        let wanted = builder.graph().weights(id);
        for ((stored, weight), index) in node.weights.iter().zip(wanted).zip(0..) {
            let user = WeightRef { node: id, index };
            let elements = weight.axes.iter().fold(1u128, |all, &(_, size)| all.saturating_mul(size.into()));
            match roles.of(stored, user, elements) {
                Role::Own => {}
                Role::Stored => builder.hold(user, Held::Stored),
                Role::Made { parameters } => builder.hold(user, Held::Made { parameters }),
                // One that does not fit has sizes of its own.
                Role::Shared(owner, transposed) => {
                    if builder.tie(user, owner, transposed).is_err() {
                        builder.hold(user, Held::Made { parameters: 0 });
                    }
                }
            }
        }
        ids[index] = Some(id);
    }
    for (name, tensor) in outputs {
        if let Some(id) = ids[tensor.id.index()] {
            filler.within(&[]).output((*name).to_owned(), id);
        }
    }
    let (graph, moved) = filler.finish().map_err(|reason| Mistake::nowhere(reason.message))?;
    let mut weights = vec![vec![]; graph.len()];
    for &index in &kept {
        if let Some(id) = ids[index] {
            weights[moved[id.index()].index()].clone_from(&draft.nodes[index].weights);
        }
    }
    Ok(Finished { graph, weights, table })
}

/// Whether each node leads to an output; inputs stay in any case.
pub(super) fn live(draft: &Draft, outputs: impl Iterator<Item = DraftId>) -> Vec<bool> {
    let mut is_live: Vec<bool> = draft.nodes.iter().map(|node| node.content == Content::Input).collect();
    outputs.for_each(|output| is_live[output.index()] = true);
    for index in (0..draft.nodes.len()).rev() {
        if is_live[index] {
            draft.nodes[index].inputs.iter().for_each(|input| is_live[input.index()] = true);
        }
    }
    is_live
}

/// Whose a weight is.
enum Role {
    /// The node's own parameter.
    Own,
    /// Fixed, a buffer.
    Stored,
    /// An earlier node's.
    Shared(WeightRef, bool),
    /// Computed from so many parameters.
    Made { parameters: u128 },
}

/// Which gates of a recurrent layer a weight is the part of: their direction, and the first of them.
type Gates = Option<(u64, u64)>;

/// So many forms of a tensor are told apart; of what goes beyond each weight is held by itself.
const MOST_FORMS: usize = 16;

/// Which weights have been met.
struct Roles<'t> {
    table: &'t Table,
    constants_are_weights: bool,
    /// The forms of something stored that weights are, the first one first.
    forms: HashMap<(Fixed, Gates), Vec<(WeightRef, Stored)>>,
    /// By the tensor of the file: how many of its numbers have not been counted.
    left: HashMap<Fixed, u128>,
}

impl Roles<'_> {
    /// What a weight of so many numbers is.
    fn of(&mut self, stored: &Stored, user: WeightRef, elements: u128) -> Role {
        if !stored.learned {
            return Role::Stored;
        }
        // Each direction and gate of a recurrent layer's weight is a part of it.
        let gates = if let View::Gates { direction, blocks, .. } = &stored.view {
            blocks.first().map(|&block| (*direction, block))
        } else {
            None
        };
        let roots = self.table.roots_of(stored.value);
        let is_part = gates.is_some() || self.table.is_part(stored.value);
        // All of a tensor is that tensor, whatever has been done to it.
        let own = match roots[..] {
            [] if self.constants_are_weights => return Role::Own,
            [] => return Role::Stored,
            [only] if !is_part && self.elements(only) == elements => only,
            _ => stored.value,
        };
        let forms = self.forms.entry((own, gates)).or_default();
        let same = |(owner, form): &(WeightRef, Stored)| Some((*owner, self.table.same(form, stored)?));
        if let Some((owner, transposed)) = forms.iter().find_map(same) {
            return Role::Shared(owner, transposed);
        }
        let is_first = forms.is_empty();
        if forms.len() < MOST_FORMS {
            forms.push((user, stored.clone()));
        }
        if !is_first {
            return Role::Made { parameters: 0 };
        }
        // Of what it is made of, a part has as much as it holds, and what is computed all.
        let mut parameters = 0u128;
        for root in roots {
            let left = self.left.get(&root).copied().unwrap_or_else(|| self.elements(root));
            let taken = if is_part { left.min(elements - parameters) } else { left };
            parameters = parameters.saturating_add(taken);
            self.left.insert(root, left - taken);
        }
        if parameters == elements { Role::Own } else { Role::Made { parameters } }
    }

    fn elements(&self, fixed: Fixed) -> u128 {
        super::draft::elements(self.table.array(fixed))
    }
}

/// Where each node that is kept stands, and what it is called there.
fn places<'m>(
    draft: &Draft,
    kept: &[usize],
    sources: &[Source<'_>],
    model: &'m Model,
) -> Vec<super::names::Place> {
    let weights = weight_names(&model.graph.nodes, model);
    // An input stands nowhere, and a parameter where its name says.
    let named = |node: &DraftNode| node.name.as_deref().and_then(tensor);
    let asks = |node: &&DraftNode| node.content != Content::Input && named(node).is_none();
    let asking = kept.iter().map(|&index| &draft.nodes[index]).filter(asks);
    let mut has_kept = vec![false; model.graph.nodes.len()];
    for source in asking.filter_map(|node| sources.get(node.place as usize)) {
        if let Some(has_kept) = has_kept.get_mut(source.index as usize) {
            *has_kept = true;
        }
    }
    let weight = |node: &'m Node| node.inputs.iter().find_map(|input| weights.get(&**input).copied());
    let modules = modules(&model.graph.nodes, weight, |index| has_kept[index]);
    let path = |node: &DraftNode| -> super::names::Path {
        if let Some(path) = named(node) {
            return path;
        }
        let Some(source) = sources.get(node.place as usize) else { return vec![] };
        let mut path = modules.get(source.index as usize).cloned().unwrap_or_default();
        let mut inside = vec![];
        let mut around = source.around;
        while let Some(outer) = around.and_then(|outer| sources.get(outer as usize)) {
            inside.push(called(outer.node));
            around = outer.around;
        }
        // One that says nothing of its module may be its own.
        let is_named = inside.last().is_some() && path.last() == inside.last();
        path.extend(inside.into_iter().rev().skip(usize::from(is_named)));
        path
    };
    let nodes: Vec<_> = kept
        .iter()
        .map(|&index| {
            let node = &draft.nodes[index];
            match (&node.content, &node.name) {
                (Content::Input, Some(name)) => (vec![name.replace('/', "_").into()], "input"),
                (content, _) => (path(node), operator_name(content)),
            }
        })
        .collect();
    tree(&nodes)
}

fn operator_name(content: &Content) -> &str {
    match content {
        Content::Input => "input",
        Content::Operator(op) => {
            if let crate::op::Op::Opaque(opaque) = &**op {
                opaque.called()
            } else {
                op.name()
            }
        }
        Content::Unknown { name } => name,
    }
}

/// The names of weights, by those of the tensors that are one, or one rearranged.
fn weight_names<'m>(nodes: &'m [Node], model: &'m Model) -> HashMap<&'m str, &'m str> {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let given =
        model.graph.initializers.iter().filter(|given| given.kind.is_float() || given.kind.is_quantized());
    names.extend(given.map(|given| (&*given.name, &*given.name)));
    for node in nodes {
        let keeps = matches!(
            &*node.operator,
            "Identity" | "Transpose" | "Reshape" | "Cast" | "DequantizeLinear" | "Unsqueeze" | "Squeeze"
        );
        if let ([from, ..], [to, ..], true) = (&node.inputs[..], &node.outputs[..], keeps)
            && let Some(&name) = names.get(&**from)
        {
            names.insert(to, name);
        }
    }
    names
}
