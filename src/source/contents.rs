//! Files read whole, as text.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::error::{ReadError, meant};
use crate::file::open;
use crate::read::onnx::File;
use crate::read::{MOST_BYTES, bundled};
use crate::text;
use crate::text::Text;

/// The text of the file at `path`, of at most 16 MB; `-` is standard input. The error says why there is none.
pub fn text(path: &str) -> Result<String, ReadError> {
    if path == "-" {
        return read("standard input", io::stdin().lock());
    }
    metadata(path)?;
    if is_onnx(Path::new(path)) {
        let why = text!("it is an ONNX file, and no text", "这是 ONNX 文件,不是文本");
        return Err(ReadError::Unreadable { name: path.to_owned(), why, help: None });
    }
    text_at(Path::new(path), path)
}

/// What is known of the file at `path`, if it is there and no directory.
fn metadata(path: &str) -> Result<Metadata, ReadError> {
    let unreadable = |why, help| ReadError::Unreadable { name: path.to_owned(), why, help };
    let metadata = fs::metadata(path).map_err(|error| unreadable(why(&error), bundled_as(path)))?;
    if metadata.is_dir() {
        let ending = if holds_onnx(Path::new(path)) { "onnx" } else { "toml" };
        let help = text!("give the files in it: `{path}/*.{ending}`", "请给出其中的文件:`{path}/*.{ending}`");
        return Err(unreadable(text!("it is a directory", "这是一个目录"), Some(help)));
    }
    Ok(metadata)
}

/// Whether ONNX is what a directory holds: of a large one, what is seen of it first.
fn holds_onnx(folder: &Path) -> bool {
    const MOST_ENTRIES: usize = 1000;
    let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_ENTRIES).flatten();
    let is_network = |path: &Path| is_onnx(path) || path.extension().is_some_and(|ending| ending == "toml");
    let networks: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_network(path)).collect();
    !networks.is_empty() && networks.iter().all(|path| is_onnx(path))
}

/// What a file holds that a network is read from.
pub(super) enum Contents {
    /// A text, which may be a description.
    Text(String),
    /// What ends or begins as ONNX files do.
    Onnx(File),
}

/// What the file at `path` holds; `-` is standard input. ONNX is told by the ending of a file's name; of a pipe, which has
/// none, by how it begins.
pub(super) fn contents(path: &str) -> Result<Contents, ReadError> {
    if path == "-" {
        return piped("standard input", io::stdin().lock());
    }
    let unreadable = |why| ReadError::Unreadable { name: path.to_owned(), why, help: None };
    let (is_file, file) = (metadata(path)?.is_file(), Path::new(path));
    match (is_file, is_onnx(file)) {
        (false, _) => piped(path, open(file).map_err(|error| unreadable(why(&error)))?),
        (true, true) => File::open(file).map(Contents::Onnx).map_err(unreadable),
        (true, false) => text_at(file, path).map(Contents::Text),
    }
}

/// Whether a file is ONNX by its name.
pub(crate) fn is_onnx(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"))
}

/// What comes through a pipe.
fn piped(name: &str, mut pipe: impl Read) -> Result<Contents, ReadError> {
    let unreadable = |why| ReadError::Unreadable { name: name.to_owned(), why, help: None };
    let mut first = vec![];
    (&mut pipe).take(1).read_to_end(&mut first).map_err(|error| unreadable(why(&error)))?;
    // The version of ONNX, or what wrote it, stands first, as a field whose number no text begins with.
    let is_text = first.iter().all(|&byte| byte == 0 || byte >= b' ' || byte.is_ascii_whitespace());
    let whole = io::Cursor::new(first).chain(pipe);
    if is_text {
        read(name, whole).map(Contents::Text)
    } else {
        File::hold(whole).map(Contents::Onnx).map_err(unreadable)
    }
}

/// The text of the file at `path`, which is shown as `name`.
pub(super) fn text_at(path: &Path, name: &str) -> Result<String, ReadError> {
    let unreadable = |error| ReadError::Unreadable { name: name.to_owned(), why: why(&error), help: None };
    read(name, open(path).map_err(unreadable)?)
}

/// The bundled network that is called as a file that is not there, as a help.
fn bundled_as(path: &str) -> Option<Text> {
    let stem = Path::new(path).file_stem()?.to_str()?;
    bundled::find(stem).map(|_| meant(stem))
}

fn read(name: &str, file: impl Read) -> Result<String, ReadError> {
    let unreadable = |why| ReadError::Unreadable { name: name.to_owned(), why, help: None };
    let mut bytes = vec![];
    // One byte more than is read, so that what is too long is seen to be.
    let most = MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(why(&error)))?;
    if bytes.len() > MOST_BYTES {
        return Err(unreadable(text!("it is larger than 16 MB", "超过 16 MB")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        unreadable(text!("it is not UTF-8 text, see line {line}", "不是 UTF-8 文本,见第 {line} 行"))
    })
}

/// Why a file cannot be read.
#[expect(clippy::wildcard_enum_match_arm, reason = "the system has a message for every other kind")]
pub(crate) fn why(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::NotFound => text!("there is no such file", "没有这个文件"),
        io::ErrorKind::PermissionDenied => text!("it may not be read", "没有读取权限"),
        io::ErrorKind::UnexpectedEof => {
            text!("it is a pipe that nothing is written to", "这是一个没有写入者的管道")
        }
        _ => text!("{error}", "{error}"),
    }
}
