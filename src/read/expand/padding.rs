//! Padding as other tools write it, where it cannot be read: what to write instead.

use crate::read::description::{Datum, DatumKind, Setting};
use crate::read::settings::Context;
use crate::text;
use crate::text::Text;

/// What is wrong with the `padding` of operator `op`, and what to write; `None` where it is nothing that is known from other
/// tools.
pub(super) fn advice(op: &str, settings: &[Setting], place: Context<'_>) -> Option<(Text, Text)> {
    let padding = &settings.iter().find(|setting| &*setting.name.text == "padding")?.value;
    let axes = op.strip_suffix('d').and_then(|op| op.chars().next_back()?.to_digit(10))? as usize;
    match &padding.kind {
        DatumKind::List(list) if list.len() == 2 * axes => sides(list, place),
        DatumKind::Text(word, _) => {
            let help = other_word(word, op, axes)?;
            Some((text!("`padding` cannot be \"{word}\"", "`padding` 不能是 \"{word}\""), help))
        }
        DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::List(_) | DatumKind::Unread => None,
    }
}

/// Ours for a word that means a rule elsewhere.
fn other_word(word: &str, op: &str, axes: usize) -> Option<Text> {
    let small: String = word.chars().filter(|c| !"_- ".contains(*c)).flat_map(char::to_lowercase).collect();
    Some(match &*small {
        // TensorFlow's and ONNX's words, which the size depends on.
        "same" | "sameupper" | "sametf" | "tfsame" | "tensorflow" | "tf" | "keras" | "auto" => text!(
            "TensorFlow's SAME is `padding = \"same_upper\"`",
            "TensorFlow 的 SAME 写作 `padding = \"same_upper\"`"
        ),
        "valid" | "none" => {
            text!("`padding = \"valid\"`, or leave it out", "写作 `padding = \"valid\"`,或直接去掉")
        }
        "samelower" => text!(
            "with the odd one at the end it is `padding = \"same_upper\"`; else give each axis `[before, after]`",
            "多出的一个放在末尾时写作 `padding = \"same_upper\"`;否则请为每个轴写 `[前,后]`"
        ),
        "causal" => text!(
            "nothing may stand after: `padding = [[before, 0]]`, where `before` is `dilation·(kernel_size − 1)`",
            "后侧不填充:`padding = [[前,0]]`,其中前侧为 `dilation·(kernel_size − 1)`"
        ),
        mode @ ("zeros" | "reflect" | "replicate" | "circular") if op == format!("conv{axes}d") => text!(
            "what stands on the padding is `padding_mode = \"{mode}\"`; `padding` says how much",
            "填充的内容写作 `padding_mode = \"{mode}\"`;`padding` 只说明填充多少"
        ),
        _ => return None,
    })
}

/// A number for each side of each axis in one list, as ONNX and Caffe2 have it, and in another order PyTorch's `pad`.
fn sides(list: &[Datum], place: Context<'_>) -> Option<(Text, Text)> {
    let sizes: Vec<u64> = list.iter().map(|datum| place.size(datum).ok()).collect::<Option<_>>()?;
    let (axes, written) = (sizes.len() / 2, sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(", "));
    let message = text!(
        "`padding` has a number or a pair for each axis, and not [{written}] for all sides of all axes",
        "`padding` 为每个轴给出一个数或一对数,而不是把各轴各侧列在一起:[{written}]"
    );
    let onnx = listed((0..axes).map(|axis| [sizes[axis], sizes[axis + axes]]));
    let pytorch = listed(sizes.chunks_exact(2).rev().map(|pair| [pair[0], pair[1]]));
    let help = if onnx == pytorch {
        text!("`padding = {onnx}`", "请写 `padding = {onnx}`")
    } else {
        text!(
            "`padding = {onnx}` if all befores come first, as in ONNX; `padding = {pytorch}` if the last axis comes first, as in \
             PyTorch's `pad`",
            "若先列出各轴的前侧(如 ONNX),请写 `padding = {onnx}`;若从最后一个轴起依次列出前后(如 PyTorch 的 `pad`),请写 \
             `padding = {pytorch}`"
        )
    };
    Some((message, help))
}

/// The sides of each axis, one number where they are alike; one for all where all axes are.
fn listed(axes: impl Iterator<Item = [u64; 2]>) -> String {
    let alike = |[before, after]: [u64; 2]| {
        if before == after { before.to_string() } else { format!("[{before}, {after}]") }
    };
    let axes: Vec<String> = axes.map(alike).collect();
    match &axes[..] {
        [first, rest @ ..] if rest.iter().all(|axis| axis == first) && !first.starts_with('[') => {
            first.clone()
        }
        axes => format!("[{}]", axes.join(", ")),
    }
}
