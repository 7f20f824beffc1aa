//! Which files a command reads, so that none of them is written over: whatever they are called, through links too.

use std::cell::RefCell;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use crate::text;
use crate::text::Text;

thread_local! {
    /// The files that the command has read which runs in this thread.
    static READ: RefCell<Vec<Read>> = const { RefCell::new(vec![]) };
}

/// A file that is read, or was about to be.
struct Read {
    path: PathBuf,
    /// What it was then; nothing if it was not there.
    identity: Option<Identity>,
}

/// What makes a file the same one.
#[cfg(unix)]
type Identity = (u64, u64);

/// What makes a file the same one: its path with links followed, in the case that it has.
#[cfg(not(unix))]
type Identity = PathBuf;

/// Begins a command, which has read nothing yet.
pub(super) fn begin() {
    READ.take();
}

/// Notes that files are read, or about to be. A pipe or a terminal is nothing that could be written over.
pub(super) fn are_read(paths: impl IntoIterator<Item = impl AsRef<Path>>) {
    let files = paths
        .into_iter()
        .map(|path| Read { path: path.as_ref().to_owned(), identity: identity(path.as_ref()) });
    READ.with_borrow_mut(|read| read.extend(files));
}

/// The files that were read, each once, in the order in which they were first.
pub(super) fn read() -> Vec<PathBuf> {
    READ.with_borrow(|read| {
        let mut paths: Vec<PathBuf> = vec![];
        for Read { path, .. } in read {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
        paths
    })
}

/// Whether `path` may be written: an error with what to do, if it is a file that was read.
pub(super) fn may_write(path: &Path) -> Result<(), (Text, Text)> {
    if identity(path).is_none_or(|file| {
        READ.with_borrow(|read| read.iter().all(|one| one.identity.as_ref() != Some(&file)))
    }) {
        return Ok(());
    }
    let name = text::printable(&path.display().to_string());
    Err((
        text!(
            "`{name}` is read by this command: it is not written over",
            "`{name}` 是本命令读取的文件:不会覆盖它"
        ),
        text!("write to another file", "请写入另一个文件"),
    ))
}

/// Whether a command's outputs are files of their own, whatever they are called and whether they are there or not.
#[cfg(feature = "run")]
pub(super) fn are_apart(written: &[&Path]) -> Result<(), Text> {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(folder)
            .map_or_else(|_| path.to_owned(), |folder| folder.join(path.file_name().unwrap_or_default()))
    };
    let is_one = |one: &Path, other: &Path| is_same(one, other) || place(one) == place(other);
    for (index, path) in written.iter().enumerate() {
        if written[..index].iter().any(|other| is_one(other, path)) {
            let path = text::printable(&path.display().to_string());
            return Err(text!("`{path}` is given for two outputs", "`{path}` 被用于两个输出"));
        }
    }
    Ok(())
}

/// Whether two paths name the same file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    identity(one).is_some_and(|file| identity(other) == Some(file))
}

/// What the file is that `path` names; `None` if it is none, or is no plain file.
fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
    identity_of(path, &metadata)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there may be none")]
fn identity_of(_: &Path, metadata: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity_of(path: &Path, _: &Metadata) -> Option<Identity> {
    fs::canonicalize(path).ok()
}
