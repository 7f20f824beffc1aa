//! Protobuf as it lies in a file: fields behind one another, of which what nobody wants is passed over unread.
//!
//! The encoding is that of <https://protobuf.dev/programming-guides/encoding/>. Nothing here trusts a length: a field ends within
//! what holds it, and whatever is kept is counted against a budget, so that no file takes much memory or time.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::text;
use crate::text::{Text, printable};

/// Bytes that are read at once: between two payloads that are passed over lie a few hundred.
const BUFFER: usize = 1024;

/// Bytes that all that is kept of a file may take. A network of 100,000 operators takes half of it.
const MOST_MEMORY: usize = 112_000_000;

/// Fields that are looked at: some hundred for each of 100,000 operators.
const MOST_FIELDS: u32 = 16_000_000;

/// Bytes of a name.
const LONGEST_NAME: usize = 65_536;

/// What an allocation takes beside its content.
const ALLOCATION: usize = 16;

/// What a name takes beside its letters, once: its counts, and its place among all names.
const NAME: usize = 96;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The byte of the file at which it is, from 0.
    pub byte: u64,
    /// What is wrong.
    pub why: Text,
}

impl fmt::Display for Mistake {
    /// In English with `{}`, in Chinese with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { byte, why } = self;
        if f.alternate() {
            write!(f, "第 {byte} 字节:{why:#}")
        } else {
            write!(f, "at byte {byte}: {why}")
        }
    }
}

impl std::error::Error for Mistake {}

pub(super) type Outcome<T = ()> = Result<T, Mistake>;

/// What can be read anywhere.
pub(super) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// A file, and how far it has been read.
pub(super) struct Wire<'a> {
    source: BufReader<&'a mut dyn Source>,
    at: u64,
    length: u64,
    memory: usize,
    fields: u32,
    /// Each name once, however often it stands in the file.
    names: HashSet<Arc<str>>,
    letters: Vec<u8>,
}

/// A field of a message.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// Its number.
    pub(super) number: u32,
    /// Where it begins.
    pub(super) at: u64,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    /// Bytes that end there.
    Bytes(u64),
}

impl Field {
    /// Where its bytes end: a text, a message or a packed list.
    pub(super) fn end(self) -> Outcome<u64> {
        match self.value {
            Value::Bytes(end) => Ok(end),
            Value::Varint(_) | Value::Fixed64(_) | Value::Fixed32(_) => Err(self.of_wrong_type()),
        }
    }

    pub(super) fn int(self) -> Outcome<i64> {
        match self.value {
            Value::Varint(value) => Ok(value.cast_signed()),
            Value::Bytes(_) | Value::Fixed64(_) | Value::Fixed32(_) => Err(self.of_wrong_type()),
        }
    }

    /// A number of 32 bits: a word from a list.
    pub(super) fn int32(self) -> Outcome<i32> {
        i32::try_from(self.int()?)
            .map_err(|_| mistake(self.at, text!("this number has more than 32 bits", "这个数超过 32 位")))
    }

    pub(super) fn float(self) -> Outcome<f32> {
        match self.value {
            Value::Fixed32(bits) => Ok(f32::from_bits(bits)),
            Value::Bytes(_) | Value::Varint(_) | Value::Fixed64(_) => Err(self.of_wrong_type()),
        }
    }

    pub(super) fn double(self) -> Outcome<f64> {
        match self.value {
            Value::Fixed64(bits) => Ok(f64::from_bits(bits)),
            Value::Bytes(_) | Value::Varint(_) | Value::Fixed32(_) => Err(self.of_wrong_type()),
        }
    }

    fn of_wrong_type(self) -> Mistake {
        let Self { number, .. } = self;
        mistake(
            self.at,
            text!("field {number} is written in the wrong way here", "此处字段 {number} 的编码方式不对"),
        )
    }

    /// The bits of a number, if it is one that stands alone.
    pub(super) fn bits(self) -> Option<u64> {
        match self.value {
            Value::Varint(bits) | Value::Fixed64(bits) => Some(bits),
            Value::Fixed32(bits) => Some(bits.into()),
            Value::Bytes(_) => None,
        }
    }
}

impl<'a> Wire<'a> {
    pub(super) fn new(source: &'a mut dyn Source) -> Outcome<Self> {
        let length = source.seek(SeekFrom::End(0)).map_err(|error| unread(0, &error))?;
        source.rewind().map_err(|error| unread(0, &error))?;
        let source = BufReader::with_capacity(BUFFER, source);
        let (names, letters) = (HashSet::new(), vec![]);
        Ok(Self { source, at: 0, length, memory: MOST_MEMORY, fields: MOST_FIELDS, names, letters })
    }

    /// Bytes of the whole file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The byte that is read next.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Gives each field of the message that ends there to `take`, and passes over what that does not read.
    pub(super) fn each(&mut self, end: u64, mut take: impl FnMut(&mut Self, Field) -> Outcome) -> Outcome {
        while self.at < end {
            let field = self.field(end)?;
            take(self, field)?;
            if let Value::Bytes(end) = field.value {
                self.go(end)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, end: u64) -> Outcome<Field> {
        let at = self.at;
        self.fields = self.fields.checked_sub(1).ok_or_else(|| {
            mistake(at, text!("there are more than {MOST_FIELDS} fields", "字段超过 {MOST_FIELDS} 个"))
        })?;
        let key = self.varint(end)?;
        let number = u32::try_from(key >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or_else(|| {
            let number = key >> 3;
            mistake(at, text!("there is no field of number {number}", "没有编号为 {number} 的字段"))
        })?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint(end)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed(end)?)),
            2 => {
                let length = self.varint(end)?;
                let end = self.at.checked_add(length).filter(|&own| own <= end);
                Value::Bytes(end.ok_or_else(|| self.too_long(at, length))?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed(end)?)),
            kind => {
                let why = text!(
                    "no field of ONNX begins like this (type {kind}): the file is damaged, or no ONNX file",
                    "ONNX 的字段不会这样开头(类型 {kind}):文件已损坏,或不是 ONNX 文件"
                );
                return Err(mistake(at, why));
            }
        };
        Ok(Field { number, at, value })
    }

    /// Why a field can't be as long as it says.
    fn too_long(&self, at: u64, length: u64) -> Mistake {
        let left = self.length.saturating_sub(self.at);
        let why = if length > left {
            text!(
                "{length} bytes should follow, and the file has {left} more: it is cut off, or no ONNX file",
                "此后应有 {length} 字节,而文件只剩 {left} 字节:文件不完整,或不是 ONNX 文件"
            )
        } else {
            text!(
                "a part of {length} bytes reaches beyond what it is in",
                "一个 {length} 字节的部分超出了包含它的部分"
            )
        };
        mistake(at, why)
    }

    /// A number of up to 64 bits, 7 in each byte.
    pub(super) fn varint(&mut self, end: u64) -> Outcome<u64> {
        let at = self.at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.fixed(end)?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(mistake(at, text!("this number has more than 64 bits", "这个数超过 64 位")))
    }

    /// So many bytes.
    pub(super) fn fixed<const N: usize>(&mut self, end: u64) -> Outcome<[u8; N]> {
        let mut bytes = [0; N];
        if end.saturating_sub(self.at) < N as u64 {
            let why = if end == self.length {
                text!("the file ends within a number", "文件在一个数的中间结束")
            } else {
                text!("what it is in ends within a number", "包含它的部分在一个数的中间结束")
            };
            return Err(mistake(self.at, why));
        }
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Outcome {
        // A number mostly lies in the buffer as a whole.
        if let Some(ready) = self.source.buffer().get(..bytes.len()) {
            bytes.copy_from_slice(ready);
            self.source.consume(bytes.len());
        } else {
            self.source.read_exact(bytes).map_err(|error| unread(self.at, &error))?;
        }
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Goes on at another byte, which may be one before.
    pub(super) fn go(&mut self, to: u64) -> Outcome {
        if to == self.at {
            return Ok(());
        }
        let by = i128::from(to) - i128::from(self.at);
        let moved = i64::try_from(by).map_err(io::Error::other).and_then(|by| self.source.seek_relative(by));
        moved.map_err(|error| unread(self.at, &error))?;
        self.at = to;
        Ok(())
    }

    /// The bytes up to there.
    pub(super) fn bytes(&mut self, end: u64) -> Outcome<Vec<u8>> {
        let length = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        self.charge(length)?;
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    /// A name that ends there.
    pub(super) fn name(&mut self, end: u64) -> Outcome<Arc<str>> {
        let at = self.at;
        let length = usize::try_from(end.saturating_sub(at)).ok().filter(|&length| length <= LONGEST_NAME);
        let length = length.ok_or_else(|| {
            mistake(at, text!("a name has more than {LONGEST_NAME} bytes", "名称超过 {LONGEST_NAME} 字节"))
        })?;
        if length == 0 {
            return Ok(Arc::default());
        }
        let mut letters = std::mem::take(&mut self.letters);
        letters.clear();
        letters.resize(length, 0);
        self.read(&mut letters)?;
        let name = str::from_utf8(&letters).map_err(|error| {
            let byte = at + error.valid_up_to() as u64;
            mistake(byte, text!("this name is not UTF-8 text", "这个名称不是 UTF-8 文本"))
        })?;
        let name = if let Some(known) = self.names.get(name) {
            Arc::clone(known)
        } else {
            self.charge(NAME + length)?;
            let name = Arc::<str>::from(name);
            self.names.insert(Arc::clone(&name));
            name
        };
        self.letters = letters;
        Ok(name)
    }

    /// Counts memory that is about to be taken.
    pub(super) fn charge(&mut self, bytes: usize) -> Outcome {
        self.memory = self.memory.checked_sub(bytes).ok_or_else(|| {
            let most = MOST_MEMORY / 1_000_000;
            let why = text!(
                "without its weights, the network takes more than {most} MB of memory",
                "不计权重,网络所占内存超过 {most} MB"
            );
            mistake(self.at, why)
        })?;
        Ok(())
    }

    /// Takes memory for so many more items.
    pub(super) fn reserve<T>(&mut self, items: &mut Vec<T>, more: usize) -> Outcome {
        let beside = if items.capacity() == 0 { ALLOCATION } else { 0 };
        self.charge(more.saturating_mul(size_of::<T>()).saturating_add(beside))?;
        items.reserve_exact(more);
        Ok(())
    }

    /// Keeps one more item.
    pub(super) fn push<T>(&mut self, items: &mut Vec<T>, item: T) -> Outcome {
        if items.len() == items.capacity() {
            self.reserve(items, (items.len() / 2).max(1))?;
        }
        items.push(item);
        Ok(())
    }

    /// Keeps a text apart from what has it.
    pub(super) fn shared_text(&mut self, text: &str) -> Outcome<Arc<str>> {
        self.charge(text.len() + 3 * ALLOCATION)?;
        Ok(text.into())
    }

    /// Keeps something apart from what has it.
    pub(super) fn shared<T>(&mut self, item: T) -> Outcome<Arc<T>> {
        self.charge(size_of::<T>() + 2 * ALLOCATION)?;
        Ok(Arc::new(item))
    }
}

/// A name of a file as a message has it: on one line, and its beginning if it is long.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 100;
    let begin: String = name.chars().take(LONGEST).collect();
    printable(&begin) + if begin.len() < name.len() { "…" } else { "" }
}

pub(super) fn mistake(byte: u64, why: Text) -> Mistake {
    Mistake { byte, why }
}

fn unread(byte: u64, error: &io::Error) -> Mistake {
    let why = if error.kind() == ErrorKind::UnexpectedEof {
        text!("the file has become shorter while it was read", "文件在读取过程中变短了")
    } else {
        text!("it cannot be read: {error}", "无法读取:{error}")
    };
    mistake(byte, why)
}
