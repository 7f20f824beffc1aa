//! The batch that a file has fixed.

use std::collections::HashSet;

use super::messages::Dimension;
use super::{Onnx, Sizes};

impl Onnx {
    /// The input that holds a batch above 1 at these sizes, and that batch: there is no other batch then. `None` if one of the
    /// inputs begins with a size that is 1 or open, and so is one sample.
    pub fn fixed_batch(&self, sizes: &Sizes) -> Option<(&str, u64)> {
        let graph = &self.model.graph;
        let given: HashSet<&str> = graph.initializers.iter().map(|tensor| &*tensor.name).collect();
        let inputs = graph.inputs.iter().filter(|input| !given.contains(&*input.name));
        let mut fixed = None;
        for input in inputs {
            let size = match input.dims.as_deref()?.first()? {
                Dimension::Size(size) => u64::try_from(*size).ok(),
                Dimension::Symbol(symbol) => chosen(sizes, symbol),
                Dimension::Unknown => chosen(sizes, &format!("{}.0", input.name)),
            };
            let size = size.filter(|&size| size > 1)?;
            fixed = fixed.or(Some((&*input.name, size)));
        }
        fixed
    }
}

/// What is chosen for a size that is open.
fn chosen(sizes: &Sizes, symbol: &str) -> Option<u64> {
    sizes.dims.iter().rev().find(|(name, _)| name == symbol).map(|&(_, size)| size)
}
