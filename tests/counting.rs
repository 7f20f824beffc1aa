//! The counting rules in the documentation of `cnncost::counts`, held against the operators.

mod common;

use cnncost::counts::Kind;
use cnncost::shape::Shape;

use common::{is_known, operator};

/// One row: what an operator with these settings does on these inputs.
struct Rule {
    op: &'static str,
    /// As JSON.
    settings: &'static str,
    inputs: &'static [&'static [u64]],
    /// Output elements, or groups of values that are normalized together.
    units: u128,
    /// Operations for each of them: mul, add, div, cmp, exp.
    ops: [u128; 5],
}

/// A small image and its elements.
const IMAGE: &[&[u64]] = &[&[4, 6, 5]];
const ELEMENTS: u128 = 4 * 6 * 5;

/// Four such images one behind the other.
const VOLUME: &[&[u64]] = &[&[4, 4, 6, 5]];

const RULES: &[Rule] = &[
    // Contractions: a MAC is one multiplication and one addition; a bias is one more addition.
    rule(
        "conv2d",
        r#"{"out_channels": 3, "kernel_size": 3, "bias": false}"#,
        IMAGE,
        3 * 4 * 3,
        [36, 36, 0, 0, 0],
    ),
    rule("conv2d", r#"{"out_channels": 3, "kernel_size": [3, 2]}"#, IMAGE, 3 * 4 * 4, [24, 25, 0, 0, 0]),
    rule(
        "conv2d",
        r#"{"out_channels": 2, "kernel_size": 3, "padding": 1, "groups": 2}"#,
        IMAGE,
        2 * 6 * 5,
        [18, 19, 0, 0, 0],
    ),
    rule("conv1d", r#"{"out_channels": 3, "kernel_size": 2}"#, &[&[4, 7]], 3 * 6, [8, 9, 0, 0, 0]),
    rule(
        "conv3d",
        r#"{"out_channels": 3, "kernel_size": [1, 3, 2], "groups": 1}"#,
        VOLUME,
        3 * 4 * 4 * 4,
        [24, 25, 0, 0, 0],
    ),
    // A table of connections: 2 + 1 + 3 pairs of channels, 6 positions of the window, 4·4 of the output, and 3·16 biases.
    rule(
        "conv2d",
        r#"{"out_channels": 3, "kernel_size": [3, 2], "connections": [[0, 2], [3], [1, 2, 3]]}"#,
        IMAGE,
        4 * 4,
        [36, 39, 0, 0, 0],
    ),
    // Padding of any kind is multiplied all the same: 3·3 positions behind a stride of 2, 6·5 of half a window.
    rule(
        "conv2d",
        r#"{"out_channels": 3, "kernel_size": 3, "stride": 2, "padding": "same_upper"}"#,
        IMAGE,
        3 * 3 * 3,
        [36, 37, 0, 0, 0],
    ),
    rule(
        "conv2d",
        r#"{"out_channels": 3, "kernel_size": 3, "padding": "half", "padding_mode": "reflect"}"#,
        IMAGE,
        3 * 6 * 5,
        [36, 37, 0, 0, 0],
    ),
    // For each of 4 channels a position and one of 9 taps samples with 4 multiplications and 3 additions, one more with a mask;
    // then a MAC for each.
    rule(
        "deform_conv2d",
        r#"{"out_channels": 2, "kernel_size": 3, "padding": 1, "bias": false}"#,
        &[&[4, 6, 5], &[18, 6, 5]],
        6 * 5,
        [36 * (4 + 2), 36 * (3 + 2), 0, 0, 0],
    ),
    rule(
        "deform_conv2d",
        r#"{"out_channels": 2, "kernel_size": 3, "padding": 1, "groups": 2}"#,
        &[&[4, 6, 5], &[36, 6, 5], &[18, 6, 5]],
        6 * 5,
        [36 * (5 + 1), 36 * (3 + 1) + 2, 0, 0, 0],
    ),
    // For each element of the input: a MAC for each tap of the kernel and output channel of its group.
    rule(
        "conv_transpose2d",
        r#"{"out_channels": 6, "kernel_size": [3, 2], "stride": 2, "padding": 1, "groups": 2, "bias": false}"#,
        IMAGE,
        ELEMENTS,
        [18, 18, 0, 0, 0],
    ),
    rule(
        "conv_transpose1d",
        r#"{"out_channels": 3, "kernel_size": 4, "bias": false}"#,
        &[&[4, 7]],
        4 * 7,
        [12, 12, 0, 0, 0],
    ),
    // A bias for each element of the output: with a kernel of 1 there are 2·4·6·5, half as many as of the input.
    rule(
        "conv_transpose3d",
        r#"{"out_channels": 2, "kernel_size": 1}"#,
        VOLUME,
        2 * 4 * 6 * 5,
        [4, 5, 0, 0, 0],
    ),
    rule("linear", r#"{"out_features": 3, "bias": false}"#, IMAGE, 4 * 6 * 3, [5, 5, 0, 0, 0]),
    rule("linear", r#"{"out_features": 3}"#, &[&[7]], 3, [7, 8, 0, 0, 0]),
    // n differences, n squares and n − 1 additions for each unit: no MAC, for nothing is learned.
    rule("rbf", r#"{"out_features": 3}"#, &[&[7]], 3, [7, 13, 0, 0, 0]),
    // A product of two activations: as many MACs as the inner size for each element.
    rule("matmul", "{}", &[&[4, 6, 5], &[4, 5, 3]], 4 * 6 * 3, [5, 5, 0, 0, 0]),
    // Attention of 6 tokens of 4 channels with themselves, in 2 heads: for each head and token its row of 6 scores; a
    // product is 6·2 MACs, and the scaling 6 multiplications. Four projections of 4 channels: 2 · 4² MACs for each of two heads.
    rule(
        "multi_head_attention",
        r#"{"num_heads": 2, "bias": false}"#,
        &[&[6, 4]],
        2 * 6,
        [32 + 24 + 6, 32 + 24 + 11, 6, 5, 6],
    ),
    rule("multi_head_attention", r#"{"num_heads": 1}"#, &[&[6, 4]], 6, [64 + 48 + 6, 80 + 48 + 11, 6, 5, 6]),
    // 5 tokens ask 6 others.
    rule(
        "multi_head_attention",
        r#"{"num_heads": 1}"#,
        &[&[5, 4], &[6, 4], &[6, 4]],
        1,
        [5 * 32 + 6 * 32 + 5 * 54, 5 * 40 + 6 * 40 + 5 * 59, 30, 25, 30],
    ),
    // Three sequences of 6 tokens, in 2 heads, with a mask: an addition for each of 6 scores more.
    rule(
        "multi_head_attention",
        r#"{"num_heads": 2, "bias": false}"#,
        &[&[3, 6, 4], &[6, 6]],
        3 * 2 * 6,
        [32 + 24 + 6, 32 + 24 + 11 + 6, 6, 5, 6],
    ),
    // A key of 3 channels and a value of 2: 5·4² and 6·4·3 and 6·4·2 MACs go in, and 5·4² go out.
    rule(
        "multi_head_attention",
        r#"{"num_heads": 1, "bias": false, "kdim": 3, "vdim": 2}"#,
        &[&[5, 4], &[6, 3], &[6, 2]],
        1,
        [5 * 32 + 6 * 20 + 5 * 54, 5 * 32 + 6 * 20 + 5 * 59, 30, 25, 30],
    ),
    // For each of 5 tokens and 2 heads 6 scores of 4 MACs, which mix as many values of 3 numbers.
    rule(
        "scaled_dot_product_attention",
        "{}",
        &[&[2, 5, 4], &[2, 6, 4], &[2, 6, 3]],
        2 * 5,
        [6 * 7 + 6, 6 * 7 + 11, 6, 5, 6],
    ),
    rule(
        "scaled_dot_product_attention",
        r#"{"scale": 1.0}"#,
        &[&[2, 5, 4], &[2, 6, 4], &[2, 6, 3], &[5, 6]],
        2 * 5,
        [6 * 7, 6 * 7 + 11 + 6, 6, 5, 6],
    ),
    rule(
        "scaled_dot_product_attention",
        r#"{"enable_gqa": true, "is_causal": true}"#,
        &[&[2, 5, 4], &[1, 6, 4], &[1, 6, 3]],
        2 * 5,
        [6 * 7 + 6, 6 * 7 + 11, 6, 5, 6],
    ),
    // Five steps of 4 features, a state of 3 numbers: for each of these, 4 or 3 gates of 4 + 3 MACs, two biases a gate, and
    // what the gates take.
    rule("lstm", r#"{"hidden_size": 3, "bias": false}"#, &[&[5, 4]], 5 * 3, [28 + 3, 28 + 8, 3, 0, 5]),
    rule("lstm", r#"{"hidden_size": 3}"#, &[&[5, 4]], 5 * 3, [28 + 3, 28 + 8 + 8, 3, 0, 5]),
    rule("lstm", r#"{"hidden_size": 4, "num_layers": 2}"#, &[&[5, 4]], 2 * 5 * 4, [32 + 3, 32 + 16, 3, 0, 5]),
    // Projected to 2 numbers, the state takes 3·2 more MACs of each step, and each gate 4 + 2.
    rule(
        "lstm",
        r#"{"hidden_size": 3, "proj_size": 2}"#,
        &[&[5, 4]],
        5 * 3,
        [24 + 2 + 3, 24 + 2 + 8 + 8, 3, 0, 5],
    ),
    rule("rnn", r#"{"hidden_size": 3, "bias": false}"#, &[&[5, 4]], 5 * 3, [7, 7 + 1, 0, 0, 1]),
    rule(
        "rnn",
        r#"{"hidden_size": 3, "nonlinearity": "relu", "bidirectional": true}"#,
        &[&[5, 4]],
        2 * 5 * 3,
        [7, 7 + 3, 0, 1, 0],
    ),
    rule("gru", r#"{"hidden_size": 3, "bias": false}"#, &[&[5, 4]], 5 * 3, [21 + 3, 21 + 7, 2, 0, 3]),
    rule(
        "gru",
        r#"{"hidden_size": 3, "bidirectional": true}"#,
        &[&[5, 4]],
        2 * 5 * 3,
        [24, 21 + 13, 2, 0, 3],
    ),
    rule("embedding", r#"{"num_embeddings": 9, "embedding_dim": 2}"#, &[&[5]], 5 * 2, [0; 5]),
    // Normalizations; local response norm over n = 3 channels.
    each("batch_norm2d", "{}", [1, 1, 0, 0, 0]),
    each("batch_norm2d", r#"{"affine": false}"#, [1, 1, 0, 0, 0]),
    rule("batch_norm1d", "{}", &[&[7]], 7, [1, 1, 0, 0, 0]),
    rule("batch_norm3d", "{}", VOLUME, 4 * ELEMENTS, [1, 1, 0, 0, 0]),
    // For each group of n values: 3n, 4n − 1, 3 and 1; n fewer multiplications and additions without affine.
    rule("layer_norm", "{}", IMAGE, 4 * 6, [15, 19, 3, 0, 1]),
    rule("layer_norm", r#"{"bias": false}"#, IMAGE, 4 * 6, [15, 14, 3, 0, 1]),
    rule("layer_norm", r#"{"dims": 2, "affine": false}"#, IMAGE, 4, [60, 89, 3, 0, 1]),
    rule("group_norm", r#"{"num_groups": 2}"#, IMAGE, 2, [180, 239, 3, 0, 1]),
    rule("group_norm", r#"{"num_groups": 1, "affine": false}"#, IMAGE, 1, [240, 359, 3, 0, 1]),
    rule("instance_norm2d", "{}", IMAGE, 4, [60, 89, 3, 0, 1]),
    rule("instance_norm2d", r#"{"affine": true}"#, IMAGE, 4, [90, 119, 3, 0, 1]),
    rule("instance_norm1d", "{}", &[&[4, 7]], 4, [14, 20, 3, 0, 1]),
    rule("instance_norm3d", r#"{"affine": true}"#, VOLUME, 4, [360, 479, 3, 0, 1]),
    // Without a mean that is subtracted: 3n, n, 2 and 1 for each group of n values; n fewer multiplications without affine.
    rule("rms_norm", "{}", IMAGE, 4 * 6, [15, 5, 2, 0, 1]),
    rule("rms_norm", r#"{"dims": 2, "affine": false}"#, IMAGE, 4, [60, 30, 2, 0, 1]),
    each("local_response_norm", r#"{"size": 3}"#, [2, 3, 1, 0, 1]),
    // Activations.
    each("relu", "{}", [0, 0, 0, 1, 0]),
    each("leaky_relu", "{}", [1, 0, 0, 1, 0]),
    each("prelu", "{}", [1, 0, 0, 1, 0]),
    each("prelu", r#"{"num_parameters": 4}"#, [1, 0, 0, 1, 0]),
    each("relu6", "{}", [0, 0, 0, 2, 0]),
    each("hard_tanh", "{}", [0, 0, 0, 2, 0]),
    each("elu", "{}", [1, 1, 0, 1, 1]),
    each("mish", "{}", [1, 1, 0, 0, 3]),
    each("sigmoid", "{}", [0, 1, 1, 0, 1]),
    each("silu", "{}", [1, 1, 1, 0, 1]),
    each("tanh", "{}", [0, 0, 0, 0, 1]),
    each("hard_sigmoid", "{}", [1, 1, 0, 2, 0]),
    each("hard_swish", "{}", [2, 1, 0, 2, 0]),
    each("gelu", "{}", [3, 1, 0, 0, 1]),
    each("gelu", r#"{"approximate": "tanh"}"#, [6, 2, 0, 0, 1]),
    each("softplus", "{}", [1, 1, 1, 1, 2]),
    each("selu", "{}", [2, 1, 0, 1, 1]),
    each("celu", "{}", [1, 1, 1, 1, 1]),
    rule("glu", r#"{"dim": 1}"#, IMAGE, 2 * 6 * 5, [1, 1, 1, 0, 1]),
    // Other functions of each element; a power is one transcendental function, but for those that take less.
    each("exp", "{}", [0, 0, 0, 0, 1]),
    each("log", "{}", [0, 0, 0, 0, 1]),
    each("sqrt", "{}", [0, 0, 0, 0, 1]),
    each("rsqrt", "{}", [0, 0, 1, 0, 1]),
    each("sin", "{}", [0, 0, 0, 0, 1]),
    each("cos", "{}", [0, 0, 0, 0, 1]),
    each("abs", "{}", [0, 0, 0, 1, 0]),
    each("clamp", r#"{"min": 0}"#, [0, 0, 0, 1, 0]),
    each("clamp", r#"{"min": -1, "max": 1}"#, [0, 0, 0, 2, 0]),
    each("pow", r#"{"exponent": 2}"#, [1, 0, 0, 0, 0]),
    each("pow", r#"{"exponent": 3}"#, [2, 0, 0, 0, 0]),
    each("pow", r#"{"exponent": -1}"#, [0, 0, 1, 0, 0]),
    each("pow", r#"{"exponent": 0.5}"#, [0, 0, 0, 0, 1]),
    each("pow", r#"{"exponent": 1}"#, [0; 5]),
    each("pow", r#"{"exponent": 2.5}"#, [0, 0, 0, 0, 1]),
    // Softmax, for each group of n = 4 channels.
    rule("softmax", "{}", IMAGE, 6 * 5, [0, 7, 4, 3, 4]),
    rule("log_softmax", "{}", IMAGE, 6 * 5, [0, 11, 0, 3, 5]),
    // Pools of k = 6 positions, padding or not.
    rule("max_pool2d", r#"{"kernel_size": [3, 2], "stride": 1}"#, IMAGE, 4 * 4 * 4, [0, 0, 0, 5, 0]),
    rule(
        "max_pool2d",
        r#"{"kernel_size": [3, 2], "stride": 1, "padding": [1, 0]}"#,
        IMAGE,
        4 * 6 * 4,
        [0, 0, 0, 5, 0],
    ),
    rule("max_pool2d", r#"{"kernel_size": [3, 2], "ceil_mode": true}"#, IMAGE, 4 * 2 * 3, [0, 0, 0, 5, 0]),
    rule("avg_pool2d", r#"{"kernel_size": [3, 2], "stride": 1}"#, IMAGE, 4 * 4 * 4, [0, 5, 1, 0, 0]),
    rule(
        "avg_pool2d",
        r#"{"kernel_size": [3, 2], "padding": "same_upper"}"#,
        IMAGE,
        4 * 2 * 3,
        [0, 5, 1, 0, 0],
    ),
    rule("max_pool1d", r#"{"kernel_size": 3}"#, &[&[4, 7]], 4 * 2, [0, 0, 0, 2, 0]),
    rule("max_pool3d", r#"{"kernel_size": [1, 3, 2]}"#, VOLUME, 4 * 4 * 2 * 2, [0, 0, 0, 5, 0]),
    rule("avg_pool1d", r#"{"kernel_size": 3}"#, &[&[4, 7]], 4 * 2, [0, 2, 1, 0, 0]),
    rule("avg_pool3d", r#"{"kernel_size": [1, 3, 2]}"#, VOLUME, 4 * 4 * 2 * 2, [0, 5, 1, 0, 0]),
    // By a p-norm: each element to its power once, here with as many elements as the windows have positions.
    rule("lp_pool2d", r#"{"norm_type": 1, "kernel_size": [3, 5]}"#, IMAGE, 4 * 2, [0, 14, 0, 0, 0]),
    rule("lp_pool2d", r#"{"norm_type": 2, "kernel_size": [3, 5]}"#, IMAGE, 4 * 2, [15, 14, 0, 0, 1]),
    rule("lp_pool2d", r#"{"norm_type": 3, "kernel_size": [3, 5]}"#, IMAGE, 4 * 2, [0, 14, 0, 0, 16]),
    rule("lp_pool1d", r#"{"norm_type": 2, "kernel_size": 3}"#, &[&[4, 6]], 4 * 2, [3, 2, 0, 0, 1]),
    rule("lp_pool3d", r#"{"norm_type": 2, "kernel_size": [1, 3, 5]}"#, VOLUME, 4 * 4 * 2, [15, 14, 0, 0, 1]),
    rule("adaptive_max_pool2d", r#"{"output_size": [2, 5]}"#, IMAGE, 4 * 2 * 5, [0, 0, 0, 2, 0]),
    rule("adaptive_max_pool1d", r#"{"output_size": 2}"#, &[&[4, 6]], 4 * 2, [0, 0, 0, 2, 0]),
    rule("adaptive_max_pool3d", r#"{"output_size": 1}"#, VOLUME, 4, [0, 0, 0, 119, 0]),
    rule("adaptive_avg_pool1d", r#"{"output_size": 2}"#, &[&[4, 6]], 4 * 2, [0, 2, 1, 0, 0]),
    rule("adaptive_avg_pool3d", r#"{"output_size": 1}"#, VOLUME, 4, [0, 119, 1, 0, 0]),
    rule("global_avg_pool", "{}", IMAGE, 4, [0, 29, 1, 0, 0]),
    rule("global_avg_pool", "{}", VOLUME, 4, [0, 119, 1, 0, 0]),
    rule("adaptive_avg_pool2d", r#"{"output_size": [2, 5]}"#, IMAGE, 4 * 2 * 5, [0, 2, 1, 0, 0]),
    rule("adaptive_avg_pool2d", r#"{"output_size": 1}"#, IMAGE, 4, [0, 29, 1, 0, 0]),
    rule("mean", r#"{"dim": [2, 3]}"#, IMAGE, 4, [0, 29, 1, 0, 0]),
    rule("mean", r#"{"dim": [1, -1], "keepdim": true}"#, IMAGE, 6, [0, 19, 1, 0, 0]),
    // Of k = 30 or 20 values each; a norm by 2 squares each of them, any other one takes its absolute value, and its power unless
    // that is 1.
    rule("sum", r#"{"dim": [2, 3]}"#, IMAGE, 4, [0, 29, 0, 0, 0]),
    rule("max", r#"{"dim": [1, -1]}"#, IMAGE, 6, [0, 0, 0, 19, 0]),
    rule("norm", r#"{"dim": [2, 3]}"#, IMAGE, 4, [30, 29, 0, 0, 1]),
    rule("norm", r#"{"dim": [2, 3], "p": 1}"#, IMAGE, 4, [0, 29, 0, 30, 0]),
    rule("norm", r#"{"dim": [2, 3], "p": 3}"#, IMAGE, 4, [0, 29, 0, 30, 31]),
    rule("upsample", r#"{"scale_factor": 2, "mode": "bilinear"}"#, IMAGE, 4 * 12 * 10, [4, 3, 0, 0, 0]),
    rule("upsample", r#"{"scale_factor": 2, "mode": "linear"}"#, &[&[4, 7]], 4 * 14, [2, 1, 0, 0, 0]),
    rule("upsample", r#"{"size": [3, 9, 2], "mode": "trilinear"}"#, VOLUME, 4 * 3 * 9 * 2, [8, 7, 0, 0, 0]),
    rule("upsample", r#"{"scale_factor": 2, "mode": "bicubic"}"#, IMAGE, 4 * 12 * 10, [16, 15, 0, 0, 0]),
    // Merges of two tensors, and learned and fixed factors.
    rule("add", "{}", &[&[4, 6, 5], &[4, 6, 5]], ELEMENTS, [0, 1, 0, 0, 0]),
    rule("sub", "{}", &[&[4, 6, 5], &[4, 6, 5]], ELEMENTS, [0, 1, 0, 0, 0]),
    rule("div", "{}", &[&[4, 6, 5], &[4, 6, 5]], ELEMENTS, [0, 0, 1, 0, 0]),
    rule("mul", "{}", &[&[4, 6, 5], &[4, 6, 5]], ELEMENTS, [1, 0, 0, 0, 0]),
    // Stretched to one shape, for each element of it; of three, two.
    rule("add", r#"{"broadcast": true}"#, &[&[4, 6, 5], &[4, 1, 1], &[5]], ELEMENTS, [0, 2, 0, 0, 0]),
    rule("sub", r#"{"broadcast": true}"#, &[&[6, 1], &[4, 1, 5]], ELEMENTS, [0, 1, 0, 0, 0]),
    rule("div", r#"{"broadcast": true}"#, &[&[4, 6, 5], &[1, 6, 5]], ELEMENTS, [0, 0, 1, 0, 0]),
    rule("mul", r#"{"broadcast": true}"#, &[&[4, 6, 5], &[5]], ELEMENTS, [1, 0, 0, 0, 0]),
    each("scale", r#"{"bias": false}"#, [1, 0, 0, 0, 0]),
    each("scale", r#"{"bias": true}"#, [1, 1, 0, 0, 0]),
    each("layer_scale", "{}", [1, 0, 0, 0, 0]),
    each("affine", r#"{"mul": 2.0, "add": 3.0}"#, [1, 1, 0, 0, 0]),
    each("affine", r#"{"mul": 1.0, "add": 3.0}"#, [0, 1, 0, 0, 0]),
    each("affine", r#"{"mul": 2.0, "add": 0.0}"#, [1, 0, 0, 0, 0]),
    // What moves numbers and computes none.
    rule("concat", "{}", &[&[4, 6, 5], &[2, 6, 5]], 6 * 6 * 5, [0; 5]),
    each("flatten", "{}", [0; 5]),
    each("reshape", r#"{"shape": [5, -1]}"#, [0; 5]),
    each("permute", r#"{"dims": [0, 2, 3, 1]}"#, [0; 5]),
    rule("slice", r#"{"end": 2}"#, IMAGE, 2 * 6 * 5, [0; 5]),
    rule("select", r#"{"dim": 1, "index": 0}"#, IMAGE, 6 * 5, [0; 5]),
    rule("index_select", r#"{"dim": 1, "index": [3, 0, 3]}"#, IMAGE, 3 * 6 * 5, [0; 5]),
    each("roll", r#"{"shifts": [-2, 9], "dims": [1, 3]}"#, [0; 5]),
    rule("expand", r#"{"shape": [4, -1, 5]}"#, &[&[1, 6, 1]], ELEMENTS, [0; 5]),
    each("channel_shuffle", r#"{"groups": 2}"#, [0; 5]),
    each("pixel_shuffle", r#"{"upscale_factor": 2}"#, [0; 5]),
    rule("pixel_unshuffle", r#"{"downscale_factor": 2}"#, &[&[3, 6, 4]], 12 * 3 * 2, [0; 5]),
    rule("pad", r#"{"padding": [1, 2, 0, 1], "mode": "reflect"}"#, IMAGE, 4 * 7 * 8, [0; 5]),
    rule("upsample", r#"{"size": [7, 9]}"#, IMAGE, 4 * 7 * 9, [0; 5]),
    rule("upsample", r#"{"scale_factor": 3}"#, VOLUME, 27 * 4 * ELEMENTS, [0; 5]),
    each("identity", "{}", [0; 5]),
    each("dropout", "{}", [0; 5]),
    rule("constant", r#"{"shape": [2], "values": [1, 2]}"#, &[], 2, [0; 5]),
    rule("parameter", r#"{"shape": [4, 6, 5]}"#, &[], ELEMENTS, [0; 5]),
    // Functions of mathematics and logic: one operation, but for those that are made of several.
    each("erf", "{}", [0, 0, 0, 0, 1]),
    each("neg", "{}", [0, 1, 0, 0, 0]),
    each("reciprocal", "{}", [0, 0, 1, 0, 0]),
    each("floor", "{}", [0, 0, 0, 1, 0]),
    each("ceil", "{}", [0, 0, 0, 1, 0]),
    each("round", "{}", [0, 0, 0, 1, 0]),
    each("sign", "{}", [0, 0, 0, 2, 0]),
    each("softsign", "{}", [0, 1, 1, 1, 0]),
    each("threshold", r#"{"threshold": 0.1, "value": 20}"#, [0, 0, 0, 1, 0]),
    each("tan", "{}", [0, 0, 0, 0, 1]),
    each("asin", "{}", [0, 0, 0, 0, 1]),
    each("acos", "{}", [0, 0, 0, 0, 1]),
    each("atan", "{}", [0, 0, 0, 0, 1]),
    each("sinh", "{}", [0, 0, 0, 0, 1]),
    each("cosh", "{}", [0, 0, 0, 0, 1]),
    each("asinh", "{}", [0, 0, 0, 0, 1]),
    each("acosh", "{}", [0, 0, 0, 0, 1]),
    each("atanh", "{}", [0, 0, 0, 0, 1]),
    each("logical_not", "{}", [0, 0, 0, 1, 0]),
    // Of several tensors: of any number one fewer than there are, of a choice one.
    rule("maximum", "{}", &[&[4, 6, 5], &[4, 6, 5], &[4, 6, 5]], ELEMENTS, [0, 0, 0, 2, 0]),
    rule("minimum", r#"{"broadcast": true}"#, &[&[4, 6, 5], &[5]], ELEMENTS, [0, 0, 0, 1, 0]),
    rule("where", "{}", &[&[4, 6, 5], &[4, 6, 5], &[4, 6, 5]], ELEMENTS, [0, 0, 0, 1, 0]),
    two("pow_tensor", [0, 0, 0, 0, 1]),
    two("remainder", [1, 1, 1, 1, 0]),
    two("fmod", [1, 1, 1, 1, 0]),
    two("eq", [0, 0, 0, 1, 0]),
    two("ne", [0, 0, 0, 1, 0]),
    two("lt", [0, 0, 0, 1, 0]),
    two("le", [0, 0, 0, 1, 0]),
    two("gt", [0, 0, 0, 1, 0]),
    two("ge", [0, 0, 0, 1, 0]),
    two("logical_and", [0, 0, 0, 1, 0]),
    two("logical_or", [0, 0, 0, 1, 0]),
    two("logical_xor", [0, 0, 0, 1, 0]),
    // Of 30 values: 29 products or comparisons; 30 exponentials of differences to the largest, their sum, its logarithm, and the
    // largest again.
    rule("prod", r#"{"dim": [2, 3]}"#, IMAGE, 4, [29, 0, 0, 0, 0]),
    rule("min", r#"{"dim": [2, 3]}"#, IMAGE, 4, [0, 0, 0, 29, 0]),
    rule("logsumexp", r#"{"dim": [2, 3]}"#, IMAGE, 4, [0, 30 + 29 + 1, 0, 29, 30 + 1]),
    rule("argmax", r#"{"dim": 1}"#, IMAGE, 6 * 5, [0, 0, 0, 3, 0]),
    rule("argmin", r#"{"dim": -1}"#, IMAGE, 4 * 6, [0, 0, 0, 4, 0]),
    // Two comparisons tell places among up to three apart.
    rule("topk", r#"{"k": 3, "dim": 2}"#, IMAGE, 4 * 5, [0, 0, 0, 5 * 2, 0]),
    rule("cumsum", r#"{"dim": 2}"#, IMAGE, 4 * 5, [0, 5, 0, 0, 0]),
    rule("cumsum", r#"{"dim": 2, "exclusive": true}"#, IMAGE, 4 * 5, [0, 4, 0, 0, 0]),
    // One matrix for all of four.
    rule("matmul", r#"{"broadcast": true}"#, &[&[4, 6, 5], &[5, 3]], 4 * 6 * 3, [5, 5, 0, 0, 0]),
    // What moves numbers by indices computes none, unless it adds them.
    rule("gather", r#"{"dim": 1}"#, &[&[4, 6, 5], &[9, 6, 5]], 9 * 6 * 5, [0; 5]),
    rule("take", r#"{"dim": 2}"#, &[&[4, 6, 5], &[9, 2]], 4 * 9 * 2 * 5, [0; 5]),
    rule("gather_nd", "{}", &[&[4, 6, 5], &[9, 2]], 9 * 5, [0; 5]),
    rule("scatter", r#"{"dim": 1}"#, &[&[4, 6], &[2, 6], &[2, 6]], 2 * 6, [0; 5]),
    rule("scatter", r#"{"dim": 1, "reduce": "add"}"#, &[&[4, 6], &[2, 6], &[2, 6]], 2 * 6, [0, 1, 0, 0, 0]),
    rule("scatter_nd", "{}", &[&[4, 6, 5], &[9, 2], &[9, 5]], 9 * 5, [0; 5]),
    rule("scatter_nd", r#"{"reduce": "add"}"#, &[&[4, 6, 5], &[9, 2], &[9, 5]], 9 * 5, [0, 1, 0, 0, 0]),
    rule("one_hot", r#"{"num_classes": 7}"#, IMAGE, 7 * ELEMENTS, [0; 5]),
    each("flip", r#"{"dims": [2, 3]}"#, [0; 5]),
    rule("tile", r#"{"repeats": [1, 2, 1]}"#, IMAGE, 2 * ELEMENTS, [0; 5]),
    each("tril", "{}", [0; 5]),
    each("triu", r#"{"diagonal": 1}"#, [0; 5]),
    // A product over 5, as that of matrices; one of each two numbers; and one of rows that are summed before.
    rule("einsum", r#"{"equation": "hid,hjd->hij"}"#, &[&[4, 6, 5], &[4, 3, 5]], 4 * 6 * 3, [5, 5, 0, 0, 0]),
    rule("einsum", r#"{"equation": "c,hw->chw"}"#, &[&[4], &[6, 5]], ELEMENTS, [1, 0, 0, 0, 0]),
    rule("einsum", r#"{"equation": "chw,c->c"}"#, &[&[4, 6, 5], &[4]], 4, [1, 29, 0, 0, 0]),
    // As bilinear upsampling; of a volume between eight.
    rule("grid_sample", "{}", &[&[4, 6, 5], &[3, 7, 2]], 4 * 3 * 7, [4, 3, 0, 0, 0]),
    rule("grid_sample", "{}", &[&[4, 6, 5, 2], &[3, 7, 2, 3]], 4 * 3 * 7 * 2, [8, 7, 0, 0, 0]),
    rule("grid_sample", r#"{"mode": "nearest"}"#, &[&[4, 6, 5], &[3, 7, 2]], 4 * 3 * 7, [0; 5]),
    // The mean of nine that are sampled.
    rule(
        "roi_align",
        r#"{"output_size": [2, 3], "sampling_ratio": 3}"#,
        &[&[4, 6, 5], &[7, 4]],
        7 * 4 * 2 * 3,
        [9 * 4, 9 * 3 + 8, 1, 0, 0],
    ),
    // Windows of 3×2 on 4×4 positions; columns that are added up, each number of them once.
    rule("unfold", r#"{"kernel_size": [3, 2]}"#, IMAGE, 4 * 6 * 16, [0; 5]),
    rule("fold", r#"{"output_size": [6, 5], "kernel_size": [3, 2]}"#, &[&[24, 16]], 24 * 16, [0, 1, 0, 0, 0]),
    each("depth_to_space", r#"{"block_size": 2}"#, [0; 5]),
    rule("space_to_depth", r#"{"block_size": 2}"#, &[&[3, 6, 4]], 12 * 3 * 2, [0; 5]),
    // Two of four channels are turned.
    rule("rotary_embedding", r#"{"dims": 2}"#, &[&[3, 6, 4], &[6, 1], &[6, 1]], 3 * 6 * 2, [2, 1, 0, 0, 0]),
    rule("buffer", r#"{"shape": [4, 6, 5]}"#, &[], ELEMENTS, [0; 5]),
    // An operator of one's own counts what it says: a MAC is a multiplication and an addition here too.
    rule(
        "opaque",
        r#"{"shape": [4, 6, 5], "macs": 240, "ops.mul": 120, "ops.exp": 360}"#,
        IMAGE,
        ELEMENTS,
        [3, 2, 0, 0, 3],
    ),
];

#[test]
fn operators_are_counted_by_the_rules() {
    for rule in RULES.iter().filter(|rule| is_known(rule.op)) {
        let expected = rule.ops.map(|ops| ops * rule.units);
        assert_eq!(rule.counted(), expected, "mul, add, div, cmp, exp of {} {}", rule.op, rule.settings);
    }
}

#[test]
fn rules_and_operators_cover_each_other() {
    let missing: Vec<_> = RULES.iter().map(|rule| rule.op).filter(|op| !is_known(op)).collect();
    let entries = cnncost::op::OPERATORS.iter().map(|entry| entry.name);
    let unruled: Vec<_> = entries.filter(|name| RULES.iter().all(|rule| rule.op != *name)).collect();
    assert!(missing.is_empty(), "rules for operators that are missing: {missing:?}");
    assert!(unruled.is_empty(), "operators without a rule: {unruled:?}");
}

impl Rule {
    /// The operator's own count, by kind.
    fn counted(&self) -> [u128; 5] {
        let operator = operator(self.op, &serde_json::from_str(self.settings).unwrap());
        let inputs: Vec<_> = self.inputs.iter().map(|sizes| Shape::new(sizes.to_vec()).unwrap()).collect();
        let output = operator.output(&inputs).unwrap();
        let (work, _) = operator.cost(&inputs, &output).unwrap().work().unwrap();
        Kind::ALL.map(|kind| work.ops[kind])
    }
}

const fn rule(
    op: &'static str,
    settings: &'static str,
    inputs: &'static [&'static [u64]],
    units: u128,
    ops: [u128; 5],
) -> Rule {
    Rule { op, settings, inputs, units, ops }
}

/// A rule for each element of [`IMAGE`].
const fn each(op: &'static str, settings: &'static str, ops: [u128; 5]) -> Rule {
    rule(op, settings, IMAGE, ELEMENTS, ops)
}

/// A rule for each element of two such images.
const fn two(op: &'static str, ops: [u128; 5]) -> Rule {
    rule(op, "{}", &[&[4, 6, 5], &[4, 6, 5]], ELEMENTS, ops)
}
