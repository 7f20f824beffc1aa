//! An equation of `einsum` read, and how it is computed: step by step, two tensors at a time.

use std::collections::BTreeMap;

#[cfg(feature = "run")]
use candle_core::{Result as CandleResult, Tensor};

use super::{sizes_by_letter, wrong};
use crate::op::Reason;
use crate::shape::Shape;
use crate::text;

/// An equation with the sizes of its letters.
pub(super) struct Plan {
    /// The letters of each input.
    pub(super) inputs: Vec<Vec<char>>,
    /// The letters of the output.
    pub(super) output: Vec<char>,
    sizes: BTreeMap<char, u64>,
}

/// One step, in letters.
#[cfg_attr(not(feature = "run"), expect(dead_code, reason = "what computes it asks for more"))]
pub(super) enum Step {
    /// A tensor is summed over some of its letters, and these are left.
    Sum { summed: Vec<char>, left: Vec<char>, is_next: bool },
    /// What there is so far is multiplied by the next tensor: stacks of matrices.
    Multiply { stacks: Vec<char>, rows: Vec<char>, inner: Vec<char>, columns: Vec<char> },
}

impl Plan {
    pub(super) fn new(equation: &str, shapes: &[Shape]) -> Result<Self, Reason> {
        let bare: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let Some((inputs, output)) = bare.split_once("->") else {
            return Err(wrong(text!("`{bare}` says nothing behind `->`", "`{bare}` 的 `->` 之后没有内容")));
        };
        let inputs = inputs.split(',').map(letters).collect::<Result<Vec<_>, _>>()?;
        let (said, there) = (inputs.len(), shapes.len());
        if said != there {
            return Err(wrong(text!(
                "`{bare}` is of {said} inputs, and there are {there}",
                "`{bare}` 有 {said} 个输入,这里却有 {there} 个"
            )));
        }
        let (output, sizes) = (letters(output)?, sizes_by_letter(&inputs, shapes)?);
        if let Some(letter) = output.iter().find(|letter| !sizes.contains_key(letter)) {
            return Err(wrong(text!(
                "`{letter}` comes out and does not come in",
                "`{letter}` 出现在输出中,却不在任何输入中"
            )));
        }
        Ok(Self { inputs, output, sizes })
    }

    pub(super) fn sizes_of(&self, letters: &[char]) -> Vec<u64> {
        letters.iter().filter_map(|letter| self.sizes.get(letter).copied()).collect()
    }

    pub(super) fn output_sizes(&self) -> Vec<u64> {
        self.sizes_of(&self.output)
    }

    /// The steps, in their order: sums before a product, products from the left to the right, and a sum at the end.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = vec![];
        let Some((first, rest)) = self.inputs.split_first() else { return steps };
        // Each letter with the last input that has it.
        let numbered = self.inputs.iter().enumerate();
        let last: BTreeMap<char, usize> = numbered
            .flat_map(|(index, letters)| letters.iter().map(move |&letter| (letter, index)))
            .collect();
        let mut so_far = first.clone();
        for (next, index) in rest.iter().zip(1..) {
            let is_wanted = |letter: &char| {
                self.output.contains(letter) || last.get(letter).is_some_and(|&last| last > index)
            };
            let (left, summed) = split(&so_far, |letter| next.contains(letter) || is_wanted(letter));
            let (right, summed_of_next) = split(next, |letter| so_far.contains(letter) || is_wanted(letter));
            steps.extend(sum(&summed, &left, false));
            steps.extend(sum(&summed_of_next, &right, true));
            let (shared, rows) = split(&left, |letter| right.contains(letter));
            let (stacks, inner) = split(&shared, is_wanted);
            let (_, columns) = split(&right, |letter| left.contains(letter));
            so_far = [&stacks[..], &rows, &columns].concat();
            steps.push(Step::Multiply { stacks, rows, inner, columns });
        }
        let (left, summed) = split(&so_far, |letter| self.output.contains(letter));
        steps.extend(sum(&summed, &left, false));
        steps
    }
}

/// Those that are kept, and the others.
fn split(letters: &[char], is_kept: impl Fn(&char) -> bool) -> (Vec<char>, Vec<char>) {
    letters.iter().partition(|letter| is_kept(letter))
}

fn sum(summed: &[char], left: &[char], is_next: bool) -> Option<Step> {
    (!summed.is_empty()).then(|| Step::Sum { summed: summed.to_vec(), left: left.to_vec(), is_next })
}

fn letters(term: &str) -> Result<Vec<char>, Reason> {
    let mut letters: Vec<char> = vec![];
    for letter in term.chars() {
        if !letter.is_ascii_alphabetic() {
            return Err(wrong(text!("`{letter}` is no letter", "`{letter}` 不是字母")));
        }
        if letters.contains(&letter) {
            return Err(wrong(text!("`{term}` has `{letter}` twice", "`{term}` 中 `{letter}` 出现两次")));
        }
        letters.push(letter);
    }
    Ok(letters)
}

/// A tensor and the letters of its dimensions behind the batch.
#[cfg(feature = "run")]
struct Lettered {
    tensor: Tensor,
    letters: Vec<char>,
}

/// The output, the batch in front of all.
#[cfg(feature = "run")]
pub(super) fn compute(plan: &Plan, inputs: &[Tensor]) -> CandleResult<Tensor> {
    let lettered = inputs.iter().zip(&plan.inputs);
    let mut waiting =
        lettered.map(|(tensor, letters)| Lettered { tensor: tensor.clone(), letters: letters.clone() });
    let Some(mut so_far) = waiting.next() else { candle_core::bail!("an equation has an input") };
    let mut next = waiting.next();
    for step in plan.steps() {
        match (&step, next.take()) {
            (Step::Sum { summed, is_next: true, .. }, Some(other)) => next = Some(other.summed(summed)?),
            (Step::Sum { summed, .. }, other) => {
                so_far = so_far.summed(summed)?;
                next = other;
            }
            (Step::Multiply { stacks, rows, inner, columns }, Some(other)) => {
                so_far = multiplied(&so_far, &other, [stacks, rows, inner, columns])?;
                next = waiting.next();
            }
            (Step::Multiply { .. }, None) => candle_core::bail!("a product has two factors"),
        }
    }
    so_far.in_order(&[&plan.output])?.contiguous()
}

#[cfg(feature = "run")]
impl Lettered {
    fn summed(self, summed: &[char]) -> CandleResult<Self> {
        let dims = self.letters.iter().enumerate().filter(|(_, letter)| summed.contains(letter));
        let dims: Vec<usize> = dims.map(|(dim, _)| dim + 1).collect();
        let (letters, _) = split(&self.letters, |letter| !summed.contains(letter));
        Ok(Self { tensor: self.tensor.sum(dims)?, letters })
    }

    /// With its dimensions in the order of these letters.
    fn in_order(&self, groups: &[&Vec<char>]) -> CandleResult<Tensor> {
        let place = |letter: &char| self.letters.iter().position(|own| own == letter).map(|dim| dim + 1);
        let order: Option<Vec<usize>> = groups.iter().flat_map(|group| group.iter()).map(place).collect();
        let Some(order) = order else { candle_core::bail!("a letter that is not there") };
        self.tensor.permute([&[0], &order[..]].concat())
    }

    fn elements(&self, letters: &[char]) -> usize {
        let sizes = self.letters.iter().zip(&self.tensor.dims()[1..]);
        sizes.filter(|(letter, _)| letters.contains(letter)).map(|(_, &size)| size).product()
    }
}

#[cfg(feature = "run")]
fn multiplied(
    a: &Lettered,
    b: &Lettered,
    [stacks, rows, inner, columns]: [&Vec<char>; 4],
) -> CandleResult<Lettered> {
    let count = a.tensor.dim(0)? * a.elements(stacks);
    let [row, middle, column] = [a.elements(rows), a.elements(inner), b.elements(columns)];
    let left = a.in_order(&[stacks, rows, inner])?.reshape((count, row, middle))?;
    let right = b.in_order(&[stacks, inner, columns])?.reshape((count, middle, column))?;
    let product = if inner.is_empty() { left.broadcast_mul(&right)? } else { left.matmul(&right)? };
    let letters = [&stacks[..], rows, columns].concat();
    let size = |letter: &char| {
        if a.letters.contains(letter) { a.elements(&[*letter]) } else { b.elements(&[*letter]) }
    };
    let dims: Vec<usize> = letters.iter().map(size).collect();
    Ok(Lettered { tensor: product.reshape([&[a.tensor.dim(0)?], &dims[..]].concat())?, letters })
}
