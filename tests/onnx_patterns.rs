//! What exporters write as several operators is one again: modules of PyTorch that both of them wrote, and forms that others do.
//!
//! That it computes the same is seen where all of these files are executed, in `onnx_ops.rs`.

use std::path::Path;

use cnncost::read::onnx::{Onnx, Sizes};

/// The operators of a file, in their order, without the input.
fn operators(case: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/onnx/ops/{case}.onnx"));
    let graph = Onnx::open(&path, case).unwrap().expand(&Sizes::default()).unwrap().graph;
    graph.nodes().skip(1).map(|(_, node)| node.operator_name().to_owned()).collect()
}

/// By the exporter that goes through a module with TorchScript, and by the one that does with dynamo.
#[track_caller]
fn both_give(module: &str, expected: &[&str]) {
    for exporter in ["ts", "dynamo"] {
        assert_eq!(operators(&format!("exported_{module}_{exporter}")), expected, "{module} by {exporter}");
    }
}

#[test]
fn activations() {
    for (module, operator) in [
        ("gelu", "gelu"),
        ("gelu_tanh", "gelu"),
        ("silu", "silu"),
        ("hardswish", "hard_swish"),
        ("hardsigmoid", "hard_sigmoid"),
        ("mish", "mish"),
        ("softplus", "softplus"),
        ("relu6", "relu6"),
        ("glu", "glu"),
    ] {
        both_give(module, &[operator]);
    }
    assert_eq!(operators("exported_hardswish_14_ts"), ["hard_swish"]);
}

#[test]
fn norms() {
    both_give("batch_norm", &["conv2d"]);
    both_give("group_norm", &["group_norm"]);
    both_give("instance_norm", &["instance_norm2d"]);
    both_give("layer_norm_channels", &["permute", "layer_norm", "permute"]);
    both_give("local_response_norm", &["local_response_norm"]);
    both_give("rms_norm", &["rms_norm"]);
    assert_eq!(operators("exported_layer_norm_13_ts"), ["layer_norm"]);
    assert_eq!(operators("exported_rms_norm_module_dynamo"), ["rms_norm"]);
    assert_eq!(operators("exported_group_norm_21_dynamo"), ["group_norm"]);
    // One without an operator of its own.
    both_give("normalize", &["norm", "clamp", "expand", "div"]);
}

#[test]
fn rearrangements() {
    both_give("channel_shuffle", &["channel_shuffle"]);
    both_give("pixel_shuffle", &["pixel_shuffle"]);
    both_give("pixel_unshuffle", &["pixel_unshuffle"]);
    // Two dimensions at once.
    both_give("roll", &["roll"]);
    // The windows of a picture are no other picture.
    both_give("windows", &["reshape", "permute", "reshape"]);
}

#[test]
fn pools() {
    both_give("adaptive_avg_pool_1", &["global_avg_pool"]);
    both_give("adaptive_avg_pool_2", &["avg_pool2d"]);
    both_give("unflatten_mean", &["reshape", "mean"]);
    both_give("squeeze_excite", &["global_avg_pool", "conv2d", "relu", "conv2d", "sigmoid", "mul"]);
}

/// Of a query, a key and a value that are parts of one tensor, between two linear layers.
#[test]
fn attention() {
    for module in ["attention", "attention_fused"] {
        for exporter in ["ts", "dynamo"] {
            let mut operators = operators(&format!("exported_{module}_{exporter}"));
            operators.retain(|operator| operator != "reshape");
            let parts = ["linear", "permute", "slice", "slice", "slice"];
            let rest = ["scaled_dot_product_attention", "permute", "linear"];
            assert_eq!(operators, [&parts[..], &rest].concat(), "{module} by {exporter}");
        }
    }
    let ours = |case: &str| {
        let operators = operators(case);
        let count = |name: &str| operators.iter().filter(|operator| *operator == name).count();
        ["scaled_dot_product_attention", "softmax", "matmul", "linear"].map(count)
    };
    assert_eq!(ours("exported_multihead_attention_ts"), [1, 0, 0, 2]);
    assert_eq!(ours("exported_multihead_attention_dynamo"), [1, 0, 0, 2]);
    assert_eq!(ours("exported_encoder_layer_dynamo"), [1, 0, 0, 4]);
}
