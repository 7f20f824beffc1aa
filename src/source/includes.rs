//! The files that a description includes: in its folder or below, or bundled.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::contents;
use crate::error::{Code, ReadError};
use crate::read::include::{Bundled, File, Identity, Includes, Refusal};
use crate::text;

/// Entries of a folder that are looked through for what was meant.
const MOST_ENTRIES: usize = 1000;

/// The folder of a description, links followed: what it includes lies there or below.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// What it is called where its files are shown.
    shown: PathBuf,
}

/// The folder of a description, and the description as others may include it; `None` if it lies nowhere. What comes from standard
/// input, as an editor sends it, lies where the program was started.
#[cfg(feature = "cli")]
pub(crate) fn folder(path: &str) -> Option<(Folder, File)> {
    if path != "-" {
        return Folder::of(path);
    }
    let file = File { name: "standard input".to_owned(), identity: Identity::Told(String::new()) };
    Some((Folder { root: Path::new(".").canonicalize().ok()?, shown: PathBuf::new() }, file))
}

impl Folder {
    /// That of the description at `path`, and the description as others may include it; `None` for a pipe, which lies nowhere.
    pub(super) fn of(path: &str) -> Option<(Self, File)> {
        let path = Path::new(path);
        if !path.is_file() {
            return None;
        }
        let whole = path.canonicalize().ok()?;
        let (root, name) = (whole.parent()?.to_owned(), whole.file_name()?);
        let called = path.parent().unwrap_or(Path::new(""));
        let beside = if called.as_os_str().is_empty() { Path::new(".") } else { called };
        let is_here = beside.canonicalize().is_ok_and(|beside| beside == root);
        let shown = if is_here { called.to_owned() } else { root.clone() };
        let identity = Identity::Told(name.to_str()?.to_owned());
        Some((Self { root, shown }, File { name: path.to_string_lossy().into_owned(), identity }))
    }

    /// The path of a file that was found.
    fn path(&self, identity: &str) -> PathBuf {
        self.root.join(identity)
    }

    /// The file at a path, if that is in the folder.
    fn file(&self, path: &Path) -> Result<File, Refusal> {
        let refuse = |code, why| Refusal { code, why, help: None };
        let whole = path.canonicalize().map_err(|error| refuse(Code::Unreadable, contents::why(&error)))?;
        let Some(inside) = whole.strip_prefix(&self.root).ok().and_then(Path::to_str) else {
            return Err(outside(text!("a link leads out of the folder", "链接指向文件夹之外")));
        };
        let metadata =
            fs::metadata(&whole).map_err(|error| refuse(Code::Unreadable, contents::why(&error)))?;
        if !metadata.is_file() {
            let why = if metadata.is_dir() {
                text!("it is a directory", "这是一个目录")
            } else {
                text!("it is a pipe or a device, and no file", "它是管道或设备,不是文件")
            };
            return Err(refuse(Code::Unreadable, why));
        }
        let name = self.shown.join(inside).to_string_lossy().into_owned();
        Ok(File { name, identity: Identity::Told(inside.to_owned()) })
    }
}

impl Includes for Folder {
    /// A file of the folder hides a bundled one of its name.
    fn find(&self, written: &str, by: &File) -> Result<File, Refusal> {
        let Identity::Told(by) = &by.identity else { return Bundled.find(written, by) };
        inside(written)?;
        let by = self.path(by);
        let folder = by.parent().unwrap_or(&self.root);
        let path = folder.join(written);
        match fs::symlink_metadata(&path) {
            Ok(_) => self.file(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Bundled::file(written).ok_or_else(|| missing(written, folder, &by))
            }
            Err(error) => Err(Refusal { code: Code::Unreadable, why: contents::why(&error), help: None }),
        }
    }

    fn text(&self, file: &File) -> Result<Cow<'static, str>, Refusal> {
        let Identity::Told(identity) = &file.identity else { return Bundled.text(file) };
        let path = self.path(identity);
        contents::text_at(&path, &file.name).map(Cow::Owned).map_err(|error| match error {
            ReadError::Unreadable { why, help, .. } => Refusal { code: Code::Unreadable, why, help },
            ReadError::Invalid { .. } => Refusal::missing(&file.name, &[]),
        })
    }
}

/// What may be meant in `folder` by the name of a file that is not there, in a file that is.
fn missing(written: &str, folder: &Path, by: &Path) -> Refusal {
    let parent = Path::new(written).parent().unwrap_or(Path::new(""));
    let entries = fs::read_dir(folder.join(parent)).into_iter().flatten().take(MOST_ENTRIES).flatten();
    let others = entries.map(|entry| entry.path()).filter(|path| path != by);
    let mut names: Vec<_> = others
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|path| parent.join(path.file_name()?).into_os_string().into_string().ok())
        .chain(Bundled::names())
        .collect();
    names.sort();
    names.dedup();
    Refusal::missing(written, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Refuses what leads out of the folder as it is written.
fn inside(written: &str) -> Result<(), Refusal> {
    for part in Path::new(written).components() {
        match part {
            Component::Normal(_) | Component::CurDir => {}
            Component::ParentDir => {
                return Err(outside(text!("`..` leads out of a folder", "`..` 会离开文件夹")));
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(outside(text!("this is an absolute path", "这是绝对路径")));
            }
        }
    }
    if Path::new(written).file_name().is_none() {
        let why = text!("this is the name of no file", "这不是文件名");
        return Err(Refusal { code: Code::WrongValue, why, help: None });
    }
    Ok(())
}

fn outside(why: crate::text::Text) -> Refusal {
    let help = text!(
        "what is included lies beside the file that names it or in folders below the description, or is bundled",
        "被包含的文件应与引用它的文件同在一处,或在描述所在文件夹之下,或是内置文件"
    );
    Refusal { code: Code::WrongValue, why, help: Some(help) }
}
