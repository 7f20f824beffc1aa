//! Linear layers, and products of what is computed.

use crate::op::linear::Linear;
use crate::op::matmul::Matmul;
use crate::op::permute::Permute;
use crate::op::settings::Dim;
use crate::read::onnx::array::elements;
use crate::read::onnx::call::{Call, is, size};
use crate::read::onnx::draft::{Stored, View};
use crate::read::onnx::import::Importer;
use crate::read::onnx::stored::Roots;
use crate::read::onnx::value::{Fixed, Mapped, Refusal, Tensor, Value};
use crate::text;

/// `Gemm`: a linear layer on rows, if its second input is a weight.
pub(super) fn gemm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let [alpha, beta] = ["alpha", "beta"].map(|name| call.node.float(name).unwrap_or(1.0));
    let [trans_a, trans_b] = ["transA", "transB"].map(|name| call.int_or(name, 0) != 0);
    let mut rows = import.tensor(call, 0)?;
    if trans_a {
        rows = import.swapped(&rows)?;
    }
    let Some(weight) = call.fixed(1) else {
        let mut columns = import.tensor(call, 1)?;
        if trans_b {
            columns = import.swapped(&columns)?;
        }
        let product = import.product(&rows, &columns)?;
        let product = import.times(&product, alpha)?;
        return import.plus(call, 2, beta, product);
    };
    let dims = import.dims_of(weight).to_vec();
    let (Some(&out), 2) = ((if trans_b { dims.first() } else { dims.last() }), dims.len()) else {
        return Err(Refusal::Wrong(text!("its second input is no matrix", "第二个输入不是矩阵")));
    };
    let times =
        |view: View, factor: f32| if is(factor, 1.0) { view } else { View::Times(factor, Box::new(view)) };
    let view = times(if trans_b { View::Whole } else { View::Transposed }, alpha);
    let mut weights = vec![Stored { value: weight, view, learned: true }];
    // A bias for each feature; of fewer numbers it is added as it is.
    let bias = call.fixed(2).filter(|&bias| elements(import.dims_of(bias)) == Some(out));
    if let Some(bias) = bias
        && !import.is_zero(bias)
    {
        weights.push(Stored { value: bias, view: times(View::Whole, beta), learned: true });
    }
    let product = import.linear(&rows, out, weights)?;
    if bias.is_some() { Ok(vec![Value::Tensor(product)]) } else { import.plus(call, 2, beta, product) }
}

/// `MatMul`: a linear layer if the second input is a matrix of weights, else a product of two tensors.
pub(super) fn matmul(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    if let Some(weight) = call.fixed(1)
        && let &[_, out] = import.dims_of(weight)
        && (call.fixed(0).is_none() || import.table.get(weight).roots != Roots::None)
    {
        let rows = import.tensor(call, 0)?;
        let product = import.linear(&rows, out, vec![Stored::transposed(weight)])?;
        return Ok(vec![Value::Tensor(product)]);
    }
    // A matrix of weights from the left, on what is turned over.
    if let (Some(weight), None) = (call.fixed(0), call.fixed(1))
        && let &[out, _] = import.dims_of(weight)
        && !import.table.get(weight).is_product
        && import.tensor(call, 1)?.rank() > 1
    {
        let columns = import.tensor(call, 1)?;
        let rows = import.swapped(&columns)?;
        let product = import.linear(&rows, out, vec![Stored::whole(weight)])?;
        return Ok(vec![Value::Tensor(import.swapped(&product)?)]);
    }
    let (a, b) = (import.tensor(call, 0)?, import.tensor(call, 1)?);
    Ok(vec![Value::Tensor(import.product(&a, &b)?)])
}

impl Importer<'_> {
    /// A linear layer on the last dimension.
    pub(in crate::read::onnx) fn linear(
        &mut self,
        rows: &Tensor,
        out: u64,
        weights: Vec<Stored>,
    ) -> Mapped<Tensor> {
        let Some((_, leading)) = rows.dims.split_last() else {
            return Err(Refusal::Wrong(text!("its first input is a single number", "第一个输入是单个数")));
        };
        let dims = [leading, &[out]].concat();
        // What has a single size of 1 has a feature.
        let rows = if rows.rank() == 1 { self.full(rows)? } else { rows.clone() };
        let op = Linear { out_features: size(out)?, bias: weights.len() > 1 };
        self.draft.emit(op, &[&rows], weights, &dims, rows.kind)
    }

    /// The product of two tensors, as NumPy's `matmul`.
    pub(in crate::read::onnx) fn product(&mut self, a: &Tensor, b: &Tensor) -> Mapped<Tensor> {
        let matrix = |dims: &[u64], first: bool| match dims {
            &[only] if first => vec![1, only],
            &[only] => vec![only, 1],
            all => all.to_vec(),
        };
        let (a_dims, b_dims) = (matrix(&a.dims, true), matrix(&b.dims, false));
        let ([a_stack @ .., rows, _], [b_stack @ .., _, columns]) = (&a_dims[..], &b_dims[..]) else {
            return Err(Refusal::Wrong(text!("it multiplies a single number", "它乘以单个数")));
        };
        if let (Some(of_rows), [.., of_columns, _]) = (a_dims.last(), &b_dims[..])
            && of_rows != of_columns
        {
            return Err(Refusal::Wrong(text!(
                "rows of {of_rows} are multiplied by columns of {of_columns}",
                "长度 {of_rows} 的行与长度 {of_columns} 的列相乘"
            )));
        }
        let stack = super::super::evaluate::broadcast(&[a_stack, b_stack])?;
        let mut dims = stack.clone();
        if a.rank() > 1 {
            dims.push(*rows);
        }
        if b.rank() > 1 {
            dims.push(*columns);
        }
        // A leading size of 1 is left out of both alike.
        let cut = |sizes: &[u64], own: &[u64]| -> Vec<u64> {
            let missing = vec![1; stack.len() - (own.len() - 2)];
            let all = [&missing[..], own].concat();
            if sizes.first() == Some(&1) { all[1..].to_vec() } else { all }
        };
        let whole = [&stack[..], &[*rows, *columns]].concat();
        let sizes = if stack.is_empty() {
            [a_dims.clone(), b_dims.clone()]
        } else {
            [cut(&whole, &a_dims), cut(&whole, &b_dims)]
        };
        let a = self.draft.as_sample(a, &sizes[0])?;
        let b = self.draft.as_sample(b, &sizes[1])?;
        let kind = a.kind;
        let broadcast = a_stack != b_stack;
        self.draft.emit(Matmul { broadcast }, &[&a, &b], vec![], &dims, kind)
    }

    /// The last two dimensions exchanged.
    pub(in crate::read::onnx) fn swapped(&mut self, tensor: &Tensor) -> Mapped<Tensor> {
        let rank = tensor.rank();
        if rank < 2 {
            return Err(Refusal::Wrong(text!("it is no matrix that is transposed", "被转置的不是矩阵")));
        }
        let mut order: Vec<usize> = (0..rank).collect();
        order.swap(rank - 1, rank - 2);
        self.permuted(tensor, &order)
    }

    /// The dimensions in another order.
    pub(in crate::read::onnx) fn permuted(&mut self, tensor: &Tensor, order: &[usize]) -> Mapped<Tensor> {
        let dims: Vec<u64> = order.iter().map(|&axis| tensor.dims[axis]).collect();
        // Only sizes of 1 change places: the same numbers in the same order.
        let moved = |&&axis: &&usize| tensor.dims[axis] != 1;
        if order.iter().filter(moved).is_sorted() {
            return self.draft.view(tensor, &dims);
        }
        let stays = tensor.is_led() && order.first() == Some(&0);
        let (tensor, order) = if stays {
            (tensor.clone(), order[1..].iter().map(|axis| axis - 1).collect::<Vec<_>>())
        } else {
            (self.full(tensor)?, order.to_vec())
        };
        let order = order.iter().map(|&axis| Dim(i64::try_from(axis).unwrap_or(i64::MAX).saturating_add(1)));
        // The batch stays in front.
        let op = Permute { dims: std::iter::once(Dim(0)).chain(order).collect() };
        self.draft.emit(op, &[&tensor], vec![], &dims, tensor.kind)
    }

    /// All sizes in the sample.
    pub(in crate::read::onnx) fn full(&mut self, tensor: &Tensor) -> Mapped<Tensor> {
        self.draft.full(tensor)
    }

    fn times(&mut self, tensor: &Tensor, factor: f32) -> Mapped<Tensor> {
        if is(factor, 1.0) {
            return Ok(tensor.clone());
        }
        self.affine(tensor, crate::read::onnx::call::decimal(factor), 0.0)
    }

    /// With input `index`, if it is given, added so often.
    fn plus(&mut self, call: &Call<'_>, index: usize, factor: f32, tensor: Tensor) -> Mapped<Vec<Value>> {
        if !call.has(index) {
            return Ok(vec![Value::Tensor(tensor)]);
        }
        let more = self.tensor(call, index)?;
        let more = self.times(&more, factor)?;
        Ok(vec![Value::Tensor(self.added(&tensor, &more)?)])
    }

    /// Whether all numbers of what is stored are known to be 0, and none is a weight.
    pub(in crate::read::onnx) fn is_zero(&self, fixed: Fixed) -> bool {
        let entry = self.table.get(fixed);
        let numbers = crate::read::onnx::call::numbers(&entry.array);
        entry.roots == Roots::None
            && numbers.is_some_and(|numbers| numbers.iter().all(|&number| number == 0.0))
    }
}
