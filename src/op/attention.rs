//! What `scaled_dot_product_attention` and `multi_head_attention` share: each token's scores of all others, and the mixture of
//! their values by the softmax of these.

#[cfg(feature = "run")]
use candle_core::{Result, Tensor};

use super::{Along, Look, Purpose, Reach, Reason, Term, softmax};
use crate::counts::{Contraction, Kind};
use crate::shape::{Shape, show};
use crate::text;
use crate::working::{Factor, Working};

/// What comes in: a query, whose tokens ask; a key, whose tokens are asked; a value for each of these.
pub(super) struct Parts<'a, T> {
    pub(super) query: &'a T,
    pub(super) key: &'a T,
    pub(super) value: &'a T,
    /// What is added to the scores.
    pub(super) mask: Option<&'a T>,
}

/// The sizes of attention.
pub(super) struct Sizes<'a> {
    /// Those before the tokens of the query.
    pub(super) before: &'a [u64],
    /// Tokens of the query.
    pub(super) queries: u64,
    /// Tokens of key and value.
    pub(super) keys: u64,
    /// Channels of the query.
    pub(super) channels: u64,
    /// Channels of the key.
    pub(super) key_channels: u64,
    /// Channels of the value.
    pub(super) value_channels: u64,
}

/// The working of attention between tokens, behind the projections if there are any.
pub(super) struct Attention {
    /// How often there is all of it: sequences, heads.
    pub(super) each: Vec<Working>,
    /// Tokens of the query.
    pub(super) queries: Working,
    /// Tokens of key and value.
    pub(super) keys: Working,
    /// Numbers of a token of query and key.
    pub(super) size: Working,
    /// Numbers of a token of the value.
    pub(super) value_size: Working,
    /// Whether scores are multiplied by a factor.
    pub(super) is_scaled: bool,
    /// Whether a mask is added to them.
    pub(super) is_masked: bool,
}

impl<'a, T> Parts<'a, T> {
    /// Query, key and value, and perhaps a mask behind them.
    pub(super) fn of_several(inputs: &'a [T]) -> Option<Self> {
        let [query, key, value, mask @ ..] = inputs else { return None };
        (mask.len() < 2).then(|| Self { query, key, value, mask: mask.first() })
    }

    /// The same, or tokens that are all three, and perhaps a mask.
    pub(super) fn of_one_or_several(inputs: &'a [T]) -> Option<Self> {
        match inputs {
            [all] => Some(Self { query: all, key: all, value: all, mask: None }),
            [all, mask] => Some(Self { query: all, key: all, value: all, mask: Some(mask) }),
            several => Self::of_several(several),
        }
    }
}

impl<'a> Parts<'a, Shape> {
    /// The sizes of what has tokens and channels.
    pub(super) fn sizes(&self) -> Sizes<'a> {
        let (before, queries, channels) = matrices(self.query);
        let (_, keys, key_channels) = matrices(self.key);
        let (_, _, value_channels) = matrices(self.value);
        Sizes { before, queries, keys, channels, key_channels, value_channels }
    }

    /// Whether each token of the key has one of the value.
    pub(super) fn are_paired(&self) -> std::result::Result<(), Reason> {
        let (key, value) = (self.key, self.value);
        let tokens = |shape: &'a Shape| shape.dims().split_last().map(|(_, tokens)| tokens);
        if tokens(key) == tokens(value) {
            return Ok(());
        }
        Err(Reason::new(text!(
            "every token of the key has one of the value, and these are {key} and {value}",
            "键与值的词元应一一对应,这里分别是 {key} 和 {value}"
        )))
    }
}

impl Attention {
    /// The two products, and between them what each score takes: the scaling and the mask one operation each, and the softmax
    /// over the tokens of the key.
    pub(super) fn terms(self) -> Vec<Term> {
        let rows = Working::Product([self.each, vec![self.queries]].concat());
        let scores = rows.clone().by(self.keys.clone());
        let product =
            |size, purpose| Term::macs(Contraction::Attention, scores.clone().by(size)).purpose(purpose);
        let each = |kind, purpose| Term::ops(kind, scores.clone()).purpose(purpose);
        let softmax = softmax::cost(Some(&rows), &self.keys).terms;
        let mut terms = vec![product(self.size, Purpose::Scores)];
        terms.extend(self.is_scaled.then(|| each(Kind::Mul, Purpose::Scaling)));
        terms.extend(self.is_masked.then(|| each(Kind::Add, Purpose::Mask)));
        terms.extend(softmax.into_iter().map(|term| term.purpose(Purpose::Softmax)));
        terms.push(product(self.value_size, Purpose::WeightedValues));
        terms
    }
}

/// The sizes before the last two, and these.
fn matrices(shape: &Shape) -> (&[u64], u64, u64) {
    match shape.dims() {
        [before @ .., tokens, channels] => (before, *tokens, *channels),
        few => (few, 1, 1),
    }
}

/// Whether a mask stretches to scores of these sizes: from the last on, each of its own is the same or 1.
pub(super) fn stretches(mask: &Shape, scores: &[u64]) -> std::result::Result<(), Reason> {
    let fits = |(&own, &wanted): (&u64, &u64)| own == wanted || own == 1;
    if mask.rank() <= scores.len() && mask.dims().iter().rev().zip(scores.iter().rev()).all(fits) {
        return Ok(());
    }
    let scores = show(scores);
    Err(Reason::new(text!(
        "the mask is {mask}, and the scores it is added to are {scores}",
        "掩码是 {mask},而它所加到的得分是 {scores}"
    ))
    .help(text!(
        "its sizes are those of the scores or 1, and the first ones may be left out",
        "掩码的各尺寸应与得分相同或为 1,前面的维度可以省略"
    )))
}

/// What an element of the output sees of a mask on scores of these sizes: its own row. `to` is the dimension of the output that
/// one of the scores becomes.
pub(super) fn reach_of_mask(mask: &Shape, scores: &[u64], to: impl Fn(usize) -> Option<usize>) -> Reach {
    let before = scores.len() - mask.rank();
    let along = |(dim, &size): (usize, &u64)| {
        let (wanted, to) = (scores[before + dim], to(before + dim));
        match to {
            _ if size == 1 && wanted > 1 => Along { to: None, look: Look::At(0) },
            Some(_) => Along { to, look: Look::Same },
            None => Along { to, look: Look::All },
        }
    };
    Reach::Along(mask.dims().iter().enumerate().map(along).collect())
}

/// The numbers of the scores, with their name: before a step, and behind it.
pub(super) fn scores_twice(scores: &[u64]) -> [Working; 2] {
    [Factor::Scores, Factor::Softmax].map(|name| Working::sizes(name, scores))
}

/// The softmax of the scaled and masked scores times the value. Each input is matrices × tokens × numbers, as many matrices in
/// all; `masked` adds to scores, matrices × tokens × tokens, what is added.
#[cfg(feature = "run")]
pub(super) fn attend(
    [query, key, value]: [&Tensor; 3],
    scale: f64,
    masked: impl FnOnce(Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let scores = query.matmul(&key.t()?)?;
    #[expect(clippy::float_cmp, reason = "what is exactly 1 multiplies nothing")]
    let scores = if scale == 1.0 { scores } else { (scores * scale)? };
    let scores = masked(scores)?;
    let shares = candle_nn::ops::softmax_last_dim(&scores)?;
    drop(scores);
    shares.matmul(value)
}

/// Scores with a mask added: both with the batch in front, and the scores as if they had these sizes.
#[cfg(feature = "run")]
pub(super) fn add_mask(scores: &Tensor, mask: &Tensor, sizes: &[usize]) -> Result<Tensor> {
    let (batch, own) = mask.dims().split_at(1);
    let missing = vec![1; sizes.len() - mask.rank()];
    let mask = mask.reshape([batch, &missing, own].concat())?;
    scores.reshape(sizes)?.broadcast_add(&mask)?.reshape(scores.shape())
}
