//! Reductions over axes.

use super::shape::sizes_of;
use crate::op::Op;
use crate::op::activation::{Absolute, Clamp, Logarithm};
use crate::op::div::Div;
use crate::op::reduction::{LogSumExp, Max, Mean, Min, Norm, Prod, Sum};
use crate::op::settings::Dim;
use crate::op::sub::Sub;
use crate::read::onnx::call::Call;
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};

/// An operator `Reduce…`, whose axes are an attribute in early versions and an input later.
pub(super) fn reduce(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    let kind = Kind::of(&call.node.operator)?;
    Some(reduced(import, call, kind).map(|tensor| vec![Value::Tensor(tensor)]))
}

/// `MeanVarianceNormalization`: without its mean, and over its deviation.
pub(super) fn standardize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let rank = input.rank();
    let axes = call.node.ints("axes").unwrap_or(&[0, 2, 3]);
    let axes = axes.iter().map(|&index| axis(index, rank)).collect::<Result<Vec<_>, _>>()?;
    let size = |(index, &size): (usize, &u64)| if axes.contains(&index) { 1 } else { size };
    let dims: Vec<u64> = input.dims.iter().enumerate().map(size).collect();
    let mean = |import: &mut Importer<'_>, tensor: &Tensor| {
        let (tensors, dim) = import.together(std::slice::from_ref(tensor), &axes)?;
        let tensors: Vec<&Tensor> = tensors.iter().collect();
        import.draft.emit(Mean { dim, keepdim: true }, &tensors, vec![], &dims, tensor.kind)
    };
    let average = mean(import, &input)?;
    let distance = import.merged(|broadcast| Sub { broadcast }.into(), &[input, average])?;
    let square = import.raised(&distance, 2.0)?;
    let variance = mean(import, &square)?;
    let deviation = import.raised(&variance, 0.5)?;
    // As the standard has it.
    let deviation = import.affine(&deviation, 1.0, 1e-9)?;
    Ok(vec![Value::Tensor(import.merged(|broadcast| Div { broadcast }.into(), &[distance, deviation])?)])
}

/// `LpNormalization`: over its norm along an axis.
pub(super) fn normalize(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let along = axis(call.int_or("axis", -1), input.rank())?;
    let p = if call.int_or("p", 2) == 1 { 1.0 } else { 2.0 };
    let mut dims = input.dims.to_vec();
    dims[along] = 1;
    let (tensor, dim) = import.along(&input, along)?;
    let norm = Norm { dim: vec![dim], keepdim: true, p };
    let norm = import.draft.emit(norm, &[&tensor], vec![], &dims, input.kind)?;
    // Where there is nothing but zeros, zeros are left.
    let least = Clamp { min: Some(f64::from(f32::MIN_POSITIVE)), max: None };
    let norm = import.draft.emit(least, &[&norm], vec![], &dims, input.kind)?;
    Ok(vec![Value::Tensor(import.merged(|broadcast| Div { broadcast }.into(), &[input, norm])?)])
}

/// What one number is made of many.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mean,
    Sum,
    Prod,
    Max,
    Min,
    L1,
    L2,
    SumSquare,
    LogSum,
    LogSumExp,
}

impl Kind {
    fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "ReduceMean" => Self::Mean,
            "ReduceSum" => Self::Sum,
            "ReduceProd" => Self::Prod,
            "ReduceMax" => Self::Max,
            "ReduceMin" => Self::Min,
            "ReduceL1" => Self::L1,
            "ReduceL2" => Self::L2,
            "ReduceSumSquare" => Self::SumSquare,
            "ReduceLogSum" => Self::LogSum,
            "ReduceLogSumExp" => Self::LogSumExp,
            _ => return None,
        })
    }

    fn op(self, dim: Vec<Dim>, keepdim: bool) -> Op {
        match self {
            Self::Mean => Mean { dim, keepdim }.into(),
            Self::Sum | Self::SumSquare | Self::LogSum => Sum { dim, keepdim }.into(),
            Self::Prod => Prod { dim, keepdim }.into(),
            Self::Max => Max { dim, keepdim }.into(),
            Self::Min => Min { dim, keepdim }.into(),
            Self::LogSumExp => LogSumExp { dim, keepdim }.into(),
            Self::L1 => Norm { dim, keepdim, p: 1.0 }.into(),
            Self::L2 => Norm { dim, keepdim, p: 2.0 }.into(),
        }
    }
}

fn reduced(import: &mut Importer<'_>, call: &Call<'_>, kind: Kind) -> Mapped<Tensor> {
    let mut input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    let rank = input.rank();
    let axes = match import.axes(call, 1)?.filter(|axes| !axes.is_empty()) {
        Some(axes) => axes.iter().map(|&index| axis(index, rank)).collect::<Result<Vec<_>, _>>()?,
        None if call.int_or("noop_with_empty_axes", 0) != 0 => return Ok(input),
        None => (0..rank).collect(),
    };
    if kind == Kind::SumSquare {
        input = import.raised(&input, 2.0)?;
    }
    // Over a single element there is nothing to do but what is done to each.
    let mut axes: Vec<usize> = axes.into_iter().filter(|&axis| input.dims[axis] != 1).collect();
    axes.sort_unstable();
    let mut result = if axes.is_empty() {
        let each = match kind {
            Kind::L1 | Kind::L2 => {
                import.draft.emit(Absolute {}, &[&input], vec![], &input.dims, input.kind)?
            }
            Kind::Mean
            | Kind::Sum
            | Kind::Prod
            | Kind::Max
            | Kind::Min
            | Kind::SumSquare
            | Kind::LogSum
            | Kind::LogSumExp => input.clone(),
        };
        import.draft.view(&each, &dims)?
    } else {
        let (tensors, dim) = import.together(&[input.clone()], &axes)?;
        let [tensor] = &tensors[..] else { return Err(Refusal::Lost) };
        let op = kind.op(dim, call.int_or("keepdims", 1) != 0);
        import.draft.emit(op, &[tensor], vec![], &dims, input.kind)?
    };
    if kind == Kind::LogSum {
        result = import.draft.emit(Logarithm {}, &[&result], vec![], &dims, input.kind)?;
    }
    Ok(result)
}
