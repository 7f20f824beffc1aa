//! README.md and the book in docs/src are true: every command on them runs and prints what stands there, every file on them is
//! read, every list on them is that of the program, and every link leads somewhere.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes outputs and lists anew.
//!
//! What stands behind the three marks of a block says what is done with it:
//!
//! - `toml`: a file, by the name in its first line. It is read, and what is claimed in it holds. `toml broken` is refused.
//! - `console`: commands, behind `$ `, and what they print; `…` stands for lines that are left out, and several commands
//!   without any line below stand for themselves. `console exit=1` says how they end.
//! - `yaml`: a workflow, whose commands of the program are run.
//! - any other: it is for reading alone.
//!
//! What stands between `<!-- made: NAME -->` and `<!-- end -->` is made by `docs/made.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use page::Page;

#[path = "docs/held.rs"]
mod held;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/made.rs"]
mod made;
#[path = "docs/page.rs"]
mod page;
#[path = "docs/reference.rs"]
mod reference;
#[path = "docs/shown.rs"]
mod shown;

/// The parts of the book, each a folder, for a test each.
const PARTS: [&str; 6] = ["students", "lecturers", "engineers", "language", "reference", "building"];

/// The part that `tests/gallery.rs` makes.
const GALLERY: &str = "gallery";

/// Where the book is.
pub(crate) fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

/// Every page of the book.
pub(crate) fn pages() -> Vec<Page> {
    let folders = PARTS.iter().chain(&[GALLERY]).map(|part| book().join(part)).chain([book()]);
    folders.flat_map(|folder| pages_of(&folder)).collect()
}

/// The page that people see first.
pub(crate) fn readme() -> Page {
    Page::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
}

/// The pages that lie in a folder of the book.
fn pages_of(folder: &Path) -> Vec<Page> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|end| end == "md") && !path.ends_with("SUMMARY.md"));
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Holds each page of a part.
fn hold(part: &str) {
    let mut pages = pages_of(&book().join(part));
    assert!(!pages.is_empty(), "there are no pages in {part}");
    pages.iter_mut().for_each(held::hold);
}

#[test]
fn readme_is_true() {
    held::hold(&mut readme());
}

#[test]
fn front_is_true() {
    hold("");
}

#[test]
fn students_is_true() {
    hold(PARTS[0]);
}

#[test]
fn lecturers_is_true() {
    hold(PARTS[1]);
}

#[test]
fn engineers_is_true() {
    hold(PARTS[2]);
}

#[test]
fn language_is_true() {
    hold(PARTS[3]);
}

#[test]
fn reference_is_true() {
    hold(PARTS[4]);
}

#[test]
fn building_is_true() {
    hold(PARTS[5]);
}

#[test]
fn every_folder_is_a_part() {
    let folders =
        fs::read_dir(book()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(PARTS.contains(&&*name) || [GALLERY, "pictures"].contains(&&*name), "{name}");
    }
}

/// Two screens.
#[test]
fn the_readme_is_short() {
    let lines = readme().text().lines().count();
    assert!(lines < 130, "README.md has {lines} lines");
}
