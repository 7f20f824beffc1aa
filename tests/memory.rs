//! Traffic and peak memory: the lecture's figures, a block worked out by hand, and a naive simulation of every network.

use std::collections::BTreeSet;

use cnncost::analyze;
use cnncost::graph::{Graph, NodeId};
use cnncost::read::{Description, Options, bundled};
use cnncost::shape::ElementType;

const F32: ElementType = ElementType::F32;

fn graph(text: &str) -> Graph {
    Description::parse("test.toml", text).unwrap().expand(&Options::default()).unwrap().graph
}

/// Bytes read and written in f32.
fn traffic(graph: &Graph, batch: u64) -> u128 {
    analyze(graph).unwrap().at(batch).unwrap().total().traffic.total().bytes(F32)
}

/// The lecture's pair without biases: 9.677 times fewer multiplications, but only 1.520 times less traffic; from a batch of
/// 6 on, the bottleneck moves more.
#[test]
fn the_lectures_pair_moves_what_it_is_said_to() {
    let conv = |out, k, padding| {
        format!(
            "{{ op = 'conv2d', out_channels = {out}, kernel_size = {k}, padding = {padding}, bias = false }}"
        )
    };
    let network =
        |layers: &[String]| graph(&format!("input = [192, 28, 28]\nlayers = [{}]", layers.join(", ")));
    let direct = network(&[conv(32, 5, 2)]);
    let bottleneck = network(&[conv(16, 1, 0), conv(32, 5, 2)]);
    assert_eq!(traffic(&direct, 1), 1_316_864);
    assert_eq!(traffic(&bottleneck, 1), 866_304);
    let moves_more = (1..20).find(|&batch| traffic(&bottleneck, batch) > traffic(&direct, batch));
    assert_eq!(moves_more, Some(6));
    let analysis = analyze(&direct).unwrap();
    assert_eq!(analysis.memory.peak(F32), 602_112 + 100_352);
}

/// What is written at one place costs what each instance of it costs: by the tensors that come in, and the weights it owns.
#[test]
fn instances_of_a_block_cost_what_each_costs() {
    let graph = graph(
        "input = [4, 6, 6]\n\
         layers = [\n\
           { name = 'a', op = 'relu' },\n\
           { name = 'b', op = 'relu' },\n\
           { use = 'sum', from = ['a', 'a'] },\n\
           { name = 'own', use = 'sum', from = ['a', 'b'] },\n\
           { use = 'sum', from = ['a', 'b'], weights = 'own' },\n\
           { use = 'sum', from = ['a', 'b'], frozen = true },\n\
           { use = 'sum', from = ['a', 'b'] },\n\
         ]\n\
         [blocks.sum]\n\
         inputs = ['x', 'y']\n\
         layers = [\n\
           { op = 'add', from = ['x', 'y'] },\n\
           { op = 'conv2d', out_channels = 4, kernel_size = 1, bias = false },\n\
         ]\n",
    );
    let analysis = analyze(&graph).unwrap();
    let of = |operator| {
        let nodes = graph.nodes().filter(move |(_, node)| node.operator_name() == operator);
        nodes.map(|(id, _)| *analysis.node(id).unwrap())
    };
    let read: Vec<_> = of("add").map(|counts| counts.traffic.read.numbers).collect();
    assert_eq!(read, [144, 288, 288, 288, 288]);
    let params: Vec<_> = of("conv2d").map(|counts| (counts.params.trainable, counts.params.frozen)).collect();
    assert_eq!(params, [(16, 0), (16, 0), (0, 0), (0, 16), (16, 0)]);
    assert_eq!((analysis.total().params.trainable, analysis.total().params.frozen), (48, 16));
}

/// A residual block: the shortcut stays alive over the body; a view takes nothing; an input that two nodes take is read
/// by both, and one that a node takes twice is read once.
#[test]
fn a_residual_block_by_hand() {
    let graph = graph(
        "input = [4, 6, 6]\n\
         layers = [\n\
           { name = 'stem', op = 'conv2d', out_channels = 8, kernel_size = 1, bias = false },\n\
           { name = 'sum', merge = 'add', branches = { body = [\n\
             { name = 'wide', op = 'conv2d', out_channels = 32, kernel_size = 1 },\n\
             { name = 'relu', op = 'relu' },\n\
             { name = 'narrow', op = 'conv2d', out_channels = 8, kernel_size = 1, bias = false },\n\
           ], shortcut = [] } },\n\
           { name = 'drop', op = 'dropout' },\n\
           { name = 'double', op = 'add', from = ['drop', 'drop'] },\n\
           { name = 'flat', op = 'flatten' },\n\
         ]",
    );
    let analysis = analyze(&graph).unwrap();
    let of = |path: &str| graph.nodes().find(|&(id, _)| graph.path(id) == path).unwrap().0;
    let (c4, c8, c32) = (4 * 36, 8 * 36, 32 * 36);
    let live = [
        "input",
        "stem",
        "sum/body/wide",
        "sum/body/relu",
        "sum/body/narrow",
        "sum/add",
        "drop",
        "double",
        "flat",
    ]
    .map(|path| analysis.memory.live(of(path)).numbers);
    let expected = [c4, c4 + c8, c8 + c32, c8 + 2 * c32, c8 + c32 + c8, 3 * c8, c8, 2 * c8, c8];
    assert_eq!(live, expected);
    let moved = ["stem", "sum/body/wide", "sum/add", "drop", "double", "flat"]
        .map(|path| analysis.node(of(path)).unwrap().traffic)
        .map(|traffic| (traffic.read.numbers, traffic.written.numbers));
    let expected = [(c4 + 32, c8), (c8 + 8 * 32 + 32, c32), (2 * c8, c8), (0, 0), (c8, c8), (0, 0)];
    assert_eq!(moved, expected);
    assert_eq!(analysis.memory.peak_at(&graph, F32), Some(of("sum/body/relu")));
    let alive: Vec<_> =
        analysis.memory.alive_at(&graph, of("sum/body/relu")).into_iter().map(|(id, _)| id).collect();
    assert_eq!(alive, ["stem", "sum/body/wide", "sum/body/relu"].map(of));
}

/// What is alive at each step, found anew at each by asking of every tensor who still wants it.
fn simulated(graph: &Graph, batch: u128) -> Vec<u128> {
    let memory_of = |id: NodeId| {
        let mut id = id;
        while graph.node(id).operator().is_some_and(|op| op.is_view()) {
            id = graph.inputs(id).next().unwrap();
        }
        id
    };
    let inputs: BTreeSet<NodeId> = graph.network_inputs().map(|(id, _)| id).collect();
    // What an input leads to; of all else there is one for all samples.
    let mut reached = inputs.clone();
    for (id, _) in graph.nodes() {
        if graph.inputs(id).any(|input| reached.contains(&input)) {
            reached.insert(id);
        }
    }
    let numbers_of =
        |id: NodeId, numbers: u128| if reached.contains(&id) { numbers * batch } else { numbers };
    let outputs: BTreeSet<NodeId> = graph.outputs().iter().map(|&(_, id)| memory_of(id)).collect();
    graph
        .nodes()
        .map(|(now, node)| {
            let inside = node
                .operator()
                .map_or(0, |op| op.inside(&graph.input_shapes(now), &node.shape).evaluate().unwrap());
            let made = |id: NodeId| id <= now || inputs.contains(&id);
            let wanted = |id: NodeId| {
                let takes = |(user, _): (NodeId, _)| {
                    user >= now && (user == id || graph.inputs(user).any(|input| memory_of(input) == id))
                };
                outputs.contains(&id) || graph.nodes().any(takes)
            };
            let alive = graph.nodes().filter(|&(id, _)| memory_of(id) == id && made(id) && wanted(id));
            alive.map(|(id, node)| numbers_of(id, node.shape.elements())).sum::<u128>()
                + numbers_of(now, inside)
        })
        .collect()
}

#[test]
fn every_small_network_is_as_simulated() {
    let mut compared = 0;
    for file in bundled::BUNDLED {
        let description = Description::parse(file.name, file.text).unwrap();
        let graph = description.expand(&Options::default()).unwrap().graph;
        // Asking takes the cube of the nodes.
        if graph.len() <= 150 {
            assert_eq!(
                analyze(&graph).unwrap().at(3).unwrap().memory.timeline(F32),
                simulated(&graph, 3).into_iter().map(|numbers| 4 * numbers).collect::<Vec<_>>(),
                "{}",
                file.name
            );
            compared += 1;
        }
    }
    assert!(compared > 10, "only {compared} networks were compared");
}

/// Attention, and the same with its matrix products written out.
fn attention(tokens: u64, channels: u64, heads: u64) -> [Graph; 2] {
    let (size, all) = (channels / heads, 3 * channels);
    [
        graph(&format!(
            "input = [{tokens}, {channels}]\n\
             layers = [{{ name = 'attention', op = 'multi_head_attention', num_heads = {heads} }}]"
        )),
        graph(&format!(
            "input = [{tokens}, {channels}]\n\
             layers = [\n\
               {{ op = 'linear', out_features = {all} }},\n\
               {{ op = 'reshape', shape = [{tokens}, 3, {heads}, {size}] }},\n\
               {{ name = 'heads', op = 'permute', dims = [0, 2, 3, 1, 4] }},\n\
               {{ name = 'q', op = 'select', dim = 1, index = 0, from = 'heads' }},\n\
               {{ op = 'select', dim = 1, index = 1, from = 'heads' }},\n\
               {{ name = 'k', op = 'permute', dims = [0, 1, 3, 2] }},\n\
               {{ name = 'v', op = 'select', dim = 1, index = 2, from = 'heads' }},\n\
               {{ op = 'matmul', from = ['q', 'k'] }},\n\
               {{ op = 'affine', mul = 0.35 }},\n\
               {{ name = 'softmax', op = 'softmax', dim = -1 }},\n\
               {{ op = 'matmul', from = ['softmax', 'v'] }},\n\
               {{ op = 'permute', dims = [0, 2, 1, 3] }},\n\
               {{ op = 'reshape', shape = [{tokens}, {channels}] }},\n\
               {{ op = 'linear', out_features = {channels} }},\n\
             ]"
        )),
    ]
}

/// The scores before and after a step, and of three tensors of tokens × channels, one or another.
#[test]
fn attention_takes_what_it_takes_written_out() {
    let peaks = |tokens, channels, heads, batch| {
        attention(tokens, channels, heads)
            .map(|graph| analyze(&graph).unwrap().at(batch).unwrap().memory.peak(F32))
    };
    assert_eq!(peaks(4096, 64, 8, 1), [1_076_887_552; 2]);
    assert_eq!(peaks(1024, 64, 8, 1), [67_895_296; 2]);
    assert_eq!(peaks(1024, 64, 8, 5), [5 * 67_895_296; 2]);
    for (tokens, channels, heads) in [(16, 64, 1), (64, 64, 1), (64, 128, 2), (197, 768, 12), (50, 20, 20)] {
        let [whole, written] = peaks(tokens, channels, heads, 1);
        // Where scores are few, what is reshaped is copied once more in the form that is written out.
        assert!(
            whole <= written && written <= whole + 2 * whole / 3,
            "{tokens}×{channels}: {whole}, {written}"
        );
    }
}

/// Of a query of 5 tokens and a key of 7, with 2 heads and 8 channels.
#[test]
fn what_attention_holds_by_hand() {
    let network = graph(
        "inputs = { q = [5, 8], k = [7, 8], v = [7, 8] }\n\
         layers = [{ op = 'multi_head_attention', num_heads = 2, from = ['q', 'k', 'v'] }]",
    );
    let memory = analyze(&network).unwrap().at(3).unwrap().memory;
    let last = network.outputs()[0].1;
    let (query, key, scores) = (5 * 8, 7 * 8, 2 * 5 * 7);
    assert_eq!(memory.inside(last).numbers, 3 * (query + 2 * key + scores));
    assert_eq!(memory.tensors(last).numbers, 3 * (2 * query + 2 * key));
    assert_eq!(memory.peak(F32), memory.live(last).bytes(F32));
}

/// What is held of a sequence is held of each; a mask and the channels of a key add nothing.
#[test]
fn what_attention_of_windows_holds_by_hand() {
    let held = |inputs: &str, layer: &str| {
        let network = graph(&format!("inputs = {{ {inputs} }}\nlayers = [{{ op = {layer} }}]"));
        let memory = analyze(&network).unwrap().at(3).unwrap().memory;
        memory.inside(network.outputs()[0].1).numbers
    };
    let (query, key, scores) = (5 * 8, 7 * 8, 2 * 5 * 7);
    let windows = "q = [4, 5, 8], k = [4, 7, 6], v = [4, 7, 3], m = [2, 5, 7]";
    let layer = "'multi_head_attention', num_heads = 2, kdim = 6, vdim = 3, from = ['q', 'k', 'v', 'm']";
    assert_eq!(held(windows, layer), 3 * 4 * (query + 2 * key + scores));
    // Without projections, the scores before and after a step, of which one is where there will be the output.
    let heads = "q = [2, 5, 4], k = [2, 7, 4], v = [2, 7, 3]";
    let layer = "'scaled_dot_product_attention', from = ['q', 'k', 'v']";
    assert_eq!(held(heads, layer), 3 * (2 * scores - 2 * 5 * 3));
}

/// A chain of layers in one operator keeps what stands between them, and its input until it is done.
#[test]
fn layers_of_a_recurrent_network_take_what_a_chain_of_them_takes() {
    for (op, of_step) in [("lstm", 4 + 2), ("gru", 3 + 1), ("rnn", 1 + 1)] {
        let peak = |layers: &str| {
            let graph = graph(&format!("input = [40, 16]\nlayers = [{layers}]"));
            analyze(&graph).unwrap().memory.peak(F32) / 4
        };
        let layer = format!("{{ op = '{op}', hidden_size = 16, bidirectional = true }}");
        let (input, sequence, step) = (40 * 16, 40 * 32, of_step * 16);
        assert_eq!(peak(&layer), input + sequence + step);
        let written = peak(&format!("{layer}, {layer}, {layer}"));
        let whole = peak(&layer.replace(" }", ", num_layers = 3 }"));
        assert_eq!((written, whole), (2 * sequence + step, written + input), "{op}");
    }
}

/// What a state is projected to is held beside it, and is what goes on to the next layer.
#[test]
fn projected_states_are_what_layers_keep() {
    let peak = |settings: &str| {
        let graph =
            graph(&format!("input = [40, 16]\nlayers = [{{ op = 'lstm', hidden_size = 16, {settings} }}]"));
        analyze(&graph).unwrap().memory.peak(F32) / 4
    };
    let (input, step) = (40 * 16, (4 + 2) * 16 + 8);
    assert_eq!(peak("proj_size = 8"), input + 40 * 8 + step);
    assert_eq!(peak("proj_size = 8, num_layers = 2"), input + 2 * 40 * 8 + step);
}

/// A mean, a sum or a maximum of each group is a few numbers.
#[test]
fn norms_and_softmax_hold_nothing_inside() {
    for layer in
        ["layer_norm", "instance_norm2d", "batch_norm2d", "softmax", "log_softmax", "local_response_norm"]
    {
        let size = if layer == "local_response_norm" { ", size = 5" } else { "" };
        let graph = graph(&format!("input = [8, 6, 6]\nlayers = [{{ op = '{layer}'{size} }}]"));
        assert_eq!(analyze(&graph).unwrap().memory.peak(F32), 4 * 2 * 8 * 36, "{layer}");
    }
}
