//! Files read whole, as text.

use std::io::{self, Read};
use std::path::Path;

use crate::error::{ReadError, meant};
use crate::file::open;
use crate::read::{MOST_BYTES, bundled};
use crate::text;
use crate::text::Text;

/// The text of the file at `path`, of at most 16 MB; `-` is standard input. The error says why there is none.
pub fn text(path: &str) -> Result<String, ReadError> {
    if path == "-" {
        return read("standard input", io::stdin().lock());
    }
    let unreadable = |why, help| ReadError::Unreadable { name: path.to_owned(), why, help };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(why(&error), bundled_as(path)))?;
    if metadata.is_dir() {
        let help = text!("give the files in it: `{path}/*.toml`", "请给出其中的文件:`{path}/*.toml`");
        return Err(unreadable(text!("it is a directory", "这是一个目录"), Some(help)));
    }
    text_at(Path::new(path), path)
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
