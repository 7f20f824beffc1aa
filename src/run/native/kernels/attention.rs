//! Attention: tokens of a value, mixed by the softmax of the scores of a query's tokens with those of a key.
//!
//! The scores of a few tokens of one head are held at a time, in scratch memory that the caches keep.

mod multi_head;

use pulp::{Simd, WithSimd};

use crate::memory::{aligned, spare};
use crate::product::{self, End, Left, Matrix, Output, Panels, Right, parts};
use crate::{Isa, rows, tasks};
pub use multi_head::{MultiHeadAttention, MultiHeadShape, MultiHeadWeights};

/// The sizes and settings of attention.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionShape {
    /// Sequences: the batch and every size between it and the heads.
    pub sequences: usize,
    /// Heads of the query.
    pub heads: usize,
    /// Heads of key and value: a divisor of those of the query, several of which share one.
    pub key_heads: usize,
    /// Tokens of the query.
    pub queries: usize,
    /// Tokens of key and value.
    pub keys: usize,
    /// Numbers of a token of query and key.
    pub size: usize,
    /// Numbers of a token of the value.
    pub value_size: usize,
    /// What scores are multiplied by.
    pub scale: f32,
    /// Whether a token looks only at itself and those before it.
    pub is_causal: bool,
}

/// How tokens lie: numbers from one to the next. Those of a token lie side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// From one sequence to the next.
    pub sequence: usize,
    /// From one head to the next.
    pub head: usize,
    /// From one token to the next.
    pub token: usize,
}

/// How what is added to scores lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Where the first number for each head of each sequence is.
    firsts: Vec<usize>,
    /// Numbers from the scores of one token of the query to those of the next.
    query: usize,
    /// Numbers from one token of the key to the next: 1, or 0 if they share one.
    key: usize,
}

/// Attention of one shape.
#[derive(Clone, Debug)]
pub struct Attention {
    isa: Isa,
    shape: AttentionShape,
    /// Of query, key and value, and of the output.
    places: [Tokens; 4],
    mask: Option<Mask>,
    threads: usize,
}

impl Tokens {
    /// Sequences × heads × tokens × numbers, without anything between.
    pub fn packed(heads: usize, tokens: usize, size: usize) -> Self {
        Self { sequence: heads * tokens * size, head: tokens * size, token: size }
    }

    /// Sequences × tokens × `row` numbers, of which each head has `size`.
    pub fn interleaved(tokens: usize, row: usize, size: usize) -> Self {
        Self { sequence: tokens * row, head: size, token: row }
    }

    /// Numbers from the first to the last one.
    fn reach(self, sequences: usize, heads: usize, tokens: usize, size: usize) -> usize {
        let before_last = |count: usize, apart: usize| count.saturating_sub(1) * apart;
        let first = before_last(sequences, self.sequence) + before_last(heads, self.head);
        first + before_last(tokens, self.token) + size
    }
}

impl Mask {
    /// A mask of these sizes for scores of those: as many of each, and those of the mask the same or 1. The last three are heads,
    /// tokens of the query and tokens of the key; before them are sequences.
    ///
    /// # Panics
    ///
    /// If the sizes do not stretch, or are fewer than two.
    pub fn new(sizes: &[usize], scores: &[usize]) -> Self {
        let fits = |(&own, &wanted): (&usize, &usize)| own == wanted || own == 1;
        assert!(sizes.len() == scores.len() && sizes.iter().zip(scores).all(fits), "a mask that stretches");
        let last = sizes.len() - 2;
        let matrix = sizes[last] * sizes[last + 1];
        let mut firsts = vec![0];
        let mut apart: usize = sizes[..last].iter().product::<usize>() * matrix;
        for (&own, &wanted) in sizes[..last].iter().zip(scores) {
            apart /= own;
            let step = if own == 1 { 0 } else { apart };
            firsts =
                firsts.iter().flat_map(|first| (0..wanted).map(move |index| first + index * step)).collect();
        }
        let query = if sizes[last] == 1 { 0 } else { sizes[last + 1] };
        Self { firsts, query, key: usize::from(sizes[last + 1] > 1) }
    }

    /// Adds to the scores of a token.
    #[inline(always)]
    fn add<S: Simd>(&self, simd: S, mask: &[f32], (matrix, query): (usize, usize), scores: &mut [f32]) {
        let mask = &mask[self.firsts[matrix] + query * self.query..];
        if self.key == 1 {
            rows::change_by(simd, scores, &mask[..scores.len()], rows::Sum);
        } else {
            rows::change(simd, scores, rows::Affine([1.0, mask[0]]));
        }
    }
}

impl Attention {
    /// Tokens of the query whose scores a thread holds at once.
    pub const ROWS: usize = 48;

    /// Attention where query, key and value and the output lie as `places` says, in this order.
    ///
    /// # Panics
    ///
    /// If heads of the key do not divide those of the query, tokens of the output overlap, or the mask is of other scores.
    pub fn new(isa: Isa, shape: &AttentionShape, places: [Tokens; 4], mask: Option<Mask>) -> Self {
        let &AttentionShape { sequences, heads, key_heads, queries, keys, size, value_size, .. } = shape;
        assert!(heads.is_multiple_of(key_heads), "heads of the key divide those of the query");
        assert!([sequences, heads, queries, keys, size, value_size].iter().all(|&size| size > 0), "sizes");
        let fits = |mask: &Mask| mask.firsts.len() == sequences * heads;
        assert!(mask.as_ref().is_none_or(fits), "a mask for every head");
        assert!(are_apart(shape, places[3]), "tokens of the output do not overlap");
        Self { isa, shape: shape.clone(), places, mask, threads: rayon::current_num_threads() }
    }

    /// Numbers of scratch memory that it needs.
    pub fn scratch(&self) -> usize {
        self.threads.min(self.tasks()) * self.piece()
    }

    /// Computes the output of query, key and value, and of the mask, if there is one.
    ///
    /// # Panics
    ///
    /// If a slice is too short, or there is no mask where one is to be.
    pub fn run(
        &self,
        [query, key, value]: [&[f32]; 3],
        mask: Option<&[f32]>,
        output: &mut [f32],
        scratch: &mut [f32],
    ) {
        let AttentionShape { sequences, heads, queries, keys, size, value_size, .. } = self.shape;
        assert_eq!(mask.is_some(), self.mask.is_some(), "a mask where one is to be");
        assert!(
            output.len() >= self.places[3].reach(sequences, heads, queries, value_size),
            "an output has room for its tokens"
        );
        let to = Output { first: output.as_mut_ptr(), row: self.places[3].token };
        let matrices = sequences * heads;
        let chunks: Vec<_> = parts(queries, self.queries_of_task()).collect();
        let operations = 2 * matrices * queries * keys * (size + value_size);
        let scratch = (scratch, self.piece());
        tasks::run_with_scratch(self.tasks(), operations, scratch, |task, scratch| {
            let matrix = task / chunks.len();
            self.isa.run(Head {
                attention: self,
                inputs: [query, key, value],
                mask: mask.unwrap_or_default(),
                matrix,
                queries: chunks[task % chunks.len()].clone(),
                output: to,
                scratch,
            });
        });
    }

    /// How many tasks there are.
    fn tasks(&self) -> usize {
        let AttentionShape { sequences, heads, queries, .. } = self.shape;
        sequences * heads * queries.div_ceil(self.queries_of_task())
    }

    /// Tokens of the query in a task: all of a head, where there are enough heads for all threads.
    fn queries_of_task(&self) -> usize {
        let AttentionShape { sequences, heads, queries, .. } = self.shape;
        let wanted = (TASKS * self.threads).div_ceil(sequences * heads);
        if self.threads == 1 { queries } else { queries.div_ceil(wanted).max(ROWS.min(queries)) }
    }

    /// Numbers of scratch memory of a task.
    fn piece(&self) -> usize {
        self.cuts().iter().sum::<usize>() + spare()
    }

    /// Numbers of the packed key, of the packed value, and of scores.
    fn cuts(&self) -> [usize; 3] {
        let AttentionShape { queries, keys, size, value_size, .. } = self.shape;
        let (of_key, of_value) = (Panels::new(self.isa, keys), Panels::new(self.isa, value_size));
        let rows = queries.min(ROWS);
        // Each begins with a cache line, as the first does.
        [of_key.packed(size), of_value.packed(keys), rows * row_of(keys)]
            .map(|count| count.next_multiple_of(16))
    }
}

const ROWS: usize = Attention::ROWS;

/// Tasks of a thread, if there are not more of themselves.
const TASKS: usize = 2;

/// Numbers from the scores of one token to those of the next.
fn row_of(keys: usize) -> usize {
    keys.next_multiple_of(16)
}

/// Whether no two tokens of the output have a number in common: the smallest stride reaches over a token, and each over what the
/// next smaller one comes to.
fn are_apart(shape: &AttentionShape, output: Tokens) -> bool {
    let mut axes =
        [(output.sequence, shape.sequences), (output.head, shape.heads), (output.token, shape.queries)];
    axes.sort_unstable();
    let mut reach = shape.value_size;
    axes.into_iter().filter(|&(_, count)| count > 1).all(|(apart, count)| {
        let is_apart = apart >= reach;
        reach += (count - 1) * apart;
        is_apart
    })
}

/// Some tokens of a head.
struct Head<'a> {
    attention: &'a Attention,
    inputs: [&'a [f32]; 3],
    mask: &'a [f32],
    matrix: usize,
    queries: std::ops::Range<usize>,
    output: Output,
    scratch: &'a mut [f32],
}

impl WithSimd for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Attention { isa, ref shape, ref places, .. } = *self.attention;
        let &AttentionShape { heads, key_heads, keys, size, value_size, scale, .. } = shape;
        let (sequence, head) = (self.matrix / heads, self.matrix % heads);
        let first = |which: usize, head: usize| sequence * places[which].sequence + head * places[which].head;
        let key_head = head / (heads / key_heads);
        let [of_key, of_value, of_scores] = self.attention.cuts();
        let scratch = aligned(self.scratch, of_key + of_value + of_scores);
        let (key, scratch) = scratch.split_at_mut(of_key);
        let (value, scores) = scratch.split_at_mut(of_value);
        let by_keys = Panels::new(isa, keys);
        let numbers = &self.inputs[1][first(1, key_head)..];
        by_keys.pack(simd, Matrix { numbers, row: 1, column: places[1].token }, size, scale, key);
        let by_values = Panels::new(isa, value_size);
        let numbers = &self.inputs[2][first(2, key_head)..];
        by_values.pack(simd, Matrix { numbers, row: places[2].token, column: 1 }, keys, 1.0, value);
        let key = Right { panels: by_keys, inner: size, packed: key };
        let value = Right { panels: by_values, inner: keys, packed: value };
        // SAFETY: `run` has seen that the output has this head.
        let output = unsafe { self.output.at(first(3, head)) };
        for part in parts(self.queries.len(), ROWS) {
            let queries = self.queries.start + part.start..self.queries.start + part.end;
            let query = Left {
                numbers: &self.inputs[0][first(0, head) + queries.start * places[0].token..],
                row: places[0].token,
            };
            let row = row_of(keys);
            product::multiply_all(simd, query, queries.len(), &key, &End::NONE, (&mut *scores, row));
            for (query, scores) in queries.clone().zip(scores.chunks_exact_mut(row)) {
                self.attention.shares(simd, self.mask, (self.matrix, query), &mut scores[..keys]);
            }
            // SAFETY: these tokens are in the output, which `run` holds exclusively, and no other task has them.
            let output = unsafe { output.at(queries.start * output.row) };
            let shares = Left { numbers: scores, row };
            let panels = 0..by_values.count();
            // SAFETY: as above.
            unsafe { product::multiply(simd, shares, 0..queries.len(), &value, panels, &End::NONE, output) }
        }
    }
}

impl Attention {
    /// Makes of a token's scores its shares of the value's tokens.
    #[inline(always)]
    fn shares<S: Simd>(&self, simd: S, mask: &[f32], (matrix, query): (usize, usize), scores: &mut [f32]) {
        let seen = if self.shape.is_causal { scores.len().min(query + 1) } else { scores.len() };
        let (scores, ahead) = scores.split_at_mut(seen);
        ahead.fill(0.0);
        if let Some(of_mask) = &self.mask {
            of_mask.add(simd, mask, (matrix, query), scores);
        }
        let sum = rows::exponentials(simd, scores);
        rows::change(simd, scores, rows::Times(1.0 / sum));
    }
}

#[cfg(test)]
mod tests;
