//! Files of named tensors: safetensors and NumPy's `.npz`.
//!
//! What a file holds is known before any of it is read. A header is believed only as far as the file is long.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::RunError;
use super::memory::free;
use super::npz::Npz;
use super::pieces::Stored;
use super::safetensors::Header;
use crate::file::open;
use crate::text;
use crate::text::Text;

/// A file of named tensors, open.
pub(super) struct Archive<'p> {
    path: &'p Path,
    format: Format,
    /// What it holds.
    pub(super) entries: Vec<Entry>,
}

/// A tensor in the file.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: DType,
    pub(super) dims: Vec<usize>,
    /// Bytes of its numbers.
    pub(super) bytes: usize,
    /// Where it is: the first byte behind a safetensors file's header, the number of the member in a `.npz`.
    pub(super) place: u64,
}

enum Format {
    /// A safetensors file, and where its numbers begin.
    Safetensors(Box<dyn Bytes>, u64),
    Npz(Box<Npz>),
}

/// What can be read at any place: a file, or what a pipe held.
pub(super) trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

impl<'p> Archive<'p> {
    /// Opens a file and finds out what it holds.
    pub(super) fn open(path: &'p Path) -> Result<Self, RunError> {
        let opened = match opened(path)? {
            Opened::File(file, length) => of_file(file, length),
            Opened::Pipe(pipe) => of_pipe(pipe),
        };
        let (format, entries) = opened.map_err(|why| file_error(path, why))?;
        Ok(Self { path, format, entries })
    }

    /// Whether what it holds is in an order that its author gave it.
    pub(super) fn is_in_order(&self) -> bool {
        matches!(self.format, Format::Npz(_))
    }

    /// Reads a tensor, in the type that it is wanted in.
    pub(super) fn read(&mut self, index: usize, dtype: DType, device: &Device) -> Result<Tensor, RunError> {
        let entry = &self.entries[index];
        let tensor = match &mut self.format {
            Format::Safetensors(file, start) => {
                let stored = Stored { dtype: entry.dtype, dims: &entry.dims, fortran_order: false };
                let found =
                    file.seek(SeekFrom::Start(*start + entry.place)).map_err(|error| io_error(&error));
                found.and_then(|_| stored.read(file, dtype, device, |_| Ok(())))
            }
            Format::Npz(archive) => archive.read(entry.place, dtype, device),
        };
        tensor.map_err(|why| file_error(self.path, of(&entry.name, &why)))
    }
}

/// Whether a file is a `.npz`, by its first bytes. A pickle of PyTorch's is a zip, too; its members are no arrays.
fn is_zip(start: &[u8]) -> bool {
    start.starts_with(b"PK")
}

fn of_file(mut file: File, length: u64) -> Result<(Format, Vec<Entry>), Text> {
    let mut start = [0; 8];
    file.read_exact(&mut start).and_then(|()| file.rewind()).map_err(|error| unread(&error))?;
    if is_zip(&start) {
        let (archive, entries) = Npz::open(Box::new(file))?;
        return Ok((Format::Npz(Box::new(archive)), entries));
    }
    let header = Header::read(&mut file, Some(length))?;
    whole(&header, length.saturating_sub(header.length))?;
    Ok((Format::Safetensors(Box::new(file), header.length), header.entries))
}

fn of_pipe(mut pipe: Box<dyn Read>) -> Result<(Format, Vec<Entry>), Text> {
    let mut start = vec![];
    pipe.by_ref().take(8).read_to_end(&mut start).map_err(|error| unread(&error))?;
    let is_zip = is_zip(&start);
    let mut pipe = Cursor::new(start).chain(pipe);
    if is_zip {
        let file = Cursor::new(held(pipe, u64::MAX)?);
        let (archive, entries) = Npz::open(Box::new(file))?;
        return Ok((Format::Npz(Box::new(archive)), entries));
    }
    let header = Header::read(&mut pipe, None)?;
    // One byte more, so that what is longer is seen to be.
    let numbers = held(pipe, header.bytes.saturating_add(1))?;
    whole(&header, numbers.len() as u64)?;
    Ok((Format::Safetensors(Box::new(Cursor::new(numbers)), 0), header.entries))
}

/// What is in a pipe, up to so many bytes, and as far as there is memory for it.
fn held(pipe: impl Read, bytes: u64) -> Result<Vec<u8>, Text> {
    let (mut held, most) = (vec![], most_held());
    let read = pipe.take(bytes.min(most.saturating_add(1))).read_to_end(&mut held);
    read.map_err(|error| unread(&error))?;
    if held.len() as u64 > most {
        return Err(text!("it is longer than there is memory for", "它比可用内存还大"));
    }
    Ok(held)
}

/// Whether a safetensors file has as many bytes behind its header as its tensors.
fn whole(header: &Header, behind: u64) -> Result<(), Text> {
    if behind < header.bytes {
        return Err(ends());
    }
    if behind > header.bytes {
        return Err(text!("there are bytes behind those of its tensors", "张量的数据之后还有多余的字节"));
    }
    Ok(())
}

/// What is wrong with what cannot be told to be either format.
pub(super) fn no_archive() -> Text {
    text!(
        "it is neither a safetensors file nor a .npz; save a `state_dict` with safetensors, or with numpy.savez",
        "它既不是 safetensors 文件,也不是 .npz;请用 safetensors 或 numpy.savez 保存 `state_dict`"
    )
}

/// What is wrong, of the tensor or the member that it is wrong with.
pub(super) fn of(name: &str, why: &Text) -> Text {
    let (english, chinese) = (&why.english, &why.chinese);
    text!("`{name}`: {english}", "`{name}`:{chinese}")
}

/// Why bytes that are said to be there cannot be read.
pub(super) fn unread(error: &io::Error) -> Text {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return ends();
    }
    if error.kind() == io::ErrorKind::InvalidData {
        return text!("it is damaged: {error}", "它已损坏:{error}");
    }
    io_error(error)
}

/// What is wrong with a file that is shorter than it says.
pub(super) fn ends() -> Text {
    text!("it ends before its numbers do", "数据在预期之前结束")
}

/// What is to be read, open.
pub(super) enum Opened {
    /// A file, and how long it is.
    File(File, u64),
    /// What can be read once, and may have no end.
    Pipe(Box<dyn Read>),
}

/// Opens a file of any kind; `-` is standard input.
pub(super) fn opened(path: &Path) -> Result<Opened, RunError> {
    let failed = |error: io::Error| file_error(path, io_error(&error));
    if path == Path::new("-") {
        return Ok(Opened::Pipe(Box::new(io::stdin())));
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(file_error(path, text!("it is a directory", "这是一个目录")));
    }
    if metadata.is_file() {
        return Ok(Opened::File(File::open(path).map_err(failed)?, metadata.len()));
    }
    let pipe = open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return file_error(
                path,
                text!("it is a pipe that nothing is written to", "这是一个没有写入者的管道"),
            );
        }
        failed(error)
    })?;
    Ok(Opened::Pipe(Box::new(pipe)))
}

/// Bytes of a pipe that are held in memory: half of what is free, so that tensors can be made of them.
pub(super) fn most_held() -> u64 {
    const IF_NOT_KNOWN: u64 = 1 << 32;
    free(&Device::Cpu).map_or(IF_NOT_KNOWN, |free| u64::try_from(free / 2).unwrap_or(u64::MAX))
}

pub(super) fn file_error(path: &Path, why: Text) -> RunError {
    RunError::File { name: path.display().to_string(), why }
}

pub(crate) fn io_error(error: &io::Error) -> Text {
    use io::ErrorKind;

    let known = [
        (ErrorKind::NotFound, text!("there is no such file", "没有这个文件")),
        (ErrorKind::PermissionDenied, text!("that is not permitted", "没有权限")),
        (ErrorKind::IsADirectory, text!("it is a directory", "这是一个目录")),
        (ErrorKind::NotADirectory, text!("a part of its path is no directory", "路径中有一部分不是目录")),
        (ErrorKind::AlreadyExists, text!("there is a file of that name", "已有同名文件")),
        (ErrorKind::StorageFull, text!("there is no space left", "没有剩余空间")),
    ];
    let found = known.into_iter().find(|&(kind, _)| kind == error.kind());
    found.map_or_else(|| text!("{error}", "{error}"), |(_, text)| text)
}
