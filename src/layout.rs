//! The canonical layout of descriptions and files of claims, which `cnncost fmt` writes.
//!
//! A line for each item, one space where there is any, bare keys, strings in double quotes, a comma behind the last element of a
//! list that is broken, keys of the file in the order of its documentation; comments and empty lines stay. What is not laid
//! down, as whoever wrote it: how numbers are written, whether a single item has a line of its own, where rows of numbers
//! end, and that more than one space before a word makes a column of it.

use crate::error::ReadError;
use crate::read::claims::ClaimsFile;
use crate::read::include::{self, Bundled, File, Identity, Includes};
use crate::read::{Description, same};
use crate::source::lock;
use crate::text;

mod columns;
mod document;
mod join;
mod order;
mod parse;
mod place;
mod sections;
mod short;
mod tables;
mod words;
mod write;

#[cfg(test)]
mod tests;

/// A description or a file of claims in the canonical layout: what is laid out already stays as it is, and so does a lock,
/// which is laid out by what writes it.
///
/// The error has the mistakes of the file, which is laid out without any only. What is given says the same as `text`, which is
/// made sure of.
///
/// ```
/// let text = "layers=[{op='relu'},  {op=\"flatten\"}] # all\ninput=[3,8,8]\n";
/// let expected = "input = [3, 8, 8]\nlayers = [\"relu\", \"flatten\"]   # all\n";
/// assert_eq!(cnncost::layout::format("net.toml", text)?, expected);
/// # Ok::<(), cnncost::error::ReadError>(())
/// ```
pub fn format(name: &str, text: &str) -> Result<String, ReadError> {
    let file = File { name: name.to_owned(), identity: Identity::Told(name.to_owned()) };
    format_with(&file, text, &Bundled)
}

/// The same of a file that finds what it includes in `includes`. It may be a file of blocks, too.
pub fn format_with(file: &File, text: &str, includes: &dyn Includes) -> Result<String, ReadError> {
    let read = |text: &str| blocks(file, text, includes);
    let blocks = read(text)?;
    if lock::is_lock(text.as_bytes()) {
        return Ok(text.to_owned());
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let laid_out = laid_out(text, &blocks, short::FORMS);
    let is_same = |laid_out: &String| same::is_same(text, laid_out) && read(laid_out).is_ok();
    laid_out.filter(is_same).ok_or_else(|| ReadError::Unreadable {
        name: file.name.clone(),
        why: text!(
            "laid out, it would not say the same, which is a mistake of cnncost: it is left as it is",
            "排版后含义会改变,这是 cnncost 的错误:保持原样"
        ),
        help: None,
    })
}

/// The blocks of a description or of a file of blocks, those of other files included; a file of claims has none. The error has the
/// mistakes of each.
fn blocks(file: &File, text: &str, includes: &dyn Includes) -> Result<Vec<String>, ReadError> {
    if ClaimsFile::is_one(text) {
        return ClaimsFile::parse(&file.name, text).map(|_| vec![]);
    }
    if include::is_of_blocks(text) {
        return include::blocks(file, text, includes);
    }
    let description = Description::parse_with(file.clone(), text, includes)?;
    Ok(description.blocks.iter().map(|block| block.name.text.to_string()).collect())
}

/// The text in the canonical layout with these short forms; `None` if it is no TOML.
fn laid_out(text: &str, blocks: &[String], forms: short::Forms) -> Option<String> {
    let mut document = parse::document(text)?;
    short::shorten(&mut document, blocks, forms);
    join::join(&mut document);
    order::sort(&mut document);
    Some(write::text(&document))
}
