//! Products of activations: matrices, and attention.

use cnncost_kernels::{
    Attention, AttentionShape, Finish, Mask, Matmul, MatmulShape, MultiHeadAttention, MultiHeadShape,
    MultiHeadWeights, Operand, Residual, Tokens,
};

use super::{Lowered, Lowering};
use crate::graph::NodeId;
use crate::op::Op;
use crate::op::multi_head_attention::MultiHeadAttention as MultiHead;
use crate::op::scaled_dot_product_attention::ScaledDotProductAttention;
use crate::plan::Step;
use crate::run::native::fold::numbers;
use crate::run::native::kernel::Kernel;

impl Kernel for Matmul {
    fn name(&self) -> &'static str {
        "matrix product"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], scratch: &mut [f32]) {
        self.run(inputs[0], inputs[1], output, scratch);
    }

    fn scratch(&self) -> usize {
        self.scratch()
    }
}

impl Kernel for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], scratch: &mut [f32]) {
        self.run([inputs[0], inputs[1], inputs[2]], inputs.get(3).copied(), output, scratch);
    }

    fn scratch(&self) -> usize {
        self.scratch()
    }
}

/// Multi-head attention, and how many tensors it takes beside a mask.
struct OfHeads {
    kernel: MultiHeadAttention,
    is_self: bool,
}

impl Kernel for OfHeads {
    fn name(&self) -> &'static str {
        "multi-head attention"
    }

    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], scratch: &mut [f32]) {
        let (tokens, mask) = inputs.split_at(if self.is_self { 1 } else { 3 });
        let tokens = if let &[query, key, value] = tokens { [query, key, value] } else { [tokens[0]; 3] };
        self.kernel.run(tokens, mask.first().copied(), Residual::None, output, scratch);
    }

    fn scratch(&self) -> usize {
        self.kernel.scratch()
    }

    fn held(&self) -> usize {
        self.kernel.held()
    }
}

impl Lowering<'_> {
    pub(super) fn product(&mut self, step: &Step, op: &Op) -> Lowered<()> {
        match op {
            Op::Matmul(_) => Ok(self.matmul(step)),
            Op::ScaledDotProductAttention(attention) => Ok(self.attention(step, attention)),
            Op::MultiHeadAttention(attention) => self.multi_head(step, attention),
            _ => Ok(None),
        }
    }

    /// The inputs of a step's node, each dense; what it takes twice stands there twice.
    fn dense_inputs(&mut self, id: NodeId) -> Option<Vec<super::Spot>> {
        let inputs: Vec<NodeId> = self.graph.inputs(id).collect();
        inputs.into_iter().map(|input| self.dense(input)).collect()
    }

    fn matmul(&mut self, step: &Step) -> Option<()> {
        let reads = self.dense_inputs(step.main)?;
        let dims = self.dims(step.main);
        let (stack, [rows, columns]) = (self.stack(&dims, dims.len())?, *dims.last_chunk()?);
        let inner = *reads[0].dims.last()?;
        // Sizes that are missing in front are repeated.
        let operand = |spot: &super::Spot| {
            let own = self.stack(&spot.dims, dims.len())?;
            let [rows, columns] = *spot.dims.last_chunk()?;
            Some(Operand::packed(&own, rows, columns))
        };
        let (left, right) = (operand(&reads[0])?, operand(&reads[1])?);
        let shape = MatmulShape { stack, rows, inner, columns, left, right, scale: 1.0 };
        let output = self.dense_output(step);
        self.compute(Matmul::new(self.isa(), &shape), reads, output);
        Some(())
    }

    /// The batch, and the sizes before the last two, with those of 1 that are missing where there are to be `rank`.
    fn stack(&self, dims: &[usize], rank: usize) -> Option<Vec<usize>> {
        let (before, missing) = (dims.len().checked_sub(2)?, rank.checked_sub(dims.len())?);
        let missing = std::iter::repeat_n(1, missing);
        Some(std::iter::once(self.batch).chain(missing).chain(dims[..before].iter().copied()).collect())
    }

    fn attention(&mut self, step: &Step, attention: &ScaledDotProductAttention) -> Option<()> {
        let reads = self.dense_inputs(step.main)?;
        let [query, key, value] = [0, 1, 2].map(|index: usize| reads[index].dims.clone());
        let [queries, size] = *query.last_chunk()?;
        let [keys, value_size] = *value.last_chunk()?;
        let (before, of_key) = (&query[..query.len() - 2], &key[..key.len() - 2]);
        let (heads, sequences) = before.split_last().map_or((1, &[][..]), |(heads, before)| (*heads, before));
        let key_heads = of_key.last().copied().unwrap_or(1);
        #[expect(clippy::cast_possible_truncation, reason = "networks are executed in numbers of 32 bits")]
        let scale = attention
            .scale
            .unwrap_or_else(|| 1.0 / f64::from(u32::try_from(size).unwrap_or(u32::MAX)).sqrt())
            as f32;
        let shape = AttentionShape {
            sequences: self.batch * sequences.iter().product::<usize>(),
            heads,
            key_heads,
            queries,
            keys,
            size,
            value_size,
            scale,
            is_causal: attention.is_causal,
        };
        let mask = match reads.get(3) {
            Some(mask) => Some(self.mask(&mask.dims, &[before, &[queries, keys]].concat())?),
            None => None,
        };
        let places = [
            Tokens::packed(heads, queries, size),
            Tokens::packed(key_heads, keys, size),
            Tokens::packed(key_heads, keys, value_size),
            Tokens::packed(heads, queries, value_size),
        ];
        let output = self.dense_output(step);
        self.compute(Attention::new(self.isa(), &shape, places, mask), reads, output);
        Some(())
    }

    /// What is added to scores of these sizes of a sample.
    fn mask(&self, mask: &[usize], scores: &[usize]) -> Option<Mask> {
        let missing = scores.len().checked_sub(mask.len())?;
        let ones = std::iter::repeat_n(1, missing);
        let mask: Vec<usize> = std::iter::once(self.batch).chain(ones).chain(mask.iter().copied()).collect();
        let mut scores = [&[self.batch], scores].concat();
        // There is a head, and a batch before it.
        if scores.len() < 4 {
            scores.insert(1, 1);
            let mut longer = mask;
            longer.insert(1, 1);
            return Some(Mask::new(&longer, &scores));
        }
        Some(Mask::new(&mask, &scores))
    }

    fn multi_head(&mut self, step: &Step, attention: &MultiHead) -> Lowered<()> {
        let Some(reads) = self.dense_inputs(step.main) else { return Ok(None) };
        let is_self = reads.len() < 3;
        let [query, key, value] =
            [0, 1, 2].map(|index: usize| reads[if is_self { 0 } else { index }].dims.clone());
        let (&[queries, channels], &[keys, key_channels], Some(&value_channels)) =
            (last_two(&query), last_two(&key), value.last())
        else {
            return Ok(None);
        };
        let sequences = &query[..query.len() - 2];
        let heads = usize::try_from(attention.num_heads.get()).unwrap_or(usize::MAX);
        let shape = MultiHeadShape {
            sequences: self.batch * sequences.iter().product::<usize>(),
            heads,
            queries,
            keys,
            channels,
            key_channels,
            value_channels,
            is_self,
        };
        let mask = match reads.get(if is_self { 1 } else { 3 }) {
            Some(mask) => {
                let scores = [sequences, &[heads, queries, keys]].concat();
                let Some(mask) = self.mask(&mask.dims, &scores) else { return Ok(None) };
                Some(mask)
            }
            None => None,
        };
        let Some(kernel) = self.heads(step.main, attention, &shape, mask)? else { return Ok(None) };
        let output = self.dense_output(step);
        self.compute(OfHeads { kernel, is_self }, reads, output);
        Ok(Some(()))
    }

    fn heads(
        &self,
        id: NodeId,
        attention: &MultiHead,
        shape: &MultiHeadShape,
        mask: Option<Mask>,
    ) -> Lowered<MultiHeadAttention> {
        let weights = self.weights.of(id).iter().map(numbers).collect::<candle_core::Result<Vec<_>>>()?;
        let matrix = shape.channels * shape.channels;
        let (projections, rest): ([&[f32]; 3], &[Vec<f32>]) = match (attention.bias, &weights[..]) {
            (true, [all, rest @ ..]) if rest.len() == 3 => (thirds(all, matrix), rest),
            (false, [all, rest @ ..]) if rest.len() == 1 => (thirds(all, matrix), rest),
            (_, [query, key, value, rest @ ..]) => ([query, key, value], rest),
            _ => return Ok(None),
        };
        let (biases, output, output_bias) = match rest {
            [biases, output, output_bias] => (Some(&biases[..]), output, Some(&output_bias[..])),
            [output] => (None, output, None),
            _ => return Ok(None),
        };
        let weights = MultiHeadWeights { projections, biases, output, output_bias };
        Ok(Some(MultiHeadAttention::new(self.isa(), shape, &weights, mask, Finish::NONE)))
    }
}

/// Three matrices that stand one behind the other.
fn thirds(all: &[f32], matrix: usize) -> [&[f32]; 3] {
    [0, 1, 2].map(|index| &all[index * matrix..(index + 1) * matrix])
}

fn last_two(dims: &[usize]) -> &[usize] {
    &dims[dims.len().saturating_sub(2)..]
}
