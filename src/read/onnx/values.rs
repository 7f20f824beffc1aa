//! The numbers of a tensor, from their bytes: as `TensorProto` of
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto> says of each type.

use std::io::SeekFrom;

use super::array::Numbers;
use super::file::why;
use super::messages::{Data, Kind, Tensor};
use super::narrow;
use super::wire::{Field, Outcome, Source, Wire, mistake};
use crate::text;
use crate::text::Text;

#[cfg(test)]
mod tests;

/// Bytes that are read at once: elements of any width fill it.
const CHUNK: usize = 1 << 16;

/// How an element is written.
#[derive(Clone, Copy)]
struct Form {
    bits: u32,
    number: Number,
}

#[derive(Clone, Copy)]
enum Number {
    Bool,
    Signed,
    Unsigned,
    Float,
    Double,
}

/// The numbers of a tensor of so many elements.
pub(super) fn numbers(source: &mut dyn Source, tensor: &Tensor, elements: u64) -> Result<Numbers, Text> {
    let form = form(tensor.kind)?;
    let values = Values { tensor, elements, bits: form.bits };
    Ok(match form.number {
        Number::Float => {
            Numbers::Floats(values.read(source, |bits| Ok(narrow::float(tensor.kind, bits)))?.into())
        }
        Number::Double => Numbers::Doubles(values.read(source, |bits| Ok(f64::from_bits(bits)))?.into()),
        Number::Bool | Number::Signed | Number::Unsigned => {
            Numbers::Ints(values.read(source, |bits| int(form, bits))?.into())
        }
    })
}

/// The same as floats of 32 bits hold them.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "to the nearest float")]
pub(super) fn floats(source: &mut dyn Source, tensor: &Tensor, elements: u64) -> Result<Vec<f32>, Text> {
    let form = form(tensor.kind)?;
    let values = Values { tensor, elements, bits: form.bits };
    match form.number {
        // The usual ones, of which there may be gigabytes: they lie as they are wanted.
        Number::Float if tensor.kind == Kind::FLOAT && values.place().is_some() => {
            values.raw(source, |bytes, floats| {
                floats.extend(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
                Ok(())
            })
        }
        Number::Float => values.read(source, |bits| Ok(narrow::float(tensor.kind, bits))),
        Number::Double => values.read(source, |bits| Ok(f64::from_bits(bits) as f32)),
        Number::Unsigned => values.read(source, |bits| Ok(bits as f32)),
        Number::Bool | Number::Signed => values.read(source, |bits| Ok(int(form, bits)? as f32)),
    }
}

/// Whether a tensor of so many elements can be all there.
#[cfg(feature = "run")]
pub(super) fn check(source: &mut dyn Source, tensor: &Tensor, elements: u64) -> Result<(), Text> {
    let values = Values { tensor, elements, bits: form(tensor.kind)?.bits };
    match &tensor.data {
        Data::Raw { .. } | Data::Small(_) | Data::External { .. } => values.bytes(source).map(drop),
        // Of a list it is not known before.
        Data::Listed { .. } => Ok(()),
        // There is nothing to be read.
        Data::Sparse | Data::Nothing => values.read(source, |_| Ok(())).map(drop),
    }
}

/// How elements of a type are written, if they are numbers.
fn form(kind: Kind) -> Result<Form, Text> {
    use Number::{Bool, Double, Float, Signed, Unsigned};
    let (bits, number) = match kind.0 {
        1 => (32, Float),
        2 => (8, Unsigned),
        3 => (8, Signed),
        4 => (16, Unsigned),
        5 => (16, Signed),
        6 => (32, Signed),
        7 => (64, Signed),
        8 => return Err(text!("it holds texts", "它存储的是文本")),
        9 => (8, Bool),
        10 | 16 => (16, Float),
        11 => (64, Double),
        12 => (32, Unsigned),
        13 => (64, Unsigned),
        14 | 15 => return Err(text!("it holds complex numbers", "它存储的是复数")),
        17..=20 | 24 => (8, Float),
        21 => (4, Unsigned),
        22 => (4, Signed),
        23 => (4, Float),
        25 => (2, Unsigned),
        26 => (2, Signed),
        27 | 28 => (6, Float),
        kind => return Err(text!("there is no type {kind}", "没有类型 {kind}")),
    };
    Ok(Form { bits, number })
}

/// The list of `TensorProto` that numbers of a type stand in, if they do in one.
fn list(kind: Kind) -> u32 {
    match kind.0 {
        1 => FLOATS,
        7 => 7,
        11 => DOUBLES,
        12 | 13 => 11,
        _ => 5,
    }
}
const FLOATS: u32 = 4;
const DOUBLES: u32 = 10;

fn int(form: Form, bits: u64) -> Result<i64, Text> {
    match form.number {
        Number::Bool => Ok(i64::from(bits != 0)),
        Number::Signed => Ok((bits << (64 - form.bits)).cast_signed() >> (64 - form.bits)),
        Number::Unsigned | Number::Float | Number::Double => i64::try_from(bits)
            .map_err(|_| text!("the number {bits} has more than 63 bits", "数 {bits} 超过 63 位")),
    }
}

/// What is to be read of a tensor: so many elements of so many bits.
struct Values<'a> {
    tensor: &'a Tensor,
    elements: u64,
    bits: u32,
}

impl Values<'_> {
    /// Reads each, made of its bits.
    fn read<T>(
        &self,
        source: &mut dyn Source,
        make: impl Fn(u64) -> Result<T, Text>,
    ) -> Result<Vec<T>, Text> {
        match &self.tensor.data {
            Data::Raw { .. } | Data::Small(_) | Data::External { .. } => {
                let mut held = Held::default();
                self.raw(source, |bytes, values| self.take(bytes, &mut held, values, &make))
            }
            Data::Listed { field, parts } => self.listed(source, *field, parts, make),
            Data::Sparse => Err(text!("it is sparse", "它是稀疏张量")),
            Data::Nothing if self.elements == 0 => Ok(vec![]),
            Data::Nothing => Err(text!("the file has none", "文件中没有")),
        }
    }

    /// From which byte on its elements lie one behind the other, if they do, and in how many if that is said.
    fn place(&self) -> Option<(u64, Option<u64>)> {
        match &self.tensor.data {
            Data::Raw { offset, length } => Some((*offset, Some(*length))),
            Data::Small(bytes) => Some((0, Some(bytes.len() as u64))),
            Data::External { offset, length, .. } => Some((*offset, *length)),
            Data::Listed { .. } | Data::Sparse | Data::Nothing => None,
        }
    }

    /// From which byte on its elements lie in the source, and how many bytes they take.
    fn bytes(&self, source: &mut dyn Source) -> Result<(u64, u64), Text> {
        let (offset, length) = self.place().unwrap_or_default();
        let needed = (u128::from(self.elements) * u128::from(self.bits)).div_ceil(8);
        if let Some(length) = length.filter(|&length| u128::from(length) != needed) {
            return Err(self.other_count(needed, length));
        }
        let size = source.seek(SeekFrom::End(0)).map_err(|error| why(&error))?;
        let bytes = u64::try_from(needed).ok();
        let bytes = bytes.filter(|&bytes| offset.checked_add(bytes).is_some_and(|end| end <= size));
        bytes.map(|bytes| (offset, bytes)).ok_or_else(|| {
            text!(
                "{needed} bytes from byte {offset} on are more than a file of {size} bytes has",
                "从第 {offset} 字节起需要 {needed} 字节,而文件只有 {size} 字节"
            )
        })
    }

    /// Reads what lies one behind the other: `take` adds what is in some bytes to what it has made of those before.
    fn raw<T>(
        &self,
        source: &mut dyn Source,
        mut take: impl FnMut(&[u8], &mut Vec<T>) -> Result<(), Text>,
    ) -> Result<Vec<T>, Text> {
        let (offset, mut left) = self.bytes(source)?;
        source.seek(SeekFrom::Start(offset)).map_err(|error| why(&error))?;
        let elements = usize::try_from(self.elements).unwrap_or(usize::MAX);
        let chunk = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let (mut values, mut buffer) = (Vec::with_capacity(elements), vec![0; chunk]);
        while left > 0 {
            buffer.truncate(usize::try_from(left).unwrap_or(CHUNK));
            source.read_exact(&mut buffer).map_err(|error| why(&error))?;
            left -= buffer.len() as u64;
            take(&buffer, &mut values)?;
        }
        Ok(values)
    }

    /// Makes elements of bytes, each of its bits, which may begin in the bytes before.
    fn take<T>(
        &self,
        bytes: &[u8],
        held: &mut Held,
        values: &mut Vec<T>,
        make: impl Fn(u64) -> Result<T, Text>,
    ) -> Result<(), Text> {
        match self.bits {
            8 => whole::<1, T>(bytes, values, make),
            16 => whole::<2, T>(bytes, values, make),
            32 => whole::<4, T>(bytes, values, make),
            64 => whole::<8, T>(bytes, values, make),
            bits => bytes.iter().try_for_each(|&byte| {
                held.take(byte.into(), 8, bits, |bits| {
                    if (values.len() as u64) < self.elements {
                        values.push(make(bits)?);
                    }
                    Ok(())
                })
            }),
        }
    }

    fn listed<T>(
        &self,
        source: &mut dyn Source,
        field: u32,
        parts: &[(u64, u64)],
        make: impl Fn(u64) -> Result<T, Text>,
    ) -> Result<Vec<T>, Text> {
        if field != list(self.tensor.kind) {
            let kind = self.tensor.kind.0;
            return Err(text!(
                "they stand in field {field}, which is not for those of type {kind}",
                "它们在字段 {field} 中,该字段不用于类型 {kind}"
            ));
        }
        let mut values = vec![];
        let too_many = || text!("there are more than its sizes say", "数量多于其大小所示");
        let mut take = |written: u64| {
            // Of two and four bits, a byte full stands in a number.
            let width = if self.bits < 6 { 8 } else { self.bits };
            let beyond = if width == 64 { 0 } else { written.cast_signed() >> width };
            if !(beyond == 0 || beyond == -1) {
                return Err(text!("a number of it has more than {width} bits", "其中一个数超过 {width} 位"));
            }
            if values.len() as u64 == self.elements {
                return Err(too_many());
            }
            Held::default().take(written & (u64::MAX >> (64 - width)), width, self.bits, |bits| {
                if (values.len() as u64) < self.elements {
                    values.push(make(bits)?);
                }
                Ok(())
            })
        };
        let wire = Wire::new(source).and_then(|mut wire| {
            for &(at, length) in parts {
                wire.go(at)?;
                wire.each(at.saturating_add(length), |wire, part| {
                    each_number(wire, part, field, |wire, written| {
                        take(written).map_err(|why| mistake(wire.at(), why))
                    })
                })?;
            }
            Ok(())
        });
        wire.map_err(|mistake| text!("{mistake}", "{mistake:#}"))?;
        if (values.len() as u64) < self.elements {
            return Err(self.other_count(self.elements.into(), values.len() as u64));
        }
        Ok(values)
    }

    fn other_count(&self, needed: u128, there: u64) -> Text {
        let dims: Vec<_> = self.tensor.dims.iter().take(9).map(u64::to_string).collect();
        let (dims, kind) = (dims.join("×"), self.tensor.kind.0);
        text!(
            "there should be {needed}, for {dims} of type {kind}, and there are {there}",
            "{dims}(类型 {kind})应有 {needed},实有 {there}"
        )
    }
}

/// Gives each number of a field to `take`: that which stands alone, or all of a packed list.
fn each_number(
    wire: &mut Wire<'_>,
    part: Field,
    list: u32,
    mut take: impl FnMut(&mut Wire<'_>, u64) -> Outcome,
) -> Outcome {
    if part.bits().is_some() {
        let bits = match list {
            FLOATS => part.float()?.to_bits().into(),
            DOUBLES => part.double()?.to_bits(),
            _ => part.int()?.cast_unsigned(),
        };
        return take(wire, bits);
    }
    let end = part.end()?;
    while wire.at() < end {
        let bits = match list {
            FLOATS => u32::from_le_bytes(wire.fixed(end)?).into(),
            DOUBLES => u64::from_le_bytes(wire.fixed(end)?),
            _ => wire.varint(end)?,
        };
        take(wire, bits)?;
    }
    Ok(())
}

/// Makes an element of every `N` bytes.
fn whole<const N: usize, T>(
    bytes: &[u8],
    values: &mut Vec<T>,
    make: impl Fn(u64) -> Result<T, Text>,
) -> Result<(), Text> {
    for element in bytes.as_chunks::<N>().0 {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(element) {
            *to = *from;
        }
        values.push(make(u64::from_le_bytes(word))?);
    }
    Ok(())
}

/// Bits that wait until an element of fewer or more bits than a byte is full: the lowest are the first.
#[derive(Default)]
struct Held {
    bits: u64,
    count: u32,
}

impl Held {
    /// Takes so many more bits, and gives every element of `width` bits.
    fn take(
        &mut self,
        bits: u64,
        count: u32,
        width: u32,
        mut give: impl FnMut(u64) -> Result<(), Text>,
    ) -> Result<(), Text> {
        if count == width {
            return give(bits);
        }
        self.bits |= bits << self.count;
        self.count += count;
        while self.count >= width {
            give(self.bits & ((1 << width) - 1))?;
            self.bits >>= width;
            self.count -= width;
        }
        Ok(())
    }
}
