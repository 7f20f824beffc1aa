//! The files that a description includes: which file is meant by what is written there, and its text.
//!
//! Reading knows no folders: who opens a description says where its files are.

use std::borrow::Cow;

use toml::de::DeTable;

use super::{Description, bundled};
use crate::error::{Code, ReadError, known_here, meant, nearest};
use crate::text;
use crate::text::Text;

/// Where the files are that descriptions include.
pub trait Includes {
    /// The file that `written` means in the file `by`, which is there.
    ///
    /// # Errors
    /// If there is none, or none that may be included.
    fn find(&self, written: &str, by: &File) -> Result<File, Refusal>;

    /// The text of a file that was found.
    ///
    /// # Errors
    /// If it cannot be read.
    fn text(&self, file: &File) -> Result<Cow<'static, str>, Refusal>;
}

/// A file that includes others or is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is called, as it is shown.
    pub name: String,
    /// What tells it from other files, whatever it is called.
    pub identity: Identity,
}

/// Which file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It is bundled under this name, and includes what is bundled.
    Bundled(&'static str),
    /// Whoever finds it tells it by this from others.
    Told(String),
}

/// Why a file cannot be included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of mistake it is.
    pub code: Code,
    /// What stands in the way.
    pub why: Text,
    /// What to do.
    pub help: Option<Text>,
}

impl Refusal {
    /// That there is no such file, among those that are `known`.
    pub fn missing(written: &str, known: &[&str]) -> Self {
        if bundled::BUNDLED.iter().any(|file| file.name == stem(written)) {
            let why =
                text!("it is a bundled network, and only blocks are included", "它是内置网络,只能包含块");
            return Self { code: Code::WrongFile, why, help: None };
        }
        let (name, stems) = (stem(written), || known.iter().map(|known| stem(known)));
        // Short names have little in common when two letters are exchanged.
        let slip = || stems().find(|known| strsim::damerau_levenshtein(name, known) == 1);
        let near = slip().or_else(|| nearest(name, stems()));
        let near = near.and_then(|near| known.iter().find(|known| stem(known) == near));
        let help = near.map_or_else(|| known_here(known), |near| Some(meant(near)));
        Self { code: Code::Unreadable, why: text!("there is no such file", "没有这个文件"), help }
    }
}

/// A name without the ending that all have.
fn stem(name: &str) -> &str {
    name.strip_suffix(".toml").unwrap_or(name)
}

/// What is bundled, for a description that lies in no folder.
#[derive(Clone, Copy, Debug)]
pub struct Bundled;

impl Bundled {
    /// What files are called that are bundled to be included: `std.toml`.
    pub fn names() -> impl Iterator<Item = String> {
        bundled::BLOCKS.iter().map(|file| format!("{}.toml", file.name))
    }

    /// The bundled file that is called `written`.
    pub fn file(written: &str) -> Option<File> {
        let bundled = bundled::BLOCKS.iter().find(|file| written.strip_suffix(".toml") == Some(file.name))?;
        Some(File { name: written.to_owned(), identity: Identity::Bundled(bundled.name) })
    }
}

impl Includes for Bundled {
    fn find(&self, written: &str, _: &File) -> Result<File, Refusal> {
        Self::file(written).ok_or_else(|| {
            let known: Vec<_> = Self::names().collect();
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            let refusal = Refusal::missing(written, &known);
            if refusal.code == Code::WrongFile {
                return refusal;
            }
            let why = text!(
                "this description lies in no folder, so it includes only what is bundled",
                "此描述不在任何文件夹中,只能包含内置文件"
            );
            Refusal { why, ..refusal }
        })
    }

    fn text(&self, file: &File) -> Result<Cow<'static, str>, Refusal> {
        let bundled = bundled::BLOCKS.iter().find(|bundled| file.identity == Identity::Bundled(bundled.name));
        bundled.map(|bundled| bundled.text.into()).ok_or_else(|| Refusal::missing(&file.name, &[]))
    }
}

/// Whether a text is a file of blocks and of nothing else, as descriptions include them.
pub fn is_of_blocks(text: &str) -> bool {
    let others = ["layers", "input", "inputs", "claims", "networks"];
    let is_one = |table: &DeTable<'_>| {
        table.contains_key("blocks") && !others.iter().any(|key| table.contains_key(*key))
    };
    super::toml::too_much(text).is_none() && DeTable::parse(text).is_ok_and(|table| is_one(table.get_ref()))
}

/// Reads a file of blocks by itself; what they and those that it includes are called.
///
/// # Errors
/// If there is a mistake in them.
pub fn blocks(file: &File, text: &str, includes: &dyn Includes) -> Result<Vec<String>, ReadError> {
    let alone = Alone { file, text, includes };
    let around = File { name: file.name.clone(), identity: Identity::Told(String::new()) };
    let description =
        Description::parse_with(around, "include = ['it']\ninput = [1]\nlayers = ['identity']", &alone)?;
    Ok(description.blocks.iter().map(|block| block.name.text.to_string()).collect())
}

/// A file of blocks that is included by what says nothing else.
struct Alone<'a> {
    file: &'a File,
    text: &'a str,
    includes: &'a dyn Includes,
}

impl Includes for Alone<'_> {
    fn find(&self, written: &str, by: &File) -> Result<File, Refusal> {
        let is_around = by.identity == Identity::Told(String::new());
        if is_around { Ok(self.file.clone()) } else { self.includes.find(written, by) }
    }

    fn text(&self, file: &File) -> Result<Cow<'static, str>, Refusal> {
        if file.identity == self.file.identity {
            return Ok(self.text.to_owned().into());
        }
        self.includes.text(file)
    }
}
