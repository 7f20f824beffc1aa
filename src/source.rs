//! The door between a name and a network: a model by what a person calls it, and what is made of it.
//!
//! A name is that of a file or of something bundled, or `-` for standard input, with a variant behind `@`. [`open`] gives the
//! [`Model`] that it names, and a [`Choice`] makes a network of that, which comes counted, as a [`Subject`]. Files of
//! [`Claims`] are opened alike.
//!
//! ```
//! use cnncost::convention::{figure::Figure, search::trace};
//! use cnncost::read::conventions;
//! use cnncost::source::{self, Choice, Claims, candidates};
//!
//! let (named, choice) = (source::open("resnet50@resnet50_v1")?, Choice::default());
//! let subject = named.subject(&choice)?;
//! assert_eq!(subject.analysis.total().params.total(), 25_557_032);
//!
//! let text = "networks = { v1 = 'resnet50@resnet50_v1' }\nclaims = [{ expect = 'v1:params ~ 25.6M' }]";
//! let claims = Claims::parse("notes.toml", text)?;
//! let reports = claims.check(&choice, &mut vec![])?;
//! assert_eq!(reports[0].failures(), 0);
//!
//! let (figure, conventions) = (Figure::parse("3.86 GMACs")?, conventions::bundled());
//! let (_, found) = trace(&figure, &conventions, &candidates(&named, &choice, &subject, &conventions));
//! assert_eq!(found.matches[0].number, 3_857_973_248);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is doubtful in a network comes back as data, as [`Findings`]: nothing here prints. Beside what it is asked to open,
//! the door reads the files that claims name, which [`Claims::files`] tells beforehand, and those that descriptions include,
//! which [`Named::included`] tells of each.
//!
//! [`Subject`]: crate::subject::Subject

use crate::error::ReadError;

mod address;
pub mod bundled;
mod candidates;
mod choice;
mod claims;
mod contents;
pub mod device;
mod findings;
mod foreign;
mod includes;
mod labels;
pub mod lock;
mod model;
mod named;
mod notation;
mod several;

pub use address::{Address, read_once};
pub use candidates::candidates;
pub use choice::Choice;
pub use claims::Claims;
pub use contents::text;
#[cfg(feature = "cli")]
pub(crate) use contents::why;
pub use findings::Findings;
#[cfg(feature = "cli")]
pub(crate) use includes::folder;
pub use model::Model;
pub use named::Named;
#[cfg(feature = "cli")]
pub(crate) use notation::quoted;
pub use several::{Alone, Made, Remark, Wish, networks, wishes};

/// Opens what `name` calls: a file, `-` for standard input, or a bundled network; with its variant behind `@`, or `*` for all
/// of them. A file whose name has an `@` in it is that file.
///
/// The error says why it cannot be read, and what was probably meant, or has every mistake in it.
pub fn open(name: &str) -> Result<Named, ReadError> {
    Named::open(name)
}

/// Whatever the door gives may go to another thread, and be shared among several.
const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<(Named, Claims, Choice, Findings, Made, Wish<'_>)>();
};
