//! Writers: what is known about networks into text, one writer per format. They are pure: nothing here prints, reads a
//! terminal or looks at the environment.

use std::io;

use serde::Serialize;

use crate::text::Language;

pub use crate::subject::Subject;

#[cfg(feature = "run")]
pub mod bench;
pub mod check;
pub mod columns;
pub mod compare;
pub mod convention;
pub mod csv;
pub mod explain;
mod figures;
mod fit;
pub mod json;
pub mod latex;
pub mod markdown;
pub mod memory;
pub mod models;
mod names;
pub mod operators;
pub mod reconcile;
pub mod rows;
#[cfg(feature = "run")]
pub mod run;
pub mod sheet;
pub mod sort;
pub mod table;
pub mod terminal;
pub(crate) mod wrap;

/// Writes a value as JSON, indented, with a newline at the end, as it is made: no more of it is held than [`Pieces::FULL`].
fn write_json(value: &impl Serialize, to: &mut dyn io::Write) -> io::Result<()> {
    let mut pieces = Pieces { bytes: Vec::with_capacity(2 * Pieces::FULL), to };
    serde_json::to_writer_pretty(&mut pieces, value)?;
    io::Write::write_all(&mut pieces, b"\n")?;
    io::Write::flush(&mut pieces)
}

/// Gathers what is written a few bytes at a time. JSON is written sign by sign, and a call behind `dyn` for each would be the
/// most of the work.
struct Pieces<'w> {
    bytes: Vec<u8>,
    to: &'w mut dyn io::Write,
}

impl Pieces<'_> {
    /// So many bytes are passed on.
    const FULL: usize = 1 << 15;
}

impl io::Write for Pieces<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < Self::FULL { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.write_all(&self.bytes)?;
        self.bytes.clear();
        self.to.flush()
    }
}

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The language of headings and notes.
    pub language: Language,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colors are written. Tables have some only with the feature `cli`.
    pub color: bool,
}

impl Style {
    /// What makes text bold, and what ends that; nothing without colors.
    fn bold(self) -> (&'static str, &'static str) {
        if self.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") }
    }
}
