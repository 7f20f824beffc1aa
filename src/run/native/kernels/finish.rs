//! What happens to an output while it is at hand, instead of in a pass of its own.

use crate::Function;

/// What is done to each number of an output, in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finish {
    /// First, a function of the sum with its bias.
    pub first: Function,
    /// Then a residual may be added,
    pub add: bool,
    /// and last, a function of that.
    pub last: Function,
}

impl Finish {
    /// Nothing at all.
    pub const NONE: Self = Self { first: Function::Identity, add: false, last: Function::Identity };
}

/// What is added to an output, if its [`Finish`] says so; of the output's shape and layout.
#[derive(Clone, Copy, Debug)]
pub enum Residual<'a> {
    /// Nothing.
    None,
    /// Another tensor.
    Of(&'a [f32]),
    /// What stands where the output will: the kernel adds to it. Only where nothing but the identity comes first.
    InPlace,
}
