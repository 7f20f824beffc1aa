//! `matmul`: the matrix product of two tensors that are both computed, as `torch.matmul`: attention's two products.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Along, Arity, Class, Cost, Definition, Look, Operator, Reach, Reason, Term, merge, shape};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    packing::packed,
    workspace::{elements, product},
};
use crate::counts::{Contraction, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Matrix product of two inputs over their last two dimensions; the dimensions before these are equal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "两个输入在最后两维上的矩阵乘积;之前的各维须相同"))]
pub struct Matmul {
    /// Whether the sizes before the last two are stretched to the same, where they differ, as NumPy does it: from the last on,
    /// sizes of 1 are repeated, and so are those that are missing in front; the batch stays.
    #[serde(default)]
    #[schemars(extend("x-zh" = "最后两维之前的尺寸不同时是否按 NumPy 规则扩展:从后往前,重复尺寸为 1 的维度及前面缺少的维度;批次维不变"))]
    pub broadcast: bool,
}

impl Definition for Matmul {
    const EXAMPLE: &'static str = r#"{ op = "matmul", from = ["weights", "value"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[12, 197, 197], &[12, 197, 64]];
}

impl Operator for Matmul {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [a, b] = inputs else {
            return Err(Arity::TWO.mismatch(inputs.len()));
        };
        let ([a_stack @ .., rows, a_inner], [b_stack @ .., b_inner, columns]) = (a.dims(), b.dims()) else {
            return Err(Reason::new(text!(
                "needs rows × columns of both inputs, and gets {a} and {b}",
                "两个输入都需要是行 × 列,却得到 {a} 和 {b}"
            )));
        };
        if a_inner != b_inner {
            return Err(Reason::new(text!(
                "a row of {a} has {a_inner} numbers, and a column of {b} has {b_inner}",
                "{a} 的每一行有 {a_inner} 个数,而 {b} 的每一列有 {b_inner} 个"
            ))
            .help(text!(
                "`permute` exchanges rows and columns where the second input is meant transposed",
                "若第二个输入应当转置,请用 `permute` 交换行与列"
            )));
        }
        let stretched = || merge::stretch(&shape(a_stack.to_vec())?, &shape(b_stack.to_vec())?);
        let stack = match self.broadcast {
            true => stretched()?.dims().to_vec(),
            false if a_stack == b_stack => a_stack.to_vec(),
            false => {
                let reason = Reason::new(text!(
                    "{a} and {b} differ before their last two dimensions",
                    "{a} 与 {b} 在最后两维之前不一致"
                ));
                let help = text!(
                    "`expand` repeats what one of them has only once",
                    "其中一个只有一份时,可用 `expand` 重复它"
                );
                let meant = || {
                    text!(
                        "`expand` or `broadcast = true` repeats what one of them has only once",
                        "其中一个只有一份时,可用 `expand` 或 `broadcast = true` 重复它"
                    )
                };
                return Err(reason.help(if stretched().is_ok() { meant() } else { help }));
            }
        };
        shape([&stack[..], &[*rows, *columns]].concat())
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let inner = inputs[0].dims().last().copied().unwrap_or(1);
        let (stack, [rows, columns]) = matrices(output);
        let mut factors = vec![
            Working::named(Factor::Rows, rows),
            Working::named(Factor::InnerSize, inner),
            Working::named(Factor::Columns, columns),
        ];
        if !stack.is_empty() {
            factors.insert(0, Working::sizes(Factor::Matrices, stack));
        }
        Ok(Cost { terms: vec![Term::macs(Contraction::Attention, Working::Product(factors))] })
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (_, [rows, inner]) = matrices(&inputs[0]);
        let (_, [_, columns]) = matrices(&inputs[1]);
        Some(text!(
            "matrix product, {rows}×{inner} by {inner}×{columns}",
            "矩阵乘积,{rows}×{inner} 乘 {inner}×{columns}"
        ))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    /// A row of the first, a column of the second.
    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        let rank = inputs[index].rank();
        let (summed, missing) = (if index == 0 { rank - 1 } else { rank - 2 }, output.rank() - rank);
        let along = |(dim, &size): (usize, &u64)| {
            let to = dim + missing;
            if dim == summed {
                Along { to: None, look: Look::All }
            } else if size == output.dims()[to] {
                Along { to: Some(to), look: Look::Same }
            } else {
                Along { to: None, look: Look::At(0) }
            }
        };
        Reach::Along(inputs[index].dims().iter().enumerate().map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Attention
    }
}

#[cfg(feature = "run")]
impl Reference for Matmul {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let [a, b] = stacked(inputs)?;
        let (columns, mut dims) = (b.dim(b.rank() - 1)?, a.dims().to_vec());
        // On every device, candle multiplies matrices that are stacked along a single dimension.
        let product = a.flatten_to(a.rank() - 3)?.matmul(&b.flatten_to(b.rank() - 3)?)?;
        dims.pop();
        dims.push(columns);
        product.reshape(dims)
    }

    /// Each input in order, should it lie apart or be repeated; and one product after the other.
    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let (_, [rows, inner]) = matrices(&inputs[0]);
        let (_, [_, columns]) = matrices(&inputs[1]);
        let multiplied = packed(rows.into(), inner.into(), columns.into(), device).of_batch(1);
        let (stack, _) = matrices(output);
        let repeated = |input: &Shape| {
            let (own, sizes) = matrices(input);
            if elements(own) == elements(stack) { 0 } else { product([elements(stack), elements(&sizes)]) }
        };
        let repeated = Workspace::of_sample(inputs.iter().map(repeated).sum());
        Workspace::copies(1, inputs, output) + repeated + Workspace { each: 0, once: multiplied }
    }
}

/// Two inputs with the same sizes before the last two.
#[cfg(feature = "run")]
fn stacked(inputs: &[Tensor]) -> candle_core::Result<[Tensor; 2]> {
    let (a, b) = match &merge::lifted(inputs)?[..] {
        [a, b] => (a.clone(), b.clone()),
        _ => candle_core::bail!("a product of two matrices"),
    };
    let last = a.rank() - 2;
    if a.dims()[..last] == b.dims()[..last] {
        return Ok([a, b]);
    }
    let stack = a.dims()[..last].iter().zip(&b.dims()[..last]).map(|(&a, &b)| a.max(b));
    let stack: Vec<usize> = stack.collect();
    let repeat = |input: &Tensor| input.broadcast_as([&stack[..], &input.dims()[last..]].concat());
    Ok([repeat(&a)?, repeat(&b)?])
}

/// The sizes before the last two, and these. [`output`](Operator::output) has seen that there are two.
fn matrices(shape: &Shape) -> (&[u64], [u64; 2]) {
    match shape.dims() {
        [stack @ .., rows, columns] => (stack, [*rows, *columns]),
        other => (other, [1, 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;
    use crate::working::Notation;

    fn reason(dims: &[&[u64]]) -> Reason {
        Matmul::default().output(&shapes(dims)).unwrap_err()
    }

    /// ViT-B/16: 12 heads of 64 numbers, 197 tokens.
    #[test]
    fn the_two_products_of_attention() {
        let inputs = shapes(&[&[12, 197, 64], &[12, 64, 197]]);
        let scores = Matmul::default().output(&inputs).unwrap();
        assert_eq!(scores.dims(), [12, 197, 197]);
        let cost = Matmul::default().cost(&inputs, &scores).unwrap();
        let macs = &cost.terms[0].nominal;
        assert_eq!(macs.formula(Notation::Text), "matrices · rows · inner size · columns");
        assert_eq!(macs.substitution(Notation::Text), "12·197·64·197");
        let work = cost.work().unwrap().0;
        // 715,327,488 are torchvision's for 12 layers of two products.
        assert_eq!((work.macs.attention, work.macs.total()), (29_805_312, 29_805_312));
        assert_eq!(29_805_312 * 12 * 2, 715_327_488);
        let inputs = [scores, Shape::new(vec![12, 197, 64]).unwrap()];
        assert_eq!(Matmul::default().output(&inputs).unwrap().dims(), [12, 197, 64]);
        let summary = Matmul::default().summary(&inputs, &inputs[1]).unwrap();
        assert_eq!(summary.english, "matrix product, 197×197 by 197×64");
    }

    #[test]
    fn matrices_alone_have_no_stack() {
        let inputs = shapes(&[&[2, 3], &[3, 4]]);
        let output = Matmul::default().output(&inputs).unwrap();
        assert_eq!(output.dims(), [2, 4]);
        let macs = &Matmul::default().cost(&inputs, &output).unwrap().terms[0].nominal;
        assert_eq!(macs.formula(Notation::Text), "rows · inner size · columns");
    }

    #[test]
    fn sizes_must_fit() {
        let inner = reason(&[&[12, 197, 64], &[12, 197, 64]]);
        assert_eq!(inner.to_string(), "a row of 12×197×64 has 64 numbers, and a column of 12×197×64 has 197");
        assert!(inner.help.unwrap().english.starts_with("`permute` exchanges"));
        let stack = reason(&[&[12, 4, 3], &[1, 3, 4]]);
        assert_eq!(stack.to_string(), "12×4×3 and 1×3×4 differ before their last two dimensions");
        assert_eq!(stack.message.chinese, "12×4×3 与 1×3×4 在最后两维之前不一致");
        let rank = reason(&[&[4, 3], &[3]]);
        assert_eq!(rank.to_string(), "needs rows × columns of both inputs, and gets 4×3 and 3");
        assert_eq!(reason(&[&[4, 3]]).to_string(), "takes two inputs, and gets 1");
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let most = 1 << 53;
        let inputs = shapes(&[&[most, most], &[most, most]]);
        let output = Matmul::default().output(&inputs).unwrap();
        assert_eq!(Matmul::default().cost(&inputs, &output).unwrap().work(), Err(Overflow));
    }
}
