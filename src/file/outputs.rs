//! Files that are there whole or not at all, and all of them or none.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::parts::Parts;

/// What a command writes. Every file is written beside the one that it is to replace, until all are whole: nobody sees half
/// of one, and what fails leaves everything as it was.
///
/// Links stay, and so do permissions. What is no file, a pipe or a terminal, is written at once.
#[derive(Debug, Default)]
pub struct Outputs {
    /// By the files that they will be.
    staged: BTreeMap<PathBuf, Staged>,
    /// By the directories that they are in.
    parts: BTreeMap<PathBuf, Parts>,
    removed: Vec<PathBuf>,
}

#[derive(Debug)]
struct Staged {
    /// As it was called.
    path: PathBuf,
    part: PathBuf,
    /// Whether the file that is there stays the one it is: it has other names, or is somebody else's, or nothing can be made
    /// where it is.
    is_kept: bool,
}

impl Outputs {
    /// Lets `write` write a file, at the path that it is given, which then stands at `path` when all do.
    pub fn write<E: From<io::Error>>(
        &mut self,
        path: &Path,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) || is_open(path) {
            return write(path);
        }
        let target = target(path)?;
        if let Some(there) = &there {
            if there.permissions().readonly() {
                return Err(io::Error::from(ErrorKind::PermissionDenied).into());
            }
            File::options().write(true).open(&target)?;
        }
        if self.staged.contains_key(&target) {
            return Err(io::Error::from(ErrorKind::AlreadyExists).into());
        }
        let (part, is_beside) = self.part(&target, there.is_some())?;
        write(&part)?;
        let is_kept = match &there {
            None => false,
            Some(there) => {
                let is_alike = is_ours(there, &part);
                fs::set_permissions(&part, there.permissions())?;
                !is_beside || !is_alike
            }
        };
        File::open(&part)?.sync_all()?;
        self.staged.insert(target, Staged { path: path.to_owned(), part, is_kept });
        Ok(())
    }

    /// Lets the file at `path` be gone when those that are written are there, unless it is one of them.
    pub fn remove(&mut self, path: &Path) {
        self.removed.push(path.to_owned());
    }

    /// Puts all that is written in its place. The error has the file that is at fault.
    pub fn put_in_place(self) -> Result<(), (PathBuf, io::Error)> {
        let failed = |staged: &Staged| {
            let path = staged.path.clone();
            |error| (path, error)
        };
        // First what may still fail.
        for (target, staged) in self.staged.iter().filter(|(_, staged)| staged.is_kept) {
            copy(&staged.part, target).map_err(failed(staged))?;
        }
        for (target, staged) in self.staged.iter().filter(|(_, staged)| !staged.is_kept) {
            fs::rename(&staged.part, target).map_err(failed(staged))?;
        }
        for path in &self.removed {
            let is_written = target(path).is_ok_and(|target| self.staged.contains_key(&target));
            if !is_written {
                fs::remove_file(path)
                    .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
                    .map_err(|error| (path.clone(), error))?;
            }
        }
        Ok(())
    }

    /// Where to write what is to be `target`, and whether that is beside it. A file that is there may be in a directory in
    /// which nothing can be made.
    fn part(&mut self, target: &Path, is_there: bool) -> io::Result<(PathBuf, bool)> {
        let beside = self.part_in(target.parent().unwrap_or(Path::new(".")));
        match beside {
            Ok(part) => Ok((part, true)),
            Err(error) if is_there => {
                self.part_in(&std::env::temp_dir()).map(|part| (part, false)).map_err(|_| error)
            }
            Err(error) => Err(error),
        }
    }

    fn part_in(&mut self, folder: &Path) -> io::Result<PathBuf> {
        let parts = match self.parts.entry(folder.to_owned()) {
            Entry::Occupied(parts) => parts.into_mut(),
            Entry::Vacant(place) => place.insert(Parts::new(folder)?),
        };
        Ok(parts.next())
    }
}

/// Writes one file that then stands at `path` whole, or not at all.
pub fn replace<E: From<io::Error>>(path: &Path, write: impl FnOnce(&Path) -> Result<(), E>) -> Result<(), E> {
    let mut outputs = Outputs::default();
    outputs.write(path, write)?;
    outputs.put_in_place().map_err(|(_, error)| error.into())
}

/// The file that is meant by a path: what links name, whether it is there or not.
fn target(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(link) = fs::read_link(&path) else {
            let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
            return Ok(fs::canonicalize(folder)?.join(name));
        };
        path = folder.join(link);
    }
    Err(io::Error::from(ErrorKind::InvalidInput))
}

/// Whether a path names what is open already: it is written to, whatever it is.
fn is_open(path: &Path) -> bool {
    ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|open| path.starts_with(open))
}

/// Puts what is in one file into another that is there.
fn copy(part: &Path, target: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).truncate(true).open(target)?;
    io::copy(&mut File::open(part)?, &mut file)?;
    file.sync_all()
}

/// Whether `part` can take the place of a file: that has one name, and the same owner or gets it.
#[cfg(unix)]
fn is_ours(there: &Metadata, part: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt, chown};
    let is_owner =
        fs::metadata(part).is_ok_and(|part| (part.uid(), part.gid()) == (there.uid(), there.gid()));
    there.nlink() == 1 && (is_owner || chown(part, Some(there.uid()), Some(there.gid())).is_ok())
}

/// Whether `part` can take the place of a file, as far as can be told.
#[cfg(not(unix))]
fn is_ours(_: &Metadata, _: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(path: &Path, text: &str) -> io::Result<()> {
        replace(path, |part| fs::write(part, text))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn links_and_permissions_stay() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, twin, loops] =
            ["file", "link", "twin", "loops"].map(|name| folder.path().join(name));
        write(&file, "1").unwrap();
        symlink("file", &link).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        write(&link, "2").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "2");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::hard_link(&file, &twin).unwrap();
        write(&file, "3").unwrap();
        assert_eq!(fs::read_to_string(&twin).unwrap(), "3");
        symlink("new", folder.path().join("dangling")).unwrap();
        write(&folder.path().join("dangling"), "4").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("new")).unwrap(), "4");
        symlink("loops", &loops).unwrap();
        assert!(write(&loops, "4").is_err());
        let long = "n".repeat(255);
        write(&folder.path().join(&long), "5").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(write(&file, "6").unwrap_err().kind(), ErrorKind::PermissionDenied);
        let expected = ["dangling", "file", "link", "loops", "new", &long, "twin"];
        let mut expected = expected.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(names(folder.path()), expected);
    }

    #[test]
    fn all_are_there_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let [old, twin, new, gone] = ["old", "twin", "new", "gone"].map(|name| folder.path().join(name));
        for path in [&old, &gone] {
            fs::write(path, "before").unwrap();
        }
        fs::hard_link(&old, &twin).unwrap();
        let staged = || {
            let mut outputs = Outputs::default();
            for path in [&old, &new] {
                outputs.write(path, |part| fs::write(part, "after")).unwrap();
            }
            for path in [&old, &gone] {
                outputs.remove(path);
            }
            outputs
        };
        let texts = || [&old, &twin, &new, &gone].map(|path| fs::read_to_string(path).unwrap_or_default());
        let mut failed = staged();
        let error = failed.write(Path::new("/dev/full"), |part| fs::write(part, "after"));
        assert!(error.is_err());
        drop(failed);
        let mut twice = staged();
        let again = twice.write(&folder.path().join("./new"), |part| fs::write(part, "again"));
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop(twice);
        assert_eq!(texts(), ["before", "before", "", "before"]);
        assert_eq!(names(folder.path()), ["gone", "old", "twin"]);
        staged().put_in_place().unwrap();
        assert_eq!(texts(), ["after", "after", "after", ""]);
        assert_eq!(names(folder.path()), ["new", "old", "twin"]);
    }

    /// What a killed process leaves, but not what a living one holds, and nothing that is somebody else's.
    #[test]
    fn what_is_left_behind_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut living = Outputs::default();
        living.write(&path("a"), |part| fs::write(part, "a")).unwrap();
        fs::create_dir(path(".cnncost-part-1-0")).unwrap();
        fs::write(path(".cnncost-part-1-0/1"), "half").unwrap();
        fs::create_dir(path("others")).unwrap();
        fs::write(path("others/1"), "whole").unwrap();
        symlink("others", path(".cnncost-part-2-0")).unwrap();
        write(&path("b"), "b").unwrap();
        living.put_in_place().unwrap();
        assert_eq!(names(folder.path()), [".cnncost-part-2-0", "a", "b", "others"]);
        assert!(path("others/1").exists());
    }
}
