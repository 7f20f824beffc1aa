//! Operators that ask for sizes or change nothing else.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::place::index;
use super::rule::{axis, elements, marked};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

pub(super) fn shape(call: &Call) -> Answer {
    let dims = &call.input(0)?.dims;
    // Both are clamped: an end behind the last size is the last.
    let place = |name, otherwise: usize| {
        let rank = dims.len() as u64;
        call.node.int(name).map_or(otherwise, |place| {
            index(if place < 0 {
                rank.saturating_sub(place.unsigned_abs())
            } else {
                place.unsigned_abs().min(rank)
            })
        })
    };
    let (start, end) = (place("start", 0), place("end", dims.len()));
    let sizes = dims.get(start..end).unwrap_or_default().iter().map(|&size| int(size));
    Ok(Some(vec![Array::list(sizes.collect::<Result<Vec<_>, _>>()?)]))
}

pub(super) fn size(call: &Call) -> Answer {
    Ok(Some(vec![Array::scalar(int(elements(&call.input(0)?.dims)?)?)]))
}

fn int(size: u64) -> Result<i64, Text> {
    i64::try_from(size).map_err(|_| text!("{size} does not fit into 64 bits", "{size} 超出 64 位"))
}

pub(super) fn identity(call: &Call) -> Answer {
    Ok(Some(vec![call.input(0)?.clone()]))
}

/// Without training: nothing is dropped, and the mask is true everywhere.
pub(super) fn dropout(call: &Call) -> Answer {
    let input = call.input(0)?;
    let is_training = match call.optional(2) {
        Some(mode) => mode.ints() != Some(&[0]),
        None => call.opset < 7 && !call.flag("is_test", false),
    };
    if is_training {
        return Ok(None);
    }
    let mut given = vec![input.clone()];
    // Below version 12 nothing says what the mask is without training.
    if call.opset >= 12 {
        let ones = |dims: &[u64]| Ok(Some(Numbers::Ints(vec![1; index(dims.iter().product())].into())));
        given.push(call.array(input.dims.clone(), Kind::BOOL, ones)?);
    }
    Ok(Some(given))
}

pub(super) fn reshape(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Ok(asked) = call.listed("shape", 1) else {
        return Ok(None);
    };
    let asked = asked.ok_or_else(|| text!("Reshape is given no shape", "Reshape 没有给出形状"))?;
    Ok(Some(vec![same(input, reshaped(&input.dims, asked, call.flag("allowzero", false))?)]))
}

/// The sizes that `asked` makes of `dims`: 0 keeps the size at its place unless `keeps_zero`, and -1 is what the others leave.
fn reshaped(dims: &[u64], asked: &[i64], keeps_zero: bool) -> Result<Vec<u64>, Text> {
    let wrong = |why: Text| {
        let Text { english, chinese } = why;
        text!("{dims:?} cannot become {asked:?}: {english}", "{dims:?} 不能变为 {asked:?}:{chinese}")
    };
    let mut inferred = None;
    let mut sizes = Vec::with_capacity(asked.len());
    for (place, &size) in asked.iter().enumerate() {
        sizes.push(match size {
            0 if !keeps_zero => *dims.get(place).ok_or_else(|| {
                let number = place + 1;
                wrong(text!("there is no dimension {number} to keep", "没有可保持的第 {number} 维"))
            })?,
            -1 if inferred.is_none() => {
                inferred = Some(place);
                1
            }
            -1 => return Err(wrong(text!("two sizes are left open", "有两个尺寸待推出"))),
            _ => u64::try_from(size).map_err(|_| wrong(text!("a size is {size}", "尺寸为 {size}")))?,
        });
    }
    let (all, known) = (elements(dims)?, elements(&sizes)?);
    if let Some(place) = inferred {
        // Of nothing, any size could be left.
        sizes[place] = all
            .checked_div(known)
            .filter(|size| size * known == all)
            .ok_or_else(|| wrong(text!("{known} does not divide {all}", "{all} 不能被 {known} 整除")))?;
    } else if all != known {
        return Err(wrong(text!("{all} elements are not {known}", "元素个数 {all} 不等于 {known}")));
    }
    Ok(sizes)
}

/// The same elements in other sizes.
fn same(input: &Array, dims: Vec<u64>) -> Array {
    Array { dims, kind: input.kind, numbers: input.numbers.clone() }
}

pub(super) fn flatten(call: &Call) -> Answer {
    let input = call.input(0)?;
    // It may lie behind the last.
    let at = match call.node.int("axis").unwrap_or(1) {
        place if usize::try_from(place) == Ok(input.dims.len()) => input.dims.len(),
        place => axis(place, input.dims.len())?,
    };
    let (rows, columns) = input.dims.split_at(at);
    Ok(Some(vec![same(input, vec![elements(rows)?, elements(columns)?])]))
}

pub(super) fn squeeze(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Ok(axes) = call.listed("axes", 1) else {
        return Ok(None);
    };
    let gone = match axes {
        Some(axes) => marked(axes, input.dims.len())?,
        None => input.dims.iter().map(|&size| size == 1).collect(),
    };
    let sizes = input.dims.iter().zip(gone).enumerate();
    if let Some((axis, (size, _))) = sizes.clone().find(|(_, (size, is_gone))| *is_gone && **size != 1) {
        return Err(text!("axis {axis} has size {size} and is to go", "要去掉的轴 {axis} 的尺寸为 {size}"));
    }
    let dims = sizes.filter(|(_, (_, is_gone))| !is_gone).map(|(_, (&size, _))| size).collect();
    Ok(Some(vec![same(input, dims)]))
}

pub(super) fn unsqueeze(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Ok(axes) = call.listed("axes", 1) else {
        return Ok(None);
    };
    let axes = axes.ok_or_else(|| text!("Unsqueeze is given no axes", "Unsqueeze 没有给出轴"))?;
    let mut sizes = input.dims.iter();
    let is_new = marked(axes, input.dims.len() + axes.len())?;
    let dims = is_new.into_iter().filter_map(|is_new| if is_new { Some(1) } else { sizes.next().copied() });
    Ok(Some(vec![same(input, dims.collect())]))
}
