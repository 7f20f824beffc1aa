//! Arrays in NumPy's format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
//!
//! A header is believed only as far as the file is long.

use std::io::{BufReader, Read};
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::RunError;
use super::archive::{DATA_ENDS, Opened, file_error, io_error, most_held, opened};
use super::error::said;
use crate::file::Outputs;
use crate::text;
use crate::text::Text;

/// The longest header that is read; NumPy's own are a few dozen bytes.
const LONGEST_HEADER: usize = 1 << 16;

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

/// Reads an array, in the element type that it has.
pub fn read(path: &Path) -> Result<Tensor, RunError> {
    let failed = |why| file_error(path, why);
    let (mut reader, most): (Box<dyn Read>, _) = match opened(path)? {
        Opened::File(file, length) => (Box::new(BufReader::new(file)), length),
        Opened::Pipe(pipe) => (Box::new(BufReader::new(pipe)), most_held()),
    };
    let header = Header::read(&mut reader).map_err(failed)?;
    if header.bytes as u64 > most {
        return Err(failed(text!("{DATA_ENDS}", "数据在预期之前结束")));
    }
    header.numbers(&mut reader).map_err(failed)
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
    let tensor = tensor.to_device(&Device::Cpu).and_then(|tensor| tensor.to_dtype(dtype));
    let tensor = tensor.and_then(|tensor| tensor.contiguous()).map_err(|error| unwritten(path, &error))?;
    outputs.write(path, |part| tensor.write_npy(part)).map_err(|error| unwritten(path, &error))
}

pub(super) fn unwritten(path: &Path, error: &candle_core::Error) -> RunError {
    if let candle_core::Error::Io(error) = error {
        return RunError::unwritten(path, error);
    }
    RunError::Unwritten { name: path.display().to_string(), why: said(error) }
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

    pub(super) fn numbers(&self, reader: &mut impl Read) -> Result<Tensor, Text> {
        let mut bytes = vec![];
        reader.take(self.bytes as u64).read_to_end(&mut bytes).map_err(|error| io_error(&error))?;
        if bytes.len() < self.bytes {
            return Err(text!("{DATA_ENDS}", "数据在预期之前结束"));
        }
        self.tensor(&bytes).map_err(|error| said(&error))
    }

    fn tensor(&self, bytes: &[u8]) -> candle_core::Result<Tensor> {
        if !self.fortran_order {
            return Tensor::from_raw_buffer(bytes, self.dtype, &self.dims, &Device::Cpu);
        }
        let reversed: Vec<usize> = self.dims.iter().rev().copied().collect();
        let tensor = Tensor::from_raw_buffer(bytes, self.dtype, &reversed, &Device::Cpu)?;
        tensor.permute((0..reversed.len()).rev().collect::<Vec<_>>())?.contiguous()
    }
}

fn dtype(described: &str) -> Result<DType, Text> {
    if described.starts_with('>') {
        return Err(text!(
            "its numbers are big-endian; save it as `.astype('<f4')`",
            "其数值为大端序;请用 `.astype('<f4')` 转换后保存"
        ));
    }
    match described.trim_start_matches(['<', '|', '=']) {
        "f2" => Ok(DType::F16),
        "f4" => Ok(DType::F32),
        "f8" => Ok(DType::F64),
        "u1" | "b1" => Ok(DType::U8),
        "i2" => Ok(DType::I16),
        "i4" => Ok(DType::I32),
        "u4" => Ok(DType::U32),
        "i8" => Ok(DType::I64),
        other => Err(text!(
            "its numbers are of the type `{other}`; known are f2, f4, f8, u1, b1, i2, i4, u4, i8",
            "其数值类型为 `{other}`;已知的有 f2、f4、f8、u1、b1、i2、i4、u4、i8"
        )),
    }
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
        let tensor = header.numbers(&mut [1u8, 4, 2, 5, 3, 6].as_slice()).unwrap();
        assert_eq!(tensor.to_vec2::<u8>().unwrap(), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(header.numbers(&mut [1u8, 4].as_slice()).unwrap_err().english, DATA_ENDS);
    }
}
