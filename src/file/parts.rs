//! Where files are written until they are whole.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory of parts in that of the files they are to be. It goes with whoever made it; if that is killed, whoever comes
/// next to write there removes it, which it can tell by a lock that ends with its owner.
#[derive(Debug)]
pub(super) struct Parts {
    directory: PathBuf,
    count: usize,
    _lock: Option<Lock>,
}

/// What directories of parts are called; behind it stand the process and a number.
const PREFIX: &str = ".cnncost-part-";

/// Attempts to find a name that is free.
const ATTEMPTS: usize = 1000;

impl Parts {
    /// Makes one in `folder`, and removes those there that nobody owns any more.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        sweep(folder);
        for _ in 0..ATTEMPTS {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let directory = folder.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match private().create(&directory) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            let lock = match lock(&directory) {
                Ok(Some(lock)) => Some(lock),
                // Somebody has just taken it for one that nobody owns.
                Ok(None) => continue,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // Where there are no such locks, nobody finds that nobody owns it.
                Err(_) => None,
            };
            return Ok(Self { directory, count: 0, _lock: lock });
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// A file that is not there yet.
    pub(super) fn next(&mut self) -> PathBuf {
        self.count += 1;
        self.directory.join(self.count.to_string())
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        // What is left of them is of no use; that it cannot be removed adds nothing to why it is left.
        for part in 1..=self.count {
            let _ = fs::remove_file(self.directory.join(part.to_string()));
        }
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Whether a file of this name is a directory of parts.
pub(crate) fn is_parts(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX))
}

#[cfg(unix)]
type Lock = fs::File;

/// Nothing to tell by whether an owner is still there.
#[cfg(not(unix))]
type Lock = ();

/// Makes directories that are for nobody else: what will be private is so from the start.
fn private() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The lock of a directory; `None` if somebody else has it, or the directory is gone.
#[cfg(unix)]
fn lock(directory: &Path) -> io::Result<Option<Lock>> {
    use rustix::fs::{FlockOperation, OFlags, flock};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let file = fs::File::options().read(true).custom_flags(flags.bits().cast_signed()).open(directory)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let (ours, there) = (file.metadata()?, fs::symlink_metadata(directory));
    let is_there = there.is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
    Ok(is_there.then_some(file))
}

#[cfg(not(unix))]
fn lock(_: &Path) -> io::Result<Option<Lock>> {
    Ok(Some(()))
}

/// Removes the directories of parts in `folder` whose owners are gone. What cannot be removed is left.
#[cfg(unix)]
fn sweep(folder: &Path) {
    use rustix::fs::{AtFlags, Dir, unlinkat};

    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for left in entries.filter(|entry| is_parts(&entry.file_name())) {
        let Ok(Some(directory)) = lock(&left.path()) else { continue };
        // By the directory that is locked, whatever has its name by now.
        for part in Dir::read_from(&directory).into_iter().flatten().flatten() {
            let _ = unlinkat(&directory, part.file_name(), AtFlags::empty());
        }
        let _ = fs::remove_dir(left.path());
    }
}

#[cfg(not(unix))]
fn sweep(_: &Path) {}
