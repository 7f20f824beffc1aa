//! Every operator computes what PyTorch computes, of views too, in which samples lie apart: see `reference/README.md`.

mod common;

use std::collections::BTreeSet;

use candle_core::Device;
use cnncost::op::{OPERATORS, Op};

use cnncost::read;
use common::cases::Case;
use serde_json::{Map, Value};

#[test]
fn outputs_are_pytorchs() {
    let failures = Case::failures(&Device::Cpu);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn cases_and_operators_cover_each_other() {
    let cases = Case::all();
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.op.as_str()).collect();
    // PyTorch knows no more than cnncost how an operator of one's own is computed.
    let known: BTreeSet<&str> =
        OPERATORS.iter().map(|entry| entry.name).filter(|name| *name != "opaque").collect();
    assert_eq!(tested, known);
}

/// What an operator says of its settings is what makes it: as data, and as an item of a description.
#[test]
fn settings_make_the_operator_that_has_them() {
    for entry in OPERATORS {
        let op = read::operator(entry.example).unwrap();
        round_trip(&op);
        // What it is unless it is given is left out, so nothing is said that the example does not say.
        let written: Vec<String> = op.settings().keys().cloned().collect();
        // The entry of a table stands in it by the last part of its name.
        let is_said = |name: &String| {
            name.rsplit('.').next().is_some_and(|name| entry.example.contains(&format!("{name} = ")))
        };
        assert!(written.iter().all(is_said), "{written:?}");
    }
    for item in [
        r#"{ op = "conv2d", out_channels = 8, kernel_size = [3, 5], padding = "same", connections = [[0], [1, 2]] }"#,
        r#"{ op = "conv2d", out_channels = 8, kernel_size = 3, padding = [1, 2], stride = 2, bias = false }"#,
        r#"{ op = "conv2d", out_channels = 8, kernel_size = 3, padding = [[0, 1], [0, 1]], padding_mode = "circular" }"#,
        r#"{ op = "max_pool3d", kernel_size = 3, padding = [1, [1, 0], 1] }"#,
        r#"{ op = "avg_pool1d", kernel_size = 3, padding = [[0, 1]] }"#,
        r#"{ op = "conv_transpose2d", out_channels = 8, kernel_size = 3, padding = "same_upper", stride = 2 }"#,
        r#"{ op = "lp_pool2d", norm_type = 2, kernel_size = 3, padding = "half" }"#,
        r#"{ op = "sub", broadcast = true, from = ["a", "b"] }"#,
        r#"{ op = "upsample", scale_factor = [1.5, 2], mode = "bilinear" }"#,
        r#"{ op = "upsample", scale_factor = [1.5, 1.5] }"#,
        r#"{ op = "upsample", scale_factor = 1.5 }"#,
        r#"{ op = "upsample", size = [4, 4, 4], mode = "trilinear" }"#,
        r#"{ op = "scaled_dot_product_attention", scale = 0.125, is_causal = true }"#,
        r#"{ op = "multi_head_attention", num_heads = 2, kdim = 5, bias = false }"#,
        r#"{ op = "rnn", hidden_size = 4, nonlinearity = "relu" }"#,
        r#"{ op = "lstm", hidden_size = 4, proj_size = 2 }"#,
        r#"{ op = "slice", start = 1, end = -1 }"#,
        r#"{ op = "avg_pool2d", kernel_size = 2, divisor_override = 3, stride = 2 }"#,
        r#"{ op = "gelu", approximate = "tanh" }"#,
        r#"{ op = "pad", padding = [1, 2], mode = "reflect" }"#,
        r#"{ op = "batch_norm2d", eps = 1e-3, affine = false }"#,
    ] {
        round_trip(&read::operator(item).unwrap());
    }
}

fn round_trip(op: &Op) {
    let again = |settings: &Map<String, Value>| Op::from_settings(op.name(), settings).unwrap().unwrap();
    let settings = op.settings();
    assert_eq!((&again(&settings), &again(&op.all_settings())), (op, op));
    let mut item = format!("{{ op = \"{}\"", op.name());
    item.extend(settings.iter().map(|(name, value)| format!(", {name} = {value}")));
    assert_eq!(&read::operator(&(item + " }")).unwrap(), op);
}
