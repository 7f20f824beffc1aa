//! Pools.

use super::conv::{Sliding, spatial};
use crate::op::Op;
use crate::op::activation::Absolute;
use crate::op::adaptive_max_pool::AdaptiveMaxPool;
use crate::op::avg_pool::AvgPool;
use crate::op::global_avg_pool::GlobalAvgPool;
use crate::op::lp_pool::LpPool;
use crate::op::max_pool::MaxPool;
use crate::op::settings::{PerAxis, Size};
use crate::read::onnx::call::{Call, natural};
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// `MaxPool`, of which only the maxima are wanted.
pub(super) fn max_pool(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    if call.wants(1) {
        return Err(Refusal::Unsupported(text!("the places of its maxima are wanted", "需要最大值的位置")));
    }
    pooled(import, call, Kind::Max)
}

/// `AveragePool`.
pub(super) fn avg_pool(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    pooled(import, call, Kind::Average)
}

/// `LpPool`.
pub(super) fn lp_pool(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    pooled(import, call, Kind::Norm)
}

/// What a pool makes of its windows.
#[derive(Clone, Copy)]
enum Kind {
    Max,
    Average,
    Norm,
}

fn pooled(import: &mut Importer<'_>, call: &Call<'_>, kind: Kind) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let kernel = call.node.ints("kernel_shape").unwrap_or_default();
    let kernel = kernel.iter().map(|&size| natural(size)).collect::<Mapped<Vec<u64>>>()?;
    match kernel.len() {
        1 => over::<1>(import, call, &input, &kernel, kind),
        2 => over::<2>(import, call, &input, &kernel, kind),
        3 => over::<3>(import, call, &input, &kernel, kind),
        axes => Err(Refusal::Unsupported(text!("it slides over {axes} axes", "它在 {axes} 个轴上滑动"))),
    }
}

fn over<const N: usize>(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    input: &Tensor,
    kernel: &[u64],
    kind: Kind,
) -> Mapped<Vec<Value>>
where
    MaxPool<N>: Into<Op>,
    AvgPool<N>: Into<Op>,
    LpPool<N>: Into<Op>,
{
    let window = Sliding::<N>::of(call, kernel, Some(spatial(input)?))?;
    let mut input = input.clone();
    let ceil_mode = call.int_or("ceil_mode", 0) != 0;
    let (kernel_size, stride) = (PerAxis(window.kernel), Some(PerAxis(window.stride)));
    let is_dilated = window.dilation.iter().any(|&dilation| dilation != Size::ONE);
    if is_dilated && !matches!(kind, Kind::Max) {
        return Err(Refusal::Unsupported(text!("its window is dilated", "其窗口带扩张")));
    }
    let padding = window.padding;
    let op: Op = match kind {
        Kind::Max => {
            MaxPool::<N> { kernel_size, stride, padding, dilation: PerAxis(window.dilation), ceil_mode }
                .into()
        }
        Kind::Average => {
            let count_include_pad = call.int_or("count_include_pad", 0) != 0;
            AvgPool::<N> {
                kernel_size,
                stride,
                padding,
                ceil_mode,
                count_include_pad,
                divisor_override: None,
            }
            .into()
        }
        Kind::Norm => {
            let norm_type = call.float_or("p", 2.0);
            let norm_type =
                call.node.int("p").map_or(norm_type, |p| f64::from(i32::try_from(p).unwrap_or(2)));
            // PyTorch's takes odd powers of negative numbers as they are.
            if norm_type % 2.0 != 0.0 {
                input = import.draft.emit(Absolute {}, &[&input], vec![], &input.dims, input.kind)?;
            }
            LpPool::<N> { norm_type, kernel_size, stride, padding, ceil_mode }.into()
        }
    };
    import.on_spatial(op, &input, N, vec![])
}

/// Pools over all positions.
pub(super) fn global(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let axes = input.rank().saturating_sub(2);
    let positions: Vec<u64> = input.dims.iter().skip(2).copied().collect();
    match (&*call.node.operator, axes) {
        ("GlobalAveragePool", _) => import.on_spatial(GlobalAvgPool {}, &input, axes, vec![]),
        ("GlobalMaxPool", 1) => import.on_spatial(whole::<1>(), &input, 1, vec![]),
        ("GlobalMaxPool", 2) => import.on_spatial(whole::<2>(), &input, 2, vec![]),
        ("GlobalMaxPool", 3) => import.on_spatial(whole::<3>(), &input, 3, vec![]),
        ("GlobalLpPool", 1) => over::<1>(import, call, &input, &positions, Kind::Norm),
        ("GlobalLpPool", 2) => over::<2>(import, call, &input, &positions, Kind::Norm),
        ("GlobalLpPool", 3) => over::<3>(import, call, &input, &positions, Kind::Norm),
        (_, axes) => Err(Refusal::Unsupported(text!("it has {axes} spatial axes", "它有 {axes} 个空间轴"))),
    }
}

fn whole<const N: usize>() -> AdaptiveMaxPool<N> {
    AdaptiveMaxPool { output_size: PerAxis::ones() }
}
