//! A description by what it is called on the command line: a file, `-` for standard input, or a bundled network; with its
//! variant behind `@`.

use std::cell::OnceCell;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::entry::{comes_first, is_command};
use super::super::files;
use super::foreign::foreign;
use crate::error::{ReadError, meant, nearest};
use crate::file::open;
use crate::read::bundled::{self, Bundled, CLAIMS};
use crate::read::{Description, MOST_BYTES};
use crate::text;
use crate::text::Text;

/// A description and what it was called by.
pub(in crate::cli) struct Named {
    pub(in crate::cli) description: Description,
    /// The name of the file without its ending.
    pub(in crate::cli) stem: String,
    /// What stands behind the `@`: a variant, or `*` for all of them.
    pub(in crate::cli) variant: Option<String>,
    pub(in crate::cli) bundled: bool,
    sha256: OnceCell<String>,
}

impl Named {
    /// Reads what `file` names.
    pub(super) fn read(file: &str) -> Result<Self, ReadError> {
        if file == "-" {
            files::standard_input_is_read();
            let text = read_text("standard input", io::stdin().lock())?;
            return Ok(Self::new(Description::parse("standard input", &text)?, "stdin", None));
        }
        // A file whose name has an `@` in it is that file.
        let (path, variant) = match file.rsplit_once('@') {
            Some((path, variant)) if !Path::new(file).exists() => (path, Some(variant.to_owned())),
            Some(_) | None => (file, None),
        };
        let looks_like_a_path = path.contains(['/', '\\', '.']) || Path::new(path).exists();
        if !looks_like_a_path {
            return Self::bundled(path, variant);
        }
        if let Some((why, help)) = foreign(path) {
            return Err(ReadError::Unreadable { name: path.to_owned(), why, help: Some(help) });
        }
        let description = Description::parse(path, &read_file(path)?)?;
        let stem = Path::new(path).file_stem().map_or_else(|| path.into(), |stem| stem.to_string_lossy());
        Ok(Self::new(description, &stem, variant))
    }

    fn bundled(name: &str, variant: Option<String>) -> Result<Self, ReadError> {
        let (file, of_name) = find(name)?;
        let description = Description::parse(&format!("{}.toml", file.name), file.text)?;
        Ok(Self { bundled: true, ..Self::new(description, file.name, variant.or(of_name)) })
    }

    fn new(description: Description, stem: &str, variant: Option<String>) -> Self {
        Self { description, stem: stem.to_owned(), variant, bundled: false, sha256: OnceCell::new() }
    }

    /// SHA-256 of its text, in hexadecimal.
    pub(super) fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let digest = Sha256::digest(self.description.source.text.as_bytes());
            digest.iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// Why nothing can be made of it.
    pub(in crate::cli) fn refused(&self, why: Text, help: Option<Text>) -> ReadError {
        ReadError::Unreadable { name: self.description.source.name.clone(), why, help }
    }
}

/// Whether what `file` names can be read only once: standard input, or another pipe; with its variant behind `@` or not.
pub(in crate::cli) fn is_pipe(file: &str) -> bool {
    let path = without_variant(file);
    path == "-" || std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Whether it names something that this process has open, which is another thing to another process.
pub(in crate::cli) fn is_open(file: &str) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc"].iter().any(|root| Path::new(without_variant(file)).starts_with(root))
}

/// A file's name without the variant behind `@`; a file whose name has an `@` in it is that file.
fn without_variant(file: &str) -> &str {
    match file.rsplit_once('@') {
        Some((path, _)) if !Path::new(file).exists() => path,
        Some(_) | None => file,
    }
}

/// Whether nothing that can be read only once stands twice in a list of files.
pub(in crate::cli) fn read_once(files: &[impl AsRef<str>]) -> Result<(), Text> {
    let mut seen = vec![];
    for file in files.iter().map(AsRef::as_ref).filter(|file| is_pipe(file)) {
        let path = without_variant(file);
        let is_standard = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(&path);
        let path = if is_standard { "-" } else { path };
        if seen.contains(&path) && is_standard {
            return Err(text!("standard input can be read only once", "标准输入只能读取一次"));
        }
        if seen.contains(&path) {
            return Err(text!("`{path}` can be read only once", "`{path}` 只能读取一次"));
        }
        seen.push(path);
    }
    Ok(())
}

/// Whether `word`, which may be anything, is meant as a network: a path, or a name that is known.
pub(in crate::cli) fn is_network(word: &str) -> bool {
    let name = word.rsplit_once('@').map_or(word, |(name, _)| name);
    let is_path = word.contains(['/', '\\', '.']) || Path::new(word).exists() || Path::new(name).exists();
    word == "-" || is_path || bundled::find(name).is_some()
}

/// The text of a bundled description.
pub(in crate::cli) fn bundled_text(name: &str) -> Result<&'static str, ReadError> {
    let claims = CLAIMS.iter().find(|file| file.name == name);
    claims.map_or_else(|| find(name).map(|(file, _)| file.text), |file| Ok(file.text))
}

fn find(name: &str) -> Result<(&'static Bundled, Option<String>), ReadError> {
    bundled::find(name).ok_or_else(|| {
        let why = text!(
            "there is no such file, and no bundled network of that name",
            "没有这个文件,也没有同名的内置网络"
        );
        let of_claims = || nearest(name, CLAIMS.iter().map(|file| file.name)).map(str::to_owned);
        let help = match bundled::nearest(name).or_else(of_claims) {
            _ if is_command(name) => comes_first(name),
            Some(near) => meant(&near),
            None => text!("`cnncost models` lists the bundled networks", "`cnncost models` 列出内置网络"),
        };
        ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
    })
}

/// The text of a file; `-` is standard input.
pub(in crate::cli) fn read_file(path: &str) -> Result<String, ReadError> {
    if path == "-" {
        return read_text("standard input", io::stdin().lock());
    }
    let unreadable = |why, help| ReadError::Unreadable { name: path.to_owned(), why, help };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(io_error(&error), bundled_as(path)))?;
    if metadata.is_dir() {
        let help = text!("give the files in it: `{path}/*.toml`", "请给出其中的文件:`{path}/*.toml`");
        return Err(unreadable(text!("it is a directory", "这是一个目录"), Some(help)));
    }
    files::is_read(Path::new(path));
    read_text(path, open(Path::new(path)).map_err(|error| unreadable(io_error(&error), None))?)
}

/// The bundled network that is called as a file that is not there, as a help.
fn bundled_as(path: &str) -> Option<Text> {
    let stem = Path::new(path).file_stem()?.to_str()?;
    bundled::find(stem).map(|_| meant(stem))
}

fn read_text(name: &str, file: impl Read) -> Result<String, ReadError> {
    let unreadable = |why| ReadError::Unreadable { name: name.to_owned(), why, help: None };
    let mut bytes = vec![];
    // One byte more than is read, so that what is too long is seen to be.
    let most = MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| unreadable(io_error(&error)))?;
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
pub(in crate::cli) fn io_error(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::NotFound => text!("there is no such file", "没有这个文件"),
        io::ErrorKind::PermissionDenied => text!("it may not be read", "没有读取权限"),
        io::ErrorKind::UnexpectedEof => {
            text!("it is a pipe that nothing is written to", "这是一个没有写入者的管道")
        }
        _ => text!("{error}", "{error}"),
    }
}
