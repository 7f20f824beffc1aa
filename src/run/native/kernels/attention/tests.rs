//! Attention against `f64`.

use proptest::prelude::*;

use super::*;
use crate::rows::single;
use crate::testing::{Numbers, close, in_threads};
use crate::{Finish, Function, Residual};

/// The shares of a row of scores.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<_> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|exponential| exponential / sum).collect()
}

/// The output for one token of one head; `mask` is what is added to its scores.
fn token_by_hand(
    shape: &AttentionShape,
    places: &[Tokens; 4],
    inputs: [&[f32]; 3],
    mask: &[f64],
    at: [usize; 3],
) -> Vec<f64> {
    let [sequence, head, query] = at;
    let key_head = head / (shape.heads / shape.key_heads);
    let token = |which: usize, head: usize, token: usize| {
        &inputs[which]
            [sequence * places[which].sequence + head * places[which].head + token * places[which].token..]
    };
    let score = |key: usize| {
        let both = token(0, head, query).iter().zip(token(1, key_head, key)).take(shape.size);
        let product: f64 = both.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        let ahead = if shape.is_causal && key > query { f64::NEG_INFINITY } else { 0.0 };
        product * f64::from(shape.scale) + mask[key] + ahead
    };
    let shares = softmax(&(0..shape.keys).map(score).collect::<Vec<_>>());
    let mixed = |index: usize| {
        let of = |key: usize| f64::from(token(2, key_head, key)[index]);
        shares.iter().enumerate().map(|(key, share)| share * of(key)).sum()
    };
    (0..shape.value_size).map(mixed).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn as_by_hand(
        sequences in 1..3usize, key_heads in 1..3usize, shared in 1..3usize, queries in 1..60usize, keys in 1..60usize,
        size in 1..40usize, value_size in 1..40usize, interleaved: bool, kind in 0..4usize, alone: [bool; 4], seed: u64,
    ) {
        let heads = key_heads * shared;
        let shape = AttentionShape {
            sequences, heads, key_heads, queries, keys, size, value_size, scale: 0.7, is_causal: kind == 1,
        };
        let place = |heads: usize, tokens: usize, size: usize| {
            if interleaved { Tokens::interleaved(tokens, heads * size + 3, size) } else { Tokens::packed(heads, tokens, size) }
        };
        let of = [(heads, queries, size), (key_heads, keys, size), (key_heads, keys, value_size), (heads, queries, value_size)];
        let places = of.map(|(heads, tokens, size)| place(heads, tokens, size));
        let mut numbers = Numbers::new(seed);
        let inputs = [0, 1, 2].map(|which: usize| {
            let (heads, tokens, size) = of[which];
            numbers.some(places[which].reach(sequences, heads, tokens, size))
        });
        let inputs = inputs.each_ref().map(|numbers| &numbers[..]);
        let scores = [sequences, heads, queries, keys];
        let sizes: Vec<_> = scores.iter().zip(alone).map(|(&size, alone)| if alone { 1 } else { size }).collect();
        let mask = (kind > 1).then(|| numbers.some(sizes.iter().product()));
        for isa in Isa::here() {
            let attention = Attention::new(isa, &shape, places, mask.as_ref().map(|_| Mask::new(&sizes, &scores)));
            let count = places[3].reach(sequences, heads, queries, value_size);
            let (mut output, mut scratch) = (vec![f32::NAN; count], vec![f32::NAN; attention.scratch()]);
            attention.run(inputs, mask.as_deref(), &mut output, &mut scratch);
            for (sequence, head, query) in (0..sequences).flat_map(|a| (0..heads).flat_map(move |b| (0..queries).map(move |c| (a, b, c)))) {
                let at = |key: usize| {
                    let place = [sequence, head, query, key].into_iter().zip(&sizes);
                    place.fold(0, |at, (index, &size)| at * size + if size == 1 { 0 } else { index })
                };
                let added: Vec<_> = (0..keys).map(|key| mask.as_ref().map_or(0.0, |mask| mask[at(key)].into())).collect();
                let wanted = token_by_hand(&shape, &places, inputs, &added, [sequence, head, query]);
                let first = sequence * places[3].sequence + head * places[3].head + query * places[3].token;
                for (&found, &wanted) in output[first..].iter().zip(&wanted) {
                    close(found, wanted, 4.0 + size as f64)?;
                }
            }
            let written = output.iter().filter(|number| !number.is_nan()).count();
            prop_assert_eq!(written, sequences * heads * queries * value_size);
        }
    }

    #[test]
    fn many_heads_by_hand(
        sequences in 1..3usize, heads in 1..4usize, queries in 1..20usize, keys in 1..20usize, size in 1..9usize,
        is_self: bool, has_bias: bool, is_masked: bool, seed: u64,
    ) {
        let channels = heads * size;
        let (keys, key_channels, value_channels) = if is_self { (queries, channels, channels) } else { (keys, 5, 3) };
        let shape = MultiHeadShape { sequences, heads, queries, keys, channels, key_channels, value_channels, is_self };
        let mut numbers = Numbers::new(seed);
        let from = [channels, key_channels, value_channels];
        let inputs = [queries * channels, keys * key_channels, keys * value_channels].map(|count| numbers.some(sequences * count));
        let inputs = if is_self { [&inputs[0][..]; 3] } else { inputs.each_ref().map(|numbers| &numbers[..]) };
        let projections = from.map(|from| numbers.some(channels * from));
        let (biases, output_bias) = (numbers.some(3 * channels), numbers.some(channels));
        let output = numbers.some(channels * channels);
        let weights = MultiHeadWeights {
            projections: projections.each_ref().map(|numbers| &numbers[..]),
            biases: has_bias.then_some(&biases[..]), output: &output, output_bias: has_bias.then_some(&output_bias[..]),
        };
        let added = numbers.some(sequences * queries * channels);
        let mask = numbers.some(queries * keys);
        let linear = |input: &[f32], from: usize, weights: &[f32], bias: Option<&[f32]>| -> Vec<f32> {
            let row = |row: &[f32]| -> Vec<f32> {
                let of = |index: usize| {
                    let products = row.iter().zip(&weights[index * from..]).map(|(&a, &b)| f64::from(a) * f64::from(b));
                    single(products.sum::<f64>() + bias.map_or(0.0, |bias| bias[index].into()))
                };
                (0..channels).map(of).collect()
            };
            input.chunks_exact(from).flat_map(row).collect()
        };
        let bias = |which: usize| weights.biases.map(|biases| &biases[which * channels..][..channels]);
        let projected = [0, 1, 2].map(|which: usize| linear(inputs[which], from[which], &projections[which], bias(which)));
        let of_key = Tokens::interleaved(keys, channels, size);
        let places = [Tokens::interleaved(queries, channels, size), of_key, of_key, Tokens::interleaved(queries, channels, size)];
        let inner = AttentionShape {
            sequences, heads, key_heads: heads, queries, keys, size, value_size: size, scale: 1.0 / (size as f32).sqrt(), is_causal: false,
        };
        let mut mixed = vec![0.0; sequences * queries * channels];
        for (sequence, head, query) in (0..sequences).flat_map(|a| (0..heads).flat_map(move |b| (0..queries).map(move |c| (a, b, c)))) {
            let row: Vec<_> = (0..keys).map(|key| if is_masked { f64::from(mask[query * keys + key]) } else { 0.0 }).collect();
            let values = token_by_hand(&inner, &places, projected.each_ref().map(|numbers| &numbers[..]), &row, [sequence, head, query]);
            let first = (sequence * queries + query) * channels + head * size;
            mixed[first..][..size].iter_mut().zip(values).for_each(|(to, value)| *to = single(value));
        }
        let wanted = linear(&mixed, channels, &output, weights.output_bias);
        for isa in Isa::here() {
            let of_mask = is_masked.then(|| Mask::new(&[1, 1, queries, keys], &[sequences, heads, queries, keys]));
            let finish = Finish { first: Function::Identity, add: true, last: Function::Identity };
            let attention = MultiHeadAttention::new(isa, &shape, &weights, of_mask, finish);
            let (mut found, mut scratch) = (vec![f32::NAN; wanted.len()], vec![f32::NAN; attention.scratch()]);
            let unread: &[f32] = &[];
            let inputs = if is_self { [inputs[0], unread, unread] } else { inputs };
            attention.run(inputs, is_masked.then_some(&mask[..]), Residual::Of(&added), &mut found, &mut scratch);
            for ((&found, &wanted), &added) in found.iter().zip(&wanted).zip(&added) {
                close(found, f64::from(wanted) + f64::from(added), 16.0 + 4.0 * channels as f64)?;
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (heads, tokens, size) = (3, 150, 40);
    let shape = AttentionShape {
        sequences: 1,
        heads,
        key_heads: heads,
        queries: tokens,
        keys: tokens,
        size,
        value_size: size,
        scale: 0.2,
        is_causal: false,
    };
    let input = Numbers::new(2).some(heads * tokens * size);
    let [one, several] = [1, 3].map(|threads| {
        let mut output = vec![0.0; input.len()];
        in_threads(threads, || {
            let attention =
                Attention::new(Isa::best(), &shape, [Tokens::packed(heads, tokens, size); 4], None);
            attention.run([&input; 3], None, &mut output, &mut vec![0.0; attention.scratch()]);
        });
        output
    });
    assert!(one == several);
}
