//! Weights as a safetensors file: <https://huggingface.co/docs/safetensors>.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use candle_core::{DType, Device, Error, Result, Tensor};

use super::pieces::each;

/// Writes tensors, each with its name, one after the other.
pub(super) fn save(tensors: &[(String, Tensor)], path: &Path) -> Result<()> {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, tensor) in tensors {
        let start = end;
        end += tensor.elem_count() * tensor.dtype().size_in_bytes();
        let described = serde_json::json!({
            "dtype": dtype(tensor.dtype())?, "shape": tensor.dims(), "data_offsets": [start, end],
        });
        header.insert(name.clone(), described);
    }
    let mut header = serde_json::to_string(&header).map_err(Error::wrap)?;
    // Numbers begin at a multiple of 8 bytes.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for (_, tensor) in tensors {
        each(&tensor.to_device(&Device::Cpu)?, &mut |piece| piece.write_bytes(&mut file))?;
    }
    Ok(file.flush()?)
}

/// What the format calls a type of weights.
#[expect(clippy::wildcard_enum_match_arm, reason = "weights are floats")]
fn dtype(dtype: DType) -> Result<&'static str> {
    match dtype {
        DType::F64 => Ok("F64"),
        DType::F32 => Ok("F32"),
        DType::F16 => Ok("F16"),
        DType::BF16 => Ok("BF16"),
        other => Err(Error::UnsupportedDTypeForOp(other, "save")),
    }
}
