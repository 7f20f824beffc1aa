//! cnncost: FLOP and parameter costs of convolutional networks, every count exact and every count with its working.
#![warn(missing_docs)]

mod analyze;
pub mod cli;
pub mod counts;
pub mod error;
pub mod graph;
pub mod op;
pub mod read;
pub mod report;
pub mod shape;
pub mod text;
pub mod working;

pub use analyze::{Analysis, Status, TooLarge, analyze, cost};
