use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::error::Origin;
use crate::graph::{ScopeId, Tie, WeightRef};
use crate::op::Op;
use crate::op::linear::Linear;
use crate::shape::Shape;

/// A node by the boxes around it and the earlier nodes that it takes.
type Wanted = (Vec<&'static str>, Vec<usize>);

fn shape() -> Shape {
    Shape::new(vec![4]).unwrap()
}

fn filled(nodes: &[Wanted]) -> (Graph, Vec<NodeId>) {
    let mut filler = Filler::new();
    let mut ids: Vec<NodeId> = vec![];
    for (index, (boxes, inputs)) in nodes.iter().enumerate() {
        let inputs: Vec<_> = inputs.iter().map(|&input| ids[input]).collect();
        let origin = Origin::Node { index: u32::try_from(index).unwrap() };
        ids.push(filler.within(boxes).unknown("node", "Any", shape(), &inputs, Some(origin)));
    }
    if let Some(&last) = ids.last() {
        filler.within(&[]).output("output".to_owned(), last);
    }
    filler.finish().unwrap()
}

/// The names of the boxes around a node, the outermost first.
fn around(graph: &Graph, id: NodeId) -> Vec<String> {
    let mut names = vec![];
    let mut scope = graph.node(id).scope;
    while scope != ScopeId::ROOT {
        names.push(graph.scope(scope).name.to_string());
        scope = graph.scope(scope).parent;
    }
    names.reverse();
    names
}

fn without_number(name: &str) -> &str {
    name.split_once(" (").map_or(name, |(name, _)| name)
}

/// What holds of every graph that is filled.
fn check(nodes: &[Wanted]) -> Result<Graph, TestCaseError> {
    let (graph, ids) = filled(nodes);
    prop_assert_eq!(graph.len(), nodes.len());
    prop_assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), nodes.len());
    for (index, ((boxes, inputs), &id)) in nodes.iter().zip(&ids).enumerate() {
        prop_assert_eq!(&graph.node(id).origin, &Some(Origin::Node { index: u32::try_from(index).unwrap() }));
        let inputs: Vec<_> = inputs.iter().map(|&input| ids[input]).collect();
        prop_assert_eq!(graph.inputs(id).collect::<Vec<_>>(), inputs.clone());
        prop_assert!(inputs.iter().all(|input| *input < id), "inputs come first");
        let around = around(&graph, id);
        let names: Vec<_> = around.iter().map(|name| without_number(name)).collect();
        prop_assert_eq!(&names, boxes);
    }
    for (scope, _) in graph.scopes() {
        let inside = |id: &NodeId| {
            let mut around = graph.node(*id).scope;
            while around != scope && around != ScopeId::ROOT {
                around = graph.scope(around).parent;
            }
            around == scope
        };
        let all: Vec<_> = graph.nodes().map(|(id, _)| id).filter(inside).collect();
        prop_assert_eq!(graph.scope(scope).nodes().collect::<Vec<_>>(), all);
    }
    let paths: BTreeSet<_> = graph.nodes().map(|(id, _)| graph.path(id)).collect();
    prop_assert_eq!(paths.len(), graph.len());
    prop_assert_eq!(graph.outputs().len(), usize::from(!nodes.is_empty()));
    Ok(graph)
}

fn any_boxes() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..4)
}

/// Nodes in any boxes, each taking some of the ones before it.
fn any_nodes() -> impl Strategy<Value = Vec<Wanted>> {
    let node = (any_boxes(), prop::collection::vec(any::<prop::sample::Index>(), 0..3));
    prop::collection::vec(node, 0..40).prop_map(|nodes| {
        let earlier = |(index, (boxes, inputs)): (usize, (Vec<_>, Vec<prop::sample::Index>))| {
            let inputs = inputs.iter().filter(|_| index > 0).map(|input| input.index(index)).collect();
            (boxes, inputs)
        };
        nodes.into_iter().enumerate().map(earlier).collect()
    })
}

/// The same nodes in another order in which inputs come first, as `keys` have it.
fn shuffled(nodes: &[Wanted], keys: &[u64]) -> Vec<Wanted> {
    let mut place = BTreeMap::new();
    let mut shuffled = vec![];
    while shuffled.len() < nodes.len() {
        let is_ready = |&index: &usize| {
            !place.contains_key(&index) && nodes[index].1.iter().all(|input| place.contains_key(input))
        };
        let next = (0..nodes.len()).filter(is_ready).min_by_key(|&index| keys[index % keys.len()]).unwrap();
        place.insert(next, shuffled.len());
        shuffled.push((nodes[next].0.clone(), nodes[next].1.iter().map(|input| place[input]).collect()));
    }
    shuffled
}

proptest! {
    #[test]
    fn nothing_is_lost_and_every_box_is_a_run(nodes in any_nodes()) {
        check(&nodes)?;
    }

    /// Whatever order the nodes of a graph of runs come in, the runs are found.
    #[test]
    fn boxes_are_whole_where_data_flows_through_once(nodes in any_nodes(), keys in prop::collection::vec(any::<u64>(), 1..40)) {
        let mut nodes = nodes;
        // Boxes in the order of their names are runs.
        let sorted: Vec<_> = { let mut all: Vec<_> = nodes.iter().map(|node| node.0.clone()).collect(); all.sort(); all };
        nodes.iter_mut().zip(sorted).for_each(|(node, boxes)| node.0 = boxes);
        let graph = check(&shuffled(&nodes, &keys))?;
        for (_, scope) in graph.scopes() {
            prop_assert!(!scope.name.contains('('), "{} is parted", scope.name);
        }
    }
}

fn paths(nodes: &[Wanted]) -> Vec<String> {
    let graph = check(nodes).unwrap();
    graph.nodes().map(|(id, _)| graph.path(id)).collect()
}

#[test]
fn a_box_waits_for_what_it_needs_from_elsewhere() {
    let nodes = [(vec!["a"], vec![]), (vec![], vec![]), (vec!["a"], vec![0, 1])];
    assert_eq!(paths(&nodes), ["node", "a/node", "a/node (2)"]);
}

#[test]
fn a_box_that_data_comes_back_to_is_numbered() {
    let nodes = [(vec!["a"], vec![]), (vec!["b"], vec![0]), (vec!["a"], vec![1]), (vec!["b"], vec![])];
    assert_eq!(paths(&nodes), ["a/node", "b/node", "b/node (2)", "a (2)/node"]);
    // In a box, too.
    let nodes = nodes.map(|(boxes, inputs)| (["x"].into_iter().chain(boxes).collect(), inputs));
    assert_eq!(paths(&nodes), ["x/a/node", "x/b/node", "x/b/node (2)", "x/a (2)/node"]);
}

#[test]
fn what_is_tied_stays_tied_to_what_comes_first() {
    let linear = Op::from(Linear { out_features: 4.try_into().unwrap(), bias: false });
    let mut filler = Filler::new();
    let input = filler.within(&[]).input("input", shape(), None);
    let add = |filler: &mut Filler, name, boxes: &[&str], from| {
        filler.within(boxes).operator(name, linear.clone(), &[from], None).unwrap()
    };
    let first = add(&mut filler, "first", &["b"], input);
    let second = add(&mut filler, "second", &["a"], input);
    let third = add(&mut filler, "third", &["b"], second);
    let of = |node| WeightRef { node, index: 0 };
    filler.within(&[]).tie(of(second), of(first), true).unwrap();
    filler.within(&[]).tie(of(third), of(second), true).unwrap();
    let (graph, ids) = filler.finish().unwrap();
    let [first, second, third] = [first, second, third].map(|id| ids[id.index()]);
    assert!(second < first && first < third);
    let tie = |transposed| vec![(0, Tie { owner: of(second), transposed })];
    let ties = [second, first, third].map(|id| graph.ties(id).collect::<Vec<_>>());
    assert_eq!(ties, [vec![], tie(true), tie(true)]);
}

/// Boxes that data goes back and forth between take no longer than others.
#[test]
fn many_parts_take_no_time() {
    let nodes: Vec<Wanted> = (0..20_000usize)
        .map(|index| (vec![["a", "b"][index % 2]], index.checked_sub(1).into_iter().collect()))
        .collect();
    let (graph, _) = filled(&nodes);
    assert_eq!(graph.scopes().len(), 20_001);
}

#[test]
fn a_slash_in_a_name_may_repeat_a_path() {
    let mut filler = Filler::new();
    filler.within(&["a"]).unknown("b", "Any", shape(), &[], None);
    filler.within(&[]).unknown("a/b", "Any", shape(), &[], None);
    assert_eq!(filler.finish().unwrap_err().to_string(), "two layers or boxes are called `a/b`");
}
