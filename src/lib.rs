//! cnncost
pub mod read;
pub mod text;
