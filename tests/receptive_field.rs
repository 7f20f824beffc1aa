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

/// What the last node that still slides over the input sees.
fn last_sliding(graph: &Graph) -> (NodeId, Vec<Seen>) {
    let fields = receptive_fields(graph);
    let slides = |axes: &[Seen]| !axes.is_empty() && axes.iter().all(|seen| seen.stride.0 != 0);
    let (id, _) = graph.nodes().rev().find(|&(id, _)| slides(&fields.of(id).axes)).unwrap();
    assert!(!fields.of(id).misaligned);
    (id, fields.of(id).axes.to_vec())
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
        let (id, axes) = last_sliding(&graph);
        for seen in axes {
            assert_eq!((seen.size, seen.stride), (size, (stride, 1)), "{name} at {}", graph.path(id));
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

/// Behind global pooling or squeeze-and-excitation, everything sees the whole image.
#[test]
fn everything_is_seen_behind_a_global_pool() {
    let resnet = bundled_graph("resnet50");
    // 427 + 6 · 32
    let whole = Seen { size: 619, stride: (0, 1), offset: -213 };
    assert_eq!(seen(&resnet, "avgpool"), vec![whole; 2]);
    assert_eq!(seen(&resnet, "fc"), vec![whole; 2]);
    let vgg = bundled_graph("vgg16");
    let whole = Seen { size: 212 + 6 * 32, stride: (0, 1), offset: -90 };
    assert_eq!(seen(&vgg, "flatten_1"), vec![], "a number in a list sees some part of the image");
    assert_eq!(seen(&vgg, "fc6"), vec![whole; 2]);
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
    let whole = Seen { size: 18, stride: (0, 1), offset: -1 };
    for path in ["pool", "excited", "next"] {
        assert_eq!(seen(&excited, path), vec![whole; 2], "{path}");
    }
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
    assert_eq!(field(&strides, "met/add"), ReceptiveField { axes: Box::default(), misaligned: true });
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
    Transposed { kernel: i64, stride: i64, padding: i64 },
    Nearest(i64),
    Bilinear(i64),
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
            Self::Transposed { kernel, stride, padding } => format!(
                "{{ op = 'conv_transpose2d', out_channels = 1, kernel_size = {kernel}, stride = {stride}, \
                 padding = {padding} }}"
            ),
            Self::Nearest(factor) => format!("{{ op = 'upsample', scale_factor = {factor} }}"),
            Self::Bilinear(factor) => {
                format!("{{ op = 'upsample', scale_factor = {factor}, mode = 'bilinear' }}")
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
            Self::Nearest(factor) | Self::Bilinear(factor) | Self::Transposed { stride: factor, .. } => {
                factor
            }
            Self::Conv { .. } | Self::Slice { .. } | Self::Pad(_) => 1,
        }
    }

    fn looked_at(&self, at: i64) -> Vec<i64> {
        match *self {
            Self::Conv { kernel, stride, padding, dilation } => {
                (0..kernel).map(|tap| at * stride - padding + tap * dilation).collect()
            }
            Self::Transposed { kernel, stride, padding } => {
                let adds = |element: &i64| (0..kernel).contains(&(at - (element * stride - padding)));
                (at.div_euclid(stride) - kernel - padding..=at.div_euclid(stride) + padding + 1)
                    .filter(adds)
                    .collect()
            }
            Self::Nearest(factor) => vec![at.div_euclid(factor)],
            Self::Bilinear(factor) => {
                // (at + 1/2) / factor − 1/2, in halves of 1/factor.
                let place = 2 * at + 1 - factor;
                let below = place.div_euclid(2 * factor);
                if place.rem_euclid(2 * factor) == 0 { vec![below] } else { vec![below, below + 1] }
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
        (1i64..5, 1i64..4, 0i64..2).prop_map(|(kernel, stride, padding)| Layer::Transposed {
            kernel,
            stride,
            padding
        }),
        (2i64..4).prop_map(Layer::Nearest),
        (2i64..4).prop_map(Layer::Bilinear),
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
        // A window is taken to look at all that it spans; where its taps fall into holes, that is more than it sees.
        let has_holes = |layer: &Layer| matches!(layer, Layer::Transposed { kernel, stride, .. } if kernel < stride);
        let skips = |layer: &Layer| {
            matches!(layer, Layer::Conv { dilation: 2, .. } | Layer::Slice { step: 2, .. })
        };
        prop_assume!(!(chain.iter().any(has_holes) && chain.iter().any(skips)));
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
}
