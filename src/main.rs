//! The `cnncost` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    cnncost::cli::run(std::env::args_os(), std::env::current_exe().ok()).into()
}
