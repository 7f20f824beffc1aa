//! What is fused, and where each tensor lies.

use cnncost::graph::{Graph, NodeId, Place};
use cnncost::plan::{Blocks, Home, Plan, Step};
use cnncost::read::{Description, Options, bundled};

fn graph(text: &str) -> Graph {
    Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph
}

fn node(graph: &Graph, path: &str) -> NodeId {
    let Ok(Place::Node(id)) = graph.resolve(path) else { panic!("no `{path}`") };
    id
}

/// The names of the nodes of each step, the main one in brackets if it is not the first.
fn steps(graph: &Graph, plan: &Plan) -> Vec<String> {
    let name = |id: NodeId, main| {
        let name = graph.path(id);
        if id == main { format!("[{name}]") } else { name }
    };
    let text = |step: &Step| {
        let names: Vec<_> = step.nodes.iter().map(|&id| name(id, step.main)).collect();
        names.join(" ")
    };
    plan.steps.iter().map(text).collect()
}

#[test]
fn what_is_done_to_the_output_of_a_sum_joins_it() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [
           { name = 'c', op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1, bias = false },
           { name = 'n', op = 'batch_norm2d' }, { name = 'i', op = 'identity' }, { name = 'r', op = 'relu' },
           { name = 's', op = 'sigmoid' }, { name = 'd', op = 'dropout' }, { name = 'm', op = 'max_pool2d', kernel_size = 2 }]",
    );
    let plan = Plan::of(&graph, Blocks::NONE);
    // There is room for one function where no residual is added.
    assert_eq!(steps(&graph, &plan), ["[c] n r", "[s]", "[m]"]);
    let (r, s, d) = (node(&graph, "r"), node(&graph, "s"), node(&graph, "d"));
    assert_eq!(plan.passed(d), s);
    assert_eq!((plan.home(node(&graph, "n")), plan.home(r)), (Home::Nowhere, Home::Own));
    assert_eq!((plan.home(s), plan.root(d)), (Home::InPlace(r), Some(r)));
}

#[test]
fn a_residual_joins_the_later_of_two() {
    let text = "input = [8, 6, 6]\nlayers = [
         { name = 'a', op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1 },
         { name = 'b', op = 'conv2d', from = 'input', out_channels = 8, kernel_size = 1 },
         { name = 'sum', op = 'add', from = ['a', 'b'] }, { name = 'r', op = 'relu' }]";
    let graph = graph(text);
    let plan = Plan::of(&graph, Blocks::NONE);
    assert_eq!(steps(&graph, &plan), ["[a]", "[b] sum r"]);
    // It is written where the other was.
    assert_eq!(plan.home(node(&graph, "r")), Home::InPlace(node(&graph, "a")));
}

#[test]
fn what_is_taken_twice_is_written_down() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [
           { name = 'a', op = 'conv2d', out_channels = 8, kernel_size = 1 }, { name = 'r', op = 'relu' },
           { name = 'n', op = 'batch_norm2d' }, { name = 't', op = 'tanh' }, { name = 'sum', op = 'add', from = ['t', 'a'] }]",
    );
    let plan = Plan::of(&graph, Blocks::NONE);
    assert_eq!(steps(&graph, &plan), ["[a]", "[r]", "[n] t", "[sum]"]);
    let homes = ["r", "t", "sum"].map(|path| plan.home(node(&graph, path)));
    let [a, r] = ["a", "r"].map(|path| node(&graph, path));
    // `a` is still to be taken when `r` is made.
    assert_eq!(homes, [Home::Own, Home::InPlace(r), Home::InPlace(r)]);
    assert_eq!(plan.roots().map(|(id, _)| id).collect::<Vec<_>>()[1..], [a, r]);
}

/// What is an output of the network, however early, is still there at the end.
#[test]
fn outputs_stay() {
    let text = "inputs = { left = [2], right = [2] }\nlayers = [\n\
        { name = 'a', op = 'relu', from = 'left' }, { name = 'mid', side = [] },\n\
        { name = 'sum', op = 'sub', from = ['a', 'right'] }, { name = 't', op = 'tanh' },\n]";
    let graph = graph(text);
    assert_eq!(graph.outputs().len(), 2);
    let plan = Plan::of(&graph, Blocks::NONE);
    let [a, right, t] = ["a", "right", "t"].map(|path| node(&graph, path));
    assert_eq!((plan.root(a), plan.home(t)), (Some(node(&graph, "left")), Home::InPlace(right)));
}

#[test]
fn a_batch_norm_is_folded_ahead_where_nothing_is_padded() {
    let text = |padding: usize| {
        format!(
            "input = [8, 6, 6]\nlayers = [{{ name = 'n', op = 'batch_norm2d' }}, {{ name = 'c', op = 'conv2d', \
             out_channels = 4, kernel_size = 3, padding = {padding} }}, {{ name = 'r', op = 'relu' }}]"
        )
    };
    let of = |padding| {
        let graph = graph(&text(padding));
        steps(&graph, &Plan::of(&graph, Blocks::NONE))
    };
    assert_eq!(of(0), ["n [c] r"]);
    assert_eq!(of(1), ["[n]", "[c] r"]);
    // Nor into a convolution that looks where another input says, which may be outside; nor if it says where.
    for from in ["['n', 'offsets']", "['x', 'n']"] {
        let graph = graph(&format!(
            "inputs = {{ x = [18, 6, 6], offsets = [18, 4, 4] }}\nlayers = [{{ name = 'cut', op = 'slice', dim = 2, end = 4, from = 'x' }}, \
             {{ name = 'cut2', op = 'slice', dim = 3, end = 4 }}, {{ name = 'n', op = 'batch_norm2d', from = {} }}, \
             {{ name = 'd', op = 'deform_conv2d', out_channels = 4, kernel_size = 3, from = {from} }}]",
            if from.starts_with("['n'") { "'x'" } else { "'cut2'" }
        ));
        assert!(steps(&graph, &Plan::of(&graph, Blocks::NONE)).contains(&"[d]".to_owned()), "{from}");
    }
}

#[test]
fn parts_of_a_concatenation_are_written_where_they_belong() {
    let text = "input = [8, 6, 6]\nlayers = [
         { name = 'a', op = 'conv2d', out_channels = 12, kernel_size = 1 },
         { name = 'b', op = 'conv2d', from = 'input', out_channels = 4, kernel_size = 1 },
         { name = 'cat', op = 'concat', from = ['a', 'b'] }, { name = 'r', op = 'relu' }]";
    let graph = graph(text);
    let [a, b, cat] = ["a", "b", "cat"].map(|path| node(&graph, path));
    let plan = Plan::of(&graph, Blocks::NONE);
    assert_eq!(plan.home(b), Home::Within { whole: cat, channel: 12 });
    assert_eq!((plan.root(a), plan.root(b)), (Some(cat), Some(cat)));
    assert_eq!(plan.home(node(&graph, "r")), Home::InPlace(cat));
    // In groups of 8, the twelfth channel is in the middle of one.
    let blocked = Plan::of(&graph, Blocks::of(8));
    assert_eq!([a, b].map(|id| blocked.home(id)), [Home::Own, Home::Own]);
    assert_eq!(Plan::of(&graph, Blocks::of(4)).home(b), Home::Within { whole: cat, channel: 12 });
}

/// A tensor is not written over while a part of it is read beside it.
#[test]
fn what_is_seen_through_a_view_stays() {
    for (view, of_view) in [
        ("{ op = 'slice', end = 4 }", "{ op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1 }"),
        ("{ op = 'slice', end = 1 }", "'identity'"),
    ] {
        let graph = graph(&format!(
            "input = [3, 6, 6]\nlayers = [{{ name = 'x', op = 'conv2d', out_channels = 8, kernel_size = 1 }}, {view}, {of_view}, \
             {{ name = 'seen', op = 'identity' }}, {{ name = 'sum', op = 'add', broadcast = true, from = ['x', 'seen'] }}]"
        ));
        let plan = Plan::of(&graph, Blocks::NONE);
        let of_sum = plan.home(node(&graph, "sum"));
        let x = node(&graph, "x");
        assert!(of_sum != Home::InPlace(x), "{view}: {of_sum:?}");
    }
}

/// What a learned factor is done to, like a function.
#[test]
fn factors_of_channels_are_in_place() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [{ name = 'c', op = 'conv2d', out_channels = 8, kernel_size = 1 }, { name = 'p', op = 'prelu' }]",
    );
    let plan = Plan::of(&graph, Blocks::NONE);
    assert_eq!(plan.home(node(&graph, "p")), Home::InPlace(node(&graph, "c")));
}

/// Every node of every bundled network is computed by one step, after all that it takes, and no memory is used twice at once.
#[test]
fn the_plan_of_every_bundled_network_holds_together() {
    for network in bundled::BUNDLED {
        let description = Description::parse(network.name, network.text).unwrap();
        let graph = description.expand(&Options::default()).unwrap().graph;
        let plan = Plan::of(&graph, Blocks::NONE);
        let mut computed = vec![false; graph.len()];
        for (number, step) in plan.steps.iter().enumerate() {
            assert!(step.nodes.contains(&step.main), "{}", network.name);
            for &input in &step.inputs {
                let root = plan.root(input).unwrap();
                let lifetime = plan.lifetime(root).unwrap();
                assert!(lifetime.from <= number && number <= lifetime.to, "{}", network.name);
                let from = if plan.step_of(input).is_some() { input } else { viewed(&plan, input) };
                assert!(plan.step_of(from).is_none_or(|step| step < number), "{}", network.name);
            }
            for &id in &step.nodes {
                assert!(!std::mem::replace(&mut computed[id.index()], true), "{}", network.name);
            }
        }
        for (id, node) in graph.nodes() {
            let is_gone = node.operator().is_none_or(|op| op.is_view());
            assert_ne!(computed[id.index()], is_gone, "{} in {}", graph.path(id), network.name);
        }
    }
}

/// What a view looks at.
fn viewed(plan: &Plan, id: NodeId) -> NodeId {
    match plan.home(id) {
        Home::View(other) => viewed(plan, other),
        Home::Own | Home::InPlace(_) | Home::Within { .. } | Home::Nowhere => plan.passed(id),
    }
}
