//! Whether files are what they were: by what is known of each, and, of a small one, by what stands in it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::file::open_regular;

/// The largest file whose text is looked at: some systems keep times of whole seconds, and a text may be changed within one.
const SMALL: u64 = 1_000_000;

/// How long a file may be gone or empty: some editors take it away, or empty it, before they write it anew.
const GRACE: Duration = Duration::from_secs(1);

/// Files that are watched.
pub(super) struct Watched {
    paths: Vec<PathBuf>,
    /// What they were when they were read.
    read: Vec<Stamp>,
    /// What they have become, and since when they are no longer what was read.
    now: Option<(Vec<Stamp>, Instant)>,
}

/// What is known of a file; nothing of one that is not there.
#[derive(Clone, PartialEq, Eq)]
struct Stamp(Option<Known>);

#[derive(Clone)]
struct Known {
    modified: Option<SystemTime>,
    length: u64,
    text: Option<u64>,
}

impl PartialEq for Known {
    /// A text that is written again as it was is the same.
    fn eq(&self, other: &Self) -> bool {
        let is_text = self.text.is_some() && self.text == other.text;
        self.length == other.length && (is_text || self.text == other.text && self.modified == other.modified)
    }
}

impl Eq for Known {}

impl Watched {
    /// Watches these files, which are about to be read.
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        let read = paths.iter().map(|path| Stamp::of(path)).collect();
        Self { paths, read, now: None }
    }

    /// Watches these files too, which have been read.
    pub(super) fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if !self.paths.contains(&path) {
                self.read.push(Stamp::of(&path));
                self.paths.push(path);
            }
        }
    }

    /// The files, in the order in which they were first read.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether they have become others, and whoever has changed them is done with it. They are about to be read anew then.
    pub(super) fn have_changed(&mut self) -> bool {
        let stamps: Vec<_> = self.paths.iter().map(|path| Stamp::of(path)).collect();
        if stamps == self.read {
            self.now = None;
            return false;
        }
        let (before, since) = self.now.take().unwrap_or_else(|| (vec![], Instant::now()));
        let is_on_its_way = before != stamps
            || since.elapsed() < GRACE && stamps.iter().zip(&self.read).any(|(now, read)| now.is_lost(read));
        if is_on_its_way {
            self.now = Some((stamps, since));
            return false;
        }
        self.read = stamps;
        true
    }
}

impl Stamp {
    fn of(path: &Path) -> Self {
        let Ok(metadata) = fs::metadata(path) else { return Self(None) };
        let length = metadata.len();
        let text = (metadata.is_file() && length <= SMALL).then(|| hash(path)).flatten();
        Self(Some(Known { modified: metadata.modified().ok(), length, text }))
    }

    /// Whether there is nothing where something was.
    fn is_lost(&self, before: &Self) -> bool {
        let is_something = |stamp: &Self| stamp.0.as_ref().is_some_and(|known| known.length > 0);
        is_something(before) && !is_something(self)
    }
}

/// What stands in a file, in a number; nothing if it cannot be read.
fn hash(path: &Path) -> Option<u64> {
    let mut text = vec![];
    open_regular(path).ok()?.take(SMALL).read_to_end(&mut text).ok()?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_when_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("net.toml");
        fs::write(&path, "one").unwrap();
        let mut watched = Watched::new(vec![path.clone()]);
        assert!(!watched.have_changed());
        fs::write(&path, "two").unwrap();
        assert!(!watched.have_changed(), "it may go on");
        assert!(watched.have_changed());
        assert!(!watched.have_changed());
        // Gone for a moment, and back as another file.
        fs::remove_file(&path).unwrap();
        assert!(!watched.have_changed() && !watched.have_changed());
        fs::write(&path, "three").unwrap();
        assert!(!watched.have_changed());
        assert!(watched.have_changed());
        // What is there again as it was has not changed.
        let text = fs::read(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(!watched.have_changed() && !watched.have_changed());
        fs::write(&path, text).unwrap();
        assert!(!watched.have_changed() && !watched.have_changed());
    }
}
