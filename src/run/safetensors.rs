//! The header of a safetensors file, held to what the reference implementation holds it to.
//!
//! As <https://huggingface.co/docs/safetensors> has it: a length, a header in JSON, and numbers, of which every byte belongs to
//! one tensor. The header is read as a stream: it takes the memory of its tensors, whatever else stands in it.

use std::fmt;
use std::io::{BufReader, Read};

use candle_core::DType;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::archive::{Entry, no_archive, unread};
use super::npy::bytes_of;
use crate::shape::MOST_DIMENSIONS;
use crate::text;
use crate::text::Text;

/// The longest header, as the reference implementation has it.
const LONGEST: u64 = 100_000_000;

/// What stands before the numbers.
pub(super) struct Header {
    /// The tensors, by their names. The place of each is its first byte, counted from the end of the header.
    pub(super) entries: Vec<Entry>,
    /// Bytes up to the first number.
    pub(super) length: u64,
    /// Bytes of all numbers.
    pub(super) bytes: u64,
}

impl Header {
    /// Reads it, and nothing behind it; `total` is how long the file is, if that is known.
    pub(super) fn read(mut file: impl Read, total: Option<u64>) -> Result<Self, Text> {
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|error| unread(&error))?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST || total.is_some_and(|total| length > total.saturating_sub(8)) {
            return Err(no_archive());
        }
        let mut json = serde_json::Deserializer::from_reader(BufReader::new(file.take(length)));
        let mut refused = None;
        let entries =
            json.deserialize_map(Tensors(&mut refused)).and_then(|entries| json.end().map(|()| entries));
        let mut entries = entries.map_err(|error| {
            refused
                .unwrap_or_else(|| text!("its header is not understood: {error}", "无法理解其头部:{error}"))
        })?;
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        if let Some(twice) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            let name = &twice[0].name;
            return Err(text!("there are two tensors called `{name}`", "有两个张量都叫 `{name}`"));
        }
        let bytes = covered(&entries)?;
        Ok(Self { entries, length: 8 + length, bytes })
    }
}

/// How many bytes the tensors cover: each begins where the one before it ends.
fn covered(entries: &[Entry]) -> Result<u64, Text> {
    let mut in_order: Vec<&Entry> = entries.iter().collect();
    in_order.sort_unstable_by_key(|entry| (entry.place, entry.bytes));
    let mut end = 0;
    for (index, entry) in in_order.iter().enumerate() {
        let (name, place) = (&entry.name, entry.place);
        if place < end {
            let other = &in_order[index - 1].name;
            return Err(text!("`{name}` and `{other}` overlap", "`{name}` 与 `{other}` 重叠"));
        }
        if place > end {
            return Err(text!(
                "the bytes from {end} to {place}, before `{name}`, are no tensor's",
                "`{name}` 之前从 {end} 到 {place} 的字节不属于任何张量"
            ));
        }
        // Both are within `data_offsets`.
        end = place + entry.bytes as u64;
    }
    Ok(end)
}

/// All that is listed; where a tensor is refused, why.
struct Tensors<'r>(&'r mut Option<Text>);

impl<'de> Visitor<'de> for Tensors<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("tensors by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Entry>, A::Error> {
        let mut entries = vec![];
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<Option<Metadata>>()?;
                continue;
            }
            let entry = match map.next_value::<Described>() {
                Ok(described) => described.entry(name),
                Err(error) => Err(text!("`{name}` is not understood: {error}", "无法理解 `{name}`:{error}")),
            };
            entries.push(entry.map_err(|why| {
                *self.0 = Some(why);
                A::Error::custom("it is refused")
            })?);
        }
        Ok(entries)
    }
}

/// A tensor, as it is listed.
#[derive(Deserialize)]
struct Described {
    dtype: String,
    #[serde(deserialize_with = "sizes")]
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Described {
    fn entry(self, name: String) -> Result<Entry, Text> {
        let Self { dtype: written, shape: dims, data_offsets: (from, to) } = self;
        let dtype = dtype(&written)
            .ok_or_else(|| text!("`{name}` is of the type {written}", "`{name}` 的类型是 {written}"))?;
        match bytes_of(&dims, dtype) {
            Some(bytes) if to.checked_sub(from) == Some(bytes as u64) => {
                Ok(Entry { name, dtype, dims, bytes, place: from })
            }
            Some(_) | None => {
                Err(text!("`{name}` has other bytes than its shape", "`{name}` 的字节数与形状不符"))
            }
        }
    }
}

fn dtype(name: &str) -> Option<DType> {
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

/// The sizes of a tensor, no more of them than one has.
fn sizes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    struct Sizes;

    impl<'de> Visitor<'de> for Sizes {
        type Value = Vec<usize>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "at most {MOST_DIMENSIONS} sizes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<usize>, A::Error> {
            let mut sizes = vec![];
            while let Some(size) = seq.next_element()? {
                if sizes.len() == MOST_DIMENSIONS {
                    return Err(A::Error::invalid_length(MOST_DIMENSIONS + 1, &self));
                }
                sizes.push(size);
            }
            Ok(sizes)
        }
    }

    deserializer.deserialize_seq(Sizes)
}

/// What a file says of itself, texts by their names, of which none is kept.
struct Metadata;

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("texts by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                while map.next_entry::<IgnoredAny, String>()?.is_some() {}
                Ok(Metadata)
            }
        }

        deserializer.deserialize_map(Texts)
    }
}
