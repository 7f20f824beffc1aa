//! Receptive fields: those published for whole networks, and brute force over single axes.

use cnncost::analyze::receptive_field::{ReceptiveField, Seen, receptive_fields};
use cnncost::graph::{Graph, NodeId};
use cnncost::read::{Description, Options, bundled};
use proptest::prelude::*;

fn bundled_graph(name: &str) -> Graph {
    let (file, variant) = bundled::find(name).unwrap();
    let options = Options { variant, ..Options::default() };
    Description::parse(file.name, file.text).unwrap().expand(&options).unwrap().graph
}

fn graph(text: &str) -> Graph {
    Description::parse("test.toml", text).unwrap().expand(&Options::default()).unwrap().graph
}

/// What the output sees.
fn of_output(graph: &Graph) -> ReceptiveField {
    receptive_fields(graph).of(graph.outputs()[0].1).clone()
}

/// The path of the layer from which on the output sees everything.
fn everything_from(graph: &Graph) -> Option<String> {
    of_output(graph).everything.map(|id| graph.path(id))
}

/// The sizes in the table of TensorFlow's receptive_field package (tf.contrib), and those of torchvision's ResNets, which
/// have their stride in the 3×3 convolution.
#[test]
fn networks_see_what_is_published() {
    const FIGURES: [(&str, u128, i128); 11] = [
        ("vgg16", 212, 32),
        ("resnet50", 427, 32),
        ("resnet101", 971, 32),
        ("resnet152", 1451, 32),
        ("resnet50_v1", 483, 32),
        ("resnet101_v1", 1027, 32),
        ("resnet152_v1", 1507, 32),
        ("mobilenet_v1", 315, 32),
        ("inception_v3", 1311, 32),
        ("inception_mnist", 40, 4),
        ("alexnet", 195, 32),
    ];
    for (name, size, stride) in FIGURES {
        let graph = bundled_graph(name);
        let field = of_output(&graph);
        assert!(field.everything.is_some() && !field.misaligned, "{name}");
        assert_eq!(field.axes.len(), 2, "{name}");
        for seen in field.axes {
            assert_eq!((seen.size, seen.stride), (size, (stride, 1)), "{name}");
        }
    }
}

fn field(graph: &Graph, path: &str) -> ReceptiveField {
    let (id, _) = graph.nodes().find(|&(id, _)| graph.path(id) == path).unwrap();
    receptive_fields(graph).of(id).clone()
}

fn seen(graph: &Graph, path: &str) -> Vec<Seen> {
    field(graph, path).axes.to_vec()
}

/// A global pool sees everything; what it pools saw 427 pixels.
#[test]
fn everything_is_seen_behind_a_global_pool() {
    let resnet = bundled_graph("resnet50");
    let pool = resnet.nodes().find(|&(id, _)| resnet.path(id) == "avgpool").unwrap().0;
    let last = resnet.inputs(pool).next().unwrap();
    let seen_before = field(&resnet, &resnet.path(last));
    assert_eq!(seen_before.everything, None);
    for path in ["avgpool", "flatten_1", "fc"] {
        let field = field(&resnet, path);
        assert_eq!(field.axes, seen_before.axes, "{path}");
        assert_eq!(field.everything.map(|id| resnet.path(id)).as_deref(), Some("avgpool"));
    }
    // A window as large as the image pools everything, too; so does a linear layer on all that is flattened.
    assert_eq!(everything_from(&bundled_graph("googlenet")).as_deref(), Some("avgpool"));
    let vgg = bundled_graph("vgg16");
    assert_eq!(everything_from(&vgg).as_deref(), Some("fc6"));
    let flattened = field(&vgg, "flatten_1");
    assert_eq!(
        (flattened.axes[0].size, flattened.everything),
        (212, None),
        "a number in a list sees what it saw"
    );
    // A convolution down to one position sees it all through its window.
    let lenet = bundled_graph("lenet5");
    assert_eq!(of_output(&lenet).axes.iter().map(|seen| seen.size).collect::<Vec<_>>(), [32, 32]);
}

/// Squeeze and excitation: what is scaled is seen through windows as before, and everything beside. EfficientNet-B0's 851 are in the
/// tables of those who count windows only.
#[test]
fn everything_is_seen_behind_a_squeeze() {
    let excited = graph(
        "input = [8, 16, 16]\n\
         layers = [\n\
           { name = 'x', op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1 },\n\
           { name = 'pool', op = 'adaptive_avg_pool2d', output_size = 1 },\n\
           { name = 'gate', op = 'sigmoid' },\n\
           { name = 'excited', op = 'mul', from = ['x', 'gate'] },\n\
           { name = 'next', op = 'conv2d', out_channels = 8, kernel_size = 3, stride = 2 },\n\
         ]",
    );
    let seen_at = |size, stride| vec![Seen { size, stride: (stride, 1), offset: -1 }; 2];
    for (path, axes) in
        [("x", seen_at(3, 1)), ("pool", seen_at(3, 1)), ("excited", seen_at(3, 1)), ("next", seen_at(5, 2))]
    {
        let field = field(&excited, path);
        assert_eq!(field.axes.to_vec(), axes, "{path}");
        assert_eq!(field.everything.is_some(), path != "x", "{path}");
    }
    assert_eq!(everything_from(&excited).as_deref(), Some("pool"));
    for (name, size) in [("efficientnet_b0", 851), ("se_resnet50", 483)] {
        let graph = bundled_graph(name);
        let field = of_output(&graph);
        assert_eq!(
            field.axes.iter().map(|seen| (seen.size, seen.stride)).collect::<Vec<_>>(),
            [(size, (32, 1)); 2],
            "{name}"
        );
        let first = graph.path(field.everything.unwrap());
        let squeezes = |node: NodeId| graph.path(node).contains("/se/");
        let (squeeze, _) = graph.nodes().find(|&(id, _)| squeezes(id)).unwrap();
        assert_eq!(first, graph.path(squeeze), "{name}");
    }
}

/// Each token saw its patch; from the first attention on it sees everything, whether attention is an operator or written out.
#[test]
fn everything_is_seen_behind_attention() {
    let vit = bundled_graph("vit_b_16");
    let field = of_output(&vit);
    assert_eq!(
        field.axes.iter().map(|seen| (seen.size, seen.stride)).collect::<Vec<_>>(),
        [(16, (16, 1)); 2]
    );
    let (attention, _) =
        vit.nodes().find(|(_, node)| node.operator_name() == "multi_head_attention").unwrap();
    assert_eq!(field.everything, Some(attention));
    let tokens = "input = [3, 8, 8]\n\
         layers = [\n\
           { op = 'conv2d', out_channels = 12, kernel_size = 2, stride = 2 }, { op = 'flatten', start_dim = 2 },\n\
           { name = 'tokens', op = 'permute', dims = [0, 2, 1] },\n";
    let written = graph(&format!(
        "{tokens} {{ op = 'linear', out_features = 36 }}, {{ op = 'reshape', shape = [16, 3, 2, 6] }},\n\
           {{ name = 'heads', op = 'permute', dims = [0, 2, 3, 1, 4] }},\n\
           {{ name = 'q', op = 'select', dim = 1, index = 0, from = 'heads' }},\n\
           {{ op = 'select', dim = 1, index = 1, from = 'heads' }}, {{ name = 'k', op = 'permute', dims = [0, 1, 3, 2] }},\n\
           {{ name = 'v', op = 'select', dim = 1, index = 2, from = 'heads' }},\n\
           {{ op = 'matmul', from = ['q', 'k'] }}, {{ name = 'a', op = 'softmax', dim = -1 }},\n\
           {{ name = 'mixed', op = 'matmul', from = ['a', 'v'] }}, {{ op = 'permute', dims = [0, 2, 1, 3] }},\n\
           {{ op = 'reshape', shape = [16, 12] }}, {{ op = 'linear', out_features = 12 }},\n\
         ]"
    ));
    let operator =
        graph(&format!("{tokens} {{ name = 'mixed', op = 'multi_head_attention', num_heads = 2 }} ]"));
    for graph in [written, operator] {
        assert_eq!(everything_from(&graph).as_deref(), Some("mixed"));
        assert_eq!(
            of_output(&graph).axes.iter().map(|seen| (seen.size, seen.stride)).collect::<Vec<_>>(),
            [(2, (2, 1)); 2]
        );
    }
    // Attention in windows of positions is not followed; in the last stage the window is the whole image.
    let swin = bundled_graph("swin_t");
    let first = everything_from(&swin).unwrap();
    assert!(of_output(&swin).axes.is_empty() && first.starts_with("stage4/0/"), "{first}");
}

/// Attention of what is projected already, with heads before the tokens or in windows that are the whole image: what is added to
/// the scores is of the query's token.
#[test]
fn everything_is_seen_behind_attention_of_several_inputs() {
    let tokens = "input = [3, 8, 8]\n\
         layers = [\n\
           { op = 'conv2d', out_channels = 12, kernel_size = 2, stride = 2 }, { op = 'flatten', start_dim = 2 },\n\
           { name = 'tokens', op = 'permute', dims = [0, 2, 1] },\n";
    let heads =
        "{ op = 'reshape', shape = [16, 3, 4] }, { name = 'heads', op = 'permute', dims = [0, 2, 1, 3] },";
    let bias = "{ name = 'bias', op = 'parameter', shape = [3, 16, 16] },";
    for attention in [
        "{ name = 'mixed', op = 'scaled_dot_product_attention', from = ['heads', 'heads', 'heads'] }",
        "{ name = 'mixed', op = 'scaled_dot_product_attention', from = ['heads', 'heads', 'heads', 'bias'] }",
        "{ name = 'mixed', op = 'multi_head_attention', num_heads = 3, from = ['tokens', 'bias'] }",
        "{ name = 'mixed', op = 'multi_head_attention', num_heads = 3, from = ['tokens', 'tokens', 'tokens', 'bias'] }",
        "{ op = 'reshape', from = 'tokens', shape = [1, 16, 12] }, \
         { name = 'mixed', op = 'multi_head_attention', num_heads = 3 }",
    ] {
        let graph = graph(&format!("{tokens} {heads} {bias} {attention} ]"));
        assert_eq!(everything_from(&graph).as_deref(), Some("mixed"), "{attention}");
    }
    // A key from elsewhere is all that is seen of it, and the query is its own token.
    let two = graph(
        "inputs = { q = [5, 8], k = [7, 8] }\n\
         layers = [{ name = 'mixed', op = 'scaled_dot_product_attention', from = ['q', 'k', 'k'] }]",
    );
    assert_eq!(everything_from(&two).as_deref(), Some("mixed"));
}

/// Steps know of others, and norms compare each position with all.
#[test]
fn everything_is_seen_behind_recurrence_and_norms_over_positions() {
    let whole = |layers: &str| {
        let graph = graph(&format!("input = [4, 20]\nlayers = [{layers}]"));
        let field = of_output(&graph);
        (
            field.axes.iter().map(|seen| (seen.size, seen.stride.0)).collect::<Vec<_>>(),
            field.everything.is_some(),
        )
    };
    let conv = "{ op = 'conv1d', out_channels = 4, kernel_size = 3, stride = 2 }";
    for layer in [
        "op = 'lstm', hidden_size = 8",
        "op = 'lstm', hidden_size = 8, proj_size = 2",
        "op = 'gru', hidden_size = 8",
        "op = 'rnn', hidden_size = 8",
        "op = 'group_norm', num_groups = 1",
    ] {
        assert_eq!(whole(&format!("{conv}, {{ {layer} }}")), (vec![(3, 2)], true), "{layer}");
    }
    assert_eq!(
        whole(&format!("{conv}, {{ op = 'group_norm', num_groups = 2 }}, {conv}")),
        (vec![(7, 4)], true)
    );
    let steps = format!("{conv}, {{ op = 'permute', dims = [0, 2, 1] }}, {{ op = 'lstm', hidden_size = 8 }}");
    assert_eq!(whole(&steps), (vec![(3, 2)], true));
    assert_eq!(whole(&format!("{conv}, {{ op = 'batch_norm1d' }}")), (vec![(3, 2)], false));
    // What is cut off nobody sees.
    assert_eq!(
        whole("{ op = 'slice', dim = 2, end = 5 }, { op = 'global_avg_pool' }"),
        (vec![(5, 0)], false)
    );
}

#[test]
fn paths_that_disagree_are_said_to() {
    let network = |padding: &str| {
        graph(&format!(
            "input = [4, 8, 8]\n\
             layers = [{{ name = 'met', merge = 'add', branches = {{\n\
               a = [{{ op = 'pad', padding = {padding} }}, {{ op = 'conv2d', out_channels = 4, kernel_size = 3 }}],\n\
               b = [] }} }}]"
        ))
    };
    let centered = Seen { size: 3, stride: (1, 1), offset: -1 };
    assert_eq!(seen(&network("[1, 1, 1, 1]"), "met/add"), vec![centered; 2]);
    let aside = Seen { size: 3, stride: (1, 1), offset: 0 };
    assert_eq!(seen(&network("[0, 2, 1, 1]"), "met/add"), vec![centered, aside]);
    let misaligned = |graph: &Graph| field(graph, "met/add").misaligned;
    assert_eq!(["[1, 1, 1, 1]", "[0, 2, 1, 1]"].map(|padding| misaligned(&network(padding))), [false, true]);
    // Different strides: one path sees every second pixel, the other every pixel from the middle on.
    let strides = graph(
        "input = [4, 8, 8]\n\
         layers = [{ name = 'met', merge = 'add', branches = {\n\
           a = [{ op = 'max_pool2d', kernel_size = 2 }],\n\
           b = [{ op = 'pad', padding = [-2, -2, -2, -2] }] } }]",
    );
    assert_eq!(field(&strides, "met/add"), ReceptiveField { misaligned: true, ..ReceptiveField::default() });
}

/// A padding is seen like the `pad` that does the same beforehand; TensorFlow's goes by the size.
#[test]
fn padding_of_each_side_is_seen() {
    let network = graph(
        "input = [4, 9, 9]\nlayers = [{ op = 'conv2d', out_channels = 4, kernel_size = 3, padding = [[2, 0], 1], \
         dilation = [2, 1], stride = 2 }]",
    );
    let apart = graph(
        "input = [4, 9, 9]\nlayers = [{ op = 'pad', padding = [1, 1, 2, 0] }, \
         { op = 'conv2d', out_channels = 4, kernel_size = 3, dilation = [2, 1], stride = 2 }]",
    );
    assert_eq!(of_output(&network), of_output(&apart));
    let at = |size: u64, offset: i128| {
        let network = graph(&format!(
            "input = [4, {size}, {size}]\n\
             layers = [{{ op = 'conv2d', out_channels = 4, kernel_size = 3, stride = 2, padding = 'same_upper' }}]"
        ));
        let seen = Seen { size: 3, stride: (2, 1), offset };
        assert_eq!(*of_output(&network).axes, [seen; 2], "{size}");
    };
    at(224, 0);
    at(225, -1);
}

/// A row that is added to all rows: each element sees its own column of all of them.
#[test]
fn what_is_stretched_stands_at_the_end() {
    let network = graph(
        "input = [4, 8, 6]\n\
         layers = [{ name = 'x', op = 'conv2d', out_channels = 4, kernel_size = 3, padding = 1 },\n\
                   { name = 'row', op = 'mean', dim = [1, 2] },\n\
                   { name = 'sum', op = 'add', from = ['row', 'x'], broadcast = true }]",
    );
    let [rows, columns] = (*field(&network, "sum").axes).try_into().unwrap();
    // All rows with their padding, and of the columns those of a window: so not everything.
    assert_eq!(rows, Seen { size: 10, stride: (0, 1), offset: -1 });
    assert_eq!(columns, Seen { size: 3, stride: (1, 1), offset: -1 });
    assert_eq!(everything_from(&network), None);
}

/// Offsets may point anywhere; where they come from is seen through windows.
#[test]
fn what_is_moved_may_be_anywhere() {
    let network = graph(
        "input = [4, 8, 8]\n\
         layers = [{ name = 'x', op = 'relu' },\n\
                   { name = 'offset', op = 'conv2d', out_channels = 18, kernel_size = 3, padding = 1 },\n\
                   { name = 'moved', op = 'deform_conv2d', out_channels = 4, kernel_size = 3, padding = 1, from = ['x', 'offset'] }]",
    );
    assert_eq!(everything_from(&network).as_deref(), Some("moved"));
    assert_eq!(*field(&network, "moved").axes, [Seen { size: 3, stride: (1, 1), offset: -1 }; 2]);
}

/// ConvNeXt's way: channels last and back again.
#[test]
fn dimensions_are_followed_through_a_permutation() {
    let network = graph(
        "input = [8, 12, 16]\n\
         layers = [\n\
           { op = 'conv2d', out_channels = 8, kernel_size = [7, 5], padding = [3, 2], groups = 8 },\n\
           { op = 'permute', dims = [0, 2, 3, 1] },\n\
           { op = 'layer_norm' },\n\
           { op = 'linear', out_features = 32 },\n\
           { name = 'back', op = 'permute', dims = [0, 3, 1, 2] },\n\
           { name = 'row', op = 'slice', dim = 2, start = 3, step = 2 },\n\
           { name = 'one', op = 'select', dim = 3, index = 2 },\n\
         ]",
    );
    let seen_at = |size, stride, offset| Seen { size, stride: (stride, 1), offset };
    assert_eq!(seen(&network, "back"), vec![seen_at(7, 1, -3), seen_at(5, 1, -2)]);
    assert_eq!(seen(&network, "row"), vec![seen_at(7, 2, 0), seen_at(5, 1, -2)]);
    assert_eq!(seen(&network, "one"), vec![seen_at(7, 2, 0), seen_at(5, 0, 0)]);
}

/// A layer along one axis, and which positions an output position looks at by its definition in PyTorch.
#[derive(Clone, Debug)]
enum Layer {
    Conv { kernel: i64, stride: i64, padding: i64, dilation: i64 },
    Transposed { kernel: i64, stride: i64, padding: i64, dilation: i64 },
    Nearest(i64),
    Bilinear(i64),
    Bicubic(i64),
    Slice { start: i64, step: i64 },
    Pad(i64),
}

impl Layer {
    fn toml(&self) -> String {
        match self {
            Self::Conv { kernel, stride, padding, dilation } => format!(
                "{{ op = 'conv2d', out_channels = 1, kernel_size = {kernel}, stride = {stride}, \
                 padding = {padding}, dilation = {dilation} }}"
            ),
            Self::Transposed { kernel, stride, padding, dilation } => format!(
                "{{ op = 'conv_transpose2d', out_channels = 1, kernel_size = {kernel}, stride = {stride}, \
                 padding = {padding}, dilation = {dilation} }}"
            ),
            Self::Nearest(factor) => format!("{{ op = 'upsample', scale_factor = {factor} }}"),
            Self::Bilinear(factor) => {
                format!("{{ op = 'upsample', scale_factor = {factor}, mode = 'bilinear' }}")
            }
            Self::Bicubic(factor) => {
                format!("{{ op = 'upsample', scale_factor = {factor}, mode = 'bicubic' }}")
            }
            Self::Slice { start, step } => {
                let slice = |dim| format!("{{ op = 'slice', dim = {dim}, start = {start}, step = {step} }}");
                format!("{}, {}", slice(2), slice(3))
            }
            Self::Pad(size) => format!("{{ op = 'pad', padding = [{size}, {size}, {size}, {size}] }}"),
        }
    }

    fn finer(&self) -> i64 {
        match *self {
            Self::Nearest(factor)
            | Self::Bilinear(factor)
            | Self::Bicubic(factor)
            | Self::Transposed { stride: factor, .. } => factor,
            Self::Conv { .. } | Self::Slice { .. } | Self::Pad(_) => 1,
        }
    }

    fn looked_at(&self, at: i64) -> Vec<i64> {
        match *self {
            Self::Conv { kernel, stride, padding, dilation } => {
                (0..kernel).map(|tap| at * stride - padding + tap * dilation).collect()
            }
            Self::Transposed { kernel, stride, padding, dilation } => {
                let places = (0..kernel).map(|tap| at + padding - tap * dilation);
                places
                    .filter(|place| place.rem_euclid(stride) == 0)
                    .map(|place| place.div_euclid(stride))
                    .collect()
            }
            Self::Nearest(factor) => vec![at.div_euclid(factor)],
            Self::Bilinear(factor) => {
                // (at + 1/2) / factor − 1/2, in halves of 1/factor.
                let place = 2 * at + 1 - factor;
                let below = place.div_euclid(2 * factor);
                if place.rem_euclid(2 * factor) == 0 { vec![below] } else { vec![below, below + 1] }
            }
            Self::Bicubic(factor) => {
                let place = 2 * at + 1 - factor;
                let below = place.div_euclid(2 * factor);
                if place.rem_euclid(2 * factor) == 0 {
                    vec![below]
                } else {
                    (below - 1..=below + 2).collect()
                }
            }
            Self::Slice { start, step } => vec![start + step * at],
            Self::Pad(size) => vec![at - size],
        }
    }
}

fn layer() -> impl Strategy<Value = Layer> {
    prop_oneof![
        (1i64..5, 1i64..4, 0i64..3, 1i64..3).prop_map(|(kernel, stride, padding, dilation)| Layer::Conv {
            kernel,
            stride,
            padding,
            dilation
        }),
        (1i64..5, 1i64..4, 0i64..2, 1i64..4).prop_map(|(kernel, stride, padding, dilation)| {
            Layer::Transposed { kernel, stride, padding, dilation }
        }),
        (2i64..4).prop_map(Layer::Nearest),
        (2i64..4).prop_map(Layer::Bilinear),
        (1i64..4).prop_map(Layer::Bicubic),
        (0i64..3, 1i64..3).prop_map(|(start, step)| Layer::Slice { start, step }),
        (0i64..3).prop_map(Layer::Pad),
    ]
}

/// First and last position of the input that an output position depends on, one layer after the other.
fn depends(layers: &[Layer], at: i64) -> Option<(i64, i64)> {
    let mut positions = vec![at];
    for layer in layers.iter().rev() {
        positions = positions.into_iter().flat_map(|at| layer.looked_at(at)).collect();
        positions.sort_unstable();
        positions.dedup();
    }
    Some((*positions.first()?, *positions.last()?))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn chains_see_what_brute_force_sees(chain in prop::collection::vec(layer(), 1..6)) {
        let list = |layers: &[Layer]| layers.iter().map(Layer::toml).collect::<Vec<_>>().join(", ");
        let finer: i64 = chain.iter().map(Layer::finer).product();
        // Above this, what each of so many positions sees is not followed.
        prop_assume!(finer <= 64);
        let text = format!("input = [1, 96, 96]\nlayers = [{}]", list(&chain));
        let Ok(description) = Description::parse("test.toml", &text) else { return Ok(()) };
        let Ok(network) = description.expand(&Options::default()) else { return Ok(()) };
        let (last, _) = network.graph.nodes().last().unwrap();
        let fields = receptive_fields(&network.graph);
        // Every period divides this.
        let period = 6i64.pow(5);
        let seeing: Vec<_> = (0..108).filter_map(|at| Some((at, depends(&chain, at)?))).collect();
        let largest = seeing.iter().map(|(_, (first, last))| last - first + 1).max();
        // A kernel smaller than its stride leaves positions that see nothing.
        let Some((at, (offset, _))) = seeing.first() else { return Ok(()) };
        let moved = depends(&chain, at + period).unwrap().0 - offset;
        for seen in &fields.of(last).axes {
            prop_assert_eq!(i128::try_from(seen.size), Ok(largest.unwrap().into()));
            prop_assert_eq!(seen.offset, i128::from(*offset));
            prop_assert_eq!(seen.stride.0 * i128::from(period), i128::from(moved) * seen.stride.1);
        }
        prop_assert_eq!(fields.of(last).axes.len(), 2);
    }

    /// Which elements of the input add to an element of the output, by the definition: element `i` with tap `t` to position
    /// `stride·i + dilation·t − padding`.
    #[test]
    fn transposed_convolutions_see_what_adds_to_them(
        kernel in 1i64..7, stride in 1i64..7, dilation in 1i64..7, padding in 0i64..4, more in 0i64..6,
    ) {
        prop_assume!(more < stride.max(dilation));
        let text = format!(
            "input = [1, 40, 1]\n\
             layers = [{{ op = 'conv_transpose2d', out_channels = 1, kernel_size = [{kernel}, 1], stride = [{stride}, 1], \
             dilation = [{dilation}, 1], padding = [{padding}, 0], output_padding = [{more}, 0] }}]"
        );
        let graph = graph(&text);
        let (last, node) = graph.nodes().last().unwrap();
        let seen = receptive_fields(&graph).of(last).axes[0];
        // Each position adds what it does to the whole output, which is long enough for every phase.
        let positions = i64::try_from(node.shape.dims()[1]).unwrap();
        let adding = |at: i64| {
            let adds = move |element: &i64| (0..kernel).any(|tap| stride * element + dilation * tap - padding == at);
            let elements: Vec<i64> = (-100..140).filter(adds).collect();
            Some(elements.last()? - elements.first()? + 1)
        };
        let largest = (0..positions).filter_map(adding).max().unwrap();
        prop_assert_eq!(i128::try_from(seen.size), Ok(largest.into()));
        prop_assert_eq!(seen.stride.0 * i128::from(stride), seen.stride.1);
    }
}

/// Kernel, stride and dilation; with a dilation that misses, each position has one tap.
#[test]
fn taps_that_miss_see_nothing() {
    for (sizes, size) in
        [([3, 3, 2], 1), ([3, 4, 3], 1), ([2, 2, 3], 1), ([3, 2, 1], 2), ([4, 2, 1], 2), ([3, 1, 2], 5)]
    {
        let [kernel, stride, dilation] = sizes;
        let graph = graph(&format!(
            "input = [1, 60, 1]\n\
             layers = [{{ op = 'conv_transpose2d', out_channels = 1, kernel_size = [{kernel}, 1], stride = [{stride}, 1], \
             dilation = [{dilation}, 1] }}]"
        ));
        assert_eq!(of_output(&graph).axes[0].size, size, "{sizes:?}");
    }
}
