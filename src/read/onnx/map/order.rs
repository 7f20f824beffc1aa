//! What looks along an axis: the largest elements and their places, running sums, triangles and repetitions.

use super::shape::{all_sizes_of, sizes_of};
use crate::op::Op;
use crate::op::argmax::{ArgMax, ArgMin};
use crate::op::cumsum::CumSum;
use crate::op::one_hot::OneHot;
use crate::op::tile::Tile;
use crate::op::topk::TopK;
use crate::op::triangle::{Tril, Triu};
use crate::read::onnx::call::{Call, size};
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::Kind;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// `None` for an operator that is none of these.
pub(super) fn order(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    Some(match &*call.node.operator {
        "ArgMax" | "ArgMin" => place_of_extreme(import, call),
        "TopK" => largest(import, call),
        "CumSum" => running_sum(import, call),
        "OneHot" => one_hot(import, call),
        "Trilu" => triangle(import, call),
        "Tile" => tile(import, call),
        _ => return None,
    })
}

/// `ArgMax` and `ArgMin`.
fn place_of_extreme(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    let along = axis(call.int_or("axis", 0), input.rank())?;
    // The last of several is the first from behind.
    let is_last = call.int_or("select_last_index", 0) != 0;
    let input = if is_last { import.flipped(&input, along)? } else { input };
    let (tensor, dim) = import.along(&input, along)?;
    let keepdim = call.int_or("keepdims", 1) != 0;
    let op: Op = match &*call.node.operator {
        "ArgMax" => ArgMax { dim, keepdim }.into(),
        _ => ArgMin { dim, keepdim }.into(),
    };
    let place = import.draft.emit(op, &[&tensor], vec![], &dims, Kind::INT64)?;
    #[expect(clippy::cast_precision_loss, reason = "no axis is that long")]
    let last = input.dims[along].saturating_sub(1) as f64;
    Ok(vec![Value::Tensor(if is_last { import.affine(&place, -1.0, last)? } else { place })])
}

/// `TopK`: a node for the values, and one for their places.
fn largest(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let along = axis(call.int_or("axis", -1), input.rank())?;
    let dims = match call.node.int("k") {
        // An attribute in the first version.
        Some(k) => {
            let mut dims = input.dims.to_vec();
            dims[along] = crate::read::onnx::call::natural(k)?;
            dims
        }
        None => all_sizes_of(import, call, &input)?.into_iter().next().ok_or(Refusal::Lost)?,
    };
    if let Some(empty) = import.empty(&dims, input.kind) {
        return Ok(vec![empty.clone(), empty]);
    }
    let (tensor, dim) = import.along(&input, along)?;
    let (k, largest) = (size(dims[along])?, call.int_or("largest", 1) != 0);
    let mut outputs = vec![];
    for (output, indices) in [(0, false), (1, true)] {
        let kind = if indices { Kind::INT64 } else { input.kind };
        let op = TopK { k, dim, largest, indices };
        outputs.push(if call.wants(output) {
            Value::Tensor(import.draft.emit(op, &[&tensor], vec![], &dims, kind)?)
        } else {
            Value::Lost(None)
        });
    }
    Ok(outputs)
}

/// `CumSum`, along an axis that is an input.
fn running_sum(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let along = match import.ints(call, 1)?.as_deref() {
        Some(&[index]) => axis(index, input.rank())?,
        _ => return Err(Refusal::Wrong(text!("it names no axis", "没有给出轴"))),
    };
    let [exclusive, reverse] = ["exclusive", "reverse"].map(|name| call.int_or(name, 0) != 0);
    let (tensor, dim) = import.along(&input, along)?;
    import.one(CumSum { dim, exclusive, reverse }, &[&tensor], vec![], &input.dims, input.kind)
}

/// `OneHot`, with two values of any size along a new axis.
fn one_hot(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let indices = import.tensor(call, 0)?;
    let depth = match import.floats(call, 1)?.as_deref() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a size, perhaps as a float"
        )]
        Some(&[depth]) if (1.0..1e15).contains(&depth) => depth as u64,
        _ => return Err(Refusal::Wrong(text!("it has no depth", "没有给出类别数"))),
    };
    let Some(&[off, on]) = import.floats(call, 2)?.as_deref() else {
        return Err(Refusal::Wrong(text!("it has not two values", "没有给出两个值")));
    };
    let kind = call.fixed(2).map(|fixed| import.table.array(fixed).kind).unwrap_or_default();
    let rank = indices.rank();
    let along = axis(call.int_or("axis", -1), rank + 1)?;
    let dims = [&indices.dims, &[depth][..]].concat();
    let op = OneHot { num_classes: size(depth)? };
    let hot = import.draft.emit(op, &[&indices], vec![], &dims, kind)?;
    let hot = import.affine(&hot, on - off, off)?;
    let order: Vec<usize> = (0..along).chain([rank]).chain(along..rank).collect();
    Ok(vec![Value::Tensor(import.permuted(&hot, &order)?)])
}

/// `Trilu`: one side of a diagonal of matrices.
fn triangle(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let diagonal = match import.ints(call, 1)?.as_deref() {
        Some(&[diagonal]) => diagonal,
        _ => 0,
    };
    let tensor = if input.rank() == 2 { import.full(&input)? } else { input.clone() };
    let op: Op =
        if call.int_or("upper", 1) != 0 { Triu { diagonal }.into() } else { Tril { diagonal }.into() };
    import.one(op, &[&tensor], vec![], &input.dims, input.kind)
}

/// `Tile`: all of it again and again.
fn tile(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    if let Some(empty) = import.empty(&dims, input.kind) {
        return Ok(vec![empty]);
    }
    // What is repeated element by element.
    if input.dims.iter().zip(&dims).all(|(&from, to)| from == 1 || from == *to) {
        return Ok(vec![Value::Tensor(import.expanded(&input, &dims)?)]);
    }
    let is_led = input.is_led() && dims.first() == Some(&1);
    let tensor: Tensor = if is_led { input.clone() } else { import.full(&input)? };
    let repeats = input.dims.iter().zip(&dims).skip(usize::from(is_led)).map(|(&from, &to)| size(to / from));
    let op = Tile { repeats: repeats.collect::<Mapped<_>>()? };
    import.one(op, &[&tensor], vec![], &dims, input.kind)
}
