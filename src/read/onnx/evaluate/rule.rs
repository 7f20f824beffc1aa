//! Rules about sizes and axes that operators share.

use super::super::array;
use crate::text;
use crate::text::Text;

/// How many elements an array of these sizes has. An error if no number holds that.
pub(super) fn elements(dims: &[u64]) -> Result<u64, Text> {
    array::elements(dims)
        .ok_or_else(|| text!("{dims:?} has more than 2^64 elements", "{dims:?} 的元素超过 2^64 个"))
}

/// The sizes of arrays together, as NumPy has it: aligned at the last axis, a size of 1 or a missing one is repeated. An error
/// if two sizes differ and neither is 1.
pub(in crate::read::onnx) fn broadcast(dims: &[&[u64]]) -> Result<Vec<u64>, Text> {
    let rank = dims.iter().map(|dims| dims.len()).max().unwrap_or(0);
    let mut together = vec![1; rank];
    for other in dims {
        for (size, &wanted) in together[rank - other.len()..].iter_mut().zip(*other) {
            if *size == 1 {
                *size = wanted;
            } else if wanted != 1 && wanted != *size {
                let list = dims.iter().map(|dims| format!("{dims:?}")).collect::<Vec<_>>();
                let (english, chinese) = (list.join(", "), list.join("、"));
                return Err(text!("sizes do not go together: {english}", "尺寸不能广播到一起:{chinese}"));
            }
        }
    }
    Ok(together)
}

/// An axis of an array of `rank` dimensions; from the end if negative. An error if there is none.
pub(in crate::read::onnx) fn axis(index: i64, rank: usize) -> Result<usize, Text> {
    resolved(index, rank as u64)
        .and_then(|axis| usize::try_from(axis).ok())
        .ok_or_else(|| text!("{rank} dimensions have no axis {index}", "{rank} 维数组没有轴 {index}"))
}

/// The place that an index names among `size`, from the end if negative; `None` if there is none.
pub(in crate::read::onnx) fn resolved(index: i64, size: u64) -> Option<u64> {
    let place = if index < 0 { size.checked_sub(index.unsigned_abs())? } else { index.unsigned_abs() };
    (place < size).then_some(place)
}

/// The axes that these indices name, each once, as a mask. An error if one is not there or there twice.
pub(super) fn marked(axes: &[i64], rank: usize) -> Result<Vec<bool>, Text> {
    let mut mask = vec![false; rank];
    for &index in axes {
        if std::mem::replace(&mut mask[axis(index, rank)?], true) {
            return Err(text!("axis {index} is named twice", "轴 {index} 出现了两次"));
        }
    }
    Ok(mask)
}

/// A size out of a file. An error if it is negative.
pub(super) fn size(value: i64) -> Result<u64, Text> {
    u64::try_from(value).map_err(|_| text!("a size is {value}", "尺寸为 {value}"))
}
