//! The kernels of the native engine beside candle's operations, over random shapes, odd ones above all: every kind of layer, and what
//! is fused with it, on each instruction set that this machine has.

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options};
use cnncost::run::{Engine, Isa, NativeSettings, Weights, forward, random_inputs};
use cnncost::shape::ElementType;
use proptest::prelude::*;

/// As a part of the largest number.
const WITHIN: f32 = 2e-5;

/// Winograd's algorithm for tiles of four by four rounds more.
const WITHIN_WINOGRAD: f32 = 1e-3;

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn graph(text: &str) -> Option<Graph> {
    let description = Description::parse("net.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    description.expand(&Options::default()).ok().map(|network| network.graph)
}

/// Holds the engine against candle on a network, if its settings fit together.
fn check(text: &str, batch: usize) -> Result<(), TestCaseError> {
    let Some(graph) = graph(text) else { return Err(TestCaseError::reject("it does not fit")) };
    let weights = Weights::fresh(&graph, 3, &Device::Cpu, DType::F32).unwrap();
    let weights = lively(&graph, &weights);
    let inputs = random_inputs(&graph, batch, 4, &Device::Cpu, DType::F32).unwrap();
    let before = random_inputs(&graph, batch, 5, &Device::Cpu, DType::F32).unwrap();
    let wanted = forward(&graph, inputs.clone(), &weights, |_, _| ()).unwrap();
    for isa in Isa::here() {
        for winograd in [false, true] {
            let settings = NativeSettings { isa, winograd };
            let mut session = Engine::Native(settings).load(&graph, weights.clone(), batch).unwrap();
            // A pass finds nothing of the one before.
            session.run(&before, &mut || ()).unwrap();
            let found = session.run(&inputs, &mut || ()).unwrap();
            for ((name, found), (_, wanted)) in found.iter().zip(&wanted) {
                prop_assert_eq!(found.dims(), wanted.dims());
                let (found, wanted) = (numbers(found), numbers(wanted));
                let largest = wanted.iter().fold(0.5f32, |most, number| most.max(number.abs()));
                let within = if winograd { WITHIN_WINOGRAD } else { WITHIN } * largest;
                for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
                    let close = (found - wanted).abs() <= within
                        || found.is_nan() && wanted.is_nan()
                        || found.total_cmp(wanted).is_eq();
                    prop_assert!(
                        close,
                        "{} {:?} `{}`[{}]: {} instead of {}\n{}",
                        isa.name(),
                        winograd,
                        name,
                        index,
                        found,
                        wanted,
                        text
                    );
                }
            }
        }
    }
    Ok(())
}

/// Fresh weights, with statistics and factors of norms that are not 0 and 1.
fn lively(graph: &Graph, weights: &Weights) -> Weights {
    let mut seed = 1u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(seed >> 16).unwrap()) / 65_536.0
    };
    let mut nodes = graph.nodes().filter(|&(id, _)| !graph.own_weights(id).is_empty());
    Weights::made(graph, |_, wanted| {
        let (id, node) = nodes.next().unwrap();
        let is_norm = node.operator_name().contains("norm") || node.operator_name().contains("scale");
        let own = weights.of(id).iter().zip(wanted);
        own.map(|(tensor, weight)| {
            if !is_norm {
                return Ok(tensor.clone());
            }
            let count = tensor.elem_count();
            // A variance is positive.
            let low = if &*weight.name == "running_var" { 0.3 } else { -0.5 };
            let values: Vec<f32> = (0..count).map(|_| low + 1.2 * next()).collect();
            Tensor::from_vec(values, tensor.dims(), &Device::Cpu)
        })
        .collect()
    })
    .unwrap()
}

/// What may stand behind a sum: batch norms, a function.
fn behind() -> impl Strategy<Value = String> {
    let norm = prop_oneof![Just(""), Just("'batch_norm2d',")];
    let function = prop_oneof![
        Just(""),
        Just("'relu',"),
        Just("'relu6',"),
        Just("'silu',"),
        Just("'hard_swish',"),
        Just("'gelu',"),
        Just("{ op = 'leaky_relu', negative_slope = 0.2 },"),
        Just("'sigmoid', 'dropout',"),
    ];
    (norm, function).prop_map(|(norm, function)| format!("{norm} {function}"))
}

/// Channels: small numbers, and such as are and are not whole groups.
fn channels() -> impl Strategy<Value = u64> {
    prop_oneof![1u64..20, Just(8), Just(16), Just(24), Just(32), Just(33), Just(48), Just(58)]
}

prop_compose! {
    fn convolution()(
        (channels, out, groups) in (channels(), channels(), prop_oneof![4 => Just(1u64), 1 => 2u64..5]),
        size in (1u64..14, 1u64..14), kernel in (1u64..6, 1u64..6), stride in (1u64..4, 1u64..4), dilation in (1u64..3, 1u64..3),
        padding in ((0u64..4, 0u64..4), (0u64..4, 0u64..4)), behind in behind(), bias in any::<bool>(), three in any::<bool>(),
        residual in any::<bool>(), function in prop_oneof![Just(""), Just("'relu',"), Just("'silu',")],
    ) -> String {
        let (kernel, stride, dilation, padding) = if three { ((3, 3), (1, 1), (1, 1), ((1, 1), (1, 1))) } else { (kernel, stride, dilation, padding) };
        let (channels, out) = (channels * groups, out * groups);
        let ((top, bottom), (left, right)) = padding;
        let conv = |name: &str, from: &str| format!(
            "{{ name = '{name}', op = 'conv2d', out_channels = {out}, kernel_size = [{}, {}], stride = [{}, {}], dilation = [{}, {}], \
             padding = [[{top}, {bottom}], [{left}, {right}]], groups = {groups}, bias = {bias}{from} }},",
            kernel.0, kernel.1, stride.0, stride.1, dilation.0, dilation.1,
        );
        let (main, other) = (conv("main", ""), conv("other", ", from = 'input'"));
        let (height, width) = (size.0 + 2, size.1 + 2);
        if residual {
            format!("input = [{channels}, {height}, {width}]\nlayers = [{other} {{ name = 'side', op = 'tanh' }}, {}{behind} \
                     {{ name = 'end', op = 'identity' }}, {{ op = 'add', from = ['end', 'side'] }}, {function}]", conv("main", ", from = 'input'"))
        } else {
            format!("input = [{channels}, {height}, {width}]\nlayers = [{main} {behind}]")
        }
    }
}

prop_compose! {
    fn depthwise()(
        channels in channels(), size in (1u64..20, 1u64..20), kernel in prop_oneof![Just(3u64), Just(5), Just(7), 1u64..6],
        stride in 1u64..3, dilation in 1u64..3, padding in 0u64..4, behind in behind(), times in prop_oneof![4 => Just(1u64), 1 => 2u64..3],
    ) -> String {
        let (height, width, out) = (size.0 + 6, size.1 + 6, channels * times);
        format!("input = [{channels}, {height}, {width}]\nlayers = [{{ op = 'conv2d', out_channels = {out}, kernel_size = {kernel}, \
                 stride = {stride}, dilation = {dilation}, padding = {padding}, groups = {channels} }}, {behind}]")
    }
}

/// Layers that take an image of any size.
fn layer() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u64..4, 1u64..3, 0u64..2, any::<bool>()).prop_map(|(k, s, p, ceil)| format!(
            "{{ op = 'max_pool2d', kernel_size = {k}, stride = {s}, padding = {}, ceil_mode = {ceil} }},", p.min(k / 2)
        )),
        (1u64..4, 1u64..3, 0u64..2, any::<bool>(), any::<bool>()).prop_map(|(k, s, p, ceil, all)| format!(
            "{{ op = 'avg_pool2d', kernel_size = {k}, stride = {s}, padding = {}, ceil_mode = {ceil}, count_include_pad = {all} }},",
            p.min(k / 2)
        )),
        (1u64..5).prop_map(|size| format!("{{ op = 'adaptive_avg_pool2d', output_size = {size} }},")),
        channels().prop_map(|out| format!("{{ op = 'conv2d', out_channels = {out}, kernel_size = 1 }},")),
        (1u64..40).prop_map(|out| format!(
            "{{ op = 'conv_transpose2d', out_channels = {out}, kernel_size = 3, stride = 2, padding = 1, output_padding = 1 }},"
        )),
        (1u64..3).prop_map(|factor| format!("{{ op = 'upsample', scale_factor = {factor} }},")),
        Just("{ op = 'upsample', scale_factor = 2, mode = 'bilinear' },".to_owned()),
        Just("{ op = 'upsample', scale_factor = 2, mode = 'bilinear', align_corners = true },".to_owned()),
        Just("'batch_norm2d', 'relu',".to_owned()),
        Just("'instance_norm2d',".to_owned()),
        Just("{ op = 'group_norm', num_groups = 1 }, 'silu',".to_owned()),
        Just("{ op = 'local_response_norm', size = 3 },".to_owned()),
        Just("'layer_scale',".to_owned()),
        Just("{ op = 'softmax', dim = 1 },".to_owned()),
        Just("{ op = 'softmax', dim = -1 },".to_owned()),
        Just("{ op = 'channel_shuffle', groups = 2 },".to_owned()),
        Just("{ op = 'slice', end = -1 },".to_owned()),
        Just("{ op = 'permute', dims = [0, 1, 3, 2] },".to_owned()),
        Just("{ op = 'permute', dims = [0, 2, 3, 1] },".to_owned()),
        Just("{ op = 'linear', out_features = 11 },".to_owned()),
        Just("'layer_norm',".to_owned()),
        Just("'tanh',".to_owned()),
        Just("{ op = 'prelu', num_parameters = 1 },".to_owned()),
        Just("{ op = 'slice', end = 1 },".to_owned()),
        Just("{ op = 'slice', start = -1 },".to_owned()),
        Just("{ op = 'slice', dim = 2, start = 1 },".to_owned()),
        (-5i64..5, -5i64..5).prop_map(|(down, right)| format!("{{ op = 'roll', shifts = [{down}, {right}], dims = [2, 3] }},")),
        (-5i64..5).prop_map(|shift| format!("{{ op = 'roll', shifts = [{shift}], dims = [1] }},")),
        (prop_oneof![Just("mean"), Just("sum"), Just("max"), Just("min"), Just("norm")], prop_oneof![Just("[2, 3]"), Just("[1]"), Just("[3]"), Just("[2]"), Just("[1, 2]"), Just("[1, 3]")])
            .prop_map(|(op, dims)| format!("{{ op = '{op}', dim = {dims}, keepdim = true }},")),
        Just("{ op = 'affine', mul = 0.5, add = 0.25 },".to_owned()),
    ]
}

/// Layers behind each other, and branches that meet: added, multiplied, concatenated.
fn network() -> impl Strategy<Value = String> {
    let branch = || proptest::collection::vec(layer(), 0..3).prop_map(|layers| layers.concat());
    let meet = prop_oneof![
        Just("{ op = 'concat', from = ['a', 'b', 'stem'] }".to_owned()),
        Just("{ op = 'concat', from = ['a', 'b'] }".to_owned()),
        Just("{ op = 'add', from = ['a', 'b'] }".to_owned()),
        Just("{ op = 'mul', from = ['a', 'b'] }".to_owned()),
        Just("{ op = 'sub', from = ['b', 'stem'] }".to_owned()),
        Just("{ op = 'maximum', from = ['stem', 'a'] }".to_owned()),
        Just("{ op = 'add', broadcast = true, from = ['a', 'stem'] }".to_owned()),
        Just("{ op = 'add', from = ['a', 'b', 'stem'] }".to_owned()),
        Just("{ op = 'mul', broadcast = true, from = ['a', 'stem', 'b'] }".to_owned()),
        Just("{ op = 'concat', dim = 2, from = ['a', 'b'] }".to_owned()),
        Just("{ op = 'concat', dim = -1, from = ['stem', 'a'] }".to_owned()),
    ];
    let end = prop_oneof![
        Just(""),
        Just("'global_avg_pool', { op = 'linear', out_features = 10 }, 'softmax',"),
        Just("'flatten', { op = 'linear', out_features = 7 }, 'relu',"),
        Just(
            "{ name = 'se', op = 'global_avg_pool' }, { op = 'reshape', shape = [-1, 1, 1] }, 'sigmoid', { op = 'mul', broadcast = true, from = ['met', 'sigmoid_1'] },"
        ),
    ];
    let sizes = (channels(), 4u64..12, 4u64..12, any::<bool>());
    (sizes, layer(), branch(), branch(), meet, end).prop_map(|((channels, height, width, begins), stem, a, b, meet, end)| {
        let first = format!("{{ op = 'conv2d', out_channels = {channels}, kernel_size = 3, padding = 1 }},");
        let first = if begins { &first } else { "" };
        format!(
            "input = [{channels}, {height}, {width}]\nlayers = [{first} {stem}\n\
             {{ name = 'stem', op = 'identity' }},\n{a} {{ name = 'a', op = 'identity' }},\n{{ name = 'again', op = 'identity', from = 'stem' }}, {b} \
             {{ name = 'b', op = 'identity' }},\n{meet}, {{ name = 'met', op = 'relu' }}, {end}]"
        )
    })
}

prop_compose! {
    /// What is made of a part of a tensor, or of the same in another shape, meets the tensor itself, which nothing else takes.
    fn parts()(
        channels in 1u64..20, size in 1u64..9, half in any::<bool>(),
        of_part in prop_oneof![
            Just("{ name = 'part', op = 'slice', end = 1, from = 'x' }, 'tanh',"),
            Just("{ name = 'part', op = 'slice', start = -1, from = 'x' },"),
            Just("{ name = 'part', op = 'reshape', shape = [-1, 1], from = 'x' }, { op = 'mean', dim = [1], keepdim = true },
                  { op = 'reshape', shape = 'size' },"),
            Just("{ name = 'part', op = 'slice', end = 1, from = 'x' }, { op = 'conv2d', out_channels = 'channels', kernel_size = 3, padding = 1 },"),
            Just("{ name = 'part', op = 'slice', start = -1, from = 'x' }, { op = 'conv2d', out_channels = 'channels', kernel_size = 3, padding = 1 }, 'relu',"),
        ],
        meet in prop_oneof![Just("add"), Just("mul"), Just("sub"), Just("maximum")],
    ) -> String {
        let from = if half { "['met', 'x']" } else { "['x', 'met']" };
        let shape = format!("[{channels}, {size}, {size}]");
        format!("input = {shape}\nlayers = [{{ name = 'x', op = 'conv2d', out_channels = {channels}, kernel_size = 1 }}, {of_part} \
                 {{ name = 'met', op = 'identity' }}, {{ op = '{meet}', from = {from}, broadcast = true }}]")
            .replace("'size'", &shape)
            .replace("'channels'", &channels.to_string())
    }
}

prop_compose! {
    /// A tensor that is learned meets what comes of an input, behind steps that need as much memory, and ahead of such.
    fn learned()(
        channels in 1u64..20, size in 1u64..9, before in 0usize..4, behind in 0usize..3, whole in any::<bool>(),
        layer in prop_oneof![Just("{ op = 'conv2d', out_channels = 'channels', kernel_size = 1 },"), Just("'tanh',"), Just("{ op = 'softmax', dim = 1 },")],
        meet in prop_oneof![
            Just("{ op = 'add', broadcast = true, from = ['x', 'p'] },"),
            Just("{ op = 'mul', broadcast = true, from = ['p', 'x'] },"),
            Just("{ op = 'concat', from = ['x', 'p'] },"),
            Just("{ op = 'concat', from = ['p', 'x', 'p'] },"),
            Just("{ name = 'q', op = 'relu', from = 'p' }, { op = 'sub', broadcast = true, from = ['q', 'x'] },"),
            Just("{ name = 'q', op = 'reshape', shape = 'size', from = 'p' }, { op = 'maximum', broadcast = true, from = ['x', 'q'] },"),
            Just("{ op = 'matmul', from = ['x', 'p'] },"),
            Just("{ op = 'matmul', from = ['p', 'x'] },"),
        ],
    ) -> String {
        let shape = if whole || meet.contains("concat") || meet.contains("matmul") { format!("[{channels}, {size}, {size}]") } else { format!("[{channels}, 1, 1]") };
        format!("input = [{channels}, {size}, {size}]\nlayers = [{} {{ name = 'x', op = 'relu' }}, {{ name = 'p', op = 'parameter', shape = {shape} }}, {meet} {}]",
                layer.repeat(before), "'tanh', { op = 'softmax', dim = 1 },".repeat(behind))
            .replace("'size'", &shape)
            .replace("'channels'", &channels.to_string())
    }
}

prop_compose! {
    fn tokens()(
        tokens in 1u64..20, heads in 1u64..4, size in 1u64..12, other in 1u64..30,
        end in prop_oneof![Just(""), Just("{ op = 'permute', dims = [0, 2, 1] },"), Just("{ op = 'softmax', dim = 1 },")],
    ) -> String {
        let channels = heads * size;
        format!("input = [{tokens}, {channels}]\nlayers = [{{ name = 'n', op = 'layer_norm' }}, \
                 {{ name = 'm', op = 'multi_head_attention', num_heads = {heads} }}, {{ name = 's', op = 'add', from = ['m', 'input'] }}, \
                 {{ op = 'rms_norm' }}, {{ op = 'linear', out_features = {other} }}, 'gelu', {{ name = 'l', op = 'linear', out_features = {channels} }}, \
                 {{ op = 'add', from = ['l', 's'] }}, {{ op = 'scaled_dot_product_attention', from = ['add_1', 's', 'l'] }}, {{ name = 'left', op = 'tanh' }}, \
                 {{ name = 'right', op = 'permute', dims = [0, 2, 1] }}, {{ op = 'matmul', from = ['left', 'right'] }}, {end}]")
    }
}

/// Of one that a cache does not keep, some samples go through all layers before the next ones do.
#[test]
fn a_large_batch_is_computed_in_parts() {
    let of_size = |size: usize| {
        format!(
            "input = [16, {size}, {size}]\nlayers = [{{ op = 'conv2d', out_channels = 16, kernel_size = 1 }}, 'relu', \
             {{ op = 'max_pool2d', kernel_size = 4 }}, 'flatten', {{ op = 'linear', out_features = 10 }}]"
        )
    };
    // With more threads, more cache is counted upon.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    // Of 2¹⁷ numbers that are alive the second cache keeps two, of 2²¹ the last one.
    let cases: [(usize, &[_]); 2] = [(64, &[(2, 1), (8, 4)]), (256, &[(1, 1), (2, 1), (6, 3), (7, 7)])];
    for (size, parts) in cases {
        let graph = graph(&of_size(size)).unwrap();
        let weights = Weights::fresh(&graph, 3, &Device::Cpu, DType::F32).unwrap();
        for &(batch, parts) in parts {
            let engine = Engine::usual(ElementType::F32, true);
            let of_session = || engine.load(&graph, weights.clone(), batch).unwrap().parts();
            assert_eq!(alone.install(of_session), parts, "{size}, {batch}");
        }
    }
    alone.install(|| check(&of_size(256), 6)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn convolutions(text in convolution(), batch in 1usize..4) {
        check(&text, batch)?;
    }

    #[test]
    fn depthwise_convolutions(text in depthwise(), batch in 1usize..3) {
        check(&text, batch)?;
    }

    #[test]
    fn networks(text in network(), batch in 1usize..4) {
        check(&text, batch)?;
    }

    #[test]
    fn parts_of_tensors(text in parts(), batch in 1usize..4) {
        check(&text, batch)?;
    }

    #[test]
    fn learned_tensors(text in learned(), batch in 1usize..4) {
        check(&text, batch)?;
    }

    #[test]
    fn attention(text in tokens(), batch in 1usize..4) {
        check(&text, batch)?;
    }
}
