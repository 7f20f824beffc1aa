//! What is chosen and asked of the elements of several tensors that stand at one place.

use crate::op::Op;
use crate::op::activation::{Absolute, Clamp};
use crate::op::pairwise::{
    Equal, Fmod, Greater, GreaterEqual, Less, LessEqual, LogicalAnd, LogicalOr, LogicalXor, Maximum, Minimum,
    NotEqual, Remainder, Where,
};
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::Call;
use crate::read::onnx::evaluate::broadcast;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::Kind;
use crate::read::onnx::value::{Mapped, Tensor, Value};

/// `None` for an operator that is none of these.
pub(super) fn compare(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    let result = match &*call.node.operator {
        "Where" => choice(import, call),
        "Min" | "Max" => extremes(import, call),
        "Mod" => remainder(import, call),
        "IsNaN" => import.tensor(call, 0).and_then(|input| {
            import.merged(|broadcast| NotEqual { broadcast }.into(), &[input.clone(), input])
        }),
        "IsInf" => is_infinite(import, call),
        operator => {
            let op = question(operator)?;
            import.tensors(call).and_then(|inputs| import.merged(op, &inputs))
        }
    };
    let is_question = !matches!(&*call.node.operator, "Where" | "Min" | "Max" | "Mod");
    let typed = |tensor: Tensor| if is_question { Tensor { kind: Kind::BOOL, ..tensor } } else { tensor };
    Some(result.map(|tensor| vec![Value::Tensor(typed(tensor))]))
}

/// `IsInf`, of either sign or one.
fn is_infinite(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let mut input = import.tensor(call, 0)?;
    let [negative, positive] = ["detect_negative", "detect_positive"].map(|name| call.int_or(name, 1) != 0);
    if negative && positive {
        input = import.draft.emit(Absolute {}, &[&input], vec![], &input.dims, input.kind)?;
    }
    // What is asked of no sign is so nowhere.
    let bound = match (negative, positive) {
        (_, true) => f32::INFINITY,
        (true, false) => f32::NEG_INFINITY,
        (false, false) => f32::NAN,
    };
    let numbers = Some(Numbers::Floats([bound].into()));
    let bound = import.table.know(Array { dims: vec![], kind: Kind::FLOAT, numbers });
    let bound = import.made(&Value::Fixed(bound))?;
    import.merged(|broadcast| Equal { broadcast }.into(), &[input, bound])
}

/// What is asked of two tensors, of which one may be stretched.
fn question(operator: &str) -> Option<fn(bool) -> Op> {
    Some(match operator {
        "Equal" => |broadcast| Equal { broadcast }.into(),
        "Less" => |broadcast| Less { broadcast }.into(),
        "LessOrEqual" => |broadcast| LessEqual { broadcast }.into(),
        "Greater" => |broadcast| Greater { broadcast }.into(),
        "GreaterOrEqual" => |broadcast| GreaterEqual { broadcast }.into(),
        "And" => |broadcast| LogicalAnd { broadcast }.into(),
        "Or" => |broadcast| LogicalOr { broadcast }.into(),
        "Xor" => |broadcast| LogicalXor { broadcast }.into(),
        _ => return None,
    })
}

/// `Where`: what is chosen by a condition that is known throughout is there already.
fn choice(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let known = call.fixed(0).and_then(|fixed| match &import.table.array(fixed).numbers {
        Some(Numbers::Ints(truths)) => {
            Some((truths.iter().all(|&it| it != 0), truths.iter().all(|&it| it == 0)))
        }
        _ => None,
    });
    let chosen = match known {
        Some((true, _)) => Some(1),
        Some((_, true)) => Some(2),
        _ => None,
    };
    if let Some(index) = chosen {
        let dims = (0..3).map(|index| dims_of(import, call, index)).collect::<Mapped<Vec<_>>>()?;
        let dims: Vec<&[u64]> = dims.iter().map(|dims| &**dims).collect();
        let dims = broadcast(&dims)?;
        let tensor = import.tensor(call, index)?;
        return import.expanded(&tensor, &dims);
    }
    let inputs = import.tensors(call)?;
    let kind = inputs.get(1).map(|input| input.kind).unwrap_or_default();
    let chosen = import.merged(|broadcast| Where { broadcast }.into(), &inputs)?;
    Ok(Tensor { kind, ..chosen })
}

/// The sizes of an input, which need not be a node for that.
fn dims_of(import: &mut Importer<'_>, call: &Call<'_>, index: usize) -> Mapped<Vec<u64>> {
    match call.fixed(index) {
        Some(fixed) => Ok(import.dims_of(fixed).to_vec()),
        None => Ok(import.tensor(call, index)?.dims.to_vec()),
    }
}

/// `Min` and `Max` of any number of tensors; with a single number that is known it is a bound.
fn extremes(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let is_max = &*call.node.operator == "Max";
    for (one, other) in [(0, 1), (1, 0)] {
        let (2, None, Some(bound)) = (call.inputs.len(), call.fixed(one), import.scalar(call, other)) else {
            continue;
        };
        if !bound.is_finite() {
            continue;
        }
        let dims = [dims_of(import, call, one)?, dims_of(import, call, other)?];
        let dims = broadcast(&[&dims[0], &dims[1]])?;
        let input = import.tensor(call, one)?;
        let input = import.draft.view(&input, &dims)?;
        let op = if is_max {
            Clamp { min: Some(bound), max: None }
        } else {
            Clamp { min: None, max: Some(bound) }
        };
        return import.draft.emit(op, &[&input], vec![], &dims, input.kind);
    }
    match &import.tensors(call)?[..] {
        [only] => Ok(only.clone()),
        several if is_max => import.merged(|broadcast| Maximum { broadcast }.into(), several),
        several => import.merged(|broadcast| Minimum { broadcast }.into(), several),
    }
}

/// `Mod`: with the sign of what is divided by, or of what is divided as C has it.
fn remainder(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let inputs = import.tensors(call)?;
    if call.int_or("fmod", 0) != 0 {
        import.merged(|broadcast| Fmod { broadcast }.into(), &inputs)
    } else {
        import.merged(|broadcast| Remainder { broadcast }.into(), &inputs)
    }
}
