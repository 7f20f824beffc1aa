//! What an operator must answer.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Arity, Class, Cost, Family, Reach, Reason, Weight, Window};
use crate::counts::{Capped, Overflow};
use crate::shape::Shape;
use crate::text::Text;
use crate::working::{Factor, Working};

/// What is asked of every operator, and answered without computing it.
pub trait Operator {
    /// The output shape for these inputs, or why they cannot be accepted.
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason>;

    /// The learned tensors and buffers, in the order that what computes it takes them, on inputs that [`output`](Self::output)
    /// has accepted.
    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        vec![]
    }

    /// Scalar operations of one forward pass of one sample, with their working, on inputs that `output` has accepted.
    fn cost(&self, _inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost::FREE)
    }

    /// Whether its cost is known; if not, that is no 0, and what it is part of is partial.
    fn is_counted(&self) -> bool {
        true
    }

    /// The working of each size of the output that is computed rather than copied: what it is called, and its working.
    fn output_workings(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        vec![]
    }

    /// The same for dimensions of its own choosing: the index of each among the sizes of the output, and its working.
    fn resized(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, Working)> {
        vec![]
    }

    /// What it is, with its settings, in words: "5×5 convolution, 192 → 32 channels, padding 2". `None` where its name in a
    /// description says it all.
    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        None
    }

    /// The sliding window over `input`, if there is one.
    fn window(&self, _input: &Shape) -> Option<Window> {
        None
    }

    /// In a few signs, how it slides a window and in which groups of channels: `3×3 /2 p1 dw`. `None` if it slides none.
    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        self.window(inputs.first()?).map(|window| window.shorthand())
    }

    /// Which elements of the inputs an element of the output depends on: for receptive fields. Through the window, if there is
    /// one, and element by element otherwise.
    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        inputs
            .first()
            .and_then(|input| self.window(input))
            .map_or(Reach::Position, |window| Reach::window(&window))
    }

    /// The same of input number `index`, where they differ.
    fn reach_of(&self, _index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach(inputs, output)
    }

    /// How many rows it looks its inputs up in, if they are indices: whole numbers from 0 to one less.
    fn indices(&self) -> Option<u64> {
        None
    }

    /// The same of input number `index`, where only some of them are indices.
    fn indices_of(&self, _index: usize, _inputs: &[Shape]) -> Option<u64> {
        self.indices()
    }

    /// Whether the output is a view of the first input: it has no memory of its own, and keeps alive what it looks at.
    fn is_view(&self) -> bool {
        false
    }

    /// How many numbers of a sample of its one input it reads, where these are not all: those that its output is made from.
    fn touched(&self, _inputs: &[Shape], _output: &Shape) -> Option<u128> {
        None
    }

    /// How many numbers of its weights it reads, where these are not all.
    fn weights_touched(&self, _inputs: &[Shape]) -> Option<Capped> {
        None
    }

    /// Numbers that it holds for each sample beside its inputs and its output, at the most and whatever computes it: of an
    /// operator that is defined as a chain of others, what these take and make, one after the other and none in place, each
    /// held to its last use. Nothing else counts: means, sums and maxima are few, and what an engine needs beside is its own.
    fn inside(&self, _inputs: &[Shape], _output: &Shape) -> Working {
        Working::Number(0)
    }

    /// The fewest and most inputs it takes.
    fn arity(&self) -> Arity {
        Arity::ONE
    }

    /// What kind of operator it is, for colors and conventions.
    fn class(&self) -> Class;

    /// What it is, whatever its number of axes; `None` where nobody asks for it.
    fn family(&self) -> Option<Family> {
        None
    }
}

/// What is known of an operator before any of it is used.
pub trait Definition: Operator + Serialize + DeserializeOwned + JsonSchema {
    /// An item of a description that uses it, as TOML.
    const EXAMPLE: &'static str;

    /// The shapes that the example takes.
    const EXAMPLE_INPUTS: &'static [&'static [u64]];
}
