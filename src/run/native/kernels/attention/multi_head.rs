//! Attention with the linear layers before and behind it.

use super::{Attention, AttentionShape, Mask, Tokens};
use crate::memory::{aligned, spare};
use crate::{Finish, Isa, Linear, Residual};

/// The sizes of multi-head attention of sequences × tokens × channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiHeadShape {
    /// Sequences: the batch and every size between it and the tokens.
    pub sequences: usize,
    /// Heads, which share the channels.
    pub heads: usize,
    /// Tokens of the query.
    pub queries: usize,
    /// Tokens of key and value.
    pub keys: usize,
    /// Channels of the query and of the output.
    pub channels: usize,
    /// Channels of the key.
    pub key_channels: usize,
    /// Channels of the value.
    pub value_channels: usize,
    /// Whether query, key and value are the same tokens.
    pub is_self: bool,
}

/// The weights of multi-head attention.
#[derive(Clone, Copy, Debug)]
pub struct MultiHeadWeights<'a> {
    /// Of query, key and value: channels × channels of each.
    pub projections: [&'a [f32]; 3],
    /// The biases of the three behind each other: 3 · channels.
    pub biases: Option<&'a [f32]>,
    /// Of the output: channels × channels.
    pub output: &'a [f32],
    /// Its bias.
    pub output_bias: Option<&'a [f32]>,
}

/// Multi-head attention.
#[derive(Debug)]
pub struct MultiHeadAttention {
    shape: MultiHeadShape,
    /// One layer for all three where they are of the same tokens, and else one for each.
    projections: Vec<Linear>,
    attention: Attention,
    output: Linear,
}

impl MultiHeadAttention {
    /// One with these weights; `mask` is of scores of sequences × heads × queries × keys, and `finish` is done to the output.
    ///
    /// # Panics
    ///
    /// If heads do not divide the channels, sizes of the same tokens differ, or weights are of other sizes.
    pub fn new(
        isa: Isa,
        shape: &MultiHeadShape,
        weights: &MultiHeadWeights<'_>,
        mask: Option<Mask>,
        finish: Finish,
    ) -> Self {
        let &MultiHeadShape { sequences, heads, queries, keys, channels, .. } = shape;
        let &MultiHeadShape { key_channels, value_channels, is_self, .. } = shape;
        assert!(channels.is_multiple_of(heads), "heads divide the channels");
        let (size, plain) = (channels / heads, Finish::NONE);
        let (projections, row) = if is_self {
            assert!(queries == keys && [key_channels, value_channels] == [channels; 2], "the same tokens");
            let all = weights.projections.concat();
            let sizes = [channels, 3 * channels];
            (vec![Linear::new(isa, sequences * queries, sizes, &all, weights.biases, plain)], 3 * channels)
        } else {
            let tokens = [(queries, channels), (keys, key_channels), (keys, value_channels)];
            let layer = |which: usize, (tokens, from): (usize, usize)| {
                let bias = weights.biases.map(|biases| &biases[which * channels..][..channels]);
                let weights = weights.projections[which];
                Linear::new(isa, sequences * tokens, [from, channels], weights, bias, plain)
            };
            (tokens.into_iter().enumerate().map(|(which, tokens)| layer(which, tokens)).collect(), channels)
        };
        let of_key = Tokens::interleaved(keys, row, size);
        let places = [
            Tokens::interleaved(queries, row, size),
            of_key,
            of_key,
            Tokens::interleaved(queries, channels, size),
        ];
        let attention = AttentionShape {
            sequences,
            heads,
            key_heads: heads,
            queries,
            keys,
            size,
            value_size: size,
            scale: 1.0 / (size as f32).sqrt(),
            is_causal: false,
        };
        let attention = Attention::new(isa, &attention, places, mask);
        let sizes = [channels, channels];
        let output =
            Linear::new(isa, sequences * queries, sizes, weights.output, weights.output_bias, finish);
        Self { shape: shape.clone(), projections, attention, output }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        self.projections.iter().map(Linear::held).sum::<usize>() + self.output.held()
    }

    /// Numbers of scratch memory that it needs.
    pub fn scratch(&self) -> usize {
        let [projected, mixed] = self.cuts();
        projected + mixed + self.attention.scratch() + spare()
    }

    /// Computes the output of query, key and value, of which the last two are not looked at where all are the same, and of the
    /// mask, if there is one.
    ///
    /// # Panics
    ///
    /// If a slice is too short, or there is no mask where one is to be.
    pub fn run(
        &self,
        [query, key, value]: [&[f32]; 3],
        mask: Option<&[f32]>,
        residual: Residual<'_>,
        output: &mut [f32],
        scratch: &mut [f32],
    ) {
        let MultiHeadShape { sequences, queries, keys, channels, .. } = self.shape;
        let [of_projected, of_mixed] = self.cuts();
        let scratch = aligned(scratch, of_projected + of_mixed + self.attention.scratch());
        let (projected, scratch) = scratch.split_at_mut(of_projected);
        let (mixed, scratch) = scratch.split_at_mut(of_mixed);
        let inputs = if let [all] = &self.projections[..] {
            all.run(query, Residual::None, projected);
            [&projected[..], &projected[channels..], &projected[2 * channels..]]
        } else {
            let (of_query, rest) = projected.split_at_mut(sequences * queries * channels);
            let (of_key, of_value) = rest.split_at_mut(sequences * keys * channels);
            let to = [&mut *of_query, &mut *of_key, &mut *of_value];
            for ((layer, from), to) in self.projections.iter().zip([query, key, value]).zip(to) {
                layer.run(from, Residual::None, to);
            }
            [&*of_query, &*of_key, &*of_value]
        };
        self.attention.run(inputs, mask, mixed, scratch);
        self.output.run(mixed, residual, output);
    }

    /// Numbers of the projected query, key and value, and of the mixed value, in whole cache lines.
    fn cuts(&self) -> [usize; 2] {
        let MultiHeadShape { sequences, queries, keys, channels, .. } = self.shape;
        let of_query = sequences * queries * channels;
        [of_query + 2 * sequences * keys * channels, of_query].map(|count| count.next_multiple_of(16))
    }
}
