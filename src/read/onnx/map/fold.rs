//! `Col2Im`.

use super::conv::{Sliding, sides};
use crate::op::settings::{PerAxis, Size};
use crate::op::unfold::Fold;
use crate::read::onnx::array::elements;
use crate::read::onnx::call::{Call, array, natural, size};
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Refusal, Value};
use crate::text;

/// `Col2Im`: columns added up to an image.
pub(super) fn fold(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let list = |index: usize| -> Mapped<Vec<u64>> {
        import.ints(call, index)?.unwrap_or_default().into_iter().map(natural).collect()
    };
    let (image, block) = (list(1)?, list(2)?);
    let [batch, _, _] = input.dims[..] else {
        return Err(Refusal::Wrong(text!("its input is not columns", "输入不是各列")));
    };
    if image.len() != 2 {
        let axes = image.len();
        return Err(Refusal::Unsupported(text!("it makes {axes} axes", "它生成 {axes} 个轴")));
    }
    let sizes = |sizes: &[u64]| -> Mapped<PerAxis<Size, 2>> {
        let sizes = sizes.iter().map(|&value| size(value)).collect::<Mapped<Vec<_>>>()?;
        Ok(PerAxis(array(&sizes)?))
    };
    let window = Sliding::<2>::of(call, &block, None)?;
    let op = Fold {
        output_size: sizes(&image)?,
        kernel_size: sizes(&block)?,
        stride: PerAxis(window.stride),
        padding: call.node.ints("pads").map_or(Ok(window.padding), sides::<2>)?,
        dilation: PerAxis(window.dilation),
    };
    let taps = elements(&block).ok_or(Refusal::Lost)?;
    let channels = input.dims[1].checked_div(taps).unwrap_or(0);
    import.copied(op.into(), &input, 2, vec![], &[&[batch, channels], &image[..]].concat())
}
