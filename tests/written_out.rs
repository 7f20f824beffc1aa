//! What the language writes out: lists and `for`, copies that differ or share, short forms, tensors that have names.

use cnncost::graph::{Graph, NodeId};
use cnncost::read::Options;

#[path = "common/expanding.rs"]
mod expanding;

use expanding::{expand, graph, inputs, net, options, output, paths, refused};

/// Every node: its path, what it is, its shape, what it takes.
fn nodes(graph: &Graph) -> Vec<String> {
    let names = |id: NodeId| graph.inputs(id).map(|input| graph.path(input)).collect::<Vec<_>>().join(", ");
    let node = |(id, node): (NodeId, &cnncost::graph::Node)| {
        let op = node.operator().map(|op| format!("{op:?}"));
        format!("{} {op:?} {} ({})", graph.path(id), node.shape, names(id))
    };
    graph.nodes().map(node).collect()
}

fn are_same(short: &str, long: &str) {
    assert_eq!(nodes(&graph(short)), nodes(&graph(long)), "{short}\n{long}");
}

const CONV: &str = "op = 'conv2d', kernel_size = 1";

#[test]
fn words_are_operators_or_blocks() {
    are_same(&net("'relu', 'flatten'"), &net("{ op = 'relu' }, { op = 'flatten' }"));
    let block = "\n[blocks.relu]\nlayers = ['tanh']\n";
    assert_eq!(paths(&(net("'relu', { op = 'relu' }") + block)), ["relu_1/tanh_1", "relu_2"]);
}

#[test]
fn a_merge_may_be_the_key_of_its_branches() {
    for merge in ["add", "mul", "concat"] {
        let branches = "{ a = ['relu'], b = { layers = ['tanh'], when = 'in > 3' } }";
        are_same(
            &net(&format!("{{ {merge} = {branches} }}")),
            &net(&format!("{{ merge = '{merge}', branches = {branches} }}")),
        );
        are_same(
            &net(&format!("{{ {merge} = ['relu', 'tanh'] }}")),
            &net(&format!("{{ merge = '{merge}', branches = {{ x = [], body = ['relu', 'tanh'] }} }}")),
        );
    }
    are_same(
        &net("{ concat = ['relu'], dim = 2 }"),
        &net("{ merge = 'concat', dim = 2, branches = { x = [], body = ['relu'] } }"),
    );
    let block = |body: &str| net("'b'") + "\n[blocks.b]\n" + body;
    are_same(
        &block("add.a = ['relu']\nadd.b = []\n"),
        &block("merge = 'add'\nbranches = { a = ['relu'], b = [] }\n"),
    );
    are_same(&block("mul = ['relu']\n"), &block("merge = 'mul'\nbranches = { x = [], body = ['relu'] }\n"));
    // Settings of an operator are not merges.
    assert_eq!(paths(&net("{ op = 'affine', mul = 2, add = 1 }")), ["affine_1"]);
}

#[test]
fn lists_are_parameters_and_arguments() {
    let text = format!(
        "input = [8, 6, 6]\nparams = {{ widths = [4, 5] }}\nvariants = [{{ name = 'wide', set = {{ widths = [6, 7, 9] }} }}]
         layers = [{{ for = {{ c = 'widths' }}, {CONV}, out_channels = 'c' }}, {{ use = 'b', sizes = ['len(widths)', 2] }}]
         [blocks.b]\nparams = ['sizes']\ndefaults = {{ more = [1, 'sizes[0]'] }}
         layers = [{{ {CONV}, out_channels = 'sum(sizes)*more[1]' }}]\n",
    );
    let shape = |options: &Options| {
        let graph = expand(&text, options).unwrap();
        (graph.len(), graph.node(graph.outputs()[0].1).shape.to_string())
    };
    assert_eq!(shape(&Options::default()), (4, "8×6×6".to_owned()));
    assert_eq!(shape(&options(&[("widths", "3")])), (3, "3×6×6".to_owned()));
    assert_eq!(shape(&options(&[("widths", "3,4, 5,6")])), (6, "24×6×6".to_owned()));
    let wide = Options { variant: Some("wide".to_owned()), ..Options::default() };
    assert_eq!(shape(&wide), (5, "15×6×6".to_owned()));
    for wrong in ["a", "3,x", "true", ""] {
        let error = expand(&text, &options(&[("widths", wrong)])).unwrap_err();
        assert!(error.contains("`widths` is a list of numbers, and cannot be"), "{error}");
    }
}

#[test]
fn settings_that_are_lists_may_be_expressions() {
    assert_eq!(
        output(
            "input = [8, 6, 4]\nparams = { order = [0, 3, 1, 2], k = [3, 1] }\n\
                layers = [{ op = 'permute', dims = 'order' }, { op = 'conv2d', out_channels = 2, kernel_size = 'k' }]"
        ),
        "2×6×6"
    );
}

#[test]
fn an_item_is_written_out_for_each_element() {
    are_same(
        &net(
            "{ for = { c = [4, 5], k = [1, 3] }, name = 'conv{c}', op = 'conv2d', out_channels = 'c', kernel_size = 'k' }, { op = 'relu', from = 'conv4' }",
        ),
        &net(
            "{ name = 'conv4', op = 'conv2d', out_channels = 4, kernel_size = 1 }, { name = 'conv5', op = 'conv2d', out_channels = 5, kernel_size = 3 }, { op = 'relu', from = 'conv4' }",
        ),
    );
    // Without an expression in its name, the copies are numbered in a box.
    assert_eq!(
        paths(&net(
            "{ for = { n = [2, 0, 1] }, name = 's', layers = [{ op = 'relu', repeat = 'n' }, 'tanh'] }"
        )),
        ["s/0/relu_1/0", "s/0/relu_1/1", "s/0/tanh_1", "s/1/tanh_1", "s/2/relu_1/0", "s/2/tanh_1"]
    );
    // `i` counts; what is inside sees the elements of what is around.
    assert_eq!(
        output(&net(&format!(
            "{{ for = {{ a = [1, 10] }}, layers = [{{ for = {{ b = 'range(3)' }}, {CONV}, out_channels = 'a*(b + 1) + i' }}] }}"
        ))),
        "32×6×6"
    );
    // A list of none is as if left out.
    assert_eq!(
        paths(&net("'relu', { for = { n = 'range(0)' }, op = 'tanh' }, 'relu'")),
        ["relu_1", "relu_2"]
    );
}

#[test]
fn each_copy_takes_its_own_from() {
    let text = net("{ for = { n = [0, 1, 2] }, name = 'a{n}', op = 'relu', from = 'input' }, \
                    { for = { n = [2, 1] }, name = 'b{n}', op = 'tanh', from = 'a{n - 1}' }, { op = 'concat', from = ['a*', 'b*'] }");
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "b2"), ["a1"]);
    assert_eq!(inputs(&graph, "b1"), ["a0"]);
    assert_eq!(inputs(&graph, "concat_1"), ["a0", "a1", "a2", "b2", "b1"]);
}

#[test]
fn branches_are_written_out_side_by_side() {
    let written = net("{ concat = { x = [], far = { for = { d = [1, 2] }, when = 'd < 9', layers = [{ op = 'relu', repeat = 'd' }] }, 'k{j}' = { for = { j = [7] }, layers = ['tanh'] } } }"
        .replace("'k{j}'", "\"k{j}\"").as_str());
    assert_eq!(
        paths(&written),
        [
            "concat_1/far/0/relu_1/0",
            "concat_1/far/1/relu_1/0",
            "concat_1/far/1/relu_1/1",
            "concat_1/k7/tanh_1",
            "concat_1/concat"
        ]
    );
    assert_eq!(inputs(&graph(&written), "concat_1/concat")[0], "input");
}

#[test]
fn the_first_copy_may_have_its_own_settings() {
    are_same(
        &net(
            "{ name = 'c', op = 'conv2d', out_channels = 4, kernel_size = 1, repeat = 3, first = { stride = 2, out_channels = 6 } }",
        ),
        &net(
            "{ name = 'c', op = 'conv2d', out_channels = 'if(i == 0, 6, 4)', kernel_size = 1, stride = 'if(i == 0, 2, 1)', repeat = 3 }",
        ),
    );
    let block = "\n[blocks.b]\nparams = ['n']\nlayers = [{ op = 'relu', repeat = 'n' }]\n";
    assert_eq!(
        paths(&(net("{ name = 'x', use = 'b', n = 1, repeat = 2, first = { n = 2 } }") + block)),
        ["x/0/relu_1/0", "x/0/relu_1/1", "x/1/relu_1/0"]
    );
    // An argument may be called so: it is no table.
    let block = "\n[blocks.b]\nparams = ['first', 'tied']\nlayers = [{ op = 'relu', when = 'first' }, { op = 'tanh', when = 'tied' }]\n";
    assert_eq!(
        paths(&(net("{ name = 'x', use = 'b', first = 'i == 0', tied = true, repeat = 2 }") + block)),
        ["x/0/relu_1", "x/0/tanh_1", "x/1/tanh_1"]
    );
}

fn params(graph: &Graph) -> u128 {
    cnncost::analyze(graph).unwrap().total().params.total()
}

#[test]
fn copies_may_share_the_weights_of_the_first() {
    let conv = "op = 'conv2d', out_channels = 8, kernel_size = 1, bias = false, repeat = 3";
    assert_eq!(params(&graph(&net(&format!("{{ {conv} }}")))), 3 * 64);
    assert_eq!(params(&graph(&net(&format!("{{ {conv}, tied = true }}")))), 64);
    assert_eq!(params(&graph(&net(&format!("{{ {conv}, tied = 'in > 9' }}")))), 3 * 64);
    let group = "{ repeat = 2, tied = true, layers = [{ op = 'conv2d', out_channels = 8, kernel_size = 1 }, 'relu'] }";
    assert_eq!(params(&graph(&net(group))), 72);
    let unlike =
        refused(&net("{ op = 'conv2d', out_channels = '2*in', kernel_size = 1, repeat = 2, tied = true }"));
    assert!(unlike.contains("the weights of the first copy cannot be used here"), "{unlike}");
}

#[test]
fn weights_may_be_those_of_an_outer_list() {
    let conv = "op = 'conv2d', out_channels = 8, kernel_size = 1";
    let text = net(&format!(
        "{{ name = 'a', {conv} }}, {{ layers = [{{ {conv}, weights = 'a' }}] }}, {{ for = {{ j = [1, 2] }}, name = 'b{{j}}', {conv}, weights = 'a' }}"
    ));
    assert_eq!(params(&graph(&text)), 72);
}

const SPLIT: &str = "\n[blocks.split]\ninputs = ['x*']\noutputs = ['y*', 'sum']
layers = [{ for = { j = 'range(len(x))' }, name = 'y{j}', op = 'relu', from = 'x{j}' }, { name = 'sum', op = 'add', from = 'y*' }]\n";

#[test]
fn outputs_are_taken_by_position_and_by_name() {
    let text = net(
        "'relu', { name = 's', use = 'split', from = ['input', 'previous'] }, 'concat', { name = 'one', op = 'tanh', from = 's.y1' }, { op = 'add', from = ['one', 's'] }",
    ) + SPLIT;
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "s/y0"), ["input"]);
    assert_eq!(inputs(&graph, "s/y1"), ["relu_1"]);
    assert_eq!(inputs(&graph, "concat_1"), ["s/y0", "s/y1", "s/sum"]);
    assert_eq!(inputs(&graph, "one"), ["s/y1"]);
    assert_eq!(inputs(&graph, "add_1"), ["one", "s/y0", "s/y1", "s/sum"]);
}

#[test]
fn a_block_may_have_several_outputs_at_the_end_of_the_network() {
    let graph = graph(&(net("{ use = 'split', from = ['input', 'input'] }") + SPLIT));
    let outputs: Vec<_> = graph.outputs().iter().map(|(name, id)| (&**name, graph.path(*id))).collect();
    assert_eq!(
        outputs,
        [("y0", "split_1/y0".to_owned()), ("y1", "split_1/y1".to_owned()), ("sum", "split_1/sum".to_owned())]
    );
}

#[test]
fn a_network_may_name_its_outputs() {
    let text = "input = [8, 6, 6]\noutputs = ['h*', 'sum']\nlayers = [{ for = { j = [2, 3] }, name = 'h{j}', op = 'relu', from = 'input' }, { name = 'sum', op = 'add', from = 'h*' }, 'tanh']\n";
    let graph = graph(text);
    let outputs: Vec<_> = graph.outputs().iter().map(|(name, id)| (&**name, graph.path(*id))).collect();
    assert_eq!(outputs, [("h2", "h2".to_owned()), ("h3", "h3".to_owned()), ("sum", "sum".to_owned())]);
    let unknown = refused("input = [8]\noutputs = ['x']\nlayers = ['relu']\n");
    assert!(unknown.contains("there is no item `x` in this list"), "{unknown}");
}

#[test]
fn of_all_there_may_be_one() {
    for op in ["add", "mul"] {
        let text = net(&format!(
            "{{ for = {{ j = [1] }}, name = 'a{{j}}', op = 'relu' }}, {{ name = 's', op = '{op}', from = 'a*' }}, {{ op = 'tanh', from = 's' }}"
        ));
        assert_eq!(paths(&text), ["a1", "tanh_1"]);
    }
    let named = refused(&net("{ name = 'a', op = 'relu' }, { op = 'add', from = 'a' }"));
    assert!(named.contains("takes 2 or more inputs, and gets 1"), "{named}");
}

#[test]
fn outputs_of_one_name_are_refused() {
    for layers in [
        "{ name = 's', side = [] }, { use = 'two' }",
        "{ name = 'b', side = ['relu'] }, 'relu', { use = 'two' }",
        "{ name = 'output', side = ['relu'] }, 'relu'",
    ] {
        let blocks = "\n[blocks.two]\noutputs = ['s', 'b']\nlayers = [{ name = 's', op = 'relu' }, { name = 'b', op = 'tanh' }]\n";
        let message = refused(&(net(layers) + blocks));
        assert!(message.contains("two outputs of the network are called"), "{message}");
    }
}

#[test]
fn the_next_copy_takes_as_many_outputs_as_it_has_inputs() {
    let block = "\n[blocks.layer]\noutputs = ['x', 'skip']\nlayers = [{ name = 'skip', op = 'tanh' }, { name = 'x', op = 'relu', from = 'input' }]\n";
    for copies in ["repeat = 3", "for = { n = [1, 2, 3] }"] {
        let text = net(&format!(
            "{{ name = 'l', use = 'layer', {copies} }}, {{ op = 'add', from = 'l/*/skip' }}, {{ op = 'add', from = ['l/0/x', 'l.x', 'l/1/skip'] }}"
        )) + block;
        let graph = graph(&text);
        assert_eq!(inputs(&graph, "l/2/x"), ["l/1/x"]);
        assert_eq!(inputs(&graph, "add_1"), ["l/0/skip", "l/1/skip", "l/2/skip"]);
        assert_eq!(inputs(&graph, "add_2"), ["l/0/x", "l/2/x", "l/1/skip"]);
    }
    let text = net(
        "'relu', { name = 'r', op = 'tanh', repeat = 2 }, { op = 'concat', from = 'r/*' }, { op = 'add', from = ['previous', 'previous'], repeat = 2 }",
    );
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "concat_1"), ["r/0", "r/1"]);
    assert_eq!(inputs(&graph, "add_1/1"), ["add_1/0", "add_1/0"]);
}

#[test]
fn any_number_of_inputs_may_come_in() {
    let block = "\n[blocks.b]\ninputs = ['deep', 'skip*', 'last']\nlayers = [{ op = 'concat', from = ['last', 'skip*', 'deep'] }, { op = 'conv2d', out_channels = '1 + len(skip)', kernel_size = 1 }]\n";
    let items = "{ name = 'a', op = 'relu' }, { name = 'b', op = 'tanh' }, { name = 'c', op = 'tanh' }, ";
    let text = |from: &str| net(&format!("{items}{{ name = 'x', use = 'b', from = [{from}] }}")) + block;
    assert_eq!(inputs(&graph(&text("'a', 'b', 'c', 'a'")), "x/concat_1"), ["a", "b", "c", "a"]);
    assert_eq!(output(&text("'a', 'b', 'c', 'a'")), "3×6×6");
    assert_eq!(output(&text("'a', 'b'")), "1×6×6");
    let few = refused(&text("'a'"));
    assert!(few.contains("takes at least 2 inputs, and gets 1"), "{few}");
}

#[test]
fn several_tensors_go_through_groups_and_branches() {
    let text =
        net("{ name = 'a', op = 'relu' }, { name = 'g', from = ['input', 'a'], layers = ['add', 'tanh'] }, \
                    { name = 'm', from = ['g', 'a'], concat = { one = ['mul'], two = ['sub'] } }");
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "g/add_1"), ["input", "a"]);
    assert_eq!(inputs(&graph, "m/one/mul_1"), ["g/tanh_1", "a"]);
    let two = "inputs = { a = [4], b = [4] }\nlayers = ['add']\n";
    assert_eq!(output(two), "4");
}

#[test]
fn sizes_of_tensors_that_have_a_name() {
    let text = "input = [3, 13, 9]\nlayers = [{ name = 'low', op = 'conv2d', out_channels = 4, kernel_size = 3 }, { op = 'max_pool2d', kernel_size = 2 },
                { op = 'upsample', size = ['h(low)', 'dim(low, 3)'] }, { op = 'conv2d', out_channels = 'in(low) + in(input)', kernel_size = 1 }]";
    assert_eq!(output(text), "7×11×7");
    let block = "input = [3, 8, 8]\nlayers = [{ name = 'a', op = 'max_pool2d', kernel_size = 2 }, { use = 'merge', from = ['input', 'a'] }]
                 [blocks.merge]\ninputs = ['low', 'high']\ndefaults = { wide = 'w(low)' }
                 layers = [{ name = 'up', op = 'upsample', size = ['h(low)', 'wide'], from = 'high' }, { op = 'add', from = ['low', 'up'] }]";
    assert_eq!(output(block), "3×8×8");
    assert_eq!(
        output(&net(
            "{ op = 'max_pool2d', kernel_size = 2 }, { op = 'upsample', size = ['2*h(previous)', 'w(input)'] }"
        )),
        "8×6×6"
    );
    let picked = net(
        "{ use = 'split', from = ['input', 'input'] }, { op = 'conv2d', from = 'split_1.sum', out_channels = \"2*h('split_1.y0')\", kernel_size = 1 }",
    ) + SPLIT;
    assert_eq!(output(&picked), "12×6×6");
}

#[test]
fn a_description_of_before_means_what_it_meant() {
    // An item called like a word that has come since; a parameter called like a function.
    let text = net(
        "{ name = 'previous', op = 'relu' }, 'tanh', { name = 'x', op = 'add', from = ['previous', 'tanh_1'] }",
    );
    assert_eq!(inputs(&graph(&text), "x"), ["previous", "tanh_1"]);
    let text = net(
        "{ name = 'previous', op = 'relu' }, 'tanh', { name = 'x', op = 'sigmoid', from = 'previous', repeat = 2 }",
    );
    assert_eq!(inputs(&graph(&text), "x/1"), ["x/0"]);
    assert_eq!(
        output(
            "input = [8, 6, 6]\nparams = { sum = 3, len = 2, range = 1, sqrt = 1, log2 = 1 }\nlayers = [{ op = 'conv2d', out_channels = 'sum*len*range*sqrt*log2', kernel_size = 1 }]"
        ),
        "6×6×6"
    );
}

#[test]
fn too_much_is_refused_at_once() {
    for layers in [
        "{ for = { n = 'range(10^9)' }, op = 'relu' }",
        "{ for = { a = 'range(10000)' }, layers = [{ for = { b = 'range(10000)' }, op = 'relu' }] }",
        "{ for = { a = 'range(10000)' }, op = 'relu', repeat = '1000*(a + 1)' }",
        "{ add = { a = { for = { a = 'range(10000)' }, layers = [{ op = 'relu', repeat = 10000 }] }, b = [] } }",
        "{ for = { a = 'range(4000)' }, layers = [{ op = 'relu', when = \"sum(range(10000)) > in\", repeat = 200 }] }",
    ] {
        let message = refused(&net(layers));
        assert!(["more than", "from 0 to"].iter().any(|part| message.contains(part)), "{layers}: {message}");
    }
    let doubling: String = (1..40)
        .map(|level| {
            let below = level - 1;
            format!("[blocks.b{level}]\noutputs = ['a', 'b']\ninputs = ['x', 'y']\nlayers = [{{ name = 'a', op = 'add' }}, {{ name = 'p', use = 'b{below}', from = ['x', 'a'] }}, {{ name = 'q', use = 'b{below}', from = 'p' }}, {{ name = 'b', op = 'add' }}]\n")
        })
        .collect();
    let leaf = "[blocks.b0]\noutputs = ['a', 'b']\ninputs = ['x', 'y']\nlayers = [{ name = 'a', op = 'relu', from = 'x' }, { name = 'b', op = 'relu', from = 'y' }]\n";
    let message = refused(&(net("{ use = 'b39', from = ['input', 'input'] }") + "\n" + &doubling + leaf));
    assert!(message.contains("more than"), "{message}");
}
