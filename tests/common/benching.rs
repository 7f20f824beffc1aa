//! `cnncost bench` in a folder, with as many threads as it takes by itself.

use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;

pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

pub(crate) fn cnncost(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.current_dir(folder).env("COLUMNS", "120").env_remove("CLICOLOR_FORCE");
    command.env_remove("RAYON_NUM_THREADS").env_remove("CANDLE_NUM_THREADS");
    let output = command.arg("bench").args(arguments).timeout(Duration::from_secs(120)).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}
