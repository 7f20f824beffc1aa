//! Files as the system has them: opened so that nothing waits for what never comes, and written whole or not at all, all of a
//! command's or none.

mod open;
mod outputs;
mod parts;

pub use open::{open, open_regular};
pub use outputs::{Outputs, replace};
#[cfg(all(feature = "run", feature = "cli"))]
pub(crate) use parts::is_parts;
