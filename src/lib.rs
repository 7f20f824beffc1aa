//! cnncost
pub mod counts;
pub mod error;
pub mod graph;
pub mod op;
pub mod read;
pub mod shape;
pub mod text;
pub mod working;
