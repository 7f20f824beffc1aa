//! Where data goes: standard output, or a file that is there whole or not at all, and is none of those that were read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::{Outcome, Output, Voice, files};
use crate::file::replace;
use crate::text;
use crate::text::harmless;

impl Output {
    /// Writes text. A reader that has gone away wants no more of it, which is no error.
    pub(super) fn write(&self, text: &str) -> Outcome {
        match &self.to {
            None => self.print(text),
            Some(path) => self.write_file(path, &harmless(text, false)),
        }
    }

    /// Writes JSON as it is made, likewise.
    pub(super) fn stream(&self, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Outcome {
        match &self.to {
            None => self.written("standard output", write(&mut io::stdout().lock())),
            Some(path) => self.replaced(path, |part| write(&mut File::create(part)?)),
        }
    }
}

impl Voice {
    /// Writes text to standard output, likewise, with nothing in it that steers a terminal but colors where they are wanted.
    pub(super) fn print(&self, text: &str) -> Outcome {
        self.written("standard output", write_stdout(harmless(text, self.style().color).as_bytes()))
    }

    /// Writes data to a file, unless that is one that was read.
    pub(super) fn write_file(&self, path: &Path, data: &str) -> Outcome {
        self.replaced(path, |part| fs::write(part, data))
    }

    /// Writes what is no text to a file, or to standard output.
    #[cfg(feature = "pictures")]
    pub(super) fn write_data(&self, path: Option<&Path>, data: &[u8]) -> Outcome {
        match path {
            None => self.written("standard output", write_stdout(data)),
            Some(path) => self.replaced(path, |part| fs::write(part, data)),
        }
    }

    fn replaced(&self, path: &Path, write: impl Fn(&Path) -> io::Result<()>) -> Outcome {
        match files::may_write(path) {
            Ok(()) => self.written(&path.display().to_string(), replace(path, write)),
            Err((message, help)) => self.misused(message, Some(help)),
        }
    }

    /// Writes a lock, which may be among what was read.
    pub(super) fn write_lock(&self, path: &Path, data: &str) -> Outcome {
        let written = replace(path, |part| fs::write(part, data));
        self.written(&path.display().to_string(), written)
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

fn write_stdout(data: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(data)?;
    stdout.flush()
}
