//! Every bundled network runs, to the shapes that were inferred; the lecture's networks, with PyTorch's weights, give
//! PyTorch's outputs. What the others give is in `networks.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use candle_core::{DType, Device, Tensor, safetensors};
use cnncost::graph::Graph;
use cnncost::op::{OPERATORS, Weight};
use cnncost::read::{Description, Options, bundled};
use cnncost::run::{RunError, Weights, forward};
use cnncost::shape::Shape;

#[path = "common/shares.rs"]
mod shares;

fn expand(text: &str, options: &Options) -> Graph {
    let network = Description::parse("test.toml", text).and_then(|description| description.expand(options));
    let network = network
        .unwrap_or_else(|error| panic!("{}", error.render(cnncost::text::Language::English, false, 100)));
    network.graph
}

/// The weights of a network that has none.
fn none(graph: &Graph) -> Weights {
    Weights::made(graph, |_, _| Ok(vec![])).unwrap()
}

fn sizes(dims: &[u64]) -> Vec<usize> {
    dims.iter().map(|&size| usize::try_from(size).unwrap()).collect()
}

/// Runs a network on zeros with weights of zeros, which are made in no time; `forward` itself compares every shape.
fn run(graph: &Graph, batch: usize) -> Result<Vec<(String, Tensor)>, RunError> {
    let input = |shape: &Shape| {
        Tensor::zeros([&[batch], &*sizes(shape.dims())].concat(), DType::F32, &Device::Cpu).unwrap()
    };
    let inputs = graph.network_inputs().map(|(_, node)| input(&node.shape)).collect();
    let counts =
        graph.nodes().flat_map(|(id, _)| graph.weights(id)).map(|weight| weight.dims().iter().product());
    let largest: u64 = counts.max().unwrap_or(1);
    // One tensor is enough for all: each is a part of it.
    let zeros = Tensor::zeros(sizes(&[largest]), DType::F32, &Device::Cpu).unwrap();
    let part = |weight: &Weight| {
        let dims = sizes(&weight.dims());
        zeros.narrow(0, 0, dims.iter().product())?.reshape(dims)
    };
    let weights = Weights::made(graph, |_, weights| weights.iter().map(part).collect())?;
    forward(graph, inputs, &weights, |_, _| ())
}

/// MACs below which a batch is run.
const CHEAP: u128 = 100_000_000;

/// A small input for a network that takes any: its operators are the same on every size, and 224×224 takes long. `None`
/// where the network's own is small.
fn small(description: &Description, variant: Option<&String>) -> Option<Vec<u64>> {
    let own = description.expand(&Options { variant: variant.cloned(), ..Options::default() }).unwrap();
    let (_, input) = own.graph.network_inputs().next().unwrap();
    let (channels, size) = (input.shape.dims()[0], *input.shape.dims().last().unwrap());
    // A video has few pictures then, and a sequence one size.
    let others = |size| match input.shape.rank() {
        4 => vec![4, size, size],
        rank => vec![size; rank - 1],
    };
    let sizes: &[u64] = if size > 32 { &[64, 96, 188] } else { &[16] };
    let small = |&size: &u64| [vec![channels], others(size)].concat();
    sizes.iter().filter(|_| size >= 32).map(small).find(|input| {
        let options = Options { variant: variant.cloned(), input: Some(input.clone()), ..Options::default() };
        description.expand(&options).is_ok()
    })
}

fn runs_to_the_inferred_shapes((file, variant): (&bundled::Bundled, Option<String>)) {
    let description = Description::parse(file.name, file.text).unwrap();
    let input = small(&description, variant.as_ref());
    let graph = expand(file.text, &Options { variant: variant.clone(), input, ..Options::default() });
    let macs = cnncost::analyze(&graph).unwrap().total().work.macs.total();
    // Cheap networks show that a batch is carried through, and those that reshape and permute more than images.
    let most = if ["vit", "swin"].contains(&file.name) { 8 * CHEAP } else { CHEAP };
    let batch = if macs < most { 3 } else { 1 };
    let outputs = run(&graph, batch).unwrap_or_else(|error| panic!("{} {variant:?}: {error:?}", file.name));
    assert_eq!(outputs.len(), graph.outputs().len());
}

#[test]
fn every_bundled_network_runs_to_the_inferred_shapes() {
    let networks = bundled::BUNDLED.iter().flat_map(|file| {
        let variants = bundled::variants(file).into_iter().map(Some);
        let variants: Vec<_> = if variants.len() == 0 { vec![None] } else { variants.collect() };
        variants.into_iter().map(move |variant| (file, variant))
    });
    shares::share("every_bundled_network_runs_to_the_inferred_shapes", networks, runs_to_the_inferred_shapes);
}

/// What networks from other tools were found to need.
const MORE: &str = r"
    input = [8, 6, 6]
    layers = [
      { op = 'erf' }, { op = 'neg' }, { op = 'reciprocal' }, { op = 'floor' }, { op = 'ceil' }, { op = 'round' }, { op = 'sign' },
      { op = 'softsign' }, { op = 'threshold', threshold = 0.5, value = 1 }, { op = 'tan' }, { op = 'asin' }, { op = 'acos' },
      { op = 'atan' }, { op = 'sinh' }, { op = 'cosh' }, { op = 'asinh' }, { op = 'acosh' }, { op = 'atanh' },
      { name = 'a', op = 'logical_not' }, { name = 'b', op = 'buffer', shape = [6] },
      { name = 'm1', op = 'maximum', broadcast = true, from = ['a', 'b'] }, { name = 'm2', op = 'minimum', from = ['a', 'm1'] },
      { name = 'm3', op = 'pow_tensor', from = ['m1', 'm2'] }, { name = 'm4', op = 'remainder', from = ['m2', 'm3'] },
      { name = 'm5', op = 'fmod', from = ['m3', 'm4'] }, { name = 'm6', op = 'eq', from = ['m4', 'm5'] },
      { name = 'm7', op = 'ne', from = ['m5', 'm6'] }, { name = 'm8', op = 'lt', from = ['m6', 'm7'] },
      { name = 'm9', op = 'le', from = ['m7', 'm8'] }, { name = 'm10', op = 'gt', from = ['m8', 'm9'] },
      { name = 'm11', op = 'ge', from = ['m9', 'm10'] }, { name = 'm12', op = 'logical_and', from = ['m10', 'm11'] },
      { name = 'm13', op = 'logical_or', from = ['m11', 'm12'] }, { name = 'm14', op = 'logical_xor', from = ['m12', 'm13'] },
      { op = 'where', from = ['m12', 'm13', 'm14'] }, { op = 'cumsum', dim = 1 }, { op = 'topk', k = 3 },
      { op = 'min', dim = 1, keepdim = true }, { op = 'logsumexp', dim = 2, keepdim = true }, { op = 'argmin', dim = 1, keepdim = true },
      { op = 'prod', dim = 2, keepdim = true }, { op = 'argmax', dim = 1 },
      { op = 'tile', repeats = [2, 2] }, { op = 'tril' }, { name = 'x', op = 'triu' }, { name = 'index', op = 'flip', dims = 2 },
      { name = 'y', op = 'gather', dim = 1, from = ['x', 'index'] }, { name = 'z', op = 'take', from = ['y', 'index'] },
      { name = 'points', op = 'permute', dims = [0, 2, 1], from = 'index' }, { op = 'gather_nd', from = ['z', 'points'] },
      { op = 'scatter', dim = 1, from = ['x', 'index', 'y'] }, { name = 'source', op = 'select', dim = 1, index = 0, from = 'y' },
      { op = 'scatter_nd', from = ['x', 'points', 'source'] }, { op = 'one_hot', num_classes = 3 },
      { op = 'einsum', equation = 'abc,bd->adc', from = ['one_hot_1', 'points'] },
      { name = 'grid', op = 'buffer', shape = [4, 5, 2] }, { op = 'grid_sample', from = ['input', 'grid'] },
      { name = 'boxes', op = 'buffer', shape = [3, 4] }, { op = 'roi_align', output_size = 2, sampling_ratio = 2, from = ['input', 'boxes'] },
      { op = 'depth_to_space', block_size = 2, from = 'input' }, { op = 'space_to_depth', block_size = 3 },
      { op = 'unfold', kernel_size = 2, stride = 2 }, { name = 'columns', op = 'fold', output_size = 4, kernel_size = 2, stride = 2 },
      { name = 'angles', op = 'slice', dim = 3, end = 2, from = 'columns' },
      { op = 'rotary_embedding', from = ['columns', 'angles', 'angles'] },
    ]";

#[test]
fn every_operator_runs_in_some_network() {
    // What no bundled network has, in a network of its own.
    let others = r"
        input = [8, 6, 6]
        layers = [
          { op = 'relu6' }, { op = 'leaky_relu' }, { op = 'silu' }, { op = 'gelu' }, { op = 'hard_sigmoid' },
          { op = 'hard_swish' }, { op = 'identity' }, { op = 'scale' }, { op = 'log_softmax' },
          { op = 'elu' }, { op = 'mish' }, { op = 'hard_tanh' },
          { op = 'layer_norm', dims = 2 }, { op = 'group_norm', num_groups = 4 }, { op = 'instance_norm2d', affine = true },
          { op = 'rms_norm', dims = 2 }, { op = 'exp' }, { op = 'log' }, { op = 'pow', exponent = 2 }, { op = 'sqrt' }, { op = 'sin' },
          { op = 'cos' }, { op = 'abs' }, { op = 'clamp', min = 0.5 }, { op = 'rsqrt' }, { op = 'softplus' }, { op = 'selu' },
          { op = 'celu' },
          { op = 'layer_scale' },
          { name = 'leaky', op = 'prelu', num_parameters = 'in' }, { name = 'gate', op = 'sigmoid' },
          { name = 'rest', op = 'sub', from = ['leaky', 'gate'] }, { op = 'div', from = ['rest', 'gate'] },
          { merge = 'concat', branches = { plain = [], learned = [{ op = 'parameter', shape = [2, 6, 6] }] } },
          { op = 'pad', padding = [1, -1] }, { op = 'upsample', scale_factor = 2 }, { op = 'pixel_unshuffle', downscale_factor = 4 },
          { op = 'pixel_shuffle', upscale_factor = 2 }, { op = 'channel_shuffle', groups = 2 }, { op = 'slice', start = 'in/2' }, { op = 'permute', dims = [0, 3, 1, 2] },
          { op = 'mean', dim = [2], keepdim = true }, { op = 'reshape', shape = ['w', -1] },
          { op = 'index_select', dim = 1, index = [0, 0] }, { op = 'roll', shifts = [1], dims = [1] },
          { merge = 'add', branches = { x = [{ op = 'multi_head_attention', num_heads = 1 }], mask = [
              { op = 'constant', shape = [1, 1], values = [-100] }, { op = 'expand', shape = [2, 6] } ] } },
          { name = 'tokens', op = 'identity' }, { op = 'permute', dims = [0, 2, 1] }, { op = 'matmul', from = ['tokens', 'permute_2'] },
          { op = 'glu' }, { op = 'norm', dim = -1, keepdim = true },
          { op = 'lstm', hidden_size = 3, bidirectional = true }, { op = 'gru', hidden_size = 2 },
          { name = 'steps', op = 'rnn', hidden_size = 2 }, { op = 'scaled_dot_product_attention', from = ['steps', 'steps', 'steps'] },
          { op = 'select', dim = 1, index = -1 }, { op = 'embedding', num_embeddings = 1, embedding_dim = 3 },
          { op = 'flatten' },
          # An image again, and on to sequences and volumes.
          { op = 'reshape', shape = ['in', 1, 1] }, { op = 'conv_transpose2d', out_channels = 4, kernel_size = 9 },
          { name = 'x', op = 'lp_pool2d', norm_type = 2, kernel_size = 2 },
          { name = 'offset', op = 'conv2d', out_channels = 18, kernel_size = 3, padding = 'half', padding_mode = 'reflect' },
          { op = 'deform_conv2d', out_channels = 4, kernel_size = 3, padding = 'half', from = ['x', 'offset'] },
          { op = 'adaptive_max_pool2d', output_size = 4 },
          { op = 'flatten', start_dim = 2 }, { op = 'conv1d', out_channels = 6, kernel_size = 3 }, { op = 'batch_norm1d' }, { op = 'instance_norm1d' },
          { op = 'max_pool1d', kernel_size = 2 }, { op = 'conv_transpose1d', out_channels = 4, kernel_size = 2, stride = 2 },
          { op = 'avg_pool1d', kernel_size = 2 }, { op = 'lp_pool1d', norm_type = 1, kernel_size = 2, stride = 1 },
          { op = 'adaptive_max_pool1d', output_size = 7 }, { op = 'adaptive_avg_pool1d', output_size = 8 },
          { op = 'reshape', shape = ['in', 2, 2, 2] }, { op = 'conv3d', out_channels = 3, kernel_size = 2, padding = 1 },
          { op = 'conv_transpose3d', out_channels = 2, kernel_size = 3, stride = 2 }, { op = 'batch_norm3d' }, { op = 'instance_norm3d' },
          { op = 'max_pool3d', kernel_size = 2 }, { op = 'avg_pool3d', kernel_size = 2, stride = 1 },
          { op = 'lp_pool3d', norm_type = 3, kernel_size = 2 }, { op = 'adaptive_max_pool3d', output_size = 4 },
          { op = 'adaptive_avg_pool3d', output_size = 3 }, { op = 'global_avg_pool' }, { op = 'flatten' },
          { op = 'rbf', out_features = 10 }, { op = 'reshape', shape = [2, 5] }, { op = 'max', dim = 1 }, { op = 'sum', dim = [1] },
        ]";
    let mut seen = BTreeSet::new();
    for network in [others, MORE] {
        let graph = expand(network, &Options::default());
        run(&graph, 2).unwrap();
        seen.extend(graph.nodes().map(|(_, node)| node.operator_name().to_owned()));
    }
    for file in bundled::BUNDLED {
        let variants = bundled::variants(file).into_iter().map(Some).chain([None]);
        for variant in variants {
            let graph = expand(file.text, &Options { variant, ..Options::default() });
            seen.extend(graph.nodes().map(|(_, node)| node.operator_name().to_owned()));
        }
    }
    // An operator of one's own runs nowhere.
    let missing: Vec<_> = OPERATORS
        .iter()
        .map(|entry| entry.name)
        .filter(|name| *name != "opaque" && !seen.contains(*name))
        .collect();
    assert!(missing.is_empty(), "no network has {missing:?}");
}

/// The largest difference, as a part of the largest value.
fn difference(ours: &Tensor, theirs: &Tensor) -> f64 {
    let largest =
        |tensor: Tensor| f64::from(tensor.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap());
    largest((ours - theirs).unwrap()) / largest(theirs.clone())
}

#[test]
fn the_lectures_networks_give_pytorchs_outputs() {
    /// PyTorch's modules with weights, in the order of our layers.
    const NETWORKS: [(&str, &str, &[&str]); 3] = [
        ("lenet_mnist", "lenet_like", &["conv1", "conv2", "fc"]),
        (
            "residual_mnist",
            "residual_net",
            &["conv1", "res1.conv1", "res1.conv2", "conv2", "res2.conv1", "res2.conv2", "fc"],
        ),
        (
            "inception_mnist",
            "inception_a_net",
            &[
                "conv1",
                "incep1.branch1x1",
                "incep1.branch5x5_1",
                "incep1.branch5x5_2",
                "incep1.branch3x3_1",
                "incep1.branch3x3_2",
                "incep1.branch3x3_3",
                "incep1.branch_pool",
                "conv2",
                "incep2.branch1x1",
                "incep2.branch5x5_1",
                "incep2.branch5x5_2",
                "incep2.branch3x3_1",
                "incep2.branch3x3_2",
                "incep2.branch3x3_3",
                "incep2.branch_pool",
                "fc",
            ],
        ),
    ];
    for (name, file, modules) in NETWORKS {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/lecture/{file}.safetensors"));
        let tensors = safetensors::load(path, &Device::Cpu).unwrap();
        let graph = expand(bundled::find(name).unwrap().0.text, &Options::default());
        let mut rest = modules.iter();
        let weights = Weights::made(&graph, |_, weights| {
            let module = rest.next().expect("a module for each layer with weights");
            Ok(weights.iter().map(|weight| tensors[&format!("{module}.{}", weight.name)].clone()).collect())
        })
        .unwrap();
        assert_eq!(rest.next(), None, "{name}: every module is used");
        let outputs = forward(&graph, vec![tensors["input"].clone()], &weights, |_, _| ()).unwrap();
        let off = difference(&outputs[0].1, &tensors["output"]);
        assert!(off <= 1e-4, "{name} is {off} off");
    }
}

/// Branches are merged in the order of the file, which here is not that of the alphabet.
#[test]
fn branches_keep_the_order_of_the_file() {
    fn factor(name: &str) -> u32 {
        match name {
            "zebra" => 2,
            "apple" => 3,
            _ => 5,
        }
    }
    let branches = |order: [&str; 3]| {
        let list =
            order.map(|name| format!("{name} = [{{ op = 'affine', mul = {} }}]", factor(name))).join(", ");
        format!("input = [1, 2, 2]\nlayers = [{{ merge = 'concat', branches = {{ {list} }} }}]")
    };
    let outputs = |order| -> Vec<f32> {
        let graph = expand(&branches(order), &Options::default());
        let ones = Tensor::ones((1, 1, 2, 2), DType::F32, &Device::Cpu).unwrap();
        let outputs = forward(&graph, vec![ones], &none(&graph), |_, _| ()).unwrap();
        outputs[0].1.flatten_all().unwrap().to_vec1().unwrap()
    };
    let as_written = outputs(["zebra", "apple", "mango"]);
    assert_eq!(as_written, [2., 2., 2., 2., 3., 3., 3., 3., 5., 5., 5., 5.]);
    assert_ne!(as_written, outputs(["apple", "mango", "zebra"]));
}

#[test]
fn shared_weights_are_asked_for_once() {
    let text = "
        inputs = { left = [1, 6, 6], right = [1, 6, 6] }
        layers = [
          { name = 'a', op = 'conv2d', out_channels = 2, kernel_size = 3, from = 'left' },
          { name = 'b', op = 'conv2d', out_channels = 2, kernel_size = 3, from = 'right', weights = 'a' },
          { op = 'concat', from = ['a', 'b'] },
        ]";
    let graph = expand(text, &Options::default());
    let ones = Tensor::ones((1, 1, 6, 6), DType::F32, &Device::Cpu).unwrap();
    let mut asked = 0;
    let weights = Weights::made(&graph, |_, weights| {
        asked += 1;
        weights.iter().map(|weight| Tensor::rand(-1f32, 1.0, sizes(&weight.dims()), &Device::Cpu)).collect()
    })
    .unwrap();
    assert_eq!(asked, 1);
    let outputs = forward(&graph, vec![ones.clone(), ones], &weights, |_, _| ()).unwrap();
    let halves = outputs[0].1.chunk(2, 1).unwrap();
    assert!(difference(&halves[0], &halves[1]) == 0.0, "one tower on one input gives one output");
}

/// As PyTorch fills a convolution: uniform between ∓ 1/√fan_in, here 1/√(8·3·3).
#[test]
fn fresh_weights_are_within_their_bounds_and_the_same_for_the_same_seed() {
    let text = "input = [8, 6, 6]\nlayers = [{ op = 'conv2d', out_channels = 64, kernel_size = 3 }]";
    let graph = expand(text, &Options::default());
    let (node, _) = graph.nodes().last().unwrap();
    let values = |seed| -> Vec<f32> {
        let weights = Weights::fresh(&graph, seed, &Device::Cpu, DType::F32).unwrap();
        weights.of(node)[0].flatten_all().unwrap().to_vec1().unwrap()
    };
    let (first, bound) = (values(1), 1.0 / 72f32.sqrt());
    assert_eq!(first, values(1));
    assert_ne!(first, values(2));
    assert!(first.iter().all(|value| value.abs() <= bound));
    let mean_square = first.iter().map(|value| value * value).sum::<f32>() / 4608.0;
    assert!(
        (mean_square * 3.0 / (bound * bound) - 1.0).abs() < 0.1,
        "a uniform distribution has a third of its square"
    );
}

#[test]
fn wrong_inputs_and_unknown_operators_are_refused() {
    let graph = expand("input = [1, 4, 4]\nlayers = [{ op = 'relu' }]", &Options::default());
    let run = |graph: &Graph, inputs| forward(graph, inputs, &none(graph), |_, _| ()).unwrap_err();
    assert!(matches!(run(&graph, vec![]), RunError::Inputs { wanted: 1, found: 0 }));
    let wrong = Tensor::ones((1, 1, 4, 5), DType::F32, &Device::Cpu).unwrap();
    let error = run(&graph, vec![wrong]);
    assert_eq!(
        error.to_string(),
        "`input` is [1, 1, 4, 4] by its description, and [1, 1, 4, 5] when it is executed"
    );

    let graph = expand(
        "input = [1, 4, 4]\nlayers = [{ op = 'conv2d', out_channels = 1, kernel_size = 1 }]",
        &Options::default(),
    );
    let error = Weights::made(&graph, |_, _| Ok(vec![])).unwrap_err();
    assert_eq!(error.to_string(), "`conv2d_1` needs weights of [[1, 1, 1, 1], [1]], and gets []");

    let mut builder = cnncost::graph::Builder::new();
    let shape = Shape::new(vec![3]).unwrap();
    let input = builder.input("input", shape.clone(), None);
    let node = builder.unknown("mystery", "Einsum", shape, &[input], None);
    builder.output("output".to_owned(), node);
    let graph = builder.finish().unwrap();
    let ones = Tensor::ones((1, 3), DType::F32, &Device::Cpu).unwrap();
    let error = run(&graph, vec![ones]);
    assert_eq!(error.to_string(), "`mystery` cannot be executed: `Einsum` is not known");
    let analysis = cnncost::analyze(&graph).unwrap();
    assert_eq!(analysis.status(), cnncost::analyze::Status::Partial);
    assert_eq!(analysis.node(node), None, "its cost is unknown, not zero");
}
