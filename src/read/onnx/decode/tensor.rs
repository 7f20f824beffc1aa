//! Tensors that are given in a file: all but their numbers.

use std::sync::Arc;

use super::attribute::ints;
use super::entry;
use crate::read::onnx::messages::{Data, Kind, Tensor};
use crate::read::onnx::wire::{Field, Outcome, Wire, mistake, shown};
use crate::text;

/// Where `data_location` says that the numbers are, if they are in another file.
const EXTERNAL: i32 = 1;

/// What is told of numbers in another file.
const KEYS: [&str; 3] = ["location", "offset", "length"];

pub(super) fn tensor(wire: &mut Wire<'_>, end: u64) -> Outcome<Tensor> {
    let at = wire.at();
    let (mut tensor, mut location) = (Tensor::default(), 0);
    let mut external: [Option<(u64, Arc<str>)>; 3] = Default::default();
    wire.each(end, |wire, field| {
        match field.number {
            1 => dims(wire, field, &mut tensor.dims)?,
            2 => tensor.kind = Kind(field.int32()?),
            3 => {
                let why = text!("tensors in segments are not read", "不支持分段存储的张量");
                return Err(mistake(field.at, why));
            }
            4..=7 | 9..=11 => note(wire, field, &mut tensor.data)?,
            8 => tensor.name = wire.name(field.end()?)?,
            13 => {
                if let Some((key, value)) = entry(wire, field.end()?, |key| KEYS.contains(&key))? {
                    let slot = KEYS.iter().zip(&mut external).find(|(known, _)| **known == &*key);
                    if let Some((_, slot)) = slot {
                        *slot = Some((field.at, value));
                    }
                }
            }
            14 => location = field.int32()?,
            _ => {}
        }
        Ok(())
    })?;
    if location == EXTERNAL {
        let [location, offset, length] = external;
        let Some((_, location)) = location else {
            let name = shown(&tensor.name);
            let why = text!(
                "`{name}` lies in another file, and which is not said",
                "`{name}` 存储在另一个文件中,但未指明是哪个"
            );
            return Err(mistake(at, why));
        };
        let [offset, length] = [number(offset)?, number(length)?];
        tensor.data = Data::External { location, offset: offset.unwrap_or(0), length };
    }
    Ok(tensor)
}

/// Sizes, alone or packed.
pub(super) fn dims(wire: &mut Wire<'_>, field: Field, dims: &mut Vec<u64>) -> Outcome {
    let mut sizes = vec![];
    ints(wire, field, &mut sizes)?;
    for size in sizes {
        let size = u64::try_from(size)
            .map_err(|_| mistake(field.at, text!("a tensor has the size {size}", "张量的大小为 {size}")))?;
        wire.push(dims, size)?;
    }
    Ok(())
}

/// The most bytes of numbers that are read with what a file says: those of settings, and of sizes that follow from one another.
const SMALL: u64 = 64;

/// Notes where numbers are: those of a field, which wait there.
fn note(wire: &mut Wire<'_>, field: Field, data: &mut Data) -> Outcome {
    const RAW: u32 = 9;
    let (at, is_alone) = (wire.at(), field.number != RAW && field.bits().is_some());
    let end = if is_alone { at } else { field.end()? };
    if !is_alone && end == at {
        // A list without numbers says nothing.
        return Ok(());
    }
    match data {
        Data::Nothing if field.number == RAW && end - at <= SMALL => {
            *data = Data::Small(wire.bytes(end)?.into());
        }
        Data::Nothing if field.number == RAW => *data = Data::Raw { offset: at, length: end - at },
        Data::Nothing => {
            let mut parts = vec![];
            wire.push(&mut parts, (field.at, end - field.at))?;
            *data = Data::Listed { field: field.number, parts };
        }
        Data::Listed { field: number, parts } if *number == field.number => match parts.last_mut() {
            Some((from, length)) if *from + *length == field.at => *length = end - *from,
            _ => wire.push(parts, (field.at, end - field.at))?,
        },
        Data::Raw { .. } | Data::Small(_) | Data::Listed { .. } | Data::External { .. } | Data::Sparse => {
            let why = text!("this tensor has its numbers twice", "这个张量的数值给出了两次");
            return Err(mistake(field.at, why));
        }
    }
    Ok(())
}

/// A number that is written out.
fn number(written: Option<(u64, Arc<str>)>) -> Outcome<Option<u64>> {
    let Some((at, written)) = written else { return Ok(None) };
    let number = written.parse().map_err(|_| {
        let written = shown(&written);
        mistake(at, text!("`{written}` is no number of bytes", "`{written}` 不是字节数"))
    })?;
    Ok(Some(number))
}
