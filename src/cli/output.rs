//! Where data goes: standard output, or a file that is there whole or not at all.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::{Outcome, Output, Voice};
use crate::text;

impl Output {
    /// Writes data. A reader that has gone away wants no more of it, which is no error.
    pub(super) fn write(&self, data: &str) -> Outcome {
        match &self.to {
            None => self.print(data),
            Some(path) => self.written(&path.display().to_string(), write_file(path, data)),
        }
    }
}

impl Voice {
    /// Writes data to standard output, likewise.
    pub(super) fn print(&self, data: &str) -> Outcome {
        self.written("standard output", write_stdout(data))
    }

    fn written(&self, name: &str, result: io::Result<()>) -> Outcome {
        match result {
            Ok(()) => Outcome::Done,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Outcome::Done,
            Err(error) => {
                self.misused(text!("cannot write {name}: {error}", "无法写入 {name}:{error}"), None);
                Outcome::Failed
            }
        }
    }
}

fn write_stdout(data: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(data.as_bytes())?;
    stdout.flush()
}

/// Writes beside the file and then puts that in its place, so that nobody sees half of it.
pub(super) fn write_file(path: &Path, data: &str) -> io::Result<()> {
    let is_plain = fs::metadata(path).map_or(true, |metadata| metadata.is_file());
    if !is_plain {
        return fs::write(path, data);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::write(&part, data).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // Whatever there is of it is of no use; that it cannot be removed adds nothing to the error.
        let _ = fs::remove_file(&part);
    }
    written
}
