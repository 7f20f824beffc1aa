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

use crate::text::Language;

pub use crate::subject::Subject;

#[cfg(feature = "run")]
pub mod bench;
pub mod change;
pub mod chart;
pub mod check;
pub mod columns;
pub mod compare;
pub mod convention;
pub mod csv;
mod deployed;
pub mod draw;
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
pub mod page;
pub mod plan;
mod pretty;
pub mod raw;
pub mod reconcile;
pub mod rows;
#[cfg(feature = "run")]
pub mod run;
pub mod sheet;
pub mod sort;
pub mod table;
pub mod terminal;
pub(crate) mod wrap;

pub(crate) use pretty::write_json;

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
