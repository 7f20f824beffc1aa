use super::*;
use crate::counts::{Macs, Ops, Work};
use crate::op::shapes;
use crate::working::Notation;

fn attention(settings: &str) -> ScaledDotProductAttention {
    toml::from_str(settings).unwrap()
}

fn work(settings: &str, dims: &[&[u64]]) -> Work {
    let inputs = shapes(dims);
    let output = attention(settings).output(&inputs).unwrap();
    attention(settings).cost(&inputs, &output).unwrap().work().unwrap().0
}

fn reason(settings: &str, dims: &[&[u64]]) -> Reason {
    attention(settings).output(&shapes(dims)).unwrap_err()
}

/// ViT-B/16 has 12 layers of these, of all 715,327,488 MACs of attention in torchvision.
#[test]
fn the_heads_of_a_vision_transformer() {
    let heads: &[u64] = &[12, 197, 64];
    let work = work("", &[heads; 3]);
    assert_eq!(work.macs, Macs { attention: 59_610_624, ..Macs::default() });
    assert_eq!(work.macs.attention * 12, 715_327_488);
    let (scores, macs) = (12 * 197 * 197, work.macs.total());
    let softmax = 12 * 197 * (2 * 197 - 1);
    let expected =
        Ops { mul: scores + macs, add: softmax + macs, div: scores, cmp: 12 * 197 * 196, exp: scores };
    assert_eq!(work.ops, expected);
}

/// Swin's windows: a bias for each head, and a mask for each window.
#[test]
fn a_bias_is_added_to_every_score() {
    let windows: &[u64] = &[64, 3, 49, 32];
    let dims = |mask| [windows, windows, windows, mask];
    let (plain, scores) = (work("", &dims(&[])[..3]), 64 * 3 * 49 * 49);
    for mask in [&[3, 49, 49][..], &[64, 1, 49, 49], &[49, 49], &[1, 1, 1, 1], &[49], &[64, 3, 49, 49]] {
        let masked = work("", &dims(mask));
        assert_eq!(masked.ops, Ops { add: plain.ops.add + scores, ..plain.ops }, "{mask:?}");
    }
    // Half of what a causal mask leaves out is counted: the matrix is a whole one.
    assert_eq!(work("is_causal = true", &[windows; 3]), plain);
    // T5 leaves its scores as they are.
    let unscaled = work("scale = 1", &[windows; 3]);
    assert_eq!(unscaled.ops, Ops { mul: plain.ops.mul - scores, ..plain.ops });
    assert_eq!(work("scale = 0.5", &[windows; 3]), plain);
}

#[test]
fn the_value_has_channels_of_its_own() {
    let inputs = shapes(&[&[5, 8], &[7, 8], &[7, 3]]);
    assert_eq!(attention("").output(&inputs).unwrap().dims(), [5, 3]);
    let cost = attention("").cost(&inputs, &inputs[0]).unwrap();
    let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
    assert_eq!(
        written,
        [
            "query tokens · key tokens · head size",
            "query tokens · key tokens",
            "query tokens · (differences + sum)",
            "query tokens · key tokens",
            "query tokens · (key tokens − 1)",
            "query tokens · key tokens",
            "query tokens · key tokens · value size",
        ]
    );
    assert_eq!(cost.work().unwrap().0.macs.attention, 5 * 7 * (8 + 3));
}

/// Llama 3 8B: 32 heads of the query on 8 of the key.
#[test]
fn heads_may_share_a_key() {
    let dims: [&[u64]; 3] = [&[32, 10, 128], &[8, 10, 128], &[8, 10, 128]];
    let shared = work("enable_gqa = true", &dims);
    assert_eq!(shared, work("", &[dims[0]; 3]));
    assert!(reason("", &dims).help.unwrap().english.contains("`enable_gqa = true`"));
    let uneven = reason("enable_gqa = true", &[&[6, 10, 4], &[4, 10, 4], &[4, 10, 4]]);
    assert_eq!(uneven.to_string(), "4 heads of the key do not divide the 6 of the query");
    assert_eq!(uneven.setting, Some("enable_gqa"));
}

#[test]
fn inputs_must_fit() {
    let message = |dims: &[&[u64]]| reason("", dims).to_string();
    assert_eq!(message(&[&[5, 8]]), "takes 3 to 4 inputs, and gets 1");
    assert_eq!(
        message(&[&[8], &[8], &[8]]),
        "needs tokens × channels of query, key and value, and gets 8, 8 and 8"
    );
    assert_eq!(
        message(&[&[5, 8], &[7, 8], &[6, 8]]),
        "every token of the key has one of the value, and these are 7×8 and 6×8"
    );
    assert_eq!(
        message(&[&[5, 8], &[7, 4], &[7, 4]]),
        "the query is 5×8, and the key, which has as many channels, is 7×4"
    );
    assert_eq!(
        message(&[&[2, 5, 8], &[3, 7, 8], &[3, 7, 8]]),
        "the query is 2×5×8, and the key, which has the same sizes before its tokens, is 3×7×8"
    );
    let heads: &[u64] = &[2, 5, 8];
    assert_eq!(
        message(&[heads, heads, heads, &[5, 8]]),
        "the mask is 5×8, and the scores it is added to are 2×5×5"
    );
    assert_eq!(
        message(&[heads, heads, heads, &[1, 2, 5, 5]]),
        "the mask is 1×2×5×5, and the scores it is added to are 2×5×5"
    );
    let both = reason("is_causal = true", &[heads, heads, heads, &[5, 5]]);
    assert_eq!(both.setting, Some("is_causal"));
    assert!(toml::from_str::<ScaledDotProductAttention>("scale = inf").is_err());
}

#[test]
fn what_its_products_pack_is_in_its_workspace() {
    let inputs = shapes(&[&[8, 3, 16], &[2, 500, 16], &[2, 500, 5]]);
    let held = attention("enable_gqa = true").workspace(&inputs, &inputs[0], &Device::Cpu);
    for (rows, inner, columns) in [(4 * 3, 16, 500), (4 * 3, 500, 5)] {
        let product = packed(rows, inner, columns, &Device::Cpu).of_batch(1);
        assert!(held.of_batch(4) >= 4 * 2 * 8 * 3 * 500 + product, "{rows}×{inner}×{columns}");
    }
}

#[test]
fn counts_that_do_not_fit_are_an_error() {
    let most: &[u64] = &[1 << 53, 1 << 53];
    let inputs = shapes(&[most; 3]);
    assert_eq!(attention("").cost(&inputs, &inputs[0]).unwrap().work(), Err(Overflow));
}
