//! `Pad`.

use super::cut::Part;
use crate::op::pad::{Mode, Pad};
use crate::read::onnx::call::Call;
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// The most axes that are filled with what is inside in one go.
const MOST_AXES: usize = 3;

/// What an axis gets in front and behind; what is negative is cut off.
type Sides = (i64, i64);

/// `Pad`, whose amounts are an attribute in early versions and an input later.
pub(super) fn pad(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let sides = sides(import, call, input.rank())?;
    let padded = match call.node.text("mode").unwrap_or("constant") {
        "constant" => {
            let value = match call.node.float("value") {
                Some(value) => Some(crate::read::onnx::call::decimal(value)),
                None if call.has(2) => import.scalar(call, 2),
                None => Some(0.0),
            };
            let value = value.ok_or_else(|| {
                Refusal::Unsupported(text!("it is filled with what is computed", "用计算得出的值填充"))
            })?;
            import.filled(&input, &sides, value)?
        }
        "reflect" => import.continued(&input, &sides, Mode::Reflect)?,
        "edge" => import.continued(&input, &sides, Mode::Replicate)?,
        "wrap" => import.wrapped(&input, &sides)?,
        other => return Err(Refusal::Wrong(text!("`mode` is `{other}`", "`mode` 的值为 `{other}`"))),
    };
    Ok(vec![Value::Tensor(padded)])
}

/// What each axis gets.
fn sides(import: &Importer<'_>, call: &Call<'_>, rank: usize) -> Mapped<Vec<Sides>> {
    let amounts = match call.node.ints("pads").or(call.node.ints("paddings")) {
        Some(amounts) => amounts.to_vec(),
        None => import.ints(call, 1)?.unwrap_or_default(),
    };
    let axes = match import.ints(call, 3)? {
        Some(axes) => axes.iter().map(|&index| axis(index, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    let (found, count) = (amounts.len(), axes.len());
    if found != 2 * count {
        return Err(Refusal::Wrong(text!(
            "`pads` has {found} values for {count} axes",
            "有 {count} 个轴,而 `pads` 有 {found} 个值"
        )));
    }
    let (before, after) = amounts.split_at(count);
    let mut sides = vec![(0, 0); rank];
    for ((&axis, &before), &after) in axes.iter().zip(before).zip(after) {
        sides[axis] = (before, after);
    }
    Ok(sides)
}

/// The sizes with what is added and cut off.
fn grown(dims: &[u64], sides: &[Sides]) -> Mapped<Vec<u64>> {
    let size = |(&size, &(before, after)): (&u64, &Sides)| {
        let sum = i128::from(size) + i128::from(before) + i128::from(after);
        u64::try_from(sum).ok().filter(|&size| size > 0).ok_or_else(|| {
            Refusal::Unsupported(text!("nothing is left of {size} elements", "{size} 个元素没有剩下任何一个"))
        })
    };
    dims.iter().zip(sides).map(size).collect()
}

impl Importer<'_> {
    /// A number all around.
    fn filled(&mut self, input: &Tensor, sides: &[Sides], value: f64) -> Mapped<Tensor> {
        let Some(first) = sides.iter().position(|&sides| sides != (0, 0)) else { return Ok(input.clone()) };
        let dims = grown(&input.dims, sides)?;
        let (tensor, _) = self.along(input, first)?;
        let padding = sides[first..].iter().rev().flat_map(|&(before, after)| [before, after]).collect();
        let op = Pad { padding, mode: Mode::Constant, value };
        self.draft.emit(op, &[&tensor], vec![], &dims, input.kind)
    }

    /// What is inside, mirrored or repeated.
    fn continued(&mut self, input: &Tensor, sides: &[Sides], mode: Mode) -> Mapped<Tensor> {
        let (mut tensor, sides) = self.cropped(input, sides)?;
        let Some(first) = sides.iter().position(|&sides| sides != (0, 0)) else { return Ok(tensor) };
        // The operator takes channels and what is filled; filled along one axis after the other, it comes to the same.
        if sides.len() - first <= MOST_AXES {
            let dims = grown(&tensor.dims, &sides)?;
            let padding = sides[first..].iter().rev().flat_map(|&(before, after)| [before, after]).collect();
            let flat = [&[tensor.dims[..first].iter().product()], &tensor.dims[first..]].concat();
            let sample = self.draft.as_sample(&tensor, &flat)?;
            return self.draft.emit(Pad { padding, mode, value: 0.0 }, &[&sample], vec![], &dims, input.kind);
        }
        for (axis, &(before, after)) in sides.iter().enumerate().filter(|(_, sides)| **sides != (0, 0)) {
            let (leading, behind) = (&tensor.dims[..axis], &tensor.dims[axis + 1..]);
            let flat = [leading.iter().product(), tensor.dims[axis], behind.iter().product()];
            let mut dims = tensor.dims.to_vec();
            let added = before.unsigned_abs().saturating_add(after.unsigned_abs());
            dims[axis] = dims[axis].saturating_add(added);
            let sample = self.draft.as_sample(&tensor, &flat)?;
            let op = Pad { padding: vec![0, 0, before, after], mode, value: 0.0 };
            tensor = self.draft.emit(op, &[&sample], vec![], &dims, input.kind)?;
        }
        Ok(tensor)
    }

    /// The other end on either side.
    fn wrapped(&mut self, input: &Tensor, sides: &[Sides]) -> Mapped<Tensor> {
        let (mut tensor, sides) = self.cropped(input, sides)?;
        for (axis, &(before, after)) in sides.iter().enumerate() {
            let size = tensor.dims[axis];
            let [before, after] = [before, after].map(i64::unsigned_abs);
            if before > size || after > size {
                return Err(Refusal::Unsupported(text!(
                    "{size} elements go around more than once",
                    "{size} 个元素环绕不止一圈"
                )));
            }
            let mut parts = vec![];
            if before > 0 {
                parts.push(self.part(&tensor, axis, Part::run(size - before, before))?);
            }
            parts.push(tensor.clone());
            if after > 0 {
                parts.push(self.part(&tensor, axis, Part::run(0, after))?);
            }
            if parts.len() > 1 {
                tensor = self.concatenated(&parts, axis)?;
            }
        }
        Ok(tensor)
    }

    /// What is left when negative sides have been cut off, and the other sides.
    fn cropped(&mut self, input: &Tensor, sides: &[Sides]) -> Mapped<(Tensor, Vec<Sides>)> {
        let cut: Vec<Sides> = sides.iter().map(|&(before, after)| (before.min(0), after.min(0))).collect();
        let dims = grown(&input.dims, &cut)?;
        let mut tensor = input.clone();
        for (axis, (&(before, _), &count)) in cut.iter().zip(&dims).enumerate() {
            tensor = self.part(&tensor, axis, Part::run(before.unsigned_abs(), count))?;
        }
        let rest = sides.iter().map(|&(before, after)| (before.max(0), after.max(0))).collect();
        Ok((tensor, rest))
    }
}
