//! Readers.

pub mod expression;
