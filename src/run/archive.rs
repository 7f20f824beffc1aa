//! Files of named tensors: safetensors (<https://huggingface.co/docs/safetensors>) and NumPy's `.npz`.
//!
//! What a file holds is known before any of it is read. A header is believed only as far as the file is long.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use zip::ZipArchive;

use super::RunError;
use super::error::said;
use super::npy::Header;
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
    Safetensors(File),
    Npz(Box<ZipArchive<BufReader<File>>>),
}

impl<'p> Archive<'p> {
    /// Opens a file and finds out what it holds.
    pub(super) fn open(path: &'p Path) -> Result<Self, RunError> {
        let failed = |why| file_error(path, why);
        let (mut file, _) = open(path)?;
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

    /// Reads a tensor, in the element type that it has.
    pub(super) fn read(&mut self, index: usize) -> Result<Tensor, RunError> {
        let Entry { dtype, dims, place, .. } = &self.entries[index];
        let tensor = match &mut self.format {
            Format::Safetensors(file) => numbers(file, *place, *dtype, dims),
            Format::Npz(archive) => member(archive, *place).and_then(|mut member| {
                let header = Header::read(&mut member)?;
                header.numbers(&mut member)
            }),
        };
        tensor.map_err(|why| file_error(self.path, why))
    }
}

/// A file, and how long it is.
pub(super) fn open(path: &Path) -> Result<(File, u64), RunError> {
    let failed = |error: io::Error| file_error(path, io_error(&error));
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(file_error(path, text!("it is a directory", "这是一个目录")));
    }
    Ok((file, metadata.len()))
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

fn safetensors(mut file: File) -> Result<(Format, Vec<Entry>), Text> {
    let total = file.metadata().map_err(|error| io_error(&error))?.len();
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

fn numbers(file: &mut File, place: u64, dtype: DType, dims: &[usize]) -> Result<Tensor, Text> {
    // `safetensors` has held the size against the file's.
    let bytes = dims.iter().product::<usize>() * dtype.size_in_bytes();
    let mut buffer = vec![0; bytes];
    file.seek(SeekFrom::Start(place)).map_err(|error| io_error(&error))?;
    file.read_exact(&mut buffer).map_err(|error| io_error(&error))?;
    Tensor::from_raw_buffer(&buffer, dtype, dims, &Device::Cpu).map_err(|error| said(&error))
}

fn npz(file: File) -> Result<(Format, Vec<Entry>), Text> {
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

fn member(
    archive: &mut ZipArchive<BufReader<File>>,
    place: u64,
) -> Result<zip::read::ZipFile<'_, BufReader<File>>, Text> {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    archive.by_index(place).map_err(|error| zip_error(&error))
}

fn zip_error(error: &zip::result::ZipError) -> Text {
    text!("it is no readable .npz: {error}", "它不是可读的 .npz:{error}")
}
