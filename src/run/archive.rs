//! Files of named tensors: safetensors (<https://huggingface.co/docs/safetensors>) and NumPy's `.npz`.
//!
//! What a file holds is known before any of it is read. A header is believed only as far as the file is long.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use zip::ZipArchive;

use super::RunError;
use super::memory::free;
use super::npy::Header;
use super::pieces::Stored;
use crate::file::open;
use crate::text;
use crate::text::Text;

/// What is wrong with a file that is shorter than it says.
pub(super) const DATA_ENDS: &str = "it ends before its numbers do";

/// The longest header of a safetensors file, as its reference implementation has it.
const LONGEST_HEADER: u64 = 100_000_000;

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
    /// Where it is: the byte in a safetensors file, the number of the member in a `.npz`.
    place: u64,
}

enum Format {
    Safetensors(Box<dyn Bytes>),
    Npz(Box<Zip>),
}

/// What can be read at any place: a file, or what a pipe held.
trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

type Zip = ZipArchive<BufReader<Box<dyn Bytes>>>;

impl<'p> Archive<'p> {
    /// Opens a file and finds out what it holds.
    pub(super) fn open(path: &'p Path) -> Result<Self, RunError> {
        let failed = |why| file_error(path, why);
        let mut file: Box<dyn Bytes> = match opened(path)? {
            Opened::File(file, _) => Box::new(file),
            Opened::Pipe(pipe) => Box::new(Cursor::new(held(pipe).map_err(failed)?)),
        };
        let mut start = [0u8; 8];
        file.read_exact(&mut start).map_err(|_| failed(text!("{DATA_ENDS}", "数据在预期之前结束")))?;
        file.rewind().map_err(|error| failed(io_error(&error)))?;
        let (format, entries) = match &start {
            // A pickle of PyTorch's is a zip, too; its members are no arrays.
            [b'P', b'K', ..] => npz(file),
            _ => safetensors(file),
        }
        .map_err(failed)?;
        Ok(Self { path, format, entries })
    }

    /// Whether what it holds is in an order that its author gave it.
    pub(super) fn is_in_order(&self) -> bool {
        matches!(self.format, Format::Npz(_))
    }

    /// Reads a tensor, in the type that it is wanted in.
    pub(super) fn read(&mut self, index: usize, dtype: DType, device: &Device) -> Result<Tensor, RunError> {
        let Entry { dtype: own, dims, place, .. } = &self.entries[index];
        let tensor = match &mut self.format {
            Format::Safetensors(file) => {
                let stored = Stored { dtype: *own, dims, fortran_order: false };
                let found = file.seek(SeekFrom::Start(*place)).map_err(|error| io_error(&error));
                found.and_then(|_| stored.read(file, dtype, device, |_| Ok(())))
            }
            Format::Npz(archive) => member(archive, *place).and_then(|mut member| {
                let header = Header::read(&mut member)?;
                header.stored().read(&mut member, dtype, device, |_| Ok(()))
            }),
        };
        tensor.map_err(|why| file_error(self.path, why))
    }
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

/// What an archive in a pipe holds, as far as it says how long it is, and as far as there is memory for it.
fn held(mut pipe: impl Read) -> Result<Vec<u8>, Text> {
    let mut bytes = vec![];
    let mut read = |bytes: &mut Vec<u8>, until: u64| {
        let more = until.saturating_sub(bytes.len() as u64);
        (&mut pipe).take(more).read_to_end(bytes).map_err(|error| io_error(&error))
    };
    read(&mut bytes, 8)?;
    let most = most_held();
    if !bytes.starts_with(b"PK") {
        let length = bytes.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
        let header_end = length.saturating_add(8).min(LONGEST_HEADER);
        read(&mut bytes, header_end)?;
        let header: serde_json::Value =
            serde_json::from_slice(bytes.get(8..).unwrap_or_default()).unwrap_or_default();
        let ends = header.as_object().into_iter().flat_map(serde_json::Map::values);
        let end = ends.filter_map(|tensor| tensor["data_offsets"][1].as_u64()).max().unwrap_or(0);
        read(&mut bytes, header_end.saturating_add(end).min(most))?;
        return Ok(bytes);
    }
    read(&mut bytes, most)?;
    if bytes.len() as u64 == most {
        return Err(text!("it is longer than there is memory for", "它比可用内存还大"));
    }
    Ok(bytes)
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

/// A tensor in the header of a safetensors file.
#[derive(Deserialize)]
struct Description {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

fn safetensors(mut file: Box<dyn Bytes>) -> Result<(Format, Vec<Entry>), Text> {
    let total = file.seek(SeekFrom::End(0)).and_then(|total| file.rewind().map(|()| total));
    let total = total.map_err(|error| io_error(&error))?;
    let mut length = [0u8; 8];
    file.read_exact(&mut length).map_err(|error| io_error(&error))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || length > total.saturating_sub(8) {
        return Err(text!(
            "it is neither a safetensors file nor a .npz; save a `state_dict` with safetensors, or with numpy.savez",
            "它既不是 safetensors 文件,也不是 .npz;请用 safetensors 或 numpy.savez 保存 `state_dict`"
        ));
    }
    let mut header = vec![];
    (&mut file).take(length).read_to_end(&mut header).map_err(|error| io_error(&error))?;
    let mut listed: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&header)
        .map_err(|error| text!("its header is not understood: {error}", "无法理解其头部:{error}"))?;
    listed.remove("__metadata__");
    let start = 8 + length;
    let entries = listed.into_iter().map(|(name, value)| {
        let described: Description = serde_json::from_value(value)
            .map_err(|error| text!("`{name}` is not understood: {error}", "无法理解 `{name}`:{error}"))?;
        let dtype = safetensors_dtype(&described.dtype).ok_or_else(|| {
            let dtype = &described.dtype;
            text!("`{name}` is of the type {dtype}", "`{name}` 的类型是 {dtype}")
        })?;
        let (from, to) = described.data_offsets;
        let bytes = (described.shape.iter())
            .try_fold(dtype.size_in_bytes() as u64, |bytes, &size| bytes.checked_mul(size as u64));
        if to.checked_sub(from) != bytes || bytes.is_none() {
            return Err(text!("`{name}` has other bytes than its shape", "`{name}` 的字节数与形状不符"));
        }
        if to > total - start {
            return Err(text!("{DATA_ENDS}", "数据在预期之前结束"));
        }
        Ok(Entry { name, dtype, dims: described.shape, place: start + from })
    });
    let entries = entries.collect::<Result<_, _>>()?;
    Ok((Format::Safetensors(file), entries))
}

fn safetensors_dtype(name: &str) -> Option<DType> {
    match name {
        "F64" => Some(DType::F64),
        "F32" => Some(DType::F32),
        "F16" => Some(DType::F16),
        "BF16" => Some(DType::BF16),
        "I64" => Some(DType::I64),
        "I32" => Some(DType::I32),
        "I16" => Some(DType::I16),
        "U32" => Some(DType::U32),
        // One byte each; what they mean is not asked, since no weight is one.
        "I8" | "U8" | "BOOL" => Some(DType::U8),
        _ => None,
    }
}

fn npz(file: Box<dyn Bytes>) -> Result<(Format, Vec<Entry>), Text> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(&error))?;
    let mut entries = vec![];
    for place in 0..archive.len() as u64 {
        let mut member = member(&mut archive, place)?;
        let name = member.name().map_err(|error| zip_error(&error))?.into_owned();
        let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else {
            return Err(text!(
                "`{name}` in it is no array; save a `state_dict` with safetensors, or with numpy.savez",
                "其中的 `{name}` 不是数组;请用 safetensors 或 numpy.savez 保存 `state_dict`"
            ));
        };
        let Header { dtype, dims, .. } = Header::read(&mut member).map_err(|why| {
            let (english, chinese) = (&why.english, &why.chinese);
            text!("`{name}`: {english}", "`{name}`:{chinese}")
        })?;
        entries.push(Entry { name, dtype, dims, place });
    }
    Ok((Format::Npz(Box::new(archive)), entries))
}

fn member(archive: &mut Zip, place: u64) -> Result<zip::read::ZipFile<'_, BufReader<Box<dyn Bytes>>>, Text> {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    archive.by_index(place).map_err(|error| zip_error(&error))
}

fn zip_error(error: &zip::result::ZipError) -> Text {
    text!("it is no readable .npz: {error}", "它不是可读的 .npz:{error}")
}
