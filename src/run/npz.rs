//! NumPy's files of named arrays: each is a member of a zip, `NAME.npy`.

use std::io::{BufReader, Read};

use candle_core::{DType, Device, Tensor};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::archive::{Bytes, Entry, of, unread};
use super::npy::Header;
use crate::text;
use crate::text::Text;

type Zip = BufReader<Box<dyn Bytes>>;

/// Such a file, open.
pub(super) struct Npz(ZipArchive<Zip>);

impl Npz {
    /// Opens it and finds out what it holds, in its order; the place of each is the number of the member.
    pub(super) fn open(file: Box<dyn Bytes>) -> Result<(Self, Vec<Entry>), Text> {
        let mut archive = Self(ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(&error))?);
        if archive.0.has_duplicate_names() {
            return Err(text!("two of its members have one name", "其中有两个成员同名"));
        }
        let mut entries = vec![];
        for place in 0..archive.0.len() as u64 {
            let mut member = archive.member(place)?;
            let name = member.name().map_err(|error| zip_error(&error))?.into_owned();
            let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else {
                return Err(text!(
                    "`{name}` in it is no array; save a `state_dict` with safetensors, or with numpy.savez",
                    "其中的 `{name}` 不是数组;请用 safetensors 或 numpy.savez 保存 `state_dict`"
                ));
            };
            let header = Header::of_member(&mut member).map_err(|why| of(&name, &why))?;
            let Header { dtype, dims, bytes, .. } = header;
            entries.push(Entry { name, dtype, dims, bytes, place });
        }
        Ok((archive, entries))
    }

    /// Reads an array, to the end of its member: only there is what was read held against the checksum.
    pub(super) fn read(&mut self, place: u64, dtype: DType, device: &Device) -> Result<Tensor, Text> {
        let mut member = self.member(place)?;
        let tensor = Header::of_member(&mut member)?.stored().read(&mut member, dtype, device, |_| Ok(()))?;
        match member.read(&mut [0]) {
            Ok(0) => Ok(tensor),
            Ok(_) => Err(other_bytes()),
            Err(error) => Err(unread(&error)),
        }
    }

    fn member(&mut self, place: u64) -> Result<ZipFile<'_, Zip>, Text> {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        self.0.by_index(place).map_err(|error| zip_error(&error))
    }
}

impl Header {
    /// Reads the header of a member, which is as long as its array.
    fn of_member(member: &mut ZipFile<'_, Zip>) -> Result<Self, Text> {
        let method = member.compression();
        if ![CompressionMethod::Stored, CompressionMethod::Deflated].contains(&method) {
            let method = method.to_string().to_lowercase();
            return Err(text!(
                "it is compressed with {method}, which is not read; save it with numpy.savez_compressed",
                "它用 {method} 压缩,无法读取;请用 numpy.savez_compressed 保存"
            ));
        }
        let size = member.size();
        let header = Self::read(member)?;
        let whole = (header.length as u64).checked_add(header.bytes as u64);
        if whole == Some(size) { Ok(header) } else { Err(other_bytes()) }
    }
}

fn other_bytes() -> Text {
    text!("it has other bytes than its shape", "字节数与形状不符")
}

fn zip_error(error: &zip::result::ZipError) -> Text {
    text!("it is no readable .npz: {error}", "它不是可读的 .npz:{error}")
}
