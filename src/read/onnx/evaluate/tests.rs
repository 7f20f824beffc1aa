//! Operators on small arrays. Figures are NumPy's and onnxruntime's, where no rule says them.

mod files;
mod nodes;
