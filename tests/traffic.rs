//! Bytes read, against brute force: what is read of an input is what its output is made from, element by element.

use candle_core::{DType, Device, Tensor};
use cnncost::counts::{Counts, Tally, Volume};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options};
use cnncost::run::{Weights, forward};
use cnncost::shape::{Element, ElementType};
use cnncost::{Analysis, analyze};
use proptest::prelude::*;

fn graph(text: &str) -> Option<Graph> {
    let description = Description::parse("test.toml", text).ok()?;
    description.expand(&Options::default()).ok().map(|network| network.graph)
}

/// Numbers that the last layer reads of its inputs, its weights apart.
fn read(graph: &Graph, analysis: &Analysis) -> u128 {
    let (id, _) = graph.nodes().last().unwrap();
    let counts = analysis.node(id).unwrap();
    counts.traffic.read.numbers - counts.params.total()
}

/// How many elements of the input change anything in the output of a network whose weights are all 1: as many samples as
/// there are elements, and one that is zeros; in each, another element is odd.
fn elements_that_matter(graph: &Graph, odd: f32) -> u128 {
    let (_, input) = graph.network_inputs().next().unwrap();
    let sizes: Vec<usize> = input.shape.dims().iter().map(|&size| usize::try_from(size).unwrap()).collect();
    let elements: usize = sizes.iter().product();
    let mut samples = vec![0f32; elements * (elements + 1)];
    for element in 0..elements {
        samples[element * elements + element] = odd;
    }
    let dims = [&[elements + 1], &*sizes].concat();
    let samples = Tensor::from_vec(samples, dims, &Device::Cpu).unwrap();
    let weights = Weights::made(graph, |_, weights| {
        let sizes =
            |dims: Vec<u64>| dims.into_iter().map(|size| usize::try_from(size).unwrap()).collect::<Vec<_>>();
        weights.iter().map(|weight| Tensor::ones(sizes(weight.dims()), DType::F32, &Device::Cpu)).collect()
    });
    let outputs = forward(graph, vec![samples], &weights.unwrap(), |_, _| ()).unwrap();
    let outputs = outputs[0].1.flatten_from(1).unwrap().to_vec2::<f32>().unwrap();
    let (zeros, others) = outputs.split_last().unwrap();
    // A NaN is equal to nothing.
    others.iter().filter(|output| *output != zeros).count() as u128
}

/// Padding of each kind, less than `most` on each side where it is a number.
fn padding(most: u64) -> impl Strategy<Value = String> {
    let side = move || 0..most;
    prop_oneof![
        side().prop_map(|both| both.to_string()),
        (side(), side(), side()).prop_map(|(before, after, both)| format!("[[{before}, {after}], {both}]")),
        prop_oneof![Just("'same_upper'"), Just("'half'")].prop_map(str::to_owned),
    ]
}

/// One layer that touches part of what it takes, and the odd number that shows itself in whatever is made from it.
fn layer() -> impl Strategy<Value = (String, f32)> {
    let window = || (1u64..4, 1u64..5, padding(3), 1u64..4);
    let pool = |op: &'static str| {
        (1u64..4, 1u64..5, padding(2), any::<bool>()).prop_map(move |(kernel, stride, padding, ceil)| {
            let norm = if op == "lp_pool2d" { ", norm_type = 1" } else { "" };
            format!(
                "op = '{op}', kernel_size = [{kernel}, 2], stride = [{stride}, 3], ceil_mode = {ceil}, padding = {padding}{norm}"
            )
        })
    };
    // Large, so that it is the largest and lost in no sum; but bilinear and bicubic weights may be 0, which is times a NaN a NaN.
    let odd = |layer: String| {
        let odd = if layer.contains("bilinear") || layer.contains("bicubic") { f32::NAN } else { 1e9 };
        (layer, odd)
    };
    prop_oneof![
        (window(), prop_oneof![Just("zeros"), Just("reflect"), Just("replicate"), Just("circular")]).prop_map(
            |((kernel, stride, padding, dilation), mode)| format!(
                "op = 'conv2d', out_channels = 2, kernel_size = [{kernel}, 2], stride = [{stride}, 2], padding = {padding}, \
                 dilation = {dilation}, padding_mode = '{mode}'"
            )
        ),
        window().prop_map(|(kernel, stride, padding, dilation)| format!(
            "op = 'conv_transpose2d', out_channels = 2, kernel_size = [{kernel}, 1], stride = [{stride}, 2], \
             padding = {padding}, dilation = {dilation}"
        )),
        Just("op = 'conv2d', out_channels = 2, kernel_size = 1, bias = false, connections = [[1], [1]]".to_owned()),
        pool("avg_pool2d"),
        pool("lp_pool2d"),
        pool("max_pool2d"),
        (-3i64..4, -3i64..4, -3i64..4, prop_oneof![Just("constant"), Just("reflect"), Just("replicate")]).prop_map(
            |(left, right, top, mode)| {
                format!("op = 'pad', padding = [{left}, {right}, {top}, 0], mode = '{mode}'")
            }
        ),
        (1u64..9, 1u64..9).prop_map(|(height, width)| format!("op = 'upsample', size = [{height}, {width}]")),
        (1u64..9, 1u64..9, any::<bool>(), prop_oneof![Just("bilinear"), Just("bicubic")]).prop_map(
            |(height, width, align, mode)| format!(
                "op = 'upsample', mode = '{mode}', size = [{height}, {width}], align_corners = {align}"
            )
        ),
        (1u64..30, 1u64..30, prop_oneof![Just("nearest"), Just("bilinear"), Just("bicubic")]).prop_map(|(height, width, mode)| {
            let [height, width] = [height, width].map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
            format!("op = 'upsample', scale_factor = [{height}, {width}], mode = '{mode}'")
        }),
        (2i64..4, 0i64..3, 1u64..4)
            .prop_map(|(dim, start, step)| format!("op = 'slice', dim = {dim}, start = {start}, step = {step}")),
        (2i64..4, 0i64..3).prop_map(|(dim, index)| format!("op = 'select', dim = {dim}, index = {index}")),
        (1i64..4, prop::collection::vec(0u64..2, 1..5))
            .prop_map(|(dim, index)| format!("op = 'index_select', dim = {dim}, index = {index:?}")),
        (-5i64..5).prop_map(|shift| format!("op = 'roll', shifts = [{shift}], dims = [2]")),
        Just("op = 'expand', shape = [2, 3, -1, -1]".to_owned()),
        (1u64..6, 1u64..6).prop_map(|(height, width)| format!(
            "op = 'adaptive_avg_pool2d', output_size = [{height}, {width}]"
        )),
    ]
    .prop_map(odd)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_read_is_what_is_touched((layer, odd) in layer(), height in 1u64..15, width in 2u64..6) {
        let Some(graph) = graph(&format!("input = [2, {height}, {width}]\nlayers = [{{ {layer} }}]")) else {
            return Ok(());
        };
        let analysis = analyze(&graph).unwrap();
        prop_assert_eq!(read(&graph, &analysis), elements_that_matter(&graph, odd), "{}", layer);
        // Of a batch, each sample has its own.
        let of_three = read(&graph, &analyze(&graph).unwrap().at(3).unwrap());
        prop_assert_eq!(of_three, 3 * read(&graph, &analysis));
    }
}

/// Bytes read by the only layer of a network whose numbers have one, its weights among them.
fn read_in_all(input: &str, layer: &str, batch: u64) -> u128 {
    let graph = graph(&format!("input = {input}\nlayers = [{{ {layer} }}]")).unwrap();
    analyze(&graph).unwrap().at(batch).unwrap().total().traffic.read.bytes(ElementType::I8)
}

/// A row for each index, and no row twice: the indices, of eight bytes each, say which at most.
#[test]
fn an_embedding_reads_the_rows_it_looks_up() {
    let table = "op = 'embedding', num_embeddings = 30000, embedding_dim = 300";
    assert_eq!(read_in_all("[128]", table, 1), 8 * 128 + 128 * 300);
    assert_eq!(read_in_all("[128]", table, 10), 8 * 1280 + 1280 * 300);
    assert_eq!(read_in_all("[128]", table, 1000), 8 * 128_000 + 30_000 * 300);
    let small = "op = 'embedding', num_embeddings = 3, embedding_dim = 2";
    assert_eq!(read_in_all("[7]", small, 1), 8 * 7 + 3 * 2);
    assert_eq!(read_in_all("[9007199254740992]", small, 9_007_199_254_740_992), (1 << 109) + 6);
}

/// One analysis serves every batch, and what is in a box is what its nodes come to: rows of a table that have all been read
/// cost nothing more.
#[test]
fn boxes_add_up_at_every_batch() {
    let text = "input = [7]\n\
                layers = [{ merge = 'add', branches = {\n\
                  small = [{ use = 'look', rows = 10 }],\n\
                  large = [{ use = 'look', rows = 20 }],\n\
                } }, { op = 'relu' }]\n\
                [blocks.look]\n\
                params = ['rows']\n\
                layers = [\n\
                  { op = 'embedding', num_embeddings = 'rows', embedding_dim = 4 },\n\
                  { op = 'linear', out_features = 3 },\n\
                ]";
    let graph = graph(text).unwrap();
    let one = analyze(&graph).unwrap();
    let rows = |batch: u128| (4 * 10.min(7 * batch), 4 * 20.min(7 * batch));
    for batch in [1u8, 2, 3, 100] {
        let analysis = one.at(batch.into()).unwrap();
        assert_eq!(analysis, one.at(1000).unwrap().at(batch.into()).unwrap());
        for (id, scope) in graph.scopes() {
            let nodes = scope.nodes().map(|node| *analysis.node(node).unwrap());
            let sum = nodes.fold(Counts::default(), |sum, counts| sum.plus(counts).unwrap());
            assert_eq!(*analysis.scope(id), sum, "{} at {batch}", graph.scope_path(id));
        }
        let batch = u128::from(batch);
        let [tables, indices, weights] = [rows(batch).0 + rows(batch).1, 2 * 7 * batch, 2 * 15];
        let [linear, added] = [2 * 7 * 4 * batch, 3 * 7 * 3 * batch];
        let read = Volume { numbers: tables + weights + linear + added, fixed_bytes: 8 * indices };
        assert_eq!(analysis.total().traffic.read, read);
    }
}

#[test]
fn chosen_rows_are_read_once_however_often_they_are_taken() {
    assert_eq!(read_in_all("[1000, 64]", "op = 'index_select', dim = 1, index = [0, 1]", 1), 128);
    assert_eq!(read_in_all("[1000, 64]", "op = 'index_select', dim = 1, index = [7, 7, 7, 2]", 1), 128);
}

/// The shortcut of a ResNet looks at every fourth pixel. Weights are read once for a batch, whole: those that meet nothing but
/// padding among them, as multiplications with padding are counted.
#[test]
fn a_stride_skips_what_its_window_does_not_reach() {
    let shortcut = "op = 'conv2d', out_channels = 8, kernel_size = 1, stride = 2, bias = false";
    assert_eq!(read_in_all("[4, 56, 56]", shortcut, 1), 4 * 28 * 28 + 32);
    assert_eq!(read_in_all("[4, 56, 56]", shortcut, 3), 3 * 4 * 28 * 28 + 32);
    let corner = "op = 'conv2d', out_channels = 1, kernel_size = 3, padding = 1, bias = false";
    assert_eq!(read_in_all("[1, 1, 1]", corner, 1), 1 + 9);
}

/// Indices are of 64 bits on their way to the table; a tensor that is computed with too, or comes out, is of the network's
/// numbers.
#[test]
fn only_what_is_looked_up_alone_is_of_whole_numbers() {
    let table = "{ name = 'table', op = 'embedding', num_embeddings = 9, embedding_dim = 2 }";
    let fixed = |layers: &str| {
        let graph = graph(&format!("input = [6]\nlayers = [{layers}]")).unwrap();
        let fixed = graph.nodes().filter(|(_, node)| node.element == Element::Fixed(ElementType::I64));
        let nodes: Vec<_> = fixed.map(|(_, node)| node.name.to_string()).collect();
        nodes.join(" ")
    };
    let moved = "{ name = 'pairs', op = 'reshape', shape = [3, 2] }";
    assert_eq!(fixed(table), "input");
    assert_eq!(fixed(&format!("{moved}, {table}")), "input pairs");
    assert_eq!(fixed(&format!("{moved}, {table}, {{ op = 'relu' }}")), "input pairs");
    assert_eq!(fixed(&format!("{{ op = 'relu' }}, {table}")), "");
    let both = "merge = 'add', branches = { a = [{ op = 'linear', out_features = 6 }], \
                b = [{ op = 'embedding', num_embeddings = 9, embedding_dim = 1 }, { op = 'flatten' }] }";
    assert_eq!(fixed(&format!("{{ {both} }}")), "");
    assert_eq!(fixed("{ op = 'relu' }"), "");
}
