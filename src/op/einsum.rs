//! `einsum`: products of tensors summed over what the letters of an equation say, as `torch.einsum`.
//!
//! The equation is of one sample: the batch has no letter, comes first in every tensor and stays. Each letter is a dimension of one size;
//! there is no `...`, no letter twice in one tensor, and what comes out is always written behind `->`.
//!
//! The counting rule: tensors are multiplied one after the other from the left, as PyTorch does. What only one of two has and nothing
//! else wants is summed before, with additions. Then a product over what is summed takes as many MACs as the sizes of all its letters
//! multiply to, and where nothing is summed, so many multiplications.

use std::collections::BTreeMap;

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Along, Arity, Class, Cost, Definition, Look, Operator, Reach, Reason, Term, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, packing::packed, workspace::product};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

mod plan;

use plan::{Plan, Step};

/// Products of tensors, summed over the letters of an equation that do not come out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "按等式中的字母相乘并对不输出的字母求和"))]
pub struct Einsum {
    /// Letters for the dimensions of each input, a comma between two, and behind `->` those of the output; the batch has none.
    #[schemars(extend("x-zh" = "每个输入各维的字母,以逗号分隔,`->` 之后为输出的字母;批次维没有字母"))]
    pub equation: String,
}

impl Definition for Einsum {
    const EXAMPLE: &'static str = r#"{ op = "einsum", equation = "hid,hjd->hij", from = ["query", "key"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[12, 197, 64], &[12, 197, 64]];
}

impl Operator for Einsum {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let plan = Plan::new(&self.equation, inputs)?;
        shape(plan.output_sizes())
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let Ok(plan) = Plan::new(&self.equation, inputs) else { return Err(Overflow) };
        Ok(Cost { terms: plan.steps().iter().map(|step| term(&plan, step)).collect() })
    }

    fn arity(&self) -> Arity {
        Arity { least: 1, most: usize::MAX }
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let equation = &self.equation;
        Some(text!("products summed by {equation}", "按 {equation} 相乘求和"))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        let Ok(plan) = Plan::new(&self.equation, inputs) else { return Reach::Rearranged };
        let along = |letter: &char| match plan.output.iter().position(|out| out == letter) {
            Some(dim) => Along { to: Some(dim), look: Look::Same },
            None => Along { to: None, look: Look::All },
        };
        Reach::Along(plan.inputs[index].iter().map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Attention
    }
}

/// What a step takes.
fn term(plan: &Plan, step: &Step) -> Term {
    let sizes = |letters: &[char]| plan.sizes_of(letters);
    match step {
        Step::Sum { summed, left, .. } => {
            let added = Working::sizes(Factor::Reduced, &sizes(summed)).less(Working::Number(1));
            Term::ops(Kind::Add, Working::sizes(Factor::OutputElements, &sizes(left)).by(added))
        }
        Step::Multiply { stacks, rows, inner, columns } => {
            let named = [
                (Factor::Matrices, stacks),
                (Factor::Rows, rows),
                (Factor::InnerSize, inner),
                (Factor::Columns, columns),
            ];
            let named = named.iter().filter(|(_, letters)| !letters.is_empty());
            let count = Working::Product(
                named.map(|(name, letters)| Working::sizes(*name, &sizes(letters))).collect(),
            );
            if inner.is_empty() {
                Term::ops(Kind::Mul, count)
            } else {
                Term::macs(Contraction::Attention, count)
            }
        }
    }
}

#[cfg(feature = "run")]
impl Reference for Einsum {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let shapes = inputs
            .iter()
            .map(|input| Shape::new(input.dims()[1..].iter().map(|&size| size as u64).collect()));
        let shapes = shapes.collect::<Result<Vec<_>, _>>().map_err(candle_core::Error::wrap)?;
        let plan = Plan::new(&self.equation, &shapes).map_err(candle_core::Error::wrap)?;
        plan::compute(&plan, inputs)
    }

    /// Of each step its factors with their dimensions in order, and twice what comes out.
    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let Ok(plan) = Plan::new(&self.equation, inputs) else { return Workspace::NONE };
        let numbers = |letters: &[&[char]]| {
            product(letters.iter().flat_map(|letters| plan.sizes_of(letters)).map(u128::from))
        };
        let held = |step: &Step| match step {
            Step::Sum { left, .. } => Workspace::of_sample(2 * numbers(&[left])),
            Step::Multiply { stacks, rows, inner, columns } => {
                let factors = numbers(&[stacks, rows, inner]) + numbers(&[stacks, inner, columns]);
                let multiplied =
                    packed(numbers(&[rows]), numbers(&[inner]), numbers(&[columns]), device).of_batch(1);
                Workspace { each: 2 * factors + 2 * numbers(&[stacks, rows, columns]), once: multiplied }
            }
        };
        plan.steps().iter().map(held).fold(Workspace::copies(2, inputs, output), |sum, step| sum + step)
    }
}

/// What the letters of an equation are.
fn sizes_by_letter(terms: &[Vec<char>], inputs: &[Shape]) -> Result<BTreeMap<char, u64>, Reason> {
    let mut sizes = BTreeMap::new();
    for (letters, input) in terms.iter().zip(inputs) {
        let (named, rank, letters_text) = (letters.len(), input.rank(), letters.iter().collect::<String>());
        if named != rank {
            return Err(wrong(text!(
                "`{letters_text}` names {named} dimensions, and {input} has {rank} beside the batch",
                "`{letters_text}` 写了 {named} 维,而 {input} 除批次维外有 {rank} 维"
            )));
        }
        for (&letter, &size) in letters.iter().zip(input.dims()) {
            let known = *sizes.entry(letter).or_insert(size);
            if known != size {
                return Err(wrong(text!(
                    "`{letter}` is {known} in one input and {size} in another",
                    "`{letter}` 在一个输入中为 {known},在另一个中为 {size}"
                )));
            }
        }
    }
    Ok(sizes)
}

fn wrong(message: Text) -> Reason {
    Reason::new(message).at("equation")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    fn counted(equation: &str, dims: &[&[u64]]) -> (Vec<u64>, u128, Ops) {
        let (op, inputs) = (Einsum { equation: equation.to_owned() }, shapes(dims));
        let output = op.output(&inputs).unwrap();
        let work = op.cost(&inputs, &output).unwrap().work().unwrap().0;
        (output.dims().to_vec(), work.macs.attention, work.ops)
    }

    #[test]
    fn attention_is_counted_as_a_matrix_product() {
        // ViT-B/16's scores: see `matmul`.
        let (sizes, macs, _) = counted("hid,hjd->hij", &[&[12, 197, 64], &[12, 197, 64]]);
        assert_eq!((sizes, macs), (vec![12, 197, 197], 29_805_312));
        // Spaces are none of it.
        assert_eq!(counted("n c, c m -> m n", &[&[7, 5], &[5, 3]]).0, [3, 7]);
    }

    #[test]
    fn what_is_not_summed_is_multiplied() {
        assert_eq!(counted("c,hw->chw", &[&[3], &[4, 5]]), (vec![3, 4, 5], 0, Ops::of(Kind::Mul, 60)));
        assert_eq!(counted("ij,ij->ij", &[&[4, 5], &[4, 5]]).2, Ops::of(Kind::Mul, 20));
        // A sum, a transposition and a trace of a product.
        assert_eq!(counted("chw->c", &[&[3, 4, 5]]), (vec![3], 0, Ops::of(Kind::Add, 57)));
        assert_eq!(counted("ij->ji", &[&[4, 5]]), (vec![5, 4], 0, Ops::default()));
        assert_eq!(counted("ij,ji->", &[&[4, 5], &[5, 4]]).1, 20);
    }

    #[test]
    fn three_tensors_are_two_products() {
        // 4·5·6 and then 4·6·7.
        assert_eq!(counted("ij,jk,kl->il", &[&[4, 5], &[5, 6], &[6, 7]]).1, 120 + 168);
        // Where only one has a letter, it is summed first: 4 sums of 9, then 4·5 products.
        let (_, macs, ops) = counted("ix,ij->ij", &[&[4, 9], &[4, 5]]);
        assert_eq!((macs, ops[Kind::Add], ops[Kind::Mul]), (0, 32, 20));
    }

    #[test]
    fn equations_are_checked() {
        let reason = |equation: &str, dims: &[&[u64]]| {
            let reason = Einsum { equation: equation.to_owned() }.output(&shapes(dims)).unwrap_err();
            assert_eq!(reason.setting, Some("equation"));
            reason.to_string()
        };
        assert_eq!(reason("ij,jk", &[&[2, 3], &[3, 4]]), "`ij,jk` says nothing behind `->`");
        assert_eq!(reason("ij->i", &[&[2, 3], &[3, 4]]), "`ij->i` is of 1 inputs, and there are 2");
        assert_eq!(reason("ij,jk->ik", &[&[2, 3], &[4, 5]]), "`j` is 3 in one input and 4 in another");
        assert_eq!(
            reason("ij->i", &[&[2, 3, 4]]),
            "`ij` names 2 dimensions, and 2×3×4 has 3 beside the batch"
        );
        assert_eq!(reason("ii->i", &[&[2, 2]]), "`ii` has `i` twice");
        assert_eq!(reason("ij->ik", &[&[2, 2]]), "`k` comes out and does not come in");
        assert_eq!(reason("...j->j", &[&[2]]), "`.` is no letter");
    }
}
