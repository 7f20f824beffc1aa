//! Files as the system has them: opened so that nothing waits for what never comes, and written whole or not at all.

mod open;
mod replace;

pub use open::open;
pub use replace::replace;
