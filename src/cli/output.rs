//! Where data goes: standard output, or a file that is there whole or not at all, and is none of those that were read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

use super::{Color, Outcome, Output, Voice, files};
use crate::file::replace;
use crate::text;
use crate::text::{Links, harmless, harmless_but};

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

impl Output {
    /// Where names of files lead, if what goes to standard output may lead anywhere.
    pub(super) fn links(&self) -> Option<Links> {
        self.voice.links(self.to.is_none() && io::stdout().is_terminal())
    }
}

impl Voice {
    /// Where names of files lead that were read, on a terminal that can follow links. `FORCE_HYPERLINK` says whether it can, where
    /// that is not known.
    pub(super) fn links(&self, is_terminal: bool) -> Option<Links> {
        if !is_terminal || self.color == Color::Never || !supports_hyperlinks::supports_hyperlinks() {
            return None;
        }
        let files = files::read();
        let files = files.iter().filter_map(|path| Some((path.to_str()?, std::path::absolute(path).ok()?)));
        let files: Vec<_> = files.filter(|(_, path)| path.is_file()).collect();
        Some(Links::new(&host(), files.iter().map(|(name, path)| (*name, &**path))))
    }

    /// Writes text to standard output, likewise, with nothing in it that steers a terminal but colors where they are wanted, and
    /// links to files that were read.
    pub(super) fn print(&self, text: &str) -> Outcome {
        let links = self.links(io::stdout().is_terminal());
        let text = harmless_but(text, self.style().color, links.as_ref());
        if let Some(page) = &self.page {
            page.borrow_mut().data.push_str(&text);
            return Outcome::Done;
        }
        self.written("standard output", write_stdout(text.as_bytes()))
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
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            let name = path.display();
            let message =
                text!("`{name}` is a folder: name a file in it", "`{name}` 是文件夹:请写出其中的文件名");
            return self.misused(message, None);
        }
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

pub(super) fn write_stdout(data: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(data)?;
    stdout.flush()
}

/// What this machine is called, where that is known.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}
