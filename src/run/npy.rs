//! Arrays in NumPy's format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! A header is believed only as far as the file is long.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::RunError;
use super::archive::{Opened, ends, file_error, most_held, opened, unread};
use super::error::said;
use super::pieces::{Stored, each};
use crate::file::Outputs;
use crate::shape::MOST_DIMENSIONS;
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
    /// Bytes up to the first number.
    pub(super) length: usize,
    /// Bytes of all numbers.
    pub(super) bytes: usize,
}

/// Bytes of a tensor; `None` if they, or its sizes but for those that are 0, are more than a machine counts.
pub(super) fn bytes_of(dims: &[usize], dtype: DType) -> Option<usize> {
    let sizes = dims.iter().filter(|&&size| size > 0);
    let bytes = sizes.copied().try_fold(dtype.size_in_bytes(), usize::checked_mul)?;
    let is_countable = isize::try_from(bytes).is_ok();
    is_countable.then_some(if dims.contains(&0) { 0 } else { bytes })
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
        return Err(failed(ends()));
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

/// Writes an array among `outputs`; NumPy knows no bf16, which becomes f32.
pub fn write(outputs: &mut Outputs, path: &Path, tensor: &Tensor) -> Result<(), RunError> {
    let dtype = if tensor.dtype() == DType::BF16 { DType::F32 } else { tensor.dtype() };
    let tensor = tensor.to_device(&Device::Cpu).map_err(|error| unwritten(path, &error))?;
    let written = outputs.write(path, |part| {
        let mut file = BufWriter::new(File::create(part)?);
        file.write_all(&header(dtype, tensor.dims()))?;
        each(&tensor, &mut |piece| piece.to_dtype(dtype)?.write_bytes(&mut file))?;
        Ok(file.flush()?)
    });
    written.map_err(|error: candle_core::Error| unwritten(path, &error))
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

pub(super) fn unwritten(path: &Path, error: &candle_core::Error) -> RunError {
    if let candle_core::Error::Io(error) = error {
        return RunError::unwritten(path, error);
    }
    RunError::Unwritten { name: path.display().to_string(), why: said(error) }
}

impl Header {
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, Text> {
        let mut start = [0u8; 8];
        reader.read_exact(&mut start).map_err(|error| unread(&error))?;
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
        reader.read_exact(&mut length[..bytes]).map_err(|error| unread(&error))?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(text!("its header has {length} bytes", "其头部长达 {length} 字节"));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(|error| unread(&error))?;
        let text = String::from_utf8_lossy(&text);
        let Literal { descr, fortran_order, dims } = Literal::parse(&text)
            .ok_or_else(|| text!("its header is not understood: {text}", "无法理解其头部:{text}"))?;
        let dtype = dtype(descr)?;
        let bytes_of = bytes_of(&dims, dtype).filter(|_| dims.len() <= MOST_DIMENSIONS);
        let numbers = bytes_of.ok_or_else(|| {
            text!("its shape is more than a machine can hold: {text}", "其形状超出机器所能容纳:{text}")
        })?;
        Ok(Self { dtype, fortran_order, length: start.len() + bytes + length, bytes: numbers, dims })
    }

    /// The numbers behind it.
    pub(super) fn stored(&self) -> Stored<'_> {
        Stored { dtype: self.dtype, dims: &self.dims, fortran_order: self.fortran_order }
    }
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }`, a dictionary as Python writes it, of just these keys.
struct Literal<'t> {
    descr: &'t str,
    fortran_order: bool,
    dims: Vec<usize>,
}

impl<'t> Literal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (mut descr, mut fortran_order, mut dims) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        while !rest.is_empty() {
            let (key, value) = quoted(rest)?;
            let value = value.trim_start().strip_prefix(':')?.trim_start();
            let (is_new, after) = match key {
                "descr" => {
                    let (value, after) = quoted(value)?;
                    (descr.replace(value).is_none(), after)
                }
                "fortran_order" => {
                    let is_true = value.starts_with("True");
                    let after = value.strip_prefix(if is_true { "True" } else { "False" })?;
                    (fortran_order.replace(is_true).is_none(), after)
                }
                "shape" => {
                    let (value, after) = value.strip_prefix('(')?.split_once(')')?;
                    (dims.replace(tuple(value)?).is_none(), after)
                }
                _ => return None,
            };
            let after = after.trim_start();
            rest = after
                .strip_prefix(',')
                .or(after.is_empty().then_some(after))
                .filter(|_| is_new)?
                .trim_start();
        }
        Some(Self { descr: descr?, fortran_order: fortran_order?, dims: dims? })
    }
}

/// What stands in quotes at the start of `text`, and what behind them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
    text[1..].split_once(quote)
}

/// The sizes in a tuple: one alone has a comma behind it, and those of Python 2 an L.
fn tuple(inside: &str) -> Option<Vec<usize>> {
    let mut sizes: Vec<&str> = inside.split(',').map(str::trim).collect();
    let last = sizes.pop()?;
    if sizes.is_empty() {
        return last.is_empty().then(Vec::new);
    }
    sizes.extend((!last.is_empty()).then_some(last));
    sizes.into_iter().map(|size| size.strip_suffix('L').unwrap_or(size).parse().ok()).collect()
}

fn dtype(described: &str) -> Result<DType, Text> {
    if described.starts_with('>') {
        return Err(text!(
            "its numbers are big-endian; save it as `.astype('<f4')`",
            "其数值为大端序;请用 `.astype('<f4')` 转换后保存"
        ));
    }
    let name = described.strip_prefix(['<', '|', '=']).unwrap_or(described);
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

    fn read(literal: &str) -> Result<Header, String> {
        let length = u16::try_from(literal.len()).unwrap().to_le_bytes();
        let bytes = [b"\x93NUMPY\x01\x00", &length[..], literal.as_bytes()].concat();
        Header::read(&mut bytes.as_slice()).map_err(|why| why.english)
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        let header = read("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 224, 224), }   \n").unwrap();
        assert_eq!((header.dtype, header.dims, header.bytes), (DType::F32, vec![3, 224, 224], 602_112));
        assert_eq!(header.length, 80);
        assert_eq!(read("{'descr': '|u1', 'fortran_order': True, 'shape': (5,), }").unwrap().dims, [5]);
        let scalar = read("{'descr': '<f8', 'fortran_order': False, 'shape': (), }").unwrap();
        assert_eq!((scalar.dims.len(), scalar.bytes), (0, 8));
        // As other programs and Python 2 write them.
        let header = read(r#"{"shape":(3L, 4L,),"fortran_order":True,"descr":"<f4"}"#).unwrap();
        assert_eq!((header.dims, header.fortran_order), (vec![3, 4], true));
    }

    #[test]
    fn hostile_headers_are_refused() {
        let with = |descr: &str, shape: &str| {
            read(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")).unwrap_err()
        };
        let many = format!("({})", "1, ".repeat(65));
        for shape in [
            "(9999999999, 9999999999, 9999999999)",
            "(0, 9223372036854775808, 9223372036854775808)",
            "(9223372036854775807, 0)",
            &many,
        ] {
            assert!(with("'<f4'", shape).contains("more than a machine can hold"), "{shape}");
        }
        for shape in
            ["(-1,)", "(1", "(1)", "(,)", "(1,,2)", "[1]", "(1.0,)", "(1,), 'shape': (2,)", "(1,), 'x': 1"]
        {
            assert!(with("'<f4'", shape).contains("not understood"), "{shape}");
        }
        assert!(with("'>f4'", "(1,)").contains("big-endian"));
        assert!(with("'<c8'", "(1,)").contains("of the type `c8`"));
        assert!(with("'<<f4'", "(1,)").contains("of the type `<f4`"));
        assert!(with("[('a', '<f4')]", "(1,)").contains("not understood"));
        for header in ["", "{", "{}", "x{}", "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}"] {
            assert!(read(header).unwrap_err().contains("not understood"), "{header}");
        }
    }

    #[test]
    fn numbers_in_fortrans_order_are_turned() {
        let header = read("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }").unwrap();
        let numbers =
            |mut bytes: &[u8]| header.stored().read(&mut bytes, DType::U8, &Device::Cpu, |_| Ok(()));
        assert_eq!(numbers(&[1, 4, 2, 5, 3, 6]).unwrap().to_vec2::<u8>().unwrap(), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(numbers(&[1, 4]).unwrap_err(), ends());
    }

    #[test]
    fn what_is_written_stands_as_candle_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        let [ours, candles] = ["ours.npy", "candles.npy"].map(|name| folder.path().join(name));
        for dims in [&[][..], &[7], &[2, 3], &[1, 1, 12345, 1, 1, 1]] {
            let tensor = Tensor::rand(0f64, 1.0, dims, &Device::Cpu).unwrap();
            for (_, dtype) in DTYPES {
                let tensor = tensor.to_dtype(dtype).unwrap();
                let mut outputs = Outputs::default();
                write(&mut outputs, &ours, &tensor).unwrap();
                outputs.put_in_place().unwrap();
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
