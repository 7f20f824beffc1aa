//! Names and notes are those of real files, which PyTorch 2.9 and 2.15 wrote if nothing else is said.

use super::*;

/// A node of this operator and name that takes these tensors and makes these.
fn node(operator: &str, name: &str, inputs: &[&str], outputs: &[&str]) -> Node {
    let texts = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
    Node {
        name: name.into(),
        operator: operator.into(),
        inputs: texts(inputs),
        outputs: texts(outputs),
        ..Node::default()
    }
}

/// A node with a note of its scopes.
fn noted(operator: &str, scopes: &str) -> Node {
    Node { metadata: vec![(SCOPES.into(), scopes.into())], ..node(operator, "node_1", &[], &[]) }
}

fn found(node: &Node, weight: Option<&str>) -> Option<String> {
    told(std::slice::from_ref(node), |_| weight, |_| true).swap_remove(0).map(|path| path.join("/"))
}

fn named(operator: &str, name: &str, weight: Option<&str>) -> Option<String> {
    found(&node(operator, name, &[], &[]), weight)
}

fn path(path: &str) -> Path {
    path.split('/').filter(|part| !part.is_empty()).map(Into::into).collect()
}

#[test]
fn names_of_torchscript_repeat_lists() {
    for (operator, name, module) in [
        ("Conv", "/conv1/Conv", "conv1"),
        ("Conv", "/layer1/layer1.0/conv1/Conv", "layer1/0/conv1"),
        ("Conv", "/layer2/layer2.0/downsample/downsample.0/Conv", "layer2/0/downsample/0"),
        ("Conv", "/features/features.1/conv/conv.0/conv.0.0/Conv", "features/1/conv/0/0"),
        ("Add", "/layer1/layer1.0/Add", "layer1/0"),
        ("Relu", "/layer1/layer1.0/relu_1/Relu", "layer1/0/relu_1"),
        // Lists that are gone through rather than called.
        ("Add", "/stages/stages.2/blocks.0/attn/kv/Add", "stages/2/blocks/0/attn/kv"),
        ("Conv", "/m/backbone/fpn/inner_blocks.0/inner_blocks.0.0/Conv", "m/backbone/fpn/inner_blocks/0/0"),
        (
            "Conv",
            "/layers/layers.0/blocks.0/modulation/focal_layers.1/focal_layers.1.0/Conv",
            "layers/0/blocks/0/modulation/focal_layers/1/0",
        ),
        ("Flatten", "/Flatten", ""),
    ] {
        assert_eq!(named(operator, name, None).as_deref(), Some(module), "{name}");
    }
}

#[test]
fn names_that_onnxruntime_made_of_them() {
    for (operator, name, module) in [
        ("FusedConv", "/conv1/Conv", "conv1"),
        ("Gemm", "/enc/layers.1/self_attn/MatMul/MatMulAddFusion", "enc/layers/1/self_attn"),
        (
            "FusedMatMul",
            "/enc/layers.0/self_attn/MatMul_1/MatMulScaleFusion//MatmulTransposeFusion/",
            "enc/layers/0/self_attn",
        ),
        (
            "DequantizeLinear",
            "/enc/layers.0/self_attn/Reshape_4_output_0_DequantizeLinear",
            "enc/layers/0/self_attn",
        ),
    ] {
        assert_eq!(named(operator, name, None).as_deref(), Some(module), "{name}");
    }
    assert_eq!(named("DequantizeLinear", "input_DequantizeLinear", None), None);
    assert_eq!(named("QLinearConv", "", Some("conv1.weight_quantized")).as_deref(), Some("conv1"));
}

#[test]
fn scopes_are_those_of_the_caller() {
    for (operator, scopes, module) in [
        ("Relu", "['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu_1']", "layer1/0/relu"),
        ("Add", "['', 'layer1', 'layer1.0', 'add']", "layer1/0"),
        ("Concat", "['', 'cat']", ""),
        ("MatMul", "['', 'blocks.0', 'blocks.0.attn', 'blocks.0.attn.qk', 'linear']", "blocks/0/attn/qk"),
    ] {
        assert_eq!(found(&noted(operator, scopes), None).as_deref(), Some(module), "{scopes}");
    }
    let of_none = "['_empty_nn_module_stack_from_metadata_hook', 'sym_size_int']";
    assert_eq!(found(&noted("Shape", of_none), None), None);
}

#[test]
fn a_folded_batch_norm_does_not_take_the_convolution() {
    let folded = noted("Conv", "['', 'bn1', '_native_batch_norm_legit_no_training']");
    assert_eq!(found(&folded, Some("conv1.weight")).as_deref(), Some("conv1"));
    assert_eq!(found(&folded, Some("val_12")).as_deref(), Some("bn1"));
    let downsample = noted(
        "Conv",
        "['', 'layer2', 'layer2.0', 'layer2.0.downsample', 'layer2.0.downsample.1', '_native_batch_norm_legit_no_training_7']",
    );
    assert_eq!(
        found(&downsample, Some("layer2.0.downsample.0.weight")).as_deref(),
        Some("layer2/0/downsample/0")
    );
    // One that stands alone.
    let alone = noted("BatchNormalization", "['', 'norm', '_native_batch_norm_legit_no_training']");
    assert_eq!(found(&alone, Some("other.weight")).as_deref(), Some("norm"));
}

#[test]
fn a_weight_tells_a_module_that_is_not_called() {
    let attention = "encoder.layers.encoder_layer_0.self_attention";
    let weight = format!("{attention}.out_proj.weight");
    let module = Some("encoder/layers/encoder_layer_0/self_attention/out_proj".to_owned());
    let scopes = format!("['', 'encoder', 'encoder.layers', '{attention}', 'linear_1']");
    assert_eq!(found(&noted("Gemm", &scopes), Some(&weight)), module);
    assert_eq!(named("Gemm", "/encoder/layers/encoder_layer_0/self_attention/Gemm", Some(&weight)), module);
    // What is not the weight of a module stays where it is used.
    assert_eq!(named("Mul", "/blocks/blocks.0/Mul", Some("blocks.0.ls1.gamma")).as_deref(), Some("blocks/0"));
    // A weight in two places is that of the first in such files: of the second it says nothing.
    let norm = noted("LayerNormalization", "['', 'norm', 'layer_norm_24']");
    assert_eq!(found(&norm, Some("blocks.0.norm.weight")).as_deref(), Some("norm"));
}

#[test]
fn a_weight_does_not_take_a_node_out_of_its_module() {
    for (name, weight, module) in [
        // ts/shared_weights: a later call.
        ("/c_1/Conv", "c.weight", "c_1"),
        // ts/poolformer_s12, which calls it from outside of its head.
        ("/norm/LayerNormalization", "head.norm.weight", "norm"),
        // Equal weights are kept once.
        ("/layer1/layer1.1/bn1/BatchNormalization", "layer1.0.bn1.weight", "layer1/1/bn1"),
    ] {
        assert_eq!(named("Conv", name, Some(weight)).as_deref(), Some(module), "{name}");
    }
}

#[test]
fn names_of_others() {
    // tf2onnx, after Keras.
    assert_eq!(named("Clip", "model/re_lu/Relu6", None).as_deref(), Some("model/re_lu"));
    let resnet = "StatefulPartitionedCall/resnet50/conv1_conv/Conv2D";
    assert_eq!(named("Conv", resnet, None).as_deref(), Some("resnet50/conv1_conv"));
    // tf2onnx, after TensorFlow Lite.
    assert_eq!(
        named("Conv", "model/re_lu/Relu6;model/bn/FusedBatchNormV3", None).as_deref(),
        Some("model/re_lu")
    );
    // MXNet.
    let name = "resnetv17_stage1_conv0_fwd";
    assert_eq!(
        named("Conv", name, Some("resnetv17_stage1_conv0_weight")).as_deref(),
        Some("resnetv17_stage1_conv0")
    );
    assert_eq!(named("Relu", "resnetv17_relu0_fwd", None).as_deref(), Some("resnetv17_relu0_fwd"));
}

#[test]
fn what_has_no_name_is_called_after_its_weight() {
    for (weight, module) in [
        ("conv1.weight", "conv1"),
        ("layer1.0.conv1.weight", "layer1/0/conv1"),
        ("blocks.0.attn.in_proj_bias", "blocks/0/attn"),
        ("gpu_0/conv1_w_0", "gpu_0/conv1"),
    ] {
        for name in ["", "Conv_0", "Conv__12", "p2o.Conv.0", "node_conv2d_3", "n0", "17"] {
            assert_eq!(named("Conv", name, Some(weight)).as_deref(), Some(module), "{name} {weight}");
        }
    }
    for weight in ["onnx::Conv_224", "193", "val_12", "/conv/Constant_output_0", "W", ""] {
        assert_eq!(named("Conv", "Conv_0", Some(weight)), None, "{weight}");
    }
}

#[test]
fn tensors_have_their_place() {
    let place = |name| tensor(name).map(|path| path.join("/"));
    assert_eq!(place("cls_token").as_deref(), Some("cls_token"));
    assert_eq!(place("layers.0.attn.bias_table").as_deref(), Some("layers/0/attn/bias_table"));
    for name in ["onnx::Add_12", "val_3", "42", "", "...", "/attn/Constant_output_0"] {
        assert_eq!(place(name), None, "{name}");
    }
}

#[test]
fn what_has_nodes_in_it_is_called_after_itself() {
    let call = |operator, name| called(&node(operator, name, &[], &[])).to_string();
    assert_eq!(call("ConvRelu", "stem"), "stem");
    assert_eq!(call("If", "/roi_heads/If_2"), "If_2");
    assert_eq!(call("Loop", ""), "Loop");
    assert_eq!(call("a/b", " / /"), "a_b");
    assert_eq!(call("", ""), "unnamed");
    assert_eq!(call("If", &"x".repeat(10_000)).len(), MOST_CHARACTERS);
}

#[test]
fn names_may_be_anything() {
    for scopes in ["", "[", "]", "[]", "['a']", "['a', 'b", "['a', 'b\\", "['a', \"b]", "x", "[1, 2]"] {
        assert_eq!(found(&noted("Conv", scopes), None), None, "{scopes}");
    }
    assert_eq!(found(&noted("Conv", r#"["it's", 'a\'b.c', 'd']"#), None).as_deref(), Some("a'b/c"));
    let whole = |text: &str| {
        modules(&[noted("Conv", &format!("['{text}', 'call']"))], |_| None, |_| true).swap_remove(0)
    };
    assert_eq!(whole("a/b.c"), path("a_b/c"));
    assert_eq!(whole("../../x"), path("_/_x"));
    assert_eq!(whole(" . .. "), path(""));
    assert!(whole("a\u{1b}[2Jb").iter().all(|part| !part.contains('\u{1b}')));
    assert_eq!(whole(&"a.".repeat(10_000)).len(), MOST_LEVELS);
    assert_eq!(whole(&"é".repeat(10_000))[0].chars().count(), MOST_CHARACTERS);
    assert_eq!(named("Conv", "////", None).as_deref(), Some(""));
    assert_eq!(named("Conv", &"/a".repeat(10_000), None).unwrap().split('/').count(), MOST_LEVELS);
}

#[test]
fn what_says_nothing_stands_with_its_neighbors() {
    // dynamo/fasternet_t0: the note of a Split is missing.
    let scope = |module: &str| format!("['', '{module}', 'x']");
    let with =
        |scopes: &str, node: Node| Node { metadata: vec![(SCOPES.into(), scope(scopes).into())], ..node };
    let nodes = [
        with("stages.0.blocks.0.norm", node("Conv", "n1", &["x"], &["a"])),
        node("Split", "node_Split_341", &["a", "val_14"], &["b", "c"]),
        with("stages.0.blocks.0.spatial_mixing.conv", node("Conv", "n2", &["b"], &["d"])),
        with("stages.0.blocks.0.spatial_mixing", node("Concat", "n3", &["d", "c"], &["e"])),
        node("Neg", "", &["e"], &["e2"]),
        with("stages.0.blocks.1.conv", node("Conv", "n4", &["e2"], &["e3"])),
        node("Neg", "", &["e3"], &["f"]),
        node("Neg", "", &["f"], &["g"]),
    ];
    let modules: Vec<_> = modules(&nodes, |_| None, |_| true).iter().map(|path| path.join("/")).collect();
    assert_eq!(
        modules,
        [
            "stages/0/blocks/0/norm",
            "stages/0/blocks/0/spatial_mixing",
            "stages/0/blocks/0/spatial_mixing/conv",
            "stages/0/blocks/0/spatial_mixing",
            "stages/0/blocks",
            "stages/0/blocks/1/conv",
            "stages/0/blocks/1",
            "stages/0/blocks/1",
        ]
    );
}

#[test]
fn names_without_a_path_say_something_if_no_others_have_one() {
    // optimised/transformer_encoder_ort_extended: onnxruntime puts a node between others.
    let norm = node("LayerNormalization", "/enc/layers.0/norm1/LayerNormalization", &["x"], &["a"]);
    let reshape = node("Reshape", "gemm_input_reshape", &["a", "shape"], &["b"]);
    let gemm = node("Gemm", "/enc/layers.0/linear1/MatMul/MatMulAddFusion", &["b", "w"], &["c"]);
    assert_eq!(
        modules(&[norm, reshape.clone(), gemm], |_| None, |_| true),
        [path("enc/layers/0/norm1"), path("enc/layers/0"), path("enc/layers/0/linear1")]
    );
    assert_eq!(modules(&[reshape], |_| None, |_| true), [path("gemm_input_reshape")]);
}

#[test]
fn weights_alone_give_a_network_its_boxes() {
    // As PyTorch 1.8 wrote layer1 of a ResNet: numbers for all but weights.
    let conv = |name, weight, from: &str, to: &str| node("Conv", name, &[from, weight], &[to]);
    let nodes = [
        conv("Conv_0", "conv1.weight", "input", "1"),
        conv("Conv_1", "layer1.0.conv1.weight", "1", "2"),
        node("Relu", "Relu_2", &["2"], &["3"]),
        conv("Conv_3", "layer1.0.conv2.weight", "3", "4"),
        node("Add", "Add_4", &["4", "1"], &["5"]),
        conv("Conv_5", "layer1.1.conv1.weight", "5", "6"),
    ];
    let modules: Vec<_> = modules(&nodes, |node| node.inputs.get(1).map(|input| &**input), |_| true)
        .iter()
        .map(|path| path.join("/"))
        .collect();
    assert_eq!(
        modules,
        ["conv1", "layer1/0/conv1", "layer1/0", "layer1/0/conv2", "layer1", "layer1/1/conv1"]
    );
}

#[test]
fn nodes_in_a_circle_or_out_of_order_stand_somewhere() {
    let nodes = [
        node("Neg", "", &["b", "", "a"], &["a", ""]),
        node("Neg", "", &["a"], &["b", "a"]),
        node("Neg", "/x/Neg", &["b"], &["c"]),
    ];
    let modules = modules(&nodes, |_| None, |_| true);
    assert_eq!(modules, [path(""), path(""), path("x")]);
}

fn placed(nodes: &[(&str, &str)]) -> Vec<String> {
    let nodes: Vec<_> = nodes.iter().map(|&(module, operator)| (path(module), operator)).collect();
    let join = |Place { mut boxes, name }| {
        boxes.push(name);
        boxes.join("/")
    };
    tree(&nodes).into_iter().map(join).collect()
}

#[test]
fn a_module_of_one_operator_is_a_layer() {
    let places = placed(&[
        ("conv1", "conv2d"),
        ("layer1/0/conv1", "conv2d"),
        ("layer1/0/relu", "relu"),
        ("layer1/0", "add"),
        ("layer1/0/relu", "relu"),
        ("act", "sigmoid"),
        ("act", "mul"),
        ("", "flatten"),
    ]);
    assert_eq!(
        places,
        [
            "conv1",
            "layer1/0/conv1",
            "layer1/0/relu",
            "layer1/0/add_1",
            "layer1/0/relu",
            "act/sigmoid_1",
            "act/mul_1",
            "flatten_1",
        ]
    );
}

#[test]
fn a_module_with_modules_in_it_is_a_box() {
    let places = placed(&[
        ("attn", "matmul"),
        ("attn", "matmul"),
        ("attn/qkv", "linear"),
        ("e", "add"),
        ("", "add"),
        ("", "add"),
    ]);
    assert_eq!(places, ["attn/matmul_1", "attn/matmul_2", "attn/qkv", "e", "add_1", "add_2"]);
}
