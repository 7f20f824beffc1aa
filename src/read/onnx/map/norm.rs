//! Normalizations.

use crate::op::Op;
use crate::op::batch_norm::BatchNorm;
use crate::op::group_norm::GroupNorm;
use crate::op::instance_norm::InstanceNorm;
use crate::op::layer_norm::LayerNorm;
use crate::op::local_response_norm::LocalResponseNorm;
use crate::op::rms_norm::RmsNorm;
use crate::read::onnx::array::elements;
use crate::read::onnx::call::{Call, is, size, size_of};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::stored::Roots;
use crate::read::onnx::value::{Fixed, Mapped, Refusal, Value};
use crate::text;

/// `BatchNormalization` by stored statistics.
pub(super) fn batch_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    if call.int_or("training_mode", 0) != 0 && call.node.outputs.len() == 1 {
        return Err(Refusal::Unsupported(text!(
            "it takes the statistics of the batch, as in training",
            "它使用批次维上的统计量,即训练模式"
        )));
    }
    let [weight, bias, mean, variance] = [1, 2, 3, 4].map(|index| call.weight(index));
    let (weight, bias, mean, variance) = (weight?, bias?, mean?, variance?);
    let affine = !import.is_plain(weight, bias);
    let mut weights = if affine { vec![Stored::whole(weight), Stored::whole(bias)] } else { vec![] };
    weights.extend([mean, variance].map(|statistic| Stored::whole(statistic).unlearned()));
    let eps = call.float_or("epsilon", 1e-5);
    match input.rank().saturating_sub(2) {
        0 => {
            let op = BatchNorm::<1> { eps, affine };
            import.on_channels(op, &input, 1, weights)
        }
        1 => import.on_channels(BatchNorm::<1> { eps, affine }, &input, 2, weights),
        2 => import.on_channels(BatchNorm::<2> { eps, affine }, &input, 3, weights),
        3 => import.on_channels(BatchNorm::<3> { eps, affine }, &input, 4, weights),
        _ => {
            // Positions of more axes are positions of one.
            let [batch, channels, positions @ ..] = &input.dims[..] else { return Err(Refusal::Lost) };
            let flat = import.draft.view(&input, &[*batch, *channels, positions.iter().product()])?;
            let values = import.on_channels(BatchNorm::<1> { eps, affine }, &flat, 2, weights)?;
            match &values[..] {
                [Value::Tensor(tensor)] => {
                    Ok(vec![Value::Tensor(import.draft.view(&tensor.clone(), &input.dims)?)])
                }
                _ => Err(Refusal::Lost),
            }
        }
    }
}

/// `LayerNormalization`, from an axis to the last.
pub(super) fn layer_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let from = axis(call.int_or("axis", -1), input.rank())?;
    let scale = call.weight(1)?;
    let bias = if call.has(2) { Some(call.weight(2)?) } else { None };
    let over: u64 = input.dims[from..].iter().product();
    let fits = |fixed: Fixed| elements(import.dims_of(fixed)) == Some(over);
    if !fits(scale) || bias.is_some_and(|bias| !fits(bias)) {
        return Err(Refusal::Unsupported(text!(
            "its factors are not one for each of the {over} numbers it normalizes",
            "其系数个数与被归一化的 {over} 个数不一致"
        )));
    }
    let bias = bias.filter(|&bias| !import.is_zero(bias));
    let affine = bias.is_some() || !import.is_one(scale);
    let mut weights = if affine { vec![Stored::whole(scale)] } else { vec![] };
    weights.extend(bias.map(Stored::whole));
    let op = LayerNorm {
        dims: size((input.rank() - from) as u64)?,
        eps: call.float_or("epsilon", 1e-5),
        affine,
        bias: bias.is_some() || !affine,
    };
    let input = if from == 0 { import.full(&input)? } else { input };
    import.each_with(op, &input, weights)
}

/// `RMSNormalization`, from an axis to the last.
pub(super) fn rms_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (input, scale) = (import.tensor(call, 0)?, call.weight(1)?);
    let from = axis(call.int_or("axis", -1), input.rank())?;
    if elements(import.dims_of(scale)) != elements(&input.dims[from..]) {
        return Err(Refusal::Unsupported(text!(
            "its factors are not one for each of the numbers it normalizes",
            "其系数个数与被归一化的个数不一致"
        )));
    }
    let affine = !import.is_one(scale);
    let op =
        RmsNorm { dims: size((input.rank() - from) as u64)?, eps: call.float_or("epsilon", 1e-5), affine };
    let weights = if affine { vec![Stored::whole(scale)] } else { vec![] };
    let input = if from == 0 { import.full(&input)? } else { input };
    import.each_with(op, &input, weights)
}

/// `InstanceNormalization`.
pub(super) fn instance_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let (weight, bias) = (call.weight(1)?, call.weight(2)?);
    let affine = !import.is_plain(weight, bias);
    let weights = if affine { vec![Stored::whole(weight), Stored::whole(bias)] } else { vec![] };
    let eps = call.float_or("epsilon", 1e-5);
    match input.rank().saturating_sub(2) {
        1 => import.on_channels(InstanceNorm::<1> { eps, affine }, &input, 2, weights),
        2 => import.on_channels(InstanceNorm::<2> { eps, affine }, &input, 3, weights),
        3 => import.on_channels(InstanceNorm::<3> { eps, affine }, &input, 4, weights),
        axes => Err(Refusal::Unsupported(text!("it has {axes} spatial axes", "它有 {axes} 个空间轴"))),
    }
}

/// `GroupNormalization`: with factors for each group in version 18, for each channel since 21.
pub(super) fn group_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let (weight, bias) = (call.weight(1)?, call.weight(2)?);
    let num_groups = size_of(call.int_or("num_groups", 1))?;
    let eps = call.float_or("epsilon", 1e-5);
    let [batch, channels, positions @ ..] = &input.dims[..] else {
        return Err(Refusal::Wrong(text!("its input has no channels", "输入没有通道维")));
    };
    if import.dims_of(weight) == [*channels] {
        let affine = !import.is_plain(weight, bias);
        let weights = if affine { vec![Stored::whole(weight), Stored::whole(bias)] } else { vec![] };
        let op = GroupNorm { num_groups, eps, affine };
        return import.on_channels(op, &input, input.rank() - 1, weights);
    }
    let groups = num_groups.get();
    if groups == 0 || !channels.is_multiple_of(groups) {
        return Err(Refusal::Wrong(text!(
            "{groups} groups do not divide the {channels} channels",
            "{groups} 个分组不能整除 {channels} 个通道"
        )));
    }
    let op = GroupNorm { num_groups, eps, affine: false };
    let plain = import.on_channels(op, &input, input.rank() - 1, vec![])?;
    let [Value::Tensor(plain)] = &plain[..] else { return Err(Refusal::Lost) };
    let split = [&[*batch, groups, channels / groups], positions].concat();
    let mut result = import.draft.view(plain, &split)?;
    let one_each = [&[groups, 1], &vec![1; positions.len()][..]].concat();
    for (fixed, is_factor) in [(weight, true), (bias, false)] {
        let factors = import.made(&Value::Fixed(fixed))?;
        let factors = import.draft.view(&factors, &one_each)?;
        result = if is_factor {
            import.multiplied(&result, &factors)?
        } else {
            import.added(&result, &factors)?
        };
    }
    Ok(vec![Value::Tensor(import.draft.view(&result, &input.dims)?)])
}

/// `LRN`.
pub(super) fn local_response_norm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let op = LocalResponseNorm {
        size: size_of(call.int_or("size", 1))?,
        alpha: call.float_or("alpha", 1e-4),
        beta: call.float_or("beta", 0.75),
        k: call.float_or("bias", 1.0),
    };
    let channels = input.rank().saturating_sub(1);
    if op.size.get() % 2 == 1 || input.rank() < 2 {
        return import.on_channels(op, &input, channels, vec![]);
    }
    // Of an even window the standard has the odd channel behind, and PyTorch before: the same in the other direction.
    let turned = import.flipped(&input, 1)?;
    let values = import.on_channels(op, &turned, channels, vec![])?;
    let [Value::Tensor(normed)] = &values[..] else { return Err(Refusal::Lost) };
    Ok(vec![Value::Tensor(import.flipped(normed, 1)?)])
}

impl Importer<'_> {
    /// Whether what is stored is known to be 1 throughout, and is no weight.
    pub(in crate::read::onnx) fn is_one(&self, fixed: Fixed) -> bool {
        let entry = self.table.get(fixed);
        let numbers = crate::read::onnx::call::numbers(&entry.array);
        entry.roots == Roots::None
            && numbers.is_some_and(|numbers| numbers.iter().all(|&number| is(number, 1.0)))
    }

    /// Whether a factor and a bias do nothing.
    fn is_plain(&self, weight: Fixed, bias: Fixed) -> bool {
        self.is_one(weight) && self.is_zero(bias)
    }

    /// An operator that keeps sizes, on a sample of so many dimensions, the channels first.
    fn on_channels(
        &mut self,
        op: impl Into<Op>,
        input: &crate::read::onnx::value::Tensor,
        rank: usize,
        weights: Vec<Stored>,
    ) -> Mapped<Vec<Value>> {
        self.copied(op.into(), input, rank, weights, &input.dims.clone())
    }
}
