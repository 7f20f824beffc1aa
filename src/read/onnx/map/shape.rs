//! What only rearranges numbers, and what asks for sizes.

use std::sync::Arc;

use crate::op::activation::{Absolute, Sign};
use crate::op::concat::Concat;
use crate::op::expand::Expand;
use crate::op::flatten::Flatten;
use crate::op::settings::Dim;
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::Call;
use crate::read::onnx::draft::shape;
use crate::read::onnx::evaluate::{axis, broadcast, evaluate};
use crate::read::onnx::import::{Importer, MOST_EVALUATED};
use crate::read::onnx::messages::{Attribute, AttributeValue, Kind, Node};
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value, sample};
use crate::text;

/// The same numbers under other sizes, which are those that the operator has on an array of which only the sizes are known.
pub(super) fn view(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input).map_err(|refusal| fixed(import, call, &input, refusal))?;
    // All sizes as one are those that a linear layer takes.
    if sample(&dims).len() == 1 && import.draft.node(input.id).shape.rank() > 1 {
        let op = Flatten { start_dim: Dim::channels(), end_dim: Dim(-1) };
        return import.one(op, &[&input], vec![], &dims, input.kind);
    }
    Ok(vec![Value::Tensor(import.draft.view(&input, &dims)?)])
}

/// The refusal of sizes that do not fit those of the input; of which of these the file has fixed, if it is that.
fn fixed(import: &Importer<'_>, call: &Call<'_>, input: &Tensor, refusal: Refusal) -> Refusal {
    let Refusal::Wrong(why) = refusal else { return refusal };
    let asked = call.node.ints("shape").map(<[i64]>::to_vec).or_else(|| import.ints(call, 1).ok().flatten());
    let product = |sizes: &[u64]| sizes.iter().try_fold(1u128, |all, &size| all.checked_mul(size.into()));
    let asked: Option<Vec<u64>> =
        asked.and_then(|asked| asked.iter().map(|&size| u64::try_from(size).ok()).collect());
    let Some((asked, wanted)) = asked.and_then(|asked| product(&asked).map(|wanted| (asked, wanted))) else {
        return Refusal::Wrong(why);
    };
    // The one that it has in place of the size: 1 of 2, with half as many elements then.
    let has = |symbol: u64, size: u64| {
        let elements = product(&input.dims).and_then(|all| all.checked_mul(size.into()));
        size != symbol && elements.is_some() && elements == wanted.checked_mul(symbol.into())
    };
    let mut symbols: Vec<_> = import.symbols.iter().collect();
    symbols.sort_unstable();
    let found = symbols.into_iter().find_map(|(name, &symbol)| {
        let size = asked.iter().copied().find(|&size| has(symbol, size))?;
        Some((crate::read::onnx::wire::shown(name), size))
    });
    Refusal::Wrong(match found {
        Some((name, size)) => text!(
            "{why}: the file fixes what it calls `{name}` to {size}",
            "{why:#}:文件把名为 `{name}` 的尺寸固定为 {size}"
        ),
        None => why,
    })
}

/// The sizes of the first output of an operator whose first input is a tensor of the network, and whose others are known.
pub(super) fn sizes_of(import: &Importer<'_>, call: &Call<'_>, input: &Tensor) -> Mapped<Vec<u64>> {
    all_sizes_of(import, call, input)?.into_iter().next().ok_or(Refusal::Lost)
}

/// The same of each of its outputs.
pub(super) fn all_sizes_of(import: &Importer<'_>, call: &Call<'_>, input: &Tensor) -> Mapped<Vec<Vec<u64>>> {
    let bare = Array { dims: input.dims.to_vec(), kind: input.kind, numbers: None };
    let rest = (1..call.inputs.len()).map(|index| call.fixed(index).map(|fixed| import.table.array(fixed)));
    let arrays: Vec<Option<&Array>> = std::iter::once(Some(&bare)).chain(rest).collect();
    match evaluate(call.node, call.opset, &arrays, MOST_EVALUATED)? {
        Some(outputs) if !outputs.is_empty() => Ok(outputs.into_iter().map(|array| array.dims).collect()),
        _ => Err(Refusal::Unsupported(text!(
            "its output's sizes depend on numbers that are not known",
            "输出尺寸取决于未知的数值"
        ))),
    }
}

/// The same numbers, perhaps in another type.
pub(super) fn same(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let to = call.node.int("to").and_then(|to| i32::try_from(to).ok());
    let Some(to) = to.map(Kind) else { return Ok(vec![Value::Tensor(input)]) };
    let cast = match to {
        Kind::BOOL if input.kind != Kind::BOOL => {
            let dims = input.dims.clone();
            let magnitude = import.draft.emit(Absolute {}, &[&input], vec![], &dims, input.kind)?;
            import.draft.emit(Sign {}, &[&magnitude], vec![], &dims, Kind::BOOL)?
        }
        Kind::INT64
        | Kind::INT32
        | Kind::INT16
        | Kind::INT8
        | Kind::UINT64
        | Kind::UINT32
        | Kind::UINT16
        | Kind::UINT8
            if input.kind.is_float() =>
        {
            import.truncated(&input)?
        }
        Kind::FLOAT | Kind::DOUBLE | Kind::FLOAT16 | Kind::BFLOAT16 => input,
        _ if !input.kind.is_float() => input,
        _ => {
            return Err(Refusal::Unsupported(text!(
                "it casts to a type of 8 bits or fewer",
                "它转换为 8 位或更窄的类型"
            )));
        }
    };
    Ok(vec![Value::Tensor(Tensor { kind: to, ..cast })])
}

/// `Dropout`, which drops nothing but in training.
pub(super) fn dropout(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let trains = import.scalar(call, 2).is_some_and(|trains| trains != 0.0);
    if trains && import.scalar(call, 1) != Some(0.0) {
        return Err(Refusal::Unsupported(text!(
            "it drops at random, as in training",
            "它随机丢弃,即训练模式"
        )));
    }
    let mut outputs = vec![Value::Tensor(input.clone())];
    if call.wants(1) {
        let count = input.dims.iter().try_fold(1u64, |all, &size| all.checked_mul(size));
        let Some(count) = count.filter(|&count| count <= MOST_EVALUATED) else {
            return Err(Refusal::Unsupported(text!("its mask is wanted", "需要它的掩码")));
        };
        let numbers = Some(Numbers::Ints((0..count).map(|_| 1).collect()));
        // Versions before 10 give it the type of the input.
        let kind = if call.opset < 10 { input.kind } else { Kind::BOOL };
        let numbers = if kind == Kind::BOOL { numbers } else { None };
        let mask = Array { dims: input.dims.to_vec(), kind, numbers };
        outputs.push(Value::Fixed(import.table.know(mask)));
    }
    Ok(outputs)
}

/// `CastLike`: only the type of what it is to be like matters.
pub(super) fn cast_like(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let kind = match call.inputs.get(1) {
        Some(Some(Value::Tensor(like))) => like.kind,
        Some(Some(Value::Fixed(like))) => import.table.array(*like).kind,
        _ => return Err(Refusal::Lost),
    };
    let to = Attribute { name: "to".into(), value: AttributeValue::Int(kind.0.into()) };
    let inputs = call.node.inputs.iter().take(1).cloned().collect();
    let cast = Node { operator: "Cast".into(), inputs, attributes: vec![to], ..call.node.clone() };
    if let Some(fixed) = call.fixed(0)
        && let Some(values) = import.evaluated(&cast, call.opset, &[Some(fixed)])?
    {
        return Ok(values);
    }
    same(
        import,
        &Call { node: &cast, opset: call.opset, inputs: call.inputs.iter().take(1).cloned().collect() },
    )
}

/// The sizes of a tensor, as numbers, and what else follows from its sizes alone.
pub(super) fn sizes(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let (dims, kind) = match call.inputs.first() {
        Some(Some(Value::Tensor(tensor))) => (tensor.dims.to_vec(), tensor.kind),
        _ => return Err(Refusal::Lost),
    };
    let bare = Array { dims, kind, numbers: None };
    let outputs = evaluate(call.node, call.opset, &[Some(&bare)], MOST_EVALUATED)?.unwrap_or_default();
    Ok(outputs.into_iter().map(|array| Value::Fixed(import.table.know(array))).collect())
}

/// The dimensions in another order.
pub(super) fn transpose(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let rank = input.rank();
    let order: Vec<usize> = match call.node.ints("perm") {
        Some(order) => order.iter().map(|&index| axis(index, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(Refusal::Wrong(text!(
            "`perm` is no order of {rank} dimensions",
            "`perm` 不是 {rank} 维的排列"
        )));
    }
    Ok(vec![Value::Tensor(import.permuted(&input, &order)?)])
}

/// One after another along an axis.
pub(super) fn concat(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let mut inputs = vec![];
    for index in 0..call.inputs.len() {
        // What is empty adds nothing, and is no tensor of a network.
        if call.fixed(index).is_some_and(|fixed| import.dims_of(fixed).contains(&0)) {
            continue;
        }
        inputs.push(import.tensor(call, index)?);
    }
    let Some(first) = inputs.first().cloned() else { return Err(Refusal::Lost) };
    let along = axis(call.int_or("axis", 1), first.rank())?;
    if inputs.len() == 1 {
        return Ok(vec![Value::Tensor(first)]);
    }
    Ok(vec![Value::Tensor(import.concatenated(&inputs, along)?)])
}

/// Sizes of 1 repeated.
pub(super) fn expand(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    Ok(vec![Value::Tensor(import.expanded(&input, &dims)?)])
}

impl Importer<'_> {
    /// Tensors one after another along an axis of the file's sizes.
    pub(in crate::read::onnx) fn concatenated(&mut self, inputs: &[Tensor], along: usize) -> Mapped<Tensor> {
        let [first, ..] = inputs else { return Err(Refusal::Lost) };
        let mut dims = first.dims.to_vec();
        if inputs.iter().any(|input| input.rank() != dims.len()) {
            return Err(Refusal::Wrong(text!("its inputs differ in rank", "各输入的维数不同")));
        }
        dims[along] = inputs
            .iter()
            .try_fold(0u64, |sum, input| sum.checked_add(input.dims[along]))
            .ok_or(Refusal::Lost)?;
        let (parts, axes) = self.together(inputs, &[along])?;
        let parts: Vec<&Tensor> = parts.iter().collect();
        self.draft.emit(Concat { dim: axes[0] }, &parts, vec![], &dims, first.kind)
    }

    /// A tensor as an operator along this axis takes it, and the number of the axis then.
    pub(in crate::read::onnx) fn along(&mut self, tensor: &Tensor, axis: usize) -> Mapped<(Tensor, Dim)> {
        let (tensors, numbers) = self.together(std::slice::from_ref(tensor), &[axis])?;
        match (&tensors[..], &numbers[..]) {
            ([tensor], &[number]) => Ok((tensor.clone(), number)),
            _ => Err(Refusal::Lost),
        }
    }

    /// Tensors of one rank as an operator along these axes takes them, and the numbers of the axes then: with a first size of 1 if
    /// that is one of them, or not all have it.
    pub(in crate::read::onnx) fn together(
        &mut self,
        tensors: &[Tensor],
        axes: &[usize],
    ) -> Mapped<(Vec<Tensor>, Vec<Dim>)> {
        if tensors.iter().all(Tensor::is_led) && !axes.contains(&0) {
            return Ok((tensors.to_vec(), axes.iter().map(|&axis| dim(axis.saturating_sub(1))).collect()));
        }
        let full = tensors.iter().map(|tensor| self.full(tensor)).collect::<Mapped<_>>()?;
        Ok((full, axes.iter().map(|&axis| dim(axis)).collect()))
    }

    /// What is empty is no tensor of a network, and known.
    pub(in crate::read::onnx) fn empty(&mut self, dims: &[u64], kind: Kind) -> Option<Value> {
        let numbers = dims.contains(&0).then(|| Numbers::zeros(kind, 0))?;
        Some(Value::Fixed(self.table.know(Array { dims: dims.to_vec(), kind, numbers })))
    }

    /// A tensor repeated to these sizes, which it broadcasts to.
    pub(in crate::read::onnx) fn expanded(&mut self, input: &Tensor, dims: &[u64]) -> Mapped<Tensor> {
        let dims = broadcast(&[&input.dims, dims])?;
        let same = input.dims.iter().filter(|&&size| size != 1).eq(dims.iter().filter(|&&size| size != 1));
        if same {
            return self.draft.view(input, &dims);
        }
        let wanted = shape(&dims)?;
        let missing = vec![1; dims.len() - input.rank()];
        let lifted = [&missing[..], &input.dims].concat();
        let sizes = if dims.first() == Some(&1) { &lifted[1..] } else { &lifted[..] };
        let input = self.draft.as_sample(input, sizes)?;
        let sizes = wanted.dims().iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect();
        self.draft.emit(Expand { shape: sizes }, &[&input], vec![], &dims, input.kind)
    }

    /// Numbers to be remembered as they are known.
    pub(in crate::read::onnx) fn known_ints(&mut self, dims: Vec<u64>, ints: Vec<i64>) -> Value {
        let numbers = Some(Numbers::Ints(Arc::from(ints)));
        Value::Fixed(self.table.know(Array { dims, kind: Kind::INT64, numbers }))
    }
}

/// An axis of the sample in PyTorch's numbering, in which the batch is 0.
pub(in crate::read::onnx) fn dim(axis: usize) -> Dim {
    Dim(i64::try_from(axis).unwrap_or(i64::MAX).saturating_add(1))
}
