//! Padding in the words of other tools, where an operator wants a number: what to write instead.

use crate::read::description::{Datum, DatumKind, Setting};
use crate::read::settings::Context;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// What is wrong with the `padding` of operator `op`, and what to write; `None` where it is nothing that is known from other
/// tools. `input` is what comes in, where that is known.
pub(super) fn advice(
    op: &str,
    settings: &[Setting],
    place: Context<'_>,
    input: Option<&Shape>,
) -> Option<(Text, Text)> {
    let padding = &settings.iter().find(|setting| &*setting.name.text == "padding")?.value;
    let axes = op.strip_suffix('d').and_then(|op| op.chars().next_back()?.to_digit(10))? as usize;
    match &padding.kind {
        DatumKind::List(list) if list.len() == 2 * axes => sides(list, place),
        DatumKind::Text(word, _) if !op.starts_with("conv") || op.starts_with("conv_transpose") => {
            if !["same", "valid"].contains(&&*word.to_lowercase()) {
                return None;
            }
            let message = text!(
                "the padding of {op} is a number, and cannot be \"{word}\"",
                "{op} 的填充是数,不能是 \"{word}\""
            );
            let sizes = |name: &str| {
                let setting = settings.iter().find(|setting| &*setting.name.text == name)?;
                per_axis(&setting.value, axes, place)
            };
            let window = Sliding {
                kernel: sizes("kernel_size")?,
                stride: sizes("stride"),
                dilation: sizes("dilation").unwrap_or_else(|| vec![1; axes]),
            };
            let help = if word.eq_ignore_ascii_case("valid") {
                text!("leave `padding` out: it is 0", "请去掉 `padding`:默认为 0")
            } else if op.starts_with("conv_transpose") {
                window.transposed()
            } else {
                window.pool(input)?
            };
            Some((message, help))
        }
        DatumKind::Number(_)
        | DatumKind::Boolean(_)
        | DatumKind::Text(..)
        | DatumKind::List(_)
        | DatumKind::Unread => None,
    }
}

/// A number for each side of each axis, as ONNX and Caffe2 have it, and in another order PyTorch's `pad`.
fn sides(list: &[Datum], place: Context<'_>) -> Option<(Text, Text)> {
    let sizes: Vec<u64> = list.iter().map(|datum| place.size(datum).ok()).collect::<Option<_>>()?;
    let (axes, written) = (sizes.len() / 2, listed(&sizes));
    let message = text!(
        "`padding` has a number for each axis, the same on both of its sides, and not {written} for each side",
        "`padding` 为每个轴给出一个数,两侧相同,而不是为每一侧各给一个:{written}"
    );
    let pad = format!("{{ op = \"pad\", padding = {written} }}");
    let both = (sizes[..axes] == sizes[axes..]).then(|| listed(&sizes[..axes]));
    Some((
        message,
        match both {
            Some(both) => text!(
                "`padding = {both}` if all befores come first, as in ONNX; if the last axis comes first, before and after, put \
                 `{pad}` before it",
                "若先列出各轴的前侧(如 ONNX),请写 `padding = {both}`;若从最后一个轴起依次列出前后,请在它之前加 `{pad}`"
            ),
            None => text!(
                "for sides that differ put `{pad}` before it: before and after of each axis, from the last axis on",
                "两侧不同时,请在它之前加 `{pad}`:从最后一个轴起,依次为每个轴的前侧和后侧"
            ),
        },
    ))
}

/// How a window slides, axis by axis.
struct Sliding {
    kernel: Vec<u64>,
    stride: Option<Vec<u64>>,
    dilation: Vec<u64>,
}

impl Sliding {
    /// Positions from the first tap of the window to the last.
    fn spans(&self) -> Vec<u64> {
        let axes = self.kernel.iter().zip(&self.dilation);
        axes.map(|(kernel, dilation)| kernel.saturating_sub(1).saturating_mul(*dilation)).collect()
    }

    /// What makes a pool's output the input divided by the stride, rounded up.
    fn pool(&self, input: Option<&Shape>) -> Option<Text> {
        let (spans, stride) = (self.spans(), self.stride.as_ref().unwrap_or(&self.kernel));
        let halves: Vec<u64> = spans.iter().map(|span| span / 2).collect();
        // A window with a middle fits whatever the size; a pool's padding is at most half its window.
        let mut padded = self.kernel.iter().zip(&halves).map(|(kernel, &half)| half <= kernel / 2);
        if spans.iter().all(|span| span % 2 == 0) && padded.all(|fits| fits) {
            let half = alike(&halves);
            return Some(text!(
                "`padding = {half}` divides the sizes by the stride, rounded up",
                "`padding = {half}` 使尺寸除以步幅并向上取整"
            ));
        }
        let sizes = input?.dims().get(1..).filter(|sizes| sizes.len() == stride.len())?;
        let mut missing = vec![];
        for ((span, &stride), size) in spans.iter().zip(stride).zip(sizes) {
            let last = size.checked_sub(1)?.checked_div(stride)? * stride;
            missing.push((last + span + 1).saturating_sub(*size));
        }
        if missing.iter().all(|&missing| missing == 0) {
            return Some(text!(
                "leave `padding` out: the windows fit without any",
                "请去掉 `padding`:窗口不需填充即可排满"
            ));
        }
        // From the last axis on; the odd one at the end.
        let both = missing.iter().rev().flat_map(|missing| [missing / 2, missing - missing / 2]);
        let both = listed(&both.collect::<Vec<_>>());
        Some(text!(
            "put `{{ op = \"pad\", padding = {both} }}` before it, and leave `padding` out",
            "请在它之前加 `{{ op = \"pad\", padding = {both} }}`,并去掉 `padding`"
        ))
    }

    /// What makes the output of a transposed convolution the input times the stride.
    fn transposed(&self) -> Text {
        let ones = vec![1; self.kernel.len()];
        let stride = self.stride.as_ref().unwrap_or(&ones);
        let (mut cut, mut more) = (vec![], vec![]);
        for (span, stride) in self.spans().iter().zip(stride) {
            let reach = span + 1;
            // Twice the padding, less what is added at the end, is what sticks out.
            let odd = reach.abs_diff(*stride) % 2;
            let (padding, added) = match reach.checked_sub(*stride) {
                Some(out) => (out.div_ceil(2), odd),
                None => (0, stride - reach),
            };
            cut.push(padding);
            more.push(added);
        }
        let mut settings = format!("padding = {}", alike(&cut));
        if more.iter().any(|&added| added > 0) {
            settings.push_str(&format!(", output_padding = {}", alike(&more)));
        }
        text!("`{settings}` multiplies the sizes by the stride", "`{settings}` 使尺寸乘以步幅")
    }
}

/// A setting that is a number for all axes or a list of one for each.
fn per_axis(datum: &Datum, axes: usize, place: Context<'_>) -> Option<Vec<u64>> {
    // Larger ones are refused where they stand.
    let size = |datum: &Datum| place.size(datum).ok().filter(|&size| (1..1 << 31).contains(&size));
    match &datum.kind {
        DatumKind::List(list) if list.len() == axes => list.iter().map(size).collect(),
        DatumKind::List(_) => None,
        DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Text(..) | DatumKind::Unread => {
            Some(vec![size(datum)?; axes])
        }
    }
}

/// One number where all are the same.
fn alike(sizes: &[u64]) -> String {
    match sizes {
        [first, rest @ ..] if rest.iter().all(|size| size == first) => first.to_string(),
        _ => listed(sizes),
    }
}

fn listed(sizes: &[u64]) -> String {
    format!("[{}]", sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}
