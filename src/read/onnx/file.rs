//! An ONNX file that is open: what it says, and the numbers of its tensors, which are read one tensor at a time.

use std::fs;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::array::Array;
use super::messages::{Data, Model, Tensor};
use super::values;
use super::wire::{Mistake, Source, shown};
use crate::file::open_regular;
use crate::text;
use crate::text::Text;

#[cfg(test)]
mod tests;

/// Bytes of a file that comes through a pipe: it is held in memory.
const MOST_PIPED: u64 = 64_000_000;

/// An ONNX file that is open.
#[derive(Debug)]
pub struct File {
    /// Where it is; nothing if it came through a pipe.
    path: Option<PathBuf>,
    source: Mutex<Opened>,
}

#[derive(Debug)]
enum Opened {
    File(fs::File),
    Held(Cursor<Vec<u8>>),
}

impl File {
    /// Opens the file at `path`, which is a regular one: it is read here and there. The error says why it can't be.
    pub fn open(path: &Path) -> Result<Self, Text> {
        let file = open_regular(path).map_err(|error| why(&error))?;
        Ok(Self { path: Some(path.to_owned()), source: Mutex::new(Opened::File(file)) })
    }

    /// Takes in what comes through a pipe: at most 64 MB. Weights that lie in other files can't be found then.
    pub fn hold(pipe: impl Read) -> Result<Self, Text> {
        let mut bytes = vec![];
        // One byte more than is taken, so that what is too long is seen to be.
        pipe.take(MOST_PIPED + 1).read_to_end(&mut bytes).map_err(|error| why(&error))?;
        if bytes.len() as u64 > MOST_PIPED {
            return Err(text!(
                "more than 64 MB come through a pipe: name the file instead",
                "管道传入的内容超过 64 MB:请直接给出文件名"
            ));
        }
        Ok(Self { path: None, source: Mutex::new(Opened::Held(Cursor::new(bytes))) })
    }

    /// Reads what it says, without its weights.
    pub fn model(&self) -> Result<Model, Mistake> {
        super::read(&mut *self.source())
    }

    /// Passes on all bytes of it, a few at a time.
    pub fn copy_to(&self, to: &mut impl io::Write) -> Result<(), Text> {
        let mut source = self.source();
        let source = &mut *source;
        source.rewind().and_then(|()| io::copy(source, to)).map(drop).map_err(|error| why(&error))
    }

    /// The numbers of a tensor, whatever their type; without them if there are more than `most`. There are as many as its sizes
    /// say, or the error says what is wrong with which tensor.
    pub fn values(&self, tensor: &Tensor, most: u64) -> Result<Array, Text> {
        let numbers = match elements(tensor) {
            Some(elements) if elements <= most => {
                Some(self.read(tensor, |source| values::numbers(source, tensor, elements))?)
            }
            _ => None,
        };
        Ok(Array { dims: tensor.dims.clone(), kind: tensor.kind, numbers })
    }

    /// All numbers of a tensor, as floats of 32 bits hold them.
    pub fn floats(&self, tensor: &Tensor) -> Result<Vec<f32>, Text> {
        let elements = elements(tensor).unwrap_or(u64::MAX);
        self.read(tensor, |source| values::floats(source, tensor, elements))
    }

    /// Whether all numbers of a tensor are where they should be, as far as that is known before they are read.
    #[cfg(feature = "run")]
    pub(super) fn check(&self, tensor: &Tensor) -> Result<(), Text> {
        let elements = elements(tensor).unwrap_or(u64::MAX);
        self.read(tensor, |source| values::check(source, tensor, elements))
    }

    fn source(&self) -> impl std::ops::DerefMut<Target = Opened> + '_ {
        // Wherever somebody stopped reading: whoever reads goes to a place of their own first.
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads with the file in which the numbers of a tensor are, and says which tensor cannot be read.
    fn read<T>(
        &self,
        tensor: &Tensor,
        read: impl FnOnce(&mut dyn Source) -> Result<T, Text>,
    ) -> Result<T, Text> {
        let values = match &tensor.data {
            Data::External { location, .. } => {
                self.beside(location).and_then(|mut file| read(&mut file)).map_err(|why| {
                    let location = shown(location);
                    text!("in `{location}`: {why}", "`{location}`:{why:#}")
                })
            }
            Data::Small(bytes) => read(&mut Cursor::new(&**bytes)),
            Data::Raw { .. } | Data::Listed { .. } | Data::Sparse | Data::Nothing => {
                read(&mut *self.source())
            }
        };
        values.map_err(|why| {
            let name = shown(&tensor.name);
            text!("the numbers of `{name}` can't be read: {why}", "无法读取 `{name}` 的数值:{why:#}")
        })
    }

    /// Opens another file that this one names.
    fn beside(&self, location: &str) -> Result<fs::File, Text> {
        open_regular(&self.place(location)?).map_err(|error| why(&error))
    }

    /// Where another file is that this one names: in its folder or below.
    pub(super) fn place(&self, location: &str) -> Result<PathBuf, Text> {
        let model = self.path.as_ref().ok_or_else(|| {
            text!(
                "the network came through a pipe, so nothing lies beside it",
                "网络来自管道,旁边没有其他文件"
            )
        })?;
        let parts = Path::new(location).components();
        if location.is_empty()
            || !parts.clone().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        {
            return Err(text!(
                "a path within the folder of the network was expected",
                "应为网络所在目录内的相对路径"
            ));
        }
        let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let path = folder.join(location);
        let [folder, real] = [folder, &path].map(|path| fs::canonicalize(path).map_err(|error| why(&error)));
        let real = real?;
        if !real.starts_with(folder?) {
            return Err(text!(
                "it is a link to a file outside the folder of the network: put the file there itself",
                "这是指向网络所在目录之外的链接:请把文件本身放在该目录中"
            ));
        }
        Ok(real)
    }
}

impl Read for Opened {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(bytes),
            Self::Held(bytes_held) => bytes_held.read(bytes),
        }
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Held(bytes) => bytes.seek(to),
        }
    }
}

/// How many elements a tensor has, if that is a number of 64 bits.
fn elements(tensor: &Tensor) -> Option<u64> {
    if tensor.dims.contains(&0) {
        return Some(0);
    }
    tensor.dims.iter().try_fold(1_u64, |product, &size| product.checked_mul(size))
}

/// Why a file can't be opened or read.
pub(super) fn why(error: &io::Error) -> Text {
    let known = [
        (ErrorKind::NotFound, text!("there is no such file", "没有这个文件")),
        (ErrorKind::PermissionDenied, text!("it may not be read", "没有读取权限")),
        (ErrorKind::UnexpectedEof, text!("it ends too early", "文件过早结束")),
    ];
    let found = known.into_iter().find(|&(kind, _)| kind == error.kind());
    found.map_or_else(|| text!("{error}", "{error:#}"), |(_, text)| text)
}
