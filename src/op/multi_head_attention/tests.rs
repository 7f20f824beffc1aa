use super::*;
use crate::counts::{Macs, Ops, Work};
use crate::op::shapes;
use crate::working::Notation;

fn attention(settings: &str) -> MultiHeadAttention {
    toml::from_str(settings).unwrap()
}

fn work(settings: &str, dims: &[&[u64]]) -> Work {
    let inputs = shapes(dims);
    let output = attention(settings).output(&inputs).unwrap();
    attention(settings).cost(&inputs, &output).unwrap().work().unwrap().0
}

fn reason(heads: u64, dims: &[&[u64]]) -> Reason {
    attention(&format!("num_heads = {heads}")).output(&shapes(dims)).unwrap_err()
}

/// ViT-B/16 has 12 of these: of its 16,732,895,232 linear MACs in torchvision, and all 715,327,488 of attention.
#[test]
fn a_layer_of_a_vision_transformer() {
    let work = work("num_heads = 12", &[&[197, 768]]);
    assert_eq!(work.macs, Macs { linear: 464_781_312, attention: 59_610_624, ..Macs::default() });
    assert_eq!(work.macs.attention * 12, 715_327_488);
    let scores = 12 * 197 * 197;
    let beside = Ops {
        mul: scores,
        add: 197 * 4 * 768 + 12 * 197 * (2 * 197 - 1),
        div: scores,
        cmp: 12 * 197 * 196,
        exp: scores,
    };
    let macs = work.macs.total();
    assert_eq!(work.ops, Ops { mul: beside.mul + macs, add: beside.add + macs, ..beside });
    let weights = attention("num_heads = 12").weights(&shapes(&[&[197, 768]]));
    let params: u128 = weights.iter().map(|weight| weight.count().evaluate().unwrap()).sum();
    assert_eq!(params, 2_362_368);
    let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
    assert_eq!(names, ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]);
}

#[test]
fn key_and_value_may_be_another_sequence() {
    let work = work("num_heads = 2\nbias = false", &[&[5, 8], &[7, 8], &[7, 8]]);
    let linear = 2 * 5 * 64 + 2 * 7 * 64;
    assert_eq!(work.macs, Macs { linear, attention: 2 * 2 * 5 * 7 * 4, ..Macs::default() });
    // Ten rows of 7 scores.
    assert_eq!((work.ops.cmp, work.ops.exp), (10 * 6, 70));
    assert_eq!(work.ops.add, work.macs.total() + 10 * 13);
}

#[test]
fn the_working_reads_by_its_steps() {
    let inputs = shapes(&[&[197, 768]]);
    let cost = attention("num_heads = 12").cost(&inputs, &inputs[0]).unwrap();
    let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
    assert_eq!(
        written,
        [
            "projections · tokens · channels²",
            "projections · tokens · channels",
            "heads · tokens² · head size",
            "heads · tokens²",
            "heads · tokens · (differences + sum)",
            "heads · tokens²",
            "heads · tokens · (tokens − 1)",
            "heads · tokens²",
            "heads · tokens² · head size",
            "tokens · channels²",
            "tokens · channels",
        ]
    );
    assert_eq!(cost.terms[2].nominal.substitution(Notation::Text), "12·197²·64");
}

/// A stage of Swin: 64 windows of 49 tokens, a bias for each of 3 heads.
#[test]
fn windows_are_sequences_of_their_own() {
    let windows = work("num_heads = 3", &[&[64, 49, 96]]);
    let one = work("num_heads = 3", &[&[49, 96]]);
    assert_eq!(windows.macs.total(), 64 * one.macs.total());
    assert_eq!(windows.ops.flops(), 64 * one.ops.flops());
    for mask in [&[3, 49, 49][..], &[64, 1, 49, 49], &[49, 49], &[1, 49]] {
        let masked = work("num_heads = 3", &[&[64, 49, 96], mask]);
        assert_eq!(masked.ops, Ops { add: windows.ops.add + 64 * 3 * 49 * 49, ..windows.ops }, "{mask:?}");
    }
    let inputs = shapes(&[&[64, 49, 96]]);
    let cost = attention("num_heads = 3").cost(&inputs, &inputs[0]).unwrap();
    let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
    assert_eq!(written[0], "projections · sequences · tokens · channels²");
    assert_eq!(written[2], "sequences · heads · tokens² · head size");
    assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "3·64·49·96²");
}

/// As `nn.MultiheadAttention(8, 2, kdim=5, vdim=3)` names and orders them.
#[test]
fn key_and_value_may_have_channels_of_their_own() {
    let settings = "num_heads = 2\nkdim = 5\nvdim = 3";
    let dims: [&[u64]; 3] = [&[6, 8], &[7, 5], &[7, 3]];
    let weights = attention(settings).weights(&shapes(&dims));
    let named: Vec<_> = weights.iter().map(|weight| (&*weight.name, weight.dims())).collect();
    assert_eq!(
        named,
        [
            ("q_proj_weight", vec![8, 8]),
            ("k_proj_weight", vec![8, 5]),
            ("v_proj_weight", vec![8, 3]),
            ("in_proj_bias", vec![24]),
            ("out_proj.weight", vec![8, 8]),
            ("out_proj.bias", vec![8]),
        ]
    );
    let work = work(settings, &dims);
    assert_eq!(work.macs.linear, 2 * 6 * 64 + 7 * 8 * (5 + 3));
    // What is given and is that of the query changes nothing.
    let same = attention("num_heads = 2\nkdim = 8\nvdim = 8").weights(&shapes(&[&[6, 8]]));
    assert_eq!(same, attention("num_heads = 2").weights(&shapes(&[&[6, 8]])));
    let reason = |settings: &str, dims: &[&[u64]]| {
        let reason = attention(&format!("num_heads = 2\n{settings}")).output(&shapes(dims)).unwrap_err();
        (reason.to_string(), reason.setting, reason.help.map(|help| help.english))
    };
    let wrong = ("`kdim` is 4, and the key is 7×5".to_owned(), Some("kdim"), None);
    assert_eq!(reason("kdim = 4\nvdim = 3", &dims), wrong);
    let message = "the query is 6×8, and the value, which has as many channels, is 7×3".to_owned();
    let help = Some("`vdim = 3` gives it channels of its own".to_owned());
    assert_eq!(reason("kdim = 5", &dims), (message, None, help));
    assert_eq!(reason("kdim = 5", &[&[6, 8]]).0, "`kdim` is 5, and the key is 6×8");
}

#[test]
fn what_its_products_pack_is_in_its_workspace() {
    let inputs = shapes(&[&[3, 8], &[500, 8], &[500, 8]]);
    let held = attention("num_heads = 2").workspace(&inputs, &inputs[0], &Device::Cpu);
    let tensors = 4 * 3 * 8 + 2 * 500 * 8 + 2 * 2 * 3 * 500;
    for (rows, inner, columns, samples) in [(500, 8, 8, 4), (3, 4, 500, 1), (3, 500, 4, 1)] {
        let product = packed(rows, inner, columns, &Device::Cpu).of_batch(samples);
        assert!(held.of_batch(4) >= 4 * tensors + product, "{rows}×{inner}×{columns}");
    }
}

#[test]
fn inputs_must_fit() {
    let message = |heads, dims: &[&[u64]]| reason(heads, dims).to_string();
    assert_eq!(message(5, &[&[197, 768]]), "5 heads do not divide the 768 channels");
    assert_eq!(reason(5, &[&[197, 768]]).setting, Some("num_heads"));
    assert_eq!(message(1, &[&[768]]), "needs tokens × channels, and gets 768");
    assert_eq!(
        message(1, &[&[5, 8][..]; 5]),
        "takes tokens, or query, key and value, and perhaps a mask behind them; and gets 5 inputs"
    );
    // Two are tokens and a mask.
    let help = reason(1, &[&[5, 8], &[7, 8]]).help.unwrap().english;
    assert!(help.starts_with("of two inputs the second is a mask"), "{help}");
    assert_eq!(message(1, &[&[5, 8], &[7, 8]]), "the mask is 7×8, and the scores it is added to are 1×5×5");
    assert_eq!(
        message(1, &[&[2, 5, 8], &[3, 7, 8], &[3, 7, 8]]),
        "the query is 2×5×8, and the key, which has the same sizes before its tokens, is 3×7×8"
    );
    assert_eq!(
        message(1, &[&[5, 8], &[7, 8], &[6, 8]]),
        "every token of the key has one of the value, and these are 7×8 and 6×8"
    );
    assert_eq!(
        message(1, &[&[5, 8], &[7, 4], &[7, 4]]),
        "the query is 5×8, and the key, which has as many channels, is 7×4"
    );
    assert_eq!(
        message(1, &[&[5, 8], &[8], &[8]]),
        "the query is 5×8, and the key, which has the same sizes before its tokens, is 8"
    );
}

#[test]
fn counts_that_do_not_fit_are_an_error() {
    let inputs = shapes(&[&[1 << 53, 1 << 53]]);
    let attention = attention("num_heads = 1");
    assert_eq!(attention.cost(&inputs, &inputs[0]).unwrap().work(), Err(Overflow));
    assert_eq!(attention.weights(&inputs)[0].dims(), [3 << 53, 1 << 53]);
}
