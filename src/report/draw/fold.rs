//! Which parts of a box are the same one after another, so that one of them stands for all.

use std::ops::Range;

use crate::graph::{Graph, NodeId, Place, ScopeKind};

/// The nodes of a part, by index.
pub(super) fn range(graph: &Graph, part: Place) -> Range<usize> {
    match part {
        Place::Node(id) => id.index()..id.index() + 1,
        Place::Box(id) => {
            let mut nodes = graph.scope(id).nodes();
            let start = nodes.next().map_or(0, NodeId::index);
            start..start + 1 + nodes.len()
        }
    }
}

/// How many of `parts`, from the first on, are the same and only pass on what the one before makes.
pub(super) fn alike(graph: &Graph, ids: &[NodeId], parts: &[Place]) -> usize {
    let [first, rest @ ..] = parts else { return 0 };
    if !may_repeat(graph, *first) {
        return 1;
    }
    let first = range(graph, *first);
    let mut previous = first.clone();
    let mut taken: Option<Vec<usize>> = None;
    let mut count = 1;
    for part in rest {
        let next = range(graph, *part);
        if next.len() != first.len() || next.start != previous.end || !is_same(graph, ids, &first, &next) {
            break;
        }
        let Some(from) = from_previous(graph, ids, &previous, &next) else { break };
        if taken.as_ref().is_some_and(|taken| *taken != from) || leaks(graph, ids, &previous, &next) {
            break;
        }
        if taken.is_none() && !enters_alike(graph, ids, &first, &next, &from) {
            break;
        }
        taken = Some(from);
        previous = next;
        count += 1;
    }
    count
}

/// Boxes, and operators of a repeated item.
fn may_repeat(graph: &Graph, part: Place) -> bool {
    match part {
        Place::Box(_) => true,
        Place::Node(id) => graph.scope(graph.node(id).scope).kind == ScopeKind::Repeat,
    }
}

/// Whether the nodes of two parts are the same, one by one, and joined alike within them.
fn is_same(graph: &Graph, ids: &[NodeId], first: &Range<usize>, next: &Range<usize>) -> bool {
    first.clone().zip(next.clone()).all(|(a, b)| {
        let (one, other) = (graph.node(ids[a]), graph.node(ids[b]));
        let depth = |at: usize| graph.scope(graph.node(ids[at]).scope).depth;
        one.content == other.content
            && one.shape == other.shape
            && one.element == other.element
            && one.frozen == other.frozen
            && graph.input_shapes(ids[a]) == graph.input_shapes(ids[b])
            && graph.is_tied(ids[a]) == graph.is_tied(ids[b])
            && depth(a) + depth(next.start) == depth(b) + depth(first.start)
            && within(graph, ids[a], first).eq(within(graph, ids[b], next))
    })
}

/// The inputs of a node by their places in its part; `None` for those from outside.
fn within(graph: &Graph, id: NodeId, part: &Range<usize>) -> impl Iterator<Item = Option<usize>> {
    graph.inputs(id).map(|input| part.contains(&input.index()).then(|| input.index() - part.start))
}

/// Where in the part before what comes in from outside is made, in order; `None` if some of it is made elsewhere.
fn from_previous(
    graph: &Graph,
    ids: &[NodeId],
    previous: &Range<usize>,
    next: &Range<usize>,
) -> Option<Vec<usize>> {
    entering(graph, ids, next)
        .map(|input| previous.contains(&input).then(|| input - previous.start))
        .collect()
}

fn entering<'g>(graph: &'g Graph, ids: &'g [NodeId], part: &'g Range<usize>) -> impl Iterator<Item = usize> {
    let inputs = part.clone().flat_map(|at| graph.inputs(ids[at]));
    inputs.map(NodeId::index).filter(|input| !part.contains(input))
}

/// Whether inputs of the first part are one tensor where those of the next are.
fn enters_alike(
    graph: &Graph,
    ids: &[NodeId],
    first: &Range<usize>,
    next: &Range<usize>,
    from: &[usize],
) -> bool {
    let ours: Vec<usize> = entering(graph, ids, first).collect();
    debug_assert!(from.len() == entering(graph, ids, next).count(), "one for each input");
    ours.len() == from.len()
        && (1..ours.len()).all(|at| {
            let same = |list: &[usize]| list[..at].iter().position(|input| *input == list[at]);
            same(&ours) == same(from)
        })
}

/// Whether something but the next part takes what a part makes, or the network gives it out.
fn leaks(graph: &Graph, ids: &[NodeId], part: &Range<usize>, next: &Range<usize>) -> bool {
    let known = |user: NodeId| part.contains(&user.index()) || next.contains(&user.index());
    graph.outputs().iter().any(|(_, id)| part.contains(&id.index()))
        || part.clone().any(|at| !graph.users(ids[at]).all(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::ScopeId;
    use crate::graph::outline::Outline;
    use crate::read::{Description, Options};

    fn runs(text: &str) -> Vec<usize> {
        let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
        let ids: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
        let outline = Outline::new(&graph);
        let mut parts = outline.parts(ScopeId::ROOT);
        if let [_, Place::Box(only)] = parts {
            parts = outline.parts(*only);
        }
        let mut runs = vec![];
        while !parts.is_empty() {
            let run = alike(&graph, &ids, parts);
            runs.push(run);
            parts = &parts[run..];
        }
        runs
    }

    #[test]
    fn repeats_are_one_run_as_far_as_they_are_the_same() {
        let conv = "op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1";
        let residual =
            format!("{{ repeat = 4, branches = {{ body = [{{ {conv} }}], skip = [] }}, merge = 'add' }}");
        assert_eq!(runs(&format!("input = [8, 9, 9]\nlayers = [{residual}]")), [4]);
        // The first changes the channels: it is another.
        assert_eq!(runs(&format!("input = [3, 9, 9]\nlayers = [{{ {conv}, repeat = 4 }}]")), [1, 3]);
        // Each makes the picture smaller: none is like another.
        let smaller = "{ op = 'conv2d', out_channels = 8, kernel_size = 3, repeat = 3 }";
        assert_eq!(runs(&format!("input = [8, 9, 9]\nlayers = [{smaller}]")), [1, 1, 1]);
    }
}
