//! A file that is there whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Writes beside the file at `path` and then puts that in its place, so that nobody sees half of it; `write` is given the path
/// that it writes to. Links stay, and so do permissions; what cannot be replaced, a pipe or a file with several names, is
/// written as it is.
pub fn replace<E: From<io::Error>>(path: &Path, write: impl Fn(&Path) -> Result<(), E>) -> Result<(), E> {
    // Through links: what they name is replaced, not they.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let there = fs::metadata(&target).ok();
    let is_link = fs::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_symlink());
    let is_replaced = there.as_ref().map_or(!is_link, |there| there.is_file() && names(there) == 1);
    if there.as_ref().is_some_and(|there| there.is_file() && there.permissions().readonly()) {
        return Err(io::Error::from(ErrorKind::PermissionDenied).into());
    }
    // A short name: the file's own may be as long as a name can be.
    let part = target.with_file_name(format!(".cnncost-{}.part", std::process::id()));
    if !is_replaced || File::create(&part).is_err() {
        return write(&target);
    }
    let written = write(&part).and_then(|()| {
        if let Some(there) = &there {
            fs::set_permissions(&part, there.permissions())?;
        }
        File::open(&part)?.sync_all()?;
        Ok(fs::rename(&part, &target)?)
    });
    if written.is_err() {
        // Whatever there is of it is of no use; that it cannot be removed adds nothing to the error.
        let _ = fs::remove_file(&part);
    }
    written
}

/// How many names a file has.
#[cfg(unix)]
fn names(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

/// How many names a file has, as far as can be told.
#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn write(path: &Path, text: &str) -> io::Result<()> {
        replace(path, |part| fs::write(part, text))
    }

    #[test]
    fn links_and_permissions_stay() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, twin] = ["file", "link", "twin"].map(|name| folder.path().join(name));
        write(&file, "1").unwrap();
        symlink(&file, &link).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        write(&link, "2").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "2");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::hard_link(&file, &twin).unwrap();
        write(&file, "3").unwrap();
        assert_eq!(fs::read_to_string(&twin).unwrap(), "3");
        symlink(folder.path().join("new"), folder.path().join("dangling")).unwrap();
        write(&folder.path().join("dangling"), "4").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("new")).unwrap(), "4");
        write(&folder.path().join("n".repeat(255)), "5").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(write(&file, "6").unwrap_err().kind(), ErrorKind::PermissionDenied);
        let parts = fs::read_dir(folder.path()).unwrap().filter(|entry| {
            entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with(".part"))
        });
        assert_eq!(parts.count(), 0);
    }
}
