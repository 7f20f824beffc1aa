//! Copies of an operator side by side, for tensors that have more dimensions in front than it takes: a `conv2d` of five pictures of
//! 3×8×8, which are 5×3×8×8, is five of them with the same weights.
//!
//! No description has it: there a `conv2d` of 5×3×8×8 is more likely a mistake. A reader of files in which samples, windows or
//! pictures stand in a dimension of their own asks for it with [`Copies::of`].

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Arity, Class, Cost, Family, Op, Operator, Reach, Reason, Term, Weight, Window, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors, workspace::product};
use crate::counts::{Capped, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// An operator that is done for each position of some leading dimensions, which all of its inputs have, with one set of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Copies {
    /// The leading sizes: at least one.
    sizes: Vec<u64>,
    /// What is done at each position.
    op: Op,
}

impl Op {
    /// What there are copies of; the operator itself where it stands alone.
    pub fn itself(&self) -> &Self {
        if let Self::Copies(copies) = self { copies.op() } else { self }
    }

    /// The leading sizes of which there is a copy for each position; none where the operator stands alone.
    pub fn copies(&self) -> &[u64] {
        if let Self::Copies(copies) = self { copies.sizes() } else { &[] }
    }

    /// What [`itself`](Self::itself) has of the shape of an input or of the output.
    #[must_use]
    pub fn one(&self, shape: &Shape) -> Shape {
        if let Self::Copies(copies) = self { copies.one(shape) } else { shape.clone() }
    }
}

impl Copies {
    /// `op` for each position of leading dimensions of these sizes; `op` alone if there are none.
    ///
    /// ```
    /// use cnncost::op::{Copies, conv::Conv2d};
    /// use cnncost::shape::Shape;
    ///
    /// let pictures = [Shape::new(vec![5, 3, 8, 8])?];
    /// let conv = Copies::of(vec![5], Conv2d::new(16, 3)?.with_padding(1)?)?;
    /// assert_eq!(conv.output(&pictures)?.to_string(), "5×16×8×8");
    /// assert_eq!(conv.weights(&pictures)[0].dims(), [16, 3, 3, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If they are no sizes of a tensor, and for operators of which copies mean nothing: those without inputs, views, and what is
    /// copies already.
    pub fn of(sizes: Vec<u64>, op: impl Into<Op>) -> Result<Op, Reason> {
        let op = op.into();
        if sizes.is_empty() {
            return Ok(op);
        }
        shape(sizes.clone())?;
        if matches!(op, Op::Copies(_)) || op.is_view() || op.arity() == Arity::NONE {
            let name = op.name();
            return Err(Reason::new(text!("there are no copies of `{name}`", "`{name}` 不能分成多份")));
        }
        Ok(Op::Copies(Box::new(Self { sizes, op })))
    }

    /// What is done at each position.
    pub fn op(&self) -> &Op {
        &self.op
    }

    /// The leading sizes.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// How many copies there are.
    pub fn count(&self) -> u128 {
        self.sizes.iter().map(|&size| u128::from(size)).product()
    }

    fn one(&self, shape: &Shape) -> Shape {
        shape.behind(self.sizes.len())
    }

    fn each(&self, shapes: &[Shape]) -> Vec<Shape> {
        shapes.iter().map(|shape| self.one(shape)).collect()
    }

    /// Settings of one copy, and how many there are.
    pub(super) fn with_sizes(&self, mut settings: Map<String, Value>) -> Map<String, Value> {
        settings.insert("copies".to_owned(), self.sizes.clone().into());
        settings
    }

    /// As often as there are copies.
    fn times(&self, working: Working) -> Working {
        let copies = Working::sizes(Factor::Copies, &self.sizes);
        // What a product was is told factor by factor, as it would be of one.
        if let Working::Product(factors) = working {
            Working::Product([vec![copies], factors].concat())
        } else {
            copies.by(working)
        }
    }
}

impl Operator for Copies {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        for input in inputs {
            if !input.dims().starts_with(&self.sizes) {
                let first = crate::shape::show(&self.sizes);
                return Err(Reason::new(text!(
                    "needs {first} first in every input, and gets {input}",
                    "每个输入都应以 {first} 开头,却得到 {input}"
                )));
            }
        }
        let output = self.op.output(&self.each(inputs))?;
        shape([&self.sizes, output.dims()].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        self.op.weights(&self.each(inputs))
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let of_one = self.op.cost(&self.each(inputs), &self.one(output))?;
        let terms = of_one.terms.into_iter().map(|term| Term {
            nominal: self.times(term.nominal),
            padding_exact: term.padding_exact.map(|exact| self.times(exact)),
            ..term
        });
        Ok(Cost { terms: terms.collect() })
    }

    fn is_counted(&self) -> bool {
        self.op.is_counted()
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.op.output_workings(&self.each(inputs), &self.one(output))
    }

    fn resized(&self, inputs: &[Shape], output: &Shape) -> Vec<(usize, Working)> {
        let of_one = self.op.resized(&self.each(inputs), &self.one(output));
        of_one.into_iter().map(|(index, working)| (index + self.sizes.len(), working)).collect()
    }

    fn summary(&self, inputs: &[Shape], output: &Shape) -> Option<Text> {
        let (count, of_one) = (self.count(), self.op.summary(&self.each(inputs), &self.one(output))?);
        let plural = if count == 1 { "copy" } else { "copies" };
        Some(Text::phrase(&[of_one, text!("{count} {plural}", "共 {count} 份")]))
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        self.op.window(&self.one(input))
    }

    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        self.op.shorthand(&self.each(inputs))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        let (inputs, output) = (self.each(inputs), self.one(output));
        let Some(input) = inputs.get(index) else { return Reach::Rearranged };
        self.op.reach_of(index, &inputs, &output).behind(self.sizes.len(), input, &output)
    }

    fn indices(&self) -> Option<u64> {
        self.op.indices()
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        self.op.indices_of(index, &self.each(inputs))
    }

    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        let of_one = self.op.touched(&self.each(inputs), &self.one(output))?;
        Some(of_one.saturating_mul(self.count()))
    }

    fn weights_touched(&self, inputs: &[Shape]) -> Option<Capped> {
        let Capped { each, most } = self.op.weights_touched(&self.each(inputs))?;
        Some(Capped { each: each.saturating_mul(self.count()), most })
    }

    fn inside(&self, inputs: &[Shape], output: &Shape) -> Working {
        let of_one = self.op.inside(&self.each(inputs), &self.one(output));
        if of_one == Working::Number(0) { of_one } else { self.times(of_one) }
    }

    fn arity(&self) -> Arity {
        self.op.arity()
    }

    fn class(&self) -> Class {
        self.op.class()
    }

    fn family(&self) -> Option<Family> {
        self.op.family()
    }
}

#[cfg(feature = "run")]
impl Reference for Copies {
    /// Copies are samples of a larger batch, which is how they lie in memory.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let sizes = self.sizes.iter().map(|&size| tensors::size_of(size)).collect::<Result<Vec<_>, _>>()?;
        let copies: usize = sizes.iter().product();
        let samples = |input: &Tensor| {
            let (batch, rest) = (input.dim(0)?, input.dims().get(1 + sizes.len()..).unwrap_or_default());
            input.reshape([&[batch * copies], rest].concat())
        };
        let inputs = inputs.iter().map(samples).collect::<Result<Vec<_>, _>>()?;
        let output = self.op.reference().forward(&inputs, weights)?;
        let (samples, rest) = (output.dim(0)?, output.dims().get(1..).unwrap_or_default());
        output.reshape([&[samples / copies], &sizes[..], rest].concat())
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let of_one = self.op.reference().workspace(&self.each(inputs), &self.one(output), device);
        Workspace { each: product([of_one.each, self.count()]), ..of_one }
    }
}

/// The settings of one copy, and the leading sizes as `copies`.
impl Serialize for Copies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_sizes(self.op.all_settings()).serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
