//! `Einsum`.

use std::collections::BTreeMap;

use crate::op::einsum::Einsum;
use crate::read::onnx::call::Call;
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The most dimensions that `...` stands for: there are no more letters that nobody writes.
const STANDING_IN: &str = "αβγδεζηθ";

/// `Einsum`: each tensor has all its letters here, and loses that of the size that the batch comes in place of.
pub(super) fn einsum(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let inputs = import.tensors(call)?;
    let written: String =
        call.node.text("equation").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let (terms, output) = written.split_once("->").map_or((&*written, None), |(a, b)| (a, Some(b)));
    let terms: Vec<&str> = terms.split(',').collect();
    if terms.len() != inputs.len() {
        let (said, there) = (terms.len(), inputs.len());
        return Err(Refusal::Wrong(text!(
            "`{written}` is of {said} inputs, and there are {there}",
            "`{written}` 有 {said} 个输入,这里却有 {there} 个"
        )));
    }
    let spans = terms.iter().zip(&inputs).filter(|(term, _)| term.contains("..."));
    let span = spans.map(|(term, input)| (input.rank() + 3).saturating_sub(term.len())).max().unwrap_or(0);
    if span > STANDING_IN.chars().count() {
        return Err(Refusal::Unsupported(text!(
            "`...` stands for {span} dimensions",
            "`...` 代表 {span} 维"
        )));
    }
    let terms: Vec<Vec<char>> = terms
        .iter()
        .zip(&inputs)
        .map(|(term, input)| letters(term, (input.rank() + 3).saturating_sub(term.len()), span))
        .collect();
    let mut sizes: BTreeMap<char, u64> = BTreeMap::new();
    for (term, input) in terms.iter().zip(&inputs) {
        let mut sorted = term.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != input.rank() || term.len() != input.rank() {
            return Err(Refusal::Unsupported(text!(
                "`{written}` has not a letter of its own for each dimension",
                "`{written}` 没有为每一维给出不同的字母"
            )));
        }
        for (&letter, &size) in term.iter().zip(&*input.dims) {
            let so_far = sizes.entry(letter).or_insert(1);
            *so_far = (*so_far).max(size);
        }
    }
    let output = output.map_or_else(|| implied(&terms), |output| letters(output, span, span));
    let size = |letter: &char| {
        sizes.get(letter).copied().ok_or_else(|| {
            Refusal::Wrong(text!(
                "`{letter}` comes out and does not come in",
                "`{letter}` 出现在输出中,却不在任何输入中"
            ))
        })
    };
    let dims = output.iter().map(size).collect::<Mapped<Vec<u64>>>()?;
    let (mut tensors, mut kept) = (vec![], vec![]);
    for (term, input) in terms.iter().zip(&inputs) {
        // What is repeated has its size from another tensor.
        let is_kept = |place: usize| {
            let (size, all) = (input.dims[place], sizes[&term[place]]);
            size == all && (place > 0 || size != 1)
        };
        let places: Vec<usize> = (0..term.len()).filter(|&place| is_kept(place)).collect();
        let left: Vec<u64> = places.iter().map(|&place| input.dims[place]).collect();
        tensors.push(import.draft.as_sample(input, &left)?);
        kept.push(places.iter().map(|&place| term[place]).collect::<String>());
    }
    let of_output: String =
        output.iter().filter(|&&letter| kept.iter().any(|term| term.contains(letter))).collect();
    let equation = plain(&format!("{}->{of_output}", kept.join(",")))?;
    let tensors: Vec<&Tensor> = tensors.iter().collect();
    let kind = inputs.first().map(|input| input.kind).unwrap_or_default();
    import.one(Einsum { equation }, &tensors, vec![], &dims, kind)
}

/// The letters of a term, in which `...` is the last `own` of as many letters as it ever stands for.
fn letters(term: &str, own: usize, span: usize) -> Vec<char> {
    let (before, behind) = term.split_once("...").map_or((term, None), |(a, b)| (a, Some(b)));
    let between = STANDING_IN.chars().take(span).skip(span.saturating_sub(own));
    match behind {
        Some(behind) => before.chars().chain(between).chain(behind.chars()).collect(),
        None => before.chars().collect(),
    }
}

/// What comes out where that is not said: what `...` stands for, and each letter that is there once, in their order.
fn implied(terms: &[Vec<char>]) -> Vec<char> {
    let mut times: BTreeMap<char, u32> = BTreeMap::new();
    terms.iter().flatten().for_each(|&letter| *times.entry(letter).or_default() += 1);
    let (letters, standing): (Vec<_>, Vec<_>) = times.into_iter().partition(|(letter, _)| letter.is_ascii());
    let once = letters.into_iter().filter(|&(_, times)| times == 1);
    standing.into_iter().chain(once).map(|(letter, _)| letter).collect()
}

/// The equation in letters that may be written.
fn plain(equation: &str) -> Mapped<String> {
    let mut free = ('a'..='z').chain('A'..='Z').filter(|&letter| !equation.contains(letter));
    let mut plain = equation.to_owned();
    for letter in STANDING_IN.chars().filter(|&letter| equation.contains(letter)) {
        let Some(stand_in) = free.next() else {
            return Err(Refusal::Unsupported(text!("it has too many letters", "字母过多")));
        };
        plain = plain.replace(letter, &stand_in.to_string());
    }
    Ok(plain)
}
