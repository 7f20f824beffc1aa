//! The shape of the book: which pages there are, and that links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::held::is_updated;
use crate::page::Page;
use crate::{GALLERY, book, pages, readme};

/// The targets of the links in a text, pictures among them.
pub(crate) fn links(prose: &str) -> Vec<String> {
    // What is code is no link.
    let text: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("code");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.to_owned()).collect()
}

/// What a heading is called in a link: as GitHub and mdBook have it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|&c| c.is_alphanumeric() || c == '-' || c == '_').collect()
}

fn anchors(page: &Page) -> BTreeSet<String> {
    let prose = page.prose();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

#[test]
fn the_summary_has_every_page_once() {
    let summary = fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = links(&summary).into_iter().map(|link| book().join(link)).collect();
    let pages = pages();
    let known: BTreeSet<_> = pages.iter().map(|page| page.path.clone()).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(listed.len(), known.len(), "a page stands in the summary twice");
    // The summary calls a page what the page calls itself, or shorter.
    for page in pages {
        assert!(page.text().starts_with("# "), "{} has no title", page.name());
    }
}

#[test]
fn links_lead_to_pages_and_headings() {
    // Pictures may not be written yet.
    if is_updated() {
        return;
    }
    let (mut checked, root) = (0, Path::new(env!("CARGO_MANIFEST_DIR")));
    for page in pages().into_iter().chain([readme()]) {
        let is_in_book = page.path.starts_with(book());
        for link in links(&page.prose()) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, heading) = link.split_once('#').map_or((&*link, None), |(path, at)| (path, Some(at)));
            let target =
                if path.is_empty() { page.path.clone() } else { page.path.parent().unwrap().join(path) };
            let target = target.canonicalize().unwrap_or_else(|_| {
                panic!("{}: {link} leads nowhere", page.name());
            });
            // mdBook copies what is in the book, and nothing else.
            let home = if is_in_book { book() } else { root.to_owned() };
            assert!(target.starts_with(home.canonicalize().unwrap()), "{}: {link} leads out", page.name());
            if let Some(heading) = heading {
                let known = anchors(&Page::read(&target));
                assert!(known.contains(heading), "{}: {link} leads to no heading", page.name());
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} links were found");
}

#[test]
fn headings_of_a_page_differ() {
    for page in pages() {
        let prose = page.prose();
        let mut known = BTreeSet::new();
        for line in prose.lines().filter(|line| line.starts_with('#')) {
            assert!(known.insert(anchor(line.trim_start_matches('#').trim())), "{}: {line}", page.name());
        }
    }
}

/// A page is read in one sitting.
#[test]
fn pages_are_of_a_readable_size() {
    for page in pages() {
        let lines = page.prose().lines().count();
        let is_list = ["reference", GALLERY].iter().any(|part| page.path.starts_with(book().join(part)));
        assert!(is_list || lines < 250, "{} has {lines} lines of prose", page.name());
    }
}
