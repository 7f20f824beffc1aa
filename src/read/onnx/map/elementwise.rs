//! Functions of each element, and of the elements of several tensors that stand at one place.

use super::functions::unary;
use crate::op::Op;
use crate::op::activation::{Clamp, Elu, HardSigmoid, Power, Relu, Relu6, Selu, Sigmoid, SquareRoot};
use crate::op::add::Add;
use crate::op::affine::Affine;
use crate::op::div::Div;
use crate::op::mul::Mul;
use crate::op::pairwise::{Fmod, PowTensor};
use crate::op::prelu::Prelu;
use crate::op::softmax::{LogSoftmax, Softmax};
use crate::op::sub::Sub;
use crate::read::onnx::array::{Array, elements};
use crate::read::onnx::call::{Call, is, size};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::evaluate::{axis, broadcast};
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// `None` for an operator that is none of these.
pub(super) fn elementwise(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    if let Some(op) = unary(call) {
        return Some(import.tensor(call, 0).and_then(|input| import.each(op, &input)));
    }
    Some(match &*call.node.operator {
        "Add" | "Sub" | "Mul" | "Div" | "Pow" => arithmetic(import, call),
        "Sum" => import.tensors(call).and_then(|inputs| Ok(vec![Value::Tensor(import.sum(&inputs)?)])),
        "Clip" => clip(import, call),
        "HardSigmoid" => hard_sigmoid(import, call),
        "Selu" => selu(import, call),
        "Mean" => mean(import, call),
        "Swish" => swish(import, call),
        "PRelu" => prelu(import, call),
        "Softmax" | "LogSoftmax" => softmax(import, call),
        _ => return None,
    })
}

fn arithmetic(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let operator = &*call.node.operator;
    for (one, other) in [(0, 1), (1, 0)] {
        // A single number that is known, of the file or not, is a setting.
        let Some(number) = import.scalar(call, other).filter(|number| number.is_finite()) else { continue };
        if call.fixed(one).is_some() {
            continue;
        }
        let input = import.tensor(call, one)?;
        let dims = broadcast(&[&input.dims, import.dims_of(call.fixed(other).ok_or(Refusal::Lost)?)])?;
        let input = import.draft.view(&input, &dims)?;
        let result = match (operator, one) {
            ("Add", _) => import.affine(&input, 1.0, number)?,
            ("Sub", 0) => import.affine(&input, 1.0, -number)?,
            ("Sub", _) => import.affine(&input, -1.0, number)?,
            ("Mul", _) => import.affine(&input, number, 0.0)?,
            ("Div", 0) if input.kind.is_float() && number != 0.0 => {
                import.affine(&input, 1.0 / number, 0.0)?
            }
            ("Div", 1) if input.kind.is_float() => {
                let inverse = import.raised(&input, -1.0)?;
                import.affine(&inverse, number, 0.0)?
            }
            ("Pow", 0) => import.raised(&input, number)?,
            _ => break,
        };
        return Ok(vec![Value::Tensor(result)]);
    }
    let (a, b) = (import.tensor(call, 0)?, import.tensor(call, 1)?);
    let result = match operator {
        "Add" => import.added(&a, &b)?,
        "Sub" => import.merged(|broadcast| Sub { broadcast }.into(), &[a, b])?,
        "Mul" => import.multiplied(&a, &b)?,
        "Div" => {
            let is_whole = !a.kind.is_float();
            let quotient = import.merged(|broadcast| Div { broadcast }.into(), &[a, b])?;
            if is_whole { import.truncated(&quotient)? } else { quotient }
        }
        _ => import.merged(|broadcast| PowTensor { broadcast }.into(), &[a, b])?,
    };
    Ok(vec![Value::Tensor(result)])
}

/// Cut off below, above or both, at numbers that are attributes in early versions and inputs later.
fn clip(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let bound = |name: &str, index: usize| match call.node.float(name) {
        Some(bound) => Ok(Some(crate::read::onnx::call::decimal(bound))),
        None if !call.has(index) => Ok(None),
        None => import.scalar(call, index).map(Some).ok_or_else(|| {
            Refusal::Unsupported(text!("it is cut off at what is computed", "它的上下限由计算得出"))
        }),
    };
    // The widest bounds that 32 bits have are none.
    let is_bound = |bound: &f64| bound.abs() < f64::from(f32::MAX);
    let (min, max) = (bound("min", 1)?.filter(is_bound), bound("max", 2)?.filter(is_bound));
    match (min, max) {
        (None, None) => Ok(vec![Value::Tensor(input)]),
        (Some(0.0), None) => import.each(Relu {}, &input),
        (Some(0.0), Some(6.0)) => import.each(Relu6 {}, &input),
        _ => import.each(Clamp { min, max }, &input),
    }
}

/// The mean of several tensors.
fn mean(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let inputs = import.tensors(call)?;
    let sum = import.sum(&inputs)?;
    let count = u32::try_from(inputs.len()).map_or(f64::INFINITY, f64::from);
    Ok(vec![Value::Tensor(import.affine(&sum, 1.0 / count, 0.0)?)])
}

/// `Swish` with a factor: x · sigmoid(alpha · x).
fn swish(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let scaled = import.affine(&input, call.float_or("alpha", 1.0), 0.0)?;
    let gate = import.draft.emit(Sigmoid {}, &[&scaled], vec![], &input.dims, input.kind)?;
    Ok(vec![Value::Tensor(import.multiplied(&input, &gate)?)])
}

fn hard_sigmoid(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let (alpha, beta) = (call.float_or("alpha", 0.2), call.float_or("beta", 0.5));
    if (alpha - 1.0 / 6.0).abs() < 1e-4 && is(beta, 0.5) {
        return import.each(HardSigmoid {}, &input);
    }
    let line = import.affine(&input, alpha, beta)?;
    import.each(Clamp { min: Some(0.0), max: Some(1.0) }, &line)
}

/// With the numbers that make a network normalize itself, or others.
fn selu(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let (alpha, gamma) = (call.float_or("alpha", 1.673_263_2), call.float_or("gamma", 1.050_701));
    if (alpha - 1.673_263_2).abs() < 1e-4 && (gamma - 1.050_701).abs() < 1e-4 {
        return import.each(Selu {}, &input);
    }
    let below = import.draft.emit(Elu { alpha }, &[&input], vec![], &input.dims, input.kind)?;
    Ok(vec![Value::Tensor(import.affine(&below, gamma, 0.0)?)])
}

/// Factors for all channels or one for each, or others: max(x, 0) + factors · min(x, 0).
fn prelu(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (input, slope) = (import.tensor(call, 0)?, call.weight(1)?);
    let factors = elements(import.dims_of(slope)).ok_or(Refusal::Lost)?;
    let behind = import.dims_of(slope).iter().skip_while(|&&size| size == 1).skip(1);
    let positions = input.rank().saturating_sub(2);
    let by_channel = input.dims.get(1) == Some(&factors) && behind.clone().count() == positions;
    if factors != 1 && !by_channel {
        let slope = import.made(&Value::Fixed(slope))?;
        let above = import.draft.emit(Relu {}, &[&input], vec![], &input.dims, input.kind)?;
        let cut = Clamp { min: None, max: Some(0.0) };
        let below = import.draft.emit(cut, &[&input], vec![], &input.dims, input.kind)?;
        let below = import.multiplied(&below, &slope)?;
        return Ok(vec![Value::Tensor(import.added(&above, &below)?)]);
    }
    import.copied(
        Prelu { num_parameters: size(factors)? }.into(),
        &input,
        input.rank().saturating_sub(1),
        vec![Stored::whole(slope)],
        &input.dims.clone(),
    )
}

/// Over one axis since version 13; over all from an axis on before.
fn softmax(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let is_early = call.opset < 13;
    let along = axis(call.int_or("axis", if is_early { 1 } else { -1 }), input.rank())?;
    let (before, after) = input.dims.split_at(along);
    // One axis if no other one behind is longer than 1.
    let flat = is_early && after.iter().skip(1).any(|&size| size != 1);
    let (tensor, along) = if flat {
        let sizes = [before.iter().product(), after.iter().product::<u64>()];
        (import.draft.view(&input, &sizes)?, 1)
    } else {
        (input.clone(), along)
    };
    let is_led = along > 0 && tensor.is_led();
    let tensor = if is_led { tensor } else { import.full(&tensor)? };
    let dim = super::shape::dim(if is_led { along - 1 } else { along });
    let op: Op = match &*call.node.operator {
        "Softmax" => Softmax { dim }.into(),
        _ => LogSoftmax { dim }.into(),
    };
    let output = import.draft.emit(op, &[&tensor], vec![], &tensor.dims, tensor.kind)?;
    Ok(vec![Value::Tensor(import.draft.view(&output, &input.dims)?)])
}

impl Importer<'_> {
    /// An operator on tensors that are stretched to one shape, told whether they are.
    pub(in crate::read::onnx) fn merged(
        &mut self,
        op: impl FnOnce(bool) -> Op,
        inputs: &[Tensor],
    ) -> Mapped<Tensor> {
        let dims: Vec<&[u64]> = inputs.iter().map(|input| &*input.dims).collect();
        let dims = broadcast(&dims)?;
        let shapes = inputs.iter().map(|input| &self.draft.node(input.id).shape);
        let broadcasts = !shapes.clone().eq(shapes.clone().take(1).cycle().take(inputs.len()));
        let kind = inputs.first().map(|input| input.kind).unwrap_or_default();
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        self.draft.emit(op(broadcasts), &inputs, vec![], &dims, kind)
    }

    /// The sum of two tensors.
    pub(in crate::read::onnx) fn added(&mut self, a: &Tensor, b: &Tensor) -> Mapped<Tensor> {
        self.merged(|broadcast| Add { broadcast }.into(), &[a.clone(), b.clone()])
    }

    /// The product of two tensors, element by element.
    pub(in crate::read::onnx) fn multiplied(&mut self, a: &Tensor, b: &Tensor) -> Mapped<Tensor> {
        self.merged(|broadcast| Mul { broadcast }.into(), &[a.clone(), b.clone()])
    }

    fn sum(&mut self, inputs: &[Tensor]) -> Mapped<Tensor> {
        match inputs {
            [only] => Ok(only.clone()),
            several => self.merged(|broadcast| Add { broadcast }.into(), several),
        }
    }

    /// Each element times a number, and a number more.
    pub(in crate::read::onnx) fn affine(&mut self, input: &Tensor, mul: f64, add: f64) -> Mapped<Tensor> {
        if is(mul, 1.0) && add == 0.0 {
            return Ok(input.clone());
        }
        self.draft.emit(Affine { mul, add }, &[input], vec![], &input.dims, input.kind)
    }

    /// Each element raised to a power.
    pub(in crate::read::onnx) fn raised(&mut self, input: &Tensor, exponent: f64) -> Mapped<Tensor> {
        let op: Op = if is(exponent, 0.5) { SquareRoot {}.into() } else { Power { exponent }.into() };
        self.draft.emit(op, &[input], vec![], &input.dims, input.kind)
    }

    /// Without what is behind the point.
    pub(in crate::read::onnx) fn truncated(&mut self, tensor: &Tensor) -> Mapped<Tensor> {
        let one = self.table.know(Array::scalar(1));
        let one = self.made(&Value::Fixed(one))?;
        let fraction = self.merged(|broadcast| Fmod { broadcast }.into(), &[tensor.clone(), one])?;
        self.merged(|broadcast| Sub { broadcast }.into(), &[tensor.clone(), fraction])
    }

    /// An operator on one tensor that keeps its sizes, with weights.
    pub(in crate::read::onnx) fn each_with(
        &mut self,
        op: impl Into<Op>,
        input: &Tensor,
        weights: Vec<Stored>,
    ) -> Mapped<Vec<Value>> {
        self.one(op, &[input], weights, &input.dims, input.kind)
    }
}
