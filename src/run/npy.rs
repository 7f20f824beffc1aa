//! Arrays in NumPy's format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! A header is believed only as far as the file is long.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::RunError;
use super::archive::{DATA_ENDS, Opened, file_error, io_error, most_held, opened};
use super::error::said;
use super::pieces::{Stored, each};
use crate::file::replace;
use crate::text;
use crate::text::Text;

/// The longest header that is read; NumPy's own are a few dozen bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// What a file begins with that is written: the format, and its version.
const START: &[u8] = b"\x93NUMPY\x01\x00";

/// Types of numbers, and what NumPy calls them.
const DTYPES: [(&str, DType); 8] = [
    ("f2", DType::F16),
    ("f4", DType::F32),
    ("f8", DType::F64),
    ("u1", DType::U8),
    ("i2", DType::I16),
    ("i4", DType::I32),
    ("u4", DType::U32),
    ("i8", DType::I64),
];

/// What stands before the numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) dtype: DType,
    /// The first dimension fastest, as Fortran has it, instead of the last.
    pub(super) fortran_order: bool,
    pub(super) dims: Vec<usize>,
    /// Bytes of all numbers.
    pub(super) bytes: usize,
}

/// An array of which nothing but the header has been read.
pub struct Array<'p> {
    path: &'p Path,
    header: Header,
    reader: Box<dyn Read>,
}

/// Opens an array.
pub fn open(path: &Path) -> Result<Array<'_>, RunError> {
    let failed = |why| file_error(path, why);
    let (mut reader, most): (Box<dyn Read>, _) = match opened(path)? {
        Opened::File(file, length) => (Box::new(BufReader::new(file)), length),
        Opened::Pipe(pipe) => (Box::new(BufReader::new(pipe)), most_held()),
    };
    let header = Header::read(&mut reader).map_err(failed)?;
    if header.bytes as u64 > most {
        return Err(failed(text!("{DATA_ENDS}", "数据在预期之前结束")));
    }
    Ok(Array { path, header, reader })
}

impl<'p> Array<'p> {
    /// Its file.
    pub fn path(&self) -> &'p Path {
        self.path
    }

    /// Its sizes.
    pub fn dims(&self) -> &[usize] {
        &self.header.dims
    }

    /// Reads its numbers in the type that they are wanted in; `each` is shown them as they are in the file, some at a time.
    pub fn read(
        mut self,
        dtype: DType,
        device: &Device,
        each: impl FnMut(&Tensor) -> candle_core::Result<()>,
    ) -> Result<Tensor, RunError> {
        let numbers = self.header.stored().read(&mut self.reader, dtype, device, each);
        numbers.map_err(|why| file_error(self.path, why))
    }
}

/// Whether [`write()`] may come to write a file there: that it is no directory, and is in one.
pub fn can_write(path: &Path) -> Result<(), RunError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || path.file_name().is_none() {
        return Err(file_error(path, text!("it is a directory", "这是一个目录")));
    }
    if !folder.is_dir() {
        let folder = folder.display();
        return Err(file_error(path, text!("there is no directory `{folder}`", "没有目录 `{folder}`")));
    }
    Ok(())
}

/// Writes an array, whole or not at all; NumPy knows no bf16, which becomes f32.
pub fn write(path: &Path, tensor: &Tensor) -> Result<(), RunError> {
    let dtype = if tensor.dtype() == DType::BF16 { DType::F32 } else { tensor.dtype() };
    let tensor = tensor.to_device(&Device::Cpu).map_err(|error| unwritten(path, &error))?;
    write_whole(path, |part| {
        let mut file = BufWriter::new(File::create(part)?);
        file.write_all(&header(dtype, tensor.dims()))?;
        each(&tensor, &mut |piece| piece.to_dtype(dtype)?.write_bytes(&mut file))?;
        Ok(file.flush()?)
    })
}

/// What stands before the numbers, as NumPy wants it: filled up, so that these begin at a multiple of 16 bytes.
fn header(dtype: DType, dims: &[usize]) -> Vec<u8> {
    let described = DTYPES.iter().find(|(_, known)| *known == dtype).map_or("f4", |(described, _)| described);
    let sizes: String = dims.iter().map(|size| format!("{size},")).collect();
    let text = format!("{{'descr': '<{described}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let length = (START.len() + 2 + text.len() + 1).next_multiple_of(16) - START.len() - 2;
    let length_bytes = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    [START, &length_bytes, format!("{text:<0$}\n", length - 1).as_bytes()].concat()
}

/// Lets `write` write a file that then stands at `path` whole, or not at all.
pub(super) fn write_whole(
    path: &Path,
    write: impl Fn(&Path) -> candle_core::Result<()>,
) -> Result<(), RunError> {
    replace(path, write).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &candle_core::Error) -> RunError {
    let why = if let candle_core::Error::Io(error) = error { io_error(error) } else { said(error) };
    RunError::Unwritten { name: path.display().to_string(), why }
}

impl Header {
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, Text> {
        let ends = || text!("{DATA_ENDS}", "数据在预期之前结束");
        let mut start = [0u8; 8];
        reader.read_exact(&mut start).map_err(|_| ends())?;
        if !start.starts_with(b"\x93NUMPY") {
            return Err(text!("it is no array of NumPy's", "它不是 NumPy 数组"));
        }
        let mut length = [0u8; 4];
        let bytes = match start[6] {
            1 => 2,
            2 | 3 => 4,
            version => {
                return Err(text!("version {version} of the format is not known", "格式版本 {version} 未知"));
            }
        };
        reader.read_exact(&mut length[..bytes]).map_err(|_| ends())?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(text!("its header has {length} bytes", "其头部长达 {length} 字节"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(|_| ends())?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// Of `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }`.
    fn parse(header: &str) -> Result<Self, Text> {
        let odd = || text!("its header is not understood: {header}", "无法理解其头部:{header}");
        let value = |key: &str| {
            let (_, rest) = header.split_once(&format!("'{key}'"))?;
            Some(rest.trim_start().strip_prefix(':')?.trim_start())
        };
        let quoted = |value: &str| Some(value.strip_prefix('\'')?.split_once('\'')?.0.to_owned());
        let described = value("descr").and_then(quoted).ok_or_else(odd)?;
        let order = value("fortran_order").ok_or_else(odd)?;
        let fortran_order = order.starts_with("True");
        if !fortran_order && !order.starts_with("False") {
            return Err(odd());
        }
        let (sizes, _) =
            value("shape").and_then(|value| value.strip_prefix('(')?.split_once(')')).ok_or_else(odd)?;
        let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
        let dims: Vec<usize> = sizes.map(str::parse).collect::<Result<_, _>>().map_err(|_| odd())?;
        let dtype = dtype(&described)?;
        let bytes = dims.iter().try_fold(dtype.size_in_bytes(), |bytes, &size| bytes.checked_mul(size));
        Ok(Self { dtype, fortran_order, bytes: bytes.ok_or_else(odd)?, dims })
    }

    /// The numbers behind it.
    pub(super) fn stored(&self) -> Stored<'_> {
        Stored { dtype: self.dtype, dims: &self.dims, fortran_order: self.fortran_order }
    }
}

fn dtype(described: &str) -> Result<DType, Text> {
    if described.starts_with('>') {
        return Err(text!(
            "its numbers are big-endian; save it as `.astype('<f4')`",
            "其数值为大端序;请用 `.astype('<f4')` 转换后保存"
        ));
    }
    let name = described.trim_start_matches(['<', '|', '=']);
    // A truth is a byte.
    let known = DTYPES.iter().find(|(known, _)| *known == if name == "b1" { "u1" } else { name });
    known.map(|&(_, dtype)| dtype).ok_or_else(|| {
        text!(
            "its numbers are of the type `{name}`; known are f2, f4, f8, u1, b1, i2, i4, u4, i8",
            "其数值类型为 `{name}`;已知的有 f2、f4、f8、u1、b1、i2、i4、u4、i8"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<Header, String> {
        Header::parse(header).map_err(|why| why.english)
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        let header =
            parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }   \n").unwrap();
        assert_eq!((header.dtype, header.dims, header.bytes), (DType::F32, vec![3, 224, 224], 602_112));
        assert_eq!(parse("{'descr': '|u1', 'fortran_order': True, 'shape': (5,), }").unwrap().dims, [5]);
        let scalar = parse("{'descr': '<f8', 'fortran_order': False, 'shape': (), }").unwrap();
        assert_eq!((scalar.dims.len(), scalar.bytes), (0, 8));
    }

    #[test]
    fn hostile_headers_are_refused() {
        let with = |descr: &str, shape: &str| {
            parse(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")).unwrap_err()
        };
        assert!(with("'<f4'", "(9999999999, 9999999999, 9999999999)").contains("not understood"));
        assert!(with("'<f4'", "(-1,)").contains("not understood"));
        assert!(with("'<f4'", "(1").contains("not understood"));
        assert!(with("'>f4'", "(1,)").contains("big-endian"));
        assert!(with("'<c8'", "(1,)").contains("of the type `c8`"));
        assert!(with("[('a', '<f4')]", "(1,)").contains("not understood"));
        assert!(parse("").unwrap_err().contains("not understood"));
    }

    #[test]
    fn numbers_in_fortrans_order_are_turned() {
        let header = parse("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }").unwrap();
        let read = |mut bytes: &[u8]| header.stored().read(&mut bytes, DType::U8, &Device::Cpu, |_| Ok(()));
        assert_eq!(read(&[1, 4, 2, 5, 3, 6]).unwrap().to_vec2::<u8>().unwrap(), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(read(&[1, 4]).unwrap_err().english, DATA_ENDS);
    }

    #[test]
    fn what_is_written_stands_as_candle_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, candles] = ["ours.npy", "candles.npy"].map(|name| folder.path().join(name));
        for dims in [&[][..], &[7], &[2, 3], &[1, 1, 12345, 1, 1, 1]] {
            let tensor = Tensor::rand(0f64, 1.0, dims, &Device::Cpu).unwrap();
            for (_, dtype) in DTYPES {
                let tensor = tensor.to_dtype(dtype).unwrap();
                write(&ours, &tensor).unwrap();
                tensor.write_npy(&candles).unwrap();
                assert_eq!(
                    std::fs::read(&ours).unwrap(),
                    std::fs::read(&candles).unwrap(),
                    "{dtype:?} {dims:?}"
                );
            }
        }
    }
}
