//! Writers: what is known about networks into text, one writer per format. They are pure: nothing here prints, reads a
//! terminal or looks at the environment.
//!
//! ```
//! use cnncost::report::{columns, csv, rows};
//! use cnncost::source::{self, Choice};
//!
//! let subject = source::open("lenet5")?.subject(&Choice::default())?;
//! let (rows, _) = rows::rows(&subject, rows::Depth::All);
//! let text = csv::write(&[columns::sheet(&rows, &columns::parse("layer,output,macs")?)]);
//! assert!(text.starts_with("layer,output,macs\ninput,1×32×32,\nc1,6×28×28,117600\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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

/// So many bytes of JSON are gathered before they are passed on. It is written sign by sign, and a call behind `dyn` for each
/// would be the most of the work.
const GATHERED: usize = 1 << 15;

/// Writes a value as JSON, indented, with a newline at the end, as it is made: no more of it is held than [`GATHERED`].
fn write_json(value: &impl Serialize, to: &mut dyn io::Write) -> io::Result<()> {
    let mut to = io::BufWriter::with_capacity(GATHERED, to);
    serde_json::to_writer_pretty(&mut to, value)?;
    io::Write::write_all(&mut to, b"\n")?;
    io::Write::flush(&mut to)
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
