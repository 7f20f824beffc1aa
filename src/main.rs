//! cnncost
fn main() { cnncost::cli::run() }
